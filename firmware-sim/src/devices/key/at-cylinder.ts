/**
 * A key in a cylinder: it asks (SPEC 8.1). One visit is hello, updates, proof, perhaps what the door still needs, and what is
 * carried on; a failure of any request ends it, and the holder inserts the key once more.
 */
import {
  type CoarseResultName,
  chooseVersion,
  decodeReply,
  encodeRequest,
  type Frame,
  grantObject,
  type JournalEntry,
  type MessageName,
  messageNamed,
  newRequester,
  PeerError,
  type RequestBody,
  type RequesterEffect,
  type RequesterInput,
  SPOKEN_VERSIONS,
  stepRequester,
  supplyFor,
  timingOf,
  toHex,
} from "@nyckelfri/protocol";
import { drawHello, joined, onLine, signal } from "./asking.ts";
import { carryTasks, deliveredAt, segmentChanges } from "./carrying.ts";
import { deliver } from "./delivering.ts";
import { issuerBehind } from "./holdings.ts";
import { dueProof, signedProof } from "./proving.ts";
import type { AtDoor, CarryTask, KeyConfig, KeyEffect, KeyOn, MetDoor, Turn, Visit } from "./state.ts";
import { carriedVersions, certificateBehind, isTakenAt, UPDATES, updatesFor } from "./updates.ts";

/** Powers the line and says hello (SPEC SER-6, OPN-2). An empty battery powers nothing. */
export function beginVisit(config: KeyConfig, key: KeyOn): Turn {
  if (key.battery === "empty") return { key, effects: [signal("battery-empty")] };
  const { session, nonce, pool } = drawHello(config, key, 8);
  const { battery } = key;
  const hello = encodeRequest("open", "hello", { versions: SPOKEN_VERSIONS, exchange: "open", nonce, battery });
  const contact: AtDoor = {
    kind: "at-door",
    requester: newRequester(),
    hello,
    nonce,
    taken: 0,
    visit: { phase: "greeting" },
  };
  const entry = messageNamed("open", "hello");
  const asked = request(
    config,
    { ...key, pool },
    contact,
    {
      ...{ kind: "open", session, message: entry.number, body: hello, timing: timingOf(entry) },
    },
    0,
  );
  return { ...asked, effects: [{ kind: "line", power: "on" }, ...asked.effects] };
}

export function receiveAtDoor(config: KeyConfig, key: KeyOn, contact: AtDoor, frame: Frame, tickMs: number): Turn {
  return request(config, key, contact, { kind: "received", frame }, tickMs);
}

/** The reply to the request that is out has not come. */
export function timeoutAtDoor(config: KeyConfig, key: KeyOn, contact: AtDoor, tickMs: number): Turn {
  return request(config, key, contact, { kind: "timeout", timer: contact.requester.timer }, tickMs);
}

/** Steps the requester and does what it says; an answer leads to the next request. */
function request(config: KeyConfig, key: KeyOn, contact: AtDoor, input: RequesterInput, tickMs: number): Turn {
  const { state: requester, effects } = stepRequester(contact.requester, input);
  let turn: Turn = { key: { ...key, contact: { ...contact, requester } }, effects: [] };
  for (const effect of effects) turn = joined(turn, carryOut(config, turn.key, effect, tickMs));
  return turn;
}

function carryOut(config: KeyConfig, key: KeyOn, effect: RequesterEffect, tickMs: number): Turn {
  const { contact } = key;
  if (contact.kind !== "at-door") return { key, effects: [] };
  switch (effect.kind) {
    case "write":
    case "set-timer":
    case "clear-timer":
    case "notified":
      return { key, effects: onLine(effect) };
    case "failed":
      return giveUp(key, contact);
    case "answered":
      if (effect.outcome === "error") return refusedRequest(config, key, contact, tickMs);
      return readAnswer(config, key, contact, effect.body, tickMs);
  }
}

