/**
 * The city's books of what its devices have recorded: each record stored once, by (device, store, counter) (SPEC LOG-9), with the
 * chain that ties it to the one before. What does not verify or does not fit is kept out and counted.
 */
import {
  type ChainPosition,
  type CryptoProvider,
  chainStart,
  compareWithKnown,
  decodeAs,
  encodeAs,
  type JournalEntry,
  journalEntrySchema,
  journalPositions,
  keyJournalObject,
  type LogRecord,
  logRecordSchema,
  logSegmentObject,
  PeerError,
  parseObject,
  parseSign1,
  type Store,
  segmentPositions,
  toHex,
  typOf,
  type UploadReceipt,
  verifyObject,
} from "@nyckelfri/protocol";
import { RING_SIZES } from "../devices/shared/ring-sizes.ts";
import { ChainRows, type RowRecord } from "./chain-rows.ts";
import type { Copyable } from "./entity.ts";
import type { PublicParty } from "./parties.ts";

export interface StoredRecord {
  readonly counter: number;
  readonly mount: number;
  readonly record: LogRecord;
}

/** One log of one device. */
interface Book {
  readonly device: Uint8Array;
  readonly store: Store;
  readonly rows: ChainRows;
  /** Everything up to here is stored, and its chain holds. */
  upTo: ChainPosition;
  /** The highest number that it has. */
  newest: number;
}

export interface TakenRecord extends StoredRecord {
  readonly store: "openings" | "refusals";
  readonly known: "new" | "again" | "differs";
}

/** What became of one object. */
export type Ingested =
  | {
      readonly kind: "taken";
      readonly device: Uint8Array;
      readonly records: readonly TakenRecord[];
      /** For the store, if it now reaches further than before. */
      readonly receipt?: Omit<UploadReceipt, "iat">;
    }
  /** Records before it are missing: kept, and not receipted yet. Or they tell another story: noticed, and kept out. */
  | { readonly kind: "refused"; readonly why: "unknown-device" | "not-verified" | "fork" };

export class CityLog implements Copyable<CityLog> {
  readonly #provider: CryptoProvider;
  readonly #books: Map<string, Book> = new Map();
  readonly #refused: Map<string, number> = new Map();

  constructor(provider: CryptoProvider) {
    this.#provider = provider;
  }

  /** A LogSegment or KeyJournal, under the public key that the city enrolled for the device that it names. */
  ingest(object: Uint8Array, partyOf: (kid: Uint8Array) => PublicParty | undefined, fleetId: Uint8Array): Ingested {
    try {
      const taken = this.#ingest(object, partyOf, fleetId);
      if (taken.kind === "refused") this.#count(taken.why);
      return taken;
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      this.#count("not-verified");
      return { kind: "refused", why: "not-verified" };
    }
  }

  /** Of one log, ascending. */
  records(device: Uint8Array, store: "openings" | "refusals"): StoredRecord[] {
    const rows = this.#books.get(bookName(device, store))?.rows.records() ?? [];
    return Array.from(rows, ([counter, { mount, bytes }]) => {
      return { counter, mount, record: decodeAs(logRecordSchema, bytes) };
    });
  }

  /** A key's own account of its proofs, ascending. */
  journal(key: Uint8Array): JournalEntry[] {
    const rows = this.#books.get(bookName(key, "journal"))?.rows.records() ?? [];
    return Array.from(rows, ([, { bytes }]) => decodeAs(journalEntrySchema, bytes));
  }

