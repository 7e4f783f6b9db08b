import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Figure, type FiguresUsed, sourced } from "#src/costs/figure.ts";
import { memories, pagesFor, wordFlash, wordsFor } from "#src/costs/memories.ts";
import type { OperationCounts } from "#src/costs/operation-counts.ts";
import { addCosts, addOperations, costOf, countsOf, noCost, noOperations } from "#src/costs/operation-counts.ts";
import { cylinderOf } from "#src/costs/pairs.ts";
import { cortexM0PlusAt16MHz, processors, secureElementBesideM0Plus } from "#src/costs/processors.ts";

const slow = cylinderOf(cortexM0PlusAt16MHz);
const names = Object.keys(noOperations) as (keyof OperationCounts)[];
const counts: fc.Arbitrary<OperationCounts> = fc
  .tuple(...names.map(() => fc.nat({ max: 500 })))
  .map((values) => countsOf(Object.fromEntries(names.map((name, at) => [name, values[at] ?? 0]))));
const hardware = fc
  .tuple(fc.constantFrom(...processors), fc.constantFrom(...memories))
  .map(([processor, memory]) => cylinderOf(processor, memory));

describe("costs of operations, worked by hand", () => {
  test.each([
    ["4,200,000 cycles at 16 MHz and 417 pJ", { ed25519Verify: 1 }, 262_500, 1_751_400],
    ["three words of 150 µs and 4.5 µJ, and 2 mW of waiting", { wordsProgrammed: 3 }, 450, 14_400],
    ["a page of 11 ms and 231 µJ, and 2 mW of waiting", { pagesErased: 1 }, 11_000, 253_000],
    ["a pull-in of 100 ms and 18 mJ, and 2 mW of waiting", { actuations: 1 }, 100_000, 18_200_000],
    ["a second held at 9 mW, and 2 mW of waiting", { millisecondsEngaged: 1_000 }, 1_000_000, 11_000_000],
    ["a block of 8,590 cycles", { sha256Blocks: 1 }, 537, 3_583],
    ["four blocks", { hmac: 1 }, 2_148, 14_329],
    ["a millisecond of waiting", { microsecondsWaiting: 1_000 }, 1_000, 2_000],
    // 2,778 µs on the line at 2 mW, 32 times 40 cycles in 80 µs, and 32 times 30 nJ where it is sent.
    ["32 bytes received", { bytesReceived: 32 }, 2_858, 6_090],
    ["32 bytes sent", { bytesSent: 32 }, 2_858, 7_050],
  ] as const)("%s", (_, some, microseconds, nanojoules) => {
    expect(costOf(countsOf(some), slow)).toEqual({ microseconds, nanojoules });
  });

  test("a signing chip works in its own time while the processor waits", () => {
    const { microseconds, nanojoules } = costOf(countsOf({ ed25519Verify: 1 }), cylinderOf(secureElementBesideM0Plus));
    expect({ microseconds, nanojoules }).toEqual({ microseconds: 143_500, nanojoules: 6_314_000 });
  });

  test("bytes become words and pages of the memory's own size", () => {
    expect(wordsFor(wordFlash, 17)).toBe(3);
    expect(pagesFor(wordFlash, 513)).toBe(2);
    expect(memories.map((memory) => pagesFor(memory, 1))).toEqual([1, 1, 1, 0, 0]);
  });
});

describe("costs of operations", () => {
  test("nothing costs nothing, and uses no figure", () => {
    const used: FiguresUsed = new Set();
    expect(costOf(noOperations, slow, used)).toEqual(noCost);
    expect(used.size).toBe(0);
  });

  test("only what was done is named as used", () => {
    const used: FiguresUsed = new Set();
    costOf(countsOf({ sha256Blocks: 1 }), slow, used);
    expect([...used]).toEqual([cortexM0PlusAt16MHz.cyclesPerSha256Block, cortexM0PlusAt16MHz.picojoulesPerCycle]);
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])("a count of %s is refused", (count) => {
    expect(() => costOf(countsOf({ wordsRead: count }), slow)).toThrow(RangeError);
  });

  test("a device without a clutch cannot engage", () => {
    const { processor, memory, contact } = slow;
    expect(() => costOf(countsOf({ actuations: 1 }), { processor, memory, contact })).toThrow(RangeError);
    expect(costOf(countsOf({ wordsRead: 1 }), { processor, memory, contact }).microseconds).toBe(1);
  });

  test("more of anything never costs less", () => {
    fc.assert(
      fc.property(counts, hardware, fc.constantFrom(...names), (some, device, name) => {
        const less = costOf(some, device);
        const more = costOf({ ...some, [name]: some[name] + 1 }, device);
        expect(more.microseconds).toBeGreaterThanOrEqual(less.microseconds);
        expect(more.nanojoules).toBeGreaterThanOrEqual(less.nanojoules);
      }),
    );
  });

  test("the cost of a sum is that of its parts, but for the rounding up of each contribution", () => {
    fc.assert(
      fc.property(counts, counts, hardware, (a, b, device) => {
        const together = costOf(addOperations(a, b), device);
        const apart = addCosts(costOf(a, device), costOf(b, device));
        expect(Math.abs(apart.microseconds - together.microseconds)).toBeLessThanOrEqual(6);
        expect(Math.abs(apart.nanojoules - together.nanojoules)).toBeLessThanOrEqual(40);
        expect(Number.isSafeInteger(together.nanojoules)).toBe(true);
      }),
    );
  });

  test("a dearer figure never makes anything cheaper", () => {
    const dearer = (figure: Figure): Figure => sourced(figure.value * 2, "doubled");
    fc.assert(
      fc.property(counts, hardware, (some, device) => {
        const usual = costOf(some, device);
        const processor = { ...device.processor, picojoulesPerCycle: dearer(device.processor.picojoulesPerCycle) };
        const memory = { ...device.memory, nanosecondsPerWordProgram: dearer(device.memory.nanosecondsPerWordProgram) };
        expect(costOf(some, { ...device, processor }).nanojoules).toBeGreaterThanOrEqual(usual.nanojoules);
        expect(costOf(some, { ...device, processor }).microseconds).toBe(usual.microseconds);
        expect(costOf(some, { ...device, memory }).microseconds).toBeGreaterThanOrEqual(usual.microseconds);
      }),
    );
  });
});
