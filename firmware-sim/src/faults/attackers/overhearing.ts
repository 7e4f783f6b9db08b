/** What a neighbour does with each frame that it hears: passes it on, or says something else in its place, or besides it. */
import {
  encodeFrame,
  equalBytes,
  exchangeOfHello,
  type Frame,
  MESSAGE_BUSY,
  nextSequence,
  PeerError,
} from "@nyckelfri/protocol";
import type { Hands } from "../../world/entity.ts";
import type { Site } from "../../world/fixtures.ts";
import { type LineKind, type OverheardEvent, sayIn, seatIn } from "../../world/wiring/interposer.ts";
import { framesOf, type Line } from "../../world/wiring/line.ts";
import { DEEDS, type Deed, forged, madeUp, NEIGHBOUR, spliced, type Talk, tampered } from "./deeds.ts";
import type { Forger } from "./forging.ts";
import { readFrame, type Utterance } from "./knowledge.ts";
import type { Neighbour, NeighbourEvent, NeighbourFixture, Say } from "./neighbour.ts";

/** Frames of a session that is played again come so far apart. */
const PACE_MS = 40;
const LONGEST_REPLAY = 12;

export function arrive(site: Site, { part }: NeighbourFixture, event: NeighbourEvent, world: Hands): void {
  const line = world.part(site.bodies).line(event.line);
  if (line === undefined || line.between === "nobody") return;
  if (event.kind === "due") {
    sayIn(site.wiring, world, line, event.to, event.bytes);
    return;
  }
  const neighbour = world.part(part);
  introduce(site, neighbour, line, world);
  const held = neighbour.held.get(line.number);
  for (const say of decide(site, neighbour, line, event, world)) utter(site, line, say, world);
  if (held === undefined) return;
  neighbour.held.delete(line.number);
  utter(site, line, held, world);
}

function utter({ wiring }: Site, line: Line, { to, bytes, delayMs }: Say, world: Hands): void {
  if (delayMs === 0) sayIn(wiring, world, line, to, bytes);
  else world.send({ id: NEIGHBOUR }, { kind: "due", line: line.number, to, bytes }, delayMs * 1_000);
}

/** At each contact it goes by another name, under which those who watch know it. */
function introduce({ cast: ref }: Site, { plan }: Neighbour, line: Line, world: Hands): void {
  const cast = world.part(ref);
  const id = line.between === "nobody" ? NEIGHBOUR : seatIn(line.between, line);
  const [own] = plan.loot;
  if (cast.member(id) !== undefined || own === undefined) return;
  cast.add({ id, role: "rogue", party: own.party, clock: "tampered" });
}

function decide(site: Site, neighbour: Neighbour, line: Line, event: OverheardEvent, world: Hands): readonly Say[] {
  const { from, bytes } = event;
  const to = from === line.a ? line.b : line.a;
  const [frame, ...more] = framesOf(bytes);
  // Flushes, noise, and what a line has hurt.
  if (frame === undefined || more.length > 0) return [{ to, bytes, delayMs: 0 }];
  const talk = talkOf(neighbour, line, from, frame);
  if (talk === undefined || talk.session !== frame.session) return [{ to, bytes, delayMs: 0 }];
  const read = readFrame(talk.exchange, frame);
  const heard: Utterance | undefined = read && {
    ...{ line: kindOf(site, line, world), from, to, exchange: talk.exchange, ...read, frame, talk: talk.number },
  };
  if (heard !== undefined) neighbour.knowledge.hear(heard);
  const answered = afterInsertion(neighbour, line, talk, frame, from);
  if (answered !== undefined) return answered;
  if (frame.kind === "reply" && frame.sequence === 0) remember(neighbour, line, { ...talk, answer: frame.body });
  const onward = renumbered(talk, frame, from);
  const passed: Say = { to, bytes: onward === frame ? bytes : encodeFrame(onward), delayMs: 0 };
  if (heard !== undefined && isRelayed(neighbour, heard))
    return relayed(neighbour, line, talk, { heard, onward, passed });
  const deed = heard === undefined || neighbour.plan.lines.length === 0 ? "pass" : drawDeed(neighbour, world);
  if (deed === "pass" || heard === undefined) return noted(neighbour, line, onward, [passed]);
  const says = carryOut(site, neighbour, line, deed, { heard, onward, passed }, world);
  if (says === "nothing to do it with") return noted(neighbour, line, onward, [passed]);
  neighbour.deeds.set(deed, (neighbour.deeds.get(deed) ?? 0) + 1);
  world.record(deed, { from, to, message: `${heard.exchange} ${heard.name} ${heard.form}` });
  return noted(neighbour, line, onward, says);
}

