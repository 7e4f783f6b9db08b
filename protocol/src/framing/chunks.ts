/**
 * Objects larger than a frame travel in chunks, in order, one transfer at a time (SPEC FRM-9). The digest in every chunk ties
 * them to one object; what the object may do is decided from its signature, after the whole of it has arrived.
 */
import { concatBytes, equalBytes } from "../bytes.ts";
import { CallerError } from "../errors.ts";
import { type ErrorCode, limits } from "../registry.ts";

/** Most bytes of one object. */
export const TRANSFER_BYTES: number = limits.transferBytes;
/** Most bytes of an object in one chunk: with the rest of `chunk-request` they still fit a frame. */
export const CHUNK_DATA_BYTES = 900;
const DIGEST_BYTES = 32;
/** Chunks are joined into parts of up to this size: an object sent byte by byte costs no more memory than any other. */
const PART_BYTES = 4096;

/** The fields of `chunk-request`, offset and total in bytes. */
export type Chunk = Readonly<{
  /** SHA-256 of the whole object. */
  digest: Uint8Array;
  offset: number;
  total: number;
  data: Uint8Array;
}>;

export type TransferState =
  | Readonly<{ phase: "idle" }>
  | Readonly<{
      phase: "receiving";
      digest: Uint8Array;
      total: number;
      received: number;
      /** What arrived, in order and without a gap: `received` bytes together, in few parts however small the chunks are. */
      parts: readonly Uint8Array[];
    }>;

export type ChunkRefusal = Extract<ErrorCode, `framing/transfer-${string}`>;

export type ChunkOutcome =
  /** `received` bytes are there now; `repeated` when they were before. */
  | Readonly<{ kind: "progress"; received: number; repeated: boolean }>
  /** The object is whole and has its digest. */
  | Readonly<{ kind: "complete"; bytes: Uint8Array }>
  /** Nothing changed; but `transfer-differs` and `transfer-digest` end the transfer, for what arrived is not to be trusted. */
  | Readonly<{ kind: "refused"; code: ChunkRefusal }>;

export type TransferStep = Readonly<{ state: TransferState; outcome: ChunkOutcome }>;

/** No transfer yet. A session begins with it, and forgets what an earlier session began. */
export const NO_TRANSFER: TransferState = { phase: "idle" };

/**
 * Takes one chunk. Offset 0 of another object gives up an unfinished one: a sender may change its mind, and the memory of one
 * transfer is all that is ever held.
 */
export function stepTransfer(
  state: TransferState,
  chunk: Chunk,
  sha256: (bytes: Uint8Array) => Uint8Array,
): TransferStep {
  const { digest, offset, total, data } = chunk;
  if (total > TRANSFER_BYTES) return refused(state, "framing/transfer-too-large");
  if (!isWellFormed(chunk)) return refused(state, "framing/transfer-chunk");

  const current = state.phase === "receiving" && equalBytes(state.digest, digest) ? state : undefined;
  if (current !== undefined && current.total !== total) return refused(NO_TRANSFER, "framing/transfer-differs");
  const { received, parts } = current ?? { received: 0, parts: [] };
  if (offset > received) return refused(state, "framing/transfer-order");
  if (current !== undefined && offset < received) {
    const isSame = offset + data.length <= received && equalBytes(slice(parts, offset, data.length), data);
    if (!isSame) return refused(NO_TRANSFER, "framing/transfer-differs");
    return { state, outcome: { kind: "progress", received, repeated: true } };
  }

  const now = received + data.length;
  if (now < total) {
    return {
      state: { phase: "receiving", digest: digest.slice(), total, received: now, parts: append(parts, data) },
      outcome: { kind: "progress", received: now, repeated: false },
    };
  }
  const bytes = slice(append(parts, data), 0, total);
  if (!equalBytes(sha256(bytes), digest)) return refused(NO_TRANSFER, "framing/transfer-digest");
  return { state: NO_TRANSFER, outcome: { kind: "complete", bytes } };
}

/**
 * Cuts an object into chunks of at most `dataBytes`, in the order to send them. `digest` is its SHA-256. Throws
 * `caller/argument` for an empty object, one over `TRANSFER_BYTES`, a digest of another length or a size outside
 * 1..`CHUNK_DATA_BYTES`.
 */
export function* splitIntoChunks(
  bytes: Uint8Array,
  digest: Uint8Array,
  dataBytes: number = CHUNK_DATA_BYTES,
): Generator<Chunk, void, undefined> {
  const total = bytes.length;
  requireRange("bytes", total, 1, TRANSFER_BYTES);
  requireRange("digest", digest.length, DIGEST_BYTES, DIGEST_BYTES);
  requireRange("dataBytes", dataBytes, 1, CHUNK_DATA_BYTES);
  for (let offset = 0; offset < total; offset += dataBytes) {
    yield { digest, offset, total, data: bytes.slice(offset, offset + dataBytes) };
  }
}

function isWellFormed({ digest, offset, total, data }: Chunk): boolean {
  return (
    digest.length === DIGEST_BYTES &&
    Number.isInteger(offset) &&
    Number.isInteger(total) &&
    offset >= 0 &&
    data.length > 0 &&
    data.length <= CHUNK_DATA_BYTES &&
    offset + data.length <= total
  );
}

function append(parts: readonly Uint8Array[], data: Uint8Array): readonly Uint8Array[] {
  const last = parts.at(-1);
  if (last === undefined || last.length + data.length > PART_BYTES) return [...parts, data.slice()];
  return [...parts.slice(0, -1), concatBytes(last, data)];
}

function slice(parts: readonly Uint8Array[], from: number, length: number): Uint8Array {
  const cut = new Uint8Array(length);
  let start = 0;
  for (const part of parts) {
    const first = Math.max(from - start, 0);
    const last = Math.min(from + length - start, part.length);
    if (first < last) cut.set(part.subarray(first, last), start + first - from);
    start += part.length;
  }
  return cut;
}

function refused(state: TransferState, code: ChunkRefusal): TransferStep {
  return { state, outcome: { kind: "refused", code } };
}

function requireRange(argument: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new CallerError("caller/argument", { argument, takes: `${least} to ${most} bytes`, bytes: value });
  }
}
