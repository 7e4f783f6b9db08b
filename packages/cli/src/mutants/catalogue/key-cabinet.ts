/** Broken key cabinets. */
import type { Mutant } from "../mutant.ts";

export const cabinetMutants: readonly Mutant[] = [
  {
    name: "expects-a-grant-in-every-key",
    property: "P12",
    file: "firmware-sim/src/devices/key-cabinet/holder.ts",
    find: "  if (grantDigest === undefined) return undefined;\n",
    replace: "",
    scenario: "key-without-a-grant",
  },
  {
    name: "lets-a-key-sleep",
    property: "P14",
    file: "firmware-sim/src/devices/key-cabinet/check-in.ts",
    find: 'to: config.host === "none" ? "delivering" : "reading-journal", effects: welcomed',
    replace: 'to: config.host === "none" ? "delivering" : "rest", effects: welcomed',
    scenario: "night-in-a-cabinet",
  },
  {
    name: "reads-no-memory-with-a-torn-end",
    property: "P15",
    file: "firmware-sim/src/devices/shared/item-memory-reading.ts",
    find: "    if (found !== undefined) byPlace.set(word, found);\n",
    replace: `    if (found === undefined) return undefined;
    byPlace.set(word, found);
`,
    scenario: "cut-docks",
  },
  {
    name: "takes-two-keys-of-one-holder",
    property: "P16",
    file: "protocol/src/time/time-answer.ts",
    find: "if (sameKey || equalBytes(first.holder, second.holder)) return",
    replace: "if (sameKey) return",
    scenario: "two-keys-of-one-person",
  },
  {
    name: "ends-its-uploads-with-an-epoch",
    property: "P17",
    file: "firmware-sim/src/devices/key-cabinet/cabinet.ts",
    find: "endsWithEpoch: [...STATION_ENDS, GRANT],",
    replace: 'endsWithEpoch: [...STATION_ENDS, GRANT, "upload/"],',
    scenario: "uploads-in-two-epochs",
  },
];
