/**
 * A failing run made small: first the plan ends sooner, then faults are switched off one by one, then acts are left out in ever smaller
 * pieces. Each candidate is run strictly from its beginning and counts only if it breaks the same property.
 */
import { WORLD_FAULTS } from "../../world/conditions.ts";
import { actsOf, optionsFor, runSwarm, type SwarmOptions, type SwarmOutcome, type SwarmRun } from "./run.ts";

export interface Shrunk {
  readonly run: SwarmRun;
  readonly outcome: SwarmOutcome;
  readonly tried: number;
  /** Whether nothing more could be left out, or the time was over. */
  readonly ended: "smallest" | "out-of-time";
}

/** `runs` bounds how many candidates are tried; `isLate` ends it in between. */
export function shrink(
  run: SwarmRun,
  outcome: SwarmOutcome,
  options: SwarmOptions & { readonly runs: number },
): Shrunk {
  const search = new Search(run, outcome, options);
  search.endSooner();
  search.switchOff();
  search.leaveOut();
  return search.found();
}

class Search {
  #run: SwarmRun;
  #outcome: SwarmOutcome;
  #tried = 0;
  readonly #options: SwarmOptions & { readonly runs: number };
  readonly #property: string;

  constructor(run: SwarmRun, outcome: SwarmOutcome, options: SwarmOptions & { readonly runs: number }) {
    this.#run = { ...run, acts: actsOf(run).map(([index]) => index) };
    this.#outcome = outcome;
    this.#options = options;
    this.#property = propertyOf(outcome);
  }

  found(): Shrunk {
    const ended = this.#isOver() ? "out-of-time" : "smallest";
    return { run: this.#run, outcome: this.#outcome, tried: this.#tried, ended };
  }

  /** Halving: what comes after the breach is not needed, and often much before it neither. */
  endSooner(): void {
    let [fails, holds] = [this.#acts.length, 0];
    while (fails - holds > 1 && !this.#isOver()) {
      const length = Math.floor((fails + holds) / 2);
      if (this.#tries({ ...this.#run, acts: this.#acts.slice(0, length) })) fails = this.#acts.length;
      else holds = length;
    }
  }

  switchOff(): void {
    for (const name of WORLD_FAULTS) {
      if (this.#isOver()) return;
      if (optionsFor(this.#run)[name] !== 0)
        this.#tries({ ...this.#run, changed: { ...this.#run.changed, [name]: 0 } });
    }
  }

  leaveOut(): void {
    for (let size = Math.ceil(this.#acts.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = 0; from < this.#acts.length && !this.#isOver(); ) {
        const acts = [...this.#acts.slice(0, from), ...this.#acts.slice(from + size)];
        if (!this.#tries({ ...this.#run, acts })) from += size;
      }
    }
  }

  get #acts(): readonly number[] {
    return this.#run.acts ?? [];
  }

  #isOver(): boolean {
    return this.#tried >= this.#options.runs || this.#options.isLate?.() === true;
  }

  /** Keeps the candidate where it fails as the run before it. */
  #tries(candidate: SwarmRun): boolean {
    this.#tried += 1;
    const outcome = runSwarm(candidate, this.#options);
    if (propertyOf(outcome) !== this.#property) return false;
    this.#run = candidate;
    this.#outcome = outcome;
    return true;
  }
}

function propertyOf({ breaches, stuck }: SwarmOutcome): string {
  return breaches[0]?.property ?? (stuck === undefined ? "none" : "stuck");
}
