import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Battery,
  type BatteryProfile,
  batteryWith,
  chargePermille,
  drainBattery,
  fullCell,
  gaugeBattery,
  ladderStep,
  loadedMillivolts,
  putInCell,
  steadyMicrojoules,
  supplyAt,
  takeOutCell,
} from "#src/hardware/battery.ts";

const SECOND = 1_000_000;
const HOLD = 300 * SECOND;
const PROFILE: BatteryProfile = {
  capacityMicrojoules: 8_000_000,
  curve: [
    { chargePermille: 1000, openCircuitMillivolts: 3200, internalMilliohms: 1000 },
    { chargePermille: 200, openCircuitMillivolts: 2800, internalMilliohms: 3000 },
    { chargePermille: 0, openCircuitMillivolts: 2000, internalMilliohms: 10_000 },
  ],
  coldMilliohmsPerCelsius: 50,
  coldBelowMilliCelsius: 20_000,
  brownOutMillivolts: 1900,
  thresholds: { lowMillivolts: 2800, criticalMillivolts: 2600, emptyMillivolts: 2300, hysteresisMillivolts: 150 },
  capacitor: { holdMicroseconds: HOLD, chargeMicroseconds: 60 * SECOND },
};
const ROOM = { microamps: 20_000, milliCelsius: 20_000 };
const REST = { microamps: 0, milliCelsius: 20_000 };
const cellAt = (permille: number) => ({ chargeMicrojoules: (PROFILE.capacityMicrojoules / 1000) * permille });
const at = (permille: number) => batteryWith(PROFILE, cellAt(permille), 0);

test.each([
  [1000, 0, 20_000, 3200],
  [600, 0, 20_000, 3000],
  [200, 0, 20_000, 2800],
  [100, 0, 20_000, 2400],
  [1000, 20_000, 20_000, 3180],
  [600, 20_000, 20_000, 2960],
  // 40 degrees below: 2 ohms more.
  [1000, 20_000, -20_000, 3140],
  [1000, 20_000, 40_000, 3180],
  [0, 0, 20_000, 0],
  [1, 1_000_000, 20_000, 0],
])("%i permille with %i µA at %i m°C: %i mV", (permille, microamps, milliCelsius, millivolts) => {
  expect(loadedMillivolts(at(permille), { microamps, milliCelsius })).toBe(millivolts);
});

test("more load, more cold or less charge never raises the voltage", () => {
  const load = fc.record({
    microamps: fc.nat({ max: 200_000 }),
    milliCelsius: fc.integer({ min: -40_000, max: 60_000 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), load, fc.nat({ max: 50_000 }), (permille, held, more) => {
      const volts = loadedMillivolts(at(permille), held);
      expect(loadedMillivolts(at(permille), { ...held, microamps: held.microamps + more })).toBeLessThanOrEqual(volts);
      expect(loadedMillivolts(at(permille), { ...held, milliCelsius: held.milliCelsius - more })).toBeLessThanOrEqual(
        volts,
      );
      expect(loadedMillivolts(at(permille - 1), held)).toBeLessThanOrEqual(volts);
    }),
  );
});

test.each([
  ["ok", 2800, "ok"],
  ["ok", 2799, "low"],
  ["ok", 2599, "critical"],
  ["ok", 2299, "empty"],
  ["low", 2949, "low"],
  ["low", 2950, "ok"],
  ["low", 2600, "low"],
  ["critical", 2749, "critical"],
  ["critical", 2750, "low"],
  ["critical", 2950, "ok"],
  ["critical", 2299, "empty"],
  ["empty", 2449, "empty"],
  ["empty", 2450, "critical"],
  ["empty", 2950, "ok"],
] as const)("the ladder (SPEC BAT-1): %s at %i mV is %s", (step, millivolts, next) => {
  expect(ladderStep(step, millivolts, PROFILE.thresholds)).toBe(next);
});

test("a voltage that wavers within the hysteresis moves the step at most once", () => {
  const waver = fc.array(fc.integer({ min: 0, max: 149 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.integer({ min: 2000, max: 3300 }), waver, (base, offsets) => {
      let step = ladderStep("ok", base, PROFILE.thresholds);
      const seen = new Set([step]);
      for (const offset of offsets) {
        step = ladderStep(step, base + offset, PROFILE.thresholds);
        seen.add(step);
      }
      expect(seen.size).toBe(1);
    }),
  );
});

test("charge is conserved: what is drained is gone, and never more than there was", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 3_000_000 }), { maxLength: 8 }), (draws) => {
      let battery: Battery = batteryWith(PROFILE, fullCell(PROFILE), 0);
      let left = PROFILE.capacityMicrojoules;
      for (const energy of draws) {
        const step = drainBattery(battery, energy, REST, 0);
        expect(step.outcome === "delivered").toBe(energy <= left && energy < left);
        left = Math.max(0, left - energy);
        battery = step.battery;
        expect(battery.slot).toEqual({ state: "in", cell: { chargeMicrojoules: left } });
      }
      expect(chargePermille(battery)).toBe(Math.floor(left / 8000));
    }),
  );
});

