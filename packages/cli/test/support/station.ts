/** The simulated firmware of a station behind a link, in this process and in real time. */
import { MAINS_OFF, rootStream, type StationInput, type StationState, stationDevice } from "@nyckelfri/firmware-sim";
import { type Nvm, runNvm } from "@nyckelfri/firmware-sim/hardware";
import { openLink } from "@nyckelfri/links";
import { FrameDecoder, type Link } from "@nyckelfri/protocol";
import { onTestFinished } from "vitest";
import { STATION_CONFIG } from "./fleet.ts";

type Untimed = StationInput extends infer I ? (I extends StationInput ? Omit<I, "tickMs"> : never) : never;

export class Station {
  #state: StationState = MAINS_OFF;
  #nvm: Nvm;
  #line: FrameDecoder = new FrameDecoder();
  #link: Link | undefined;
  readonly #timers: Map<string, NodeJS.Timeout> = new Map();

  constructor(nvm: Nvm) {
    this.#nvm = nvm;
    this.input({ kind: "power-on", nvm, stopFlag: "clear", entropy: rootStream("entropy").bytes(32) });
  }

  attach(link: Link): void {
    this.#link = link;
    link.onData((chunk) => {
      for (const event of this.#line.push(chunk)) {
        if (event.kind === "frame") this.input({ kind: "host-frame", frame: event.frame, line: this.#line.counters });
      }
    });
  }

  end(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  input(input: Untimed): void {
    const tickMs = (): number => 1_000 + Math.floor(performance.now());
    const pending: StationInput[] = [{ ...input, tickMs: tickMs() } as StationInput];
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const { state, effects } = stationDevice(STATION_CONFIG).step(this.#state, next);
      this.#state = state;
      for (const effect of effects) {
        if (effect.kind === "host-send") void this.#link?.write(effect.bytes).catch(() => {});
        if (effect.kind === "arm") {
          clearTimeout(this.#timers.get(effect.name));
          const fire = (): void => this.input({ kind: "timer", name: effect.name });
          this.#timers.set(effect.name, setTimeout(fire, effect.delayMs));
        }
        if (effect.kind === "disarm") clearTimeout(this.#timers.get(effect.name));
        if (effect.kind !== "nvm") continue;
        const { nvm, outcomes } = runNvm(this.#nvm, effect.operations, { below: () => 0 });
        this.#nvm = nvm;
        pending.push({ kind: "nvm-done", nvm, outcome: outcomes.at(-1) ?? { kind: "done" }, tickMs: tickMs() });
      }
    }
  }
}

let served = 0;

/** A URI under which `attach` gets the device's end, again and again; until the test is finished. */
export function serveAt(attach: (link: Link) => void, uri = `memory:cli-${served++}`): string {
  const over = new AbortController();
  const serve = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const link = await openLink(uri, { signal: over.signal, timeoutMs: 60_000 });
      const closed = new Promise((resolve) => link.onClose(resolve));
      over.signal.addEventListener("abort", () => void link.close());
      attach(link);
      await closed;
    }
  };
  serve().catch(() => {});
  onTestFinished(() => over.abort());
  return uri;
}

export function stationAt(nvm: Nvm): { readonly uri: string; readonly station: Station } {
  const station = new Station(nvm);
  onTestFinished(() => station.end());
  return { uri: serveAt((link) => station.attach(link)), station };
}
