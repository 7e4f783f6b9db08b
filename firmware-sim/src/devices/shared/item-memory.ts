/**
 * A device's memory: named items in two areas of the NVM, changed by transactions that are there whole or not at all
 * (SPEC LOG-3, PER-7 to PER-9).
 *
 * An area begins with a snapshot of all items; transactions follow, each naming the one before it. One transaction is header and
 * body, mark 1 (a checksum under the area's salt), read back, mark 2, read back. A full area is copied to the other one, whose
 * pages are read back blank first and mended where they fail, and only a transaction behind that copy makes it the valid one: until
 * then the old area says the same.
 *
 * A cut can leave words that read well now and badly later. So at power-on the last transaction is written again before
 * anything is done, and the copy names what was before the original. What nobody names is dead, however well it reads one day.
 */
import type { Nvm, NvmOperation } from "../../hardware/nvm.ts";
import {
  applied,
  areaWords,
  type Changes,
  type Draft,
  draftOf,
  endOf,
  hasTaken,
  holds,
  type Items,
  isErasedPage,
  MARK_2,
  type MemoryPart,
  markOf,
  NO_PREVIOUS,
  type Piece,
  programs,
  SALT_BYTES,
} from "./transactions.ts";

/** What firmware knows of its memory while it has power. */
export interface Memory {
  readonly area: 0 | 1;
  readonly generation: number;
  /** Random for each area, so that nobody can plant bytes that pass for a transaction when a write is torn. */
  readonly salt: Uint8Array;
  /** Word of the area from which on nothing is programmed. */
  readonly tail: number;
  /** Word at which the newest transaction begins. */
  readonly last: number;
  readonly items: Items;
}

/** One commit on its way. `attempts` counts the places that have failed, `rounds` how often an area did not take what it is prepared with. */
export interface Writing {
  readonly stage: "erase" | "snapshot" | "snapshot-mark" | "body" | "mark";
  readonly changes: Changes;
  /** As it will be when the running stage is done. */
  readonly memory: Memory;
  readonly draft: Draft;
  readonly attempts: number;
  readonly rounds: number;
}
export type WriteStep =
  | { readonly kind: "write"; readonly writing: Writing; readonly operations: readonly NvmOperation[] }
  | { readonly kind: "committed"; readonly memory: Memory }
  /** The part does not keep what is written to it. */
  | { readonly kind: "worn-out" };

export type BegunWrite = Exclude<WriteStep, { kind: "committed" }>;

const ATTEMPTS = 3;
/** An area has many pages, of which each may fail once without being worn. */
const ROUNDS = 8;

/** Begins to commit. `salt` is for a new area, in case this one is full. */
export function beginWrite(part: MemoryPart, nvm: Nvm, memory: Memory, changes: Changes, salt: Uint8Array): BegunWrite {
  return append(part, nvm, memory, changes, salt, 0);
}

/** Goes on after the operations given last are done: reads back, and gives the next ones. */
export function continueWrite(part: MemoryPart, nvm: Nvm, writing: Writing): WriteStep {
  const { stage, changes, memory, draft, attempts, rounds } = writing;
  switch (stage) {
    case "erase": {
      const left = pagesOf(part, memory.area).filter((page) => !isErasedPage(nvm, page));
      if (left.length > 0 && rounds < ROUNDS) return write({ ...writing, rounds: rounds + 1 }, left.map(erase));
      // What stays as it is shows where it is to be filled.
      return write({ ...writing, stage: "snapshot" }, programs(part, nvm, memory.area, draft.at, draft.bytes));
    }
    case "snapshot":
      if (!holds(part, nvm, memory.area, draft.at, draft.bytes)) return mend(part, nvm, writing, []);
      return write({ ...writing, stage: "snapshot-mark" }, markOf(part, nvm, memory.area, draft));
    case "snapshot-mark":
      if (!holds(part, nvm, memory.area, draft.markAt, MARK_2))
        return mend(part, nvm, writing, markOf(part, nvm, memory.area, draft));
      return append(part, nvm, memory, changes, memory.salt, attempts);
    case "body":
      if (!holds(part, nvm, memory.area, draft.at, draft.bytes)) return retry(part, nvm, writing);
      return write({ ...writing, stage: "mark" }, markOf(part, nvm, memory.area, draft));
    case "mark":
      if (!holds(part, nvm, memory.area, draft.markAt, MARK_2)) return retry(part, nvm, writing);
      return { kind: "committed", memory: { ...memory, last: draft.at, items: applied(memory.items, changes) } };
  }
}

