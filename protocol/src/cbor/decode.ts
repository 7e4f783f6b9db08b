/** Bytes to values: the scanner decides, cbor-x builds. */
import { Decoder } from "cbor-x/decode";
import { CallerError } from "../errors.ts";
import { checkSize, scan } from "./scan.ts";
import { type CborLimits, type CborValue, isSafeBigint } from "./value.ts";

const decoder = new Decoder({ useRecords: false, mapsAsObjects: false, variableMapSize: true, tagUint8Array: false });

/**
 * Decodes exactly one item of the profile (SPEC chapter CBR). The value shares no memory with `bytes` (SPEC CBR-12).
 * Throws a `PeerError` with a `cbor/…` code and `details.offset`, or a `CallerError` if `bytes` is no Uint8Array.
 */
export function decode(bytes: Uint8Array, given?: CborLimits): CborValue {
  if (!(bytes instanceof Uint8Array))
    throw new CallerError("caller/argument", { argument: "bytes", takes: "Uint8Array" });
  checkSize(bytes, given);
  // Copied first and scanned afterwards: what was checked is what is decoded, even if the caller's memory is shared,
  // and the byte strings that cbor-x returns are views of a buffer that no one else has.
  const own = new Uint8Array(bytes);
  scan(own, given);
  return normalised(decoder.decode(own) as CborValue);
}

/** cbor-x returns every eight-byte integer as a bigint; below 2^53 the value is a number (SPEC CBR-8). */
function normalised(value: CborValue): CborValue {
  if (typeof value === "bigint") return isSafeBigint(value) ? Number(value) : value;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (value instanceof Map) {
    for (const [key, item] of value) if (mayHoldBigint(item)) value.set(key, normalised(item));
    return value;
  }
  const items = value as CborValue[];
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    if (item !== undefined && mayHoldBigint(item)) items[index] = normalised(item);
  }
  return items;
}

function mayHoldBigint(value: CborValue): boolean {
  return typeof value === "bigint" || (typeof value === "object" && value !== null);
}
