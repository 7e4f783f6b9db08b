/** A strict forward reader for fixed layouts: the scanner's checks and codes, without building values. */
import { CallerError } from "../errors.ts";
import { decodeUtf8 } from "../utf8.ts";
import {
  ARRAY,
  argumentAt,
  BYTES,
  checkKey,
  checkNegative,
  checkRoom,
  checkText,
  FALSE,
  headEnd,
  MAP,
  NEGATIVE,
  NULL,
  refuse,
  TEXT,
  TRUE,
  UNSIGNED,
} from "./head.ts";
import { checkDepth, checkSize, scanItem } from "./scan.ts";
import type { CborLimits } from "./value.ts";

/** A string's allowed length in bytes: exactly, or from `min` to `max`. */
export type LengthRange = number | { readonly min: number; readonly max: number };

/** An array or map that is being read: items still to come, and the byte of the last key (-1: none yet). */
interface Container {
  readonly kind: "array" | "map";
  left: number;
  lastKey: number;
  /** A map's key was read and its value is due. */
  due: "key" | "value";
}

/**
 * Reads one item of the profile from front to back. Each read either returns a checked value and advances, or throws a
 * `PeerError`: a `cbor/…` code where the scanner would, `schema/type`, `schema/out-of-range`, `schema/length` or
 * `schema/missing-label` / `schema/unknown-label` where the item is sound and not what was asked for; `details.offset`
 * names the place. Reading past the end of the item is a `CallerError`. Strings are views of `bytes`.
 */
export class CborCursor {
  readonly #bytes: Uint8Array;
  readonly #open: Container[] = [];
  #offset = 0;
  #progress: "before" | "inside" | "after" = "before";

  constructor(bytes: Uint8Array, given?: CborLimits) {
    checkSize(bytes, given);
    this.#bytes = bytes;
  }

  /** Offset of the next byte. */
  get offset(): number {
    return this.#offset;
  }

  readUint(max: number = 0xffff_ffff): number {
    return this.readInt(0, max);
  }

