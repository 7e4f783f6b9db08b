/** What a key's battery gives. */
import { type BatteryLoad, drainBattery, steadyMicrojoules } from "../../hardware/battery.ts";
import type { KeyBody } from "./bodies.ts";
import type { Wiring } from "./wiring.ts";

/** Takes out of the battery what sleep, computing and, besides, a visit have cost until now. */
export function settleBattery(wiring: Wiring, body: KeyBody, now: number, microjoules: number): void {
  const { sleepNanowatts, converterPercent } = wiring.hardware.key;
  const slept = steadyMicrojoules(sleepNanowatts, Math.max(0, now - body.sleptUntil));
  const awake = Math.ceil((body.awakePicojoules * 100) / (converterPercent * 1_000_000));
  body.sleptUntil = now;
  body.awakePicojoules = 0;
  body.battery = drainBattery(body.battery, slept + awake + microjoules, loadOf(wiring, body), now).battery;
}

/** At its most. */
export function loadOf(wiring: Wiring, { milliCelsius }: KeyBody): BatteryLoad {
  return { microamps: wiring.hardware.key.peakMicroamps, milliCelsius };
}
