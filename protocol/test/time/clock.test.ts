import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ageBounds,
  type Clock,
  driftMs,
  insideWindow,
  intervalOf,
  LATEST_SECONDS,
  lostClock,
  readClock,
  rememberLower,
  stopClock,
} from "#src/time/clock.ts";
import { statementOf } from "#src/time/time-answer.ts";
import { tell } from "./support.ts";

const seconds = fc.integer({ min: 0, max: LATEST_SECONDS });

/** A clock that runs from tick 0 on, with u in ms. */
function clockAt(t: number, uncertaintyMs: number): Clock {
  const { verdict, clock } = tell(lostClock(), 0, { t, uncertaintyMs });
  if (verdict !== "accepted") throw new Error(verdict);
  return clock;
}

describe("SPEC TIM-1: a clock is an interval of whole seconds, lost, or in conflict", () => {
  test.each([
    [0, 0, 0, 1],
    [999, 999, 0, 1],
    [1000, 1000, 1, 2],
    [1000, 1999, 1, 2],
    [999, 2000, 0, 3],
  ])("%i..%i ms, both possible, lie in [%i, %i)", (loMs, hiMs, lo, hi) => {
    expect(intervalOf({ loMs, hiMs, atTickMs: 0 })).toEqual({ lo, hi });
  });

  test("lost and in conflict show no interval", () => {
    const { clock } = tell(clockAt(5000, 0), 0, { t: 9000, uncertaintyMs: 0, source: 2 });
    expect([readClock(lostClock(7), 0), readClock(clock, 0)]).toEqual([{ quality: "lost" }, { quality: "conflict" }]);
  });
});

describe("SPEC TIM-2: ageing", () => {
  test.each([
    [0, 0],
    [1, 1],
    [5000, 1],
    [5001, 2],
    [10_000, 2],
    [86_400_000, 17_280],
    [4_294_967_295_000, 858_993_459],
  ])("of %i ms costs %i ms on each side", (elapsed, drift) => {
    expect(driftMs(elapsed)).toBe(drift);
    expect(ageBounds({ loMs: 1000, hiMs: 2000, atTickMs: 7 }, 7 + elapsed)).toEqual({
      loMs: 1000 + elapsed - drift,
      hiMs: 2000 + elapsed + drift,
      atTickMs: 7 + elapsed,
    });
  });

  test("the drift is that of exact arithmetic, for a century and a half", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5_000_000_000_000 }), (elapsed) => {
        expect(BigInt(driftMs(elapsed))).toBe((BigInt(elapsed) * 200n + 999_999n) / 1_000_000n);
      }),
    );
  });

  test("a clock never reads earlier with a later tick, and ageing in steps is not narrower than at once", () => {
    fc.assert(
      fc.property(seconds, fc.nat(60_000), fc.nat(1_000_000), fc.nat(1_000_000), (t, u, first, second) => {
        const bounds = { loMs: t * 1000, hiMs: t * 1000 + u, atTickMs: 0 };
        const once = ageBounds(bounds, first + second);
        const twice = ageBounds(ageBounds(bounds, first), first + second);
        expect(twice.loMs).toBeLessThanOrEqual(once.loMs);
        expect(twice.hiMs).toBeGreaterThanOrEqual(once.hiMs);
        expect(ageBounds(bounds, first).loMs).toBeGreaterThanOrEqual(bounds.loMs);
      }),
    );
  });

  test("past 2^32 - 1 it reads lost and gives no time; it does not begin anew at 0", () => {
    const clock = clockAt(LATEST_SECONDS - 10, 0);
    const readings = [0, 9_000, 10_000, 20_000, 100_000].map((tick) => readClock(clock, tick).quality);
    expect(readings).toEqual(["running", "running", "lost", "lost", "lost"]);
    expect([9_000, 10_000, 20_000].map((tick) => statementOf(clock, tick)?.t)).toEqual([
      LATEST_SECONDS - 1,
      undefined,
      undefined,
    ]);
  });

  test("a tick before the clock's own is not believed", () => {
    const { clock } = tell(lostClock(), 1000, { t: 5000, uncertaintyMs: 0 });
    expect([readClock(clock, 999).quality, statementOf(clock, 999)]).toEqual(["lost", undefined]);
    // An answer from before the clock's own is out of order: it neither sets the clock nor costs it what it has.
    for (const sourceClass of ["station", "issuer"] as const) {
      const late = tell(clock, 999, { t: 1_000_000, uncertaintyMs: 500, sourceClass });
      expect(late).toEqual({ verdict: "stale", clock });
    }
  });
});

