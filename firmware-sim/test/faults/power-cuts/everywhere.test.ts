/**
 * In scenarios of every kind of device one cut of each kind and stage, of each device; with `NYCKELFRI_RUNS`, as `.ci/run` has it, in all
 * scenarios. All cuts are tried by `nyckelfri cuts`.
 */
import { describe, expect, test } from "vitest";
import { type CutDevice, type CutScenarioName, contactBreaks } from "#src/faults/power-cuts/index.ts";
import { everyStage, tryAll, WAYS } from "./trying.ts";

const AT_DOOR: readonly CutDevice[] = ["key", "cylinder"];
const AT_STATION: readonly CutDevice[] = ["key", "station"];
/** Whose power goes. */
const SCENARIOS: Readonly<Record<CutScenarioName, readonly CutDevice[]>> = {
  "opening-first": AT_DOOR,
  "opening-repeated": AT_DOOR,
  "dock-sync": AT_STATION,
  activation: ["key", "box"],
  "policy-update": AT_DOOR,
  "list-update": AT_DOOR,
  "roll-over-delivery": ["station", "box"],
  "roll-over-dock": AT_STATION,
  "roll-over-door": AT_DOOR,
  "log-carry": ["key", "cylinder", "station"],
  "battery-swap": AT_DOOR,
  "slow-battery-swap": AT_STATION,
  "mounting-again": AT_DOOR,
};

const SOME: readonly string[] = ["dock-sync", "activation", "roll-over-door", "log-carry", "mounting-again"];
const TRIED = Object.entries(SCENARIOS).filter(([name]) => WAYS > 1 || SOME.includes(name));

describe.each(TRIED)("%s", (scenario, devices) => {
  test("every device, every stage and every break of a contact", { timeout: 120_000 }, () => {
    const { counts, broken } = tryAll(scenario as CutScenarioName, ["nvm", "byte", "contact"], () => true, 1);
    expect(broken).toEqual([]);
    for (const device of devices) {
      everyStage(counts, device, 1);
      expect(counts.get(`${device} byte`), device).toBe(1);
    }
    for (const one of devices.includes("key") ? contactBreaks : []) expect(counts.get(`${one} contact`), one).toBe(1);
  });
});
