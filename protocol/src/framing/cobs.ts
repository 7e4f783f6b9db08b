/**
 * Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999), without any of its variants (SPEC FRM-1): after it no byte
 * of a frame is zero, so that 0x00 can only be a delimiter.
 */
import { CallerError } from "../errors.ts";

/** The longest run of non-zero bytes that one code byte describes; such a full block implies no zero after it. */
const FULL_BLOCK = 0xff;

/** How many bytes `encodeCobs` may need for `length` bytes: one code byte for every 254 of them, and one more. */
export function cobsBound(length: number): number {
  return length + Math.trunc(length / 254) + 1;
}

/**
 * Writes the encoding of `data` to `output` from `offset` on and returns the offset after it. `output` has room for
 * `cobsBound(data.length)` bytes there, else `caller/argument`. The delimiter is not written.
 */
export function encodeCobs(data: Uint8Array, output: Uint8Array, offset = 0): number {
  if (output.length - offset < cobsBound(data.length)) {
    throw new CallerError("caller/argument", { argument: "output", takes: `${cobsBound(data.length)} bytes` });
  }
  let codeAt = offset;
  let next = offset + 1;
  for (let index = 0; index < data.length; index++) {
    const byte = data[index] ?? 0;
    if (byte !== 0) {
      output[next++] = byte;
      // A full block that ends the data is not followed by an empty one: this is the shorter of two forms in use.
      if (next - codeAt < FULL_BLOCK || index === data.length - 1) continue;
    }
    output[codeAt] = next - codeAt;
    codeAt = next++;
  }
  output[codeAt] = next - codeAt;
  return next;
}

/** Why bytes are no COBS encoding of something that fits: a zero or a code that points past the end, or too many bytes. */
export type CobsFault = "cobs" | "oversize";

/**
 * Decodes `encoded[start..end)`, which holds no delimiter, to the beginning of `output` and returns the decoded length, or the
 * fault. Encoders that close a full last block with an extra 0x01 are understood: the decoded bytes are the same.
 */
export function decodeCobs(
  encoded: Uint8Array,
  output: Uint8Array,
  start = 0,
  end: number = encoded.length,
): number | CobsFault {
  let length = 0;
  let index = start;
  while (index < end) {
    const code = encoded[index++] ?? 0;
    const blockEnd = index + code - 1;
    if (code === 0 || blockEnd > end) return "cobs";
    const impliesZero = code !== FULL_BLOCK && blockEnd < end;
    if (length + code - (impliesZero ? 0 : 1) > output.length) return "oversize";
    while (index < blockEnd) {
      const byte = encoded[index++] ?? 0;
      if (byte === 0) return "cobs";
      output[length++] = byte;
    }
    if (impliesZero) output[length++] = 0;
  }
  return length;
}
