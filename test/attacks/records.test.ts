/** Attacks on what remains: power that goes while it is written, clocks that are reset, keys that are pulled too early. */
import { expect, test } from "vitest";
import { again, scene, worksOn } from "./scene.ts";

test("attack 25: power that sags inside a write leaves the old or the new, and no door that is shut for good", () => {
  const at = scene();
  at.world.visit(at.anna, at.door);
  for (let operation = 0; operation < 14; operation++) {
    const here = again(at, operation);
    const { world, anna, door } = here;
    world.cutPower(door.cylinder, operation, operation % 2 === 0 ? "torn" : "marginal");
    world.tell(anna, { kind: "visit", cylinder: door.cylinder, stayMs: 1_000 });
    world.advance({ seconds: 20 });
    // P7 boots the memory at each engagement, P10 and P15 what is left.
    expect(worksOn(here), `cut at ${operation}`).toEqual([]);
  }
});

test("attack 26: records have an order of their own, whatever their clocks say", () => {
  const at = scene();
  const { world, anna, ben, door, station, bell } = at;
  const opened = bell.opened.length;
  for (const ahead of [600, -900, 1_500]) {
    world.visit(anna, door);
    world.tamperClock(anna, ahead);
    world.visit(anna, door);
    world.visit(ben, door);
  }
  for (const one of [ben, anna]) world.dock(one, station);
  world.advance({ minutes: 31 });
  const records = world.log.records(door.party.kid, "openings");
  const counters = records.map(({ counter }) => counter);
  // Without a gap, each once, and as many openings as there were.
  expect(counters).toEqual(counters.map((_, index) => (counters[0] ?? 0) + index));
  expect(records.filter(({ record }) => record.kind === "intent").length).toBeGreaterThanOrEqual(
    bell.opened.length - opened,
  );
  const told = records.flatMap(({ record }) => (record.kind === "intent" ? [record.lo] : []));
  expect(told).not.toEqual([...told].sort((one, other) => one - other));
  expect(world.finish()).toEqual([]);
});

test("attack 27: who pulls the key at any moment after it has opened is in the log", () => {
  const at = scene();
  for (let luck = 0; luck < 12; luck++) {
    const here = again(at, luck);
    const { world, anna, ben, door, station, bell } = here;
    world.setFaults({ earlyRemovalPerMillion: 500_000 });
    for (let visit = 0; visit < 2; visit++) {
      world.tell(anna, { kind: "visit", cylinder: door.cylinder, stayMs: 1 });
      world.advance({ seconds: 20 });
    }
    world.endFaults();
    const openings = bell.opened.filter((one) => one.endsWith(door.cylinder)).length;
    world.visit(ben, door);
    for (const one of [ben, anna]) world.dock(one, station);
    world.advance({ minutes: 31 });
    const records = world.log.records(door.party.kid, "openings");
    expect(records.filter(({ record }) => record.kind === "intent").length).toBeGreaterThanOrEqual(openings);
    // P7 and P8 see each of them by itself.
    expect(world.finish()).toEqual([]);
  }
});