/** What a door says may be nonsense: then there is nothing to go on from. */
function readAnswer(config: KeyConfig, key: KeyOn, contact: AtDoor, body: Uint8Array, tickMs: number): Turn {
  try {
    return answered(config, key, contact, body, tickMs);
  } catch (error) {
    if (error instanceof PeerError) return giveUp(key, contact);
    throw error;
  }
}

function answered(config: KeyConfig, key: KeyOn, contact: AtDoor, body: Uint8Array, tickMs: number): Turn {
  const { visit } = contact;
  switch (visit.phase) {
    case "greeting":
      return challenged(config, key, contact, body, tickMs);
    case "updating": {
      const { outcome } = decodeReply("open", "update", body);
      const missing = outcome === "need-certificate" ? certificateBehind(key.holdings, visit.sent) : undefined;
      const queue = missing === undefined ? visit.queue : [missing, visit.sent, ...visit.queue];
      const refused = outcome === "refused" ? [...visit.door.refused, visit.sent] : visit.door.refused;
      const request = encodeRequest("open", "update", { object: visit.sent });
      const door = { ...visit.door, updates: [...visit.door.updates, { request, reply: body }], refused };
      const left = queue.filter((object) => isTakenAt(key.holdings, door, object));
      return update(config, key, contact, door, left, tickMs);
    }
    case "asking": {
      const reply = decodeReply("open", "open", body);
      if (reply.kind === "result") return resulted(config, key, contact, visit.door, reply.result, tickMs);
      const { presenting, door } = visit;
      const { holdings } = key;
      const [grant] = holdings.grants;
      const issuer = grant === undefined ? undefined : issuerBehind(holdings, grantObject, grant);
      const [box, boxIssuer] = holdings.ticket?.certificates ?? [];
      const held = {
        grant: presenting.grant,
        ...(presenting.ticket && { ticket: presenting.ticket }),
        ...(issuer && { "certificate-of-grant": issuer.certificate.bytes }),
        ...(presenting.ticket && box && { "certificate-of-ticket": box }),
        ...(presenting.ticket && boxIssuer && { "certificate-of-box-issuer": boxIssuer }),
      };
      if (reply.needs.some((need) => !(need in held))) return over(key, contact, [signal("update-key")]);
      return ask(
        config,
        key,
        contact,
        "supply",
        supplyFor(reply.needs, held),
        { ...visit, phase: "supplying", door },
        tickMs,
      );
    }
    case "supplying": {
      const reply = decodeReply("open", "supply", body);
      return reply.kind === "result"
        ? resulted(config, key, contact, visit.door, reply.result, tickMs)
        : giveUp(key, contact);
    }
    case "carrying":
      return carried(config, key, contact, visit, body, tickMs);
    case "proving":
    case "over":
      return { key, effects: [] };
  }
}

/** A request that was answered by `error`: an update or a thing carried was not owed, all else ends the visit. */
function refusedRequest(config: KeyConfig, key: KeyOn, contact: AtDoor, tickMs: number): Turn {
  const { visit } = contact;
  if (visit.phase === "updating") return update(config, key, contact, visit.door, visit.queue, tickMs);
  if (visit.phase === "carrying") return carryOn(config, key, contact, visit.door, visit.queue, tickMs);
  return giveUp(key, contact);
}

/** SPEC OPN-4: the challenge changes no clock and no state of the key. */
function challenged(config: KeyConfig, key: KeyOn, contact: AtDoor, body: Uint8Array, tickMs: number): Turn {
  const challenge = decodeReply("open", "hello", body);
  const version = chooseVersion(challenge.versions);
  const { state: requester } = stepRequester(contact.requester, { kind: "agree", version });
  const door: MetDoor = { challenge, challengeBody: body, updates: [], refused: [], brought: "all" };
  return update(config, key, { ...contact, requester }, door, updatesFor(key.holdings, challenge), tickMs);
}

/** SPEC OPN-7: three at most, and then the proof. */
function update(
  config: KeyConfig,
  key: KeyOn,
  contact: AtDoor,
  door: MetDoor,
  [next, ...queue]: readonly Uint8Array[],
  tickMs: number,
): Turn {
  if (next === undefined) return prove(config, key, contact, door, tickMs);
  if (door.updates.length >= UPDATES) return prove(config, key, contact, { ...door, brought: "in-part" }, tickMs);
  const visit: Visit = { phase: "updating", door, sent: next, queue };
  return ask(config, key, contact, "update", { object: next }, visit, tickMs);
}

