/**
 * A sync station with two keys and a host, and all that can come to it at any moment. The keys are real ones, which answer at once; when
 * the station hears of it, whether twice, or in the middle of a commit, is part of the order. What it says is judged by the bytes.
 */
import {
  decodeReply,
  decodeRequest,
  encodeRequest,
  equalBytes,
  type Frame,
  FrameDecoder,
  grantObject,
  HELLO_VERSION,
  keyId,
  type MessageName,
  messageNamed,
  parseObject,
  parseSign1,
  type ServeWelcome,
  SPOKEN_VERSIONS,
  timeStatementObject,
  toHex,
  typOf,
} from "@nyckelfri/protocol";
import type { KeyConfig, KeyInput, KeyState } from "#src/devices/key/state.ts";
import { keyDevice } from "#src/devices/key/step.ts";
import { MAINS_OFF } from "#src/devices/mains/step.ts";
import { stationDevice } from "#src/devices/station/station.ts";
import type {
  StationConfig,
  StationEffect,
  StationInput,
  StationOn,
  StationState,
} from "#src/devices/station/types.ts";
import { type Nvm, type NvmOperation, runNvm } from "#src/hardware/nvm.ts";
import { commissioned, foundCity, config as keyConfig, NOW } from "../key/rig.ts";
import { dock } from "../key/station.ts";
import { stationNvm, config as usualConfig } from "../station/rig.ts";
import { demand, type Interleaving } from "./explore.ts";
import { remembering } from "./remembering.ts";
import { type Asked, answering, asking, strays } from "./wire.ts";

const SLOTS = [0, 1] as const;
type SlotNumber = (typeof SLOTS)[number];
const AT_SLOT = ["made", "broken", "frame", "frame-again", "frame-lost", "frame-of-the-other", "timer"] as const;
const HOST_ASKS = [
  ...["time-challenge", "time", "time-of-before", "bundle-0", "bundle-1", "list", "docks", "info", "acknowledge"],
  ...["enrol", "host-garbage"],
] as const;
const MOVES = [
  ...["power-on", "power-lost", "nvm-done", "nvm-fails", "nvm-lies", "cut-after-nvm", "clock-stopped", "wait-1-h"],
  ...AT_SLOT.flatMap((what) => SLOTS.map((slot) => `${what}-${slot}` as const)),
  ...["host-hello", "host-nonsense", "host-repeat", "host-reused", "host-gap", "host-before"],
  ...HOST_ASKS,
] as const;
export type StationMove = (typeof MOVES)[number];

interface KeyThere {
  readonly contact: "made" | "broken";
  readonly state: KeyState;
  readonly nvm: Nvm;
  /** What the key has said and the station has not heard, and what it heard last. */
  readonly line: readonly Frame[];
  readonly heard: Frame | undefined;
  /** For a TimeStatement, and when it was given. */
  readonly nonces: readonly { readonly nonce: string; readonly tickMs: number }[];
}

export interface StationNode {
  readonly state: StationState;
  readonly nvm: Nvm;
  readonly tickMs: number;
  readonly writes: readonly NvmOperation[] | undefined;
  readonly timers: readonly string[];
  readonly stopFlag: "set" | "clear";
  /** `running`: as an issuer has told it after it was asked, since it stopped. */
  readonly clock: "running" | "asked" | "stopped";
  readonly powerUps: number;
  readonly hellos: number;
  readonly keys: readonly KeyThere[];
  readonly host: { readonly session: number; readonly timeNonce: Uint8Array | undefined; readonly last: string };
  readonly asked: readonly Asked[];
  readonly signed: readonly string[];
}

const QUIET_DRAWS = { below: () => 0 };
const HOUR_MS = 3_600_000;

