import { expect, test } from "vitest";
import { committedFiles, vectorFiles, writeVectorFiles } from "./generate.ts";

// `UPDATE_VECTORS=1 npm test -- protocol/test/vectors` writes them; without it a stale file fails.
if (process.env["UPDATE_VECTORS"] === "1") writeVectorFiles();

const generated = vectorFiles();
const committed = committedFiles();

test("protocol/vectors has just the files that are known here", () => {
  expect([...committed.keys()].sort()).toEqual([...generated.keys()].sort());
});

test.each([...generated.keys()])("%s is current (else: UPDATE_VECTORS=1 npm test -- protocol/test/vectors)", (name) => {
  // Not toBe on the texts: a difference in half a megabyte of hex tells nobody anything.
  expect(firstDifference(committed.get(name) ?? "", generated.get(name) ?? "")).toBe("none");
});

test("the folder stays reviewable", () => {
  const bytes = [...generated.values()].reduce((sum, text) => sum + text.length, 0);
  expect(bytes).toBeLessThan(2_000_000);
});

function firstDifference(before: string, after: string): string {
  const [a, b] = [before.split("\n"), after.split("\n")];
  const line = b.findIndex((text, index) => text !== a[index]);
  if (line === -1) return a.length === b.length ? "none" : `line ${b.length}: the file goes on`;
  return `line ${line + 1}: ${b[line]?.slice(0, 100)}`;
}
