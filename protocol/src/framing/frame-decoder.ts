/** From chunks of bytes, however they were split, to frames (SPEC FRM-5). */
import { decodeCobs } from "./cobs.ts";
import { saturatingAdd } from "./counters.ts";
import {
  type DiscardReason,
  ENCODED_BYTES,
  FRAME_BYTES,
  type Frame,
  type ParsedFrame,
  parseFrame,
  SPOKEN_VERSIONS,
  type VersionRange,
} from "./frame.ts";

/** `bytes` counts the delimiter too, so that frames, discarded runs and empty frames add up to the bytes received. */
export type DecodeEvent =
  | Readonly<{ kind: "frame"; frame: Frame; bytes: number }>
  | Readonly<{ kind: "discarded"; reason: DiscardReason; bytes: number }>;

export type DecoderCounters = Readonly<{
  bytesReceived: number;
  bytesDiscarded: number;
  framesAccepted: number;
  emptyFrames: number;
  discardedOversize: number;
  discardedCobs: number;
  discardedShort: number;
  discardedCrc: number;
  discardedVersion: number;
  discardedKind: number;
  discardedSessionZero: number;
  discardedUnfinished: number;
}>;

const COUNTER_OF = {
  oversize: "discardedOversize",
  cobs: "discardedCobs",
  short: "discardedShort",
  crc: "discardedCrc",
  version: "discardedVersion",
  kind: "discardedKind",
  "session-zero": "discardedSessionZero",
  unfinished: "discardedUnfinished",
} as const;
COUNTER_OF satisfies Record<DiscardReason, keyof DecoderCounters>;

/**
 * A decoder holds one buffer of the longest encoded frame and one of the longest decoded frame, allocated once; what does not
 * fit is counted and forgotten until the next delimiter. Each byte received is looked at a bounded number of times.
 */
export class FrameDecoder {
  readonly #versions: VersionRange;
  readonly #encoded: Uint8Array = new Uint8Array(ENCODED_BYTES);
  readonly #plain: Uint8Array = new Uint8Array(FRAME_BYTES);
  readonly #counters: { -readonly [Name in keyof DecoderCounters]: number } = {
    bytesReceived: 0,
    bytesDiscarded: 0,
    framesAccepted: 0,
    emptyFrames: 0,
    discardedOversize: 0,
    discardedCobs: 0,
    discardedShort: 0,
    discardedCrc: 0,
    discardedVersion: 0,
    discardedKind: 0,
    discardedSessionZero: 0,
    discardedUnfinished: 0,
  };
  /** Bytes since the last delimiter; only the first `ENCODED_BYTES` of them are kept. */
  #runBytes = 0;
  #bytesExamined = 0;

  constructor(versions: VersionRange = SPOKEN_VERSIONS) {
    this.#versions = versions;
  }

  /** Takes the next bytes of the link, any number of them, and returns what they completed, in order. */
  push(chunk: Uint8Array): DecodeEvent[] {
    this.#counters.bytesReceived = saturatingAdd(this.#counters.bytesReceived, chunk.length);
    this.#bytesExamined += chunk.length;
    const events: DecodeEvent[] = [];
    let from = 0;
    while (from < chunk.length) {
      const delimiter = chunk.indexOf(0, from);
      this.#keep(chunk, from, delimiter < 0 ? chunk.length : delimiter);
      if (delimiter < 0) break;
      const event = this.#endRun();
      if (event !== undefined) events.push(event);
      from = delimiter + 1;
    }
    return events;
  }

  /** The link ended: what began and cannot be finished is reported, and the decoder is as new, its counters apart. */
  end(): DecodeEvent[] {
    if (this.#runBytes === 0) return [];
    const bytes = this.#runBytes;
    this.#runBytes = 0;
    return [this.#discard("unfinished", bytes)];
  }

  /** Another decoder that has heard the same: what either is fed from now on, the other does not know. */
  copy(): FrameDecoder {
    const copy = new FrameDecoder(this.#versions);
    // Only what waits for its delimiter is ever read again.
    copy.#encoded.set(this.#encoded.subarray(0, this.pendingBytes));
    Object.assign(copy.#counters, this.#counters);
    copy.#runBytes = this.#runBytes;
    copy.#bytesExamined = this.#bytesExamined;
    return copy;
  }

  get counters(): DecoderCounters {
    return { ...this.#counters };
  }

  /** Bytes of memory that this decoder holds, whatever it is fed. */
  get bufferBytes(): number {
    return this.#encoded.buffer.byteLength + this.#plain.buffer.byteLength;
  }

  /** Bytes of the current run that are held, waiting for their delimiter. */
  get pendingBytes(): number {
    return Math.min(this.#runBytes, ENCODED_BYTES);
  }

  /** How often a byte was looked at, all passes together: the measure of "O(n)" in SPEC FRM-5. */
  get bytesExamined(): number {
    return this.#bytesExamined;
  }

  #keep(chunk: Uint8Array, from: number, to: number): void {
    const room = ENCODED_BYTES - this.#runBytes;
    if (room > 0) {
      const part = chunk.subarray(from, Math.min(to, from + room));
      this.#encoded.set(part, this.#runBytes);
      this.#bytesExamined += part.length;
    }
    this.#runBytes += to - from;
  }

  #endRun(): DecodeEvent | undefined {
    const runBytes = this.#runBytes;
    this.#runBytes = 0;
    if (runBytes === 0) {
      this.#counters.emptyFrames = saturatingAdd(this.#counters.emptyFrames, 1);
      return undefined;
    }
    const bytes = runBytes + 1;
    const parsed = this.#parse(runBytes);
    if (parsed.kind === "discarded") return this.#discard(parsed.reason, bytes);
    this.#counters.framesAccepted = saturatingAdd(this.#counters.framesAccepted, 1);
    return { kind: "frame", frame: parsed.frame, bytes };
  }

  #parse(runBytes: number): ParsedFrame {
    if (runBytes > ENCODED_BYTES) return { kind: "discarded", reason: "oversize" };
    this.#bytesExamined += runBytes;
    const length = decodeCobs(this.#encoded, this.#plain, 0, runBytes);
    if (typeof length === "string") return { kind: "discarded", reason: length };
    this.#bytesExamined += 2 * length;
    return parseFrame(this.#plain.subarray(0, length), this.#versions);
  }

  #discard(reason: DiscardReason, bytes: number): DecodeEvent {
    this.#counters.bytesDiscarded = saturatingAdd(this.#counters.bytesDiscarded, bytes);
    const name = COUNTER_OF[reason];
    this.#counters[name] = saturatingAdd(this.#counters[name], 1);
    return { kind: "discarded", reason, bytes };
  }
}
