/** The main job, as people start it: a process from dist/, a real port, the shipped roster. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readCapture } from "@nyckelfri/links";
import { expect, test } from "vitest";
import { newFolder } from "../support/folder.ts";
import { matches } from "../support/readme.ts";

const bin = fileURLToPath(new URL("../../bin/nyckelfri.mjs", import.meta.url));
const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

interface Ran {
  readonly exit: number;
  readonly output: string;
  readonly errors: string;
}

function shift(...words: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { maxBuffer: 1 << 24, timeout: 60_000 };
    const child = execFile(process.execPath, [bin, "shift", ...words], options, (_, output, errors) => {
      resolve({ exit: child.exitCode ?? -1, output, errors });
    });
  });
}

test("the shipped roster is walked as planned, all is home, and the README shows what it prints", async () => {
  const { exit, output, errors } = await shift();
  expect({ exit, errors }).toEqual({ exit: 0, errors: "" });
  expect(output).toMatch(/Omar Exempelsson .*changed/);
  expect(output).toMatch(/refused .*not this patrol's door: no-access/);
  expect(output).toMatch(/Stig Fiktiv .*revoked/);
  expect(output).toMatch(/whoever found it .*refused .*revoked/);
  expect(output).toMatch(/refused .*after the shift has ended/);
  expect(output).toMatch(/opens .*alarm/);
  expect(output).toContain("all as planned");
  expect(output).toContain("none is missing");
  const shown = /^```text\n\$ nyckelfri shift\n([\s\S]*?)\n```/m.exec(README)?.[1] ?? "";
  if (!matches(shown, output)) expect(output).toBe(shown);
});

test("the same as data, with a capture of the line", async () => {
  const file = newFolder()("shift.jsonl");
  const { exit, output } = await shift("--json", "--record", file);
  expect(exit).toBe(0);
  const { events, summary } = JSON.parse(output) as {
    readonly events: readonly { readonly kind: string; readonly outcome: string; readonly ms?: number }[];
    readonly summary: Readonly<Record<string, unknown>>;
  };
  const opened = events.filter(({ kind, outcome }) => kind === "visit" && outcome === "opens");
  expect(opened.length).toBe(summary["opened"]);
  expect(opened.every(({ ms = 0 }) => ms > 0)).toBe(true);
  expect(summary).toMatchObject({ missing: [], breaches: [], keptOut: {}, unplanned: 0 });
  const { header, entries } = await readCapture(file);
  expect(header.uri).toMatch(/^(serial|tcp):/);
  expect(entries.length).toBeGreaterThan(100);
});

test("a roster that is wrong is told with its places, before anything is started", async () => {
  const { exit, errors } = await shift(bin);
  expect(exit).toBe(3);
  expect(errors).toContain("cli/document");
});
