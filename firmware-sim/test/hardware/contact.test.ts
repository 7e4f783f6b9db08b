import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type ContactProfile,
  type ContactStay,
  contactEdges,
  contactMilliohms,
  contactTour,
} from "#src/hardware/contact.ts";
import { drawsListed, drawsOf } from "./draws-of.ts";

const PROFILE: ContactProfile = {
  bounceMicroseconds: 5000,
  bounces: 6,
  interruptions: 4,
  interruptionMicroseconds: 2000,
  cleanMilliohms: 100,
  dirtyMilliohms: 20_000,
};
const stays = fc.record({
  door: fc.constantFrom("apartment", "entrance", "laundry"),
  condition: fc.constantFrom("clean" as const, "dirty" as const),
  fromMicroseconds: fc.nat({ max: 1_000_000 }),
  forMicroseconds: fc.oneof(fc.nat({ max: 6000 }), fc.nat({ max: 20_000_000 })),
});

test("a stay makes first, breaks last, alternates, and its times rise", () => {
  fc.assert(
    fc.property(stays, fc.integer(), (stay, seed) => {
      const edges = contactEdges(PROFILE, stay, drawsOf(seed));
      expect(edges.length % 2).toBe(0);
      expect(edges[0]).toEqual({ kind: "make", atMicroseconds: stay.fromMicroseconds, door: stay.door });
      edges.forEach((edge, index) => {
        expect(edge.kind).toBe(index % 2 === 0 ? "make" : "break");
        expect(edge.atMicroseconds).toBeGreaterThan(edges[index - 1]?.atMicroseconds ?? -1);
      });
      const pulled = stay.fromMicroseconds + Math.max(1, stay.forMicroseconds);
      expect(edges.at(-1)?.atMicroseconds).toBeLessThanOrEqual(pulled + PROFILE.bounceMicroseconds);
    }),
  );
});

test("a clean contact is made when the bouncing is over, until the pull", () => {
  fc.assert(
    fc.property(fc.integer({ min: 5001, max: 1_000_000 }), fc.integer(), (forMicroseconds, seed) => {
      const stay = { door: 1, condition: "clean" as const, fromMicroseconds: 0, forMicroseconds };
      const edges = contactEdges(PROFILE, stay, drawsOf(seed));
      expect(edges.filter(({ atMicroseconds }) => atMicroseconds <= 5000).at(-1)?.kind).toBe("make");
      expect(edges.find(({ atMicroseconds }) => atMicroseconds > 5000)).toEqual({
        kind: "break",
        atMicroseconds: forMicroseconds,
        door: 1,
      });
    }),
  );
});

test("a clean contact is quiet between the bounces, a dirty one is not always", () => {
  const quiet = (condition: ContactStay<string>["condition"]) =>
    Array.from({ length: 40 }, (_, seed) => {
      const stay = { door: "a", condition, fromMicroseconds: 0, forMicroseconds: 3_000_000 };
      const edges = contactEdges(PROFILE, stay, drawsOf(seed));
      return edges.filter(({ atMicroseconds }) => atMicroseconds > 5000 && atMicroseconds < 3_000_000).length;
    });
  expect(new Set(quiet("clean"))).toEqual(new Set([0]));
  expect(Math.max(...quiet("dirty"))).toBeGreaterThan(0);
});

test("a profile that never bounces gives one make and one break", () => {
  const still = { ...PROFILE, bounces: 0 };
  const stay = { door: 1, condition: "clean" as const, fromMicroseconds: 10, forMicroseconds: 90 };
  expect(contactEdges(still, stay, drawsOf(1))).toEqual([
    { kind: "make", atMicroseconds: 10, door: 1 },
    { kind: "break", atMicroseconds: 100, door: 1 },
  ]);
});

test("a key pulled while the insertion still bounces: what would have come after the pull does not", () => {
  const stay = { door: 1, condition: "clean" as const, fromMicroseconds: 0, forMicroseconds: 20 };
  // Two bounces in (at 5, 10, 15 and 30 µs), none out; at 20 µs the key leaves a contact that is made.
  expect(contactEdges(PROFILE, stay, drawsListed(2, 4, 9, 14, 29, 0))).toEqual([
    { kind: "make", atMicroseconds: 0, door: 1 },
    { kind: "break", atMicroseconds: 5, door: 1 },
    { kind: "make", atMicroseconds: 10, door: 1 },
    { kind: "break", atMicroseconds: 15, door: 1 },
  ]);
});

test("a key that goes on to another door is in one keyway at a time", () => {
  fc.assert(
    fc.property(fc.array(stays, { minLength: 1, maxLength: 4 }), fc.integer(), (tour, seed) => {
      const edges = contactTour(PROFILE, tour, drawsOf(seed));
      let inside: string | undefined;
      edges.forEach((edge, index) => {
        expect(edge.atMicroseconds).toBeGreaterThan(edges[index - 1]?.atMicroseconds ?? -1);
        expect(inside).toBe(edge.kind === "make" ? undefined : edge.door);
        inside = edge.kind === "make" ? edge.door : undefined;
      });
      expect(inside).toBeUndefined();
      expect(edges.length).toBeGreaterThanOrEqual(2 * tour.length);
    }),
  );
});

test("the same draws give the same edges, and dirt has its resistance", () => {
  fc.assert(
    fc.property(fc.array(stays, { maxLength: 4 }), fc.integer(), (tour, seed) => {
      expect(contactTour(PROFILE, tour, drawsOf(seed))).toEqual(contactTour(PROFILE, tour, drawsOf(seed)));
    }),
  );
  expect([contactMilliohms(PROFILE, "clean"), contactMilliohms(PROFILE, "dirty")]).toEqual([100, 20_000]);
});
