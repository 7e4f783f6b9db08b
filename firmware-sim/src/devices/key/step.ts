/**
 * The digital key (SPEC chapters 6 and 8): one input, one state after it, and what is to be done. While the memory is written
 * nothing else is done and what comes waits, as in firmware that waits for its flash; power can go at any time.
 */
import { type Battery, readClock } from "@nyckelfri/protocol";
import type { Device, Stepped } from "../../world/entity.ts";
import { beginVisit, goOnCarrying, receiveAtDoor, sendProof, timeoutAtDoor } from "./at-cylinder.ts";
import { clockAtPowerOn, reviewDelayMs, standingOf } from "./clock.ts";
import { recorded } from "./dock-messages.ts";
import { grantChanges } from "./grants.ts";
import { ITEM, readHoldings } from "./holdings.ts";
import { answerInDock, beginDock, receiveInDock } from "./in-dock.ts";
import { beginWrite, continueWrite, type WriteStep } from "./memory.ts";
import { readMemory } from "./memory-reading.ts";
import { draw, readingDraws } from "./pool.ts";
import type { AfterCommit, KeyConfig, KeyEffect, KeyInput, KeyOn, KeyState, Turn } from "./state.ts";
import { dutyAfter, INPUT_RULES, ON_DUTY } from "./tables.ts";
import { applied, SALT_BYTES } from "./transactions.ts";

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
      return state.power === "on"
        ? settled(config, handle(config, state, input), input.tickMs)
        : { state, effects: [] };
  }
}

function waiting(key: KeyOn, input: KeyInput): KeyOn {
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
  const key: KeyOn = {
    ...{ power: "on", nvm, memory, holdings, duty: "dormant", battery, pool: { entropy, drawn: 0 } },
    ...{ contact: { kind: "none" }, acquainted: [], answeredNonces: [], commit: "idle", waiting: [] },
  };
  const clock = clockAtPowerOn(holdings.clock, stopFlag, tickMs);
  const changes = new Map(found.newest);
  if (clock !== holdings.clock) {
    const lost = recorded(config, key, [{ kind: "clock-lost", lo: clock.knownLower }], clock);
    for (const [name, value] of lost) changes.set(name, value);
  }
  if (clock.quality === "lost") changes.set(ITEM.ticket, "deleted");
  const effects = batterySignals(battery, "ok");
  return settled(config, { key, effects, commit: { changes, next: { kind: "rest" } } }, tickMs);
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
      const begun = input.shows === "dark" ? beginVisit(config, left.key) : beginDock(left.key);
      return { ...begun, effects: [...left.effects, ...begun.effects] };
    }
    case "removed":
      return leave(key);
    case "frame":
      if (contact.kind === "at-door") return receiveAtDoor(config, key, contact, input.frame, tickMs);
      if (contact.kind === "in-dock") return receiveInDock(config, key, contact, input.frame, tickMs);
      return { key, effects: [] };
    case "timer":
      if (input.name === "review") return review(config, key, tickMs);
      return contact.kind === "at-door" ? timeoutAtDoor(config, key, contact, tickMs) : { key, effects: [] };
    case "power-on":
    case "power-lost":
    case "nvm-done":
      return { key, effects: [] };
  }
}

function leave(key: KeyOn): Turn {
  const { contact } = key;
  const effects: readonly KeyEffect[] =
    contact.kind === "at-door"
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
function settled(config: KeyConfig, turn: Turn, tickMs: number): Step {
  const { key, effects, commit } = turn;
  if (commit !== undefined) {
    const { bytes: salt, pool } = draw(config.provider, key.pool, SALT_BYTES);
    const begun = beginWrite(config, key.nvm, key.memory, commit.changes, salt);
    return wrote(config, { ...key, pool }, begun, commit.next, effects, tickMs);
  }
  const [next, ...rest] = key.waiting;
  if (next === undefined) return { state: key, effects };
  const later = settled(config, handle(config, { ...key, waiting: rest }, next), next.tickMs);
  return { ...later, effects: [...effects, ...later.effects] };
}

function written(config: KeyConfig, key: KeyOn, { nvm, tickMs }: InputOf<"nvm-done">): Step {
  if (key.commit === "idle") return { state: key, effects: [] };
  const { writing, next } = key.commit;
  return wrote(config, { ...key, nvm }, continueWrite(config, nvm, writing), next, [], tickMs);
}

function wrote(
  config: KeyConfig,
  key: KeyOn,
  outcome: WriteStep,
  next: AfterCommit,
  effects: readonly KeyEffect[],
  tickMs: number,
): Step {
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
    case "committed": {
      const { memory } = outcome;
      const holdings = readHoldings(config, memory.items, key.holdings);
      // A door that took one grant has never seen the next.
      const isSameGrant = holdings.grants[0]?.bytes === key.holdings.grants[0]?.bytes;
      const acquainted = isSameGrant ? key.acquainted : [];
      const after = proceed(config, { ...key, memory, holdings, acquainted, commit: "idle" }, next, tickMs);
      if (after.commit !== undefined) return prefixed(effects, settled(config, after, tickMs));
      const reviewed = review(config, after.key, tickMs);
      const turn: Turn = { ...reviewed, effects: [...after.effects, ...reviewed.effects] };
      return prefixed(effects, settled(config, turn, tickMs));
    }
  }
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
    case "carry":
      return goOnCarrying(config, key, tickMs);
  }
}

function prefixed(effects: readonly KeyEffect[], step: Step): Step {
  return { ...step, effects: [...effects, ...step.effects] };
}
