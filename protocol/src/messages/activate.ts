/** Activate: a key in an activation box (SPEC 8.3). Hello, proof and time are those of dock.ts. */
import { choice, map, optional, required, type Schema, uint } from "../cbor/schema.ts";
import { pin } from "../objects/rules.ts";
import { times } from "../registry.ts";
import type { Interval, Seconds } from "../time/clock.ts";
import { certificates, digest, nonce16, object } from "./common.ts";

/** SPEC ACT-1: the grant in use. */
export interface GrantReply {
  readonly grant?: Uint8Array;
}

export interface PinRequest {
  /** 4 to 8 digits. */
  readonly pin: string;
}
export interface PinReply {
  /** 0 to 5, this attempt counted. */
  readonly attemptsLeft: number;
  /** Appendix D: v of the PIN, 32 bytes; absent when the key is locked. Secret. */
  readonly v?: Uint8Array;
}

export interface ActivateRequest {
  readonly ticket: Uint8Array;
  /** Of the box, and of its issuer. */
  readonly certificates: readonly Uint8Array[];
}
export interface ActivateReply {
  readonly outcome: "activated" | "other-grant" | "refused";
}

/** How the PIN was judged, when it was not right: the key journals it. */
export interface PinVerdictRequest {
  readonly verdict: "wrong-pin" | "locked";
}

/** SPEC TIM-13: the box's or cabinet's own nonce. */
export interface TimeAskRequest {
  readonly nonce: Uint8Array;
}
export interface TimeAskReply {
  /** A TimeStatement of class key; absent while the key's clock is not good enough. */
  readonly statement?: Uint8Array;
  readonly grant?: Uint8Array;
  /** Of the grant's issuer: a box without a host may never have seen it. */
  readonly certificates?: readonly Uint8Array[];
}

export const grantReply: Schema<GrantReply> = map({ grant: optional(1, object) });
export const pinRequest: Schema<PinRequest> = map({ pin: required(1, pin) });
export const pinReply: Schema<PinReply> = map({
  attemptsLeft: required(1, uint({ max: 5 })),
  v: optional(2, digest),
});
export const activateRequest: Schema<ActivateRequest> = map({
  ticket: required(1, object),
  certificates: required(2, certificates),
});
export const activateReply: Schema<ActivateReply> = map({
  outcome: required(1, choice({ activated: 0, "other-grant": 1, refused: 2 })),
});
export const pinVerdictRequest: Schema<PinVerdictRequest> = map({
  verdict: required(1, choice({ "wrong-pin": 1, locked: 2 })),
});
export const timeAskRequest: Schema<TimeAskRequest> = map({ nonce: required(1, nonce16) });
export const timeAskReply: Schema<TimeAskReply> = map({
  statement: optional(1, object),
  grant: optional(2, object),
  certificates: optional(3, certificates),
});

export type TicketWindow =
  | { readonly kind: "window"; readonly from: Seconds; readonly until: Seconds }
  /** More than an hour before nbf is possible, as the box's clock stands. */
  | { readonly kind: "too-early" }
  /** No door would take the ticket any more (SPEC TIM-10). */
  | { readonly kind: "expired" };

/**
 * SPEC ACT-5: the window of the ticket that a box with this clock gives for a verified grant, or why it gives none. No ticket holds
 * outside of the window of the box's own certificate (SPEC TRU-4), which is one that holds by now, or when the grant begins.
 */
export function ticketWindow(
  grant: { readonly nbf: Seconds; readonly exp: Seconds },
  box: Pick<Interval, "lo" | "hi">,
  certificate: { readonly nbf: Seconds; readonly exp: Seconds },
): TicketWindow {
  const until = Math.min(grant.exp, certificate.exp);
  const from = Math.max(grant.nbf, box.lo - times.activateBackSeconds, certificate.nbf);
  if (box.lo + times.activateEarlySeconds < grant.nbf) return { kind: "too-early" };
  if (box.hi + times.expiryMarginSeconds > until || from >= until) return { kind: "expired" };
  return { kind: "window", from, until };
}
