/** Follows one insertion of a key into a door, and makes its report. */
import type { PhaseName } from "../../devices/cylinder/cylinder-state.ts";
import { VISIT_PHASES, type VisitOutcome, type VisitPhaseName, type VisitReport } from "../visit-report.ts";

/** What has been counted so far; numbers by phase stand in the order of `VISIT_PHASES`. */
export interface VisitMeter {
  readonly key: string;
  readonly cylinder: string;
  readonly from: number;
  phase: VisitPhaseName;
  /** Up to when time has been given to phases. */
  since: number;
  readonly microseconds: number[];
  readonly cylinderPicojoules: number[];
  readonly keyPicojoules: number[];
  poweredAt: number | "never";
  challengedAt: number | "never";
  resultAt: number | "never";
  bytesToResult: number;
  bytes: number;
  roundTrips: number;
  verifications: number;
  signatures: number;
  outcome: VisitOutcome;
}

/** The phase of a visit in which a cylinder's phase falls. */
export const VISIT_PHASE_OF: Readonly<Record<PhaseName, VisitPhaseName>> = {
  unpowered: "power-up",
  booting: "power-up",
  challenging: "exchange",
  updating: "exchange",
  verifying: "verify",
  committing: "commit",
  engaged: "actuate",
  logging: "log",
  closed: "log",
};

const INDEX = Object.fromEntries(VISIT_PHASES.map((name, index) => [name, index])) as Record<VisitPhaseName, number>;
const zeros = (): number[] => VISIT_PHASES.map(() => 0);

export function newMeter(key: string, cylinder: string, from: number): VisitMeter {
  return {
    ...{ key, cylinder, from, phase: "power-up", since: from },
    ...{ microseconds: zeros(), cylinderPicojoules: zeros(), keyPicojoules: zeros() },
    ...{ poweredAt: "never", challengedAt: "never", resultAt: "never" },
    ...{ bytesToResult: 0, bytes: 0, roundTrips: 0, verifications: 0, signatures: 0 },
    outcome: { kind: "broken-off" },
  };
}

export function copyMeter(meter: VisitMeter): VisitMeter {
  const { microseconds, cylinderPicojoules, keyPicojoules } = meter;
  return {
    ...meter,
    microseconds: [...microseconds],
    cylinderPicojoules: [...cylinderPicojoules],
    keyPicojoules: [...keyPicojoules],
  };
}

/** Time up to `now` was spent in the phase so far; from now on in this one. */
export function enterPhase(meter: VisitMeter, phase: VisitPhaseName, now: number): void {
  add(meter.microseconds, meter.phase, Math.max(0, now - meter.since));
  meter.since = Math.max(meter.since, now);
  meter.phase = phase;
}

/** In the phase of now, unless it belongs to another. */
export function spendIn(
  meter: VisitMeter,
  side: "cylinder" | "key",
  picojoules: number,
  phase: VisitPhaseName = meter.phase,
): void {
  add(side === "cylinder" ? meter.cylinderPicojoules : meter.keyPicojoules, phase, picojoules);
}

/** `batteryNanojoules`: what the key's battery gave for it. */
export function reportOf(meter: VisitMeter, until: number, batteryNanojoules: number): VisitReport {
  enterPhase(meter, meter.phase, until);
  const { key, cylinder, from, outcome, bytesToResult, bytes, roundTrips, verifications, signatures } = meter;
  const phases = Object.fromEntries(
    VISIT_PHASES.map((name) => {
      const at = (sums: readonly number[]): number => sums[INDEX[name]] ?? 0;
      const nano = (sums: readonly number[]): number => Math.ceil(at(sums) / 1_000);
      return [
        name,
        {
          microseconds: at(meter.microseconds),
          cylinderNanojoules: nano(meter.cylinderPicojoules),
          keyNanojoules: nano(meter.keyPicojoules),
        },
      ];
    }),
  ) as VisitReport["phases"];
  const { challengedAt, resultAt } = meter;
  return {
    ...{ key, cylinder, from, until, outcome, phases, bytesToResult, bytes, roundTrips, verifications, signatures },
    ...(resultAt === "never" ? {} : { resultMicroseconds: resultAt - from }),
    ...(challengedAt === "never" ? {} : { challengeMicroseconds: challengedAt - from }),
    batteryNanojoules,
  };
}

/** What cylinder and key spent, in picojoules. */
export function spentBy(meter: VisitMeter, side: "cylinder" | "key"): number {
  const sums = side === "cylinder" ? meter.cylinderPicojoules : meter.keyPicojoules;
  return sums.reduce((sum, one) => sum + one, 0);
}

function add(sums: number[], phase: VisitPhaseName, amount: number): void {
  const index = INDEX[phase];
  sums[index] = (sums[index] ?? 0) + amount;
}
