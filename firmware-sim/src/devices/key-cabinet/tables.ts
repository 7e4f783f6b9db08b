/** The cabinet's tables, side by side: the order of a session, the bolt of a slot, and how long things wait. */
import type { ProgramMoves } from "../mains/diagram.ts";
import type { BoltReason, CabinetStep, Place } from "./types.ts";

export const FIRST_STEP: CabinetStep = "catching-up";

/** SPEC STO-1, ACT-8: what the cabinet lacks, its proof and the time; then who the key is; then it docks as in a station, or is handed out. */
export const CABINET_MOVES: ProgramMoves<CabinetStep> = {
  "catching-up": { "catching-up": "answered", fetching: "none missed" },
  fetching: { fetching: "answered", proving: "nothing lacking, or there is a host" },
  proving: { hearing: "answered, or no certificate" },
  hearing: { "asking-nonce": "heard, or not in need of time" },
  "asking-nonce": { "giving-time": "nonce", "learning-grant": "no time to give, or refused" },
  "giving-time": { "asking-nonce": "stale, once", "learning-grant": "verdict, or refused" },
  "learning-grant": { "checking-in": "answered, or known", "learning-issuer": "issuer unknown" },
  "learning-issuer": { "learning-grant": "answered" },
  "checking-in": {
    "reading-journal": "known, and there is a host",
    delivering: "known, and no host",
    "checking-out": "known, and its holder waits",
    rest: "wrong key, or not this holder's, or its bolt is drawn",
    fault: "the key that is stored here does not prove itself",
  },
  "checking-out": { rest: "answered" },
  "reading-journal": {
    "reading-journal": "page committed",
    "reading-segments": "all read, or no room",
    delivering: "not proven",
    fault: "page of another key or session",
  },
  "reading-segments": { "reading-segments": "segment committed, or no room", delivering: "all read" },
  delivering: { delivering: "answered", "learning-new-grant": "all offered" },
  "learning-new-grant": { rest: "answered, or none was offered" },
};

/** What a key's whereabouts may become, and by what. A key that was never here has none. */
export const PLACE_MOVES: Readonly<
  Record<Place["kind"] | "nowhere", Readonly<Partial<Record<Place["kind"], string>>>>
> = {
  nowhere: { stored: "checked in" },
  stored: {
    released: "to be handed out, or override",
    out: "another key is in its slot",
    stored: "found in another slot",
  },
  released: { stored: "not taken, or checked in again", out: "contact broken, or gone at power-on" },
  out: { stored: "checked in" },
};

/** A drawn bolt springs back when the key is out, and at the latest after this; without power at once. */
export const BOLT_DRAWN_MS: Readonly<Record<BoltReason, number>> = {
  "hand-out": 15_000,
  "give-back": 15_000,
  override: 60_000,
};

/** Contacts that are made sooner after power-on are of keys that were there before. */
export const SETTLING_MS = 5_000;
/** How long somebody at the reader is kept waiting. */
export const WISH_MS = 30_000;
/** How often is looked for keys that are overdue. */
export const WATCH_MS = 60_000;
/** How often is looked whether a host has heard; one that is there asks something every 5 s (SPEC SER-4). */
export const TELL_MS = 60_000;
/** Handed out so early before its grant begins. */
export const EARLY_SECONDS = 86_400;
/** Largest values that a host may configure: a week, and an hour. */
export const LONGEST_OVERDUE_MINUTES = 10_080;
export const LONGEST_OPEN_SECONDS = 3_600;
