import fc from "fast-check";
import { expect, test } from "vitest";
import { activationBoxDevice, activationBoxPlan } from "#src/devices/activation-box/activation-box.ts";
import { activationBoxDiagram } from "#src/devices/activation-box/diagram.ts";
import { BOX_MOVES, FIRST_STEP, TYPED_PIN } from "#src/devices/activation-box/tables.ts";
import type { BoxInput, BoxState, BoxStep, BoxX } from "#src/devices/activation-box/types.ts";
import type { ProgramStep } from "#src/devices/mains/state.ts";
import { mainsDevice, modeOf } from "#src/devices/mains/step.ts";
import { INPUT_RULES, SLOT_MOVES } from "#src/devices/mains/tables.ts";
import { HOUR, NBF, NOW } from "../key/rig.ts";
import { another, BoxRig, config, deliver, PIN, stationed, usually, WRONG } from "./rig.ts";

/** A box's life: activations, wrong PINs, a lock, a key that asks for nothing, a host, a cut, and what it holds between. */
function life() {
  const { of, rig, key, line } = usually();
  rig.recording = true;
  const states: BoxState[] = [{ power: "off" }, { power: "broken", reason: "memory-worn-out" }];
  const device = activationBoxDevice(config);
  const input = rig.input.bind(rig);
  rig.input = (given) => {
    // The state in the middle of what the input makes it write.
    states.push(device.step(rig.state, { ...given, tickMs: rig.tickMs } as BoxInput).state);
    return input(given);
  };
  rig.dock(0, key).type(WRONG).type(PIN);
  rig.pass(config.resyncMs + 1).undock(0);
  rig.dock(0, stationed(another(of, "bo's key"))).undock(0);
  rig.dock(0, key);
  for (let tries = 0; tries < 5; tries++) rig.type(WRONG);
  rig.undock(0);
  deliver(of, key, of.city.grantShift({ ...of.shift, iat: NBF - HOUR }));
  line.ask("info", {});
  line.time(of);
  // A key that does not answer.
  rig.input({ kind: "slot-contact", slot: 0, contact: "made" });
  rig.pass(60_000);
  return { of, rig, states: [...states, ...rig.states], inputs: [...rig.inputs] };
}

test("every state takes every input: handled, kept waiting or ignored as the table says, and never thrown at", () => {
  const { rig, states, inputs } = life();
  const { nvm } = rig;
  const frames = inputs.filter(({ kind }) => kind === "slot-frame" || kind === "host-frame");
  const given = [
    { kind: "power-on", nvm, stopFlag: "clear", entropy: new Uint8Array(32) },
    { kind: "power-lost" },
    ...([0, 7] as const).flatMap((slot) =>
      (["made", "broken"] as const).map((contact) => ({ kind: "slot-contact", slot, contact }) as const),
    ),
    ...frames.filter((_, index) => index % 5 === 0),
    ...(["slot/0", "slot/7", "own/pin-0", "own/pin-7", "own/none"] as const).map((name) => ({ kind: "timer", name })),
    ...([0, 7] as const).map((slot) => ({ kind: "pin-typed", slot, pin: PIN })),
    { kind: "clock-stopped" },
    { kind: "nvm-done", nvm, outcome: { kind: "done" } },
  ];
  const device = activationBoxDevice(config);
  const seen = new Set<string>();
  const some = states.filter((_, index) => index % 3 === 0 || index < 12);
  for (const state of some) {
    const mode = modeOf(state);
    for (const input of given) {
      const kind = input.kind === "pin-typed" ? "own" : (input.kind as keyof typeof INPUT_RULES.idle);
      const rule = INPUT_RULES[mode][kind];
      const stepped = device.step(state, { ...input, tickMs: 5_000_000 } as BoxInput);
      seen.add(`${mode} ${kind}`);
      if (rule === "ignore") expect(stepped).toEqual({ state, effects: [] });
      if (rule === "off") expect(stepped).toEqual({ state: { power: "off" }, effects: [] });
      if (rule === "wait") expect(stepped.effects).toEqual([]);
      if (rule === "boot") expect(stepped.state.power).toBe("on");
      expect(["off", "on", "broken"]).toContain(stepped.state.power);
    }
  }
  expect(seen.size).toBe(4 * Object.keys(INPUT_RULES.idle).length);
});

