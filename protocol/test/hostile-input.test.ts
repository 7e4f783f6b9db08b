/**
 * Every way into the library for bytes of strangers: whatever comes, it is a value or an error of this library, and what
 * is built for it is at most a fixed multiple of its length.
 */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode } from "#src/cbor/decode.ts";
import { diagnose } from "#src/cbor/diagnostic.ts";
import { decodeCoseKey } from "#src/cose/cose-key.ts";
import { parseDetached, parseSign1 } from "#src/cose/sign1.ts";
import { NyckelfriError } from "#src/errors.ts";
import { FrameDecoder } from "#src/framing/frame-decoder.ts";
import { decodeError } from "#src/messages/answers.ts";
import {
  decodeNotification,
  decodeReply,
  decodeRequest,
  exchangeOfHello,
  messagesOf,
} from "#src/messages/message-table.ts";
import { parseObject } from "#src/objects/signed-object.ts";
import { exchanges } from "#src/registry.ts";
import { everyKind } from "./support/arbitraries.ts";

type ExchangeName = keyof typeof exchanges;
const exchangeNames = Object.keys(exchanges) as ExchangeName[];

/** Name to function of bytes; each returns what it built. */
const entries: readonly (readonly [string, (bytes: Uint8Array) => unknown])[] = [
  ["decode", (bytes) => decode(bytes)],
  ["diagnose", (bytes) => diagnose(bytes, { embedded: true })],
  ["parseSign1", (bytes) => parseSign1(bytes).payload],
  ["parseDetached", (bytes) => parseDetached(bytes, new Uint8Array(3)).signature],
  ["decodeCoseKey", (bytes) => decodeCoseKey(bytes)],
  ["decodeError", (bytes) => decodeError(bytes).code],
  ["exchangeOfHello", (bytes) => exchangeOfHello(bytes)],
  ...everyKind.map(
    ({ kind }) => [`parseObject ${kind.name}`, (bytes: Uint8Array) => parseObject(kind, bytes).value] as const,
  ),
  ...exchangeNames.flatMap((exchange) =>
    messagesOf(exchange).flatMap(
      ({ name, number }) =>
        [
          [`${exchange}: request ${name}`, (bytes: Uint8Array) => decodeRequest(exchange, number, bytes)],
          [`${exchange}: reply ${name}`, (bytes: Uint8Array) => decodeReply(exchange, name as never, bytes)],
        ] as const,
    ),
  ),
  ["notification", (bytes) => decodeNotification("serve", 32, bytes)],
  [
    "FrameDecoder",
    (bytes) => {
      const decoder = new FrameDecoder();
      return decoder.push(bytes);
    },
  ],
];

/** Nodes and bytes of what was built. */
function sizeOf(value: unknown): number {
  if (value instanceof Uint8Array) return 1 + value.length;
  if (typeof value === "string") return 1 + value.length;
  if (value instanceof Map) return 1 + sizeOf([...value.keys()]) + sizeOf([...value.values()]);
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + sizeOf(item), 1);
  if (typeof value === "object" && value !== null) return 1 + sizeOf(Object.values(value));
  return 1;
}

/** Bytes that look right for longer than random ones: the vectors' hex strings. */
const corpus: readonly Uint8Array[] = (() => {
  const folder = new URL("../vectors/", import.meta.url);
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => readFileSync(new URL(name, folder), "utf8"));
  const hex = texts.flatMap((text) =>
    [...text.matchAll(/"((?:[0-9a-f]{2}){1,1000})"/g)].map(([, digits = ""]) => digits),
  );
  return [...new Set(hex)].map((digits) => Uint8Array.from(Buffer.from(digits, "hex")));
})();

/** Random bytes, and vectors with some bytes changed, cut off, doubled or put in. */
const hostile = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .tuple(
      fc.constantFrom(...corpus),
      fc.array(fc.tuple(fc.nat(1100), fc.nat(255), fc.constantFrom("set", "put", "drop", "cut")), { maxLength: 4 }),
    )
    .map(([bytes, edits]) => {
      const edited = [...bytes];
      for (const [at, byte, how] of edits) {
        const index = at % (edited.length + 1);
        if (how === "set" && index < edited.length) edited[index] = byte;
        if (how === "put") edited.splice(index, 0, byte);
        if (how === "drop") edited.splice(index, 1);
        if (how === "cut") edited.length = index;
      }
      return Uint8Array.from(edited);
    }),
);

const attempt = (into: (bytes: Uint8Array) => unknown, bytes: Uint8Array): "refused" | { built: unknown } => {
  try {
    return { built: into(bytes) };
  } catch (error) {
    if (error instanceof NyckelfriError) return "refused";
    throw error;
  }
};

test("the corpus is there", () => {
  expect(corpus.length).toBeGreaterThan(1000);
});

test("any bytes, into any entry: a value that is no larger than a multiple of them, or an error of this library", () => {
  let built = 0;
  fc.assert(
    fc.property(hostile, (bytes) => {
      for (const [name, into] of entries) {
        const outcome = attempt(into, bytes);
        if (outcome === "refused") continue;
        built += 1;
        // diagnose writes two digits a byte, and commas; a decoder of frames reports each pair of bytes that it discards.
        expect([name, sizeOf(outcome.built) <= 40 + 16 * bytes.length]).toEqual([name, true]);
      }
    }),
    { numRuns: 700 },
  );
  expect(built).toBeGreaterThan(500);
});

describe("inputs that promise more than they hold", () => {
  const repeat = (bytes: readonly number[], times: number): Uint8Array =>
    Uint8Array.from(Array.from({ length: times }, () => bytes).flat());
  const promises: readonly (readonly [string, Uint8Array])[] = [
    ["an array of 2^64-1", Uint8Array.of(0x9b, ...new Uint8Array(8).fill(0xff))],
    ["an array of 2^32-1", Uint8Array.of(0x9a, 0xff, 0xff, 0xff, 0xff)],
    ["a map of 2^32-1", Uint8Array.of(0xba, 0xff, 0xff, 0xff, 0xff)],
    ["a byte string of 2^32-1", Uint8Array.of(0x5a, 0xff, 0xff, 0xff, 0xff)],
    ["text of 2^63", Uint8Array.of(0x7b, 0x80, 0, 0, 0, 0, 0, 0, 0)],
    ["4,000 arrays in each other", repeat([0x81], 4_000)],
    ["4,000 promises of 65,535 items", repeat([0x99, 0xff, 0xff], 1_300)],
    ["4,000 maps in each other", repeat([0xa1, 0x00], 2_000)],
    ["100,000 zeros", new Uint8Array(100_000)],
    ["100,000 times ff", new Uint8Array(100_000).fill(0xff)],
  ];

  test.each(promises)("%s: refused everywhere, for next to no memory", (_, bytes) => {
    for (const [, into] of entries) attempt(into, bytes);
    const before = process.memoryUsage();
    let refused = 0;
    for (let round = 0; round < 20; round++) {
      for (const [name, into] of entries) {
        const outcome = attempt(into, bytes);
        if (outcome === "refused") refused += 1;
        else expect([name, sizeOf(outcome.built) <= 40 + 16 * bytes.length]).toEqual([name, true]);
      }
    }
    const after = process.memoryUsage();
    const grown = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers;
    // Uncollected garbage included: some errors, and copies of the input where it is within an object's size.
    expect(grown).toBeLessThan(20 * entries.length * (16_384 + 4 * bytes.length));
    // The decoder of frames reports what it discards instead.
    expect(refused).toBeGreaterThanOrEqual(20 * (entries.length - 2));
  });
});
