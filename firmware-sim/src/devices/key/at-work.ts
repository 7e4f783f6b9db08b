/**
 * A technician's key in a cylinder (SPEC 8.6): it asks, as at a door. What is to be done is what the policy says that it carries
 * for this cylinder; who may do it the cylinder decides, by grant and proof. The work ends with one outcome; what became of it
 * stands in the cylinder's log, and the proof in the key's journal.
 */
import {
  type CommissionRequest,
  chooseVersion,
  type DoorPolicy,
  decodeReply,
  doorPolicyObject,
  encodeLargeRequest,
  encodeRequest,
  equalBytes,
  type Frame,
  grantObject,
  hasRole,
  type LifecycleReply,
  type LifecycleState,
  type ListVersion,
  limits,
  type MessageName,
  messageNamed,
  newRequester,
  PeerError,
  type RequestBody,
  type RequesterEffect,
  type RequesterInput,
  type RevocationList,
  type Role,
  revocationListObject,
  SPOKEN_VERSIONS,
  splitIntoChunks,
  stepRequester,
  timingOf,
} from "@nyckelfri/protocol";
import { type Held, isVoid } from "../shared/belief.ts";
import { drawHello, joined, onLine, signal } from "./asking.ts";
import { type Holdings, issuerBehind } from "./holdings.ts";
import { dueProof, signedProof } from "./proving.ts";
import type { KeySignal } from "./signals.ts";
import type { AtWork, Job, KeyConfig, KeyEffect, KeyOn, Prepared, Turn, WorkVisit } from "./state.ts";

/** In which state of the cylinder a policy of each state is work to do (SPEC SVC-1). */
const DUE: Readonly<Record<DoorPolicy["state"], readonly LifecycleState[]>> = {
  active: ["factory", "commissioned", "dismounted"],
  deactivated: [],
  dismounted: ["active", "deactivated"],
};
const OUTCOMES: Readonly<Record<LifecycleReply["outcome"], KeySignal>> = {
  done: "work-done",
  refused: "work-refused",
  "log-not-acknowledged": "log-first",
};

/** Powers the line and says hello. Only the next contact is for work. */
export function beginWork(config: KeyConfig, key: KeyOn): Turn {
  if (key.battery === "empty") return { key, effects: [signal("battery-empty")] };
  const { session, nonce, pool } = drawHello(config, key, 16);
  const body = encodeRequest("service", "hello", { versions: SPOKEN_VERSIONS, exchange: "service", nonce });
  const contact: AtWork = { kind: "at-work", requester: newRequester(), hello: body, visit: { phase: "greeting" } };
  const entry = messageNamed("service", "hello");
  const opening = { kind: "open", session, message: entry.number, body, timing: timingOf(entry) } as const;
  const asked = request(config, { ...key, pool, work: "open" }, contact, opening, 0);
  return { ...asked, effects: [{ kind: "line", power: "on" }, ...asked.effects] };
}

export function receiveAtWork(config: KeyConfig, key: KeyOn, contact: AtWork, frame: Frame, tickMs: number): Turn {
  return request(config, key, contact, { kind: "received", frame }, tickMs);
}

export function timeoutAtWork(config: KeyConfig, key: KeyOn, contact: AtWork, tickMs: number): Turn {
  return request(config, key, contact, { kind: "timeout", timer: contact.requester.timer }, tickMs);
}

function request(config: KeyConfig, key: KeyOn, contact: AtWork, input: RequesterInput, tickMs: number): Turn {
  const { state: requester, effects } = stepRequester(contact.requester, input);
  let turn: Turn = { key: { ...key, contact: { ...contact, requester } }, effects: [] };
  for (const effect of effects) turn = joined(turn, carryOut(config, turn.key, effect, tickMs));
  return turn;
}

function carryOut(config: KeyConfig, key: KeyOn, effect: RequesterEffect, tickMs: number): Turn {
  const { contact } = key;
  if (contact.kind !== "at-work") return { key, effects: [] };
  switch (effect.kind) {
    case "write":
    case "set-timer":
    case "clear-timer":
    case "notified":
      return { key, effects: onLine(effect) };
    case "failed":
      return over(key, contact, "try-again");
    case "answered":
      // An update that was answered by an error was not owed; without all else the work cannot go on.
      if (effect.outcome === "error" && !isUpdate(effect.message)) return over(key, contact, "work-refused");
      return answered(config, key, contact, effect.body, tickMs);
  }
}