  /** An integer from `min` to `max`, both within ±(2^53-1). */
  readInt(min: number = Number.MIN_SAFE_INTEGER, max: number = Number.MAX_SAFE_INTEGER): number {
    const { major, content } = this.#head();
    if (major !== UNSIGNED && major !== NEGATIVE) refuse("schema/type", this.#offset);
    if (major === NEGATIVE) checkNegative(this.#bytes, this.#offset);
    const argument = argumentAt(this.#bytes, this.#offset);
    const value = major === UNSIGNED ? argument : -1 - argument;
    if (value < min || value > max) refuse("schema/out-of-range", this.#offset);
    this.#finish(content);
    return value;
  }

  /** A view of a byte string. */
  readBytes(length: LengthRange): Uint8Array {
    const [start, end] = this.#string(BYTES, length);
    this.#finish(end);
    return this.#bytes.subarray(start, end);
  }

  /** Text; `length` counts bytes of UTF-8. */
  readText(length: LengthRange): string {
    const [start, end] = this.#string(TEXT, length);
    const text = decodeUtf8(this.#bytes, start, end);
    if (text === undefined) refuse("cbor/invalid-utf8", start);
    this.#finish(end);
    return text;
  }

  readBoolean(): boolean {
    const { initial, content } = this.#head();
    if (initial !== FALSE && initial !== TRUE) refuse("schema/type", this.#offset);
    this.#finish(content);
    return initial === TRUE;
  }

  readNull(): null {
    const { initial, content } = this.#head();
    if (initial !== NULL) refuse("schema/type", this.#offset);
    this.#finish(content);
    return null;
  }

  /** Opens an array and returns its count; its items are read next, and it closes by itself after the last one. */
  readArrayHeader(count?: LengthRange): number {
    return this.#container("array", ARRAY, 1, count);
  }

  /** Opens a map and returns the number of its entries; each is a `readKey` or `expectKey` and a value. */
  readMapHeader(count?: LengthRange): number {
    return this.#container("map", MAP, 2, count);
  }

  /** The next key of the innermost map. */
  readKey(): number {
    const map = this.#open.at(-1);
    if (map?.kind !== "map" || map.due !== "key") misuse("readKey where no key is due");
    const byte = checkKey(this.#bytes, this.#offset, map.lastKey);
    map.lastKey = byte;
    map.due = "value";
    this.#offset += 1;
    return keyOf(byte);
  }

  /** Reads the next key and refuses any other than `key`. */
  expectKey(key: number): void {
    const offset = this.#offset;
    const found = this.readKey();
    if (found === key) return;
    // Keys are sorted: a later key means that this one is absent.
    refuse(byteOf(found) > byteOf(key) ? "schema/missing-label" : "schema/unknown-label", offset);
  }

  /** Checks the next item, of any kind, and passes over it. */
  skip(): void {
    this.#checkDue();
    this.#finish(scanItem(this.#bytes, this.#offset, this.#open.length));
  }

  /** Asserts that the item is complete and that nothing follows it (SPEC CBR-1). */
  assertEnd(): void {
    if (this.#progress !== "after") misuse("assertEnd before the item was read to its end");
    if (this.#offset !== this.#bytes.length) refuse("cbor/trailing-bytes", this.#offset);
  }

  #head(): { readonly initial: number; readonly major: number; readonly content: number } {
    this.#checkDue();
    const content = headEnd(this.#bytes, this.#offset);
    const initial = this.#bytes[this.#offset] ?? 0;
    return { initial, major: initial >> 5, content };
  }

  #checkDue(): void {
    if (this.#progress === "after") misuse("a read after the end of the item");
    if (this.#open.at(-1)?.due === "key") misuse("a value was read where a key is due");
  }

  #string(major: number, length: LengthRange): readonly [start: number, end: number] {
    const head = this.#head();
    if (head.major !== major) refuse("schema/type", this.#offset);
    const declared = argumentAt(this.#bytes, this.#offset);
    checkRoom(this.#bytes, this.#offset, head.content, declared, 1);
    const end = head.content + declared;
    if (major === TEXT) checkText(this.#bytes, head.content, end);
    checkLength(declared, length, this.#offset);
    return [head.content, end];
  }

  #container(kind: Container["kind"], major: number, bytesEach: number, length: LengthRange | undefined): number {
    const head = this.#head();
    if (head.major !== major) refuse("schema/type", this.#offset);
    checkDepth(this.#offset, this.#open.length);
    const count = argumentAt(this.#bytes, this.#offset);
    checkRoom(this.#bytes, this.#offset, head.content, count, bytesEach);
    if (length !== undefined) checkLength(count, length, this.#offset);
    this.#open.push({ kind, left: count, lastKey: -1, due: kind === "map" ? "key" : "value" });
    this.#progress = "inside";
    this.#offset = head.content;
    if (count === 0) this.#close();
    return count;
  }

  /** An item ended at `end`: it counts in the array or map around it. */
  #finish(end: number): void {
    this.#offset = end;
    const around = this.#open.at(-1);
    if (around === undefined) {
      this.#progress = "after";
      return;
    }
    around.left -= 1;
    if (around.kind === "map") around.due = "key";
    if (around.left === 0) this.#close();
  }

  #close(): void {
    this.#open.pop();
    this.#finish(this.#offset);
  }
}

function checkLength(length: number, allowed: LengthRange, offset: number): void {
  const min = typeof allowed === "number" ? allowed : allowed.min;
  const max = typeof allowed === "number" ? allowed : allowed.max;
  if (length < min || length > max) refuse("schema/length", offset);
}

function keyOf(byte: number): number {
  return byte < 0x20 ? byte : 0x1f - byte;
}

function byteOf(key: number): number {
  return key < 0 ? 0x1f - key : key;
}

function misuse(what: string): never {
  throw new CallerError("caller/argument", { argument: "cursor", takes: what });
}
