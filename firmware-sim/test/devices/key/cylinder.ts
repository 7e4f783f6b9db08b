/** A cylinder as a script: protocol's responder, its session table, and its decision. */
import {
  type CertifiedKey,
  type Challenge,
  type Decision,
  type DoorPolicy,
  decodeRequest,
  doorPolicyObject,
  encodeReply,
  equalBytes,
  examine,
  type Frame,
  FrameDecoder,
  issueObject,
  type LogSegment,
  logSegmentObject,
  type MessageName,
  type Need,
  newResponder,
  type OpenHello,
  type OpenRequest,
  parseObject,
  parseSign1,
  type ResponderState,
  type RevocationList,
  revocationListObject,
  SPOKEN_VERSIONS,
  stepResponder,
  suppliedFor,
  typOf,
  verifyChain,
} from "@nyckelfri/protocol";
import type { Party } from "#src/world/parties.ts";
import { type City, type KeyRig, provider } from "./rig.ts";

export interface ScriptedDoor {
  /** How the door answers, beyond the usual. */
  readonly challenge?: Partial<Challenge>;
  readonly needs?: readonly Need[];
  readonly segment?: Partial<LogSegment>;
  readonly updateOutcome?: "stored" | "need-certificate" | "refused";
  /** Lists that it may be asked for. */
  readonly lists?: readonly Uint8Array[];
  readonly policy?: DoorPolicy;
  /** Another cylinder than the city's one door has. */
  readonly party?: Party;
}

export class Cylinder {
  readonly of: City;
  readonly script: ScriptedDoor;
  readonly party: Party;
  #responder: ResponderState = newResponder();
  #hello: Uint8Array = new Uint8Array(0);
  #challenge: Uint8Array = new Uint8Array(0);
  readonly #updates: Uint8Array[] = [];
  #open: OpenRequest | undefined;
  #ticket: Uint8Array | undefined;
  /** Everything that the key asked, in order. */
  readonly asked: { readonly name: string; readonly body: object }[] = [];
  readonly updates: Uint8Array[] = [];
  decision: Decision | undefined;
  policy: DoorPolicy;
  list: RevocationList;
  receiptOutcome: "covered" | "fork" = "covered";
  #visits = 0;

  constructor(of: City, script: ScriptedDoor = {}) {
    this.of = of;
    this.script = script;
    this.party = script.party ?? of.cylinder;
    this.policy = script.policy ?? of.policy.value;
    this.list = of.list.value;
  }

  get names(): string[] {
    return this.asked.map(({ name }) => name);
  }

  /** The key is put in, and everything goes on until nobody says anything more. */
  visit(rig: KeyRig): string | undefined {
    rig.received.length = 0;
    this.asked.length = 0;
    this.#updates.length = 0;
    this.updates.length = 0;
    this.#visits += 1;
    this.decision = undefined;
    rig.input({ kind: "contact", shows: "dark" });
    for (let frame = rig.received.shift(); frame !== undefined; frame = rig.received.shift()) this.#take(rig, frame);
    return this.verdict();
  }

  /** The reason or the permit of the last visit; undefined where the key did not ask. */
  verdict(): string | undefined {
    const { decision } = this;
    if (decision === undefined) return undefined;
    return decision.verdict === "refuse" ? decision.reason : decision.verdict;
  }

  #take(rig: KeyRig, frame: Frame): void {
    const config = { busyMessages: [], busyMilliseconds: 50 };
    const stepped = stepResponder(config, this.#responder, { kind: "received", frame });
    this.#responder = stepped.state;
    for (const effect of stepped.effects) {
      if (effect.kind === "write") this.#send(rig, effect.bytes);
      else {
        const message = effect.kind === "handle" ? effect.message : 0;
        const sequence = effect.kind === "handle" ? effect.sequence : 0;
        const body = this.#answer(message, effect.body);
        const answer = { kind: "answer", session: effect.session, sequence, outcome: "reply", body } as const;
        const answered = stepResponder(config, this.#responder, answer);
        this.#responder = answered.state;
        for (const one of answered.effects) if (one.kind === "write") this.#send(rig, one.bytes);
      }
    }
  }

  #send(rig: KeyRig, bytes: Uint8Array): void {
    for (const event of new FrameDecoder().push(bytes)) {
      if (event.kind === "frame") rig.pass(5).input({ kind: "frame", frame: event.frame });
    }
  }

