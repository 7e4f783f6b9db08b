/**
 * One property over many schedules: what is more likely to happen, and what has to have happened at least so often over all runs:
 * a property that was shown on schedules in which nothing happened was not shown.
 *
 * `NYCKELFRI_RUNS=500 npx vitest run --project source firmware-sim/test/model` is a longer campaign: so many runs of each property.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { PropertyId } from "#src/checkers/checker.ts";
import type { Weights } from "./scenes.ts";
import { demandNoBreach, scheduleOf } from "./schedule.ts";
import { tally } from "./small-town.ts";

export interface Proof {
  readonly property: PropertyId;
  readonly says: string;
  readonly weights: Weights;
  readonly sees: Readonly<Record<string, number>>;
}

/** All checkers watch every run: a property has those of all the others too. `.ci/run` makes more. */
const USUAL_RUNS = 1;
/** So often at most are the runs made, until everything that has to be seen was seen. */
const MOST_BATCHES = 12;
const RUNS = Number(process.env["NYCKELFRI_RUNS"] ?? USUAL_RUNS);
const LONGEST_MS = 120_000;
const TIME_OUT_MS: number = Math.max(LONGEST_MS, RUNS * 10_000);

export function prove({ property, says, weights, sees }: Proof): void {
  test(`${property}: ${says}`, { timeout: TIME_OUT_MS }, () => {
    tally.clear();
    const missing = () =>
      Object.keys(sees)
        .map((name) => [name, tally.get(name) ?? 0] as const)
        .filter(([name, times]) => times < (sees[name] ?? 0));
    let runs = 0;
    // What has to be seen may by chance not have come in the first runs.
    do {
      fc.assert(fc.property(scheduleOf(weights), demandNoBreach), {
        numRuns: RUNS,
        interruptAfterTimeLimit: TIME_OUT_MS / 2,
        markInterruptAsFailure: true,
      });
      runs += RUNS;
    } while (missing().length > 0 && runs < MOST_BATCHES * RUNS);
    expect(missing()).toEqual([]);
    expect(tally.get("liveness yes")).toBeGreaterThanOrEqual(runs * 4);
  });
}
