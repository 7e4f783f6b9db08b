/** `--state`: what is kept of a simulated world, and what is said when it does not fit together. */
import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Link } from "@nyckelfri/protocol";
import { encodeFrame, encodeRequest, toHex } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { Journal } from "#src/sim/journal.ts";
import { imageOf, MemoryImages } from "#src/sim/memory-images.ts";
import { Served } from "#src/sim/served.ts";
import { SimulatedTown } from "#src/sim/simulated-town.ts";
import { lockState } from "#src/sim/state-lock.ts";
import { newFolder } from "../support/folder.ts";

const HEADER = { seed: 6, beginsAt: 1_795_413_600 };

/** As `sim serve` begins; `wrote` hears what leaves for the host. */
function begin(folder: string, wrote: (bytes: Uint8Array) => void = () => {}, program = "1.0.0") {
  const opened = Journal.open(folder, { wanted: {}, otherwise: HEADER, program });
  const images = new MemoryImages(join(folder, "memories"));
  const served = new Served(new SimulatedTown(opened.header), { journal: opened.journal, images });
  served.takeAgain(opened, program);
  let said: (bytes: Uint8Array) => void = () => {};
  const link: Pick<Link, "onData" | "write"> = {
    onData: (listener) => {
      said = listener;
      return () => {};
    },
    write: async (bytes) => wrote(bytes),
  };
  const failures: unknown[] = [];
  served.attach(
    link as Link,
    () => {},
    (error) => failures.push(error),
  );
  const tell = (verb: string, fields: object = {}): void => served.lineSaid(JSON.stringify({ do: verb, ...fields }));
  return { failures, town: served.town, tell, say: (bytes: Uint8Array) => said(bytes) };
}

function hello(): Uint8Array {
  const versions = { oldest: 1, newest: 1 };
  const body = encodeRequest("serve", "hello", { versions, exchange: "serve", nonce: new Uint8Array(16).fill(7) });
  return encodeFrame({ version: 1, kind: "request", message: 0, session: 9, sequence: 0, body });
}

function furnished(folder: string) {
  const world = begin(folder);
  world.tell("add-box", { name: "box" });
  world.tell("add-provider", { name: "city", groups: ["day"] });
  world.tell("add-door", { name: "flat", kind: "apartment", groups: [1] });
  world.tell("add-worker", { name: "vera", provider: "city" });
  world.tell("dock", { worker: "vera" });
  return world;
}

function filesOf(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "latin1")]));
}

const differs = (says: string) =>
  expect.objectContaining({ code: "cli/state-differs", message: expect.stringContaining(says) });

test("a folder that cannot be made is refused, wherever on its path it fails", () => {
  const folder = newFolder();
  writeFileSync(folder("file"), "");
  // Of /proc the system says that it is there, and of a folder to be made in it that there is none.
  const impossible = [folder("file"), folder("file/x"), folder("file/x/y"), "/dev/null/x"];
  if (process.platform === "linux") impossible.push("/proc/x", "/proc/x/y");
  for (const path of impossible) {
    const refused = expect.objectContaining({
      code: "cli/file-unwritable",
      message: expect.stringContaining(" cannot be made"),
    });
    expect(() => lockState(path), path).toThrow(refused);
    expect(() => Journal.open(path, { wanted: {}, otherwise: HEADER, program: "1.0.0" }), path).toThrow(refused);
  }
  lockState(folder("a/b/c"))();
  expect(statSync(folder("a/b/c")).mode & 0o777).toBe(0o700);
});

test("every device has an image of its memory, byte by byte, which only its owner may read", () => {
  const folder = newFolder()("state");
  const { town } = furnished(folder);
  const names = readdirSync(join(folder, "memories"));
  expect(names.sort()).toEqual([...town.memories.keys()].map((kid) => `${kid}.nvm`).sort());
  expect(names).toHaveLength(4);
  for (const [kid, nvm] of town.memories) {
    const path = join(folder, "memories", `${kid}.nvm`);
    const { pages, wordsPerPage, wordBytes } = nvm.profile;
    expect(statSync(path)).toMatchObject({ size: pages * wordsPerPage * wordBytes });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(Buffer.compare(readFileSync(path), imageOf(nvm))).toBe(0);
  }
  // A key's memory is no erased one.
  expect(readFileSync(join(folder, "memories", names[0] ?? "")).some((byte) => byte !== 0xff)).toBe(true);
});

test("the station's image is written before its answer leaves", () => {
  const folder = newFolder()("state");
  const path = (): string => join(folder, "memories", `${toHex(world.town.station.fixture.party.kid)}.nvm`);
  const held: number[] = [];
  const world = begin(folder, () => {
    const nvm = world.town.memories.get(toHex(world.town.station.fixture.party.kid));
    held.push(nvm === undefined ? -1 : Buffer.compare(readFileSync(path()), imageOf(nvm)));
  });
  world.say(hello());
  expect(held.length).toBeGreaterThan(0);
  expect(new Set(held)).toEqual(new Set([0]));
});