/** SPEC OPN-6, OPN-8: looks at itself, reads its clock, and commits the proof to the journal before it makes it. */
function prove(config: KeyConfig, key: KeyOn, contact: AtDoor, door: MetDoor, tickMs: number): Turn {
  const due = dueProof(config, key, door.challenge.cylinder, "open", tickMs);
  if ("unfit" in due) return over(key, contact, [signal(due.unfit)]);
  const { proof, presenting, changes } = due;
  const visit: Visit = { phase: "proving", door, presenting, proof };
  return { key: at(key, contact, visit), effects: [], commit: { changes, next: { kind: "send-proof" } } };
}

export function sendProof(config: KeyConfig, key: KeyOn, tickMs: number): Turn {
  const { contact, holdings } = key;
  if (contact.kind !== "at-door" || contact.visit.phase !== "proving") return { key, effects: [] };
  const { visit, hello } = contact;
  const { door, presenting } = visit;
  const [grant] = holdings.grants;
  const updates = door.updates.flatMap(({ request, reply }) => [request, reply]);
  const transcript = { hello, challenge: door.challengeBody, updates };
  const said = { action: "open", carried: carriedVersions(holdings, door) } as const;
  const proof = signedProof(config, key, visit, said, transcript, tickMs);
  if (typeof proof === "string" || grant === undefined) {
    return over(key, contact, [signal(typeof proof === "string" ? proof : "update-key")]);
  }
  const isKnown = key.acquainted.includes(toHex(door.challenge.cylinder));
  const ticket = presenting.ticket && { ticket: presenting.ticket };
  const body = isKnown
    ? ({ by: "cti", cti: grant.value.cti, proof } as const)
    : ({ by: "grant", grant: presenting.grant, ...ticket, proof } as const);
  return ask(config, key, contact, "open", body, { phase: "asking", door, presenting }, tickMs);
}

/** Shows the result, keeps it for the journal, and goes on with what is carried. */
function resulted(
  config: KeyConfig,
  key: KeyOn,
  contact: AtDoor,
  door: MetDoor,
  result: CoarseResultName,
  tickMs: number,
): Turn {
  const { cylinder } = door.challenge;
  const name = toHex(cylinder);
  const others = key.acquainted.filter((one) => one !== name);
  const acquainted = result === "opened" ? [name, ...others].slice(0, ACQUAINTED) : others;
  const queue = result === "opened" || result === "not-permitted-now" ? carryTasks(key, door.challenge, result) : [];
  const unwritten: readonly JournalEntry[] = [...key.unwritten, { kind: "result", cylinder, result }];
  const carrying = carryOn(config, { ...key, acquainted, unwritten }, contact, door, queue, tickMs);
  // SPEC OPN-7: what waits may change the answer, and its holder would not come again for "out of service".
  const shown = result !== "opened" && door.brought === "in-part" ? "try-again" : result;
  return { ...carrying, effects: [signal(shown), ...carrying.effects] };
}

const ACQUAINTED = 64;

/** After the commit of something carried. */
export function goOnCarrying(config: KeyConfig, key: KeyOn, tickMs: number): Turn {
  const { contact } = key;
  if (contact.kind !== "at-door" || contact.visit.phase !== "carrying") return { key, effects: [] };
  return carryOn(config, key, contact, contact.visit.door, contact.visit.queue, tickMs);
}

