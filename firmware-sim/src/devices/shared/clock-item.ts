/** A device's clock in its memory, at power-on and on the wire (SPEC TIM-1, TIM-9, PER-7, PER-15). */
import {
  type Bounds,
  type CborValue,
  type Clock,
  type ClockReading,
  decode,
  encode,
  readClock,
  stopClock,
  type TickMs,
  type TimeSource,
  type TimeSourceClass,
  type ToldClock,
} from "@nyckelfri/protocol";
import type { OscillatorStopFlag } from "../../hardware/rtc.ts";

const CLASSES: readonly TimeSourceClass[] = ["issuer", "station", "activation-box", "key-cabinet", "key"];
const WIDEST_TOLD_SECONDS = 0xffff;
const SECOND_MS = 1000;
const SIDE_ITEMS = 7;

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
  const held = sideOf(items.slice(2, 2 + SIDE_ITEMS));
  if (quality === 2) return { quality: "running", knownLower, ...held };
  return { quality: "conflict", knownLower, held, claimed: sideOf(items.slice(2 + SIDE_ITEMS)) };
}

interface Side {
  readonly bounds: Bounds;
  readonly source: TimeSource;
}

/** Moments go as whole seconds and the milliseconds above them, which are numbers of 32 bits each. */
function sideItems({ bounds: { loMs, hiMs, atTickMs }, source }: Side): CborValue[] {
  return [...splitMs(loMs), ...splitMs(hiMs), atTickMs, source.kid, CLASSES.indexOf(source.sourceClass)];
}

function sideOf([lo, loRest, hi, hiRest, atTickMs, kid, sourceClass]: readonly CborValue[]): Side {
  const bounds = {
    loMs: Number(lo) * SECOND_MS + Number(loRest),
    hiMs: Number(hi) * SECOND_MS + Number(hiRest),
    atTickMs: Number(atTickMs),
  };
  return { bounds, source: { kid: kid as Uint8Array, sourceClass: CLASSES[Number(sourceClass)] ?? "station" } };
}

function splitMs(moment: number): readonly [seconds: number, ms: number] {
  const seconds = Math.floor(moment / SECOND_MS);
  return [seconds, moment - seconds * SECOND_MS];
}

/**
 * SPEC TIM-9: what is left of a clock when the firmware starts, or hears that the oscillator stopped. A flag that cannot be read is
 * as good as set.
 */
export function clockAfter(clock: Clock, stopFlag: OscillatorStopFlag, tickMs: TickMs): Clock {
  if (clock.quality === "lost") return clock;
  const stands = stopFlag === "clear" && !hasGoneBack(clock, tickMs);
  return stands && (clock.quality === "conflict" || readClock(clock, tickMs).quality === "running")
    ? clock
    : stopClock(clock);
}

/** SPEC TIM-2, TIM-9: does the oscillator count less than at the last statement? Whatever it comes to later, the clock is lost. */
export function hasGoneBack(clock: Clock, tickMs: TickMs): boolean {
  switch (clock.quality) {
    case "lost":
      return false;
    case "running":
      return tickMs < clock.bounds.atTickMs;
    case "conflict":
      return tickMs < Math.max(clock.held.bounds.atTickMs, clock.claimed.bounds.atTickMs);
  }
}

/** The word that the oscillator stopped, before all that waits: the counts of that are of before the stop, and it counts on from it. */
export function beforeAll<I extends { readonly kind: string; readonly tickMs: TickMs }>(
  stopped: I,
  waiting: readonly I[],
): readonly I[] {
  const { kind, tickMs } = stopped;
  return [stopped, ...waiting.filter((one) => one.kind !== kind).map((one) => ({ ...one, tickMs }))];
}

/** As the welcome and the verdict on a statement tell it; a width that no message holds is no time. */
export function toldClock(reading: ClockReading): ToldClock {
  if (reading.quality !== "running") return { quality: reading.quality };
  const { lo, hi } = reading.interval;
  const widthSeconds = hi - lo;
  return widthSeconds > WIDEST_TOLD_SECONDS ? { quality: "lost" } : { quality: "running", lo, widthSeconds };
}
