/** A small world in which a test says what happens: a real city, a real cylinder and key to take states from, and any checkers. */
import {
  defaultProvider,
  type ExchangeName,
  encodeReply,
  encodeRequest,
  type Frame,
  FrameDecoder,
  type MessageName,
  messageNamed,
  type ReplyBody,
  type RequestBody,
  toHex,
} from "@nyckelfri/protocol";
import type { Breach, CastMember, Checker, Truth } from "#src/checkers/checker.ts";
import type { CylinderEffect, CylinderInput } from "#src/devices/cylinder/cylinder-io.ts";
import type { CylinderOn, CylinderState } from "#src/devices/cylinder/cylinder-state.ts";
import { manufactureKey, USUAL_LAYOUT, USUAL_NVM, USUAL_QUOTAS } from "#src/devices/key/factory.ts";
import type { KeyOn } from "#src/devices/key/state.ts";
import type { Nvm } from "#src/hardware/nvm.ts";
import type { Device } from "#src/world/entity.ts";
import type { DoorKnowledge, Engagement, Happening, HappeningOf } from "#src/world/happenings.ts";
import type { Door } from "#src/world/parties.ts";
import { again, greet, mountedTown, NBF, NOW, type Town, visit } from "../devices/cylinder/town.ts";
import { KeyRig } from "../devices/key/rig.ts";

export { DAY, EXP, NBF, NOW } from "../devices/cylinder/town.ts";

/** What all stages begin from; nothing of it is ever changed. */
const FOUND = found();

function found() {
  const town = mountedTown();
  visit(town);
  const config = { provider: defaultProvider, layout: USUAL_LAYOUT, quotas: USUAL_QUOTAS };
  const made = { seed: town.key.seed, commission: town.city.commission(), salt: new Uint8Array(8).fill(1) };
  const key = new KeyRig(manufactureKey(config, USUAL_NVM, made)).powerOn();
  const bounds = { loMs: NOW * 1000 - 500, hiMs: NOW * 1000 + 500, atTickMs: key.tickMs };
  const source = { kid: town.box.kid, sourceClass: "activation-box" } as const;
  const clock = { quality: "running", knownLower: NOW - 1, bounds, source } as const;
  const on: KeyOn = { ...key.on, holdings: { ...key.on.holdings, clock } };
  return { town, cylinder: town.rig.on, nvm: town.rig.nvm, key: on, keyNvm: key.nvm };
}

const PERMIT = { verdict: "permit-open", interval: { lo: NOW, hi: NOW + 2 } } as const;

export class Stage implements Truth {
  readonly town: Town = again(FOUND.town, FOUND.nvm);
  readonly provider = defaultProvider;
  now = (NOW - NBF) * 1_000_000;
  readonly states: Map<string, unknown> = new Map();
  readonly memories: Map<string, Nvm> = new Map();
  readonly cast: Map<string, CastMember> = new Map();
  readonly doors: Map<string, Door> = new Map();
  checkers: readonly Checker[];
  /** A cylinder that has been visited, with its key in it; and a key that knows its city. */
  readonly cylinder: CylinderOn = FOUND.cylinder;
  readonly key: KeyOn = FOUND.key;

  constructor(...checkers: readonly Checker[]) {
    this.checkers = checkers;
    const { town } = this;
    const { key, box, cylinder } = town;
    for (const [id, role, party] of [
      ["lock", "cylinder", cylinder],
      ["key", "key", key],
      ["tool", "key", town.tool],
      ["box", "activation-box", box],
      ["station", "station", town.city.party("station")],
    ] as const) {
      this.cast.set(id, { id, role, party, clock: "as-assumed" });
    }
    this.states.set("lock", this.cylinder);
    this.states.set("key", this.key);
    this.memories.set("lock", FOUND.nvm);
    this.memories.set("key", FOUND.keyNvm);
    this.doors.set("lock", town.flat);
  }

  get unixMicroseconds(): number {
    return NBF * 1_000_000 + this.now;
  }
  get ledger() {
    return this.town.city.ledger;
  }
  /** What is broken, by property. */
  get broken(): string[] {
    return this.breaches.map(({ property }) => property);
  }
  get breaches(): Breach[] {
    return this.checkers.flatMap(({ breaches }) => breaches);
  }

