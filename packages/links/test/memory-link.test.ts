import { expect, test, vi } from "vitest";
import { memoryPair } from "#src/memory-link.ts";
import { openLink } from "#src/open-link.ts";
import { linkConformance } from "./support/conformance.ts";
import { bytesOf, codeOf, Ear } from "./support/wait.ts";

let pairs = 0;

linkConformance({
  name: "memory",
  open: async () => {
    const uri = `memory:pair-${pairs++}`;
    const [far, near] = await Promise.all([openLink(uri), openLink(uri)]);
    return { near, far };
  },
  tellsFar: "hang-up",
  atHangUp: "all-arrives",
});

test("a name waits for its second opener, and forgets one that gave up", async () => {
  expect(await codeOf(openLink("memory:alone", { timeoutMs: 1 }))).toBe("link/open-timeout");
  const [first, second] = await Promise.all([openLink("memory:alone"), openLink("memory:alone")]);
  const firstEar = new Ear(first);
  await second.write(bytesOf("each other"));
  expect(firstEar.text).toBe("each other");
  const controller = new AbortController();
  const waiting = openLink("memory:alone", { signal: controller.signal });
  controller.abort(new Error("no longer wanted"));
  await expect(waiting).rejects.toThrow("no longer wanted");
  await expect(openLink("memory:alone", { signal: controller.signal })).rejects.toThrow("no longer wanted");
  const [one, two] = await Promise.all([openLink("memory:alone"), openLink("memory:alone")]);
  const ear = new Ear(two);
  await one.write(bytesOf("hello"));
  expect(ear.text).toBe("hello");
});

test("a time that no timer has is refused, where it would end at once", async () => {
  for (const time of [Number.POSITIVE_INFINITY, Number.NaN, -1, 2 ** 31]) {
    expect(await codeOf(openLink("memory:endless", { timeoutMs: time }))).toBe("caller/argument");
    expect(await codeOf(openLink("memory:endless", { stallMs: time }))).toBe("caller/argument");
  }
});

test("bytes that arrive while nobody listens are lost", async () => {
  const [one, two] = memoryPair("lost");
  await one.write(bytesOf("nobody hears this"));
  const ear = new Ear(two);
  await one.write(bytesOf("this"));
  expect(ear.text).toBe("this");
});

test("a listener that throws is not the other listeners' affair, and its error is not swallowed", async () => {
  const [one, two] = memoryPair("throws");
  const thrown: unknown[] = [];
  const microtask = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((task) => {
    try {
      task();
    } catch (error) {
      thrown.push(error);
    }
  });
  const broken = new Error("broken listener");
  two.onData(() => {
    throw broken;
  });
  const ear = new Ear(two);
  await one.write(bytesOf("on"));
  microtask.mockRestore();
  expect(ear.text).toBe("on");
  expect(thrown).toEqual([broken]);
});

test("a chunk is a plain copy: neither side's buffer shows through", async () => {
  const [one, two] = memoryPair("copies");
  const chunks: Uint8Array[] = [];
  two.onData((chunk) => chunks.push(chunk));
  const buffer = Buffer.from("kept");
  await one.write(buffer);
  buffer.fill(0);
  expect(chunks).toEqual([new Uint8Array(bytesOf("kept"))]);
  expect(Buffer.isBuffer(chunks[0])).toBe(false);
});
