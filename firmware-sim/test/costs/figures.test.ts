import { describe, expect, test } from "vitest";
import { type Figure, figuresOf, type NamedFigure } from "#src/costs/figure.ts";
import { memories } from "#src/costs/memories.ts";
import { usualHeldMilliseconds } from "#src/costs/opening-cost.ts";
import { layoutFigures } from "#src/costs/opening-steps.ts";
import { usualPair } from "#src/costs/pairs.ts";
import * as peripherals from "#src/costs/peripherals.ts";
import { processors } from "#src/costs/processors.ts";

const named: readonly NamedFigure[] = [
  ...figuresOf(processors),
  ...figuresOf(memories),
  ...figuresOf(peripherals),
  ...figuresOf(layoutFigures),
  { name: "usualHeldMilliseconds", figure: usualHeldMilliseconds },
];

const textOf = (figure: Figure): string => ("estimated" in figure ? figure.why : figure.source);

/** Sane ranges by the unit that a figure's name ends in. */
const RANGES: readonly (readonly [unit: RegExp, least: number, most: number])[] = [
  [/cyclesPer(Verify|Sign|KeyCheck)$/, 200_000, 200_000_000],
  [/cyclesPerSha(256|512)Block$/, 500, 200_000],
  [/cyclesPer(CborByte|FramedByte)$/, 5, 1_000],
  [/picojoulesPerCycle$/, 20, 2_000],
  [/microsecondsPer(Verify|Sign|KeyCheck)$/, 1_000, 2_000_000],
  [/[nN]anojoulesPer(WordProgram|PageErase|Byte)$/, 1, 10_000_000],
  [/nanosecondsPerWord(Program|Read)$/, 50, 20_000_000],
  [/(start|listen|turnaround)Microseconds$/, 100, 50_000],
  [/microsecondsPerPageErase$/, 1_000, 200_000],
  [/(engage|usualHeld)Milliseconds$/, 10, 10_000],
  [/(engage|PerSignal)Microjoules$|microjoulesPerSignal$/, 500, 500_000],
  [/Microwatts$/, 500, 500_000],
  [/sleepNanowatts$/, 300, 50_000],
  [/Microamps$/, 500, 3_000_000],
  [/microampHours$/, 50_000, 3_000_000],
  [/Millivolts$/, 1_000, 3_600],
  [/Percent(PerYear)?$/, 1, 100],
  [/nanofarads$/, 1_000, 1_000_000],
  [/bitsPerSecond$/, 115_200, 3_000_000],
  [/bitsPerByte$/, 10, 12],
  [/[bB]ytes(PerWord|PerPage)?$/, 2, 8_192],
  [/enduranceCycles$/, 1_000, 1e15],
  [/(bootHashBlocks|marksPerCommit)$/, 1, 100],
];

describe("figures", () => {
  test("every number of a profile is a figure, but a clock, which is a choice", () => {
    const bare = (value: object, path: string): string[] =>
      Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
        if (typeof inner === "number") return [`${path}.${key}`];
        if (typeof inner !== "object" || inner === null || "value" in inner) return [];
        return bare(inner, `${path}.${key}`);
      });
    const numbers = [processors, memories, peripherals].flatMap((profiles) => bare(profiles, ""));
    expect(numbers.filter((path) => !path.endsWith(".clockMegahertz"))).toEqual([]);
    expect(named.length).toBeGreaterThan(150);
  });

  test("every figure is a whole number with a source, or with the reason of its estimate", () => {
    const bad = named.filter(({ figure }) => {
      const both = "source" in figure && "estimated" in figure;
      return both || !Number.isSafeInteger(figure.value) || figure.value < 0 || textOf(figure).length < 5;
    });
    expect(bad).toEqual([]);
  });

  test("every name ends in a unit that this file knows, and its value is sane", () => {
    const strange = named.filter(({ name, figure }) => {
      const range = RANGES.find(([unit]) => unit.test(name));
      return range === undefined || figure.value < range[1] || figure.value > range[2];
    });
    expect(strange.map(({ name, figure }) => `${name} = ${figure.value}`)).toEqual([]);
  });

  test("no M0+ or M33 signature claims to have been measured", () => {
    const unmeasured = processors.filter(({ name }) => /^Cortex-M(0\+|33)/.test(name));
    expect(unmeasured).toHaveLength(3);
    for (const { signatures } of unmeasured) {
      expect(signatures).toMatchObject({ cyclesPerVerify: { estimated: true }, cyclesPerSign: { estimated: true } });
    }
  });

  test("a pair's figures are found at their paths", () => {
    const found = figuresOf(usualPair).map(({ name }) => name);
    expect(found).toContain("cylinder.memory.erase.bytesPerPage");
    expect(found).toContain("key.battery.microampHours");
    expect(new Set(found).size).toBe(found.length);
  });
});
