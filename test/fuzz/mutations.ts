/** Changes of bytes: those that know nothing of their form, and those that keep an outer form so that what is inside is reached. */
import type { Draws, Shape } from "./target.ts";

/** Bytes that begin or end something somewhere: heads of CBOR, ends of ranges, delimiters, digits. */
const TELLING = [
  0x00, 0x01, 0x07, 0x08, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1f, 0x20, 0x37, 0x38, 0x3b, 0x40, 0x48, 0x58, 0x59,
  0x5a, 0x5b, 0x5f, 0x60, 0x78, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x98, 0x9b, 0x9f, 0xa0, 0xa1, 0xb8, 0xbf, 0xc0, 0xd2,
  0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfb, 0xfe, 0xff, 0x0a, 0x0d, 0x22, 0x23, 0x2c, 0x2d, 0x30, 0x39, 0x3a, 0x3b,
  0x5c, 0x7b, 0x7d,
];

/** The largest and the smallest numbers of each width. */
const NUMBERS: readonly Uint8Array[] = [
  [0x18, 0x18],
  [0x18, 0xff],
  [0x19, 0x01, 0x00],
  [0x19, 0xff, 0xff],
  [0x1a, 0x00, 0x01, 0x00, 0x00],
  [0x1a, 0xff, 0xff, 0xff, 0xff],
  [0x1b, 0, 0, 0, 1, 0, 0, 0, 0],
  [0x1b, 0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x1b, 0x00, 0x20, 0, 0, 0, 0, 0, 0],
  [0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0],
  [0x9a, 0xff, 0xff, 0xff, 0xff],
  [0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff],
  [0x00, 0x00, 0x00, 0x00],
  [0xef, 0xbb, 0xbf],
  [0xed, 0xa0, 0x80],
  [0xf0, 0x9f, 0x94, 0x91],
].map((bytes) => Uint8Array.from(bytes));

/** The first part of one and the last part of another. */
export function splice(one: Uint8Array, other: Uint8Array, draws: Draws): Uint8Array {
  const head = one.subarray(0, draws.below(one.length + 1));
  return joined(head, other.subarray(draws.below(other.length + 1)));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A stretch of at most `longest` bytes, short ones more often. */
function stretch(length: number, longest: number, draws: Draws): readonly [from: number, to: number] {
  const size = Math.min(1 + draws.below(1 + draws.below(longest)), length);
  const from = draws.below(length - size + 1);
  return [from, from + size];
}

function changedAt(bytes: Uint8Array, draws: Draws, change: (byte: number) => number): Uint8Array | undefined {
  if (bytes.length === 0) return undefined;
  const copy = bytes.slice();
  const at = draws.below(copy.length);
  copy[at] = change(copy[at] ?? 0);
  return copy;
}

function put(bytes: Uint8Array, piece: Uint8Array, draws: Draws): Uint8Array {
  const at = draws.below(bytes.length + 1);
  const over = draws.below(2) === 0 ? 0 : Math.min(piece.length, bytes.length - at);
  return joined(bytes.subarray(0, at), piece, bytes.subarray(at + over));
}

/** For bytes of any form. */
export const BYTE_SHAPES: readonly Shape[] = [
  (bytes, draws) => changedAt(bytes, draws, (byte) => byte ^ (1 << draws.below(8))),
  (bytes, draws) => changedAt(bytes, draws, () => draws.below(256)),
  (bytes, draws) => changedAt(bytes, draws, () => TELLING[draws.below(TELLING.length)] ?? 0),
  (bytes, draws) => changedAt(bytes, draws, (byte) => byte + draws.below(9) - 4),
  (bytes, draws) => put(bytes, Uint8Array.of(TELLING[draws.below(TELLING.length)] ?? 0), draws),
  (bytes, draws) => put(bytes, NUMBERS[draws.below(NUMBERS.length)] ?? new Uint8Array(), draws),
  (bytes, draws, words) =>
    words.length === 0 ? undefined : put(bytes, words[draws.below(words.length)] as Uint8Array, draws),
  (bytes, draws, words) =>
    words.length === 0 ? undefined : put(bytes, words[draws.below(words.length)] as Uint8Array, draws),
  // A stretch away, twice, or somewhere else as well.
  (bytes, draws) => {
    const [from, to] = stretch(bytes.length, 32, draws);
    return joined(bytes.subarray(0, from), bytes.subarray(to));
  },
  (bytes, draws) => {
    const [from, to] = stretch(bytes.length, 32, draws);
    return joined(bytes.subarray(0, to), bytes.subarray(from));
  },
  (bytes, draws) => {
    const [from, to] = stretch(bytes.length, 64, draws);
    return put(bytes, bytes.slice(from, to), draws);
  },
  (bytes, draws) => bytes.slice(0, draws.below(bytes.length + 1)),
  (bytes, draws) => {
    const [from, to] = stretch(bytes.length, 16, draws);
    return bytes.slice().fill(TELLING[draws.below(TELLING.length)] ?? 0, from, to);
  },
];

/** Lines and the numbers in them, for text. */
export const TEXT_SHAPES: readonly Shape[] = [
  (bytes, draws) => withLines(bytes, (lines) => lines.splice(draws.below(lines.length), 1)),
  (bytes, draws) => withLines(bytes, (lines) => lines.splice(draws.below(lines.length), 0, lineOf(lines, draws))),
  (bytes, draws) =>
    withLines(bytes, (lines) => {
      const line = draws.below(lines.length);
      lines[line] = lineOf(lines, draws);
    }),
  (bytes, draws) =>
    withLines(bytes, (lines) => {
      const line = draws.below(lines.length);
      lines[line] = (lines[line] ?? "").replace(/\d+/, () => NUMERALS[draws.below(NUMERALS.length)] ?? "");
    }),
  (bytes, draws) =>
    withLines(bytes, (lines) => {
      const line = draws.below(lines.length);
      lines[line] = `${" ".repeat(draws.below(8))}${(lines[line] ?? "").trimStart()}`;
    }),
];

const NUMERALS = [
  "0",
  "-1",
  "1e999",
  "-0",
  "4294967296",
  "9007199254740993",
  "0x10",
  "007",
  "1.5",
  "NaN",
  "99999999999999999999",
];

function lineOf(lines: readonly string[], draws: Draws): string {
  return lines[draws.below(lines.length)] ?? "";
}

/** Bytes as they are: a mutation of text must not mend what is no UTF-8. */
function withLines(bytes: Uint8Array, change: (lines: string[]) => void): Uint8Array {
  const lines = Buffer.from(bytes).toString("latin1").split("\n");
  change(lines);
  return new Uint8Array(Buffer.from(lines.join("\n"), "latin1"));
}
