/**
 * A counter that only rises, spread over a ring of pages so that none wears out (SPEC PER-3, LOG-8). Each count is an entry
 * of its own, value and CRC; the highest sound one counts.
 *
 * An entry that was begun and is not sound counts too: it stands for a value that was never used. So every entry spent
 * raises the counter, and cutting the power at the right moment wears nothing that the counter does not know of.
 */
import { erases, type Stage, stageOf } from "./commit.ts";
import type { CounterRegion } from "./layout.ts";
import { isBlank, type Memory, programmedWords, readSound, readSpan, readsBack } from "./memory.ts";
import { Packer, sealed, Unpacker, unsealed } from "./packing.ts";
import type { StoreContext } from "./stores.ts";

export interface CounterRing {
  /** What the memory holds: nothing was ever made of a higher one. */
  readonly value: number;
  /** Values after it that did not read back in this power-up. The memory may know nothing of them, and nothing was made of them. */
  readonly givenUp: number;
  /** Inside the region: where the value stands. */
  readonly page: number;
  /** The entry that is free; at `entriesPerPage` the page is full. */
  readonly next: number;
  /** Pages after it that could not be prepared in this power-up. */
  readonly skipped: number;
}

/** A cut hurts one entry: among so many at the beginning of a page that is in use, one is sound. */
const PAGE_HEADS = 3;
const VALUE_BYTES = 4;

/** How far a page that is in use has been filled. */
export interface CounterEnd {
  readonly value: number;
  readonly next: number;
}

export function openCounter({ findings }: StoreContext, memory: Memory, region: CounterRegion): CounterRing {
  let page = -1;
  let value = -1;
  for (let index = 0; index < region.pages; index++) {
    const head = findings.counterHead.of(memory.nvm, region.page + index, 1, () => headOf(memory, region, index));
    // Of two pages with the same value the later one only repeats it.
    if (head > value || (head === value && head >= 0 && isRepeated(memory, region, index, head))) {
      page = index;
      value = head;
    }
  }
  // Nothing was ever counted: the first page is prepared with the first count.
  if (page < 0) return { value: 0, givenUp: 0, page: region.pages - 1, next: region.entriesPerPage, skipped: 0 };
  const end = findings.counterEnd.of(memory.nvm, region.page + page, 1, () => endOf(memory, region, page, value));
  return { page, givenUp: 0, ...end, skipped: 0 };
}

/** The highest value among the first entries. */
function headOf(memory: Memory, region: CounterRegion, page: number): number {
  let value = -1;
  for (let entry = 0; entry < Math.min(PAGE_HEADS, region.entriesPerPage); entry++) {
    value = Math.max(value, soundEntry(memory, region, page, entry) ?? -1);
  }
  return value;
}

function isRepeated(memory: Memory, region: CounterRegion, page: number, value: number): boolean {
  return soundEntry(memory, region, page, 0) === value;
}

/** Values rise from entry to entry: the last sound one counts, and what was begun after it. */
function endOf(memory: Memory, region: CounterRegion, page: number, head: number): CounterEnd {
  const { entryWords, entriesPerPage } = region;
  const whole = { page: region.page + page, word: 0, words: entriesPerPage * entryWords };
  let next = Math.ceil(programmedWords(memory, whole) / entryWords);
  let value = head;
  let spent = 0;
  for (let entry = next - 1; entry >= 0; entry--) {
    const found = soundEntry(memory, region, page, entry);
    if (found !== undefined && found >= head) {
      value = found;
      break;
    }
    // In all readings, as it has to be found each time: what counts today may not be missing tomorrow.
    if (!isBlank(memory, entrySpan(region, page, entry))) spent++;
  }
  // The one free entry that a cut may have left looking erased.
  while (next < entriesPerPage && !isBlank(memory, entrySpan(region, page, next))) {
    next++;
    spent++;
  }
  return { value: value + spent, next };
}

/** Counts one up. */
export function planCount(
  { profile, findings }: StoreContext,
  memory: Memory,
  region: CounterRegion,
  ring: CounterRing,
): Stage {
  const { page, next } = ring;
  // No two entries claim the same value: of pages with one value the older could be taken for the newest.
  const value = ring.value + ring.givenUp;
  if (next < region.entriesPerPage) return stageOf(profile, [], [entry(region, page, next, value + 1)]);
  const fresh = freshPage(region, ring);
  // The repeated value shows that the erase before it was finished.
  const written = [entry(region, fresh, 0, value), entry(region, fresh, 1, value + 1)];
  return stageOf(profile, erases(findings, memory, region.page + fresh, 1), written);
}

export function afterCount(region: CounterRegion, ring: CounterRing): CounterRing {
  const counted = { value: ring.value + ring.givenUp + 1, givenUp: 0, skipped: 0 };
  if (ring.next < region.entriesPerPage) return { ...counted, page: ring.page, next: ring.next + 1 };
  return { ...counted, page: freshPage(region, ring), next: 2 };
}

/** The entry is given up; its page after a second one, or a page past its life would close a door whose ring has others. */
export function afterFailedCount({ entriesPerPage }: CounterRegion, ring: CounterRing): CounterRing {
  const given = { ...ring, givenUp: ring.givenUp + 1 };
  if (ring.next >= entriesPerPage) return { ...given, skipped: ring.skipped + 1 };
  return { ...given, next: ring.givenUp === 0 ? ring.next + 1 : entriesPerPage };
}

/** Never the page where the value stands: to erase it would begin the count anew, and nonces would come back (SPEC PER-3). */
function freshPage({ pages }: CounterRegion, { page, skipped }: CounterRing): number {
  return (page + 1 + (skipped % (pages - 1))) % pages;
}

function entry(region: CounterRegion, page: number, index: number, value: number): Stage["expected"][number] {
  const bytes = sealed(new Packer().u32(value).done());
  return { page: region.page + page, word: index * region.entryWords, bytes };
}

/** An entry whose value stands firm. */
function soundEntry(memory: Memory, region: CounterRegion, page: number, index: number): number | undefined {
  const bytes = unsealed(readSpan(memory, entrySpan(region, page, index)), VALUE_BYTES);
  if (bytes === undefined) return undefined;
  const value = new Unpacker(bytes).u32();
  if (readSound(memory, entrySpan(region, page, index)) !== undefined) return value;
  return readsBack(memory, entry(region, page, index, value)) ? value : undefined;
}

function entrySpan(region: CounterRegion, page: number, index: number): Parameters<typeof readSpan>[1] {
  return { page: region.page + page, word: index * region.entryWords, words: region.entryWords };
}
