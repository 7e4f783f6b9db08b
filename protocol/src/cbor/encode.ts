/** Values to bytes: the value is brought into the one form that the profile allows, then cbor-x writes it. */
import { Encoder } from "cbor-x/encode";
import { CallerError } from "../errors.ts";
import { limits } from "../registry.ts";
import { utf8Length } from "../utf8.ts";
import {
  type CborLimits,
  type CborValue,
  compareKeys,
  isSafeBigint,
  LARGEST_KEY,
  maxBytesOf,
  SMALLEST_KEY,
} from "./value.ts";

const encoder = new Encoder({ useRecords: false, mapsAsObjects: false, variableMapSize: true, tagUint8Array: false });

/**
 * Encodes one item of the profile; `encode(decode(x))` is `x` for every accepted `x` (SPEC CBR-11). Map keys may come in
 * any order, integers as number or bigint. The result owns its memory.
 * Throws a `CallerError` `cbor/not-encodable`, with `details.path`, for a value that has no form in the profile or is
 * larger than the limit.
 */
export function encode(value: CborValue, given?: CborLimits): Uint8Array {
  const form = new Form(maxBytesOf(given));
  const prepared = form.item(value, "value", 0);
  // cbor-x returns a view of a large shared buffer: the copy neither keeps that alive nor changes with it.
  const encoded = new Uint8Array(encoder.encode(prepared));
  // cbor-x's extensions are global to the process: another package can make it write tags.
  if (encoded.length !== form.size) refuse("value", "cbor-x was altered by another package");
  return encoded;
}

/** Copies a value into what cbor-x writes in the profile's form, and adds up the size of that form. */
class Form {
  size = 0;
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  item(value: CborValue, path: string, depth: number): unknown {
    switch (typeof value) {
      case "number":
        // Above 2^53-1 a number may already have been rounded; -0 is a float.
        if (!Number.isSafeInteger(value) || Object.is(value, -0)) refuse(path, "not an integer of at most 2^53-1");
        return this.#integer(value, path);
      case "bigint":
        if (value < -0x8000_0000_0000_0000n || value > 0xffff_ffff_ffff_ffffn) refuse(path, "outside -2^63 to 2^64-1");
        if (isSafeBigint(value)) return this.#integer(Number(value), path);
        this.#add(9, path);
        return value;
      case "boolean":
        this.#add(1, path);
        return value;
      case "string":
        return this.#text(value, path);
      case "object":
        return this.#object(value, path, depth);
      default:
        return refuse(path, `a value of type ${typeof value}`);
    }
  }

  /** cbor-x writes a number outside ±2^32 as a float, and every bigint in eight bytes. */
  #integer(value: number, path: string): number | bigint {
    const argument = value < 0 ? -1 - value : value;
    this.#add(headSize(argument), path);
    return argument > 0xffff_ffff ? BigInt(value) : value;
  }

  #text(value: string, path: string): string {
    const length = utf8Length(value);
    if (length < 0) refuse(path, "a lone surrogate");
    if (value.startsWith("\ufeff")) refuse(path, "text that begins with U+FEFF"); // SPEC CBR-5
    this.#add(headSize(length) + length, path);
    return value;
  }

  #object(value: CborValue, path: string, depth: number): unknown {
    if (value === null) {
      this.#add(1, path);
      return value;
    }
    if (value instanceof Uint8Array) {
      this.#add(headSize(value.length) + value.length, path);
      // A plain view: cbor-x looks at the constructor.
      return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    }
    const isArray = Array.isArray(value);
    if (!isArray && !(value instanceof Map)) refuse(path, "an object that is neither array, Map nor Uint8Array");
    // Bounds the recursion too, so that a value that contains itself is refused (SPEC CBR-10).
    if (depth >= limits.cborDepth) refuse(path, `nested deeper than ${limits.cborDepth}`);
    return isArray ? this.#array(value, path, depth) : this.#map(value as ReadonlyMap<number, CborValue>, path, depth);
  }

  #array(value: readonly CborValue[], path: string, depth: number): unknown[] {
    this.#add(headSize(value.length), path);
    const items: unknown[] = [];
    for (let index = 0; index < value.length; index++) {
      items.push(this.item(value[index] as CborValue, `${path}[${index}]`, depth + 1));
    }
    return items;
  }

  #map(value: ReadonlyMap<number, CborValue>, path: string, depth: number): Map<number, unknown> {
    this.#add(headSize(value.size), path);
    const sorted = new Map<number, unknown>();
    for (const key of value.keys()) {
      if (!Number.isInteger(key) || key < SMALLEST_KEY || key > LARGEST_KEY) refuse(path, "a key outside -24 to 23");
    }
    for (const [key, item] of [...value].sort(([a], [b]) => compareKeys(a, b))) {
      this.#add(1, path);
      sorted.set(key, this.item(item, `${path}.${key}`, depth + 1));
    }
    return sorted;
  }

  #add(size: number, path: string): void {
    this.size += size;
    if (this.size > this.#maxBytes) refuse(path, `larger than ${this.#maxBytes} bytes`);
  }
}

/** Bytes of the shortest head for an argument (RFC 8949 §4.2.1). */
function headSize(argument: number): number {
  if (argument < 24) return 1;
  if (argument < 0x100) return 2;
  if (argument < 0x1_0000) return 3;
  return argument <= 0xffff_ffff ? 5 : 9;
}

function refuse(path: string, reason: string): never {
  throw new CallerError("cbor/not-encodable", { path, reason });
}
