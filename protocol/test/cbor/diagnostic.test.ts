import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex } from "#src/bytes.ts";
import { diagnose } from "#src/cbor/diagnostic.ts";
import { encode } from "#src/cbor/encode.ts";
import type { CborValue } from "#src/cbor/value.ts";
import { PeerError } from "#src/errors.ts";
import { almostValid } from "./arbitrary.ts";

describe("diagnostic notation (SPEC CBR-13)", () => {
  // RFC 8949 Appendix A, and the profile's own.
  it.each([
    ["00", "0"],
    ["3903e7", "-1000"],
    ["1bffffffffffffffff", "18446744073709551615"],
    ["3b7fffffffffffffff", "-9223372036854775808"],
    ["f4", "false"],
    ["f5", "true"],
    ["f6", "null"],
    ["40", "h''"],
    ["4401020304", "h'01020304'"],
    ["62225c", '"\\"\\\\"'],
    ["63e6b0b4", '"水"'],
    ["610a", '"\\n"'],
    ["8301820203820405", "[1, [2, 3], [4, 5]]"],
    ["80", "[]"],
    ["a0", "{}"],
    ["a201020304", "{1: 2, 3: 4}"],
    ["a20141ff20816161", `{1: h'ff', -1: ["a"]}`],
  ])("%s is %s", (hex, expected) => {
    expect(diagnose(fromHex(hex))).toBe(expected);
  });

  it("shows embedded arrays and maps when asked, and other byte strings as they are", () => {
    const inner = encode(new Map<number, CborValue>([[1, encode([2])]]));
    const outer = encode([inner, Uint8Array.of(1), Uint8Array.of(0x82, 1)]);
    expect(diagnose(outer, { embedded: true })).toBe("[<<{1: <<[2]>>}>>, h'01', h'8201']");
    expect(diagnose(outer)).toBe("[h'a101428102', h'01', h'8201']");
  });

  it("opens a bounded number of byte strings inside each other", () => {
    let bytes = encode([]);
    for (let layer = 0; layer < 1000; layer++) bytes = encode([bytes], { maxBytes: 10_000 });
    const shown = diagnose(bytes, { embedded: true, maxBytes: 10_000 });
    expect(shown.split("<<")).toHaveLength(9);
  });

  it("answers any bytes with text or a PeerError", () => {
    fc.assert(
      fc.property(almostValid, (bytes) => {
        try {
          expect(diagnose(bytes, { embedded: true }).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(PeerError);
        }
      }),
    );
  });
});
