/** Small helpers over byte strings, without Node's Buffer and without TextEncoder, so that every runtime behaves alike. */
import { CallerError } from "./errors.ts";

const DIGITS = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
/** So many bytes at once: an engine takes only so many arguments. */
const AT_ONCE = 1_024;

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(totalLength(parts));
  writeAll(whole, parts);
  return whole;
}

export function totalLength(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}

/** One after the other, from the beginning; `target` has room for them. */
export function writeAll(target: Uint8Array, parts: readonly Uint8Array[]): void {
  let offset = 0;
  for (const part of parts) {
    target.set(part, offset);
    offset += part.length;
  }
}

/** Equality of public bytes; the time it takes depends on them. For secrets use `equalSecretBytes`. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** Equality whose sequence of operations does not depend on the contents, only on the lengths (SPEC CRY-10). */
export function equalSecretBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return difference === 0;
}

/** Bytewise lexicographic order: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = a.length < b.length ? a.length : b.length;
  for (let index = 0; index < shared; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Lower-case hex, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (let start = 0; start < bytes.length; start += AT_ONCE) hex += hexOf(bytes, start, bytes.length - start);
  return hex;
}

/** In one piece: digits that are appended one by one stay a chain of strings, 30 times as large, wherever the text is kept. */
function hexOf(bytes: Uint8Array, start: number, left: number): string {
  const length = left < AT_ONCE ? left : AT_ONCE;
  const digits = new Array<number>(2 * length);
  for (let index = 0; index < length; index++) {
    const byte = bytes[start + index] as number;
    digits[2 * index] = DIGITS[byte >> 4] as number;
    digits[2 * index + 1] = DIGITS[byte & 15] as number;
  }
  return String.fromCharCode(...digits);
}

/** The bytes of a hex string of either case. Throws `caller/argument` for anything else. */
export function fromHex(hex: string): Uint8Array {
  if (hex.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(hex)) {
    throw new CallerError("caller/argument", { argument: "hex", takes: "an even number of hex digits" });
  }
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index++)
    bytes[index] = Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16);
  return bytes;
}
