import { expect, test } from "vitest";
import { type Effort, explore, IS_LONG } from "./explore.ts";
import { keyAlone } from "./key-alone.ts";

const EFFORT: Effort = IS_LONG
  ? { budget: 2, steps: 1_000_000, order: "shortest-first" }
  : { budget: 2, steps: 5_000, order: "any" };

test("SPEC OPN-8, OPN-16, PER-7, TIM-9: whatever comes to a key in whatever order, it signs by a clock that runs, once, and after the commit", {
  timeout: 600_000,
}, () => {
  const explored = explore(keyAlone(IS_LONG ? 4 : 16), EFFORT);
  expect(explored.isWhole).toBe(IS_LONG);
  expect(explored.nodes).toBeGreaterThan(1_000);
  const names = ["greeting", "updating", "proving", "asking", "supplying", "carrying", "over"].map(
    (at) => `at-door ${at}`,
  );
  expect([...explored.names.keys()]).toEqual(expect.arrayContaining([...names, "in-dock", "at-work greeting", "off"]));
});
