/** Plays what one side of a recorded link said to whoever opens it. */
import type { Link, Unsubscribe } from "@nyckelfri/protocol";
import type { Capture, CaptureEntry } from "./capture.ts";
import { CarriedLink } from "./carried-link.ts";
import type { ReplayPace } from "./link-uri.ts";

export interface ReplayOptions {
  readonly uri: string;
  /** Which side is played: `in`, the other side of the recording one, is what a host's program wants to hear again. */
  readonly play: "in" | "out";
  /**
   * When a chunk is played. `answers`: as soon as as many bytes were written here as the recording has before it; which bytes,
   * does not matter, because nonces and session numbers are fresh each time. `recorded`: at its time. `now`: at once.
   */
  readonly pace: ReplayPace;
}

/** Begins with the first listener for data, so that nothing is lost, and hangs up at the end. */
export function replayLink({ entries }: Capture, options: ReplayOptions): Link {
  return new ReplayLink(entries, options);
}

type Due = Readonly<{ ms: number; afterBytes: number; bytes: Uint8Array | undefined }>;

class ReplayLink extends CarriedLink {
  readonly #script: readonly Due[];
  readonly #pace: ReplayPace;
  #next = 0;
  #phase: "waiting" | "playing" | "ended" = "waiting";
  #writtenBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Of the process's clock, when the first listener came. */
  #beganMs = 0;

  constructor(entries: readonly CaptureEntry[], { uri, play, pace }: ReplayOptions) {
    super({
      uri,
      pieceBytes: 65_536,
      stallMs: "carrier",
      carrier: {
        take: async (piece) => {
          this.#writtenBytes += piece.length;
          this.#playSoon(0);
        },
        release: async () => {
          this.#phase = "ended";
          clearTimeout(this.#timer);
        },
      },
    });
    this.#script = scriptOf(entries, play);
    this.#pace = pace;
  }

  override onData(listener: (chunk: Uint8Array) => void): Unsubscribe {
    const unsubscribe = super.onData(listener);
    if (this.#phase === "waiting") {
      this.#phase = "playing";
      this.#beganMs = performance.now();
      this.#playSoon(this.#pace === "recorded" ? (this.#script[0]?.ms ?? 0) : 0);
    }
    return unsubscribe;
  }

  #playSoon(delayMs: number): void {
    if (this.#phase !== "playing") return;
    if (this.#pace === "recorded" && this.#timer !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#play(), delayMs);
  }

  /** Plays what is due; what is left waits for a write or its time. */
  #play(): void {
    this.#timer = undefined;
    // Timers come late, by a millisecond or more: each is set from the beginning, so that lateness does not add up.
    const nowMs = performance.now() - this.#beganMs;
    for (let due = this.#script[this.#next]; due !== undefined; due = this.#script[this.#next]) {
      if (this.#phase !== "playing") return;
      if (this.#pace === "answers" && due.afterBytes > this.#writtenBytes) return;
      if (this.#pace === "recorded" && due.ms > nowMs) {
        this.#playSoon(due.ms - nowMs);
        return;
      }
      this.#next += 1;
      if (due.bytes !== undefined) this.received(due.bytes);
    }
    this.ended({ reason: "hang-up", detail: "the recording ends here" });
  }
}

/** The played chunks, each with how much the other direction had said before, and at last the end. */
function scriptOf(entries: readonly CaptureEntry[], play: "in" | "out"): Due[] {
  const script: Due[] = [];
  let afterBytes = 0;
  for (const entry of entries) {
    if (entry.kind === "bytes" && entry.direction !== play) afterBytes += entry.bytes.length;
    else if (entry.kind === "bytes") script.push({ ms: entry.ms, afterBytes, bytes: entry.bytes });
  }
  return [...script, { ms: entries.at(-1)?.ms ?? 0, afterBytes, bytes: undefined }];
}
