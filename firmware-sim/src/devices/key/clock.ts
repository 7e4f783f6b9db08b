/** The key's clock and its grant: where the one stands in the other's window, and when to look again (SPEC TIM-10). */
import {
  ageBounds,
  type Clock,
  type ClockReading,
  driftMs,
  insideWindow,
  readClock,
  type TickMs,
} from "@nyckelfri/protocol";
import type { GrantStanding } from "./tables.ts";

interface Window {
  readonly nbf: number;
  readonly exp: number;
}

/** A window against the clock (SPEC TIM-10). */
export function standingOf(window: Window | undefined, reading: ClockReading): GrantStanding {
  if (window === undefined) return "none";
  if (reading.quality !== "running") return "unknown";
  const verdict = insideWindow(reading.interval, window.nbf, window.exp);
  // One whose end is near enough has ended, although its beginning may be doubtful too.
  if (verdict === "not-yet" && reading.interval.hi >= window.exp) return "expired";
  return verdict;
}

const SECOND_MS = 1000;
const LONGEST_TIMER_MS = 86_400_000;

/**
 * When to look again: after that time the grant begins or ends by the key's clock, or one second more. Early is harmless: it is
 * looked at then, and the timer is set again.
 */
export function reviewDelayMs(clock: Clock, window: Window | undefined, tickMs: TickMs): number | undefined {
  if (window === undefined || clock.quality !== "running") return undefined;
  const { loMs, hiMs } = ageBounds(clock.bounds, tickMs);
  const standing = standingOf(window, readClock(clock, tickMs));
  if (standing !== "not-yet" && standing !== "inside") return undefined;
  const left = standing === "not-yet" ? window.nbf * SECOND_MS - loMs : (window.exp - 6) * SECOND_MS - hiMs;
  return Math.min(LONGEST_TIMER_MS, Math.max(SECOND_MS, left - driftMs(Math.max(0, left))));
}
