/** The key's clock between protocol's interval clock and the key's memory and timers (SPEC chapter 6). */
import {
  ageBounds,
  type Bounds,
  type CborValue,
  type Clock,
  type ClockReading,
  decode,
  driftMs,
  encode,
  insideWindow,
  readClock,
  stopClock,
  type TickMs,
  type TimeSource,
  type TimeSourceClass,
  type ToldClock,
} from "@nyckelfri/protocol";
import type { OscillatorStopFlag } from "../../hardware/rtc.ts";
import type { GrantStanding } from "./tables.ts";

const CLASSES: readonly TimeSourceClass[] = ["issuer", "station", "activation-box", "key-cabinet", "key"];
const WIDEST_TOLD_SECONDS = 0xffff;

/** A conflict outlives power too: else pulling the battery would settle it for the older side. */
export function encodeClock(clock: Clock): Uint8Array {
  switch (clock.quality) {
    case "lost":
      return encode([0, clock.knownLower]);
    case "conflict":
      return encode([1, clock.knownLower, ...sideItems(clock.held), ...sideItems(clock.claimed)]);
    case "running":
      return encode([2, clock.knownLower, ...sideItems(clock)]);
  }
}

export function decodeClock(bytes: Uint8Array): Clock {
  const items = decode(bytes) as readonly CborValue[];
  const [quality, lower] = items as readonly number[];
  const knownLower = lower ?? 0;
  if (quality === 0) return { quality: "lost", knownLower };
  const held = sideOf(items.slice(2, 7));
  if (quality === 2) return { quality: "running", knownLower, ...held };
  return { quality: "conflict", knownLower, held, claimed: sideOf(items.slice(7)) };
}

interface Side {
  readonly bounds: Bounds;
  readonly source: TimeSource;
}

function sideItems({ bounds: { loMs, hiMs, atTickMs }, source }: Side): CborValue[] {
  return [loMs, hiMs, atTickMs, source.kid, CLASSES.indexOf(source.sourceClass)];
}

function sideOf([loMs, hiMs, atTickMs, kid, sourceClass]: readonly CborValue[]): Side {
  const bounds = { loMs: Number(loMs), hiMs: Number(hiMs), atTickMs: Number(atTickMs) };
  return { bounds, source: { kid: kid as Uint8Array, sourceClass: CLASSES[Number(sourceClass)] ?? "station" } };
}

/** SPEC TIM-9: what is left of a clock when the firmware starts. A flag that cannot be read is as good as set. */
export function clockAtPowerOn(clock: Clock, stopFlag: OscillatorStopFlag, tickMs: TickMs): Clock {
  if (clock.quality === "lost") return clock;
  const atTickMs =
    clock.quality === "running"
      ? clock.bounds.atTickMs
      : Math.max(clock.held.bounds.atTickMs, clock.claimed.bounds.atTickMs);
  const stands = stopFlag === "clear" && tickMs >= atTickMs;
  return stands && (clock.quality === "conflict" || readClock(clock, tickMs).quality === "running")
    ? clock
    : stopClock(clock);
}

/** As the welcome and the verdict on a statement tell it; a width that no message holds is no time. */
export function toldClock(reading: ClockReading): ToldClock {
  if (reading.quality !== "running") return { quality: reading.quality };
  const { lo, hi } = reading.interval;
  const widthSeconds = hi - lo;
  return widthSeconds > WIDEST_TOLD_SECONDS ? { quality: "lost" } : { quality: "running", lo, widthSeconds };
}

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
