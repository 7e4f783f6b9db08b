/**
 * When two moments of a small world are the same. Everything that can make the devices, the city or the attacker do another thing from
 * now on is in the text; what is left out is left out for these reasons:
 *
 * - Time inside its class: every date that somebody compares is further away than a class is long (`CLASS_SECONDS`).
 * - Nonce counter, record numbers and proof counters, at any value that is not behind what was made of them before: they only rise,
 *   and no decision reads them (SPEC OPN-3, LOG-2, PER-7). How far one is behind is in the text, so a reused one is another state.
 * - Where in its rings a memory writes next, what it has erased ahead, and the log before its newest record: no decision reads them
 *   (SPEC OPN-15, LOG-4). What a cut has left to be made good is in the text.
 * - What keys carry for others, journals, receipts (SPEC OPN-15), random pools, battery charge (its step is in), counters of what was
 *   refused.
 *
 * Whether that is enough is not taken on trust: explore.ts goes on from duplicates too, and compares.
 */
import {
  type Certificate,
  certificateObject,
  type DoorPolicy,
  decodeRequest,
  doorPolicyObject,
  messageNamed,
  parseObject,
  parseSign1,
  type RequestBody,
  type RevocationList,
  revocationListObject,
  toHex,
  typOf,
} from "@nyckelfri/protocol";
import type { CylinderOn } from "../../devices/cylinder/cylinder-state.ts";
import { findingsOf } from "../../devices/cylinder/findings.ts";
import { layoutOf } from "../../devices/cylinder/layout.ts";
import { readObject } from "../../devices/cylinder/object-pool.ts";
import type { Slot } from "../../devices/cylinder/settings.ts";
import type { KeyOn } from "../../devices/key/state.ts";
import type { World } from "../../world/world.ts";
import type { Facts } from "./reference.ts";
import { GUARD_SECONDS, KEY_NAMES, type KeyName, type Scene } from "./scene.ts";

export interface Woken {
  readonly door: CylinderOn;
  readonly keys: Readonly<Record<KeyName, KeyOn>>;
}

/** The same text for the same moment, and only for it. */
export function canonical(scene: Scene, world: World, { door, keys }: Woken, facts: Facts): string {
  const names = namesIn(scene, world);
  const evidence = world.kernel.part(scene.evidence);
  const keyTexts = KEY_NAMES.map((name) => keyText(names, keys[name], evidence.proofs.get(scene.keys[name].key) ?? 0));
  const { tape } = evidence;
  const taped = tape === "none" ? tape : [tape.key, names.grant(tape.cti), tape.updates.map(names.update)];
  const { ledger } = world.city;
  const list = ledger.listAt(scene.patrol.list, world.unix);
  const policy = ledger.policyAt(scene.door.door, world.unix);
  const issued = [
    list === undefined ? "none" : names.list(list.object.bytes),
    policy === undefined ? "none" : names.policy(policy.object.bytes),
    ...ledger.grants().map(({ object }) => names.grant(object.value.cti)),
  ];
  return JSON.stringify([facts, issued, doorText(scene, names, door, evidence), keyTexts, taped]);
}

/** How far a counter is behind what it has already been. */
function behind(counter: number, spent: number): number {
  return Math.max(0, spent - counter);
}

function doorText(
  { provider }: Scene,
  names: Names,
  { stores, memory, work, owed, deferred, phase }: CylinderOn,
  evidence: { readonly nonce: number; readonly record: number },
): unknown {
  const { profile } = memory.nvm;
  const context = { provider, profile, layout: layoutOf(profile), findings: findingsOf("by-page", provider) };
  const bytesOf = (slot: Slot | "none"): Uint8Array | undefined =>
    slot === "none" ? undefined : readObject(context, memory, slot)?.bytes;
  const named = (slot: Slot | "none", name: (bytes: Uint8Array) => string): string => {
    const bytes = bytesOf(slot);
    return bytes === undefined ? "none" : name(bytes);
  };
  const { settings } = stores.bank;
  const { trust } = settings;
  return {
    phase: phase.name,
    life: [settings.lifecycle, settings.mount, settings.erasure],
    trust: [trust.epoch, toHex(trust.rootPublicKey), toHex(trust.successorThumbprint)],
    floor: [stores.floor.epoch, names.time(stores.floor.value)],
    policy: [settings.policyVersion, named(settings.policy, names.policy)],
    lists: settings.lists.map(({ version, slot }) => [version, named(slot, names.list)]),
    certificates: settings.certificates.map((slot) => named(slot, names.certificate)),
    grants: settings.grants.map(({ cti }) => names.grant(cti)),
    nonceBehind: behind(stores.nonces.value, evidence.nonce),
    recordBehind: behind(stores.openings.newest.number, evidence.record),
    newest: [stores.openings.last?.record.kind, stores.refusals.last === undefined ? "none" : "some"],
    toMend: [...(work === "idle" ? [] : work.tasks), ...owed, ...deferred].map((task) =>
      task.kind === "record" ? [task.kind, task.log, task.record.kind] : task.kind,
    ),
  };
}

