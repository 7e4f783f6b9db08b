/**
 * A store of chained records (SPEC LOG-2 to LOG-4): a ring of blocks, one or more pages each, with slots of body, mark 1 and mark 2.
 *
 * A record is written as body and mark 1, read back, then mark 2, and it is acted on when mark 2 reads back. Only the word that is
 * being programmed can be hurt by a cut, so a mark that was begun vouches for everything before it:
 *
 * | last slot, at boot                          | what is done                                              |
 * |---------------------------------------------|-----------------------------------------------------------|
 * | mark 2 reads well                           | nothing: it is confirmed                                  |
 * | body whole, a mark begun, mark 2 blank      | mark 2 is programmed: it is confirmed                     |
 * | body whole, a mark begun, mark 2 hurt       | the same record is written into the next slot             |
 * | anything else with a programmed bit         | its number is used up by a `void` in the next slot        |
 *
 * A block is in use when its number, written twice after the erase, reads well once and the second writing was begun: before
 * that there is nothing in it, and it is erased again.
 */
import {
  type ChainPosition,
  type CryptoProvider,
  chainNext,
  decodeAs,
  type EpochPair,
  encodeAs,
  equalBytes,
  HEAD_BYTES,
  type LogRecord,
  logRecordSchema,
} from "@nyckelfri/protocol";
import type { NvmOperation, NvmProfile } from "../../hardware/nvm.ts";
import { erases, mark, type Stage, stageOf } from "./commit.ts";
import { RECORD_BODY_BYTES, type RingRegion } from "./layout.ts";
import { isBlank, type Memory, readSpan, readsBack, type Span } from "./memory.ts";
import { CRC_BYTES, Packer, sealed, Unpacker, unsealed } from "./packing.ts";

export interface Ring {
  /** In use, inside the region; its number, 0 before the first. */
  readonly block: number;
  readonly blockNumber: number;
  /** The slot that is free; at `slotsPerBlock` the block is full. */
  readonly next: number;
  /** The newest confirmed record, or where the chain begins or was cut off. */
  readonly newest: ChainPosition;
  /** That record; undefined where the ring holds none. */
  readonly last: StoredRecord | undefined;
}

export interface StoredRecord {
  readonly number: number;
  readonly headBefore: Uint8Array;
  readonly record: LogRecord;
  /** The door's floor when it was written, raised by this very record where it is an intent (SPEC OPN-13). */
  readonly floor: EpochPair;
}

/** What the last slot needs before anything else is done. */
export type RingRepair =
  | { readonly kind: "none" }
  | { readonly kind: "confirm"; readonly slot: number; readonly record: StoredRecord }
  | { readonly kind: "again"; readonly record: StoredRecord }
  | { readonly kind: "void" };

const BODY_LENGTH = RECORD_BODY_BYTES - CRC_BYTES;
const NUMBER_BYTES = 4;

/** Finds the newest record. `base` is where the chain stood when the ring was erased last (SPEC SVC-5), or its start. */
export function openRing(
  memory: Memory,
  region: RingRegion,
  base: ChainPosition,
  provider: CryptoProvider,
): { readonly ring: Ring; readonly repair: RingRepair } {
  const numbers = blockNumbers(memory, region);
  const blockNumber = Math.max(0, ...numbers);
  const empty = { newest: base, last: undefined };
  if (blockNumber === 0) {
    return {
      ring: { block: region.blocks - 1, blockNumber, next: region.slotsPerBlock, ...empty },
      repair: { kind: "none" },
    };
  }
  const block = numbers.indexOf(blockNumber);
  const next = firstFree(memory, region, block);
  const found = newestConfirmed(memory, region, numbers, block, next);
  const known = found !== undefined && found.record.number > base.number ? found : undefined;
  const newest = known === undefined ? base : positionOf(provider, known.record);
  const ring = { block, blockNumber, next, newest, last: known?.record };
  // Confirmed slots of this block end here; what comes after was begun and not finished.
  const tail = known?.block === block ? known.slot + 1 : 0;
  return { ring, repair: repairOf(memory, region, ring, tail) };
}

