/** Power cuts see: they break firmwares that hold as long as nobody cuts anything. */
import type { PowerCut, PropertyId } from "@nyckelfri/firmware-sim";
import { beforeAll, expect, test } from "vitest";
import { catalogue } from "#src/mutants/catalogue/catalogue.ts";
import { type Firmware, type Foundry, openFoundry } from "#src/mutants/foundry.ts";
import type { Mutant } from "#src/mutants/mutant.ts";

/** As the cylinder was when power cuts found it out. */
const forgetful: Mutant = {
  name: "asks-for-no-certificate-of-what-it-lacks",
  property: "P14",
  file: "firmware-sim/src/devices/cylinder/decide.ts",
  find: "if (lacksTicket || (readTicket !== undefined && lacksIssuer(readTicket))) {",
  replace: "if (readTicket !== undefined && lacksIssuer(readTicket)) {",
  scenario: "cut-visits",
};

interface Sighting {
  readonly mutant: string;
  readonly scenario: "opening-first" | "opening-repeated";
  /** Where to look: cuts of the cylinder's memory at this stage, from this operation on. */
  readonly stage: "before" | "torn";
  readonly from: number;
  readonly property: PropertyId;
}

const SIGHTINGS: readonly Sighting[] = [
  { mutant: forgetful.name, scenario: "opening-first", stage: "before", from: 90, property: "P14" },
  { mutant: "keeps-no-floor-over-power-loss", scenario: "opening-first", stage: "before", from: 80, property: "P10" },
  { mutant: "reuses-a-nonce-after-a-cut", scenario: "opening-repeated", stage: "before", from: 0, property: "P13" },
  { mutant: "reuses-the-slot-of-a-torn-mark", scenario: "opening-repeated", stage: "torn", from: 0, property: "P10" },
];

const mutants: readonly Mutant[] = [...catalogue, forgetful].filter(({ name }) => {
  return SIGHTINGS.some(({ mutant }) => mutant === name);
});

let foundry: Foundry;
beforeAll(async () => {
  foundry = await openFoundry(mutants);
});

/** The first case that breaks this property. */
function caught(firmware: Firmware, { scenario, stage, from, property }: Sighting): string | undefined {
  const trials = new firmware.CutTrials(scenario);
  expect(trials.try([])).toMatchObject({ verdict: "held", breaches: [] });
  const rehearsal = trials.rehearsal([]);
  const places = rehearsal === undefined ? [] : [...firmware.placesToCut(trials.staged, rehearsal, ["nvm"])];
  const isHere = ({ struck, moment }: PowerCut): boolean => {
    return struck === "cylinder" && moment.kind === "nvm" && moment.stage === stage && moment.operation >= from;
  };
  for (const cut of places.filter(isHere)) {
    const trial = trials.try([cut]);
    if (trial.breaches.some((breach) => breach.property === property)) return trial.id;
  }
  return undefined;
}

test.each(SIGHTINGS)("$mutant holds in $scenario, and not when its power goes", { timeout: 240_000 }, (sighting) => {
  const mutant = mutants.find(({ name }) => name === sighting.mutant) ?? forgetful;
  expect(caught(foundry.run(mutant), sighting)).toMatch(new RegExp(`^${sighting.scenario}/cylinder/nvm:`));
  expect(foundry.wasReached()).toBe(true);
});

test("the sound firmware is not taken for one of them", { timeout: 240_000 }, () => {
  const [first] = SIGHTINGS;
  expect(first && caught(foundry.run("sound"), first)).toBeUndefined();
});
