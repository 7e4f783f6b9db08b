/** The data model of the CBOR profile (SPEC chapter CBR): what `decode` returns and `encode` takes. */
import { limits } from "../registry.ts";

/**
 * One data item. An integer is a `number` where |n| ≤ 2^53-1 and a `bigint` beyond, down to -2^63 and up to 2^64-1
 * (SPEC CBR-8). Map keys are integers from -24 to 23 (SPEC CBR-4).
 */
export type CborValue =
  | number
  | bigint
  | boolean
  | null
  | string
  | Uint8Array
  | readonly CborValue[]
  | ReadonlyMap<number, CborValue>;

/** The size that one caller allows, in bytes; `limits.cborBytes` of registry.json where it says nothing (SPEC CBR-10). */
export interface CborLimits {
  readonly maxBytes?: number;
}

/** The limit in force. */
export function maxBytesOf(given: CborLimits | undefined): number {
  return given?.maxBytes ?? limits.cborBytes;
}

export const SMALLEST_KEY = -24;
export const LARGEST_KEY = 23;
/** Labels in the bytewise order of their one-byte encoding: 0 to 23, then -1 to -24 (SPEC CBR-4). */
export function compareKeys(a: number, b: number): number {
  return (a < 0 ? LARGEST_KEY - a : a) - (b < 0 ? LARGEST_KEY - b : b);
}

/** Whether an integer of either type is one that a `number` holds exactly: |n| ≤ 2^53-1 (SPEC CBR-8). */
export function isSafeBigint(value: bigint): boolean {
  return value >= -0x1f_ffff_ffff_ffffn && value <= 0x1f_ffff_ffff_ffffn;
}

/** `Array.isArray` narrows readonly arrays to `any[]`. */
export function isArray(value: CborValue): value is readonly CborValue[] {
  return Array.isArray(value);
}
