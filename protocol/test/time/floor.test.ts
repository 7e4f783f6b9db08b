import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LATEST_SECONDS } from "#src/time/clock.ts";
import { aboveFloor, adoptEpoch, comparePairs, type EpochPair, laterPair, raiseFloor } from "#src/time/floor.ts";

const small = fc.integer({ min: 0, max: 4 });
const seconds = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: LATEST_SECONDS }));
const pair: fc.Arbitrary<EpochPair> = fc.record({ epoch: small, value: seconds });

describe("SPEC TRU-8: pairs", () => {
  test("are ordered by epoch and then by value, whatever the values", () => {
    fc.assert(
      fc.property(pair, pair, (a, b) => {
        const text = ({ epoch, value }: EpochPair): string => `${epoch} ${String(value).padStart(10, "0")}`;
        const expected = text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0;
        expect(Math.sign(comparePairs(a, b))).toBe(expected);
        expect(laterPair(a, b)).toEqual(expected < 0 ? b : a);
      }),
    );
  });

  test("the largest and the smallest are compared without overflow", () => {
    expect(comparePairs({ epoch: 0, value: LATEST_SECONDS }, { epoch: 1, value: 0 })).toBeLessThan(0);
    expect(comparePairs({ epoch: LATEST_SECONDS, value: 0 }, { epoch: 0, value: 0 })).toBeGreaterThan(0);
  });
});

describe("SPEC TIM-11: the floor", () => {
  const floor = { epoch: 3, value: 1000 };

  test.each([
    [1061, { epoch: 3, value: 1001 }],
    [1060, floor],
    [1059, floor],
    [0, floor],
  ])("iat %i of the present epoch", (iat, expected) => {
    expect(raiseFloor(floor, { epoch: 3, iat })).toEqual(expected);
  });

  test("is not raised by another epoch's object, and not below 0", () => {
    expect(raiseFloor(floor, { epoch: 2, iat: 9999 })).toEqual(floor);
    expect(raiseFloor(floor, { epoch: 4, iat: 9999 })).toEqual(floor);
    expect(raiseFloor({ epoch: 3, value: 0 }, { epoch: 3, iat: 59 })).toEqual({ epoch: 3, value: 0 });
  });

  test("SPEC TRU-8: a higher epoch sets it, lower than it was where that epoch says so", () => {
    expect(adoptEpoch(floor, { epoch: 4, nbf: 10 })).toEqual({ epoch: 4, value: 10 });
    expect(adoptEpoch(floor, { epoch: 3, nbf: 9999 })).toEqual(floor);
    expect(adoptEpoch(floor, { epoch: 2, nbf: 9999 })).toEqual(floor);
  });

  test("as a pair it never goes back, whatever is seen in whatever order", () => {
    const event = fc.oneof(fc.record({ epoch: small, iat: seconds }), fc.record({ epoch: small, nbf: seconds }));
    fc.assert(
      fc.property(pair, fc.array(event, { maxLength: 30 }), (start, events) => {
        let present = start;
        for (const seen of events) {
          const next = "iat" in seen ? raiseFloor(present, seen) : adoptEpoch(present, seen);
          expect(comparePairs(next, present)).toBeGreaterThanOrEqual(0);
          present = next;
        }
        const highest = Math.max(start.epoch, ...events.filter((one) => "nbf" in one).map(({ epoch }) => epoch));
        expect(present.epoch).toBe(highest);
      }),
    );
  });
});

describe("SPEC TIM-12: an interval and a floor", () => {
  test.each([
    [{ lo: 10, hi: 20 }, 0, { lo: 10, hi: 20 }],
    [{ lo: 10, hi: 20 }, 10, { lo: 10, hi: 20 }],
    [{ lo: 10, hi: 20 }, 15, { lo: 15, hi: 20 }],
    [{ lo: 10, hi: 20 }, 19, { lo: 19, hi: 20 }],
    [{ lo: 10, hi: 20 }, 20, "behind-floor"],
    [{ lo: 10, hi: 20 }, 21, "behind-floor"],
    [{ lo: 4_294_967_290, hi: 4_294_967_390 }, LATEST_SECONDS, { lo: LATEST_SECONDS, hi: 4_294_967_390 }],
  ] as const)("%j above %i", (interval, floor, expected) => {
    expect(aboveFloor(interval, floor)).toEqual(expected);
  });
});