test("a typed PIN counts at the step that asks for one, and changes nothing anywhere else", () => {
  const { states } = life();
  const device = activationBoxDevice(config);
  const seen = new Map<string, boolean>();
  for (const state of states) {
    if (state.power !== "on" || state.writing !== "idle") continue;
    const [slot] = state.slots;
    if (slot === undefined || (slot.phase === "talking" && slot.met === "nobody")) continue;
    const at = slot.phase === "talking" ? slot.step : slot.phase;
    const stepped = device.step(state, { kind: "pin-typed", slot: 0, pin: PIN, tickMs: 5_000_000 });
    const isTried = stepped.state !== state && stepped.effects.some(({ kind }) => kind === "slot-send");
    seen.set(at, isTried);
    expect([at, isTried]).toEqual([at, TYPED_PIN[at] === "try"]);
    if (!isTried) expect(stepped).toEqual({ state, effects: [] });
  }
  expect(seen.get("awaiting-pin")).toBe(true);
  expect(seen.size).toBeGreaterThan(6);
});

test("the program goes where its table says, and everywhere that it says", () => {
  const moves = new Set<string>();
  const plan = activationBoxPlan();
  const watched = (from: BoxStep, step: ProgramStep<BoxX>): ProgramStep<BoxX> => ({
    ask: (at) => {
      const asked = step.ask(at);
      if (asked.kind === "go") moves.add(`${from} ${asked.to}`);
      return asked;
    },
    take: (at, answer) => {
      const taken = step.take(at, answer);
      moves.add(`${from} ${taken.to}`);
      return taken;
    },
  });
  const steps = Object.keys(plan.program) as BoxStep[];
  const program = Object.fromEntries(steps.map((step) => [step, watched(step, plan.program[step])]));
  const { of, rig, key } = usually();
  const boxed = new BoxRig(of, config, rig.nvm);
  Object.assign(boxed, { device: mainsDevice({ ...plan, program: program as typeof plan.program }, config) });
  boxed.tickMs = rig.tickMs;
  boxed.powerOn();
  boxed.dock(0, key).type(WRONG).type(PIN);
  boxed.pass(config.resyncMs + 1).undock(0);
  boxed.dock(0, stationed(another(of, "bo's key"))).undock(0);
  boxed.dock(0, key);
  for (let tries = 0; tries < 5; tries++) boxed.type(WRONG);
  boxed.undock(0);
  for (const move of moves) {
    const [from, to] = move.split(" ") as [BoxStep, BoxStep];
    expect(Object.keys(BOX_MOVES[from]), move).toContain(to);
  }
  // Those that this day does not show are shown by the tests of their clauses.
  expect(moves.size).toBeGreaterThan(14);
  expect(Object.keys(BOX_MOVES)).toEqual(steps);
});

test("the diagram shows every step and every phase", () => {
  const diagram = activationBoxDiagram();
  expect(diagram).toMatch(/^stateDiagram-v2/);
  expect(diagram).toContain(`[*] --> ${FIRST_STEP}`);
  for (const name of [...Object.keys(BOX_MOVES), ...Object.keys(SLOT_MOVES)]) expect(diagram).toContain(`${name} -->`);
});

test("frames of noise in the contact change nothing that is kept, and crash nothing", () => {
  const { states } = life();
  const talking = states.filter((state) => state.power === "on" && state.writing === "idle");
  const device = activationBoxDevice(config);
  fc.assert(
    fc.property(
      fc.constantFrom(...talking),
      fc.record({
        version: fc.constantFrom(1, 2),
        kind: fc.constantFrom("request", "reply", "notification"),
        message: fc.nat({ max: 63 }),
        session: fc.integer({ min: 1, max: 5 }),
        sequence: fc.nat({ max: 255 }),
        body: fc.uint8Array({ maxLength: 64 }),
      }),
      fc.boolean(),
      (state, noise, isOfSession) => {
        const [slot] = state.power === "on" ? state.slots : [];
        const ofSession = slot?.phase === "talking" && isOfSession ? { session: slot.session } : {};
        const frame = { ...noise, ...ofSession } as Extract<BoxInput, { kind: "slot-frame" }>["frame"];
        const stepped = device.step(state, { kind: "slot-frame", slot: 0, frame, tickMs: NOW });
        expect(stepped.state.power).toBe("on");
        expect(stepped.effects.some(({ kind }) => kind === "nvm")).toBe(false);
      },
    ),
    { numRuns: 200 },
  );
});
