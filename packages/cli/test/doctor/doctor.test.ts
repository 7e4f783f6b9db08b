import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { parseLinkUri } from "@nyckelfri/links";
import type { Link } from "@nyckelfri/protocol";
import { beforeAll, describe, expect, test } from "vitest";
import { exitOfChecks, failure, ok, warning } from "#src/doctor/findings.ts";
import { portChecks } from "#src/doctor/port-checks.ts";
import { portHolders } from "#src/doctor/port-holders.ts";
import { clockCheck, lineCheck } from "#src/doctor/station-checks.ts";
import { type Fleet, foundFleet } from "../support/fleet.ts";
import { newFolder, newFolderForAll } from "../support/folder.ts";
import { serveAt, stationAt } from "../support/station.ts";
import { NOW, Shell } from "../support/terminal.ts";

const shell = new Shell();
const path = newFolderForAll();
let fleet: Fleet;

beforeAll(async () => {
  fleet = await foundFleet(path, shell);
});

interface Told {
  readonly exitCode: number;
  readonly checks: readonly { readonly check: string; readonly verdict: string; readonly remedy?: string }[];
}

async function doctor(
  uri: string,
  at: Shell = shell,
  trust: string = fleet.trust,
): Promise<Told & { readonly exit: number }> {
  const { exit, output } = await at.run(["doctor", uri, "--trust", trust, "--json"]);
  return { ...(JSON.parse(output) as Told), exit };
}

function verdicts({ checks }: Told): readonly string[] {
  return checks.map(({ check, verdict }) => `${check} ${verdict}`);
}

describe("at a station", () => {
  test("a clock that is lost is a warning and ends with 1; with the time given everything is well", async () => {
    const { uri } = stationAt(fleet.nvm);
    const before = await doctor(uri);
    expect(before.exit).toBe(1);
    expect(verdicts(before)).toContain("clock warning");
    expect(before.checks.every(({ verdict, remedy }) => verdict === "ok" || /^[A-Z]/.test(remedy ?? ""))).toBe(true);
    await shell.run(["station", "sync", uri, "--time-key", path("time.key"), "--trust", fleet.trust]);
    const after = await doctor(uri);
    expect(after.exit).toBe(0);
    expect(new Set(verdicts(after))).toEqual(new Set(["speed ok", "versions ok", "line ok", "trust ok", "clock ok"]));
  });

  test("a certificate that has ended is a failure of trust", async () => {
    const { uri } = stationAt(fleet.nvm);
    const later = new Shell({ now: () => Date.UTC(2027, 11, 1) / 1000 });
    const told = await doctor(uri, later);
    expect([told.exit, told.exitCode]).toEqual([8, 8]);
    expect(verdicts(told)).toContain("trust failure");
  });

  test("what the station's own clock has not reached is no failure, but a doubt; --at is this computer's clock", async () => {
    const { uri } = stationAt(fleet.nvm);
    await shell.run(["station", "sync", uri, "--time-key", path("time.key"), "--trust", fleet.trust]);
    const later = new Shell({ now: () => Date.UTC(2027, 11, 1) / 1000 });
    const told = await doctor(uri, later);
    expect(told.exit).toBe(1);
    expect(verdicts(told)).toEqual(expect.arrayContaining(["trust warning", "clock warning"]));
    expect(verdicts(told)).not.toContain("trust failure");
    const { exit, output } = await later.run(["doctor", uri, "--trust", fleet.trust, "--at", `@${NOW}`]);
    expect([exit, output]).toEqual([0, expect.stringContaining("ok       clock")]);
    const wrong = await later.run(["doctor", "serial:/dev/no-such-port", "--at", "noon"]);
    expect(wrong).toMatchObject({ exit: 2, output: "" });
  });

  test("another fleet's trust file is a failure of trust", async () => {
    const other = newFolder();
    const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
    await new Shell({ random }).run(["keygen", other("other"), "--root"]);
    const { uri } = stationAt(fleet.nvm);
    expect((await doctor(uri, shell, other("other.trust.json"))).exit).toBe(8);
  });

  test("noise and silence are failures of speed, with exit codes of their own", async () => {
    const noise = (link: Link): void => {
      link.onData(() => void link.write(Uint8Array.of(0x55, 0xaa, 0)).catch(() => {}));
    };
    const [loud, mute] = await Promise.all([doctor(serveAt(noise)), doctor(serveAt(() => {}))]);
    expect([loud.exit, verdicts(loud)]).toEqual([12, ["speed failure"]]);
    expect([mute.exit, verdicts(mute)]).toEqual([6, ["speed failure"]]);
  });

  test("text has a line for each check, and what to do below those that are not well", async () => {
    const { exit, output } = await shell.run(["doctor", "serial:/dev/no-such-port"]);
    expect(exit).toBe(4);
    expect(output).toMatch(/^failure {2}port {6}there is no \/dev\/no-such-port\n +what to do: /);
  });
});

