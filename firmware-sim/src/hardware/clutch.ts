/**
 * The clutch between the digital keyway and the bolt. It rests disengaged on its spring; to engage it takes energy and a
 * permit, and it holds until its time is over, the key is pulled or the power falls. The resident's keyway has nothing
 * to do with it: it turns the bolt always.
 */
import type { Decision } from "@nyckelfri/protocol";
import { type Draws, type PerMillion, strikes } from "./draws.ts";

/** Figures come from a cost profile. */
export interface ClutchProfile {
  /** To move it, and how long that takes. */
  readonly engageMicrojoules: number;
  readonly engageMicroseconds: number;
  /** To hold it against its spring. */
  readonly holdMicrowatts: number;
  /** At most the 10 s of SPEC OPN-14, whatever the firmware does. */
  readonly longestEngagedMicroseconds: number;
}

declare const PERMIT: unique symbol;
/** Says that both decisions were made and allow an opening (SPEC OPN-13); only `permitClutch` makes one. */
export interface ClutchPermit {
  readonly [PERMIT]: "both decisions";
}

/** `engaged` begins with its movement, at `sinceMicroseconds`; from `holdsFromMicroseconds` on the bolt follows. */
export type Clutch = DisengagedClutch | EngagedClutch;
export interface DisengagedClutch {
  readonly state: "disengaged";
}
export interface EngagedClutch {
  readonly state: "engaged";
  readonly sinceMicroseconds: number;
  readonly holdsFromMicroseconds: number;
  readonly untilMicroseconds: number;
}

export interface EngageAttempt {
  readonly permit: ClutchPermit | undefined;
  /** For `engageMicrojoules`, as the energy store has it. */
  readonly energy: "enough" | "short";
  readonly atMicroseconds: number;
  /** A fault: something blocks it. */
  readonly jamPerMillion: PerMillion;
}

/** A jam costs the energy of an engagement and engages nothing; a refusal costs nothing. */
export type EngageOutcome =
  | { readonly kind: "engaged"; readonly spentMicrojoules: number; readonly untilMicroseconds: number }
  | { readonly kind: "jammed"; readonly spentMicrojoules: number }
  | { readonly kind: "refused"; readonly reason: "no-permit" | "already-engaged" | "energy" };

export type Keyway = "digital" | "mechanical";

/** At rest. */
export const DISENGAGED: Clutch = { state: "disengaged" };

/**
 * The permit of two verdicts, the one before the intent's commit and the one after it. Undefined unless both allow an
 * opening: a service permit never engages (SPEC DEC-21).
 */
export function permitClutch(
  first: Pick<Decision, "verdict"> | undefined,
  second: Pick<Decision, "verdict"> | undefined,
): ClutchPermit | undefined {
  const isAllowed = first?.verdict === "permit-open" && second?.verdict === "permit-open";
  return isAllowed ? (PERMITTED as ClutchPermit) : undefined;
}

/** The clutch at a time, with its own time-out: what every other function here begins with. */
export function clutchAt(clutch: Clutch, atMicroseconds: number): Clutch {
  return clutch.state === "engaged" && atMicroseconds >= clutch.untilMicroseconds ? DISENGAGED : clutch;
}

/** Engages, or says why not. One that is engaged is not held longer by a second permit. */
export function engageClutch(
  clutch: Clutch,
  profile: ClutchProfile,
  attempt: EngageAttempt,
  draws: Draws,
): { readonly clutch: Clutch; readonly outcome: EngageOutcome } {
  const { permit, energy, atMicroseconds } = attempt;
  const now = clutchAt(clutch, atMicroseconds);
  if (permit === undefined) return { clutch: now, outcome: { kind: "refused", reason: "no-permit" } };
  if (now.state === "engaged") return { clutch: now, outcome: { kind: "refused", reason: "already-engaged" } };
  if (energy === "short") return { clutch: now, outcome: { kind: "refused", reason: "energy" } };
  const spentMicrojoules = profile.engageMicrojoules;
  if (strikes(draws, attempt.jamPerMillion)) return { clutch: now, outcome: { kind: "jammed", spentMicrojoules } };
  const untilMicroseconds = atMicroseconds + profile.longestEngagedMicroseconds;
  const holdsFromMicroseconds = atMicroseconds + profile.engageMicroseconds;
  return {
    clutch: { state: "engaged", sinceMicroseconds: atMicroseconds, holdsFromMicroseconds, untilMicroseconds },
    outcome: { kind: "engaged", spentMicrojoules, untilMicroseconds },
  };
}

/** What the clutch draws at a time, rounded up: the load under which the store may brown out. */
export function clutchMicrowatts(clutch: Clutch, profile: ClutchProfile, atMicroseconds: number): number {
  const now = clutchAt(clutch, atMicroseconds);
  if (now.state === "disengaged") return 0;
  if (atMicroseconds >= now.holdsFromMicroseconds) return profile.holdMicrowatts;
  return Math.ceil((profile.engageMicrojoules * SECOND) / profile.engageMicroseconds);
}

/** Removal, brown-out and the firmware's own release: the spring needs no energy and cannot be refused. */
export function releaseClutch(_clutch: Clutch): Clutch {
  return DISENGAGED;
}

/** Whether the bolt follows a key that is turned in this keyway. */
export function turnKeyway(clutch: Clutch, keyway: Keyway, atMicroseconds: number): "turns-bolt" | "turns-freely" {
  if (keyway === "mechanical") return "turns-bolt";
  const now = clutchAt(clutch, atMicroseconds);
  return now.state === "engaged" && atMicroseconds >= now.holdsFromMicroseconds ? "turns-bolt" : "turns-freely";
}

const SECOND = 1_000_000;
const PERMITTED: unknown = Object.freeze({});
