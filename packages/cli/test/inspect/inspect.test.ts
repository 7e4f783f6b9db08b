import { writeFileSync } from "node:fs";
import { encodeFrame, fromHex } from "@nyckelfri/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fromText } from "#src/inspect/input.ts";
import { readAnything } from "#src/inspect/read.ts";
import { newFolder } from "../support/folder.ts";
import { Shell } from "../support/terminal.ts";
import { vectorsOf } from "../support/vectors.ts";

const shell = new Shell();
const FRAME = "0201038c1f02a5053c86079400";
const CHALLENGE_HELLO = "a4018201010201034863d2aa2cacc180620400";

test("every accepted frame of the vectors is a frame, with its header (SPEC FRM-2)", () => {
  const frames = vectorsOf("framing").filter(({ kind }) => kind === "accept");
  expect(frames.length).toBeGreaterThan(5);
  for (const { wire = "", header } of frames) {
    expect(readAnything(fromHex(wire))).toMatchObject({ kind: "frames", form: "encoded", frames: [{ frame: header }] });
  }
});

test("every object of the vectors that parses is named, with its diagnostic notation (SPEC CBR-13)", async () => {
  const objects = vectorsOf("objects").filter(({ valid, object }) => valid && object !== undefined);
  expect(new Set(objects.map(({ object }) => object)).size).toBe(16);
  for (const { bytes = "", object, diagnostic } of objects) {
    const { exit, output } = await shell.run(["inspect", bytes, "--json"]);
    const read = JSON.parse(output);
    expect([exit, read.object.object, read.object.diagnostic]).toEqual([0, object, diagnostic]);
  }
});

test("every message body of the vectors is among what it is read as", () => {
  const bodies = vectorsOf("messages").filter(
    ({ valid, body }) => valid && body !== undefined && body !== "chunked-body",
  );
  expect(bodies.length).toBeGreaterThan(60);
  for (const { bytes = "", body } of bodies) {
    const reading = readAnything(fromHex(bytes));
    expect(reading.kind === "message" ? reading.bodies.map((one) => one.body) : []).toContain(body);
  }
});

test("broken CBOR is told by the reason that the vectors give it", () => {
  const broken = vectorsOf("cbor").filter(({ valid, bytes }) => !valid && bytes !== undefined && bytes !== "");
  for (const { bytes = "", reason = "" } of broken) {
    const reading = readAnything(fromHex(bytes));
    const why = reading.kind === "unknown" ? reading.tried.map((one) => one.why).join("\n") : "";
    // Depth and size are limits of the place where an item stands, and here it stands nowhere.
    if (reason !== "cbor/too-large") expect(why).toContain(reason);
  }
  expect(broken.length).toBeGreaterThan(50);
});

test("a frame says its message, exchange, session, sequence and body", async () => {
  const frame = encodeFrame({
    version: 1,
    kind: "request",
    message: 0,
    session: 0x1f,
    sequence: 0,
    body: fromHex(CHALLENGE_HELLO),
  });
  const { exit, output } = await shell.run(["inspect", "-"], frame);
  expect(exit).toBe(0);
  for (const part of [
    "request 0 (hello of open)",
    "session 0000001f, sequence 0",
    "battery: ok",
    "nonce: 63d2aa2cacc18062",
  ]) {
    expect(output).toContain(part);
  }
});

test("noise between frames is told with its length and reason (SPEC FRM-5)", async () => {
  const { exit, output } = await shell.run(["inspect", `ffff00${FRAME}0500${FRAME}`, "--json"]);
  expect(exit).toBe(0);
  expect(JSON.parse(output).frames.map((one: { kind: string; bytes: number }) => [one.kind, one.bytes])).toEqual([
    ["discarded", 3],
    ["request", 13],
    ["discarded", 2],
    ["request", 13],
  ]);
});

test("a frame without its delimiter, and one without COBS, are frames", async () => {
  const whole = await shell.run(["inspect", FRAME.slice(0, -2)]);
  expect(whole.output).toContain("frame, encoded: request 0");
  const plain = await shell.run(["inspect", "01008c1f00a5003c860794"]);
  expect(plain.output).toContain("frame, decoded: request 0");
});

test("hex, base64, base64url, a file of either, raw bytes and standard input are the same thing", async () => {
  const path = newFolder();
  const bytes = fromHex(CHALLENGE_HELLO);
  const base64 = Buffer.from(bytes).toString("base64");
  writeFileSync(path("raw"), bytes);
  writeFileSync(path("hex"), `${CHALLENGE_HELLO.replace(/../g, "$& ")}\n`);
  writeFileSync(path("base64"), `${base64}\n`);
  const ways = [
    CHALLENGE_HELLO,
    `0x${CHALLENGE_HELLO.toUpperCase()}`,
    `h'${CHALLENGE_HELLO}'`,
    base64,
    Buffer.from(bytes).toString("base64url"),
    path("raw"),
    path("hex"),
    path("base64"),
  ];
  const read = await Promise.all(ways.map((word) => shell.run(["inspect", word, "--json"])));
  const piped = await shell.run(["inspect", "-", "--json"], new TextEncoder().encode(CHALLENGE_HELLO));
  for (const { exit, output } of [...read, piped]) {
    expect(exit).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ kind: "message", bytes: bytes.length });
  }
});

test("what nobody knows says everything that it was tried as", async () => {
  const { exit, output, errors } = await shell.run(["inspect", "8f01"]);
  expect([exit, output]).toEqual([3, ""]);
  for (const tried of [
    "COBS",
    "without COBS",
    "COSE_Sign1",
    "COSE_Key",
    "cbor/length-beyond-input",
    "cli/input-unrecognised",
  ]) {
    expect(errors).toContain(tried);
  }
});

test.each([
  ["missing.bin", 9, "cli/file-missing"],
  ["zz", 3, "cli/input-unrecognised"],
])("%s ends with %i and %s", async (word, exit, code) => {
  const ran = await shell.run(["inspect", word, "--json"]);
  expect([ran.exit, JSON.parse(ran.errors).error.code]).toEqual([exit, code]);
});

test("a public key's private half is an alarm of its own (SPEC COS-10)", async () => {
  const seed = "5e".repeat(32);
  const { output, errors, exit } = await shell.run(["inspect", `a401012006215820${"22".repeat(32)}235820${seed}`]);
  expect(errors).toContain("cose/key-private");
  expect(exit).toBe(3);
  expect(output + errors).not.toContain(seed);
});

test("no bytes make it throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      expect(readAnything(bytes).kind).not.toBe("");
    }),
  );
});

test("bytes come back from every way of writing them", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 3, maxLength: 40 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      expect(fromText(buffer.toString("hex"))?.bytes).toEqual(bytes);
      // Text that is both is hex; nothing else tells them apart.
      const base64 = buffer.toString("base64");
      if (!/^([0-9a-f]{2})+$/i.test(base64)) expect(fromText(base64)?.bytes).toEqual(bytes);
    }),
  );
});
