/** Ids of cases are read as they were written, and nothing else is. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  CUT_DEVICES,
  type CutMoment,
  contactBreaks,
  cutScenarioNames,
  formatCase,
  type PowerCut,
  parseCase,
} from "#src/faults/power-cuts/index.ts";
import { NVM_CUT_STAGES } from "#src/hardware/nvm.ts";

const number = fc.nat({ max: 999_999_999 });
const device = fc.constantFrom(...CUT_DEVICES);
const memory = fc.record({
  struck: device,
  moment: fc.record({ kind: fc.constant("nvm"), operation: number, stage: fc.constantFrom(...NVM_CUT_STAGES) }),
});
const byte = fc
  .record({ kind: fc.constant("byte"), from: device, to: fc.constant("host"), byte: number })
  .map((one): CutMoment => one as CutMoment);
const time = fc.record({ kind: fc.constant("at"), microseconds: number }).map((one): CutMoment => one as CutMoment);
const struck = fc.constantFrom(...CUT_DEVICES, ...contactBreaks);
const anywhere = fc.record({ struck, moment: fc.oneof(byte, time) });
const cut = fc.oneof(memory, anywhere).map((one): PowerCut => one as PowerCut);
const anyCase = fc.record({
  scenario: fc.constantFrom(...cutScenarioNames),
  cuts: fc.array(cut, { maxLength: 3 }),
});

test("an id that was printed is read as the same case", () => {
  fc.assert(
    fc.property(anyCase, (one) => {
      expect(parseCase(formatCase(one), cutScenarioNames)).toEqual(one);
    }),
  );
});

test.each([
  [
    "opening-first/cylinder/nvm:17:torn",
    [{ struck: "cylinder", moment: { kind: "nvm", operation: 17, stage: "torn" } }],
  ],
  ["opening-first/none", []],
  [
    "dock-sync/contact-5ms/byte:key>station:133+station/at:2500us",
    [
      { struck: "contact-5ms", moment: { kind: "byte", from: "key", to: "station", byte: 133 } },
      { struck: "station", moment: { kind: "at", microseconds: 2_500 } },
    ],
  ],
])("%s", (id, cuts) => {
  expect(parseCase(id, cutScenarioNames)).toMatchObject({ cuts });
});

test.each([
  "opening-first",
  "closing/cylinder/nvm:17:torn",
  "opening-first/cylinder/nvm:17:burnt",
  "opening-first/cylinder/nvm:017:torn",
  // A contact has no memory, nobody speaks with themselves, and there is no such device.
  "opening-first/contact/nvm:17:torn",
  "opening-first/key/byte:key>key:1",
  "opening-first/bell/at:1us",
  "opening-first/key/at:1ms",
  "opening-first/key/at:1us+",
])("%s is no id", (id) => {
  expect(() => parseCase(id, cutScenarioNames)).toThrow(/caller\/argument/);
});
