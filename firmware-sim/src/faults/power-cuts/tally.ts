/** What a campaign has covered, and what not; plain data, so that the tallies of many workers and machines add up. */
import type { Trial } from "./trial.ts";

export interface ScenarioTally {
  /** By place name (`cylinder nvm torn`): how many there are, and how many of them were tried. */
  readonly places: Record<string, number>;
  readonly tried: Record<string, number>;
  /** Tried, and there was nothing to cut. */
  notReached: number;
  /** Trials in which people found what another cut had left already, which had held. */
  foundBefore: number;
  /** Different states in which people found things, of one worker at least. */
  states: number;
  openings: number;
  readonly pairs: PairTally;
}
export interface PairTally {
  /** First cuts: all of them, those taken up, and of these those that left what another had left. */
  firsts: number;
  firstsTaken: number;
  firstsAlike: number;
  /** Second cuts after those that were taken up. */
  places: number;
}
export interface CutTally {
  readonly scenarios: Record<string, ScenarioTally>;
  /** At most `BROKEN_KEPT`, in the order in which they were found. */
  readonly broken: Trial[];
  brokenCount: number;
}

const BROKEN_KEPT = 100;

export function emptyTally(): CutTally {
  return { scenarios: {}, broken: [], brokenCount: 0 };
}

export function addTrial(
  tally: CutTally,
  { scenario, place }: { readonly scenario: string; readonly place: string },
  trial: Trial,
  states: number,
): void {
  const own = ofScenario(tally, scenario);
  own.tried[place] = (own.tried[place] ?? 0) + 1;
  if (trial.verdict === "not-reached") own.notReached += 1;
  if (trial.recovery === "known-to-hold") own.foundBefore += 1;
  own.states = states;
  own.openings += trial.openings;
  if (trial.verdict === "broken") addBroken(tally, trial);
}

/** Two shards of one campaign. Places are the same in each; states that both have seen count twice. */
export function mergeTallies(one: CutTally, other: CutTally): CutTally {
  const merged = emptyTally();
  for (const { scenarios, broken, brokenCount } of [one, other]) {
    for (const [name, added] of Object.entries(scenarios)) {
      const own = ofScenario(merged, name);
      for (const [place, count] of Object.entries(added.places)) own.places[place] = count;
      for (const [place, count] of Object.entries(added.tried)) {
        // Without a cut there is one case, and every shard begins with it.
        own.tried[place] = place === "uncut" ? count : (own.tried[place] ?? 0) + count;
      }
      own.notReached += added.notReached;
      own.foundBefore += added.foundBefore;
      own.states += added.states;
      own.openings += added.openings;
      own.pairs.firsts = Math.max(own.pairs.firsts, added.pairs.firsts);
      own.pairs.firstsTaken += added.pairs.firstsTaken;
      own.pairs.firstsAlike += added.pairs.firstsAlike;
      own.pairs.places += added.pairs.places;
    }
    for (const trial of broken) addBroken(merged, trial);
    merged.brokenCount += brokenCount - broken.length;
  }
  return merged;
}

/** Cases tried in one scenario, without the one that cuts nothing. */
export function casesTried({ tried }: Pick<ScenarioTally, "tried">): number {
  return Object.entries(tried).reduce((sum, [place, count]) => (place === "uncut" ? sum : sum + count), 0);
}

function ofScenario({ scenarios }: CutTally, name: string): ScenarioTally {
  const known = scenarios[name];
  if (known !== undefined) return known;
  const made: ScenarioTally = {
    ...{ places: {}, tried: {}, notReached: 0, foundBefore: 0, states: 0, openings: 0 },
    pairs: { firsts: 0, firstsTaken: 0, firstsAlike: 0, places: 0 },
  };
  scenarios[name] = made;
  return made;
}

function addBroken(tally: CutTally, trial: Trial): void {
  if (tally.broken.length < BROKEN_KEPT) tally.broken.push(trial);
  tally.brokenCount += 1;
}
