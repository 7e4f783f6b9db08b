import fc from "fast-check";
import { expect, test } from "vitest";
import { bounceEdges, type ContactProfile, contactMilliohms } from "#src/hardware/contact.ts";
import { drawsListed, drawsOf } from "./draws-of.ts";

const PROFILE: ContactProfile = { bounceMicroseconds: 5000, bounces: 6, cleanMilliohms: 100, dirtyMilliohms: 20_000 };
const kinds = fc.constantFrom("make" as const, "break" as const);

test("a contact changes first as it is moved, bounces for a while at rising times, and ends as it was moved", () => {
  fc.assert(
    fc.property(fc.nat({ max: 20_000_000 }), kinds, fc.integer(), (at, kind, seed) => {
      const edges = bounceEdges(PROFILE, at, kind, drawsOf(seed));
      expect(edges[0]).toEqual({ kind, atMicroseconds: at });
      expect(edges.at(-1)?.kind).toBe(kind);
      edges.forEach((edge, index) => {
        expect(edge.kind === kind).toBe(index % 2 === 0);
        expect(edge.atMicroseconds).toBeGreaterThan(edges[index - 1]?.atMicroseconds ?? -1);
      });
      expect(edges.at(-1)?.atMicroseconds).toBeLessThanOrEqual(at + PROFILE.bounceMicroseconds);
      expect(edges.length).toBeLessThanOrEqual(1 + 2 * PROFILE.bounces);
      expect(bounceEdges(PROFILE, at, kind, drawsOf(seed))).toEqual(edges);
    }),
  );
});

test("a profile that never bounces gives one edge", () => {
  const edges = bounceEdges({ ...PROFILE, bounces: 0 }, 10, "make", drawsOf(1));
  expect(edges).toEqual([{ kind: "make", atMicroseconds: 10 }]);
});

test("two bounces of which two edges fall together: the odd one is left away", () => {
  const edges = bounceEdges(PROFILE, 0, "make", drawsListed(2, 4, 9, 9, 29));
  expect(edges.map(({ kind, atMicroseconds }) => [kind, atMicroseconds])).toEqual([
    ["make", 0],
    ["break", 5],
    ["make", 10],
  ]);
});

test("dirt has its resistance", () => {
  expect([contactMilliohms(PROFILE, "clean"), contactMilliohms(PROFILE, "dirty")]).toEqual([100, 20_000]);
});
