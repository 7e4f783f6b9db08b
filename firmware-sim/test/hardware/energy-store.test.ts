import fc from "fast-check";
import { expect, test } from "vitest";
import {
  advanceStore,
  chargeMicrowatts,
  type EnergyFlow,
  type EnergyStore,
  type EnergyStoreProfile,
  type EnergySupply,
  emptyStore,
  energyFor,
  nextPowerChange,
  openingEnergy,
  storeMillivolts,
  usableMicrojoules,
} from "#src/hardware/energy-store.ts";

const PROFILE: EnergyStoreProfile = {
  nanofarads: 47_000,
  fullMillivolts: 3000,
  powerOnMillivolts: 2400,
  brownOutMillivolts: 2000,
  seriesMilliohms: 500,
  chargeMicrowatts: 300_000,
  leakMicrowatts: 3,
  bleedMicrowatts: 2000,
  commitMicrojoules: 300,
  engageMicrojoules: 18_000,
  outcomeMicrojoules: 300,
  measureMicrowatts: 200_000,
};
const OPEN: EnergySupply = { contact: "open" };
const KEY: EnergySupply = { contact: "made", sourceMillivolts: 3000, sourceMilliohms: 2000 };
const DIRTY: EnergySupply = { ...KEY, sourceMilliohms: 20_000 };
const flowOf = (supply: EnergySupply, loadMicrowatts = 0): EnergyFlow => ({ supply, loadMicrowatts });

const supplies = fc.oneof(
  fc.constant(OPEN),
  fc.record({
    contact: fc.constant("made" as const),
    sourceMillivolts: fc.nat({ max: 3300 }),
    sourceMilliohms: fc.nat({ max: 50_000 }),
  }),
);
const flows = fc.record({ supply: supplies, loadMicrowatts: fc.nat({ max: 400_000 }) });
const stores: fc.Arbitrary<EnergyStore> = fc
  .record({ power: fc.constantFrom("off" as const, "on" as const), storedPicojoules: fc.nat({ max: 211_500_000 }) })
  .map((state) => ({ profile: PROFILE, ...state }));

/** Until nothing changes any more, at most so long; the number of power changes. */
function run(store: EnergyStore, flow: EnergyFlow, microseconds: number) {
  const changes: string[] = [];
  let [now, left] = [store, microseconds];
  while (left > 0 || nextPowerChange(now, flow)?.afterMicroseconds === 0) {
    const step = advanceStore(now, flow, left);
    now = step.store;
    left -= step.elapsedMicroseconds;
    if (step.change !== undefined) changes.push(step.change.kind);
    if (changes.length > 3) break;
  }
  return { store: now, changes };
}
const CHARGED = run(emptyStore(PROFILE), flowOf(KEY), 1_000_000).store;

test("an empty store wakes under the key after ½CV², and fills", () => {
  // 47 µF to 2.4 V are 135.36 µJ, at 300 mW less the leak.
  expect(nextPowerChange(emptyStore(PROFILE), flowOf(KEY))).toEqual({ kind: "power-on", afterMicroseconds: 452 });
  // Electronics that are off draw nothing.
  expect(nextPowerChange(emptyStore(PROFILE), flowOf(KEY, 400_000))?.afterMicroseconds).toBe(452);
  const { store, changes } = run(emptyStore(PROFILE), flowOf(KEY), 1_000_000);
  expect([changes, store.power, storeMillivolts(store, 0)]).toEqual([["power-on"], "on", 3000]);
  expect(nextPowerChange(emptyStore(PROFILE), flowOf(OPEN))).toBeUndefined();
});

test.each([
  [KEY, 300_000],
  [DIRTY, 112_500],
  [{ ...KEY, sourceMilliohms: 0 }, 300_000],
  [{ ...KEY, sourceMillivolts: 0 }, 0],
  [OPEN, 0],
] as const)("the charger gets what %j can give: %i µW", (supply, microwatts) => {
  expect(chargeMicrowatts(PROFILE, supply)).toBe(microwatts);
});

test("the electronics run exactly as long as the voltage under load is not below the brown-out", () => {
  fc.assert(
    fc.property(stores, flows, (state, flow) => {
      const store: EnergyStore = { ...state, power: "on" };
      const change = nextPowerChange(store, flow);
      const isBelow = storeMillivolts(store, flow.loadMicrowatts) < PROFILE.brownOutMillivolts;
      expect(change?.afterMicroseconds === 0).toBe(isBelow);
      if (change === undefined || isBelow) return;
      const last = advanceStore(store, flow, change.afterMicroseconds - 1);
      expect([last.change, last.store.power]).toEqual([undefined, "on"]);
      expect(storeMillivolts(last.store, flow.loadMicrowatts)).toBeGreaterThanOrEqual(PROFILE.brownOutMillivolts);
      const gone = advanceStore(store, flow, change.afterMicroseconds + 1000);
      expect([gone.change, gone.store.power, gone.elapsedMicroseconds]).toEqual([
        change,
        "off",
        change.afterMicroseconds,
      ]);
      expect(storeMillivolts(gone.store, flow.loadMicrowatts)).toBeLessThan(PROFILE.brownOutMillivolts);
    }),
  );
});

