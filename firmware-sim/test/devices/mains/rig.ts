/**
 * A station, box or cabinet on its virtual memory, with real keys (test/devices/key/rig.ts) in its slots and a host on its line.
 * Everything runs over frames in memory, in the virtual time of `pass`.
 */
import {
  type Command,
  decodeError,
  decodeNotification,
  decodeReply,
  encodeRequest,
  type Frame,
  FrameDecoder,
  hostCommandObject,
  type MessageName,
  messageNamed,
  type Notification,
  newRequester,
  type ReplyBody,
  type RequestBody,
  type RequesterState,
  type ServeWelcome,
  SPOKEN_VERSIONS,
  sessionTranscript,
  stepRequester,
  type TimeStatement,
  timeStatementObject,
  timingOf,
} from "@nyckelfri/protocol";
import { MAINS_NVM, manufactureMains } from "#src/devices/mains/factory.ts";
import type { Extension, MainsEffect, MainsInput, MainsOn, MainsState } from "#src/devices/mains/state.ts";
import { MAINS_OFF } from "#src/devices/mains/step.ts";
import { type Nvm, type NvmCut, type NvmOperation, runNvm } from "#src/hardware/nvm.ts";
import type { OscillatorStopFlag } from "#src/hardware/rtc.ts";
import type { Device } from "#src/world/entity.ts";
import type { Party } from "#src/world/parties.ts";
import { rootStream } from "#src/world/streams.ts";
import { type City, type KeyRig, NOW, provider } from "../key/rig.ts";

const STARTED_AT_TICK = 1_000;
const NO_DRAWS = { below: () => 0 };

export class MainsRig<X extends Extension> {
  readonly device: Device<MainsState<X>, MainsInput<X>, MainsEffect<X>>;
  state: MainsState<X> = MAINS_OFF;
  nvm: Nvm;
  tickMs: number = STARTED_AT_TICK;
  /** Power ends at this operation of the memory. */
  cut: NvmCut | undefined;
  isCut = false;
  /** All since the last `taken`. */
  readonly effects: MainsEffect<X>[] = [];
  readonly toHost: Frame[] = [];
  readonly timers: Map<string, number> = new Map();
  readonly keys: Map<number, KeyRig> = new Map();
  /** Every state that the device was in, and input that it was given, where somebody asks for them. */
  readonly states: MainsState<X>[] = [];
  readonly inputs: MainsInput<X>[] = [];
  recording = false;
  /** Operations of the memory wait until `finish` is called. */
  holding = false;
  readonly held: NvmOperation[][] = [];
  readonly #pending: MainsInput<X>[] = [];
  readonly #host: FrameDecoder = new FrameDecoder();
  #powerUps = 0;

  constructor(device: Device<MainsState<X>, MainsInput<X>, MainsEffect<X>>, nvm: Nvm) {
    this.device = device;
    this.nvm = nvm;
  }

  /** `tickMs` is put on. */
  input(input: object): this {
    this.#pending.push({ ...input, tickMs: this.tickMs } as MainsInput<X>);
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      const { state, effects } = this.device.step(this.state, next);
      this.state = state;
      if (this.recording) {
        this.states.push(state);
        this.inputs.push(next);
      }
      for (const effect of effects) {
        this.effects.push(effect);
        if (!this.#perform(effect)) break;
      }
    }
    return this;
  }

  /** Carries out what the memory was asked for while `holding`. */
  finish(): this {
    for (let operations = this.held.shift(); operations !== undefined; operations = this.held.shift()) {
      if (this.#write(operations)) this.input(this.#pending.shift() ?? {});
    }
    return this;
  }

  powerOn(stopFlag: OscillatorStopFlag = "clear"): this {
    this.isCut = false;
    this.#powerUps += 1;
    const entropy = rootStream(`mains-entropy-${this.#powerUps}-${this.tickMs}`).bytes(32);
    this.input({ kind: "power-on", nvm: this.nvm, stopFlag, entropy });
    for (const slot of this.keys.keys()) this.input({ kind: "slot-contact", slot, contact: "made" });
    return this;
  }

  powerOff(): this {
    this.timers.clear();
    return this.input({ kind: "power-lost" });
  }

  /** Time goes by, for the keys in the slots too; timers end when they are due. */
  pass(ms: number): this {
    const until = this.tickMs + ms;
    for (let due = this.#nextTimer(until); due !== undefined; due = this.#nextTimer(until)) {
      this.#advance(due.at);
      this.timers.delete(due.name);
      this.input({ kind: "timer", name: due.name });
    }
    this.#advance(until);
    return this;
  }

  dock(slot: number, key: KeyRig): this {
    this.keys.set(slot, key);
    key.received.length = 0;
    key.input({ kind: "contact", shows: "idle-high" });
    return this.input({ kind: "slot-contact", slot, contact: "made" });
  }

  undock(slot: number): this {
    this.keys.get(slot)?.input({ kind: "removed" });
    this.keys.delete(slot);
    return this.input({ kind: "slot-contact", slot, contact: "broken" });
  }

  /** A whole stay in a slot. */
  visit(slot: number, key: KeyRig): this {
    return this.dock(slot, key).undock(slot);
  }

  get on(): MainsOn<X> {
    if (this.state.power !== "on") throw new Error(`the device is ${this.state.power}`);
    return this.state;
  }

  /** True time in Unix seconds: the device's oscillator is exact here. */
  get now(): number {
    return NOW + Math.floor((this.tickMs - STARTED_AT_TICK) / 1000);
  }

  #nextTimer(until: number): { readonly name: string; readonly at: number } | undefined {
    const due = [...this.timers].map(([name, at]) => ({ name, at })).sort((a, b) => a.at - b.at)[0];
    return due !== undefined && due.at <= until ? due : undefined;
  }