export function stationAlone(): Interleaving<StationNode, StationMove> {
  const provider = remembering();
  const keyProvider = remembering();
  const config: StationConfig = { ...usualConfig, provider, slots: SLOTS.length };
  const device = stationDevice(config);
  const keyMachine = keyDevice({ ...keyConfig, provider: keyProvider } satisfies KeyConfig);
  const of = foundCity();
  const other = of.city.party("second key");
  const grants = [of.grant, of.city.grantShift({ ...of.shift, key: other, holder: of.bo })] as const;
  const parties = [of.key, other] as const;
  demand(!equalBytes(of.key.kid, other.kid), "two keys");
  const rigs = parties.map((key, index) => {
    const its = { ...of, key, grant: grants[index] ?? of.grant };
    const rig = commissioned(its, { luck: `key-${index}` }).powerOn("set");
    dock(its, rig);
    return rig;
  });
  const { city } = of;

  const known = new WeakMap<Nvm, StationOn>();
  function found(nvm: Nvm): StationOn {
    const was = known.get(nvm);
    if (was !== undefined) return was;
    const entropy = new Uint8Array(32);
    const { state } = device.step(MAINS_OFF, {
      kind: "power-on",
      nvm,
      stopFlag: "clear",
      entropy,
      tickMs: Number.MAX_SAFE_INTEGER,
    });
    demand(state.power === "on", "the memory is lost");
    known.set(nvm, state);
    return state;
  }

  function trueTime({ tickMs }: { readonly tickMs: number }): number {
    return NOW + Math.floor(tickMs / 1_000);
  }

  // ---- keys ---------------------------------------------------------------------------------------

  /** Whatever the key makes of it, at once. */
  function keyHears(
    there: KeyThere,
    input: Omit<KeyInput, "tickMs"> & { readonly kind: string },
    tickMs: number,
  ): KeyThere {
    const pending: KeyInput[] = [{ ...input, tickMs } as KeyInput];
    let { state, nvm, nonces } = there;
    const line = [...there.line];
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const stepped = keyMachine.step(state, next);
      state = stepped.state;
      for (const effect of stepped.effects) {
        if (effect.kind === "send") {
          for (const event of new FrameDecoder().push(effect.bytes)) {
            if (event.kind !== "frame") continue;
            line.push(event.frame);
            const { message, body } = event.frame;
            if (message !== messageNamed("dock", "time-challenge").number) continue;
            nonces = [...nonces, { nonce: toHex(decodeReply("dock", "time-challenge", body).nonce), tickMs }];
          }
        }
        if (effect.kind !== "nvm") continue;
        nvm = runNvm(nvm, effect.operations, QUIET_DRAWS).nvm;
        pending.push({ kind: "nvm-done", nvm, outcome: { kind: "done" }, tickMs });
      }
    }
    return { ...there, state, nvm, nonces, line };
  }

  function withKey(node: StationNode, slot: number, there: KeyThere): StationNode {
    return { ...node, keys: node.keys.map((one, index) => (index === slot ? there : one)) };
  }

  // ---- a host, as a script --------------------------------------------------------------------------

  function hostFrame(move: StationMove, node: StationNode): Frame | undefined {
    const { host, asked, hellos } = node;
    const request = { version: HELLO_VERSION, kind: "request" } as const;
    const last = asked.at(-1)?.frame;
    if (move === "host-hello" || move === "host-nonsense") {
      const body = move === "host-hello" ? helloOf(hellos) : Uint8Array.of(0xff);
      return { ...request, message: 0, session: 3_000 + hellos, sequence: 0, body };
    }
    if (last === undefined) return undefined;
    const current = asked.findLast(({ frame }) => frame.session === host.session)?.frame ?? last;
    const stray = strays(asked, host.session, { last, current });
    switch (move) {
      case "host-repeat":
        return stray.repeat;
      case "host-reused":
        return stray.reused;
      case "host-gap":
        return stray.gap;
      case "host-before":
        return stray.before;
      default: {
        const body = askOf(move, node);
        if (body === undefined) return undefined;
        return { ...request, session: host.session, sequence: current.sequence + 1, message: body[0], body: body[1] };
      }
    }
  }

  function helloOf(hellos: number): Uint8Array {
    const nonce = new Uint8Array(16).fill(hellos + 1);
    return encodeRequest("serve", "hello", { versions: SPOKEN_VERSIONS, exchange: "serve", nonce, program: "rig" });
  }

  function askOf(move: StationMove, node: StationNode): readonly [number, Uint8Array] | undefined {
    const ask = <N extends MessageName<"serve">>(name: N, body: Parameters<typeof encodeRequest<"serve", N>>[2]) =>
      [messageNamed("serve", name).number, encodeRequest("serve", name, body)] as const;
    switch (move) {
      case "time-challenge":
        return ask("time-challenge", {});
      case "time":
      case "time-of-before": {
        const nonce = move === "time" ? node.host.timeNonce : new Uint8Array(16);
        if (nonce === undefined) return undefined;
        const statement = city.stateTime(nonce, trueTime(node), 500).bytes;
        return ask("time", { statement, certificates: city.centre.chainOf("time") });
      }
      case "bundle-0":
        return ask("bundle", { key: of.key.kid, object: grants[0].bytes });
      case "bundle-1":
        return ask("bundle", { key: other.kid, object: grants[1].bytes });
      case "list":
        return ask("deliver", { object: of.list.bytes });
      case "docks":
        return ask("docks", {});
      case "info":
        return ask("info", {});
      case "acknowledge":
        return ask("acknowledge", { cursor: 1 });
      case "enrol":
        return ask("enrol", { nonce: new Uint8Array(16).fill(node.asked.length) });
      case "host-garbage":
        return [messageNamed("serve", "bundle").number, Uint8Array.of(0xff)];
      default:
        return undefined;
    }
  }

  // ---- a step -----------------------------------------------------------------------------------------

  type Given = { readonly node: StationNode; readonly input: StationInput } | undefined;

  function given(move: StationMove, node: StationNode): Given {
    const { state, nvm, writes, stopFlag, powerUps } = node;
    const tickMs = node.tickMs + 1;
    const isOn = state.power === "on";
    const plain = (input: object, changed: Partial<StationNode> = {}): Given => ({
      node: { ...node, ...changed },
      input: { ...input, tickMs } as StationInput,
    });
    switch (move) {
      case "power-on": {
        const entropy = new Uint8Array(32).fill(powerUps + 1);
        return isOn ? undefined : plain({ kind: "power-on", nvm, stopFlag, entropy }, { powerUps: powerUps + 1 });
      }
      case "power-lost":
        return isOn ? plain({ kind: "power-lost" }) : undefined;
      case "cut-after-nvm":
        return writes && plain({ kind: "power-lost" }, { nvm: runNvm(nvm, writes, QUIET_DRAWS).nvm });
      case "nvm-done": {
        const after = runNvm(nvm, writes ?? [], QUIET_DRAWS).nvm;
        return plain({ kind: "nvm-done", nvm: after, outcome: { kind: "done" } }, { nvm: after, writes: undefined });
      }
      case "nvm-fails":
        return plain({ kind: "nvm-done", nvm, outcome: { kind: "worn-out", page: 0 } }, { writes: undefined });
      case "nvm-lies":
        return plain({ kind: "nvm-done", nvm, outcome: { kind: "done" } }, { writes: undefined });
      case "clock-stopped":
        return plain({ kind: "clock-stopped" }, { stopFlag: "set", clock: "stopped" });
    }
    const at = /^(made|broken|frame|frame-again|frame-lost|frame-of-the-other|timer)-([01])$/.exec(move);
    if (at !== null) return isOn ? slotGiven(at[1] ?? "", Number(at[2]) as SlotNumber, node, plain) : undefined;
    const frame = isOn ? hostFrame(move, node) : undefined;
    if (frame === undefined) return undefined;
    const kept = asking(node.asked, frame);
    if (frame.sequence !== 0 || frame.session !== 3_000 + node.hellos) {
      return plain({ kind: "host-frame", frame }, { asked: kept });
    }
    const host = { session: frame.session, timeNonce: undefined, last: "hello" };
    return plain({ kind: "host-frame", frame }, { asked: kept, hellos: node.hellos + 1, host });
  }

  function slotGiven(
    what: string,
    slot: SlotNumber,
    node: StationNode,
    plain: (input: object, changed?: Partial<StationNode>) => Given,
  ): Given {
    const there = node.keys[slot];
    const opposite = node.keys[1 - slot];
    if (there === undefined) return undefined;
    const tickMs = node.tickMs + 1;
    const [frame, ...line] = there.line;
    const hears = (heard: Frame, key: KeyThere = there): Given =>
      plain({ kind: "slot-frame", slot, frame: heard }, withKey(node, slot, key));
    switch (what) {
      case "made": {
        const key = keyHears({ ...there, line: [] }, { kind: "contact", shows: "idle-high" } as never, tickMs);
        return plain({ kind: "slot-contact", slot, contact: "made" }, withKey(node, slot, { ...key, contact: "made" }));
      }
      case "broken": {
        const key = keyHears({ ...there, line: [] }, { kind: "removed" } as never, tickMs);
        return plain(
          { kind: "slot-contact", slot, contact: "broken" },
          withKey(node, slot, { ...key, contact: "broken" }),
        );
      }
      case "frame":
        return frame && hears(frame, { ...there, line, heard: frame });
      case "frame-again":
        return there.heard && hears(there.heard);
      case "frame-lost":
        return frame && plain({ kind: "timer", name: "slot/9" }, withKey(node, slot, { ...there, line }));
      case "frame-of-the-other":
        return opposite?.heard && hears(opposite.heard);
      default:
        return plain(
          { kind: "timer", name: `slot/${slot}` },
          { timers: node.timers.filter((one) => one !== `slot/${slot}`) },
        );
    }
  }

  function next(node: StationNode, move: StationMove): StationNode | "not-here" {
    if (move === "wait-1-h") return node.tickMs > 3 * HOUR_MS ? "not-here" : { ...node, tickMs: node.tickMs + HOUR_MS };
    const stepping = given(move, node);
    if (stepping === undefined) return "not-here";
    const { input } = stepping;
    provider.signed.length = 0;
    const stepped = device.step(node.state, input);
    const signed = [...provider.signed];
    let at: StationNode = { ...stepping.node, state: stepped.state, tickMs: node.tickMs + 1 };
    if (input.kind === "power-lost" || input.kind === "power-on") {
      const host = { session: 0, timeNonce: undefined, last: "nothing" };
      // Contacts show anew when it has power.
      const keys = at.keys.map((key): KeyThere => ({ ...key, contact: "broken" }));
      at = { ...at, writes: undefined, timers: [], asked: [], host, keys };
    }
    for (const effect of stepped.effects) at = performed(at, effect);
    for (const one of signed) demand(!node.signed.includes(one), "SPEC OPN-16: it signs the same bytes twice");
    at = { ...at, signed: [...node.signed, ...signed] };
    judge(at);
    return at;
  }

  function performed(at: StationNode, effect: StationEffect): StationNode {
    switch (effect.kind) {
      case "nvm":
        demand(at.writes === undefined, "the memory is asked twice");
        return { ...at, writes: effect.operations };
      case "arm":
        return { ...at, timers: [...at.timers.filter((one) => one !== effect.name), effect.name] };
      case "disarm":
        return { ...at, timers: at.timers.filter((one) => one !== effect.name) };
      case "clear-stop-flag":
        demand(at.clock !== "stopped", "SPEC TIM-9: it trusts an oscillator that has stopped since");
        demand(
          found(at.nvm).holdings.clock.quality === "running",
          "SPEC TIM-9: it trusts before the clock is committed",
        );
        return { ...at, stopFlag: "clear", clock: "running" };
      case "slot-send":
        return saysToKey(at, effect.slot, effect.bytes);
      case "host-send":
        return saysToHost(at, effect.bytes);
      case "lamp":
        return at;
    }
  }

  function saysToKey(at: StationNode, slot: number, bytes: Uint8Array): StationNode {
    const there = at.keys[slot];
    const [event] = new FrameDecoder().push(bytes).filter(({ kind }) => kind === "frame");
    if (event?.kind !== "frame" || there === undefined) return at;
    const { frame } = event;
    if (frame.message !== 0) judgeSaid(at, slot, there, frame);
    return there.contact === "made"
      ? withKey(at, slot, keyHears(there, { kind: "frame", frame } as never, at.tickMs))
      : at;
  }

  /** Time it has, and what is for this very key. */
  function judgeSaid(at: StationNode, slot: number, there: KeyThere, { message, body }: Frame): void {
    if (body.length < 8) return;
    const request = decodeRequest("dock", message, body);
    if (request.name === "time") {
      const { value } = parseObject(timeStatementObject, request.body.statement);
      demand(at.clock === "running", "SPEC TIM-8: it gives a time that it has not");
      const given = there.nonces.find(({ nonce }) => nonce === toHex(value.nonce));
      demand(given !== undefined, "SPEC TIM-3: a statement over somebody else's nonce");
      // The key adds all the time since it gave the nonce.
      const slack = 2 + value.uncertaintyMs / 1_000;
      const isOfThen = trueTime(given) - slack <= value.t && value.t <= trueTime(at) + slack;
      demand(isOfThen, "SPEC TIM-7: it gives a time at which the nonce was not out");
    }
    if (request.name !== "deliver" || parseSign1(request.body.object).typ !== typOf("grant")) return;
    const { cnf } = parseObject(grantObject, request.body.object).value;
    const kid = parties[slot]?.kid;
    demand(
      kid !== undefined && equalBytes(keyId(provider, cnf.key.x), kid),
      "SPEC DCK-5: a grant for another slot's key",
    );
  }

  function saysToHost(at: StationNode, bytes: Uint8Array): StationNode {
    const [event] = new FrameDecoder().push(bytes).filter(({ kind }) => kind === "frame");
    if (event?.kind !== "frame" || event.frame.kind !== "reply") return at;
    const { frame } = event;
    const { asked, kind } = answering(at.asked, frame, bytes);
    if (kind === "again") return at;
    demand(at.writes === undefined, "SPEC SRV-6: an answer before its commit");
    sameAsCommitted(at, "SPEC SRV-6: an answer before its commit");
    const { host } = at;
    if (kind === "error" || frame.session !== host.session) return { ...at, asked };
    const last = messageNameOf(frame.message);
    const told: StationNode = { ...at, asked, host: { ...host, last } };
    if (last === "hello") {
      const welcome: ServeWelcome = decodeReply("serve", "hello", frame.body);
      const hasTime = welcome.capabilities.includes("time");
      demand(!hasTime || at.clock === "running", "SPEC SRV-5: it says that it has the time");
    }
    if (last === "time-challenge") {
      const { nonce: timeNonce } = decodeReply("serve", "time-challenge", frame.body);
      return { ...told, host: { ...told.host, timeNonce }, clock: at.clock === "stopped" ? "asked" : at.clock };
    }
    return last === "time" ? { ...told, host: { ...told.host, timeNonce: undefined } } : told;
  }

  function messageNameOf(message: number): string {
    const names = ["hello", "time-challenge", "time", "bundle", "deliver", "docks", "info", "acknowledge"] as const;
    return names.find((name) => messageNamed("serve", name).number === message) ?? "other";
  }

  function sameAsCommitted(at: StationNode, says: string): void {
    const { state, nvm } = at;
    if (state.power !== "on") return;
    const committed = found(nvm);
    demand(state.holdings.clock.quality === committed.holdings.clock.quality, `${says}: clock`);
    demand(state.holdings.lists.length === committed.holdings.lists.length, `${says}: lists`);
    const names = ({ own }: StationOn) => [...own.bundles.keys(), ...own.uploads.keys()].sort().join();
    demand(names(state) === names(committed), `${says}: bundles and uploads`);
    const { next: count, acknowledged } = state.own.cursors;
    const { cursors } = committed.own;
    demand(count === cursors.next && acknowledged === cursors.acknowledged, `${says}: cursors`);
  }

  function judge(at: StationNode): void {
    const { state, writes, timers } = at;
    if (state.power !== "on") return;
    const { writing, waiting, todo, slots, own } = state;
    demand((writing !== "idle") === (writes !== undefined), "a commit that nobody writes");
    demand(writing !== "idle" || (waiting.length === 0 && todo.length === 0), "what has waited is forgotten");
    for (const upload of own.uploads.values()) {
      const isOf = parties.some(({ kid }) => equalBytes(kid, upload.key));
      demand(isOf, "an upload of nobody");
      const { kid } = parseSign1(upload.object);
      const isJournal = upload.store === "journal";
      demand(!isJournal || (kid !== undefined && equalBytes(kid, upload.key)), "a journal under another key's name");
    }
    for (const [index, slot] of slots.entries()) {
      const isTimed = timers.includes(`slot/${index}`);
      if (writing !== "idle") continue;
      if (slot.phase === "empty") demand(!isTimed, "a timer for an empty slot");
      const contact = at.keys[index]?.contact;
      demand(
        (contact === "made") === (slot.phase !== "empty"),
        `a slot is ${slot.phase}, and the contact is ${contact}`,
      );
      if (slot.phase === "pausing" || slot.phase === "resting" || slot.phase === "fault") {
        demand(isTimed, `a slot that is ${slot.phase} waits for nothing`);
      }
      if (slot.phase !== "talking") continue;
      const isWaiting = slot.requester.at.phase === "waiting";
      demand(isWaiting && isTimed, "a slot talks, and waits for nothing");
      if (slot.met === "nobody") continue;
      const kid = parties[index]?.kid;
      demand(kid !== undefined && equalBytes(slot.met.welcome.key, kid), "a slot has met the key of another");
    }
    if (writing === "idle") sameAsCommitted(at, "it believes what is not committed");
  }

  function fingerprint(node: StationNode): string {
    const { state, writes, timers, stopFlag, clock, keys, host, asked } = node;
    const outside = [
      ...[writes !== undefined, [...timers].sort(), stopFlag, clock, host.last, host.timeNonce !== undefined],
      asked.at(-1)?.frame.message,
      asked.at(-1)?.reply !== undefined,
      keys.map(({ contact, line, heard, state: key }) => [
        ...[contact, line.map(({ message }) => message), heard?.message],
        key.power === "on" && [
          key.contact.kind === "in-dock" && key.contact.session !== "none" && key.contact.session.proven,
        ],
        key.power === "on" && [key.holdings.clock.quality],
      ]),
      Math.floor(node.tickMs / HOUR_MS),
    ];
    if (state.power !== "on") return JSON.stringify([outside, state]);
    const { writing, pending, waiting, todo, slots, own, holdings, host: line } = state;
    const inside = [
      writing !== "idle" && [writing.stage, writing.attempts, [...pending.keys()].map((name) => name.split("/")[0])],
      ...[waiting.map(kindOf), todo.map(({ kind }) => kind), holdings.clock.quality],
      ...[own.bundles.size, own.uploads.size, own.cursors.acknowledged, line.responder.at.phase],
      line.session !== "none" && [line.session.marks, line.session.timeChallenge !== "none", line.session.capabilities],
      slots.map(slotPart),
    ];
    return JSON.stringify([outside, inside]);
  }

  function kindOf(input: StationInput): string {
    if (input.kind === "host-frame") return `host ${input.frame.message}`;
    if (input.kind === "slot-frame") return `slot ${input.slot} ${input.frame.message}`;
    if (input.kind === "slot-contact") return `${input.contact} ${input.slot}`;
    return input.kind === "timer" ? input.name : input.kind;
  }

  function slotPart(slot: StationOn["slots"][number]): unknown {
    if (slot.phase !== "talking") return slot.phase;
    const { at } = slot.requester;
    const { step, awaits, failures, met, dock } = slot;
    return [
      step,
      awaits,
      failures,
      met === "nobody",
      at.phase,
      dock.key,
      dock.keyNonce !== "none",
      dock.offered.length,
    ];
  }

  function usual(node: StationNode): StationMove | undefined {
    const { state, writes, host, keys } = node;
    if (state.power !== "on") return "power-on";
    if (writes !== undefined) return "nvm-done";
    const speaking = SLOTS.find((slot) => (keys[slot]?.line.length ?? 0) > 0 && keys[slot]?.contact === "made");
    if (speaking !== undefined) return `frame-${speaking}`;
    const order = ["nothing", "hello", "time-challenge", "time", "bundle"];
    const then = ["host-hello", "time-challenge", "time", "bundle-0"] as const;
    const following = then[order.indexOf(host.last)];
    if (following !== undefined) return following;
    if (host.last === "bundle" && state.own.bundles.size === 1) return "bundle-1";
    const away = SLOTS.find((slot) => keys[slot]?.contact === "broken");
    return away === undefined ? undefined : `made-${away}`;
  }

  const keys = rigs.map(
    ({ state, nvm }): KeyThere => ({ contact: "broken", state, nvm, line: [], heard: undefined, nonces: [] }),
  );
  const start: StationNode = {
    ...{
      state: MAINS_OFF,
      nvm: stationNvm(of, config),
      tickMs: 10_000,
      writes: undefined,
      timers: [],
      stopFlag: "set",
    },
    ...{ clock: "stopped", powerUps: 0, hellos: 0, keys, asked: [], signed: [] },
    host: { session: 0, timeNonce: undefined, last: "nothing" },
  };
  const isUsual = (node: StationNode, move: StationMove): boolean => {
    // A key does not know that the station writes.
    const isBetween = node.writes !== undefined && (move === "frame-0" || move === "frame-1");
    return usual(node) === move || isBetween;
  };
  const nameOf = ({ state }: StationNode): string =>
    state.power === "on" ? state.slots.map(({ phase }) => phase).join(" ") : state.power;
  return { starts: [{ node: start, cost: 0 }], moves: MOVES, isUsual, next, fingerprint, nameOf };
}
