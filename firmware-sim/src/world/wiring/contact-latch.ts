/**
 * The interrupt of a key's contact pin. It is latched: who computes while the key goes from one contact to another still learns that it
 * left the first, and does not go on with that session at a door (P14, P15).
 */
import type { KeyBody } from "./bodies.ts";

/** An open contact is believed after so long. */
export const DEBOUNCE_MICROSECONDS = 10_000;

/** Before an edge is believed: whether the contact was open for long enough in between, and the firmware has not heard of it. */
export function latchOpening(body: KeyBody, edge: "make" | "break", now: number): void {
  if (edge === "break") {
    if (body.openSince === "made") body.openSince = now;
    return;
  }
  const { openSince } = body;
  body.openSince = "made";
  if (openSince === "made" || now - openSince < DEBOUNCE_MICROSECONDS) return;
  if (body.noticed === "contact") body.missed = "opening";
}
