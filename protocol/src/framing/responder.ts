/**
 * The side that is asked: a cylinder, a station, a box, a cabinet (SPEC FRM-7, FRM-8). A pure step. It hands every request to
 * its handler at most once, and answers a retry from the one reply that it keeps.
 *
 * | arrives while a session stands               | what happens                                            |
 * |----------------------------------------------|---------------------------------------------------------|
 * | hello of a session number not remembered     | the old session is forgotten, the hello is handed over  |
 * | hello of a remembered session that was left  | dropped                                                 |
 * | hello of this session, requests followed     | dropped: whoever sent them has had the reply            |
 * | last sequence (the hello's too), same bytes  | kept reply, bit for bit; BUSY or silence while handled  |
 * | last sequence (the hello's too), other bytes | error `framing/sequence-reused`, nothing else           |
 * | next sequence, last one answered             | handed over                                             |
 * | any other sequence                           | error `framing/sequence-gap`, nothing else              |
 * | any other session, version or kind           | dropped                                                 |
 *
 * So a replayed hello neither resets a session nor runs anything again while the responder remembers its number. Frames are not
 * authenticated: who can write to the link can also invent a fresh hello and end a session, which costs its owner a retry. What
 * a request may *do* rests on the nonces of the two hello bodies and on signatures, never on the session number.
 */
import { equalBytes } from "../bytes.ts";
import type { ErrorCode } from "../registry.ts";
import { counted } from "./counters.ts";
import { encodeFrame, type Frame, HELLO_VERSION, MESSAGE_BUSY, MESSAGE_ERROR, nextSequence } from "./frame.ts";
import { encodeErrorBody, encodeNumberBody } from "./reply-bodies.ts";

/** How many left sessions a responder still knows by number: four bytes each. */
export const REMEMBERED_SESSIONS = 16;

export type ResponderCounters = Readonly<{
  requestsHandled: number;
  repliesRepeated: number;
  busySent: number;
  sequenceReused: number;
  sequenceGap: number;
  /** Hellos of a session that was left, or that went on. */
  staleHello: number;
  otherSession: number;
  otherVersion: number;
  /** Replies and notifications: a responder waits for none. An echo, or two responders on one link. */
  unexpectedKind: number;
  /** Answers to requests of a session that was forgotten meanwhile. */
  staleAnswers: number;
  notificationsSent: number;
  /** Notifications without an answered session to send them in. */
  notificationsDropped: number;
}>;

type Answered = Readonly<{ request: Frame; reply: Uint8Array }>;

type Session = Readonly<{ session: number; version: number; notification: number }>;

export type ResponderPhase =
  | Readonly<{ phase: "closed" }>
  /** `last` is what was answered before; undefined while the hello itself is handled. */
  | Readonly<Session & { phase: "handling"; request: Frame; last: Answered | undefined }>
  | Readonly<Session & { phase: "ready"; last: Answered }>
  /** The hello was answered by an error: it is answered again, and nothing else is heard. */
  | Readonly<Session & { phase: "refused"; last: Answered }>;

export type ResponderState = Readonly<{
  at: ResponderPhase;
  /** Sessions that were left, newest first. */
  left: readonly number[];
  counters: ResponderCounters;
}>;

/** The message table, as far as a responder needs it. */
export type ResponderConfig = Readonly<{
  /** Messages whose retry is answered by BUSY while they are handled; the others by silence. */
  busyMessages: readonly number[];
  /** What BUSY asks the requester to wait. */
  busyMilliseconds: number;
}>;

export type ResponderInput =
  | Readonly<{ kind: "received"; frame: Frame }>
  /** The handler's answer to the request handed over as (session, sequence). */
  | Readonly<{
      kind: "answer";
      session: number;
      sequence: number;
      outcome: "reply" | "error";
      body: Uint8Array;
      /** With the answer to a hello: the version of all that follows; else as before. */
      version?: number;
    }>
  /** The handler did nothing and wants to be asked again: BUSY on the wire, and the same bytes will be handed over anew. */
  | Readonly<{ kind: "defer"; session: number; sequence: number }>
  | Readonly<{ kind: "notify"; message: number; body: Uint8Array }>;

export type ResponderEffect =
  | Readonly<{ kind: "write"; bytes: Uint8Array }>
  /** The request with sequence 0: any session before it is over, and with it all that its handler still does for it. */
  | Readonly<{ kind: "handle-hello"; session: number; message: number; body: Uint8Array }>
  | Readonly<{ kind: "handle"; session: number; sequence: number; message: number; body: Uint8Array }>;

export type ResponderStep = Readonly<{ state: ResponderState; effects: readonly ResponderEffect[] }>;

/** A responder without a session, as after power-up. */
export function newResponder(): ResponderState {
  return {
    at: { phase: "closed" },
    left: [],
    counters: {
      requestsHandled: 0,
      repliesRepeated: 0,
      busySent: 0,
      sequenceReused: 0,
      sequenceGap: 0,
      staleHello: 0,
      otherSession: 0,
      otherVersion: 0,
      unexpectedKind: 0,
      staleAnswers: 0,
      notificationsSent: 0,
      notificationsDropped: 0,
    },
  };
}

/** Nothing that was received makes it throw; an answer or notification that no frame holds throws what `encodeFrame` throws. */
export function stepResponder(config: ResponderConfig, state: ResponderState, input: ResponderInput): ResponderStep {
  switch (input.kind) {
    case "received":
      return received(config, state, input.frame);
    case "answer":
      return answer(state, input);
    case "defer":
      return defer(config, state, input);
    case "notify":
      return notify(state, input);
  }
}

