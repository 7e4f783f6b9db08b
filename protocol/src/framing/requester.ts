/**
 * The side that opens sessions and asks: a key at a cylinder, a host at a station (SPEC FRM-6, FRM-8). A pure step; time-outs
 * come in as inputs, bytes and timers go out as effects.
 *
 * Whoever gives up on a request cannot know whether it was done, nor what sequence the other side expects. So every failure
 * ends the session, and the next thing to do is a hello with a fresh session number.
 */
import { CallerError } from "../errors.ts";
import type { ErrorCode } from "../registry.ts";
import { counted } from "./counters.ts";
import { encodeFrame, type Frame, HELLO_VERSION, MESSAGE_BUSY, MESSAGE_ERROR, nextSequence } from "./frame.ts";
import { decodeNumberBody, encodeErrorBody } from "./reply-bodies.ts";

/** One row of the message table, as far as framing needs it. */
export type RequestTiming = Readonly<{
  /** How long to wait for a reply to each send. */
  replyMilliseconds: number;
  /** How often the bytes are sent again at most while nothing answers. */
  retries: number;
  /** How many BUSY replies are borne before the request fails. */
  busyReplies: number;
  /** Longest wait after a BUSY before the bytes are sent again; the BUSY itself may ask for less. */
  busyMilliseconds: number;
}>;

export type RequesterCounters = Readonly<{
  requestsSent: number;
  retriesSent: number;
  repliesAccepted: number;
  busyReplies: number;
  /** Replies that belong to no outstanding request: another sequence, message or version, or a copy. */
  staleReplies: number;
  otherSession: number;
  /** Requests, which the other side never makes (an echo), and notifications before the hello is answered. */
  unexpectedKind: number;
  repeatedNotifications: number;
  missedNotifications: number;
}>;

type Session = Readonly<{ session: number; version: number; sequence: number; lastNotification: number }>;

type Outstanding = Readonly<{
  message: number;
  /** The bytes of the first send; a retry is these bytes again. */
  wire: Uint8Array;
  timing: RequestTiming;
  /** Sends again since the first one, or since the last BUSY. */
  retries: number;
  busyReplies: number;
}>;

export type RequesterPhase =
  | Readonly<{ phase: "closed" }>
  | Readonly<Session & { phase: "ready" }>
  | Readonly<Session & { phase: "waiting"; outstanding: Outstanding; waitsFor: "reply" | "end-of-busy" }>;

/** `timer` is the number of the timer set last. */
export type RequesterState = Readonly<{ at: RequesterPhase; timer: number; counters: RequesterCounters }>;

export type RequesterInput =
  /** Begins a session, in any phase. `session` is 32 fresh random bits, not zero; `body` is the hello with its fresh nonce. */
  | Readonly<{ kind: "open"; session: number; message: number; body: Uint8Array; timing: RequestTiming }>
  | Readonly<{ kind: "request"; message: number; body: Uint8Array; timing: RequestTiming }>
  /** The version that the answered hello agreed on, for all that follows in this session. */
  | Readonly<{ kind: "agree"; version: number }>
  | Readonly<{ kind: "received"; frame: Frame }>
  | Readonly<{ kind: "timeout"; timer: number }>
  /** The link is gone, or the caller wants no more of this session. */
  | Readonly<{ kind: "close" }>;

/** Why a request failed; each ends the session. */
export type RequestFailure = Extract<
  ErrorCode,
  "framing/no-reply" | "framing/busy" | "framing/out-of-step" | "framing/abandoned"
>;

export type RequesterEffect =
  | Readonly<{ kind: "write"; bytes: Uint8Array }>
  /** One timer at a time: setting it replaces the one before. */
  | Readonly<{ kind: "set-timer"; timer: number; milliseconds: number }>
  | Readonly<{ kind: "clear-timer" }>
  /** `error`: the other side's `error-reply`. An error in answer to a hello leaves no session. */
  | Readonly<{ kind: "answered"; sequence: number; message: number; outcome: "reply" | "error"; body: Uint8Array }>
  | Readonly<{ kind: "failed"; sequence: number; message: number; reason: RequestFailure }>
  /** `missed` notifications were lost before this one (modulo 255). */
  | Readonly<{ kind: "notified"; message: number; body: Uint8Array; missed: number }>;

