/** The simulated station on a real port: programs that are not ours, that are killed, that hang up and that send noise. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openLink } from "@nyckelfri/links";
import { decodeReply, encodeFrame, encodeRequest, FrameDecoder, fromHex, toHex } from "@nyckelfri/protocol";
import { expect, onTestFinished, test, vi } from "vitest";
import type { ShiftHost } from "#src/shift/host.ts";
import { newFolder } from "../support/folder.ts";
import { BEGINS_AT, SimulatedStation, WORKERS } from "../support/simulated-station.ts";

const BIN = fileURLToPath(new URL("../../bin/nyckelfri.mjs", import.meta.url));

interface Audit {
  readonly logs: readonly { readonly made: number; readonly home: number; readonly missing: readonly number[] }[];
  readonly keptOut: Readonly<Record<string, number>>;
  readonly breaches: readonly unknown[];
}

/** Every record is home, and nothing was broken. */
async function expectWhole(station: SimulatedStation): Promise<void> {
  const { logs, keptOut, breaches } = await station.ask<Audit>("audit");
  expect(logs.flatMap(({ missing }) => missing)).toEqual([]);
  expect(logs.reduce((sum, { home }) => sum + home, 0)).toBeGreaterThan(2);
  expect({ keptOut, breaches }).toEqual({ keptOut: {}, breaches: [] });
}

/** A grant is longer than everything else that a host writes while it preloads. */
const BUNDLE_FRAME_BYTES = 180;

async function bundlesFor(station: SimulatedStation) {
  const grants = await Promise.all(WORKERS.map((name) => station.grant(name)));
  return grants.map(({ key, object }) => ({ key: fromHex(key), objects: [fromHex(object)] }));
}

function outcomesOf(sent: readonly { readonly outcomes: readonly string[] }[]): readonly string[] {
  return sent.flatMap(({ outcomes }) => outcomes);
}

/** What the journal has, the station has taken. */
function journalHolds(station: SimulatedStation, bytes: Uint8Array): Promise<void> {
  return vi.waitFor(
    () => {
      const said = readFileSync(`${station.state}/world.jsonl`, "utf8").matchAll(/"said":"([0-9a-f]*)"/g);
      expect([...said].map(([, hex]) => hex).join("")).toMatch(new RegExp(`${toHex(bytes)}$`));
    },
    { timeout: 10_000 },
  );
}

/** Somebody walks with a grant that came by this station, and every record comes home. */
async function expectServing(station: SimulatedStation, host: ShiftHost): Promise<void> {
  await host.giveTime();
  expect(await station.ask("dock", { worker: "vera" })).toMatchObject({ result: "done" });
  expect(await station.ask("activate", { worker: "vera", box: "box" })).toMatchObject({ result: "done" });
  expect(await station.ask("visit", { worker: "vera", door: "flat" })).toMatchObject({ outcome: { kind: "opened" } });
  await station.ask("dock", { worker: "vera" });
  await host.collect();
  await expectWhole(station);
}

function hello(): Uint8Array {
  const body = encodeRequest("serve", "hello", {
    versions: { oldest: 1, newest: 1 },
    exchange: "serve",
    nonce: new Uint8Array(16).fill(0xab),
    program: "second",
  });
  return encodeFrame({ version: 1, kind: "request", message: 0, session: 0x1f2e3d4c, sequence: 0, body });
}

test("a shell that has never heard of this project sends a hello and gets the station's answer", async () => {
  const station = await SimulatedStation.start();
  const { station: kid, slots } = await station.ask<{ station: string; slots: number }>("describe");
  const octal = [0, ...hello()].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
  // Byte by byte, up to the delimiter behind the frame.
  const script = `exec 3<>"$1"; printf "$2" >&3
    while byte=$(dd bs=1 count=1 <&3 2>/dev/null | od -An -tx1); do printf "%s" "$byte"; [ "$byte" = " 00" ] && exit; done`;
  const path = station.uri.replace("serial:", "");
  const { stdout } = await promisify(execFile)("sh", ["-c", script, "sh", path, octal], { timeout: 20_000 });
  const [event] = new FrameDecoder().push(fromHex(stdout.replace(/\s/g, "")));
  const frame = event?.kind === "frame" ? event.frame : undefined;
  expect(frame).toMatchObject({ kind: "reply", message: 0, session: 0x1f2e3d4c });
  const welcome = decodeReply("serve", "hello", frame?.body ?? new Uint8Array(0));
  expect({ device: toHex(welcome.device), slots: welcome.slots }).toEqual({ device: kid, slots });
});

