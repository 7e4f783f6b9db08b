/**
 * The connection to one station, as a pure step over its tables: link, session and the one request that is out. Bytes, ports, timers
 * and random numbers are somebody else's: they are asked for by effects and come in as inputs.
 *
 * Every link that is asked for has a number, and inputs of an older one change nothing: bytes queued for it must not reach the new
 * one's session.
 */
import {
  type CryptoProvider,
  chooseVersion,
  decodeError,
  decodeReply,
  type ErrorCode,
  type ErrorDetails,
  encodeRequest,
  equalBytes,
  type Frame,
  type LinkClosedReason,
  messageNamed,
  newRequester,
  PeerError,
  type RequesterEffect,
  type RequesterInput,
  type RequesterState,
  type RequestTiming,
  type ServeWelcome,
  SPOKEN_VERSIONS,
  sessionTranscript,
  stepRequester,
  timingOf,
  toHex,
} from "@nyckelfri/protocol";
import {
  CONNECTION_MOVES,
  type ConnectionEvent,
  type ConnectionPhase,
  LOST_SESSIONS,
  ON_ENTRY,
  PHASE_TIMERS,
} from "./connection-tables.ts";
import { retryOf } from "./errors.ts";
import type { Patience } from "./surroundings.ts";

export interface ConnectionConfig {
  readonly provider: CryptoProvider;
  readonly patience: Patience;
  /** kid of the station that is meant; none takes the first that answers. */
  readonly device?: Uint8Array;
  readonly program?: string;
}

/** What both sides know of a session that stands. */
export interface SessionFacts {
  readonly welcome: ServeWelcome;
  /** SPEC MSG-6. */
  readonly transcript: Uint8Array;
}

export interface ConnectionState {
  readonly phase: ConnectionPhase;
  /** Number of the link that was asked for last. */
  readonly link: number;
  readonly requester: RequesterState;
  /** Body of the hello that is out, or was answered. */
  readonly hello: Uint8Array;
  readonly session: SessionFacts | "none";
  /** The station that this connection is to; the first that has answered, where none was named. */
  readonly device: Uint8Array | "any";
  /** Links that failed since a request was last answered. */
  readonly failures: number;
  /** Sessions lost on this link since a request was last answered. */
  readonly lostSessions: number;
  /** Why the connection is not ready, where that is known. */
  readonly trouble: ErrorCode | "none";
  /** What is known of the trouble besides: what `open` said of it, the versions that the station speaks, or which other one it is. */
  readonly troubleDetails: ErrorDetails;
}

export type ConnectionInput =
  | { readonly kind: "begin" }
  | { readonly kind: "opened"; readonly link: number }
  | { readonly kind: "open-failed"; readonly link: number; readonly code?: ErrorCode; readonly details?: ErrorDetails }
  | { readonly kind: "link-closed"; readonly link: number; readonly reason: LinkClosedReason }
  | { readonly kind: "frame"; readonly link: number; readonly frame: Frame }
  | { readonly kind: "phase-over" }
  | { readonly kind: "reply-overdue"; readonly timer: number }
  /** For a hello: 32 random bits that are not all zero, and 16 random bytes. */
  | { readonly kind: "drawn"; readonly session: number; readonly nonce: Uint8Array }
  /** One at a time, and only while ready. */
  | { readonly kind: "ask"; readonly message: number; readonly body: Uint8Array; readonly timing: RequestTiming }
  /** A new session on the same link, to hear what the station can do now. */
  | { readonly kind: "renew" }
  | { readonly kind: "close" };

export type ConnectionEffect =
  | { readonly kind: "open-port"; readonly link: number }
  | { readonly kind: "close-link"; readonly link: number }
  /** Wants `drawn`. */
  | { readonly kind: "draw" }
  | { readonly kind: "write"; readonly link: number; readonly bytes: Uint8Array }
  /** There are two timers, and arming one replaces it. `timer` comes back with `reply-overdue`. */
  | { readonly kind: "arm-phase"; readonly ms: number }
  | { readonly kind: "arm-reply"; readonly ms: number; readonly timer: number }
  | { readonly kind: "disarm"; readonly name: "phase" | "reply" }
  | { readonly kind: "entered"; readonly from: ConnectionPhase; readonly because: ConnectionEvent }
  | { readonly kind: "answered"; readonly outcome: "reply" | "error"; readonly body: Uint8Array }
  /** The request that was out has failed; whether it was done nobody knows. */
  | { readonly kind: "failed"; readonly code: ErrorCode }
  | { readonly kind: "notified"; readonly message: number; readonly body: Uint8Array; readonly missed: number }
  /** The line has been idle: a sign of life is due (SPEC SER-4). */
  | { readonly kind: "check-liveness" };

export interface ConnectionStep {
  readonly state: ConnectionState;
  readonly effects: readonly ConnectionEffect[];
}

const NOTHING = new Uint8Array(0);
const NO_DETAILS: ErrorDetails = {};

