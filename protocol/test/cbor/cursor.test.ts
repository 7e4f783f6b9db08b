// CborCursor: the scanner's verdicts one read at a time, and its own refusals.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "#src/bytes.ts";
import { CborCursor } from "#src/cbor/cursor.ts";
import { encode } from "#src/cbor/encode.ts";
import { scan } from "#src/cbor/scan.ts";
import type { CborValue } from "#src/cbor/value.ts";
import { CallerError, NyckelfriError } from "#src/errors.ts";
import { almostValid } from "./arbitrary.ts";
import { accepted, refused } from "./cases.ts";

function verdict(work: () => unknown): string {
  try {
    work();
    return "accepted";
  } catch (error) {
    if (error instanceof NyckelfriError) return `${error.code} @${error.details["offset"]}`;
    throw error;
  }
}

const anyLength = { min: 0, max: 1_000_000 };

/** Reads one item by the kind that its first byte names, or skips it: each choice comes from `choices`. */
function walk(cursor: CborCursor, bytes: Uint8Array, choices: Iterator<boolean>): void {
  const initial = bytes[cursor.offset] ?? 0;
  // An integer that a number cannot hold is skipped; one that the profile has no room for is read.
  const isWide = initial === 0x1b || (initial === 0x3b && (bytes[cursor.offset + 1] ?? 0) < 0x80);
  if (isWide || choices.next().value === true) {
    cursor.skip();
    return;
  }
  switch (initial >> 5) {
    case 2:
      cursor.readBytes(anyLength);
      return;
    case 3:
      cursor.readText(anyLength);
      return;
    case 4: {
      const count = cursor.readArrayHeader();
      for (let index = 0; index < count; index++) walk(cursor, bytes, choices);
      return;
    }
    case 5: {
      const count = cursor.readMapHeader();
      for (let index = 0; index < count; index++) {
        cursor.readKey();
        walk(cursor, bytes, choices);
      }
      return;
    }
    case 7:
      if (initial === 0xf6) cursor.readNull();
      else cursor.readBoolean();
      return;
    default:
      cursor.readInt();
  }
}

