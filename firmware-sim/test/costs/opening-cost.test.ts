import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memories } from "#src/costs/memories.ts";
import {
  batteryNanojoules,
  fillNanojoules,
  openingCost,
  riseMicroseconds,
  usualCourse,
} from "#src/costs/opening-cost.ts";
import { type BootKind, furtherSha512Blocks, type HardwarePair, stepsOf } from "#src/costs/opening-steps.ts";
import { cylinderOf, pairs, slowestPair, usualKey, usualPair } from "#src/costs/pairs.ts";
import { batteries, contactAt1M, cr2032 } from "#src/costs/peripherals.ts";
import { cortexM0PlusAt16MHz, cortexM33At160MHz, processors } from "#src/costs/processors.ts";
import * as V from "#src/costs/visits.ts";

const anyPair: fc.Arbitrary<HardwarePair> = fc
  .record({
    door: fc.constantFrom(...processors),
    doorMemory: fc.constantFrom(...memories),
    key: fc.constantFrom(...processors),
    keyMemory: fc.constantFrom(...memories),
    battery: fc.constantFrom(...batteries),
  })
  .map(({ door, doorMemory, key, keyMemory, battery }) => ({
    key: { ...usualKey, processor: key, memory: keyMemory, battery },
    cylinder: cylinderOf(door, doorMemory),
  }));

const bytesToResult = (visit: V.Visit, pair: HardwarePair = usualPair): number => {
  const steps = stepsOf(visit, pair, usualCourse);
  const result = steps.findIndex(({ name }) => name === "result");
  return steps
    .slice(0, result + 1)
    .reduce((sum, { action }) => (action.kind === "frame" ? sum + action.bytes : sum), 0);
};

describe("what a visit asks", () => {
  test("the bytes are those of SPEC Appendix B", () => {
    const spec = readFileSync(new URL("../../../protocol/SPEC.md", import.meta.url), "utf8");
    const appendix = spec.slice(spec.indexOf("## Appendix B"), spec.indexOf("## Appendix C"));
    const rows = new Map(
      [...appendix.matchAll(/^\| ([^|]+) \| (\d+) \|$/gm)].map(([, name = "", bytes]) => [name, Number(bytes)]),
    );
    expect({
      hello: rows.get("hello"),
      challenge: rows.get("challenge"),
      openFirst: rows.get("open with grant, ticket and proof"),
      openRepeat: rows.get("open with cti and proof"),
      result: rows.get("result"),
      policyUpdate: rows.get("update with a policy, and its reply"),
      listUpdate: rows.get("update with a list of 4 entries, and its reply"),
      certificateUpdate: rows.get("update with a certificate, and its reply"),
      collect: rows.get("collect, and a segment of 8 openings"),
      certificate: rows.get("Certificate, 1 group"),
      grant: rows.get("Grant, 1 group"),
      ticket: rows.get("ActivationTicket"),
      policy: rows.get("DoorPolicy, 3 groups and 2 lists"),
      list: rows.get("RevocationList, 4 entries"),
      fullList: rows.get("RevocationList, 48 entries"),
      proof: rows.get("OpenProof, nothing newer than the door has"),
      segment: rows.get("LogSegment, 8 openings"),
      intent: rows.get("LogRecord intent"),
      outcome: rows.get("LogRecord outcome"),
    }).toEqual(V.VISIT_BYTES);
  });

  test("hello to result keeps to SPEC SIZ-1 where nothing is sent again", () => {
    expect(bytesToResult(V.firstVisit)).toBe(594);
    expect(bytesToResult(V.repeatVisit)).toBe(273);
    const quick: HardwarePair = { key: usualKey, cylinder: cylinderOf(cortexM33At160MHz) };
    expect(openingCost(V.firstVisit, quick)).toMatchObject({ contactBytes: 594, busyAnswers: 0 });
    expect(openingCost(V.repeatVisit, quick)).toMatchObject({ contactBytes: 273, busyAnswers: 0 });
  });

  test("a first visit costs three verifications, two without activation, a repeat one (SPEC OPN-10)", () => {
    const verifications = V.visits.map((visit) => [visit.name, openingCost(visit, usualPair).verifications]);
    expect(Object.fromEntries(verifications)).toEqual({
      "first visit": 3,
      "first visit, no activation asked": 2,
      repeat: 1,
      "repeat that carries log": 1,
      "first visit with three updates and log": 6,
      heaviest: 9,
    });
  });

  test("a grant to be signed has 175 bytes, so 256 with R, A and padding: two blocks of SHA-512", () => {
    expect(furtherSha512Blocks({ objectBytes: 183, furtherAadBytes: 0, trusts: "nothing" })).toBe(1);
    expect(furtherSha512Blocks({ objectBytes: 184, furtherAadBytes: 0, trusts: "nothing" })).toBe(2);
  });
});

