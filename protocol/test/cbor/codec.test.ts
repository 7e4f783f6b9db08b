// decode and encode as functions: round trips, what encode refuses (SPEC CBR-11), memory (SPEC CBR-12).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "#src/bytes.ts";
import { decode } from "#src/cbor/decode.ts";
import { encode } from "#src/cbor/encode.ts";
import type { CborValue } from "#src/cbor/value.ts";
import { CallerError } from "#src/errors.ts";
import { values } from "./arbitrary.ts";

const limits = { maxBytes: 100_000 };

function encodingFault(value: unknown): string {
  try {
    return toHex(encode(value as CborValue));
  } catch (error) {
    if (error instanceof CallerError) return `${error.code} ${error.details["path"]}`;
    throw error;
  }
}

describe("encode and decode", () => {
  it("give every value back, and the same bytes again (CBR-11)", () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encode(value, limits);
        expect(decode(bytes, limits)).toStrictEqual(value);
        expect(encode(decode(bytes, limits), limits)).toStrictEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it("write map keys in one order, whatever the order given (CBR-4)", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(Array.from({ length: 48 }, (_, index) => index - 24)), (keys) => {
        const bytes = encode(new Map(keys.map((key) => [key, key])));
        expect([...(decode(bytes) as Map<number, number>).keys()].sort((a, b) => a - b)).toStrictEqual(
          [...keys].sort((a, b) => a - b),
        );
      }),
    );
    expect(
      encodingFault(
        new Map([
          [-2, 0],
          [-1, 1],
          [23, 2],
          [0, 3],
        ]),
      ),
    ).toBe("a40003170220012100");
  });

  it("take an integer as number or bigint and write it alike (CBR-8)", () => {
    expect(encodingFault(5n)).toBe("05");
    expect(encodingFault(-1n)).toBe("20");
    expect(encodingFault(2n ** 40n)).toBe(encodingFault(2 ** 40));
    expect(decode(encode(5n))).toBe(5);
  });

  it.each([
    ["a float", 1.5, "value"],
    ["NaN", Number.NaN, "value"],
    ["infinity", Number.POSITIVE_INFINITY, "value"],
    ["-0", -0, "value"],
    ["a number above 2^53-1", 2 ** 53, "value"],
    ["a bigint above 2^64-1", 2n ** 64n, "value"],
    ["a bigint below -2^63", -(2n ** 63n) - 1n, "value"],
    ["undefined", undefined, "value"],
    ["a hole", Object.assign([1], { length: 3 }), "value[1]"],
    ["a function", () => 1, "value"],
    ["a symbol", Symbol.iterator, "value"],
    ["a Date", new Date(0), "value"],
    ["a Set", new Set([1]), "value"],
    ["a plain object", { a: 1 }, "value"],
    ["another typed array", new Uint16Array(1), "value"],
    ["an ArrayBuffer", new ArrayBuffer(1), "value"],
    ["a boxed number", Object(1), "value"],
    ["a text key", new Map([["1", 1]]), "value"],
    [
      "a symbol key",
      new Map<unknown, number>([
        [Symbol.iterator, 1],
        [1, 1],
      ]),
      "value",
    ],
    ["a bigint key", new Map([[1n, 1]]), "value"],
    ["key 24", new Map([[24, 1]]), "value"],
    ["key -25", new Map([[-25, 1]]), "value"],
    ["key 0.5", new Map([[0.5, 1]]), "value"],
    ["a lone high surrogate", ["b", "a\ud800"], "value[1]"],
    ["a lone low surrogate", "\udc00a", "value"],
    ["surrogates in the wrong order", "\udc00\ud800", "value"],
    ["a lone surrogate in a long text", `${"a".repeat(100)}\ud800b`, "value"],
    ["text that begins with U+FEFF", "\ufeffa", "value"],
    ["a fault further in", new Map([[1, [0, new Map([[-3, 0.5]])]]]), "value.1[1].-3"],
    ["nine arrays", [[[[[[[[[]]]]]]]]], "value[0][0][0][0][0][0][0][0]"],
    ["more than the limit", new Uint8Array(4094), "value"],
    ["a long array that is empty", new Array(1e9), "value[0]"],
  ])("refuse %s instead of writing something else (CBR-11)", (_, value, path) => {
    expect(encodingFault(value)).toBe(`cbor/not-encodable ${path}`);
  });

  it("refuse a value that contains itself", () => {
    const array: unknown[] = [];
    array.push(array);
    const map = new Map<number, unknown>();
    map.set(1, map);
    expect(encodingFault(array)).toMatch(/^cbor\/not-encodable /);
    expect(encodingFault(map)).toMatch(/^cbor\/not-encodable /);
  });

  it("go on as before after a refusal in the middle of a value", () => {
    expect(encodingFault([1, 2, 0.5])).toBe("cbor/not-encodable value[2]");
    expect(encodingFault([1, 2])).toBe("820102");
    expect(() => decode(Uint8Array.of(0x82, 1, 0xf7))).toThrow();
    expect(decode(Uint8Array.of(0x82, 1, 2))).toStrictEqual([1, 2]);
  });

  it.each([0, 15, 16, 17, 23, 24, 31, 32, 33, 63, 64, 65, 85, 86, 127, 128, 139, 140, 255, 256, 1000, 4093])(
    "keep text of %i bytes, ASCII and not, alone and behind other text",
    (length) => {
      for (const text of ["x".repeat(length), `${"x".repeat(Math.max(0, length - 2))}å`.slice(0, length || 0)]) {
        expect(decode(encode(text, limits), limits)).toBe(text);
        expect(decode(encode(["first", text, "__proto__"], limits), limits)).toStrictEqual([
          "first",
          text,
          "__proto__",
        ]);
      }
    },
  );
});

