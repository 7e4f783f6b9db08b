/**
 * Docked keys: the device asks (SPEC 8.2 to 8.4), of several at once (SPEC SRV-6). Each slot has a requester of its own and goes
 * through the device's program, a table of steps; what is common to all programs is here.
 */
import {
  chooseVersion,
  decodeReply,
  encodeRequest,
  type Frame,
  type MessageName,
  messageNamed,
  newRequester,
  PeerError,
  type RequesterEffect,
  type RequesterInput,
  SPOKEN_VERSIONS,
  sessionTranscript,
  stepRequester,
  timingOf,
} from "@nyckelfri/protocol";
import { drawSession } from "../shared/pool.ts";
import type {
  At,
  DockExchange,
  Extension,
  MainsEffect,
  Slot,
  SlotAt,
  SlotPhase,
  Taken,
  Talking,
  Target,
  TimerName,
  Told,
  Turn,
} from "./state.ts";
import { FAILURES, FAULT_MS, PAUSE_MS } from "./tables.ts";
import { drawn, followed, notify, still, withSlot, withTodo } from "./turns.ts";

const EMPTY = { phase: "empty" } as const;

export function emptySlots<X extends Extension>(count: number): readonly Slot<X>[] {
  return Array.from({ length: count }, () => EMPTY);
}

/** Contact made and broken. A contact that bounces begins anew (SPEC FRM-8: the key forgets the older session). */
export function slotContact<X extends Extension>(at: At<X>, slot: number, contact: "made" | "broken"): Turn<X> {
  const before = at.on.slots[slot];
  if (before === undefined) return still(at.on);
  const left = before.phase === "empty" ? still(at.on) : leave(at, slot, before);
  return contact === "broken" ? left : followed(left, (on) => beginSlot({ ...at, on }, slot));
}

function leave<X extends Extension>(at: At<X>, slot: number, before: Slot<X>): Turn<X> {
  const wasTold = toldOf(before) !== "nothing";
  const told = wasTold ? notify(at.on, "dock-event", { slot, event: "undocked" }) : still(at.on);
  const disarm: MainsEffect<X> = { kind: "disarm", name: timerOf(slot) };
  const gone = { ...told, effects: [...told.effects, disarm] };
  return followed(gone, (on) => moved({ ...at, on }, slot, EMPTY));
}

/** A first or another session with the key in contact. */
export function beginSlot<X extends Extension>(at: At<X>, slot: number, failures = 0): Turn<X> {
  // SPEC TRU-1: what has no fleet yet has nobody to speak for.
  if (at.on.holdings.lifecycle === "factory") return faulty(at, slot);
  const begun = at.plan.begin(at, slot);
  const { bytes: nonce, on: first } = drawn(at, at.on, 16);
  const { session, pool } = drawSession(at.config.provider, first.pool);
  const on = { ...first, pool };
  const { exchange, step, dock } = begun;
  const device = on.holdings.signer.kid;
  const hello = encodeRequest(exchange as "dock", "hello", {
    ...{ versions: SPOKEN_VERSIONS, exchange: exchange as "dock", nonce, device },
  });
  const talking: Talking<X> = {
    ...{ phase: "talking", exchange, requester: newRequester(), session, failures, hello, nonce },
    told: toldOf(at.on.slots[slot]),
    ...{ awaits: "welcome", step, met: "nobody", dock },
  };
  const timing = timingOf(messageNamed(exchange, "hello"));
  const greeting = moved({ ...at, on }, slot, talking);
  return followed(greeting, (after) =>
    request({ ...at, on: after }, slot, { kind: "open", session, message: 0, body: hello, timing }),
  );
}

export function slotFrame<X extends Extension>(at: At<X>, slot: number, frame: Frame): Turn<X> {
  return request(at, slot, { kind: "received", frame });
}

export function slotTimer<X extends Extension>(at: At<X>, slot: number): Turn<X> {
  const now = at.on.slots[slot];
  switch (now?.phase) {
    case "talking":
      return request(at, slot, { kind: "timeout", timer: now.requester.timer });
    case "pausing":
      return beginSlot(at, slot, now.failures);
    case "resting":
    case "fault":
      return beginSlot(at, slot);
    case "empty":
    case undefined:
      return still(at.on);
  }
}

