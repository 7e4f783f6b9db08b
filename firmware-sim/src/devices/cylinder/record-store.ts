/**
 * A store of chained records (SPEC LOG-2 to LOG-4): a ring of blocks, one or more pages each, with slots of body, mark 1 and mark 2.
 *
 * A record is written as body and mark 1, read back, then mark 2, and it is acted on when mark 2 reads back. Only the word that is
 * being programmed can be hurt by a cut, so a mark that was begun vouches for everything before it; but a part may also have said
 * done and written nothing, or badly, and then been cut before anything was read back. So a boot confirms only what reads back, as
 * the writing would have:
 *
 * | last slot, at boot                          | what is done                                              |
 * |---------------------------------------------|-----------------------------------------------------------|
 * | mark 2 reads well                           | nothing: it is confirmed                                  |
 * | body reads back, a mark begun, mark 2 blank | mark 2 is programmed: it is confirmed                     |
 * | body whole, a mark begun, else              | the same record is written into the next slot             |
 * | anything else with a programmed bit         | its number is used up by a `void` in the next slot        |
 *
 * All but mark 2 takes a slot, and power comes and goes as somebody likes. So a boot writes once what a cut has left; what was cut
 * there too waits for the next record of the ring, which somebody has had to prove a right to (SPEC LOG-1, LOG-3).
 *
 * A block is in use when its number, written twice after the erase, reads back once and the second writing was begun: before
 * that there is nothing in it, and it is erased again. A record in a block whose number does not last would be lost with it.
 */
import { type ChainPosition, chainNext, type EpochPair, equalBytes, type LogRecord } from "@nyckelfri/protocol";
import type { NvmOperation, NvmProfile } from "../../hardware/nvm.ts";
import { erasedStage, erases, mark, type Stage, stageOf } from "./commit.ts";
import type { RingRegion } from "./layout.ts";
import { isBlank, type Memory, type Span } from "./memory.ts";
import {
  type BlockNumber,
  bodyOf,
  encodedRecord,
  type FoundSlot,
  firstFree,
  firstPage,
  isBodySound,
  isConfirmed,
  numberInUse,
  numberOf,
  places,
  type StoredRecord,
  slotsOf,
} from "./record-block.ts";
import type { StoreContext } from "./stores.ts";

export interface Ring {
  /** In use, inside the region; its number, 0 before the first. */
  readonly block: number;
  readonly blockNumber: number;
  /** The slot that is free; at `slotsPerBlock` the block is full. */
  readonly next: number;
  /** Where the newest record stands, which a later block may have been given up after; undefined where the ring holds none. */
  readonly holder: number | undefined;
  /** The newest confirmed record, or where the chain begins or was cut off. */
  readonly newest: ChainPosition;
  /** That record; undefined where the ring holds none. */
  readonly last: StoredRecord | undefined;
}

/** What the last slot needs before anything else is done. */
export type RingRepair =
  | { readonly kind: "none" }
  | { readonly kind: "confirm"; readonly slot: number; readonly record: StoredRecord }
  | { readonly kind: "again"; readonly record: StoredRecord }
  | { readonly kind: "void" };

/** When a repair is made: with the next record, once a boot has tried. */
export type RepairTime = "at-boot" | "with-next-record";

/** Finds the newest record. `base` is where the chain stood when the ring was erased last (SPEC SVC-5), or its start. */
export function openRing(
  context: StoreContext,
  memory: Memory,
  region: RingRegion,
  base: ChainPosition,
): { readonly ring: Ring; readonly repair: RingRepair; readonly when: RepairTime } {
  const blocks = blocksInUse(context, memory, region);
  const [open] = blocks;
  if (open === undefined) return { ring: emptyRing(region, base), repair: { kind: "none" }, when: "at-boot" };
  const { block, number } = open;
  const end = context.findings.firstFree.of(memory.nvm, firstPage(region, block), region.pagesPerBlock, () =>
    firstFree(memory, region, block),
  );
  const found = newestStanding(context, memory, region, blocks, end);
  const known = found !== undefined && found.record.number > base.number ? found : undefined;
  const newest = known === undefined ? base : positionOf(context, known.record);
  // A block whose number has become fleeting keeps what it holds, and takes nothing more.
  const next = number.kind === "lasting" ? end : region.slotsPerBlock;
  const ring = { block, blockNumber: number.value, next, holder: known?.block, newest, last: known?.record };
  // Confirmed slots of this block end here; what comes after was begun and not finished.
  const begun = { from: known?.block === block ? known.slot + 1 : 0, end };
  const repair = repairOf(context, memory, region, ring, begun);
  // Two slots for one number, or a void that a boot has written: it has been tried.
  const isTried = end - begun.from > 1 || known?.record.record.kind === "void";
  return { ring, repair, when: isTried && repair.kind !== "confirm" ? "with-next-record" : "at-boot" };
}

