import { expect, test } from "vitest";
import { Shell } from "../support/terminal.ts";

const shell = new Shell();

test("a small world is explored, and the figures are printed", { timeout: 60_000 }, async () => {
  const { exit, output } = await shell.run(["explore", "two-keys-one-door", "--depth", "1"]);
  expect(exit).toBe(0);
  expect(output).toContain("two-keys-one-door");
  expect(output).toContain("complete for words of this length");
});

test("the same as data, for a share of it", { timeout: 60_000 }, async () => {
  const { exit, output } = await shell.run(["explore", "battery", "--depth", "2", "--shard", "2/9", "--json"]);
  expect(exit).toBe(0);
  const [told] = JSON.parse(output);
  expect(told).toMatchObject({ world: "battery", depth: 2, shard: "2/9", covers: "to-depth", breach: "none" });
  expect(Number(told.words)).toBeGreaterThan(1);
});

test("a word is told event by event, with what SPEC asks of each", async () => {
  const { exit, output } = await shell.run(["explore", "two-keys-one-door", "--word", "visit:anna,time,visit:anna"]);
  expect(exit).toBe(0);
  const [first, , last] = output.trim().split("\n");
  expect(first).toContain("opened; must-open");
  expect(last).toContain("shut; must-not-open by DEC-11");
});

test.for([
  [["explore", "big-world"], "there is no world big-world"],
  [["explore", "battery", "--word", "visit:nobody"], "battery has no event visit:nobody"],
  [["explore", "--word", "time"], "a word is of one world"],
  [["explore", "--depth", "deep"], "--depth deep"],
] as const)("%s is refused as it is written", async ([words, says]) => {
  const { exit, errors } = await shell.run(words);
  expect(exit).toBe(2);
  expect(errors).toContain(says);
});

test("Ctrl-C ends it with what there is", { timeout: 60_000 }, async () => {
  const stopped = new AbortController();
  stopped.abort();
  const { exit, output } = await new Shell({ interrupted: stopped.signal }).run(["explore", "battery"]);
  expect(exit).toBe(130);
  expect(output).toContain("not complete");
});
