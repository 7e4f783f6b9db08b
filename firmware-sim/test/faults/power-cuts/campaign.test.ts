/** A campaign covers what it says, in however many parts. */
import { expect, test } from "vitest";
import {
  type CutPlan,
  type CutTally,
  casesTried,
  farJumps,
  mergeTallies,
  tryCuts,
} from "#src/faults/power-cuts/index.ts";

const PLAN: CutPlan = { scenarios: ["opening-repeated"], kinds: ["nvm"], depth: 1 };

function ended(plan: CutPlan, most: number = Number.MAX_SAFE_INTEGER): CutTally {
  const steps = tryCuts(plan);
  for (let step = 0; ; step++) {
    const { value, done } = steps.next();
    if (done === true) return value;
    if (step >= most) return value.tally;
  }
}

test("every index comes once, and the first ones are far from each other", () => {
  for (const count of [0, 1, 7, 8, 9, 100, 1_001]) {
    const order = [...farJumps(count)];
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
  }
  const halves = [...farJumps(1_000)].slice(0, 100).map((index) => Math.floor(index / 250));
  expect(new Set(halves)).toEqual(new Set([0, 1, 2, 3]));
});

test("shards share the cases out, and their tallies add up", { timeout: 120_000 }, () => {
  const tried = (tally: CutTally) => casesTried(tally.scenarios["opening-repeated"] ?? { tried: {} });
  const shards = [0, 5, 11].map((index) => ended({ ...PLAN, shard: { index, of: 40 } }));
  const merged = shards.reduce(mergeTallies);
  expect(tried(merged)).toBe(shards.reduce((sum, one) => sum + tried(one), 0));
  expect(tried(merged)).toBeGreaterThan(20);
  expect(merged.scenarios["opening-repeated"]?.tried).toMatchObject({ uncut: 1 });
  const places = Object.values(merged.scenarios["opening-repeated"]?.places ?? {});
  expect(places.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(300);
  expect(merged).toMatchObject({ broken: [], brokenCount: 0 });
});

test("at depth two, it says how many second cuts there are and how many it has tried", { timeout: 120_000 }, () => {
  const tally = ended({ ...PLAN, kinds: [], depth: 2 }, 10);
  const own = tally.scenarios["opening-repeated"];
  expect(own?.pairs.firsts).toBeGreaterThan(300);
  expect(own?.pairs.places).toBeGreaterThan(100);
  expect(own?.tried["pairs"]).toBeGreaterThanOrEqual(10);
});
