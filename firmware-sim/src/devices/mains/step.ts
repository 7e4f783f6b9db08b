/**
 * A station, box or cabinet (SPEC chapters 6 and 8): one input, one state after it, and what is to be done. While the memory is
 * written nothing else is done and what comes waits, as in firmware that waits for its flash; power can go at any time.
 */
import type { Clock, TickMs } from "@nyckelfri/protocol";
import type { OscillatorStopFlag } from "../../hardware/rtc.ts";
import type { Device, Stepped, Tagged } from "../../world/entity.ts";
import { beforeAll, clockAfter, encodeClock, hasGoneBack } from "../shared/clock-item.ts";
import { beginWrite, continueWrite, type WriteStep } from "../shared/item-memory.ts";
import { readMemory } from "../shared/item-memory-reading.ts";
import { draw, readingDraws } from "../shared/pool.ts";
import { applied, type Changes, SALT_BYTES } from "../shared/transactions.ts";
import { holdingsAfter, ITEM, readHoldings } from "./holdings.ts";
import { answerHost, busyForHost, newHostSide, receiveFromHost } from "./host.ts";
import { emptySlots, slotBegins, slotContact, slotFrame, slotGoesOn, slotTimer } from "./slots.ts";
import type {
  At,
  Extension,
  MainsEffect,
  MainsInput,
  MainsOff,
  MainsOn,
  MainsState,
  Plan,
  TimerName,
  Todo,
  Turn,
} from "./state.ts";
import { INPUT_RULES, type InputKind } from "./tables.ts";
import { still } from "./turns.ts";

type Step<X extends Extension> = Stepped<MainsState<X>, MainsEffect<X>>;
type InputOf<K extends MainsInput<never>["kind"]> = Extract<MainsInput<never>, { kind: K }>;
interface Frame<X extends Extension> {
  readonly plan: Plan<X>;
  readonly config: X["config"];
}

/** What the serial buffers of host and docks hold together while the memory is written; more frames are lost. */
const BUFFERED_FRAMES_PER_LINE = 8;

export const MAINS_OFF: MainsOff = { power: "off" };

export function mainsDevice<X extends Extension>(
  plan: Plan<X>,
  config: X["config"],
): Device<MainsState<X>, MainsInput<X>, MainsEffect<X>> {
  return { step: (state, input) => step({ plan, config }, state, input) };
}

/** Which row of `INPUT_RULES` a state goes by. */
export function modeOf<X extends Extension>(state: MainsState<X>): keyof typeof INPUT_RULES {
  return state.power !== "on" ? state.power : state.writing === "idle" ? "idle" : "writing";
}

function step<X extends Extension>(by: Frame<X>, state: MainsState<X>, input: MainsInput<X>): Step<X> {
  const core = coreInput(input);
  const kind: InputKind = core?.kind ?? "own";
  const rule = INPUT_RULES[modeOf(state)][kind];
  switch (rule) {
    case "boot":
      return core?.kind === "power-on" ? boot(by, core) : { state, effects: [] };
    case "off":
      return { state: MAINS_OFF, effects: [] };
    case "ignore":
      return { state, effects: [] };
    case "busy-or-wait": {
      const busy = state.power === "on" && core?.kind === "host-frame" ? busyForHost(state, core.frame) : undefined;
      return busy === undefined ? waiting(state, input) : { state: busy.on, effects: busy.effects };
    }
    case "wait":
      return waiting(state, input);
    case "go-on-writing":
      return state.power === "on" && core?.kind === "nvm-done" ? written(by, state, core) : { state, effects: [] };
    case "handle":
      return state.power === "on"
        ? settled(by, handled({ ...by, on: state, tickMs: input.tickMs }, input), input.tickMs)
        : { state, effects: [] };
  }
}

/** The input as one that every device has; undefined for a device's own. */
function coreInput<X extends Extension>(input: MainsInput<X>): MainsInput<never> | undefined {
  return input.kind in INPUT_RULES.idle ? (input as MainsInput<never>) : undefined;
}