describe("at a port", () => {
  const serial = (port: string) => parseLinkUri(`serial:${port}`);

  test("what is no port, and a link to a port that is gone, are found before anything is opened", () => {
    const folder = newFolder();
    writeFileSync(folder("file"), "");
    symlinkSync(folder("gone"), folder("link"));
    for (const name of ["file", "link", "nothing"]) {
      expect(portChecks(serial(folder(name)))).toMatchObject([
        { check: "port", verdict: "failure", exit: "unknown-port" },
      ]);
    }
    expect(portChecks(parseLinkUri("tcp://localhost:7"))).toEqual([]);
  });

  test("other programs on the port are named with their process; a port of one's own is free", () => {
    const holders = [{ pid: 123, program: "minicom" }];
    const [, , held] = portChecks(serial("/dev/null"), () => ({ holders, seen: "all" }));
    expect(held).toMatchObject({
      check: "programs",
      verdict: "warning",
      says: expect.stringContaining("minicom (process 123)"),
    });
    const [there, rights, free] = portChecks(serial("/dev/null"), () => ({ holders: [], seen: "some" }));
    expect([there, rights, free]).toMatchObject([{ verdict: "ok" }, { verdict: "ok" }, { verdict: "ok" }]);
  });

  test("/proc tells who has it: every open file of a process is a link", () => {
    const folder = newFolder();
    writeFileSync(folder("tty"), "");
    symlinkSync(folder("tty"), folder("station0"));
    for (const [pid, file] of [
      ["11", folder("tty")],
      ["12", "/elsewhere"],
      ["13", folder("tty")],
    ] as const) {
      mkdirSync(folder(`proc/${pid}/fd`), { recursive: true });
      symlinkSync(file, folder(`proc/${pid}/fd/3`));
      writeFileSync(folder(`proc/${pid}/comm`), "screen\n");
    }
    mkdirSync(folder("proc/uptime"));
    const found = portHolders(folder("station0"), folder("proc"), 13);
    expect(found).toEqual({ holders: [{ pid: 11, program: "screen" }], seen: "all" });
    expect(portHolders(folder("station0"), folder("nowhere"))).toEqual({ holders: [], seen: "none" });
  });
});

describe("judging", () => {
  test("the first failure says how it ends, then a warning, then nothing", () => {
    const failed = [warning("line", "", ""), failure("trust", "trust", "", ""), failure("clock", "peer", "", "")];
    expect(exitOfChecks(failed)).toBe("trust");
    expect(exitOfChecks([ok("port", ""), warning("line", "", "")])).toBe("check-failed");
    expect(exitOfChecks([ok("port", "")])).toBe("ok");
  });

  test.each([
    [0, "ok"],
    [5, "ok"],
    [60, "warning"],
    [-60, "warning"],
  ])("a clock that differs by %i s: %s", (apart, verdict) => {
    const clock = { quality: "running", lo: NOW + apart, widthSeconds: 2 } as const;
    const info = { serial: "x", epoch: 1, clock, certificates: [], bundles: 0, bundleRoom: 0, floor: 0 };
    expect(clockCheck(info, { now: NOW, zone: "UTC" }).verdict).toBe(verdict);
  });

  test("stale bytes are everyday; frames whose checksum fails are a bad line", () => {
    // A station that answers and has received nothing has not counted.
    expect(lineCheck({ bytesReceived: 0, bytesDiscarded: 0, discardedCrc: 0 }).says).toContain("does not count");
    expect(lineCheck({ bytesReceived: 100, bytesDiscarded: 50, discardedCrc: 0 }).verdict).toBe("ok");
    expect(lineCheck({ bytesReceived: 1000, bytesDiscarded: 50, discardedCrc: 2 }).verdict).toBe("warning");
  });
});
