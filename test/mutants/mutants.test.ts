/** Every checker sees: for each property a firmware that is broken in one place, and the world in which its checker notices. */
import { allCheckers } from "@nyckelfri/firmware-sim";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Firmware, Foundry } from "./firmware.ts";
import { breachesIn, judge } from "./matrix.ts";
import { canary, mutants } from "./mutants.ts";
import { type ScenarioName, scenarios } from "./scenarios.ts";

const foundry = new Foundry();
let sound: Firmware;
beforeAll(async () => {
  sound = await foundry.load("sound");
});
afterAll(() => foundry.close());

describe("the sound firmware breaks nothing", () => {
  test.each(Object.keys(scenarios) as ScenarioName[])("in %s", (scenario) => {
    expect(breachesIn(sound, scenario)).toEqual([]);
  });
});

describe("a broken firmware is noticed", () => {
  test.each(mutants.map((mutant) => [mutant.property, mutant.name, mutant] as const))(
    "%s %s",
    async (_p, _n, mutant) => {
      const { verdict, breaches } = await judge(foundry, mutant);
      expect({ verdict, breaches: breaches.slice(0, 3) }).toMatchObject({ verdict: "caught" });
    },
  );

  test("each property has one", () => {
    const properties = new Set(mutants.map(({ property }) => property));
    expect(allCheckers().map(({ property }) => property)).toEqual([...properties]);
  });

  test("their names are their own", () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });
});

describe("the matrix can say no", () => {
  test("canary: what breaks no property is noticed by nobody", async () => {
    expect(await judge(foundry, canary)).toMatchObject({ verdict: "missed", breaches: [] });
  });

  test("a mutant whose place is not there is refused", async () => {
    await expect(foundry.load({ ...canary, find: "no such text" })).rejects.toThrow();
  });

  test("and so is one whose place is there twice", async () => {
    await expect(foundry.load({ ...canary, find: "code" })).rejects.toThrow();
  });

  test("and one of a file that no firmware is made of", async () => {
    await expect(foundry.load({ ...canary, file: "protocol/README.md" })).rejects.toThrow();
  });
});
