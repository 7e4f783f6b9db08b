// SPEC CBR-1..CBR-11: what is accepted, what is refused, and with which code.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "#src/bytes.ts";
import { decode } from "#src/cbor/decode.ts";
import { encode } from "#src/cbor/encode.ts";
import { scan } from "#src/cbor/scan.ts";
import type { CborValue } from "#src/cbor/value.ts";
import { CallerError, NyckelfriError, PeerError } from "#src/errors.ts";
import { almostValid, values } from "./arbitrary.ts";
import { accepted, refused } from "./cases.ts";
import { type Item, referenceDecode } from "./reference.ts";

/** The code and offset with which `work` refuses, or "accepted". */
function verdict(work: () => unknown): string {
  try {
    work();
    return "accepted";
  } catch (error) {
    if (error instanceof PeerError) return `${error.code} @${error.details["offset"]}`;
    throw error;
  }
}

describe("the CBOR profile", () => {
  it.each(refused)("refuses %s with %s: %s", (hex, expected) => {
    expect(verdict(() => scan(fromHex(hex)))).toBe(expected);
    expect(verdict(() => decode(fromHex(hex)))).toBe(expected);
  });

  it.each(accepted)("accepts %s, both ways (CBR-8, CBR-11)", (hex, value) => {
    expect(decode(fromHex(hex))).toStrictEqual(value);
    expect(toHex(encode(value))).toBe(hex);
  });

  it("has a refusal for every peer code of the chapter", () => {
    const codes = new Set([...refused.map(([, expected]) => expected.split(" ")[0]), "cbor/too-large"]);
    expect(codes.size).toBe(17);
  });

  it("ends every prefix of an item in a refusal (CBR-1)", () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encode(value, { maxBytes: 100_000 });
        for (let end = 0; end < bytes.length; end++) {
          expect(verdict(() => scan(bytes.subarray(0, end), { maxBytes: 100_000 }))).toMatch(
            /^cbor\/(truncated|length-beyond-input|invalid-utf8) /,
          );
        }
        expect(verdict(() => scan(Uint8Array.of(...bytes, 0), { maxBytes: 100_000 }))).toBe(
          `cbor/trailing-bytes @${bytes.length}`,
        );
      }),
      { numRuns: 100 },
    );
  });

  it("holds inputs to the size limit of registry.json, or to the caller's (CBR-10)", () => {
    const exact = encode(new Uint8Array(4093));
    expect(exact.length).toBe(4096);
    expect(decode(exact)).toHaveLength(4093);
    const larger = encode(new Uint8Array(4094), { maxBytes: 5000 });
    expect(verdict(() => decode(larger))).toBe("cbor/too-large @4096");
    expect(decode(larger, { maxBytes: 4097 })).toHaveLength(4094);
    expect(verdict(() => scan(larger, { maxBytes: 100 }))).toBe("cbor/too-large @100");
  });

  it("refuses a depth bomb without exhausting the stack (CBR-10)", () => {
    const limit = { maxBytes: 200_000 };
    expect(verdict(() => decode(new Uint8Array(100_000).fill(0x81), limit))).toBe("cbor/too-deep @8");
    const maps = new Uint8Array(100_000).map((_, index) => (index % 2 === 0 ? 0xa1 : 0));
    expect(verdict(() => decode(maps, limit))).toBe("cbor/too-deep @16");
  });

  it("makes nothing of a declared length before it is checked (CBR-9)", () => {
    const before = process.memoryUsage();
    for (const hex of ["5affffffff", "7affffffff", "9affffffff", "baffffffff", "9bffffffffffffffff"]) {
      for (let round = 0; round < 200; round++) expect(verdict(() => decode(fromHex(hex)))).toMatch(/^cbor\/length/);
    }
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(16_000_000);
  });

  it("answers any bytes with a value or a PeerError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        let outcome: unknown;
        try {
          decode(bytes);
        } catch (error) {
          outcome = error;
        }
        expect(outcome === undefined || outcome instanceof PeerError).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it("agrees with an independent reading of the rules, and encodes again to the same bytes (CBR-11)", () => {
    const count = { accepted: 0, refused: 0 };
    const codes = new Set<string>();
    const input = fc.oneof(
      { weight: 3, arbitrary: almostValid },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 12 }) },
    );
    fc.assert(
      fc.property(input, (bytes) => {
        const expected = referenceDecode(bytes);
        const code = verdict(() => scan(bytes)).split(" ")[0] ?? "";
        codes.add(code);
        expect(code === "accepted").toBe(expected !== undefined);
        if (expected === undefined) {
          count.refused += 1;
          expect(() => decode(bytes)).toThrow(NyckelfriError);
        } else {
          count.accepted += 1;
          const value = decode(bytes);
          expect(asItem(value)).toStrictEqual(expected);
          expect(encode(value)).toStrictEqual(bytes);
        }
      }),
      { numRuns: 4000 },
    );
    expect(count.accepted).toBeGreaterThan(200);
    expect(count.refused).toBeGreaterThan(200);
    expect(codes.size).toBeGreaterThan(10);
  });

  it("takes a Uint8Array and nothing else", () => {
    for (const input of ["00", [0], undefined, null, new ArrayBuffer(1), new Uint16Array(1)]) {
      expect(() => decode(input as unknown as Uint8Array)).toThrow(CallerError);
    }
  });
});

function asItem(value: CborValue): Item {
  if (typeof value === "number" || typeof value === "bigint") return { kind: "int", value: BigInt(value) };
  if (typeof value === "string") return { kind: "text", value };
  if (value instanceof Uint8Array) return { kind: "bytes", value: toHex(value) };
  if (value instanceof Map) {
    return { kind: "map", value: [...value].map(([key, item]) => [asItem(key), asItem(item)] as const) };
  }
  if (value === null || typeof value === "boolean") {
    return { kind: "simple", value: value === null ? 22 : value ? 21 : 20 };
  }
  return { kind: "array", value: (value as readonly CborValue[]).map(asItem) };
}