test("energy is neither made nor lost beyond the flow: in small steps as in one", () => {
  fc.assert(
    fc.property(stores, flows, fc.nat({ max: 5000 }), fc.nat({ max: 5000 }), (store, flow, first, second) => {
      const whole = advanceStore(store, flow, first + second);
      fc.pre(whole.change === undefined);
      const half = advanceStore(store, flow, first);
      const rest = advanceStore(half.store, flow, second);
      expect(rest.store).toEqual(whole.store);
      expect(whole.store.storedPicojoules).toBeGreaterThanOrEqual(0);
      expect(whole.store.storedPicojoules).toBeLessThanOrEqual(211_500_000);
      expect(whole.intakePicojoules).toBe(half.intakePicojoules + rest.intakePicojoules);
    }),
  );
});

test("a full store takes what is drawn from it and no more", () => {
  const step = advanceStore(CHARGED, flowOf(KEY, 10_000), 1000);
  expect([step.store, step.intakePicojoules]).toEqual([CHARGED, 10_003_000]);
});

test("after removal the store collapses, whatever it does, and does not come back by itself", () => {
  fc.assert(
    fc.property(stores, fc.nat({ max: 400_000 }), (store, load) => {
      const { store: later, changes } = run(store, flowOf(OPEN, load), 1_000_000);
      const first = store.power === "off" && storeMillivolts(store, 0) >= PROFILE.powerOnMillivolts;
      expect(later).toEqual({ profile: PROFILE, power: "off", storedPicojoules: 0 });
      if (!first) expect(changes.length).toBe(store.power === "on" ? 1 : 0);
    }),
  );
});

test("a bounce is ridden through, a pull is not", () => {
  const awake = flowOf(OPEN, 10_000);
  expect(advanceStore(CHARGED, awake, 2000).store.power).toBe("on");
  expect(nextPowerChange(CHARGED, awake)?.kind).toBe("brown-out");
  expect(advanceStore(CHARGED, awake, 20_000).store.power).toBe("off");
});

test("a load that steps up can brown out at once: sag, not lack of energy", () => {
  const weak: EnergyStore = { ...CHARGED, profile: { ...PROFILE, seriesMilliohms: 20_000 } };
  expect(nextPowerChange(weak, flowOf(KEY, 200_000))).toEqual({ kind: "brown-out", afterMicroseconds: 0 });
  expect(nextPowerChange(weak, flowOf(KEY, 10_000))).toBeUndefined();
});

test("an opening is covered by a good contact, not by a dirty one nor by the store alone (SPEC OPN-12)", () => {
  expect(openingEnergy(CHARGED, KEY)).toBe("enough");
  expect(openingEnergy(CHARGED, DIRTY)).toBe("short");
  expect(openingEnergy(CHARGED, OPEN)).toBe("short");
  expect(openingEnergy(emptyStore(PROFILE), KEY)).toBe("short");
});

test("what is covered can be spent: energyFor and time agree", () => {
  fc.assert(
    fc.property(
      stores,
      flows,
      fc.integer({ min: 1, max: 20_000 }),
      (state, { supply, loadMicrowatts }, microjoules) => {
        const flow = flowOf(supply, loadMicrowatts + 1000);
        // Time is in whole microseconds: in the one after these all of it is spent, and what ends with that one comes in time.
        const needed = Math.floor((microjoules * 1_000_000) / flow.loadMicrowatts);
        const store: EnergyStore = { ...state, power: "on" };
        const isOn = advanceStore(store, flow, needed).store.power === "on";
        expect(energyFor(store, flow, microjoules)).toBe(isOn ? "enough" : "short");
      },
    ),
  );
});

test("what is usable without supply is what lies above the brown-out", () => {
  // 47 µF from 3.0 to 2.0 V are 117.5 µJ without load; a load leaves less.
  expect(usableMicrojoules(CHARGED, 0)).toBe(117);
  expect(usableMicrojoules(CHARGED, 200_000)).toBeLessThan(117);
  expect(usableMicrojoules(emptyStore(PROFILE), 0)).toBe(0);
});
