// Generators for the CBOR tests: values of the profile, and their encodings with something changed.
import fc from "fast-check";
import { encode } from "#src/cbor/encode.ts";
import type { CborValue } from "#src/cbor/value.ts";

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Integers close to every change of head length and of JavaScript type. */
const edges = [
  0n,
  23n,
  24n,
  255n,
  256n,
  65_535n,
  65_536n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  SAFE,
  SAFE + 1n,
  2n ** 63n - 1n,
];

export const integers: fc.Arbitrary<number | bigint> = fc
  .oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.bigInt({ min: -70_000n, max: 70_000n }),
    fc.constantFrom(...edges, ...edges.map((edge) => -1n - edge), 2n ** 64n - 1n),
  )
  .map((value) => (value >= -SAFE && value <= SAFE ? Number(value) : value));

/** Text of lengths around cbor-x's changes of code path, in one- to four-byte characters. */
export const texts: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc
      .tuple(fc.constantFrom(15, 16, 17, 31, 32, 63, 64, 65, 255, 256, 300), fc.constantFrom("a", "ö", "鍵", "🔑"))
      .map(([length, unit]) => unit.repeat(length)),
    fc.constantFrom("", "__proto__", "constructor", "a\u0000b", "b\ufeff"),
  )
  .filter((text) => !text.startsWith("\ufeff"));

const leaves: fc.Arbitrary<CborValue> = fc.oneof(
  integers,
  texts,
  fc.uint8Array({ maxLength: 40 }),
  fc.boolean(),
  fc.constant(null),
);

/** Keys in the profile's order, so that a decoded map equals the generated one entry by entry. */
function sortedMap(item: fc.Arbitrary<CborValue>): fc.Arbitrary<CborValue> {
  const place = (key: number) => (key < 0 ? 100 - key : key);
  return fc
    .uniqueArray(fc.tuple(fc.integer({ min: -24, max: 23 }), item), { maxLength: 5, selector: ([key]) => key })
    .map((entries) => new Map(entries.sort(([a], [b]) => place(a) - place(b))));
}

export const values: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    { weight: 2, arbitrary: leaves },
    { weight: 1, arbitrary: fc.array(tie("value"), { maxLength: 5 }) },
    { weight: 1, arbitrary: sortedMap(tie("value")) },
  ),
})).value;

type Change =
  | { readonly kind: "none" }
  | { readonly kind: "flip"; readonly at: number; readonly bit: number }
  | { readonly kind: "insert"; readonly at: number; readonly byte: number }
  | { readonly kind: "delete"; readonly at: number }
  | { readonly kind: "cut"; readonly at: number };

const at = fc.nat({ max: 10_000 });
const changes: fc.Arbitrary<Change> = fc.oneof(
  fc.constant({ kind: "none" } as const),
  fc.record({ kind: fc.constant("flip" as const), at, bit: fc.nat({ max: 7 }) }),
  fc.record({ kind: fc.constant("insert" as const), at, byte: fc.nat({ max: 255 }) }),
  fc.record({ kind: fc.constant("delete" as const), at }),
  fc.record({ kind: fc.constant("cut" as const), at }),
);

/** Encodings of the profile with up to two changes: some still accepted, most refused, for every reason there is. */
export const almostValid: fc.Arbitrary<Uint8Array> = fc
  .tuple(values, fc.array(changes, { maxLength: 2 }))
  .map(([value, list]) => list.reduce(apply, encode(value, { maxBytes: 100_000 })));

function apply(bytes: Uint8Array, change: Change): Uint8Array {
  const result = Array.from(bytes);
  switch (change.kind) {
    case "flip": {
      const index = change.at % Math.max(1, result.length);
      result[index] = (result[index] ?? 0) ^ (1 << change.bit);
      break;
    }
    case "insert":
      result.splice(change.at % (result.length + 1), 0, change.byte);
      break;
    case "delete":
      result.splice(change.at % Math.max(1, result.length), 1);
      break;
    case "cut":
      result.length = change.at % (result.length + 1);
      break;
  }
  return Uint8Array.from(result);
}
