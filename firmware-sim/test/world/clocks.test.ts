/** Oscillators that stop while the devices that count on them have power. */
import { readClock } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { asKey } from "#src/checkers/observed.ts";
import type { StationState } from "#src/devices/station/types.ts";
import { stopOscillator } from "#src/world/oscillators.ts";
import { World } from "#src/world/world.ts";

const HOUR = 3_600;
const SECOND = 1_000_000;

function street() {
  const world = new World({ seed: "clocks" });
  const north = world.addProvider("north", ["day"]);
  const door = world.addDoor("flat", { groups: Object.values(north.groups), terms: { activation: "not-asked" } });
  const station = world.addStation("office");
  const anna = world.addWorker("anna", north);
  const load = (seconds: number) => {
    world.grant(anna, { nbf: world.unix, exp: world.unix + seconds });
    world.advance({ minutes: 1 });
    expect(world.dock(anna, station).result).toBe("done");
  };
  const clock = () => asKey(world.kernel.state({ id: anna.key }))?.holdings.clock.quality;
  return { world, door, station, anna, load, clock };
}

test("SPEC TIM-9: a key whose oscillator stopped opens nothing, also when its count has passed the old one", () => {
  const { world, door, anna, load, clock } = street();
  load(9 * HOUR);
  expect(world.visit(anna, door).outcome.kind).toBe("opened");
  world.advance({ hours: 4 });
  stopOscillator(world, anna.key);
  world.advance({ hours: 6 });
  expect(clock()).toBe("lost");
  expect(world.visit(anna, door).outcome).toEqual({ kind: "not-asked", signal: "clock" });
  expect(world.finish()).toEqual([]);
  load(HOUR);
  expect(clock()).toBe("running");
  expect(world.visit(anna, door).outcome.kind).toBe("opened");
  expect(world.finish()).toEqual([]);
});

test("SPEC TIM-9: wherever in a visit the oscillator stops, the clock is lost, and no proof leaves after it", () => {
  const { world, door, anna, load } = street();
  load(9 * HOUR);
  world.advance({ hours: 1 });
  const seen = new Set<string>();
  const moments = [
    ...Array.from({ length: 40 }, (_, index) => index * 2),
    ...Array.from({ length: 16 }, (_, index) => 90 + index * 60),
  ];
  for (const ms of moments) {
    const fork = world.fork();
    fork.tell(anna, { kind: "visit", cylinder: door.cylinder, stayMs: 1_000 });
    fork.kernel.advanceBy(ms * 1_000);
    stopOscillator(fork, anna.key);
    fork.kernel.advanceBy(0);
    const phase = asKey(fork.kernel.state({ id: anna.key }))?.contact;
    const was = phase?.kind === "at-door" ? phase.visit.phase : "elsewhere";
    seen.add(was);
    fork.advance({ seconds: 30 });
    const outcomes = fork.visits.map(({ outcome }) => outcome.kind);
    expect([was, asKey(fork.kernel.state({ id: anna.key }))?.holdings.clock.quality]).toEqual([was, "lost"]);
    if (["elsewhere", "greeting", "updating", "proving"].includes(was)) expect(outcomes).not.toContain("opened");
    expect(fork.finish()).toEqual([]);
  }
  expect([...seen]).toEqual(expect.arrayContaining(["greeting", "proving", "asking"]));
});

test("SPEC TIM-8, TIM-9: a station whose oscillator stopped gives no time before its host has brought it", () => {
  const { world, station, anna, load, clock } = street();
  load(9 * HOUR);
  world.setHost(station, "away");
  world.advance({ minutes: 1 });
  stopOscillator(world, station.id);
  stopOscillator(world, anna.key);
  world.advance({ seconds: 1 });
  const { holdings } = world.kernel.state<StationState>({ id: station.id }) as Extract<StationState, { power: "on" }>;
  expect(readClock(holdings.clock, 0).quality).toBe("lost");
  world.dock(anna, station);
  expect(clock()).toBe("lost");
  world.setHost(station, "here");
  world.kernel.advanceBy(120 * SECOND);
  world.dock(anna, station);
  expect(clock()).toBe("running");
  expect(world.finish()).toEqual([]);
});