/** Before `begin`. */
export function newConnection({ device }: Pick<ConnectionConfig, "device">): ConnectionState {
  return {
    phase: "backing-off",
    link: 0,
    requester: newRequester(),
    hello: NOTHING,
    session: "none",
    device: device ?? "any",
    failures: 0,
    lostSessions: 0,
    trouble: "none",
    troubleDetails: NO_DETAILS,
  };
}

/** Throws `framing/no-session` and `framing/request-outstanding` for an `ask` out of turn. Nothing that was received makes it throw. */
export function stepConnection(
  config: ConnectionConfig,
  state: ConnectionState,
  input: ConnectionInput,
): ConnectionStep {
  switch (input.kind) {
    case "begin":
      return state.link === 0 && state.phase !== "closed"
        ? enter(config, state, "waiting-for-port", "begun")
        : still(state);
    case "opened":
      return input.link === state.link ? move(config, state, "opened") : still(state);
    case "open-failed":
      // What stood in the way of an earlier attempt does not explain this one.
      return input.link === state.link
        ? move(
            config,
            { ...state, trouble: "none", troubleDetails: NO_DETAILS },
            "open-failed",
            input.code,
            input.details,
          )
        : still(state);
    case "link-closed":
      return input.link === state.link ? move(config, state, "link-closed", closedCode(input.reason)) : still(state);
    case "frame":
      return input.link === state.link && isTalking(state)
        ? ask(config, state, { kind: "received", frame: input.frame })
        : still(state);
    case "phase-over":
      return phaseOver(config, state);
    case "reply-overdue":
      return isTalking(state) ? ask(config, state, { kind: "timeout", timer: input.timer }) : still(state);
    case "drawn":
      return state.phase === "resyncing" && state.requester.at.phase === "closed"
        ? greet(config, state, input)
        : still(state);
    case "ask":
      return ask(config, state, { ...input, kind: "request" });
    case "renew":
      return move(config, state, "renewed");
    case "close":
      return state.phase === "closed" ? still(state) : enter(config, state, "closed", "closed");
  }
}

/** That this side has closed it is no trouble: what led to it is. */
function closedCode(reason: LinkClosedReason): ErrorCode | undefined {
  return reason === "closed-here" ? undefined : `link/${reason}`;
}

function isTalking({ phase }: ConnectionState): boolean {
  return phase === "resyncing" || phase === "ready";
}

function still(state: ConnectionState): ConnectionStep {
  return { state, effects: [] };
}

/** Goes where the table says; what a phase has no move for changes nothing. */
function move(
  config: ConnectionConfig,
  state: ConnectionState,
  event: ConnectionEvent,
  code?: ErrorCode,
  details: ErrorDetails = NO_DETAILS,
): ConnectionStep {
  const to = CONNECTION_MOVES[state.phase][event];
  return to === undefined ? still(state) : enter(config, state, to, event, code, details);
}

function enter(
  config: ConnectionConfig,
  state: ConnectionState,
  to: ConnectionPhase,
  because: ConnectionEvent,
  code?: ErrorCode,
  details: ErrorDetails = NO_DETAILS,
): ConnectionStep {
  const from = state.phase;
  const endsSession = to !== "ready";
  const closed = endsSession ? stepRequester(state.requester, { kind: "close" }) : undefined;
  const given = closed === undefined ? [] : lost(closed.effects);
  const isOpening = to === "waiting-for-port";
  // A link that opened ends what was wrong with links; what a hello came to, stands until one is answered.
  const isOpenAgain = because === "settled" && state.trouble.startsWith("link/");
  const isWell = to === "ready" || because === "renewed" || isOpenAgain;
  const next: ConnectionState = {
    ...state,
    phase: to,
    link: isOpening ? state.link + 1 : state.link,
    requester: closed?.state ?? state.requester,
    session: endsSession ? "none" : state.session,
    failures: to === "backing-off" ? state.failures + 1 : state.failures,
    lostSessions: isOpening ? 0 : because === "session-lost" ? state.lostSessions + 1 : state.lostSessions,
    trouble: isWell ? "none" : (code ?? state.trouble),
    troubleDetails: isWell ? NO_DETAILS : code === undefined ? state.troubleDetails : details,
  };
  const timer = PHASE_TIMERS[to];
  const effects: ConnectionEffect[] = [
    ...given,
    timer === "none"
      ? { kind: "disarm", name: "phase" }
      : { kind: "arm-phase", ms: timer.lasts === "pause" ? pauseMs(config, next) : config.patience[timer.lasts] },
    { kind: "entered", from, because },
  ];
  switch (ON_ENTRY[to]) {
    case "open-port":
      effects.push({ kind: "open-port", link: next.link });
      break;
    case "close-link":
      effects.push({ kind: "close-link", link: next.link });
      break;
    case "greet":
      effects.push({ kind: "draw" });
      break;
    case "nothing":
      break;
  }
  return { state: next, effects };
}

