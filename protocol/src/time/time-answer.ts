/**
 * Taking the time: a TimeStatement that answers a fresh nonce becomes an interval and meets the clock (SPEC TIM-3 to
 * TIM-7, TIM-13). Signatures and chains have been verified before; here only time is judged.
 */
import { equalBytes } from "../bytes.ts";
import { times } from "../registry.ts";
import {
  ageBounds,
  type Bounds,
  type Clock,
  driftMs,
  intervalOf,
  LATEST_SECONDS,
  readClock,
  type Seconds,
  stopClock,
  type TickMs,
  type TimeSource,
} from "./clock.ts";

/** A nonce given out for one TimeStatement. Use a challenge once and forget it, whatever the verdict (SPEC TIM-3). */
export interface TimeChallenge {
  readonly nonce: Uint8Array;
  readonly givenAtTickMs: TickMs;
  /** 2,000 in a key, 10,000 in a station, box or cabinet. */
  readonly lifetimeMs: number;
  /** Set in stations, boxes and cabinets, which take an issuer's word alone (SPEC TIM-8). */
  readonly takes?: "issuer";
}

/** What a verified TimeStatement says, and the window of the certificate that signed it. */
export interface TimeAnswer {
  readonly nonce: Uint8Array;
  readonly t: Seconds;
  readonly uncertaintyMs: number;
  readonly source: TimeSource;
  readonly certificateWindow: { readonly nbf: Seconds; readonly exp: Seconds };
  /** When its last byte came in. */
  readonly receivedAtTickMs: TickMs;
}

/** Names and numbers of `time-verdict` in the CDDL. */
export type TimeVerdict = "accepted" | "stale" | "earlier" | "conflict" | "too-wide" | "window" | "source";

export interface TimeOutcome {
  readonly verdict: TimeVerdict;
  /** The clock from now on; the same object where the verdict changes nothing. */
  readonly clock: Clock;
}

/** Judges an answer and gives the clock after it (SPEC TIM-3 to TIM-7). */
export function acceptTime(before: Clock, challenge: TimeChallenge, answer: TimeAnswer): TimeOutcome {
  const { sourceClass } = answer.source;
  const stated = boundsOf(before, challenge, answer);
  if (stated === "stale") return { verdict: "stale", clock: before };
  // A key's word counts only beside another's (SPEC TIM-13): `acceptCarriedTime`.
  if (sourceClass === "key" || (challenge.takes === "issuer" && sourceClass !== "issuer")) {
    return { verdict: "source", clock: before };
  }
  const clock = believed(before, answer.receivedAtTickMs);
  if (answer.uncertaintyMs > times.serveUncertaintyMs) return { verdict: "too-wide", clock };
  if (!insideCertificate(stated, answer)) return { verdict: "window", clock };
  return sourceClass === "issuer" ? repair(clock, stated, answer.source) : meet(clock, stated, answer.source);
}

/** A running clock that reads as lost, past 2^32 - 1, is lost here too (SPEC TIM-2). */
function believed(clock: Clock, tickMs: TickMs): Clock {
  return clock.quality === "running" && readClock(clock, tickMs).quality === "lost" ? stopClock(clock) : clock;
}

/** SPEC TIM-3: `lo = t - u`, `hi = t + u + r`; r is measured by an oscillator that may itself be slow. */
function boundsOf(clock: Clock, challenge: TimeChallenge, answer: TimeAnswer): Bounds | "stale" {
  const roundTripMs = answer.receivedAtTickMs - challenge.givenAtTickMs;
  if (roundTripMs < 0 || roundTripMs > challenge.lifetimeMs) return "stale";
  // An answer from before the clock's own last one: the two came out of order, or the tick is of another power-up.
  if (clock.quality === "running" && answer.receivedAtTickMs < clock.bounds.atTickMs) return "stale";
  if (!equalBytes(challenge.nonce, answer.nonce)) return "stale";
  const tMs = answer.t * 1000;
  return {
    loMs: Math.max(0, tMs - answer.uncertaintyMs),
    hiMs: tMs + answer.uncertaintyMs + roundTripMs + driftMs(roundTripMs),
    atTickMs: answer.receivedAtTickMs,
  };
}

/** SPEC TIM-7: a certificate vouches only for its own window, so a stolen old one cannot tell of another time. */
function insideCertificate(stated: Bounds, { certificateWindow: { nbf, exp } }: TimeAnswer): boolean {
  const { lo, hi } = intervalOf(stated);
  return nbf <= lo && hi <= exp;
}

/** SPEC TIM-6: an issuer's word over the device's own nonce always holds, also against the remembered bound. */
function repair(clock: Clock, stated: Bounds, source: TimeSource): TimeOutcome {
  if (clock.quality === "running") {
    const common = intersect(ageBounds(clock.bounds, stated.atTickMs), stated);
    if (common !== undefined) return running(common, source, clock.knownLower);
  }
  return running(stated, source, 0);
}

