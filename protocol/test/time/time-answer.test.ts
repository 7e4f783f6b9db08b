import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Clock,
  type ClockReading,
  LATEST_SECONDS,
  lostClock,
  readClock,
  stopClock,
  type TimeSourceClass,
} from "#src/time/clock.ts";
import {
  acceptCarriedTime,
  acceptTime,
  type CarriedTime,
  type TimeChallenge,
  type TimeVerdict,
} from "#src/time/time-answer.ts";
import { answered, kidOf, nonceOf, type Statement, tell } from "./support.ts";

/** Bytes of a 2026 afternoon; nothing here depends on it. */
const T = 1_793_600_000;

const running = (t = T, uncertaintyMs = 1000, source = 1): Clock =>
  tell(lostClock(), 0, { t, uncertaintyMs, source }).clock;
const read = (clock: Clock, tick = 0): ClockReading => readClock(clock, tick);
const interval = (clock: Clock, tick = 0): unknown => {
  const reading = readClock(clock, tick);
  return reading.quality === "running" ? [reading.interval.lo, reading.interval.hi] : reading.quality;
};

/** Held by source 1 around T, contradicted by source 2 a thousand seconds later. */
const inConflict = (): Clock => tell(running(), 0, { t: T + 1000, uncertaintyMs: 1000, source: 2 }).clock;

describe("SPEC TIM-3: a statement answers one fresh nonce", () => {
  test("lo is t - u, and hi t + u and the round trip", () => {
    const { verdict, clock } = tell(lostClock(), 5000, { t: T, uncertaintyMs: 3000, roundTripMs: 1500 });
    expect([verdict, interval(clock, 5000)]).toEqual(["accepted", [T - 3, T + 5]]);
  });

  test.each([
    [0, "accepted"],
    [1999, "accepted"],
    [2000, "accepted"],
    [2001, "stale"],
    [60_000, "stale"],
    [-1, "stale"],
  ])("an answer after %i ms is %s", (roundTripMs, verdict) => {
    expect(tell(lostClock(), 100_000, { t: T, uncertaintyMs: 0, roundTripMs }).verdict).toBe(verdict);
  });

  test("a box's nonce lives 10 s", () => {
    const { challenge, answer } = answered({ t: T, uncertaintyMs: 0, roundTripMs: 10_000 }, 10_000);
    const box = { ...challenge, lifetimeMs: 10_000 };
    expect(acceptTime(lostClock(), box, answer).verdict).toBe("accepted");
    expect(acceptTime(lostClock(), { ...box, givenAtTickMs: -1 }, answer).verdict).toBe("stale");
  });

  test("an answer to another nonce, an earlier one or a part of one changes nothing", () => {
    const clock = running();
    const { challenge, answer } = answered({ t: T, uncertaintyMs: 0 }, 0);
    const flipped = challenge.nonce.map((byte, index) => (index === 15 ? byte ^ 1 : byte));
    for (const nonce of [nonceOf(4711), flipped, challenge.nonce.slice(0, 15), new Uint8Array(0)]) {
      const outcome = acceptTime(clock, challenge, { ...answer, nonce });
      expect(outcome.verdict).toBe("stale");
      expect(outcome.clock).toBe(clock);
    }
  });

  test("an issuer's late answer is as stale as any", () => {
    const clock = running();
    const late = tell(clock, 9000, { t: T, uncertaintyMs: 0, roundTripMs: 2001, sourceClass: "issuer" });
    expect(late).toEqual({ verdict: "stale", clock });
  });
});

