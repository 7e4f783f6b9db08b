import { expect, test } from "vitest";
import { type Effort, explore, IS_LONG } from "./explore.ts";
import { stationAlone } from "./station-alone.ts";

const EFFORT: Effort = IS_LONG
  ? { budget: 2, steps: 60_000, order: "shortest-first" }
  : { budget: 2, steps: 4_000, order: "any" };

test("SPEC DCK-5, SRV-6, TIM-8: whatever comes to a station in whatever order, it answers after the commit, tells a time that it has, and mixes up no slots", {
  timeout: 600_000,
}, () => {
  const explored = explore(stationAlone(), EFFORT);
  expect(explored.nodes).toBeGreaterThan(1_000);
  const names = ["empty empty", "talking empty", "resting empty", "resting talking", "resting resting", "off"];
  expect([...explored.names.keys()]).toEqual(expect.arrayContaining(names));
});
