import { existsSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { foreignFindings, lengthFindings, linkFindings, topLevelFindings } from "./rules/tree.ts";
import { committedFiles, listed, readText, root } from "./source.ts";

const foreign = (text: string) => listed(foreignFindings("README.md", text)).join();

test("a stranger at the top level is found", () => {
  expect(topLevelFindings(["protocol/src/index.ts", ".ci/run", "LICENSE"])).toEqual([]);
  expect(listed(topLevelFindings(["notes.txt", "src/a.ts", "src/b.ts"]))).toEqual([
    "notes.txt:1  does not belong at the top level: put it into the package it is for",
    "src:1  does not belong at the top level: put it into the package it is for",
  ]);
});

test("a source file over 400 lines is found", () => {
  expect(lengthFindings("protocol/src/a.ts", "x\n".repeat(400))).toEqual([]);
  expect(listed(lengthFindings("protocol/src/a.ts", "x\n".repeat(401))).join()).toContain("401 lines");
  expect(lengthFindings("protocol/src/registry.ts", "x\n".repeat(401))).toEqual([]);
});

test("paths of one machine and registry hosts are found", () => {
  expect(foreign(`see ${["", "work", "main", "x.ts"].join("/")}`)).toContain("relative to the file");
  expect(foreign(`cd "${["", "home", "ada", "nyckelfri"].join("/")}"`)).toContain("relative to the file");
  expect(foreign(`C:${"\\"}Users${"\\"}ada`)).toContain("relative to the file");
  expect(foreign(`https://registry.${"npmjs"}.org/`)).toContain("each clone uses its own");
  expect(foreign("src/work/x, the home/ folder, ./root/y, /dev/pts/3")).toBe("");
});

test("a link of a document that leads nowhere is found", () => {
  const files: Readonly<Record<string, string>> = { "a/README.md": "# Who it is for, in short", "a/b": "" };
  const links = (text: string) => listed(linkFindings("a/c/README.md", text, (path) => files[path])).join();
  expect(links("no heading # Here\n[h](#here)")).toContain("#here leads nowhere");
  expect(links("# Here\n[x](../README.md#who-it-is-for-in-short) [z](https://nodejs.org) [h](#here)")).toBe("");
  expect(links("[x](README.md)")).toContain("README.md leads nowhere");
  expect(links("[x](../README.md#nobody)")).toContain("leads nowhere");
});

test("every link of a document leads somewhere", () => {
  const read = (path: string): string | undefined => {
    if (!existsSync(root + path)) return undefined;
    return statSync(root + path).isDirectory() ? "" : readText(path);
  };
  const documents = committedFiles().filter((path) => path.endsWith(".md"));
  expect(documents.length).toBeGreaterThan(5);
  expect(listed(documents.flatMap((path) => linkFindings(path, readText(path), read)))).toEqual([]);
});

test("the top level holds what it should and nothing else", () => {
  const files = committedFiles();
  expect(files).toEqual(expect.arrayContaining(["LICENSE", "pnpm-lock.yaml", ".ci/run"]));
  expect(listed(topLevelFindings(files))).toEqual([]);
});

test("no file is too long, and none tells of the machine it was written on", () => {
  const files = committedFiles().map((path) => ({ path, text: readText(path) }));
  expect(listed(files.flatMap(({ path, text }) => lengthFindings(path, text)))).toEqual([]);
  expect(listed(files.flatMap(({ path, text }) => foreignFindings(path, text)))).toEqual([]);
});
