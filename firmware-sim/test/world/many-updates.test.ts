/** SPEC OPN-7, OPN-10: an entrance of several care providers, whose door is behind in whatever a city can issue. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Worker } from "#src/world/fixtures.ts";
import { World } from "#src/world/world.ts";

const SHIFT_SECONDS = 9 * 3_600;
const NAMES = ["north", "south", "east", "west"] as const;

/** `who` counts the workers, two of each provider, round and round. */
type Event =
  | { readonly kind: "dock"; readonly who: number }
  | { readonly kind: "visit"; readonly who: number }
  | { readonly kind: "revoke"; readonly who: number; readonly minutes: number }
  | { readonly kind: "epoch"; readonly root: "same" | "successor"; readonly minutes: number };

const who = fc.nat({ max: 7 });
const minutes = fc.nat({ max: 40 });
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("dock" as const), who }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("visit" as const), who }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("revoke" as const), who, minutes }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("epoch" as const),
      root: fc.constantFrom("same" as const, "successor" as const),
      minutes,
    }),
  },
);
const history = fc.record({
  seed: fc.nat({ max: 1_000_000 }),
  providers: fc.integer({ min: 1, max: 4 }),
  activation: fc.constantFrom("asked" as const, "not-asked" as const),
  events: fc.array(event, { minLength: 3, maxLength: 12 }),
  last: who,
});

test("P14: whatever has been issued meanwhile, a good key opens at the third insertion at the latest", () => {
  fc.assert(
    fc.property(history, ({ seed, providers: count, activation, events, last }) => {
      const world = new World({ seed });
      const providers = NAMES.slice(0, count).map((name) => world.addProvider(name, ["day"]));
      const groups = providers.flatMap((provider) => Object.values(provider.groups));
      const door = world.addDoor("entrance", { groups, kind: "entrance", terms: { activation } });
      const station = world.addStation("office");
      const box = world.addBox("hall");
      const staff = (of: string): Worker[] =>
        providers.map((provider) => world.addWorker(`${of} ${provider.name}`, provider));
      const [first, second, former] = [staff("first of"), staff("second of"), staff("formerly of")];
      const workers = [...first, ...second];
      const at = (all: readonly Worker[], index: number): Worker => all[index % all.length] as Worker;
      const begin = (worker: Worker): void => {
        world.grant(worker, { nbf: world.unix, exp: world.unix + SHIFT_SECONDS });
        world.advance({ minutes: 2 });
        world.dock(worker, station);
        if (activation === "asked") expect(world.activate(worker, box)).toMatchObject({ result: "done" });
      };
      for (const worker of workers) begin(worker);
      let root: "same" | "successor" = "successor";
      for (const happens of events) {
        if (happens.kind === "dock") world.dock(at(workers, happens.who), station);
        else if (happens.kind === "visit") world.visit(at(workers, happens.who), door);
        else if (happens.kind === "revoke") world.revoke(at(former, happens.who));
        else {
          // A door that has missed two roots and lacks three lists may need a fourth (SPEC Appendix F).
          world.openEpoch(happens.root === "same" ? "same" : root);
          if (happens.root === "successor") root = "same";
        }
        if ("minutes" in happens) world.advance({ minutes: happens.minutes });
      }
      world.advance({ minutes: 31 });
      const worker = at(workers, last);
      begin(worker);
      world.demandLiveness(worker, door);
      expect(world.finish()).toEqual([]);
    }),
    { numRuns: 12 },
  );
});

test("P14, SPEC OPN-7: a door that was out of service opens again, though the news of it takes a second insertion", () => {
  const world = new World({ seed: "out-of-service" });
  const north = world.addProvider("north", ["day"]);
  const door = world.addDoor("flat", { groups: Object.values(north.groups), terms: { activation: "not-asked" } });
  const station = world.addStation("office");
  const anna = world.addWorker("anna", north);
  const dock = (): void => {
    world.grant(anna, { nbf: world.unix, exp: world.unix + SHIFT_SECONDS });
    world.advance({ minutes: 31 });
    world.dock(anna, station);
  };
  dock();
  world.renewPolicy(door, [anna], { state: "deactivated" });
  dock();
  expect(world.visit(anna, door).outcome).toMatchObject({ result: "door-out-of-service" });
  // Two new roots and the certificate of whoever writes policies are three updates already.
  for (let root = 0; root < 2; root++) {
    world.openEpoch("successor");
    dock();
  }
  world.renewPolicy(door, [anna], { state: "active" });
  dock();
  expect(world.demandLiveness(anna, door)).toBe("opened");
  expect(world.finish()).toEqual([]);
});
