/** Broken activation boxes. */
import type { Mutant } from "../mutant.ts";

export const boxMutants: readonly Mutant[] = [
  {
    name: "takes-any-pin",
    property: "P2",
    file: "firmware-sim/src/devices/activation-box/activation-box.ts",
    find: "if (!matchesPin(at.config.provider, verifier, v)) {",
    replace: "if (v.length !== verifier.digest.length) {",
    scenario: "one-wrong-pin",
  },
  {
    name: "begins-its-tickets-anew-with-an-epoch",
    property: "P10",
    file: "firmware-sim/src/devices/activation-box/activation-box.ts",
    find: "endsWithEpoch: [PIN],",
    replace: "endsWithEpoch: [PIN, TICKET_COUNTER],",
    scenario: "tickets-in-two-epochs",
  },
  {
    name: "asks-for-whatever-was-typed",
    property: "P12",
    file: "firmware-sim/src/devices/activation-box/activation-box.ts",
    find: '  if (!/^[0-9]{4,8}$/.test(pin)) return invited(talking, "type-pin");\n',
    replace: "",
    scenario: "half-a-pin",
  },
  {
    name: "begins-a-ticket-at-the-end-of-its-interval",
    property: "P14",
    file: "protocol/src/messages/activate.ts",
    find: "const from = Math.max(grant.nbf, box.lo - times.activateBackSeconds, certificate.nbf);",
    replace: "const from = Math.max(grant.nbf, box.hi, certificate.nbf);",
    scenario: "first-visit",
  },
  {
    name: "locks-a-key-for-good",
    property: "P14",
    file: "firmware-sim/src/devices/activation-box/pins.ts",
    find: "return held === undefined || iat > held.until ? 0 : held.count;",
    replace: "return held === undefined ? 0 : held.count;",
    scenario: "locked-and-helped",
  },
  {
    name: "compares-a-pin-before-it-counts",
    property: "P16",
    file: "firmware-sim/src/devices/activation-box/program.ts",
    find: 'return { to: "comparing", dock: noted, changes, todo: [own(at, { kind: "compare", v })] };',
    replace: 'return { to: "comparing", dock: { ...noted, late: changes }, todo: [own(at, { kind: "compare", v })] };',
    also: [
      {
        file: "firmware-sim/src/devices/activation-box/program.ts",
        find: "    take: (at) => told(at),\n",
        replace: "    take: (at) => ({ ...told(at), changes: at.dock.late }),\n",
      },
    ],
    scenario: "one-wrong-pin",
  },
  {
    name: "counts-one-key-as-two",
    property: "P16",
    file: "protocol/src/time/time-answer.ts",
    find: "if (sameKey || equalBytes(first.holder, second.holder)) return",
    replace: "if (sameKey && !equalBytes(first.holder, second.holder)) return",
    also: [
      {
        file: "firmware-sim/src/devices/mains/carried-time.ts",
        find: "const others = heard.filter(({ answer }) => !equalBytes(answer.source.kid, word.answer.source.kid));",
        replace: "const others = heard;",
      },
    ],
    scenario: "box-without-the-time",
  },
];
