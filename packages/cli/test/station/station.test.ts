/** The commands that talk to a station, against its simulated firmware and against lines on which something is wrong. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { openLink } from "@nyckelfri/links";
import {
  defaultProvider,
  encodeFrame,
  encodeNotification,
  FrameDecoder,
  journalPositions,
  keyJournalObject,
  type Link,
  parseObject,
  toHex,
} from "@nyckelfri/protocol";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { versionFailure } from "#src/station/reach.ts";
import { refuseHellos } from "../support/fake-device.ts";
import { type Fleet, foundFleet, receiptFor } from "../support/fleet.ts";
import { newFolderForAll } from "../support/folder.ts";
import { Station, serveAt, stationAt } from "../support/station.ts";
import { NOW, Shell } from "../support/terminal.ts";

const TOO_NEW = { oldest: 3, newest: 4 };
const shell = new Shell();
const path = newFolderForAll();
let fleet: Fleet;

beforeAll(async () => {
  fleet = await foundFleet(path, shell);
});

const hostWords = (): string[] => ["--host-key", path("host.key"), "--trust", fleet.trust];
const timeWords = (): string[] => ["--time-key", path("time.key"), "--trust", fleet.trust];

function linesOf(output: string): readonly Record<string, unknown>[] {
  return output
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("info, selftest", () => {
  test("tell what the station says of itself", async () => {
    const { uri } = stationAt(fleet.nvm);
    const { exit, output, errors } = await shell.run(["station", "info", uri, "--json"]);
    expect([exit, errors]).toEqual([0, ""]);
    expect(JSON.parse(output)).toMatchObject({
      kind: "station",
      device: toHex(fleet.station.kid),
      serial: "SY-0001",
      epoch: 1,
      clock: { quality: "lost" },
      docks: { 0: "empty", 1: "empty", 2: "empty" },
      counters: { framesAccepted: expect.any(Number) },
    });
    const { output: text } = await shell.run(["station", "info", uri]);
    expect(text).toContain("clock: lost");
  });

  test("a self-test passes, or ends with 1", async () => {
    const { uri } = stationAt(fleet.nvm);
    const { exit, output } = await shell.run(["station", "selftest", uri, "--json"]);
    expect(exit).toBe(Object.values(JSON.parse(output)).includes("failed") ? 1 : 0);
    expect(JSON.parse(output)).toHaveProperty("memory");
  });
});

describe("sync", () => {
  test("gives the time, and brings objects to the station and grants to their keys", async () => {
    const { uri } = stationAt(fleet.nvm);
    const window = ["--set", "from=2026-11-23 07:00", "--set", "until=2026-11-23 16:30"];
    const grant = [
      "--set",
      "holder=0102030405060708",
      "--set",
      `key=${path("key.pub")}`,
      "--set",
      "groups=7",
      ...window,
    ];
    const signed = ["--by", path("grant.key"), "--trust", fleet.trust, "--out", path("shift.cose")];
    expect((await shell.run(["issue", "grant", ...signed, ...grant])).exit).toBe(0);
    const words = ["station", "sync", uri, path("shift.cose"), path("list.cose"), ...timeWords(), "--json"];
    const { exit, output, errors } = await shell.run(words);
    expect([exit, errors]).toEqual([0, ""]);
    const { time, brought } = JSON.parse(output);
    expect(time).toMatchObject({ verdict: "accepted", clock: { quality: "running" } });
    expect(Math.abs(time.clock.lo - NOW)).toBeLessThan(10);
    // The certificate goes first, although the grant was named first.
    expect(brought).toMatchObject([
      { object: "certificate", to: "all" },
      { object: "grant", to: toHex(fleet.key.kid), outcome: "stored" },
    ]);
  });

  test("a folder named by a key's kid is its bundle; what is for one key and does not say for which is refused", async () => {
    const { uri } = stationAt(fleet.nvm);
    const folder = path(toHex(fleet.key.kid));
    mkdirSync(folder);
    writeFileSync(`${folder}/shift.hex`, toHex(new Uint8Array(readFileSync(path("shift.cose")))));
    expect((await shell.run(["station", "sync", uri, ...timeWords(), folder])).exit).toBe(0);

    writeFileSync(path("page.cose"), fleet.pages[0] ?? new Uint8Array(0));
    const { exit, errors } = await shell.run(["station", "sync", uri, path("page.cose")]);
    expect([exit, errors]).toEqual([3, expect.stringContaining("code: cli/wrong-file")]);
  });

  test("nothing to bring is told before a port is opened", async () => {
    const { exit, errors } = await shell.run(["station", "sync", "serial:/dev/no-such-port"]);
    expect([exit, errors]).toEqual([2, expect.stringContaining("cli/usage")]);
  });

  test("what another fleet has signed is refused, and the exit code says so", async () => {
    const others = newFolderIn("others");
    const other = await foundFleet(
      others,
      new Shell({ random: (length) => new Uint8Array(length).map(() => Math.random() * 256) }),
    );
    const { uri } = stationAt(fleet.nvm);
    const { exit, output } = await shell.run(["station", "sync", uri, other.path("grant.cose")]);
    expect([8, 11]).toContain(exit);
    expect(output).toMatch(/refused|need-certificate/);
  });
});

function newFolderIn(name: string): (file: string) => string {
  mkdirSync(path(name));
  return (file) => path(`${name}/${file}`);
}

describe("log", () => {
  test("is read once with a cursor, verified, and deleted by receipts alone", async () => {
    const { uri } = stationAt(fleet.nvm);
    const words = ["station", "log", uri, ...hostWords(), "--cursor", path("once.cursor")];
    const first = await shell.run(words);
    expect([first.exit, first.errors]).toEqual([0, ""]);
    const lines = linesOf(first.output);
    expect(lines.map(({ hex }) => hex)).toEqual(fleet.pages.map(toHex));
    expect(lines[0]).toMatchObject({
      object: "key-journal",
      device: toHex(fleet.key.kid),
      verdict: { kind: "verified" },
    });
    expect(JSON.parse(readFileSync(path("once.cursor"), "utf8")).cursors).toEqual({ [toHex(fleet.station.kid)]: 2 });

    expect(await shell.run(words)).toMatchObject({ exit: 0, output: "" });
    expect(linesOf((await shell.run([...words, "--from", "1"])).output)).toHaveLength(1);

    const last = fleet.pages.at(-1) ?? new Uint8Array(0);
    const { number: n, head } = journalPositions(defaultProvider, parseObject(keyJournalObject, last).value).at(-1) ?? {
      number: 0,
      head: new Uint8Array(16),
    };
    writeFileSync(path("receipt-1.cose"), receiptFor(fleet, { n, head }));
    const { output } = await shell.run(["station", "sync", uri, path("receipt-1.cose"), "--json"]);
    expect(JSON.parse(output).brought).toMatchObject([{ object: "upload-receipt", outcome: "stored" }]);
    expect((await shell.run([...words, "--from", "0"])).output).toBe("");
  });

  test("entries of a device that the trust file does not list do not count as verified", async () => {
    const { uri } = stationAt(fleet.nvm);
    const trust = JSON.parse(readFileSync(fleet.trust, "utf8"));
    writeFileSync(path("few.trust.json"), JSON.stringify({ ...trust, devices: [] }));
    const words = ["station", "log", uri, "--host-key", path("host.key"), "--trust", path("few.trust.json")];
    const { exit, output } = await shell.run(words);
    expect(exit).toBe(1);
    expect(linesOf(output)[0]).toMatchObject({ verdict: { kind: "not-judged" } });
  });

  test("without a trust file the certificates are named, and nothing is judged", async () => {
    const { uri } = stationAt(fleet.nvm);
    const named = ["--certificate", path("host.cose"), "--certificate", path("device.cose")];
    const { exit, output } = await shell.run(["station", "log", uri, "--host-key", path("host.key"), ...named]);
    expect(exit).toBe(0);
    expect(linesOf(output)[0]).not.toHaveProperty("verdict");
  });

  test.each([
    ["cli/usage", 2, () => []],
    ["cli/certificate-missing", 8, () => ["--host-key", path("key.key"), "--trust", fleet.trust]],
    ["cli/wrong-file", 3, () => [...hostWords(), "--cursor", fleet.trust]],
    ["cli/usage", 2, () => [...hostWords(), "--from", "-1"]],
  ])("%s before the port is opened", async (code, exit, words) => {
    const ran = await shell.run(["station", "log", "serial:/dev/no-such-port", ...words()]);
    expect([ran.exit, ran.errors]).toEqual([exit, expect.stringContaining(`code: ${code}`)]);
  });

  test("an issuer whose certificate has ended is told by name and time, and before the port is opened", async () => {
    const later = new Shell({ now: () => Date.UTC(2027, 11, 1) / 1000 });
    const log = await later.run(["station", "log", "serial:/dev/no-such-port", ...hostWords()]);
    expect([log.exit, log.errors]).toEqual([8, expect.stringContaining("code: cli/certificate-ended")]);
    expect(log.errors).toContain("2027-11-01 00:00:00 +01:00");
    const next = new Shell({ now: () => Date.UTC(2026, 11, 4) / 1000 });
    const sync = await next.run(["station", "sync", "serial:/dev/no-such-port", ...timeWords()]);
    expect([sync.exit, sync.errors]).toEqual([8, expect.stringContaining("code: cli/certificate-ended")]);
  });
});

/** A key comes as soon as the host has asked who is there. */
function dockAfterHello(link: Link): void {
  const decoder = new FrameDecoder();
  link.onData((chunk) => {
    for (const event of decoder.push(chunk)) {
      if (event.kind !== "frame" || event.frame.sequence !== 1) continue;
      const told = encodeNotification("dock-event", { slot: 1, event: "docked" });
      const { session } = event.frame;
      void link.write(encodeFrame({ version: 1, kind: "notification", session, sequence: 1, ...told }));
    }
  });
}

