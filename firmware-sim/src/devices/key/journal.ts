/** The key's own record: a chained ring of entries (SPEC LOG-2, OBJ-16), kept until a receipt covers them (SPEC LOG-7). */
import {
  type CborValue,
  type CryptoProvider,
  chainNext,
  chainStart,
  decode,
  decodeAs,
  encode,
  encodeAs,
  type JournalEntry,
  journalEntrySchema,
  type KeyJournal,
  type LogPosition,
  limits,
} from "@nyckelfri/protocol";
import type { Changes, Items } from "../shared/transactions.ts";

export interface JournalState {
  /** Number of the oldest entry kept; one more than `newest` where none is. */
  readonly oldest: number;
  /** Chain hash before it. */
  readonly headBefore: Uint8Array;
  readonly newest: number;
  readonly head: Uint8Array;
}

/** Most entries of one signed page. */
const PAGE_ENTRIES = limits.journalEntries;
const STATE = "journal";

export function newJournal(provider: CryptoProvider, kid: Uint8Array): JournalState {
  const start = chainStart(provider, kid, "journal");
  return { oldest: 1, headBefore: start, newest: 0, head: start };
}

export function readJournal(bytes: Uint8Array): JournalState {
  const [oldest, headBefore, newest, head] = decode(bytes) as readonly CborValue[];
  return {
    oldest: Number(oldest),
    headBefore: headBefore as Uint8Array,
    newest: Number(newest),
    head: head as Uint8Array,
  };
}

export function journalItem({ oldest, headBefore, newest, head }: JournalState): readonly [string, Uint8Array] {
  return [STATE, encode([oldest, headBefore, newest, head])];
}

/** Entries added; a ring that is full loses its oldest ones. */
export function withEntries(
  provider: CryptoProvider,
  items: Items,
  journal: JournalState,
  entries: readonly JournalEntry[],
  most: number,
): Changes {
  const changes = new Map<string, Uint8Array | "deleted">();
  let { oldest, headBefore, newest, head } = journal;
  for (const entry of entries) {
    const bytes = encodeAs(journalEntrySchema, entry);
    newest += 1;
    head = chainNext(provider, head, newest, bytes);
    changes.set(entryName(newest), bytes);
    for (; newest - oldest >= most; oldest++) {
      headBefore = chainNext(provider, headBefore, oldest, entryBytes(items, changes, oldest));
      changes.set(entryName(oldest), "deleted");
    }
  }
  return changes.set(...journalItem({ oldest, headBefore, newest, head }));
}

/** Without the entries up to n, which a receipt covers. */
export function withoutCovered(provider: CryptoProvider, items: Items, journal: JournalState, n: number): Changes {
  const changes = new Map<string, Uint8Array | "deleted">();
  const headBefore = headAt(provider, items, journal, n) ?? journal.headBefore;
  for (let number = journal.oldest; number <= n; number++) changes.set(entryName(number), "deleted");
  return changes.set(...journalItem({ ...journal, oldest: Math.max(journal.oldest, n + 1), headBefore }));
}

/** Head after entry n; undefined where the journal no longer knows it, or has not come so far. */
export function headAt(
  provider: CryptoProvider,
  items: Items,
  { oldest, headBefore, newest, head }: JournalState,
  n: number,
): Uint8Array | undefined {
  if (n < oldest - 1 || n > newest) return undefined;
  if (n === newest) return head;
  let at = headBefore;
  for (let number = oldest; number <= n; number++) {
    at = chainNext(provider, at, number, entryBytes(items, new Map(), number));
  }
  return at;
}

/** Up to 16 entries from a number on, or from the oldest that is kept; undefined where there are none. */
export function journalPage(
  provider: CryptoProvider,
  items: Items,
  journal: JournalState,
  from: number,
): Omit<KeyJournal, "nonce"> | undefined {
  const first = Math.max(from, journal.oldest);
  const headBefore = headAt(provider, items, journal, first - 1);
  if (headBefore === undefined || first > journal.newest) return undefined;
  const count = Math.min(PAGE_ENTRIES, journal.newest - first + 1);
  const entries = Array.from({ length: count }, (_, index) =>
    decodeAs(journalEntrySchema, entryBytes(items, new Map(), first + index)),
  );
  return { first, headBefore, entries };
}

export function logPosition({ newest, head }: JournalState): LogPosition {
  return { newest, head };
}

function entryName(number: number): string {
  return `entry/${number}`;
}

function entryBytes(items: Items, added: Changes, number: number): Uint8Array {
  const name = entryName(number);
  const bytes = added.get(name) ?? items.get(name);
  return bytes === undefined || bytes === "deleted" ? new Uint8Array(0) : bytes;
}
