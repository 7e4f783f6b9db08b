/**
 * A cylinder, and all that can come to it at any moment: answers of its own parts, in time, late, wrong or unasked; frames of
 * the session that runs, of the one before and of strangers; the contact, the timer and the power. What must hold is judged by what
 * went over the wire and what stands in the memory, not by what the device believes of itself.
 */
import {
  challengeNonce,
  decodeError,
  decodeReply,
  defaultProvider,
  encodeRequest,
  equalBytes,
  type Frame,
  FrameDecoder,
  HELLO_VERSION,
  MESSAGE_BUSY,
  MESSAGE_ERROR,
  type MessageName,
  messageNamed,
  type Need,
  openProofExtra,
  openProofObject,
  SPOKEN_VERSIONS,
  supplyFor,
  toHex,
} from "@nyckelfri/protocol";
import { cylinderDevice, DARK, phaseOf } from "#src/devices/cylinder/cylinder.ts";
import type { CylinderEffect, CylinderInput } from "#src/devices/cylinder/cylinder-io.ts";
import type { CylinderOn, CylinderState } from "#src/devices/cylinder/cylinder-state.ts";
import { ANSWER_MS, ENGAGE_MS } from "#src/devices/cylinder/tables.ts";
import { type Nvm, type NvmOperation, runNvm } from "#src/hardware/nvm.ts";
import { FLASH } from "../cylinder/rig.ts";
import { boxChain, DAY, EXP, mountedTown, NOW, ticketFor, visit } from "../cylinder/town.ts";
import { demand, type Interleaving } from "./explore.ts";
import { remembering } from "./remembering.ts";

const MOVES = [
  ...["power-on", "power-lost", "removed", "hold-ends", "wait-2-s", "wait-5-s"],
  ...["nvm-done", "nvm-fails", "nvm-lies", "cut-after-nvm", "energy-enough", "energy-short"],
  ...["clutch-engaged", "clutch-jammed", "clutch-refused"],
  ...["hello-open", "hello-service", "hello-garbage", "hello-unknown-exchange", "hello-again", "hello-other-bytes"],
  ...["hello-of-before", "repeat", "same-sequence-other-bytes", "gap", "next-of-before", "next-of-stranger"],
  ...["open", "open-whole", "open-unproven", "open-too-late", "open-of-before", "supply", "supply-empty", "update"],
  ...["collect", "receipt", "fetch", "enrol", "garbage"],
] as const;
export type CylinderMove = (typeof MOVES)[number];

/** What runs on the wire, since the newest hello of a number that is not remembered. */
interface Talk {
  readonly session: number;
  readonly exchange: "open" | "service" | "nonsense";
  readonly hello: Uint8Array;
  /** Body of the answer, and when it came. */
  readonly challenge: Uint8Array | undefined;
  readonly answeredAtMs: number;
  /** Bodies of those that were answered. */
  readonly updates: readonly Uint8Array[];
  readonly needs: readonly Need[];
  /** The request that is in work, and the one that was answered last. */
  readonly inWork: Frame | undefined;
  readonly answered: { readonly request: Frame; readonly reply: Uint8Array } | undefined;
  readonly hasAsked: boolean;
  /** What an opening has left the right to; a removal ends it. */
  readonly rights: "none" | "all";
}

/** The one `open` that could still engage the clutch. */
interface Claim {
  readonly session: number;
  /** The contact, since the `open` came. */
  readonly contact: "held" | "opened";
  /** What it has come to: a hello that comes before its intent is begun ends it. */
  readonly at: "asked" | "committed" | "engaging" | "engaged";
  readonly challengedAtMs: number;
  readonly record: number;
}

export interface Node {
  readonly state: CylinderState;
  readonly nvm: Nvm;
  readonly tickMs: number;
  readonly asked: {
    readonly nvm: readonly NvmOperation[] | undefined;
    readonly energies: number;
    readonly clutch: Extract<CylinderEffect, { kind: "engage" }> | undefined;
  };
  readonly hold: "armed" | "disarmed";
  readonly clutch: "engaged" | "disengaged";
  readonly hellos: number;
  readonly talk: Talk | undefined;
  readonly before: Talk | undefined;
  /** Numbers of sessions that it has left in this power-up. */
  readonly left: readonly number[];
  readonly claim: Claim | undefined;
  readonly toldNonce: number;
  readonly openings: number;
}

