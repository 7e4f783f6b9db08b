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
import { erasedStage, erases, mark, type Stage, stageOf } from "./commit.ts";
import type { Findings } from "./findings.ts";
import { RECORD_BODY_BYTES, type RingRegion } from "./layout.ts";
import { isBlank, type Memory, programmedWords, readSound, readSpan, readsBack, type Span } from "./memory.ts";
import { CRC_BYTES, Packer, sealed, Unpacker, unsealed } from "./packing.ts";
import type { StoreContext } from "./stores.ts";

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
  context: StoreContext,
  memory: Memory,
  region: RingRegion,
  base: ChainPosition,
): { readonly ring: Ring; readonly repair: RingRepair } {
  let block = region.blocks - 1;
  let highest = 0;
  for (let index = 0; index < region.blocks; index++) {
    const number = blockNumber(context, memory, region, index);
    if (number <= highest) continue;
    highest = number;
    block = index;
  }
  if (highest === 0) return { ring: emptyRing(region, base), repair: { kind: "none" } };
  const next = context.findings.firstFree.of(memory.nvm, firstPage(region, block), region.pagesPerBlock, () =>
    firstFree(memory, region, block),
  );
  const found = newestConfirmed(context, memory, region, { block, blockNumber: highest, next });
  const known = found !== undefined && found.record.number > base.number ? found : undefined;
  const newest = known === undefined ? base : positionOf(context, known.record);
  const ring = { block, blockNumber: highest, next, newest, last: known?.record };
  // Confirmed slots of this block end here; what comes after was begun and not finished.
  const tail = known?.block === block ? known.slot + 1 : 0;
  return { ring, repair: repairOf(context, memory, region, ring, tail) };
}

/** Without a block in use. */
export function emptyRing({ blocks, slotsPerBlock }: RingRegion, base: ChainPosition): Ring {
  return { block: blocks - 1, blockNumber: 0, next: slotsPerBlock, newest: base, last: undefined };
}

/**
 * Appends a record with the next number: body and mark 1, then mark 2. A block that has to be erased first is read back blank before it
 * gets its number: a page of it that stayed as it was would bring its old records back as the newest ones.
 */
export function planAppend(
  { profile, findings }: StoreContext,
  memory: Memory,
  region: RingRegion,
  ring: Ring,
  record: LogRecord,
  floor: EpochPair,
): readonly Stage[] {
  const isFull = ring.next >= region.slotsPerBlock;
  const block = isFull ? (ring.block + 1) % region.blocks : ring.block;
  const before: NvmOperation[] = isFull ? erases(findings, memory, firstPage(region, block), region.pagesPerBlock) : [];
  const blockNumber = sealed(new Packer().u32(ring.blockNumber + 1).done());
  const numbered = [0, region.numberWords].map((word) => ({
    page: firstPage(region, block),
    word,
    bytes: blockNumber,
  }));
  const { body, mark1, mark2 } = places(region, block, isFull ? 0 : ring.next);
  const bytes = bodyOf(findings, { number: ring.newest.number + 1, headBefore: ring.newest.head, record, floor });
  const written = [...(isFull ? numbered : []), { ...body, bytes }, { ...mark1, bytes: mark(profile) }];
  return [
    ...(before.length === 0 ? [] : [erasedStage(profile, before)]),
    stageOf(profile, [], written),
    planConfirm(profile, mark2),
  ];
}

/** Mark 2 alone, for a slot whose body and mark 1 are there. */
export function planRepair(profile: NvmProfile, region: RingRegion, ring: Ring, slot: number): Stage {
  return planConfirm(profile, places(region, ring.block, slot).mark2);
}

export function afterAppend(
  context: StoreContext,
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
  return { ...at, newest: positionOf(context, stored), last: stored };
}

