/** A Dolev-Yao neighbour in every contact and cable: whatever it does, no property breaks, and when it has gone everything works. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { BUSY, deedsOf, knowledgeOf, type NeighbourRates, QUIET } from "#src/index.ts";
import { besieged, goesAway } from "./besieged.ts";

/** Each deed at a rate of its own, and some not at all. */
const rates: fc.Arbitrary<NeighbourRates> = fc
  .record(Object.fromEntries(Object.keys(BUSY).map((deed) => [deed, fc.constantFrom(0, 20_000, 60_000, 120_000)])))
  .map((drawn) => ({ ...QUIET, ...drawn }));

/** `.ci/run` makes more. */
const RUNS = Number(process.env["NYCKELFRI_RUNS"] ?? 3);
const LONGEST_MS: number = Math.max(60_000, RUNS * 10_000);

const acts = fc.constantFrom("visit 0", "visit 1", "dock", "activate", "pass");

test("no property breaks beside it, and none after it", { timeout: LONGEST_MS }, () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.nat({ max: 1_000_000 }),
      rates,
      fc.array(fc.tuple(fc.nat({ max: 1 }), acts), { minLength: 6, maxLength: 16, size: "max" }),
      (luck, rates, schedule) => {
        const at = besieged(luck, { rates });
        const { world, workers, doors, station, box } = at;
        for (const [who, act] of schedule) {
          const worker = workers[who % 2];
          const door = doors[act === "visit 0" ? 0 : 1];
          if (worker === undefined || door === undefined) throw new RangeError("two of each");
          if (act === "dock") world.dock(worker, station);
          else if (act === "activate") world.activate(worker, box);
          else if (act === "pass") world.advance({ minutes: 31 });
          else world.visit(worker, door);
        }
        goesAway(at);
        expect(world.finish()).toEqual([]);
        for (const [deed, count] of deedsOf(world, at.neighbour)) seen.set(deed, (seen.get(deed) ?? 0) + count);
      },
    ),
    { numRuns: RUNS },
  );
  console.info(`deeds: ${[...seen].map(([deed, count]) => `${count} ${deed}`).join(", ")}`);
});

test("a schedule repeats: the same luck gives the same run, deed by deed", () => {
  const run = (luck: number) => {
    const { world, workers, doors, neighbour } = besieged(luck, {});
    for (const worker of workers) for (const door of doors) world.visit(worker, door);
    return { trace: world.kernel.trace.hash(), deeds: Object.fromEntries(deedsOf(world, neighbour)) };
  };
  expect(run(7)).toEqual(run(7));
  expect(run(7).trace).not.toBe(run(8).trace);
});

test("it does everything that it can do", () => {
  const at = besieged(3, {});
  const { world, workers, doors, station, box } = at;
  for (let round = 0; round < 2; round++) {
    for (const worker of workers) {
      world.dock(worker, station);
      world.activate(worker, box);
      for (const door of doors) world.visit(worker, door);
    }
    world.advance({ minutes: 62 });
  }
  const deeds = deedsOf(world, at.neighbour);
  expect(Object.keys(BUSY).filter((deed) => (deeds.get(deed as keyof NeighbourRates) ?? 0) === 0)).toEqual([]);
  goesAway(at);
  expect(world.finish()).toEqual([]);
});

/** SPEC chapter 16, PRV-1, PRV-2, PRV-5, PRV-7 and PRV-8: all that is ever said where it sits, by kind of line. */
const SAID: readonly string[] = [
  ...["open hello", "open update", "open open", "open supply", "open collect", "open receipt", "open fetch"],
  ...["dock hello", "dock prove", "dock time-challenge", "dock time", "dock deliver", "dock journal", "dock carried"],
  ...["activate hello", "activate prove", "activate time-challenge", "activate time", "activate grant"],
  ...["activate pin", "activate activate", "activate pin-verdict", "activate fetch", "activate deliver"],
  ...["serve hello", "serve time-challenge", "serve time", "serve deliver", "serve bundle", "serve command"],
  "serve acknowledge",
];

test("who only listens changes nothing, and learns what is said and no secret", () => {
  const at = besieged(5, { rates: QUIET });
  const { world, workers, doors, station, box, neighbour } = at;
  for (const worker of workers) {
    world.dock(worker, station);
    world.activate(worker, box);
    world.advance({ seconds: 10 });
    for (const door of doors) world.visit(worker, door);
  }
  world.advance({ minutes: 31 });
  expect(world.visits.slice(-4).map(({ outcome }) => outcome.kind)).toEqual(["opened", "opened", "opened", "opened"]);
  const knowledge = knowledgeOf(world, neighbour);
  const learnt = [...knowledge.learnt().keys()].filter((what) => !/ (error|busy) /.test(what));
  expect(learnt.filter((what) => !SAID.some((known) => what.startsWith(`${known} `)))).toEqual([]);
  expect(learnt.length).toBeGreaterThan(20);
  const secrets = [...workers, ...doors, station, box].map(({ party }) => party.seed);
  expect(secrets.filter((secret) => knowledge.holds(secret))).toEqual([]);
  // What it has heard is there to be found: the check above can fail.
  expect(knowledge.holds(workers[0]?.party.kid ?? new Uint8Array(8))).toBe(true);
  expect(world.finish()).toEqual([]);
});
