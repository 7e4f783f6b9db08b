// The readers for a usual layout answer what the general path answers, or nothing (SPEC OBJ-3, OBJ-4, OBJ-12).
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode } from "#src/cbor/decode.ts";
import { encode } from "#src/cbor/encode.ts";
import { decodeAs, encodeAs } from "#src/cbor/schema.ts";
import type { CborValue } from "#src/cbor/value.ts";
import { PeerError } from "#src/errors.ts";
import { type Grant, grantObject } from "#src/objects/grant.ts";
import { readGrant } from "#src/objects/grant-reader.ts";
import type { ObjectKind } from "#src/objects/signed-object.ts";
import { everyKind, grant } from "../support/arbitraries.ts";

/** The kinds that a reader is written for. */
const readers = everyKind.flatMap(({ kind, values }) =>
  kind.read === undefined ? [] : [{ name: kind.name, kind, read: kind.read, values }],
);

test("a grant and its holder's proof, which a door reads at every visit, have readers", () => {
  expect(readers.map(({ name }) => name)).toEqual(["grant", "open-proof"]);
});

/** What the schema makes of a payload; undefined where it refuses it. */
function general({ schema }: ObjectKind<unknown>, payload: Uint8Array): unknown {
  try {
    return decodeAs(schema, payload, { maxBytes: 1000 });
  } catch (error) {
    if (error instanceof PeerError) return undefined;
    throw error;
  }
}

interface Change {
  readonly kind: "set" | "remove" | "insert" | "cut";
  readonly at: number;
  readonly byte: number;
}

/** One to three bytes changed, removed or inserted, favouring what CBOR heads are made of. */
const changes: fc.Arbitrary<readonly Change[]> = fc.array(
  fc.record({
    kind: fc.constantFrom("set" as const, "remove" as const, "insert" as const, "cut" as const),
    at: fc.nat({ max: 400 }),
    byte: fc.oneof(
      fc.nat({ max: 255 }),
      fc.constantFrom(
        0x00,
        0x17,
        0x18,
        0x19,
        0x1a,
        0x1b,
        0x20,
        0x40,
        0x48,
        0x58,
        0x59,
        0x80,
        0x81,
        0x82,
        0x90,
        0x91,
        0xa7,
        0xf6,
      ),
    ),
  }),
  { minLength: 1, maxLength: 3 },
);

function changedBy(payload: Uint8Array, list: readonly Change[]): Uint8Array {
  const bytes = [...payload];
  for (const { kind, at, byte } of list) {
    const index = at % Math.max(1, bytes.length);
    if (kind === "cut") bytes.length = index;
    else if (kind === "insert") bytes.splice(index, 0, byte);
    else if (kind === "remove") bytes.splice(index, 1);
    else bytes[index] = byte;
  }
  return Uint8Array.from(bytes);
}

describe.each(readers)("the reader of $name", ({ kind, read, values }) => {
  const payloads = values.map((value) => encodeAs(kind.schema, value));

  test("reads everything that is well-formed, and as the general path reads it", () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        expect(read(payload)).toEqual(general(kind, payload));
      }),
      { numRuns: 500 },
    );
  });

  test("whatever is read of what was changed, the general path reads too", () => {
    let reached = 0;
    fc.assert(
      fc.property(payloads, changes, (payload, list) => {
        const changed = changedBy(payload, list);
        const quick = read(changed);
        if (quick === undefined) return;
        reached += 1;
        expect(isDeepStrictEqual(quick, general(kind, changed))).toBe(true);
      }),
      { numRuns: 5000 },
    );
    expect(reached).toBeGreaterThan(0);
  });

  test("every change of one byte is read alike, or not at all", () => {
    const differing: string[] = [];
    let reached = 0;
    let length = 0;
    for (const payload of fc.sample(payloads, 3)) {
      length += payload.length;
      for (let at = 0; at < payload.length; at++) {
        for (let byte = 0; byte < 256; byte++) {
          const changed = new Uint8Array(payload);
          changed[at] = byte;
          const quick = read(changed);
          if (quick === undefined) continue;
          reached += 1;
          if (!isDeepStrictEqual(quick, general(kind, changed))) differing.push(`${at}: ${byte} of ${payload.join()}`);
        }
      }
    }
    expect(differing).toEqual([]);
    expect(reached).toBeGreaterThan(length);
  });

  test("reads nothing that is cut short, and nothing with a byte after it", () => {
    fc.assert(
      fc.property(payloads, fc.nat({ max: 255 }), (payload, byte) => {
        for (let length = 0; length < payload.length; length++)
          expect(read(payload.subarray(0, length))).toBeUndefined();
        expect(read(Uint8Array.of(...payload, byte))).toBeUndefined();
      }),
    );
  });
});

