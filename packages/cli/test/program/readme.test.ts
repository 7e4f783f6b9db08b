import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { newFolder } from "../support/folder.ts";
import { callsOf, matches } from "../support/readme.ts";
import { Shell, wordsOf } from "../support/terminal.ts";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const home = process.cwd();

afterEach(() => process.chdir(home));

test("every example of the README prints what it says", async () => {
  const path = newFolder();
  const shipped = readFileSync(new URL("../../rosters/exempelstad.yaml", import.meta.url), "utf8");
  const wrong = shipped.replace("margin: 30 min", "margin: half an hour").replace("at: 09:30", "at: 9:30");
  writeFileSync(path("wrong.yaml"), wrong);
  process.chdir(path(""));
  const shell = new Shell();
  const calls = callsOf(README);
  expect(calls.length).toBeGreaterThan(8);
  for (const { line, command, printed } of calls) {
    const { output, errors } = await shell.run(wordsOf(command).slice(1));
    if (!matches(printed, output + errors)) expect(output + errors, `README.md:${line}`).toBe(printed);
  }
});

test("a promise that is not kept is noticed", () => {
  expect(matches("a\n…\nd", "a\nb\nc\nd\n")).toBe(true);
  expect(matches("a\n…\nd", "a\nb\nc\n")).toBe(false);
  expect(matches("a.c", "abc")).toBe(false);
  expect(callsOf("x\n```sh\n$ one\nsays\n$ two\n```\n")).toEqual([
    { line: 3, command: "one", printed: "says" },
    { line: 5, command: "two", printed: "" },
  ]);
});
