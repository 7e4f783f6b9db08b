/** Power goes at every operation of each memory during a repeated visit, and inside it. */
import { expect, test } from "vitest";
import { everyStage, inTurn, tryAll, WAYS } from "./trying.ts";

test("a repeated visit survives a cut of every operation", { timeout: 240_000 }, () => {
  const { counts, broken, states } = tryAll("opening-repeated", ["nvm"], inTurn);
  expect(broken).toEqual([]);
  everyStage(counts, "cylinder", 5 * WAYS);
  everyStage(counts, "key", 10 * WAYS);
  expect(states).toBeGreaterThan(37 * WAYS);
});
