/** What a campaign came to, as data that adds up: reports of shards become the report of all of them. */
import { type OptionName, type Options, optionNames, optionTable, printOptions } from "../../world/options.ts";
import { seedText } from "../../world/streams.ts";
import { type MarkName, markNames } from "./marks.ts";
import { optionsFor, type SwarmOutcome, type SwarmRun } from "./run.ts";

export const SWARM_REPORT_KIND = "nyckelfri-swarm";

export interface FaultCount {
  /** Seeds whose worlds had it switched on. */
  readonly worlds: number;
  readonly struck: number;
  readonly felt: number;
}

export interface SwarmFailure {
  readonly seed: string;
  /** The property that was broken first; `stuck` where the world could not go on, `differs` where the same seed gave another run. */
  readonly property: string;
  readonly seconds: number;
  readonly device: string;
  readonly what: string;
  /** The whole table of the seed, one option a line. */
  readonly table: string;
  /** The command line that repeats it. */
  readonly line: string;
  readonly shrunk?: {
    readonly line: string;
    readonly what: string;
    readonly acts: string;
    readonly tried: number;
    readonly ended: string;
  };
}

export interface SwarmReport {
  readonly kind: typeof SWARM_REPORT_KIND;
  readonly seeds: number;
  readonly openings: number;
  readonly healedOpenings: number;
  readonly insertions: number;
  readonly records: number;
  readonly cuts: number;
  readonly acts: number;
  /** Days that passed in all worlds together, in seconds. */
  readonly virtualSeconds: number;
  /** Seeds that were run twice, to see that they give the same run. */
  readonly twice: number;
  /** Of the computer, added up over shards and cores. */
  readonly coreSeconds: number;
  /** Of the longest shard. */
  readonly wallSeconds: number;
  readonly faults: Readonly<Record<string, FaultCount>>;
  readonly marks: Readonly<Record<string, number>>;
  readonly failures: readonly SwarmFailure[];
}

/** They shape another fault, or are there without striking: drift is no event. */
const SHAPES: ReadonlySet<OptionName> = new Set(["contactBounceMs", "clockDriftPpm"] as const);

/** All kinds of faults: options that only say how a fault is go with the fault. */
export const faultNames: readonly OptionName[] = optionNames.filter((name) => {
  return optionTable[name].group !== "size" && !SHAPES.has(name);
});

export const emptyReport: SwarmReport = {
  ...{ kind: SWARM_REPORT_KIND, seeds: 0, openings: 0, healedOpenings: 0, insertions: 0, records: 0, cuts: 0, acts: 0 },
  ...{ virtualSeconds: 0, twice: 0, coreSeconds: 0, wallSeconds: 0, failures: [] },
  faults: Object.fromEntries(faultNames.map((name) => [name, { worlds: 0, struck: 0, felt: 0 }])),
  marks: Object.fromEntries(markNames.map((name) => [name, 0])),
};

/** One seed's share. `coreSeconds`: what it took. */
export function reportOf(
  outcome: SwarmOutcome,
  { coreSeconds, twice }: { readonly coreSeconds: number; readonly twice: "once" | "twice" },
  failures: readonly SwarmFailure[],
): SwarmReport {
  const { options, openings, healedOpenings, insertions, recordsStored, cuts, acts, seconds } = outcome;
  return {
    ...{ kind: SWARM_REPORT_KIND, seeds: 1, openings, healedOpenings, insertions, records: recordsStored, cuts, acts },
    ...{ virtualSeconds: seconds, twice: twice === "twice" ? 1 : 0, coreSeconds, wallSeconds: 0, failures },
    faults: Object.fromEntries(faultNames.map((name) => [name, faultCount(outcome, options, name)])),
    marks: Object.fromEntries(markNames.map((name: MarkName) => [name, outcome.marks[name] ?? 0])),
  };
}

function faultCount({ strikes }: SwarmOutcome, options: Options, name: OptionName): FaultCount {
  const { struck = 0, felt = 0 } = strikes[name] ?? {};
  return { worlds: options[name] === 0 ? 0 : 1, struck, felt };
}

/** Of shards that ran beside each other: everything adds up, and the longest one says how long it took. */
export function mergeReports(reports: readonly SwarmReport[]): SwarmReport {
  return reports.reduce(
    (sum, one) => ({
      kind: SWARM_REPORT_KIND,
      seeds: sum.seeds + one.seeds,
      openings: sum.openings + one.openings,
      healedOpenings: sum.healedOpenings + one.healedOpenings,
      insertions: sum.insertions + one.insertions,
      records: sum.records + one.records,
      cuts: sum.cuts + one.cuts,
      acts: sum.acts + one.acts,
      virtualSeconds: sum.virtualSeconds + one.virtualSeconds,
      twice: sum.twice + one.twice,
      coreSeconds: sum.coreSeconds + one.coreSeconds,
      wallSeconds: Math.max(sum.wallSeconds, one.wallSeconds),
      faults: merged(sum.faults, one.faults, (a, b) => ({
        worlds: (a?.worlds ?? 0) + (b?.worlds ?? 0),
        struck: (a?.struck ?? 0) + (b?.struck ?? 0),
        felt: (a?.felt ?? 0) + (b?.felt ?? 0),
      })),
      marks: merged(sum.marks, one.marks, (a, b) => (a ?? 0) + (b ?? 0)),
      failures: [...sum.failures, ...one.failures],
    }),
    emptyReport,
  );
}

function merged<T>(
  one: Readonly<Record<string, T>>,
  other: Readonly<Record<string, T>>,
  add: (a: T | undefined, b: T | undefined) => T,
): Readonly<Record<string, T>> {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(names.map((name) => [name, add(one[name], other[name])]));
}

/** Faults and marks that nothing has come to: a campaign that is large enough has none. */
export function neverHit({ faults, marks }: SwarmReport): readonly string[] {
  return [
    ...Object.entries(faults).flatMap(([name, { struck }]) => (struck === 0 ? [name] : [])),
    ...Object.entries(marks).flatMap(([name, count]) => (count === 0 ? [name] : [])),
  ];
}

/** The command that repeats a run, in one line to paste. */
export function swarmLine({ seed, changed = {}, acts }: SwarmRun): string {
  const sets = Object.entries(changed).map(([name, value]) => `--set ${name}=${value}`);
  const kept = acts === undefined ? [] : [`--acts ${writeActs(acts)}`];
  return ["nyckelfri swarm --seeds 1 --from", seedText(seed), ...sets, ...kept].join(" ");
}

/** Places in a plan: `3,17-20`; `none` for none. */
export function writeActs(acts: readonly number[]): string {
  const spans: string[] = [];
  for (let from = 0; from < acts.length; ) {
    let until = from;
    while (acts[until + 1] === (acts[until] ?? 0) + 1) until += 1;
    spans.push(from === until ? String(acts[from]) : `${acts[from]}-${acts[until]}`);
    from = until + 1;
  }
  return spans.join(",") || "none";
}

/** Undefined for what is no such list. */
export function readActs(text: string): readonly number[] | undefined {
  if (text === "none") return [];
  const acts: number[] = [];
  for (const span of text.split(",")) {
    const [, first, last = first] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(span) ?? [];
    if (first === undefined || Number(first) <= (acts.at(-1) ?? -1) || Number(last) < Number(first)) return undefined;
    for (let act = Number(first); act <= Number(last); act++) acts.push(act);
  }
  return acts;
}

export function tableOfRun(run: SwarmRun): string {
  return printOptions(optionsFor(run));
}
