/** What the framing tests share: short ways to write a frame and to read what a decoder reports. */
import fc from "fast-check";
import type { Frame } from "#src/framing/frame.ts";
import { BODY_BYTES } from "#src/framing/frame.ts";
import { type DecodeEvent, FrameDecoder } from "#src/framing/frame-decoder.ts";

export function frameOf(fields: Partial<Frame> = {}): Frame {
  return {
    version: 1,
    kind: "request",
    message: 5,
    session: 0x8c1f00a5,
    sequence: 1,
    body: Uint8Array.of(0xa0),
    ...fields,
  };
}

export const anyFrame: fc.Arbitrary<Frame> = fc.record({
  version: fc.constant(1),
  kind: fc.constantFrom("request", "reply", "notification"),
  message: fc.integer({ min: 0, max: 63 }),
  session: fc.integer({ min: 1, max: 0xffffffff }),
  sequence: fc.integer({ min: 0, max: 255 }),
  body: fc.oneof(
    { weight: 6, arbitrary: fc.uint8Array({ maxLength: 40 }) },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 240, maxLength: 530, size: "max" }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: 0, max: BODY_BYTES }), fc.constantFrom(0, 1, 0xff))
        .map(([length, fill]) => new Uint8Array(length).fill(fill)),
    },
  ),
});

export function decodeAll(...chunks: readonly Uint8Array[]): DecodeEvent[] {
  const decoder = new FrameDecoder();
  return chunks.flatMap((chunk) => decoder.push(chunk));
}

export function framesIn(events: readonly DecodeEvent[]): Frame[] {
  return events.flatMap((event) => (event.kind === "frame" ? [event.frame] : []));
}

/** Cuts `bytes` at the given fractions of its length. */
export function cutAt(bytes: Uint8Array, fractions: readonly number[]): Uint8Array[] {
  const cuts = [0, ...fractions.map((part) => Math.floor(part * bytes.length)).sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, at) => bytes.subarray(cuts[at], end));
}
