/** The bytes of the test vectors, sent through a virtual serial port by a program that knows nothing of this repository: a shell. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openLink } from "@nyckelfri/links";
import { decodeRequest, encodeFrame, FrameDecoder, fromHex, toHex } from "@nyckelfri/protocol";
import messages from "@nyckelfri/protocol/vectors/messages.json" with { type: "json" };
import { expect, test } from "vitest";

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
