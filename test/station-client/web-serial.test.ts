/** A browser's serial port as a link, tried on the streams that Node has of the same standard. */
import { FrameDecoder, type LinkClosed } from "@nyckelfri/protocol";
import { connectStation, webSerialLink } from "@nyckelfri/station-client";
import { expect, test } from "vitest";
import { FakePort } from "./fake-port.ts";
import { Book, simulatedStation } from "./simulated.ts";
import { settle, VirtualTime } from "./virtual-time.ts";

const bytes = (...values: number[]) => Uint8Array.of(...values);

async function opened(options: { readonly baudRate?: number } = {}) {
  const time = new VirtualTime();
  const port = new FakePort();
  const link = await webSerialLink(port, { ...options, setTimer: time.setTimer });
  const heard: number[] = [];
  const closings: LinkClosed[] = [];
  link.onData((chunk) => heard.push(...chunk));
  link.onClose((closed) => closings.push(closed));
  return { time, port, link, heard, closings };
}

test("bytes go both ways in order, and a writer may use its buffer again", async () => {
  const { port, link, heard } = await opened();
  expect(port.opened).toEqual([115_200]);
  const buffer = bytes(1, 2, 3);
  await link.write(buffer);
  buffer.fill(9);
  await Promise.all([link.write(bytes(4)), link.write(new Uint8Array(0)), link.write(bytes(5))]);
  expect(port.written.flatMap((chunk) => [...chunk])).toEqual([1, 2, 3, 4, 5]);
  port.say(bytes(7, 8));
  port.say(bytes(9));
  await settle();
  expect(heard).toEqual([7, 8, 9]);
  await link.close();
});

test("a link closes once, says so to late listeners too, and leaves the port to be opened again", async () => {
  const { port, link, closings, heard, time } = await opened();
  await Promise.all([link.close(), link.close()]);
  expect(closings).toEqual([{ reason: "closed-here" }]);
  expect([port.closed, port.readable]).toEqual([1, null]);
  await expect(link.write(bytes(1))).rejects.toMatchObject({ code: "link/closed" });
  const late: LinkClosed[] = [];
  link.onClose((closed) => late.push(closed));
  expect(late).toEqual([]);
  await settle();
  expect(late).toEqual([{ reason: "closed-here" }]);
  const again = await webSerialLink(port, { setTimer: time.setTimer });
  await expect(webSerialLink(port, { setTimer: time.setTimer })).rejects.toMatchObject({ code: "link/busy" });
  await again.close();
  expect([heard, time.pending]).toEqual([[], 0]);
});

test("a break on the line loses bytes and no link; a device that is unplugged is a hang-up, told without traffic", async () => {
  const { port, link, heard, closings } = await opened();
  port.say(bytes(1));
  await settle();
  port.stumble();
  await settle();
  port.say(bytes(2));
  await settle();
  expect([heard, closings]).toEqual([[1, 2], []]);
  port.unplug();
  await settle();
  expect(closings).toEqual([{ reason: "hang-up" }]);
  await expect(link.write(bytes(1))).rejects.toMatchObject({ code: "link/hang-up" });
});

test("a device that takes nothing is told as stalled; a line that is slow is not", async () => {
  const slow = await opened({ baudRate: 1_200 });
  slow.port.takes = (piece) => new Promise((resolve) => slow.time.setTimer((piece.length * 10_000) / 1_200, resolve));
  await slow.time.until(slow.link.write(new Uint8Array(600)));
  expect(slow.time.nowMs()).toBeGreaterThan(4_900);
  expect(slow.closings).toEqual([]);

  const { port, link, time, closings } = await opened();
  port.takes = () => new Promise(() => undefined);
  port.closing = "never";
  const writes = [link.write(new Uint8Array(10_000)), link.write(bytes(1))];
  const ends = Promise.all(writes.map((write) => expect(write).rejects.toMatchObject({ code: "link/stalled" })));
  await time.pass(2_000);
  await ends;
  await time.pass(1_000);
  expect(closings).toEqual([{ reason: "stalled" }]);
});

test("a listener that throws harms neither the others nor the link", async () => {
  const { port, link, heard, closings } = await opened();
  const before = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  const thrown = new Promise((resolve) => process.once("unhandledRejection", resolve));
  const broken = new Error("broken listener");
  const stop = link.onData(() => {
    throw broken;
  });
  const others: number[] = [];
  link.onData((chunk) => others.push(...chunk));
  port.say(bytes(1));
  // It is the program's to see.
  expect(await thrown).toBe(broken);
  for (const listener of before) process.on("unhandledRejection", listener);
  stop();
  port.say(bytes(2));
  await settle();
  expect([heard, others, closings]).toEqual([[1, 2], [1, 2], []]);
  await link.close();
});

test("a station's whole visit goes over it, also when it is unplugged in the middle of a frame", async () => {
  const sim = simulatedStation({ pages: 3 });
  const { time, options } = sim;
  let ports = 0;
  let pages = 0;
  const open = async () => {
    const port = new FakePort();
    const inside = await sim.cable.open();
    ports += 1;
    port.takes = (written) => inside.write(written);
    inside.onData((chunk) => {
      const isPage = new FrameDecoder()
        .push(chunk)
        .some((event) => event.kind === "frame" && event.frame.body.length > 150);
      if (isPage) pages += 1;
      port.say(isPage && pages === 2 ? chunk.slice(0, 99) : chunk);
      if (!isPage || pages !== 2) return;
      port.unplug();
      sim.cable.pull();
    });
    return webSerialLink(port, { setTimer: time.setTimer });
  };
  const client = connectStation({ ...options, open });
  const book = new Book(sim.city);
  const { entries } = await time.until(client.collectLog({ keep: async ({ object }) => [book.keep(object)] }));
  expect([entries, book.records.length, book.repeats, ports]).toEqual([3, 6, 0, 2]);
  await time.until(client.close());
});
