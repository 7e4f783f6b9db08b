/**
 * What happened, as data: records in the order in which they happened, and one hash over all of them. Two runs are the same
 * when their hashes are.
 *
 * The hash is 64 bits of integer arithmetic (two lanes, each a multiplication and a rotation per byte) over the deterministic
 * CBOR of each record, and not SHA-256: nobody forges a trace, so telling two runs apart is all that it has to do; it needs
 * no CryptoProvider, and it costs a third. Math.imul and `encode` give the same on every Node version; `encode` refuses
 * what might not, such as a fraction.
 */
import { type CborValue, encode, toHex } from "@nyckelfri/protocol";
import { finish } from "./mix.ts";

export type TraceScalar = number | bigint | boolean | string | Uint8Array;
/** Flat: what is nested stands under a name with dots (`flatten`). */
export type TraceData = Readonly<Record<string, TraceScalar>>;

export interface TraceRecord {
  /** Virtual ms. */
  readonly time: number;
  readonly entity: string;
  /** Such as `input:insert` or `effect:engage`. */
  readonly kind: string;
  readonly data: TraceData;
}

/** What to look for; each that is given must hold. A text that ends in `*` stands for every text with that beginning. */
export interface TraceFilter {
  readonly entity?: string;
  readonly kind?: string;
  /** ms, inclusive. */
  readonly from?: number;
  /** ms, exclusive. */
  readonly until?: number;
}

/** Long traces are shared between copies in pieces of this many records. */
const PIECE = 1024;
const RECORD_BYTES = 0x1_0000;

/** `all` keeps every record, `last` the newest ones for a report, and both have the same hash. */
export type Keeping = "all" | "last";

/** Append-only. */
export class Trace {
  readonly #keeping: Keeping;
  /** Full ones, never changed again. */
  #pieces: readonly (readonly TraceRecord[])[] = [];
  #tail: TraceRecord[] = [];
  #length = 0;
  #high = 0x6a09_e667;
  #low = 0xbb67_ae85 | 0;

  constructor(keeping: Keeping = "all") {
    this.#keeping = keeping;
  }

  /** Records ever appended. */
  get length(): number {
    return this.#length;
  }

  /** Throws `cbor/not-encodable` for data that has no form that is the same everywhere: a fraction, a lone surrogate. */
  append(record: TraceRecord): void {
    this.#hash(encodeRecord(record));
    this.#length += 1;
    this.#tail.push(record);
    if (this.#tail.length < PIECE) return;
    this.#pieces = this.#keeping === "all" ? [...this.#pieces, this.#tail] : [this.#tail];
    this.#tail = [];
  }

  /** 16 hex digits over all records and their order. */
  hash(): string {
    return hex32(finish(this.#high ^ this.#length)) + hex32(finish(this.#low + this.#high));
  }

  /** Those that are kept, oldest first. */
  records(filter: TraceFilter = {}): TraceRecord[] {
    return [...this.#pieces, this.#tail].flatMap((piece) => piece.filter((record) => matches(record, filter)));
  }

  /** One line each. */
  print(filter: TraceFilter = {}): string {
    return this.records(filter).map(printRecord).join("\n");
  }

  /** A trace that goes on by itself. */
  copy(): Trace {
    const copy = new Trace(this.#keeping);
    copy.#pieces = this.#pieces;
    copy.#tail = [...this.#tail];
    copy.#length = this.#length;
    copy.#high = this.#high;
    copy.#low = this.#low;
    return copy;
  }

  #hash(bytes: Uint8Array): void {
    let high = this.#high;
    let low = this.#low;
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index] as number;
      // Rotations are written out: this line runs for every byte of a day.
      high = Math.imul(high ^ byte, 0x85eb_ca6b);
      high = (high << 13) | (high >>> 19);
      low = Math.imul(low ^ byte, 0x27d4_eb2f);
      low = (((low << 17) | (low >>> 15)) + high) | 0;
    }
    this.#high = high;
    this.#low = low;
  }
}

/** The bytes that are hashed: [time, entity, kind, [name, value, …] by name]. */
function encodeRecord({ time, entity, kind, data }: TraceRecord): Uint8Array {
  const named: CborValue[] = [];
  for (const name of Object.keys(data).sort()) named.push(name, data[name] as TraceScalar);
  return encode([time, entity, kind, named], { maxBytes: RECORD_BYTES });
}

/**
 * Any value of a state machine as trace data: nested objects and arrays become names with dots, bytes are copied, what is
 * undefined or a function is left out. A tag (`kind`) at the top is left out too, because the record's own kind tells it.
 */
export function flatten(value: object): TraceData {
  const data: Record<string, TraceScalar> = {};
  for (const [name, item] of Object.entries(value)) if (name !== "kind") addFlat(data, name, item);
  return data;
}

function addFlat(data: Record<string, TraceScalar>, name: string, item: unknown): void {
  switch (typeof item) {
    case "number":
    case "bigint":
    case "boolean":
    case "string":
      data[name] = item;
      return;
    case "object": {
      if (item instanceof Uint8Array) data[name] = new Uint8Array(item);
      else if (item === null) data[name] = "null";
      else {
        const items = item instanceof Map ? [...item] : Object.entries(item instanceof Set ? [...item] : item);
        // Told apart from nothing at all.
        if (items.length === 0) data[name] = Array.isArray(item) ? "[]" : "{}";
        for (const [inner, below] of items) addFlat(data, `${name}.${String(inner)}`, below);
      }
      return;
    }
    default:
  }
}

/** One line: `0d 07:15:02.250  key-3  input:insert  cylinder=1f2e3d4c5b6a7988 port=1`. */
export function printRecord({ time, entity, kind, data }: TraceRecord): string {
  const said = Object.entries(data).map(([name, value]) => ` ${name}=${printScalar(value)}`);
  return `${printTime(time)}  ${entity}  ${kind} ${said.join("")}`.trimEnd();
}

function printScalar(value: TraceScalar): string {
  if (value instanceof Uint8Array) return toHex(value);
  const text = String(value);
  return typeof value === "string" && !/^[\w.:/+-]+$/.test(text) ? JSON.stringify(text) : text;
}

/** Days, hours, minutes and seconds since the world began. */
export function printTime(time: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const seconds = Math.floor(time / 1000);
  const clock = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(":");
  return `${Math.floor(seconds / 86_400)}d ${clock}.${String(time % 1000).padStart(3, "0")}`;
}

function matches({ time, entity, kind }: TraceRecord, filter: TraceFilter): boolean {
  if (filter.from !== undefined && time < filter.from) return false;
  if (filter.until !== undefined && time >= filter.until) return false;
  return fits(entity, filter.entity) && fits(kind, filter.kind);
}

function fits(text: string, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  return wanted.endsWith("*") ? text.startsWith(wanted.slice(0, -1)) : text === wanted;
}

function hex32(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
