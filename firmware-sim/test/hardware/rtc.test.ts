import fc from "fast-check";
import { expect, test } from "vitest";
import {
  driftPpb,
  flagRtc,
  type Rtc,
  type RtcProfile,
  readRtc,
  startRtc,
  stoppedRtc,
  stopRtc,
  warmRtc,
  whenRtcReads,
} from "#src/hardware/rtc.ts";

const FORK: RtcProfile = { offsetPpb: 0, turnoverMilliCelsius: 25_000, parabolaPpbPerSquareCelsius: -35 };
const SECOND = 1_000_000;
const DAY = 86_400 * SECOND;
const YEAR = 365 * DAY;

const profiles = fc.record({
  offsetPpb: fc.integer({ min: -10_000_000, max: 10_000_000 }),
  turnoverMilliCelsius: fc.integer({ min: 20_000, max: 30_000 }),
  parabolaPpbPerSquareCelsius: fc.integer({ min: -45, max: 0 }),
});
const milliCelsius = fc.integer({ min: -40_000, max: 85_000 });
const span = fc.oneof(fc.nat({ max: 5000 }), fc.nat({ max: DAY }), fc.nat({ max: 10 * YEAR }));

function running(profile: RtcProfile, temperature: number, at = 0) {
  return startRtc(stoppedRtc(profile), at, temperature);
}
function tickMs(rtc: Rtc, atMicroseconds: number): number {
  const reading = readRtc(rtc, atMicroseconds);
  if (reading.state === "stopped") throw new Error("stopped");
  return reading.tickMs;
}

test.each([
  [25_000, 0],
  [-10_000, -42_875],
  [60_000, -42_875],
  [85_000, -126_000],
  [25_100, 0],
  [26_000, -35],
])("a tuning fork at %i m°C is %i ppb off", (temperature, ppb) => {
  expect(driftPpb(FORK, temperature)).toBe(ppb);
});

test("at -10 °C a day is 3.7 s short", () => {
  expect(tickMs(running(FORK, -10_000), DAY)).toBe(86_400_000 - 3705);
});

test("the counter is elapsed time times (1 + rate), to the microsecond, over decades", () => {
  fc.assert(
    fc.property(profiles, milliCelsius, span, fc.nat({ max: YEAR }), (profile, temperature, elapsed, since) => {
      const rtc = running(profile, temperature, since);
      const exact = (BigInt(elapsed) * BigInt(1_000_000_000 + rtc.ratePpb)) / 1_000_000_000n;
      expect(tickMs(rtc, since + elapsed)).toBe(Number(exact / 1000n));
    }),
  );
});

test("looking on the way, or a change of temperature to the same rate, changes nothing: no time is lost at a seam", () => {
  fc.assert(
    fc.property(profiles, milliCelsius, fc.array(span, { maxLength: 5 }), span, (profile, temperature, seams, rest) => {
      const rtc = running(profile, temperature);
      let seamed: Rtc = rtc;
      let at = 0;
      for (const part of seams) {
        at += part;
        // There and back at one moment: two seams without time between them.
        seamed = warmRtc(warmRtc(seamed, at, temperature + 30_000), at, temperature);
      }
      // To the microsecond: when the next tick is shown.
      const next = tickMs(rtc, at) + 1;
      expect(seamed.state === "running" && whenRtcReads(seamed, next)).toBe(whenRtcReads(rtc, next));
      expect(tickMs(seamed, at + rest)).toBe(tickMs(rtc, at + rest));
    }),
  );
});

test("the counter never goes back, whatever the weather does", () => {
  const weather = fc.array(fc.tuple(span, milliCelsius), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(profiles, weather, (profile, changes) => {
      let rtc: Rtc = running(profile, 20_000);
      let [at, last] = [0, 0];
      for (const [elapsed, temperature] of changes) {
        at += elapsed;
        rtc = warmRtc(rtc, at, temperature);
        expect(tickMs(rtc, at)).toBeGreaterThanOrEqual(last);
        last = tickMs(rtc, at);
      }
    }),
  );
});

test("an alarm rings at the first moment at which its tick is shown", () => {
  fc.assert(
    fc.property(profiles, milliCelsius, span, fc.nat({ max: 100 * DAY }), (profile, temperature, since, ahead) => {
      const rtc = running(profile, temperature, since);
      const tick = Math.floor(ahead / 1000);
      const at = whenRtcReads(rtc, tick);
      expect(tickMs(rtc, at)).toBe(tick);
      if (at > since) expect(tickMs(rtc, at - 1)).toBe(tick - 1);
    }),
  );
  expect(whenRtcReads(startRtc(stoppedRtc(FORK), 70, 25_000, 9_000_000), 5)).toBe(70);
});

test("without supply it stops, and its flag stays set until the firmware clears it", () => {
  let rtc: Rtc = flagRtc(running(FORK, 25_000), "clear");
  expect(readRtc(rtc, 5000)).toEqual({ state: "running", tickMs: 5, flag: "clear" });
  const stopped = stopRtc(rtc, 7000);
  expect(readRtc(stopped, 9000)).toEqual({ state: "stopped", flag: "set" });
  expect(stopRtc(stopped, 8000)).toBe(stopped);
  rtc = startRtc(stopped, 10_000, 25_000, 3_000_000);
  expect(readRtc(rtc, 12_000)).toEqual({ state: "running", tickMs: 3002, flag: "set" });
  expect(readRtc(flagRtc(rtc, "clear"), 12_000)).toEqual({ state: "running", tickMs: 3002, flag: "clear" });
});

test("a flag that cannot be read stays so over a stop; the first supply finds it set", () => {
  const unreadable = stopRtc(flagRtc(running(FORK, 25_000), "unreadable"), 5);
  expect(readRtc(startRtc(unreadable, 6, 25_000), 6)).toMatchObject({ flag: "unreadable" });
  expect(stoppedRtc(FORK).flag).toBe("set");
  expect(warmRtc(unreadable, 7, 0)).toBe(unreadable);
});