/** The program goes on at another step, if that session still stands; its key may be gone by now. */
export function slotGoesOn<X extends Extension>(at: At<X>, slot: number, session: number, to: Target<X>): Turn<X> {
  const now = at.on.slots[slot];
  if (now?.phase !== "talking" || now.session !== session || now.awaits === "welcome") return still(at.on);
  return now.awaits === "answer" ? still(at.on) : goTo(at, slot, to);
}

/** A key at rest is spoken to again; one that is spoken to is not disturbed. */
export function slotBegins<X extends Extension>(at: At<X>, slot: number): Turn<X> {
  return at.on.slots[slot]?.phase === "resting" ? beginSlot(at, slot) : still(at.on);
}

/** For a device that goes on with a slot by itself: what its steps are given; undefined where nobody is met there. */
export function slotAt<X extends Extension>(at: At<X>, slot: number): SlotAt<X> | undefined {
  const talking = at.on.slots[slot];
  if (talking?.phase !== "talking" || talking.met === "nobody") return undefined;
  return { ...at, slot, talking, met: talking.met, dock: talking.dock };
}

/** A step of the slot's requester, carried out. */
function request<X extends Extension>(at: At<X>, slot: number, input: RequesterInput): Turn<X> {
  const now = at.on.slots[slot];
  if (now?.phase !== "talking") return still(at.on);
  const { state: requester, effects } = stepRequester(now.requester, input);
  const turn = still(withSlot<X>(at.on, slot, { ...now, requester }));
  return effects.reduce<Turn<X>>(
    (before, effect) => followed(before, (on) => carryOut({ ...at, on }, slot, effect)),
    turn,
  );
}

function carryOut<X extends Extension>(at: At<X>, slot: number, effect: RequesterEffect): Turn<X> {
  switch (effect.kind) {
    case "write":
      return still(at.on, [{ kind: "slot-send", slot, bytes: effect.bytes }]);
    case "set-timer":
      return still(at.on, [{ kind: "arm", name: timerOf(slot), delayMs: effect.milliseconds }]);
    case "clear-timer":
      return still(at.on, [{ kind: "disarm", name: timerOf(slot) }]);
    case "answered":
      return orFailed(at, slot, () => answered(at, slot, effect));
    case "failed":
      return failed(at, slot);
    // A key sends none.
    case "notified":
      return still(at.on);
  }
}

function answered<X extends Extension>(
  at: At<X>,
  slot: number,
  answer: Extract<RequesterEffect, { kind: "answered" }>,
): Turn<X> {
  const now = at.on.slots[slot];
  if (now?.phase !== "talking") return still(at.on);
  if (now.met === "nobody") return answer.outcome === "error" ? failed(at, slot) : meet(at, slot, now, answer.body);
  const idle: Talking<X> = { ...now, awaits: "nothing" };
  const on = withSlot<X>(at.on, slot, idle);
  const { met, dock } = now;
  const taken = at.plan.program[now.step].take({ ...at, on, slot, talking: idle, met, dock }, answer);
  return take({ ...at, on }, slot, taken);
}

/** SPEC DCK-1, MSG-3, MSG-6. */
function meet<X extends Extension>(at: At<X>, slot: number, now: Talking<X>, body: Uint8Array): Turn<X> {
  const { provider } = at.config;
  const welcome = decodeReply("dock", "hello", body);
  const version = chooseVersion(welcome.versions);
  const { state: requester } = stepRequester(now.requester, { kind: "agree", version });
  const met = { welcome, transcript: sessionTranscript(provider, now.hello, body) };
  const on = withSlot<X>(at.on, slot, { ...now, requester, met, awaits: "nothing", told: "docked" });
  const told = now.told === "docked" ? still(on) : notify(on, "dock-event", { slot, event: "docked" });
  return followed(told, (after) => goTo({ ...at, on: after }, slot, now.step));
}

