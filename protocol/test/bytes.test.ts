import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareBytes, concatBytes, equalBytes, equalSecretBytes, fromHex, toHex } from "#src/bytes.ts";
import { CallerError } from "#src/errors.ts";
import { decodeUtf8, encodeUtf8, utf8FaultAt, utf8Length } from "#src/utf8.ts";

const some = fc.uint8Array({ maxLength: 40 });

describe("bytes", () => {
  it("equality is of contents: the same array, another of the same bytes, and two views of one buffer", () => {
    const buffer = Uint8Array.of(1, 2, 1, 2, 3);
    const [first, second, third] = [buffer.subarray(0, 2), buffer.subarray(2, 4), buffer.subarray(3, 5)];
    expect([equalBytes(first, first), equalBytes(first, second), equalBytes(second, third)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("concatenation keeps every part and owns its memory", () => {
    fc.assert(
      fc.property(fc.array(some), (parts) => {
        const whole = concatBytes(...parts);
        expect([...whole]).toStrictEqual(parts.flatMap((part) => [...part]));
        const before = toHex(whole);
        for (const part of parts) part.fill(1);
        expect(toHex(whole)).toBe(before);
      }),
    );
  });

  it("equality and order agree with Node's", () => {
    const pair = fc.oneof(
      fc.tuple(some, some),
      some.map((bytes) => [bytes, bytes.slice()] as const),
    );
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const expected = Buffer.compare(a, b);
        expect(Math.sign(compareBytes(a, b))).toBe(expected);
        expect(equalBytes(a, b)).toBe(expected === 0);
        expect(equalSecretBytes(a, b)).toBe(expected === 0);
      }),
    );
  });

  it("a difference in any single bit is seen", () => {
    const a = Uint8Array.from({ length: 16 }, (_, index) => index);
    for (let bit = 0; bit < 128; bit++) {
      const b = a.slice();
      b[bit >> 3] = (b[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(equalBytes(a, b) || equalSecretBytes(a, b)).toBe(false);
    }
  });

  it("hex goes both ways, in either case", () => {
    fc.assert(
      fc.property(some, (bytes) => {
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString("hex"));
        expect(fromHex(toHex(bytes))).toStrictEqual(bytes);
        expect(fromHex(toHex(bytes).toUpperCase())).toStrictEqual(bytes);
      }),
    );
    const long = Uint8Array.from({ length: 200_000 }, (_, index) => index * 7);
    expect(toHex(long)).toBe(Buffer.from(long).toString("hex"));
  });

  it.each(["0", "0g", " 00", "0x00", "00\n", "٠٠"])("%j is not hex", (hex) => {
    expect(() => fromHex(hex)).toThrow(CallerError);
  });
});

describe("UTF-8", () => {
  const fatal = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  /** Bytes that are UTF-8, nearly UTF-8, or anything. */
  const candidates = fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc.string({ unit: "binary", maxLength: 10 }).map((text) => new Uint8Array(Buffer.from(text, "utf8"))),
    fc
      .array(fc.constantFrom(0x41, 0x80, 0xbf, 0xc2, 0xe0, 0x9f, 0xa0, 0xed, 0xef, 0xf0, 0x8f, 0x90, 0xf4), {
        maxLength: 6,
      })
      .map((list) => Uint8Array.from(list)),
  );

  it("decodes exactly what a fatal TextDecoder decodes", () => {
    const count = { valid: 0, invalid: 0 };
    fc.assert(
      fc.property(candidates, (bytes) => {
        let expected: string | undefined;
        try {
          expected = fatal.decode(bytes);
        } catch {
          expected = undefined;
        }
        count[expected === undefined ? "invalid" : "valid"] += 1;
        expect(decodeUtf8(bytes)).toBe(expected);
        expect(utf8FaultAt(bytes) === -1).toBe(expected !== undefined);
      }),
      { numRuns: 3000 },
    );
    expect(count.valid).toBeGreaterThan(100);
    expect(count.invalid).toBeGreaterThan(100);
  });

  it("knows every two-byte beginning, at the edge of a range", () => {
    for (let lead = 0; lead < 256; lead++) {
      for (let second = 0; second < 256; second++) {
        const bytes = Uint8Array.of(0xff, lead, second, 0x80, 0x80, 0xff);
        for (let end = 2; end <= 5; end++) {
          let valid = true;
          try {
            fatal.decode(bytes.subarray(1, end));
          } catch {
            valid = false;
          }
          if ((utf8FaultAt(bytes, 1, end) === -1) !== valid) expect([lead, second, end]).toBe(valid);
        }
      }
    }
    expect(utf8FaultAt(Uint8Array.of(0x41, 0xc3, 0xa5, 0xff))).toBe(3);
  });

  it("encodes as Node does, and refuses lone surrogates", () => {
    const isWellFormed = (text: string) => Buffer.from(text, "utf8").toString("utf8") === text;
    const anyText = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.constantFrom("a", "å", "\ud800", "\udc00", "鍵", "\ufeff")).map((units) => units.join("")),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const expected = isWellFormed(text) ? new Uint8Array(Buffer.from(text, "utf8")) : undefined;
        expect(encodeUtf8(text)).toStrictEqual(expected);
        expect(utf8Length(text)).toBe(expected?.length ?? -1);
      }),
    );
  });
});
