import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { FrameDecoder, type Link } from "@nyckelfri/protocol";
import { afterEach, describe, expect, test } from "vitest";
import type { LinkLogEntry } from "#src/logger.ts";
import { type OpenOptions, openLink } from "#src/open-link.ts";
import { linkConformance } from "./support/conformance.ts";
import { newFolder, type Program, program, whyNoPty } from "./support/pty.ts";
import { openDeafTerminal, streamBeneath } from "./support/terminal.ts";
import { bytesOf, codeOf, Ear, patternBytes, within } from "./support/wait.ts";

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

function folder(): string {
  const { path, remove } = newFolder();
  undo.push(remove);
  return path;
}

async function open(uri: string, options: OpenOptions = {}): Promise<Link> {
  const link = await within(openLink(uri, options), uri);
  undo.push(() => link.close());
  return link;
}

/** The program's end: the device is `far`. */
async function port(options: OpenOptions = {}): Promise<{ far: Link; path: string }> {
  const path = join(folder(), "station0");
  return { far: await open(`pty:${path}`, options), path };
}

/** A program of its own that does not outlive its test. */
function started(code: string): Program {
  const child = program(code);
  undo.push(() => child.end("SIGKILL"));
  return child;
}

/** The port as a program has it that sets nothing and waits for nothing. */
function openPlainly(path: string): { descriptor: number; readAll: () => Buffer } {
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  undo.push(() => closeSync(descriptor));
  const readAll = (): Buffer => {
    const read: Buffer[] = [];
    for (;;) {
      const buffer = Buffer.alloc(65_536);
      try {
        read.push(buffer.subarray(0, readSync(descriptor, buffer)));
      } catch {
        return Buffer.concat(read);
      }
    }
  };
  return { descriptor, readAll };
}

const reason = await whyNoPty();
if (reason !== undefined) console.info(`the tests of virtual serial ports are left out: ${reason}`);

test("virtual ports are tested wherever the system has them", () => {
  expect(reason === undefined || !existsSync("/dev/ptmx")).toBe(true);
});

// Without a pty there is nothing to describe; the line above says so.
for (const part of reason === undefined ? [conformance, symlink, hangUps, streams] : []) part();

function conformance(): void {
  linkConformance({
    name: "pty, opened by serialport,",
    open: async () => {
      const { far, path } = await port();
      return { far, near: await open(`serial:${path}`) };
    },
    tellsFar: "nothing",
    atHangUp: "rest-is-lost",
  });
}

