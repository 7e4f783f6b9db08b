import fc from "fast-check";
import { expect, test } from "vitest";
import { applied, type Changes, type Items, itemsOf } from "#src/devices/shared/item-memory-items.ts";

const name = fc.constantFrom(..."abcdefgh");
/** Some that are packed, and some that stand for themselves. */
const bytes = fc.oneof(fc.uint8Array({ maxLength: 2 }), fc.uint8Array({ minLength: 63, maxLength: 66 }));
const value = fc.oneof(fc.constant("deleted" as const), bytes);
const changes: fc.Arbitrary<Changes> = fc.array(fc.tuple(name, value), { maxLength: 6 }).map((all) => new Map(all));

function asMap(items: ReadonlyMap<string, Uint8Array>, changed: Changes): Map<string, Uint8Array> {
  const after = new Map(items);
  for (const [key, bytes] of changed) {
    if (bytes === "deleted") after.delete(key);
    else after.set(key, bytes);
  }
  return after;
}

test("items after changes are those of a map, in its order, and those before stay as they were", () => {
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 40 }), (all) => {
      const start = new Map<string, Uint8Array>([..."abcdef"].map((key, index) => [key, Uint8Array.of(index)]));
      let items: Items = start;
      let expected = new Map(start);
      const before: [Items, [string, Uint8Array][]][] = [];
      for (const one of all) {
        items = applied(items, one);
        expected = asMap(expected, one);
        before.push([items, [...expected]]);
        for (const key of "abcdefgh") {
          expect(items.get(key)).toStrictEqual(expected.get(key));
          expect(items.has(key)).toBe(expected.has(key));
        }
      }
      for (const [then, shown] of before) expect([...then]).toEqual(shown);
      expect([...items.keys()]).toEqual([...expected.keys()]);
      expect([...itemsOf([start, ...all])]).toEqual([...expected]);
    }),
  );
});
