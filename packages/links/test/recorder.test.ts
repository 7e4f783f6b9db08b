import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CallerError, type Link } from "@nyckelfri/protocol";
import fc from "fast-check";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { type CaptureEntry, formatEntry, formatHeader, parseCapture } from "#src/capture.ts";
import type { LinkLogEntry } from "#src/logger.ts";
import { memoryPair } from "#src/memory-link.ts";
import { openLink } from "#src/open-link.ts";
import { captureFile, readCapture, recordLink } from "#src/recorder.ts";
import { replayLink } from "#src/replay-link.ts";
import { bytesOf, codeOf, Ear } from "./support/wait.ts";

const folder = mkdtempSync(join(tmpdir(), "nyckelfri-capture-"));

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HEADER = formatHeader({ uri: "serial:/dev/ttyACM0", startedAt: "2026-11-02T06:41:00.000Z" });

const reasons = ["closed-here", "hang-up", "stalled", "carrier-error"] as const;
const ms = fc.nat().map((microseconds) => microseconds / 1000);
const entries: fc.Arbitrary<CaptureEntry> = fc.oneof(
  fc.record({
    kind: fc.constant("bytes" as const),
    ms,
    direction: fc.constantFrom("in" as const, "out" as const),
    bytes: fc.uint8Array({ maxLength: 40 }),
  }),
  fc.record({
    kind: fc.constant("closed" as const),
    ms,
    closed: fc.record({ reason: fc.constantFrom(...reasons), detail: fc.string() }, { requiredKeys: ["reason"] }),
  }),
);

test("a capture is read as it was written, and a torn last line is left out", () => {
  fc.assert(
    fc.property(fc.array(entries, { maxLength: 6 }), fc.nat({ max: 5 }), (list, torn) => {
      const last = formatEntry({ kind: "bytes", ms: 1, direction: "in", bytes: bytesOf("torn") }).slice(0, -1 - torn);
      const capture = parseCapture(HEADER + list.map(formatEntry).join("") + last);
      expect(capture.entries).toEqual(list);
      expect(capture.header.uri).toBe("serial:/dev/ttyACM0");
    }),
  );
});

test.each([
  ["", 1],
  ["{}\n", 1],
  [HEADER.replace(":1,", ":2,"), 1],
  [HEADER.replace("2026-11-02", "yesterday"), 1],
  [`${HEADER}\n`, 2],
  [`${HEADER}[1\n`, 2],
  [`${HEADER}null\n`, 2],
  [`${HEADER}{"ms":1,"direction":"in","hex":"00"}\n{"ms":2,"direction":"up","hex":"00"}\n`, 3],
  [`${HEADER}{"ms":1,"direction":"in","hex":"0"}\n`, 2],
  [`${HEADER}{"ms":-1,"direction":"in","hex":"00"}\n`, 2],
  // JSON has no end of its numbers, and reads this one as Infinity.
  [`${HEADER}{"ms":1e999,"direction":"in","hex":"00"}\n`, 2],
  [`${HEADER}{"ms":1,"closed":"tired"}\n`, 2],
  [`${HEADER}{"ms":1,"closed":"hang-up","detail":7}\n`, 2],
])("what is no capture is refused with its line: %j", (text, line) => {
  const refusal = (): unknown => {
    try {
      return parseCapture(text);
    } catch (error) {
      return error;
    }
  };
  expect(refusal()).toBeInstanceOf(CallerError);
  expect(refusal()).toMatchObject({ code: "link/capture", details: { line } });
});

test("a recorded link is the same link, and its capture holds every byte in order and the end", async () => {
  const [host, device] = memoryPair("recorded");
  let clock = 100;
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push(line), close: () => void lines.push("closed") };
  const options = { now: () => clock, startedAt: new Date("2026-11-02T06:41:00Z") };
  const recorded = recordLink(host, sink, options);
  const ear = new Ear(recorded);
  let inCaptureFirst = false;
  recorded.onData(() => {
    inCaptureFirst = lines.at(-1)?.includes('"in"') === true;
  });
  const deviceEar = new Ear(device);
  clock = 101.25;
  await recorded.write(Uint8Array.of(0, 255));
  await recorded.write(new Uint8Array(0));
  clock = 102;
  await device.write(bytesOf("ok"));
  clock = 110;
  await device.close();
  expect([ear.text, inCaptureFirst, [...deviceEar.bytes]]).toEqual(["ok", true, [0, 255]]);
  expect(await ear.closed()).toEqual({ reason: "hang-up" });
  expect(await codeOf(recorded.write(bytesOf("x")))).toBe("link/hang-up");
  expect(lines).toEqual([
    '{"nyckelfri-capture":1,"uri":"memory:recorded","startedAt":"2026-11-02T06:41:00.000Z"}\n',
    '{"ms":1.25,"direction":"out","hex":"00ff"}\n',
    '{"ms":2,"direction":"in","hex":"6f6b"}\n',
    '{"ms":10,"closed":"hang-up"}\n',
    "closed",
  ]);
});

test("a capture that cannot be written ends the recording and not the link", async () => {
  const log: LinkLogEntry[] = [];
  let room = 2;
  const write = () => {
    if (room-- === 0) throw new Error("disk full");
  };
  let closed = 0;
  const close = () => {
    closed += 1;
    throw new Error("disk full");
  };
  const [host, device] = memoryPair("full");
  const recorded = recordLink(host, { write, close }, { log: (entry) => log.push(entry) });
  const ear = new Ear(device);
  for (const text of ["one", "two", "three"]) await recorded.write(bytesOf(text));
  await recorded.close();
  expect(ear.text).toBe("onetwothree");
  expect(log).toEqual([{ event: "recording-failed", uri: "memory:full", detail: "disk full" }]);
  // The file of a recording that has ended is not held open for as long as the link lives.
  expect(closed).toBe(1);
});

