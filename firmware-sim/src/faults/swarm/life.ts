/** After all faults: every key opens its doors, every record comes home. */

import type { Breach, Checker, Watch } from "../../checkers/checker.ts";
import { cylinderStep, roleOf } from "../../checkers/observed.ts";
import { isWrittenOff, RING_HOLDS } from "../../checkers/records-reach-the-city.ts";
import type { LogName } from "../../devices/cylinder/settings.ts";
import type { DoorFixture, Worker } from "../../world/fixtures.ts";
import type { Ledger } from "../../world/ledger.ts";
import { type Home, type SwarmTown, slotOf } from "./town.ts";

/** A visit carries eight records, and a ring holds 160; receipts go the other way meanwhile. */
const MOST_ROUNDS = 40;
const STORES: readonly LogName[] = ["openings", "refusals"];

/** Which confirmed records are not in the city yet, by cylinder. It sits where checkers sit. */
export class Homecoming implements Checker {
  readonly property = "P8";
  readonly says = "nothing: it keeps the books of what is still out";
  readonly breaches: readonly Breach[] = [];
  readonly watch: Watch;
  readonly #out: Map<string, Set<number>> = new Map();
  readonly #due: Map<string, Set<number>> = new Map();
  readonly #stored: Map<string, Set<number>> = new Map();
  readonly #newest: Map<string, number> = new Map();

  constructor() {
    this.watch = {
      step: ({ moment }, truth) => {
        const step = cylinderStep(moment, truth);
        if (step === undefined || step.before?.stores === step.after.stores) return;
        for (const store of STORES) this.#confirmed(step.id, store, step.after.stores[store].last?.number);
      },
      collected: ({ cylinder, store, counter, known }, truth) => {
        if (roleOf(cylinder, truth) !== "cylinder" || known === "differs") return;
        const name = `${cylinder} ${store}`;
        setIn(this.#stored, name).add(counter);
        this.#out.get(name)?.delete(counter);
        this.#due.get(name)?.delete(counter);
      },
    };
  }

  /** From now on only what is out at this moment is missed: each visit that fetches records makes new ones. */
  demand(): void {
    for (const [name, numbers] of this.#out) this.#due.set(name, new Set(numbers));
  }

  /** Of openings and refusals: those due that no ring has lost and no policy has written off. */
  missing({ cylinder, party }: DoorFixture, ledger: Ledger): number {
    let count = 0;
    for (const store of STORES) {
      const name = `${cylinder} ${store}`;
      const newest = this.#newest.get(name) ?? 0;
      for (const number of this.#due.get(name) ?? []) {
        const isWrapped = newest - number >= RING_HOLDS[store];
        if (!isWrapped && !isWrittenOff(ledger, party.kid, store, number)) count += 1;
      }
    }
    return count;
  }

  copy(): Checker {
    return this;
  }

  #confirmed(cylinder: string, store: LogName, number: number | undefined): void {
    const name = `${cylinder} ${store}`;
    if (number === undefined || number <= (this.#newest.get(name) ?? 0)) return;
    this.#newest.set(name, number);
    if (!this.#stored.get(name)?.has(number)) setIn(this.#out, name).add(number);
  }
}

/** Demands that each healthy door opens for each good key (P14), and visits until every record is in the city (P8). */
export function demandLife(town: SwarmTown, homecoming: Homecoming): readonly Breach[] {
  const { world, workers } = town;
  const demanded = new Set<string>();
  workers.forEach((worker, index) => {
    const doors = town.doorsOf(worker);
    // Every door by somebody, and every key somewhere.
    const due = doors.filter(({ fixture }) => !demanded.has(fixture.cylinder));
    const any = doors[index % Math.max(1, doors.length)];
    for (const { fixture } of due.length > 0 || any === undefined ? due : [any]) {
      demanded.add(fixture.cylinder);
      world.demandLiveness(worker, fixture);
    }
  });
  homecoming.demand();
  const visitable = town.homes.filter((home) => carriersTo(town, home).length > 0);
  const left = (): readonly Home[] =>
    visitable.filter(({ fixture }) => homecoming.missing(fixture, world.city.ledger) > 0 && !town.isWorn(fixture));
  for (let round = 0; round < MOST_ROUNDS && left().length > 0; round++) bringHome(town, left(), round);
  return left().map(({ fixture }) => {
    const missing = homecoming.missing(fixture, world.city.ledger);
    const what = `${missing} confirmed records are not in the city after ${MOST_ROUNDS} visits without faults`;
    return { property: "P8", at: world.kernel.now, device: fixture.cylinder, what };
  });
}

function carriersTo(town: SwarmTown, home: Home): readonly Worker[] {
  return town.workers.filter((worker) => town.doorsOf(worker).includes(home));
}

function bringHome(town: SwarmTown, left: readonly Home[], round: number): void {
  const { world } = town;
  const carriers = new Set<Worker>();
  for (const home of left) {
    const able = carriersTo(town, home);
    const carrier = able[round % able.length];
    if (carrier === undefined) continue;
    carriers.add(carrier);
    world.run(carrier, { kind: "visit", cylinder: home.fixture.cylinder, stayMs: 2_000 });
  }
  for (const carrier of carriers) world.dock(carrier, town.station(0), slotOf(town, carrier));
  // A host that comes back reads the log at once, and has the city's receipts for the keys' next dock.
  world.setHost(town.station(0), "here");
  world.advance({ minutes: 1 });
  for (const carrier of carriers) world.dock(carrier, town.station(0), slotOf(town, carrier));
}

function setIn(map: Map<string, Set<number>>, name: string): Set<number> {
  const known = map.get(name) ?? new Set<number>();
  map.set(name, known);
  return known;
}