function carryOn(
  config: KeyConfig,
  key: KeyOn,
  contact: AtDoor,
  door: MetDoor,
  [task, ...queue]: readonly CarryTask[],
  tickMs: number,
): Turn {
  if (task === undefined) return over(key, contact, []);
  const visit: Visit = { phase: "carrying", door, task, queue };
  switch (task.kind) {
    case "collect": {
      const delivered = deliveredAt(key.holdings, door.challenge.cylinder, task.store);
      const body = delivered === undefined ? { store: task.store } : { store: task.store, delivered };
      return ask(config, key, contact, "collect", body, visit, tickMs);
    }
    case "receipt":
      return ask(config, key, contact, "receipt", { receipt: task.receipt }, visit, tickMs);
    case "fetch":
      return ask(config, key, contact, "fetch", { wanted: "list", list: task.list }, visit, tickMs);
  }
}

function carried(
  config: KeyConfig,
  key: KeyOn,
  contact: AtDoor,
  visit: Extract<Visit, { phase: "carrying" }>,
  body: Uint8Array,
  tickMs: number,
): Turn {
  const { door, task, queue } = visit;
  if (task === "none") return { key, effects: [] };
  const { holdings } = key;
  switch (task.kind) {
    case "collect": {
      const { segment } = decodeReply("open", "collect", body);
      if (segment === undefined) return carryOn(config, key, contact, door, queue, tickMs);
      const from = { cylinder: door.challenge.cylinder, keyNonce: contact.nonce, taken: contact.taken };
      const changes = segmentChanges(holdings, config.quotas, from, segment);
      if (changes.size === 0) return carryOn(config, key, contact, door, queue, tickMs);
      const more = { ...contact, taken: contact.taken + segment.length };
      return { key: at(key, more, visit), effects: [], commit: { changes, next: { kind: "carry" } } };
    }
    case "receipt": {
      const { outcome } = decodeReply("open", "receipt", body);
      // A fork is the city's affair: its receipt is kept, and so is what it shows.
      if (outcome === "fork") return carryOn(config, key, contact, door, queue, tickMs);
      const changes = new Map([[task.name, "deleted" as const]]);
      return { key: at(key, contact, visit), effects: [], commit: { changes, next: { kind: "carry" } } };
    }
    case "fetch": {
      const { object } = decodeReply("open", "fetch", body);
      if (object === undefined) return carryOn(config, key, contact, door, queue, tickMs);
      const random = new Uint8Array(32);
      const delivery = {
        config,
        holdings,
        items: key.memory.items,
        tickMs,
        from: "elsewhere",
        makesRoom: "for-nobody",
        random,
      } as const;
      const { changes } = deliver(delivery, object);
      // Whatever else a door hands over instead of the list is not taken.
      const list = changes.get(`list/${task.list}`);
      if (list === undefined || list === "deleted") return carryOn(config, key, contact, door, queue, tickMs);
      return { key: at(key, contact, visit), effects: [], commit: { changes, next: { kind: "carry" } } };
    }
  }
}

function ask<N extends MessageName<"open">>(
  config: KeyConfig,
  key: KeyOn,
  contact: AtDoor,
  name: N,
  body: RequestBody<"open", N>,
  visit: Visit,
  tickMs: number,
): Turn {
  const entry = messageNamed("open", name);
  const encoded = encodeRequest("open", name, body);
  const input: RequesterInput = { kind: "request", message: entry.number, body: encoded, timing: timingOf(entry) };
  return request(config, key, { ...contact, visit }, input, tickMs);
}

/** Before a result the holder is told to try again; after it nothing more was owed. */
function giveUp(key: KeyOn, contact: AtDoor): Turn {
  const { visit } = contact;
  if (visit.phase === "over") return { key, effects: [] };
  if (visit.phase === "carrying") return over(key, contact, []);
  // What a door does not understand by a name alone it is shown whole the next time.
  const name = "door" in visit ? toHex(visit.door.challenge.cylinder) : "";
  const acquainted = key.acquainted.filter((one) => one !== name);
  return over({ ...key, acquainted }, contact, [signal("try-again")]);
}

function over(key: KeyOn, contact: AtDoor, effects: readonly KeyEffect[]): Turn {
  return { key: at(key, contact, { phase: "over" }), effects };
}

function at(key: KeyOn, contact: AtDoor, visit: Visit): KeyOn {
  return { ...key, contact: { ...contact, visit } };
}