  find(id: string): CastMember | undefined {
    return this.cast.get(id);
  }
  member(id: string): CastMember {
    const member = this.find(id);
    if (member === undefined) throw new Error(`nobody is ${id}`);
    return member;
  }
  members(): readonly CastMember[] {
    return [...this.cast.values()];
  }
  memberOf(kid: Uint8Array): CastMember | undefined {
    return this.members().find(({ party, role }) => role !== "rogue" && toHex(party.kid) === toHex(kid));
  }
  doorOf(cylinder: string): Door | undefined {
    return this.doors.get(cylinder);
  }
  memory(id: string): Nvm {
    return this.memories.get(id) as Nvm;
  }
  state(id: string): unknown {
    return this.states.get(id) ?? { power: "off" };
  }
  stateOf<State>({ id }: { readonly id: string }): State {
    return this.state(id) as State;
  }

  /** Adds somebody, or changes a premise of theirs. */
  casts(id: string, changes: Partial<CastMember>): this {
    const known = this.cast.get(id) ?? { id, role: "rogue", party: this.town.city.party(id), clock: "as-assumed" };
    this.cast.set(id, { ...known, ...changes });
    return this;
  }
  at(unixSeconds: number): this {
    this.now = (unixSeconds - NBF) * 1_000_000;
    return this;
  }
  later(microseconds: number): this {
    this.now += microseconds;
    return this;
  }

  tell(...happenings: readonly Happening[]): this {
    for (const happening of happenings) {
      for (const { watch } of this.checkers) {
        (watch[happening.kind] as ((told: Happening, truth: Truth) => void) | undefined)?.(happening, this);
      }
    }
    return this;
  }
  finish(): this {
    for (const checker of this.checkers) checker.finish?.(this);
    return this;
  }

  /** The device goes over into another state. */
  becomes(
    entity: string,
    after: unknown,
    input: { readonly kind: string; readonly tickMs?: number } = { kind: "timer" },
  ): this {
    const before = this.states.get(entity) ?? { power: "off" };
    this.states.set(entity, after);
    return this.tell({ kind: "step", moment: { time: this.now, entity, input, before, after, effects: [] } });
  }
  becomesCylinder(change: (on: CylinderOn) => CylinderOn): this {
    return this.becomes("lock", change(this.states.get("lock") as CylinderOn));
  }
  becomesKey(changes: Partial<KeyOn["holdings"]>): this {
    const key = this.states.get("key") as KeyOn;
    return this.becomes(
      "key",
      { ...key, holdings: { ...key.holdings, ...changes } },
      { kind: "timer", tickMs: key.holdings.clock.quality === "running" ? key.holdings.clock.bounds.atTickMs : 0 },
    );
  }

  /** What the door holds, as its state says. */
  holds(changes: Partial<DoorKnowledge> = {}): DoorKnowledge {
    const { stores } = this.cylinder;
    const { trust, policyVersion, mount, lists } = stores.bank.settings;
    const { epoch } = trust;
    const held = lists.map(({ list, version }) => ({ list, version: { epoch, value: version } }));
    return { epoch, floor: stores.floor, mount, policy: policyVersion, lists: held, ...changes };
  }
  engaged(changes: Partial<Engagement> = {}): Engagement {
    const { cti } = this.town.grant.value;
    const record = this.cylinder.stores.openings.newest.number;
    return {
      kind: "engaged",
      cylinder: "lock",
      by: "key",
      cti,
      record,
      first: PERMIT,
      second: PERMIT,
      holds: this.holds(),
      ...changes,
    };
  }
  /** A box has given a ticket for the town's grant. */
  activated(box = "box"): HappeningOf<"activated"> {
    const grantDigest = this.provider.sha256(this.town.grant.bytes);
    return { kind: "activated", box, key: "key", grantDigest };
  }
}

export interface Ends {
  readonly from: string;
  readonly to: string;
  readonly session?: number;
  readonly sequence?: number;
}

