/** Small moves that everything in a station, box or cabinet is made of. */
import {
  encodeNotification,
  messagesOf,
  type NotificationBody,
  type NotificationName,
  type ResponderConfig,
  type ResponderInput,
  type ResponderStep,
  stepResponder,
} from "@nyckelfri/protocol";
import { draw } from "../shared/pool.ts";
import type { At, Extension, MainsEffect, MainsOn, Slot, Todo, Turn } from "./state.ts";

/** SPEC ERR-4: what a host is asked to wait while the memory is written. */
const BUSY_MS = 50;
export const RESPONDER: ResponderConfig = {
  busyMessages: messagesOf("serve").flatMap(({ number, busy }) => (busy === "allowed" ? [number] : [])),
  busyMilliseconds: BUSY_MS,
};

export function still<X extends Extension>(on: MainsOn<X>, effects: readonly MainsEffect<X>[] = []): Turn<X> {
  return { on, effects };
}

/** The next turn, begun with the state after the first; both may commit, and do so together. */
export function followed<X extends Extension>(first: Turn<X>, next: (on: MainsOn<X>) => Turn<X>): Turn<X> {
  const second = next(first.on);
  const changes = new Map([...(first.changes ?? []), ...(second.changes ?? [])]);
  const effects = [...first.effects, ...second.effects];
  return changes.size === 0 ? { on: second.on, effects } : { on: second.on, effects, changes };
}

export function withTodo<X extends Extension>(on: MainsOn<X>, ...todo: readonly Todo<X>[]): MainsOn<X> {
  return { ...on, todo: [...on.todo, ...todo] };
}

export function withSlot<X extends Extension>(on: MainsOn<X>, slot: number, next: Slot<X>): MainsOn<X> {
  return { ...on, slots: on.slots.map((one, index) => (index === slot ? next : one)) };
}

/** At most 32 random bytes. */
export function drawn<X extends Extension>(
  { config }: Pick<At<X>, "config">,
  on: MainsOn<X>,
  length: number,
): { readonly bytes: Uint8Array; readonly on: MainsOn<X> } {
  const { bytes, pool } = draw(config.provider, on.pool, length);
  return { bytes, on: { ...on, pool } };
}

/** Tells the host, if one listens (SPEC SRV-1: without identities). */
export function notify<X extends Extension, N extends NotificationName>(
  on: MainsOn<X>,
  name: N,
  body: NotificationBody<N>,
): Turn<X> {
  return hostStep(on, { kind: "notify", ...encodeNotification<N>(name, body as never) }).turn;
}

/** A step of the host's responder whose writes are carried out; what is to be handled is left to the caller. */
export function hostStep<X extends Extension>(
  on: MainsOn<X>,
  input: ResponderInput,
): { readonly turn: Turn<X>; readonly asked: readonly Exclude<ResponderStep["effects"][number], { kind: "write" }>[] } {
  const { state: responder, effects } = stepResponder(RESPONDER, on.host.responder, input);
  const written = effects.flatMap((effect): MainsEffect<X>[] =>
    effect.kind === "write" ? [{ kind: "host-send", bytes: effect.bytes }] : [],
  );
  const asked = effects.flatMap((effect) => (effect.kind === "write" ? [] : [effect]));
  return { turn: { on: { ...on, host: { ...on.host, responder } }, effects: written }, asked };
}
