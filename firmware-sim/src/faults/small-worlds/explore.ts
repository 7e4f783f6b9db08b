/**
 * Breadth-first through every order of a small world's events. A moment that has been before is not gone on from (canonical.ts), so
 * words without number are covered by few transitions; each of these is held against the reference (reference.ts) and watched by
 * all checkers. The first breach that is found has the shortest word.
 */
import type { EventKind } from "./events.ts";
import type { Duty } from "./reference.ts";
import type { Scene } from "./scene.ts";
import { type Breach, type Moment, type Transition, transition } from "./transition.ts";

export interface Bound {
  readonly events: readonly EventKind[];
  /** Longest word. */
  readonly depth: number;
  /** Up to which epoch the city goes. */
  readonly epochs: number;
}

export interface HowToExplore {
  /** This share of the words, by their first two events; together the shards have all. */
  readonly shard?: { readonly index: number; readonly of: number };
  /** Of so many duplicates one is gone on from, to see that it is one; 0 for none. */
  readonly recheckEvery?: number;
}

export interface Progress {
  readonly states: number;
  readonly transitions: number;
  /** Of the words that are being tried. */
  readonly depth: number;
}

export interface Exploration {
  /** Of the alphabet. */
  readonly events: number;
  /** Distinct moments, the first one among them. */
  readonly states: number;
  /** Events that were done and judged. */
  readonly transitions: number;
  /** Transitions to a moment that was known. */
  readonly duplicates: number;
  /** Words of at most `depth` events that the transitions stand for. */
  readonly words: bigint;
  /** Longest shortest word to a state. */
  readonly deepest: number;
  /**
   * `closed`: from no state does anything lead to a new one, so this is every word of every length whose events fit into their
   * classes of time. `to-depth`: every word up to the depth. `cut-short`: somebody stopped it, or it has found a breach.
   */
  readonly covers: "closed" | "to-depth" | "cut-short";
  readonly duties: Readonly<Record<Duty["duty"], number>>;
  readonly opened: number;
  /** Duplicates that were gone on from all the same, and went the same way. */
  readonly rechecked: number;
  readonly breach: Breach | "none";
}

/** A state that was reached, and where its events lead; without `edges` nobody has gone on from it. */
interface Known {
  readonly depth: number;
  edges?: readonly Edge[];
}
interface Edge {
  readonly to: string;
  readonly label: string;
}

const MOST_HELD = 24;

/** Gives its progress after each moment that it has gone on from; who answers `stop` gets what there is until then. */
export type Exploring = Generator<Progress, Exploration, "stop" | undefined>;

export function explore(scene: Scene, first: Moment, bound: Bound, how: HowToExplore = {}): Exploring {
  return new Search(scene, bound, how).from(first);
}

/** To the end. */
export function explored(exploring: Exploring): Exploration {
  for (;;) {
    const { done, value } = exploring.next();
    if (done === true) return value;
  }
}

class Search {
  readonly #scene: Scene;
  readonly #bound: Bound;
  readonly #how: HowToExplore;
  readonly #known: Map<string, Known> = new Map();
  readonly #duties: Record<Duty["duty"], number> = { "must-open": 0, "must-not-open": 0, "may-open": 0 };
  /** Duplicates to go on from when it is known where the first of their kind leads. */
  #held: Moment[] = [];
  #eligible = 0;
  #transitions = 0;
  #duplicates = 0;
  #opened = 0;
  #rechecked = 0;
  #breach: Breach | "none" = "none";
  #covers: Exploration["covers"] = "to-depth";

  constructor(scene: Scene, bound: Bound, how: HowToExplore) {
    this.#scene = scene;
    this.#bound = bound;
    this.#how = how;
  }

