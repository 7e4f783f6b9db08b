/** What an opening costs key and cylinder, by processor and phase: the cost model's own answers, in the report's shape. */
import {
  batteryLife,
  firstVisit,
  openingCost,
  PHASES,
  pairs,
  repeatVisit,
  repeatWithLog,
  type Visit,
} from "@nyckelfri/firmware-sim/costs";

export interface DeviceRow {
  readonly processor: string;
  readonly visit: string;
  /** Contact to result. */
  readonly milliseconds: number;
  /** By phase, whole visit. */
  readonly phaseMilliseconds: Readonly<Record<(typeof PHASES)[number], number>>;
  /** From the key's battery, losses included. */
  readonly millijoules: number;
  readonly verifications: number;
  readonly bytes: number;
}
export interface BatteryRow {
  readonly processor: string;
  readonly openings: number;
  readonly days: number;
}

const VISITS: readonly Visit[] = [firstVisit, repeatVisit, repeatWithLog];

export function deviceRows(): readonly DeviceRow[] {
  return pairs.flatMap(({ name, pair }) =>
    VISITS.map((visit): DeviceRow => {
      const cost = openingCost(visit, pair);
      return {
        ...{ processor: name, visit: visit.name, verifications: cost.verifications, bytes: cost.contactBytes },
        milliseconds: cost.resultMicroseconds / 1_000,
        phaseMilliseconds: Object.fromEntries(
          PHASES.map((phase) => [phase, cost.phases[phase].microseconds / 1_000]),
        ) as DeviceRow["phaseMilliseconds"],
        millijoules: cost.batteryNanojoules / 1_000_000,
      };
    }),
  );
}

export function batteryRows(): readonly BatteryRow[] {
  return pairs.map(({ name, pair }) => {
    const { openings, days } = batteryLife(pair);
    return { processor: name, openings, days };
  });
}

/** Published figures of battery knobs and cylinders; of keys that carry the power none was found. */
export const PUBLISHED: readonly { readonly what: string; readonly figure: string; readonly source: string }[] = [
  {
    what: "Kentix knob, lock battery",
    figure: "45,000 operations or 4 years",
    source: "docs.kentix.com, page 2588716",
  },
  { what: "XPR cylinder PXP-CY-MF, lock battery", figure: "74,500 operations or 10 years", source: "its manual" },
  { what: "smart lock with four AAA", figure: "10,000 to 15,000 openings", source: "triplow.pt" },
];