/** Appends a record with the next number: body and mark 1, then mark 2. */
export function planAppend(
  profile: NvmProfile,
  region: RingRegion,
  ring: Ring,
  record: LogRecord,
  floor: EpochPair,
): readonly [Stage, Stage] {
  const isFull = ring.next >= region.slotsPerBlock;
  const block = isFull ? (ring.block + 1) % region.blocks : ring.block;
  const before: NvmOperation[] = isFull ? erases(firstPage(region, block), region.pagesPerBlock) : [];
  const blockNumber = sealed(new Packer().u32(ring.blockNumber + 1).done());
  const numbered = [0, region.numberWords].map((word) => ({
    page: firstPage(region, block),
    word,
    bytes: blockNumber,
  }));
  const { body, mark1, mark2 } = places(region, block, isFull ? 0 : ring.next);
  const bytes = bodyOf({ number: ring.newest.number + 1, headBefore: ring.newest.head, record, floor });
  const written = [...(isFull ? numbered : []), { ...body, bytes }, { ...mark1, bytes: mark(profile) }];
  return [stageOf(profile, before, written), planConfirm(profile, mark2)];
}

/** Mark 2 alone, for a slot whose body and mark 1 are there. */
export function planRepair(profile: NvmProfile, region: RingRegion, ring: Ring, slot: number): Stage {
  return planConfirm(profile, places(region, ring.block, slot).mark2);
}

export function afterAppend(
  provider: CryptoProvider,
  region: RingRegion,
  ring: Ring,
  record: LogRecord,
  floor: EpochPair,
): Ring {
  const stored = { number: ring.newest.number + 1, headBefore: ring.newest.head, record, floor };
  const at =
    ring.next < region.slotsPerBlock
      ? { ...ring, next: ring.next + 1 }
      : { ...ring, block: (ring.block + 1) % region.blocks, blockNumber: ring.blockNumber + 1, next: 1 };
  return { ...at, newest: positionOf(provider, stored), last: stored };
}

export function afterRepair(provider: CryptoProvider, ring: Ring, record: StoredRecord): Ring {
  return { ...ring, newest: positionOf(provider, record), last: record };
}

/** The slot is given up; where it was the first of a new block, whose number may not stand, so is the block. */
export function afterFailedAppend(region: RingRegion, ring: Ring): Ring {
  if (ring.next < region.slotsPerBlock) return { ...ring, next: ring.next + 1 };
  return {
    ...ring,
    block: (ring.block + 1) % region.blocks,
    blockNumber: ring.blockNumber + 1,
    next: region.slotsPerBlock,
  };
}

/** Every record from a number on that is still there, at most `most`. */
export function recordsFrom(
  memory: Memory,
  region: RingRegion,
  ring: Ring,
  first: number,
  most: number,
): StoredRecord[] {
  const numbers = blockNumbers(memory, region);
  const byNumber = new Map<number, StoredRecord>();
  for (const block of newestFirst(numbers)) {
    const slots = slotsOf(memory, region, block);
    // Of a number that was written more than once the last one counts.
    for (const { record } of slots.reverse()) {
      if (record.number <= ring.newest.number && !byNumber.has(record.number)) byNumber.set(record.number, record);
    }
    const oldest = slots.at(-1)?.record.number;
    if (oldest !== undefined && oldest < first) break;
  }
  const found: StoredRecord[] = [];
  const kept = [...byNumber.keys()].filter((number) => number >= first).sort((a, b) => a - b);
  for (const number of kept) {
    const before = found.at(-1);
    // Consecutive ones only: what a later segment begins with has its own head.
    if (found.length === most || (before !== undefined && number !== before.number + 1)) break;
    found.push(byNumber.get(number) as StoredRecord);
  }
  return found;
}

/** Chain hash after a record, as far as the ring knows it. */
export function headAt(
  memory: Memory,
  region: RingRegion,
  ring: Ring,
  base: ChainPosition,
  provider: CryptoProvider,
  number: number,
): Uint8Array | undefined {
  if (number === ring.newest.number) return ring.newest.head;
  if (number === base.number) return base.head;
  if (number > ring.newest.number) return undefined;
  const [record] = recordsFrom(memory, region, ring, number, 1);
  if (record?.number === number) return positionOf(provider, record).head;
  return record?.number === number + 1 ? record.headBefore : undefined;
}

function positionOf(provider: CryptoProvider, { number, headBefore, record }: StoredRecord): ChainPosition {
  return { number, head: chainNext(provider, headBefore, number, encodeAs(logRecordSchema, record)) };
}

function planConfirm(profile: NvmProfile, mark2: Span): Stage {
  return stageOf(profile, [], [{ ...mark2, bytes: mark(profile) }]);
}

interface FoundSlot {
  readonly block: number;
  readonly slot: number;
  readonly record: StoredRecord;
}

function newestConfirmed(
  memory: Memory,
  region: RingRegion,
  numbers: readonly number[],
  block: number,
  next: number,
): FoundSlot | undefined {
  for (const index of newestFirst(numbers)) {
    const slots = slotsOf(memory, region, index);
    const isOpen = index === block;
    const found = slots.findLast(({ slot }) => !isOpen || (slot < next && readsWell(memory, region, block, slot)));
    if (found !== undefined) return found;
  }
  return undefined;
}

