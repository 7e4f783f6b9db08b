/** Changes of frames on the wire that leave COBS and CRC right, so that headers and bodies are reached. */
import { cobsBound, concatBytes, crc32, decodeCobs, encodeCobs } from "@nyckelfri/protocol";
import { CBOR_SHAPE } from "./cbor-shape.ts";
import type { Draws, Shape } from "./target.ts";

const HEADER_BYTES = 7;
const CRC_BYTES = 4;

/** Changes one frame between two delimiters. */
export const FRAME_SHAPE: Shape = (bytes, draws, words) => {
  const runs = runsOf(bytes).filter(([from, to]) => to > from);
  const run = runs[draws.below(Math.max(1, runs.length))];
  if (run === undefined) return undefined;
  const plain = new Uint8Array(bytes.length);
  const length = decodeCobs(bytes, plain, ...run);
  if (typeof length === "string" || length < HEADER_BYTES + CRC_BYTES) return undefined;
  const head = plain.slice(0, HEADER_BYTES);
  let body: Uint8Array = plain.slice(HEADER_BYTES, length - CRC_BYTES);
  if (draws.below(3) === 0) head[draws.below(HEADER_BYTES)] = draws.below(256);
  else body = CBOR_SHAPE(body, draws, words) ?? body;
  return concatBytes(bytes.subarray(0, run[0]), framed(head, body), bytes.subarray(run[1]));
};

/** The stretches between delimiters. */
function runsOf(bytes: Uint8Array): (readonly [from: number, to: number])[] {
  const runs: (readonly [number, number])[] = [];
  let from = 0;
  for (let index = 0; index <= bytes.length; index++) {
    if (index < bytes.length && bytes[index] !== 0) continue;
    runs.push([from, index]);
    from = index + 1;
  }
  return runs;
}

/** Without the delimiter. */
export function framed(head: Uint8Array, body: Uint8Array): Uint8Array {
  const plain = concatBytes(head, body, new Uint8Array(CRC_BYTES));
  const crc = crc32(plain, 0, plain.length - CRC_BYTES);
  for (let index = 0; index < CRC_BYTES; index++) plain[plain.length - CRC_BYTES + index] = crc >>> (8 * index);
  const wire = new Uint8Array(cobsBound(plain.length));
  return wire.slice(0, encodeCobs(plain, wire));
}

/** Changes a body behind so many bytes that say what it is. */
export function behind(prefix: number, shape: Shape): Shape {
  return (bytes: Uint8Array, draws: Draws, words) => {
    const changed = shape(bytes.subarray(prefix), draws, words);
    return changed === undefined ? undefined : concatBytes(bytes.subarray(0, prefix), changed);
  };
}
