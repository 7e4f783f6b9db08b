/**
 * A digital key, and all that can come to it at any moment: at a door, in a dock, between them; while it writes, while it waits for
 * an answer, while nothing is the matter. What it has signed and committed is judged by the bytes and by a second key that reads its memory.
 */
import {
  type Battery,
  decodeReply,
  decodeRequest,
  defaultProvider,
  deviceProofObject,
  encodeError,
  encodeReply,
  encodeRequest,
  equalBytes,
  exchangeOfHello,
  type Frame,
  FrameDecoder,
  HELLO_VERSION,
  MESSAGE_BUSY,
  MESSAGE_ERROR,
  type MessageName,
  messageNamed,
  messagesOf,
  openProofObject,
  PeerError,
  parseObject,
  SPOKEN_VERSIONS,
  sessionTranscript,
  toHex,
} from "@nyckelfri/protocol";
import type { KeyConfig, KeyEffect, KeyInput, KeyOn, KeyState } from "#src/devices/key/state.ts";
import { KEY_OFF, keyDevice } from "#src/devices/key/step.ts";
import { type Nvm, type NvmOperation, runNvm } from "#src/hardware/nvm.ts";
import { commissioned, EXP, foundCity, NBF, NOW, config as usualConfig } from "../key/rig.ts";
import { activate, dock } from "../key/station.ts";
import { demand, type Interleaving } from "./explore.ts";
import { remembering } from "./remembering.ts";
import { type Asked, answering, asking, isSameRequest, strays } from "./wire.ts";

const DOCK_ASKS = [
  ...["prove", "time-challenge", "time", "time-of-before", "journal", "carried", "deliver", "pin-enrol"],
  ...["fetch", "time-ask", "check-in", "grant", "dock-garbage"],
] as const;
const MOVES = [
  ...["power-on", "power-lost", "removed", "contact-dark", "contact-idle", "reply-timer", "review-timer"],
  ...["nvm-done", "nvm-fails", "nvm-lies", "cut-after-nvm", "clock-stopped", "battery-empty", "battery-ok", "work"],
  ...["wait-1-h", "wait-9-h", "reply", "reply-lacking", "reply-no", "reply-needs", "reply-error", "reply-busy"],
  ...["reply-garbage", "reply-of-before", "reply-of-stranger"],
  ...[
    "dock-hello",
    "store-hello",
    "dock-hello-same-nonce",
    "dock-nonsense",
    "dock-repeat",
    "dock-reused",
    "dock-gap",
    "dock-before",
  ],
  ...DOCK_ASKS,
] as const;
export type KeyMove = (typeof MOVES)[number];

/** The station's side. */
interface Docking {
  readonly session: number;
  readonly exchange: "dock" | "store";
  readonly hello: Uint8Array;
  readonly welcome: Uint8Array | undefined;
  /** SPEC DCK-2. */
  readonly proven: "nothing" | "collector";
  readonly timeNonce: Uint8Array | undefined;
  readonly last: string;
}

export interface KeyNode {
  readonly state: KeyState;
  readonly nvm: Nvm;
  readonly tickMs: number;
  readonly writes: readonly NvmOperation[] | undefined;
  readonly replyTimer: "armed" | "disarmed";
  readonly line: "on" | "off";
  readonly stopFlag: "set" | "clear";
  /** `running`: as somebody has told who was asked since it stopped. */
  readonly clock: "running" | "asked" | "stopped";
  /** As it is, and as the key knew before this step: what comes while it writes it hears later. */
  readonly battery: "ok" | "empty";
  readonly knownBattery: Battery;
  readonly powerUps: number;
  readonly hellos: number;
  /** The request that the key has sent, and the reply before it. */
  readonly sent: Frame | undefined;
  readonly replied: Frame | undefined;
  readonly docking: Docking | undefined;
  readonly given: readonly Asked[];
  /** Hellos, with their nonces, that were welcomed since it has power. */
  readonly welcomed: readonly string[];
  readonly counter: number;
  readonly signed: readonly string[];
  readonly openings: number;
}

const HOUR_MS = 3_600_000;
const QUIET_DRAWS = { below: () => 0 };

