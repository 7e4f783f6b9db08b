/** Which mutants are noticed, by which checkers, and how soon. */
import type { Breach, PropertyId } from "@nyckelfri/firmware-sim";
import type { Firmware, Foundry } from "./foundry.ts";
import type { Mutant } from "./mutant.ts";
import { scenarios } from "./scenarios/scenarios.ts";
import type { World } from "./scenarios/street.ts";

export interface Judged {
  /** Its name. */
  readonly mutant: string;
  /** `elsewhere`: only checkers of other properties noticed it. `unreached`: nothing of it was ever run. */
  readonly verdict: "caught" | "elsewhere" | "missed" | "unreached";
  readonly scenario: string;
  /** A scenario may fork one for each moment. */
  readonly worlds: number;
  /** The first breach of each property, by its number. */
  readonly catches: readonly Breach[];
}

/** All breaches of a scenario's worlds when they have ended. */
export function breachesIn(firmware: Firmware, scenario: string): readonly Breach[] {
  return [...worldsOf(firmware, scenario)].flatMap((world) => world.finish());
}

/** `until-caught`: no world more than its own checker needs. */
export function judge(foundry: Foundry, mutant: Mutant, how: "whole" | "until-caught" = "whole"): Judged {
  const { name, property, scenario } = mutant;
  const breaches: Breach[] = [];
  let worlds = 0;
  for (const world of worldsOf(foundry.run(mutant), scenario)) {
    worlds++;
    breaches.push(...world.finish());
    if (how === "until-caught" && breaches.some((one) => one.property === property)) break;
  }
  const catches = firstOfEach(breaches);
  const verdict = foundry.wasReached() ? verdictOf(property, catches) : "unreached";
  return { mutant: name, verdict, scenario, worlds, catches };
}

function worldsOf(firmware: Firmware, name: string): Iterable<World> {
  const scenario = scenarios[name];
  if (scenario === undefined) throw new TypeError(`there is no scenario ${name}`);
  return scenario(firmware);
}

/** What a judgement would be if these checkers did not exist. */
export function withoutCheckers({ property }: Mutant, judged: Judged, silent: readonly PropertyId[]): Judged {
  const catches = judged.catches.filter((one) => !silent.includes(one.property));
  return { ...judged, catches, verdict: judged.verdict === "unreached" ? "unreached" : verdictOf(property, catches) };
}

function verdictOf(property: PropertyId, catches: readonly Breach[]): Judged["verdict"] {
  if (catches.some((one) => one.property === property)) return "caught";
  return catches.length > 0 ? "elsewhere" : "missed";
}

function firstOfEach(breaches: readonly Breach[]): readonly Breach[] {
  const first = new Map<PropertyId, Breach>();
  for (const breach of breaches) {
    const known = first.get(breach.property);
    if (known === undefined || breach.at < known.at) first.set(breach.property, breach);
  }
  return [...first.values()].sort((a, b) => numberOf(a) - numberOf(b));
}

function numberOf({ property }: Breach): number {
  return Number(property.slice(1));
}