describe("SPEC TIM-5, TIM-9: what a stopped clock remembers", () => {
  test("the highest lower bound that was committed, and nothing else", () => {
    const clock = clockAt(5000, 0);
    const later = rememberLower(clock, 3_600_000);
    expect([stopClock(clock), stopClock(later)]).toEqual([lostClock(5000), lostClock(5000 + 3600 - 1)]);
  });

  test("remembering never lowers it, and changes no reading", () => {
    fc.assert(
      fc.property(seconds, fc.nat(60_000), fc.array(fc.nat(100_000_000), { maxLength: 8 }), (t, u, ticks) => {
        const began = tell(lostClock(), 0, { t, uncertaintyMs: u }).clock;
        let clock = began;
        for (const tick of ticks) {
          const remembered = rememberLower(clock, tick);
          expect(remembered.knownLower).toBeGreaterThanOrEqual(clock.knownLower);
          expect(readClock(remembered, tick)).toEqual(readClock(began, tick));
          clock = remembered;
        }
        expect(rememberLower(lostClock(t), 0)).toEqual(lostClock(t));
      }),
      { numRuns: 100 },
    );
  });
});

describe("SPEC TIM-10: a window is open for certain, or not", () => {
  test("lo ≥ nbf and hi + 5 ≤ exp, in more than 32 bits", () => {
    const edge = fc.oneof(seconds, fc.constantFrom(0, 1, 5, 0x7fff_ffff, 0x8000_0000, LATEST_SECONDS));
    const near = fc.tuple(edge, fc.integer({ min: -8, max: 8 })).map(([n, step]) => n + step);
    fc.assert(
      fc.property(edge, near, fc.oneof(edge, near), fc.oneof(edge, near), (lo, hi, nbf, exp) => {
        const verdict = insideWindow({ lo, hi }, nbf, exp);
        const expected = lo < nbf ? "not-yet" : BigInt(hi) + 5n > BigInt(exp) ? "expired" : "inside";
        expect(verdict).toBe(expected);
      }),
    );
  });

  test.each([
    [{ lo: 99, hi: 120 }, "not-yet"],
    [{ lo: 100, hi: 120 }, "inside"],
    [{ lo: 100, hi: 195 }, "inside"],
    [{ lo: 100, hi: 196 }, "expired"],
  ])("%j in [100, 200) is %s", (interval, verdict) => {
    expect(insideWindow(interval, 100, 200)).toBe(verdict);
  });
});

describe("SPEC TIM-8: what a device says of its own time", () => {
  test("t and u reach both bounds, and u is at most 60 s", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: LATEST_SECONDS - 1_000_000 }),
        fc.nat(60_000),
        fc.nat(400_000_000),
        (t, u, tick) => {
          const clock = clockAt(t, u);
          if (clock.quality !== "running") throw new Error(clock.quality);
          const { loMs, hiMs } = ageBounds(clock.bounds, tick);
          const statement = statementOf(clock, tick);
          if (statement === undefined) {
            // Half of the width, and up to a second more because t is a whole one.
            expect((hiMs - loMs) / 2 + 1000).toBeGreaterThan(60_000);
            return;
          }
          expect(statement.t * 1000 - statement.uncertaintyMs).toBeLessThanOrEqual(loMs);
          expect(statement.t * 1000 + statement.uncertaintyMs).toBeGreaterThanOrEqual(hiMs);
          expect(statement.uncertaintyMs).toBeLessThanOrEqual(60_000);
        },
      ),
    );
  });

  test("a clock that is lost or in conflict serves nobody", () => {
    const { clock } = tell(clockAt(5000, 0), 0, { t: 9000, uncertaintyMs: 0, source: 2 });
    expect([statementOf(lostClock(9), 0), statementOf(clock, 0)]).toEqual([undefined, undefined]);
  });

  test("a sharp clock serves for about 3.4 days", () => {
    const clock = clockAt(1_800_000_000, 0);
    expect(statementOf(clock, 3 * 86_400_000)).toBeDefined();
    expect(statementOf(clock, 4 * 86_400_000)).toBeUndefined();
  });
});
