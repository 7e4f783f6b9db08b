import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "#src/bytes.ts";
import { cobsBound, decodeCobs, encodeCobs } from "#src/framing/cobs.ts";

/** The bytes `from`, `from` + 1 and so on up to `to`, modulo 256. */
function run(from: number, to: number): string {
  return toHex(Uint8Array.from({ length: to - from + 1 }, (_, index) => from + index));
}

// Cheshire and Baker's scheme on the cases around its block length of 254.
const KNOWN: readonly (readonly [name: string, plain: string, encoded: string])[] = [
  ["nothing", "", "01"],
  ["one zero", "00", "0101"],
  ["two zeros", "0000", "010101"],
  ["zero, byte, zero", "001100", "01021101"],
  ["bytes around a zero", "11220033", "0311220233"],
  ["no zero", "11223344", "0511223344"],
  ["zeros at the end", "11000000", "0211010101"],
  ["254 bytes without zero", run(1, 254), `ff${run(1, 254)}`],
  ["zero and 254 bytes", `00${run(1, 254)}`, `01ff${run(1, 254)}`],
  ["255 bytes without zero", run(1, 255), `ff${run(1, 254)}02ff`],
  ["254 bytes and a zero", `${run(2, 255)}00`, `ff${run(2, 255)}0101`],
  ["253 bytes, a zero, a byte", `${run(3, 255)}0001`, `fe${run(3, 255)}0201`],
  ["508 bytes without zero", run(1, 254).repeat(2), `ff${run(1, 254)}`.repeat(2)],
];

function encode(plain: Uint8Array): Uint8Array {
  const output = new Uint8Array(cobsBound(plain.length));
  return output.slice(0, encodeCobs(plain, output));
}

function decode(encoded: Uint8Array, room = 2000): Uint8Array | string {
  const output = new Uint8Array(room);
  const length = decodeCobs(encoded, output);
  return typeof length === "string" ? length : output.slice(0, length);
}

describe("SPEC FRM-1: COBS", () => {
  test.each(KNOWN)("%s", (_name, plain, encoded) => {
    expect(toHex(encode(fromHex(plain)))).toBe(encoded);
    expect(decode(fromHex(encoded))).toEqual(fromHex(plain));
  });

  test("a full last block may be closed by an extra code byte", () => {
    expect(decode(fromHex(`ff${run(1, 254)}01`))).toEqual(fromHex(run(1, 254)));
  });

  test.each([
    ["a zero as code", "00"],
    ["a zero inside a block", "03110044"],
    ["a zero as second code", "021100"],
    ["a code past the end", "0511"],
    ["a second code past the end", "02110322"],
    ["a full block cut short", `ff${run(1, 253)}`],
  ])("refused: %s", (_name, encoded) => {
    expect(decode(fromHex(encoded))).toBe("cobs");
  });

  test("refused: more than the buffer holds, and the buffer that just holds it is enough", () => {
    for (const [, plain, encoded] of KNOWN) {
      const bytes = fromHex(plain).length;
      expect(decode(fromHex(encoded), bytes)).toEqual(fromHex(plain));
      if (bytes > 0) expect(decode(fromHex(encoded), bytes - 1)).toBe("oversize");
    }
  });

  test("an output without room is the caller's mistake", () => {
    const encodeTooSmall = (): number => encodeCobs(new Uint8Array(254), new Uint8Array(255));
    expect(encodeTooSmall).toThrow(expect.objectContaining({ code: "caller/argument" }));
  });

  test("round trip, no zero on the way, never longer than the bound, one form for one content", () => {
    const runs = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc
          .tuple(fc.integer({ min: 250, max: 258 }), fc.integer({ min: 0, max: 255 }))
          .map(([length, fill]) => new Uint8Array(length).fill(fill)),
      ),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(runs, (parts) => {
        const plain = Uint8Array.from(parts.flatMap((part) => [...part]));
        const encoded = encode(plain);
        expect(encoded).not.toContain(0);
        expect(encoded.length).toBeLessThanOrEqual(cobsBound(plain.length));
        expect(decode(encoded)).toEqual(plain);
      }),
    );
  });

  test("whatever decodes at all encodes to the same bytes, the extra code byte apart", () => {
    const nearlyValid = fc.array(
      fc
        .integer({ min: 1, max: 6 })
        .chain((code) =>
          fc.tuple(fc.constant(code), fc.uint8Array({ minLength: code - 1, maxLength: code - 1, min: 1 })),
        ),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ minLength: 1, max: 12 }),
          nearlyValid.map((blocks) => Uint8Array.from(blocks.flatMap(([code, data]) => [code, ...data]))),
        ),
        (encoded) => {
          const plain = decode(encoded);
          expect(typeof plain === "string" ? plain : encode(plain)).toEqual(
            typeof plain === "string" ? "cobs" : encoded,
          );
        },
      ),
    );
  });
});
