/** What can happen in a small world: the alphabet over which every word is tried. Each changes the world and says what SPEC expects. */
import { SPOKEN_VERSIONS } from "@nyckelfri/protocol";
import type { CylinderEffect } from "../../devices/cylinder/cylinder-io.ts";
import type { CylinderState } from "../../devices/cylinder/cylinder-state.ts";
import type { NvmCutStage, NvmOperation, NvmProfile } from "../../hardware/nvm.ts";
import type { Moment } from "../../world/entity.ts";
import { buildRogueKey, requestFrame } from "../../world/rogues.ts";
import { operationsIn } from "../../world/wiring/memory-driver.ts";
import type { World } from "../../world/world.ts";
import { claimant } from "./claims.ts";
import type { Claim, Facts, GrantFacts, Version } from "./reference.ts";
import { type KeyName, lay, layOut, put, type Scene, SHIFT_ENDS, take } from "./scene.ts";

/** Where power goes in a visit. */
export const CUT_POINTS = [
  /** In the commit of the nonce counter (SPEC OPN-3). */
  "nonce",
  /** In the first commit of an update (SPEC OPN-7). */
  "update",
  /** When everything has been asked and nothing is committed. */
  "before-intent",
  /** Inside the words of the intent (SPEC OPN-13). */
  "torn-intent",
  /** The intent is confirmed, and the clutch has not moved. */
  "after-intent",
  /** With the clutch engaged, before the outcome. */
  "engaged",
] as const;
export type CutPoint = (typeof CUT_POINTS)[number];

export type EventKind =
  | { readonly kind: "visit"; readonly key: KeyName }
  | { readonly kind: "cut"; readonly key: KeyName; readonly at: CutPoint }
  /** The key is brought to the city, and has everything that is new. */
  | { readonly kind: "sync"; readonly key: KeyName }
  | { readonly kind: "revoke"; readonly key: KeyName }
  /** `same`: a newer one that changes nothing but dates. */
  | { readonly kind: "policy"; readonly state: "deactivated" | "active" | "same" }
  | { readonly kind: "epoch" }
  | { readonly kind: "time" }
  /** Somebody plays the frames of the last visit that asked to be let in. */
  | { readonly kind: "replay" }
  /** Somebody with a stolen key says that it is as late as this. */
  | { readonly kind: "claim"; readonly key: KeyName; readonly claim: Claim }
  /** Changed within the capacitor's hold, or long after it (SPEC TIM-9). */
  | { readonly kind: "battery"; readonly key: KeyName; readonly out: "briefly" | "long" };

/** As it is pasted: `visit:anna`, `cut:anna:torn-intent`. */
export function nameOf(event: EventKind): string {
  switch (event.kind) {
    case "cut":
      return `cut:${event.key}:${event.at}`;
    case "battery":
      return `battery:${event.key}:${event.out}`;
    case "claim":
      return `claim:${event.key}:${event.claim}`;
    case "visit":
    case "sync":
    case "revoke":
      return `${event.kind}:${event.key}`;
    case "policy":
      return `policy:${event.state}`;
    case "epoch":
    case "time":
    case "replay":
      return event.kind;
  }
}

/** How often the city does such a thing, at most: each gives a new version, and there would be no end of them. */
export function isPossible(event: EventKind, facts: Facts, mostEpochs: number): boolean {
  const { city, moment } = facts;
  switch (event.kind) {
    case "time":
      return moment < 2;
    case "epoch":
      return city.epoch < mostEpochs;
    case "revoke": {
      const { grants, voidFrom } = city;
      return grants[event.key]?.epoch === city.epoch && voidFrom[event.key] === undefined;
    }
    case "policy":
      if (event.state === "same") return city.policy[1] < MOST_RENEWED;
      return (event.state === "active") === isClosed(facts) && city.policy[1] < MOST_POLICIES;
    default:
      return true;
  }
}
const MOST_POLICIES = 3;
const MOST_RENEWED = 2;

function isClosed({ city: { closing, policy } }: Facts): boolean {
  return closing.some(([epoch, value]) => epoch === policy[0] && value === policy[1]);
}

/** Does it, and tells what the city has issued by it; `impossible` where its moment never comes. */
export function perform(scene: Scene, world: World, event: EventKind, facts: Facts): Facts | "impossible" {
  switch (event.kind) {
    case "visit":
      lay(world, scene.keys[event.key].key, keywayOf(scene), STAY);
      return facts;
    case "cut":
      return cutVisit(scene, world, scene.keys[event.key].key, event.at) === "cut" ? facts : "impossible";
    case "sync":
      sync(scene, world, event.key);
      return facts;
    case "time": {
      const next = scene.classes[facts.moment + 1];
      if (next === undefined) return "impossible";
      world.advanceTo(next);
      return { ...facts, moment: facts.moment + 1 };
    }
    case "replay":
      return replay(scene, world) === "played" ? facts : "impossible";
    case "claim": {
      const key = claimant(scene, world, event.key, event.claim);
      world.kernel.advanceBy(1_000);
      lay(world, key, keywayOf(scene), STAY);
      return facts;
    }
    case "battery":
      world.changeBattery(scene.keys[event.key], event.out === "briefly" ? BRIEFLY : LONG);
      world.advance({ seconds: (event.out === "briefly" ? BRIEFLY : LONG) + BOOTS });
      return facts;
    case "revoke":
    case "policy":
    case "epoch":
      world.advance({ seconds: 2 });
      return issue(scene, world, event, facts);
  }
}

