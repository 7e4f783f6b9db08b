/** The station's tables: the order of a dock, and what is shown at a slot. */
import type { ProgramMoves } from "../mains/diagram.ts";
import type { SlotPhase } from "../mains/state.ts";
import type { Lamp, StationStep } from "./types.ts";

export const FIRST_STEP: StationStep = "catching-up";

/**
 * SPEC DCK-1 to DCK-5, DCK-8: transitions that the key missed, the proof, a PIN that a host enrols, the time, then its records, and
 * last what there is for it.
 */
export const STATION_MOVES: ProgramMoves<StationStep> = {
  "catching-up": { "catching-up": "answered", proving: "none missed" },
  proving: { "enrolling-pin": "answered, or no certificate" },
  "enrolling-pin": { "asking-nonce": "answered, or no PIN to enrol" },
  "asking-nonce": { "giving-time": "nonce", "reading-journal": "no time to give, or refused" },
  "giving-time": { "asking-nonce": "stale, once", "reading-journal": "verdict, or refused" },
  "reading-journal": {
    "reading-journal": "page committed",
    "reading-segments": "all read, or no room",
    delivering: "not proven",
    fault: "page of another key or session",
  },
  "reading-segments": { "reading-segments": "segment committed, or no room", delivering: "all read" },
  delivering: { delivering: "answered", rest: "all offered" },
};

export const LAMPS: Readonly<Record<SlotPhase, Lamp>> = {
  empty: "off",
  talking: "working",
  pausing: "working",
  resting: "done",
  fault: "fault",
};
