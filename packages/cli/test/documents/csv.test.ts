import fc from "fast-check";
import { expect, test } from "vitest";
import { readCsv } from "#src/documents/csv.ts";
import { Findings } from "#src/documents/node.ts";

function cells(text: string) {
  return readCsv(text, new Findings())?.map((row) => row.map((cell) => cell.text));
}

test("quotes, doubled quotes, line breaks in cells, CRLF and a byte order mark", () => {
  expect(cells('\ufeffa,b\r\n"x, y","say ""hi"""\r\n"two\nlines",z\r\n')).toEqual([
    ["a", "b"],
    ["x, y", 'say "hi"'],
    ["two\nlines", "z"],
  ]);
});

test("the header chooses the separator", () => {
  expect(cells("a;b\n1,5;2")).toEqual([
    ["a", "b"],
    ["1,5", "2"],
  ]);
  expect(cells("a\tb\n1\t")).toEqual([
    ["a", "b"],
    ["1", ""],
  ]);
});

test("empty rows and comments are left out, and places count them", () => {
  const rows = readCsv('# invented\na,b\n\n,,\n1,"2"\n', new Findings());
  expect(rows?.at(-1)).toEqual([
    { text: "1", at: { line: 5, column: 1 } },
    { text: "2", at: { line: 5, column: 3 } },
  ]);
});

test("a place behind a line break inside a cell is in the line after it", () => {
  const rows = readCsv('a,b\n"two\nlines",z\n', new Findings());
  expect(rows?.[1]?.[1]).toEqual({ text: "z", at: { line: 3, column: 8 } });
});

test.each([
  ['a,b\n1,"2', { line: 2, column: 3, code: "document/syntax" }],
  ['a,b\n"1"2,3', { line: 2, column: 4, code: "document/syntax" }],
  // A CR without its LF ended the line, and took the character behind it along.
  ['a,b\n"1"\r2,3', { line: 2, column: 4, code: "document/syntax" }],
])("%j is found at its place", (text, place) => {
  const findings = new Findings();
  expect(readCsv(text, findings)).toBeUndefined();
  expect(findings.sorted[0]).toMatchObject(place);
});

test("what is quoted comes back, whatever it holds", () => {
  const cell = fc.string().map((text) => text.trim());
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), (rows) => {
      const quoted = rows.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(","));
      const wanted = rows.filter((row) => row.some((text) => text !== ""));
      expect(cells(`"h","h"\n${quoted.join("\n")}`)?.slice(1)).toEqual(wanted);
    }),
  );
});
