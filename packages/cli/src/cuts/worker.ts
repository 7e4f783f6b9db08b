/** One worker's share of all power cuts; it posts its tally now and then, and at its end. */
import { parentPort, workerData } from "node:worker_threads";
import { type CutPlan, type CutTally, tryCuts } from "@nyckelfri/firmware-sim";

export interface CutWork {
  readonly plan: CutPlan;
  /** Milliseconds since 1970. */
  readonly until: number;
}

const CASES_BETWEEN_TALLIES = 50;

const { plan, until } = workerData as CutWork;
let cases = 0;
let last: CutTally | undefined;
for (const { tally, trial } of tryCuts(plan)) {
  cases += 1;
  last = tally;
  if (cases % CASES_BETWEEN_TALLIES === 0 || trial.verdict === "broken") parentPort?.postMessage(tally);
  if (Date.now() >= until) break;
}
if (last !== undefined) parentPort?.postMessage(last);