describe("SPEC TIM-4: a running clock", () => {
  test("is narrowed to what both say", () => {
    const { verdict, clock } = tell(running(T, 10_000), 0, { t: T + 15, uncertaintyMs: 10_000, source: 2 });
    expect([verdict, interval(clock)]).toEqual(["accepted", [T + 5, T + 11]]);
  });

  test("is not widened", () => {
    const clock = running(T, 1000);
    expect(interval(tell(clock, 0, { t: T, uncertaintyMs: 60_000 }).clock)).toEqual(interval(clock));
  });

  test("refuses an earlier statement, and goes on", () => {
    const clock = running();
    expect(tell(clock, 0, { t: T - 100, uncertaintyMs: 1000, source: 2 })).toEqual({ verdict: "earlier", clock });
  });

  test("touching at one millisecond is agreement, a millisecond apart is none", () => {
    const clock = running(T, 1000);
    const verdicts = [2000, 1999].map((u) => tell(clock, 0, { t: T + 3, uncertaintyMs: u, source: 2 }).verdict);
    const before = [2000, 1999].map((u) => tell(clock, 0, { t: T - 3, uncertaintyMs: u, source: 2 }).verdict);
    expect([verdicts, before]).toEqual([
      ["accepted", "conflict"],
      ["accepted", "earlier"],
    ]);
  });

  test("contradicted by a later statement is in conflict, and counts as lost", () => {
    const { verdict, clock } = tell(running(), 0, { t: T + 1000, uncertaintyMs: 1000, source: 2 });
    expect([verdict, read(clock)]).toEqual(["conflict", { quality: "conflict" }]);
  });

  test.each([
    ["agrees with the clock that ran", 3, T, "accepted", [T - 1, T + 2]],
    ["agrees with the later one", 3, T + 1000, "accepted", [T + 999, T + 1002]],
    ["agrees with neither", 3, T + 500, "conflict", "conflict"],
    ["is the contradicting one again", 2, T + 1000, "conflict", "conflict"],
    ["is that of the clock that ran again", 1, T, "conflict", "conflict"],
    ["is the contradicting one, and gives in", 2, T, "accepted", [T - 1, T + 2]],
  ])("in conflict, a source that %s", (_, source, t, verdict, after) => {
    const outcome = tell(inConflict(), 0, { t, uncertaintyMs: 1000, source });
    expect([outcome.verdict, interval(outcome.clock)]).toEqual([verdict, after]);
  });

  test("a conflict is between both sides as they have aged", () => {
    const day = 86_400_000;
    const agreed = tell(inConflict(), day, { t: T + 86_400, uncertaintyMs: 1000, source: 3 });
    expect([agreed.verdict, interval(agreed.clock, day)]).toEqual(["accepted", [T + 86_399, T + 86_402]]);
  });

  test("a conflict survives what does not settle it, and a stop", () => {
    const clock = inConflict();
    expect(tell(clock, 0, { t: T + 500, uncertaintyMs: 0, source: 3 }).clock).toBe(clock);
    expect(stopClock(clock)).toEqual(lostClock(T - 1));
  });
});

describe("SPEC TIM-5: a lost clock honours the lower bound that it remembers", () => {
  test.each([
    ["above it, is taken as it is", T + 100, 10_000, "accepted", [T + 90, T + 111]],
    ["across it, begins at it", T + 5, 10_000, "accepted", [T, T + 16]],
    ["whose end is just past it, is taken", T, 0, "accepted", [T, T + 1]],
    ["that ends at it, is refused", T - 1, 0, "earlier", "lost"],
    ["below it, is refused", T - 100, 10_000, "earlier", "lost"],
  ])("a statement %s", (_, t, uncertaintyMs, verdict, after) => {
    const outcome = tell(lostClock(T), 0, { t, uncertaintyMs });
    expect([outcome.verdict, interval(outcome.clock)]).toEqual([verdict, after]);
    expect(outcome.clock.knownLower).toBeGreaterThanOrEqual(T);
  });
});

