/**
 * Which power cuts to try on a memory, in the manner of littlefs' test runner: one cut at every stage of every operation
 * (linear), or every further cut after each of them (exhaustive, to a depth). A schedule has an id to copy and paste,
 * e.g. `17.torn+23.after`.
 */
import type { Draws } from "./draws.ts";
import { oneOf } from "./draws.ts";
import { NVM_CUT_STAGES, type NvmCut, type NvmCutStage } from "./nvm.ts";

/** Cuts in the order in which they strike; operation numbers go on over the restarts between them. */
export type NvmCutSchedule = readonly NvmCut[];

/** Where a run's operations begin, and the number after its last one (`Nvm.operations`). */
export interface NvmOperationRange {
  readonly first: number;
  readonly end: number;
}

/**
 * Every schedule of 1 to `depth` cuts. `operationsUnder` runs the thing under test with the given cuts and says which
 * operations the stretch after the last of them had: it is asked once for each schedule that gets a further cut, so a
 * depth of 1 costs one run, and a depth of 2 one more for each schedule of one cut.
 */
export function* planNvmCuts(
  operationsUnder: (schedule: NvmCutSchedule) => NvmOperationRange,
  depth: number,
  schedule: NvmCutSchedule = [],
): Generator<NvmCutSchedule, void, void> {
  if (depth <= 0) return;
  const { first, end } = operationsUnder(schedule);
  for (let operation = first; operation < end; operation++) {
    for (const stage of NVM_CUT_STAGES) {
      const longer = [...schedule, { operation, stage }];
      yield longer;
      yield* planNvmCuts(operationsUnder, depth - 1, longer);
    }
  }
}

/** The stage of a cut that comes at no planned moment. */
export function drawNvmCutStage(draws: Draws): NvmCutStage {
  return oneOf(draws, NVM_CUT_STAGES);
}

export function formatNvmCuts(schedule: NvmCutSchedule): string {
  return schedule.length === 0 ? NO_CUT : schedule.map(({ operation, stage }) => `${operation}.${stage}`).join("+");
}

/** The schedule of an id, or undefined where the text is no id. */
export function parseNvmCuts(text: string): NvmCutSchedule | undefined {
  if (text === NO_CUT) return [];
  const schedule: NvmCut[] = [];
  for (const part of text.split("+")) {
    const [, number = "", name = ""] = /^(0|[1-9]\d{0,14})\.([a-z]+)$/.exec(part) ?? [];
    const stage = NVM_CUT_STAGES.find((one) => one === name);
    const operation = Number(number);
    const last = schedule.at(-1);
    // A cut before an operation leaves its number to the next one that begins.
    const earliest = last === undefined ? 0 : last.stage === "before" ? last.operation : last.operation + 1;
    if (stage === undefined || operation < earliest) return undefined;
    schedule.push({ operation, stage });
  }
  return schedule;
}

const NO_CUT = "none";
