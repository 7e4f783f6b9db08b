/** Floors and versions: pairs (epoch, value) that never go back (SPEC TRU-8, TIM-11, TIM-12). */
import { times } from "../registry.ts";
import type { Interval, Seconds } from "./clock.ts";

/** Compared by epoch first, then by value. */
export interface EpochPair {
  readonly epoch: number;
  readonly value: number;
}

/** Negative, zero or positive. */
export function comparePairs(a: EpochPair, b: EpochPair): number {
  return a.epoch !== b.epoch ? a.epoch - b.epoch : a.value - b.value;
}

/** The higher of two pairs. */
export function laterPair(a: EpochPair, b: EpochPair): EpochPair {
  return comparePairs(a, b) >= 0 ? a : b;
}

/**
 * The floor after a verified grant, policy, list or receipt: raised to `iat - 60 s` within its epoch (SPEC TIM-11). An
 * object of another epoch leaves it alone: an older one is void, a newer one is adopted first, by its certificate.
 */
export function raiseFloor(floor: EpochPair, issued: { readonly epoch: number; readonly iat: Seconds }): EpochPair {
  if (issued.epoch !== floor.epoch) return floor;
  return laterPair(floor, { epoch: floor.epoch, value: Math.max(0, issued.iat - times.floorMarginSeconds) });
}

/** The floor after a verified root-signed certificate or RootTransition of a higher epoch (SPEC TRU-8, TRU-9). */
export function adoptEpoch(floor: EpochPair, opening: { readonly epoch: number; readonly nbf: Seconds }): EpochPair {
  return opening.epoch > floor.epoch ? { epoch: opening.epoch, value: opening.nbf } : floor;
}

/** A key's interval as a door may use it: behind the floor, or with lo raised to the floor (SPEC TIM-12). */
export function aboveFloor(interval: Interval, floor: Seconds): Interval | "behind-floor" {
  if (interval.hi <= floor) return "behind-floor";
  return { lo: Math.max(interval.lo, floor), hi: interval.hi };
}