const STAY = 6_000_000;
const BRIEFLY = 30;
const LONG = 1_200;
/** A key writes its newest transaction again before it does anything. */
const BOOTS = 10;
const DESK_STAY = 2_000_000;
const SHELF_STAY_PER_OBJECT = 800_000;

function keywayOf({ door }: Scene) {
  return { kind: "keyway", cylinder: door.cylinder } as const;
}

// ---- the city ----------------------------------------------------------------------------------------------------------

function issue(
  { patrol, keys, door }: Scene,
  world: World,
  event: Extract<EventKind, { kind: "revoke" | "policy" | "epoch" }>,
  facts: Facts,
): Facts {
  const { city } = facts;
  const today = facts.moment + 1;
  const next = ([epoch, value]: Version): Version => [epoch, value + 1];
  switch (event.kind) {
    case "revoke": {
      const entry = { kind: "key", id: keys[event.key].party.kid, until: world.unix } as const;
      world.city.revoke(patrol.list, world.unix, entry);
      const list = next(city.list);
      const dates = { ...city.dates, list: { ...city.dates.list, [`${list}`]: today } };
      return { ...facts, city: { ...city, list, dates, voidFrom: { ...city.voidFrom, [event.key]: list } } };
    }
    case "policy": {
      world.city.renewPolicy(door.door, world.unix, event.state === "same" ? {} : { state: event.state });
      const policy = next(city.policy);
      const isClosing = event.state === "same" ? isClosed(facts) : event.state === "deactivated";
      const closing = isClosing ? [...city.closing, policy] : city.closing;
      const dates = { ...city.dates, policy: { ...city.dates.policy, [`${policy}`]: today } };
      return { ...facts, city: { ...city, policy, closing, dates } };
    }
    case "epoch": {
      world.city.openEpoch(world.unix);
      const epoch = city.epoch + 1;
      const first: Version = [epoch, 1];
      // SPEC TRU-13: what was good is issued anew.
      const grants: Record<string, GrantFacts> = {};
      for (const [key, grant] of Object.entries(city.grants)) {
        const isGood = grant.epoch === city.epoch && city.voidFrom[key] === undefined && facts.moment < grant.overFrom;
        grants[key] = isGood ? { ...grant, epoch } : grant;
      }
      const closing = isClosed(facts) ? [...city.closing, first] : city.closing;
      const dates = {
        list: { ...city.dates.list, [`${first}`]: today },
        policy: { ...city.dates.policy, [`${first}`]: today },
        epoch: { ...city.dates.epoch, [epoch]: today },
      };
      return { ...facts, city: { ...city, dates, epoch, list: first, policy: first, closing, grants } };
    }
  }
}

/** The desk gives the time, and the shelf what the city has for this key. */
export function sync(scene: Scene, world: World, name: KeyName): void {
  const { key } = scene.keys[name];
  lay(world, key, { kind: "slot", device: scene.desk, slot: 0 }, DESK_STAY);
  const objects = forKey(scene, world, name);
  const draws = world.kernel.stream("shelf");
  const session = draws.uint32() || 1;
  const hello = {
    versions: SPOKEN_VERSIONS,
    exchange: "dock",
    nonce: draws.bytes(16),
    device: draws.bytes(8),
  } as const;
  const frames = [
    requestFrame("dock", "hello", hello, { session, sequence: 0 }),
    ...objects.map((object, index) => requestFrame("dock", "deliver", { object }, { session, sequence: index + 1 })),
  ];
  lay(world, key, layOut(world, frames), SHELF_STAY_PER_OBJECT * frames.length);
}

/** In the order of SPEC DCK-5: certificates first, under which the rest stands. */
function forKey({ keys, patrol, door }: Scene, world: World, name: KeyName): readonly Uint8Array[] {
  const { city, unix } = world;
  const { epoch } = city.centre;
  const roles = epoch === 1 ? [] : (["grant", "policy", "list", "receipt", "time", "device"] as const);
  const certificates = roles.map((role) => city.centre.issuer(role).certificate.bytes);
  const { ledger } = city;
  const list = ledger.listAt(patrol.list, unix)?.object.bytes;
  const policy = ledger.policyAt(door.door, unix)?.object.bytes;
  const grant = ledger
    .grants()
    .findLast((one) => one.holder.name === keys[name].name && one.epoch === epoch && one.object.value.exp > unix);
  return [...certificates, list, policy, grant?.object.bytes].filter((object) => object !== undefined);
}

