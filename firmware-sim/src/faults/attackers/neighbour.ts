/**
 * A Dolev-Yao neighbour: it sits in the contacts and cables of a world, hears everything, and decides about each frame what becomes
 * of it. All its luck is drawn from one stream, so a schedule repeats; what it knows is explicit, and every fork has its own.
 */
import type { Copyable, EntityRef, PartRef, Tagged } from "../../world/entity.ts";
import type { Site } from "../../world/fixtures.ts";
import type { LineKind, OverheardEvent } from "../../world/wiring/interposer.ts";
import type { World } from "../../world/world.ts";
import { DEEDS, type Deed, NEIGHBOUR, type Talk } from "./deeds.ts";
import type { Loot } from "./forging.ts";
import { Knowledge } from "./knowledge.ts";
import { arrive } from "./overhearing.ts";

/** Of each frame, so many in a million; what is left goes on as it came. */
export interface NeighbourRates {
  readonly drop: number;
  readonly delay: number;
  /** Held until the next one on that line has gone on. */
  readonly reorder: number;
  /** Said again, bit for bit, once or twice. */
  readonly repeat: number;
  /** Something that was said before, here or elsewhere: in its place, or a whole session, or the beginning of one. */
  readonly replay: number;
  /** Parts of other sessions, doors and keys in it. */
  readonly splice: number;
  /** Objects of its own making in it, or a request of its own before it. */
  readonly forge: number;
  readonly tamper: number;
}

export interface NeighbourPlan {
  /** Where it sits down; none is: it gets up, and what it sits in still is a line like any other. */
  readonly lines: readonly LineKind[];
  readonly rates: NeighbourRates;
  readonly longestDelayMs: number;
  readonly loot: readonly Loot[];
  /** A live relay (SPEC NOT-1): requests of this name go on so much later, and whoever waits is told that the other side is busy. */
  readonly relay: { readonly name: string; readonly holdMs: number } | "nothing";
}

export interface NeighbourFixture {
  readonly id: string;
  readonly part: PartRef<Neighbour>;
}

const ALL_LINES: readonly LineKind[] = ["keyway", "slot", "cable"];
/** Listens. */
export const QUIET: NeighbourRates = {
  ...{ drop: 0, delay: 0, reorder: 0, repeat: 0, replay: 0, splice: 0, forge: 0, tamper: 0 },
};
/** Leaves most frames alone: what never gets anywhere teaches nothing. */
export const BUSY: NeighbourRates = {
  ...{ drop: 10_000, delay: 30_000, reorder: 10_000, repeat: 40_000 },
  ...{ replay: 40_000, splice: 40_000, forge: 60_000, tamper: 20_000 },
};
const USUAL: NeighbourPlan = { lines: ALL_LINES, rates: BUSY, longestDelayMs: 2_500, loot: [], relay: "nothing" };
DEEDS satisfies readonly (keyof NeighbourRates)[];

/** What it does about one frame: bytes for either end, after so many milliseconds. */
export interface Say {
  readonly to: string;
  readonly bytes: Uint8Array;
  readonly delayMs: number;
}

export type NeighbourEvent =
  | OverheardEvent
  | { readonly kind: "due"; readonly line: number; readonly to: string; readonly bytes: Uint8Array };

/** Its memory and its plan: a part of the world. */
export class Neighbour implements Copyable<Neighbour> {
  readonly knowledge: Knowledge;
  plan: NeighbourPlan;
  /** By line. */
  readonly talks: Map<number, Talk> = new Map();
  readonly held: Map<number, Say> = new Map();
  /** How often it has done what. */
  readonly deeds: Map<Deed, number> = new Map();

  constructor(plan: NeighbourPlan, knowledge: Knowledge = new Knowledge()) {
    this.plan = plan;
    this.knowledge = knowledge;
  }

  copy(): Neighbour {
    const copy = new Neighbour(this.plan, this.knowledge.copy());
    for (const [line, talk] of this.talks) copy.talks.set(line, talk);
    for (const [line, say] of this.held) copy.held.set(line, say);
    for (const [deed, count] of this.deeds) copy.deeds.set(deed, count);
    return copy;
  }
}

/** Sits down in all lines of the plan's kinds that open from now on; hosts connect anew, through it. One in a world. */
export function placeNeighbour(site: Site, plan: Partial<NeighbourPlan> = {}): NeighbourFixture {
  const { kernel, city, cast } = site;
  const party = kernel.part(city).party(NEIGHBOUR);
  // A key pair of its own is what everybody has.
  const loot = [{ name: "its own", party, certificates: [] }, ...(plan.loot ?? [])];
  const part = kernel.addPart(NEIGHBOUR, new Neighbour({ ...USUAL, ...plan, loot }));
  const fixture: NeighbourFixture = { id: NEIGHBOUR, part };
  kernel.add<"neighbour", NeighbourEvent, Tagged>({
    ...{ id: NEIGHBOUR, device: { step: (state) => ({ state, effects: [] }) }, state: "neighbour" },
    arrive: (event, world) => {
      arrive(site, fixture, event, world);
      return "later";
    },
    describe: () => "untraced",
  });
  kernel.part(cast).add({ id: NEIGHBOUR, role: "rogue", party, clock: "tampered" });
  sitDown(site, fixture, plan.lines ?? ALL_LINES);
  return fixture;
}

/** Another plan from now on, in this world and not in its forks. */
export function changeNeighbour(world: World, { id, part }: NeighbourFixture, changed: Partial<NeighbourPlan>): void {
  world.build((site) => {
    const neighbour = site.kernel.part(part);
    const [own] = neighbour.plan.loot;
    const loot = changed.loot === undefined || own === undefined ? neighbour.plan.loot : [own, ...changed.loot];
    neighbour.plan = { ...neighbour.plan, ...changed, loot };
    if (changed.lines !== undefined) sitDown(site, { id, part }, changed.lines);
  });
}

export function knowledgeOf(world: World, { part }: NeighbourFixture): Knowledge {
  return world.kernel.part(part).knowledge;
}

export function deedsOf(world: World, { part }: NeighbourFixture): ReadonlyMap<Deed, number> {
  return world.kernel.part(part).deeds;
}

function sitDown({ kernel, bodies: ref }: Site, { id }: NeighbourFixture, lines: readonly LineKind[]): void {
  const bodies = kernel.part(ref);
  bodies.interposer = lines.length === 0 ? "nobody" : { id, lines };
  for (const body of bodies.all()) {
    const line = body.kind === "mains" && body.hostLine !== "none" ? bodies.line(body.hostLine) : undefined;
    if (line === undefined) continue;
    const sitsThere = line.between !== "nobody";
    if (sitsThere === lines.includes("cable")) continue;
    const host: EntityRef<unknown, Tagged & { readonly presence: "here" }> = {
      id: line.a === body.id ? line.b : line.a,
    };
    kernel.send(host, { kind: "presence", presence: "here" });
  }
}
