/** Broken books of the city. */
import type { Mutant } from "../mutant.ts";

export const cityMutants: readonly Mutant[] = [
  {
    name: "stores-a-record-each-time-it-comes",
    property: "P8",
    file: "firmware-sim/src/world/city-log.ts",
    find: 'known: book.rows.has(counter) ? "again" : "new"',
    replace: 'known: "new"',
    scenario: "many-visits",
  },
];