  *from(first: Moment): Exploring {
    this.#known.set(first.state, { depth: 0 });
    let frontier: readonly Moment[] = [first];
    let deepest = 0;
    for (let depth = 0; depth < this.#bound.depth && frontier.length > 0 && this.#covers === "to-depth"; depth++) {
      const next: Moment[] = [];
      for (const moment of frontier) {
        this.#expand(moment, depth, next);
        if (this.#isOver()) break;
        const so = { states: this.#known.size, transitions: this.#transitions, depth: depth + 1 };
        if ((yield so) === "stop") this.#covers = "cut-short";
        if (this.#isOver()) break;
      }
      if (next.length > 0) deepest = depth + 1;
      frontier = next;
      if (!this.#isOver()) this.#recheck();
    }
    if (this.#covers === "to-depth" && frontier.length === 0) this.#covers = "closed";
    return {
      ...{ events: this.#bound.events.length, states: this.#known.size, transitions: this.#transitions },
      ...{ duplicates: this.#duplicates, words: this.#words(first), deepest, covers: this.#covers },
      ...{ duties: this.#duties, opened: this.#opened, rechecked: this.#rechecked, breach: this.#breach },
    };
  }

  #isOver(): boolean {
    return this.#covers === "cut-short";
  }

  #expand(moment: Moment, depth: number, next: Moment[]): void {
    const edges: Edge[] = [];
    for (const [index, event] of this.#bound.events.entries()) {
      if (depth === 1 && !this.#isMine(moment, index)) {
        edges.push(ELSEWHERE);
        continue;
      }
      const made = this.#try(moment, event);
      if (this.#isOver()) return;
      edges.push(edgeOf(made));
      if (made.kind !== "made") continue;
      const { state } = made.moment;
      if (!this.#known.has(state)) {
        this.#known.set(state, { depth: depth + 1 });
        next.push(made.moment);
        continue;
      }
      this.#duplicates += 1;
      this.#hold(made.moment);
    }
    const known = this.#known.get(moment.state);
    if (known !== undefined) known.edges = edges;
  }

  /** One of so many, and only what there is time left to go on from. */
  #hold(moment: Moment): void {
    const { recheckEvery = 0 } = this.#how;
    const known = this.#known.get(moment.state);
    if (recheckEvery === 0 || known === undefined || known.depth >= this.#bound.depth) return;
    this.#eligible += 1;
    if (this.#eligible % recheckEvery === 0 && this.#held.length < MOST_HELD) this.#held.push(moment);
  }

  /** By the first two events, so that every shard has about as much to do. */
  #isMine({ word }: Moment, second: number): boolean {
    const { shard } = this.#how;
    if (shard === undefined) return true;
    const { events } = this.#bound;
    let number = second;
    for (const character of word.at(-1) ?? "") number = (number * 31 + character.charCodeAt(0)) % 1_000_003;
    return events.length === 0 || number % shard.of === shard.index;
  }

  #try(moment: Moment, event: EventKind): Transition {
    const made = transition(this.#scene, moment, event, this.#bound.epochs);
    if (made.kind === "impossible") return made;
    this.#transitions += 1;
    if (made.kind === "breach") {
      this.#fail(made);
      return made;
    }
    if (made.visited !== "no-visit") this.#duties[made.duty.duty] += 1;
    if (made.visited === "opened") this.#opened += 1;
    return made;
  }

  #fail({ word, says }: Breach): void {
    this.#breach = { word, says };
    this.#covers = "cut-short";
  }

  /** Goes on from duplicates: what the canonical text leaves out must not show in what follows. */
  #recheck(): void {
    const due = this.#held.filter(({ state }) => this.#known.get(state)?.edges !== undefined);
    this.#held = this.#held.filter((moment) => !due.includes(moment));
    for (const moment of due) {
      const edges = this.#known.get(moment.state)?.edges ?? [];
      for (const [index, event] of this.#bound.events.entries()) {
        const first = edges[index];
        if (first === undefined || first === ELSEWHERE) continue;
        const made = this.#try(moment, event);
        if (this.#isOver()) return;
        const { label } = edgeOf(made);
        if (first.label === label) continue;
        const says = `the state ${moment.state} is two: by this word it leads to ${label}, by another to ${first.label}`;
        this.#fail({ word: made.kind === "made" ? made.moment.word : moment.word, says });
        return;
      }
      this.#rechecked += 1;
    }
  }

  /** How many words of at most the bound's length go over known edges. */
  #words(first: Moment): bigint {
    let counts = new Map<string, bigint>([[first.state, 1n]]);
    let words = 1n;
    for (let length = 1; length <= this.#bound.depth; length++) {
      const next = new Map<string, bigint>();
      for (const [state, count] of counts) {
        for (const { to } of this.#known.get(state)?.edges ?? []) {
          if (to === "") continue;
          next.set(to, (next.get(to) ?? 0n) + count);
          words += count;
        }
      }
      counts = next;
    }
    return words;
  }
}

/** Another shard's. */
const ELSEWHERE: Edge = { to: "", label: "elsewhere" };

function edgeOf(made: Transition): Edge {
  if (made.kind !== "made") return { to: "", label: made.kind };
  const { moment, visited, duty } = made;
  return { to: moment.state, label: `${moment.state} ${visited} ${duty.duty}` };
}