test("kill -9 of the station in the middle of a bundle: what it had acknowledged it has, and the rest follows", async () => {
  const station = await SimulatedStation.start();
  const host = await station.host();
  await station.furnish(host);
  const bundles = await bundlesFor(station);
  let killed: Promise<void> | undefined;
  const sent = await host.client.preload(bundles, {
    timeoutMs: 60_000,
    onProgress: ({ done }) => {
      if (done === 2) killed = station.kill().then(() => station.startAgain());
    },
  });
  await killed;
  for (const outcome of outcomesOf(sent)) expect(["stored", "known"]).toContain(outcome);
  expect(outcomesOf(await host.client.preload(bundles))).toEqual(WORKERS.map(() => "known"));
  await expectServing(station, host);
});

test("kill -9 of the station inside a frame of a bundle: the half frame is nothing, and all bundles arrive", async () => {
  const station = await SimulatedStation.start();
  const first = await station.host();
  await station.furnish(first);
  await first.close();
  const bundles = await bundlesFor(station);
  let killing: "not-yet" | "begun" | "done" = "not-yet";
  const host = await station.host(async (...words) => {
    const link = await openLink(...words);
    let bundleFrames = 0;
    return {
      uri: link.uri,
      onData: (listener) => link.onData(listener),
      onClose: (listener) => link.onClose(listener),
      close: () => link.close(),
      write: async (bytes) => {
        const carriesGrant = bytes.length > BUNDLE_FRAME_BYTES;
        if (carriesGrant) bundleFrames += 1;
        if (killing !== "not-yet" || bundleFrames < 3) return link.write(bytes);
        killing = "begun";
        const half = bytes.subarray(0, bytes.length >> 1);
        await link.write(half);
        await journalHolds(station, half);
        await station.kill();
        await station.startAgain();
        killing = "done";
      },
    };
  });
  const sent = await host.client.preload(bundles, { timeoutMs: 60_000 });
  expect(killing).toBe("done");
  for (const outcome of outcomesOf(sent)) expect(["stored", "known"]).toContain(outcome);
  expect(outcomesOf(await host.client.preload(bundles))).toEqual(WORKERS.map(() => "known"));
  await expectServing(station, host);
});

test("what the station has acknowledged stands in its memory's image", async () => {
  const station = await SimulatedStation.start();
  const host = await station.host();
  await station.furnish(host);
  const { station: kid } = await station.ask<{ station: string }>("describe");
  const image = (): Buffer => readFileSync(`${station.state}/memories/${kid}.nvm`);
  for (const { key, objects } of (await bundlesFor(station)).slice(1)) {
    const [object = new Uint8Array(0)] = objects;
    // As far as it is in one piece: the end of an object may be in another page.
    const head = object.subarray(0, 48);
    expect(image().includes(Buffer.from(head))).toBe(false);
    expect((await host.client.sendBundle({ key, objects })).outcomes).toEqual(["stored"]);
    expect(image().includes(Buffer.from(head))).toBe(true);
  }
});

test("kill -9 of the host in the middle of a log read: the next one reads on, and the log is complete, once each", async () => {
  const station = await SimulatedStation.start();
  const first = await station.host();
  await station.furnish(first);
  await station.ask("dock", { worker: "vera" });
  await station.ask("activate", { worker: "vera", box: "box" });
  for (let visit = 0; visit < 6; visit++) await station.ask("visit", { worker: "vera", door: "flat" });
  await station.ask("dock", { worker: "vera" });
  await first.close();

  // A program that reads one entry and never gets further, because it is killed while it keeps it.
  const { fleetId, certificates } = await certified(station, READER_PUBLIC);
  const code = reader(station.uri, fleetId, certificates);
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: new URL("../..", import.meta.url),
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [object] = (await once(createInterface({ input: child.stdout }), "line", {
    signal: AbortSignal.timeout(30_000),
  })) as [string];
  const kept = await station.ask<{ kept: string; receipts: readonly string[] }>("keep", { object });
  expect(kept.kept).toBe("yes");
  child.kill("SIGKILL");
  await once(child, "exit");

  const second = await station.host();
  for await (const entry of second.client.readLog({ from: 0 })) {
    expect(toHex(entry.object)).toBe(object);
    break;
  }
  expect((await second.collect()).objects).toBeGreaterThan(1);
  await expectWhole(station);
  expect(await second.collect()).toMatchObject({ records: 0 });
});

test("a host that hangs up in the middle of a frame leaves nothing behind for the next one", async () => {
  const station = await SimulatedStation.start();
  const link = await openLink(station.uri);
  await link.write(hello().subarray(0, 20));
  await link.close();
  const host = await station.host();
  expect(await host.client.ready({ timeoutMs: 20_000 })).toMatchObject({ kind: "station" });
});

