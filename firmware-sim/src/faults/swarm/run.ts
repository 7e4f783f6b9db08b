/** One seed: its options, its plan, a safety phase in which faults strike and checkers watch, and then the demand that everything lives. */
import type { CryptoProvider } from "@nyckelfri/protocol";
import { allCheckers, type Breach, type Checker, type PropertyId } from "../../checkers/index.ts";
import { type OptionName, type Options, optionNames, optionsOf } from "../../world/options.ts";
import type { Seed } from "../../world/streams.ts";
import type { StrikeCount } from "../../world/strikes.ts";
import { Watchers } from "../../world/watchers.ts";
import { type Act, carryOut } from "./acts.ts";
import { demandLife, Homecoming } from "./life.ts";
import { type MarkName, Marks } from "./marks.ts";
import { endOf, planOf } from "./plan.ts";
import { profileOf } from "./profiles.ts";
import { SwarmTown } from "./town.ts";

/** What is run: a seed, with some of its options changed by hand, and only some of the acts of its plan where they are named. */
export interface SwarmRun {
  readonly seed: Seed;
  readonly changed?: Partial<Options>;
  /** Places in the seed's plan, ascending; all of them unless given. */
  readonly acts?: readonly number[];
}

export interface SwarmOptions {
  readonly provider?: CryptoProvider;
  /** Who watches: all checkers unless given. */
  readonly checkers?: () => readonly Checker[];
  /** Stops in the middle when it says so: a run that is shrunk has to come to an end. */
  readonly isLate?: () => boolean;
}

export interface SwarmOutcome {
  readonly breaches: readonly Breach[];
  /** Why the world could not go on, where it could not: somebody's task that never ends, or a fault of the simulator's. */
  readonly stuck?: string;
  readonly options: Options;
  /** Engagements while faults struck, and after they had ended. */
  readonly openings: number;
  readonly healedOpenings: number;
  readonly insertions: number;
  readonly acts: number;
  readonly cuts: number;
  readonly recordsStored: number;
  /** Virtual. */
  readonly seconds: number;
  readonly traceHash: string;
  readonly strikes: Readonly<Partial<Record<OptionName, StrikeCount>>>;
  readonly marks: Readonly<Partial<Record<MarkName, number>>>;
}

/** The acts that a run does, each with its place in the plan. */
export function actsOf({ seed, changed = {}, acts }: SwarmRun): readonly (readonly [number, Act])[] {
  const plan = planOf(seed, optionsFor({ seed, changed }));
  const all = plan.map((act, index) => [index, act] as const);
  if (acts === undefined) return all;
  const kept = new Set(acts);
  return all.filter(([index]) => kept.has(index));
}

export function optionsFor({ seed, changed = {} }: SwarmRun): Options {
  return { ...optionsOf(seed), ...changed };
}

/** Runs it to its end, or until a property is broken. The same run gives the same outcome. */
export function runSwarm(
  run: SwarmRun,
  { provider, checkers: watching = allCheckers, isLate = () => false }: SwarmOptions = {},
): SwarmOutcome {
  const { seed } = run;
  const options = optionsFor(run);
  const marks = new Marks();
  const homecoming = new Homecoming();
  const checkers = watching();
  const watchers = new Watchers([...checkers, marks, homecoming]);
  const town = new SwarmTown({ seed, options, watchers, ...(provider && { provider }) });
  marks.strikes = town.strikes;
  const { world } = town;
  const acts = actsOf(run);
  const broken = (): readonly Breach[] =>
    breachesOf(
      checkers.flatMap(({ breaches }) => breaches),
      town,
    );
  const isOver = (): boolean => isLate() || broken().length > 0;
  let opened = 0;
  const extra: Breach[] = [];
  const stuck = orStuck(() => {
    strike(town, acts, isOver);
    opened = marks.counts.get("opened") ?? 0;
    if (isOver()) return;
    town.heal();
    extra.push(...demandLife(town, homecoming));
    world.finish();
  });
  const breaches = [...broken(), ...extra].sort((one, other) => one.at - other.at);
  const after = marks.counts.get("opened") ?? 0;
  return {
    ...(stuck === undefined ? {} : { stuck }),
    ...{ breaches, options, openings: opened, healedOpenings: after - opened, insertions: world.visitCount },
    ...{ acts: acts.length, cuts: town.strikes.countOf("powerCutPerMillion").struck },
    ...{ recordsStored: world.log.totals.records, seconds: Math.floor(world.kernel.now / 1_000_000) },
    traceHash: world.kernel.trace.hash(),
    strikes: Object.fromEntries(optionNames.flatMap((name) => struck(name, town))),
    marks: Object.fromEntries(marks.counts),
  };
}

/** The safety phase. Times of acts are counted from the world's begin; whatever took longer is waited for. */
function strike(town: SwarmTown, acts: readonly (readonly [number, Act])[], isOver: () => boolean): void {
  const { world } = town;
  const waitUntil = (seconds: number): void => {
    const until = world.kernel.beginsAt + seconds;
    if (until > world.unix) world.advanceTo(until);
  };
  for (const [, act] of acts) {
    waitUntil(act.at);
    carryOut(town, act);
    if (isOver()) return;
  }
  waitUntil(endOf(acts.map(([, act]) => act)));
}

function orStuck(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

function struck(name: OptionName, { strikes }: SwarmTown): [OptionName, StrikeCount][] {
  const count = strikes.countOf(name);
  return count.struck === 0 ? [] : [[name, count]];
}

/**
 * P11 sets a refusal's price for hardware that can keep it. And what stands on a page past its endurance may be gone: that a lock is
 * replaced before is P22's and the city's, as for P15 (careless-holders-break-nothing.ts).
 */
function breachesOf(breaches: readonly Breach[], town: SwarmTown): readonly Breach[] {
  const { refusals } = profileOf(town.options);
  return breaches.filter(({ property, what, device }) => {
    if (property === P11) return refusals === "within-limits" || !what.startsWith(REFUSAL);
    return property !== P8 || !town.isWorn({ cylinder: device });
  });
}

const P8: PropertyId = "P8";
const P11: PropertyId = "P11";
const REFUSAL = "a refusal (";
