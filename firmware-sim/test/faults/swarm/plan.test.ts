import fc from "fast-check";
import { expect, test } from "vitest";
import { heaviestVisit, timeoutChecks } from "#src/costs/index.ts";
import {
  emptyReport,
  faultNames,
  isInShard,
  mergeReports,
  neverHit,
  optionsOf,
  optionTable,
  PROFILES,
  planOf,
  readActs,
  type SwarmReport,
  seedAfter,
  swarmLine,
  writeActs,
} from "#src/index.ts";
import { codeOf } from "../../world/code-of.ts";

const anySeed = fc.nat(0xffff);

test("a seed has one plan, in order of time, with every deed about somebody who is there", () => {
  fc.assert(
    fc.property(anySeed, (seed) => {
      const options = optionsOf(seed);
      const plan = planOf(seed, options);
      expect(planOf(seed, options)).toEqual(plan);
      expect(plan.length).toBeGreaterThan(0);
      const times = plan.map(({ at }) => at);
      expect(times).toEqual([...times].sort((one, other) => one - other));
      const doors = options.clients + options.entrances;
      for (const { deed } of plan) {
        if (deed.kind === "visit") expect([deed.who < options.holders, deed.door < doors]).toEqual([true, true]);
      }
    }),
    { numRuns: 20 },
  );
});

test("a mishap that is switched off takes only itself out of the plan", () => {
  fc.assert(
    fc.property(
      anySeed,
      fc.constantFrom("lateVisitPerMillion", "stationDownPerMillion", "lostKeyPerMillion"),
      (seed, fault) => {
        const options = { ...optionsOf(seed), [fault]: 1_000_000 };
        const others = (on: number) =>
          planOf(seed, { ...options, [fault]: on }).filter(
            (act) => act.deed.kind === "activate" || act.deed.kind === "grant",
          );
        expect(others(0)).toEqual(others(1_000_000));
        expect(planOf(seed, options).some((act) => act.fault === fault)).toBe(true);
        expect(planOf(seed, { ...options, [fault]: 0 }).some((act) => act.fault === fault)).toBe(false);
      },
    ),
    { numRuns: 20 },
  );
});

test("places in a plan are written and read again", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(300)), (places) => {
      const acts = places.sort((one, other) => one - other);
      expect(readActs(writeActs(acts))).toEqual(acts);
    }),
  );
  expect(writeActs([3, 17, 18, 19, 20])).toBe("3,17-20");
  for (const text of ["", "3,", "5-3", "4,4", "x", "-1"]) expect(readActs(text), text).toBeUndefined();
  expect(swarmLine({ seed: 7, changed: { linkStallPerMillion: 0 }, acts: [1, 2] })).toBe(
    "nyckelfri swarm --seeds 1 --from 7 --set linkStallPerMillion=0 --acts 1-2",
  );
});

test("seeds count up from a number, and behind a commit's id", () => {
  const commit = "b1a9710c0ffee0000000000000000000000000ff";
  expect([seedAfter("41", 0), seedAfter("41", 1)]).toEqual([41, 42]);
  expect([seedAfter(commit, 0), seedAfter(commit, 1), seedAfter(`${commit}.1`, 1)]).toEqual([
    commit,
    `${commit}.1`,
    `${commit}.2`,
  ]);
  expect(codeOf(() => seedAfter("4294967295", 1))).toBe("caller/argument");
  expect(codeOf(() => seedAfter("no seed", 0))).toBe("caller/argument");
});

test("shards share all seeds out, each once", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(500), (of, place) => {
      const takers = Array.from({ length: of }, (_, index) => isInShard(place, { index: index + 1, of })).filter(
        Boolean,
      );
      expect(takers.length).toBe(1);
    }),
  );
});

test("reports add up in any order, and tell what was never hit", () => {
  const [fault = "", other = ""] = faultNames;
  const one: SwarmReport = {
    ...emptyReport,
    ...{ seeds: 2, openings: 100, wallSeconds: 9, coreSeconds: 17 },
    faults: { ...emptyReport.faults, [fault]: { worlds: 1, struck: 5, felt: 2 } },
    marks: { ...emptyReport.marks, opened: 100 },
  };
  const two: SwarmReport = { ...one, wallSeconds: 4, faults: { [other]: { worlds: 2, struck: 1, felt: 1 } } };
  expect(mergeReports([one, two])).toEqual(mergeReports([two, one]));
  const sum = mergeReports([one, two]);
  expect(sum).toMatchObject({ seeds: 4, openings: 200, wallSeconds: 9, coreSeconds: 34, marks: { opened: 200 } });
  expect(sum.faults[fault]).toEqual({ worlds: 1, struck: 5, felt: 2 });
  expect(neverHit(sum)).not.toContain(fault);
  expect(neverHit(sum)).not.toContain("opened");
  expect(neverHit(sum)).toContain("PIN locked");
  expect(neverHit(emptyReport)).toContain(fault);
});

test("there are slow and quick cylinders, and every kind of memory that keeps the timers", () => {
  expect(PROFILES.length).toBeGreaterThan(5);
  expect(new Set(PROFILES.map(({ refusals }) => refusals))).toEqual(new Set(["within-limits", "dearer"]));
  expect(new Set(PROFILES.map(({ pair }) => pair.cylinder.memory.name)).size).toBeGreaterThan(3);
});

// Seed 10051 (P14): six signatures in one `supply` take a Cortex-M0+ at 16 MHz 2.5 s, and a key asks for 1.8 s: BUSY keeps it asking
// (test/world/busy.test.ts).
test("the options draw every pair, also those that compute for longer than a key goes on asking without a BUSY", () => {
  expect(PROFILES.length).toBe(optionTable.hardware.most + 1);
  const slow = PROFILES.filter(({ pair }) => {
    return timeoutChecks(heaviestVisit, pair).some(({ verdict }) => verdict === "busy");
  });
  expect(slow.length).toBeGreaterThan(3);
});
