/**
 * What happened, as data: records in the order in which they happened, and one hash over all of them. Two runs are the same
 * when their hashes are.
 *
 * The hash is 64 bits of integer arithmetic (two lanes, each a multiplication and a rotation per word) over each record, with a
 * tag and a length before everything that could run into its neighbour, and not SHA-256: nobody forges a trace, so telling two
 * runs apart is all that it has to do, and a day has hundreds of thousands of records. What has no form that is the same
 * everywhere, such as a fraction, is refused.
 */
import { CallerError, toHex } from "@nyckelfri/protocol";
import { finish } from "./mix.ts";

export type TraceScalar = number | bigint | boolean | string | Uint8Array;
/** Flat: what is nested stands under a name with dots (`flatten`). */
export type TraceData = Readonly<Record<string, TraceScalar>>;

export interface TraceRecord {
  /** Virtual microseconds. */
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
  /** Microseconds, inclusive. */
  readonly from?: number;
  /** Microseconds, exclusive. */
  readonly until?: number;
}

/** Long traces are shared between copies in pieces of this many records. */
const PIECE = 1024;

/** `all` keeps every record, `last` the newest ones for a report, `none` nothing; the hash is the same. */
export type Keeping = "all" | "last" | "none";

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

  /** Throws `caller/argument` for a number that is no whole one, or too large to be exact. */
  append(record: TraceRecord): void {
    this.#number(record.time);
    this.#text(record.entity);
    this.#text(record.kind);
    for (const name of Object.keys(record.data).sort()) {
      this.#text(name);
      this.#scalar(record.data[name] as TraceScalar);
    }
    this.#mix(TAG_END);
    this.#length += 1;
    if (this.#keeping === "none") return;
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

  #scalar(value: TraceScalar): void {
    if (typeof value === "number") this.#number(value);
    else if (typeof value === "string") this.#text(value);
    else if (typeof value === "boolean") this.#mix(value ? TAG_TRUE : TAG_FALSE);
    else if (typeof value === "object") this.#bytes(value);
    else {
      this.#mix(TAG_BIGINT);
      this.#text(String(value));
    }
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value)) {
      throw new CallerError("caller/argument", { argument: "record", takes: "whole numbers", value });
    }
    this.#mix(TAG_NUMBER);
    this.#mix(Math.floor(value / 0x1_0000_0000));
    this.#mix(value | 0);
  }

  #text(text: string): void {
    this.#mix(TAG_TEXT);
    this.#mix(text.length);
    for (let index = 0; index < text.length; index++) this.#mix(text.charCodeAt(index));
  }

  #bytes(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#mix(TAG_BYTES);
    this.#mix(length);
    let at = 0;
    for (; at + 4 <= length; at += 4) {
      this.#mix(
        (bytes[at] as number) |
          ((bytes[at + 1] as number) << 8) |
          ((bytes[at + 2] as number) << 16) |
          ((bytes[at + 3] as number) << 24),
      );
    }
    for (; at < length; at++) this.#mix(bytes[at] as number);
  }

  /** Takes a word of 32 bits. Rotations are written out: this runs for every word of a day. */
  #mix(word: number): void {
    const high = Math.imul(this.#high ^ word, 0x85eb_ca6b);
    this.#high = (high << 13) | (high >>> 19);
    const low = Math.imul(this.#low ^ word, 0x27d4_eb2f);
    this.#low = (((low << 17) | (low >>> 15)) + this.#high) | 0;
  }
}

const TAG_NUMBER = 0x6e75_6d31;
const TAG_TEXT = 0x7465_7874;
const TAG_BYTES = 0x6279_7465;
const TAG_BIGINT = 0x6269_6769;
const TAG_TRUE = 0x7472_7565;
const TAG_FALSE = 0x6661_6c73;
const TAG_END = 0x656e_6421;

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

/** One line: `0d 07:15:02.250000  key-3  input:insert  cylinder=1f2e3d4c5b6a7988 port=1`. */
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
  const seconds = Math.floor(time / 1_000_000);
  const clock = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(":");
  return `${Math.floor(seconds / 86_400)}d ${clock}.${String(time % 1_000_000).padStart(6, "0")}`;
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
