/** A device's clock in a world whose true time is known, in nanoseconds so that a drift of 1 ppm of a millisecond shows. */

import { type Clock, LATEST_SECONDS, type TickMs, type TimeSourceClass } from "#src/time/clock.ts";
import { acceptTime, type TimeAnswer, type TimeChallenge, type TimeOutcome } from "#src/time/time-answer.ts";

export const KEY_NONCE_MS = 2000;

/** 16 bytes, one value for each number. */
export function nonceOf(number: number): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, index) => (index < 4 ? (number >> (index * 8)) & 0xff : 0x5a));
}

/** 8 bytes of a source, as its kid. */
export function kidOf(source: number): Uint8Array {
  return new Uint8Array(8).fill(source);
}

export interface Statement {
  readonly t: number;
  readonly uncertaintyMs: number;
  readonly sourceClass?: TimeSourceClass;
  readonly source?: number;
  /** From giving the nonce to the statement's last byte. */
  readonly roundTripMs?: number;
  readonly window?: { readonly nbf: number; readonly exp: number };
}

/** An answer whose last byte came at a tick, and the challenge that it answers. */
export function answered(statement: Statement, tickMs: TickMs): { challenge: TimeChallenge; answer: TimeAnswer } {
  const { t, uncertaintyMs, sourceClass = "station", source = 1, roundTripMs = 0 } = statement;
  // Another one for each moment and source: a nonce is answered once (SPEC TIM-3).
  const nonce = nonceOf((tickMs % 65_536) * 64 + (source % 64));
  return {
    challenge: { nonce, givenAtTickMs: tickMs - roundTripMs, lifetimeMs: KEY_NONCE_MS },
    answer: {
      nonce,
      t,
      uncertaintyMs,
      source: { kid: kidOf(source), sourceClass },
      certificateWindow: statement.window ?? { nbf: 0, exp: LATEST_SECONDS },
      receivedAtTickMs: tickMs,
    },
  };
}

/** Gives a statement to a clock at a tick. */
export function tell(clock: Clock, tickMs: TickMs, statement: Statement): TimeOutcome {
  const { challenge, answer } = answered(statement, tickMs);
  return acceptTime(clock, challenge, answer);
}
