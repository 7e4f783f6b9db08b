import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, fromHex } from "#src/bytes.ts";
import { COUNTER_MOST, counted, saturatingAdd } from "#src/framing/counters.ts";
import { BODY_BYTES, ENCODED_BYTES, encodeFrame, type Frame, parseFrame } from "#src/framing/frame.ts";
import { FrameDecoder } from "#src/framing/frame-decoder.ts";
import { anyFrame, cutAt, decodeAll, frameOf, framesIn } from "./support.ts";

const DELIMITER = Uint8Array.of(0);
const MEBIBYTE = 1 << 20;

/** Deterministic noise: xorshift32. */
function noise(length: number, least = 0): Uint8Array {
  let x = 0x9e3779b9;
  return Uint8Array.from({ length }, () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return least + ((x >>> 0) % (256 - least));
  });
}

describe("SPEC FRM-2: header", () => {
  test("fields stand where the norm puts them", () => {
    const wire = encodeFrame(frameOf({ kind: "notification", message: 0x15, session: 0x01020304, sequence: 0xfe }));
    expect([...wire.slice(0, 9)]).toEqual([13, 0x01, 0x95, 0x01, 0x02, 0x03, 0x04, 0xfe, 0xa0]);
  });

  test.each([
    { version: 0 },
    { version: 256 },
    { message: 64 },
    { message: -1 },
    { session: 0 },
    { session: 0x100000000 },
    { session: 1.5 },
    { sequence: 256 },
    { sequence: Number.NaN },
  ])("no frame has $0", (fields) => {
    expect(() => encodeFrame(frameOf(fields))).toThrow(expect.objectContaining({ code: "caller/argument" }));
  });

  test("other versions are read by who speaks them", () => {
    const wire = encodeFrame(frameOf({ version: 3 }));
    expect(framesIn(new FrameDecoder({ oldest: 1, newest: 3 }).push(wire))).toEqual([frameOf({ version: 3 })]);
    expect(framesIn(new FrameDecoder({ oldest: 1, newest: 2 }).push(wire))).toEqual([]);
  });
});

describe("SPEC FRM-4: sizes", () => {
  test("a body of 0 and of 1,013 bytes passes, one of 1,014 is not sent", () => {
    for (const length of [0, 1, BODY_BYTES]) {
      const frame = frameOf({ body: noise(length) });
      expect(framesIn(decodeAll(encodeFrame(frame)))).toEqual([frame]);
    }
    expect(BODY_BYTES).toBe(1013);
    expect(() => encodeFrame(frameOf({ body: new Uint8Array(1014) }))).toThrow(
      expect.objectContaining({ code: "framing/body-too-large" }),
    );
  });

  test("decoded bytes handed in directly are bounded too", () => {
    expect(parseFrame(new Uint8Array(1025))).toEqual({ kind: "discarded", reason: "oversize" });
    expect(parseFrame(new Uint8Array(0))).toEqual({ kind: "discarded", reason: "short" });
  });
});

