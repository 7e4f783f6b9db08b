/** What every part of the machine does: change the phase, begin to write, answer. */
import {
  type Answer,
  afterAnswer,
  type ExchangeName,
  encodeError,
  encodeReply,
  messagesOf,
  type NyckelfriError,
  type ResponderConfig,
  type ResponderInput,
  stepResponder,
} from "@nyckelfri/protocol";
import type { Stepped } from "../../world/entity.ts";
import type { CylinderEffect } from "./cylinder-io.ts";
import type { After, CylinderOn, Phase, Session, SomeAnswer, Target } from "./cylinder-state.ts";
import type { LogName } from "./settings.ts";
import type { RecordTask, Task } from "./stores.ts";
import { NEXT, ON_ENTRY, ON_EXIT, type PhaseEvent } from "./tables.ts";

export type Step = Stepped<CylinderOn, CylinderEffect>;

export function step(state: CylinderOn, ...effects: readonly CylinderEffect[]): Step {
  return { state, effects };
}

/** One step after another. */
export function andThen({ state, effects }: Step, next: (state: CylinderOn) => Step): Step {
  const following = next(state);
  return effects.length === 0 ? following : { state: following.state, effects: [...effects, ...following.effects] };
}

/** Moves to a phase, which must be the one of the table, with what is done on leaving and entering. */
export function move(state: CylinderOn, event: PhaseEvent, phase: Phase): Step {
  const { name } = state.phase;
  if (NEXT[name][event] !== phase.name) throw new TypeError(`${event} leads from ${name} not to ${phase.name}`);
  return step({ ...state, phase }, ...(ON_EXIT[name] ?? []), ...ON_ENTRY[phase.name]);
}

/** Writes these one after the other, before a record what its log still lacks; `after` says what follows. */
export function write(state: CylinderOn, tasks: readonly Task[], after: After): CylinderOn {
  // With the door before goes what its logs lack (SPEC SVC-5): the chains go on from the last record that exists.
  const isErasing = tasks.some(({ kind }) => kind === "erase-former");
  const isDue = ({ log }: RecordTask): boolean => tasks.some((task) => task.kind === "record" && task.log === log);
  const due = isErasing ? [] : state.deferred.filter(isDue);
  const deferred = isErasing ? [] : state.deferred.filter((task) => !isDue(task));
  return { ...state, deferred, work: { tasks: [...due, ...tasks], stages: [], failures: 0, follows: after } };
}

/** Of the next record that is written. */
export function nextNumber({ stores, deferred }: CylinderOn, log: LogName): number {
  return stores[log].newest.number + deferred.filter((task) => task.log === log).length + 1;
}

/** The answer to a request, and what it means for the session. */
export function answer(state: CylinderOn, target: Target, given: SomeAnswer): Step {
  const body = encodeReply(given.exchange, given.name as never, given.body as never);
  const session = noted(state.session, given.name, { outcome: "reply", body: given.body });
  return respond({ ...state, session }, { kind: "answer", ...target, outcome: "reply", body });
}

/** An `error` in place of the reply (SPEC MSG-1); it may count as an answer (SPEC OPN-16). */
export function answerError(state: CylinderOn, target: Target, error: NyckelfriError, name?: string): Step {
  const session = name === undefined ? state.session : noted(state.session, name, { outcome: "error" });
  const input = { kind: "answer", ...target, outcome: "error", body: encodeError(error) } as const;
  return respond({ ...state, session }, input);
}

/** The session after an answer; the rules were asked before the request was handled. */
function noted(session: Session, name: string, given: Answer<unknown>): Session {
  if (session === "none") return session;
  const after = afterAnswer<ExchangeName, never>(session.rules, name as never, given as never);
  return after.kind === "goes-on" ? ({ ...session, rules: after.state } as Session) : session;
}

/** Steps the responder; what it hands over is not for here. */
export function respond(state: CylinderOn, input: ResponderInput): Step {
  const { state: responder, effects } = stepResponder(RESPONDER, state.responder, input);
  const sends = effects.flatMap((effect): CylinderEffect[] =>
    effect.kind === "write" ? [{ kind: "send", bytes: effect.bytes }] : [],
  );
  return step({ ...state, responder }, ...sends);
}

const mayBeBusy = (["open", "service"] as const).flatMap((exchange) =>
  messagesOf(exchange).filter(({ busy }) => busy === "allowed"),
);
export const RESPONDER: ResponderConfig = {
  busyMessages: [...new Set(mayBeBusy.map(({ number }) => number))],
  busyMilliseconds: 20,
};
