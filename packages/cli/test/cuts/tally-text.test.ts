/** What a campaign that was stopped, or had nothing to do, may say of itself. */
import { type CutTally, emptyTally } from "@nyckelfri/firmware-sim";
import { expect, test } from "vitest";
import { textOfTally } from "#src/cuts/tally-text.ts";

const plain = (_kind: string, text: string): string => text;
const one: CutTally["scenarios"][string] = {
  ...{ places: { "contact-5ms contact": 9 }, tried: { "contact-5ms contact": 2 }, openings: 4, states: 1 },
  ...{ pairs: { places: 0, firsts: 0, firstsTaken: 0, firstsAlike: 0 }, foundBefore: 0, notReached: 0 },
};

test.each([
  [{}, "no", "no cut was tried, so nothing is shown"],
  [{}, "by-ctrl-c", "no cut was tried, so nothing is shown"],
  [
    { "opening-repeated": one },
    "by-ctrl-c",
    "stopped before the end; every property held after every cut that was tried",
  ],
  [{ "opening-repeated": one }, "no", "every property held after every cut that was tried"],
] as const)("of %j, stopped %s", (scenarios, stopped, says) => {
  const text = textOfTally({ ...emptyTally(), scenarios }, { depth: 1, seconds: 3, stopped }, plain);
  expect(text.split("\n").at(-1)).toBe(says);
});