interface Occasion {
  readonly heard: Utterance;
  /** The frame as it would go on, and said so. */
  readonly onward: Frame;
  readonly passed: Say;
}

function carryOut(
  site: Site,
  neighbour: Neighbour,
  line: Line,
  deed: Deed,
  { heard, onward, passed }: Occasion,
  world: Hands,
): readonly Say[] | "nothing to do it with" {
  const { plan } = neighbour;
  const draws = world.stream(NEIGHBOUR);
  const talk = neighbour.talks.get(line.number);
  const forger = forgerOf(site, neighbour, world);
  const instead = (body: Uint8Array | undefined): readonly Say[] | "nothing to do it with" => {
    return body === undefined ? "nothing to do it with" : [{ ...passed, bytes: encodeFrame({ ...onward, body }) }];
  };
  switch (deed) {
    case "drop":
      return [];
    case "delay":
      return [{ ...passed, delayMs: 1 + draws.below(plan.longestDelayMs) }];
    case "reorder":
      neighbour.held.set(line.number, passed);
      return [];
    case "repeat":
      return [passed, ...Array.from({ length: 1 + draws.below(2) }, () => ({ ...passed, delayMs: draws.below(900) }))];
    case "replay":
      return replayed(neighbour, { heard, onward, passed }, world);
    case "splice":
      return instead(spliced(forger, heard));
    case "forge": {
      if (talk === undefined) return "nothing to do it with";
      const isRequest = heard.form === "request" && heard.name !== "hello";
      if (!isRequest || draws.chance(600_000)) return instead(forged(forger, heard, talk));
      return inserted(neighbour, line, talk, madeUp(forger, talk), { heard, onward, passed });
    }
    case "tamper":
      return [{ ...passed, bytes: tampered(forger, onward) }];
  }
}

function forgerOf({ provider, city }: Site, { plan, knowledge }: Neighbour, world: Hands): Forger {
  const { fleetId } = world.part(city).centre.trust;
  const now = Math.floor(world.unixMicroseconds / 1_000_000);
  return { provider, fleetId, loot: plan.loot, knowledge, now, draws: world.stream(NEIGHBOUR) };
}

/** One body of the past in this session, or a session of the past: whole, or its beginning, between what is said now. */
function replayed(
  { knowledge }: Neighbour,
  { heard, onward, passed }: Occasion,
  world: Hands,
): readonly Say[] | "nothing to do it with" {
  const draws = world.stream(NEIGHBOUR);
  const { line, form, name, talk } = heard;
  const past = knowledge.said((one) => one.line === line && one.form === form && one.talk !== talk);
  if (past.length === 0) return "nothing to do it with";
  if (form !== "request" || draws.chance(500_000)) {
    const same = past.filter((one) => one.name === name);
    if (same.length === 0) return "nothing to do it with";
    const { frame } = draws.pick(same);
    const bytes = encodeFrame(draws.chance(300_000) ? frame : { ...onward, body: frame.body });
    return draws.chance(500_000) ? [{ ...passed, bytes }] : [passed, { ...passed, bytes, delayMs: draws.below(500) }];
  }
  const { talk: old } = draws.pick(past);
  const session = past.filter((one) => one.talk === old).slice(0, 1 + draws.below(LONGEST_REPLAY));
  const again = session.map(({ frame }, index) => {
    return { ...passed, bytes: encodeFrame(frame), delayMs: index * PACE_MS };
  });
  return draws.chance(500_000) ? again : [passed, ...again];
}

/** Asks something of its own first; the request that it has heard follows when that is answered. */
function inserted(
  neighbour: Neighbour,
  line: Line,
  talk: Talk,
  made: { readonly message: number; readonly body: Uint8Array } | undefined,
  { onward, passed }: Occasion,
): readonly Say[] | "nothing to do it with" {
  if (made === undefined || talk.waiting !== "nothing") return "nothing to do it with";
  const frame = { ...onward, sequence: nextSequence(onward.sequence) };
  const waiting = { sequence: onward.sequence, frame } as const;
  remember(neighbour, line, { ...talk, inserted: talk.inserted + 1, waiting });
  return [{ ...passed, bytes: encodeFrame({ ...onward, ...made }) }];
}

/** What is said while its own request is out; undefined where none is. */
function afterInsertion(
  neighbour: Neighbour,
  line: Line,
  talk: Talk,
  frame: Frame,
  from: string,
): readonly Say[] | undefined {
  const { waiting } = talk;
  if (waiting === "nothing" || frame.sequence === 0) return undefined;
  const answerer = talk.asker === line.a ? line.b : line.a;
  // The asker becomes impatient, and says the same again.
  if (from === talk.asker) return [];
  if (frame.kind !== "reply" || frame.sequence !== waiting.sequence) return undefined;
  const { frame: next } = waiting;
  remember(neighbour, line, { ...talk, waiting: "nothing" });
  return noted(neighbour, line, next, [{ to: answerer, bytes: encodeFrame(next), delayMs: 0 }]);
}

