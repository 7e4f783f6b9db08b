/** The commands as processes of their own, at a virtual serial port behind which the simulated firmware runs. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openLink } from "@nyckelfri/links";
import { toHex } from "@nyckelfri/protocol";
import { expect, onTestFinished, test } from "vitest";
import { missFirstSession } from "../support/fake-device.ts";
import { foundFleet } from "../support/fleet.ts";
import { newFolder } from "../support/folder.ts";
import { Station } from "../support/station.ts";
import { Shell } from "../support/terminal.ts";

const bin = fileURLToPath(new URL("../../bin/nyckelfri.mjs", import.meta.url));
const PATIENCE_MS = 30_000;

interface Running {
  /** Resolves when standard output holds `text`. */
  says(text: string): Promise<void>;
  /** Resolves when standard input has taken the bytes. */
  takes(bytes: Uint8Array): Promise<void>;
  readonly pid: number;
  interrupt(): void;
  readonly ended: Promise<{ readonly exit: number | null; readonly output: string; readonly errors: string }>;
}

function start(...words: string[]): Running {
  const child = spawn(process.execPath, [bin, ...words], { stdio: ["pipe", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  return {
    says: async (text) => {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      while (!output.includes(text)) await once(child.stdout, "data", { signal });
    },
    takes: (bytes) =>
      new Promise((resolve, reject) => {
        child.stdin.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    pid: child.pid ?? 0,
    interrupt: () => void child.kill("SIGINT"),
    ended: once(child, "close", { signal: AbortSignal.timeout(PATIENCE_MS) }).then(([exit]) => ({
      exit: exit as number | null,
      output,
      errors,
    })),
  };
}

async function onPty(path: string, attach: (link: Awaited<ReturnType<typeof openLink>>) => void): Promise<string> {
  const link = await openLink(`pty:${path}`);
  onTestFinished(() => link.close());
  attach(link);
  return `serial:${path}`;
}

test("a station is watched until Ctrl-C; meanwhile its port is busy, and the doctor names who has it", async () => {
  const path = newFolder();
  const fleet = await foundFleet(path, new Shell());
  const station = new Station(fleet.nvm);
  onTestFinished(() => station.end());
  const uri = await onPty(path("station0"), (link) => station.attach(link));

  const watch = start("station", "watch", uri, "--json");
  await watch.says('"ready"');
  const info = await start("station", "info", uri).ended;
  expect([info.exit, info.output]).toEqual([5, ""]);
  expect(info.errors).toContain("code: link/busy");
  const doctor = await start("doctor", uri, "--json").ended;
  expect(doctor.exit).toBe(5);
  const checks = JSON.parse(doctor.output).checks as { check: string; verdict: string; says: string }[];
  const verdicts = checks.map(({ check, verdict }) => `${check} ${verdict}`);
  expect(verdicts).toEqual(["port ok", "rights ok", "programs warning", "programs failure"]);
  // This process is the one behind the port, and no stranger on it.
  expect([...(checks[2]?.says ?? "").matchAll(/process (\d+)/g)].map(([, pid]) => Number(pid))).toEqual([watch.pid]);
  watch.interrupt();
  expect(await watch.ended).toMatchObject({ exit: 130, errors: "" });

  const log = await start("station", "log", uri, "--host-key", path("host.key"), "--trust", fleet.trust).ended;
  const kinds = log.output.trimEnd().split("\n");
  expect(kinds.map((line) => JSON.parse(line).object)).toEqual(["key-journal", "key-journal"]);
});

test("a station that answers at the usual speed alone is found there, and the exit code is that of a wrong speed", async () => {
  const path = newFolder();
  const uri = await onPty(path("station0"), missFirstSession());
  const { exit, errors } = await start("station", "info", `${uri}?baud=9600`).ended;
  expect([exit, errors]).toEqual([12, expect.stringContaining(`Use ${uri}.`)]);
});

test("a log that nobody reads moves no cursor: the next reader gets all of it", async () => {
  const path = newFolder();
  const fleet = await foundFleet(path, new Shell());
  const station = new Station(fleet.nvm);
  onTestFinished(() => station.end());
  const uri = await onPty(path("station0"), (link) => station.attach(link));
  const words = ["station", "log", uri, "--host-key", path("host.key"), "--trust", fleet.trust];
  const cursor = ["--cursor", path("once.cursor")];
  const gone = spawn(process.execPath, [bin, ...words, ...cursor], { stdio: ["ignore", "pipe", "ignore"] });
  gone.stdout.destroy();
  const [exit] = await once(gone, "exit", { signal: AbortSignal.timeout(PATIENCE_MS) });
  expect([exit, existsSync(path("once.cursor"))]).toEqual([130, false]);
  const log = await start(...words, ...cursor).ended;
  const objects = log.output.trimEnd().split("\n");
  expect(objects.map((line) => JSON.parse(line).hex)).toEqual(fleet.pages.map(toHex));
  // What a receipt for all of it would say.
  expect(JSON.parse(objects.at(-1) ?? "").receipt).toEqual({
    ...{ device: toHex(fleet.key.kid), store: "journal", number: 4, head: expect.stringMatching(/^[0-9a-f]{32}$/) },
  });
});

test("Ctrl-C ends a command that waits for standard input", async () => {
  const reading = start("inspect", "-");
  // More than the system holds for a reader, so that it has begun to read once all is taken.
  await reading.takes(new Uint8Array(1 << 20));
  reading.interrupt();
  expect(await reading.ended).toMatchObject({ exit: 130, output: "" });
});