function received(config: ResponderConfig, state: ResponderState, frame: Frame): ResponderStep {
  const { at } = state;
  if (frame.kind !== "request") return only(state, "unexpectedKind");
  if (frame.sequence === 0 && frame.version !== HELLO_VERSION) return only(state, "otherVersion");
  if (at.phase === "closed" || frame.session !== at.session) {
    if (frame.sequence !== 0) return only(state, "otherSession");
    return state.left.includes(frame.session) ? only(state, "staleHello") : begin(state, frame);
  }
  return receivedInSession(config, state, at, frame);
}

function begin(state: ResponderState, hello: Frame): ResponderStep {
  const { at } = state;
  const left = at.phase === "closed" ? state.left : [at.session, ...state.left].slice(0, REMEMBERED_SESSIONS);
  const { session, message, body } = hello;
  return {
    state: {
      at: { phase: "handling", session, version: HELLO_VERSION, notification: 0, request: hello, last: undefined },
      left,
      counters: counted(state.counters, "requestsHandled"),
    },
    effects: [{ kind: "handle-hello", session, message, body }],
  };
}

type Open = Exclude<ResponderPhase, { phase: "closed" }>;

function receivedInSession(config: ResponderConfig, state: ResponderState, at: Open, frame: Frame): ResponderStep {
  const current = at.phase === "handling" ? at.request : at.last.request;
  if (frame.sequence === current.sequence) {
    if (!sameRequest(frame, current)) return error(state, frame, "sequenceReused", "framing/sequence-reused");
    if (at.phase !== "handling") return write(state, "repliesRepeated", at.last.reply);
    if (!config.busyMessages.includes(frame.message)) return { state, effects: [] };
    return write(state, "busySent", busyReply(config, frame));
  }
  if (frame.sequence === 0) return only(state, "staleHello");
  if (at.phase === "refused") return only(state, "otherSession");
  if (frame.version !== at.version) return only(state, "otherVersion");
  if (at.phase === "handling" || frame.sequence !== nextSequence(current.sequence)) {
    return error(state, frame, "sequenceGap", "framing/sequence-gap");
  }
  const { session, sequence, message, body } = frame;
  return {
    state: {
      ...state,
      at: { ...at, phase: "handling", request: frame },
      counters: counted(state.counters, "requestsHandled"),
    },
    effects: [{ kind: "handle", session, sequence, message, body }],
  };
}

function answer(state: ResponderState, input: Extract<ResponderInput, { kind: "answer" }>): ResponderStep {
  const { at } = state;
  if (!isHandling(at, input)) return only(state, "staleAnswers");
  const { request } = at;
  const reply = replyFrame(request, input.outcome === "error" ? MESSAGE_ERROR : request.message, input.body);
  const isHello = request.sequence === 0;
  const next: ResponderPhase = {
    phase: isHello && input.outcome === "error" ? "refused" : "ready",
    session: at.session,
    version: isHello ? (input.version ?? at.version) : at.version,
    notification: at.notification,
    last: { request, reply },
  };
  return { state: { ...state, at: next }, effects: [{ kind: "write", bytes: reply }] };
}

function defer(
  config: ResponderConfig,
  state: ResponderState,
  input: Extract<ResponderInput, { kind: "defer" }>,
): ResponderStep {
  const { at } = state;
  if (!isHandling(at, input)) return only(state, "staleAnswers");
  const { request, last, ...session } = at;
  // A deferred hello leaves no session and is not remembered, so that its retry is a hello never seen.
  const next: ResponderPhase = last === undefined ? { phase: "closed" } : { ...session, phase: "ready", last };
  return write({ ...state, at: next }, "busySent", busyReply(config, request));
}

function notify(state: ResponderState, input: Extract<ResponderInput, { kind: "notify" }>): ResponderStep {
  const { at } = state;
  const isAnswered = at.phase === "ready" || (at.phase === "handling" && at.last !== undefined);
  if (!isAnswered) return only(state, "notificationsDropped");
  const sequence = nextSequence(at.notification);
  const { version, session } = at;
  const { message, body } = input;
  const bytes = encodeFrame({ version, kind: "notification", message, session, sequence, body });
  return write({ ...state, at: { ...at, notification: sequence } }, "notificationsSent", bytes);
}

function isHandling(
  at: ResponderPhase,
  { session, sequence }: Readonly<{ session: number; sequence: number }>,
): at is Extract<ResponderPhase, { phase: "handling" }> {
  return at.phase === "handling" && at.session === session && at.request.sequence === sequence;
}

/** A reply carries version, session and sequence of its request. */
function replyFrame(request: Frame, message: number, body: Uint8Array): Uint8Array {
  return encodeFrame({ ...request, kind: "reply", message, body });
}

/** BUSY is never kept as the answer: the answer is still to come. */
function busyReply(config: ResponderConfig, request: Frame): Uint8Array {
  return replyFrame(request, MESSAGE_BUSY, encodeNumberBody(config.busyMilliseconds));
}

function sameRequest(a: Frame, b: Frame): boolean {
  return a.version === b.version && a.message === b.message && equalBytes(a.body, b.body);
}

/** An error of framing itself: it is not kept either, and leaves the session as it was. */
function error(
  state: ResponderState,
  request: Frame,
  counter: "sequenceReused" | "sequenceGap",
  code: ErrorCode,
): ResponderStep {
  return write(state, counter, replyFrame(request, MESSAGE_ERROR, encodeErrorBody(code)));
}

function write(state: ResponderState, counter: keyof ResponderCounters, bytes: Uint8Array): ResponderStep {
  return { ...only(state, counter), effects: [{ kind: "write", bytes }] };
}

function only(state: ResponderState, counter: keyof ResponderCounters): ResponderStep {
  return { state: { ...state, counters: counted(state.counters, counter) }, effects: [] };
}
