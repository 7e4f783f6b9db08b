import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reasons } from "#src/registry.ts";
import { anyVisit, breaks } from "./breaks.ts";
import { type Facts, oracle, refusesBy, rows } from "./oracle.ts";
import { decide, type Forgery } from "./real.ts";
import { draws, one, permitted, representable } from "./visits.ts";

const REASONS: readonly string[] = reasons.map(({ name }) => name);
const FORGERIES = ["tampered", "another-key"] as const;

/** A decision in the words of the oracle. */
function said(facts: Facts, forgery?: Forgery): unknown {
  const decision = decide(facts, forgery);
  return decision.verdict === "refuse" ? { reason: decision.reason } : { reason: "permit", ...decision.interval };
}

describe("against a second implementation", () => {
  test("SPEC DEC-1 to DEC-22: reason and permitted interval are the oracle's, and every row is reached", () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(draws, fc.constantFrom(...FORGERIES), (g, forgery) => {
        const facts = anyVisit(g);
        fc.pre(representable(facts));
        const verdict = oracle(facts);
        expect(said(facts, forgery)).toEqual(verdict);
        seen.set(verdict.reason, (seen.get(verdict.reason) ?? 0) + 1);
      }),
      { numRuns: 3000 },
    );
    console.info(`outcomes: ${JSON.stringify(Object.fromEntries(seen))}`);
    expect([...seen.keys()].sort()).toEqual([...REASONS, "permit"].sort());
  });

  test("the oracle has the seventeen rows of the registry in their order, and what is drawn as permitted is", () => {
    expect(["malformed", ...rows.map(([reason]) => reason)]).toEqual(REASONS);
    fc.assert(
      fc.property(draws, (g) => {
        const facts = permitted(g);
        expect([representable(facts), oracle(facts).reason]).toEqual([true, "permit"]);
      }),
      { numRuns: 1000 },
    );
  });

  test.each(REASONS)("of all that is wrong with a visit the first row is the reason: %s", (first) => {
    const later = REASONS.slice(REASONS.indexOf(first) + 1);
    const both = new Map(later.map((reason) => [reason, 0]));
    fc.assert(
      fc.property(draws, fc.constantFrom(...FORGERIES), (g, forgery) => {
        for (const reason of later) {
          const facts = permitted(g);
          one(g, breaks[reason] ?? [])(facts, g);
          one(g, breaks[first] ?? [])(facts, g);
          if (!representable(facts)) continue;
          const earlier = REASONS.slice(0, REASONS.indexOf(first)).some((name) => refusesBy(facts, name));
          // Without grant or proof no later row can be judged at all: there the break itself was the second fault.
          const second = first === "malformed" || refusesBy(facts, reason);
          if (earlier || !refusesBy(facts, first) || !second) continue;
          expect(said(facts, forgery)).toEqual({ reason: first });
          both.set(reason, (both.get(reason) ?? 0) + 1);
        }
      }),
      { numRuns: 60 },
    );
    expect([...both].filter(([, count]) => count === 0)).toEqual([]);
  });
});
