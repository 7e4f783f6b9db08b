/**
 * Chance, as the virtual hardware sees it: handed in, never made here, so that one seed gives one world. Whoever hands
 * in an object of this kind gives each subsystem its own, and the same draws give the same result.
 */
export interface Draws {
  /** A uniform integer in `[0, bound)`; bound is an integer from 1 to 2^32. */
  below(bound: number): number;
}

/** A probability as an integer from 0 (never) to 1,000,000 (always). */
export type PerMillion = number;

const MILLION = 1_000_000;

/** Whether a fault of this probability strikes. What is switched off, or certain, takes no draw. */
export function strikes(draws: Draws, perMillion: PerMillion): boolean {
  if (perMillion <= 0) return false;
  return perMillion >= MILLION || draws.below(MILLION) < perMillion;
}

/** A uniform integer from `least` to `most`, both inclusive. */
export function between(draws: Draws, least: number, most: number): number {
  return most <= least ? least : least + draws.below(most - least + 1);
}

/** One of a list that is not empty. */
export function oneOf<const T>(draws: Draws, list: readonly [T, ...T[]]): T {
  return list[draws.below(list.length)] ?? list[0];
}