function isRelayed({ plan }: Neighbour, { form, name }: Utterance): boolean {
  return plan.relay !== "nothing" && plan.lines.length > 0 && form === "request" && name === plan.relay.name;
}

/** Each time that it is said it is answered by BUSY, and goes on once. */
function relayed(neighbour: Neighbour, line: Line, talk: Talk, { heard, onward, passed }: Occasion): readonly Say[] {
  const { plan } = neighbour;
  if (plan.relay === "nothing") return [passed];
  const busy = encodeFrame({ ...heard.frame, kind: "reply", message: MESSAGE_BUSY, body: BUSY_BODY });
  const wait: Say = { to: heard.from, bytes: busy, delayMs: 0 };
  if (talk.relayed === onward.sequence) return [wait];
  remember(neighbour, line, { ...talk, relayed: onward.sequence });
  return [wait, { ...passed, delayMs: plan.relay.holdMs }];
}

/** SPEC ERR-4: ask again after 100 ms. */
const BUSY_BODY: Uint8Array = Uint8Array.of(0xa1, 0x01, 0x18, 100);

function drawDeed({ plan }: Neighbour, world: Hands): Deed | "pass" {
  let drawn = world.stream(NEIGHBOUR).below(1_000_000);
  for (const deed of DEEDS) {
    if (drawn < plan.rates[deed]) return deed;
    drawn -= plan.rates[deed];
  }
  return "pass";
}

/** The running session of a line; a new one with each hello. */
function talkOf(neighbour: Neighbour, line: Line, from: string, frame: Frame): Talk | undefined {
  const known = neighbour.talks.get(line.number);
  if (frame.kind !== "request" || frame.sequence !== 0 || known?.session === frame.session) return known;
  try {
    const exchange = exchangeOfHello(frame.body);
    const talk: Talk = {
      ...{ number: neighbour.knowledge.newTalk(), exchange, session: frame.session, asker: from, hello: frame.body },
      ...{ answer: undefined, updates: [], inserted: 0, waiting: "nothing", relayed: "nothing" },
    };
    remember(neighbour, line, talk);
    return talk;
  } catch (error) {
    if (error instanceof PeerError) return undefined;
    throw error;
  }
}

/** As the other end counts requests. */
function renumbered(talk: Talk, frame: Frame, from: string): Frame {
  if (talk.inserted === 0 || frame.sequence === 0 || frame.kind === "notification") return frame;
  const by = from === talk.asker ? talk.inserted : -talk.inserted;
  return { ...frame, sequence: ((frame.sequence - 1 + by + 255 * 8) % 255) + 1 };
}

/** What a proof will be over: hello, and updates with their replies, as they have gone on. */
function noted(neighbour: Neighbour, line: Line, onward: Frame, says: readonly Say[]): readonly Say[] {
  const talk = neighbour.talks.get(line.number);
  if (talk === undefined || onward.kind === "notification") return says;
  for (const { bytes } of says) {
    const [frame] = framesOf(bytes);
    if (frame === undefined || frame.session !== talk.session || frame.kind !== onward.kind) continue;
    if (frame.sequence === 0) {
      if (frame.kind === "request") remember(neighbour, line, { ...talk, hello: frame.body });
    } else if (talk.exchange === "open" && frame.message === UPDATE) {
      remember(neighbour, line, { ...talk, updates: updatesAfter(talk.updates, frame) });
    }
  }
  return says;
}

/** A request that was never answered by a reply gives its place to the next one (SPEC OBJ-12). */
function updatesAfter(updates: readonly Uint8Array[], { kind, body }: Frame): readonly Uint8Array[] {
  const isWaiting = updates.length % 2 === 1;
  if (kind === "reply") return isWaiting ? [...updates, body] : updates;
  const answered = isWaiting ? updates.slice(0, -1) : updates;
  const last = answered.at(-2);
  return last !== undefined && equalBytes(last, body) ? updates : [...answered, body];
}

/** Number of `update`. */
const UPDATE = 4;

function remember(neighbour: Neighbour, line: Line, talk: Talk): void {
  neighbour.talks.set(line.number, talk);
}

function kindOf({ bodies: ref }: Site, { a, b }: Line, world: Hands): LineKind {
  const bodies = world.part(ref);
  const kinds = [bodies.any(a)?.kind, bodies.any(b)?.kind];
  if (kinds.includes("cylinder")) return "keyway";
  return kinds.includes("key") ? "slot" : "cable";
}
