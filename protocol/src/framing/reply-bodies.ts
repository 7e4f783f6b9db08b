/**
 * Bodies of the two replies that framing itself sends, `busy-reply` and `error-reply` of the CDDL: a CBOR map whose first entry
 * is `1: uint`. Framing knows no more CBOR than this; the messages chapter reads the hint that an error may add.
 */
import { CallerError } from "../errors.ts";
import { type ErrorCode, errors } from "../registry.ts";

const MAP_OF_ONE = 0xa1;
const MAP_OF_TWO = 0xa2;
const KEY_ONE = 0x01;

/** `{1: number}` for a number of 16 bits, in the shortest form. */
export function encodeNumberBody(number: number): Uint8Array {
  if (!Number.isInteger(number) || number < 0 || number > 0xffff) {
    throw new CallerError("caller/argument", { argument: "number", takes: "an integer 0 to 65535", value: number });
  }
  if (number < 24) return Uint8Array.of(MAP_OF_ONE, KEY_ONE, number);
  if (number < 0x100) return Uint8Array.of(MAP_OF_ONE, KEY_ONE, 0x18, number);
  return Uint8Array.of(MAP_OF_ONE, KEY_ONE, 0x19, number >>> 8, number & 0xff);
}

/** The number of a body of that shape, or undefined; an entry after it is not looked at. */
export function decodeNumberBody(body: Uint8Array): number | undefined {
  const [map, key, head, high = 0, low = 0] = body;
  if ((map !== MAP_OF_ONE && map !== MAP_OF_TWO) || key !== KEY_ONE || head === undefined) return undefined;
  if (head < 24) return endsAt(body, 3, head);
  if (head === 0x18) return high < 24 ? undefined : endsAt(body, 4, high);
  if (head === 0x19) return high === 0 ? undefined : endsAt(body, 5, (high << 8) | low);
  return undefined;
}

/** The body of an error reply that names `code` by its number of registry.json. */
export function encodeErrorBody(code: ErrorCode): Uint8Array {
  const entry = errors.find((candidate) => candidate.code === code);
  if (entry === undefined) throw new CallerError("caller/argument", { argument: "code", value: code });
  return encodeNumberBody(entry.number);
}

function endsAt(body: Uint8Array, end: number, number: number): number | undefined {
  const isWhole = body[0] === MAP_OF_ONE ? body.length === end : body.length > end;
  return isWhole ? number : undefined;
}
