/** The frame decoder on a line that carries traffic and a hundredth of noise. */
import { encodeFrame, type Frame, FrameDecoder } from "@nyckelfri/protocol";

export interface FramesResult {
  /** Of the stream's bytes, how many are noise. */
  readonly noiseShare: number;
  readonly framesSent: number;
  readonly framesRead: number;
  readonly framesPerSecond: number;
  readonly megabytesPerSecond: number;
}

const FRAMES = 20_000;
const CHUNK = 64;
const BODIES = [12, 40, 120, 260, 480] as const;
const NOISE_EVERY = 100;

/** Chunks of 64 bytes, as a USB serial port hands them over. Every hundredth byte has another value where `noise` says so. */
export function measureFrames(noise: "clean" | "noisy"): FramesResult {
  const stream = makeStream(noise);
  read(stream);
  const begin = process.hrtime.bigint();
  const framesRead = read(stream);
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  if (noise === "clean" && framesRead !== FRAMES) throw new Error(`${framesRead} of ${FRAMES} frames were read`);
  return {
    noiseShare: noise === "clean" ? 0 : 1 / NOISE_EVERY,
    ...{ framesSent: FRAMES, framesRead },
    framesPerSecond: framesRead / seconds,
    megabytesPerSecond: stream.length / 1e6 / seconds,
  };
}

function makeStream(noise: "clean" | "noisy"): Uint8Array {
  const parts = Array.from({ length: FRAMES }, (_, index) => {
    const size = BODIES[index % BODIES.length] as number;
    const frame: Frame = {
      ...{ version: 1, kind: "request", message: 9, session: 77 + index, sequence: 1 + (index % 255) },
      body: Uint8Array.from({ length: size }, (_unused, at) => (at * 31 + index) & 0xff),
    };
    return encodeFrame(frame);
  });
  const stream = Uint8Array.from(Buffer.concat(parts));
  // Bursts and not single bytes, as a loose contact makes them: a hundredth of the bytes in runs of 20.
  if (noise === "noisy") {
    const run = 20;
    for (let at = 0; at < stream.length; at += run * NOISE_EVERY) {
      for (let byte = at; byte < Math.min(at + run, stream.length); byte++) stream[byte] = (byte * 197 + 13) & 0xff;
    }
  }
  return stream;
}

function read(stream: Uint8Array): number {
  const decoder = new FrameDecoder();
  let frames = 0;
  for (let at = 0; at < stream.length; at += CHUNK) {
    for (const event of decoder.push(stream.subarray(at, at + CHUNK))) if (event.kind === "frame") frames += 1;
  }
  return frames;
}