test("a world goes on where it was, again and again", () => {
  const folder = newFolder()("state");
  const memories = furnished(folder).town.memories;
  for (let start = 0; start < 3; start++) {
    const { town } = begin(folder);
    expect([...town.memories.keys()]).toEqual([...memories.keys()]);
  }
  const before = filesOf(folder);
  const opened = Journal.open(folder, { wanted: {}, otherwise: HEADER, program: "1.0.0" });
  expect(opened.entries.length).toBeGreaterThan(10);
  expect(filesOf(folder)).toEqual(before);
});

test("killed between an input's journal entry and its images: the older images fit", () => {
  const paths = newFolder();
  const folder = paths("state");
  furnished(folder);
  const opened = Journal.open(folder, { wanted: {}, otherwise: HEADER, program: "1.0.0" });
  const at = (opened.entries.at(-1)?.at ?? 0) + 5_000_000;
  appendFileSync(join(folder, "world.jsonl"), `${JSON.stringify({ at, line: '{"do":"dock","worker":"vera"}' })}\n`);
  appendFileSync(
    join(folder, "world.jsonl"),
    `${JSON.stringify({ at: at + 1, line: '{"do":"add-box","name":"another"}' })}\n`,
  );
  expect(begin(folder).town.memories.size).toBe(5);
});

test("a memory that was changed, is missing, or is of another device is told, and nothing is overwritten", () => {
  const paths = newFolder();
  const folder = paths("state");
  const { town } = furnished(folder);
  const kid = toHex(town.station.fixture.party.kid);
  const whole = paths("whole");
  cpSync(folder, whole, { recursive: true });
  const image = join(folder, "memories", `${kid}.nvm`);
  const wrongs: readonly [string, () => void][] = [
    [
      `${kid}.nvm differs from byte 4100 on, in page 2`,
      () => {
        const bytes = readFileSync(image);
        bytes[4100] = (bytes[4100] ?? 0) ^ 1;
        writeFileSync(image, bytes);
      },
    ],
    [`${kid}.nvm has 3 bytes`, () => writeFileSync(image, "abc")],
    [`${kid}.nvm is missing`, () => rmSync(image)],
    ["0011223344556677.nvm is of no device", () => writeFileSync(image.replace(kid, "0011223344556677"), "abc")],
  ];
  for (const [says, spoil] of wrongs) {
    rmSync(folder, { recursive: true });
    cpSync(whole, folder, { recursive: true });
    spoil();
    const before = filesOf(folder);
    expect(() => begin(folder)).toThrow(differs(says));
    expect(filesOf(folder)).toEqual(before);
  }
});

test("images of long ago do not fit, and another version of the program is named", () => {
  const paths = newFolder();
  const folder = paths("state");
  const world = furnished(folder);
  const old = paths("old");
  cpSync(join(folder, "memories"), old, { recursive: true });
  for (let round = 0; round < 4; round++) world.tell("visit", { worker: "vera", door: "flat" });
  cpSync(old, join(folder, "memories"), { recursive: true });
  expect(() => begin(folder)).toThrow(differs(".nvm differs"));
  expect(() => begin(folder, () => {}, "2.0.0")).toThrow(
    expect.objectContaining({ remedy: expect.stringContaining("version 1.0.0") }),
  );
});

test("a world that cannot be kept any more says nothing, and says why", () => {
  const folder = newFolder()("state");
  let wrote = 0;
  const world = begin(folder, () => {
    wrote += 1;
  });
  rmSync(folder, { recursive: true });
  world.say(hello());
  expect(world.failures).toEqual([expect.objectContaining({ code: "cli/file-unwritable" })]);
  expect(wrote).toBe(0);
  expect(() => world.tell("describe")).toThrow(expect.objectContaining({ code: "cli/file-unwritable" }));
});

test("a folder is for one process at a time; who was killed holds it no more", () => {
  const folder = newFolder()("state");
  const unlock = lockState(folder);
  expect(() => lockState(folder)).toThrow(
    expect.objectContaining({ code: "cli/state-in-use", message: expect.stringContaining(String(process.pid)) }),
  );
  unlock();
  writeFileSync(join(folder, "lock"), JSON.stringify({ pid: process.pid, started: "another process" }));
  lockState(folder)();
  writeFileSync(join(folder, "lock"), "");
  lockState(folder)();
  const file = newFolder()("state");
  writeFileSync(file, "no folder");
  // And not that a process has it.
  expect(() => lockState(file)).toThrow(expect.objectContaining({ code: "cli/file-unwritable" }));
  expect(() => lockState("/dev/null/state")).toThrow(expect.objectContaining({ code: "cli/file-unwritable" }));
});
