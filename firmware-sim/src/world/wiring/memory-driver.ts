/**
 * A device's memory at work: operations take their time one after the other, and power that goes in the middle hurts the one
 * that was being done.
 */
import type { OperationRates } from "../../costs/rates.ts";
import { type Draws, oneOf } from "../../hardware/draws.ts";
import {
  applyNvm,
  type Nvm,
  type NvmCut,
  type NvmCutStage,
  type NvmOperation,
  type NvmOutcome,
  skipNvm,
} from "../../hardware/nvm.ts";

/** Operations under way. */
export interface PendingWrite {
  readonly before: Nvm;
  readonly operations: readonly NvmOperation[];
  readonly skipped: ReadonlySet<number>;
  readonly after: Nvm;
  readonly outcome: NvmOutcome;
  readonly beginsAt: number;
  readonly endsAt: number;
  /** Power goes at this single operation, because a plan says so. */
  readonly cut?: NvmCut;
}

export interface Written {
  readonly write: PendingWrite;
  readonly picojoules: number;
  /** When the planned cut strikes. */
  readonly cutAt?: number;
}

/** `skipped`: by index, operations of which the part says that they are done, and has not begun them. */
export interface Mishaps {
  readonly plan?: NvmCut | undefined;
  readonly skipped?: ReadonlySet<number>;
}

const NONE: ReadonlySet<number> = new Set();

/** Begins to write at a time; what the plan cuts ends there. */
export function beginWrite(
  nvm: Nvm,
  operations: readonly NvmOperation[],
  beginsAt: number,
  rates: OperationRates,
  draws: Draws,
  { plan, skipped = NONE }: Mishaps = {},
): Written {
  const { nvm: after, outcomes } = run({ before: nvm, operations, skipped }, draws);
  const outcome = outcomes.find(({ kind }) => kind !== "done") ?? { kind: "done" };
  let nanoseconds = 0;
  let picojoules = 0;
  let cutAt: number | undefined;
  let number = nvm.operations;
  for (const operation of operations) {
    if (operation.kind === "read") continue;
    const rate = operation.kind === "erase" ? rates.pagesErased : rates.wordsProgrammed;
    const count = countOf(nvm, operation);
    if (plan !== undefined && plan.operation >= number && plan.operation < number + count) {
      cutAt = beginsAt + Math.floor((nanoseconds + (plan.operation - number) * rate.nanoseconds) / 1_000);
    }
    number += count;
    nanoseconds += count * rate.nanoseconds;
    picojoules += count * rate.picojoules;
  }
  const endsAt = beginsAt + Math.ceil(nanoseconds / 1_000);
  const write: PendingWrite = {
    ...{ before: nvm, operations, skipped, after, outcome, beginsAt, endsAt },
    ...(cutAt === undefined || plan === undefined ? {} : { cut: plan }),
  };
  return { write, picojoules, ...(cutAt === undefined ? {} : { cutAt }) };
}

/** What is in the memory when power goes at a time: of the operation that was being done, what the stage makes of it. */
export function cutWrite(
  write: PendingWrite,
  at: number,
  rates: OperationRates,
  draws: Draws,
  stageFor: (operation: NvmOperation) => NvmCutStage = () => oneOf(draws, STAGES),
): Nvm {
  if (write.cut !== undefined) return run(write, draws, write.cut).nvm;
  if (at >= write.endsAt) return write.after;
  const operation = operationAt(write, at, rates);
  const struck = operationsIn(write.before, write.operations)[operation - write.before.operations];
  const stage = struck === undefined ? oneOf(draws, STAGES) : stageFor(struck);
  return run(write, draws, { operation, stage }).nvm;
}

/** Inside an operation; before and after it is told by the time. */
const STAGES: readonly [NvmCutStage, ...NvmCutStage[]] = ["torn", "marginal", "before"];

/** One for each number that the memory counts: a program of several words is several. */
export function operationsIn(nvm: Nvm, operations: readonly NvmOperation[]): readonly NvmOperation[] {
  return operations.flatMap((operation) => Array.from({ length: countOf(nvm, operation) }, () => operation));
}

function countOf({ profile }: Nvm, operation: NvmOperation): number {
  if (operation.kind === "read") return 0;
  return operation.kind === "erase" ? 1 : operation.bytes.length / profile.wordBytes;
}

function run(
  { before, operations, skipped }: Pick<PendingWrite, "before" | "operations" | "skipped">,
  draws: Draws,
  cut?: NvmCut,
) {
  const outcomes: NvmOutcome[] = [];
  let nvm = before;
  for (const [index, operation] of operations.entries()) {
    const reaches = cut !== undefined && cut.operation < nvm.operations + countOf(nvm, operation);
    const step = skipped.has(index) ? skipNvm(nvm, operation) : applyNvm(nvm, operation, draws, cut);
    nvm = step.nvm;
    outcomes.push(step.outcome);
    if (step.outcome.kind === "cut" || (skipped.has(index) && reaches)) break;
  }
  return { nvm, outcomes };
}

function operationAt(write: PendingWrite, at: number, rates: OperationRates): number {
  let left = (at - write.beginsAt) * 1_000;
  let number = write.before.operations;
  for (const operation of write.operations) {
    if (operation.kind === "read") continue;
    const rate = operation.kind === "erase" ? rates.pagesErased : rates.wordsProgrammed;
    const count = countOf(write.before, operation);
    const whole = rate.nanoseconds === 0 ? count : Math.floor(Math.max(0, left) / rate.nanoseconds);
    if (whole < count) return number + whole;
    left -= count * rate.nanoseconds;
    number += count;
  }
  return Math.max(write.before.operations, number - 1);
}
