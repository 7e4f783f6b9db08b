/**
 * The interval clock of keys, stations, boxes and cabinets (SPEC chapter 6), as values and pure functions.
 *
 * True time is not known, only bounded: a running clock says that it lies in `[lo, hi)`. Time passes on the device's
 * own oscillator, given here as a tick in milliseconds that never goes back while the device has power.
 */
import { times } from "../registry.ts";

/** Unix time in UTC, whole seconds, 0 .. 2^32-1 (SPEC chapter 5). */
export type Seconds = number;

/** The device's own oscillator, in ms since any moment, e.g. power-up. */
export type TickMs = number;

export const LATEST_SECONDS: Seconds = 4_294_967_295;

/** Whole seconds in which true time lies: `lo` inclusive, `hi` exclusive (SPEC TIM-1). */
export interface Interval {
  readonly lo: Seconds;
  readonly hi: Seconds;
}

/** Bounds at one tick, in ms of Unix time; both inclusive. */
export interface Bounds {
  readonly loMs: number;
  readonly hiMs: number;
  readonly atTickMs: TickMs;
}

/** Who gave the time: the kid of the signer and its class (SPEC OBJ-11). */
export type TimeSourceClass = "issuer" | "station" | "activation-box" | "key-cabinet" | "key";
export interface TimeSource {
  readonly kid: Uint8Array;
  readonly sourceClass: TimeSourceClass;
}

/**
 * A clock's whole state (SPEC TIM-1). `knownLower` is the highest lower bound ever known (SPEC TIM-5) and the only part
 * that has to survive without power.
 */
export type Clock = LostClock | RunningClock | ConflictClock;
export interface LostClock {
  readonly quality: "lost";
  readonly knownLower: Seconds;
}
export interface RunningClock {
  readonly quality: "running";
  readonly bounds: Bounds;
  readonly source: TimeSource;
  readonly knownLower: Seconds;
}
/** Two sources disagree: `held` is the clock that ran, `claimed` the later one that contradicts it (SPEC TIM-4). */
export interface ConflictClock {
  readonly quality: "conflict";
  readonly held: { readonly bounds: Bounds; readonly source: TimeSource };
  readonly claimed: { readonly bounds: Bounds; readonly source: TimeSource };
  readonly knownLower: Seconds;
}

/** What a clock says at a tick. A clock in conflict counts as lost and shows no interval. */
export type ClockReading =
  | { readonly quality: "lost" }
  | { readonly quality: "conflict" }
  | { readonly quality: "running"; readonly interval: Interval; readonly source: TimeSource };

/** A clock that has never been set, or whose oscillator stopped. */
export function lostClock(knownLower: Seconds = 0): LostClock {
  return { quality: "lost", knownLower };
}

/** The clock after its oscillator stopped: the interval is gone, the remembered bound stays (SPEC TIM-5, TIM-9). */
export function stopClock(clock: Clock): LostClock {
  return lostClock(clock.knownLower);
}

/**
 * The most that true time and an oscillator's own count of it may differ over a span, in ms, rounded up (SPEC TIM-2: the
 * budget is 200 ppm of the count).
 */
export function driftMs(elapsedMs: number): number {
  // Below 2^53 for spans of 1,400 years, and all of Unix time in u32 seconds is 136.
  return Math.ceil((elapsedMs * times.driftPpm) / 1_000_000);
}

/** Bounds carried forward to a later tick (SPEC TIM-2). */
export function ageBounds(bounds: Bounds, tickMs: TickMs): Bounds {
  const elapsedMs = tickMs - bounds.atTickMs;
  const drift = driftMs(elapsedMs);
  return { loMs: bounds.loMs + elapsedMs - drift, hiMs: bounds.hiMs + elapsedMs + drift, atTickMs: tickMs };
}

/** Whole seconds around the bounds: `lo` rounded down; `hi` up, and past an inclusive bound (SPEC TIM-1). */
export function intervalOf(bounds: Bounds): Interval {
  return { lo: Math.floor(bounds.loMs / 1000), hi: Math.floor(bounds.hiMs / 1000) + 1 };
}

/** Reads a clock at a tick. A tick before the clock's own, or a time past 2^32-1, is a clock that cannot be believed. */
export function readClock(clock: Clock, tickMs: TickMs): ClockReading {
  switch (clock.quality) {
    case "lost":
      return { quality: "lost" };
    case "conflict":
      return { quality: "conflict" };
    case "running": {
      if (tickMs < clock.bounds.atTickMs) return { quality: "lost" };
      const interval = intervalOf(ageBounds(clock.bounds, tickMs));
      if (interval.hi > LATEST_SECONDS) return { quality: "lost" };
      return { quality: "running", interval, source: clock.source };
    }
  }
}

/** The clock with its remembered bound brought up to what it knows at this tick; commit it before power may go. */
export function rememberLower(clock: Clock, tickMs: TickMs): Clock {
  const reading = readClock(clock, tickMs);
  if (reading.quality !== "running" || reading.interval.lo <= clock.knownLower) return clock;
  return { ...clock, knownLower: reading.interval.lo };
}

/** Is a window `[nbf, exp)` open for certain, with the margin for the engagement (SPEC TIM-10)? */
export function insideWindow(interval: Interval, nbf: Seconds, exp: Seconds): "inside" | "not-yet" | "expired" {
  if (interval.lo < nbf) return "not-yet";
  if (interval.hi + times.expiryMarginSeconds > exp) return "expired";
  return "inside";
}