test("after a megabyte of noise the station answers as before", async () => {
  const station = await SimulatedStation.start();
  const link = await openLink(station.uri);
  let state = 0x9e3779b9;
  for (let piece = 0; piece < 256; piece++) {
    const noise = Uint8Array.from({ length: 4_096 }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
    await link.write(noise);
  }
  await link.close();
  const host = await station.host();
  await host.giveTime();
  expect(await host.client.clock()).toMatchObject({ quality: "running" });
});

test("lines that are wrong are answered with a code, and change nothing", async () => {
  const station = await SimulatedStation.start();
  await expect(station.ask("fly")).rejects.toMatchObject({ code: "cli/station-process" });
  await expect(station.ask("dock", { worker: "nobody" })).rejects.toThrow("nobody");
  await expect(station.ask("advance", { seconds: "many" })).rejects.toThrow("seconds");
  expect(await station.ask("describe")).toMatchObject({ workers: [] });
});

test("who asks a station's process that has ended is told, and does not wait", async () => {
  const station = await SimulatedStation.start();
  const waiting = station.ask("describe");
  await station.kill();
  await waiting.catch(() => {});
  await expect(station.ask("describe")).rejects.toMatchObject({ code: "cli/station-process" });
});

test("a state folder is for one process, and images that were changed end it with 1 and a remedy", async () => {
  const station = await SimulatedStation.start();
  const { station: kid } = await station.ask<{ station: string }>("describe");
  const serve = (...words: string[]) =>
    promisify(execFile)(process.execPath, [BIN, "sim", "serve", "--at", `pty:${station.folder}/other`, ...words]).then(
      () => expect.unreachable(),
      ({ code, stderr }: { readonly code: number; readonly stderr: string }) => ({ code, stderr }),
    );
  expect(await serve("--state", station.state)).toEqual({
    code: 9,
    stderr: expect.stringContaining("cli/state-in-use"),
  });
  await station.kill();
  const image = `${station.state}/memories/${kid}.nvm`;
  writeFileSync(image, readFileSync(image).fill(0, 0, 8));
  expect(await serve("--state", station.state)).toEqual({
    code: 1,
    stderr: expect.stringContaining("begin in another"),
  });
  expect(await serve("--state", station.state, "--seed", "77")).toEqual({
    ...{ code: 3, stderr: expect.stringContaining("--seed 3") },
  });
});

test("time passes in the world as outside, so many times as fast", async () => {
  const at = `pty:${newFolder()("station0")}`;
  const words = ["sim", "serve", "--at", at, "--rt-ratio", "1000", "--begin", String(BEGINS_AT)];
  const child = spawn(process.execPath, [BIN, ...words], { stdio: ["pipe", "pipe", "inherit"], timeout: 30_000 });
  onTestFinished(() => void child.kill("SIGKILL"));
  let unix = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { readonly ok?: { readonly unix: number } };
    unix = said.ok?.unix ?? unix;
    if (unix >= BEGINS_AT + 300) child.stdin.end();
    else child.stdin.write('{"do":"describe"}\n');
  }
  expect(unix).toBeGreaterThanOrEqual(BEGINS_AT + 300);
});

const READER_SEED = "11".repeat(32);
const READER_PUBLIC = "d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737";

function certified(
  station: SimulatedStation,
  publicKey: string,
): Promise<{ readonly fleetId: string; readonly certificates: readonly string[] }> {
  return station.ask("certify-host", { publicKey });
}

/** Prints the first entry of the log in hex, and waits for ever. */
function reader(uri: string, fleetId: string, certificates: readonly string[]): string {
  return `
    import { openLink } from "@nyckelfri/links";
    import { defaultProvider as provider, fromHex, keyId, toHex } from "@nyckelfri/protocol";
    import { commandSigner, connectStation } from "@nyckelfri/station-client";
    const seed = fromHex("${READER_SEED}");
    const kid = keyId(provider, provider.publicKeyOf(seed));
    const client = connectStation({
      nowMs: () => performance.now(),
      setTimer: (ms, callback) => { const timer = setTimeout(callback, ms); return () => clearTimeout(timer); },
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      provider,
      open: () => openLink("${uri}"),
      signer: commandSigner({ provider, seed, kid, fleetId: fromHex("${fleetId}") }, ${JSON.stringify(certificates)}.map(fromHex)),
    });
    await client.collectLog({ keep: async ({ object }) => { console.log(toHex(object)); return new Promise(() => {}); } });
  `;
}
