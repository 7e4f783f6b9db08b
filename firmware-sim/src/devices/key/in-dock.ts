/** A key in a station, box or cabinet: it answers (SPEC 8.2 to 8.4). Which message may come when is protocol's session table. */
import {
  type Answer,
  afterAnswer,
  chooseVersion,
  decodeLargeRequest,
  decodeRequest,
  encodeError,
  encodeReply,
  equalBytes,
  exchangeOfHello,
  type Frame,
  type MessageName,
  mayAsk,
  messageNumbered,
  NO_TRANSFER,
  newResponder,
  newSession,
  PeerError,
  type ResponderConfig,
  type ResponderEffect,
  type ResponderInput,
  readClock,
  type SessionState,
  SPOKEN_VERSIONS,
  sessionTranscript,
  stepResponder,
} from "@nyckelfri/protocol";
import { toldClock } from "../shared/clock-item.ts";
import { draw } from "../shared/pool.ts";
import { joined } from "./asking.ts";
import { type DockMessage, type Handled, handlers, remembering } from "./dock-messages.ts";
import { logPosition } from "./journal.ts";
import type { DockAnswer, DockExchange, DockSession, InDock, KeyConfig, KeyEffect, KeyOn, Turn } from "./state.ts";

/** Nothing here takes long enough to be worth a BUSY: frames wait while the memory is written. */
const RESPONDER: ResponderConfig = { busyMessages: [], busyMilliseconds: 50 };
const EXCHANGES: readonly string[] = ["dock", "activate", "store"];
const LISTS_TOLD = 16;

/** Waits for the other side's hello (SPEC SER-6). */
export function beginDock(key: KeyOn): Turn {
  return { key: { ...key, contact: { kind: "in-dock", responder: newResponder(), session: "none" } }, effects: [] };
}

export function receiveInDock(config: KeyConfig, key: KeyOn, contact: InDock, frame: Frame, tickMs: number): Turn {
  return respond(config, key, contact, { kind: "received", frame }, tickMs);
}

/** The answer to a request, when what it changed is committed. */
export function answerInDock(config: KeyConfig, key: KeyOn, answer: DockAnswer, effects: readonly KeyEffect[]): Turn {
  const { contact } = key;
  if (contact.kind !== "in-dock") return { key, effects };
  const turn = respond(config, key, contact, { kind: "answer", outcome: "reply", ...answer }, 0);
  return { ...turn, effects: [...turn.effects, ...effects] };
}

function respond(config: KeyConfig, key: KeyOn, contact: InDock, input: ResponderInput, tickMs: number): Turn {
  const { state: responder, effects } = stepResponder(RESPONDER, contact.responder, input);
  let turn: Turn = { key: { ...key, contact: { ...contact, responder } }, effects: [] };
  for (const effect of effects) turn = joined(turn, carryOut(config, turn.key, effect, tickMs));
  return turn;
}

function carryOut(config: KeyConfig, key: KeyOn, effect: ResponderEffect, tickMs: number): Turn {
  const { contact } = key;
  if (contact.kind !== "in-dock") return { key, effects: [] };
  switch (effect.kind) {
    case "write":
      return { key, effects: [{ kind: "send", bytes: effect.bytes }] };
    case "handle-hello":
      return greet(config, { ...key, contact: { ...contact, session: "none" } }, effect, tickMs);
    case "handle":
      return handle(config, key, effect, tickMs);
  }
}