export function afterRepair(context: StoreContext, ring: Ring, record: StoredRecord): Ring {
  return { ...ring, newest: positionOf(context, record), last: record };
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
  context: StoreContext,
  memory: Memory,
  region: RingRegion,
  ring: Ring,
  first: number,
  most: number,
): StoredRecord[] {
  const found: StoredRecord[] = [];
  for (const block of blocksOf(context, memory, region, ring)) {
    const slots = slotsOf(context, memory, region, block);
    for (let index = slots.length - 1; index >= 0; index--) {
      const { record } = slots[index] as FoundSlot;
      // Of a number that was written more than once the last one counts.
      const below = found.at(-1)?.number ?? ring.newest.number + 1;
      if (record.number >= first && record.number < below) found.push(record);
    }
    const oldest = slots[0]?.record.number;
    if (oldest !== undefined && oldest <= first) break;
  }
  found.reverse();
  // Consecutive ones only: what a later segment begins with has its own head.
  const gap = found.findIndex(({ number }, index) => index > 0 && number !== (found[index - 1]?.number ?? 0) + 1);
  return found.slice(0, Math.min(most, gap < 0 ? found.length : gap));
}

/** The number of the oldest record that is still there; 0 where there is none. */
export function oldestIn(context: StoreContext, memory: Memory, region: RingRegion, ring: Ring): number {
  for (const block of blocksOf(context, memory, region, ring).reverse()) {
    const [oldest] = slotsOf(context, memory, region, block);
    if (oldest !== undefined) return oldest.record.number;
  }
  return 0;
}

/** Chain hash after a record, as far as the ring knows it. */
export function headAt(
  context: StoreContext,
  memory: Memory,
  region: RingRegion,
  ring: Ring,
  base: ChainPosition,
  number: number,
): Uint8Array | undefined {
  if (number === ring.newest.number) return ring.newest.head;
  if (number === base.number) return base.head;
  if (number > ring.newest.number) return undefined;
  const [record] = recordsFrom(context, memory, region, ring, number, 1);
  if (record?.number === number) return positionOf(context, record).head;
  return record?.number === number + 1 ? record.headBefore : undefined;
}

function positionOf({ provider, findings }: StoreContext, stored: StoredRecord): ChainPosition {
  const { number, headBefore, record } = stored;
  return findings.position.of(stored, () => {
    return { number, head: chainNext(provider, headBefore, number, encodedRecord(findings, record)) };
  });
}

function planConfirm(profile: NvmProfile, mark2: Span): Stage {
  return stageOf(profile, [], [{ ...mark2, bytes: mark(profile) }]);
}

/** Of a block: its slots whose body is whole and for which a mark vouches, in order; its bytes where none is hurt. */
export interface FoundBlock {
  readonly bytes: Uint8Array | undefined;
  readonly slots: readonly FoundSlot[];
}

export interface FoundSlot {
  readonly block: number;
  readonly slot: number;
  readonly record: StoredRecord;
}

function newestConfirmed(
  context: StoreContext,
  memory: Memory,
  region: RingRegion,
  { block, blockNumber, next }: Pick<Ring, "block" | "blockNumber" | "next">,
): FoundSlot | undefined {
  for (const index of blocksOf(context, memory, region, { block, blockNumber })) {
    const slots = slotsOf(context, memory, region, index);
    const isOpen = index === block;
    const found = slots.findLast(({ slot }) => !isOpen || (slot < next && readsWell(memory, region, block, slot)));
    if (found !== undefined) return found;
  }
  return undefined;
}

