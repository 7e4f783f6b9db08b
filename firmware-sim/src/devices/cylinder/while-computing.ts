/**
 * What the UART's interrupt does while the main loop verifies or writes (SPEC FRM-7): of a whole frame it knows session, sequence and
 * bytes, and those of the request in work. It changes no state; all but a repetition of that request waits for the main loop.
 */
import { type Frame, type ResponderState, stepResponder } from "@nyckelfri/protocol";
import type { CylinderState } from "./cylinder-state.ts";
import { RESPONDER } from "./moves.ts";
import { COMPUTING_BUSY_MS } from "./tables.ts";

/** Of the answer that the newest step has made, if any: its first byte is still to be sent, or was. */
export type AnswerPlace = "to-come" | "has-left";

/** The bytes to send at once; `silence` where nothing is said, and the frame is dropped; `later` where the main loop is to hear it. */
export function whileComputing(
  state: CylinderState,
  frame: Frame,
  answer: AnswerPlace,
): Uint8Array | "silence" | "later" {
  if (state.power !== "on" || frame.kind !== "request") return "later";
  const { at } = state.responder;
  if (at.phase === "closed" || frame.session !== at.session) return "later";
  const answered = answer === "to-come" && at.phase !== "handling" ? at.last.request : undefined;
  const request = at.phase === "handling" ? at.request : answered;
  if (request?.sequence !== frame.sequence) return "later";
  // The answer is made and nobody has it yet: to the other side the request is still being handled.
  const { session, version, notification } = at;
  const handling = { phase: "handling", session, version, notification, request, last: undefined } as const;
  const inWork: ResponderState = { ...state.responder, at: handling };
  const { effects } = stepResponder(INTERRUPT, inWork, { kind: "received", frame });
  return effects.find((effect) => effect.kind === "write")?.bytes ?? "silence";
}

const INTERRUPT: typeof RESPONDER = { ...RESPONDER, busyMilliseconds: COMPUTING_BUSY_MS };
