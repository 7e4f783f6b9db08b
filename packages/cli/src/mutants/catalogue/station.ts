/** Broken sync stations. */
import type { Mutant } from "../mutant.ts";

export const stationMutants: readonly Mutant[] = [
  {
    name: "forgets-its-cursors-with-an-epoch",
    property: "P10",
    file: "firmware-sim/src/devices/station/station.ts",
    find: "export const STATION_ENDS: readonly string[] = [BUNDLE, RECEIPT];",
    replace: "export const STATION_ENDS: readonly string[] = [BUNDLE, RECEIPT, CURSORS];",
    scenario: "uploads-in-two-epochs",
  },
  {
    name: "offers-grants-before-their-issuers",
    property: "P14",
    file: "firmware-sim/src/devices/station/bundles.ts",
    find: "    ...issuers.map((one) => ({ name: one.name, bytes: one.key.certificate.bytes })),\n    ...lists,",
    replace: `    ...due,
    ...issuers.map((one) => ({ name: one.name, bytes: one.key.certificate.bytes })),
    ...lists,`,
    scenario: "new-epoch",
  },
  {
    name: "rounds-the-time-that-it-gives",
    property: "P16",
    file: "protocol/src/time/time-answer.ts",
    find: "const uncertaintyMs = Math.max(t * 1000 - loMs, hiMs - t * 1000);",
    replace: "const uncertaintyMs = Math.ceil((hiMs - loMs) / 2);",
    scenario: "host-comes-and-goes",
  },
  {
    name: "deletes-what-its-host-acknowledges",
    property: "P17",
    file: "firmware-sim/src/devices/station/station.ts",
    find: "return { reply: {}, changes: new Map([[CURSORS, encodeCursors({ ...cursors, acknowledged })]]) };",
    replace:
      'const read = [...on.own.uploads].filter(([, one]) => one.cursor < acknowledged);\n      return { reply: {}, changes: new Map([...read.map(([name]) => [name, "deleted"]), [CURSORS, encodeCursors({ ...cursors, acknowledged })]]) };',
    scenario: "gap-in-a-station",
  },
  {
    name: "numbers-uploads-by-how-many-it-holds",
    property: "P17",
    file: "firmware-sim/src/devices/station/uploads.ts",
    find: "cursors.next}`, encode([key, object])],",
    replace: "uploads.size}`, encode([key, object])],",
    scenario: "gap-in-a-station",
  },
  {
    name: "believes-a-receipt-that-forks",
    property: "P17",
    file: "firmware-sim/src/devices/station/bundles.ts",
    find: "      if (isForked(own, value)) return REFUSED;\n",
    replace: "",
    scenario: "wrong-receipt",
  },
  {
    name: "keeps-a-new-root-to-itself",
    property: "P18",
    file: "firmware-sim/src/devices/station/program.ts",
    find: "value.epoch > met.welcome.epoch &&",
    replace: "value.epoch < met.welcome.epoch &&",
    scenario: "new-root",
  },
  {
    name: "takes-the-time-once",
    property: "P21",
    file: "firmware-sim/src/devices/mains/host-messages.ts",
    find: "const judged = isVoid(holdings, signer)",
    replace: 'const judged = isVoid(holdings, signer) || holdings.clock.quality === "running"',
    scenario: "host-comes-and-goes",
  },
];
