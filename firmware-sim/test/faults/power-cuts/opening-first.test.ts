/** Power goes at every operation of each memory during a first visit, in one way after the other. */
import { expect, test } from "vitest";
import type { PowerCut } from "#src/faults/power-cuts/index.ts";
import { NVM_CUT_STAGES } from "#src/hardware/nvm.ts";
import { cutTwice, everyStage, tryAll } from "./trying.ts";

/** `nyckelfri cuts` tries each operation in all four ways. */
function inTurn({ moment }: PowerCut): boolean {
  return moment.kind === "nvm" && NVM_CUT_STAGES[moment.operation % NVM_CUT_STAGES.length] === moment.stage;
}

test("a first visit survives a cut of every operation", { timeout: 240_000 }, () => {
  const { counts, broken, states } = tryAll("opening-first", ["nvm"], inTurn);
  expect(broken).toEqual([]);
  everyStage(counts, "cylinder", 30);
  everyStage(counts, "key", 14);
  // Cuts in different places leave different memories, or the runner cuts nothing.
  expect(states).toBeGreaterThan(100);
});

test("a first visit survives a second cut while it recovers from a first one", { timeout: 240_000 }, () => {
  const { broken, tried } = cutTwice("opening-first", 4, 3);
  expect(broken).toEqual([]);
  expect(tried).toBeGreaterThan(9);
});
