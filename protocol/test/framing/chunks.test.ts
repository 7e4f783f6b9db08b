import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Chunk,
  type ChunkOutcome,
  NO_TRANSFER,
  splitIntoChunks,
  stepTransfer,
  TRANSFER_BYTES,
  type TransferState,
} from "#src/framing/chunks.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => Uint8Array.from(createHash("sha256").update(bytes).digest());
const object = (length: number, salt = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 7 + salt) & 0xff);
const chunksOf = (bytes: Uint8Array, size: number): Chunk[] => [...splitIntoChunks(bytes, sha256(bytes), size)];

function take(state: TransferState, ...chunks: readonly Chunk[]): { state: TransferState; outcomes: ChunkOutcome[] } {
  const outcomes: ChunkOutcome[] = [];
  let now = state;
  for (const chunk of chunks) {
    const step = stepTransfer(now, chunk, sha256);
    now = step.state;
    outcomes.push(step.outcome);
  }
  return { state: now, outcomes };
}

/** An object of 250 bytes in chunks of 100, of which the first two have arrived. */
function halfway(): { state: TransferState; chunks: Chunk[]; bytes: Uint8Array } {
  const bytes = object(250);
  const chunks = chunksOf(bytes, 100);
  return { state: take(NO_TRANSFER, ...chunks.slice(0, 2)).state, chunks, bytes };
}

function chunkAt(chunks: readonly Chunk[], index: number): Chunk {
  const chunk = chunks[index];
  if (chunk === undefined) throw new RangeError(`no chunk ${index}`);
  return chunk;
}