/** Goes on with what a step has made of its answer, after the commit that it asked for. */
export function take<X extends Extension>(at: At<X>, slot: number, taken: Taken<X>): Turn<X> {
  const on = taken.on ?? at.on;
  const now = on.slots[slot];
  if (now?.phase !== "talking") return still(on);
  const { to, dock, changes = new Map(), effects = [], todo = [] } = taken;
  const kept = withSlot<X>(on, slot, dock === undefined ? now : { ...now, dock: { ...now.dock, ...dock } });
  if (changes.size === 0 && todo.length === 0) {
    const turn = goTo({ ...at, on: kept }, slot, to);
    return { ...turn, effects: [...effects, ...turn.effects] };
  }
  const { session } = now;
  const then = withTodo<X>(kept, { kind: "effects", effects }, ...todo, { kind: "slot-goes-on", slot, session, to });
  return changes.size === 0 ? still(then) : { on: then, effects: [], changes };
}

function goTo<X extends Extension>(at: At<X>, slot: number, to: Target<X>): Turn<X> {
  const now = at.on.slots[slot];
  if (now?.phase !== "talking" || now.met === "nobody") return still(at.on);
  if (to === "rest") return rest(at, slot, now);
  if (to === "fault") return failed(at, slot);
  const step = to as X["step"];
  const talking: Talking<X> = { ...now, step };
  const on = withSlot<X>(at.on, slot, talking);
  const asked = at.plan.program[step].ask({ ...at, on, slot, talking, met: now.met, dock: now.dock });
  switch (asked.kind) {
    case "wait":
      return still(on);
    case "go":
      return goTo({ ...at, on }, slot, asked.to);
    case "ask": {
      const entry = messageNamed(now.exchange, asked.message as MessageName<DockExchange>);
      const waiting = withSlot<X>(asked.on ?? on, slot, { ...talking, awaits: "answer" });
      const { body } = asked;
      return request({ ...at, on: waiting }, slot, {
        kind: "request",
        message: entry.number,
        body,
        timing: timingOf(entry),
      });
    }
  }
}

function rest<X extends Extension>(at: At<X>, slot: number, { dock, met, told: before }: Talking<X>): Turn<X> {
  if (met === "nobody") return still(at.on);
  const told = notify(at.on, "dock-event", { slot, event: "synced" });
  const resting = followed(told, (on) => moved({ ...at, on }, slot, { phase: "resting", dock, met, told: before }));
  return arming(resting, slot, at.config.resyncMs);
}

/** SPEC ERR-4: a session that failed is over, and a new one begins; not for ever without a pause. */
function failed<X extends Extension>(at: At<X>, slot: number): Turn<X> {
  const now = at.on.slots[slot];
  if (now?.phase !== "talking") return still(at.on);
  const failures = now.failures + 1;
  if (failures >= FAILURES) return faulty(at, slot);
  return arming(moved(at, slot, { phase: "pausing", failures, told: now.told }), slot, PAUSE_MS);
}

function faulty<X extends Extension>(at: At<X>, slot: number): Turn<X> {
  const wasTold = toldOf(at.on.slots[slot]) === "fault";
  const told = wasTold ? still(at.on) : notify(at.on, "dock-event", { slot, event: "fault" });
  return arming(
    followed(told, (on) => moved({ ...at, on }, slot, { phase: "fault", told: "fault" })),
    slot,
    FAULT_MS,
  );
}

/** What a key says that is not in the protocol is as good as no answer. */
function orFailed<X extends Extension>(at: At<X>, slot: number, go: () => Turn<X>): Turn<X> {
  try {
    return go();
  } catch (error) {
    if (error instanceof PeerError) return failed(at, slot);
    throw error;
  }
}

function moved<X extends Extension>(at: At<X>, slot: number, next: Slot<X>): Turn<X> {
  const before: SlotPhase = at.on.slots[slot]?.phase ?? "empty";
  const on = withSlot<X>(at.on, slot, next);
  return before === next.phase ? still(on) : at.plan.slotChanged({ ...at, on }, slot, before);
}

function toldOf<X extends Extension>(slot: Slot<X> | undefined): Told {
  return slot === undefined || slot.phase === "empty" ? "nothing" : slot.told;
}

function arming<X extends Extension>(turn: Turn<X>, slot: number, delayMs: number): Turn<X> {
  return { ...turn, effects: [...turn.effects, { kind: "arm", name: timerOf(slot), delayMs }] };
}

function timerOf(slot: number): TimerName {
  return `slot/${slot}`;
}