function answered(config: KeyConfig, key: KeyOn, contact: AtWork, body: Uint8Array, tickMs: number): Turn {
  const { visit } = contact;
  try {
    switch (visit.phase) {
      case "greeting":
        return welcomed(config, key, contact, body, tickMs);
      case "preparing":
        return prepare(config, key, contact, visit.job, visit.queue, tickMs);
      case "moving":
        return move(config, key, contact, visit.queue, body, tickMs);
      case "proving":
      case "over":
        return { key, effects: [] };
    }
  } catch (error) {
    if (error instanceof PeerError) return over(key, contact, "try-again");
    throw error;
  }
}

/** The policy for this cylinder tells what is to be done, if anything is. */
function welcomed(config: KeyConfig, key: KeyOn, contact: AtWork, body: Uint8Array, tickMs: number): Turn {
  const welcome = decodeReply("service", "hello", body);
  const { state: requester } = stepRequester(contact.requester, {
    kind: "agree",
    version: chooseVersion(welcome.versions),
  });
  const { holdings } = key;
  const policy = holdings.policies.find(({ value }) => equalBytes(value.cylinder, welcome.device));
  if (policy === undefined || !DUE[policy.value.state].includes(welcome.state)) return over(key, contact, "update-key");
  const job = { cylinder: welcome.device, welcomeBody: body, policy: policy.bytes };
  const commission = welcome.state === "factory" ? commissionOf(holdings, policy) : [];
  if (commission === undefined) return over(key, contact, "update-key");
  const lists = policy.value.state === "dismounted" ? [] : listsFor(holdings, policy);
  const before = [
    ...commission.flatMap((one) => prepared(config, "commission", one)),
    ...newsFor(holdings, policy, lists).flatMap((object) => prepared(config, "update", { object })),
  ];
  const named = lists.map(({ value }): ListVersion => [value.list, value.version]);
  return prepare(config, key, { ...contact, requester }, { ...job, lists: named }, before, tickMs);
}

/** Those that the policy names; not one of an issuer whom the key itself knows to be void: no door would take it (SPEC TRU-16). */
function listsFor(holdings: Holdings, policy: Held<DoorPolicy>): readonly Held<RevocationList>[] {
  return holdings.lists.filter((list) => {
    const issuer = issuerBehind(holdings, revocationListObject, list);
    return policy.value.lists.includes(list.value.list) && issuer !== undefined && !isVoid(holdings, issuer);
  });
}

/** SPEC SVC-3: what the key itself believes, and the policy. Undefined where it lacks an issuer. */
function commissionOf(holdings: Holdings, policy: Held<DoorPolicy>): readonly CommissionRequest[] | undefined {
  const { trust, issuers } = holdings;
  const roles: readonly Role[] = ["grant", "policy", "list", "device"];
  const all = [issuerBehind(holdings, doorPolicyObject, policy) ?? [], ...issuers].flat();
  const chosen = roles.flatMap((role) => all.find(({ certificate }) => hasRole(certificate.value, role)) ?? []);
  if (chosen.length < roles.length) return undefined;
  const { rootPublicKey: root, successorThumbprint: successor, fleetId } = trust;
  return [
    { root, successor, fleetId, issuers: chosen.map(({ certificate }) => certificate.bytes), policy: policy.bytes },
  ];
}

/**
 * SPEC SVC-4: no need is answered here, and a cylinder does not say in which epoch it is, so all that it may lack goes before: the
 * newest transitions in their order (SPEC TRU-15), the certificates that the decision asks for, and lists with those of their issuers.
 * What it has it takes for known.
 */
function newsFor(
  holdings: Holdings,
  policy: Held<DoorPolicy>,
  lists: readonly Held<RevocationList>[],
): readonly Uint8Array[] {
  const [grant] = holdings.grants;
  const behind = [
    issuerBehind(holdings, doorPolicyObject, policy),
    grant && issuerBehind(holdings, grantObject, grant),
    ...lists.map((list) => issuerBehind(holdings, revocationListObject, list)),
  ];
  const issuers = behind.flatMap((issuer) => issuer?.certificate.bytes ?? []);
  const [box, boxIssuer] = holdings.ticket?.certificates ?? [];
  const certificates = [...new Set([...issuers, ...[boxIssuer, box].flatMap((one) => one ?? [])])];
  const behindThem = [...certificates, ...lists.map(({ bytes }) => bytes)];
  const transitions = holdings.transitions.map(({ bytes }) => bytes);
  return [...transitions.slice(behindThem.length - limits.updatesPerService), ...behindThem];
}

