/** Values drawn beside a grammar match it; the same values with one fault do not. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePlain } from "./decode-plain.ts";
import { readSchema } from "./schema.ts";
import { type Value, validate, validateBytes } from "./validate.ts";

const SCHEMA = readSchema(`
  object = { header, 2: kind, 3: bstr .size (0..16), ? 4: [* pair<uint>], ? -5: bstr .cbor object / null }
  header = ( 1: 1..9, ? 6: tstr .regexp "[a-z]*" )
  kind = &( opened: 0, refused: 4, torn: 7 )
  pair<T> = [T, tstr / bool]
`);

/** An encoder of this file's own, so that nothing here rests on the library. */
function encode(value: Value): number[] {
  const head = (major: number, count: number): number[] =>
    count < 24 ? [major + count] : count < 256 ? [major + 24, count] : [major + 25, count >> 8, count & 255];
  if (value === null) return [0xf6];
  if (typeof value === "boolean") return [value ? 0xf5 : 0xf4];
  if (typeof value === "number") return value >= 0 ? head(0, value) : head(0x20, -1 - value);
  if (typeof value === "string") return [...head(0x60, Buffer.byteLength(value)), ...Buffer.from(value)];
  if (value instanceof Uint8Array) return [...head(0x40, value.length), ...value];
  if (value instanceof Map) return [...head(0xa0, value.size), ...[...value].flat().flatMap(encode)];
  if (Array.isArray(value)) return [...head(0x80, value.length), ...value.flatMap(encode)];
  throw new TypeError("not drawn here");
}

type Members = Map<number, Value>;
const small = fc.integer({ min: 0, max: 65_535 });
const { object } = fc.letrec<{ object: Members }>((tie) => ({
  object: fc
    .record(
      {
        1: fc.integer({ min: 1, max: 9 }),
        2: fc.constantFrom(0, 4, 7),
        3: fc.uint8Array({ maxLength: 16 }),
        4: fc.array(fc.tuple(small, fc.oneof(fc.string({ unit: "grapheme", maxLength: 5 }), fc.boolean())), {
          maxLength: 4,
        }),
        6: fc.stringMatching(/^[a-z]*$/),
        "-5": fc.option(
          tie("object").map((inner) => Uint8Array.from(encode(inner))),
          { depthSize: "small" },
        ),
      },
      { requiredKeys: ["1", "2", "3"] },
    )
    .map((drawn) => new Map<number, Value>(Object.entries(drawn).map(([key, value]) => [Number(key), value as Value]))),
}));

const check = (value: Value): { ok: boolean; path?: string } => validate(SCHEMA, "object", value, decodePlain);

function changed(members: Members, change: (copy: Members) => void): Members {
  const copy = new Map(members);
  change(copy);
  return copy;
}

describe("a value drawn from the grammar", () => {
  it("matches, decoded and as bytes", () => {
    fc.assert(
      fc.property(object, (value) => {
        expect(check(value)).toEqual({ ok: true });
        expect(validateBytes(SCHEMA, "object", Uint8Array.from(encode(value)), decodePlain)).toEqual({ ok: true });
      }),
    );
  });

  it("does not match without a required label", () => {
    fc.assert(
      fc.property(object, fc.constantFrom(1, 2, 3), (value, label) => {
        expect(check(changed(value, (copy) => copy.delete(label)))).toMatchObject({ ok: false, path: "" });
      }),
    );
  });

  it("does match without an optional one", () => {
    fc.assert(
      fc.property(object, fc.constantFrom(4, 6, -5), (value, label) => {
        expect(check(changed(value, (copy) => copy.delete(label)))).toEqual({ ok: true });
      }),
    );
  });

  it("does not match with a label more", () => {
    const known = [1, 2, 3, 4, 6, -5];
    const label = fc.integer({ min: -30, max: 300 }).filter((candidate) => !known.includes(candidate));
    fc.assert(
      fc.property(object, label, small, (value, extra, content) => {
        expect(check(changed(value, (copy) => copy.set(extra, content)))).toMatchObject({ ok: false, path: "" });
      }),
    );
  });

  it("does not match with a member of another type, and the verdict leads to it", () => {
    const wrong = fc.constantFrom<Value>(true, -1, 10, "A", [1], [[1, 2]], Uint8Array.of(0xff), new Map());
    fc.assert(
      fc.property(object, fc.nat(), wrong, (value, pick, other) => {
        const label = [...value.keys()][pick % value.size] as number;
        fc.pre(!(label === 3 && other instanceof Uint8Array)); // the one that would be right
        const verdict = check(changed(value, (copy) => copy.set(label, other)));
        expect(verdict.ok).toBe(false);
        expect(verdict.path?.split("/")[1]).toBe(String(label));
      }),
    );
  });

  it("does not match when the object inside of its byte string has a fault", () => {
    const fault = fc.constantFrom<(copy: Members) => void>(
      (copy) => copy.delete(1),
      (copy) => copy.set(9, 0),
      (copy) => copy.set(2, 1),
      (copy) => copy.set(3, new Uint8Array(17)),
    );
    fc.assert(
      fc.property(object, object, fault, (outer, inner, break_) => {
        const bytes = Uint8Array.from(encode(changed(inner, break_)));
        const verdict = check(changed(outer, (copy) => copy.set(-5, bytes)));
        expect(verdict.ok).toBe(false);
        expect(verdict.path).toMatch(/^\/-5\/<cbor>/);
      }),
    );
  });
});

it("any bytes get a verdict", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      expect(validateBytes(SCHEMA, "object", bytes, decodePlain)).toHaveProperty("ok");
    }),
  );
});
