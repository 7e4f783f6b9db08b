/**
 * Somebody with a key: goes to a station, a box or a door, sees what the key shows, and does what people do. One task after the other;
 * what comes meanwhile waits.
 */

import type { KeySignal } from "../devices/key/signals.ts";
import type { Work } from "../devices/key/state.ts";
import type { Device, Stepped } from "./entity.ts";

export type PersonTask =
  /** Stays until the station has done, or patience ends. */
  | { readonly kind: "dock"; readonly station: string; readonly slot: number }
  | { readonly kind: "activate"; readonly box: string; readonly pin: string }
  | { readonly kind: "visit"; readonly cylinder: string; readonly stayMs: number }
  /** A technician's: what is to be done at this lock. */
  | { readonly kind: "work"; readonly cylinder: string; readonly work: Work };

export type PersonInput =
  | { readonly kind: "task"; readonly task: PersonTask }
  /** What the key shows. */
  | { readonly kind: "sees"; readonly signal: KeySignal }
  /** What the station's lamp or the box's display shows. */
  | { readonly kind: "shown"; readonly what: "done" | "fault" | "type-pin" | "refused" }
  /** The keyway or slot was somebody else's. */
  | { readonly kind: "occupied" }
  | { readonly kind: "timer" }
  /** The hand slips: the key is out sooner than was meant. */
  | { readonly kind: "slips" };

export type PersonEffect =
  | { readonly kind: "insert"; readonly task: PersonTask }
  | { readonly kind: "remove" }
  | { readonly kind: "type-pin"; readonly box: string; readonly pin: string }
  | { readonly kind: "turn"; readonly cylinder: string }
  | { readonly kind: "arm"; readonly delayMs: number }
  | { readonly kind: "disarm" }
  | { readonly kind: "finished"; readonly task: PersonTask; readonly outcome: TaskOutcome };

export interface TaskOutcome {
  readonly result: "done" | "refused" | "gave-up";
  /** The last thing the key showed. */
  readonly signal: KeySignal | "nothing";
  readonly insertions: number;
}

export type PersonState = { readonly queue: readonly PersonTask[] } & (
  | { readonly at: "free" }
  | Busy<"inserted">
  /** It has opened, or the station is done: the key stays a little longer. */
  | Busy<"staying">
  | Busy<"typing">
  /** It is over, and the hand is on its way. */
  | (Busy<"leaving"> & { readonly result: TaskOutcome["result"] })
  /** The key is out, and goes in again soon. */
  | Busy<"pausing">
);
interface Busy<At extends string> {
  readonly at: At;
  readonly task: PersonTask;
  readonly insertions: number;
  readonly signal: KeySignal | "nothing";
}

export const IDLE_PERSON: PersonState = { at: "free", queue: [] };

/** How often somebody tries, how long they wait for anything to happen, and how long they think. */
const TRIES = 3;
const PATIENCE_MS = 12_000;
const DOCK_PATIENCE_MS = 60_000;
const PAUSE_MS = 800;
const TYPING_MS = 2_500;
/** Between the key's light and the turn of the hand. */
const REACTION_MS = 250;

/** After these there is no point in trying again at once. */
const FINAL: ReadonlySet<KeySignal> = new Set<KeySignal>([
  "clock",
  "activate",
  "not-permitted-now",
  "door-out-of-service",
  "update-key",
  "battery-empty",
  "pin-locked",
  "work-refused",
  "log-first",
  "fault",
]);

type Step = Stepped<PersonState, PersonEffect>;

export const person: Device<PersonState, PersonInput, PersonEffect> = { step };

function step(state: PersonState, input: PersonInput): Step {
  if (input.kind === "task") {
    if (state.at !== "free") return { state: { ...state, queue: [...state.queue, input.task] }, effects: [] };
    return begin(input.task, 1, state.queue);
  }
  if (state.at === "free") return { state, effects: [] };
  switch (input.kind) {
    case "sees":
      return sees({ ...state, signal: input.signal }, input.signal);
    case "shown":
      return shown(state, input.what);
    case "occupied":
      // It was not inserted: somebody else's key is there, or the own one is not out yet.
      return {
        state: { ...state, at: "pausing", insertions: state.insertions - 1 },
        effects: [{ kind: "arm", delayMs: PAUSE_MS }],
      };
    case "slips":
      return state.at === "pausing" || state.at === "leaving" ? { state, effects: [] } : again(state, "gave-up");
    case "timer":
      return rings(state);
  }
}

