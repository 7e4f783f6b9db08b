/** P20 (SPEC chapter 16, OPN-15, OPN-17, MSG-7): what honest devices say to whom, and when, read off the wire. */
import {
  doorPolicyObject,
  equalBytes,
  type ProveRequest,
  parseObject,
  parseSign1,
  roles,
  typOf,
  verifyChain,
} from "@nyckelfri/protocol";
import type { Checker, Truth } from "./checker.ts";
import { hear, lineOf, readable, replyIn, requestIn, type Said, type Sessions } from "./hearing.ts";
import { asCylinder, asKey, holdingOf, roleOf } from "./observed.ts";
import { checkerOf, type Scene } from "./watching.ts";

interface Line {
  readonly session: number;
  /** At a door: what was shown of it, and what it answered. */
  readonly door: Uint8Array | undefined;
  readonly result: "none" | "opened" | "collectable";
  /** In a dock: what the other side shows, and has shown. */
  readonly offered: ProveRequest | undefined;
  readonly proven: "no" | "yes";
}
interface Memory {
  readonly sessions: Sessions;
  readonly lines: Map<string, Line>;
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
const AFTER_OPENING: readonly string[] = ["collect", "receipt", "fetch"];

export function strangersLearnLittle(): Checker {
  return checkerOf<Memory>({
    property: "P20",
    says: "what a fake lock, fake station or gadget learns is the closed list of SPEC chapter 16",
    begin: () => ({ sessions: new Map(), lines: new Map() }),
    watch: {
      sent: (sent, scene) => {
        const { from, to, frame } = sent;
        const secret = secretsOf(from, scene.truth).find(({ bytes }) => contains(frame.body, bytes));
        if (secret !== undefined) scene.breach(from, `it sent its ${secret.name} to ${to}`);
        const said = hear(scene.memory.sessions, sent);
        if (said === undefined) return;
        const line = lineOf(from, to);
        const known = scene.memory.lines.get(line);
        const before: Line = known?.session === said.session ? known : { ...NEW_LINE, session: said.session };
        if (said.exchange === "open") judgeAtDoor(from, said, before, scene);
        else if (DOCKS.includes(said.exchange)) judgeInDock(from, to, said, before, scene);
        else return;
        scene.memory.lines.set(line, after(before, said));
      },
    },
  });
}

const NEW_LINE = { door: undefined, result: "none", offered: undefined, proven: "no" } as const;
const DOCKS: readonly string[] = ["dock", "activate", "store"];

function after(line: Line, said: Said): Line {
  if (said.exchange === "open") {
    const challenge = replyIn(said, "open", "hello");
    if (challenge !== undefined) return { ...NEW_LINE, session: said.session, door: challenge.cylinder };
    const result = replyIn(said, "open", "open") ?? replyIn(said, "open", "supply");
    if (result?.kind !== "result") return line;
    if (result.result === "opened") return { ...line, result: "opened" };
    return result.result === "not-permitted-now" ? { ...line, result: "collectable" } : line;
  }
  const exchange = said.exchange as "dock";
  const request = requestIn(said, exchange);
  if (request?.name === "hello") return { ...NEW_LINE, session: said.session };
  if (request?.name === "prove") return { ...line, offered: request.body };
  return replyIn(said, exchange, "prove") === undefined ? line : { ...line, proven: "yes" };
}

function judgeAtDoor(from: string, said: Said, line: Line, { truth, breach }: Scene<Memory>): void {
  const role = roleOf(from, truth);
  const { message = "nothing known" } = said;
  const isLate = AFTER_OPENING.includes(message);
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

function judgeInDock(from: string, to: string, said: Said, line: Line, { truth, breach }: Scene<Memory>): void {
  if (roleOf(from, truth) !== "key" || said.form !== "reply" || said.message === undefined) return;
  if (!CONFIDENTIAL.includes(said.message)) return;
  if (line.proven === "no" || !isEntitled(from, to, said.exchange, line.offered, truth)) {
    breach(from, `it answered ${said.message} to ${to}, which had not shown that it may know`);
  }
}

/** What was shown names the device that showed it, and is the city's word. */
function isEntitled(
  key: string,
  to: string,
  exchange: string,
  offered: ProveRequest | undefined,
  truth: Truth,
): boolean {
  const peer = truth.find(to);
  if (peer === undefined) return false;
  if (peer.role !== "rogue") return true;
  const trust = asKey(truth.state(key))?.holdings.trust;
  if (offered === undefined || trust === undefined) return false;
  const shown = readable(() => verifyChain(offered.certificates, trust, truth.provider));
  const asked = exchange === "activate" ? roles.ticket : roles.collector;
  return shown !== undefined && equalBytes(shown.kid, peer.party.kid) && (shown.certificate.value.roles & asked) !== 0;
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
