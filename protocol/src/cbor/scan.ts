/** The strict scanner: one walk over the bytes, O(n), without allocation, that decides what the profile accepts. */
import { PeerError } from "../errors.ts";
import { limits } from "../registry.ts";
import {
  ARRAY,
  argumentAt,
  BYTES,
  checkKey,
  checkNegative,
  checkRoom,
  checkText,
  headEnd,
  MAP,
  NEGATIVE,
  refuse,
  SIMPLE,
  TEXT,
  UNSIGNED,
} from "./head.ts";
import { type CborLimits, maxBytesOf } from "./value.ts";

/**
 * Checks that `bytes` are exactly one item of the profile (SPEC chapter CBR).
 * Throws a `PeerError` with a `cbor/…` code; its `details.offset` is where the item departs from the profile.
 */
export function scan(bytes: Uint8Array, given?: CborLimits): void {
  checkSize(bytes, given);
  const end = scanItem(bytes, 0, 0);
  if (end !== bytes.length) refuse("cbor/trailing-bytes", end); // SPEC CBR-1
}

/** Checks the size limit alone (SPEC CBR-10). */
export function checkSize(bytes: Uint8Array, given?: CborLimits): void {
  const limit = maxBytesOf(given);
  if (bytes.length > limit) throw new PeerError("cbor/too-large", { offset: limit, limit, size: bytes.length });
}

/** Checks the item at `offset`, inside `depth` open arrays and maps, and returns the offset after it. */
export function scanItem(bytes: Uint8Array, offset: number, depth: number): number {
  const content = headEnd(bytes, offset);
  switch ((bytes[offset] ?? 0) >> 5) {
    case UNSIGNED:
    case SIMPLE:
      return content;
    case NEGATIVE:
      checkNegative(bytes, offset);
      return content;
    case BYTES: {
      const length = argumentAt(bytes, offset);
      checkRoom(bytes, offset, content, length, 1);
      return content + length;
    }
    case TEXT: {
      const length = argumentAt(bytes, offset);
      checkRoom(bytes, offset, content, length, 1);
      checkText(bytes, content, content + length);
      return content + length;
    }
    case ARRAY:
      return scanArray(bytes, offset, content, depth);
    case MAP:
      return scanMap(bytes, offset, content, depth);
    default:
      return refuse("cbor/tag", offset);
  }
}

/** Checks that one more array or map may open inside `depth` others (SPEC CBR-10); it also bounds the recursion. */
export function checkDepth(offset: number, depth: number): void {
  if (depth >= limits.cborDepth) refuse("cbor/too-deep", offset);
}

function scanArray(bytes: Uint8Array, offset: number, content: number, depth: number): number {
  checkDepth(offset, depth);
  const count = argumentAt(bytes, offset);
  checkRoom(bytes, offset, content, count, 1);
  let next = content;
  for (let index = 0; index < count; index++) next = scanItem(bytes, next, depth + 1);
  return next;
}

function scanMap(bytes: Uint8Array, offset: number, content: number, depth: number): number {
  checkDepth(offset, depth);
  const count = argumentAt(bytes, offset);
  checkRoom(bytes, offset, content, count, 2);
  let next = content;
  let previous = -1;
  for (let index = 0; index < count; index++) {
    previous = checkKey(bytes, next, previous);
    next = scanItem(bytes, next + 1, depth + 1);
  }
  return next;
}
