import { describe, expect, test } from "vitest";
import { costTables, thousandths } from "#src/costs/cost-table.ts";
import { figuresOf } from "#src/costs/figure.ts";
import { pairs } from "#src/costs/pairs.ts";
import { cortexM0PlusAt16MHz } from "#src/costs/processors.ts";

const tables = costTables();

describe("the tables", () => {
  test("are the same every time, also when other tables were made between", () => {
    costTables(pairs.slice(1));
    expect(costTables()).toBe(tables);
  });

  test("are Markdown: every row of a table has as many cells as its head", () => {
    const blocks = tables.split("\n\n").filter((block) => block.startsWith("| "));
    expect(blocks).toHaveLength(6);
    for (const block of blocks) {
      const widths = block.split("\n").map((row) => row.split(" | ").length);
      expect(new Set(widths).size).toBe(1);
    }
  });

  test("name every estimate that a mark points to, once, with its reason", () => {
    const list = tables.slice(tables.indexOf("#### Estimates"));
    const numbered = [...list.matchAll(/^(\d+)\. (.+): (\w+) = \d+\. \S/gm)].map(([, number]) => Number(number));
    expect(numbered).toEqual(numbered.map((_, at) => at + 1));
    const rows = tables.split("\n").filter((line) => line.startsWith("| Cortex") && line.includes("first visit |"));
    expect(rows).toHaveLength(5);
    const most = Math.max(...[...tables.matchAll(/(?:^| |–)(\d+) \|$/gm)].map(([, number]) => Number(number)));
    expect(most).toBe(numbered.length);
  });

  test("mark the unmeasured verification of the M0+ and not the measured one of the M4", () => {
    const list = tables.slice(tables.indexOf("#### Estimates"));
    expect(list).toMatch(/Cortex-M0\+ \d+ MHz: cyclesPerVerify = 4200000/);
    expect(list).not.toMatch(/Cortex-M4.*: cyclesPerVerify/);
    expect(figuresOf(cortexM0PlusAt16MHz).length).toBeGreaterThan(10);
  });

  test("a limit that is missed is bold", () => {
    const refusals = tables.split("\n").find((line) => line.startsWith("| SE050") && line.includes("(0)"));
    expect(refusals).toMatch(/\| \d+\.\d \/ \d\.\d \(0\) \| \d+\.\d \/ \*\*\d+\.\d\*\* \(3\)/);
  });

  test.each([
    [0, "0.0"],
    [1, "0.1"],
    [1_234, "1.3"],
    [1_200, "1.2"],
    [99_999, "100.0"],
  ])("%i thousandths are %s", (value, text) => {
    expect(thousandths(value)).toBe(text);
  });
});
