import { type Frame, LATEST_SECONDS, readClock } from "@nyckelfri/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { keyDiagram } from "#src/devices/key/diagram.ts";
import { SIGNALS } from "#src/devices/key/signals.ts";
import type { KeyInput, KeyState } from "#src/devices/key/state.ts";
import { keyDevice } from "#src/devices/key/step.ts";
import { DUTIES, DUTY_MOVES, dutyAfter, INPUT_RULES, VISIT_MOVES, WORK_MOVES } from "#src/devices/key/tables.ts";
import { clockAfter, decodeClock, encodeClock } from "#src/devices/shared/clock-item.ts";
import { Cylinder } from "./cylinder.ts";
import { commissioned, config, foundCity, NOW } from "./rig.ts";
import { activate, dock, Station } from "./station.ts";

test("a whole dock gives the key the time and its grant", () => {
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  expect(rig.on.duty).toBe("dormant");
  const station = new Station(of, rig, of.station, "dock").greet();
  expect(station.welcome).toMatchObject({ key: of.key.kid, epoch: 1, clock: { quality: "lost" }, segments: 0 });
  expect(station.prove()).toEqual({});
  expect(station.time(NOW)).toBe("accepted");
  expect(station.deliver(of.grant)).toBe("stored");
  expect(rig.on.duty).toBe("active");
  expect(rig.signals()).toEqual(["time-taken", "grant-loaded"]);
});

test("a whole opening permits, and the key carries the segment on", () => {
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  dock(of, rig);
  expect(activate(of, rig)).toBe("activated");
  rig.signals();
  const cylinder = new Cylinder(of);
  expect(cylinder.visit(rig)).toBe("permit-open");
  expect(rig.signals()).toEqual(["opened"]);
  expect(cylinder.names).toEqual(["hello", "open", "collect", "collect"]);
  expect(rig.on.holdings.segments).toHaveLength(1);
});

/** One state of each shape, as a life makes them: at every step of a dock, an activation and a visit. */
function lifeOfStates(): { states: KeyState[]; frames: Frame[] } {
  const of = foundCity();
  const rig = commissioned(of);
  const states: KeyState[] = [rig.state, { power: "broken", reason: "memory-worn-out" }];
  const frames: Frame[] = [];
  const input = rig.input.bind(rig);
  const device = keyDevice(config);
  rig.input = (given) => {
    if (given.kind === "frame") frames.push(given.frame);
    // The state in the middle of what the input makes it write.
    states.push(device.step(rig.state, { ...given, tickMs: rig.tickMs } as KeyInput).state);
    input(given);
    states.push(rig.state);
    return rig;
  };
  rig.powerOn("set");
  dock(of, rig);
  activate(of, rig);
  new Cylinder(of).visit(rig);
  return { states, frames };
}

test("every state takes every input: handled, kept waiting or ignored as the table says, and never thrown at", () => {
  const { states, frames } = lifeOfStates();
  const rig = commissioned(foundCity());
  const { nvm } = rig;
  const inputs = [
    { kind: "power-on", nvm, stopFlag: "clear", battery: "ok", entropy: new Uint8Array(32) },
    { kind: "power-lost" },
    ...(["ok", "low", "critical", "empty"] as const).map((battery) => ({ kind: "battery", battery }) as const),
    { kind: "contact", shows: "dark" },
    { kind: "contact", shows: "idle-high" },
    { kind: "removed" },
    { kind: "work", work: "service" },
    ...frames.filter((_, index) => index % 3 === 0).map((frame) => ({ kind: "frame", frame }) as const),
    { kind: "timer", name: "reply" },
    { kind: "timer", name: "review" },
    { kind: "clock-stopped" },
    { kind: "nvm-done", nvm, outcome: { kind: "done" } },
  ] as const;
  const device = keyDevice(config);
  const modeOf = (state: KeyState) =>
    state.power !== "on" ? state.power : state.commit === "idle" ? "idle" : ("writing" as const);
  const seen = new Set<string>();
  for (const state of states) {
    for (const input of inputs) {
      const stepped = device.step(state, { ...input, tickMs: 5_000_000 });
      const rule = INPUT_RULES[modeOf(state)][input.kind];
      seen.add(`${modeOf(state)} ${input.kind}`);
      if (rule === "ignore") expect(stepped).toEqual({ state, effects: [] });
      if (rule === "off") expect(stepped).toEqual({ state: { power: "off" }, effects: [] });
      if (rule === "wait") expect(stepped.effects).toEqual([]);
      if (rule === "boot") expect(stepped.state.power).toBe("on");
      expect(["off", "on", "broken"]).toContain(stepped.state.power);
    }
  }
  expect(seen.size).toBe(4 * Object.keys(INPUT_RULES.idle).length);
});

test("what comes while the memory is written is handled after it, in order", () => {
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  const device = keyDevice(config);
  const booting = device.step(
    { power: "off" },
    {
      ...{ kind: "power-on", nvm: rig.nvm, stopFlag: "set", battery: "ok", entropy: new Uint8Array(32), tickMs: 1 },
    },
  );
  expect(booting.effects.map(({ kind }) => kind)).toEqual(["nvm"]);
  const waiting = device.step(booting.state, { kind: "contact", shows: "dark", tickMs: 2 });
  expect(waiting.effects).toEqual([]);
  rig.state = waiting.state;
  rig.effects.length = 0;
  const [write] = booting.effects;
  if (write?.kind !== "nvm") throw new Error("no write");
  rig.finish(write.operations);
  expect(rig.effects.some(({ kind }) => kind === "line")).toBe(true);
});