function waiting<X extends Extension>(state: MainsState<X>, input: MainsInput<X>): Step<X> {
  if (state.power !== "on") return { state, effects: [] };
  if (isStop(input)) return { state: { ...state, waiting: beforeAll(input, state.waiting) }, effects: [] };
  const line = lineOf(input);
  const held = state.waiting.filter((one) => line !== undefined && lineOf(one) === line).length;
  if (line !== undefined && held >= BUFFERED_FRAMES_PER_LINE) return { state, effects: [] };
  return { state: { ...state, waiting: [...state.waiting, input] }, effects: [] };
}

function isStop<X extends Extension>(input: MainsInput<X> | undefined): boolean {
  return input !== undefined && coreInput(input)?.kind === "clock-stopped";
}

function lineOf<X extends Extension>(input: MainsInput<X>): number | "host" | undefined {
  const core = coreInput(input);
  if (core?.kind === "host-frame") return "host";
  return core?.kind === "slot-frame" ? core.slot : undefined;
}

/** SPEC TIM-9, LOG-3: reads the memory, makes its last transaction sure, and finds out what is left of the clock. */
function boot<X extends Extension>(by: Frame<X>, input: InputOf<"power-on">): Step<X> {
  const { nvm, stopFlag, tickMs, entropy } = input;
  const { plan, config } = by;
  const found = readMemory(config, nvm, readingDraws(config.provider, entropy));
  if (found === undefined) return { state: { power: "broken", reason: "memory-unreadable" }, effects: [] };
  const memory = { ...found.memory, items: applied(found.memory.items, found.newest) };
  const holdings = readHoldings(config.provider, memory.items);
  const on: MainsOn<X> = {
    ...{ power: "on", nvm, memory, holdings, own: plan.readOwn(memory.items), pool: { entropy, drawn: 0 } },
    ...{ host: newHostSide(), slots: emptySlots<X>(config.slots), signedTimes: [], work: plan.startWork },
    ...{ writing: "idle", pending: new Map(), todo: [{ kind: "start" }], waiting: [] },
  };
  const changes = new Map([...found.newest, ...lossOf(holdings.clock, stopFlag, tickMs)]);
  return settled(by, { on, effects: [], changes }, tickMs);
}

/** SPEC TIM-9: a clock that is lost; nothing while it stands, or is lost already. */
function lossOf(clock: Clock, stopFlag: OscillatorStopFlag, tickMs: TickMs): Changes {
  const left = clockAfter(clock, stopFlag, tickMs);
  return left === clock ? new Map() : new Map([[ITEM.clock, encodeClock(left)]]);
}

/**
 * SPEC TIM-3, TIM-9: the clock is lost, and how long ago a nonce for a statement was given nobody can say any more. What is still due
 * goes on, but trusts the oscillator no more.
 */
function clockStopped<X extends Extension>({ plan, on, tickMs }: At<X>): Turn<X> {
  const { session } = on.host;
  const host = session === "none" ? on.host : { ...on.host, session: { ...session, timeChallenge: "none" as const } };
  const todo = on.todo.map(
    (due): Todo<X> => (due.kind === "effects" ? { ...due, effects: distrusting(due.effects) } : due),
  );
  const forgetful = plan.clockStopped?.(on) ?? on;
  return { on: { ...forgetful, host, todo }, effects: [], changes: lossOf(on.holdings.clock, "set", tickMs) };
}

function distrusting<X extends Extension>(effects: readonly MainsEffect<X>[]): readonly MainsEffect<X>[] {
  return effects.filter((effect: Tagged) => effect.kind !== "clear-stop-flag");
}

/** A count that has gone back is found whatever comes in, and the clock is durably lost before that is answered. */
function handled<X extends Extension>(at: At<X>, input: MainsInput<X>): Turn<X> {
  const { on, tickMs } = at;
  if (!hasGoneBack(on.holdings.clock, tickMs)) return handle(at, input);
  return clockStopped({ ...at, on: { ...on, waiting: [input, ...on.waiting] } });
}

/** One input while the memory is at rest. */
function handle<X extends Extension>(at: At<X>, input: MainsInput<X>): Turn<X> {
  const core = coreInput(input);
  if (core === undefined) return at.plan.handle(at, input as X["input"] & { readonly tickMs: number });
  switch (core.kind) {
    case "host-frame":
      return receiveFromHost(at, core);
    case "slot-contact":
      return slotContact(at, core.slot, core.contact);
    case "slot-frame":
      return slotFrame(at, core.slot, core.frame);
    case "timer":
      return timer(at, core.name);
    case "clock-stopped":
      return clockStopped(at);
    case "power-on":
    case "power-lost":
    case "nvm-done":
      return still(at.on);
  }
}

