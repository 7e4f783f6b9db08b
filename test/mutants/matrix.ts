/** Which mutants are noticed, and by which checkers. It knows no test runner: a command can ask it as well. */
import type { Breach } from "@nyckelfri/firmware-sim";
import type { Firmware, Foundry } from "./firmware.ts";
import type { Mutant } from "./mutant.ts";
import { type ScenarioName, scenarios } from "./scenarios.ts";

export interface Judged {
  readonly mutant: Mutant;
  /** `elsewhere`: only checkers of other properties noticed it. */
  readonly verdict: "caught" | "elsewhere" | "missed";
  readonly breaches: readonly Breach[];
}

/** All breaches of a scenario's worlds when they have ended. */
export function breachesIn(firmware: Firmware, scenario: ScenarioName): readonly Breach[] {
  return scenarios[scenario](firmware).flatMap((world) => world.finish());
}

export async function judge(foundry: Foundry, mutant: Mutant): Promise<Judged> {
  const breaches = breachesIn(await foundry.load(mutant), mutant.scenario);
  const isCaught = breaches.some(({ property }) => property === mutant.property);
  return { mutant, verdict: isCaught ? "caught" : breaches.length > 0 ? "elsewhere" : "missed", breaches };
}

/** Properties, ascending by their number, each once. */
export function propertiesOf(breaches: readonly Breach[]): readonly string[] {
  const numbers = new Set(breaches.map(({ property }) => Number(property.slice(1))));
  return [...numbers].sort((one, other) => one - other).map((number) => `P${number}`);
}