  #answer(message: number, body: Uint8Array): Uint8Array {
    const request = decodeRequest("open", message, body);
    this.asked.push(request);
    switch (request.name) {
      case "hello":
        this.#hello = body;
        this.#challenge = reply("hello", {
          versions: SPOKEN_VERSIONS,
          cylinder: this.party.kid,
          nonce: provider.sha256(Uint8Array.of(0x77, this.#visits)).slice(0, 16),
          epoch: 1,
          policyVersion: this.policy.version,
          lists: [[this.list.list, this.list.version]],
          floor: 0,
          state: "active",
          newestRecord: 0,
          ...this.script.challenge,
        });
        return this.#challenge;
      case "update": {
        this.updates.push(request.body.object);
        const outcome = this.script.updateOutcome ?? "stored";
        if (outcome === "stored") this.#store(request.body.object);
        const replied = reply("update", { outcome });
        this.#updates.push(body, replied);
        return replied;
      }
      case "open":
        this.#open = request.body;
        if (this.#needs.length > 0) return reply("open", { kind: "needs", needs: this.#needs });
        return this.#decide(request.body);
      case "supply": {
        const { grant, ticket } = suppliedFor(this.#needs, request.body);
        const open = { ...(this.#open as OpenRequest), ...(ticket && { ticket }) } as OpenRequest;
        return this.#decide(grant === undefined ? open : { ...open, by: "grant", grant });
      }
      case "collect": {
        const wanted = { mount: 1, first: 1, headBefore: new Uint8Array(16), nonceCounter: this.#visits };
        const record = { kind: "outcome", code: "engaged", durationMs: 900 } as const;
        const { nonce: keyNonce } = decodeRequest("open", 0, this.#hello).body as OpenHello;
        if (request.body.store === "refusals") return reply("collect", {});
        const value = { ...wanted, records: [record], keyNonce, store: request.body.store, ...this.script.segment };
        const signer = this.of.city.centre.signerOf(this.party);
        return reply("collect", { segment: issueObject(logSegmentObject, value, signer).bytes });
      }
      case "receipt":
        return reply("receipt", { outcome: this.receiptOutcome });
      case "fetch": {
        const [object] = this.script.lists ?? [];
        return reply("fetch", object === undefined ? {} : { object });
      }
    }
  }

  /** What the script says, or the ticket that this door has not taken before. */
  get #needs(): readonly Need[] {
    const isNew = this.#open?.by === "cti" && this.#ticket === undefined;
    return this.script.needs ?? (isNew ? ["ticket"] : []);
  }

  #store(object: Uint8Array): void {
    const { typ } = parseSign1(object);
    if (typ === typOf("door-policy")) this.policy = parseObject(doorPolicyObject, object).value;
    if (typ === typOf("revocation-list")) this.list = parseObject(revocationListObject, object).value;
  }

  #decide(open: OpenRequest): Uint8Array {
    const { city, grant } = this.of;
    const { trust } = city.centre;
    const known = certifiedIn(this.of);
    const keysOf = (kid: Uint8Array) => known.filter((one) => equalBytes(one.kid, kid));
    const transcript = { hello: this.#hello, challenge: this.#challenge, updates: this.#updates };
    const bytes = open.by === "grant" ? open.grant : grant.bytes;
    // With the grant alone a door takes the ticket that it has taken before.
    const { ticket = open.by === "cti" ? this.#ticket : undefined } = open;
    const { decision } = examine(
      {
        ...{ rootPublicKey: trust.rootPublicKey, lifecycle: "active", epoch: trust.epoch, floor: 0 },
        ...{
          policy: this.policy,
          policyVersion: { epoch: trust.epoch, value: this.policy.version },
          lists: [this.list],
        },
      },
      { grant: bytes, ticket, proof: open.proof, transcript },
      {
        ...{ provider, fleetId: trust.fleetId, energy: "enough" },
        issuersOf: (kid) => keysOf(kid).filter((one) => one.level === "issuer"),
        boxesOf: (kid) => keysOf(kid).filter((one) => one.level === "device"),
      },
    );
    this.decision = decision;
    if (decision.verdict === "refuse") return reply("open", { kind: "result", result: decision.result });
    this.#ticket = ticket;
    return reply("open", { kind: "result", result: "opened", record: 1 });
  }
}

function reply<N extends MessageName<"open">>(name: N, body: Parameters<typeof encodeReply<"open", N>>[2]): Uint8Array {
  return encodeReply("open", name, body);
}

/** What the doors of a city hold to believe its grants and tickets. */
function certifiedIn(of: City): readonly CertifiedKey[] {
  const { city, box } = of;
  const { trust } = city.centre;
  const known = CERTIFIED.get(of);
  if (known?.epoch === trust.epoch) return known.certified;
  const chains = [city.centre.chainOf("grant"), city.centre.chainOf({ kid: box.kid, role: "ticket" })];
  const certified = chains.map((chain) => verifyChain(chain, trust, provider));
  CERTIFIED.set(of, { epoch: trust.epoch, certified });
  return certified;
}
const CERTIFIED: WeakMap<City, { readonly epoch: number; readonly certified: readonly CertifiedKey[] }> = new WeakMap();
