// The reader for a grant's usual layout answers what the general path answers, or nothing (SPEC OBJ-3, OBJ-4).
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeAs, encodeAs } from "#src/cbor/schema.ts";
import { type Grant, grantObject } from "#src/objects/grant.ts";
import { readGrant } from "#src/objects/grant-reader.ts";
import { grant } from "../support/arbitraries.ts";

const { schema } = grantObject;
const general = (payload: Uint8Array): Grant => decodeAs(schema, payload, { maxBytes: 1000 });
const payloads = grant.map((value) => encodeAs(schema, value));

/** One to three bytes changed, removed or inserted, favouring what CBOR heads are made of. */
const changes = fc.array(
  fc.record({
    kind: fc.constantFrom("set", "remove", "insert", "cut"),
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

const mutated = fc.tuple(payloads, changes).map(([payload, list]) => {
  const bytes = [...payload];
  for (const { kind, at, byte } of list) {
    const index = at % Math.max(1, bytes.length);
    if (kind === "cut") bytes.length = index;
    else if (kind === "insert") bytes.splice(index, 0, byte);
    else if (kind === "remove") bytes.splice(index, 1);
    else bytes[index] = byte;
  }
  return Uint8Array.from(bytes);
});

test("every well-formed grant is read, and as the general path reads it", () => {
  fc.assert(
    fc.property(payloads, (payload) => {
      expect(readGrant(payload)).toEqual(general(payload));
    }),
    { numRuns: 500 },
  );
});

test("whatever is read of a changed grant, the general path reads too", () => {
  let read = 0;
  fc.assert(
    fc.property(mutated, (payload) => {
      const quick = readGrant(payload);
      if (quick === undefined) return;
      read += 1;
      expect(isDeepStrictEqual(quick, general(payload))).toBe(true);
    }),
    { numRuns: 5000 },
  );
  expect(read).toBeGreaterThan(0);
});

test("every change of one byte is read alike, or not at all", () => {
  const [payload = new Uint8Array(0)] = fc.sample(payloads, { seed: 1, numRuns: 1 });
  const differing: string[] = [];
  let read = 0;
  for (let at = 0; at < payload.length; at++) {
    for (let byte = 0; byte < 256; byte++) {
      const changed = new Uint8Array(payload);
      changed[at] = byte;
      const quick = readGrant(changed);
      if (quick === undefined) continue;
      read += 1;
      if (!isDeepStrictEqual(quick, general(changed))) differing.push(`${at}: ${byte}`);
    }
  }
  expect(differing).toEqual([]);
  expect(read).toBeGreaterThan(payload.length);
});

test("a scope's length in long form is not read", () => {
  fc.assert(
    fc.property(grant, (value) => {
      // A key of zeros, so that the first 09 near the end is the scope's label.
      const cnf: Grant["cnf"] = { key: { kty: 1, crv: 6, x: new Uint8Array(32) } };
      const payload = encodeAs(schema, { ...value, cnf, scope: value.scope.slice(0, 1) });
      const head = payload.indexOf(0x09, payload.length - 16) + 1;
      const longer = Uint8Array.of(
        ...payload.subarray(0, head),
        0x58,
        (payload[head] ?? 0) - 0x40,
        ...payload.subarray(head + 1),
      );
      expect(readGrant(payload)).toEqual(general(payload));
      expect(readGrant(longer)).toBeUndefined();
    }),
  );
});
