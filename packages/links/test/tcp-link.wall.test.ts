import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { LinkLogEntry } from "#src/logger.ts";
import { openLink } from "#src/open-link.ts";
import { readCapture } from "#src/recorder.ts";
import { linkConformance } from "./support/conformance.ts";
import { newFolder } from "./support/pty.ts";
import { bytesOf, codeOf, Ear, patternBytes, within } from "./support/wait.ts";

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

/** A TCP server that hands over its connections and does nothing else. */
async function server(): Promise<{ uri: string; port: number; accepted: () => Promise<Socket> }> {
  const waiting: Socket[] = [];
  const listener: Server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on("error", () => {});
    waiting.push(socket);
    undo.push(() => socket.destroy());
    listener.emit("accepted");
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  undo.push(() => listener.close());
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    uri: `tcp://127.0.0.1:${port}`,
    accepted: async () => {
      while (waiting.length === 0) await within(once(listener, "accepted"), "a connection");
      return waiting.shift() as Socket;
    },
  };
}

async function listening(
  stallMs = 200,
): Promise<{ far: Awaited<ReturnType<typeof openLink>>; uri: string; log: LinkLogEntry[] }> {
  const log: LinkLogEntry[] = [];
  const far = await openLink("tcp-listen://127.0.0.1:0", { logger: (entry) => log.push(entry), stallMs });
  undo.push(() => far.close());
  return { far, uri: far.uri.replace("tcp-listen", "tcp"), log };
}

/** Resolves when the listening side has heard the client: only then is its connection accepted. */
async function greeted(near: Awaited<ReturnType<typeof openLink>>, ear: Ear): Promise<void> {
  const before = ear.bytes.length;
  await near.write(bytesOf("!"));
  await ear.heard(before + 1);
}

linkConformance({
  name: "tcp",
  open: async () => {
    const far = await openLink("tcp-listen://127.0.0.1:0");
    const ear = new Ear(far);
    const near = await openLink(far.uri.replace("tcp-listen", "tcp"));
    await greeted(near, ear);
    ear.stop();
    return { near, far };
  },
  tellsFar: "nothing",
  atHangUp: "all-arrives",
});

test("what the other side says at once is heard, and recorded", async () => {
  const greeting = createServer((socket) => socket.end("a greeting"));
  greeting.listen(0, "127.0.0.1");
  await once(greeting, "listening");
  undo.push(() => greeting.close());
  const { path, remove } = newFolder();
  undo.push(remove);
  const record = join(path, "greeting.jsonl");
  const link = await openLink(`tcp://127.0.0.1:${(greeting.address() as AddressInfo).port}`, { record });
  const ear = new Ear(link);
  await ear.closed();
  expect(ear.text).toBe("a greeting");
  const { entries } = await readCapture(record);
  const heard = entries.map((entry) => (entry.kind === "bytes" ? Buffer.from(entry.bytes).toString() : ""));
  expect(heard.join("")).toBe("a greeting");
});

test("a port where nothing listens is unreachable, a host that is not there too", async () => {
  const { uri } = await server();
  for (const one of undo.splice(0)) one();
  expect(await codeOf(openLink(uri))).toBe("link/unreachable");
  expect(await codeOf(openLink("tcp://nothing.invalid:7000"))).toBe("link/unreachable");
});

test("a connection that the other side resets is a hang-up", async () => {
  const { uri, accepted } = await server();
  const link = await openLink(uri);
  const ear = new Ear(link);
  (await accepted()).resetAndDestroy();
  expect((await ear.closed()).reason).toBe("hang-up");
});

test("a peer that reads nothing is told as stalled, and every write settles in time", async () => {
  const { uri, accepted } = await server();
  const link = await openLink(uri, { stallMs: 100 });
  const ear = new Ear(link);
  await accepted();
  const writes = [link.write(new Uint8Array(32_000_000)), link.write(bytesOf("x"))];
  expect(await Promise.all(writes.map(codeOf))).toEqual(["link/stalled", "link/stalled"]);
  expect((await ear.closed()).reason).toBe("stalled");
  expect(ear.closings).toHaveLength(1);
});

