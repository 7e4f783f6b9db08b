/** Heads of CBOR items (RFC 8949 §3): the checks that the scanner and the cursor share. Nothing here allocates. */
import { PeerError } from "../errors.ts";
import type { ErrorCode } from "../registry.ts";
import { utf8FaultAt } from "../utf8.ts";

/** Major types (RFC 8949 §3.1). */
export const UNSIGNED = 0;
export const NEGATIVE = 1;
export const BYTES = 2;
export const TEXT = 3;
export const ARRAY = 4;
export const MAP = 5;
export const TAG = 6;
export const SIMPLE = 7;

export const FALSE = 0xf4;
export const TRUE = 0xf5;
export const NULL = 0xf6;

export function refuse(code: ErrorCode, offset: number): never {
  throw new PeerError(code, { offset });
}

/** Checks the head at `offset` and returns the offset after it (SPEC CBR-2, CBR-3, CBR-6, CBR-7). */
export function headEnd(bytes: Uint8Array, offset: number): number {
  const initial = bytes[offset];
  if (initial === undefined) refuse("cbor/truncated", offset);
  const major = initial >> 5;
  const info = initial & 0x1f;
  if (major === SIMPLE) return simpleEnd(info, offset);
  if (info > 27)
    refuse(info === 31 && major >= BYTES && major <= MAP ? "cbor/indefinite-length" : "cbor/reserved-head", offset);
  if (major === TAG) refuse("cbor/tag", offset);
  if (info < 24) return offset + 1;
  const end = offset + 1 + (1 << (info - 24));
  if (end > bytes.length) refuse("cbor/truncated", offset);
  if (!isShortest(bytes, offset, info)) refuse("cbor/not-shortest", offset);
  return end;
}

/** The argument of a checked head; above 2^53-1 it is rounded, which no length or count of a real input reaches. */
export function argumentAt(bytes: Uint8Array, offset: number): number {
  const info = (bytes[offset] ?? 0) & 0x1f;
  if (info < 24) return info;
  if (info === 24) return bytes[offset + 1] ?? 0;
  if (info === 25) return ((bytes[offset + 1] ?? 0) << 8) | (bytes[offset + 2] ?? 0);
  const high = uint32At(bytes, offset + 1);
  return info === 26 ? high : high * 0x1_0000_0000 + uint32At(bytes, offset + 5);
}

/** Checks that a negative integer is not below -2^63 (SPEC CBR-8). */
export function checkNegative(bytes: Uint8Array, offset: number): void {
  if (bytes[offset] === 0x3b && (bytes[offset + 1] ?? 0) >= 0x80) refuse("cbor/integer-range", offset);
}

/** Checks a count or length against what is left of the input, before anything is made of it (SPEC CBR-9). */
export function checkRoom(bytes: Uint8Array, offset: number, contentStart: number, count: number, each: number): void {
  if (count > (bytes.length - contentStart) / each) refuse("cbor/length-beyond-input", offset);
}

/** Checks the content of a text string (SPEC CBR-5). */
export function checkText(bytes: Uint8Array, start: number, end: number): void {
  const fault = utf8FaultAt(bytes, start, end);
  if (fault !== -1) refuse("cbor/invalid-utf8", fault);
  // TextDecoder drops a leading U+FEFF, other decoders keep it: no text of this profile begins with it.
  if (end - start >= 3 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) {
    refuse("cbor/byte-order-mark", start);
  }
}

/** Checks a map key and returns its one byte; `previous` is the byte of the key before it, or -1 (SPEC CBR-4). */
export function checkKey(bytes: Uint8Array, offset: number, previous: number): number {
  const initial = bytes[offset];
  if (initial === undefined || initial >> 5 > NEGATIVE || (initial & 0x1f) > 23) {
    // A broken head is reported as such; a sound one of the wrong kind as a key.
    headEnd(bytes, offset);
    refuse("cbor/key-type", offset);
  }
  if (initial === previous) refuse("cbor/duplicate-key", offset);
  if (initial < previous) refuse("cbor/unsorted-keys", offset);
  return initial;
}

function simpleEnd(info: number, offset: number): number {
  if (info >= 20 && info <= 22) return offset + 1;
  if (info < 25) refuse("cbor/simple", offset);
  if (info < 28) refuse("cbor/float", offset);
  return refuse(info === 31 ? "cbor/indefinite-length" : "cbor/reserved-head", offset);
}

function isShortest(bytes: Uint8Array, offset: number, info: number): boolean {
  if (info === 24) return (bytes[offset + 1] ?? 0) >= 24;
  if (info === 25) return bytes[offset + 1] !== 0;
  if (info === 26) return bytes[offset + 1] !== 0 || bytes[offset + 2] !== 0;
  return uint32At(bytes, offset + 1) !== 0;
}

function uint32At(bytes: Uint8Array, offset: number): number {
  const low = ((bytes[offset + 1] ?? 0) << 16) | ((bytes[offset + 2] ?? 0) << 8) | (bytes[offset + 3] ?? 0);
  return (bytes[offset] ?? 0) * 0x100_0000 + low;
}
