/**
 * Power cuts (littlefs' test runner, over whole worlds): every operation of every memory, every byte on every line and every way in which a
 * contact breaks, in each of the acts that change what devices hold. After every cut all properties hold, people go on, and all records
 * come home.
 */
export { type CutPlan, type CutStep, farJumps, tryCuts } from "./campaign.ts";
export * from "./cut.ts";
export { CUT_KINDS, type CutKind, kindOf, placeName, placesToCut } from "./places.ts";
export type { Rehearsal } from "./rehearsal.ts";
export { type CutScenarioName, cutScenarioNames } from "./scenarios.ts";
export type { Recovered, Staged } from "./street.ts";
export { type CutTally, casesTried, emptyTally, mergeTallies, type PairTally, type ScenarioTally } from "./tally.ts";
export { CutTrials, type Trial } from "./trial.ts";
