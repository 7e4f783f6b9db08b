/** A cable in memory between a host and a simulated station: it splits, merges, drops, repeats and delays bytes, and can be pulled. */
import type { Link, LinkClosed } from "@nyckelfri/protocol";
import { EnvironmentError } from "@nyckelfri/protocol";
import type { Clock } from "./virtual-time.ts";

/** Chances in a thousand, for every chunk that is written. */
export interface CableFaults {
  readonly drop: number;
  readonly repeat: number;
  readonly split: number;
  /** A chunk waits for the next one and arrives with it. */
  readonly merge: number;
  /** Longest delay in ms; every chunk has its own, and none overtakes another. */
  readonly delayMs: number;
}
export const SOUND: CableFaults = { drop: 0, repeat: 0, split: 0, merge: 0, delayMs: 0 };

export interface Chance {
  below(bound: number): number;
}

export type Direction = "to-station" | "to-host";

export class Cable {
  faults: CableFaults = SOUND;
  /** Called for every chunk that a side writes, before it travels; `pull` may be called in it. */
  tap: (direction: Direction, bytes: Uint8Array) => void = () => undefined;
  /** What is left of a chunk when it has travelled; called after `tap`, before the faults. */
  carries: (direction: Direction, bytes: Uint8Array) => Uint8Array = (_direction, bytes) => bytes;
  /** Most bytes that arrive at once. */
  pieceBytes: number = Number.POSITIVE_INFINITY;
  /** What `open` rejects with, while the port is away. */
  away: Error | undefined;
  /** A host opens the port, and the carrier takes no `close`. */
  closing: "prompt" | "never" = "prompt";
  opened = 0;
  readonly #time: Clock;
  readonly #chance: Chance;
  readonly #toStation: (bytes: Uint8Array) => void;
  readonly #free: Record<Direction, number> = { "to-station": 0, "to-host": 0 };
  readonly #held: Record<Direction, Uint8Array[]> = { "to-station": [], "to-host": [] };
  #end: HostEnd | undefined;

  constructor(time: Clock, chance: Chance, toStation: (bytes: Uint8Array) => void) {
    this.#time = time;
    this.#chance = chance;
    this.#toStation = toStation;
  }

  readonly open = async (): Promise<Link> => {
    if (this.away !== undefined) throw this.away;
    if (this.#end !== undefined) throw new EnvironmentError("link/busy");
    this.opened += 1;
    const end = new HostEnd(
      this.opened,
      (bytes) => this.#write("to-station", bytes),
      () => {
        if (this.closing === "prompt") this.#close(end, { reason: "closed-here" });
      },
    );
    this.#end = end;
    return end;
  };

  /** The station, or noise, says something. */
  say(bytes: Uint8Array): void {
    this.#write("to-host", bytes);
  }

  /** Hangs up; the port can be opened again at once, unless it is `away`. */
  pull(): void {
    if (this.#end !== undefined) this.#close(this.#end, { reason: "hang-up" });
  }

  #close(end: HostEnd, closed: LinkClosed): void {
    if (this.#end === end) this.#end = undefined;
    end.end(closed);
  }

  #write(direction: Direction, written: Uint8Array): void {
    this.tap(direction, written);
    const bytes = this.carries(direction, written);
    const { drop, repeat, split, merge } = this.faults;
    const happens = (chance: number): boolean => chance > 0 && this.#chance.below(1_000) < chance;
    const held = this.#held[direction];
    if (happens(drop)) return;
    held.push(bytes.slice());
    if (happens(repeat)) held.push(bytes.slice());
    if (happens(merge)) return;
    const all = held.splice(0);
    if (!happens(split)) {
      for (const one of all) this.#deliver(direction, one);
      return;
    }
    for (const one of all) {
      const at = one.length < 2 ? one.length : 1 + this.#chance.below(one.length - 1);
      this.#deliver(direction, one.slice(0, at));
      if (at < one.length) this.#deliver(direction, one.slice(at));
    }
  }

  #deliver(direction: Direction, bytes: Uint8Array): void {
    const { delayMs } = this.faults;
    const now = this.#time.nowMs();
    const delay = 1 + (delayMs === 0 ? 0 : this.#chance.below(delayMs));
    const at = Math.max(this.#free[direction], now + delay);
    this.#free[direction] = at;
    const end = this.#end;
    this.#time.setTimer(at - now, () => {
      for (let from = 0; from < bytes.length; from += this.pieceBytes) {
        const piece = bytes.slice(from, from + this.pieceBytes);
        if (direction === "to-station") this.#toStation(piece);
        // What was on its way when the cable was pulled is lost; a new opening of the port may still meet it.
        else (this.#end ?? end)?.hear(piece);
      }
    });
  }
}

class HostEnd implements Link {
  readonly uri: string;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #close: () => void;
  readonly #data: Set<(chunk: Uint8Array) => void> = new Set();
  readonly #closers: Set<(closed: LinkClosed) => void> = new Set();
  #closed: LinkClosed | undefined;

  constructor(number: number, write: (bytes: Uint8Array) => void, close: () => void) {
    this.uri = `memory:${number}`;
    this.#write = write;
    this.#close = close;
  }

  hear(chunk: Uint8Array): void {
    if (this.#closed === undefined) for (const listener of [...this.#data]) listener(chunk);
  }

  end(closed: LinkClosed): void {
    if (this.#closed !== undefined) return;
    this.#closed = closed;
    for (const listener of [...this.#closers]) listener(closed);
  }

  onData(listener: (chunk: Uint8Array) => void): () => void {
    this.#data.add(listener);
    return () => this.#data.delete(listener);
  }

  onClose(listener: (closed: LinkClosed) => void): () => void {
    const closed = this.#closed;
    if (closed !== undefined) void Promise.resolve().then(() => listener(closed));
    else this.#closers.add(listener);
    return () => this.#closers.delete(listener);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#closed !== undefined) throw new EnvironmentError("link/hang-up");
    this.#write(bytes);
  }

  async close(): Promise<void> {
    this.#close();
  }
}
