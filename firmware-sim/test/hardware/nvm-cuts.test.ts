import fc from "fast-check";
import { expect, test } from "vitest";
import { applyNvm, erasedNvm, NVM_CUT_STAGES, type Nvm, type NvmOperation, runNvm } from "#src/hardware/nvm.ts";
import {
  drawNvmCutStage,
  formatNvmCuts,
  type NvmCutSchedule,
  parseNvmCuts,
  planNvmCuts,
} from "#src/hardware/nvm-cuts.ts";
import { drawsOf, NO_DRAWS } from "./draws-of.ts";
import { ECC_FLASH, operations } from "./nvm-memory.ts";

const WRITE: readonly NvmOperation[] = [
  { kind: "erase", page: 0 },
  { kind: "program", page: 0, word: 0, bytes: new Uint8Array(8) },
];

/** After each restart the whole of it is written again, until it comes to its end. */
function runRestarting(list: readonly NvmOperation[], schedule: NvmCutSchedule, seed = 1) {
  let nvm: Nvm = erasedNvm(ECC_FLASH);
  let first = 0;
  for (const cut of [...schedule, undefined]) {
    first = nvm.operations;
    nvm = runNvm(nvm, list, drawsOf(seed), cut).nvm;
  }
  return { nvm, range: { first, end: nvm.operations } };
}
const plan = (depth: number) => [...planNvmCuts((schedule) => runRestarting(WRITE, schedule).range, depth)];

test("linear: every stage of every operation, once", () => {
  const ids = plan(1).map(formatNvmCuts);
  const expected = [0, 1, 2].flatMap((operation) => NVM_CUT_STAGES.map((stage) => `${operation}.${stage}`));
  expect(ids).toEqual(expected);
});

test("exhaustive to depth 2: behind every cut, every cut of what is done after the restart", () => {
  const schedules = plan(2);
  const nested = schedules.filter((schedule) => schedule.length === 2);
  // Three operations by four stages; behind each of them three operations again.
  expect([schedules.length, nested.length]).toEqual([12 + 144, 144]);
  expect(new Set(schedules.map(formatNvmCuts)).size).toBe(schedules.length);
  // A cut before operation 2 does not use its number up; every other stage does.
  const behind = (id: string) =>
    nested.filter((one) => formatNvmCuts(one).startsWith(id)).map(([, next]) => next?.operation);
  expect(behind("2.before+")[0]).toBe(2);
  expect(behind("2.after+")[0]).toBe(3);
});

test("no depth, no cuts; nothing to cut, no cuts", () => {
  expect(plan(0)).toEqual([]);
  expect([...planNvmCuts(() => ({ first: 5, end: 5 }), 3)]).toEqual([]);
});

test("every cut that is planned strikes, and its id repeats it", () => {
  fc.assert(
    fc.property(operations, fc.integer(), (list, seed) => {
      const count = () => ({ first: 0, end: runNvm(erasedNvm(ECC_FLASH), list, NO_DRAWS).nvm.operations });
      for (const schedule of planNvmCuts(count, 1)) {
        const run = ([cut]: NvmCutSchedule) => runNvm(erasedNvm(ECC_FLASH), list, drawsOf(seed), cut);
        const first = run(schedule);
        expect(first.outcomes.at(-1)).toEqual({ kind: "cut", at: schedule[0] });
        expect(run(parseNvmCuts(formatNvmCuts(schedule)) ?? [])).toEqual(first);
      }
    }),
    { numRuns: 30 },
  );
});

test("two-deep schedules repeat from their ids too", () => {
  for (const schedule of plan(2)) {
    const again = parseNvmCuts(formatNvmCuts(schedule));
    expect(again).toEqual(schedule);
    expect(runRestarting(WRITE, again ?? [], 7)).toEqual(runRestarting(WRITE, schedule, 7));
  }
});

test.each(["", "1", "1.inside", "01.torn", "1.torn+1.torn", "2.torn+1.after", "1.torn+", "-1.torn", "1.torn 2.torn"])(
  "%j is no id",
  (text) => {
    expect(parseNvmCuts(text)).toBeUndefined();
  },
);

test("no cut has an id as well", () => {
  expect([formatNvmCuts([]), parseNvmCuts("none")]).toEqual(["none", []]);
});

test("a cut that comes at no planned moment may have any stage", () => {
  const draws = drawsOf(3);
  const stages = Array.from({ length: 60 }, () => drawNvmCutStage(draws));
  expect(new Set(stages)).toEqual(new Set(NVM_CUT_STAGES));
  const nvm = erasedNvm(ECC_FLASH);
  expect(applyNvm(nvm, WRITE[0] as NvmOperation, NO_DRAWS, { operation: 1, stage: "torn" }).outcome.kind).toBe("done");
});
