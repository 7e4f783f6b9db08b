/** Power goes at every operation of each memory during a first visit. */
import { expect, test } from "vitest";
import { cutTwice, everyStage, inTurn, tryAll, WAYS } from "./trying.ts";

test("a first visit survives a cut of every operation", { timeout: 600_000 }, () => {
  const { counts, broken, states } = tryAll("opening-first", ["nvm"], inTurn);
  expect(broken).toEqual([]);
  everyStage(counts, "cylinder", 30 * WAYS);
  everyStage(counts, "key", 14 * WAYS);
  // Cuts in different places leave different memories, or the runner cuts nothing.
  expect(states).toBeGreaterThan(100);
});

test("a first visit survives a second cut while it recovers from a first one", { timeout: 240_000 }, () => {
  const { broken, tried } = cutTwice("opening-first", 4, 3);
  expect(broken).toEqual([]);
  expect(tried).toBeGreaterThan(9);
});
