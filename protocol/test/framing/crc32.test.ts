import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32 } from "#src/framing/crc32.ts";
import { FRAME_BYTES } from "#src/framing/frame.ts";

describe("SPEC FRM-3: CRC-32", () => {
  test("check value", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
  });

  test("agrees with zlib on any part of any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.nat(300), (bytes, a, b) => {
        const start = Math.min(a, b, bytes.length);
        const end = Math.min(Math.max(a, b), bytes.length);
        expect(crc32(bytes, start, end)).toBe(zlibCrc32(bytes.subarray(start, end)));
      }),
    );
  });

  // The CRC is linear and shift-invariant: an error of three bits goes unseen at the longest frame iff, for some distances i < j
  // below its length, syndrome(0) ^ syndrome(i) = syndrome(j). Looking up every i therefore proves it for all of them.
  test("sees every error of one, two or three bits in a frame of the longest length", () => {
    const bits = FRAME_BYTES * 8;
    const zeros = crc32(new Uint8Array(FRAME_BYTES));
    const syndromes: number[] = [];
    for (let bit = 0; bit < bits; bit++) {
      const error = new Uint8Array(FRAME_BYTES);
      // Reflected: the bit transmitted first is the least significant one.
      error[bit >>> 3] = 1 << (bit & 7);
      syndromes.push((crc32(error) ^ zeros) >>> 0);
    }
    const known = new Set(syndromes);
    expect(known.size).toBe(bits);
    expect(known.has(0)).toBe(false);
    const unseen = syndromes.filter((syndrome, bit) => bit > 0 && known.has(((syndromes[0] ?? 0) ^ syndrome) >>> 0));
    expect(unseen).toEqual([]);
  });
});