// ---- power ------------------------------------------------------------------------------------------------------------

/** A visit in which power goes at a point; the key is out at the same moment. */
function cutVisit(scene: Scene, world: World, key: string, at: CutPoint): "cut" | "never-there" {
  const { cylinder } = scene.door;
  const isThere = POINTS[at];
  if (typeof isThere === "object") {
    const operation = writeIn(scene, world.fork(), key, isThere);
    if (operation === undefined) return "never-there";
    bodyOf(scene, world).plannedCut = { operation, stage: isThere.stage };
  }
  put(world, key, keywayOf(scene));
  const seen = (moment: Moment): boolean => {
    if (moment.entity !== cylinder) return false;
    if (typeof isThere === "object") return (moment.after as CylinderState).power === "off";
    return isThere(
      moment.after as CylinderState,
      moment.effects.map(({ kind }) => kind),
    );
  };
  const found = world.kernel.runUntil(seen, world.kernel.now + STAY);
  if (found === undefined) return "never-there";
  const { life } = bodyOf(scene, world);
  world.kernel.send({ id: cylinder }, { kind: "power-cut", life });
  take(world, key);
  return "cut";
}

type Point = (state: CylinderState, effects: readonly string[]) => boolean;
type WritePoint = (state: CylinderState) => boolean;

const phaseIs = (state: CylinderState, name: string): boolean => state.power === "on" && state.phase.name === name;
const taskIs = (state: CylinderState, kind: string): boolean =>
  state.power === "on" && state.work !== "idle" && state.work.tasks[0]?.kind === kind;

/**
 * A write of a record that begins a block has the block's number before the body, and an erase before that: what is cut there leaves
 * no slot behind to void (SPEC LOG-3). Where in its ring a memory writes is not in a state's text, so it is the body that is cut.
 */
const isBody = (operation: NvmOperation, { wordBytes }: NvmProfile): boolean =>
  operation.kind === "program" && operation.bytes.length > wordBytes;
const isAny = (): boolean => true;

interface CutWrite {
  readonly write: WritePoint;
  /** Of the operations of that write the first that is so. */
  readonly in: (operation: NvmOperation, profile: NvmProfile) => boolean;
  readonly stage: NvmCutStage;
}

const POINTS: Readonly<Record<CutPoint, Point | CutWrite>> = {
  nonce: { write: (state) => taskIs(state, "count"), in: isAny, stage: "torn" },
  update: { write: (state) => phaseIs(state, "updating") && taskIs(state, "settings"), in: isAny, stage: "torn" },
  "before-intent": (state, effects) => phaseIs(state, "verifying") && effects.includes("measure-energy"),
  "torn-intent": {
    write: (state) => phaseIs(state, "committing") && taskIs(state, "record"),
    in: isBody,
    stage: "torn",
  },
  "after-intent": (state, effects) => phaseIs(state, "committing") && effects.includes("measure-energy"),
  engaged: (state) => phaseIs(state, "engaged"),
};

/** The number of the memory operation that is to be cut, found by trying it in a world that is thrown away. */
function writeIn(scene: Scene, world: World, key: string, point: CutWrite): number | undefined {
  const { profile } = bodyOf(scene, world).nvm;
  const isCut = (operation: NvmOperation): boolean => point.in(operation, profile);
  put(world, key, keywayOf(scene));
  const found = world.kernel.runUntil(
    ({ entity, after, effects }) =>
      entity === scene.door.cylinder &&
      (effects as readonly CylinderEffect[]).some((effect) => effect.kind === "nvm" && effect.operations.some(isCut)) &&
      point.write(after as CylinderState),
    world.kernel.now + STAY,
  );
  const { writing } = bodyOf(scene, world);
  if (found === undefined || writing === "idle") return undefined;
  const { before, operations } = writing;
  return before.operations + operationsIn(before, operations.slice(0, operations.findIndex(isCut))).length;
}

function bodyOf({ door }: Scene, world: World) {
  return world.build(({ kernel, bodies }) => kernel.part(bodies).of("cylinder", door.cylinder));
}

// ---- the attacker ------------------------------------------------------------------------------------------------------

function replay(scene: Scene, world: World): "played" | "nothing-recorded" {
  const { tape } = world.kernel.part(scene.evidence);
  if (tape === "none") return "nothing-recorded";
  const name = `gadget ${world.kernel.now}`;
  const rogue = { kind: "plays", score: tape.frames } as const;
  const gadget = world.build((site) => buildRogueKey(site, name, scene.patrol, rogue));
  world.kernel.advanceBy(1_000);
  lay(world, gadget.key, keywayOf(scene), STAY);
  return "played";
}

/** The grants with which a world begins. */
export function firstGrant(name: KeyName): GrantFacts {
  return { epoch: 1, overFrom: SHIFT_ENDS[name] };
}
