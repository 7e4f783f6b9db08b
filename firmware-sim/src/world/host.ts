/**
 * The host at a station, box or cabinet: the city's own program, which gives it the time, hands over bundles, and reads its log. It
 * knows nothing that a host on a real cable would not know; for what only the city can do it asks the city by effects.
 */
import {
  type Command,
  type CryptoProvider,
  decodeReply,
  encodeRequest,
  type Frame,
  hostCommandObject,
  issueObject,
  type MessageName,
  messageNamed,
  newRequester,
  PeerError,
  type ReplyBody,
  type RequestBody,
  type RequesterEffect,
  type RequesterInput,
  type RequesterState,
  type ServeWelcome,
  SPOKEN_VERSIONS,
  sessionTranscript,
  stepRequester,
  timingOf,
  type UpdateOutcome,
} from "@nyckelfri/protocol";
import type { Device, Stepped } from "./entity.ts";

export interface HostConfig {
  readonly provider: CryptoProvider;
  /** Of the host's own key, for HostCommands. */
  readonly seed: Uint8Array;
  readonly kid: Uint8Array;
}

/** One thing to do at the device. */
export type HostTask =
  | { readonly kind: "time" }
  | { readonly kind: "deliver"; readonly object: Uint8Array }
  | { readonly kind: "bundle"; readonly key: Uint8Array; readonly object: Uint8Array }
  /** From the cursor where the host stands, to the end. */
  | { readonly kind: "read-log" }
  | { readonly kind: "command"; readonly command: Command };

export type HostInput =
  /** Also when a session has been lost; with what the city has given the host for its HostCommands. */
  | ({ readonly kind: "connect"; readonly session: number; readonly nonce: Uint8Array } & Credentials)
  | { readonly kind: "tasks"; readonly tasks: readonly HostTask[] }
  | { readonly kind: "frame"; readonly frame: Frame }
  | { readonly kind: "timer"; readonly timer: number }
  /** The city's answer to `state-time`. */
  | { readonly kind: "statement"; readonly statement: Uint8Array; readonly certificates: readonly Uint8Array[] };

export interface Credentials {
  readonly fleetId: Uint8Array;
  /** With role host, and of its issuer. */
  readonly certificates: readonly Uint8Array[];
}

export type HostEffect =
  | { readonly kind: "send"; readonly bytes: Uint8Array }
  | { readonly kind: "arm"; readonly timer: number; readonly delayMs: number }
  | { readonly kind: "disarm" }
  | { readonly kind: "state-time"; readonly nonce: Uint8Array }
  /** An object of the device's log, for the city. */
  | { readonly kind: "uploaded"; readonly object: Uint8Array }
  | { readonly kind: "task-done"; readonly task: HostTask; readonly outcome: UpdateOutcome | "done" | "refused" }
  | { readonly kind: "notified"; readonly message: number; readonly body: Uint8Array }
  /** The session is over: a new one is to be opened. */
  | { readonly kind: "lost" }
  | { readonly kind: "idle" };

export interface HostState {
  readonly requester: RequesterState;
  readonly hello: Uint8Array;
  readonly credentials: Credentials;
  readonly met: { readonly welcome: ServeWelcome; readonly transcript: Uint8Array } | "nobody";
  readonly queue: readonly HostTask[];
  /** What was asked last. */
  readonly asked: MessageName<"serve"> | "nothing";
  /** Of the last command in this session. */
  readonly sequence: number;
  readonly cursor: number;
}

const NOTHING = new Uint8Array(0);
export const HOST_AWAY: HostState = {
  ...{ requester: newRequester(), hello: NOTHING, met: "nobody", queue: [] },
  credentials: { fleetId: NOTHING, certificates: [] },
  ...{ asked: "nothing", sequence: 0, cursor: 0 },
};

type Step = Stepped<HostState, HostEffect>;

export function hostDevice(config: HostConfig): Device<HostState, HostInput, HostEffect> {
  return { step: (state, input) => step(config, state, input) };
}

function step(config: HostConfig, state: HostState, input: HostInput): Step {
  switch (input.kind) {
    case "connect": {
      const body = encodeRequest("serve", "hello", {
        versions: SPOKEN_VERSIONS,
        exchange: "serve",
        nonce: input.nonce,
      });
      const fresh: HostState = {
        ...state,
        hello: body,
        credentials: { fleetId: input.fleetId, certificates: input.certificates },
        met: "nobody",
        asked: "hello",
      };
      const entry = messageNamed("serve", "hello");
      const open = {
        kind: "open",
        session: input.session,
        message: entry.number,
        body,
        timing: timingOf(entry),
      } as const;
      return requester(config, { ...fresh, sequence: 0 }, open);
    }
    case "tasks": {
      const queue = [...state.queue, ...input.tasks];
      const isBusy = state.met === "nobody" || state.asked !== "nothing";
      return isBusy ? { state: { ...state, queue }, effects: [] } : next(config, { ...state, queue });
    }
    case "frame":
      return requester(config, state, { kind: "received", frame: input.frame });
    case "timer":
      return requester(config, state, { kind: "timeout", timer: input.timer });
    case "statement":
      // The session in which it was asked for may be over.
      if (state.asked !== "time-challenge" || state.met === "nobody") return { state, effects: [] };
      return ask(config, state, "time", { statement: input.statement, certificates: input.certificates });
  }
}