/** `tried`: of so many kinds of node one is asked whether the key opens a door after it. */
export function keyAlone(tried: number): Interleaving<KeyNode, KeyMove> {
  const provider = remembering();
  const config: KeyConfig = { ...usualConfig, provider };
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  dock(of, rig);
  activate(of, rig);
  const device = keyDevice(config);
  const { city, station, cylinder, grant } = of;
  const beganAt = rig.tickMs;
  const chain = city.centre.chainOf({ kid: station.kid, role: "collector" });

  const known = new WeakMap<Nvm, KeyOn>();
  function found(nvm: Nvm): KeyOn {
    const was = known.get(nvm);
    if (was !== undefined) return was;
    const entropy = new Uint8Array(32);
    const on = {
      kind: "power-on",
      nvm,
      stopFlag: "clear",
      battery: "ok",
      entropy,
      tickMs: Number.MAX_SAFE_INTEGER,
    } as const;
    const { state } = device.step(KEY_OFF, on);
    demand(state.power === "on", "the memory is lost");
    known.set(nvm, state);
    return state;
  }

  function trueTime({ tickMs }: KeyNode): number {
    return NOW + Math.floor((tickMs - beganAt) / 1_000);
  }

  // ---- a door, as a script ------------------------------------------------------------------------

  function replyTo(move: KeyMove, node: KeyNode): Frame | undefined {
    const { sent, replied } = node;
    if (move === "reply-of-before") return replied;
    if (sent === undefined) return undefined;
    const answer = (message: number, body: Uint8Array): Frame => ({ ...sent, kind: "reply", message, body });
    switch (move) {
      case "reply-error":
        return answer(MESSAGE_ERROR, encodeError(new PeerError("messages/out-of-turn")));
      case "reply-busy":
        return answer(MESSAGE_BUSY, Uint8Array.of(0xa1, 0x01, 0x19, 0x01, 0xf4));
      case "reply-garbage":
        return answer(sent.message, Uint8Array.of(0xff));
      case "reply-of-stranger":
        return { ...answer(sent.message, Uint8Array.of(0xa0)), session: sent.session ^ 1 };
      default:
        return saysOf(move, sent, answer);
    }
  }

  function saysOf(move: KeyMove, sent: Frame, answer: (message: number, body: Uint8Array) => Frame): Frame | undefined {
    const { message, body } = sent;
    const say = <N extends MessageName<"open">>(name: N, said: Parameters<typeof encodeReply<"open", N>>[2]) =>
      answer(message, encodeReply("open", name, said));
    const isUsual = move === "reply";
    // It has nothing to do here as a technician's key: a welcome that it cannot read ends that.
    if (message === 0 && exchangeOfHello(body) !== "open") return isUsual ? answer(0, Uint8Array.of(0xa0)) : undefined;
    const { name } = decodeRequest("open", message, body);
    switch (name) {
      case "hello": {
        if (!isUsual && move !== "reply-lacking") return undefined;
        const { list, version } = of.list.value;
        const challenge = { versions: SPOKEN_VERSIONS, cylinder: cylinder.kid, nonce: new Uint8Array(16).fill(9) };
        const lists = [[list, isUsual ? version : version - 1]] as const;
        const stands = { epoch: 1, policyVersion: of.policy.value.version, floor: 0, newestRecord: 3 } as const;
        return say("hello", { ...challenge, ...stands, lists, state: "active" });
      }
      case "update":
        return isUsual ? say("update", { outcome: "stored" }) : undefined;
      case "open":
      case "supply": {
        if (move === "reply-needs") return say("open", { kind: "needs", needs: ["certificate-of-grant"] });
        if (move === "reply-no") return say("open", { kind: "result", result: "not-permitted-now" });
        return isUsual ? say("open", { kind: "result", result: "opened", record: 4 }) : undefined;
      }
      case "collect":
        return isUsual ? say("collect", {}) : undefined;
      case "receipt":
        return isUsual ? say("receipt", { outcome: "covered" }) : undefined;
      case "fetch":
        return isUsual ? say("fetch", {}) : undefined;
    }
  }

  // ---- a station, as a script ----------------------------------------------------------------------

  function askOf(move: KeyMove, node: KeyNode): readonly [number, Uint8Array] | undefined {
    const { docking } = node;
    if (docking === undefined) return undefined;
    const ask = <N extends MessageName<"dock">>(name: N, body: Parameters<typeof encodeRequest<"dock", N>>[2]) =>
      [messageNamed("dock", name).number, encodeRequest("dock", name, body)] as const;
    // A station has no such messages: they are for a cabinet.
    const inStore = <N extends MessageName<"store">>(name: N, body: Parameters<typeof encodeRequest<"store", N>>[2]) =>
      [messageNamed("store", name).number, encodeRequest("store", name, body)] as const;
    switch (move) {
      case "prove": {
        if (docking.welcome === undefined) return undefined;
        const { nonce } = decodeReply(docking.exchange as "dock", "hello", docking.welcome);
        const transcript = sessionTranscript(defaultProvider, docking.hello, docking.welcome);
        const { exchange } = docking;
        const proof = city.centre.sign(station, deviceProofObject, { nonce, exchange }, [transcript]).bytes;
        return ask("prove", { proof, certificates: chain });
      }
      case "time-challenge":
        return ask("time-challenge", {});
      case "time":
      case "time-of-before": {
        const nonce = move === "time" ? docking.timeNonce : new Uint8Array(16);
        if (nonce === undefined) return undefined;
        const value = { nonce, t: trueTime(node), uncertaintyMs: 500 };
        const statement = city.stateTime(value.nonce, value.t, value.uncertaintyMs).bytes;
        return ask("time", { statement, certificates: city.centre.chainOf("time") });
      }
      case "journal":
        return ask("journal", { from: 1 });
      case "carried":
        return ask("carried", { index: 0 });
      case "deliver":
        return ask("deliver", { object: grant.bytes });
      case "pin-enrol":
        return ask("pin-enrol", { pin: "2580" });
      case "fetch":
        return inStore("fetch", { wanted: "list", list: of.list.value.list });
      case "time-ask":
        return inStore("time-ask", { nonce: new Uint8Array(16).fill(3) });
      case "check-in":
        return inStore("check-in", { slot: 0 });
      case "grant":
        return inStore("grant", {});
      case "dock-garbage":
        return [messageNamed("dock", "deliver").number, Uint8Array.of(0xff)];
      default:
        return undefined;
    }
  }

  function helloOf(exchange: "dock" | "store", hellos: number): Uint8Array {
    const nonce = new Uint8Array(16).fill(hellos + 1);
    return encodeRequest(exchange, "hello", { versions: SPOKEN_VERSIONS, exchange, nonce, device: station.kid });
  }

  function dockFrame(move: KeyMove, node: KeyNode): Frame | undefined {
    const { docking, given, hellos } = node;
    const request = { version: HELLO_VERSION, kind: "request" } as const;
    const opening = { ...request, message: 0, session: 2_000 + hellos, sequence: 0 };
    switch (move) {
      case "dock-hello":
      case "store-hello":
        return { ...opening, body: helloOf(move === "dock-hello" ? "dock" : "store", hellos) };
      case "dock-hello-same-nonce":
        return docking && { ...opening, body: docking.hello };
      case "dock-nonsense":
        return { ...opening, body: Uint8Array.of(0xff) };
    }
    const last = given.at(-1)?.frame;
    if (docking === undefined || last === undefined) return undefined;
    const { session } = docking;
    const stray = strays(given, session, { last, current: last });
    switch (move) {
      case "dock-repeat":
        return stray.repeat;
      case "dock-reused":
        return stray.reused;
      case "dock-gap":
        return stray.gap;
      case "dock-before":
        return stray.before;
      default: {
        const asked = askOf(move, node);
        if (asked === undefined) return undefined;
        const [message, body] = asked;
        return { ...request, message, session, sequence: last.sequence + 1, body };
      }
    }
  }

  // ---- a step ---------------------------------------------------------------------------------------

  type Untimed = KeyInput extends infer I ? (I extends KeyInput ? Omit<I, "tickMs"> : never) : never;

  function inputOf(move: KeyMove, node: KeyNode): { readonly input: Untimed; readonly nvm?: Nvm } | undefined {
    const { nvm, state, writes, powerUps, stopFlag, battery } = node;
    const isOn = state.power === "on";
    switch (move) {
      case "power-on": {
        const entropy = new Uint8Array(32).fill(powerUps + 1);
        return isOn ? undefined : { input: { kind: "power-on", nvm, stopFlag, battery, entropy } };
      }
      case "power-lost":
        return isOn ? { input: { kind: "power-lost" } } : undefined;
      case "cut-after-nvm":
        return writes && { input: { kind: "power-lost" }, nvm: runNvm(nvm, writes, QUIET_DRAWS).nvm };
      case "nvm-done": {
        const after = runNvm(nvm, writes ?? [], QUIET_DRAWS).nvm;
        return { input: { kind: "nvm-done", nvm: after, outcome: { kind: "done" } }, nvm: after };
      }
      case "nvm-fails":
        return { input: { kind: "nvm-done", nvm, outcome: { kind: "worn-out", page: 0 } } };
      case "nvm-lies":
        return { input: { kind: "nvm-done", nvm, outcome: { kind: "done" } } };
      case "removed":
      case "clock-stopped":
        return { input: { kind: move } };
      case "contact-dark":
        return { input: { kind: "contact", shows: "dark" } };
      case "contact-idle":
        return { input: { kind: "contact", shows: "idle-high" } };
      case "reply-timer":
        return { input: { kind: "timer", name: "reply" } };
      case "review-timer":
        return { input: { kind: "timer", name: "review" } };
      case "battery-empty":
        return { input: { kind: "battery", battery: "empty" } };
      case "battery-ok":
        return { input: { kind: "battery", battery: "ok" } };
      case "work":
        return { input: { kind: "work", work: "service" } };
      default: {
        const frame = isOn ? (replyTo(move, node) ?? dockFrame(move, node)) : undefined;
        return frame && { input: { kind: "frame", frame } };
      }
    }
  }

  function next(node: KeyNode, move: KeyMove): KeyNode | "not-here" {
    if (move === "wait-1-h" || move === "wait-9-h") {
      const hours = move === "wait-1-h" ? 1 : 9;
      return trueTime(node) > EXP + 2 * 3_600 ? "not-here" : { ...node, tickMs: node.tickMs + hours * HOUR_MS };
    }
    const given = inputOf(move, node);
    if (given === undefined) return "not-here";
    const { nvm = node.nvm } = given;
    const tickMs = node.tickMs + 1;
    const input = { ...given.input, tickMs } as KeyInput;
    provider.signed.length = 0;
    const stepped = device.step(node.state, input);
    const signed = [...provider.signed];
    let at = taken({ ...node, nvm, tickMs, state: stepped.state }, input);
    for (const effect of stepped.effects) at = performed(at, effect);
    for (const one of signed) demand(!node.signed.includes(one), "SPEC OPN-16: it signs the same bytes twice");
    const knownBattery = at.state.power === "on" ? at.state.battery : at.battery;
    at = { ...at, signed: [...node.signed, ...signed], knownBattery };
    judge(at);
    return at;
  }

  function taken(at: KeyNode, input: KeyInput): KeyNode {
    const apart = { sent: undefined, replied: undefined, docking: undefined, given: [] } as const;
    switch (input.kind) {
      case "power-on":
        return { ...at, ...apart, powerUps: at.powerUps + 1, welcomed: [] };
      case "power-lost":
        // The line is fed by what has no power now.
        return { ...at, ...apart, writes: undefined, replyTimer: "disarmed", line: "off" };
      case "nvm-done":
        return { ...at, writes: undefined };
      case "removed":
      case "contact":
        // While it writes it does not hear of it, and still answers what it was asked.
        return at.writes === undefined ? { ...at, ...apart } : { ...at, sent: undefined, replied: undefined };
      case "clock-stopped":
        return { ...at, stopFlag: "set", clock: "stopped" };
      case "timer":
        return input.name === "reply" ? { ...at, replyTimer: "disarmed" } : at;
      case "battery":
        return { ...at, battery: input.battery === "empty" ? "empty" : "ok" };
      case "work":
        return at;
      case "frame":
        return input.frame.kind === "reply" ? { ...at, replied: input.frame } : askedInDock(at, input.frame);
    }
  }

  function askedInDock(at: KeyNode, frame: Frame): KeyNode {
    const { docking, hellos, given } = at;
    const kept = asking(given, frame);
    if (frame.sequence !== 0 || frame.session !== 2_000 + hellos) return { ...at, given: kept };
    const isStore = equalBytes(frame.body, helloOf("store", hellos));
    const exchange = isStore
      ? "store"
      : docking !== undefined && equalBytes(docking.hello, frame.body)
        ? docking.exchange
        : "dock";
    const fresh: Docking = {
      ...{ session: frame.session, exchange, hello: frame.body, welcome: undefined },
      ...{ proven: "nothing", timeNonce: undefined, last: "hello" },
    };
    return { ...at, docking: fresh, hellos: hellos + 1, given: kept };
  }

  function performed(at: KeyNode, effect: KeyEffect): KeyNode {
    switch (effect.kind) {
      case "nvm":
        demand(at.writes === undefined, "the memory is asked twice");
        return { ...at, writes: effect.operations };
      case "line":
        return { ...at, line: effect.power };
      case "arm":
      case "disarm": {
        if (effect.name !== "reply") return at;
        return { ...at, replyTimer: effect.kind === "arm" ? "armed" : "disarmed" };
      }
      case "clear-stop-flag": {
        demand(at.clock !== "stopped", "SPEC TIM-9: it trusts an oscillator that has stopped since");
        demand(runningIn(at.nvm), "SPEC TIM-9: it trusts the oscillator before the clock is committed");
        return { ...at, stopFlag: "clear", clock: "running" };
      }
      case "signal":
        return effect.signal === "opened" ? { ...at, openings: at.openings + 1 } : at;
      case "send": {
        const [event] = new FrameDecoder().push(effect.bytes).filter(({ kind }) => kind === "frame");
        if (event?.kind !== "frame") return at;
        return event.frame.kind === "request" ? asks(at, event.frame) : answers(at, event.frame, effect.bytes);
      }
    }
  }

  function runningIn(nvm: Nvm): boolean {
    const { clock } = found(nvm).holdings;
    return clock.quality === "running";
  }

  /** At a door. */
  function asks(at: KeyNode, frame: Frame): KeyNode {
    demand(at.line === "on", "SPEC SER-6: it speaks on a line that it does not feed");
    const isAgain = at.sent !== undefined && isSameRequest(at.sent, frame);
    const asked: KeyNode = { ...at, sent: frame };
    if (isAgain || frame.message !== messageNamed("open", "open").number) return asked;
    const request = decodeRequest("open", frame.message, frame.body);
    if (request.name !== "open") return asked;
    const { keyCounter, lo, widthSeconds, action } = parseObject(openProofObject, request.body.proof).value;
    demand(action === "open", "a proof for something else");
    demand(keyCounter > at.counter, "SPEC PER-7: a counter comes twice");
    demand(found(at.nvm).holdings.keyCounter === keyCounter, "SPEC OPN-8: the counter is not committed");
    demand(at.writes === undefined, "SPEC OPN-8: the proof leaves before its commit");
    demand(at.clock === "running", "SPEC TIM-9, OPN-6: a proof without a clock");
    demand(at.knownBattery !== "empty", "SPEC BAT-1: a proof of an empty battery");
    demand(NBF <= lo && lo + widthSeconds <= EXP, "SPEC OPN-6: a proof outside of its grant's window");
    const now = trueTime(at);
    demand(NBF <= now && now <= EXP, "SPEC OPN-6: a proof after its grant has ended");
    demand(lo <= now && now <= lo + widthSeconds + 2, "SPEC OPN-8: a proof of another time");
    return { ...asked, counter: keyCounter };
  }

  /** In a dock. */
  function answers(at: KeyNode, frame: Frame, bytes: Uint8Array): KeyNode {
    const { given, docking } = at;
    demand(docking !== undefined, "it answers nobody");
    const { asked: kept, kind } = answering(given, frame, bytes);
    if (kind === "again") return at;
    demand(at.writes === undefined, "SPEC DCK-1: an answer before its commit");
    sameAsCommitted(at, "an answer before its commit");
    if (kind === "error" || frame.session !== docking.session) return { ...at, given: kept };
    return answered({ ...at, given: kept }, docking, frame);
  }

  function answered(at: KeyNode, docking: Docking, { message, body }: Frame): KeyNode {
    const name = messagesOf(docking.exchange).find(({ number }) => number === message)?.name;
    const now: Docking = { ...docking, last: name ?? "nothing" };
    const isPrivate = name === "journal" || name === "carried" || name === "pin-enrol" || name === "grant";
    demand(!isPrivate || docking.proven === "collector", `SPEC DCK-2: ${name} to whom has proven nothing`);
    switch (name) {
      case "hello": {
        const hello = toHex(docking.hello);
        demand(!at.welcomed.includes(hello), "SPEC OPN-16: a nonce is answered twice");
        return { ...at, docking: { ...now, welcome: body }, welcomed: [...at.welcomed, hello] };
      }
      case "prove":
        return { ...at, docking: { ...now, proven: "collector" } };
      case "time-challenge": {
        const { nonce: timeNonce } = decodeReply("dock", "time-challenge", body);
        return { ...at, docking: { ...now, timeNonce }, clock: at.clock === "stopped" ? "asked" : at.clock };
      }
      case "time":
        return { ...at, docking: { ...now, timeNonce: undefined } };
      default:
        return { ...at, docking: now };
    }
  }

  function sameAsCommitted(at: KeyNode, says: string): void {
    const { state, nvm } = at;
    if (state.power !== "on") return;
    const own = state.holdings;
    const { holdings } = found(nvm);
    demand(own.keyCounter === holdings.keyCounter, `${says}: counter`);
    demand(own.ticket?.bytes === holdings.ticket?.bytes || own.ticket !== undefined, `${says}: ticket`);
    const bytesOf = (of: typeof own) => of.grants.map(({ bytes }) => toHex(bytes)).join();
    demand(bytesOf(own) === bytesOf(holdings), `${says}: grants`);
    demand(own.clock.quality === holdings.clock.quality, `${says}: clock`);
    demand(own.pin?.attempts === holdings.pin?.attempts, `${says}: PIN`);
  }

  function judge(at: KeyNode): void {
    const { state, writes, line, replyTimer } = at;
    if (state.power !== "on") return;
    const { contact, commit, waiting } = state;
    demand((commit !== "idle") === (writes !== undefined), "a commit that nobody writes");
    demand(commit !== "idle" || waiting.length === 0, "what has waited is forgotten");
    const isAsking = contact.kind === "at-door" || contact.kind === "at-work";
    demand(isAsking === (line === "on"), `SPEC SER-6: the line is ${line} in contact ${contact.kind}`);
    const isWaiting = isAsking && contact.requester.at.phase === "waiting";
    const isTimed = isWaiting === (replyTimer === "armed");
    demand(commit !== "idle" || isTimed, `a request without a timer, or a timer without: ${replyTimer}`);
    if (isAsking && contact.visit.phase !== "over" && commit === "idle") demand(isWaiting, "a visit waits for nothing");
    if (commit === "idle") sameAsCommitted(at, "it believes what is not committed");
  }

  function fingerprint(node: KeyNode): string {
    const { state, writes, replyTimer, line, stopFlag, clock, battery, sent, replied, docking, given, openings } = node;
    const now = trueTime(node);
    const outside = [
      ...[writes !== undefined, replyTimer, line, stopFlag, clock, battery, sent?.message, sent?.sequence === 0],
      ...[replied?.message, replied !== undefined && sent?.sequence === replied.sequence, openings > 0],
      docking && [docking.exchange, docking.proven, docking.timeNonce !== undefined, docking.last],
      docking && docking.welcome !== undefined,
      given.at(-1)?.frame.message,
      ...[given.at(-1)?.reply !== undefined, now > EXP, EXP - now < 3_700],
    ];
    if (state.power !== "on") return JSON.stringify([outside, state]);
    const { duty, contact, work, acquainted, answeredNonces, unwritten, commit, waiting, holdings } = state;
    const inside = [
      ...[duty, work, acquainted.length, answeredNonces.length > 0, unwritten.length, waiting.map(kindOf)],
      commit !== "idle" && [commit.next.kind, commit.writing.stage, commit.writing.attempts],
      ...[holdings.clock.quality, holdings.grants.length, holdings.ticket !== undefined, holdings.pin?.attempts],
      contactPart(contact),
    ];
    return JSON.stringify([outside, inside]);
  }

  function kindOf(input: KeyInput): string {
    if (input.kind === "frame") return `${input.frame.kind} ${input.frame.message}`;
    return input.kind === "contact" ? input.shows : input.kind;
  }

  function contactPart(contact: KeyOn["contact"]): unknown {
    if (contact.kind === "none") return contact.kind;
    if (contact.kind === "in-dock") {
      const { session, responder } = contact;
      const told = session !== "none" && [
        session.exchange,
        session.marks,
        session.proven,
        session.timeChallenge !== "none",
      ];
      const more = session !== "none" && [session.journalPage !== "none", session.refusedTime, session.verdict];
      return [contact.kind, responder.at.phase, told, more];
    }
    const { at } = contact.requester;
    const waits = at.phase === "waiting" && [at.waitsFor, at.outstanding.message, attemptsOf(at.outstanding)];
    return [contact.kind, contact.visit.phase, at.phase, waits];
  }

  function attemptsOf(outstanding: object): unknown {
    return Object.values(outstanding).filter((value) => typeof value === "number");
  }

  function usual(node: KeyNode): KeyMove | undefined {
    const { state, writes, docking, openings } = node;
    if (state.power !== "on") return "power-on";
    if (writes !== undefined) return "nvm-done";
    const { contact } = state;
    if (contact.kind === "none") return openings === 0 ? "contact-dark" : openings === 1 ? "contact-idle" : undefined;
    if (contact.kind === "in-dock") {
      if (docking === undefined) return "dock-hello";
      const order = ["hello", "prove", "time-challenge", "time", "journal", "deliver"] as const;
      const after = order[(order as readonly string[]).indexOf(docking.last) + 1];
      return after === undefined || after === "hello" ? undefined : after;
    }
    return contact.visit.phase === "over" ? "removed" : "reply";
  }

  function isUsual(node: KeyNode, move: KeyMove): boolean {
    // A station that has the time already, or has none, reads the journal at once.
    const readsAtOnce = move === "journal" && node.docking?.last === "prove" && node.writes === undefined;
    return usual(node) === move || readsAtOnce;
  }

  /** Whatever was, a key in its shift that has the time, a charge and its grant opens the next door. */
  function opensAgain(from: KeyNode): void {
    let at = from;
    let hasGone = false;
    for (let steps = 0; steps < 80; steps++) {
      const { state, writes } = at;
      if (state.power === "broken") return;
      let move = usual(at);
      if (state.power === "on" && writes === undefined && !hasGone) {
        move = "removed";
        hasGone = true;
      } else if (state.power === "on" && writes === undefined) {
        const { clock, grants, ticket } = state.holdings;
        const isFit = clock.quality === "running" && grants.length > 0 && ticket !== undefined && at.battery === "ok";
        if (state.contact.kind === "none") {
          if (!isFit || at.clock !== "running" || trueTime(at) + 60 > EXP || state.work === "service") return;
          move = "contact-dark";
        }
      }
      demand(move !== undefined, "the key does nothing any more");
      const after = next(at, move);
      demand(after !== "not-here", `${move} means nothing`);
      at = after;
      if (hasGone && at.openings > from.openings) return;
    }
    throw new Error("the key opens no door any more");
  }

  let arrivals = 0;
  function arrived(node: KeyNode): void {
    arrivals += 1;
    if (arrivals % tried === 0) opensAgain(node);
  }

  const start: KeyNode = {
    ...{ state: KEY_OFF, nvm: rig.nvm, tickMs: beganAt, writes: undefined, replyTimer: "disarmed", line: "off" },
    ...{
      stopFlag: "clear",
      clock: "running",
      battery: "ok",
      knownBattery: "ok",
      powerUps: 0,
      hellos: 0,
      sent: undefined,
      replied: undefined,
    },
    ...{ docking: undefined, given: [], welcomed: [], counter: 0, signed: [], openings: 0 },
  };
  const nameOf = ({ state }: KeyNode): string => {
    if (state.power !== "on") return state.power;
    const { contact } = state;
    return "visit" in contact ? `${contact.kind} ${contact.visit.phase}` : contact.kind;
  };
  const starts = [{ node: start, cost: 0 }];
  return { starts, moves: MOVES, isUsual, next, fingerprint, nameOf, arrived };
}
