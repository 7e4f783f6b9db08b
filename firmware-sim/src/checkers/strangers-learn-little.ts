/** P20 (SPEC chapter 16, OPN-15, OPN-17, MSG-7): what honest devices say to whom, and when, read off the wire. */
import {
  deviceProofObject,
  doorPolicyObject,
  equalBytes,
  messageNamed,
  type ProveRequest,
  parseObject,
  parseSign1,
  roles,
  toHex,
  typOf,
  verifyChain,
} from "@nyckelfri/protocol";
import type { HappeningOf } from "../world/happenings.ts";
import type { Checker, Truth } from "./checker.ts";
import { hear, lineOf, readable, replyIn, requestIn, type Said, type Sessions, strangerTo } from "./hearing.ts";
import { asCylinder, asKey, holdingOf, roleOf } from "./observed.ts";
import { checkerOf, type Scene } from "./watching.ts";

interface Line {
  readonly session: number;
  /** At a door: what was shown of it, and what it answered. */
  readonly door: Uint8Array | undefined;
  readonly result: "none" | "opened" | "collectable";
  /** In a dock: what the other side has offered as its proof, and of what was offered one was taken. */
  readonly offered: readonly ProveRequest[];
  readonly shown: readonly ProveRequest[];
  /** The nonce that the key gave, which a proof has to answer. */
  readonly given: Uint8Array | undefined;
}
interface Memory {
  readonly sessions: Sessions;
  readonly lines: Map<string, Line>;
  /** By a device's proof: who let it onto a wire first. */
  readonly proofs: Map<string, string>;
}

/** SPEC PRV-1: all that a key says before the door is open. */
const BEFORE_OPENING: readonly string[] = ["hello", "update", "open", "supply"];
/** Of what an update may be, a policy only of this very door. */
const UPDATES: readonly number[] = [
  typOf("certificate"),
  typOf("root-transition"),
  typOf("revocation-list"),
  typOf("door-policy"),
];
/** SPEC PRV-2, MSG-7: what a key answers to nobody who has not proven himself. */
const CONFIDENTIAL: readonly string[] = ["journal", "carried", "pin-enrol", "grant", "pin", "activate", "time-ask"];
/** SPEC PRV-7: what a cylinder answers to nobody for whom it has not opened. */
const AFTER_OPENING = ["collect", "receipt", "fetch"] as const;

export function strangersLearnLittle(): Checker {
  return checkerOf<Memory>({
    property: "P20",
    says: "what a fake lock, fake station or gadget learns is the closed list of SPEC chapter 16",
    begin: () => ({ sessions: new Map(), lines: new Map(), proofs: new Map() }),
    watch: {
      sent: (sent, scene) => {
        const { from, to, frame } = sent;
        const secret = secretsOf(from, scene.truth).find(({ bytes }) => contains(frame.body, bytes));
        if (secret !== undefined) scene.breach(from, `it sent its ${secret.name} to ${to}`);
        const said = hear(scene.memory.sessions, sent);
        if (said === undefined) return judgeForStranger(sent, scene);
        noteProof(said, scene.memory);
        // By session: a hello that comes late, and is dropped, is not the end of the one that runs.
        const { lines } = scene.memory;
        const line = `${lineOf(from, to)} ${said.session}`;
        const before: Line = lines.get(line) ?? { ...NEW_LINE, session: said.session };
        if (said.exchange === "open") judgeAtDoor(from, said, before, scene);
        else if (DOCKS.includes(said.exchange)) judgeInDock(from, to, said, before, scene);
        else return;
        lines.set(line, after(before, said));
        const [oldest] = lines.keys();
        if (lines.size > LINES_KEPT && oldest !== undefined) lines.delete(oldest);
      },
    },
  });
}

const LINES_KEPT = 1_000;
const NEW_LINE = { door: undefined, result: "none", offered: [], shown: [], given: undefined } as const;
const DOCKS: readonly string[] = ["dock", "activate", "store"];

function after(line: Line, said: Said): Line {
  if (said.exchange === "open") {
    const challenge = replyIn(said, "open", "hello");
    // The first one is what the key goes by; it may come again.
    if (challenge !== undefined) return { ...line, door: line.door ?? challenge.cylinder };
    const result = replyIn(said, "open", "open") ?? replyIn(said, "open", "supply");
    if (result?.kind !== "result") return line;
    if (result.result === "opened") return { ...line, result: "opened" };
    return result.result === "not-permitted-now" ? { ...line, result: "collectable" } : line;
  }
  const exchange = said.exchange as "dock";
  const request = requestIn(said, exchange);
  // What was asked before is over when the hello is answered: a repeated one changes nothing (SPEC FRM-8).
  const welcome = replyIn(said, exchange, "hello");
  if (welcome !== undefined) {
    const isRepeated = line.given !== undefined && equalBytes(line.given, welcome.nonce);
    return isRepeated ? line : { ...NEW_LINE, session: said.session, given: welcome.nonce };
  }
  if (request?.name === "prove") return { ...line, offered: [...line.offered, request.body] };
  return replyIn(said, exchange, "prove") === undefined ? line : { ...line, shown: line.offered };
}