/** SPEC DCK-1. */
function greet(
  config: KeyConfig,
  key: KeyOn,
  { session, message, body }: Extract<ResponderEffect, { kind: "handle-hello" }>,
  tickMs: number,
): Turn {
  const at = { session, sequence: 0 };
  const { contact } = key;
  if (contact.kind !== "in-dock") return { key, effects: [] };
  try {
    const exchange = exchangeOfHello(body);
    if (!isDockExchange(exchange)) throw new PeerError("messages/unexpected", { exchange });
    const hello = decodeRequest(exchange, message, body);
    if (hello.name !== "hello") throw new PeerError("messages/unexpected");
    const { versions, nonce: peerNonce, device } = hello.body;
    const version = chooseVersion(versions);
    // What this key signs in a session is over the other side's nonce: the same nonce is not answered twice (SPEC OPN-16).
    if (key.answeredNonces.some((one) => equalBytes(one, peerNonce))) throw new PeerError("objects/nonce");
    const { bytes: nonce, pool } = draw(config.provider, key.pool, 16);
    const { holdings, battery } = key;
    const [grant] = holdings.grants;
    const welcome = encodeReply(exchange, "hello", {
      versions: SPOKEN_VERSIONS,
      key: holdings.signer.kid,
      nonce,
      battery,
      epoch: holdings.trust.epoch,
      clock: toldClock(readClock(holdings.clock, tickMs)),
      journal: logPosition(holdings.journal),
      segments: holdings.segments.length,
      ...(grant === undefined ? {} : { grantDigest: config.provider.sha256(grant.bytes) }),
      lists: holdings.lists.slice(0, LISTS_TOLD).map(({ value }) => [value.list, value.version] as const),
    });
    const fresh: DockSession = {
      exchange,
      marks: marksAfter(newSession(exchange), "hello", { outcome: "reply", body: {} }),
      peer: { kid: device, nonce: peerNonce },
      nonce,
      transcript: sessionTranscript(config.provider, body, welcome),
      proven: "nothing",
      timeChallenge: "none",
      transfer: NO_TRANSFER,
      transferred: "none",
      journalPage: "none",
      checkIn: "none",
      verdict: "not-due",
      refusedTime: "not-journaled",
    };
    const greeted = remembering({ ...key, pool, contact: { ...contact, session: fresh } }, peerNonce);
    return respond(
      config,
      greeted,
      { ...contact, session: fresh },
      { kind: "answer", ...at, outcome: "reply", body: welcome, version },
      tickMs,
    );
  } catch (error) {
    return refuse(config, key, contact, at, error, tickMs);
  }
}

function handle(
  config: KeyConfig,
  key: KeyOn,
  { session: number, sequence, message, body }: Extract<ResponderEffect, { kind: "handle" }>,
  tickMs: number,
): Turn {
  const at = { session: number, sequence };
  const { contact } = key;
  if (contact.kind !== "in-dock" || contact.session === "none") return { key, effects: [] };
  const { session } = contact;
  const { exchange } = session;
  try {
    const { name } = messageNumbered(exchange, message);
    const allowed = mayAsk(session.marks, name as MessageName<DockExchange>);
    if (allowed !== "allowed") throw new PeerError(allowed);
    const transferred = session.transferred === "none" ? undefined : session.transferred;
    const request = decodeLargeRequest(exchange, message, body, transferred);
    // What was transferred is for the request right after it.
    const now: DockSession = { ...session, transferred: "none" };
    const handler = handlers[request.name as DockMessage] as (call: object, body: object) => Handled<object>;
    const handled = handler({ config, key, session: now, tickMs }, request.body);
    const marks = marksAfter(session.marks, name, { outcome: "reply", body: handled.reply });
    const next: InDock = { ...contact, session: { ...now, ...handled.session, marks } };
    const reply = encodeReply(exchange, name as "deliver", handled.reply as never);
    const after: KeyOn = { ...(handled.key ?? key), contact: next };
    const { changes = new Map(), effects = [] } = handled;
    const answer: DockAnswer = { ...at, body: reply };
    if (changes.size === 0) return answerInDock(config, after, answer, effects);
    return { key: after, effects: [], commit: { changes, next: { kind: "answer", answer, effects } } };
  } catch (error) {
    const marked = errorMarks(session, message);
    const { timeChallenge } = marked.marks.marks.includes("time-challenged")
      ? session
      : { timeChallenge: "none" as const };
    return refuse(
      config,
      key,
      { ...contact, session: { ...marked, timeChallenge, transferred: "none" } },
      at,
      error,
      tickMs,
    );
  }
}

function refuse(
  config: KeyConfig,
  key: KeyOn,
  contact: InDock,
  at: { readonly session: number; readonly sequence: number },
  error: unknown,
  tickMs: number,
): Turn {
  if (!(error instanceof PeerError)) throw error;
  return respond(config, key, contact, { kind: "answer", ...at, outcome: "error", body: encodeError(error) }, tickMs);
}

/** The session after an error: a nonce that was to be answered is used up by it (SPEC TIM-3). */
function errorMarks(session: DockSession, message: number): DockSession {
  try {
    const { name } = messageNumbered(session.exchange, message);
    return { ...session, marks: marksAfter(session.marks, name, { outcome: "error" }) };
  } catch (error) {
    if (error instanceof PeerError) return session;
    throw error;
  }
}

/** The table is typed by exchange and message; here both are known only when they arrive. */
function marksAfter(
  marks: SessionState<DockExchange>,
  name: string,
  answer: Answer<object>,
): SessionState<DockExchange> {
  const step = afterAnswer(marks as SessionState<"dock">, name as "deliver", answer as never);
  return step.kind === "goes-on" ? step.state : marks;
}

function isDockExchange(exchange: string): exchange is DockExchange {
  return EXCHANGES.includes(exchange);
}
