import { decodeReply, encodeFrame, encodeRequest, FrameDecoder } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { OutsideStation } from "#src/world/outside-station.ts";
import { World } from "#src/world/world.ts";

function begun() {
  const world = new World({ seed: 5 });
  const station = world.build((site) => new OutsideStation(site, "north", 4));
  world.advance({ seconds: 2 });
  station.heard();
  return { world, station };
}

function hello(session: number): Uint8Array {
  const body = encodeRequest("serve", "hello", {
    versions: { oldest: 1, newest: 1 },
    exchange: "serve",
    nonce: new Uint8Array(16).fill(7),
  });
  return encodeFrame({ version: 1, kind: "request", message: 0, session, sequence: 0, body });
}

function framesOf(chunks: readonly Uint8Array[]) {
  const decoder = new FrameDecoder();
  return chunks
    .flatMap((chunk) => decoder.push(chunk))
    .flatMap((event) => (event.kind === "frame" ? [event.frame] : []));
}

test("a host outside is answered at once, in as many pieces as it speaks", () => {
  const { world, station } = begun();
  const before = world.kernel.now;
  const bytes = hello(9);
  for (const byte of bytes) station.say(Uint8Array.of(byte));
  const [answer] = framesOf(station.heard());
  expect(answer).toMatchObject({ kind: "reply", session: 9 });
  const welcome = decodeReply("serve", "hello", answer?.body ?? new Uint8Array(0));
  expect(welcome).toMatchObject({ kind: "station", slots: 4, device: station.fixture.party.kid });
  expect(world.kernel.now - before).toBeLessThan(2_000_000);
  expect(station.heard()).toEqual([]);
});

test("two requests in one piece are both answered", () => {
  const { station } = begun();
  station.say(Uint8Array.from([0, ...hello(1), ...hello(2)]));
  expect(framesOf(station.heard()).map(({ session }) => session)).toEqual([1, 2]);
});

test("noise, and half a frame, are answered by nothing and cost hardly any time", () => {
  const { world, station } = begun();
  const before = world.kernel.now;
  station.say(Uint8Array.from({ length: 20_000 }, (_, index) => (index * 7 + (index >> 5)) % 256));
  station.say(hello(3).subarray(0, 20));
  expect(station.heard()).toEqual([]);
  expect(world.kernel.now - before).toBeLessThan(3_000_000);
  station.say(Uint8Array.from([0, ...hello(4)]));
  expect(framesOf(station.heard()).map(({ session }) => session)).toEqual([4]);
});

test("what is no log of a device of the city is kept out", () => {
  const { station } = begun();
  expect(station.bringHome(Uint8Array.of(1, 2, 3))).toEqual({ ingested: { kind: "refused", why: "not-verified" } });
});
