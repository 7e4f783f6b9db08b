/** What the swarm has found: each as a town in which it showed, with why. */
import { expect, test } from "vitest";
import { cortexM33At160MHz, cylinderOf, pageFlash, usualKey } from "#src/costs/index.ts";
import { allCheckers, type Checker, type EntityRef, Watchers, World } from "#src/index.ts";
import { insertKey, removeKey } from "#src/world/wiring/contact-wiring.ts";

const HOUR = 3_600;

/** Somebody with a shift, docked and activated. */
function town(watchers: Watchers = new Watchers(allCheckers())) {
  const world = new World({ seed: "found-by-the-swarm", keeping: "last", watchers });
  const [north, south] = [world.addProvider("north", ["day"]), world.addProvider("south", ["day"])];
  const own = world.addDoor("own", { groups: Object.values(north.groups) });
  const wrong = world.addDoor("wrong", { groups: Object.values(south.groups) });
  const station = world.addStation("office");
  const box = world.addBox("hall");
  const [anna, bo] = [world.addWorker("anna", north), world.addWorker("bo", south)];
  for (const worker of [anna, bo]) world.grant(worker, { nbf: world.unix, exp: world.unix + 12 * HOUR });
  world.advance({ minutes: 2 });
  for (const worker of [anna, bo]) {
    world.dock(worker, station);
    world.activate(worker, box);
  }
  return { world, own, wrong, station, box, anna, bo };
}

test("P8, SPEC OBJ-15: a gap that a wrapped ring has made ends no receipts", () => {
  const { world, wrong, station, anna, bo } = town();
  const receipted = () => world.city.ledger.receiptedOf(wrong.party.kid, "refusals");
  // A curious colleague: more refusals than the ring holds, and nobody who carries them home.
  for (let tried = 0; tried < 110; tried++) {
    world.visit(anna, wrong, 300);
    world.advance({ seconds: 5 });
  }
  for (let round = 0; round < 24; round++) {
    world.visit(bo, wrong, 2_000);
    world.advance({ seconds: 5 });
    if (round % 4 !== 3) continue;
    world.dock(bo, station);
    world.setHost(station, "here");
    world.advance({ minutes: 1 });
  }
  const stored = world.log.records(wrong.party.kid, "refusals").map(({ counter }) => counter);
  expect(stored[0]).toBeGreaterThan(1);
  expect(stored.at(-1)).toBe(110);
  expect(receipted()).toBe(110);
  expect(world.finish()).toEqual([]);
});

test("P10, P15, SPEC LOG-3: a page whose erase changed nothing brings no old records back as the newest", () => {
  // Blocks of several pages: one may be blank, and the next one full of what stood there before.
  const hardware = { key: usualKey, cylinder: cylinderOf(cortexM33At160MHz, pageFlash) };
  const world = new World({ seed: "stuck", keeping: "last", hardware });
  const north = world.addProvider("north", ["day"]);
  const door = world.addDoor("own", { groups: Object.values(north.groups), terms: { activation: "not-asked" } });
  const station = world.addStation("office");
  const anna = world.addWorker("anna", north);
  world.grant(anna, { nbf: world.unix, exp: world.unix + 12 * HOUR });
  world.advance({ minutes: 2 });
  world.dock(anna, station);
  world.setFaults({ stuckPagePerMillion: 200_000 });
  for (let visits = 0; visits < 260; visits++) {
    world.visit(anna, door, 300);
    world.advance({ seconds: 5 });
  }
  expect(world.visits.filter(({ outcome }) => outcome.kind === "opened").length).toBeGreaterThan(150);
  expect(world.breaches.filter(({ property }) => property === "P10" || property === "P15")).toEqual([]);
});

/** Counts what keys say first to a door, over all forks. */
function greetings(): { count: number } & Checker {
  const spy: { count: number } & Checker = {
    ...{ count: 0, property: "P14", says: "nothing", breaches: [] },
    watch: {
      sent: ({ to, frame }) => {
        if (frame.kind === "request" && frame.sequence === 0 && to.startsWith("cylinder:")) spy.count += 1;
      },
    },
    copy: () => spy,
  };
  return spy;
}

test("P14, P15: a key that goes from a slot to a door while it computes notices that it is at a door", () => {
  const spy = greetings();
  const { world, own, station, anna } = town(new Watchers([...allCheckers(), spy]));
  const hand: EntityRef<"hand", { readonly kind: "out" | "in" }> = { id: "hand" };
  const still = { bouncePerMillion: 0, bounceMicroseconds: 0 };
  world.build(({ kernel, wiring }) => {
    kernel.add<"hand", { readonly kind: "out" | "in" }, { readonly kind: "out" | "in" }>({
      ...{ id: hand.id, state: "hand", device: { step: (state, input) => ({ state, effects: [input] }) } },
      perform: (effects, hands) => {
        for (const { kind } of effects) {
          if (kind === "out") removeKey(wiring, hands, anna.key, still);
          else insertKey(wiring, hands, anna.key, { kind: "keyway", cylinder: own.cylinder }, still);
        }
      },
    });
  });
  // More to compute in the dock: a new epoch.
  world.openEpoch();
  world.advance({ minutes: 1 });
  let noticed = 0;
  const moments = Array.from({ length: 12 }, (_, index) => 60_000 + index * 130_000);
  for (const moment of moments) {
    const fork = world.fork();
    fork.tell(anna, { kind: "dock", station: station.id, slot: 0 });
    fork.kernel.send(hand, { kind: "out" }, moment);
    fork.kernel.send(hand, { kind: "in" }, moment + 30_000);
    const before = spy.count;
    fork.advance({ seconds: 8 });
    if (spy.count > before) noticed += 1;
  }
  expect(noticed).toBe(moments.length);
});