  #advance(to: number): void {
    for (const key of this.keys.values()) key.pass(Math.max(0, to - this.tickMs));
    this.tickMs = Math.max(this.tickMs, to);
  }

  /** False when power ended over it. */
  #perform(effect: MainsEffect<X>): boolean {
    const one = effect as MainsEffect<never>;
    switch (one.kind) {
      case "host-send":
        for (const event of this.#host.push(one.bytes)) if (event.kind === "frame") this.toHost.push(event.frame);
        return true;
      case "slot-send":
        this.#toKey(one.slot, one.bytes);
        return true;
      case "arm":
        this.timers.set(one.name, this.tickMs + one.delayMs);
        return true;
      case "disarm":
        this.timers.delete(one.name);
        return true;
      case "nvm":
        if (this.holding) this.held.push([...one.operations]);
        return this.holding || this.#write(one.operations);
      default:
        return true;
    }
  }

  #toKey(slot: number, bytes: Uint8Array): void {
    const key = this.keys.get(slot);
    if (key === undefined) return;
    for (const event of new FrameDecoder().push(bytes)) {
      if (event.kind === "frame") key.input({ kind: "frame", frame: event.frame });
    }
    for (const frame of key.received.splice(0)) {
      this.#pending.push({ kind: "slot-frame", slot, frame, tickMs: this.tickMs } as never);
    }
  }

  #write(operations: readonly NvmOperation[]): boolean {
    const { nvm, outcomes } = runNvm(this.nvm, operations, NO_DRAWS, this.cut);
    this.nvm = nvm;
    const outcome = outcomes.at(-1) ?? { kind: "done" };
    if (outcome.kind === "cut") {
      this.isCut = true;
      this.#pending.length = 0;
      this.timers.clear();
      this.state = this.device.step(this.state, { kind: "power-lost", tickMs: this.tickMs } as never).state;
      return false;
    }
    this.#pending.push({ kind: "nvm-done", nvm, outcome, tickMs: this.tickMs } as never);
    return true;
  }
}

/** The memory of a device that belongs to the city, with certificates for these roles and all issuers'. */
export function commissionedNvm(
  { city }: City,
  config: Parameters<typeof manufactureMains>[0],
  party: Party,
  roles: readonly ("collector" | "time-source" | "ticket")[],
  items: ReadonlyMap<string, Uint8Array> = new Map(),
): Nvm {
  const own = roles.flatMap((role) => city.centre.chainOf({ kid: party.kid, role }).slice(0, 1));
  const certificates = [...own, ...city.centre.chainOf("receipt"), ...city.centre.chainOf("time")];
  const commissioned = { commission: city.commission(), certificates };
  return manufactureMains(config, MAINS_NVM, { seed: party.seed, salt: SALT, commissioned, items });
}
export function factoryNvm(config: Parameters<typeof manufactureMains>[0], party: Party): Nvm {
  return manufactureMains(config, MAINS_NVM, { seed: party.seed, salt: SALT });
}
const SALT = Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1);

let sessions = 0;

/** A host on the device's line: asks one thing at a time. */
export class Host<X extends Extension> {
  readonly rig: MainsRig<X>;
  readonly notifications: Notification[] = [];
  welcome: ServeWelcome | undefined;
  #requester: RequesterState = newRequester();
  #hello: Uint8Array = new Uint8Array(0);
  #welcomeBody: Uint8Array = new Uint8Array(0);
  #sequence = 0;

  constructor(rig: MainsRig<X>) {
    this.rig = rig;
  }

  greet(): this {
    sessions += 1;
    const nonce = provider.sha256(Uint8Array.of(sessions >> 8, sessions)).slice(0, 16);
    const welcome = this.ask("hello", { versions: SPOKEN_VERSIONS, exchange: "serve", nonce, program: "rig" });
    if (typeof welcome === "string") throw new Error(welcome);
    this.welcome = welcome;
    return this;
  }

