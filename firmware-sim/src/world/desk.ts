/**
 * The city's desk: a key is laid there, and is given the time issuer's own word over its own nonce (SPEC TIM-6), whatever its
 * clock says. It reads nothing of the key and brings nothing else; the city and the luck it asks for by signals.
 */
import {
  decodeReply,
  encodeRequest,
  type MessageName,
  messageNamed,
  newRequester,
  PeerError,
  type RequestBody,
  type RequesterEffect,
  type RequesterInput,
  type RequesterState,
  SPOKEN_VERSIONS,
  stepRequester,
  timingOf,
} from "@nyckelfri/protocol";
import type { Extension, MainsEffect, MainsInput } from "../devices/mains/state.ts";
import type { Device, Stepped } from "./entity.ts";

export interface DeskX extends Extension {
  readonly input:
    | { readonly kind: "meet"; readonly session: number; readonly nonce: Uint8Array }
    /** The city's answer to `ask-city`. */
    | { readonly kind: "statement"; readonly statement: Uint8Array; readonly certificates: readonly Uint8Array[] };
  readonly signal:
    | { readonly kind: "meets" }
    | { readonly kind: "ask-city"; readonly nonce: Uint8Array }
    /** `done` when the key has taken the time. */
    | { readonly kind: "shows"; readonly shows: "done" | "fault" };
}

type Asked = Extract<MessageName<"dock">, "hello" | "time-challenge" | "time">;
export type DeskState =
  | { readonly mains: "off" }
  | { readonly mains: "on"; readonly requester: RequesterState; readonly asked: Asked | "nothing" };

type Input = MainsInput<DeskX>;
type Effect = MainsEffect<DeskX>;
type Step = Stepped<DeskState, Effect>;
type On = Extract<DeskState, { mains: "on" }>;

export const DESK_OFF: DeskState = { mains: "off" };
const FREE: On = { mains: "on", requester: newRequester(), asked: "nothing" };
const TIMER = "slot/0";

export function deskDevice(kid: Uint8Array): Device<DeskState, Input, Effect> {
  return { step: (state, input) => step(kid, state, input) };
}

function step(kid: Uint8Array, state: DeskState, input: Input): Step {
  if (input.kind === "power-on") return { state: FREE, effects: [] };
  if (input.kind === "power-lost" || state.mains === "off") return { state: DESK_OFF, effects: [] };
  switch (input.kind) {
    case "slot-contact":
      return input.contact === "broken"
        ? { state: FREE, effects: [{ kind: "disarm", name: TIMER }] }
        : { state: FREE, effects: [{ kind: "meets" }] };
    case "meet": {
      const { session, nonce } = input;
      const hello = { versions: SPOKEN_VERSIONS, exchange: "dock", nonce, device: kid } as const;
      return ask(FREE, "hello", hello, { kind: "open", session });
    }
    case "statement":
      if (state.asked !== "time-challenge") return { state, effects: [] };
      return ask(state, "time", { statement: input.statement, certificates: input.certificates }, { kind: "request" });
    case "slot-frame":
      return request(state, { kind: "received", frame: input.frame });
    case "timer":
      return request(state, { kind: "timeout", timer: state.requester.timer });
    case "host-frame":
    case "clock-stopped":
    case "nvm-done":
      return { state, effects: [] };
  }
}

function ask<N extends Asked>(
  state: On,
  name: N,
  body: RequestBody<"dock", N>,
  how: { readonly kind: "open"; readonly session: number } | { readonly kind: "request" },
): Step {
  const entry = messageNamed("dock", name);
  const said = { message: entry.number, body: encodeRequest("dock", name, body), timing: timingOf(entry) };
  return request({ ...state, asked: name }, { ...how, ...said });
}

function request(state: On, input: RequesterInput): Step {
  const { state: requester, effects } = stepRequester(state.requester, input);
  let at: Step = { state: { ...state, requester }, effects: [] };
  for (const effect of effects) {
    const after = at.state.mains === "on" ? carryOut(at.state, effect) : at;
    at = { state: after.state, effects: [...at.effects, ...after.effects] };
  }
  return at;
}

function carryOut(state: On, effect: RequesterEffect): Step {
  switch (effect.kind) {
    case "write":
      return { state, effects: [{ kind: "slot-send", slot: 0, bytes: effect.bytes }] };
    case "set-timer":
      return { state, effects: [{ kind: "arm", name: TIMER, delayMs: effect.milliseconds }] };
    case "clear-timer":
      return { state, effects: [{ kind: "disarm", name: TIMER }] };
    case "notified":
      return { state, effects: [] };
    case "failed":
      return shown("fault");
    case "answered":
      return effect.outcome === "error" ? shown("fault") : answered(state, effect.body);
  }
}

function answered(state: On, body: Uint8Array): Step {
  try {
    switch (state.asked) {
      case "hello":
        return ask(state, "time-challenge", {}, { kind: "request" });
      case "time-challenge": {
        const { nonce } = decodeReply("dock", "time-challenge", body);
        return { state, effects: [{ kind: "ask-city", nonce }] };
      }
      case "time":
        return shown(decodeReply("dock", "time", body).verdict === "accepted" ? "done" : "fault");
      case "nothing":
        return { state, effects: [] };
    }
  } catch (error) {
    if (error instanceof PeerError) return shown("fault");
    throw error;
  }
}

function shown(shows: "done" | "fault"): Step {
  return { state: FREE, effects: [{ kind: "shows", shows }] };
}
