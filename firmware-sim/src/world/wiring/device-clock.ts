/** The oscillator of a device that keeps time, as its firmware and its timers have it. */
import { type Rtc, readRtc, whenRtcReads } from "../../hardware/rtc.ts";
import type { Hands } from "../entity.ts";

interface Clocked {
  readonly rtc: Rtc;
}

/** The firmware's own count, in milliseconds. An oscillator without supply stands still, and reads 0. */
export function tick({ rtc }: Clocked, { now }: Pick<Hands, "now">): number {
  const reading = readRtc(rtc, now);
  return reading.state === "running" ? reading.tickMs : 0;
}

/** In how many microseconds of the world a timer of the device rings. */
export function ringsIn(body: Clocked, delayMs: number, world: Pick<Hands, "now">): number {
  if (body.rtc.state === "stopped") return delayMs * 1_000;
  return Math.max(0, whenRtcReads(body.rtc, tick(body, world) + delayMs) - world.now);
}