  /** Records of all logs, those of openings among them, and objects that were kept out, by reason. */
  get totals(): {
    readonly records: number;
    readonly openings: number;
    readonly refused: Readonly<Record<string, number>>;
  } {
    const count = (wanted: Store): number => {
      const books = [...this.#books.values()].filter(({ store }) => store === wanted);
      return books.reduce((sum, { rows }) => sum + rows.stored, 0);
    };
    const openings = count("openings");
    return { records: openings + count("refusals"), openings, refused: Object.fromEntries(this.#refused) };
  }

  copy(): CityLog {
    const copy = new CityLog(this.#provider);
    for (const [name, book] of this.#books) copy.#books.set(name, { ...book, rows: book.rows.copy() });
    for (const [why, count] of this.#refused) copy.#refused.set(why, count);
    return copy;
  }

  #ingest(object: Uint8Array, partyOf: (kid: Uint8Array) => PublicParty | undefined, fleetId: Uint8Array): Ingested {
    const { typ, kid } = parseSign1(object);
    const party = kid === undefined ? undefined : partyOf(kid);
    if (party === undefined) return { kind: "refused", why: "unknown-device" };
    const verifier = { provider: this.#provider, publicKey: party.publicKey, fleetId };
    if (typ === typOf("key-journal")) {
      const journal = verifyObject(parseObject(keyJournalObject, object), verifier).value;
      const book = this.#book(party.kid, "journal");
      const positions = journalPositions(this.#provider, journal);
      if (!agrees(book, positions)) return { kind: "refused", why: "fork" };
      take(book, positions, journal.entries, (entry) => ({ mount: 0, bytes: encodeAs(journalEntrySchema, entry) }));
      return { kind: "taken", device: party.kid, records: [], ...this.#receiptOf(book) };
    }
    const segment = verifyObject(parseObject(logSegmentObject, object), verifier).value;
    const { store, mount, first } = segment;
    const book = this.#book(party.kid, store);
    const positions = segmentPositions(this.#provider, segment);
    if (!agrees(book, positions)) return { kind: "refused", why: "fork" };
    // The chain has been compared: a second copy of a record is the same one, unless somebody has found a collision.
    const records = segment.records.map((record, index): TakenRecord => {
      const counter = first + index;
      return { counter, mount, record, store, known: book.rows.has(counter) ? "again" : "new" };
    });
    take(book, positions, segment.records, (record) => ({ mount, bytes: encodeAs(logRecordSchema, record) }));
    return { kind: "taken", device: party.kid, records, ...this.#receiptOf(book) };
  }

  /**
   * Goes on as far as records stand without a gap, and over a gap that a wrapped ring has made: what waited for it would wait for ever,
   * and fill keys and stations, which discard nothing without a receipt (SPEC OBJ-15).
   */
  #receiptOf(book: Book): { readonly receipt?: Omit<UploadReceipt, "iat"> } {
    const { store, rows, upTo } = book;
    const lostUpTo = book.newest - RING_SIZES[store];
    let reached = upTo;
    for (const position of rows.storedAfter(upTo.number)) {
      const isGap = position.number > reached.number + 1 && position.number > lostUpTo + 1;
      if (isGap) break;
      reached = position;
    }
    if (reached === upTo) return {};
    book.upTo = reached;
    return { receipt: { device: book.device, store, n: reached.number, head: reached.head } };
  }

  #book(device: Uint8Array, store: Store): Book {
    const name = bookName(device, store);
    const known = this.#books.get(name);
    if (known !== undefined) return known;
    const start = { number: 0, head: chainStart(this.#provider, device, store) };
    const book: Book = { device, store, rows: new ChainRows(), upTo: start, newest: 0 };
    book.rows.add(0, start.head);
    this.#books.set(name, book);
    return book;
  }

  #count(why: string): void {
    this.#refused.set(why, (this.#refused.get(why) ?? 0) + 1);
  }
}

/** Heads agree with what is known; if not, somebody tells another story. */
function agrees({ rows, upTo }: Book, positions: readonly ChainPosition[]): boolean {
  return (
    positions.every(({ number, head }) => rows.agrees(number, head)) && compareWithKnown(positions, upTo) !== "fork"
  );
}

/** `positions`: before the first record, and after each. */
function take<T>(
  book: Book,
  [before, ...after]: readonly ChainPosition[],
  records: readonly T[],
  rowOf: (record: T) => RowRecord,
): void {
  const { rows } = book;
  if (before !== undefined) rows.add(before.number, before.head);
  for (const [index, record] of records.entries()) {
    const { number, head } = after[index] as ChainPosition;
    if (!rows.has(number)) rows.add(number, head, rowOf(record));
    book.newest = number > book.newest ? number : book.newest;
  }
}

function bookName(device: Uint8Array, store: Store): string {
  return `${toHex(device)} ${store}`;
}
