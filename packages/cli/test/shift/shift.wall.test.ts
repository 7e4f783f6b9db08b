/** The main job, as people start it: a process from dist/, a real port, the shipped roster. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { readCapture } from "@nyckelfri/links";
import { expect, test } from "vitest";
import { newFolder } from "../support/folder.ts";
import { matches } from "../support/readme.ts";

const bin = fileURLToPath(new URL("../../bin/nyckelfri.mjs", import.meta.url));
const ROOT_README = readFileSync(new URL("../../../../README.md", import.meta.url), "utf8");
const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

interface Ran {
  readonly exit: number;
  readonly output: string;
  readonly errors: string;
}

function shift(...words: readonly string[]): Promise<Ran> {
  return shiftWith({}, ...words);
}

function shiftWith(environment: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { maxBuffer: 1 << 24, timeout: 60_000, env: { ...process.env, ...environment } };
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
  const [, first = ""] = /prints what happens[^\n]*\n\n```text\n([\s\S]*?)\n```/.exec(ROOT_README) ?? [];
  expect(first.split("\n").length).toBeGreaterThan(5);
  for (const line of first.split("\n")) expect(output).toContain(line);
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

test("a capture that cannot be written is said before anything is started", async () => {
  const { exit, output, errors } = await shift("--record", newFolder()("no/such/folder.jsonl"));
  expect([exit, output, errors]).toEqual([9, "", expect.stringContaining("code: cli/file-unwritable")]);
});

test("the night that has an hour twice is walked, from the first minute of the shift", async () => {
  const file = newFolder()("october.yaml");
  writeFileSync(
    file,
    `
title: A long night
zone: Europe/Stockholm
date: 2026-10-24
margin: 30 min
providers: [{ id: city, name: City, kind: municipal }]
patrols: [{ id: night, name: Night, provider: city, kind: night, group: 7, from: 21:30, until: +1d 06:30 }]
workers: [{ id: noor, name: Noor, provider: city, key: K1, patrols: [night] }]
doors: [{ id: flat, kind: apartment, address: Invented 1 }]
clients: [{ id: k1, name: Client 1, patrols: [night], doors: [flat] }]
visits:
  - { at: 21:30, worker: noor, client: k1 }
  - { at: 2026-10-25 02:30 +02:00, worker: noor, client: k1 }
  - { at: 2026-10-25 02:30 +01:00, worker: noor, client: k1 }
incidents:
  - { kind: late-key, at: +1d 07:01, worker: noor, door: flat }
`,
  );
  const { exit, output, errors } = await shift(file);
  expect({ exit, errors }).toEqual({ exit: 0, errors: "" });
  for (const at of ["2026-10-24 21:30:00 +02:00", "2026-10-25 02:30:00 +02:00", "2026-10-25 02:30:00 +01:00"]) {
    expect(output).toMatch(new RegExp(`^${at.replace("+", "\\+")} .* opens `, "m"));
  }
  expect(output).toMatch(/^2026-10-25 07:01:00 \+01:00 .* refused .*after the shift has ended/m);
});

test("one key in two shifts has the right grant in each", async () => {
  const file = newFolder()("two.yaml");
  writeFileSync(
    file,
    `
title: Two shifts
zone: Europe/Stockholm
date: 2026-11-23
margin: 5 min
providers: [{ id: city, name: City, kind: municipal }]
patrols:
  - { id: eve, name: Evening, provider: city, kind: evening, group: 8, from: 16:10, until: 22:00 }
  - { id: day, name: Day, provider: city, kind: day, group: 7, from: 07:00, until: 16:00 }
workers: [{ id: noor, name: Noor, provider: city, key: K1, patrols: [eve, day] }]
doors: [{ id: a, kind: apartment, address: Invented 1 }, { id: b, kind: apartment, address: Invented 2 }]
clients: [{ id: k1, name: One, patrols: [day], doors: [a] }, { id: k2, name: Two, patrols: [eve], doors: [b] }]
visits: [{ at: 15:59, worker: noor, client: k1 }, { at: 16:10, worker: noor, client: k2 }]
incidents:
  - { kind: wrong-door, at: 12:00, worker: noor, door: b }
  - { kind: wrong-door, at: 18:00, worker: noor, door: a }
`,
  );
  const { exit, output } = await shift(file);
  expect(output).toContain("visits: 3 opened, 2 refused; all as planned");
  expect(exit).toBe(0);
});

test("where the system has no virtual port the station is reached over TCP, which is told", async () => {
  const hooks = `export async function resolve(name, context, next) {
    if (name === "@lydell/node-pty") throw new Error("no native build here");
    return next(name, context);
  }`;
  const preload = newFolder()("no-pty.mjs");
  const source = `data:text/javascript,${encodeURIComponent(hooks)}`;
  writeFileSync(preload, `import { register } from "node:module";\nregister(${JSON.stringify(source)});\n`);
  const { exit, output, errors } = await shiftWith({ NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` });
  expect({ exit, errors }).toEqual({ exit: 0, errors: expect.stringContaining("over TCP instead") });
  expect(output).toContain("a simulated station at tcp://localhost:");
  expect(output).toContain("all as planned");
  expect(output).toContain("none is missing");
});

test("a reader that goes away before the end ends the shift: not with 0, and with nothing left behind", async () => {
  const temporary = newFolder()("");
  const child = spawn(process.execPath, [bin, "shift"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TMPDIR: temporary },
  });
  child.stdout.once("data", () => child.stdout.destroy());
  const [code] = await once(child, "exit", { signal: AbortSignal.timeout(60_000) });
  expect([code, readdirSync(temporary)]).toEqual([130, []]);
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s ends the shift, and with nothing left behind",
  async (signal) => {
    const temporary = newFolder()("");
    const child = spawn(process.execPath, [bin, "shift"], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, TMPDIR: temporary },
    });
    child.stdout.once("data", () => child.kill(signal));
    const [code] = await once(child, "exit", { signal: AbortSignal.timeout(60_000) });
    expect([code, readdirSync(temporary)]).toEqual([130, []]);
  },
);

test("a roster that is wrong is told with its places, before anything is started", async () => {
  const { exit, errors } = await shift(bin);
  expect(exit).toBe(3);
  expect(errors).toContain("cli/document");
});
