import { expect, test } from "vitest";
import { Shell } from "../support/terminal.ts";

test("mutants: some of them as data, and nobody who is none", async () => {
  const shell = new Shell();
  const unknown = await shell.run(["mutants", "--only", "P9", "--only", "no-such-mutant"]);
  expect(unknown).toMatchObject({ exit: 2, errors: expect.stringContaining("no-such-mutant") });
  const { exit, output } = await shell.run(["mutants", "--threads", "1", "--only", "P9", "--json"]);
  expect(exit).toBe(0);
  const data = JSON.parse(output) as { mutants: { verdict: string; catches: { property: string }[] }[] };
  expect(data.mutants).toMatchObject([
    { verdict: "caught", catches: [{ property: "P9" }] },
    { verdict: "caught", catches: [{ property: "P9" }] },
  ]);
});