function symlink(): void {
  describe("the symbolic link of a virtual port", () => {
    test("leads to the port, and goes with the link", async () => {
      const { far, path } = await port();
      expect(lstatSync(path).isSymbolicLink()).toBe(true);
      expect(realpathSync(path)).toMatch(/^\/dev\//);
      await far.close();
      expect([existsSync(path), lstatSync(path, { throwIfNoEntry: false }), existsSync(`${path}.lock`)]).toEqual([
        false,
        undefined,
        false,
      ]);
    });

    test("has one living owner; the second is told who it is", async () => {
      const { path } = await port();
      const before = readlinkSync(path);
      await expect(openLink(`pty:${path}`)).rejects.toMatchObject({
        code: "link/busy",
        details: { pid: process.pid },
      });
      expect(readlinkSync(path)).toBe(before);
    });

    test("is put up where a program was killed while it put up its own, or the machine lost power", async () => {
      const at = folder();
      // A lock file that was made and not yet written, and one more name that a program of this number left.
      writeFileSync(join(at, "empty.lock"), "");
      symlinkSync("/nowhere", join(at, `empty.${process.pid}.new`));
      writeFileSync(join(at, `empty.lock.${process.pid}.new`), "{");
      const far = await open(`pty:${join(at, "empty")}`);
      expect(readlinkSync(join(at, "empty"))).toMatch(/^\/dev\//);
      await far.close();
      expect(readdirSync(at)).toEqual([]);
    });

    test("that cannot be put up leaves no lock which would keep the next one out", async () => {
      const at = folder();
      const name = join(at, "station0");
      // Not even a folder can be in its way for good: here the name of the link that is to be renamed.
      mkdirSync(`${name}.${process.pid}.new`);
      expect(await codeOf(openLink(`pty:${name}`))).not.toBe("");
      expect(existsSync(`${name}.lock`)).toBe(false);
      rmdirSync(`${name}.${process.pid}.new`);
      await (await open(`pty:${name}`)).close();
      expect(readdirSync(at)).toEqual([]);
    });

    test("goes also when the program works in another folder by then, and closing needs no folder at all", async () => {
      const at = folder();
      const before = process.cwd();
      process.chdir(at);
      undo.push(() => process.chdir(before));
      const [one, two] = [await open("pty:./one"), await open("pty:./two")];
      expect(readdirSync(at).sort()).toEqual(["one", "one.lock", "two", "two.lock"]);
      process.chdir(before);
      await one.close();
      expect(readdirSync(at).sort()).toEqual(["two", "two.lock"]);
      rmSync(at, { recursive: true });
      await within(two.close(), "close without the folder");
    });

    test("replaces nothing that is not its own", async () => {
      const path = join(folder(), "mine");
      writeFileSync(path, "a letter");
      expect(await codeOf(openLink(`pty:${path}`))).toBe("link/not-a-port");
      unlinkSync(path);
      symlinkSync("/etc", path);
      expect(await codeOf(openLink(`pty:${path}`))).toBe("link/not-a-port");
      expect(readlinkSync(path)).toBe("/etc");
      expect(existsSync(`${path}.lock`)).toBe(false);
      for (const nowhere of [`${path}/below/nowhere`, "/dev/null/station0"]) {
        expect(await codeOf(openLink(`pty:${nowhere}`))).toBe("link/no-folder");
      }
      const locked = join(folder(), "locked");
      writeFileSync(`${locked}.lock`, "somebody else's file");
      expect(await codeOf(openLink(`pty:${locked}`))).toBe("link/busy");
    });

    test.each(["SIGTERM", "SIGINT"] as const)("goes at the end of the program, also by %s", async (signal) => {
      const path = join(folder(), "station0");
      const station = started(`await links.openLink(${JSON.stringify(`pty:${path}`)}); console.log("serving");`);
      await station.says("serving");
      expect(readlinkSync(path)).toMatch(/^\/dev\//);
      expect(await station.end(signal)).toBe(signal);
      expect([lstatSync(path, { throwIfNoEntry: false }), existsSync(`${path}.lock`)]).toEqual([undefined, false]);
    });

    test("goes at a plain exit, and leaves a program its own handling of signals", async () => {
      const path = join(folder(), "station0");
      const station = started(`
        process.on("SIGTERM", () => { console.log("not yet"); process.on("SIGTERM", () => process.exit(7)); });
        await links.openLink(${JSON.stringify(`pty:${path}`)});
        console.log("serving");`);
      await station.says("serving");
      process.kill(station.pid, "SIGTERM");
      await station.says("not yet");
      expect(existsSync(path)).toBe(true);
      expect(await station.end("SIGTERM")).toBe(7);
      expect(lstatSync(path, { throwIfNoEntry: false })).toBe(undefined);
    });

    test("left behind by a killed program is not followed, and the next program takes its place", async () => {
      const path = join(folder(), "station0");
      const station = started(`await links.openLink(${JSON.stringify(`pty:${path}`)}); console.log("serving");`);
      await station.says("serving");
      const near = await open(`serial:${path}`);
      await near.close();
      await station.end("SIGKILL");
      expect(readlinkSync(path)).toMatch(/^\/dev\//);
      expect(await codeOf(openLink(`serial:${path}`))).toBe("link/owner-gone");
      const far = await open(`pty:${path}`);
      const ear = new Ear(far);
      await (await open(`serial:${path}`)).write(bytesOf("back"));
      await ear.heard(4);
      expect(ear.text).toBe("back");
    });
  });
}

function hangUps(): void {
  describe("a serial port whose device goes away", () => {
    const station = (path: string, then: string) =>
      started(`
        const link = await links.openLink(${JSON.stringify(`pty:${path}`)});
        link.onData(() => console.log("heard"));
        console.log("serving");
        ${then}`);

    test("is told as a hang-up when the station is killed while nothing flows", async () => {
      const path = join(folder(), "station0");
      const device = station(path, "");
      await device.says("serving");
      const ear = new Ear(await open(`serial:${path}`));
      await device.end("SIGKILL");
      expect((await ear.closed()).reason).toBe("hang-up");
    });

    test("is told as a hang-up when the station is killed in mid-stream, though nobody writes", async () => {
      const path = join(folder(), "station0");
      const device = station(path, "for (;;) await link.write(new Uint8Array(4096).fill(0x55));");
      await device.says("serving");
      const near = await open(`serial:${path}`);
      const ear = new Ear(near);
      await ear.heard(100_000);
      // This program stands still meanwhile, so that it finds the port dead with more to read: then there is no event.
      execFileSync("sh", [
        "-c",
        'kill -9 "$1"; while [ -e "$2" ]; do :; done',
        "sh",
        String(device.pid),
        realpathSync(path),
      ]);
      const closed = await within(ear.closed(), "the hang-up to be noticed", 5_000);
      expect(closed.reason).toBe("hang-up");
      expect(await codeOf(near.write(bytesOf("x")))).toBe("link/hang-up");
    });

    test("is told on the device's side too, when its own descriptor fails", async () => {
      const { opened: far, stream } = await streamBeneath(async () => (await port()).far);
      const ear = new Ear(far);
      stream.destroy();
      expect((await ear.closed()).reason).toBe("hang-up");
      await within(far.close(), "close");
    });

    test("can be opened again at once, by a new link, under its old name or another", async () => {
      const at = folder();
      const first = await open(`pty:${join(at, "a")}`);
      const near = await open(`serial:${join(at, "a")}`);
      const reopened = new Promise<Link>((resolve, reject) => {
        near.onClose(() => openLink(`serial:${join(at, "b")}`).then(resolve, reject));
      });
      const second = await open(`pty:${join(at, "b")}`);
      await first.close();
      const ear = new Ear(second);
      const link = await within(reopened, "the port to be back");
      undo.push(() => link.close());
      await link.write(bytesOf("again"));
      await ear.heard(5);
      expect(ear.text).toBe("again");
    });
  });
}

function streams(): void {
  describe("what a virtual port carries", () => {
    test("is binary both ways, for a program too that sets nothing", async () => {
      const { far, path } = await port();
      const all = Uint8Array.from({ length: 256 }, (_, index) => index);
      const ear = new Ear(far);
      const plain = openPlainly(path);
      writeFileSync(plain.descriptor, all);
      expect([...(await ear.heard(256))]).toEqual([...all]);
      await far.write(all);
      expect([...plain.readAll()]).toEqual([...all]);

      const near = await open(`serial:${path}`);
      const nearEar = new Ear(near);
      await far.write(all);
      expect([...(await nearEar.heard(256))]).toEqual([...all]);
      await near.write(all);
      expect([...(await ear.heard(512))]).toEqual([...all, ...all]);
    });

    test("stale bytes of a program that went are flushed at the next open, or end at the next frame", async () => {
      const { far, path } = await port();
      const before = await open(`serial:${path}`);
      await before.close();
      await far.write(patternBytes(2_000).fill(0x55));
      const near = await open(`serial:${path}`);
      const decoder = new FrameDecoder();
      const events: unknown[] = [];
      const ear = new Ear(near);
      near.onData((chunk) => events.push(...decoder.push(chunk)));
      await far.write(Uint8Array.of(0, 1, 1, 0));
      await ear.until(() => ear.bytes.at(-1) === 0 && ear.bytes.at(-2) === 1, "the end of the fresh frame");
      expect(decoder.counters.bytesReceived).toBe(ear.bytes.length);
      expect(ear.bytes.length).toBeLessThan(2_005);
    });

    test("is dropped, in time and said so, when a program reads nothing", async () => {
      const log: LinkLogEntry[] = [];
      const { far, path } = await port({ stallMs: 50, logger: (entry) => log.push(entry) });
      const deaf = openPlainly(path);
      await within(far.write(new Uint8Array(1_000_000)), "a write that nobody reads", 3_000);
      await within(far.write(new Uint8Array(1_000_000)), "the next one, at once", 1_000);
      const dropped = log.map((entry) => (entry.event === "dropped" ? entry.bytes : 0)).reduce((a, b) => a + b, 0);
      expect(dropped).toBeGreaterThan(1_900_000);
      expect(dropped).toBeLessThan(2_000_000);
      // Who reads again gets what is written from then on.
      expect(deaf.readAll().length + dropped).toBe(2_000_000);
      await far.write(bytesOf("awake"));
      expect(deaf.readAll().toString()).toBe("awake");
    });

    test("a device that reads nothing is told as stalled, and its port is free again", async () => {
      const terminal = openDeafTerminal();
      undo.push(() => terminal.free());
      const near = await open(`serial:${terminal.path}`, { stallMs: 200 });
      const ear = new Ear(near);
      const writes = [near.write(new Uint8Array(1_000_000)), near.write(bytesOf("x"))];
      expect(await Promise.all(writes.map(codeOf))).toEqual(["link/stalled", "link/stalled"]);
      expect((await ear.closed()).reason).toBe("stalled");
      const again = await open(`serial:${terminal.path}`);
      expect(again.uri).toBe(`serial:${terminal.path}`);
      await again.close();
    });
  });

  describe("a serial port", () => {
    test("that is not there, is no port, or is held by another program is said so", async () => {
      const at = folder();
      expect(await codeOf(openLink(`serial:${join(at, "nothing")}`))).toBe("link/unknown-port");
      writeFileSync(join(at, "file"), "");
      expect(await codeOf(openLink(`serial:${join(at, "file")}`))).toBe("link/not-a-port");
      expect(await codeOf(openLink(`serial:${join(at, "file")}/x`))).toBe("link/unknown-port");
      expect(await codeOf(openLink("serial:/dev/null"))).toBe("link/not-a-port");
      const { path } = await port();
      await open(`serial:${path}`);
      expect(await codeOf(openLink(`serial:${path}`))).toBe("link/busy");
    });

    test("is recorded like any other link, and its log holds no bytes", async () => {
      const log: LinkLogEntry[] = [];
      const { far, path } = await port();
      const near = await open(`serial:${path}`, { logger: (entry) => log.push(entry) });
      await far.close();
      await new Ear(near).closed();
      expect(log.map(({ event }) => event)).toEqual(["opened", "closed"]);
      expect(log[1]).toMatchObject({ reason: "hang-up", uri: `serial:${path}` });
    });
  });
}
