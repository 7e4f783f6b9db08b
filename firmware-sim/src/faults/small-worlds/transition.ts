/** One event in a small world: done with the real devices, and held against the reference and against all checkers. */
import { CallerError, toHex } from "@nyckelfri/protocol";
import type { World } from "../../world/world.ts";
import { canonical, type Woken } from "./canonical.ts";
import { type EventKind, firstGrant, isPossible, nameOf, perform } from "./events.ts";
import { doorFacts, keyVersions, restingKey, wokenDoor } from "./knowledge.ts";
import {
  type DoorBounds,
  type DoorFacts,
  type Duty,
  doorAfter,
  dutyOf,
  dutyOfClaim,
  type Facts,
  floorOf,
  isAbove,
  type KeyFacts,
  keyAfterSync,
  keyAfterVisit,
  risen,
} from "./reference.ts";
import { CLASS_SECONDS, KEY_NAMES, type KeyName, type Scene } from "./scene.ts";

/** A moment of a small world, and the shortest word that leads to it. */
export interface Moment {
  readonly world: World;
  readonly facts: Facts;
  /** Digest of its canonical text, hex. */
  readonly state: string;
  readonly word: readonly string[];
}

export type Visited = "opened" | "shut" | "no-visit";

export interface Breach {
  readonly word: readonly string[];
  /** The property or clause, and what happened. */
  readonly says: string;
}

export type Transition =
  | { readonly kind: "impossible" }
  | { readonly kind: "made"; readonly moment: Moment; readonly visited: Visited; readonly duty: Duty }
  | ({ readonly kind: "breach" } & Breach);

/** Another world goes on from `from`; that one stays as it is. */
export function transition(scene: Scene, from: Moment, event: EventKind, mostEpochs: number): Transition {
  if (!isPossible(event, from.facts, mostEpochs)) return { kind: "impossible" };
  const world = from.world.fork();
  const known = { visits: world.visitCount, breaches: world.breaches.length };
  const issued = perform(scene, world, event, from.facts);
  if (issued === "impossible") return { kind: "impossible" };
  const word = [...from.word, nameOf(event)];
  const breach = (says: string): Transition => ({ kind: "breach", word, says });

  const told = world.breaches.at(known.breaches);
  if (told !== undefined) return breach(`${told.property}: ${told.device}: ${told.what}`);
  checkTime(scene, world, issued);
  const woken = wake(scene, world);
  if (typeof woken === "string") return breach(`P12: ${woken} does not come to rest`);

  const reports = world.visitsSince(known.visits);
  const visited = visitedIn(event, reports);
  const duty = dutyIn(event, from.facts);
  const last = reports.at(-1)?.outcome;
  const outcome = last === undefined ? "no visit" : Object.values(last).join(" ");
  if (duty.duty === "must-not-open" && visited === "opened")
    return breach(`${duty.because}: the door must not open, and opened`);
  if (duty.duty === "must-open" && visited !== "opened")
    return breach(`${duty.because}: the door must open, and did not: ${outcome}`);

  const after = learn(scene, woken, event, issued, visited);
  if (typeof after === "string") return breach(after);
  return { kind: "made", visited, duty, moment: momentAt(scene, world, woken, after, word) };
}

/** The first moment, with its facts as the devices have them. */
export function beginning(scene: Scene, facts: Omit<Facts, "door" | "keys">): Moment {
  const { world } = scene;
  const woken = wake(scene, world);
  if (typeof woken === "string") throw new TypeError(`${woken} does not come to rest`);
  const keys = KEY_NAMES.map((name) => {
    const { party } = scene.door;
    const versions = keyVersions(woken.keys[name], party.kid, scene.patrol.list);
    return [name, { ...versions, grant: facts.city.grants[name] ?? "none" }] as const;
  });
  const door = doorFacts(scene, woken.door);
  return momentAt(scene, world, woken, { ...facts, door, keys: Object.fromEntries(keys) }, []);
}

function momentAt(scene: Scene, world: World, woken: Woken, facts: Facts, word: readonly string[]): Moment {
  const text = canonical(scene, world, woken, facts);
  const units = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return { world, facts, word, state: toHex(scene.provider.sha256(units).subarray(0, STATE_BYTES)) };
}
/** Of SHA-256: two states of a billion would be taken for one with a probability below 10^-10. */
const STATE_BYTES = 12;

/** The classes of time stand for all moments in them only while everything happens inside. */
function checkTime({ classes }: Scene, { unix }: World, { moment }: Facts): void {
  const begins = classes[moment] ?? 0;
  if (unix <= begins + CLASS_SECONDS) return;
  throw new CallerError("caller/argument", {
    argument: "depth",
    takes: "so many events as a class of time has room for",
  });
}

