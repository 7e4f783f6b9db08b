/** What ran before, in this world or in a fork of it, takes nothing of what a device computes off its bill. */
import { afterEach, expect, test, vi } from "vitest";
import { slowestPair, usualPair } from "#src/costs/pairs.ts";
import { PageMemo, ValueMemo } from "#src/devices/cylinder/page-memo.ts";
import { World } from "#src/world/world.ts";

const HOUR = 3_600;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Two workers who have loaded their shift, and a door that nobody has visited yet. */
function street(hardware = usualPair) {
  const world = new World({ seed: "forks", hardware });
  const north = world.addProvider("north", ["day"]);
  const door = world.addDoor("flat", { groups: Object.values(north.groups) });
  const [station, box] = [world.addStation("office"), world.addBox("hall")];
  const workers = ["anna", "bo"].map((name) => world.addWorker(name, north));
  for (const worker of workers) world.grant(worker, { nbf: world.unix, exp: world.unix + 9 * HOUR });
  world.advance({ minutes: 1 });
  for (const worker of workers) {
    world.dock(worker, station);
    world.activate(worker, box);
  }
  const task = { kind: "visit", cylinder: door.cylinder, stayMs: 1_000 } as const;
  /** A first visit of each, and a repeated one. */
  const begin = (at: World) => {
    for (const [index, worker] of [...workers, ...workers].entries()) at.tell(worker, task, index * 20_000_000);
  };
  return { world, begin };
}

function end(world: World): { readonly hash: string; readonly visits: World["visits"] } {
  world.advance({ minutes: 2 });
  expect(world.finish()).toEqual([]);
  return { hash: world.kernel.trace.hash(), visits: world.visits };
}

/** Every memo computes anew, as with `keeping: "nothing"`. */
function keepNothing(): void {
  vi.spyOn(PageMemo.prototype, "of").mockImplementation((_nvm, _page, _count, read) => read());
  vi.spyOn(ValueMemo.prototype, "of").mockImplementation((_key, read) => read());
}

test.each([
  ["usual", usualPair],
  ["slowest", slowestPair],
])("on the %s hardware a world that reads everything anew has the same trace", (_, hardware) => {
  const run = () => {
    const { world, begin } = street(hardware);
    begin(world);
    return end(world);
  };
  const kept = run();
  expect(kept.visits.map(({ outcome }) => outcome.kind)).toEqual(["opened", "opened", "opened", "opened"]);
  keepNothing();
  expect(run()).toEqual(kept);
});

test("a fork that runs to its end first changes nothing of its original, wherever it begins", () => {
  const begun = () => {
    const { world, begin } = street();
    begin(world);
    return world;
  };
  const alone = end(begun());
  expect(alone.visits).toHaveLength(4);
  const world = begun();
  const from = world.kernel.now;
  // In the middle of a first visit and of a repeated one, and between visits.
  for (const ms of [3, 12, 60, 250, 700, 19_000, 20_040, 40_010, 40_100, 40_330, 60_020]) {
    world.kernel.advanceTo(from + ms * 1_000);
    const fork = world.fork();
    fork.kernel.advanceTo(from + 120_000_000);
    expect(fork.kernel.trace.hash()).toBe(alone.hash);
  }
  world.kernel.advanceTo(from + 120_000_000);
  expect(world.finish()).toEqual([]);
  expect({ hash: world.kernel.trace.hash(), visits: world.visits }).toEqual(alone);
});