describe("SPEC TIM-6: an issuer's statement repairs", () => {
  const issuer = (clock: Clock, t: number): Clock =>
    tell(clock, 0, { t, uncertaintyMs: 1000, sourceClass: "issuer", source: 9 }).clock;

  test("a clock that was fed a later time, and the remembered bound with it", () => {
    const poisoned = running(T + 86_400);
    const repaired = issuer(poisoned, T);
    expect([interval(repaired), repaired.knownLower]).toEqual([[T - 1, T + 2], T - 1]);
    expect(stopClock(repaired)).toEqual(lostClock(T - 1));
  });

  test("a lost clock below its remembered bound", () => {
    const repaired = issuer(lostClock(T + 86_400), T);
    expect([interval(repaired), repaired.knownLower]).toEqual([[T - 1, T + 2], T - 1]);
  });

  test("a conflict, whichever side is right, or neither", () => {
    expect([T, T + 1000, T + 500].map((t) => interval(issuer(inConflict(), t)))).toEqual([
      [T - 1, T + 2],
      [T + 999, T + 1002],
      [T + 499, T + 502],
    ]);
  });

  test("and intersects where it can", () => {
    const wide = running(T, 60_000);
    expect(interval(issuer(wide, T + 60))).toEqual([T + 59, T + 61]);
  });

  const wide = (clock: Clock): Clock =>
    tell(clock, 0, { t: T, uncertaintyMs: 4000, sourceClass: "issuer", source: 9 }).clock;

  test("a clock that is a little behind in two steps: a precise source puts it into conflict, and the next word replaces it", () => {
    const behind = running(T - 3, 100);
    const first = wide(behind);
    expect(interval(first)).toEqual(interval(behind));
    const precise = tell(first, 0, { t: T, uncertaintyMs: 100, source: 2 });
    expect(precise.verdict).toBe("conflict");
    expect(interval(wide(precise.clock))).toEqual([T - 4, T + 5]);
  });

  test("a clock that is a little ahead when the word excludes it: a precise source is only refused", () => {
    const ahead = running(T + 3, 100);
    const first = wide(ahead);
    expect(interval(first)).toEqual(interval(ahead));
    const refused = tell(first, 0, { t: T, uncertaintyMs: 100, source: 2 });
    expect(refused).toEqual({ verdict: "earlier", clock: first });
    expect([interval(wide(first)), interval(issuer(first, T))]).toEqual([interval(ahead), [T - 1, T + 2]]);
  });

  test("a delayed word does not widen a good clock", () => {
    const good = running(T, 100);
    const late = tell(good, 0, { t: T, uncertaintyMs: 100, sourceClass: "issuer", source: 9, roundTripMs: 2000 });
    expect([late.verdict, interval(late.clock)]).toEqual(["accepted", interval(good)]);
  });

  test("nobody else may", () => {
    for (const sourceClass of ["station", "activation-box", "key-cabinet"] as const) {
      const clock = running(T + 86_400);
      expect(tell(clock, 0, { t: T, uncertaintyMs: 1000, sourceClass, source: 2 })).toEqual({
        verdict: "earlier",
        clock,
      });
    }
  });
});

describe("SPEC TIM-8: whose word a device takes", () => {
  const verdictOf = (sourceClass: TimeSourceClass, takes: Pick<TimeChallenge, "takes">): TimeVerdict => {
    const { challenge, answer } = answered({ t: T, uncertaintyMs: 100, sourceClass }, 0);
    const { verdict, clock } = acceptTime(lostClock(), { ...challenge, ...takes }, answer);
    expect(clock.quality).toBe(verdict === "accepted" ? "running" : "lost");
    return verdict;
  };

  test("a key that of issuers and certified devices, and never one key's alone (SPEC TIM-13)", () => {
    const classes = ["issuer", "station", "activation-box", "key-cabinet", "key"] as const;
    expect(classes.map((one) => verdictOf(one, {}))).toEqual([
      "accepted",
      "accepted",
      "accepted",
      "accepted",
      "source",
    ]);
  });

  test("a station, box or cabinet an issuer's alone", () => {
    const classes = ["issuer", "station", "activation-box", "key-cabinet", "key"] as const;
    expect(classes.map((one) => verdictOf(one, { takes: "issuer" }))).toEqual([
      "accepted",
      "source",
      "source",
      "source",
      "source",
    ]);
  });
});

describe("SPEC TIM-7: what is refused whoever says it", () => {
  const classes = ["issuer", "station", "activation-box", "key-cabinet"] as const;
  test.each(classes)("%s: u above 60 s", (sourceClass) => {
    const verdicts = [60_000, 60_001].map((u) => tell(lostClock(), 0, { t: T, uncertaintyMs: u, sourceClass }).verdict);
    expect(verdicts).toEqual(["accepted", "too-wide"]);
  });

  test.each(classes)("%s: an interval that leaves its certificate's window", (sourceClass) => {
    const within = (nbf: number, exp: number): TimeVerdict =>
      tell(lostClock(), 0, { t: T, uncertaintyMs: 2000, sourceClass, window: { nbf, exp } }).verdict;
    expect([within(T - 2, T + 3), within(T - 1, T + 3), within(T - 2, T + 2)]).toEqual([
      "accepted",
      "window",
      "window",
    ]);
  });

  test("a refusal leaves the clock as it was", () => {
    const clock = running();
    const refused = [
      tell(clock, 0, { t: T, uncertaintyMs: 60_001 }),
      tell(clock, 0, { t: T, uncertaintyMs: 0, window: { nbf: T + 1, exp: T + 9 } }),
    ];
    for (const outcome of refused) expect(outcome.clock).toBe(clock);
  });
});

