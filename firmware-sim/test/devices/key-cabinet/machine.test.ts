import { expect, test } from "vitest";
import { cabinetDiagram } from "#src/devices/key-cabinet/diagram.ts";
import { CABINET_MOVES, FIRST_STEP, PLACE_MOVES } from "#src/devices/key-cabinet/tables.ts";
import type { CabinetInput, CabinetState, Place } from "#src/devices/key-cabinet/types.ts";
import { modeOf } from "#src/devices/mains/step.ts";
import { INPUT_RULES } from "#src/devices/mains/tables.ts";
import { blank, type Carried, HOUR, office, safe, stocked, vehicle } from "./rig.ts";

/** One state of each shape, as a life makes them. */
function life(config = office) {
  const begun = stocked(config);
  const { of, rig, line, host, anna } = begun;
  rig.recording = true;
  rig.undock(0).dock(0, anna.rig);
  rig.present(anna.holder).pass(15_000);
  rig.present(anna.holder).undock(0);
  rig.input({ kind: "door", door: 0, position: "open" }).pass(61_000);
  rig.input({ kind: "door", door: 0, position: "closed" });
  rig.dock(0, blank(of, "stranger"));
  rig.undock(0).pass(5_000).dock(0, anna.rig);
  line.command(of, host, { kind: "release-slot", slot: 0 });
  rig.pass(7 * HOUR * 1000);
  rig.powerOff();
  return begun;
}

test.each([
  ["office cabinet", office],
  ["single key safe", safe],
  ["vehicle box", vehicle],
])("%s: every state takes every input: handled, kept waiting or ignored as the table says", (_make, config) => {
  const { rig } = life(config);
  const device = rig.device;
  const { nvm } = rig;
  const states: readonly CabinetState[] = [
    { power: "off" },
    { power: "broken", reason: "memory-worn-out" },
    ...(["idle", "writing"] as const).flatMap((mode) =>
      rig.states.filter((state) => modeOf(state) === mode).filter((_, index) => index % 17 === 0),
    ),
  ];
  const frame = rig.inputs.find(({ kind }) => kind === "slot-frame") as CabinetInput;
  const hostFrame = rig.inputs.find(({ kind }) => kind === "host-frame") as CabinetInput;
  const inputs = [
    { kind: "power-on", nvm, stopFlag: "clear", entropy: new Uint8Array(32) },
    { kind: "power-lost" },
    frame,
    hostFrame,
    { kind: "slot-contact", slot: 0, contact: "made" },
    { kind: "slot-contact", slot: 0, contact: "broken" },
    { kind: "slot-contact", slot: 63, contact: "made" },
    ...["slot/0", "own/bolt-0", "own/door-0", "own/wish", "own/watch", "own/tell", "own/settle", "own/other"].map(
      (name) => ({
        kind: "timer",
        name,
      }),
    ),
    { kind: "clock-stopped" },
    { kind: "nvm-done", nvm, outcome: { kind: "done" } },
    { kind: "holder-presented", holder: new Uint8Array(8) },
    { kind: "holder-presented", holder: new Uint8Array(0) },
    { kind: "door", door: 0, position: "open" },
    { kind: "door", door: 0, position: "closed" },
  ] as const;
  const seen = new Set<string>();
  for (const state of states) {
    for (const input of inputs) {
      const tickMs = rig.tickMs + 1;
      const stepped = device.step(state, { ...input, tickMs } as CabinetInput);
      const mode = modeOf(state);
      const kind = input.kind in INPUT_RULES.idle ? (input.kind as keyof typeof INPUT_RULES.idle) : "own";
      const rule = INPUT_RULES[mode][kind];
      seen.add(`${mode} ${kind}`);
      if (rule === "ignore") expect(stepped).toEqual({ state, effects: [] });
      if (rule === "off") expect(stepped).toEqual({ state: { power: "off" }, effects: [] });
      if (rule === "wait") expect(stepped.effects).toEqual([]);
      if (rule === "boot") expect(stepped.state.power).toBe("on");
      if (mode === "idle" && rule === "handle") expect(stepped.state.power).toBe("on");
      // A bolt is drawn after a commit or by a host's signed word, and by nothing else.
      if (kind !== "nvm-done" && kind !== "host-frame")
        expect(stepped.effects.map((effect) => effect.kind)).not.toContain("unlock");
    }
  }
  expect(seen.size).toBe(4 * Object.keys(INPUT_RULES.idle).length);
});

test("a session moves only as its table says, and where a key is too", () => {
  const steps = new Set<string>();
  for (const config of [office, vehicle]) {
    const { rig, anna, bo } = life(config);
    const last = new Map<number, string>();
    const places = new Map<Carried, Place["kind"] | "nowhere">([anna, bo].map((key) => [key, "nowhere"]));
    for (const state of rig.states) {
      if (state.power !== "on") continue;
      for (const [slot, one] of state.slots.entries()) {
        const step = one.phase === "talking" ? one.step : undefined;
        const before = last.get(slot);
        if (step !== undefined && before !== undefined && step !== before && step !== FIRST_STEP) {
          expect(reachable(before)).toContain(step);
          steps.add(step);
        }
        if (step === undefined) last.delete(slot);
        else last.set(slot, step);
      }
      for (const [key, before] of places) {
        const hex = [...state.own.whereabouts.values()].find(({ publicKey }) => publicKey === key.party.publicKey);
        const now = hex?.place.kind ?? before;
        if (now !== before && before !== "nowhere") expect(Object.keys(PLACE_MOVES[before])).toContain(now);
        places.set(key, now);
      }
    }
  }
  expect(steps.size).toBeGreaterThan(7);
});

/** Steps with nothing to ask are gone through within one input. */
function reachable(from: string, seen: readonly string[] = []): string[] {
  const moves: Readonly<Record<string, object>> = CABINET_MOVES;
  const next = Object.keys(moves[from] ?? {}).filter((one) => !seen.includes(one));
  return [...next, ...next.flatMap((one) => reachable(one, [...seen, ...next]))];
}

test("the diagram shows each move, and every target exists", () => {
  const diagram = cabinetDiagram();
  const names = [...Object.keys(CABINET_MOVES), "rest", "fault"];
  for (const [from, moves] of Object.entries(CABINET_MOVES)) {
    for (const to of Object.keys(moves)) {
      expect(names).toContain(to);
      expect(diagram).toContain(`${from} --> ${to === "rest" || to === "fault" ? "[*]" : to}`);
    }
  }
  for (const [from, moves] of Object.entries(PLACE_MOVES)) {
    for (const to of Object.keys(moves)) expect(diagram).toContain(`${from === "nowhere" ? "[*]" : from} --> ${to}`);
  }
});