/** A memory as it leaves the factory, as the operations that write it into an erased NVM. */
export function formatOperations(part: MemoryPart, nvm: Nvm, items: Items, salt: Uint8Array): NvmOperation[] {
  const first = emptyMemory(salt, items);
  const snapshot = draftOf(part, nvm, first, 0, NO_PREVIOUS, items);
  const second = { ...first, tail: endOf(nvm, snapshot) };
  const seal = draftOf(part, nvm, second, second.tail, 0, new Map());
  return [snapshot, seal].flatMap((draft) => [
    ...programs(part, nvm, 0, draft.at, draft.bytes),
    ...markOf(part, nvm, 0, draft),
  ]);
}

function append(
  part: MemoryPart,
  nvm: Nvm,
  memory: Memory,
  changes: Changes,
  salt: Uint8Array,
  attempts: number,
): BegunWrite {
  const draft = draftOf(part, nvm, memory, memory.tail, memory.last, changes);
  const end = endOf(nvm, draft);
  if (end <= areaWords(part, nvm)) {
    const writing: Writing = { stage: "body", changes, memory: { ...memory, tail: end }, draft, attempts, rounds: 0 };
    return write(writing, programs(part, nvm, memory.area, draft.at, draft.bytes));
  }
  // What does not fit behind a fresh snapshot never will.
  if (attempts >= ATTEMPTS) return { kind: "worn-out" };
  const area = memory.area === 0 ? 1 : 0;
  const fresh: Memory = { ...memory, area, generation: memory.generation + 1, salt: salt.slice(), tail: 0, last: 0 };
  const snapshot = draftOf(part, nvm, fresh, 0, NO_PREVIOUS, memory.items);
  const tail = endOf(nvm, snapshot);
  if (tail > areaWords(part, nvm)) return { kind: "worn-out" };
  const writing: Writing = {
    stage: "erase",
    changes,
    memory: { ...fresh, tail },
    draft: snapshot,
    attempts: attempts + 1,
    rounds: 0,
  };
  return write(writing, pagesOf(part, area).map(erase));
}

/** A snapshot that does not read back: its pages that are wrong, or that `spoilt` is in, are erased and filled anew. The old area holds until it is whole. */
function mend(part: MemoryPart, nvm: Nvm, writing: Writing, spoilt: readonly Piece[]): BegunWrite {
  const { memory, draft, rounds } = writing;
  if (rounds >= ROUNDS) return { kind: "worn-out" };
  const pieces = programs(part, nvm, memory.area, draft.at, draft.bytes);
  const wrong = [...pieces.filter((piece) => !hasTaken(nvm, piece)), ...spoilt];
  const operations = [...new Set(wrong.map(({ page }) => page))].flatMap((page): NvmOperation[] => {
    return [erase(page), ...pieces.filter((piece) => piece.page === page)];
  });
  return write({ ...writing, stage: "snapshot", rounds: rounds + 1 }, operations);
}

function pagesOf({ layout: { firstPage, pagesPerArea } }: MemoryPart, area: 0 | 1): number[] {
  return Array.from({ length: pagesPerArea }, (_, index) => firstPage + area * pagesPerArea + index);
}

function erase(page: number): NvmOperation {
  return { kind: "erase", page };
}

/** A spoilt place is left behind: a slot with any programmed bit is never used again (SPEC LOG-3). */
function retry(part: MemoryPart, nvm: Nvm, { changes, memory, attempts }: Writing): BegunWrite {
  if (attempts >= ATTEMPTS) return { kind: "worn-out" };
  return append(part, nvm, memory, changes, memory.salt, attempts + 1);
}

function write(writing: Writing, operations: readonly NvmOperation[]): BegunWrite {
  return { kind: "write", writing, operations };
}

function emptyMemory(salt: Uint8Array, items: Items): Memory {
  return { area: 0, generation: 1, salt: salt.slice(0, SALT_BYTES), tail: 0, last: 0, items };
}
