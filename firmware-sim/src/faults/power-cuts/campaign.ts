/**
 * All cases one after the other, in an order in which a campaign that is stopped has looked everywhere a little: every scenario and kind
 * of cut in turn, and inside of each by far jumps. Whoever runs it stops when they like.
 */

import type { PowerCut } from "./cut.ts";
import { CUT_KINDS, type CutKind, placeName, placesToCut } from "./places.ts";
import type { CutScenarioName } from "./scenarios.ts";
import { addTrial, type CutTally, emptyTally } from "./tally.ts";
import { CutTrials, type Trial } from "./trial.ts";

export interface CutPlan {
  readonly scenarios: readonly CutScenarioName[];
  readonly kinds?: readonly CutKind[];
  /** 2: after each cut of a memory every cut of a memory in what follows it, until all is over. */
  readonly depth: 1 | 2;
  /** The `index`-th of `of` parts, from 0. */
  readonly shard?: { readonly index: number; readonly of: number };
}

export interface CutStep {
  readonly trial: Trial;
  readonly tally: CutTally;
}

/** Cases that stand together share what was rehearsed; this many go to the same shard. */
const RUN_LENGTH = 8;

/** Tries case after case. The tally is the same object all along. */
export function* tryCuts({ scenarios, kinds = CUT_KINDS, depth, shard }: CutPlan): Generator<CutStep, CutTally, void> {
  const tally = emptyTally();
  const trials = new Map(scenarios.map((name) => [name, new CutTrials(name)]));
  const { index: own, of } = shard ?? { index: 0, of: 1 };
  const isOwn = (index: number): boolean => Math.floor(index / RUN_LENGTH) % of === own;
  for (const [name, one] of trials) {
    // What is wrong without a cut is not the cut's fault.
    const trial = one.try([]);
    addTrial(tally, { scenario: name, place: "uncut" }, trial, one.states);
    if (trial.verdict !== "held") {
      yield { trial, tally };
      trials.delete(name);
    }
  }
  yield* tryInTurn(
    [...trials].flatMap(([scenario, one]) => queuesOf(scenario, one, kinds, tally)),
    isOwn,
    tally,
  );
  if (depth === 2) yield* tryPairs(trials, isOwn, tally);
  return tally;
}

/** The cases of one kind in one scenario. */
interface Queue {
  readonly scenario: CutScenarioName;
  readonly trials: CutTrials;
  readonly places: readonly PowerCut[];
  readonly order: Iterator<number, void, void>;
}

function queuesOf(scenario: CutScenarioName, trials: CutTrials, kinds: readonly CutKind[], tally: CutTally): Queue[] {
  const rehearsal = trials.rehearsal([]);
  if (rehearsal === undefined) return [];
  return kinds.map((kind) => {
    const places = [...placesToCut(trials.staged, rehearsal, [kind])];
    for (const cut of places) countPlace(tally, scenario, placeName(cut));
    return { scenario, trials, places, order: farJumps(places.length) };
  });
}

/** Of each queue a run, then of each another one, until all are empty. */
function* tryInTurn(
  queues: readonly Queue[],
  isOwn: (index: number) => boolean,
  tally: CutTally,
): Generator<CutStep, void, void> {
  let left = queues;
  while (left.length > 0) {
    const goOn: Queue[] = [];
    for (const queue of left) {
      const { scenario, trials, places, order } = queue;
      let own = 0;
      let next = order.next();
      for (; next.done !== true; next = order.next()) {
        const cut = places[next.value];
        if (cut === undefined || !isOwn(next.value)) continue;
        const trial = trials.try([cut]);
        addTrial(tally, { scenario, place: placeName(cut) }, trial, trials.states);
        yield { trial, tally };
        own += 1;
        if (own === RUN_LENGTH) break;
      }
      if (next.done !== true) goOn.push(queue);
    }
    left = goOn;
  }
}

/** Of each scenario one first cut with all second ones, then of each another one. */
function* tryPairs(
  trials: ReadonlyMap<CutScenarioName, CutTrials>,
  isOwn: (index: number) => boolean,
  tally: CutTally,
): Generator<CutStep, void, void> {
  let left = [...trials].map(([scenario, one]) => pairsOf(scenario, one, isOwn, tally));
  while (left.length > 0) {
    const goOn: typeof left = [];
    for (const pairs of left) {
      let next = pairs.next();
      for (; next.done !== true && next.value !== "first-done"; next = pairs.next()) yield next.value;
      if (next.done !== true) goOn.push(pairs);
    }
    left = goOn;
  }
}

/** After each first cut that leaves something that no other has left, every second one. */
function* pairsOf(
  scenario: CutScenarioName,
  trials: CutTrials,
  isOwn: (index: number) => boolean,
  tally: CutTally,
): Generator<CutStep | "first-done", void, void> {
  const pairs = tally.scenarios[scenario]?.pairs;
  const rehearsal = trials.rehearsal([]);
  if (pairs === undefined || rehearsal === undefined) return;
  const firsts = [...placesToCut(trials.staged, rehearsal, ["nvm"])];
  const left = new Set<string>();
  pairs.firsts = firsts.length;
  for (const index of farJumps(firsts.length)) {
    const first = firsts[index];
    if (first === undefined || !isOwn(index)) continue;
    const after = trials.rehearsal([first]);
    pairs.firstsTaken += 1;
    if (after === undefined) continue;
    if (left.has(after.leaves)) {
      pairs.firstsAlike += 1;
      continue;
    }
    left.add(after.leaves);
    const seconds = [...placesToCut(trials.staged, after, ["nvm"])];
    pairs.places += seconds.length;
    for (const second of seconds) {
      const trial = trials.try([first, second]);
      addTrial(tally, { scenario, place: "pairs" }, trial, trials.states);
      yield { trial, tally };
    }
    yield "first-done";
  }
}

function countPlace({ scenarios }: CutTally, scenario: CutScenarioName, place: string): void {
  const counts = scenarios[scenario]?.places;
  if (counts !== undefined) counts[place] = (counts[place] ?? 0) + 1;
}

/** Every number below `count` once, neighbours of a run together, runs far from each other. */
export function* farJumps(count: number): Generator<number, void, void> {
  const runs = Math.ceil(count / RUN_LENGTH);
  const stride = strideFor(runs);
  for (let step = 0; step < runs; step++) {
    const run = (step * stride) % runs;
    for (let index = run * RUN_LENGTH; index < Math.min(count, (run + 1) * RUN_LENGTH); index++) yield index;
  }
}

/** Near the golden section, and without a common divisor. */
function strideFor(runs: number): number {
  for (let stride = Math.max(1, Math.floor((runs * 618) / 1000)); ; stride++)
    if (divisor(stride, runs) === 1) return stride;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