describe("memory", () => {
  it("decoded byte strings do not follow the input (CBR-12)", () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encode(value, limits);
        const decoded = decode(bytes, limits);
        bytes.fill(0xaa);
        expect(decoded).toStrictEqual(value);
      }),
      { numRuns: 200 },
    );
  });

  it("decoding leaves the input as it is, and a view of a larger buffer works", () => {
    const around = Uint8Array.of(9, 9, 0x42, 1, 2, 9);
    const inner = decode(around.subarray(2, 5)) as Uint8Array;
    expect(inner).toStrictEqual(Uint8Array.of(1, 2));
    inner.fill(7);
    expect(around).toStrictEqual(Uint8Array.of(9, 9, 0x42, 1, 2, 9));
    expect(Object.keys(around)).toHaveLength(6);
  });

  it("a Node Buffer and shared memory are inputs like any other; results are plain", () => {
    const fromBuffer = decode(Buffer.from("420102", "hex")) as Uint8Array;
    expect(fromBuffer.constructor).toBe(Uint8Array);
    const shared = new Uint8Array(new SharedArrayBuffer(3));
    shared.set([0x42, 1, 2]);
    expect(decode(shared)).toStrictEqual(Uint8Array.of(1, 2));
    expect(toHex(encode(Buffer.from("0102", "hex")))).toBe("420102");
  });

  it("an encoding owns exactly its bytes, and the next one leaves it alone", () => {
    const first = encode([1, new Uint8Array(50)]);
    expect(first.constructor).toBe(Uint8Array);
    expect(first.byteOffset).toBe(0);
    expect(first.buffer.byteLength).toBe(first.length);
    const copy = first.slice();
    for (let round = 0; round < 500; round++) encode(["x".repeat(100), round]);
    expect(first).toStrictEqual(copy);
  });

  it("an encoding does not follow the byte strings that it was made from", () => {
    const part = Uint8Array.of(1, 2, 3);
    const bytes = encode([part]);
    part.fill(9);
    expect(toHex(bytes)).toBe("8143010203");
  });
});
