import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { blocksOf, readmeBlocks, run } from "./blocks.ts";

const READMES = {
  root: new URL("../../README.md", import.meta.url),
  protocol: new URL("../../protocol/README.md", import.meta.url),
  "firmware-sim": new URL("../../firmware-sim/README.md", import.meta.url),
  links: new URL("../../packages/links/README.md", import.meta.url),
  cli: new URL("../../packages/cli/README.md", import.meta.url),
  "station-client": new URL("../../packages/station-client/README.md", import.meta.url),
};

describe.each(Object.entries(READMES))("README of %s", (name, url) => {
  test("exists", () => expect(existsSync(url)).toBe(true));

  const blocks = readmeBlocks(url);
  test.each(blocks)("block at line $line prints what it says", async (block) => {
    const printed = await run(block, `${name}-${block.line}`);
    expect(block.promised.length).toBeGreaterThan(0);
    expect(printed).toEqual(block.promised);
  });
});

test("a block that prints something else is noticed", async () => {
  const [block] = blocksOf("text\n```ts\nconsole.log(1 + 1); // → 3\n```\n");
  expect(block?.promised).toEqual(["3"]);
  expect(await run(block as NonNullable<typeof block>, "control")).toEqual(["2"]);
});
