import { expect, test } from "vitest";
import { PHASES } from "#src/devices/cylinder/tables.ts";
import { cylinderAlone } from "./cylinder-alone.ts";
import { type Effort, explore, IS_LONG } from "./explore.ts";

const EFFORT: Effort = IS_LONG
  ? { budget: 3, steps: 1_000_000, order: "shortest-first" }
  : { budget: 2, steps: 15_000, order: "any" };

test("P5, P7, SPEC FRM-7, FRM-8, OPN-13, OPN-14: whatever comes to a cylinder in whatever order, it engages for one who may, once, and lets go", {
  timeout: 600_000,
}, () => {
  const explored = explore(cylinderAlone(IS_LONG ? 4 : 48), EFFORT);
  expect(explored.isWhole).toBe(IS_LONG);
  expect(explored.nodes).toBeGreaterThan(1_000);
  expect([...explored.names.keys()]).toEqual(expect.arrayContaining([...PHASES].filter((name) => name !== "closed")));
});
