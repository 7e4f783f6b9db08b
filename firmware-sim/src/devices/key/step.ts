/**
 * The digital key (SPEC chapters 6 and 8): one input, one state after it, and what is to be done. While the memory is written
 * nothing else is done and what comes waits, as in firmware that waits for its flash; power can go at any time.
 */
import { type Battery, type JournalEntry, readClock, type TickMs } from "@nyckelfri/protocol";
import type { OscillatorStopFlag } from "../../hardware/rtc.ts";
import type { Device, Stepped } from "../../world/entity.ts";
import { beforeAll, clockAfter, hasGoneBack } from "../shared/clock-item.ts";
import { type BegunWrite, beginWrite, continueWrite, type Memory } from "../shared/item-memory.ts";
import { readMemory } from "../shared/item-memory-reading.ts";
import { draw, readingDraws } from "../shared/pool.ts";
import { applied, type Changes, SALT_BYTES } from "../shared/transactions.ts";
import { beginVisit, goOnCarrying, receiveAtDoor, sendProof, timeoutAtDoor } from "./at-cylinder.ts";
import { beginWork, receiveAtWork, sendLifecycle, timeoutAtWork } from "./at-work.ts";
import { reviewDelayMs, standingOf } from "./clock.ts";
import { journaled, recorded } from "./dock-messages.ts";
import { grantChanges } from "./grants.ts";
import { holdingsAfter, ITEM, readHoldings } from "./holdings.ts";
import { answerInDock, beginDock, receiveInDock } from "./in-dock.ts";
import type { AfterCommit, Contact, KeyConfig, KeyEffect, KeyInput, KeyOn, KeyState, Turn } from "./state.ts";
import { dutyAfter, INPUT_RULES, ON_DUTY } from "./tables.ts";

type InputOf<K extends KeyInput["kind"]> = Extract<KeyInput, { kind: K }>;
type Step = Stepped<KeyState, KeyEffect>;

/** What the serial buffer holds while the memory is written; more frames are lost, as on any wire. */
const BUFFERED_FRAMES = 8;

export const KEY_OFF: KeyState = { power: "off" };

export function keyDevice(config: KeyConfig): Device<KeyState, KeyInput, KeyEffect> {
  return { step: (state, input) => step(config, state, input) };
}

function step(config: KeyConfig, state: KeyState, input: KeyInput): Step {
  const mode = state.power !== "on" ? state.power : state.commit === "idle" ? "idle" : "writing";
  const rule = INPUT_RULES[mode][input.kind];
  switch (rule) {
    case "boot":
      return input.kind === "power-on" ? boot(config, input) : { state, effects: [] };
    case "off":
      return { state: KEY_OFF, effects: [] };
    case "show-fault":
      return { state, effects: [{ kind: "signal", signal: "fault" }] };
    case "ignore":
      return { state, effects: [] };
    case "wait":
      return { state: state.power === "on" ? waiting(state, input) : state, effects: [] };
    case "go-on-writing":
      return state.power === "on" && input.kind === "nvm-done" ? written(config, state, input) : { state, effects: [] };
    case "handle":
      return state.power === "on" ? handled(config, state, input) : { state, effects: [] };
  }
}

/** A count that has gone back is found whatever wakes the key, and is durably lost before that is answered. */
function handled(config: KeyConfig, key: KeyOn, input: KeyInput): Step {
  if (!hasGoneBack(key.holdings.clock, input.tickMs)) return settled(config, handle(config, key, input));
  return settled(config, clockStopped(config, { ...key, waiting: [input, ...key.waiting] }, input.tickMs));
}

function waiting(key: KeyOn, input: KeyInput): KeyOn {
  if (input.kind === "clock-stopped") return { ...key, waiting: beforeAll(input, key.waiting) };
  const frames = key.waiting.filter(({ kind }) => kind === "frame").length;
  if (input.kind === "frame" && frames >= BUFFERED_FRAMES) return key;
  return { ...key, waiting: [...key.waiting, input] };
}

/** SPEC TIM-9, LOG-3: reads the memory, makes its last transaction sure, and finds out what is left of the clock. */
function boot(config: KeyConfig, input: InputOf<"power-on">): Step {
  const { nvm, stopFlag, tickMs, entropy, battery } = input;
  const found = readMemory(config, nvm, readingDraws(config.provider, entropy));
  if (found === undefined) {
    return { state: { power: "broken", reason: "memory-unreadable" }, effects: [{ kind: "signal", signal: "fault" }] };
  }
  const memory = { ...found.memory, items: applied(found.memory.items, found.newest) };
  const holdings = readHoldings(config, memory.items);
  const { bytes: nextSalt, pool } = draw(config.provider, { entropy, drawn: 0 }, SALT_BYTES);
  const key: KeyOn = {
    power: "on",
    nvm,
    memory,
    holdings,
    duty: "dormant",
    battery,
    pool,
    nextSalt,
    contact: { kind: "none" },
    work: "open",
    acquainted: [],
    answeredNonces: [],
    unwritten: [],
    commit: "idle",
    waiting: [],
  };
  const changes = new Map([...found.newest, ...lossOf(config, key, stopFlag, tickMs)]);
  const effects = batterySignals(battery, "ok");
  return settled(config, { key, effects, commit: { changes, next: { kind: "rest" } } });
}

