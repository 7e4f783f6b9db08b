/**
 * A device's oscillator and its counter: an exact integer function of true time, piecewise by temperature. Used for the
 * 32 kHz tuning fork of a key and, with another profile, for the coarse one that times a cylinder's 2 s and 4.5 s.
 *
 * The counter never goes back while the oscillator runs. What stops it (no supply, cold, a broken crystal) sets the
 * oscillator-stop flag, which stays set until the firmware clears it (SPEC TIM-9). How long a supply holds without a
 * battery is told by `battery.ts`.
 */

/** Fast is positive. All figures come from a cost profile. */
export interface RtcProfile {
  /** Error at the turnover temperature: cut, load and ageing. */
  readonly offsetPpb: number;
  readonly turnoverMilliCelsius: number;
  /** Of the parabola, e.g. -35 for -0.035 ppm/°C²; 0 for an oscillator that does not mind. */
  readonly parabolaPpbPerSquareCelsius: number;
}

/** A flag that cannot be read (bus fault, nonsense) counts as set (SPEC TIM-9). */
export type OscillatorStopFlag = "clear" | "set" | "unreadable";

/** True time is in microseconds of the world. */
export type Rtc = RunningRtc | StoppedRtc;
export interface RunningRtc {
  readonly state: "running";
  readonly profile: RtcProfile;
  readonly flag: OscillatorStopFlag;
  readonly ratePpb: number;
  /** The counter at `sinceMicroseconds`, and the part of its next microsecond that had passed, in 10^-9. */
  readonly counterMicroseconds: number;
  readonly fractionPpb: number;
  readonly sinceMicroseconds: number;
}
export interface StoppedRtc {
  readonly state: "stopped";
  readonly profile: RtcProfile;
  readonly flag: OscillatorStopFlag;
  /** What was counted before the stop: registers lose it, checkers may want it. */
  readonly counterMicroseconds: number;
}

/** What the firmware reads. `tickMs` is whole milliseconds, rounded down. */
export type RtcReading =
  | { readonly state: "running"; readonly tickMs: number; readonly flag: OscillatorStopFlag }
  | { readonly state: "stopped"; readonly flag: OscillatorStopFlag };

/** Deviation from the nominal rate at a temperature: offset + parabola · (T − T0)². */
export function driftPpb(profile: RtcProfile, milliCelsius: number): number {
  const away = milliCelsius - profile.turnoverMilliCelsius;
  return profile.offsetPpb + Math.trunc((profile.parabolaPpbPerSquareCelsius * away * away) / SQUARE_MILLI);
}

/** An oscillator without supply: its flag is set. */
export function stoppedRtc(profile: RtcProfile): StoppedRtc {
  return { state: "stopped", profile, flag: "set", counterMicroseconds: 0 };
}

/** Starts from `counterMicroseconds`, whatever its registers hold after a stop. The flag stays as it is. */
export function startRtc(
  { profile, flag }: StoppedRtc,
  atMicroseconds: number,
  milliCelsius: number,
  counterMicroseconds: number = 0,
): RunningRtc {
  const ratePpb = driftPpb(profile, milliCelsius);
  const since = { sinceMicroseconds: atMicroseconds, fractionPpb: 0 };
  return { state: "running", profile, flag, ratePpb, counterMicroseconds, ...since };
}

export function stopRtc(rtc: Rtc, atMicroseconds: number): StoppedRtc {
  if (rtc.state === "stopped") return rtc;
  const { counterMicroseconds } = countAt(rtc, atMicroseconds);
  const flag = rtc.flag === "unreadable" ? rtc.flag : "set";
  return { state: "stopped", profile: rtc.profile, flag, counterMicroseconds };
}

/** From this moment the rate is that of another temperature; nothing is lost or gained at the seam. */
export function warmRtc(rtc: Rtc, atMicroseconds: number, milliCelsius: number): Rtc {
  if (rtc.state === "stopped") return rtc;
  const ratePpb = driftPpb(rtc.profile, milliCelsius);
  if (ratePpb === rtc.ratePpb) return rtc;
  return { ...rtc, ...countAt(rtc, atMicroseconds), ratePpb, sinceMicroseconds: atMicroseconds };
}

/** What the firmware does when its clock is set (`clear`), and a fault in the part (`unreadable`). */
export function flagRtc(rtc: Rtc, flag: OscillatorStopFlag): Rtc {
  return { ...rtc, flag };
}

/** Reads at a true time that is not before the last change. */
export function readRtc(rtc: Rtc, atMicroseconds: number): RtcReading {
  if (rtc.state === "stopped") return { state: "stopped", flag: rtc.flag };
  const { counterMicroseconds } = countAt(rtc, atMicroseconds);
  return { state: "running", tickMs: Math.floor(counterMicroseconds / MILLI), flag: rtc.flag };
}

/** The first true time at which the counter shows `tickMs`: when an alarm set to it rings. Not before the last change. */
export function whenRtcReads(rtc: RunningRtc, tickMs: number): number {
  const target = tickMs * MILLI;
  const { sinceMicroseconds } = rtc;
  let at = sinceMicroseconds + Math.max(0, target - rtc.counterMicroseconds);
  // Each round leaves an error smaller by the rate (at most some percent); the last microseconds are walked.
  for (let missing = Number.POSITIVE_INFINITY; Math.abs(missing) > WALKED_MICROSECONDS; ) {
    missing = target - countAt(rtc, at).counterMicroseconds;
    if (at + missing <= sinceMicroseconds) missing = sinceMicroseconds - at;
    at += missing;
  }
  while (countAt(rtc, at).counterMicroseconds < target) at++;
  while (at > sinceMicroseconds && countAt(rtc, at - 1).counterMicroseconds >= target) at--;
  return at;
}

/**
 * counter + elapsed · (10^9 + rate) / 10^9, exactly, with what is left over. Split so that every product stays below
 * 2^53 for centuries of microseconds at rates of some percent.
 */
function countAt(rtc: RunningRtc, atMicroseconds: number) {
  const elapsed = atMicroseconds - rtc.sinceMicroseconds;
  const millions = Math.floor(elapsed / MILLION);
  const rest = elapsed - millions * MILLION;
  const perMillions = millions * rtc.ratePpb;
  const wholeOfMillions = Math.floor(perMillions / MILLI);
  const left = (perMillions - wholeOfMillions * MILLI) * MILLION + rest * rtc.ratePpb + rtc.fractionPpb;
  const whole = Math.floor(left / BILLION);
  return {
    counterMicroseconds: rtc.counterMicroseconds + elapsed + wholeOfMillions + whole,
    fractionPpb: left - whole * BILLION,
  };
}

const WALKED_MICROSECONDS = 2;
const MILLI = 1000;
const MILLION = 1_000_000;
const BILLION = 1_000_000_000;
const SQUARE_MILLI = MILLION;