describe("SPEC TIM-2: the end of u32", () => {
  test.each(["issuer", "station"] as const)("%s: a statement past it is outside of every window", (sourceClass) => {
    const outcome = tell(lostClock(), 0, { t: LATEST_SECONDS, uncertaintyMs: 0, sourceClass });
    expect(outcome).toEqual({ verdict: "window", clock: lostClock() });
  });

  test("a clock that has passed it is lost to the next statement too", () => {
    const clock = running(LATEST_SECONDS - 10, 0);
    const later = tell(clock, 60_000, { t: LATEST_SECONDS - 9, uncertaintyMs: 0, source: 2 });
    expect([later.verdict, interval(later.clock, 60_000)]).toEqual([
      "accepted",
      [LATEST_SECONDS - 9, LATEST_SECONDS - 8],
    ]);
  });
});

describe("SPEC TIM-13: a box without a host and two holders' keys", () => {
  const holderOf = (holder: number): Uint8Array => new Uint8Array(8).fill(holder);
  const word = (holder: number, statement: Omit<Statement, "sourceClass">, tick = 0): CarriedTime => ({
    ...answered({ source: holder, ...statement, sourceClass: "key" }, tick),
    holder: holderOf(holder),
  });

  test("agree: the box takes what both say", () => {
    const { verdict, clock } = acceptCarriedTime(
      lostClock(),
      word(1, { t: T, uncertaintyMs: 5000 }),
      word(2, { t: T + 3, uncertaintyMs: 4000 }),
    );
    expect([verdict, interval(clock)]).toEqual(["accepted", [T - 1, T + 6]]);
  });

  test("one holder alone sets nothing, not even with two keys", () => {
    const clock = lostClock();
    const second = word(2, { t: T, uncertaintyMs: 0 });
    const alone = acceptCarriedTime(clock, word(1, { t: T, uncertaintyMs: 0 }), { ...second, holder: holderOf(1) });
    expect(alone).toEqual({ verdict: "conflict", clock });
  });

  test("one key alone sets nothing, not even under the grants of two holders", () => {
    const clock = lostClock();
    const again = { ...word(1, { t: T, uncertaintyMs: 0 }, 1), holder: holderOf(2) };
    expect(acceptCarriedTime(clock, word(1, { t: T, uncertaintyMs: 0 }), again)).toEqual({
      verdict: "conflict",
      clock,
    });
  });

  test("SPEC TIM-3: two words over one nonce are one too many", () => {
    const clock = lostClock();
    const [first, second] = [word(1, { t: T, uncertaintyMs: 0 }), word(2, { t: T, uncertaintyMs: 0 })];
    const same = { ...second, challenge: first.challenge, answer: { ...second.answer, nonce: first.answer.nonce } };
    expect(acceptCarriedTime(clock, first, same)).toEqual({ verdict: "stale", clock });
    expect(acceptCarriedTime(clock, first, second).verdict).toBe("accepted");
  });

  test("disagree: nothing", () => {
    const clock = lostClock();
    const apart = acceptCarriedTime(
      clock,
      word(1, { t: T, uncertaintyMs: 1000 }),
      word(2, { t: T + 3, uncertaintyMs: 1999 }),
    );
    expect(apart).toEqual({ verdict: "conflict", clock });
  });

  test.each([
    ["stale", { t: T, uncertaintyMs: 0, roundTripMs: 2001 }],
    ["too-wide", { t: T, uncertaintyMs: 60_001 }],
    ["window", { t: T, uncertaintyMs: 0, window: { nbf: T + 1, exp: T + 9 } }],
  ] as const)("either word %s: nothing", (verdict, bad) => {
    const clock = lostClock();
    const good = { t: T, uncertaintyMs: 1000 };
    expect(acceptCarriedTime(clock, word(1, bad), word(2, good))).toEqual({ verdict, clock });
    expect(acceptCarriedTime(clock, word(1, good), word(2, bad))).toEqual({ verdict, clock });
  });

  test("the first word ages until the second has come", () => {
    const first = word(1, { t: T, uncertaintyMs: 1000 }, 0);
    const second = word(2, { t: T + 9, uncertaintyMs: 1000 }, 9_000);
    const { verdict, clock } = acceptCarriedTime(lostClock(), first, second);
    expect([verdict, interval(clock, 9_000)]).toEqual(["accepted", [T + 8, T + 11]]);
  });

  test("a running clock is narrowed and never set back; a remembered bound stands", () => {
    const both = (clock: Clock, t: number): unknown => {
      const outcome = acceptCarriedTime(
        clock,
        word(1, { t, uncertaintyMs: 2000 }),
        word(2, { t, uncertaintyMs: 2000 }),
      );
      return [outcome.verdict, interval(outcome.clock), outcome.clock.knownLower];
    };
    expect(both(running(T, 3000, 7), T + 4)).toEqual(["accepted", [T + 2, T + 4], T + 2]);
    expect(both(running(T, 3000, 7), T - 100)).toEqual(["earlier", [T - 3, T + 4], T - 3]);
    expect(both(lostClock(T), T - 100)).toEqual(["earlier", "lost", T]);
  });

  test("whatever class such a word claims, it repairs nothing", () => {
    const claimed = [1, 2].map((holder) => ({
      ...answered({ t: T - 1000, uncertaintyMs: 0, sourceClass: "issuer", source: holder }, 0),
      holder: holderOf(holder),
    }));
    const clock = running();
    const [first, second] = claimed;
    if (first === undefined || second === undefined) throw new Error("two words");
    expect(acceptCarriedTime(clock, first, second)).toEqual({ verdict: "source", clock });
  });
});