test("what was written before close arrives, also while the other side is sending", async () => {
  const { uri, accepted } = await server();
  const link = await openLink(uri);
  const ear = new Ear(link);
  const socket = await accepted();
  socket.write(new Uint8Array(4_000_000));
  await ear.heard(100_000);
  await link.write(patternBytes(50_000, 3));
  const closing = link.close();
  const received: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => received.push(chunk)).resume();
  // Its own writing may fail when we are gone; what it has read counts.
  await within(new Promise((resolve) => socket.once("close", resolve)), "the other side's end");
  await closing;
  expect(Buffer.compare(Buffer.concat(received), patternBytes(50_000, 3))).toBe(0);
});

test("a listening link stays open while programs come and go, and answers one at a time", async () => {
  const { far, uri, log } = await listening();
  const ear = new Ear(far);
  await far.write(bytesOf("to nobody"));
  expect(log.at(-1)).toEqual({ event: "dropped", uri: far.uri, bytes: 9 });

  const first = await openLink(uri);
  await greeted(first, ear);
  const second = await openLink(uri);
  expect((await new Ear(second).closed()).reason).toBe("hang-up");
  await first.close();

  // The listening side is not told when the first is gone: a third program asks until it is let in.
  for (let isIn = false; !isIn; ) {
    const third = await openLink(uri);
    const thirdEar = new Ear(third);
    const answering = far.onData((chunk) => void far.write(chunk));
    await codeOf(third.write(bytesOf("?")));
    await thirdEar.until(() => thirdEar.closings.length > 0 || thirdEar.text === "?", "an answer or a hang-up");
    answering();
    isIn = thirdEar.text === "?";
    await third.close();
  }
  expect(ear.closings).toEqual([]);
  await far.close();
  expect(ear.closings).toEqual([{ reason: "closed-here" }]);
});

test("a program that has said all it has still gets its answer, and gives way to the next", async () => {
  const { far, uri } = await listening(15_000);
  const ear = new Ear(far);
  const half = connect({ port: Number(uri.split(":").at(-1)), host: "127.0.0.1", allowHalfOpen: true });
  undo.push(() => half.destroy());
  half.end("one");
  await within(once(half, "finish"), "the end to be sent");
  await ear.heard(3);
  // A device computes before it answers: the end has come by the time that another connection has been made.
  const other = await openLink((await server()).uri);
  undo.push(() => other.close());
  const answer = once(half, "data");
  await far.write(bytesOf("one!"));
  expect(String((await within(answer, "the answer"))[0])).toBe("one!");

  const next = await openLink(uri);
  undo.push(() => next.close());
  const nextEar = new Ear(next);
  await next.write(bytesOf("two"));
  await ear.heard(6);
  await far.write(bytesOf("two!"));
  await nextEar.heard(4);
  expect([ear.text, nextEar.text]).toEqual(["onetwo", "two!"]);
});

test("a program that reads nothing is put off a listening link, which goes on", async () => {
  const { far, uri, log } = await listening();
  const ear = new Ear(far);
  const deaf = connect(Number(uri.split(":").at(-1)), "127.0.0.1");
  deaf.on("error", () => {});
  undo.push(() => deaf.destroy());
  deaf.write("!");
  await ear.heard(1);
  await within(far.write(new Uint8Array(32_000_000)), "a write to a deaf program");
  expect(log.some(({ event }) => event === "dropped")).toBe(true);
  expect(ear.closings).toEqual([]);
});

test("an address that is taken, or not of this machine, is said so", async () => {
  const { port } = await server();
  expect(await codeOf(openLink(`tcp-listen://127.0.0.1:${port}`))).toBe("link/busy");
  expect(await codeOf(openLink("tcp-listen://192.0.2.1:7000"))).toBe("link/unreachable");
});

test("opening ends with its signal and with its time", async () => {
  // An address of RFC 5737, which belongs to nobody; a machine without a network says so at once.
  const controller = new AbortController();
  const opening = openLink("tcp://192.0.2.1:7000", { signal: controller.signal });
  controller.abort(new Error("enough"));
  expect(await codeOf(opening)).toBe("Error: enough");
  const code = await codeOf(openLink("tcp://192.0.2.1:7000", { timeoutMs: 1 }));
  expect(["link/open-timeout", "link/unreachable"]).toContain(code);
});
