import { encodeRequest, type Frame, FrameDecoder } from "@nyckelfri/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MAINS_NVM } from "#src/devices/mains/factory.ts";
import { MAINS_OFF, modeOf } from "#src/devices/mains/step.ts";
import { INPUT_RULES, SLOT_MOVES } from "#src/devices/mains/tables.ts";
import { stationDiagram } from "#src/devices/station/diagram.ts";
import { stationDevice } from "#src/devices/station/station.ts";
import { FIRST_STEP, LAMPS, STATION_MOVES } from "#src/devices/station/tables.ts";
import type { StationInput, StationState } from "#src/devices/station/types.ts";
import { erasedNvm } from "#src/hardware/nvm.ts";
import { Cylinder } from "../key/cylinder.ts";
import { commissioned, foundCity } from "../key/rig.ts";
import { activate } from "../key/station.ts";
import { config, started } from "./rig.ts";

/** One state of each shape, and each input, as a life makes them. */
function life(): { readonly states: readonly StationState[]; readonly inputs: readonly StationInput[] } {
  const of = foundCity();
  const { rig, line, host } = started(of);
  rig.recording = true;
  line.time(of);
  for (const object of [of.grant, of.policy, of.list]) line.bundle(of.key.kid, object);
  const key = commissioned(of).powerOn("set");
  rig.visit(0, key);
  activate(of, key);
  new Cylinder(of).visit(key);
  rig.dock(1, key);
  line.command(of, host, { kind: "read-log", cursor: 0 });
  line.command(of, host, { kind: "enrol-pin", slot: 1, pin: "2580" });
  line.ask("acknowledge", { cursor: 1 });
  rig.input({ kind: "slot-contact", slot: 2, contact: "made" }).pass(10_000);
  rig.undock(1);
  const broken: StationState = { power: "broken", reason: "memory-worn-out" };
  return { states: [MAINS_OFF, broken, ...rig.states], inputs: rig.inputs };
}

test("every state takes every input: handled, kept waiting or ignored as the table says, and never thrown at", () => {
  const { states, inputs } = life();
  const device = stationDevice(config);
  const nvm = erasedNvm(MAINS_NVM);
  const shapes = new Map(
    states.map((state) => {
      const slots =
        state.power === "on" ? state.slots.map((slot) => (slot.phase === "talking" ? slot.step : slot.phase)) : [];
      return [`${modeOf(state)} ${slots.join()}`, state] as const;
    }),
  );
  const frames = new Map(
    inputs.flatMap((one) =>
      one.kind === "host-frame" || one.kind === "slot-frame"
        ? [[`${one.kind} ${one.frame.message}`, one] as const]
        : [],
    ),
  );
  const others = [
    { kind: "power-on", nvm, stopFlag: "clear", entropy: new Uint8Array(32) },
    { kind: "power-lost" },
    ...[0, 1, 2, 3, 99].flatMap((slot) =>
      (["made", "broken"] as const).map((contact) => ({ kind: "slot-contact", slot, contact }) as const),
    ),
    ...[0, 1, 2, 99].map((slot) => ({ kind: "timer", name: `slot/${slot}` }) as const),
    { kind: "timer", name: "own/nothing" },
    { kind: "clock-stopped" },
    { kind: "nvm-done", nvm, outcome: { kind: "done" } },
  ] as const;
  const seen = new Set<string>();
  for (const state of shapes.values()) {
    for (const input of [...frames.values(), ...others]) {
      const given: StationInput = { ...input, tickMs: 5_000_000 };
      const stepped = device.step(state, given);
      const mode = modeOf(state);
      const rule = INPUT_RULES[mode][input.kind];
      seen.add(`${mode} ${input.kind}`);
      if (rule === "ignore") expect(stepped).toEqual({ state, effects: [] });
      if (rule === "off") expect(stepped).toEqual({ state: MAINS_OFF, effects: [] });
      if (rule === "wait") expect(stepped.effects).toEqual([]);
      if (rule === "boot") expect(stepped.state).toEqual({ power: "broken", reason: "memory-unreadable" });
      expect(["off", "on", "broken"]).toContain(stepped.state.power);
    }
  }
  // A station has no inputs of its own.
  expect(seen.size).toBe(4 * (Object.keys(INPUT_RULES.idle).length - 1));
  const phases = new Set(states.flatMap((one) => (one.power === "on" ? one.slots.map(({ phase }) => phase) : [])));
  expect(phases).toEqual(new Set(Object.keys(SLOT_MOVES)));
});

test("slots and programs move only as their tables say, and the diagram shows each move", () => {
  const { states } = life();
  const diagram = stationDiagram();
  const steps = new Set<string>();
  for (const [index, state] of states.entries()) {
    const before = states[index - 1];
    if (state.power !== "on" || before?.power !== "on") continue;
    for (const [slot, now] of state.slots.entries()) {
      const was = before.slots[slot];
      if (was === undefined) continue;
      if (was.phase !== now.phase) expect(Object.keys(SLOT_MOVES[was.phase])).toContain(now.phase);
      if (was.phase !== "talking" || now.phase !== "talking" || was.session !== now.session) continue;
      steps.add(now.step);
      if (was.step !== now.step) expect(reachable(was.step)).toContain(now.step);
    }
  }
  expect(steps).toEqual(new Set(Object.keys(STATION_MOVES)));
  expect(diagram).toContain(`[*] --> ${FIRST_STEP}: welcome`);
  for (const [from, moves] of Object.entries({ ...SLOT_MOVES, ...STATION_MOVES })) {
    for (const why of Object.values(moves)) expect(diagram).toMatch(new RegExp(`${from} --> .*: ${why}`));
  }
  expect(Object.keys(LAMPS)).toEqual(Object.keys(SLOT_MOVES));
});