export function request<E extends ExchangeName, N extends MessageName<E>>(
  { from, to, session = 1, sequence = 1 }: Ends,
  exchange: E,
  name: N,
  body: NoInfer<RequestBody<E, N>>,
): Happening {
  const message = messageNamed(exchange, name).number;
  const bytes = encodeRequest(exchange, name, body);
  return sent(from, to, {
    version: 1,
    kind: "request",
    message,
    session,
    sequence: name === "hello" ? 0 : sequence,
    body: bytes,
  });
}
export function reply<E extends ExchangeName, N extends MessageName<E>>(
  { from, to, session = 1, sequence = 1 }: Ends,
  exchange: E,
  name: N,
  body: NoInfer<ReplyBody<E, N>>,
): Happening {
  const message = messageNamed(exchange, name).number;
  const bytes = encodeReply(exchange, name, body);
  return sent(from, to, {
    version: 1,
    kind: "reply",
    message,
    session,
    sequence: name === "hello" ? 0 : sequence,
    body: bytes,
  });
}
export function sent(from: string, to: string, frame: Frame): Happening {
  return { kind: "sent", from, to, frame };
}

const VERSIONS = { oldest: 1, newest: 1 } as const;
export function openHello(ends: Ends): Happening {
  return request(ends, "open", "hello", {
    versions: VERSIONS,
    exchange: "open",
    nonce: new Uint8Array(8),
    battery: "ok",
  });
}
/** `ends` are those of the hello. */
export function challenge({ from, to, session = 1 }: Ends, cylinder: Uint8Array, nonce: Uint8Array): Happening {
  const body = {
    versions: VERSIONS,
    cylinder,
    nonce,
    epoch: 1,
    policyVersion: 1,
    lists: [],
    floor: 1,
    state: "active",
    newestRecord: 3,
  } as const;
  return reply({ from: to, to: from, session }, "open", "hello", body);
}
export function dockHello<E extends "dock" | "activate" | "store">(ends: Ends, exchange: E): Happening {
  const body = { versions: VERSIONS, exchange, nonce: new Uint8Array(16), device: new Uint8Array(8) };
  return request(ends, exchange as "dock", "hello", body as RequestBody<"dock", "hello">);
}
/** 16 bytes that are like no others. */
export function nonceOf(name: string): Uint8Array {
  return defaultProvider.sha256(Uint8Array.from(name, (letter) => letter.charCodeAt(0))).slice(0, 16);
}

/** Tells a stage what its real cylinder does from now on: steps, frames, writes and engagements. */
export function watchCylinder(stage: Stage): void {
  const { rig } = stage.town;
  const decoder = new FrameDecoder();
  const device = rig.device as Device<CylinderState, CylinderInput, CylinderEffect>;
  const tellFrames = (from: string, to: string, bytes: Uint8Array) => {
    for (const event of decoder.push(bytes)) if (event.kind === "frame") stage.tell(sent(from, to, event.frame));
  };
  const step = (before: CylinderState, input: CylinderInput) => {
    stage.later(1_000);
    if (input.kind === "power-on") stage.tell({ kind: "power", device: "lock", power: "on" });
    if (input.kind === "frame") stage.tell(sent("key", "lock", input.frame));
    const stepped = device.step(before, input);
    stage.states.set("lock", stepped.state);
    stage.memories.set("lock", rig.nvm);
    const { state: after, effects } = stepped;
    stage.tell({ kind: "step", moment: { time: stage.now, entity: "lock", input, before, after, effects } });
    for (const effect of effects) {
      if (effect.kind === "send") tellFrames("lock", "key", effect.bytes);
      if (effect.kind === "engage" && after.power === "on") stage.tell(engagementOf(stage, after, effect));
      if (effect.kind === "disengage")
        stage.tell({ kind: "disengaged", cylinder: "lock", why: "firmware", afterMicroseconds: 5_000 });
      if (effect.kind !== "nvm") continue;
      for (const operation of effect.operations)
        stage.tell({ kind: "memory", device: "lock", operation, outcome: { kind: "done" } });
    }
    if (input.kind === "power-lost") stage.tell({ kind: "power", device: "lock", power: "off" });
    return stepped;
  };
  Object.assign(rig, { device: { step } });
}

function engagementOf(
  stage: Stage,
  on: CylinderOn,
  { first, second, record }: Extract<CylinderEffect, { kind: "engage" }>,
): Engagement {
  const { trust, policyVersion, mount, lists } = on.stores.bank.settings;
  const held = lists.map(({ list, version }) => ({ list, version: { epoch: trust.epoch, value: version } }));
  const holds = { epoch: trust.epoch, floor: on.stores.floor, mount, policy: policyVersion, lists: held };
  const cti = on.phase.name === "committing" ? on.phase.opening.intent.cti : new Uint8Array(8);
  return stage.engaged({ cti, first, second, record, holds });
}

export { greet, visit };
