/** A station, box or cabinet as a script: asks one thing at a time of a key in its contact. */
import {
  activationTicketObject,
  type DockWelcome,
  decodeError,
  decodeReply,
  deviceProofObject,
  encodeRequest,
  FrameDecoder,
  type MessageName,
  messageNamed,
  newRequester,
  type ReplyBody,
  type RequestBody,
  type RequesterState,
  type Role,
  SPOKEN_VERSIONS,
  sessionTranscript,
  stepRequester,
  type TimeSourceClass,
  timeStatementObject,
  timingOf,
} from "@nyckelfri/protocol";
import type { Party } from "#src/world/parties.ts";
import { type City, type KeyRig, NOW, provider } from "./rig.ts";

type Exchange = "dock" | "activate" | "store";
let sessions = 0;

export class Station<E extends Exchange> {
  readonly of: City;
  readonly rig: KeyRig;
  readonly party: Party;
  readonly exchange: E;
  readonly nonce: Uint8Array;
  #requester: RequesterState = newRequester();
  #hello: Uint8Array = new Uint8Array(0);
  #welcomeBody: Uint8Array = new Uint8Array(0);
  welcome: DockWelcome | undefined;

  constructor(of: City, rig: KeyRig, party: Party, exchange: E, nonce?: Uint8Array) {
    sessions += 1;
    this.of = of;
    this.rig = rig;
    this.party = party;
    this.exchange = exchange;
    this.nonce = nonce ?? provider.sha256(Uint8Array.of(sessions >> 8, sessions)).slice(0, 16);
  }

  /** Contact, hello and welcome. */
  greet(): this {
    this.rig.input({ kind: "contact", shows: "idle-high" });
    const body = { versions: SPOKEN_VERSIONS, exchange: this.exchange, nonce: this.nonce, device: this.party.kid };
    const welcome = this.ask("hello" as MessageName<E>, body as never) as unknown;
    if (typeof welcome !== "string") this.welcome = welcome as DockWelcome;
    return this;
  }

  /** The reply, or the code of the error that came in its place, or `silence`. */
  ask<N extends MessageName<E>>(name: N, body: RequestBody<E, N>): ReplyBody<E, N> | string {
    const entry = messageNamed(this.exchange, name);
    const encoded = encodeRequest(this.exchange, name, body as never);
    const isHello = name === "hello";
    if (isHello) this.#hello = encoded;
    const timing = timingOf(entry);
    const stepped = isHello
      ? stepRequester(this.#requester, { kind: "open", session: 1000 + sessions, message: 0, body: encoded, timing })
      : stepRequester(this.#requester, { kind: "request", message: entry.number, body: encoded, timing });
    this.#requester = stepped.state;
    for (const effect of stepped.effects) if (effect.kind === "write") this.#carry(effect.bytes);
    for (let frame = this.rig.received.shift(); frame !== undefined; frame = this.rig.received.shift()) {
      const answered = stepRequester(this.#requester, { kind: "received", frame });
      this.#requester = answered.state;
      for (const effect of answered.effects) {
        if (effect.kind !== "answered") continue;
        if (effect.outcome === "error") return decodeError(effect.body).code;
        if (isHello) this.#welcomeBody = effect.body;
        return decodeReply(this.exchange, name, effect.body);
      }
    }
    // As after a time-out: the session is given up.
    this.#requester = stepRequester(this.#requester, { kind: "close" }).state;
    return "silence";
  }

  #carry(bytes: Uint8Array): void {
    for (const event of new FrameDecoder().push(bytes)) {
      if (event.kind === "frame") this.rig.input({ kind: "frame", frame: event.frame });
    }
  }

  get transcript(): Uint8Array {
    return sessionTranscript(provider, this.#hello, this.#welcomeBody);
  }

  chain(role: Role): readonly Uint8Array[] {
    return this.of.city.centre.chainOf({ kid: this.party.kid, role });
  }

  prove(role: Role = "collector"): unknown {
    const { transcript } = this;
    const value = { nonce: this.welcome?.nonce ?? this.nonce, exchange: this.exchange };
    const proof = this.of.city.centre.sign(this.party, deviceProofObject, value, [transcript]);
    return this.ask("prove" as never, { proof: proof.bytes, certificates: this.chain(role) } as never);
  }

  /** Gives the time; by the station's own clock, or as the issuer's word. */
  time(t: number, by: TimeSourceClass = "station", uncertaintyMs = 500, delayMs = 20): unknown {
    const challenge = this.ask("time-challenge" as never, {} as never) as unknown as { nonce: Uint8Array } | string;
    if (typeof challenge === "string") return challenge;
    this.rig.pass(delayMs);
    const { city } = this.of;
    const { nonce } = challenge;
    const statement =
      by === "issuer"
        ? city.stateTime(nonce, t, uncertaintyMs)
        : city.centre.sign(this.party, timeStatementObject, { nonce, t, uncertaintyMs, source: by });
    const certificates = by === "issuer" ? city.centre.chainOf("time") : this.chain("time-source");
    const reply = this.ask("time" as never, { statement: statement.bytes, certificates } as never) as unknown;
    return typeof reply === "string" ? reply : (reply as { verdict: string }).verdict;
  }

  deliver(object: { readonly bytes: Uint8Array } | Uint8Array): string {
    const bytes = object instanceof Uint8Array ? object : object.bytes;
    const reply = this.ask("deliver" as never, { object: bytes } as never) as unknown;
    return typeof reply === "string" ? reply : (reply as { outcome: string }).outcome;
  }

  ticket(grant: Uint8Array, window: { from: number; until: number }): Uint8Array {
    const value = { grantDigest: provider.sha256(grant), ...window, method: "pin", boxCounter: 1 } as const;
    return this.of.city.centre.sign(this.party, activationTicketObject, value).bytes;
  }
}

/** A key that has docked: it has the time and today's grant, with the list and the policy for its door. */
export function dock(of: City, rig: KeyRig, at: number = NOW): Station<"dock"> {
  const station = new Station(of, rig, of.station, "dock").greet();
  station.prove();
  station.time(at);
  for (const object of [of.grant, of.policy, of.list]) station.deliver(object);
  rig.input({ kind: "removed" });
  return station;
}

/** The same, activated in a box. */
export function activate(of: City, rig: KeyRig, pin = "2580"): unknown {
  const box = new Station(of, rig, of.box, "activate").greet();
  box.prove("ticket");
  const answered = box.ask("pin", { pin });
  if (typeof answered === "string" || answered.v === undefined) return answered;
  const ticket = box.ticket(of.grant.bytes, { from: of.grant.value.nbf, until: of.grant.value.exp });
  const reply = box.ask("activate", { ticket, certificates: box.chain("ticket") });
  rig.input({ kind: "removed" });
  return typeof reply === "string" ? reply : reply.outcome;
}