describe("a source that lies", () => {
  const lie = fc.record({
    t: fc.oneof(fc.integer({ min: 0, max: LATEST_SECONDS }), fc.integer({ min: T - 200, max: T + 200 })),
    uncertaintyMs: fc.nat(61_000),
    source: fc.integer({ min: 1, max: 3 }),
    roundTripMs: fc.nat(2100),
    sourceClass: fc.constantFrom("station" as const, "activation-box" as const, "key-cabinet" as const, "key" as const),
  });
  const step = fc.oneof(
    lie,
    fc.record({ elapsedMs: fc.oneof(fc.nat(10_000), fc.nat(500_000_000)) }),
    fc.constant("stop" as const),
  );

  test("SPEC TIM-4, TIM-5: never makes a clock that runs go back, nor one that stopped", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let clock: Clock = running();
        let tick = 0;
        let known = clock.knownLower;
        for (const what of steps) {
          if (what === "stop") clock = stopClock(clock);
          else if ("elapsedMs" in what) tick += what.elapsedMs;
          else {
            const before = readClock(clock, tick);
            clock = tell(clock, tick, what).clock;
            const after = readClock(clock, tick);
            if (before.quality === "running" && after.quality === "running") {
              expect(after.interval.lo).toBeGreaterThanOrEqual(before.interval.lo);
              expect(after.interval.hi).toBeLessThanOrEqual(before.interval.hi);
            }
          }
          expect(clock.knownLower).toBeGreaterThanOrEqual(known);
          known = clock.knownLower;
          const reading = readClock(clock, tick);
          if (reading.quality !== "running") continue;
          expect(reading.interval.lo).toBeGreaterThanOrEqual(known);
          expect(reading.interval.hi).toBeGreaterThan(reading.interval.lo);
          expect(reading.interval.hi).toBeLessThanOrEqual(LATEST_SECONDS);
        }
      }),
      { numRuns: 400 },
    );
  });

  test("SPEC TIM-6: an issuer's word repairs the clock after any of it", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let clock: Clock = running();
        let tick = 0;
        for (const what of steps) {
          if (what === "stop") clock = stopClock(clock);
          else if ("elapsedMs" in what) tick += what.elapsedMs;
          else clock = tell(clock, tick, what).clock;
        }
        const { verdict, clock: repaired } = tell(clock, tick, {
          t: T,
          uncertaintyMs: 1000,
          sourceClass: "issuer",
          source: 9,
        });
        const reading = readClock(repaired, tick);
        expect([verdict, reading.quality]).toEqual(["accepted", "running"]);
        if (reading.quality !== "running") return;
        expect(reading.interval.lo).toBeGreaterThanOrEqual(T - 1);
        expect(reading.interval.hi).toBeLessThanOrEqual(T + 2);
        expect(reading.source.kid).toEqual(kidOf(9));
      }),
      { numRuns: 200 },
    );
  });
});
