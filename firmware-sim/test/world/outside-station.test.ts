import {
  type DecoderCounters,
  decodeReply,
  encodeFrame,
  encodeRequest,
  FrameDecoder,
  messageNamed,
} from "@nyckelfri/protocol";
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

/** What it tells of its line, as a host asks: the first four, and the frames whose checksum failed. */
function lineCountersOf(station: OutsideStation, session = 6): Partial<DecoderCounters> {
  const request = { version: 1, kind: "request", session, sequence: 1 } as const;
  const body = encodeRequest("serve", "counters", {});
  station.say(hello(session));
  station.say(encodeFrame({ ...request, message: messageNamed("serve", "counters").number, body }));
  const answer = framesOf(station.heard()).at(-1)?.body ?? new Uint8Array(0);
  const [bytesReceived = 0, bytesDiscarded = 0, framesAccepted = 0, emptyFrames = 0, ...discarded] = decodeReply(
    "serve",
    "counters",
    answer,
  ).counters;
  return { bytesReceived, bytesDiscarded, framesAccepted, emptyFrames, discardedCrc: discarded[3] ?? 0 };
}

/** A frame of which one byte is another. */
function damaged(frame: Uint8Array): Uint8Array {
  return frame.map((byte, at) => (at === 20 ? byte ^ 0x40 : byte));
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

test("a station counts its own host's bytes, what it discards of them, and nothing of another station's", () => {
  const { world, station } = begun();
  const other = world.build((site) => new OutsideStation(site, "south", 4));
  world.advance({ seconds: 2 });
  const usual = lineCountersOf(other);
  expect(usual).toMatchObject({ bytesDiscarded: 0, framesAccepted: 2, emptyFrames: 0, discardedCrc: 0 });
  station.say(new Uint8Array(10_000).fill(0x55));
  station.say(Uint8Array.of(0));
  station.say(damaged(hello(5)));
  const noise = 10_001 + hello(5).length;
  expect(lineCountersOf(station)).toEqual({
    bytesReceived: (usual.bytesReceived ?? 0) + noise,
    bytesDiscarded: noise,
    framesAccepted: 2,
    emptyFrames: 0,
    discardedCrc: 1,
  });
  expect(lineCountersOf(other, 7)).toMatchObject({ bytesDiscarded: 0, framesAccepted: 4 });
});

test("what a station has counted, and what it has heard of a frame, goes with its power", () => {
  const { world, station } = begun();
  const usual = lineCountersOf(station);
  station.say(damaged(hello(5)));
  station.say(hello(4).subarray(0, 20));
  for (const power of ["off", "on"] as const) {
    world.setMains(station.fixture, power);
    world.advance({ seconds: 2 });
  }
  expect(lineCountersOf(station)).toEqual(usual);
});

test("a snapshot has counters, and the begun frame, of its own", () => {
  const { world, station } = begun();
  const body = world.build(
    ({ kernel, bodies }) =>
      () =>
        kernel.part(bodies).copy().of("mains", station.fixture.id),
  );
  station.say(damaged(hello(5)));
  station.say(hello(4).subarray(0, 20));
  const [one, other] = [body(), body()];
  const before = one.hostDecoder.counters;
  expect(before).toMatchObject({ discardedCrc: 1, bytesReceived: hello(5).length + 20 });
  station.say(new Uint8Array(100));
  expect(framesOf([hello(4)])).toEqual(
    one.hostDecoder.push(hello(4).subarray(20)).flatMap((event) => (event.kind === "frame" ? [event.frame] : [])),
  );
  expect(other.hostDecoder.counters).toEqual(before);
});
