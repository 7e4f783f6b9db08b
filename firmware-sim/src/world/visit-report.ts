/** What one insertion of a key into a door came to: outcome, time and energy by phase, bytes and round trips on the contact. */
import type { CoarseResult, Reason } from "@nyckelfri/protocol";

/** As in the cost model (`costs/opening-steps.ts`). */
export const VISIT_PHASES = ["power-up", "exchange", "verify", "commit", "actuate", "log"] as const;
export type VisitPhaseName = (typeof VISIT_PHASES)[number];

export interface PhaseCost {
  readonly microseconds: number;
  /** At the cylinder's terminals. */
  readonly cylinderNanojoules: number;
  /** Of the key's own electronics. */
  readonly keyNanojoules: number;
}

export interface VisitReport {
  readonly key: string;
  readonly cylinder: string;
  /** Microseconds since the world began: first contact, and the key out again. */
  readonly from: number;
  readonly until: number;
  readonly outcome: VisitOutcome;
  readonly phases: Readonly<Record<VisitPhaseName, PhaseCost>>;
  /** From contact to the last byte of the first result; absent where none came. */
  readonly resultMicroseconds?: number;
  /** From contact to the first byte of the challenge; absent where none was sent. */
  readonly challengeMicroseconds?: number;
  /** Framed bytes, hello to result and in all. */
  readonly bytesToResult: number;
  readonly bytes: number;
  readonly roundTrips: number;
  /** Signatures that the cylinder verified until the result, and made. */
  readonly verifications: number;
  readonly signatures: number;
  /** Taken out of the key's battery, losses included. */
  readonly batteryNanojoules: number;
}

export type VisitOutcome =
  | { readonly kind: "opened"; readonly record: number }
  /** The door's answer, and its reason, which only its log has. */
  | { readonly kind: "refused"; readonly result: Exclude<CoarseResult, "opened">; readonly reason: Reason | "unknown" }
  /** The key found itself unfit and asked for nothing. */
  | { readonly kind: "not-asked"; readonly signal: string }
  /** A technician's visit: commissioned, mounted or dismounted, or not. */
  | { readonly kind: "worked"; readonly signal: string }
  /** Pulled too early, no contact, no power, or no answer. */
  | { readonly kind: "broken-off" };
