/** Runs cases, and counts them by place: a runner that covers nothing passes everything. */
import { expect } from "vitest";
import {
  type CutKind,
  type CutScenarioName,
  CutTrials,
  farJumps,
  type PowerCut,
  placeName,
  placesToCut,
  type Trial,
} from "#src/faults/power-cuts/index.ts";
import { NVM_CUT_STAGES } from "#src/hardware/nvm.ts";

/** Each operation is cut in one of the four ways, the next one in the next; in all four with `NYCKELFRI_RUNS`, as `.ci/run` has it. */
export const WAYS: 1 | 4 = process.env["NYCKELFRI_RUNS"] === undefined ? 1 : 4;

export function inTurn({ moment }: PowerCut): boolean {
  if (moment.kind !== "nvm") return false;
  return WAYS === NVM_CUT_STAGES.length || NVM_CUT_STAGES[moment.operation % NVM_CUT_STAGES.length] === moment.stage;
}

export interface Tried {
  /** Of places at which something was cut. */
  readonly counts: ReadonlyMap<string, number>;
  /** Ids, each with the first property that it broke. */
  readonly broken: readonly string[];
  readonly states: number;
}

/** All cases of these kinds, or a share of each place that is spread over all of them. */
export function tryAll(
  scenario: CutScenarioName,
  kinds: readonly CutKind[],
  chosen: (cut: PowerCut) => boolean = () => true,
  mostOfEach: number = Number.MAX_SAFE_INTEGER,
): Tried {
  const trials = new CutTrials(scenario);
  expect(trials.try([])).toMatchObject({ verdict: "held" });
  const cuts = allPlaces(trials, [], kinds).filter(chosen);
  const taken = new Map<string, number>();
  const counts = new Map<string, number>();
  const broken: string[] = [];
  for (const index of farJumps(cuts.length)) {
    const cut = cuts[index] as PowerCut;
    const place = placeName(cut);
    if ((taken.get(place) ?? 0) >= mostOfEach) continue;
    taken.set(place, (taken.get(place) ?? 0) + 1);
    const trial = trials.try([cut]);
    if (trial.verdict !== "not-reached") counts.set(place, (counts.get(place) ?? 0) + 1);
    if (trial.verdict === "broken") broken.push(breachOf(trial));
  }
  return { counts, broken, states: trials.states };
}

/** After some first cuts, some second ones. */
export function cutTwice(
  scenario: CutScenarioName,
  firsts: number,
  seconds: number,
): { readonly tried: number; readonly broken: readonly string[] } {
  const trials = new CutTrials(scenario);
  const broken: string[] = [];
  let tried = 0;
  for (const first of spread(allPlaces(trials, [], ["nvm"]), firsts)) {
    for (const second of spread(allPlaces(trials, [first], ["nvm"]), seconds)) {
      const trial = trials.try([first, second]);
      if (trial.verdict !== "not-reached") tried += 1;
      if (trial.verdict === "broken") broken.push(breachOf(trial));
    }
  }
  return { tried, broken };
}

/** Each way in which a memory can be cut was tried at least so often. */
export function everyStage(counts: ReadonlyMap<string, number>, device: string, least: number): void {
  for (const stage of NVM_CUT_STAGES) {
    expect(counts.get(`${device} nvm ${stage}`), `${device} ${stage}`).toBeGreaterThanOrEqual(least);
  }
}

function allPlaces(trials: CutTrials, cuts: readonly PowerCut[], kinds: readonly CutKind[]): PowerCut[] {
  const rehearsal = trials.rehearsal(cuts);
  return rehearsal === undefined ? [] : [...placesToCut(trials.staged, rehearsal, kinds)];
}

function spread<T>(all: readonly T[], most: number): readonly T[] {
  const step = Math.max(1, Math.floor(all.length / most));
  return all.filter((_, index) => index % step === 0).slice(0, most);
}

function breachOf({ id, breaches }: Trial): string {
  const [first] = breaches;
  return `${id}: ${first?.property} ${first?.what}`;
}
