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
  {
    name: "hands-out-to-whoever-is-known",
    property: "P23",
    file: "firmware-sim/src/devices/key-cabinet/holder.ts",
    find: "return holder.length === 8 && sub === subOf(holder);",
    replace: "return holder.length === 8 && sub.length === subOf(holder).length;",
    scenario: "somebody-else-at-the-reader",
  },
  {
    name: "looks-only-into-its-memory",
    property: "P23",
    file: "firmware-sim/src/devices/key-cabinet/check-in.ts",
    find: "if (grant !== undefined && isEntitled(at, grant, wish.holder))",
    replace: "if (grant !== undefined)",
    also: [
      {
        file: "firmware-sim/src/devices/key-cabinet/program.ts",
        find: 'wish !== "none" && grant !== undefined && isEntitled(at, grant, wish.holder);',
        replace: 'wish !== "none" && grant !== undefined;',
      },
    ],
    scenario: "key-with-another-holder",
  },
  {
    name: "gives-back-what-it-keeps",
    property: "P23",
    file: "firmware-sim/src/devices/key-cabinet/check-in.ts",
    find: 'const welcomed = isNew ? [shown("key-taken-in")] : [];',
    replace:
      'const welcomed = isNew ? [shown("key-taken-in")] : [];\n  if (isNew) return { ...taken, to: "rest", effects: welcomed, todo: [...todo, { kind: "own", next: { kind: "draw-bolt", slot, reason: "give-back" } }] };',
    scenario: "somebody-else-at-the-reader",
  },
];