/** SPEC OPN-14: a session ends with the removal, and is nobody's who comes after. */
function judgeForStranger(sent: HappeningOf<"sent">, { memory, truth, breach }: Scene<Memory>): void {
  const { from, to, frame } = sent;
  if (frame.kind !== "reply" || roleOf(from, truth) !== "cylinder") return;
  const session = strangerTo(memory.sessions, sent);
  const late = AFTER_OPENING.find((name) => messageNamed("open", name).number === frame.message);
  if (session?.exchange === "open" && late !== undefined)
    breach(from, `it answered ${late} of ${session.asker} to ${to}`);
}

function judgeAtDoor(from: string, said: Said, line: Line, { truth, breach }: Scene<Memory>): void {
  const role = roleOf(from, truth);
  const { message = "nothing known" } = said;
  const isLate = AFTER_OPENING.some((name) => name === message);
  const isCollecting = line.result === "opened" || (line.result === "collectable" && message === "collect");
  if (role === "cylinder" && said.form === "reply" && isLate && !isCollecting) {
    breach(from, `it answered ${message} before it had opened`);
  }
  if (role !== "key" || said.form !== "request") return;
  if (line.result === "none" && !BEFORE_OPENING.includes(message)) {
    breach(from, `it sent ${message} before the door was open`);
  }
  const request = requestIn(said, "open");
  if (request?.name !== "update") return;
  const { object } = request.body;
  const typ = readable(() => parseSign1(object).typ);
  if (typ === undefined || !UPDATES.includes(typ)) breach(from, `it sent an object of typ ${typ} as an update`);
  if (typ !== typOf("door-policy")) return;
  const { cylinder } = parseObject(doorPolicyObject, object).value;
  if (line.door === undefined || !equalBytes(cylinder, line.door)) breach(from, "it sent another door's policy");
}

function noteProof(said: Said, { proofs }: Memory): void {
  const request = requestIn(said, said.exchange as "dock");
  if (request?.name !== "prove") return;
  const proof = toHex(request.body.proof);
  if (!proofs.has(proof)) proofs.set(proof, said.asker);
}

function judgeInDock(from: string, to: string, said: Said, line: Line, scene: Scene<Memory>): void {
  const { truth, breach } = scene;
  if (roleOf(from, truth) !== "key" || said.form !== "reply" || said.message === undefined) return;
  if (!CONFIDENTIAL.includes(said.message)) return;
  if (!isEntitled(from, to, said.exchange, line, scene)) {
    breach(from, `it answered ${said.message} to ${to}, which had not shown that it may know`);
  }
}

/**
 * What was shown names the device that showed it, and is the city's word; or that of an honest device, which made this proof for this
 * key's nonce: then somebody listens between the two (SPEC PRV-8).
 */
function isEntitled(
  key: string,
  to: string,
  exchange: string,
  { shown, given }: Line,
  { truth, memory }: Scene<Memory>,
): boolean {
  const peer = truth.find(to);
  if (peer === undefined || shown.length === 0) return false;
  if (peer.role !== "rogue") return true;
  const trust = asKey(truth.state(key))?.holdings.trust;
  const asked = exchange === "activate" ? roles.ticket : roles.collector;
  return shown.some(({ proof, certificates }) => {
    const chain = trust && readable(() => verifyChain(certificates, trust, truth.provider));
    if (chain === undefined || (chain.certificate.value.roles & asked) === 0) return false;
    const prover = truth.find(memory.proofs.get(toHex(proof)) ?? "");
    const isHonest = prover !== undefined && prover.role !== "rogue" && equalBytes(chain.kid, prover.party.kid);
    const answers = readable(() => parseObject(deviceProofObject, proof).value.nonce);
    const isRelayed = isHonest && given !== undefined && answers !== undefined && equalBytes(answers, given);
    return equalBytes(chain.kid, peer.party.kid) || isRelayed;
  });
}

interface Secret {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What leaves an honest device in no exchange, at no time. */
function secretsOf(device: string, truth: Truth): readonly Secret[] {
  const role = roleOf(device, truth);
  if (role === "rogue") return [];
  const state = truth.state(device);
  if (role === "cylinder") {
    const identity = asCylinder(state)?.identity;
    if (identity === undefined) return [];
    return [
      { name: "private key", bytes: identity.seed },
      { name: "device secret", bytes: identity.deviceSecret },
    ];
  }
  const holding = holdingOf(role, state);
  const own = holding === undefined ? [] : [{ name: "private key", bytes: holding.signer.seed }];
  const pepper = role === "key" ? asKey(state)?.holdings.pin?.pepper : undefined;
  return pepper === undefined ? own : [...own, { name: "PIN pepper", bytes: pepper }];
}

function contains(body: Uint8Array, secret: Uint8Array): boolean {
  const first = secret[0];
  if (first === undefined) return false;
  for (let at = body.indexOf(first); at >= 0 && at + secret.length <= body.length; at = body.indexOf(first, at + 1)) {
    if (equalBytes(body.subarray(at, at + secret.length), secret)) return true;
  }
  return false;
}