describe("SPEC FRM-5: the decoder", () => {
  test("gives back what was encoded, however often and in whatever order", () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 5 }), (frames) => {
        expect(framesIn(decodeAll(...frames.map(encodeFrame)))).toEqual(frames);
      }),
    );
  });

  const stream = fc
    .array(fc.oneof(anyFrame.map(encodeFrame), fc.uint8Array({ maxLength: 30 }), fc.constant(DELIMITER)), {
      maxLength: 6,
    })
    .map((parts) => concatBytes(...parts));

  test("how the bytes are split changes nothing: neither events nor counters", () => {
    fc.assert(
      fc.property(stream, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }), (bytes, cuts) => {
        const whole = new FrameDecoder();
        const expected = [...whole.push(bytes), ...whole.end()];
        for (const chunks of [cutAt(bytes, cuts), [...bytes].map((byte) => Uint8Array.of(byte))]) {
          const split = new FrameDecoder();
          expect([...chunks.flatMap((chunk) => split.push(chunk)), ...split.end()]).toEqual(expected);
          expect(split.counters).toEqual(whole.counters);
        }
      }),
    );
  });

  test("every byte is accounted for: in a frame, in a discarded run, or as an empty frame", () => {
    fc.assert(
      fc.property(stream, (bytes) => {
        const decoder = new FrameDecoder();
        const events = [...decoder.push(bytes), ...decoder.end()];
        const { counters } = decoder;
        const inEvents = events.reduce((sum, event) => sum + event.bytes, 0);
        const discarded = events.filter((event) => event.kind === "discarded");
        expect(inEvents + counters.emptyFrames).toBe(bytes.length);
        expect(counters.bytesReceived).toBe(bytes.length);
        expect(counters.bytesDiscarded).toBe(discarded.reduce((sum, event) => sum + event.bytes, 0));
        expect(counters.framesAccepted).toBe(events.length - discarded.length);
      }),
    );
  });

  test("a frame after garbage and a delimiter is always received", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 1200, size: "medium" }), anyFrame), { maxLength: 4 }),
        (parts) => {
          const wire = parts.flatMap(([garbage, frame]) => [garbage, DELIMITER, encodeFrame(frame)]);
          const received = framesIn(decodeAll(...wire));
          expect(received).toEqual(parts.map(([, frame]) => frame));
        },
      ),
    );
  });

  test("half a frame costs the frame it is glued to, and no other", () => {
    const wire = encodeFrame(frameOf());
    const events = decodeAll(wire.subarray(0, 6), wire, wire);
    expect(events.map((event) => event.kind)).toEqual(["discarded", "frame"]);
    expect(decodeAll(wire.subarray(0, 6), DELIMITER, wire).map((event) => event.kind)).toEqual(["discarded", "frame"]);
  });

  test("a link that ends inside a frame reports the rest once, and the decoder begins anew", () => {
    const decoder = new FrameDecoder();
    const wire = encodeFrame(frameOf());
    decoder.push(wire.subarray(0, 6));
    expect(decoder.end()).toEqual([{ kind: "discarded", reason: "unfinished", bytes: 6 }]);
    expect(decoder.end()).toEqual([]);
    expect(framesIn(decoder.push(wire))).toEqual([frameOf()]);
    expect(decoder.counters.discardedUnfinished).toBe(1);
  });

  test("empty frames are counted and not reported", () => {
    const decoder = new FrameDecoder();
    expect(decoder.push(new Uint8Array(7))).toEqual([]);
    expect(decoder.counters).toMatchObject({ emptyFrames: 7, bytesReceived: 7, bytesDiscarded: 0 });
  });

  test("a received body does not share memory with the chunk or the decoder", () => {
    const decoder = new FrameDecoder();
    const wire = encodeFrame(frameOf({ body: Uint8Array.of(1, 2, 3) }));
    const [frame] = framesIn(decoder.push(wire));
    wire.fill(0x55);
    decoder.push(encodeFrame(frameOf({ body: Uint8Array.of(9, 9, 9) })));
    expect(frame?.body).toEqual(Uint8Array.of(1, 2, 3));
    expect(frame?.body.buffer.byteLength).toBe(3);
  });

  const damaged = fc.record({
    frame: anyFrame,
    damage: fc.array(
      fc.record({
        kind: fc.constantFrom("flip", "flip", "lose", "repeat", "insert"),
        at: fc.nat(1100),
        bit: fc.nat(7),
        byte: fc.nat(255),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  });

  test("flipped, lost, repeated and inserted bytes never make another frame, and the next frame arrives", () => {
    fc.assert(
      fc.property(damaged, ({ frame, damage }) => {
        const bytes = [...encodeFrame(frame)];
        for (const { kind, at, bit, byte } of damage) {
          const index = at % Math.max(bytes.length, 1);
          if (kind === "flip") bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
          else if (kind === "lose") bytes.splice(index, 1);
          else bytes.splice(index, 0, kind === "repeat" ? (bytes[index] ?? 0) : byte);
        }
        const next = frameOf({ sequence: 77 });
        const received = framesIn(decodeAll(Uint8Array.from(bytes), DELIMITER, encodeFrame(next)));
        // Damage can cancel itself out; then the frame is the one that was sent.
        expect([[next], [frame, next]]).toContainEqual(received);
      }),
      { numRuns: 300 },
    );
  });

  test("each single bit of a frame on the wire: flipped, it never yields another frame", () => {
    const frame = frameOf({ body: Uint8Array.from([...noise(60), 0, 0, ...noise(270, 1)]) });
    const wire = encodeFrame(frame);
    const others: Frame[] = [];
    for (let bit = 0; bit < wire.length * 8; bit++) {
      const flipped = wire.slice();
      flipped[bit >>> 3] = (flipped[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      others.push(...framesIn(decodeAll(flipped, DELIMITER)));
    }
    expect(others).toEqual([]);
  });

  test.each([
    ["noise", noise(MEBIBYTE)],
    ["noise without a delimiter", noise(MEBIBYTE, 1)],
    ["zeros", new Uint8Array(MEBIBYTE)],
    ["0xff", new Uint8Array(MEBIBYTE).fill(0xff)],
    ["0x01 and delimiters", Uint8Array.from({ length: MEBIBYTE }, (_, index) => index & 1)],
    [
      "runs one byte too long",
      Uint8Array.from({ length: MEBIBYTE }, (_, index) => Math.sign(index % (ENCODED_BYTES + 2))),
    ],
    ["frames", concatBytes(...new Array(1024).fill(encodeFrame(frameOf({ body: noise(BODY_BYTES) }))))],
  ])("1 MiB of %s: bounded memory, linear work, and the next frame arrives", (_name, bytes) => {
    for (const chunkBytes of [bytes.length, 64, 1]) {
      const decoder = new FrameDecoder();
      // The decoder searches with indexOf: count what it is made to search, too.
      let searched = 0;
      class Watched extends Uint8Array {
        override indexOf(byte: number, from = 0): number {
          const found = super.indexOf(byte, from);
          searched += (found < 0 ? this.length : found + 1) - from;
          return found;
        }
      }
      const length = chunkBytes === 1 ? 65_536 : bytes.length;
      let most = 0;
      for (let from = 0; from < length; from += chunkBytes) {
        decoder.push(new Watched(bytes.subarray(from, Math.min(from + chunkBytes, length))));
        if (decoder.pendingBytes > most) most = decoder.pendingBytes;
      }
      expect(most).toBeLessThanOrEqual(ENCODED_BYTES);
      expect(decoder.bufferBytes).toBe(ENCODED_BYTES + 1024);
      expect(searched).toBe(length);
      expect(decoder.bytesExamined).toBeLessThanOrEqual(5 * length);
      expect(framesIn([...decoder.push(DELIMITER), ...decoder.push(encodeFrame(frameOf()))]).at(-1)).toEqual(frameOf());
    }
  });

  test("a giant run is reported once, with all of its bytes, when it ends", () => {
    const decoder = new FrameDecoder();
    for (let chunk = 0; chunk < 100; chunk++) expect(decoder.push(new Uint8Array(50_000).fill(7))).toEqual([]);
    expect(decoder.push(DELIMITER)).toEqual([{ kind: "discarded", reason: "oversize", bytes: 5_000_001 }]);
    expect(decoder.counters).toMatchObject({ discardedOversize: 1, bytesDiscarded: 5_000_001 });
  });

  test("counters stop at 2^32-1", () => {
    expect(saturatingAdd(COUNTER_MOST - 1, 1)).toBe(COUNTER_MOST);
    expect(saturatingAdd(COUNTER_MOST, 1)).toBe(COUNTER_MOST);
    expect(saturatingAdd(5, COUNTER_MOST)).toBe(COUNTER_MOST);
    expect(counted({ seen: COUNTER_MOST, other: 1 }, "seen")).toEqual({ seen: COUNTER_MOST, other: 1 });
    expect(counted({ seen: 3 }, "seen", 0)).toEqual({ seen: 3 });
  });

  test("a corpus of hostile openings does not disturb the frame after it", () => {
    const openings = ["ff", "ff00", "0000ff", "0100", "02", "fe0101", "01010101", "ff".repeat(2000), "00".repeat(3)];
    for (const opening of openings) {
      const received = framesIn(decodeAll(fromHex(opening), DELIMITER, encodeFrame(frameOf())));
      expect(received).toEqual([frameOf()]);
    }
  });
});

test("a copy goes on from where its original was, and neither hears what the other is fed", () => {
  fc.assert(
    fc.property(anyFrame, fc.uint8Array({ maxLength: 3_000 }), fc.nat(), (frame, rubbish, cut) => {
      const bytes = concatBytes(rubbish, DELIMITER, encodeFrame(frame));
      const at = cut % (bytes.length + 1);
      const [whole, begun] = [new FrameDecoder(), new FrameDecoder()];
      const events = whole.push(bytes);
      const before = begun.push(bytes.subarray(0, at));
      const copy = begun.copy();
      begun.push(noise(2_000));
      expect([...before, ...copy.push(bytes.subarray(at))]).toEqual(events);
      expect(copy.counters).toEqual(whole.counters);
      expect(copy.bytesExamined).toBe(whole.bytesExamined);
    }),
  );
});