/** Without a block in use. */
export function emptyRing({ blocks, slotsPerBlock }: RingRegion, base: ChainPosition): Ring {
  return { block: blocks - 1, blockNumber: 0, next: slotsPerBlock, holder: undefined, newest: base, last: undefined };
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
  const { block, blockNumber } = isFull ? freshBlock(region, ring) : ring;
  const before: NvmOperation[] = isFull ? erases(findings, memory, firstPage(region, block), region.pagesPerBlock) : [];
  const { body, mark1, mark2 } = places(region, block, isFull ? 0 : ring.next);
  const bytes = bodyOf(findings, { number: ring.newest.number + 1, headBefore: ring.newest.head, record, floor });
  const written = [
    ...(isFull ? numberOf(region, block, blockNumber) : []),
    { ...body, bytes },
    { ...mark1, bytes: mark(profile) },
  ];
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
  const isFull = ring.next >= region.slotsPerBlock;
  const at = isFull ? { ...freshBlock(region, ring), next: 1 } : { ...ring, next: ring.next + 1 };
  return { ...at, holder: at.block, newest: positionOf(context, stored), last: stored };
}

export function afterRepair(context: StoreContext, ring: Ring, record: StoredRecord): Ring {
  return { ...ring, holder: ring.block, newest: positionOf(context, record), last: record };
}

/** The slot is given up; where it was the first of a new block, whose number may not stand, so is the block. */
export function afterFailedAppend(region: RingRegion, ring: Ring): Ring {
  if (ring.next < region.slotsPerBlock) return { ...ring, next: ring.next + 1 };
  return { ...ring, ...freshBlock(region, ring), next: region.slotsPerBlock };
}

/** The block that comes after the one in use, never the place of the newest record (SPEC PER-5): where all others fail, the next boot finds it. */
export function freshBlock({ blocks }: RingRegion, ring: Ring): Pick<Ring, "block" | "blockNumber"> {
  const steps = (ring.block + 1) % blocks === ring.holder ? 2 : 1;
  return { block: (ring.block + steps) % blocks, blockNumber: ring.blockNumber + steps };
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

/**
 * The newest record that exists at every boot. Once a later block is in use nothing is repaired in those before: an unconfirmed last
 * slot of theirs stands where a mark was begun and its body lasts (SPEC LOG-3).
 */
function newestStanding(
  context: StoreContext,
  memory: Memory,
  region: RingRegion,
  blocks: readonly BlockInUse[],
  end: number,
): FoundSlot | undefined {
  const [open] = blocks;
  for (const { block, number } of blocks) {
    const found = slotsOf(context, memory, region, block).findLast((slot) => {
      if (block === open?.block) return slot.slot < end && isConfirmed(memory, region, slot);
      return (
        isConfirmed(memory, region, slot) || (number.kind === "lasting" && isBodySound(context, memory, region, slot))
      );
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What slots of the open block need that were begun and are not confirmed. */
function repairOf(
  context: StoreContext,
  memory: Memory,
  region: RingRegion,
  ring: Ring,
  { from, end }: { readonly from: number; readonly end: number },
): RingRepair {
  if (from >= end) return { kind: "none" };
  const begun = slotsOf(context, memory, region, ring.block).findLast(
    ({ slot, record }) =>
      slot >= from &&
      slot < end &&
      record.number === ring.newest.number + 1 &&
      equalBytes(record.headBefore, ring.newest.head),
  );
  if (begun === undefined) return { kind: "void" };
  const { mark2 } = places(region, ring.block, begun.slot);
  // Mark 2 is made where a later boot finds all that it vouches for, as it was after the first writing.
  const isFinal = ring.next === end && isBlank(memory, mark2) && isBodySound(context, memory, region, begun);
  return isFinal
    ? { kind: "confirm", slot: begun.slot, record: begun.record }
    : { kind: "again", record: begun.record };
}

/**
 * The blocks of the present round, newest first: not what an erase left as it was, whose records of an earlier round would stand between
 * others.
 */
function blocksOf(context: StoreContext, memory: Memory, region: RingRegion, { blockNumber: newest }: Ring): number[] {
  const present = blocksInUse(context, memory, region).filter(({ number }) => number.value > newest - region.blocks);
  return present.map(({ block }) => block);
}

interface BlockInUse {
  readonly block: number;
  readonly number: BlockNumber;
}

/** Newest first. */
function blocksInUse(context: StoreContext, memory: Memory, region: RingRegion): BlockInUse[] {
  const found: BlockInUse[] = [];
  for (let block = 0; block < region.blocks; block++) {
    const number = numberInUse(context, memory, region, block);
    if (number !== undefined) found.push({ block, number });
  }
  return found.sort((one, other) => other.number.value - one.number.value);
}