describe("an opening, worked by hand", () => {
  test("47 µF: 423 µJ to fill to 3 V, 0.94 ms to 2 V at 100 mA, 13.8 ms on a coin cell", () => {
    expect(fillNanojoules(usualPair)).toBe(423_000);
    expect(riseMicroseconds(usualPair)).toBe(940);
    expect(riseMicroseconds({ ...usualPair, key: { ...usualKey, battery: cr2032 } })).toBe(13_824);
  });

  test("the battery pays for contact and converter: 85 % and 92 %", () => {
    const cost = { microseconds: 0, cylinderNanojoules: 85_000, keyNanojoules: 6_000 };
    expect(batteryNanojoules(cost, usualPair)).toBe(Math.ceil((106_000 * 100) / 92));
  });

  test("power-up takes 5 ms of listening, the rise, the start and the boot", () => {
    const { phases } = openingCost(V.firstVisit, slowestPair);
    // Eight blocks of 8,590 cycles at 16 MHz in 4.295 ms; 1,024 bytes in sixteen reads of 2 µs.
    expect(phases["power-up"].microseconds).toBe(5_000 + 940 + 2_500 + 4_295 + 32);
  });

  test("the verifications of a first visit on the slowest core take 12.6 M cycles, and energy for them", () => {
    const { phases } = openingCost(V.firstVisit, slowestPair);
    expect(phases.verify.microseconds).toBeGreaterThan(787_500);
    expect(phases.verify.microseconds).toBeLessThan(820_000);
    expect(phases.verify.cylinderNanojoules).toBeGreaterThan(5_254_200);
  });

  test("a slow door's BUSY answers make the key send the same bytes again (SPEC ERR-4)", () => {
    const { busyAnswers, contactBytes } = openingCost(V.firstVisit, pairs[0]?.pair ?? slowestPair);
    // Handling takes 915.6 ms, the time-out is 900: one BUSY, and the same 458 bytes once more.
    expect(busyAnswers).toBe(1);
    expect(contactBytes).toBe(594 + 478);
  });
});

describe("openings", () => {
  test("phases add up, energies are positive, and whoever waits pays too", () => {
    fc.assert(
      fc.property(anyPair, fc.constantFrom(...V.visits), (pair, visit) => {
        const { phases, total, resultMicroseconds, batteryNanojoules: atBattery } = openingCost(visit, pair);
        const all = Object.values(phases);
        expect(all.reduce((sum, { microseconds }) => sum + microseconds, 0)).toBe(total.microseconds);
        expect(all.reduce((sum, phase) => sum + phase.cylinderNanojoules, 0)).toBe(total.cylinderNanojoules);
        for (const phase of all) {
          expect(phase.cylinderNanojoules).toBeGreaterThan(0);
          expect(phase.keyNanojoules).toBeGreaterThan(0);
        }
        expect(resultMicroseconds).toBeLessThan(total.microseconds);
        expect(atBattery).toBeGreaterThan(total.cylinderNanojoules + total.keyNanojoules);
      }),
      { numRuns: 60 },
    );
  });

  test("what asks more costs more: repeat, first visit, with updates, heaviest; and log on top", () => {
    fc.assert(
      fc.property(anyPair, (pair) => {
        const result = (visit: V.Visit): number => openingCost(visit, pair).resultMicroseconds;
        expect(result(V.repeatVisit)).toBeLessThan(result(V.firstVisitWithoutActivation));
        expect(result(V.firstVisitWithoutActivation)).toBeLessThan(result(V.firstVisit));
        expect(result(V.firstVisit)).toBeLessThan(result(V.fullVisit));
        expect(result(V.firstVisit)).toBeLessThan(result(V.heaviestVisit));
        expect(result(V.repeatWithLog)).toBe(result(V.repeatVisit));
        const log = (visit: V.Visit): number => openingCost(visit, pair).phases.log.microseconds;
        expect(log(V.repeatVisit)).toBeLessThan(log(V.repeatWithLog));
      }),
      { numRuns: 60 },
    );
  });

  test("a faster line, a faster core and a cleaner end before never take longer", () => {
    fc.assert(
      fc.property(anyPair, fc.constantFrom(...V.visits), (pair, visit) => {
        const usual = openingCost(visit, pair).resultMicroseconds;
        const line: HardwarePair = {
          key: { ...pair.key, contact: contactAt1M },
          cylinder: { ...pair.cylinder, contact: contactAt1M },
        };
        expect(openingCost(visit, line).resultMicroseconds).toBeLessThan(usual);
        const clock = { ...pair.cylinder.processor, clockMegahertz: pair.cylinder.processor.clockMegahertz * 2 };
        const core: HardwarePair = { ...pair, cylinder: { ...pair.cylinder, processor: clock } };
        expect(openingCost(visit, core).resultMicroseconds).toBeLessThan(usual);
        const boots: readonly BootKind[] = ["after-outcome", "after-cut", "erase-due"];
        const [clean = 0, cut = 0, due = 0] = boots.map(
          (boot) => openingCost(visit, pair, { ...usualCourse, boot }).resultMicroseconds,
        );
        expect(clean).toBeLessThan(cut);
        expect(cut).toBeLessThanOrEqual(due);
      }),
      { numRuns: 60 },
    );
  });

  test("a refusal never pays for commit of an intent, clutch and outcome", () => {
    const refused = openingCost(V.firstVisit, slowestPair, {
      boot: "after-outcome",
      end: { kind: "refused", as: "recorded" },
    });
    const opened = openingCost(V.firstVisit, slowestPair);
    expect(refused.steps.map(({ step }) => step.name)).not.toContain("engage");
    expect(refused.phases.actuate.microseconds).toBe(0);
    expect(refused.total.cylinderNanojoules).toBeLessThan(opened.total.cylinderNanojoules);
    expect(cortexM0PlusAt16MHz.name).toBe(slowestPair.cylinder.processor.name);
  });
});
