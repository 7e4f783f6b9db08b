/** Time that passes only when it is told to, for clients that are handed their clock and timers. */

/** What a simulated station and its cable ask of time; the real one has it too. */
export type Clock = Pick<VirtualTime, "nowMs" | "setTimer">;

/** Promises that settle one after the other between two moments. */
const TURNS = 60;

export class VirtualTime {
  #now = 0;
  #order = 0;
  readonly #timers: Map<number, { readonly at: number; readonly callback: () => void }> = new Map();

  readonly nowMs: () => number = () => this.#now;

  readonly setTimer: (ms: number, callback: () => void) => () => void = (ms, callback) => {
    this.#order += 1;
    const order = this.#order;
    this.#timers.set(order, { at: this.#now + Math.max(0, ms), callback });
    return () => this.#timers.delete(order);
  };

  /** Timers that are set: none may be left behind by a client that is closed. */
  get pending(): number {
    return this.#timers.size;
  }

  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#now = next.at;
      this.#timers.delete(next.order);
      next.callback();
      await settle();
    }
    this.#now = until;
  }

  /** Lets time pass until a promise settles; throws when that takes longer than `mostMs`. */
  async until<T>(promise: Promise<T>, mostMs: number = 600_000): Promise<T> {
    let phase: "waiting" | "settled" = "waiting";
    const mark = (): void => {
      phase = "settled";
    };
    promise.then(mark, mark);
    const end = this.#now + mostMs;
    await settle();
    while ((phase as "waiting" | "settled") === "waiting") {
      const next = this.#next(end);
      if (next === undefined) throw new Error(`nothing happens any more at ${this.#now} ms`);
      this.#now = next.at;
      this.#timers.delete(next.order);
      next.callback();
      await settle();
    }
    return promise;
  }

  #next(until: number): { readonly order: number; readonly at: number; readonly callback: () => void } | undefined {
    let first: { readonly order: number; readonly at: number; readonly callback: () => void } | undefined;
    for (const [order, { at, callback }] of this.#timers) {
      if (at <= until && (first === undefined || at < first.at)) first = { order, at, callback };
    }
    return first;
  }
}

export async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await null;
}
