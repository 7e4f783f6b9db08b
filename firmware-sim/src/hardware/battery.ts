/**
 * A key's battery: charge, open-circuit voltage, sag under load, the ladder of SPEC BAT-1, and the change by its holder.
 * A flat cell keeps its voltage until the cliff, so a gauge sees trouble late: that is in the profile's curve, not here.
 */
import {
  type BackupCapacitor,
  type BackupCapacitorProfile,
  capacitorHold,
  emptyCapacitor,
  switchCapacitor,
} from "./backup-capacitor.ts";

/** Figures come from a cost profile. */
export interface BatteryProfile {
  readonly capacityMicrojoules: number;
  /** Falling charge, from 1000 permille to 0; between two points the line. */
  readonly curve: readonly [BatteryPoint, ...BatteryPoint[]];
  /** Added to the internal resistance for each degree below `coldBelowMilliCelsius`. */
  readonly coldMilliohmsPerCelsius: number;
  readonly coldBelowMilliCelsius: number;
  /** Below this, under load, the device resets. */
  readonly brownOutMillivolts: number;
  readonly thresholds: BatteryThresholds;
  readonly capacitor: BackupCapacitorProfile;
}

export interface BatteryPoint {
  readonly chargePermille: number;
  readonly openCircuitMillivolts: number;
  readonly internalMilliohms: number;
}

/** Voltages under load. A step is left downwards below its threshold, and upwards from threshold + hysteresis. */
export interface BatteryThresholds {
  readonly lowMillivolts: number;
  readonly criticalMillivolts: number;
  readonly emptyMillivolts: number;
  readonly hysteresisMillivolts: number;
}

/** SPEC BAT-1, from the best. */
export type BatteryStep = "ok" | "low" | "critical" | "empty";

/** One cell, which its holder may take out and put in again. */
export interface Cell {
  readonly chargeMicrojoules: number;
}

export interface Battery {
  readonly profile: BatteryProfile;
  readonly slot: { readonly state: "in"; readonly cell: Cell } | { readonly state: "out" };
  /** What the gauge last said. */
  readonly step: BatteryStep;
  readonly capacitor: BackupCapacitor;
}

/** What the device draws, and how cold it is. */
export interface BatteryLoad {
  readonly microamps: number;
  readonly milliCelsius: number;
}

/** What holds the oscillator. `none` says since when there has been nothing. */
export type BatterySupply =
  | { readonly kind: "cell" }
  | { readonly kind: "capacitor"; readonly untilMicroseconds: number }
  | { readonly kind: "none"; readonly sinceMicroseconds: number };

export function fullCell(profile: BatteryProfile): Cell {
  return { chargeMicrojoules: profile.capacityMicrojoules };
}

/** A device with a cell in it since this moment; its capacitor is empty. */
export function batteryWith(profile: BatteryProfile, cell: Cell, atMicroseconds: number): Battery {
  return { profile, slot: { state: "in", cell }, step: "ok", capacitor: emptyCapacitor(atMicroseconds) };
}

/** State of charge, 0 without a cell. */
export function chargePermille({ slot, profile }: Battery): number {
  if (slot.state === "out") return 0;
  return Math.min(1000, Math.floor((slot.cell.chargeMicrojoules * 1000) / profile.capacityMicrojoules));
}

/** Voltage at the terminals: open circuit less current times internal resistance, at least 0. */
export function loadedMillivolts(battery: Battery, load: BatteryLoad): number {
  const { slot, profile } = battery;
  if (slot.state === "out" || slot.cell.chargeMicrojoules === 0) return 0;
  const { openCircuitMillivolts, internalMilliohms } = pointAt(profile.curve, chargePermille(battery));
  const coldMilliCelsius = Math.max(0, profile.coldBelowMilliCelsius - load.milliCelsius);
  const milliohms = internalMilliohms + Math.floor((coldMilliCelsius * profile.coldMilliohmsPerCelsius) / 1000);
  return Math.max(0, openCircuitMillivolts - Math.ceil((load.microamps * milliohms) / 1_000_000));
}

/** The gauge: measures under load and moves the step, down at once and up only past the hysteresis. */
export function gaugeBattery(battery: Battery, load: BatteryLoad): Battery {
  const step = ladderStep(battery.step, loadedMillivolts(battery, load), battery.profile.thresholds);
  return step === battery.step ? battery : { ...battery, step };
}

/** The ladder alone. */
export function ladderStep(step: BatteryStep, millivolts: number, thresholds: BatteryThresholds): BatteryStep {
  const down = stepFor(millivolts, thresholds);
  if (STEPS.indexOf(down) >= STEPS.indexOf(step)) return down;
  const up = stepFor(millivolts - thresholds.hysteresisMillivolts, thresholds);
  return STEPS.indexOf(up) < STEPS.indexOf(step) ? up : step;
}

