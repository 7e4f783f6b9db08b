/**
 * The city's books of what its devices have recorded: each record stored once, by (device, store, counter) (SPEC LOG-9), with the
 * chain that ties it to the one before. What does not verify or does not fit is kept out and counted.
 */
import {
  type ChainPosition,
  type CryptoProvider,
  chainStart,
  compareWithKnown,
  equalBytes,
  type JournalEntry,
  journalPositions,
  keyJournalObject,
  type LogRecord,
  type LogSegment,
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
  readonly records: Map<number, StoredRecord>;
  readonly entries: Map<number, JournalEntry>;
  readonly heads: Map<number, Uint8Array>;
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
    const book = this.#books.get(bookName(device, store));
    return [...(book?.records.values() ?? [])].sort((one, other) => one.counter - other.counter);
  }

  /** A key's own account of its proofs, ascending. */
  journal(key: Uint8Array): JournalEntry[] {
    const book = this.#books.get(bookName(key, "journal"));
    return [...(book?.entries ?? [])].sort(([one], [other]) => one - other).map(([, entry]) => entry);
  }

  /** Records of all logs, those of openings among them, and objects that were kept out, by reason. */
  get totals(): {
    readonly records: number;
    readonly openings: number;
    readonly refused: Readonly<Record<string, number>>;
  } {
    const books = [...this.#books.values()];
    const count = (some: readonly Book[]): number => some.reduce((sum, { records }) => sum + records.size, 0);
    const openings = count(books.filter(({ store }) => store === "openings"));
    return { records: count(books), openings, refused: Object.fromEntries(this.#refused) };
  }

  copy(): CityLog {
    const copy = new CityLog(this.#provider);
    for (const [name, book] of this.#books) {
      const { records, entries, heads } = book;
      copy.#books.set(name, {
        ...book,
        records: new Map(records),
        entries: new Map(entries),
        heads: new Map(heads),
      });
    }
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
      if (!this.#takePositions(book, positions)) return { kind: "refused", why: "fork" };
      journal.entries.forEach((entry, index) => {
        book.entries.set(journal.first + index, entry);
      });
      return { kind: "taken", device: party.kid, records: [], ...this.#receiptOf(book) };
    }
    const segment = verifyObject(parseObject(logSegmentObject, object), verifier).value;
    const book = this.#book(party.kid, segment.store);
    if (!this.#takePositions(book, segmentPositions(this.#provider, segment))) return { kind: "refused", why: "fork" };
    const records = segment.records.map((record, index) => this.#store(book, segment, record, segment.first + index));
    return { kind: "taken", device: party.kid, records, ...this.#receiptOf(book) };
  }

  #store(book: Book, { mount, store }: LogSegment, record: LogRecord, counter: number): TakenRecord {
    const before = book.records.get(counter);
    if (before === undefined) book.records.set(counter, { counter, mount, record });
    // The chain has been compared: a second copy of a record is the same one, unless somebody has found a collision.
    return { counter, mount, record, store, known: before === undefined ? "new" : "again" };
  }

  /** Remembers heads where they agree with what is known; false for a fork. */
  #takePositions(book: Book, positions: readonly ChainPosition[]): boolean {
    const known = positions.filter(({ number }) => book.heads.has(number));
    const agrees = known.every(({ number, head }) => equalBytes(head, book.heads.get(number) ?? head));
    if (!agrees || compareWithKnown(positions, book.upTo) === "fork") return false;
    for (const { number, head } of positions) book.heads.set(number, head);
    book.newest = Math.max(book.newest, positions.at(-1)?.number ?? 0);
    return true;
  }

  /**
   * Goes on as far as records stand without a gap, and over a gap that a wrapped ring has made: what waited for it would wait for ever,
   * and fill keys and stations, which discard nothing without a receipt (SPEC OBJ-15).
   */
  #receiptOf(book: Book): { readonly receipt?: Omit<UploadReceipt, "iat"> } {
    const { store, heads, upTo } = book;
    const stored = store === "journal" ? book.entries : book.records;
    const lostUpTo = book.newest - RING_SIZES[store];
    let reached = upTo;
    for (let number = upTo.number + 1; stored.has(number) || number <= lostUpTo; number++) {
      const head = heads.get(number);
      if (stored.has(number) && head !== undefined) reached = { number, head };
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
    const book: Book = {
      ...{ device, store, records: new Map(), entries: new Map(), upTo: start, newest: 0 },
      heads: new Map([[0, start.head]]),
    };
    this.#books.set(name, book);
    return book;
  }

  #count(why: string): void {
    this.#refused.set(why, (this.#refused.get(why) ?? 0) + 1);
  }
}

function bookName(device: Uint8Array, store: Store): string {
  return `${toHex(device)} ${store}`;
}
