import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { formatEntry, formatHeader, openLink } from "@nyckelfri/links";
import { encodeFrame, fromHex } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { Traffic } from "#src/monitor/traffic.ts";
import { foundFleet } from "../support/fleet.ts";
import { newFolder } from "../support/folder.ts";
import { stationAt } from "../support/station.ts";
import { Shell } from "../support/terminal.ts";
import { vectorsOf } from "../support/vectors.ts";

/** hello of serve, from the README. */
const HELLO = fromHex("0201051f2e3d4c26a40182010102050350abababababababababababababababab0466726561646d654dba39cc00");

const linesOf = (output: string): readonly Record<string, unknown>[] =>
  output
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test("a recording is told frame by frame, in the order and at the times of its bytes, with what was discarded and why", async () => {
  const path = newFolder();
  const bytes = (ms: number, direction: "in" | "out", chunk: Uint8Array) =>
    formatEntry({ kind: "bytes", ms, direction, bytes: chunk });
  const text = [
    formatHeader({ uri: "serial:/dev/ttyACM0", startedAt: "2026-11-23T07:00:00.000Z" }),
    bytes(1, "out", HELLO.slice(0, 10)),
    bytes(2, "in", Uint8Array.of(0x55, 0xaa, 0)),
    bytes(3, "out", HELLO.slice(10)),
    bytes(
      4,
      "in",
      encodeFrame({ version: 1, kind: "reply", message: 2, session: 7, sequence: 1, body: new Uint8Array(0) }),
    ),
    bytes(5, "in", Uint8Array.of(9, 9)),
    formatEntry({ kind: "closed", ms: 6, closed: { reason: "hang-up" } }),
  ];
  writeFileSync(path("shift.jsonl"), text.join(""));
  const { exit, output, errors } = await new Shell().run(["monitor", path("shift.jsonl"), "--json"]);
  expect(exit).toBe(0);
  expect(errors).toContain("hang-up");
  const start = Date.UTC(2026, 10, 23, 7) / 1000;
  expect(linesOf(output)).toMatchObject([
    { kind: "discarded", direction: "in", ms: 2, bytes: 3, reason: expect.any(String) },
    {
      ...{ kind: "frame", direction: "out", ms: 3, at: start + 0.003, type: "request", message: "hello" },
      ...{ session: "1f2e3d4c", sequence: 0, bytes: HELLO.length, body: expect.stringContaining('4: "readme"') },
    },
    { kind: "frame", type: "reply", message: "busy", session: "00000007", sequence: 1, body: "" },
    { kind: "discarded", direction: "in", bytes: 2, reason: "unfinished" },
  ]);
  const { output: shown } = await new Shell().run(["monitor", path("shift.jsonl")]);
  expect(shown).toContain("2026-11-23 08:00:00.003 +01:00 -> request hello 1f2e3d4c/0");
});

test("a recording that is still being written is followed to its end, wherever its writer has got to in a line", async () => {
  const path = newFolder();
  const file = path("growing.jsonl");
  const lines = [
    formatHeader({ uri: "serial:/dev/ttyACM0", startedAt: "2026-11-23T07:00:00.000Z" }),
    formatEntry({ kind: "bytes", ms: 1, direction: "out", bytes: HELLO }),
    formatEntry({ kind: "bytes", ms: 2, direction: "in", bytes: Uint8Array.of(1, 0) }),
    formatEntry({ kind: "bytes", ms: 3, direction: "out", bytes: HELLO }),
    formatEntry({ kind: "closed", ms: 4, closed: { reason: "hang-up" } }),
  ];
  const all = new TextEncoder().encode(lines.join(""));
  // Each piece is written when what the one before it completed has been shown.
  const ends = [0, 1, 2, 3].map((count) => lines.slice(0, count + 1).join("").length + 7);
  writeFileSync(file, all.subarray(0, ends[0]));
  let shown = 0;
  let output = "";
  const print = (text: string): void => {
    output += text;
    shown += 1;
    appendFileSync(file, all.subarray(ends[shown - 1], ends[shown] ?? all.length));
  };
  const { exit, errors } = await new Shell({ print }).run(["monitor", "--follow", file]);
  expect([exit, errors]).toEqual([0, expect.stringContaining("hang-up")]);
  expect(output.trimEnd().split("\n")).toEqual([
    expect.stringContaining("recorded from"),
    expect.stringContaining("08:00:00.001 +01:00 -> request hello"),
    expect.stringContaining("discarded 2 bytes"),
    expect.stringContaining("08:00:00.003 +01:00 -> request hello"),
  ]);
});

