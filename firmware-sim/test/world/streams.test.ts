import fc from "fast-check";
import { expect, test } from "vitest";
import { rootStream, Stream, seedText } from "#src/world/streams.ts";
import { codeOf } from "./code-of.ts";

const words = (stream: Stream, count: number) => Array.from({ length: count }, () => stream.uint32());
const hex = (stream: Stream, count: number) => words(stream, count).map((word) => word.toString(16).padStart(8, "0"));
const anySeed = fc.oneof(fc.nat(0xffff_ffff), fc.stringMatching(/^[0-9a-f]{40}$/));
const label = fc.string({ minLength: 0, maxLength: 12 });

/** sfc32 written down once more, in integers that cannot overflow. */
function sfc32(seed: readonly number[]): () => number {
  const mask = 0xffff_ffffn;
  let [a = 0n, b = 0n, c = 0n, counter = 0n] = seed.map(BigInt);
  return () => {
    const drawn = (a + b + counter) & mask;
    counter = (counter + 1n) & mask;
    a = b ^ (b >> 9n);
    b = (c + (c << 3n)) & mask;
    c = (((c << 21n) | (c >> 11n)) + drawn) & mask;
    return Number(drawn);
  };
}

test("the first draws of a seed are the same on every machine and Node version", () => {
  expect(hex(rootStream(0), 4)).toEqual(["3d6320f3", "89c03735", "1f16cd06", "61f5a731"]);
  expect(hex(rootStream(42), 4)).toEqual(["8e3df2a9", "5f3f2272", "ae07dae0", "4dba4879"]);
  expect(hex(rootStream("e83c5163316f89bfbde7d9ab23ca2e25604af290"), 2)).toEqual(["20ffb491", "613d2651"]);
  expect(hex(rootStream(42).fork("link"), 4)).toEqual(["0a22f2e2", "f27b41dc", "d42331ff", "a4866bb9"]);
  expect(hex(rootStream(42).fork("link").fork("key-1"), 2)).toEqual(["6b54ac7e", "a5a67f37"]);
  const mixed = rootStream(42).fork("mixed");
  const drawn = [mixed.below(6), mixed.between(10, 20), mixed.chance(500_000), mixed.pick(["a", "b", "c"])];
  expect(drawn).toEqual([2, 14, false, "b"]);
  expect(mixed.shuffle([1, 2, 3, 4, 5])).toEqual([3, 4, 5, 1, 2]);
  expect([...mixed.bytes(7)]).toEqual([98, 114, 245, 1, 110, 131, 122]);
});

test("the generator is sfc32, twelve rounds in", () => {
  const four = fc.tuple(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), fc.nat(0xffff_ffff));
  fc.assert(
    fc.property(four, (seed) => {
      const reference = sfc32(seed);
      for (let round = 0; round < 12; round++) reference();
      expect(words(new Stream(seed), 50)).toEqual(Array.from({ length: 50 }, reference));
    }),
  );
});

test("a stream depends on its labels alone, not on what was drawn or forked before", () => {
  fc.assert(
    fc.property(anySeed, label, label, fc.nat(20), (seed, one, other, draws) => {
      const expected = words(rootStream(seed).fork(one), 8);
      const busy = rootStream(seed);
      words(busy, draws);
      words(busy.fork(other), draws);
      expect(words(busy.fork(one), 8)).toEqual(expected);
    }),
  );
});

test("other seeds, labels and depths give other streams", () => {
  fc.assert(
    fc.property(anySeed, label, label, (seed, one, other) => {
      const root = rootStream(seed);
      const streams = [root, root.fork(one), root.fork(one).fork(other), root.fork(one + other)];
      if (one !== other) streams.push(root.fork(other), root.fork(other).fork(one));
      const different = other === "" ? new Set([0, 1, 2]) : new Set(streams.keys());
      const beginnings = streams.filter((_, index) => different.has(index)).map((stream) => words(stream, 3).join());
      const expected = one === "" && other !== "" ? beginnings.length - 1 : beginnings.length;
      expect(new Set(beginnings).size).toBe(expected);
    }),
  );
});

test("a copy goes on as its original would, and by itself", () => {
  const original = rootStream(7).fork("any");
  words(original, 5);
  const copy = original.copy();
  const ahead = words(copy, 5);
  expect(words(original, 5)).toEqual(ahead);
  expect(words(copy.fork("below"), 2)).toEqual(words(original.fork("below"), 2));
});

test("below keeps to its bound and prefers no number", () => {
  const bound = 3 * 2 ** 30;
  const stream = rootStream(1);
  const counts = [0, 0, 0];
  // A plain remainder of 32 bits would fall into the first third half of the time.
  for (let index = 0; index < 30_000; index++) {
    const third = Math.floor(stream.below(bound) / 2 ** 30);
    counts[third] = (counts[third] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  expect(counts.length).toBe(3);
  fc.assert(
    fc.property(anySeed, fc.integer({ min: 1, max: 2 ** 32 }), (seed, limit) => {
      const drawn = rootStream(seed).below(limit);
      expect(drawn >= 0 && drawn < limit && Number.isInteger(drawn)).toBe(true);
    }),
  );
});

test("chance keeps its rate, never and always included, and each takes the same draws", () => {
  const stream = rootStream(2);
  const hits = Array.from({ length: 100_000 }, () => stream.chance(250_000)).filter(Boolean).length;
  expect(Math.abs(hits - 25_000)).toBeLessThan(700);
  const [never, always] = [rootStream(3), rootStream(3)];
  expect([never.chance(0), always.chance(1_000_000)]).toEqual([false, true]);
  expect(words(never, 4)).toEqual(words(always, 4));
});

test("shuffle keeps every item and changes no array; each place is as likely", () => {
  const items = ["a", "b", "c", "d"];
  const firsts = new Map<string, number>();
  const stream = rootStream(4);
  for (let index = 0; index < 8_000; index++) {
    const [first = ""] = stream.shuffle(items);
    firsts.set(first, (firsts.get(first) ?? 0) + 1);
  }
  expect(items).toEqual(["a", "b", "c", "d"]);
  expect([...stream.shuffle(items)].sort()).toEqual(items);
  for (const item of items) expect(Math.abs((firsts.get(item) ?? 0) - 2_000)).toBeLessThan(250);
});

test("a seed is printed as it is read", () => {
  expect(words(rootStream("42"), 2)).toEqual(words(rootStream(42), 2));
  expect(seedText(4_294_967_295)).toBe("4294967295");
  for (const seed of [-1, 1.5, 2 ** 32, Number.NaN, "", "two words", "a=b", "x".repeat(65)]) {
    expect(codeOf(() => rootStream(seed))).toBe("caller/argument");
  }
});

test("bounds that are none are the caller's fault", () => {
  const stream = rootStream(5);
  for (const bound of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN]) {
    expect(codeOf(() => stream.below(bound))).toBe("caller/argument");
  }
  expect(codeOf(() => stream.pick([]))).toBe("caller/argument");
});
