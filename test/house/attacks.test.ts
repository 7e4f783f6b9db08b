/** Every numbered attack of SPEC chapter 18 has a test that names it, or a row that says why there can be none. */
import { expect, test } from "vitest";
import { committedFiles, isScript, readText } from "./source.ts";

interface Row {
  readonly number: number;
  readonly answer: string;
}

function rowsOf(spec: string): readonly Row[] {
  const [, chapter = ""] = spec.split(/^## 18\. ATK[^\n]*\n/m);
  const [table = ""] = chapter.split(/^## /m);
  return [...table.matchAll(/^\| (\d+) \| [^|]+ \| ([^|]+) \|$/gm)].map(([, number, answer = ""]) => {
    return { number: Number(number), answer: answer.trim() };
  });
}

function namedIn(text: string): readonly number[] {
  return [...text.matchAll(/\btest(?:\.each\(.*?\))?\(\s*["'`]attack (\d+): \S/gs)].map(([, number]) => Number(number));
}

/** Numbers that are out of order, that no test names, or that a test names and no row. */
function findings(rows: readonly Row[], named: readonly number[]): readonly string[] {
  const numbers = rows.map(({ number }) => number);
  return [
    ...numbers.filter((number, index) => number !== index + 1).map((number) => `row ${number} is out of its place`),
    ...rows
      .filter(({ number, answer }) => !named.includes(number) && !answer.startsWith("not in "))
      .map(({ number }) => `no test is called "attack ${number}: …"`),
    ...named.filter((number) => !numbers.includes(number)).map((number) => `attack ${number} is none of the table's`),
  ];
}

const SPEC = `## 18. ATK: x
| # | attack | answered by |
|---|---|---|
| 1 | a | AAA-1 |
| 2 | b | not in the protocol: BBB-1 |
| 3 | c | AAA-2 |
## Appendix A: y
| 9 | d | no row of chapter 18 |
`;

test("what is named or excused passes, and what is neither is found", () => {
  const rows = rowsOf(SPEC);
  expect(rows.map(({ number }) => number)).toEqual([1, 2, 3]);
  expect(findings(rows, namedIn(`test("attack 1: a", f); test("attack 3: c", f)`))).toEqual([]);
  expect(findings(rows, namedIn(`test("attack 1: a", f); // attack 3: c`))).toEqual([
    'no test is called "attack 3: …"',
  ]);
  expect(findings(rows, [1, 3, 4])).toEqual(["attack 4 is none of the table's"]);
  expect(findings(rows.slice(1), [3])).toContain("row 2 is out of its place");
});

test("each of the 27 numbered attacks has its test, or its reason in the specification", () => {
  const rows = rowsOf(readText("protocol/SPEC.md"));
  const tests = committedFiles().filter(
    (path) => isScript(path) && /\.test\.ts$/.test(path) && !path.includes("/house/"),
  );
  expect(rows.length).toBe(27);
  expect(
    findings(
      rows,
      tests.flatMap((path) => namedIn(readText(path))),
    ),
  ).toEqual([]);
});