const NOTHING_ASKED: Node["asked"] = { nvm: undefined, energies: 0, clutch: undefined };
const QUIET_DRAWS = { below: () => 0 };

/** `tried`: of so many kinds of node one is asked whether a key that comes now gets in. */
export function cylinderAlone(tried: number): Interleaving<Node, CylinderMove> {
  const provider = remembering();
  const town = mountedTown({ provider });
  const device = cylinderDevice({ provider, profile: FLASH });
  const mounted = town.rig.nvm;
  visit(town);
  town.rig.give({ kind: "removed", tickMs: town.rig.tickMs + 900 });
  town.rig.pull();
  const visited = town.rig.nvm;
  const { city, key, grant, north, make } = town;
  const ticket = ticketFor(town, grant).bytes;
  const list = city.revoke(north.list, NOW, { kind: "grant", id: new Uint8Array(8), until: NOW }).bytes;
  const [boxCertificate, boxIssuer] = boxChain(town) as [Uint8Array, Uint8Array];
  const held: Partial<Record<Need, Uint8Array>> = {
    ...{ grant: grant.bytes, ticket, "certificate-of-grant": city.centre.issuer("grant").certificate.bytes },
    ...{ "certificate-of-ticket": boxCertificate, "certificate-of-box-issuer": boxIssuer },
  };
  const dark: Omit<Node, "nvm"> = {
    ...{ state: DARK, tickMs: 0, asked: NOTHING_ASKED, hold: "disarmed", clutch: "disengaged" },
    ...{ hellos: 0, talk: undefined, before: undefined, left: [], claim: undefined, toldNonce: 0, openings: 0 },
  };

  /** What is in a memory, for whoever has only that. */
  const known = new WeakMap<Nvm, CylinderOn>();
  function found(nvm: Nvm): CylinderOn {
    const was = known.get(nvm);
    if (was !== undefined) return was;
    const { state } = device.step(DARK, { kind: "power-on", nvm, noise: 1, tickMs: 0 });
    demand(state.power === "on", "the memory is lost");
    known.set(nvm, state);
    return state;
  }

  const proofs = new Map<string, Uint8Array>();
  function proofFor({ hello, challenge, updates }: Talk, at: number = NOW): Uint8Array {
    const transcript = { hello, challenge: challenge ?? new Uint8Array(0), updates };
    const name = [hello, transcript.challenge, ...updates].map(toHex).join("/") + at;
    const made = proofs.get(name);
    if (made !== undefined) return made;
    const extra = openProofExtra(defaultProvider, transcript, grant.bytes, ticket);
    const carried = { epoch: city.centre.trust.epoch, policy: 0, lists: [] };
    const said = { lo: at - 1, widthSeconds: 4, quality: "running", keyCounter: 7, action: "open" } as const;
    const value = { ...said, timeSource: town.box.kid, carried };
    const { bytes } = city.centre.sign(key, openProofObject, value, extra);
    proofs.set(name, bytes);
    return bytes;
  }

  /** The body of a request of the running session, as its owner or as anybody. */
  function bodyOf(move: CylinderMove, { talk, before }: Node): readonly [number, Uint8Array] | undefined {
    if (talk === undefined) return undefined;
    const open = <N extends MessageName<"open">>(name: N, body: Parameters<typeof encodeRequest<"open", N>>[2]) =>
      [messageNamed("open", name).number, encodeRequest("open", name, body)] as const;
    const { cti } = grant.value;
    switch (move) {
      case "open":
        return open("open", { by: "cti", cti, proof: proofFor(talk) });
      case "open-whole":
        return open("open", { by: "grant", grant: grant.bytes, ticket, proof: proofFor(talk) });
      case "open-unproven":
        return open("open", { by: "cti", cti, proof: proofFor({ ...talk, updates: [...talk.updates, list] }) });
      case "open-too-late":
        return open("open", { by: "grant", grant: grant.bytes, ticket, proof: proofFor(talk, EXP + DAY) });
      case "open-of-before":
        return before?.challenge && open("open", { by: "cti", cti, proof: proofFor(before) });
      case "supply":
        return talk.needs.length > 0 ? open("supply", supplyFor(talk.needs, held)) : undefined;
      case "supply-empty":
        return [messageNamed("open", "supply").number, Uint8Array.of(0xa0)];
      case "update":
        return open("update", { object: list });
      case "collect":
        return open("collect", { store: "openings" });
      case "receipt":
        return open("receipt", { receipt: list });
      case "fetch":
        return open("fetch", { wanted: "list", list: north.list });
      case "enrol":
        return talk.exchange === "service"
          ? [messageNamed("service", "enrol").number, encodeRequest("service", "enrol", { nonce: new Uint8Array(16) })]
          : undefined;
      case "garbage":
        return [messageNamed("open", "open").number, Uint8Array.of(0xff)];
      default:
        return undefined;
    }
  }

  function helloBody(move: CylinderMove, hellos: number): Uint8Array | undefined {
    const nonce = (bytes: number) => new Uint8Array(bytes).fill(hellos + 1);
    const versions = SPOKEN_VERSIONS;
    switch (move) {
      case "hello-open":
        return encodeRequest("open", "hello", { versions, exchange: "open", nonce: nonce(8), battery: "ok" });
      case "hello-service":
        return encodeRequest("service", "hello", { versions, exchange: "service", nonce: nonce(16) });
      case "hello-garbage":
        return Uint8Array.of(0xff);
      case "hello-unknown-exchange":
        return encodeRequest("serve", "hello", { versions, exchange: "serve", nonce: nonce(16) });
      default:
        return undefined;
    }
  }

  /** The frame that a move puts on the line. */
  function frameOf(move: CylinderMove, node: Node): Frame | undefined {
    const { state, talk, before, hellos } = node;
    if (state.power !== "on") return undefined;
    const fresh = helloBody(move, hellos);
    const request = { version: HELLO_VERSION, kind: "request" } as const;
    if (fresh !== undefined) return { ...request, message: 0, session: 1_000 + hellos, sequence: 0, body: fresh };
    const current = talk?.inWork ?? talk?.answered?.request;
    const next = { ...request, session: talk?.session ?? 1, sequence: (current?.sequence ?? 0) + 1 };
    const helloAt = (of: Talk | undefined, body = of?.hello): Frame | undefined =>
      of && body && { ...request, message: 0, session: of.session, sequence: 0, body };
    const open = { message: messageNamed("open", "open").number, body: Uint8Array.of(0xa0) };
    switch (move) {
      case "hello-again":
        return helloAt(talk);
      case "hello-other-bytes":
        return helloAt(talk, Uint8Array.of(0xa0));
      case "hello-of-before":
        return helloAt(before);
      case "repeat":
        return current && current.sequence > 0 ? current : undefined;
      case "same-sequence-other-bytes":
        return current && current.sequence > 0 ? { ...current, body: Uint8Array.of(0xa0) } : undefined;
      case "gap":
        return { ...next, ...open, sequence: next.sequence + 1 };
      case "next-of-before":
        return before && { ...next, ...open, session: before.session };
      case "next-of-stranger":
        return { ...next, ...open, session: 5 };
      default: {
        const asked = bodyOf(move, node);
        return asked && { ...next, message: asked[0], body: asked[1] };
      }
    }
  }

  function inputOf(move: CylinderMove, node: Node): { readonly input: CylinderInput; readonly nvm: Nvm } | undefined {
    const { nvm, asked, state } = node;
    const tickMs = node.tickMs + 1;
    const plain = (input: CylinderInput) => ({ input, nvm });
    switch (move) {
      case "power-on":
        return state.power === "off" ? plain({ kind: "power-on", nvm, noise: 1, tickMs: 0 }) : undefined;
      case "power-lost":
        return state.power === "on" ? plain({ kind: "power-lost" }) : undefined;
      case "cut-after-nvm":
        return asked.nvm && { input: { kind: "power-lost" }, nvm: runNvm(nvm, asked.nvm, QUIET_DRAWS).nvm };
      case "nvm-done": {
        const { nvm: after } = runNvm(nvm, asked.nvm ?? [], QUIET_DRAWS);
        return { input: { kind: "nvm-done", nvm: after, outcome: { kind: "done" }, tickMs }, nvm: after };
      }
      case "nvm-fails":
        return plain({ kind: "nvm-done", nvm, outcome: { kind: "worn-out", page: 0 }, tickMs });
      case "nvm-lies":
        return plain({ kind: "nvm-done", nvm, outcome: { kind: "done" }, tickMs });
      case "energy-enough":
      case "energy-short":
        return plain({ kind: "energy", reading: move === "energy-enough" ? "enough" : "short", tickMs });
      case "clutch-engaged":
        // Nothing engages that was not told to; it may be said nevertheless.
        return plain({ kind: "clutch", outcome: "engaged", tickMs });
      case "clutch-jammed":
        return plain({ kind: "clutch", outcome: "jammed", tickMs });
      case "clutch-refused":
        return plain({ kind: "clutch", outcome: "refused", tickMs });
      case "removed":
        return plain({ kind: "removed", tickMs });
      case "hold-ends":
        return plain({ kind: "timer", name: "hold", tickMs });
      default: {
        const frame = frameOf(move, node);
        return frame && plain({ kind: "frame", frame, tickMs });
      }
    }
  }

  function next(node: Node, move: CylinderMove): Node | "not-here" {
    if (move === "wait-2-s" || move === "wait-5-s") {
      const tickMs = node.tickMs + (move === "wait-2-s" ? 2_000 : 5_000);
      return node.state.power === "on" && node.talk !== undefined ? { ...node, tickMs } : "not-here";
    }
    const given = inputOf(move, node);
    if (given === undefined) return "not-here";
    const { input, nvm } = given;
    const stepped = device.step(node.state, input);
    let at = taken({ ...node, nvm, tickMs: node.tickMs + 1, state: stepped.state }, node, input);
    for (const effect of stepped.effects) at = performed(at, effect, input);
    judge(at, node, input);
    return at;
  }

  /** What the input means to those outside. */
  function taken(at: Node, was: Node, input: CylinderInput): Node {
    const { asked, claim, talk } = was;
    switch (input.kind) {
      case "power-on":
        return { ...at, tickMs: 0 };
      case "power-lost": {
        const { hellos, toldNonce, openings, nvm } = at;
        return { ...dark, nvm, hellos, toldNonce, openings, before: talk ?? was.before };
      }
      case "nvm-done":
        return { ...at, asked: { ...asked, nvm: undefined } };
      case "energy": {
        const isBegun = claim?.at === "asked" && phaseOf(at.state) === "committing";
        const energies = Math.max(0, asked.energies - 1);
        demand(!isBegun || claim.contact === "held", "SPEC OPN-13: an intent for a key that has let go");
        return { ...at, asked: { ...asked, energies }, claim: isBegun ? { ...claim, at: "committed" } : claim };
      }
      case "clutch": {
        const isEngaged = asked.clutch !== undefined && input.outcome === "engaged";
        const answered: Node = { ...at, asked: { ...asked, clutch: undefined } };
        if (!isEngaged || claim === undefined) return answered;
        const isOwn = talk?.session === claim.session && claim.contact === "held";
        const owned = talk && isOwn ? ({ ...talk, rights: "all" } as const) : talk;
        return { ...answered, clutch: "engaged", claim: { ...claim, at: "engaged" }, talk: owned };
      }
      case "removed":
        return { ...at, claim: claim && { ...claim, contact: "opened" }, talk: talk && { ...talk, rights: "none" } };
      case "timer":
        return at;
      case "frame":
        return heard(at, input.frame);
    }
  }

  /** SPEC FRM-7, FRM-8, as far as it decides what is in work and what is over. */
  function heard(at: Node, frame: Frame): Node {
    const { talk, before, left, claim, hellos } = at;
    const { session, sequence, body } = frame;
    if (sequence === 0) {
      if (session === talk?.session || left.includes(session)) return at;
      const isNew = session === 1_000 + hellos;
      const exchange = isNew ? exchangeOf(body, hellos) : (before?.exchange ?? "nonsense");
      const fresh: Talk = {
        ...{ session, exchange, hello: body, challenge: undefined, answeredAtMs: 0, updates: [], needs: [] },
        ...{ inWork: frame, answered: undefined, hasAsked: false, rights: "none" },
      };
      return {
        ...{ ...at, talk: fresh, before: talk ?? before, hellos: isNew ? hellos + 1 : hellos },
        left: talk === undefined ? left : [talk.session, ...left],
        claim: claim?.at === "asked" ? undefined : claim,
      };
    }
    if (talk === undefined || session !== talk.session || talk.inWork !== undefined) return at;
    if (sequence !== (talk.answered?.request.sequence ?? -1) + 1 || talk.challenge === undefined) return at;
    const isOpen = talk.exchange === "open" && frame.message === messageNamed("open", "open").number;
    const isProven =
      isOpen &&
      !talk.hasAsked &&
      [bodyOf("open", at), bodyOf("open-whole", at)].some((own) => own && equalBytes(own[1], body)) &&
      at.tickMs - talk.answeredAtMs <= ANSWER_MS;
    const claimed: Claim = { session, contact: "held", at: "asked", challengedAtMs: talk.answeredAtMs, record: 0 };
    return { ...at, talk: { ...talk, inWork: frame }, claim: isProven ? claimed : claim };
  }

  function exchangeOf(body: Uint8Array, hellos: number): Talk["exchange"] {
    for (const exchange of ["open", "service"] as const) {
      const whole = helloBody(`hello-${exchange}`, hellos);
      if (whole !== undefined && equalBytes(whole, body)) return exchange;
    }
    return "nonsense";
  }

  /** What an effect does outside, and whether it may be done at all. */
  function performed(at: Node, effect: CylinderEffect, input: CylinderInput): Node {
    const { asked, claim } = at;
    switch (effect.kind) {
      case "nvm":
        demand(asked.nvm === undefined, "the memory is asked twice");
        return { ...at, asked: { ...asked, nvm: effect.operations } };
      case "measure-energy":
        return { ...at, asked: { ...asked, energies: asked.energies + 1 } };
      case "arm":
        return { ...at, hold: "armed" };
      case "disarm":
        return { ...at, hold: "disarmed" };
      case "disengage":
        return { ...at, clutch: "disengaged", claim: undefined };
      case "engage": {
        demand(asked.clutch === undefined, "the clutch is asked twice");
        demand(claim !== undefined, "SPEC FRM-8, OPN-13: it engages for nobody who may");
        demand(claim.at === "committed", `SPEC OPN-13, OPN-16: it engages for an open that is ${claim.at}`);
        demand(claim.contact === "held", "SPEC OPN-13: it engages although the contact has opened since");
        demand(input.kind === "energy" && input.reading === "enough", "SPEC OPN-13: it engages without energy");
        demand(at.tickMs - claim.challengedAtMs <= ENGAGE_MS, "SPEC OPN-5: it engages after timer B");
        const { last, newest } = found(at.nvm).stores.openings;
        demand(last?.record.kind === "intent" && newest.number === effect.record, "P7: it engages without an intent");
        demand(equalBytes(last.record.cti, grant.value.cti), "P7: the intent is somebody else's");
        const { first, second } = effect;
        demand(first.verdict === "permit-open" && second.verdict === "permit-open", "SPEC OPN-13: not two decisions");
        return {
          ...at,
          asked: { ...asked, clutch: effect },
          claim: { ...claim, at: "engaging", record: effect.record },
        };
      }
      case "send":
        return said(at, effect.bytes, input);
    }
  }

  /** Each answer goes to whom it is for, once, and repeats bit for bit (SPEC FRM-6, FRM-7). */
  function said(at: Node, bytes: Uint8Array, input: CylinderInput): Node {
    const [event] = new FrameDecoder().push(bytes).filter(({ kind }) => kind === "frame");
    if (event?.kind !== "frame") return at;
    const { frame } = event;
    const { talk } = at;
    demand(talk !== undefined && frame.session === talk.session, "SPEC FRM-8: an answer in a session that is over");
    const heardNow = input.kind === "frame" ? input.frame : undefined;
    const code = frame.message === MESSAGE_ERROR ? decodeError(frame.body).code : undefined;
    if (code?.startsWith("framing/") || frame.message === MESSAGE_BUSY) {
      const isOfThis = heardNow?.session === frame.session && heardNow.sequence === frame.sequence;
      demand(isOfThis, "SPEC FRM-7: an answer to a frame that did not come just now");
      const isLeft = frame.message === MESSAGE_BUSY && isReady(at.state);
      return isLeft ? { ...at, talk: { ...talk, inWork: undefined } } : at;
    }
    if (talk.answered?.request.sequence === frame.sequence) {
      demand(equalBytes(talk.answered.reply, bytes), "SPEC FRM-7: a second answer differs from the first");
      const { message, body } = talk.answered.request;
      const isSame = heardNow !== undefined && heardNow.message === message && equalBytes(heardNow.body, body);
      demand(isSame, "SPEC FRM-7: a kept answer goes out for other bytes");
      return at;
    }
    demand(talk.inWork?.sequence === frame.sequence, "an answer to nothing that was asked");
    const answered: Talk = { ...talk, inWork: undefined, answered: { request: talk.inWork, reply: bytes } };
    if (code !== undefined) return { ...at, talk: answered };
    return answeredWell({ ...at, talk: answered }, answered, talk.inWork, frame.body);
  }

  function isReady(state: CylinderState): boolean {
    return state.power === "on" && state.responder.at.phase !== "handling";
  }

  function answeredWell(at: Node, talk: Talk, { message, body: asked }: Frame, body: Uint8Array): Node {
    const { claim } = at;
    if (message === 0) {
      demand(talk.exchange !== "nonsense", "nonsense is answered well");
      const { nonce } = decodeReply(talk.exchange, "hello", body);
      const counter = found(at.nvm).stores.nonces.value;
      demand(counter > at.toldNonce, "SPEC OPN-3: a nonce comes twice");
      demand(equalBytes(nonce, challengeNonce(provider, make.deviceSecret, counter)), "SPEC OPN-3: not committed yet");
      return { ...at, toldNonce: counter, talk: { ...talk, challenge: body, answeredAtMs: at.tickMs } };
    }
    if (talk.exchange === "service") return at;
    const by = (name: MessageName<"open">) => messageNamed("open", name).number;
    if (message === by("update")) return { ...at, talk: { ...talk, updates: [...talk.updates, asked] } };
    if (message === by("open") || message === by("supply")) {
      const reply = decodeReply("open", message === by("open") ? "open" : "supply", body);
      if (reply.kind === "needs") return { ...at, talk: { ...talk, hasAsked: true, needs: reply.needs } };
      const result: Node = { ...at, talk: { ...talk, hasAsked: true, needs: [] } };
      if (reply.result !== "opened") {
        demand(at.clutch === "disengaged", "SPEC OPN-14: it says no, and is engaged");
        return claim?.session === talk.session ? { ...result, claim: undefined } : result;
      }
      const isIt = claim?.at === "engaged" && claim.session === talk.session && claim.record === reply.record;
      demand(isIt, "P7, SPEC OPN-14: it says opened, and is not engaged for this open");
      return { ...result, openings: at.openings + 1 };
    }
    demand(talk.rights === "all", "SPEC OPN-14, OPN-15: it hands out what this session has not earned");
    return at;
  }

  /** What holds after every step. */
  function judge(at: Node, was: Node, input: CylinderInput): void {
    const { state, asked, talk } = at;
    const phase = phaseOf(state);
    demand((at.clutch === "engaged") === (phase === "engaged"), `SPEC OPN-14: ${at.clutch} in phase ${phase}`);
    demand((at.hold === "armed") === (phase === "engaged"), `SPEC OPN-14: hold is ${at.hold} in phase ${phase}`);
    const isEnd = input.kind === "removed" || input.kind === "timer";
    demand(!isEnd || at.clutch === "disengaged", "SPEC OPN-14: it stays engaged");
    judgeLog(at, was);
    if (state.power !== "on" || phase === "closed") return;
    const { session, work, waiting, responder } = state;
    const isWriting = asked.nvm !== undefined;
    demand((work !== "idle") === isWriting, "work that nobody does");
    const isFinishing = isWriting || phase === "committing" || phase === "engaged";
    demand(waiting === "none" || isFinishing, "a hello waits for nothing");
    if (phase === "verifying" || phase === "committing" || phase === "engaged") {
      demand(session !== "none" && session.exchange === "open", `${phase} without a session`);
    }
    const isMeasuring = asked.energies > 0;
    if (phase === "booting") demand(isWriting, "booting, and nothing is done");
    if (phase === "committing")
      demand(isWriting || isMeasuring || asked.clutch !== undefined, "an intent waits for nothing");
    if (state.phase.name === "verifying") {
      const { kind } = state.phase.asked.waitsFor;
      demand(isWriting || kind === "supply" || (kind === "energy" && isMeasuring), "an open waits for nothing");
    }
    const isOwn = session === "none" || (talk !== undefined && equalBytes(session.hello, talk.hello));
    demand(isOwn || waiting !== "none", "SPEC FRM-8: a session goes on after another hello");
    const isHandled = responder.at.phase !== "handling" || isWriting || waiting !== "none" || isMeasuring;
    demand(isHandled || asked.clutch !== undefined, "a request that is never answered");
  }

  /** SPEC LOG-2, LOG-3: one number after the other, and between two intents an outcome. */
  function judgeLog(at: Node, was: Node): void {
    if (at.nvm === was.nvm) return;
    const before = found(was.nvm).stores.openings;
    const { newest, last } = found(at.nvm).stores.openings;
    const rose = newest.number - before.newest.number;
    demand(rose === 0 || rose === 1, `SPEC LOG-2: the log rises by ${rose}`);
    if (rose === 1 && before.last?.record.kind === "intent") {
      demand(last?.record.kind === "outcome", `SPEC OPN-14: after an intent comes ${last?.record.kind}`);
    }
  }

  function fingerprint(node: Node): string {
    const { state, asked, hold, clutch, talk, before, claim, nvm } = node;
    const outside = [
      ...[asked.nvm !== undefined, asked.energies, asked.clutch !== undefined, hold, clutch, claim?.at, claim?.contact],
      ...[claim && claim.session === talk?.session, before?.exchange, before?.challenge !== undefined],
      before && (before.session === talk?.session || node.left.includes(before.session)),
      talk && [talk.exchange, talk.inWork?.message, talk.inWork?.sequence === 0, talk.answered?.request.message],
      talk && [talk.needs.length, talk.rights, talk.hasAsked, talk.updates.length, talk.challenge !== undefined],
      found(nvm).stores.openings.last?.record.kind === "intent",
      found(nvm).stores.bank.settings.grants.length,
    ];
    if (state.power !== "on") return JSON.stringify([outside, state.power]);
    const { phase, session, work, waiting, responder, owed, deferred, upkeep, refusalRecorded } = state;
    const late = talk?.challenge === undefined ? 0 : node.tickMs - talk.answeredAtMs;
    const inside = [
      ...[phase.name, phase.name === "verifying" && phase.asked.waitsFor.kind],
      phase.name === "committing" && phase.opening.second === "not-yet",
      session !== "none" && [session.exchange, session.rules, session.exchange === "open" && openPart(session)],
      work !== "idle" && [work.tasks.map(taskName), work.stages.length, Math.min(2, work.failures), work.follows.kind],
      ...[waiting !== "none" && waiting.session === talk?.session, responder.at.phase, owed.length, deferred.length],
      ...[upkeep, refusalRecorded, late > ENGAGE_MS ? 2 : late > ANSWER_MS ? 1 : 0],
    ];
    return JSON.stringify([outside, inside]);
  }

  function isUsual(node: Node, move: CylinderMove): boolean {
    if (usual(node) === move) return true;
    const { state, asked, talk } = node;
    const isQuiet = state.power === "on" && asked.nvm === undefined && asked.energies === 0;
    if (!isQuiet || !talk?.hasAsked || talk.needs.length > 0) return false;
    // After a result it collects, goes, or comes again; an engagement comes to its end.
    if (node.clutch === "engaged" && move === "hold-ends") return true;
    return move === "collect" || move === "removed" || move === "hello-open";
  }

  function usual(node: Node): CylinderMove | undefined {
    const { state, asked, talk, claim } = node;
    if (state.power !== "on") return "power-on";
    if (asked.nvm !== undefined) return "nvm-done";
    if (asked.clutch !== undefined) return "clutch-engaged";
    if (asked.energies > 0) return "energy-enough";
    if (talk === undefined) return "hello-open";
    if (talk.rights === "all" && talk.answered?.request.message !== messageNamed("open", "collect").number)
      return "collect";
    if (claim?.at === "engaged") return "removed";
    if (talk.needs.length > 0) return "supply";
    if (talk.exchange === "service") return "enrol";
    return talk.challenge !== undefined && !talk.hasAsked ? "open" : undefined;
  }

  /** From here a key that comes now gets in. */
  function opensAgain(from: Node): void {
    let at = from;
    const wanted = from.openings + 1;
    // A key that comes now says hello, once what was begun is done.
    let hasCome = false;
    for (let steps = 0; steps < 120; steps++) {
      if (phaseOf(at.state) === "closed") return;
      const isQuiet = at.asked.nvm === undefined && at.asked.energies === 0 && at.asked.clutch === undefined;
      const isIn = at.clutch === "engaged";
      let move = usual(at);
      if (at.state.power === "on" && isQuiet && !hasCome) {
        move = isIn ? "removed" : "hello-open";
        hasCome = !isIn;
      }
      demand(move !== undefined, `nobody gets in any more: ${phaseOf(at.state)}`);
      const after = next(at, move);
      demand(after !== "not-here", `${move} means nothing`);
      at = after;
      if (hasCome && at.openings >= wanted) return;
    }
    throw new Error("nobody gets in any more");
  }

  let arrivals = 0;
  function arrived(node: Node): void {
    const { state, nvm } = node;
    if (state.power === "on" && phaseOf(state) !== "closed") {
      const { newest } = found(nvm).stores.openings;
      const own = state.stores.openings.newest;
      demand(own.number === newest.number && equalBytes(own.head, newest.head), "it believes another log than stands");
      demand(found(nvm).stores.nonces.value >= state.stores.nonces.value, "it believes a counter that is not there");
    }
    arrivals += 1;
    if (arrivals % tried !== 0) return;
    opensAgain(node);
    const cut = next(node, "power-lost");
    if (cut !== "not-here") opensAgain(cut);
  }

  // A door that knows this key, and one that has to be told everything, of which the ways are longer.
  const starts = [
    { node: { ...dark, nvm: visited }, cost: 0 },
    { node: { ...dark, nvm: mounted }, cost: 1 },
  ];
  const nameOf = ({ state }: Node) => phaseOf(state);
  return { starts, moves: MOVES, isUsual, next, fingerprint, nameOf, arrived };
}

function openPart({ contact, carry, cursors, certified, fork }: Extract<CylinderOn["session"], { exchange: "open" }>) {
  return [contact, carry, Object.keys(cursors).length, Math.min(1, certified.length), fork];
}

function taskName(task: { readonly kind: string; readonly record?: { readonly kind: string } | object }): string {
  const { record } = task;
  return record !== undefined && "kind" in record ? `${task.kind} ${record.kind}` : task.kind;
}
