/** Every checker sees: for each property firmwares that are broken in one place, and the worlds in which its checker notices. */
import { allCheckers } from "@nyckelfri/firmware-sim";
import { beforeAll, describe, expect, test } from "vitest";
import { canary, catalogue } from "#src/mutants/catalogue/catalogue.ts";
import { type Foundry, loadEsbuild, mutated, openFoundry } from "#src/mutants/foundry.ts";
import { breachesIn, type Judged, judge, withoutCheckers } from "#src/mutants/matrix.ts";
import { DEVICES, type Mutant } from "#src/mutants/mutant.ts";
import { countsByDevice, faultsOf, matrixMarkdown, matrixOf, matrixText } from "#src/mutants/report.ts";
import { scenarios } from "#src/mutants/scenarios/scenarios.ts";

let foundry: Foundry;
const judged = new Map<string, Judged>();
beforeAll(async () => {
  foundry = await openFoundry([...catalogue, canary]);
});

describe("the sound firmware breaks nothing", () => {
  test.each(Object.keys(scenarios))("in %s", (scenario) => {
    expect(breachesIn(foundry.run("sound"), scenario)).toEqual([]);
  });

  test("each scenario has a mutant", () => {
    const used = new Set(catalogue.map(({ scenario }) => scenario));
    expect(Object.keys(scenarios).filter((name) => !used.has(name))).toEqual([]);
  });
});

/** One of each property; `nyckelfri mutants` runs them all, as `.ci/run` does. */
const SOME = catalogue.filter((mutant) => mutant === catalogue.find(({ property }) => property === mutant.property));

describe("a broken firmware is noticed", () => {
  test.each(SOME.map((mutant) => [mutant.property, mutant.device, mutant.name, mutant] as const))(
    "%s %s %s",
    (_p, _d, _n, mutant) => {
      const one = judge(foundry, mutant, "until-caught");
      judged.set(mutant.name, one);
      expect(one).toMatchObject({ verdict: "caught" });
    },
  );

  test("their names are their own", () => {
    expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length);
  });

  test("every device has some, and every property has two and more", () => {
    const counts = countsByDevice(catalogue.map((mutant) => ({ mutant, judged: {} as Judged })));
    expect(DEVICES.filter((device) => device !== "city" && counts[device] < 4)).toEqual([]);
    const properties = allCheckers().map(({ property }) => property);
    const few = properties.filter((property) => catalogue.filter((one) => one.property === property).length < 2);
    expect(few).toEqual([]);
  });
});

describe("the matrix can say no", () => {
  test("canary: what breaks no property runs, and is noticed by nobody", () => {
    expect(judge(foundry, canary)).toMatchObject({ verdict: "missed", catches: [] });
  });

  test("a mutant that nobody runs is not one that survives", () => {
    const elsewhere = catalogue.find(({ device }) => device === "key-cabinet");
    expect(judge(foundry, { ...(elsewhere ?? canary), scenario: "two-doors" }).verdict).toBe("unreached");
  });

  // In all of its scenario nobody but this checker notices it. Of every third; of all with `NYCKELFRI_RUNS`, as `.ci/run` has it.
  describe("without the checker of", () => {
    const all = allCheckers().map(({ property }) => property);
    const some = all.filter((_, place) => process.env["NYCKELFRI_RUNS"] !== undefined || place % 3 === 0);
    test.each(some)("%s a mutant of its own survives", (property) => {
      const own = catalogue.filter((mutant) => mutant.property === property);
      const survives = (mutant: Mutant, one: Judged) => withoutCheckers(mutant, one, [property]).verdict === "missed";
      const found = own.find((mutant) => {
        const first = judged.get(mutant.name);
        // Most scenarios are one world, and have been run to their end.
        return (first === undefined || survives(mutant, first)) && survives(mutant, judge(foundry, mutant));
      });
      expect(found?.property).toBe(property);
    });
  });

  test("a matrix with a survivor, an idle checker or a dead canary has faults", () => {
    const [mutant = { ...canary, device: "key" as const }] = catalogue;
    const caught = judged.get(mutant.name) ?? judge(foundry, mutant);
    const lives = { mutant: canary, judged: { ...caught, verdict: "missed" } } as const;
    const whole = matrixOf([{ mutant, judged: caught }], [mutant.property], lives);
    expect(faultsOf(whole)).toEqual([]);
    expect(matrixText(whole, (_, text) => text)).toContain("1 of 1 mutants caught");
    expect(matrixMarkdown(whole)).toMatch(new RegExp(`^\\| \`${mutant.name}\` \\|.*\\| ● \\|$`, "m"));
    expect(faultsOf({ ...whole, canary: { ...lives, judged: caught } })).toHaveLength(1);
    expect(faultsOf({ ...whole, rows: [{ mutant, judged: { ...caught, verdict: "missed" } }] })).toHaveLength(1);
    expect(faultsOf(matrixOf([{ mutant, judged: caught }], [mutant.property, "P22"], lives))).toHaveLength(1);
  });

  test("without esbuild somebody is told what to install", async () => {
    await expect(loadEsbuild("no-such-bundler")).rejects.toMatchObject({ code: "cli/part-missing" });
  });

  test("a mutant whose place is not there exactly once is refused", async () => {
    expect(() => mutated("a b a", "x", { file: "f", find: "a", replace: "c" })).toThrow(/2 places in f/);
    expect(mutated("a b", "x", { file: "f", find: "a", replace: "c" })).toBe("c b");
    await expect(openFoundry([{ ...canary, find: "no such text" }])).rejects.toMatchObject({ code: "cli/mutant" });
  });
});