function requester(config: HostConfig, state: HostState, input: RequesterInput): Step {
  const stepped = stepRequester(state.requester, input);
  let at: Step = { state: { ...state, requester: stepped.state }, effects: [] };
  for (const effect of stepped.effects) {
    const after = carryOut(config, at.state, effect);
    at = { state: after.state, effects: [...at.effects, ...after.effects] };
  }
  return at;
}

function carryOut(config: HostConfig, state: HostState, effect: RequesterEffect): Step {
  switch (effect.kind) {
    case "write":
      return { state, effects: [{ kind: "send", bytes: effect.bytes }] };
    case "set-timer":
      return { state, effects: [{ kind: "arm", timer: effect.timer, delayMs: effect.milliseconds }] };
    case "clear-timer":
      return { state, effects: [{ kind: "disarm" }] };
    case "notified":
      return { state, effects: [effect] };
    case "failed":
      return { state: { ...state, met: "nobody", asked: "nothing" }, effects: [{ kind: "lost" }] };
    case "answered":
      return effect.outcome === "error" ? done(config, state, "refused") : understood(config, state, effect.body);
  }
}

/** Who answers what is none of the message's is no device of the city: a new session may find it. */
function understood(config: HostConfig, state: HostState, body: Uint8Array): Step {
  try {
    return answered(config, state, body);
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    return { state: { ...state, met: "nobody", asked: "nothing" }, effects: [{ kind: "lost" }] };
  }
}

function answered(config: HostConfig, state: HostState, body: Uint8Array): Step {
  const { asked } = state;
  switch (asked) {
    case "hello": {
      const welcome = decodeReply("serve", "hello", body);
      const transcript = sessionTranscript(config.provider, state.hello, body);
      return next(config, { ...state, met: { welcome, transcript }, asked: "nothing" });
    }
    case "time-challenge": {
      const { nonce } = decodeReply("serve", "time-challenge", body);
      return { state, effects: [{ kind: "state-time", nonce }] };
    }
    case "time":
      return done(config, state, decodeReply("serve", "time", body).verdict === "accepted" ? "done" : "refused");
    case "deliver":
      return done(config, state, decodeReply("serve", "deliver", body).outcome);
    case "bundle":
      return done(config, state, decodeReply("serve", "bundle", body).outcome);
    case "command":
      return commanded(config, state, decodeReply("serve", "command", body));
    case "acknowledge":
      return done(config, state, "done");
    default:
      return done(config, state, "refused");
  }
}

/** Reading goes on until there is nothing more; then the cursor is acknowledged (SPEC SRV-4). */
function commanded(config: HostConfig, state: HostState, reply: ReplyBody<"serve", "command">): Step {
  const [task] = state.queue;
  if (task?.kind !== "read-log") return done(config, state, reply.outcome);
  const { object, nextCursor = state.cursor } = reply;
  if (object === undefined) return ask(config, { ...state, cursor: nextCursor }, "acknowledge", { cursor: nextCursor });
  const more = command(config, { ...state, cursor: nextCursor }, { kind: "read-log", cursor: nextCursor });
  return { state: more.state, effects: [{ kind: "uploaded", object }, ...more.effects] };
}

/** The task at hand is over. */
function done(
  config: HostConfig,
  state: HostState,
  outcome: Extract<HostEffect, { kind: "task-done" }>["outcome"],
): Step {
  const [task, ...queue] = state.queue;
  if (task === undefined || state.met === "nobody") {
    // A hello that was answered by an error: somebody else may be tried later.
    return { state: { ...state, asked: "nothing" }, effects: [{ kind: "lost" }] };
  }
  const after = next(config, { ...state, queue, asked: "nothing" });
  return { state: after.state, effects: [{ kind: "task-done", task, outcome }, ...after.effects] };
}

function next(config: HostConfig, state: HostState): Step {
  const [task] = state.queue;
  switch (task?.kind) {
    case undefined:
      return { state: { ...state, asked: "nothing" }, effects: [{ kind: "idle" }] };
    case "time":
      return ask(config, state, "time-challenge", {});
    case "deliver":
      return ask(config, state, "deliver", { object: task.object });
    case "bundle":
      return ask(config, state, "bundle", { key: task.key, object: task.object });
    case "read-log":
      return command(config, state, { kind: "read-log", cursor: state.cursor });
    case "command":
      return command(config, state, task.command);
  }
}

function command(config: HostConfig, state: HostState, what: Command): Step {
  if (state.met === "nobody") return { state, effects: [{ kind: "lost" }] };
  const { welcome, transcript } = state.met;
  const { provider, seed, kid } = config;
  const { fleetId, certificates } = state.credentials;
  const sequence = state.sequence + 1;
  const value = { device: welcome.device, nonce: welcome.nonce, sequence, command: what };
  const signer = { provider, seed, kid, fleetId };
  const signed = issueObject(hostCommandObject, value, signer, [transcript]);
  const body = { command: signed.bytes, certificates };
  return ask(config, { ...state, sequence }, "command", body);
}

function ask<N extends MessageName<"serve">>(
  config: HostConfig,
  state: HostState,
  name: N,
  body: RequestBody<"serve", N>,
): Step {
  const entry = messageNamed("serve", name);
  const request = {
    kind: "request",
    message: entry.number,
    body: encodeRequest("serve", name, body),
    timing: timingOf(entry),
  } as const;
  return requester(config, { ...state, asked: name }, request);
}