describe("watch", () => {
  test("tells what happens until Ctrl-C, and ends with 130", async () => {
    const station = new Station(fleet.nvm);
    onTestFinished(() => station.end());
    const uri = serveAt((link) => {
      station.attach(link);
      dockAfterHello(link);
    });
    const control = new AbortController();
    let printed = "";
    const print = (text: string): void => {
      printed += text;
      if (printed.includes('"slot"')) control.abort();
    };
    const ran = await new Shell({ print, interrupted: control.signal }).run(["station", "watch", uri, "--json"]);
    expect([ran.exit, ran.errors]).toEqual([130, ""]);
    expect(linesOf(printed).find(({ kind }) => kind === "slot")).toMatchObject({
      slot: 1,
      event: "docked",
      learnt: "by-notification",
      at: NOW,
    });
  });

  test("Ctrl-C while nobody answers ends with 130 too, and without a word", async () => {
    const control = new AbortController();
    const uri = serveAt(() => control.abort());
    const ran = await new Shell({ interrupted: control.signal }).run(["station", "info", uri]);
    expect(ran).toEqual({ exit: 130, output: "", errors: "" });
  });
});

describe("what keeps a host from its station", () => {
  const noise = (link: Link): void => {
    link.onData(() => void link.write(Uint8Array.of(0x55, 0xaa, 0, 0x13, 0x37, 0)).catch(() => {}));
  };

  test.each([
    ["silence", (): string => serveAt(() => {}), 6, "framing/no-reply"],
    ["noise, as of another speed", (): string => serveAt(noise), 12, "cli/wrong-speed"],
    ["a speed that no port has", (): string => "serial:/dev/ttyS0?baud=1", 12, "link/speed"],
    ["a station that is too new", (): string => serveAt((link) => refuseHellos(link, TOO_NEW)), 7, "cli/version"],
    ["an unknown port", (): string => "serial:/dev/no-such-port", 4, "link/unknown-port"],
    ["no URI", (): string => "ttyACM0", 2, "link/bad-uri"],
    ["nothing listens", (): string => "tcp://127.0.0.1:9", 4, "link/unreachable"],
  ] as const)("%s", async (_, uriOf, exit, code) => {
    const ran = await shell.run(["station", "info", uriOf()]);
    expect([ran.exit, ran.errors]).toEqual([exit, expect.stringContaining(`code: ${code}`)]);
    expect(ran.errors).toMatch(/what to do: [A-Z]/);
  });

  test("too new says what is to be updated", async () => {
    const { errors } = await shell.run(["station", "info", serveAt((link) => refuseHellos(link, TOO_NEW))]);
    expect(errors).toContain("3 to 4");
    expect(errors).toContain("Update nyckelfri");
  });

  test("too old says so of the station, and what does not say its versions gets no guess", () => {
    expect(versionFailure({ oldest: 0, newest: 0 }).remedy).toBe("Update the station's firmware.");
    expect(versionFailure(undefined).remedy).toContain("whose newest wire version is the lower one");
  });

  test("a port that another program has", async () => {
    const first = await openLink("tcp-listen://127.0.0.1:0");
    const { exit, errors } = await shell.run(["monitor", first.uri]);
    await first.close();
    expect([exit, errors]).toEqual([5, expect.stringContaining("code: link/busy")]);
  });
});