function repairOf(memory: Memory, region: RingRegion, ring: Ring, tail: number): RingRepair {
  if (tail >= ring.next) return { kind: "none" };
  const begun = slotsOf(memory, region, ring.block).findLast(
    ({ slot, record }) =>
      slot >= tail &&
      slot < ring.next &&
      record.number === ring.newest.number + 1 &&
      equalBytes(record.headBefore, ring.newest.head),
  );
  if (begun === undefined) return { kind: "void" };
  const { mark2 } = places(region, ring.block, begun.slot);
  return isBlank(memory, mark2)
    ? { kind: "confirm", slot: begun.slot, record: begun.record }
    : { kind: "again", record: begun.record };
}

/** Slots of a block whose body is whole and for which a mark vouches, in order. */
function slotsOf(memory: Memory, region: RingRegion, block: number): FoundSlot[] {
  const found: FoundSlot[] = [];
  for (let slot = 0; slot < region.slotsPerBlock; slot++) {
    const { body, mark1, mark2 } = places(region, block, slot);
    const record = recordOf(readSpan(memory, body));
    if (record === undefined || (isBlank(memory, mark1) && isBlank(memory, mark2))) continue;
    found.push({ block, slot, record });
  }
  return found;
}

function readsWell(memory: Memory, region: RingRegion, block: number, slot: number): boolean {
  return readsBack(memory, { ...places(region, block, slot).mark2, bytes: mark(memory.nvm.profile) });
}

/** After the last slot with a programmed bit; the one after it may only look erased. */
function firstFree(memory: Memory, region: RingRegion, block: number): number {
  let next = 0;
  for (let slot = 0; slot < region.slotsPerBlock; slot++) {
    const bytes = readSpan(memory, { ...places(region, block, slot).body, words: region.slotWords });
    if (bytes === "trap" || bytes.some((byte) => byte !== 0xff)) next = slot + 1;
  }
  const span = { ...places(region, block, next).body, words: region.slotWords };
  return next < region.slotsPerBlock && !isBlank(memory, span) ? next + 1 : next;
}

/** By block of the region; 0 where no number reads well. */
function blockNumbers(memory: Memory, region: RingRegion): number[] {
  return Array.from({ length: region.blocks }, (_, index) => {
    const [first, second] = [0, region.numberWords].map((word) => ({
      page: firstPage(region, index),
      word,
      words: region.numberWords,
    })) as [Span, Span];
    const bytes = unsealed(readSpan(memory, first), NUMBER_BYTES) ?? unsealed(readSpan(memory, second), NUMBER_BYTES);
    return bytes === undefined || isBlank(memory, second) ? 0 : new Unpacker(bytes).u32();
  });
}

function newestFirst(numbers: readonly number[]): number[] {
  const used = numbers.flatMap((number, block) => (number > 0 ? [block] : []));
  return used.sort((a, b) => (numbers[b] ?? 0) - (numbers[a] ?? 0));
}

function firstPage(region: RingRegion, block: number): number {
  return region.page + block * region.pagesPerBlock;
}

function places(region: RingRegion, block: number, slot: number): Record<"body" | "mark1" | "mark2", Span> {
  const at = firstPage(region, block);
  const word = 2 * region.numberWords + slot * region.slotWords;
  return {
    body: { page: at, word, words: region.bodyWords },
    mark1: { page: at, word: word + region.bodyWords, words: 1 },
    mark2: { page: at, word: word + region.bodyWords + 1, words: 1 },
  };
}

function bodyOf({ number, headBefore, record, floor }: StoredRecord): Uint8Array {
  const encoded = encodeAs(logRecordSchema, record);
  const packed = new Packer().u32(number).u32(floor.epoch).u32(floor.value).bytes(headBefore).u8(encoded.length);
  const body = new Uint8Array(BODY_LENGTH);
  body.set(packed.bytes(encoded).done());
  return sealed(body);
}

function recordOf(bytes: Uint8Array | "trap"): StoredRecord | undefined {
  const body = unsealed(bytes, BODY_LENGTH);
  if (body === undefined) return undefined;
  const packed = new Unpacker(body);
  const number = packed.u32();
  const floor = { epoch: packed.u32(), value: packed.u32() };
  const headBefore = packed.bytes(HEAD_BYTES);
  // What passed its CRC was written by this device.
  const record = decodeAs(logRecordSchema, packed.bytes(packed.u8()));
  return { number, floor, headBefore, record };
}
