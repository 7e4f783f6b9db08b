/** How many openings a key battery gives, and where the steps of its ladder lie (SPEC BAT-1, BAT-2). */
import { type FiguresUsed, takeFigure } from "./figure.ts";
import { type OpeningCost, openingCost } from "./opening-cost.ts";
import type { HardwarePair } from "./opening-steps.ts";
import type { BatteryFigures } from "./peripherals.ts";
import { firstVisit, fullVisit, heaviestVisit, repeatVisit, repeatWithLog, type Visit } from "./visits.ts";

/** SPEC BAT-2. */
export const OPENINGS_BELOW_CRITICAL: number = 20;
const SECONDS_PER_DAY = 86_400;
const DAYS_PER_YEAR = 365;

/** What a key does on a working day: how often each visit. */
export interface DailyUse {
  readonly name: string;
  readonly visits: readonly { readonly visit: Visit; readonly timesADay: number }[];
  /** Between openings a key keeps its clock and nothing else. */
  readonly workingDaysAWeek: number;
}

/** A day of a home-care worker: a judgement from 15 to 25 visits a shift, no figure was found. */
export const usualDay: DailyUse = {
  name: "20 openings a day, five days a week",
  visits: [
    { visit: repeatVisit, timesADay: 12 },
    { visit: repeatWithLog, timesADay: 4 },
    { visit: firstVisit, timesADay: 3 },
    { visit: fullVisit, timesADay: 1 },
  ],
  workingDaysAWeek: 5,
};

/** All energies in microjoules at the battery's terminals. */
export interface BatteryLife {
  readonly usableMicrojoules: number;
  readonly openings: number;
  readonly days: number;
  readonly idleMicrojoulesPerDay: number;
  /** The dearest opening that a door can ask for, signed for below critical (SPEC BAT-1). */
  readonly dearestMicrojoules: number;
  /** How far the key's own reckoning may be off. */
  readonly gaugeMicrojoules: number;
  readonly ladder: Ladder;
  readonly pulse: PulseCheck;
}

/** A key goes a step down when what its gauge shows is below the threshold. */
export interface Ladder {
  readonly emptyMicrojoules: number;
  readonly criticalMicrojoules: number;
  readonly lowMicrojoules: number;
}

/** The greatest current that key and cylinder take at once, at the battery, against what it gives in a pulse. */
export interface PulseCheck {
  readonly microamps: number;
  readonly allowedMicroamps: number;
  readonly verdict: "met" | "missed";
}

/** µAh · mV · 3.6 are microjoules. Rounded down. */
export function usableBatteryMicrojoules(battery: BatteryFigures, used?: FiguresUsed): number {
  const nanowattHours = takeFigure(battery.microampHours, used) * takeFigure(battery.nominalMillivolts, used);
  return Math.floor((nanowattHours * 36 * takeFigure(battery.usablePercent, used)) / 1_000);
}

export function batteryLife(pair: HardwarePair, use: DailyUse = usualDay, used?: FiguresUsed): BatteryLife {
  const { battery, processor } = pair.key;
  const usable = usableBatteryMicrojoules(battery, used);
  const sleeping = Math.ceil((takeFigure(processor.sleepNanowatts, used) * SECONDS_PER_DAY) / 1_000);
  const atBattery = Math.ceil((sleeping * 100) / takeFigure(battery.converterPercent, used));
  const selfDischarge = Math.ceil(
    (usable * takeFigure(battery.selfDischargePercentPerYear, used)) / (100 * DAYS_PER_YEAR),
  );
  const idleMicrojoulesPerDay = atBattery + selfDischarge;
  let openingsADay = 0;
  let nanojoulesADay = 0;
  for (const { visit, timesADay } of use.visits) {
    openingsADay += timesADay;
    nanojoulesADay += timesADay * openingCost(visit, pair, undefined, used).batteryNanojoules;
  }
  const perWeek = use.workingDaysAWeek * Math.ceil(nanojoulesADay / 1_000) + 7 * idleMicrojoulesPerDay;
  const dearestMicrojoules = microjoules(dearestOpening(pair, used));
  const gaugeMicrojoules = Math.ceil((usable * takeFigure(battery.gaugeErrorPercent, used)) / 100);
  const usualPerDay = Math.ceil(nanojoulesADay / 1_000);
  const ladder = ladderOf({ dearestMicrojoules, idleMicrojoulesPerDay, gaugeMicrojoules }, usualPerDay);
  return {
    usableMicrojoules: usable,
    openings: Math.floor(((usable - ladder.emptyMicrojoules) * use.workingDaysAWeek * openingsADay) / perWeek),
    days: Math.floor(((usable - ladder.emptyMicrojoules) * 7) / perWeek),
    idleMicrojoulesPerDay,
    dearestMicrojoules,
    gaugeMicrojoules,
    ladder,
    pulse: pulseCheck(pair, used),
  };
}