/** SPEC TIM-9: what goes with a clock that is lost, or is lost already; nothing while it stands. */
function lossOf(config: KeyConfig, key: KeyOn, stopFlag: OscillatorStopFlag, tickMs: TickMs): Changes {
  const { clock, ticket } = key.holdings;
  const left = clockAfter(clock, stopFlag, tickMs);
  const entry: JournalEntry = { kind: "clock-lost", lo: left.knownLower };
  const changes = new Map(left === clock ? [] : recorded(config, key, [entry], left));
  if (left.quality === "lost" && ticket !== undefined) changes.set(ITEM.ticket, "deleted");
  return changes;
}

/** SPEC TIM-3, TIM-9: the clock is lost; and how long ago a nonce for a statement was given nobody can say any more. */
function clockStopped(config: KeyConfig, key: KeyOn, tickMs: TickMs): Turn {
  const { contact } = key;
  const forgetful: Contact =
    contact.kind === "in-dock" && contact.session !== "none"
      ? { ...contact, session: { ...contact.session, timeChallenge: "none" } }
      : contact;
  const stopped: KeyOn = { ...key, contact: forgetful };
  const changes = lossOf(config, key, "set", tickMs);
  return changes.size === 0
    ? { key: stopped, effects: [] }
    : { key: stopped, effects: [], commit: { changes, next: { kind: "rest" } } };
}

/** One input while the memory is at rest. */
function handle(config: KeyConfig, key: KeyOn, input: KeyInput): Turn {
  const { contact } = key;
  const { tickMs } = input;
  switch (input.kind) {
    case "battery":
      return { key: { ...key, battery: input.battery }, effects: batterySignals(input.battery, key.battery) };
    case "contact": {
      const left = leave(key);
      const begun = input.shows === "dark" ? beginAtCylinder(config, left.key) : beginDock(left.key);
      return { ...begun, effects: [...left.effects, ...begun.effects] };
    }
    case "removed":
      return leave(key);
    case "work":
      return { key: { ...key, work: input.work }, effects: [] };
    case "frame":
      if (contact.kind === "at-door") return receiveAtDoor(config, key, contact, input.frame, tickMs);
      if (contact.kind === "at-work") return receiveAtWork(config, key, contact, input.frame, tickMs);
      if (contact.kind === "in-dock") return receiveInDock(config, key, contact, input.frame, tickMs);
      return { key, effects: [] };
    case "timer":
      if (input.name === "review") return review(config, key, tickMs);
      if (contact.kind === "at-door") return timeoutAtDoor(config, key, contact, tickMs);
      if (contact.kind === "at-work") return timeoutAtWork(config, key, contact, tickMs);
      return { key, effects: [] };
    case "clock-stopped":
      return clockStopped(config, key, tickMs);
    case "power-on":
    case "power-lost":
    case "nvm-done":
      return { key, effects: [] };
  }
}

function beginAtCylinder(config: KeyConfig, key: KeyOn): Turn {
  switch (key.work) {
    case "open":
      return beginVisit(config, key);
    case "service":
      return beginWork(config, key);
  }
}

function leave(key: KeyOn): Turn {
  const { contact } = key;
  const effects: readonly KeyEffect[] =
    contact.kind === "at-door" || contact.kind === "at-work"
      ? [
          { kind: "disarm", name: "reply" },
          { kind: "line", power: "off" },
        ]
      : [];
  return { key: { ...key, contact: { kind: "none" } }, effects };
}

/** SPEC BAT-1: told once for each step down. */
function batterySignals(battery: Battery, before: Battery): readonly KeyEffect[] {
  const ladder: readonly Battery[] = ["ok", "low", "critical", "empty"];
  if (battery === "ok" || ladder.indexOf(battery) <= ladder.indexOf(before)) return [];
  return [{ kind: "signal", signal: `battery-${battery}` }];
}

/** The duty by the tables, what is done on entry, and when to look again. */
function review(config: KeyConfig, key: KeyOn, tickMs: number): Turn {
  const { holdings } = key;
  const reading = readClock(holdings.clock, tickMs);
  const [grant] = holdings.grants;
  const duty = dutyAfter(key.duty, standingOf(grant?.value, reading));
  const reviewed: KeyOn = { ...key, duty };
  const ended = holdings.grants.filter(({ value }) => standingOf(value, reading) === "expired");
  if (ON_DUTY[duty] === "wipe-ended-grants" && ended.length > 0) {
    const left = holdings.grants.filter((one) => !ended.includes(one));
    const changes = grantChanges(left, holdings.ticket, config.provider.sha256);
    const next: AfterCommit = { kind: "effects", effects: [{ kind: "signal", signal: "shift-over" }] };
    return { key: reviewed, effects: [], commit: { changes, next } };
  }
  const delayMs = reviewDelayMs(holdings.clock, grant?.value, tickMs);
  const timer: KeyEffect =
    delayMs === undefined ? { kind: "disarm", name: "review" } : { kind: "arm", name: "review", delayMs };
  return { key: reviewed, effects: [timer] };
}

