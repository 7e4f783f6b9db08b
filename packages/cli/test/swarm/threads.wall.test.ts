/** Seeds on threads of their own, as `nyckelfri swarm` starts them: from dist/. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { SwarmReport } from "@nyckelfri/firmware-sim";
import { expect, test } from "vitest";

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