function begin(task: PersonTask, insertions: number, queue: readonly PersonTask[]): Step {
  const delayMs = task.kind === "dock" ? DOCK_PATIENCE_MS : PATIENCE_MS;
  const state: PersonState = { at: "inserted", task, insertions, signal: "nothing", queue };
  return {
    state,
    effects: [
      { kind: "insert", task },
      { kind: "arm", delayMs },
    ],
  };
}

type BusyState = Exclude<PersonState, { at: "free" }>;

function sees(state: BusyState, signal: KeySignal): Step {
  const { task } = state;
  if (state.at !== "inserted" && state.at !== "typing") return { state, effects: [] };
  switch (task.kind) {
    case "visit":
      if (signal === "opened")
        return { state: { ...state, at: "staying" }, effects: [{ kind: "arm", delayMs: REACTION_MS }] };
      if (signal === "try-again") return again(state, "gave-up");
      return FINAL.has(signal) ? over(state, "refused") : { state, effects: [] };
    case "work":
      if (signal === "opened" || signal === "work-done") return over(state, "done");
      if (signal === "try-again") return again(state, "gave-up");
      return FINAL.has(signal) ? over(state, "refused") : { state, effects: [] };
    case "activate":
      if (signal === "activated") return over(state, "done");
      return signal === "pin-locked" || signal === "wrong-pin" ? over(state, "refused") : { state, effects: [] };
    case "dock":
      return { state, effects: [] };
  }
}

function shown(state: BusyState, what: "done" | "fault" | "type-pin" | "refused"): Step {
  const { task } = state;
  if (state.at !== "inserted") return { state, effects: [] };
  if (task.kind === "dock" && what !== "type-pin") {
    return what === "done" ? over(state, "done") : again(state, "gave-up");
  }
  if (task.kind !== "activate") return { state, effects: [] };
  if (what === "type-pin") return { state: { ...state, at: "typing" }, effects: [{ kind: "arm", delayMs: TYPING_MS }] };
  return what === "fault" || what === "refused" ? over(state, "refused") : { state, effects: [] };
}

function rings(state: BusyState): Step {
  const { task } = state;
  switch (state.at) {
    case "pausing":
      return begin(task, state.insertions + 1, state.queue);
    case "typing":
      if (task.kind !== "activate") return over(state, "gave-up");
      return {
        state: { ...state, at: "inserted" },
        effects: [
          { kind: "type-pin", box: task.box, pin: task.pin },
          { kind: "arm", delayMs: PATIENCE_MS },
        ],
      };
    case "staying": {
      if (task.kind !== "visit" || state.signal === "nothing") return over(state, "done");
      // First the turn, then the key stays as long as was meant.
      const turned: PersonState = { ...state, signal: "nothing" };
      return {
        state: turned,
        effects: [
          { kind: "turn", cylinder: task.cylinder },
          { kind: "arm", delayMs: Math.max(1, task.stayMs - REACTION_MS) },
        ],
      };
    }
    case "leaving":
      return left(state);
    case "inserted":
      return again(state, "gave-up");
  }
}

/** Out, and in again, as long as there is patience. */
function again(state: BusyState, giveUp: "gave-up" | "refused"): Step {
  if (state.insertions >= TRIES) return over(state, giveUp);
  return {
    state: { ...state, at: "pausing" },
    effects: [{ kind: "remove" }, { kind: "arm", delayMs: PAUSE_MS }],
  };
}

/** Nobody pulls a key in the moment in which it lights up. */
function over(state: BusyState, result: TaskOutcome["result"]): Step {
  const { task, insertions, signal, queue } = state;
  return {
    state: { at: "leaving", task, insertions, signal, queue, result },
    effects: [{ kind: "arm", delayMs: REACTION_MS }],
  };
}

function left({ task, insertions, signal, queue, result }: Extract<PersonState, { at: "leaving" }>): Step {
  const shownLast = result === "done" && task.kind === "visit" ? "opened" : signal;
  const finished: PersonEffect = { kind: "finished", task, outcome: { result, signal: shownLast, insertions } };
  const [next, ...later] = queue;
  const ended: readonly PersonEffect[] = [{ kind: "remove" }, { kind: "disarm" }, finished];
  if (next === undefined) return { state: IDLE_PERSON, effects: ended };
  // The key is out before it goes in somewhere else.
  const pausing: PersonState = { at: "pausing", task: next, insertions: 0, signal: "nothing", queue: later };
  return { state: pausing, effects: [...ended, { kind: "arm", delayMs: PAUSE_MS }] };
}
