/** Seeds on threads of their own, as `nyckelfri swarm` starts them: from dist/. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { SwarmReport } from "@nyckelfri/firmware-sim";
import { expect, test } from "vitest";
import { newFolder } from "../support/folder.ts";

const bin = fileURLToPath(new URL("../../bin/nyckelfri.mjs", import.meta.url));
const SMALL = ["visitsPerShift=4", "holders=1", "days=1"].flatMap((set) => ["--set", set]);

async function swarm(...words: readonly string[]): Promise<SwarmReport> {
  const { stdout } = await promisify(execFile)(process.execPath, [bin, "swarm", "--json", ...SMALL, ...words], {
    maxBuffer: 1 << 24,
  });
  return JSON.parse(stdout) as SwarmReport;
}

test("three seeds on two threads come out as on one", async () => {
  const [one, two] = await Promise.all([
    swarm("--seeds", "3", "--from", "3", "--threads", "1"),
    swarm("--seeds", "3", "--from", "3", "--threads", "2"),
  ]);
  const timeless = ({ coreSeconds: _core, wallSeconds: _wall, ...rest }: SwarmReport) => rest;
  expect(one).toMatchObject({ seeds: 3, failures: [] });
  expect(timeless(two)).toEqual(timeless(one));
});

test("one seed is run, told, and written to a file; another run of it is the same", async () => {
  const file = newFolder()("report.json");
  const words = ["swarm", ...SMALL, "--seeds", "1", "--from", "3", "--twice", "--threads", "1", "--report", file];
  const { stdout } = await promisify(execFile)(process.execPath, [bin, ...words]);
  expect(stdout).toContain("no property was broken");
  expect(stdout).toMatch(/openings under faults, and +[1-9]\d* after them/);
  expect(stdout).toContain("1 seeds run twice");
  const report = JSON.parse(readFileSync(file, "utf8")) as SwarmReport;
  expect(report).toMatchObject({ seeds: 1, twice: 1, failures: [] });
});

test.each([
  ["one seed", ["--seeds", "1"]],
  ["one thread", ["--seeds", "5", "--threads", "1"]],
])("with %s a Ctrl-C ends it in the middle of the seed, with what was done: nothing", async (_, words) => {
  const report = newFolder()("report.json");
  const program = spawn(process.execPath, [bin, "swarm", "--json", "--from", "3", ...words, "--report", report]);
  let output = "";
  program.stdout.on("data", (text: Buffer) => {
    output += text.toString();
  });
  const closed = once(program, "close");
  // The file is there from the moment that the work begins.
  await expect.poll(() => existsSync(report), { timeout: 60_000 }).toBe(true);
  program.kill("SIGINT");
  expect(await closed).toEqual([130, null]);
  expect(JSON.parse(output)).toMatchObject({ seeds: 0, failures: [] });
});

test("a seed whose thread dies, or is ended, is no seed without an answer", async () => {
  const { startThread } = (await import(
    "../../dist/swarm/swarm-thread.js"
  )) as typeof import("#src/swarm/swarm-thread.ts");
  const dying = startThread();
  await expect(dying.perform(undefined as never)).rejects.toThrow(TypeError);
  const ended = startThread();
  const answer = expect(ended.perform({ run: { seed: 3 }, twice: "once", shrinkSeconds: 0 })).rejects.toThrow(
    /a worker thread ended with \d/,
  );
  await ended.end();
  await answer;
});
