/** Each fault that a world carries out by itself strikes where it is switched on, and nowhere else. */
import { beforeAll, expect, test } from "vitest";
import {
  type DeviceFixture,
  type DoorFixture,
  optionTable,
  type PartRef,
  WORLD_FAULTS,
  type Worker,
  World,
  type WorldFaults,
} from "#src/index.ts";
import type { Conditions } from "#src/world/conditions.ts";
import type { Strikes } from "#src/world/strikes.ts";

const CONDITIONS: PartRef<Conditions> = { name: "conditions" };
const HOUR = 3_600;

interface Street {
  readonly world: World;
  readonly door: DoorFixture;
  readonly station: DeviceFixture;
  readonly worker: Worker;
}

function street(faults: WorldFaults = {}): Street {
  const world = new World({ seed: "faults", keeping: "last", faults });
  const north = world.addProvider("north", ["day"]);
  const door = world.addDoor("flat", { groups: Object.values(north.groups) });
  const station = world.addStation("office");
  const box = world.addBox("hall");
  const worker = world.addWorker("anna", north);
  world.grant(worker, { nbf: world.unix, exp: world.unix + 14 * HOUR });
  world.advance({ minutes: 2 });
  world.dock(worker, station);
  world.activate(worker, box);
  return { world, door, station, worker };
}

function strikesIn({ world }: Street): Strikes {
  return world.kernel.part(CONDITIONS).strikesSoFar;
}

/** Visits and docks, as many as a rare fault needs. */
function live({ world, door, station, worker }: Street, until: () => boolean): void {
  for (let round = 0; round < 40 && !until(); round++) {
    world.visit(worker, door, 500);
    world.advance({ seconds: 10 });
    if (round % 4 !== 3) continue;
    world.dock(worker, station);
    // A host that comes back reads the log at once.
    world.setHost(station, "here");
    world.advance({ seconds: 20 });
  }
}

let base: Street;
beforeAll(() => {
  base = street();
});

/** They say how another fault is, or are in a device from its making. */
const SHAPES = ["contactBounceMs", "clockDriftPpm", "temperatureSwingCelsius", "wornErases"];
const struck = WORLD_FAULTS.filter((name) => !SHAPES.includes(name));
/** What strikes only inside of another one. */
const WITH: WorldFaults = { contactBounceMs: 20, powerCutPerMillion: 20_000 };

test.each(struck)("%s strikes", (name) => {
  const fork: Street = { ...base, world: base.world.fork() };
  fork.world.setFaults({ ...WITH, [name]: optionTable[name].most });
  live(fork, () => strikesIn(fork).countOf(name).struck > 0);
  expect(strikesIn(fork).countOf(name).struck).toBeGreaterThan(0);
  expect(strikesIn(base).countOf(name).struck).toBe(0);
  expect(fork.world.breaches).toEqual([]);
});

test("nothing strikes where all is switched off, nor after faults have ended", () => {
  const fork: Street = { ...base, world: base.world.fork() };
  fork.world.setFaults(Object.fromEntries(struck.map((name) => [name, optionTable[name].most])));
  fork.world.endFaults();
  fork.world.advance({ minutes: 1 });
  live(fork, () => fork.world.visitCount >= 8);
  expect([...strikesIn(fork).counts]).toEqual([]);
  expect(fork.world.visits.at(-1)?.outcome.kind).toBe("opened");
});

test("a cylinder with worn pages still opens", () => {
  const worn = street({ wornErases: 1 });
  expect(strikesIn(worn).countOf("wornErases").struck).toBeGreaterThan(0);
  live(worn, () => worn.world.visitCount >= 8);
  expect(worn.world.visits.some(({ outcome }) => outcome.kind === "opened")).toBe(true);
  expect(worn.world.breaches).toEqual([]);
});