test("frames of noise change nothing and crash nothing", () => {
  const { states } = lifeOfStates();
  const device = keyDevice(config);
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
        const { state: after } = device.step(state, { kind: "frame", frame: frame as Frame, tickMs: 5_000_000 });
        expect(after.power).toBe(state.power);
      },
    ),
    { numRuns: 500 },
  );
});

test("the clock says true things, whatever the battery and the crystal do within their budget", () => {
  const step = fc.record({
    kind: fc.constantFrom("pass", "give", "change-held", "change-long"),
    seconds: fc.integer({ min: 1, max: 40_000 }),
    uncertaintyMs: fc.integer({ min: 0, max: 60_000 }),
    error: fc.integer({ min: -1000, max: 1000 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: -199, max: 199 }), fc.array(step, { minLength: 1, maxLength: 8 }), (ppm, steps) => {
      const of = foundCity();
      const rig = commissioned(of).powerOn("set");
      let trueMs = NOW * 1000;
      const pass = (ms: number) => {
        trueMs += ms;
        rig.pass(Math.floor((ms * (1_000_000 + ppm)) / 1_000_000));
      };
      let wasSet = false;
      for (const { kind, seconds, uncertaintyMs, error } of steps) {
        pass(seconds * 1000);
        if (kind === "give") {
          const station = new Station(of, rig, of.station, "dock").greet();
          const t = Math.floor((trueMs + Math.trunc((uncertaintyMs * error) / 1000)) / 1000);
          // t is a whole second: what that takes away is part of u.
          if (uncertaintyMs + 1000 <= 60_000) station.time(t, "issuer", uncertaintyMs + 1000);
          trueMs += 20;
          rig.input({ kind: "removed" });
          wasSet = wasSet || uncertaintyMs + 1000 <= 60_000;
        }
        if (kind === "change-held") {
          rig.input({ kind: "power-lost" });
          pass(200_000);
          rig.powerOn(wasSet ? "clear" : "set");
        }
        if (kind === "change-long") {
          rig.input({ kind: "power-lost" });
          rig.tickMs = 0;
          trueMs += 900_000;
          rig.powerOn("set");
          wasSet = false;
        }
        const reading = readClock(rig.on.holdings.clock, rig.tickMs);
        const isSound =
          reading.quality !== "running" ||
          (reading.interval.lo * 1000 <= trueMs && trueMs < reading.interval.hi * 1000);
        expect(isSound).toBe(true);
        expect(rig.on.holdings.clock.knownLower * 1000).toBeLessThanOrEqual(trueMs);
        if (!wasSet) expect(reading.quality).toBe("lost");
      }
    }),
    { numRuns: 25 },
  );
});

test("a clock is the same after its item, and lost where the oscillator or its count say so", () => {
  const source = { kid: new Uint8Array(8), sourceClass: "station" } as const;
  const bounds = { loMs: NOW * 1000 - 7, hiMs: NOW * 1000 + 9, atTickMs: 4_000 };
  const running = { quality: "running", bounds, source, knownLower: NOW - 1 } as const;
  const side = { bounds, source };
  const conflict = { quality: "conflict", held: side, claimed: side, knownLower: 5 } as const;
  for (const clock of [running, conflict, { quality: "lost", knownLower: LATEST_SECONDS } as const]) {
    expect(decodeClock(encodeClock(clock))).toEqual(clock);
  }
  expect(clockAfter(running, "clear", 4_000)).toBe(running);
  for (const [flag, tick] of [
    ["set", 5_000],
    ["unreadable", 5_000],
    ["clear", 3_999],
  ] as const) {
    expect(clockAfter(running, flag, tick)).toEqual({ quality: "lost", knownLower: NOW - 1 });
    expect(clockAfter(conflict, flag, tick)).toEqual({ quality: "lost", knownLower: 5 });
  }
});

test("the tables: a duty settles, every target exists, and the diagram shows each move", () => {
  const diagram = keyDiagram();
  for (const duty of DUTIES) {
    for (const standing of ["none", "unknown", "not-yet", "inside", "expired"] as const) {
      const settled = dutyAfter(duty, standing);
      expect(dutyAfter(settled, standing)).toBe(settled);
      if (standing === "inside") expect(settled).toBe("active");
      if (standing === "expired") expect(settled).toBe("expired");
    }
    for (const to of Object.values(DUTY_MOVES[duty])) expect(diagram).toContain(`${duty} --> ${to}`);
  }
  for (const [name, table] of Object.entries({ visit: VISIT_MOVES, work: WORK_MOVES })) {
    for (const [from, moves] of Object.entries(table)) {
      for (const to of Object.keys(moves)) {
        expect(Object.keys(table)).toContain(to);
        expect(diagram).toContain(`${name}_${from} --> ${name}_${to}`);
      }
    }
  }
});

test("a visit moves only as its table says", () => {
  const { states } = lifeOfStates();
  const phases = states.flatMap((state) =>
    state.power === "on" && state.contact.kind === "at-door" ? [state.contact.visit.phase] : [],
  );
  expect(new Set(phases).size).toBeGreaterThan(3);
  for (const [index, phase] of phases.entries()) {
    const before = phases[index - 1];
    if (before !== undefined && before !== phase) expect(Object.keys(VISIT_MOVES[before])).toContain(phase);
  }
});

test("no two signals look alike", () => {
  const patterns = Object.values(SIGNALS).map(({ light, flashes, beeps }) => `${light} ${flashes} ${beeps}`);
  expect(new Set(patterns).size).toBe(patterns.length);
});
