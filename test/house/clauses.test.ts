import { expect, test } from "vitest";
import { citationsIn, clauseFindings, clausesOf, MARKERS } from "./rules/clauses.ts";
import { committedFiles, isScript, listed, readText } from "./source.ts";

const SPEC = `
# Title
**AAA-1** A decoder MUST refuse (see AAA-2).

- **AAA-2** An encoder MUST write.
| **AAA-3** | a row |
1. **AAA-4** (device) A cylinder MUST wait.
**AAA-5** (info) This explains AAA-1; in the middle of a line **AAA-2** defines nothing.
**AAA-6** (see above) prose, no marker.
\`\`\`
**AAA-9** in a code block
\`\`\`
`;

const says = (spec: string, code: string, tests: string) =>
  listed(
    clauseFindings(
      { path: "SPEC.md", text: spec },
      [{ path: "code.ts", text: code }],
      [{ path: "a.test.ts", text: tests }],
    ),
  ).join("\n");

const ids = (text: string) => citationsIn(text).map(({ id }) => id);

test("a clause is a bold id at the start of a paragraph, list item or table row", () => {
  expect(clausesOf(SPEC).map(({ id, marker }) => [id, marker])).toEqual([
    ["AAA-1", undefined],
    ["AAA-2", undefined],
    ["AAA-3", undefined],
    ["AAA-4", "device"],
    ["AAA-5", "info"],
    ["AAA-6", undefined],
  ]);
});

test("a citation is one clause, a list or a range, also across lines of a comment", () => {
  expect(ids("// SPEC AAA-1")).toEqual(["AAA-1"]);
  expect(ids("(SPEC AAA-1, AAA-3 and BBB-2); RFC 8949")).toEqual(["AAA-1", "AAA-3", "BBB-2"]);
  expect(ids("SPEC AAA-1 to AAA-3 and AAA-9")).toEqual(["AAA-1", "AAA-2", "AAA-3", "AAA-9"]);
  expect(ids("SPEC AAA-1..AAA-4, BBB-1")).toEqual(["AAA-1", "AAA-2", "AAA-3", "AAA-4", "BBB-1"]);
  expect(ids("/** SPEC AAA-1,\n * AAA-2\n */ // SPEC\n// BBB-12.")).toEqual(["AAA-1", "AAA-2", "BBB-12"]);
  expect(ids("AAA-1, SPECIAL-1, SPEC.md")).toEqual([]);
  expect(() => ids("SPEC AAA-4..AAA-1")).toThrow(RangeError);
});

test("a clause that is cited by code and by a test passes, and a marked one needs no citation", () => {
  expect(says(SPEC, "// SPEC AAA-1..AAA-3, AAA-6", "test('SPEC AAA-1..AAA-3', f); // SPEC AAA-6")).toBe("");
});

test("a clause without code, without a test, or defined twice is found", () => {
  expect(says("**AAA-1** x", "", "// SPEC AAA-1")).toBe(
    'SPEC.md:1  no code cites "SPEC AAA-1": cite it where it is implemented',
  );
  expect(says("**AAA-1** x", "// SPEC AAA-1", "")).toContain('no test cites "SPEC AAA-1"');
  expect(says("**AAA-1** x\n\n**AAA-1** y", "// SPEC AAA-1", "// SPEC AAA-1")).toContain(
    "SPEC.md:3  AAA-1 is defined twice",
  );
});

test("a citation of no clause, a dangling reference and an unknown marker are found", () => {
  expect(says("", "\n// SPEC AAA-7", "")).toContain("code.ts:2  AAA-7 is no clause of SPEC.md");
  expect(says("**AAA-1** (info) as AAA-8 says, and ISO-9", "", "")).toBe(
    "SPEC.md:1  AAA-8 is referred to and not defined",
  );
  expect(says("**AAA-1** (devices) x", "", "")).toContain("(devices) is no marker: write one of (device), (info)");
});

test("every clause of the specification is cited by code and by a test", () => {
  const path = "protocol/SPEC.md";
  const read = (which: (path: string) => boolean) =>
    committedFiles()
      .filter((name) => isScript(name) && which(name))
      .map((name) => ({ path: name, text: readText(name) }));
  const code = read((name) => name.startsWith("protocol/src/") && name !== "protocol/src/registry.ts");
  const tests = read((name) => /^(protocol\/test|test)\//.test(name) && !name.startsWith("test/house/"));
  const spec = readText(path);
  const clauses = clausesOf(spec);
  const counts = MARKERS.map((marker) => `${clauses.filter((one) => one.marker === marker).length} (${marker})`);
  console.info(`${path}: ${clauses.length} clauses, of them without need of a citation: ${counts.join(", ")}`);
  expect(listed(clauseFindings({ path, text: spec }, code, tests))).toEqual([]);
});