function wake(scene: Scene, world: World): Woken | string {
  const door = wokenDoor(scene, world);
  if (door === "broken") return "the door";
  const keys: Partial<Record<KeyName, Woken["keys"][KeyName]>> = {};
  for (const name of KEY_NAMES) {
    const key = restingKey(scene, world, name);
    if (key === "broken") return `${name}'s key`;
    keys[name] = key;
  }
  return { door, keys: keys as Woken["keys"] };
}

function visitedIn(event: EventKind, reports: World["visits"]): Visited {
  if (reports.some(({ outcome }) => outcome.kind === "opened")) return "opened";
  return AT_THE_DOOR.has(event.kind) ? "shut" : "no-visit";
}

const AT_THE_DOOR: ReadonlySet<EventKind["kind"]> = new Set(["visit", "cut", "claim", "replay"] as const);

function dutyIn(event: EventKind, facts: Facts): Duty {
  switch (event.kind) {
    case "visit":
      return dutyOf(facts, event.key, "whole");
    case "cut":
      return dutyOf(facts, event.key, "cut");
    case "claim":
      return dutyOfClaim(facts, event.key, firstGrant(event.key), event.claim);
    case "replay":
      return { duty: "must-not-open", because: "MSG-5" };
    default:
      return NOBODY_THERE;
  }
}
const NOBODY_THERE: Duty = { duty: "must-not-open", because: "OPN-1" };

/** What everybody knows now, if that is between what SPEC demands and what it allows; else what is wrong. */
function learn(scene: Scene, woken: Woken, event: EventKind, facts: Facts, visited: Visited): Facts | string {
  const { party } = scene.door;
  const { list } = scene.patrol;
  const opened = visited === "opened" ? "opened" : "shut";
  const door = doorFacts(scene, woken.door);
  const wrong = outside(facts, door, doorBounds(event, facts, opened));
  if (wrong !== undefined) return wrong;
  const keys: Record<string, KeyFacts> = {};
  for (const name of KEY_NAMES) {
    const before = facts.keys[name];
    if (before === undefined) continue;
    const due = keyAfter(event, facts, name, before, opened);
    const now = { ...keyVersions(woken.keys[name], party.kid, list), grant: due.grant };
    if (JSON.stringify(ordered(now)) !== JSON.stringify(ordered(due)))
      return `${name}'s key holds ${JSON.stringify(ordered(now))} instead of ${JSON.stringify(ordered(due))}`;
    keys[name] = due;
  }
  return { ...facts, door, keys };
}

function ordered({ clock, epoch, list, policy }: KeyFacts): unknown {
  return { clock, epoch, list, policy };
}

function keyAfter(
  event: EventKind,
  facts: Facts,
  name: KeyName,
  before: KeyFacts,
  opened: "opened" | "shut",
): KeyFacts {
  if (!("key" in event) || event.key !== name) return before;
  switch (event.kind) {
    case "visit":
      return keyAfterVisit(facts, name, opened) ?? before;
    case "sync":
      return keyAfterSync(facts, name, before);
    case "battery":
      return event.out === "long" ? { ...before, clock: "lost" } : before;
    case "claim":
    case "cut":
    case "revoke":
      return before;
  }
}

function doorBounds(event: EventKind, facts: Facts, opened: "opened" | "shut"): DoorBounds {
  const { door, city } = facts;
  switch (event.kind) {
    case "visit":
      return doorAfter(facts, event.key, "whole", opened);
    case "cut":
      return doorAfter(facts, event.key, "cut", opened);
    // SPEC UPD-1: an update is as good whoever brings it.
    case "replay":
      return { least: door, most: risen(city, door, city) };
    default:
      return { least: door, most: door };
  }
}

function outside({ city }: Facts, door: DoorFacts, { least, most }: DoorBounds): string | undefined {
  if (door.epoch < least.epoch || door.epoch > most.epoch)
    return `TRU-8: the door is in epoch ${door.epoch}, and not in ${least.epoch} to ${most.epoch}`;
  for (const what of ["list", "policy"] as const) {
    if (isAbove(least[what], door[what]))
      return `OPN-7: the door's ${what} is ${door[what]}, and should be ${least[what]} at least`;
    if (isAbove(door[what], most[what]))
      return `TRU-8: the door's ${what} is ${door[what]}, and ${most[what]} at most was brought to it`;
  }
  // Grants are older than all else that is issued here, and raise it no further.
  const floor = { least: Math.max(least.floor, floorOf(city, door)), most: Math.max(most.floor, GRANTED) };
  if (door.floor < floor.least || door.floor > floor.most)
    return `TIM-11: the door's floor is of class ${door.floor}, and not of ${floor.least} to ${floor.most}`;
  return undefined;
}
/** What the first grants' dates are to a floor. */
const GRANTED = 1;
