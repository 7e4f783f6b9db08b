/** The small worlds by name: which events can happen in each, and how long the words are that the tests try. */
import { CallerError, type CryptoProvider } from "@nyckelfri/protocol";
import { CUT_POINTS, type EventKind, firstGrant, nameOf, sync } from "./events.ts";
import { type Bound, type Exploring, explore, type HowToExplore } from "./explore.ts";
import { buildScene, KEY_NAMES, type Scene } from "./scene.ts";
import { beginning, type Moment, type Transition, transition } from "./transition.ts";

export interface SmallWorld extends Bound {
  readonly name: string;
  readonly says: string;
}

const VISITS: readonly EventKind[] = KEY_NAMES.map((key) => ({ kind: "visit", key }));
const SYNCS: readonly EventKind[] = KEY_NAMES.map((key) => ({ kind: "sync", key }));
const BENGT_SYNCS: EventKind = { kind: "sync", key: "bengt" };
const REVOKE: EventKind = { kind: "revoke", key: "anna" };
const TIME: EventKind = { kind: "time" };

/** The depths are what `npm test` has time for; any world goes deeper, and most of them come to an end. */
export const SMALL_WORLDS: readonly SmallWorld[] = [
  {
    name: "two-keys-one-door",
    says: "shifts that end, and a revocation that one key brings before the other",
    events: [...VISITS, ...SYNCS, TIME, REVOKE],
    ...{ depth: 4, epochs: 1 },
  },
  {
    name: "closed-door",
    says: "policies that take the door out of service and back, brought in any order",
    events: [
      ...VISITS,
      ...SYNCS,
      ...(["deactivated", "active"] as const).map((state): EventKind => ({ kind: "policy", state })),
    ],
    ...{ depth: 4, epochs: 1 },
  },
  {
    name: "revoke-and-cut",
    says: "power that goes at every stage of a visit that brings a revocation",
    events: [
      ...[...VISITS, BENGT_SYNCS, REVOKE],
      ...CUT_POINTS.map((at): EventKind => ({ kind: "cut", key: "bengt", at })),
    ],
    ...{ depth: 4, epochs: 1 },
  },
  {
    name: "roll-over",
    says: "a new epoch on its way to keys and door, with revocations and cuts between",
    events: [...VISITS, ...SYNCS, { kind: "epoch" }, REVOKE, { kind: "cut", key: "anna", at: "update" }],
    ...{ depth: 4, epochs: 2 },
  },
  {
    name: "replay",
    says: "what was said at the door is said again, by somebody else",
    events: [
      ...[...VISITS, BENGT_SYNCS, TIME, REVOKE],
      { kind: "replay" },
      ...(["nonce", "torn-intent"] as const).map((at): EventKind => ({ kind: "cut", key: "anna", at })),
    ],
    ...{ depth: 3, epochs: 1 },
  },
  {
    name: "stolen-key",
    says: "a key whose secrets are out says of the time what suits it, while the floor rises",
    events: [
      ...[...VISITS, BENGT_SYNCS, TIME, REVOKE, { kind: "policy", state: "same" } as const],
      ...(["last-second", "one-late"] as const).map((claim): EventKind => ({ kind: "claim", key: "anna", claim })),
    ],
    ...{ depth: 3, epochs: 1 },
  },
  {
    name: "battery",
    says: "batteries that are changed, with and without the time",
    events: [
      ...[...VISITS, { kind: "sync", key: "anna" } as const, TIME],
      ...(["briefly", "long"] as const).map((out): EventKind => ({ kind: "battery", key: "anna", out })),
    ],
    ...{ depth: 3, epochs: 1 },
  },
];

export function smallWorld(name: string): SmallWorld {
  const found = SMALL_WORLDS.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new CallerError("caller/argument", {
    argument: "world",
    takes: SMALL_WORLDS.map((one) => one.name).join(", "),
  });
}

/** As they stand in words. */
export function eventNames({ events }: SmallWorld): readonly string[] {
  return events.map(nameOf);
}

/** Both keys have been with the city, and nobody has been at the door. */
export function begin(provider?: CryptoProvider): { readonly scene: Scene; readonly first: Moment } {
  const scene = buildScene(1, provider);
  const { world, classes } = scene;
  world.advanceTo(classes[0]);
  for (const name of KEY_NAMES) sync(scene, world, name);
  const grants = Object.fromEntries(KEY_NAMES.map((name) => [name, firstGrant(name)]));
  const dates = { list: {}, policy: {}, epoch: {} };
  const city = { epoch: 1, list: [1, 1], policy: [1, 1], closing: [], voidFrom: {}, dates, grants } as const;
  return { scene, first: beginning(scene, { moment: 0, city }) };
}

export interface HowToExploreWorld extends HowToExplore {
  /** In place of the world's. */
  readonly depth?: number;
  /** These events come first, in this order, and are no part of the depth. */
  readonly after?: readonly string[];
}

/** All words of a small world up to its depth, or another. Throws `caller/argument` for an event that is not in the world. */
export function exploreWorld(world: SmallWorld, { depth, after = [], ...how }: HowToExploreWorld = {}): Exploring {
  const { scene, first } = begin();
  const made = walkFrom(scene, first, world, after);
  const last = made.findLast((step) => step.kind === "made");
  return explore(scene, last?.moment ?? first, { ...world, depth: depth ?? world.depth }, how);
}

/** One word, event by event; what becomes of each. Throws as `exploreWorld` does. */
export function walk(world: SmallWorld, word: readonly string[]): readonly Transition[] {
  const { scene, first } = begin();
  return walkFrom(scene, first, world, word);
}

function walkFrom(scene: Scene, first: Moment, world: SmallWorld, word: readonly string[]): readonly Transition[] {
  const made: Transition[] = [];
  let at = first;
  for (const name of word) {
    const event = world.events.find((one) => nameOf(one) === name);
    if (event === undefined) {
      const takes = eventNames(world).join(", ");
      throw new CallerError("caller/argument", { argument: "word", takes, event: name });
    }
    const step = transition(scene, at, event, world.epochs);
    made.push(step);
    if (step.kind === "breach") break;
    if (step.kind === "made") at = step.moment;
  }
  return made;
}