function keyText(names: Names, { holdings, duty, battery, acquainted, work }: KeyOn, spent: number): unknown {
  const { trust, floor, clock, grants, lists, policies, certificates, transitions, pin } = holdings;
  return {
    duty: [duty, battery, work],
    trust: [trust.epoch, toHex(trust.rootPublicKey), toHex(trust.successorThumbprint)],
    floor: [floor.epoch, names.time(floor.value)],
    clock: [clock.quality, names.time(clock.knownLower)],
    grants: grants.map(({ value }) => names.grant(value.cti)),
    ticket: holdings.ticket === undefined ? "none" : toHex(holdings.ticket.bytes),
    lists: lists.map(({ bytes }) => names.list(bytes)).sort(),
    policies: policies.map(({ bytes }) => names.policy(bytes)).sort(),
    certificates: certificates.map(({ key }) => names.certificate(key.certificate.bytes)).sort(),
    transitions: transitions.map(({ value }) => value.epoch),
    attempts: pin?.attempts,
    acquainted: acquainted.length,
    counterBehind: behind(holdings.keyCounter, spent),
  };
}

/** Names of objects and dates that are the same whenever in its class of time an object was made. */
interface Names {
  readonly time: (seconds: number) => number;
  readonly policy: (bytes: Uint8Array) => string;
  readonly list: (bytes: Uint8Array) => string;
  readonly certificate: (bytes: Uint8Array) => string;
  readonly grant: (cti: Uint8Array) => string;
  /** Of the body of an update. */
  readonly update: (body: Uint8Array) => string;
}

function namesIn({ classes, keys }: Scene, world: World): Names {
  const time = (seconds: number): number => classes.filter((begins) => begins - GUARD_SECONDS <= seconds).length;
  const holders = new Map(KEY_NAMES.map((name) => [toHex(keys[name].party.kid), name]));
  const byKind = {
    [typOf("door-policy")]: (bytes: Uint8Array) => names.policy(bytes),
    [typOf("revocation-list")]: (bytes: Uint8Array) => names.list(bytes),
    [typOf("certificate")]: (bytes: Uint8Array) => names.certificate(bytes),
  };
  const names: Names = {
    time,
    policy: (bytes) => {
      const { version, state, groups, mount, iat }: DoorPolicy = parseObject(doorPolicyObject, bytes).value;
      return `policy ${version} ${state} ${groups} ${mount} ${time(iat)}`;
    },
    list: (bytes) => {
      const { list, version, entries, iat }: RevocationList = parseObject(revocationListObject, bytes).value;
      const named = entries.map(({ kind, id, until }) => [kind, typeof id === "number" ? id : toHex(id), time(until)]);
      return `list ${list} ${version} ${time(iat)}: ${named}`;
    },
    certificate: (bytes) => {
      const { roles, epoch, publicKey, nbf }: Certificate = parseObject(certificateObject, bytes).value;
      return `certificate ${roles} ${epoch} ${toHex(publicKey.subarray(0, 8))} ${time(nbf)}`;
    },
    grant: (cti) => {
      const issued = world.city.ledger.grantOf(cti);
      if (issued === undefined) return `stranger's ${toHex(cti)}`;
      const { iat, nbf, exp } = issued.object.value;
      return `grant ${holders.get(toHex(issued.key))} ${issued.epoch} ${time(iat)} ${time(nbf)} ${exp}`;
    },
    update: (body) => {
      const { number } = messageNamed("open", "update");
      const { object } = decodeRequest("open", number, body).body as RequestBody<"open", "update">;
      return byKind[parseSign1(object).typ]?.(object) ?? toHex(object);
    },
  };
  return names;
}
