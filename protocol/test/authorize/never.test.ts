import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coarseResultOf } from "#src/authorize/authorize.ts";
import { anyVisit } from "./breaks.ts";
import type { Facts } from "./oracle.ts";
import { decide, outcomeOf } from "./real.ts";
import {
  CLOCK_CHANGES,
  DOOR,
  draws,
  LATEST,
  one,
  permitted,
  representable,
  USUAL,
  usual,
  type Whole,
} from "./visits.ts";

const { nbf, exp, width } = USUAL;

const outcome = (facts: Facts): string => outcomeOf(decide(facts));

type Change = (facts: Whole) => void;

function outcomeAfter(change: Change): string {
  const facts: Whole = usual();
  change(facts);
  return outcome(facts);
}

describe("SPEC DEC-19: sums go beyond 2^32", () => {
  const last = (change: Change): string =>
    outcomeAfter((f) => {
      Object.assign(f.grant, { iat: LATEST - 36_000, nbf: LATEST - 36_000, exp: LATEST });
      Object.assign(f.ticket, { from: LATEST - 36_000, until: LATEST });
      for (const one of [f.issuer, f.box.certificate, f.box.issuer]) {
        Object.assign(one, { nbf: LATEST - 86_400, exp: LATEST });
      }
      Object.assign(f.door, { widest: 65_535, floor: LATEST - 40_000 });
      change(f);
    });

  test("the last seconds before 2106 end are decided as any others", () => {
    expect(last((f) => Object.assign(f.proof, { lo: LATEST - 9, width: 4 }))).toBe("permit");
    expect(last((f) => Object.assign(f.proof, { lo: LATEST - 9, width: 5 }))).toBe("expired");
  });

  test.each([10, 4000, 65_535])("an interval of %i s that passes 2^32 has not begun anew at 0", (wide) => {
    expect(last((f) => Object.assign(f.proof, { lo: LATEST - 8, width: wide }))).toBe("expired");
    // In 32 bits its end would be small, and so behind this floor instead.
    expect(
      last((f) => {
        f.proof = { ...f.proof, lo: LATEST - 8, width: wide };
        f.door.floor = LATEST;
      }),
    ).toBe("expired");
  });

  test("a margin that passes 2^32 expires the ticket and the grant", () => {
    expect(last((f) => Object.assign(f.proof, { lo: LATEST - 4, width: 3 }))).toBe("expired");
  });
});

describe("SPEC DEC-20: an expired grant is never authorised", () => {
  test("a permit lies inside grant, ticket and what the floor allows, whatever was presented", () => {
    fc.assert(
      fc.property(draws, (g) => {
        const facts = anyVisit(g);
        fc.pre(representable(facts));
        const decision = decide(facts);
        if (decision.verdict === "refuse") {
          expect(decision.result).toBe(coarseResultOf(decision.reason));
          return;
        }
        if (typeof facts.grant === "string" || typeof facts.proof === "string") throw new Error("permitted nothing");
        const { interval } = decision;
        expect(interval).toEqual({
          lo: Math.max(facts.proof.lo, facts.door.floor),
          hi: facts.proof.lo + facts.proof.width,
        });
        expect(interval.hi + 5).toBeLessThanOrEqual(facts.grant.exp);
        expect(interval.lo).toBeGreaterThanOrEqual(facts.grant.nbf);
        expect(interval.hi).toBeGreaterThan(facts.door.floor);
        if (facts.door.activation === "not-asked") return;
        if (typeof facts.ticket === "string") throw new Error("permitted without a ticket");
        expect(interval.lo).toBeGreaterThanOrEqual(facts.ticket.from);
        expect(interval.hi + 5).toBeLessThanOrEqual(facts.ticket.until);
      }),
      { numRuns: 1500 },
    );
  });

  test("SPEC TIM-12: once the floor is at exp nothing that a key claims helps", () => {
    fc.assert(
      fc.property(
        draws,
        fc.nat(LATEST),
        fc.integer({ min: 1, max: 65_535 }),
        fc.nat(86_400),
        (g, claim, wide, past) => {
          const facts = permitted(g);
          if (typeof facts.grant === "string" || typeof facts.proof === "string") return;
          facts.proof = { ...facts.proof, lo: one(g, [claim, facts.proof.lo, facts.grant.nbf]), width: wide };
          facts.door.widest = 65_535;
          facts.door.floor = Math.min(LATEST, facts.grant.exp + one(g, [0, past]));
          expect(["behind-floor", "expired"]).toContain(outcome(facts));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("of a whole shift, second by second at its edges, exactly the window permits", () => {
    const moments = [...range(nbf - 10, nbf + 10), ...range(exp - 20, exp + 20)];
    const permits = moments.filter(
      (moment) => outcomeAfter((f) => Object.assign(f.proof, { lo: moment })) === "permit",
    );
    expect(permits).toEqual(moments.filter((moment) => moment >= nbf && moment + width + 5 <= exp));
  });
});

describe("SPEC DEC-18: an excluded door stays shut", () => {
  test("whatever else is granted, presented or served", () => {
    fc.assert(
      fc.property(draws, (g) => {
        const facts = anyVisit(g);
        if (typeof facts.grant === "string") return;
        const others = facts.grant.scope.filter(({ kind }) => kind === "group").slice(0, 15);
        const scope = [...others, { kind: "door" as const, id: DOOR, rights: 0 }];
        const excluded = { ...facts, grant: { ...facts.grant, scope } };
        fc.pre(representable(excluded));
        expect(outcome(excluded)).not.toBe("permit");
      }),
      { numRuns: 800 },
    );
  });
});

describe("SPEC TIM-14: nights on which the clocks change", () => {
  // A shift from 22:00 to 06:00 in Stockholm, in UTC: an hour shorter in spring, an hour longer in autumn.
  const nights = [
    ["spring", { from: CLOCK_CHANGES.spring - 4 * 3600, to: CLOCK_CHANGES.spring + 3 * 3600, hours: 7 }],
    ["autumn", { from: CLOCK_CHANGES.autumn - 5 * 3600, to: CLOCK_CHANGES.autumn + 4 * 3600, hours: 9 }],
  ] as const;

  test.each(nights)("%s: the grant is valid for the seconds it spans, past midnight and the change", (_, night) => {
    const shift: Change = (f) => {
      Object.assign(f.grant, { iat: night.from - 60, nbf: night.from, exp: night.to });
      Object.assign(f.ticket, { from: night.from, until: night.to });
      for (const each of [f.issuer, f.box.certificate, f.box.issuer]) {
        Object.assign(each, { nbf: night.from - 86_400, exp: night.to + 86_400 });
      }
      f.door.floor = 0;
      f.proof.width = 1;
    };
    const minutes = range((night.from - 3600) / 60, (night.to + 3600) / 60);
    const permitted = minutes.filter((minute) => {
      const visit: Change = (f) => {
        shift(f);
        f.proof.lo = minute * 60;
      };
      return outcomeAfter(visit) === "permit";
    });
    expect(permitted.length).toBe(night.hours * 60);
    expect([permitted[0], permitted.at(-1)]).toEqual([night.from / 60, night.to / 60 - 1]);
  });
});

function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, index) => first + index);
}
