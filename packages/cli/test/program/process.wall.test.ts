/** The command as people start it: a process of its own, from dist/. */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, openSync } from "node:fs";
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

test("a full disk behind standard output is told, with the exit code of files", () => {
  const full = existsSync("/dev/full") ? openSync("/dev/full", "w") : undefined;
  const { status, stderr } = spawnSync(process.execPath, [bin, "roster", "--json"], {
    ...{ encoding: "utf8", stdio: ["ignore", full ?? "ignore", "pipe"] },
  });
  expect([status, stderr]).toEqual(full === undefined ? [0, ""] : [9, expect.stringContaining("ENOSPC")]);
});

test("what does not end is not waited for: a device, and standard input", () => {
  const zero = existsSync("/dev/zero") ? openSync("/dev/zero", "r") : undefined;
  const inspect = (word: string, input: number | "ignore") => {
    const { status, stderr } = spawnSync(process.execPath, [bin, "inspect", word], {
      ...{ encoding: "utf8", stdio: [input, "ignore", "pipe"], timeout: 60_000 },
    });
    return [status, /code: (\S+),/.exec(stderr)?.[1]];
  };
  const told = zero === undefined ? [3, "cli/input-unrecognised"] : [9, "cli/file-too-large"];
  expect(inspect(zero === undefined ? "zz" : "/dev/zero", "ignore")).toEqual(told);
  expect(inspect("-", zero ?? "ignore")).toEqual(told);
});