describe("CborCursor", () => {
  it("refuses what the scanner refuses, with the same code at the same offset, and nothing else", () => {
    const count = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(
        fc.oneof({ weight: 3, arbitrary: almostValid }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 12 }) }),
        fc.infiniteStream(fc.boolean()),
        (bytes, choices) => {
          const expected = verdict(() => scan(bytes));
          const found = verdict(() => {
            const cursor = new CborCursor(bytes);
            walk(cursor, bytes, choices);
            cursor.assertEnd();
          });
          count[expected === "accepted" ? "accepted" : "refused"] += 1;
          expect(found).toBe(expected);
        },
      ),
      { numRuns: 2000 },
    );
    expect(count.accepted).toBeGreaterThan(100);
    expect(count.refused).toBeGreaterThan(100);
  });

  it.each([...refused, ...accepted.map(([hex]) => [hex, "accepted", "in the profile"] as const)])(
    "reads %s as the scanner does: %s (%s)",
    (hex, expected) => {
      const bytes = fromHex(hex);
      for (const skips of [true, false]) {
        const found = verdict(() => {
          const cursor = new CborCursor(bytes);
          walk(cursor, bytes, { next: () => ({ value: skips }) });
          cursor.assertEnd();
        });
        expect(found).toBe(expected);
      }
    },
  );

  it("reads a fixed layout", () => {
    const bytes = encode(
      new Map<number, CborValue>([
        [1, [7, -8, "hej", new Uint8Array(8), true, null]],
        [-1, 9],
      ]),
    );
    const cursor = new CborCursor(bytes);
    expect(cursor.readMapHeader(2)).toBe(2);
    cursor.expectKey(1);
    expect(cursor.readArrayHeader(6)).toBe(6);
    expect(cursor.readUint(10)).toBe(7);
    expect(cursor.readInt(-10, -1)).toBe(-8);
    expect(cursor.readText({ min: 1, max: 3 })).toBe("hej");
    expect(cursor.readBytes(8)).toStrictEqual(new Uint8Array(8));
    expect(cursor.readBoolean()).toBe(true);
    expect(cursor.readNull()).toBe(null);
    expect(cursor.readKey()).toBe(-1);
    cursor.skip();
    cursor.assertEnd();
    expect(cursor.offset).toBe(bytes.length);
  });

  it("returns byte strings as views of the input", () => {
    const bytes = fromHex("43010203");
    const view = new CborCursor(bytes).readBytes(3);
    bytes[1] = 9;
    expect(toHex(view)).toBe("090203");
  });

  it.each<[string, string, (cursor: CborCursor) => unknown]>([
    ["18ff", "schema/out-of-range @0", (cursor) => cursor.readUint(254)],
    ["1b0000000100000000", "schema/out-of-range @0", (cursor) => cursor.readUint()],
    ["1b0020000000000000", "schema/out-of-range @0", (cursor) => cursor.readInt()],
    ["1bffffffffffffffff", "schema/out-of-range @0", (cursor) => cursor.readUint(Number.MAX_SAFE_INTEGER)],
    ["3b001fffffffffffff", "schema/out-of-range @0", (cursor) => cursor.readInt()],
    ["20", "schema/out-of-range @0", (cursor) => cursor.readUint()],
    ["40", "schema/type @0", (cursor) => cursor.readUint()],
    ["00", "schema/type @0", (cursor) => cursor.readBytes(0)],
    ["60", "schema/type @0", (cursor) => cursor.readBytes(0)],
    ["40", "schema/type @0", (cursor) => cursor.readText(0)],
    ["f6", "schema/type @0", (cursor) => cursor.readBoolean()],
    ["f4", "schema/type @0", (cursor) => cursor.readNull()],
    ["a0", "schema/type @0", (cursor) => cursor.readArrayHeader()],
    ["80", "schema/type @0", (cursor) => cursor.readMapHeader()],
    ["4101", "schema/length @0", (cursor) => cursor.readBytes(2)],
    ["43010203", "schema/length @0", (cursor) => cursor.readBytes({ min: 0, max: 2 })],
    ["62c3a5", "schema/length @0", (cursor) => cursor.readText(1)],
    ["820102", "schema/length @0", (cursor) => cursor.readArrayHeader(3)],
    ["a10102", "schema/length @0", (cursor) => cursor.readMapHeader({ min: 2, max: 3 })],
    ["430102", "cbor/length-beyond-input @0", (cursor) => cursor.readBytes(3)],
    ["f90000", "cbor/float @0", (cursor) => cursor.readUint()],
    ["a10200", "schema/missing-label @1", (cursor) => [cursor.readMapHeader(), cursor.expectKey(1)]],
    ["a10200", "schema/unknown-label @1", (cursor) => [cursor.readMapHeader(), cursor.expectKey(-1)]],
    ["0000", "cbor/trailing-bytes @1", (cursor) => [cursor.readUint(), cursor.assertEnd()]],
  ])("on %s: %s", (hex, expected, read) => {
    expect(verdict(() => read(new CborCursor(fromHex(hex))))).toBe(expected);
  });

  it("tells its caller about reads out of turn", () => {
    const misuses: readonly ((cursor: CborCursor) => unknown)[] = [
      (cursor) => cursor.readKey(),
      (cursor) => cursor.assertEnd(),
      (cursor) => [cursor.readMapHeader(), cursor.readUint()],
      (cursor) => [cursor.readMapHeader(), cursor.readKey(), cursor.readKey()],
      (cursor) => [cursor.readMapHeader(), cursor.assertEnd()],
      (cursor) => [cursor.skip(), cursor.skip()],
      (cursor) => [cursor.skip(), cursor.readMapHeader()],
    ];
    for (const misuse of misuses) expect(() => misuse(new CborCursor(fromHex("a10100")))).toThrow(CallerError);
  });

  it("does not advance past an item that it refused", () => {
    const cursor = new CborCursor(fromHex("8205626869"));
    cursor.readArrayHeader();
    expect(verdict(() => cursor.readUint(4))).toBe("schema/out-of-range @1");
    expect(cursor.readUint(5)).toBe(5);
    expect(verdict(() => cursor.readText(3))).toBe("schema/length @2");
    expect(cursor.readText(2)).toBe("hi");
    cursor.assertEnd();
  });

  it("keeps the size limit (CBR-10)", () => {
    expect(verdict(() => new CborCursor(new Uint8Array(11), { maxBytes: 10 }))).toBe("cbor/too-large @10");
  });
});
