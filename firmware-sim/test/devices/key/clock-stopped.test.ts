import { readClock } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import type { KeyEffect, KeyInput, KeyOn, KeyState } from "#src/devices/key/state.ts";
import { keyDevice } from "#src/devices/key/step.ts";
import { Cylinder } from "./cylinder.ts";
import { commissioned, config, foundCity, HOUR, type KeyRig, NOW } from "./rig.ts";
import { activate, dock, Station } from "./station.ts";

const device = keyDevice(config);
const STOPPED = { kind: "clock-stopped" } as const;

function activated() {
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  dock(of, rig);
  activate(of, rig);
  rig.signals();
  return { of, rig };
}

function journalOf({ memory }: KeyOn): number {
  return [...memory.items.keys()].filter((name) => name.startsWith("entry/")).length;
}

test("SPEC TIM-9: a stop of the oscillator loses the clock at once, and with it the ticket and nothing else", () => {
  const { of, rig } = activated();
  rig.pass(4 * HOUR * 1_000);
  const { holdings: before } = rig.on;
  const entries = journalOf(rig.on);
  rig.tickMs = 0;
  rig.input(STOPPED);
  const { holdings } = rig.on;
  expect(holdings.clock).toEqual({ quality: "lost", knownLower: before.clock.knownLower });
  expect([holdings.ticket, rig.on.duty]).toEqual([undefined, "loaded"]);
  expect(holdings.grants.map(({ bytes }) => bytes)).toEqual(before.grants.map(({ bytes }) => bytes));
  expect(journalOf(rig.on)).toBe(entries + 1);
  // Also when the count has come to where it was.
  rig.pass(6 * HOUR * 1_000);
  expect(new Cylinder(of).visit(rig)).toBeUndefined();
  expect(rig.signals()).toEqual(["clock"]);
  // A second stop has nothing to say.
  rig.effects.length = 0;
  rig.input({ kind: "removed" }).input(STOPPED);
  expect(rig.effects.filter(({ kind }) => kind === "nvm")).toEqual([]);
  // It is durable, whatever the flag says later.
  rig.input({ kind: "power-lost" }).powerOn("clear");
  expect(rig.on.holdings.clock.quality).toBe("lost");
  dock(of, rig.input({ kind: "removed" }));
  expect(readClock(rig.on.holdings.clock, rig.tickMs).quality).toBe("running");
});

test("SPEC TIM-2, TIM-9: a count that has gone back loses the clock for good, whatever wakes the key first", () => {
  for (const wakes of [
    { kind: "battery", battery: "ok" },
    { kind: "removed" },
    { kind: "timer", name: "review" },
  ] as const) {
    const { of, rig } = activated();
    const { tickMs } = rig;
    rig.tickMs = tickMs - 60_000;
    rig.input(wakes);
    expect(rig.on.holdings.clock.quality).toBe("lost");
    expect(rig.on.holdings.ticket).toBeUndefined();
    // Past the last statement's count again.
    rig.tickMs = tickMs + HOUR * 1_000;
    expect(new Cylinder(of).visit(rig)).toBeUndefined();
    expect(rig.signals()).toEqual(["clock"]);
  }
});

test("an input at a count that has gone back is answered after the loss is written", () => {
  const { of, rig } = activated();
  rig.tickMs -= 60_000;
  expect(new Cylinder(of).visit(rig)).toBeUndefined();
  expect(rig.signals()).toEqual(["clock"]);
  rig.input({ kind: "power-lost" }).powerOn("clear");
  expect(rig.on.holdings.clock.quality).toBe("lost");
});

/** Every state of a life in the middle of what it writes, with what it has asked of its memory. */
function writingStates(): readonly { readonly state: KeyOn; readonly nvm: KeyEffect & { kind: "nvm" }; rig: KeyRig }[] {
  const of = foundCity();
  const rig = commissioned(of);
  const found: { state: KeyOn; nvm: KeyEffect & { kind: "nvm" }; rig: KeyRig }[] = [];
  const input = rig.input.bind(rig);
  rig.input = (given) => {
    const { nvm } = rig;
    const { state, effects } = device.step(rig.state, { ...given, tickMs: rig.tickMs } as KeyInput);
    for (const effect of effects) {
      if (effect.kind !== "nvm" || state.power !== "on") continue;
      const other = commissioned(of);
      other.nvm = nvm;
      found.push({ state, nvm: effect, rig: other });
    }
    input(given);
    return rig;
  };
  rig.pass(HOUR * 1_000).powerOn("set");
  dock(of, rig);
  activate(of, rig);
  new Cylinder(of).visit(rig);
  return found;
}

test("SPEC TIM-9, OPN-8: a stop in the middle of a commit loses the clock before anything follows from the commit", () => {
  const cases = writingStates();
  const phases = new Set<string>();
  for (const { state, nvm, rig } of cases) {
    const { contact } = state;
    const phase = contact.kind === "at-door" ? contact.visit.phase : contact.kind;
    phases.add(phase);
    const stopped: KeyState = device.step(state, { ...STOPPED, tickMs: 10 }).state;
    // Its count comes to where it was before the memory is done.
    rig.tickMs = 2 * HOUR * 1_000;
    rig.state = stopped;
    rig.finish(nvm.operations);
    expect([phase, rig.on.holdings.clock.quality]).toEqual([phase, "lost"]);
    expect(rig.on.holdings.ticket).toBeUndefined();
    expect(rig.effects.map(({ kind }) => kind)).not.toContain("clear-stop-flag");
    if (phase !== "proving") continue;
    expect(rig.effects.filter(({ kind }) => kind === "send")).toEqual([]);
    expect(rig.signals()).toEqual(["clock"]);
  }
  expect(phases).toEqual(new Set(["none", "in-dock", "proving", "carrying"]));
});

test("a stop goes before what waits, whose counts it makes its own", () => {
  const [first] = writingStates();
  if (first === undefined) throw new Error("nothing was written");
  const inputs: readonly KeyInput[] = [
    { kind: "battery", battery: "low", tickMs: 9_000_000 },
    { ...STOPPED, tickMs: 4 },
    { kind: "work", work: "service", tickMs: 9 },
    { ...STOPPED, tickMs: 2 },
  ];
  const state = inputs.reduce<KeyState>((before, input) => device.step(before, input).state, first.state);
  expect(state.power === "on" && state.waiting.map(({ kind, tickMs }) => [kind, tickMs])).toEqual([
    ["clock-stopped", 2],
    ["battery", 2],
    ["work", 2],
  ]);
});

test("SPEC TIM-3: a nonce that was given before the stop is answered by nothing", () => {
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  const station = new Station(of, rig, of.station, "dock").greet();
  station.prove();
  const ask = station.ask.bind(station);
  station.ask = ((name: string, body: object) => {
    // Between the nonce and its statement.
    if (name === "time") rig.input(STOPPED);
    return ask(name as "time", body as never);
  }) as typeof station.ask;
  expect(station.time(NOW)).toBe("messages/out-of-turn");
  expect(rig.on.holdings.clock.quality).toBe("lost");
});