  /** The reply, or the code of the error that came in its place, or `busy`, or `silence`. */
  ask<N extends MessageName<"serve">>(name: N, body: RequestBody<"serve", N>): ReplyBody<"serve", N> | string {
    const encoded = encodeRequest("serve", name, body as never);
    if (name === "hello") this.#hello = encoded;
    const answer = this.send(name, encoded);
    if (typeof answer === "string") return answer;
    if (answer.outcome === "error") return decodeError(answer.body).code;
    if (name === "hello") this.#welcomeBody = answer.body;
    return decodeReply("serve", name, answer.body);
  }

  /** Raw bytes as the body of a request. */
  send(
    name: MessageName<"serve">,
    body: Uint8Array,
  ): { readonly outcome: "reply" | "error"; readonly body: Uint8Array } | "busy" | "silence" {
    const entry = messageNamed("serve", name);
    const timing = timingOf(entry);
    const stepped =
      name === "hello"
        ? stepRequester(this.#requester, { kind: "open", session: 7000 + sessions, message: 0, body, timing })
        : stepRequester(this.#requester, { kind: "request", message: entry.number, body, timing });
    this.#requester = stepped.state;
    for (const effect of stepped.effects) if (effect.kind === "write") this.#carry(effect.bytes);
    return this.listen() ?? (this.#isBusy() ? "busy" : "silence");
  }

  /** After BUSY, or when the answer comes late. */
  listen(): { readonly outcome: "reply" | "error"; readonly body: Uint8Array } | undefined {
    for (const frame of this.rig.toHost.splice(0)) {
      const received = stepRequester(this.#requester, { kind: "received", frame });
      this.#requester = received.state;
      for (const effect of received.effects) {
        if (effect.kind === "notified") {
          this.notifications.push(decodeNotification("serve", effect.message, effect.body));
        }
        if (effect.kind === "answered") return effect;
      }
    }
    return undefined;
  }

  /** The same bytes again, as after a BUSY or a time-out. */
  again(): { readonly outcome: "reply" | "error"; readonly body: Uint8Array } | "busy" | "silence" {
    const { state, effects } = stepRequester(this.#requester, { kind: "timeout", timer: this.#requester.timer });
    this.#requester = state;
    for (const effect of effects) if (effect.kind === "write") this.#carry(effect.bytes);
    return this.listen() ?? (this.#isBusy() ? "busy" : "silence");
  }

  #isBusy(): boolean {
    const { at } = this.#requester;
    return at.phase === "waiting" && at.waitsFor === "end-of-busy";
  }

  #carry(bytes: Uint8Array): void {
    for (const event of new FrameDecoder().push(bytes)) {
      if (event.kind === "frame") this.rig.input({ kind: "host-frame", frame: event.frame });
    }
  }

  get transcript(): Uint8Array {
    return sessionTranscript(provider, this.#hello, this.#welcomeBody);
  }

  /** The time issuer's word, or that of another; the verdict, or the code of an error. */
  time(
    { city }: City,
    t: number = this.rig.now,
    terms: { readonly by?: Party; readonly uncertaintyMs?: number; readonly delayMs?: number } = {},
  ): string {
    const challenge = this.ask("time-challenge", {});
    if (typeof challenge === "string") return challenge;
    const { by, uncertaintyMs = 500, delayMs = 20 } = terms;
    this.rig.pass(delayMs);
    const value: TimeStatement = {
      nonce: challenge.nonce,
      t,
      uncertaintyMs,
      source: by === undefined ? "issuer" : "station",
    };
    const statement = city.centre.sign(by ?? "time", timeStatementObject, value).bytes;
    const certificates =
      by === undefined ? city.centre.chainOf("time") : city.centre.chainOf({ kid: by.kid, role: "time-source" });
    const reply = this.ask("time", { statement, certificates });
    return typeof reply === "string" ? reply : reply.verdict;
  }

  deliver(object: { readonly bytes: Uint8Array } | Uint8Array): string {
    const reply = this.ask("deliver", { object: object instanceof Uint8Array ? object : object.bytes });
    return typeof reply === "string" ? reply : reply.outcome;
  }

  bundle(key: Uint8Array, object: { readonly bytes: Uint8Array } | Uint8Array): string {
    const reply = this.ask("bundle", { key, object: object instanceof Uint8Array ? object : object.bytes });
    return typeof reply === "string" ? reply : reply.outcome;
  }

  /** A HostCommand of this party, which the city has certified as a host. */
  command(
    { city }: City,
    party: Party,
    command: Command,
    sequence: number = this.#sequence + 1,
  ): ReplyBody<"serve", "command"> | string {
    this.#sequence = Math.max(this.#sequence, sequence);
    const { device, nonce } = this.welcome as ServeWelcome;
    const value = { device, nonce, sequence, command };
    const { bytes } = city.centre.sign(party, hostCommandObject, value, [this.transcript]);
    return this.ask("command", { command: bytes, certificates: city.centre.chainOf({ kid: party.kid, role: "host" }) });
  }
}
