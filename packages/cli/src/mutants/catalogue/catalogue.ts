/** All broken firmwares, and the one that nothing can catch. */
import type { Catalogued, Mutant, MutantDevice } from "../mutant.ts";
import { boxMutants } from "./activation-box.ts";
import { cityMutants } from "./city.ts";
import { cylinderDecisionMutants } from "./cylinder-decisions.ts";
import { cylinderRecordMutants } from "./cylinder-records.ts";
import { keyMutants } from "./key.ts";
import { cabinetMutants } from "./key-cabinet.ts";
import { stationMutants } from "./station.ts";

const BY_DEVICE: readonly (readonly [MutantDevice, readonly Mutant[]])[] = [
  ["cylinder", [...cylinderDecisionMutants, ...cylinderRecordMutants]],
  ["key", keyMutants],
  ["station", stationMutants],
  ["activation-box", boxMutants],
  ["key-cabinet", cabinetMutants],
  ["city", cityMutants],
];

/** By the number of their property, and by device where two are of one property. */
export const catalogue: readonly Catalogued[] = BY_DEVICE.flatMap(([device, mutants]) =>
  mutants.map((mutant) => ({ ...mutant, device })),
).sort((a, b) => numberOf(a) - numberOf(b));

function numberOf({ property }: Mutant): number {
  return Number(property.slice(1));
}

/** Broken in no way that a property names: nothing must catch it, or the matrix says "caught" of everything. */
export const canary: Mutant = {
  name: "words-an-error-otherwise",
  property: "P12",
  file: "protocol/src/errors.ts",
  find: '.join(", ")',
  replace: '.join("; ")',
  scenario: "noise",
};

/** The canary too. Throws for a name that is none's. */
export function mutantNamed(name: string): Mutant {
  const found = [...catalogue, canary].find((mutant) => mutant.name === name);
  if (found === undefined) throw new TypeError(`there is no mutant ${name}`);
  return found;
}
