/** The command as people start it: a process of its own, from dist/. */
import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const bin = fileURLToPath(new URL("../../bin/nyckelfri.mjs", import.meta.url));
const linked = fileURLToPath(new URL("../../../../node_modules/.bin/nyckelfri", import.meta.url));

function start(words: readonly string[], input = "") {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...words], { input, encoding: "utf8" });
  return { status, stdout, stderr };
}

test("standard input, standard output, standard error and the exit code are those of the process", () => {
  expect(start(["inspect", "-", "--json"], "a0")).toMatchObject({ status: 0, stderr: "" });
  expect(start(["inspect", "-"], "")).toMatchObject({
    status: 3,
    stdout: "",
    stderr: expect.stringContaining("is empty"),
  });
  expect(start(["nonsense"])).toMatchObject({ status: 2, stdout: "" });
});

test("npx finds it from the root of the repository: its bin was linked when the clone was installed", () => {
  const shell = process.platform === "win32";
  const { status, stdout } = spawnSync(shell ? `"${linked}.cmd"` : linked, ["--version"], { encoding: "utf8", shell });
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
});

test("a reader that goes away early is no error", async () => {
  const ended = new Promise<number | null>((resolve) => {
    const child = execFile(process.execPath, [bin, "roster", "--json"], { maxBuffer: 1 << 24 });
    child.stdout?.once("data", () => child.stdout?.destroy());
    child.once("exit", resolve);
  });
  expect(await ended).toBe(0);
});