/** Held for the full ten seconds (SPEC OPN-14), with everything that a door may ask for. */
export function dearestOpening(pair: HardwarePair, used?: FiguresUsed): OpeningCost {
  return openingCost(
    heaviestVisit,
    pair,
    { boot: "after-cut", end: { kind: "opened", heldMilliseconds: 10_000 } },
    used,
  );
}

function microjoules({ batteryNanojoules }: OpeningCost): number {
  return Math.ceil(batteryNanojoules / 1_000);
}

/**
 * empty: the opening that has begun can end, and the clock runs for a week. critical: twenty of the dearest openings and a
 * day's idling above empty, also when the gauge is off by its error. low: two usual days above critical, to the next change
 * of battery.
 */
function ladderOf(
  life: Pick<BatteryLife, "dearestMicrojoules" | "idleMicrojoulesPerDay" | "gaugeMicrojoules">,
  usualPerDay: number,
): Ladder {
  const { dearestMicrojoules: dearest, idleMicrojoulesPerDay: idle, gaugeMicrojoules } = life;
  const emptyMicrojoules = dearest + 7 * idle;
  const criticalMicrojoules = emptyMicrojoules + OPENINGS_BELOW_CRITICAL * dearest + idle + gaugeMicrojoules;
  return { emptyMicrojoules, criticalMicrojoules, lowMicrojoules: criticalMicrojoules + 2 * (usualPerDay + idle) };
}

/**
 * Openings that a key whose gauge shows so much gives before it is empty, if the gauge shows too much by its error, each
 * opening is the dearest and they take a day.
 */
export function openingsLeft(shownMicrojoules: number, life: BatteryLife): number {
  const { ladder, idleMicrojoulesPerDay, dearestMicrojoules, gaugeMicrojoules } = life;
  const spendable = shownMicrojoules - gaugeMicrojoules - ladder.emptyMicrojoules - idleMicrojoulesPerDay;
  return Math.max(0, Math.floor(spendable / dearestMicrojoules));
}

function pulseCheck({ key, cylinder }: HardwarePair, used: FiguresUsed | undefined): PulseCheck {
  const working = Math.max(takeFigure(key.processor.peakMicroamps, used), takeFigure(key.memory.peakMicroamps, used));
  const atDoor = Math.max(
    takeFigure(cylinder.processor.peakMicroamps, used),
    takeFigure(cylinder.memory.peakMicroamps, used),
    takeFigure(cylinder.actuator.peakMicroamps, used),
  );
  const atContact = Math.ceil((atDoor * 100) / takeFigure(cylinder.contact.supplyPercent, used));
  // Currents are at 3.0 V; a lower cell gives more of them.
  const millivolts = takeFigure(key.battery.nominalMillivolts, used) * takeFigure(key.battery.converterPercent, used);
  const microamps = Math.ceil(((working + atContact) * 3_000 * 100) / millivolts);
  const allowedMicroamps = takeFigure(key.battery.pulseMicroamps, used);
  return { microamps, allowedMicroamps, verdict: microamps <= allowedMicroamps ? "met" : "missed" };
}
