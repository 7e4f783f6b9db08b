import type { LinkClosed } from "@nyckelfri/protocol";
import { afterEach, expect, test, vi } from "vitest";
import { CarriedLink, type Carrier } from "#src/carried-link.ts";
import { bytesOf, codeOf } from "./support/wait.ts";

afterEach(() => {
  vi.useRealTimers();
});

interface Held {
  readonly text: string;
  taken(): void;
  failed(error: unknown): void;
}

/** A carrier that takes and releases when the test says so. */
function held(stallMs: number | "carrier" = "carrier"): { link: CarriedLink; pieces: Held[]; release: () => void } {
  const pieces: Held[] = [];
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const carrier: Carrier = {
    take: (piece) =>
      new Promise((resolve, reject) => {
        pieces.push({ text: new TextDecoder().decode(piece), taken: () => resolve(), failed: reject });
      }),
    release: () => released,
  };
  return { link: new CarriedLink({ uri: "test:", carrier, pieceBytes: 4, stallMs }), pieces, release };
}

test("a carrier is given one piece at a time, in the order of the writes", async () => {
  const { link, pieces } = held();
  const writes = [link.write(bytesOf("abcdef")), link.write(bytesOf("gh"))];
  for (const text of ["abcd", "ef", "gh"]) {
    await vi.waitFor(() => expect(pieces).toHaveLength(["abcd", "ef", "gh"].indexOf(text) + 1));
    expect(pieces.at(-1)?.text).toBe(text);
    pieces.at(-1)?.taken();
  }
  expect(await Promise.all(writes.map(codeOf))).toEqual(["", ""]);
});

test("the end is told once, and only when the carrier has let go: then the port is free for a new link", async () => {
  const { link, release } = held();
  const told: string[] = [];
  link.onClose(({ reason }) => told.push(`early ${reason}`));
  const closing = link.close();
  link.onClose(({ reason }) => told.push(`late ${reason}`));
  link.ended({ reason: "hang-up" });
  await Promise.resolve();
  expect(told).toEqual([]);
  release();
  await closing;
  await new Promise<LinkClosed>((resolve) => link.onClose(resolve));
  expect(told).toEqual(["early closed-here", "late closed-here"]);
});

test("a listener that has left is not told", async () => {
  const { link, release } = held();
  const told: unknown[] = [];
  link.onClose((closed) => told.push(closed))();
  release();
  await link.close();
  expect(told).toEqual([]);
});

test("nothing is handed over after the end, not even to the next listener of the same chunk", async () => {
  const { link, release } = held();
  const heard: string[] = [];
  link.onData(() => {
    heard.push("first");
    void link.close();
  });
  link.onData(() => heard.push("second"));
  link.received(bytesOf("x"));
  link.received(bytesOf("y"));
  link.onData(() => heard.push("late"));
  link.received(bytesOf("z"));
  release();
  await link.close();
  expect(heard).toEqual(["first"]);
});

test("a write that the carrier is still holding at the end rejects at once, and what follows it too", async () => {
  const { link, pieces } = held();
  const writes = [link.write(bytesOf("abcdef")), link.write(bytesOf("gh"))];
  await vi.waitFor(() => expect(pieces).toHaveLength(1));
  link.ended({ reason: "hang-up", detail: "unplugged" });
  expect(await Promise.all(writes.map(codeOf))).toEqual(["link/hang-up", "link/hang-up"]);
  pieces[0]?.taken();
  await Promise.resolve();
  expect(pieces).toHaveLength(1);
});

test.each([
  ["EPIPE", "link/hang-up"],
  ["EIO", "link/hang-up"],
  ["ENOSPC", "link/carrier-error"],
])("an error of the carrier ends the link: %s", async (code, expected) => {
  const { link, pieces } = held();
  const write = link.write(bytesOf("abc"));
  await vi.waitFor(() => expect(pieces).toHaveLength(1));
  pieces[0]?.failed(Object.assign(new Error(`${code}: write`), { code }));
  expect(await codeOf(write)).toBe(expected);
});

test("a carrier that sits on a piece ends the link as stalled; one that goes on slowly does not", async () => {
  vi.useFakeTimers();
  const { link, pieces } = held(1_000);
  const write = link.write(bytesOf("abcdefgh"));
  const outcome = write.then(
    () => "",
    (error: { code: string }) => error.code,
  );
  await vi.advanceTimersByTimeAsync(900);
  pieces[0]?.taken();
  await vi.advanceTimersByTimeAsync(900);
  expect(pieces).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(200);
  expect(await outcome).toBe("link/stalled");
});
