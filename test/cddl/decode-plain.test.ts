import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePlain } from "./decode-plain.ts";

const hex = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits, "hex"));

describe("RFC 8949 appendix A", () => {
  it.each([
    ["00", 0],
    ["17", 23],
    ["1818", 24],
    ["1903e8", 1000],
    ["1a000f4240", 1_000_000],
    ["1b000000e8d4a51000", 1_000_000_000_000],
    ["1bffffffffffffffff", 18446744073709551615n],
    ["3bffffffffffffffff", -18446744073709551616n],
    ["20", -1],
    ["3903e7", -1000],
    ["f4", false],
    ["f5", true],
    ["f6", null],
    ["40", hex("")],
    ["4401020304", hex("01020304")],
    ["62c3bc", "ü"],
    ["64f0908591", "\u{10151}"],
    ["8301820203820405", [1, [2, 3], [4, 5]]],
    ["a0", new Map()],
    [
      "a201020304",
      new Map([
        [1, 2],
        [3, 4],
      ]),
    ],
    [
      "a26161016162820203",
      new Map<string, unknown>([
        ["a", 1],
        ["b", [2, 3]],
      ]),
    ],
  ])("%s", (digits, value) => {
    expect(decodePlain(hex(digits))).toEqual(value);
  });

  it("takes what the profile refuses but CBOR allows: long arguments and unsorted keys", () => {
    expect(decodePlain(hex("1b0000000000000001"))).toBe(1);
    expect(decodePlain(hex("a203040102"))).toEqual(
      new Map([
        [1, 2],
        [3, 4],
      ]),
    );
  });
});

it.each([
  "",
  "18",
  "1c",
  "61",
  "61ff",
  "6161 61",
  "81",
  "9f01ff",
  "a101",
  "a201010101",
  "c000",
  "f7",
  "f97e00",
  "ff",
  "9affffffff",
  "5bffffffffffffffff",
])("refuses %j", (digits) => {
  expect(() => decodePlain(hex(digits.replace(" ", "")))).toThrow(SyntaxError);
});

it("bytes of any kind end in a value or in a SyntaxError, and never in the caller's memory", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const before = bytes.slice();
      try {
        decodePlain(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
      }
      expect(bytes).toEqual(before);
    }),
  );
});
