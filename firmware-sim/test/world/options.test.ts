import fc from "fast-check";
import { expect, test } from "vitest";
import {
  drawOptions,
  type Options,
  optionNames,
  optionsOf,
  optionTable,
  parseReproduceLine,
  printOptions,
  reproduceLine,
  usualOptions,
  withOptions,
} from "#src/world/options.ts";
import { rootStream } from "#src/world/streams.ts";
import { codeOf } from "./code-of.ts";

const anySeed = fc.nat(0xffff_ffff);
const drawnOften = Array.from({ length: 400 }, (_, seed) => optionsOf(seed));

test("a seed draws the same options each time, each inside its range or off", () => {
  fc.assert(
    fc.property(anySeed, (seed) => {
      const options = optionsOf(seed);
      expect(optionsOf(seed)).toEqual(options);
      expect(withOptions(options, {})).toEqual(options);
    }),
  );
  expect(drawOptions(rootStream(1))).not.toEqual(drawOptions(rootStream(2)));
});

test("every fault is off in many worlds and on in many, and every size is always there", () => {
  for (const name of optionNames) {
    const { group, least, most } = optionTable[name];
    const off = drawnOften.filter((options) => options[name] === 0).length;
    if (group === "size") {
      expect(
        drawnOften.every((options) => options[name] >= least && options[name] <= most),
        name,
      ).toBe(true);
    } else {
      expect(off, name).toBeGreaterThan(180);
      expect(off, name).toBeLessThan(300);
    }
  }
});

test("now and then a whole group is off, far more often than by chance", () => {
  const linkRows = optionNames.filter((name) => optionTable[name].group === "link");
  const without = drawnOften.filter((options) => linkRows.every((name) => options[name] === 0));
  expect(linkRows.length).toBeGreaterThan(5);
  expect(without.length).toBeGreaterThan(40);
  expect(without.length).toBeLessThan(140);
});

test("rates of every magnitude are drawn", () => {
  const rates = drawnOften.map(({ linkBitErrorPerMillion }) => linkBitErrorPerMillion).filter((rate) => rate > 0);
  for (const [from, to] of [
    [1, 10],
    [10, 200],
    [200, 2_001],
  ] as const) {
    expect(rates.filter((rate) => rate >= from && rate < to).length).toBeGreaterThan(10);
  }
});

test("the usual world is sound and nothing goes wrong in it", () => {
  expect(withOptions(usualOptions, {})).toEqual(usualOptions);
  const faults = optionNames.filter((name) => optionTable[name].group !== "size");
  expect(faults.every((name) => usualOptions[name] === 0)).toBe(true);
});

test("the table is printed whole", () => {
  const printed = printOptions({ ...usualOptions, clients: 7, lostKeyPerMillion: 250 });
  for (const name of optionNames) expect(printed).toContain(name);
  expect(printed).toMatch(/^ {2}clients +7 /m);
  expect(printed).toMatch(/^ {2}lostKeyPerMillion +250 /m);
  expect(printed).toMatch(/^ {2}rogueKeys +off /m);
});

/** Options that no seed draws: some of the rows changed by hand. */
const changedByHand = fc
  .tuple(
    anySeed,
    fc.uniqueArray(fc.tuple(fc.constantFrom(...optionNames), fc.nat()), { maxLength: 6, selector: ([name]) => name }),
  )
  .map(([seed, changes]): { seed: number; options: Options } => {
    const changed = changes.map(([name, draw]) => {
      const { least, most } = optionTable[name];
      return [name, least + (draw % (most - least + 1))];
    });
    return { seed, options: withOptions(optionsOf(seed), Object.fromEntries(changed)) };
  });

test("the line that repeats a run gives the same run", () => {
  fc.assert(
    fc.property(changedByHand, (run) => {
      const line = reproduceLine(run);
      expect(line).not.toContain("\n");
      const parsed = parseReproduceLine(line);
      expect(String(parsed.seed)).toBe(String(run.seed));
      expect(parsed.options).toEqual(run.options);
    }),
  );
});

test("a line may be as short as a seed, and changed by hand", () => {
  expect(reproduceLine({ seed: 7, options: optionsOf(7) })).toMatch(/^table=[0-9a-f]{8} seed=7$/);
  expect(parseReproduceLine("seed=7").options).toEqual(optionsOf(7));
  expect(parseReproduceLine(" seed=7  rogueKeys=0 ").options).toEqual({ ...optionsOf(7), rogueKeys: 0 });
});

test("a line that would repeat another run is refused", () => {
  for (const line of [
    "",
    "clients=3",
    "seed=7 clients=0",
    "seed=7 clients=41",
    "seed=7 clients=3.5",
    "seed=7 clients=",
    "seed=7 noSuchFault=1",
    "seed=7 toString=1",
    "table=00000000 seed=7",
    "hello",
  ]) {
    expect(
      codeOf(() => parseReproduceLine(line)),
      line,
    ).toBe("caller/argument");
  }
});