export type RequesterStep = Readonly<{ state: RequesterState; effects: readonly RequesterEffect[] }>;

const OUT_OF_STEP: readonly (number | undefined)[] = [
  decodeNumberBody(encodeErrorBody("framing/sequence-reused")),
  decodeNumberBody(encodeErrorBody("framing/sequence-gap")),
];

/** A requester that has not opened a session yet. */
export function newRequester(): RequesterState {
  return {
    at: { phase: "closed" },
    timer: 0,
    counters: {
      requestsSent: 0,
      retriesSent: 0,
      repliesAccepted: 0,
      busyReplies: 0,
      staleReplies: 0,
      otherSession: 0,
      unexpectedKind: 0,
      repeatedNotifications: 0,
      missedNotifications: 0,
    },
  };
}

/**
 * Throws `framing/request-outstanding` or `framing/no-session` for a request out of turn, and what `encodeFrame` throws for a
 * body or number that no frame holds; the state is then unchanged. Nothing that was received makes it throw.
 */
export function stepRequester(state: RequesterState, input: RequesterInput): RequesterStep {
  switch (input.kind) {
    case "open":
      return open(state, input);
    case "request":
      return request(state, input);
    case "agree": {
      if (state.at.phase !== "ready") throw outOfTurn(state);
      return { state: { ...state, at: { ...state.at, version: input.version } }, effects: [] };
    }
    case "received":
      return received(state, input.frame);
    case "timeout":
      return timeout(state, input.timer);
    case "close":
      return { state: { ...state, at: { phase: "closed" } }, effects: abandon(state) };
  }
}

function open(state: RequesterState, input: Extract<RequesterInput, { kind: "open" }>): RequesterStep {
  const { session, message, body, timing } = input;
  const hello = encodeFrame({ version: HELLO_VERSION, kind: "request", message, session, sequence: 0, body });
  // The flush (SPEC FRM-8): a zero ends whatever half frame the other side still holds, before the hello can be glued to it.
  const wire = new Uint8Array(hello.length + 1);
  wire.set(hello, 1);
  const fresh = { session, version: HELLO_VERSION, sequence: 0, lastNotification: 0 };
  const sent = send(state, "requestsSent", fresh, { message, wire, timing, retries: 0, busyReplies: 0 });
  return { state: sent.state, effects: [...abandon(state), ...sent.effects] };
}

function request(state: RequesterState, input: Extract<RequesterInput, { kind: "request" }>): RequesterStep {
  if (state.at.phase !== "ready") throw outOfTurn(state);
  const { message, body, timing } = input;
  const { session, version, lastNotification } = state.at;
  const sequence = nextSequence(state.at.sequence);
  const wire = encodeFrame({ version, kind: "request", message, session, sequence, body });
  const outstanding = { message, wire, timing, retries: 0, busyReplies: 0 };
  return send(state, "requestsSent", { session, version, sequence, lastNotification }, outstanding);
}

function send(
  state: RequesterState,
  counter: "requestsSent" | "retriesSent",
  session: Session,
  outstanding: Outstanding,
): RequesterStep {
  const at: RequesterPhase = { ...session, phase: "waiting", outstanding, waitsFor: "reply" };
  const counters = counted(state.counters, counter);
  return withTimer({ ...state, at, counters }, outstanding.timing.replyMilliseconds, [
    { kind: "write", bytes: outstanding.wire },
  ]);
}

function received(state: RequesterState, frame: Frame): RequesterStep {
  const { at } = state;
  if (at.phase === "closed" || frame.session !== at.session) return dropped(state, "otherSession");
  const isOpening = at.phase === "waiting" && at.sequence === 0;
  if (frame.kind === "request" || (frame.kind === "notification" && isOpening)) return dropped(state, "unexpectedKind");
  if (frame.version !== at.version) return dropped(state, "staleReplies");
  if (frame.kind === "notification") return notified(state, at, frame);
  if (at.phase !== "waiting" || frame.sequence !== at.sequence) return dropped(state, "staleReplies");
  if (frame.message === MESSAGE_BUSY) return busy(state, at, frame);
  if (frame.message === MESSAGE_ERROR) {
    const isOutOfStep = OUT_OF_STEP.includes(decodeNumberBody(frame.body) ?? -1);
    return isOutOfStep ? failed(state, at, "framing/out-of-step") : answered(state, at, frame, "error");
  }
  if (frame.message !== at.outstanding.message) return dropped(state, "staleReplies");
  return answered(state, at, frame, "reply");
}

