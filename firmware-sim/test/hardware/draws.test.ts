import fc from "fast-check";
import { expect, test } from "vitest";
import { between, oneOf, strikes } from "#src/hardware/draws.ts";
import { drawsListed, drawsOf, NO_DRAWS } from "./draws-of.ts";

test("what is switched off or certain takes no draw, and the rest strikes in proportion", () => {
  expect(strikes(NO_DRAWS, 0)).toBe(false);
  expect(strikes(NO_DRAWS, 1_000_000)).toBe(true);
  expect(strikes(drawsListed(249_999), 250_000)).toBe(true);
  expect(strikes(drawsListed(250_000), 250_000)).toBe(false);
});

test("between takes both ends in, and a list gives any of its members", () => {
  expect(between(drawsListed(0), 3, 5)).toBe(3);
  expect(between(drawsListed(2), 3, 5)).toBe(5);
  expect(between(NO_DRAWS, 3, 3)).toBe(3);
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      expect(["a", "b", "c"]).toContain(oneOf(drawsOf(seed), ["a", "b", "c"]));
    }),
  );
});
