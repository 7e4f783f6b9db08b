import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Clutch,
  type ClutchProfile,
  clutchAt,
  clutchMicrowatts,
  DISENGAGED,
  type EngageAttempt,
  engageClutch,
  permitClutch,
  releaseClutch,
  turnKeyway,
} from "#src/hardware/clutch.ts";
import { drawsOf, NO_DRAWS } from "./draws-of.ts";

const PROFILE: ClutchProfile = {
  engageMicrojoules: 18_000,
  engageMicroseconds: 100_000,
  holdMicrowatts: 9000,
  longestEngagedMicroseconds: 10_000_000,
};
const OPEN = { verdict: "permit-open" } as const;
const SERVICE = { verdict: "permit-service" } as const;
const REFUSE = { verdict: "refuse" } as const;
const PERMIT = permitClutch(OPEN, OPEN);
const attempt = (atMicroseconds: number, change: Partial<EngageAttempt> = {}): EngageAttempt => ({
  permit: PERMIT,
  energy: "enough",
  atMicroseconds,
  jamPerMillion: 0,
  ...change,
});
const engagedAt = (at: number) => engageClutch(DISENGAGED, PROFILE, attempt(at), NO_DRAWS).clutch;
const clutches: fc.Arbitrary<Clutch> = fc.option(fc.nat({ max: 30_000_000 }).map(engagedAt), { nil: DISENGAGED });
const times = fc.nat({ max: 60_000_000 });

test("only two verdicts that both permit an opening make a permit (SPEC DEC-21, OPN-13)", () => {
  const verdicts = [OPEN, SERVICE, REFUSE, undefined];
  const permitted = verdicts.flatMap((first) =>
    verdicts.filter((second) => permitClutch(first, second) !== undefined).map((second) => [first, second]),
  );
  expect(permitted).toEqual([[OPEN, OPEN]]);
});

test("it engages with a permit and energy, for at most its time", () => {
  const { clutch, outcome } = engageClutch(DISENGAGED, PROFILE, attempt(5), NO_DRAWS);
  expect(outcome).toEqual({ kind: "engaged", spentMicrojoules: 18_000, untilMicroseconds: 10_000_005 });
  expect(clutchAt(clutch, 10_000_004).state).toBe("engaged");
  expect(clutchAt(clutch, 10_000_005)).toBe(DISENGAGED);
});

test.each([
  [{ permit: undefined }, "no-permit"],
  [{ energy: "short" }, "energy"],
  [{ permit: undefined, energy: "short" }, "no-permit"],
] as const)("without %j it stays at rest: %s", (change, reason) => {
  const step = engageClutch(DISENGAGED, PROFILE, attempt(5, change), NO_DRAWS);
  expect(step).toEqual({ clutch: DISENGAGED, outcome: { kind: "refused", reason } });
});

test("permits do not add up: one engagement never lasts longer than its time", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 4_000_000 }), { minLength: 1, maxLength: 10 }), (pauses) => {
      let clutch: Clutch = DISENGAGED;
      let at = 0;
      for (const pause of pauses) {
        at += pause;
        const before = clutchAt(clutch, at);
        const step = engageClutch(clutch, PROFILE, attempt(at), NO_DRAWS);
        clutch = step.clutch;
        if (before.state === "engaged") {
          expect(step).toEqual({ clutch: before, outcome: { kind: "refused", reason: "already-engaged" } });
        }
        if (clutch.state === "engaged") expect(clutch.untilMicroseconds - at).toBeLessThanOrEqual(10_000_000);
        expect(clutchAt(clutch, at + 10_000_000)).toBe(DISENGAGED);
      }
    }),
  );
});

test("removal and brown-out release it always", () => {
  fc.assert(
    fc.property(clutches, times, (clutch, at) => {
      const released = releaseClutch(clutch);
      expect(turnKeyway(released, "digital", at)).toBe("turns-freely");
      expect(clutchMicrowatts(released, PROFILE, at)).toBe(0);
    }),
  );
});

test("the resident's key turns the bolt whatever the clutch does, and leaves it alone", () => {
  fc.assert(
    fc.property(clutches, times, (clutch, at) => {
      const before = structuredClone(clutch);
      expect(turnKeyway(clutch, "mechanical", at)).toBe("turns-bolt");
      expect(clutch).toEqual(before);
    }),
  );
});

test("the digital keyway turns the bolt while it is held: not while it moves, not after its time", () => {
  const clutch = engagedAt(1000);
  const turns = [1000, 100_999, 101_000, 10_000_999, 10_001_000].map((at) => turnKeyway(clutch, "digital", at));
  expect(turns).toEqual(["turns-freely", "turns-freely", "turns-bolt", "turns-bolt", "turns-freely"]);
  expect(turnKeyway(DISENGAGED, "digital", 0)).toBe("turns-freely");
});

test("it draws 180 mW while it moves, then what holds it, then nothing", () => {
  const clutch = engagedAt(1000);
  const draws = [1000, 100_999, 101_000, 10_001_000].map((at) => clutchMicrowatts(clutch, PROFILE, at));
  expect(draws).toEqual([180_000, 180_000, 9000, 0]);
});

test("a jam costs the energy and engages nothing; the same draws jam again", () => {
  const step = engageClutch(DISENGAGED, PROFILE, attempt(5, { jamPerMillion: 1_000_000 }), NO_DRAWS);
  expect(step).toEqual({ clutch: DISENGAGED, outcome: { kind: "jammed", spentMicrojoules: 18_000 } });
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const once = () => engageClutch(DISENGAGED, PROFILE, attempt(5, { jamPerMillion: 500_000 }), drawsOf(seed));
      expect(once()).toEqual(once());
    }),
  );
});