/** What a requester does when its session is left: the caller hears of a request that was out. */
function lost(effects: readonly RequesterEffect[]): ConnectionEffect[] {
  return effects.flatMap((effect): ConnectionEffect[] => {
    if (effect.kind === "clear-timer") return [{ kind: "disarm", name: "reply" }];
    // A hello is nobody's call.
    return effect.kind === "failed" && effect.sequence !== 0 ? [{ kind: "failed", code: effect.reason }] : [];
  });
}

/** Twice as long after every failure, up to the longest; a fault that will not mend itself waits that long at once. */
function pauseMs({ patience }: ConnectionConfig, { failures, trouble }: ConnectionState): number {
  if (trouble !== "none" && retryOf(trouble) === "no") return patience.longestPauseMs;
  let ms = patience.firstPauseMs;
  for (let doubled = 1; doubled < failures && ms < patience.longestPauseMs; doubled++) ms *= 2;
  return Math.min(ms, patience.longestPauseMs);
}

function phaseOver(config: ConnectionConfig, state: ConnectionState): ConnectionStep {
  const timer = PHASE_TIMERS[state.phase];
  if (timer === "none") return still(state);
  if (timer.end !== "check-liveness") return move(config, state, timer.end);
  const isIdle = state.requester.at.phase === "ready";
  const again: ConnectionEffect = { kind: "arm-phase", ms: config.patience.idleMs };
  return { state, effects: isIdle ? [again, { kind: "check-liveness" }] : [again] };
}

/** SPEC FRM-8, MSG-3, MSG-5: the requester flushes with 00 before the hello. */
function greet(
  config: ConnectionConfig,
  state: ConnectionState,
  { session, nonce }: Extract<ConnectionInput, { kind: "drawn" }>,
): ConnectionStep {
  const entry = messageNamed("serve", "hello");
  const { program } = config;
  const hello = encodeRequest("serve", "hello", {
    versions: SPOKEN_VERSIONS,
    exchange: "serve",
    nonce,
    ...(program === undefined ? {} : { program }),
  });
  return ask(
    config,
    { ...state, hello },
    { kind: "open", session, message: entry.number, body: hello, timing: timingOf(entry) },
  );
}

function ask(config: ConnectionConfig, state: ConnectionState, input: RequesterInput): ConnectionStep {
  const stepped = stepRequester(state.requester, input);
  let at: ConnectionStep = { state: { ...state, requester: stepped.state }, effects: [] };
  for (const effect of stepped.effects) {
    const after = follow(config, at.state, effect);
    at = { state: after.state, effects: [...at.effects, ...after.effects] };
  }
  return at;
}

function follow(config: ConnectionConfig, state: ConnectionState, effect: RequesterEffect): ConnectionStep {
  switch (effect.kind) {
    case "write":
      return { state, effects: [{ kind: "write", link: state.link, bytes: effect.bytes }] };
    case "set-timer":
      return { state, effects: [{ kind: "arm-reply", ms: effect.milliseconds, timer: effect.timer }] };
    case "clear-timer":
      return { state, effects: [{ kind: "disarm", name: "reply" }] };
    case "notified":
      return { state, effects: [effect] };
    case "answered":
      return state.phase === "resyncing" ? greeted(config, state, effect) : answered(config, state, effect);
    case "failed": {
      if (state.phase === "resyncing") return move(config, state, "unanswered", effect.reason);
      const isLastTime = state.lostSessions >= LOST_SESSIONS;
      const moved = move(config, state, isLastTime ? "lost-again" : "session-lost", effect.reason);
      return { state: moved.state, effects: [{ kind: "failed", code: effect.reason }, ...moved.effects] };
    }
  }
}

type Answered = Extract<RequesterEffect, { kind: "answered" }>;

/** An answer shows that the line is well, and puts off the next sign of life. */
function answered(config: ConnectionConfig, state: ConnectionState, { outcome, body }: Answered): ConnectionStep {
  return {
    state: { ...state, failures: 0, lostSessions: 0 },
    effects: [
      { kind: "arm-phase", ms: config.patience.idleMs },
      { kind: "answered", outcome, body },
    ],
  };
}

function greeted(config: ConnectionConfig, state: ConnectionState, { outcome, body }: Answered): ConnectionStep {
  try {
    if (outcome === "error") throw decodeError(body);
    const welcome = decodeReply("serve", "hello", body);
    const version = chooseVersion(welcome.versions);
    const { device } = state;
    if (device !== "any" && !equalBytes(device, welcome.device)) {
      throw new PeerError("station/other-device", { answered: toHex(welcome.device), meant: toHex(device) });
    }
    const agreed = stepRequester(state.requester, { kind: "agree", version });
    const session = { welcome, transcript: sessionTranscript(config.provider, state.hello, body) };
    return move(config, { ...state, requester: agreed.state, device: welcome.device, session }, "greeted");
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    return move(config, state, "refused", error.code, error.details);
  }
}