type Waiting = Extract<RequesterPhase, { phase: "waiting" }>;

function answered(state: RequesterState, at: Waiting, frame: Frame, outcome: "reply" | "error"): RequesterStep {
  const { session, version, sequence, lastNotification } = at;
  const refused = sequence === 0 && outcome === "error";
  return {
    state: {
      ...state,
      at: refused ? { phase: "closed" } : { phase: "ready", session, version, sequence, lastNotification },
      counters: counted(state.counters, "repliesAccepted"),
    },
    effects: [
      { kind: "clear-timer" },
      { kind: "answered", sequence, message: at.outstanding.message, outcome, body: frame.body },
    ],
  };
}

function busy(state: RequesterState, at: Waiting, frame: Frame): RequesterStep {
  const { outstanding } = at;
  const counters = counted(state.counters, "busyReplies");
  // A second BUSY within one wait is a copy or a late one: it neither prolongs the wait nor counts against the request.
  if (at.waitsFor === "end-of-busy") return { state: { ...state, counters }, effects: [] };
  const busyReplies = outstanding.busyReplies + 1;
  if (busyReplies > outstanding.timing.busyReplies) return failed({ ...state, counters }, at, "framing/busy");
  const asked = decodeNumberBody(frame.body) ?? outstanding.timing.busyMilliseconds;
  const wait = Math.min(asked, outstanding.timing.busyMilliseconds);
  const bearing: Waiting = { ...at, waitsFor: "end-of-busy", outstanding: { ...outstanding, busyReplies } };
  return withTimer({ ...state, at: bearing, counters }, wait, []);
}

function timeout(state: RequesterState, timer: number): RequesterStep {
  const { at } = state;
  if (at.phase !== "waiting" || timer !== state.timer) return { state, effects: [] };
  const { outstanding, session, version, sequence, lastNotification } = at;
  if (at.waitsFor === "reply" && outstanding.retries >= outstanding.timing.retries) {
    return failed(state, at, "framing/no-reply");
  }
  // After a BUSY the other side is known to live, and the retries begin to count anew.
  const again = { ...outstanding, retries: at.waitsFor === "reply" ? outstanding.retries + 1 : 0 };
  return send(state, "retriesSent", { session, version, sequence, lastNotification }, again);
}

function notified(
  state: RequesterState,
  at: Exclude<RequesterPhase, { phase: "closed" }>,
  frame: Frame,
): RequesterStep {
  const { sequence } = frame;
  // Notifications are hints without effect on a device, so any new number is taken and only the copy of the last one is not.
  if (sequence === 0 || sequence === at.lastNotification) return dropped(state, "repeatedNotifications");
  const missed = (sequence - at.lastNotification + 254) % 255;
  const counters = counted(state.counters, "missedNotifications", missed);
  return {
    state: { ...state, at: { ...at, lastNotification: sequence }, counters },
    effects: [{ kind: "notified", message: frame.message, body: frame.body, missed }],
  };
}

function failed(state: RequesterState, at: Waiting, reason: RequestFailure): RequesterStep {
  return {
    state: { ...state, at: { phase: "closed" } },
    effects: [
      { kind: "clear-timer" },
      { kind: "failed", sequence: at.sequence, message: at.outstanding.message, reason },
    ],
  };
}

function abandon({ at }: RequesterState): RequesterEffect[] {
  if (at.phase !== "waiting") return [];
  const { sequence, outstanding } = at;
  return [
    { kind: "clear-timer" },
    { kind: "failed", sequence, message: outstanding.message, reason: "framing/abandoned" },
  ];
}

function dropped(state: RequesterState, name: keyof RequesterCounters): RequesterStep {
  return { state: { ...state, counters: counted(state.counters, name) }, effects: [] };
}

function withTimer(state: RequesterState, milliseconds: number, effects: readonly RequesterEffect[]): RequesterStep {
  const timer = (state.timer + 1) >>> 0;
  return { state: { ...state, timer }, effects: [...effects, { kind: "set-timer", timer, milliseconds }] };
}

function outOfTurn(state: RequesterState): CallerError {
  return new CallerError(state.at.phase === "waiting" ? "framing/request-outstanding" : "framing/no-session");
}