/** A payload whose value at `label` is another, in the form of the profile still. */
function withValue(payload: Uint8Array, label: number, change: (value: CborValue) => CborValue): Uint8Array {
  const map = new Map(decode(payload) as ReadonlyMap<number, CborValue>);
  map.set(label, change(map.get(label) as CborValue));
  return encode(map);
}

const items = (value: CborValue): readonly CborValue[] => value as readonly CborValue[];
/** The embedded scope with other entries. */
const scopeOf = (entries: readonly CborValue[]): Uint8Array => encode(entries);

test.each([
  ["open-proof", "a width of 0", 2, () => 0],
  ["open-proof", "a width above 65535", 2, () => 0x1_0000],
  ["open-proof", "a quality that there is not", 3, () => 3],
  ["open-proof", "an action that there is not", 5, () => 2],
  ["open-proof", "a source of 9 bytes", 6, () => new Uint8Array(9)],
  ["open-proof", "a list more than a policy names", 7, () => [1, 2, [1, 1], [2, 1], [3, 1], [4, 1], [5, 1]]],
  ["open-proof", "no policy version", 7, (value: CborValue) => items(value).slice(0, 1)],
  ["open-proof", "a list of three", 7, () => [1, 2, [1, 1, 1]]],
  ["grant", "a time above 32 bits", 4, () => 0x1_0000_0000],
  ["grant", "no scope", 9, () => scopeOf([])],
  ["grant", "a scope of 17", 9, () => scopeOf(Array.from({ length: 17 }, (_, index) => [index, 1]))],
  ["grant", "rights that there are not", 9, () => scopeOf([[1, 8]])],
  ["grant", "a door of 7 bytes", 9, () => scopeOf([[new Uint8Array(7), 1]])],
] as const)("what is well-formed and not allowed is not read: %s with %s", (name, _, label, change) => {
  const { kind, read, values } = readers.find((one) => one.name === name) as (typeof readers)[number];
  fc.assert(
    fc.property(values, (value) => {
      const payload = withValue(encodeAs(kind.schema, value), label, change);
      expect([read(payload), general(kind, payload)]).toEqual([undefined, undefined]);
    }),
    { numRuns: 20 },
  );
});

test("a scope's length in long form is not read", () => {
  fc.assert(
    fc.property(grant, (value) => {
      // A key of zeros, so that the first 09 near the end is the scope's label.
      const cnf: Grant["cnf"] = { key: { kty: 1, crv: 6, x: new Uint8Array(32) } };
      const payload = encodeAs(grantObject.schema, { ...value, cnf, scope: value.scope.slice(0, 1) });
      const head = payload.indexOf(0x09, payload.length - 16) + 1;
      const longer = Uint8Array.of(
        ...payload.subarray(0, head),
        0x58,
        (payload[head] ?? 0) - 0x40,
        ...payload.subarray(head + 1),
      );
      expect(readGrant(payload)).toEqual(general(grantObject as unknown as ObjectKind<unknown>, payload));
      expect(readGrant(longer)).toBeUndefined();
    }),
  );
});