/** SPEC TIM-4, TIM-5: any other source narrows, is refused, or raises a conflict. */
function meet(clock: Clock, stated: Bounds, source: TimeSource): TimeOutcome {
  switch (clock.quality) {
    case "lost": {
      if (intervalOf(stated).hi <= clock.knownLower) return { verdict: "earlier", clock };
      return running({ ...stated, loMs: Math.max(stated.loMs, clock.knownLower * 1000) }, source, clock.knownLower);
    }
    case "running": {
      const held = ageBounds(clock.bounds, stated.atTickMs);
      const common = intersect(held, stated);
      if (common !== undefined) return running(common, source, clock.knownLower);
      if (stated.hiMs < held.loMs) return { verdict: "earlier", clock };
      return {
        verdict: "conflict",
        clock: {
          quality: "conflict",
          held: { bounds: held, source: clock.source },
          claimed: { bounds: stated, source },
          knownLower: clock.knownLower,
        },
      };
    }
    case "conflict": {
      // A second source settles it by agreeing with either side; neither side may be its own second witness.
      for (const side of [clock.claimed, clock.held]) {
        if (equalBytes(side.source.kid, source.kid)) continue;
        const common = intersect(ageBounds(side.bounds, stated.atTickMs), stated);
        if (common !== undefined) return running(common, source, clock.knownLower);
      }
      return { verdict: "conflict", clock };
    }
  }
}

function running(bounds: Bounds, source: TimeSource, knownLower: Seconds): TimeOutcome {
  const lower = Math.max(knownLower, intervalOf(bounds).lo);
  if (lower > LATEST_SECONDS) return { verdict: "window", clock: { quality: "lost", knownLower } };
  return { verdict: "accepted", clock: { quality: "running", bounds, source, knownLower: lower } };
}

function intersect(a: Bounds, b: Bounds): Bounds | undefined {
  const loMs = Math.max(a.loMs, b.loMs);
  const hiMs = Math.min(a.hiMs, b.hiMs);
  return loMs <= hiMs ? { loMs, hiMs, atTickMs: b.atTickMs } : undefined;
}

/** One key's word for a box without a host: the verified statement's interval and whose grant the key holds. */
export interface CarriedTime {
  readonly answer: TimeAnswer;
  readonly challenge: TimeChallenge;
  /** Holder's pseudonym, from the key's verified grant. */
  readonly holder: Uint8Array;
}

/**
 * SPEC TIM-13: two keys of different holders may set the clock of a box that has no host; one alone sets nothing
 * (verdict `conflict`). The result never lowers the remembered bound.
 */
export function acceptCarriedTime(before: Clock, first: CarriedTime, second: CarriedTime): TimeOutcome {
  const a = boundsOf(before, first.challenge, first.answer);
  const b = boundsOf(before, second.challenge, second.answer);
  if (a === "stale" || b === "stale") return { verdict: "stale", clock: before };
  // One nonce, one answer (SPEC TIM-3).
  if (equalBytes(first.challenge.nonce, second.challenge.nonce)) return { verdict: "stale", clock: before };
  const areKeys = [first, second].every(({ answer }) => answer.source.sourceClass === "key");
  if (!areKeys) return { verdict: "source", clock: before };
  const clock = believed(before, Math.max(a.atTickMs, b.atTickMs));
  // Two of each: one key that had two holders, or one holder with two keys, is still one.
  const sameKey = equalBytes(first.answer.source.kid, second.answer.source.kid);
  if (sameKey || equalBytes(first.holder, second.holder)) return { verdict: "conflict", clock };
  if (Math.max(first.answer.uncertaintyMs, second.answer.uncertaintyMs) > times.serveUncertaintyMs) {
    return { verdict: "too-wide", clock };
  }
  if (!insideCertificate(a, first.answer) || !insideCertificate(b, second.answer)) return { verdict: "window", clock };
  const later = Math.max(a.atTickMs, b.atTickMs);
  const common = intersect(ageBounds(a, later), ageBounds(b, later));
  if (common === undefined) return { verdict: "conflict", clock };
  return meet(clock, common, second.answer.source);
}

/** t and u of SPEC OBJ-11 for a device about to sign a TimeStatement; undefined while its own u is above 60 s (SPEC TIM-8). */
export function statementOf(clock: Clock, tickMs: TickMs): { t: Seconds; uncertaintyMs: number } | undefined {
  // SPEC TIM-2: what reads as lost, also by passing 2^32 - 1, has no time to give.
  if (clock.quality !== "running" || readClock(clock, tickMs).quality !== "running") return undefined;
  const { loMs, hiMs } = ageBounds(clock.bounds, tickMs);
  // t is a whole second, so u has to reach both bounds from there.
  const t = Math.floor((loMs + hiMs) / 2000);
  const uncertaintyMs = Math.max(t * 1000 - loMs, hiMs - t * 1000);
  return uncertaintyMs <= times.serveUncertaintyMs ? { t, uncertaintyMs } : undefined;
}