/**
 * Takes energy out under a load. `collapsed` means that the voltage was under the brown-out at the beginning or at the
 * end (a dry cell has none): what was to be done with the energy was not done.
 */
export function drainBattery(
  battery: Battery,
  energyMicrojoules: number,
  load: BatteryLoad,
  atMicroseconds: number,
): { readonly battery: Battery; readonly outcome: "delivered" | "collapsed" } {
  const { slot, profile } = battery;
  if (slot.state === "out") return { battery, outcome: "collapsed" };
  const before = slot.cell.chargeMicrojoules;
  const chargeMicrojoules = Math.max(0, before - energyMicrojoules);
  const runsDry = before > 0 && chargeMicrojoules === 0;
  const capacitor = runsDry
    ? switchCapacitor(battery.capacitor, profile.capacitor, atMicroseconds, "holding")
    : battery.capacitor;
  const drained: Battery = { ...battery, slot: { state: "in", cell: { chargeMicrojoules } }, capacitor };
  const isLow = [battery, drained].some((one) => loadedMillivolts(one, load) < profile.brownOutMillivolts);
  return { battery: drained, outcome: isLow ? "collapsed" : "delivered" };
}

/** The energy of a steady draw (sleep, self-discharge) over a stretch of time, rounded up. */
export function steadyMicrojoules(nanowatts: number, elapsedMicroseconds: number): number {
  return Math.ceil((nanowatts * Math.ceil(elapsedMicroseconds / 1000)) / 1_000_000);
}

/** The holder takes the cell out; the capacitor holds from now on. Without a cell there is nothing to take. */
export function takeOutCell(
  battery: Battery,
  atMicroseconds: number,
): { readonly battery: Battery; readonly cell: Cell | undefined } {
  const { slot, profile } = battery;
  if (slot.state === "out") return { battery, cell: undefined };
  const capacitor = switchCapacitor(battery.capacitor, profile.capacitor, atMicroseconds, "holding");
  return { battery: { ...battery, slot: { state: "out" }, capacitor }, cell: slot.cell };
}

/** The holder puts a cell in. Where one is already, the new one finds no room and nothing changes. */
export function putInCell(battery: Battery, cell: Cell, atMicroseconds: number): Battery {
  if (battery.slot.state === "in") return battery;
  const goal = cell.chargeMicrojoules > 0 ? "charging" : "holding";
  const capacitor = switchCapacitor(battery.capacitor, battery.profile.capacitor, atMicroseconds, goal);
  return { ...battery, slot: { state: "in", cell }, capacitor };
}

/** What holds the oscillator at this time; ask before a cell is put in, to know whether it stopped. */
export function supplyAt({ slot, capacitor, profile }: Battery, atMicroseconds: number): BatterySupply {
  if (slot.state === "in" && slot.cell.chargeMicrojoules > 0) return { kind: "cell" };
  const held = capacitorHold(capacitor, profile.capacitor, atMicroseconds);
  if (held > 0) return { kind: "capacitor", untilMicroseconds: atMicroseconds + held };
  return { kind: "none", sinceMicroseconds: capacitor.sinceMicroseconds + capacitor.heldMicroseconds };
}

const STEPS: readonly BatteryStep[] = ["ok", "low", "critical", "empty"];

function stepFor(millivolts: number, thresholds: BatteryThresholds): BatteryStep {
  if (millivolts < thresholds.emptyMillivolts) return "empty";
  if (millivolts < thresholds.criticalMillivolts) return "critical";
  return millivolts < thresholds.lowMillivolts ? "low" : "ok";
}

function pointAt(curve: readonly [BatteryPoint, ...BatteryPoint[]], permille: number): BatteryPoint {
  let above = curve[0];
  for (const below of curve) {
    if (permille >= below.chargePermille) return onLine(below, above, permille);
    above = below;
  }
  return above;
}

function onLine(below: BatteryPoint, above: BatteryPoint, permille: number): BatteryPoint {
  const span = above.chargePermille - below.chargePermille;
  const share = Math.min(span, permille - below.chargePermille);
  const line = (low: number, high: number) => (span === 0 ? low : low + Math.trunc(((high - low) * share) / span));
  return {
    chargePermille: permille,
    openCircuitMillivolts: line(below.openCircuitMillivolts, above.openCircuitMillivolts),
    internalMilliohms: line(below.internalMilliohms, above.internalMilliohms),
  };
}
