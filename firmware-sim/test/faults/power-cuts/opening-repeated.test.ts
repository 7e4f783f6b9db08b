/** Power goes at every operation of each memory during a repeated visit, and inside it, in all four ways. */
import { expect, test } from "vitest";
import { everyStage, tryAll } from "./trying.ts";

test("a repeated visit survives every cut of each memory", { timeout: 240_000 }, () => {
  const { counts, broken, states } = tryAll("opening-repeated", ["nvm"]);
  expect(broken).toEqual([]);
  everyStage(counts, "cylinder", 20);
  everyStage(counts, "key", 40);
  expect(states).toBeGreaterThan(150);
});
