import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  batteryLife,
  dearestOpening,
  openingsLeft,
  usableBatteryMicrojoules,
  usualDay,
} from "#src/costs/battery-life.ts";
import { openingCost } from "#src/costs/opening-cost.ts";
import type { HardwarePair } from "#src/costs/opening-steps.ts";
import { usualKey, usualPair } from "#src/costs/pairs.ts";
import { type BatteryFigures, batteries, cr2, cr2032 } from "#src/costs/peripherals.ts";
import { visits } from "#src/costs/visits.ts";

const withBattery = (battery: BatteryFigures): HardwarePair => ({ ...usualPair, key: { ...usualKey, battery } });

describe("battery life", () => {
  test("800 mAh at 3.0 V, of which 85 % can be used, are 7,344 J", () => {
    expect(usableBatteryMicrojoules(cr2)).toBe(7_344_000_000);
  });

  test("idling is 3 µW behind 92 %, and self-discharge", () => {
    // 3 µW for a day are 259.2 mJ, at the battery 281.74 mJ; 1 % of 7,344 J a year are 201.21 mJ a day.
    expect(batteryLife(usualPair).idleMicrojoulesPerDay).toBe(281_740 + 201_206);
  });

  test("a battery that is used up by its days and openings holds no more and no less", () => {
    const life = batteryLife(usualPair);
    const perDay = usualDay.visits.reduce(
      (sum, { visit, timesADay }) => sum + timesADay * openingCost(visit, usualPair).batteryNanojoules,
      0,
    );
    const spent = (life.days * 5 * Math.ceil(perDay / 1_000)) / 7 + life.days * life.idleMicrojoulesPerDay;
    const toSpend = life.usableMicrojoules - life.ladder.emptyMicrojoules;
    expect(spent).toBeLessThanOrEqual(toSpend);
    expect(spent).toBeGreaterThan(toSpend * 0.999);
    expect(life.openings / life.days).toBeCloseTo((20 * 5) / 7, 0);
  });

  test.each(batteries)("$name: from critical on at least 20 of the dearest openings remain (SPEC BAT-2)", (battery) => {
    const life = batteryLife(withBattery(battery));
    expect(openingsLeft(life.ladder.criticalMicrojoules, life)).toBeGreaterThanOrEqual(20);
    expect(openingsLeft(life.ladder.criticalMicrojoules - 1, life)).toBeLessThan(20);
    expect(openingsLeft(life.ladder.emptyMicrojoules, life)).toBe(0);
    expect(life.ladder.lowMicrojoules).toBeGreaterThan(life.ladder.criticalMicrojoules);
    expect(life.usableMicrojoules).toBeGreaterThan(life.ladder.lowMicrojoules * 5);
  });

  test("no visit is dearer than the dearest", () => {
    const dearest = dearestOpening(usualPair).batteryNanojoules;
    for (const visit of visits) expect(openingCost(visit, usualPair).batteryNanojoules).toBeLessThan(dearest);
  });

  test("openings left never rise while energy falls", () => {
    const life = batteryLife(usualPair);
    const energy = fc.integer({ min: 0, max: life.usableMicrojoules });
    fc.assert(
      fc.property(energy, energy, (a, b) => {
        expect(openingsLeft(Math.min(a, b), life)).toBeLessThanOrEqual(openingsLeft(Math.max(a, b), life));
      }),
    );
  });

  test("a coin cell cannot give the pulse of a clutch, the others can", () => {
    const missing = batteries.filter((battery) => batteryLife(withBattery(battery)).pulse.verdict === "missed");
    expect(missing).toEqual([cr2032]);
  });
});