test("following ends with Ctrl-C, when another recording begins in the file, and tells a line that is none", async () => {
  const path = newFolder();
  const file = path("growing.jsonl");
  const header = formatHeader({ uri: "serial:/dev/ttyACM0", startedAt: "2026-11-23T07:00:00.000Z" });
  const follow = (printed: () => void, interrupted = new AbortController().signal) => {
    writeFileSync(file, header);
    return new Shell({ print: printed, interrupted }).run(["monitor", file, "--follow"]);
  };
  const control = new AbortController();
  expect((await follow(() => control.abort(), control.signal)).exit).toBe(130);
  expect((await follow(() => writeFileSync(file, ""))).exit).toBe(0);
  const bytes = formatEntry({ kind: "bytes", ms: 1, direction: "in", bytes: Uint8Array.of(1) });
  const wrong = await follow(() => appendFileSync(file, `${bytes}{}\n`));
  expect([wrong.exit, wrong.errors]).toEqual([3, expect.stringContaining("line: 3")]);
  expect((await new Shell().run(["monitor", "--follow", "tcp://localhost:7"])).exit).toBe(2);
});

test("live, between a host's program and a station: both sides, recorded as well, until Ctrl-C", async () => {
  const path = newFolder();
  const fleet = await foundFleet(path, new Shell());
  const { uri } = stationAt(fleet.nvm);
  const control = new AbortController();
  const through = "memory:tapped";
  const record = path("tapped.jsonl");
  const monitor = new Shell({ interrupted: control.signal }).run([
    "monitor",
    uri,
    "--through",
    through,
    "--record",
    record,
    "--json",
  ]);
  const host = await new Shell().run(["station", "info", through, "--json"]);
  expect(host.exit).toBe(0);
  control.abort();
  const { exit, output } = await monitor;
  expect(exit).toBe(130);
  const live = linesOf(output);
  const names = live.map(({ direction, type, message }) => `${direction} ${type} ${message}`);
  expect(names.slice(0, 2)).toEqual(["out request hello", "in reply hello"]);
  expect(names).toEqual(expect.arrayContaining(["out request info", "in reply info", "out request counters"]));
  expect(readFileSync(record, "utf8")).toContain("nyckelfri-capture");
  const again = linesOf((await new Shell().run(["monitor", record, "--json"])).output);
  const facts = ({ direction, message, session, sequence, body }: Record<string, unknown>) => [
    direction,
    message,
    session,
    sequence,
    body,
  ];
  expect(again.map(facts)).toEqual(live.map(facts));
});

test("a record that cannot be written ends it, and the port is free again", async () => {
  const unwritable = newFolder()("no/such/folder.jsonl");
  const monitor = new Shell().run(["monitor", "memory:unwritable", "--record", unwritable]);
  const station = await openLink("memory:unwritable");
  const closed = new Promise<string>((resolve) => station.onClose(({ reason }) => resolve(reason)));
  const { exit, errors } = await monitor;
  expect([exit, errors]).toEqual([9, expect.stringContaining("code: link/capture-file")]);
  expect(await closed).toBe("hang-up");
});

test("a broken recording is told with its line; what is for live lines is no use with one", async () => {
  const path = newFolder();
  writeFileSync(path("broken.jsonl"), "{}\n");
  const broken = await new Shell().run(["monitor", path("broken.jsonl")]);
  expect([broken.exit, broken.errors]).toEqual([3, expect.stringContaining("code: link/capture")]);
  const wrong = await new Shell().run(["monitor", path("broken.jsonl"), "--record", path("x.jsonl")]);
  expect(wrong.exit).toBe(2);
});

test("no bytes, whole or cut, make it fall over", () => {
  const traffic = new Traffic();
  const seen = vectorsOf("framing").flatMap(({ wire, bytes }) => {
    const all = fromHex(wire ?? bytes ?? "");
    return [...all].flatMap((byte) => traffic.take("in", Uint8Array.of(byte), 0));
  });
  expect(seen.some(({ kind }) => kind === "frame")).toBe(true);
  expect(seen.some(({ kind }) => kind === "discarded")).toBe(true);
});
