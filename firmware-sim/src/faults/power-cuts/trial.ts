/** One case from its id to its verdict: what is cut, what people do afterwards, and what every property says to it. */
import { NyckelfriError } from "@nyckelfri/protocol";
import type { Breach } from "../../checkers/checker.ts";
import type { World } from "../../world/world.ts";
import { type CutCase, formatCase, formatCut, type PowerCut } from "./cut.ts";
import { notHome, promisesIn } from "./promises.ts";
import { type Rehearsal, rehearse } from "./rehearsal.ts";
import { stateHash } from "./same-state.ts";
import { type CutScenarioName, stageCuts } from "./scenarios.ts";
import type { Staged } from "./street.ts";
import { strike } from "./strike.ts";

export interface Trial {
  readonly id: string;
  /** `not-reached`: nothing was to be cut at one of the moments, e.g. because the device had no power. */
  readonly verdict: "held" | "broken" | "not-reached";
  readonly breaches: readonly Breach[];
  /** Whether what people found afterwards had been tried out before, and had held. */
  readonly recovery: "tried" | "known-to-hold" | "none";
  /** Of doors, until all was over. */
  readonly openings: number;
}

const SECOND = 1_000_000;
/** Visits until everything has come home: one to fetch it, one whose own record is fetched by nobody, and one more. */
const ROUNDS = 4;
const REHEARSALS_KEPT = 4;

/** One scenario, and what has been learnt of it. */
export class CutTrials {
  readonly scenario: CutScenarioName;
  readonly staged: Staged;
  readonly #begins: number;
  readonly #rehearsals: Map<string, Rehearsal | "not-reached"> = new Map();
  readonly #held: Set<string> = new Set();

  constructor(scenario: CutScenarioName) {
    this.scenario = scenario;
    this.staged = stageCuts(scenario);
    this.#begins = this.staged.world.kernel.now;
  }

  /** When everybody has done what there was to do, cut or not. */
  get end(): number {
    return this.#begins + this.staged.seconds * SECOND;
  }

  /** Different states in which people have found things after a cut, and which have held. */
  get states(): number {
    return this.#held.size;
  }

  /** What there is to cut after these cuts; undefined where one of them does not strike. */
  rehearsal(cuts: readonly PowerCut[]): Rehearsal | undefined {
    const name = cuts.map(formatCut).join("+");
    const known = this.#rehearsals.get(name);
    if (known !== undefined) return known === "not-reached" ? undefined : known;
    const world = this.#struck(cuts);
    const made = world === undefined ? undefined : rehearse(this.staged, world, this.end);
    const [oldest] = [...this.#rehearsals.keys()].filter((one) => one !== "");
    // The one without a cut is needed for all others.
    if (this.#rehearsals.size > REHEARSALS_KEPT && oldest !== undefined) this.#rehearsals.delete(oldest);
    this.#rehearsals.set(name, made ?? "not-reached");
    return made;
  }

  try(cuts: readonly PowerCut[]): Trial {
    return this.play(cuts).trial;
  }

  /** The same, with the world as it ends. */
  play(cuts: readonly PowerCut[]): { readonly trial: Trial; readonly world: World | undefined } {
    const { scenario } = this;
    const id = formatCase({ scenario, cuts } satisfies CutCase);
    const world = this.#struck(cuts);
    if (world === undefined) {
      return { world, trial: { id, verdict: "not-reached", breaches: [], recovery: "none", openings: 0 } };
    }
    const end = (recovery: Trial["recovery"], breaches: readonly Breach[]) => {
      const openings = world.visits.filter(({ outcome }) => outcome.kind === "opened").length;
      const verdict = breaches.length === 0 ? "held" : "broken";
      return { world, trial: { id, verdict, breaches, recovery, openings } as const };
    };
    try {
      world.kernel.advanceTo(this.end);
      const hash = stateHash(world);
      if (world.breaches.length > 0) return end("none", world.breaches);
      if (this.#held.has(hash)) return end("known-to-hold", []);
      const breaches = this.#recover(world);
      if (breaches.length === 0) this.#held.add(hash);
      return end("tried", breaches);
    } catch (error) {
      if (!(error instanceof NyckelfriError)) throw error;
      // Somebody could not do what people do: a key that is nowhere, a task that never ends.
      return end("tried", [{ property: "P12", at: world.kernel.now, device: scenario, what: error.message }]);
    }
  }

  #struck(cuts: readonly PowerCut[]): World | undefined {
    const last = cuts.at(-1);
    if (last !== undefined) {
      const before = this.rehearsal(cuts.slice(0, -1));
      return before && strike(this.staged, before, last, this.end);
    }
    const world = this.staged.world.fork();
    this.staged.act(world);
    return world;
  }

  /** Nothing is cut any more: what every property says when people have gone on, and all records are home. */
  #recover(world: World): readonly Breach[] {
    const { devices } = this.staged;
    if (devices.station !== undefined || devices.box !== undefined) {
      // Hosts find their devices again.
      world.endFaults();
      world.advance({ seconds: 10 });
    }
    const { door, opens, tries, everybody, station } = this.staged.recover(world);
    world.demandLiveness(opens, door);
    for (const worker of tries) world.visit(worker, door);
    const promised = promisesIn(world);
    let missing: readonly string[] = ["nothing has been asked for yet"];
    for (let round = 0; round < ROUNDS && missing.length > 0; round++) {
      world.visit(opens, door);
      for (const worker of everybody) world.dock(worker, station);
      // The host reads the log at once.
      world.setHost(station, "here");
      world.advance({ seconds: 20 });
      missing = notHome(promised, world.log, world.city.ledger);
    }
    const at = world.kernel.now;
    const lost = missing.map(
      (what): Breach => ({ property: "P8", at, device: door.cylinder, what: `not home: ${what}` }),
    );
    return [...world.finish(), ...lost];
  }
}