test("a capture takes the place of a file that others could read, and they no longer can", async () => {
  const path = join(folder, "shared.jsonl");
  writeFileSync(path, "an older and longer capture\n".repeat(100));
  chmodSync(path, 0o666);
  const sink = captureFile(path);
  sink.write(HEADER);
  sink.close();
  expect(readFileSync(path, "utf8")).toBe(HEADER);
  if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a capture that cannot be begun is said so by its code, and the link that was open is closed", async () => {
  const [other, refused] = await Promise.all([
    openLink("memory:unwritable"),
    codeOf(openLink("memory:unwritable", { record: join(folder, "no", "such", "folder") })),
  ]);
  expect(refused).toBe("link/capture-file");
  expect((await new Ear(other).closed()).reason).toBe("hang-up");
});

test("openLink records into a file that only this user may read, and readCapture reads it", async () => {
  const path = join(folder, "shift.jsonl");
  const [host, device] = await Promise.all([openLink("memory:to-file", { record: path }), openLink("memory:to-file")]);
  await host.write(bytesOf("hello"));
  // Before the link is closed: a killed recorder loses nothing either.
  expect(parseCapture(readFileSync(path, "utf8")).entries).toHaveLength(1);
  await device.write(bytesOf("welcome"));
  await host.close();
  const { entries } = await readCapture(path);
  expect(entries.map((entry) => (entry.kind === "bytes" ? entry.direction : entry.closed.reason))).toEqual([
    "out",
    "in",
    "closed-here",
  ]);
  if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await codeOf(readCapture(join(folder, "nothing")))).toBe("link/capture-file");
  expect(await codeOf(openLink(`replay:${join(folder, "nothing")}`))).toBe("link/capture-file");
});

const CONVERSATION: readonly CaptureEntry[] = [
  { kind: "bytes", ms: 0, direction: "in", bytes: bytesOf("boot ") },
  { kind: "bytes", ms: 5, direction: "out", bytes: bytesOf("ask1") },
  { kind: "bytes", ms: 9, direction: "in", bytes: bytesOf("answer1 ") },
  { kind: "bytes", ms: 12, direction: "out", bytes: bytesOf("ask2") },
  { kind: "bytes", ms: 14, direction: "in", bytes: bytesOf("answer2") },
  { kind: "closed", ms: 20, closed: { reason: "hang-up" } },
];

function replayed(play: "in" | "out", pace: "answers" | "recorded" | "now"): { link: Link; ear: Ear } {
  const capture = { header: { uri: "x", startedAt: "2026-11-02T06:41:00.000Z" }, entries: CONVERSATION };
  const link = replayLink(capture, { uri: "replay:x", play, pace });
  return { link, ear: new Ear(link) };
}

test("a replay answers when as much was said as in the recording, whatever it was, and hangs up at its end", async () => {
  const { link, ear } = replayed("in", "answers");
  await ear.heard(5);
  await link.write(bytesOf("xxx"));
  await link.write(bytesOf("x"));
  await ear.heard(13);
  expect([ear.text, ear.closings]).toEqual(["boot answer1 ", []]);
  await link.write(bytesOf("yyyy"));
  expect((await ear.closed()).reason).toBe("hang-up");
  expect(ear.text).toBe("boot answer1 answer2");
  expect(await codeOf(link.write(bytesOf("z")))).toBe("link/hang-up");
});

test.each([
  ["in", "now", "boot answer1 answer2"],
  ["in", "recorded", "boot answer1 answer2"],
  ["out", "now", "ask1ask2"],
  ["out", "recorded", "ask1ask2"],
] as const)("a replay plays the %s side, pace %s", async (play, pace, text) => {
  const { ear } = replayed(play, pace);
  expect((await ear.closed()).reason).toBe("hang-up");
  expect(ear.text).toBe(text);
});

test("a replay at its recorded times takes as long as the recording, however many chunks it has", async () => {
  vi.useFakeTimers();
  // As every real timer, each comes a little late.
  const { setTimeout: prompt } = globalThis;
  vi.spyOn(globalThis, "setTimeout").mockImplementation((call, ms = 0) => prompt(call, ms + 1));
  const bytes = bytesOf(".");
  const entries: CaptureEntry[] = Array.from({ length: 1_000 }, (_, at) => ({
    ...{ kind: "bytes", ms: at * 0.3, direction: "in", bytes },
  }));
  const capture = { header: { uri: "x", startedAt: "2026-11-02T06:41:00.000Z" }, entries };
  const link = replayLink(capture, { uri: "replay:x", play: "in", pace: "recorded" });
  const ear = new Ear(link);
  await vi.advanceTimersByTimeAsync(150);
  expect(ear.bytes.length).toBeGreaterThan(490);
  expect(ear.bytes.length).toBeLessThan(510);
  await vi.advanceTimersByTimeAsync(152);
  expect([ear.bytes.length, ear.closings.length]).toEqual([1_000, 1]);
});

test("a replay ends when it is closed, and opens by its URI", async () => {
  const { link, ear } = replayed("in", "answers");
  await link.close();
  expect([ear.text, (await ear.closed()).reason]).toEqual(["", "closed-here"]);
  const path = join(folder, "conversation.jsonl");
  writeFileSync(path, HEADER + CONVERSATION.map(formatEntry).join(""));
  const opened = await openLink(`replay:${path}?play=out&pace=now`);
  const other = new Ear(opened);
  await other.closed();
  expect(other.text).toBe("ask1ask2");
});