function repairOf(context: StoreContext, memory: Memory, region: RingRegion, ring: Ring, tail: number): RingRepair {
  if (tail >= ring.next) return { kind: "none" };
  const begun = slotsOf(context, memory, region, ring.block).findLast(
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

function slotsOf({ findings }: StoreContext, memory: Memory, region: RingRegion, block: number): readonly FoundSlot[] {
  const page = firstPage(region, block);
  return findings.block.of(memory.nvm, page, region.pagesPerBlock, (before) => readBlock(memory, region, block, before))
    .slots;
}

function readBlock(memory: Memory, region: RingRegion, block: number, before: FoundBlock | undefined): FoundBlock {
  const words = 2 * region.numberWords + region.slotsPerBlock * region.slotWords;
  const bytes = readSound(memory, { page: firstPage(region, block), word: 0, words });
  const slots: FoundSlot[] = [];
  for (let slot = 0; slot < region.slotsPerBlock; slot++) {
    const found = isUnchanged(memory, region, slot, before?.bytes, bytes)
      ? before?.slots.find((known) => known.slot === slot)
      : readSlot(memory, region, block, slot);
    if (found !== undefined) slots.push(found);
  }
  return { bytes, slots };
}

function readSlot(memory: Memory, region: RingRegion, block: number, slot: number): FoundSlot | undefined {
  const { body, mark1, mark2 } = places(region, block, slot);
  if (isBlank(memory, mark1) && isBlank(memory, mark2)) return undefined;
  const record = recordOf(readSpan(memory, body));
  return record && { block, slot, record };
}

/** Has the slot the bytes that were found there last? */
function isUnchanged(
  { nvm }: Memory,
  region: RingRegion,
  slot: number,
  before: Uint8Array | undefined,
  bytes: Uint8Array | undefined,
): boolean {
  if (before === undefined || bytes === undefined) return false;
  const { wordBytes } = nvm.profile;
  const start = (2 * region.numberWords + slot * region.slotWords) * wordBytes;
  for (let at = start; at < start + region.slotWords * wordBytes; at++) if (before[at] !== bytes[at]) return false;
  return true;
}

function readsWell(memory: Memory, region: RingRegion, block: number, slot: number): boolean {
  return readsBack(memory, { ...places(region, block, slot).mark2, bytes: mark(memory.nvm.profile) });
}

/** After the last slot with a programmed bit; the one after it may only look erased. */
function firstFree(memory: Memory, region: RingRegion, block: number): number {
  const before = 2 * region.numberWords;
  const words = before + region.slotsPerBlock * region.slotWords;
  const end = programmedWords(memory, { page: firstPage(region, block), word: 0, words });
  const next = Math.max(0, Math.ceil((end - before) / region.slotWords));
  const span = { ...places(region, block, next).body, words: region.slotWords };
  return next < region.slotsPerBlock && !isBlank(memory, span) ? next + 1 : next;
}

/** 0 where no number reads well. */
function blockNumber({ findings }: StoreContext, memory: Memory, region: RingRegion, block: number): number {
  const page = firstPage(region, block);
  return findings.blockNumber.of(memory.nvm, page, region.pagesPerBlock, () => blockNumberAt(memory, region, block));
}

function blockNumberAt(memory: Memory, region: RingRegion, index: number): number {
  const [first, second] = [0, region.numberWords].map((word) => ({
    page: firstPage(region, index),
    word,
    words: region.numberWords,
  })) as [Span, Span];
  const bytes = unsealed(readSpan(memory, first), NUMBER_BYTES) ?? unsealed(readSpan(memory, second), NUMBER_BYTES);
  return bytes === undefined || isBlank(memory, second) ? 0 : new Unpacker(bytes).u32();
}

/** The blocks in use, newest first: not what an erase left as it was, whose records of an earlier round would stand between others. */
function blocksOf(
  context: StoreContext,
  memory: Memory,
  region: RingRegion,
  { block, blockNumber: newest }: Pick<Ring, "block" | "blockNumber">,
): number[] {
  const earlier = Math.max(0, newest - region.blocks);
  const inOrder = Array.from({ length: region.blocks }, (_, back) => blockBefore(region, block, back));
  return inOrder.filter((index) => blockNumber(context, memory, region, index) > earlier);
}

/** The block that was taken so many blocks before the newest, as they are taken in the order of the ring. */
function blockBefore({ blocks }: RingRegion, newest: number, back: number): number {
  return (newest - back + blocks) % blocks;
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

/** As its chain hashes it. */
export function encodedRecord({ encoded }: Findings, record: LogRecord): Uint8Array {
  return encoded.of(record, () => encodeAs(logRecordSchema, record));
}

function bodyOf(findings: Findings, { number, headBefore, record, floor }: StoredRecord): Uint8Array {
  const encoded = encodedRecord(findings, record);
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
