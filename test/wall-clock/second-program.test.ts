/** Programs that know nothing of this repository, on a virtual serial port: a shell, and Python with its standard library alone. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openLink } from "@nyckelfri/links";
import { decodeReply, decodeRequest, encodeFrame, FrameDecoder, fromHex, toHex } from "@nyckelfri/protocol";
import messages from "@nyckelfri/protocol/vectors/messages.json" with { type: "json" };
import { expect, onTestFinished, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "nyckelfri-shell-"));
const path = join(folder, "station0");
const device = await openLink(`pty:${path}`).catch((error: unknown) => String(error));
if (typeof device === "string") console.info(`no program can be tried on a virtual port here: ${device}`);

/** Sends the bytes, waits for as many as are asked for, and prints them in hex. */
const SCRIPT = `exec 3<>"$1"; printf "$2" >&3; head -c "$3" <&3 | od -An -v -tx1`;

test("a shell sends the hello of the vectors to a virtual port and gets the answer of the vectors", async () => {
  const vector = (name: string): Uint8Array =>
    fromHex(messages.vectors.find((candidate) => candidate.name === name)?.bytes ?? "");
  const hello = { version: 1, kind: "request", message: 0, session: 0xc58c1f0a, sequence: 0 } as const;
  const request = encodeFrame({ ...hello, body: vector("serve-hello: a program without a name") });
  const answer = encodeFrame({ ...hello, kind: "reply", body: vector("serve-welcome: a station of four docks") });

  let printed = toHex(answer);
  if (typeof device !== "string") {
    const decoder = new FrameDecoder();
    device.onData((chunk) => {
      for (const event of decoder.push(chunk)) {
        if (event.kind !== "frame") continue;
        expect(decodeRequest("serve", event.frame.message, event.frame.body).name).toBe("hello");
        void device.write(answer);
      }
    });
    const octal = [0, ...request].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
    const { stdout } = await promisify(execFile)("sh", ["-c", SCRIPT, "sh", path, octal, String(answer.length)]);
    printed = stdout.replace(/\s/g, "");
    await device.close();
  }
  rmSync(folder, { recursive: true, force: true });
  expect(printed).toBe(toHex(answer));
});

const NYCKELFRI = fileURLToPath(new URL("../../packages/cli/bin/nyckelfri.mjs", import.meta.url));
const README = readFileSync(new URL("../../packages/cli/README.md", import.meta.url), "utf8");
const python = spawnSync("python3", ["--version"], { encoding: "utf8" });
const isTried = python.status === 0 && typeof device !== "string";
if (python.status !== 0) console.info("Python is not tried: there is no python3 here");

test("the README's Python sends a hello to the simulated station and gets its answer", async () => {
  const own = mkdtempSync(join(tmpdir(), "nyckelfri-python-"));
  onTestFinished(() => rmSync(own, { recursive: true, force: true }));
  const program = join(own, "hello.py");
  const source = /^```python\n([\s\S]*?)^```/m.exec(README)?.[1] ?? "";
  // Its standard library alone.
  expect(source).toMatch(/^import os, sys, tty, zlib\n/);
  expect(source.match(/\bimport\b/g)).toHaveLength(1);
  writeFileSync(program, source);
  const port = join(own, "station0");
  const at = isTried ? `pty:${port}` : `tcp-listen://localhost:${await freePort()}`;
  const words = ["--device", "station", "--at", at, "--state", join(own, "state")];
  const station = spawn(process.execPath, [NYCKELFRI, "sim", "serve", ...words], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void station.kill("SIGKILL"));
  const lines = createInterface({ input: station.stdout });
  const [first] = (await once(lines, "line", { signal: AbortSignal.timeout(30_000) })) as [string];
  const ready = JSON.parse(first) as { readonly event: string; readonly station: string };
  expect(ready.event).toBe("ready");
  if (!isTried) return;

  const { stdout, stderr } = await promisify(execFile)("python3", ["-I", program, port], { timeout: 30_000 });
  const welcome = decodeReply("serve", "hello", fromHex(stdout.trim()));
  expect({ device: toHex(welcome.device), kind: welcome.kind, slots: welcome.slots, stderr }).toEqual({
    ...{ device: ready.station, kind: "station", slots: 4, stderr: "" },
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "localhost");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
