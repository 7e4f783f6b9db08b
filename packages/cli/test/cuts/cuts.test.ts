/** `nyckelfri cuts`: one case with what happened, or as many as there is time for. */
import type { CutTally } from "@nyckelfri/firmware-sim";
import { expect, test } from "vitest";
import { Shell } from "../support/terminal.ts";

const shell = new Shell();

test("an id repeats its case and tells what happened", { timeout: 120_000 }, async () => {
  const { exit, output } = await shell.run(["cuts", "opening-repeated/cylinder/nvm:0:torn"]);
  expect(exit).toBe(0);
  expect(output).toMatch(/person:anna {2}effect:insert {2}task=visit/);
  expect(output).toMatch(/cylinder:flat {2}input:power-lost/);
  expect(output).toMatch(/opening-repeated\/cylinder\/nvm:0:torn: held/);
});

test("the same as data; a moment at which there is nothing to cut is no success", { timeout: 120_000 }, async () => {
  const { exit, output } = await shell.run(["cuts", "--json", "opening-repeated/cylinder/nvm:9999:torn"]);
  expect(exit).toBe(1);
  expect(JSON.parse(output)).toMatchObject([{ verdict: "not-reached", breaches: [] }]);
});

test.each([
  [["cuts", "opening-first/bell/at:1us"], /no id of a power cut/],
  [["cuts", "--scenario", "closing"], /there is no scenario closing/],
  [["cuts", "--depth", "3"], /--depth is 1 or 2/],
  [["cuts", "--shard", "3/2"], /--shard 3\/2/],
])("%j is refused", async (words, why) => {
  const { exit, errors } = await shell.run(words);
  expect(exit).toBe(2);
  expect(errors).toMatch(why);
});

test("a share of a campaign says what it has covered, and what not", { timeout: 240_000 }, async () => {
  const share = ["--scenario", "opening-repeated", "--shard", "7/400", "--threads", "1"];
  const { exit, output } = await shell.run(["cuts", "--json", ...share]);
  expect(exit).toBe(0);
  const { scenarios, brokenCount } = JSON.parse(output) as CutTally;
  const { places = {}, tried = {}, openings = 0 } = scenarios["opening-repeated"] ?? {};
  expect(places["contact-5ms contact"]).toBeGreaterThan(400);
  const sum = Object.values(tried).reduce((all, one) => all + one, 0);
  expect(sum).toBeGreaterThan(8);
  expect(openings).toBeGreaterThan(sum);
  expect(brokenCount).toBe(0);
});