function timer<X extends Extension>(at: At<X>, name: TimerName): Turn<X> {
  const [whose, which = ""] = name.split("/");
  return whose === "slot" ? slotTimer(at, Number(which)) : at.plan.timer(at, which);
}

function proceed<X extends Extension>(at: At<X>, due: Todo<X>): Turn<X> {
  switch (due.kind) {
    case "start":
      return at.plan.started(at);
    case "effects":
      return still(at.on, due.effects);
    case "answer-host":
      return answerHost(at, due.answer);
    case "slot-goes-on":
      return slotGoesOn(at, due.slot, due.session, due.to);
    case "slot-begins":
      return slotBegins(at, due.slot);
    case "own":
      return at.plan.proceed(at, due.next);
  }
}

/** Begins what a turn commits; else does what is due, and then takes up what has waited meanwhile. */
function settled<X extends Extension>(by: Frame<X>, first: Turn<X>, firstTickMs: number): Step<X> {
  const effects: MainsEffect<X>[] = [];
  let turn = first;
  let tickMs = firstTickMs;
  for (;;) {
    effects.push(...turn.effects);
    const { changes } = turn;
    let on = withoutStaleTimers(turn);
    if (changes !== undefined && changes.size > 0) {
      const { bytes: salt, pool } = draw(by.config.provider, on.pool, SALT_BYTES);
      return wrote({ ...on, pool, pending: changes }, beginWrite(by.config, on.nvm, on.memory, changes, salt), effects);
    }
    const [due, ...todo] = on.todo;
    const [input, ...rest] = on.waiting;
    // What is due goes by the clock as it is now.
    if (due !== undefined && !isStop(input)) {
      on = { ...on, todo };
      turn = proceed({ ...by, on, tickMs }, due);
    } else if (input !== undefined) {
      on = { ...on, waiting: rest };
      tickMs = input.tickMs;
      turn = handled({ ...by, on, tickMs }, input);
    } else {
      return { state: on, effects };
    }
  }
}

/** A timer that is armed or disarmed has not ended, also where it has and waits to be looked at. */
function withoutStaleTimers<X extends Extension>({ on, effects }: Turn<X>): MainsOn<X> {
  const names = effects.flatMap((effect) => timerNamed(effect) ?? []);
  if (names.length === 0 || on.waiting.length === 0) return on;
  const isStale = (input: MainsInput<X>): boolean => {
    const core = coreInput(input);
    return core?.kind === "timer" && names.includes(core.name);
  };
  return { ...on, waiting: on.waiting.filter((input) => !isStale(input)) };
}

function timerNamed(effect: Tagged): TimerName | undefined {
  if (effect.kind !== "arm" && effect.kind !== "disarm") return undefined;
  return (effect as Extract<MainsEffect<never>, { kind: "arm" }>).name;
}

function written<X extends Extension>(by: Frame<X>, on: MainsOn<X>, { nvm, tickMs }: InputOf<"nvm-done">): Step<X> {
  if (on.writing === "idle") return { state: on, effects: [] };
  const outcome = continueWrite(by.config, nvm, on.writing);
  if (outcome.kind !== "committed") return wrote({ ...on, nvm }, outcome, []);
  const { memory } = outcome;
  const { pending: changes } = on;
  const holdings = holdingsAfter(on.holdings, memory.items, changes);
  const own = by.plan.readOwn(memory.items, { own: on.own, changes });
  return settled(by, still({ ...on, nvm, memory, holdings, own, writing: "idle", pending: new Map() }), tickMs);
}

function wrote<X extends Extension>(
  on: MainsOn<X>,
  outcome: Exclude<WriteStep, { kind: "committed" }> | WriteStep,
  effects: readonly MainsEffect<X>[],
): Step<X> {
  if (outcome.kind !== "write") return { state: { power: "broken", reason: "memory-worn-out" }, effects };
  const state: MainsOn<X> = { ...on, writing: outcome.writing };
  return { state, effects: [...effects, { kind: "nvm", operations: outcome.operations }] };
}