/** Begins what a turn commits; else takes up what has waited meanwhile. */
function settled(config: KeyConfig, turn: Turn): Step {
  const { key, effects } = turn;
  const commit = turn.commit ?? (isOwed(key) ? { changes: new Map(), next: { kind: "rest" } as const } : undefined);
  if (commit !== undefined) {
    const changes = withUnwritten(config, key, commit.changes);
    const begun = beginWrite(config, key.nvm, key.memory, changes, key.nextSalt);
    return wrote({ ...key, unwritten: [] }, begun, commit.next, effects);
  }
  const [next, ...rest] = key.waiting;
  if (next === undefined) return { state: key, effects };
  const later = handled(config, { ...key, waiting: rest }, next);
  return { ...later, effects: [...effects, ...later.effects] };
}

/** While answers of the door are still to come, a commit for them may come too. */
function isOwed({ unwritten, contact }: KeyOn): boolean {
  return unwritten.length > 0 && !(contact.kind === "at-door" && contact.visit.phase === "carrying");
}

function withUnwritten(config: KeyConfig, key: KeyOn, changes: Changes): Changes {
  // Who journals something takes along what was not written yet.
  if (key.unwritten.length === 0 || changes.has(ITEM.journal)) return changes;
  return new Map([...journaled(config, key, []), ...changes]);
}

function written(config: KeyConfig, key: KeyOn, { nvm, tickMs }: InputOf<"nvm-done">): Step {
  if (key.commit === "idle") return { state: key, effects: [] };
  const { writing, next } = key.commit;
  const went = continueWrite(config, nvm, writing);
  if (went.kind !== "committed") return wrote({ ...key, nvm }, went, next, []);
  return committed(config, { ...key, nvm, commit: "idle" }, went.memory, writing.changes, next, tickMs);
}

function wrote(key: KeyOn, outcome: BegunWrite, next: AfterCommit, effects: readonly KeyEffect[]): Step {
  switch (outcome.kind) {
    case "write": {
      const state: KeyOn = { ...key, commit: { writing: outcome.writing, next } };
      return { state, effects: [...effects, { kind: "nvm", operations: outcome.operations }] };
    }
    case "worn-out":
      return {
        state: { power: "broken", reason: "memory-worn-out" },
        effects: [...effects, { kind: "line", power: "off" }, { kind: "signal", signal: "fault" }],
      };
  }
}

function committed(
  config: KeyConfig,
  key: KeyOn,
  memory: Memory,
  changes: Changes,
  next: AfterCommit,
  tickMs: number,
): Step {
  const holdings = holdingsAfter(config, memory.items, key.holdings, changes);
  // A door that took one grant and ticket has never seen the next.
  const { grants, ticket } = key.holdings;
  const areSame = holdings.grants[0]?.bytes === grants[0]?.bytes && holdings.ticket === ticket;
  const acquainted = areSame ? key.acquainted : [];
  const before: KeyOn = { ...withSalt(config, key, memory), holdings, acquainted };
  const [first, ...others] = before.waiting;
  if (first?.kind === "clock-stopped") {
    // The clock is lost before anything follows from what was committed by it.
    const stopped = clockStopped(config, { ...before, waiting: others }, first.tickMs);
    const changes = stopped.commit?.changes ?? new Map();
    return settled(config, { ...stopped, commit: { changes, next: distrusting(next) } });
  }
  const after = proceed(config, before, next, tickMs);
  if (after.commit !== undefined) return settled(config, after);
  const reviewed = review(config, after.key, tickMs);
  return settled(config, { ...reviewed, effects: [...after.effects, ...reviewed.effects] });
}

/** What waited for a commit, but for trusting the oscillator again: since that time was taken it has stopped. */
function distrusting(next: AfterCommit): AfterCommit {
  if (next.kind !== "effects" && next.kind !== "answer") return next;
  return { ...next, effects: next.effects.filter(({ kind }) => kind !== "clear-stop-flag") };
}

/** A salt that an area was begun with is not that of the next one. */
function withSalt({ provider }: KeyConfig, key: KeyOn, memory: Memory): KeyOn {
  if (memory.generation === key.memory.generation) return { ...key, memory };
  const { bytes: nextSalt, pool } = draw(provider, key.pool, SALT_BYTES);
  return { ...key, memory, nextSalt, pool };
}

/** What waited for a commit. */
function proceed(config: KeyConfig, key: KeyOn, next: AfterCommit, tickMs: number): Turn {
  switch (next.kind) {
    case "rest":
      return { key, effects: [] };
    case "effects":
      return { key, effects: next.effects };
    case "answer":
      return answerInDock(config, key, next.answer, next.effects);
    case "send-proof":
      return sendProof(config, key, tickMs);
    case "send-lifecycle":
      return sendLifecycle(config, key, tickMs);
    case "carry":
      return goOnCarrying(config, key, tickMs);
  }
}
