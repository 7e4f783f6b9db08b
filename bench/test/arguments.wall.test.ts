/** What the programs of this folder say to who asks for help, or for what there is not: from dist/, as people start them. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const run = (program: string, ...words: readonly string[]) => {
  const file = fileURLToPath(new URL(`../dist/${program}.js`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...words], { encoding: "utf8" });
  return { status, stdout, stderr };
};

test.each([
  ["main", "npm run bench"],
  ["world/city", "npm run city"],
  ["world/district", "npm run district"],
])("%s tells its options, and ends with 2 where there is no such one", (program, usage) => {
  expect(run(program, "--help")).toMatchObject({ status: 0, stdout: expect.stringContaining(usage), stderr: "" });
  const wrong = run(program, "--bogus");
  expect(wrong).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining(usage) });
  expect(wrong.stderr).not.toContain("    at ");
});

test.each([
  ["main", "--only", "nothing"],
  ["main", "--write", "/dev/null/report"],
  ["world/city", "--clients", "none"],
  ["world/city", "--provider", "noble"],
  ["world/district", "--staff", "-1"],
])("%s %s %s is refused before anything is measured", (program, ...words) => {
  expect(run(program, ...words)).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("[options]") });
});