describe("SPEC FRM-9: transfers", () => {
  test("any object in chunks of any size arrives whole, each chunk sent any number of times", () => {
    const cases = fc.tuple(
      fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.constantFrom(899, 900, 901, 4096, 4097, TRANSFER_BYTES)),
      fc.integer({ min: 1, max: 900 }),
      fc.array(fc.integer({ min: 1, max: 3 })),
    );
    fc.assert(
      fc.property(cases, ([length, size, copies]) => {
        const bytes = object(length);
        const chunks = chunksOf(bytes, size);
        // The last chunk completes the transfer: a copy of it belongs to the kept reply of FRM-7.
        const sent = chunks.flatMap((chunk, at) =>
          new Array(at < chunks.length - 1 ? (copies[at] ?? 1) : 1).fill(chunk),
        );
        const { state, outcomes } = take(NO_TRANSFER, ...sent);
        expect(outcomes.at(-1)).toEqual({ kind: "complete", bytes });
        expect(outcomes.filter((outcome) => outcome.kind !== "progress")).toHaveLength(1);
        expect(state).toEqual(NO_TRANSFER);
      }),
      { numRuns: 60 },
    );
  });

  test("a repeated chunk changes nothing and says how far the transfer is", () => {
    const { state, chunks } = halfway();
    const repeated = take(state, chunkAt(chunks, 0), chunkAt(chunks, 1));
    expect(repeated.state).toBe(state);
    expect(repeated.outcomes).toEqual(new Array(2).fill({ kind: "progress", received: 200, repeated: true }));
  });

  test.each<[string, string, (chunk: Chunk) => Partial<Chunk>]>([
    ["a gap", "framing/transfer-order", () => ({ offset: 201, data: object(49) })],
    ["another object in the middle", "framing/transfer-order", () => ({ digest: new Uint8Array(32) })],
    ["bytes past the total", "framing/transfer-chunk", () => ({ data: object(51) })],
    ["no bytes", "framing/transfer-chunk", () => ({ data: object(0) })],
    ["a short digest", "framing/transfer-chunk", () => ({ digest: new Uint8Array(31) })],
    ["a fraction as offset", "framing/transfer-chunk", () => ({ offset: 0.5 })],
    ["a negative offset", "framing/transfer-chunk", () => ({ offset: -1 })],
    ["more data than a chunk holds", "framing/transfer-chunk", () => ({ offset: 0, total: 2000, data: object(901) })],
    ["more than a transfer holds", "framing/transfer-too-large", () => ({ total: TRANSFER_BYTES + 1 })],
  ])("refused without effect: %s", (_name, code, change) => {
    const { state, chunks, bytes } = halfway();
    const last = chunkAt(chunks, 2);
    const refused = stepTransfer(state, { ...last, ...change(last) }, sha256);
    expect(refused.outcome).toEqual({ kind: "refused", code });
    expect(refused.state).toBe(state);
    expect(stepTransfer(refused.state, last, sha256).outcome).toEqual({ kind: "complete", bytes });
  });

  test.each<[string, Partial<Chunk>]>([
    ["other bytes at an offset that was filled", { offset: 100, data: object(100, 9) }],
    ["a repeat that goes on past what was received", { offset: 150, data: object(100, 150 * 7) }],
    ["another total", { total: 251 }],
    ["another total at the beginning", { offset: 0, total: 251, data: object(100) }],
  ])("ends the transfer: %s", (_name, change) => {
    const { state, chunks, bytes } = halfway();
    const last = chunkAt(chunks, 2);
    const ended = stepTransfer(state, { ...last, ...change }, sha256);
    expect(ended).toEqual({ state: NO_TRANSFER, outcome: { kind: "refused", code: "framing/transfer-differs" } });
    expect(stepTransfer(ended.state, last, sha256).outcome).toEqual({
      kind: "refused",
      code: "framing/transfer-order",
    });
    expect(take(ended.state, ...chunks).outcomes.at(-1)).toEqual({ kind: "complete", bytes });
  });

  test("bytes that do not have their digest are thrown away", () => {
    const { state, chunks } = halfway();
    const last = chunkAt(chunks, 2);
    const step = stepTransfer(state, { ...last, data: object(50, 1) }, sha256);
    expect(step).toEqual({ state: NO_TRANSFER, outcome: { kind: "refused", code: "framing/transfer-digest" } });
  });

  test("offset 0 of another object gives up the unfinished one", () => {
    const { state, chunks } = halfway();
    const other = chunksOf(object(150, 3), 100);
    const { outcomes } = take(state, chunkAt(other, 0), chunkAt(chunks, 2), chunkAt(other, 1));
    expect(outcomes).toEqual([
      { kind: "progress", received: 100, repeated: false },
      { kind: "refused", code: "framing/transfer-order" },
      { kind: "complete", bytes: object(150, 3) },
    ]);
  });

  test("what was received does not change with the sender's buffer", () => {
    const { chunks, bytes } = halfway();
    const first = chunkAt(chunks, 0);
    const { state } = stepTransfer(NO_TRANSFER, first, sha256);
    first.data.fill(0);
    const rest = chunksOf(bytes, 100).slice(1);
    expect(take(state, ...rest).outcomes.at(-1)).toEqual({ kind: "complete", bytes });
  });

  test("an object sent byte by byte takes few parts of memory", () => {
    let state: TransferState = NO_TRANSFER;
    let mostParts = 0;
    for (const chunk of chunksOf(object(20_000), 1)) {
      ({ state } = stepTransfer(state, chunk, sha256));
      if (state.phase === "receiving" && state.parts.length > mostParts) mostParts = state.parts.length;
    }
    expect(mostParts).toBeLessThanOrEqual(20_000 / 4096 + 1);
    expect(state).toEqual(NO_TRANSFER);
  });

  test.each<[string, () => unknown]>([
    ["an empty object", () => chunksOf(object(0), 100)],
    ["an object too large", () => chunksOf(object(TRANSFER_BYTES + 1), 100)],
    ["chunks of nothing", () => chunksOf(object(5), 0)],
    ["chunks too large for a frame", () => chunksOf(object(5), 901)],
    ["a digest of another length", () => [...splitIntoChunks(object(5), new Uint8Array(20), 5)]],
  ])("not cut: %s", (_name, cut) => {
    expect(cut).toThrow(expect.objectContaining({ code: "caller/argument" }));
  });
});