test("a load that the voltage does not carry collapses, and a load on no cell too", () => {
  expect(drainBattery(at(100), 10, { ...ROOM, microamps: 60_000 }, 0).outcome).toBe("delivered");
  expect(drainBattery(at(100), 10, { ...ROOM, microamps: 100_000 }, 0).outcome).toBe("collapsed");
  const { battery } = takeOutCell(at(1000), 0);
  expect(drainBattery(battery, 0, REST, 0)).toEqual({ battery, outcome: "collapsed" });
  expect(loadedMillivolts(battery, REST)).toBe(0);
  expect(chargePermille(battery)).toBe(0);
});

test("the gauge follows the cell that is in: a fresh one brings it back to ok, the old one does not", () => {
  const weak = gaugeBattery(at(150), ROOM);
  expect(weak.step).toBe("critical");
  expect(gaugeBattery(weak, ROOM)).toBe(weak);
  const { battery, cell } = takeOutCell(weak, 0);
  expect(gaugeBattery(battery, ROOM).step).toBe("empty");
  expect(gaugeBattery(putInCell(battery, cell ?? cellAt(0), 10), ROOM).step).toBe("critical");
  expect(gaugeBattery(putInCell(battery, fullCell(PROFILE), 10), ROOM).step).toBe("ok");
});

test("one slot takes one cell", () => {
  const full = at(1000);
  expect(putInCell(full, cellAt(1), 5)).toBe(full);
  const { battery } = takeOutCell(full, 5);
  expect(takeOutCell(battery, 6)).toEqual({ battery, cell: undefined });
});

test("a change within the capacitor's hold keeps the oscillator supplied (SPEC TIM-9), a longer one does not", () => {
  const charged = 3600 * SECOND;
  const { battery } = takeOutCell(at(1000), charged);
  expect(supplyAt(at(1000), charged)).toEqual({ kind: "cell" });
  expect(supplyAt(battery, charged + HOLD - 1)).toEqual({ kind: "capacitor", untilMicroseconds: charged + HOLD });
  expect(supplyAt(battery, charged + HOLD)).toEqual({ kind: "none", sinceMicroseconds: charged + HOLD });
  expect(supplyAt(battery, charged + 10 * HOLD)).toEqual({ kind: "none", sinceMicroseconds: charged + HOLD });
});

test("a capacitor that had no time to charge holds shorter", () => {
  const charged = 3600 * SECOND;
  const first = takeOutCell(at(1000), charged).battery;
  // Empty by now; a minute would fill it, and it gets six seconds.
  const back = putInCell(first, fullCell(PROFILE), charged + HOLD);
  const again = takeOutCell(back, charged + HOLD + 6 * SECOND).battery;
  const until = charged + HOLD + 6 * SECOND + HOLD / 10;
  expect(supplyAt(again, charged + HOLD + 7 * SECOND)).toEqual({ kind: "capacitor", untilMicroseconds: until });
  expect(supplyAt(takeOutCell(at(1000), 0).battery, 0)).toEqual({ kind: "none", sinceMicroseconds: 0 });
});

test("a cell that runs dry in its slot leaves the capacitor holding, and a dry cell does not charge it", () => {
  const dry = drainBattery(at(1000), PROFILE.capacityMicrojoules, REST, 3600 * SECOND).battery;
  const until = 3600 * SECOND + HOLD;
  expect(supplyAt(dry, 3600 * SECOND)).toEqual({ kind: "capacitor", untilMicroseconds: until });
  const { battery, cell } = takeOutCell(dry, 3700 * SECOND);
  const again = putInCell(battery, cell ?? fullCell(PROFILE), 3800 * SECOND);
  expect(supplyAt(again, until - 1)).toEqual({ kind: "capacitor", untilMicroseconds: until });
  expect(supplyAt(again, until + 1)).toEqual({ kind: "none", sinceMicroseconds: until });
});

test("a steady draw in microjoules, rounded up", () => {
  // 3 µW for an hour, and 1 nW for a millisecond.
  expect(steadyMicrojoules(3000, 3600 * SECOND)).toBe(10_800);
  expect(steadyMicrojoules(1, 1000)).toBe(1);
  expect(steadyMicrojoules(1, 0)).toBe(0);
});