/** By one move, or by several where nothing is asked in between. */
function reachable(from: string): readonly string[] {
  const found = new Set<string>();
  const follow = (step: string): void => {
    for (const next of Object.keys((STATION_MOVES as Record<string, object>)[step] ?? {})) {
      if (!found.has(next)) {
        found.add(next);
        follow(next);
      }
    }
  };
  follow(from);
  return [...found];
}

test("noise in a slot changes no memory and stops no other slot", () => {
  const { states } = life();
  const device = stationDevice(config);
  fc.assert(
    fc.property(
      fc.constantFrom(...states),
      fc.record({
        version: fc.constantFrom(1, 2),
        kind: fc.constantFrom("request", "reply", "notification"),
        message: fc.nat({ max: 63 }),
        session: fc.integer({ min: 1, max: 5 }),
        sequence: fc.nat({ max: 255 }),
        body: fc.uint8Array({ maxLength: 64 }),
      }),
      (state, frame) => {
        const input = { kind: "slot-frame", slot: 0, frame: frame as Frame, tickMs: 5_000_000 } as const;
        const { state: after, effects } = device.step(state, input);
        expect(effects.filter(({ kind }) => kind === "nvm")).toEqual([]);
        if (after.power === "on" && state.power === "on") expect(after.slots.slice(1)).toEqual(state.slots.slice(1));
      },
    ),
    { numRuns: 300 },
  );
});

test("a timer that ends while the memory is written is looked at after it, unless it was taken back meanwhile", () => {
  const of = foundCity();
  for (const isPulled of [false, true]) {
    const { rig, line } = started(of);
    const hellos = () => rig.effects.filter(({ kind }) => kind === "slot-send").length;
    rig.input({ kind: "slot-contact", slot: 0, contact: "made" });
    rig.holding = true;
    line.send("deliver", encodeRequest("serve", "deliver", { object: of.list.bytes }));
    if (isPulled) rig.input({ kind: "slot-contact", slot: 0, contact: "broken" });
    rig.pass(200);
    expect(hellos()).toBe(1);
    rig.finish();
    expect(hellos()).toBe(isPulled ? 1 : 2);
  }
});

test("a reply that waited beside its time-out is taken, and nothing is asked twice", () => {
  const of = foundCity();
  const { rig, line } = started(of);
  const sent = () => rig.effects.flatMap((effect) => (effect.kind === "slot-send" ? [effect.bytes] : []));
  rig.input({ kind: "slot-contact", slot: 0, contact: "made" });
  rig.holding = true;
  line.send("deliver", encodeRequest("serve", "deliver", { object: of.list.bytes }));
  const key = commissioned(of).powerOn("set").input({ kind: "contact", shows: "idle-high" });
  for (const event of new FrameDecoder().push(sent()[0] as Uint8Array)) {
    if (event.kind === "frame") key.input({ kind: "frame", frame: event.frame });
  }
  for (const frame of key.received.splice(0)) rig.input({ kind: "slot-frame", slot: 0, frame });
  rig.pass(200);
  rig.finish();
  expect(rig.on.slots[0]).toMatchObject({ phase: "talking", step: "proving" });
  expect(sent()).toHaveLength(2);
});

test("an answer that is not in the protocol ends its session, and three of them are a fault", () => {
  const of = foundCity();
  const { rig } = started(of);
  rig.input({ kind: "slot-contact", slot: 0, contact: "made" });
  for (let session = 0; session < 3; session++) {
    const [slot] = rig.on.slots;
    if (slot?.phase !== "talking") throw new Error(slot?.phase);
    const frame = {
      version: 1,
      kind: "reply",
      message: 0,
      session: slot.session,
      sequence: 0,
      body: Uint8Array.of(0xa0),
    };
    rig.input({ kind: "slot-frame", slot: 0, frame });
    rig.pass(1_000);
  }
  expect(rig.on.slots[0]).toEqual({ phase: "fault", told: "fault" });
});

test("a memory that cannot be read, or does not keep what is written, is a broken station", () => {
  const of = foundCity();
  const { rig, line } = started(of);
  const { profile } = rig.nvm;
  rig.nvm = erasedNvm(profile);
  rig.powerOff().powerOn();
  expect(rig.state).toEqual({ power: "broken", reason: "memory-unreadable" });
  expect(line.ask("info", {})).toBe("silence");
  rig.powerOff();
  expect(rig.state).toEqual(MAINS_OFF);
  // Writes that leave no trace, again and again.
  const other = started(of);
  other.rig.holding = true;
  other.line.send("deliver", encodeRequest("serve", "deliver", { object: of.list.bytes }));
  for (let tries = 0; tries < 20 && other.rig.state.power === "on"; tries++) {
    other.rig.input({ kind: "nvm-done", nvm: other.rig.nvm, outcome: { kind: "done" } });
  }
  expect(other.rig.state).toEqual({ power: "broken", reason: "memory-worn-out" });
  expect(other.rig.toHost).toEqual([]);
});