/** One thing after the other; then the proof is committed to the journal, as before an opening (SPEC OPN-8). */
function prepare(
  config: KeyConfig,
  key: KeyOn,
  contact: AtWork,
  job: Job,
  [next, ...queue]: readonly Prepared[],
  tickMs: number,
): Turn {
  if (next !== undefined) return send(config, key, contact, next, { phase: "preparing", job, queue }, tickMs);
  const due = dueProof(config, key, job.cylinder, "service", tickMs);
  if ("unfit" in due) return over(key, contact, due.unfit);
  const { proof, presenting, changes } = due;
  const visit: WorkVisit = { phase: "proving", job, presenting, proof };
  return { key: at(key, contact, visit), effects: [], commit: { changes, next: { kind: "send-lifecycle" } } };
}

/** SPEC SVC-4: after the commit. The proof is for this policy, and names the lists that were brought, whatever was answered. */
export function sendLifecycle(config: KeyConfig, key: KeyOn, tickMs: number): Turn {
  const { contact, holdings } = key;
  if (contact.kind !== "at-work" || contact.visit.phase !== "proving") return { key, effects: [] };
  const { hello, visit } = contact;
  const { job, presenting } = visit;
  const { policy, welcomeBody: welcome } = job;
  const said = { action: "service", carried: { epoch: holdings.trust.epoch, policy: 0, lists: job.lists } } as const;
  const proof = signedProof(config, key, visit, said, { hello, welcome, policy }, tickMs);
  if (typeof proof === "string") return over(key, contact, proof);
  const { grant, ticket } = presenting;
  const [first, ...queue] = prepared(config, "lifecycle", { policy, grant, proof, ...(ticket && { ticket }) });
  if (first === undefined) return over(key, contact, "try-again");
  return send(config, key, contact, first, { phase: "moving", queue }, tickMs);
}

function move(
  config: KeyConfig,
  key: KeyOn,
  contact: AtWork,
  [next, ...queue]: readonly Prepared[],
  body: Uint8Array,
  tickMs: number,
): Turn {
  if (next !== undefined) return send(config, key, contact, next, { phase: "moving", queue }, tickMs);
  const { outcome } = decodeReply("service", "lifecycle", body);
  return over(key, contact, OUTCOMES[outcome]);
}

/** A request, after the chunks of one that no frame holds (SPEC FRM-9). */
function prepared<N extends Exclude<MessageName<"service">, "hello">>(
  { provider }: KeyConfig,
  name: N,
  body: NoInfer<RequestBody<"service", N>>,
): readonly Prepared[] {
  const form = encodeLargeRequest("service", name, body, provider.sha256);
  const whole = ofMessage(name, form.body);
  if (form.kind === "whole") return [whole];
  const chunks = [...splitIntoChunks(form.transfer, form.digest)];
  return [...chunks.map((chunk) => ofMessage("chunk", encodeRequest("service", "chunk", chunk))), whole];
}

function ofMessage(name: MessageName<"service">, body: Uint8Array): Prepared {
  const entry = messageNamed("service", name);
  return { message: entry.number, body, timing: timingOf(entry) };
}

function isUpdate(message: number): boolean {
  return message === messageNamed("service", "update").number;
}

function send(config: KeyConfig, key: KeyOn, contact: AtWork, next: Prepared, visit: WorkVisit, tickMs: number): Turn {
  return request(config, key, { ...contact, visit }, { kind: "request", ...next }, tickMs);
}

function over(key: KeyOn, contact: AtWork, shown: KeySignal): Turn {
  if (contact.visit.phase === "over") return { key, effects: [] };
  const effects: readonly KeyEffect[] = [signal(shown)];
  return { key: at(key, contact, { phase: "over" }), effects };
}

function at(key: KeyOn, contact: AtWork, visit: WorkVisit): KeyOn {
  return { ...key, contact: { ...contact, visit } };
}
