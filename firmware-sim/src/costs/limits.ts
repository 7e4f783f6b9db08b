/**
 * The limits in time and energy that SPEC.md and the properties set, held against a key and a cylinder. A limit that a
 * profile misses is a result, not an error: the profile is too slow, or the limit too tight.
 */
import type { FiguresUsed } from "./figure.ts";
import {
  type BusyRound,
  busyRounds,
  openingCost,
  requestTiming,
  stepNamed,
  timedSteps,
  usualCourse,
} from "./opening-cost.ts";
import { type BootKind, type HardwarePair, type RefusalKind, stepsOf } from "./opening-steps.ts";
import { firstVisit, fullVisit, heaviestVisit, type Visit } from "./visits.ts";

/** SPEC OPN-1: from power to readiness, and so to the first byte of the challenge. */
export const READY_MICROSECONDS: number = 30_000;
/** SPEC OPN-5, timer A: from the challenge to the last byte of `open`. */
export const TIMER_A_MICROSECONDS: number = 2_000_000;
/** SPEC OPN-5, timer B: from the challenge to the engagement. */
export const TIMER_B_MICROSECONDS: number = 4_500_000;
/** P11: what a refusal may cost. */
export const REFUSAL_MICROSECONDS: number = 1_500_000;
export const REFUSAL_NANOJOULES: number = 8_000_000;

export type LimitVerdict = "met" | "missed";

function verdict(value: number, limit: number): LimitVerdict {
  return value <= limit ? "met" : "missed";
}

/** How long the challenge takes to leave. */
export interface ChallengeCheck {
  /** From the touch of the contacts, the key's listening included (SPEC SER-6). */
  readonly fromContactMicroseconds: number;
  /** From when the key gives power. */
  readonly fromPowerMicroseconds: number;
  /** Power to readiness alone, without the hello on the line and the nonce: what OPN-1 says by its words. */
  readonly readyMicroseconds: number;
  readonly fromContact: LimitVerdict;
  readonly fromPower: LimitVerdict;
  readonly ready: LimitVerdict;
}

export function challengeCheck(pair: HardwarePair, boot: BootKind, used?: FiguresUsed): ChallengeCheck {
  const all = stepsOf(firstVisit, pair, { ...usualCourse, boot });
  const before = all.slice(
    0,
    all.findIndex(({ name }) => name === "challenge"),
  );
  const steps = timedSteps(before, pair, used);
  const powered = stepNamed(steps, "charge").beginsMicroseconds;
  const nonce = stepNamed(steps, "nonce");
  const fromContactMicroseconds = nonce.beginsMicroseconds + nonce.cost.microseconds;
  const fromPowerMicroseconds = fromContactMicroseconds - powered;
  const readyMicroseconds = stepNamed(steps, "hello").beginsMicroseconds - powered;
  return {
    fromContactMicroseconds,
    fromPowerMicroseconds,
    readyMicroseconds,
    fromContact: verdict(fromContactMicroseconds, READY_MICROSECONDS),
    fromPower: verdict(fromPowerMicroseconds, READY_MICROSECONDS),
    ready: verdict(readyMicroseconds, READY_MICROSECONDS),
  };
}

/** What a stranger or a holder without right can make a cylinder spend. */
export const REFUSALS = ["counted", "recorded", "with updates", "heaviest"] as const;
export type RefusalCase = (typeof REFUSALS)[number];

const REFUSED: Readonly<Record<RefusalCase, { readonly visit: Visit; readonly as: RefusalKind }>> = {
  counted: { visit: firstVisit, as: "counted" },
  recorded: { visit: firstVisit, as: "recorded" },
  "with updates": { visit: fullVisit, as: "recorded" },
  heaviest: { visit: heaviestVisit, as: "recorded" },
};

export interface RefusalCheck {
  readonly verifications: number;
  /** From power at the cylinder to the last byte of the result. */
  readonly microseconds: number;
  /** At the cylinder's terminals. */
  readonly cylinderNanojoules: number;
  readonly time: LimitVerdict;
  readonly energy: LimitVerdict;
}

/** P11 for one case: with the signatures of a first visit unless the case says otherwise. */
export function refusalCheck(refusal: RefusalCase, pair: HardwarePair, used?: FiguresUsed): RefusalCheck {
  const { visit, as } = REFUSED[refusal];
  const opening = openingCost(visit, pair, { boot: "after-outcome", end: { kind: "refused", as } }, used);
  const microseconds = opening.resultMicroseconds - stepNamed(opening.steps, "charge").beginsMicroseconds;
  const { cylinderNanojoules } = opening.total;
  return {
    verifications: opening.verifications,
    microseconds,
    cylinderNanojoules,
    time: verdict(microseconds, REFUSAL_MICROSECONDS),
    energy: verdict(cylinderNanojoules, REFUSAL_NANOJOULES),
  };
}

/** SPEC OPN-5 for one visit. */
export interface TimerCheck {
  readonly timerAMicroseconds: number;
  readonly timerBMicroseconds: number;
  readonly timerA: LimitVerdict;
  readonly timerB: LimitVerdict;
}

export function timerCheck(visit: Visit, pair: HardwarePair, used?: FiguresUsed): TimerCheck {
  const opening = openingCost(visit, pair, usualCourse, used);
  const challenge = stepNamed(opening.steps, "challenge");
  const open = stepNamed(opening.steps, "open");
  const from = challenge.beginsMicroseconds;
  const timerAMicroseconds = open.beginsMicroseconds + open.cost.microseconds - from;
  const timerBMicroseconds = stepNamed(opening.steps, "engage").beginsMicroseconds - from;
  return {
    timerAMicroseconds,
    timerBMicroseconds,
    timerA: verdict(timerAMicroseconds, TIMER_A_MICROSECONDS),
    timerB: verdict(timerBMicroseconds, TIMER_B_MICROSECONDS),
  };
}

/**
 * How a request's time-out meets C's handling of it (SPEC FRM-7, ERR-4).
 * - `in-time`: answered before the key sends it again.
 * - `repeated`: answered in time also by a C that does not listen while it computes, as the key sends it again `retries` times.
 * - `busy`: only a C that answers BUSY while it computes keeps the session, as that of the simulation does by its UART's interrupt.
 */
export type TimeoutVerdict = "in-time" | "repeated" | "busy";

export interface TimeoutCheck extends BusyRound {
  readonly verdict: TimeoutVerdict;
}

/** Every request of the visit that C has to work for. */
export function timeoutChecks(visit: Visit, pair: HardwarePair, used?: FiguresUsed): TimeoutCheck[] {
  const { steps } = openingCost(visit, pair, usualCourse, used);
  return busyRounds(steps, pair).map((round) => ({ ...round, verdict: timeoutVerdict(round) }));
}

function timeoutVerdict({ message, handlingMicroseconds }: BusyRound): TimeoutVerdict {
  const { timeoutMilliseconds, retries } = requestTiming(message);
  if (handlingMicroseconds <= timeoutMilliseconds * 1_000) return "in-time";
  return handlingMicroseconds <= timeoutMilliseconds * 1_000 * (1 + retries) ? "repeated" : "busy";
}
