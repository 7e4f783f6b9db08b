/** Steps of programs for docked keys, as a device's table names them: typed asks, and those that all devices have. */
import {
  decodeError,
  decodeReply,
  type ErrorCode,
  encodeRequest,
  type MessageName,
  type ReplyBody,
  type RequestBody,
  type Role,
  type TimeSourceClass,
  type TimeVerdict,
} from "@nyckelfri/protocol";
import { proofFor, servesTime, timeFor } from "./own-certificates.ts";
import type { Asked, DockExchange, Extension, ProgramStep, SlotAt, Taken, Target } from "./state.ts";

/** In place of a request: nothing to ask here, or not yet. */
export type Instead<X extends Extension> = Exclude<Asked<X>, { kind: "ask" }>;

export interface Ask<X extends Extension, E extends DockExchange, N extends MessageName<E>> {
  readonly body: (at: SlotAt<X>) => RequestBody<E, N> | Instead<X>;
  readonly take: (at: SlotAt<X>, reply: ReplyBody<E, N>) => Taken<X>;
  /** Without it an error is a fault of the session, and another one is tried. */
  readonly refused?: (at: SlotAt<X>, code: ErrorCode) => Taken<X>;
}

/** One message of an exchange as a step. `E` types the bodies; the step asks in whatever exchange the slot is. */
export function asks<X extends Extension, E extends DockExchange, N extends MessageName<E>>(
  exchange: E,
  name: N,
  { body, take, refused }: Ask<X, E, N>,
): ProgramStep<X> {
  return {
    ask: (at) => {
      const asked = body(at);
      if (isInstead<X>(asked)) return asked;
      return { kind: "ask", message: name as never, body: encodeRequest(exchange, name, asked as never) };
    },
    take: (at, answer) => {
      if (answer.outcome === "reply") return take(at, decodeReply(exchange, name, answer.body));
      const { code } = decodeError(answer.body);
      return refused?.(at, code) ?? { to: "fault" };
    },
  };
}

/** `asks` of one exchange, for a device's table. */
export function asker<X extends Extension, E extends DockExchange>(
  exchange: E,
): <N extends MessageName<E>>(name: N, ask: Ask<X, E, N>) => ProgramStep<X> {
  return (name, ask) => asks(exchange, name, ask);
}

function isInstead<X extends Extension>(asked: object): asked is Instead<X> {
  const { kind } = asked as { readonly kind?: unknown };
  return kind === "go" || kind === "wait";
}

/** SPEC MSG-7, DCK-2: shows who this is. Without a certificate of the role, or where the key does not believe it, `unproven`. */
export function proving<X extends Extension>(
  role: Extract<Role, "collector" | "ticket">,
  to: { readonly proven: Target<X>; readonly unproven: Target<X> },
): ProgramStep<X> {
  return asks<X, "dock", "prove">("dock", "prove", {
    body: ({ on, met, talking }) => {
      const { welcome, transcript } = met;
      const session = { nonce: welcome.nonce, exchange: talking.exchange, transcript };
      return proofFor(on.holdings, role, session) ?? { kind: "go", to: to.unproven };
    },
    take: () => ({ to: to.proven }),
    refused: () => ({ to: to.unproven }),
  });
}

/** What the two steps of the time remember of a slot. */
export interface TimeNotes {
  /** Given by the key, for one statement. */
  readonly keyNonce: Uint8Array | "none";
  /** What the key said of the last one. */
  readonly timeVerdict: TimeVerdict | "none";
}
export const NO_TIME_NOTES: TimeNotes = { keyNonce: "none", timeVerdict: "none" };

/** SPEC DCK-3: first the key's nonce. Goes past both steps while there is no time to give (SPEC TIM-8). */
export function askingTimeNonce<X extends Extension & { readonly dock: TimeNotes }>(
  _source: TimeSourceClass,
  to: { readonly given: Target<X>; readonly past: Target<X> },
): ProgramStep<X> {
  return asks<X, "dock", "time-challenge">("dock", "time-challenge", {
    body: ({ on, tickMs }) => (servesTime(on.holdings, tickMs) ? {} : { kind: "go", to: to.past }),
    take: (_at, { nonce }) => ({ to: to.given, dock: { keyNonce: nonce } as Partial<X["dock"]> }),
    refused: () => ({ to: to.past }),
  });
}

/** SPEC DCK-3: then a statement over it. `again` is where a `stale` one is tried a second time. */
export function givingTime<X extends Extension & { readonly dock: TimeNotes }>(
  source: TimeSourceClass,
  to: { readonly done: Target<X>; readonly again: Target<X> },
): ProgramStep<X> {
  return {
    ask: ({ on, dock, tickMs }) => {
      const { keyNonce } = dock;
      const given = keyNonce === "none" ? undefined : timeFor(on.holdings, tickMs, source, keyNonce, on.signedTimes);
      if (given === undefined) return { kind: "go", to: to.done };
      const others = on.signedTimes.filter((one) => one !== given.signed);
      const signedTimes = [given.signed, ...others].slice(0, REMEMBERED_TIMES);
      const body = encodeRequest("dock", "time", given.request);
      return { kind: "ask", message: "time", body, on: { ...on, signedTimes } };
    },
    take: ({ dock }, answer) => {
      if (answer.outcome === "error") return { to: to.done, dock: { keyNonce: "none" } as Partial<X["dock"]> };
      const { verdict } = decodeReply("dock", "time", answer.body);
      const isRetried = verdict === "stale" && dock.timeVerdict === "none";
      const notes: TimeNotes = { keyNonce: "none", timeVerdict: verdict };
      return { to: isRetried ? to.again : to.done, dock: notes as Partial<X["dock"]> };
    },
  };
}

/** How many of its statements a device remembers, so that it signs none of them twice. */
const REMEMBERED_TIMES = 16;
