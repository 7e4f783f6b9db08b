/** The box's tables, side by side: the order of an activation, and what a typed PIN means at each step of it. */
import type { ProgramMoves } from "../mains/diagram.ts";
import type { SlotPhase } from "../mains/state.ts";
import type { BoxSign, BoxStep, Ending } from "./types.ts";

export const FIRST_STEP: BoxStep = "fetching";

/** SPEC ACT-1 to ACT-8: what the box lacks itself, its proof, the time, then the grant, and last the PIN. */
export const BOX_MOVES: ProgramMoves<BoxStep> = {
  fetching: { fetching: "answered", proving: "nothing lacking" },
  proving: { "hearing-time": "believed", rest: "no certificate, or not believed" },
  "hearing-time": { "asking-nonce": "heard, or not in need of time" },
  "asking-nonce": { "giving-time": "nonce", "reading-grant": "no time to give, or refused" },
  "giving-time": { "asking-nonce": "stale, once", "reading-grant": "verdict, or refused" },
  "reading-grant": { judging: "a grant", rest: "none, or activated before" },
  judging: {
    "awaiting-pin": "good",
    "learning-issuer": "issuer unknown",
    rest: "not good, too early, over, no time, no PIN known, or locked",
  },
  "learning-issuer": { judging: "answered" },
  "awaiting-pin": { "trying-pin": "typed", rest: "nothing typed" },
  "trying-pin": { comparing: "v, and the try committed", "telling-verdict": "locked" },
  comparing: {
    activating: "right, and the ticket's number committed",
    "telling-verdict": "wrong",
    rest: "grant not good any more",
  },
  activating: { rest: "activated, or refused", "reading-grant": "another grant" },
  "telling-verdict": { "awaiting-pin": "wrong, tries left", rest: "locked" },
};

/** A PIN counts where the box has asked for it, and nowhere else. */
export const TYPED_PIN: Readonly<Record<BoxStep | Exclude<SlotPhase, "talking">, "try" | "ignore">> = {
  empty: "ignore",
  pausing: "ignore",
  resting: "ignore",
  fault: "ignore",
  fetching: "ignore",
  proving: "ignore",
  "hearing-time": "ignore",
  "asking-nonce": "ignore",
  "giving-time": "ignore",
  "reading-grant": "ignore",
  judging: "ignore",
  "learning-issuer": "ignore",
  "awaiting-pin": "try",
  "trying-pin": "ignore",
  comparing: "ignore",
  activating: "ignore",
  "telling-verdict": "ignore",
};

/** What is shown when a slot comes to a phase; `as-it-ended` by the session's ending, `keep` what stands there. */
export const SHOWN: Readonly<Record<SlotPhase, BoxSign["kind"] | "as-it-ended" | "keep">> = {
  empty: "ready",
  talking: "reading",
  pausing: "keep",
  resting: "as-it-ended",
  fault: "out-of-order",
};

/** Before a session has come to anything else: the key does not believe this box, or this box has nothing to show for itself. */
export const NO_ENDING: Ending = { kind: "out-of-order" };
