/**
 * The tables of a cylinder, to be held against SPEC 8.1: what is taken in which phase, what comes next, what is done on entry.
 * step.ts runs by them, and diagram.ts draws them.
 */
import type { CylinderEffect, CylinderInput } from "./cylinder-io.ts";
import type { PhaseName } from "./cylinder-state.ts";

type InputKind = CylinderInput["kind"];
export type Acceptance = "handled" | "ignored";

/** What happens to a cylinder, as far as its phase goes. */
export type PhaseEvent =
  | "power-on"
  | "booted"
  | "hello"
  | "challenged"
  | "asked"
  | "permitted"
  | "refused"
  | "engaged"
  | "aborted"
  | "released"
  | "exhausted"
  | "memory-failed"
  | "power-lost";

export const PHASES: readonly PhaseName[] = [
  "unpowered",
  "booting",
  "challenging",
  "updating",
  "verifying",
  "committing",
  "engaged",
  "logging",
  "closed",
];

const always = { "power-on": "handled", "power-lost": "handled" } as const;
const running = { ...always, removed: "ignored", frame: "handled", "nvm-done": "handled", timer: "ignored" } as const;
const quiet = { ...running, energy: "ignored", clutch: "ignored" } as const;

/** Which inputs are handled in a phase. What is ignored changes nothing and is answered by nothing. */
export const ACCEPTS: Readonly<Record<PhaseName, Readonly<Record<InputKind, Acceptance>>>> = {
  unpowered: { ...quiet, frame: "ignored", "nvm-done": "ignored" },
  booting: quiet,
  challenging: quiet,
  updating: quiet,
  verifying: { ...quiet, removed: "handled", energy: "handled" },
  committing: { ...running, removed: "handled", energy: "handled", clutch: "handled" },
  engaged: { ...quiet, removed: "handled", timer: "handled" },
  logging: { ...quiet, removed: "handled" },
  closed: { ...quiet, frame: "ignored", "nvm-done": "ignored" },
};

const ends = { "power-on": "booting", "power-lost": "unpowered" } as const;
const fails = { ...ends, "memory-failed": "closed" } as const;

/** Which phase comes next; what is not here cannot happen. Power may fail in any of them. */
export const NEXT: Readonly<Record<PhaseName, Readonly<Partial<Record<PhaseEvent, PhaseName>>>>> = {
  unpowered: { "power-on": "booting" },
  booting: { ...fails, booted: "challenging" },
  challenging: { ...fails, hello: "challenging", challenged: "updating", exhausted: "closed" },
  updating: { ...fails, hello: "challenging", asked: "verifying" },
  verifying: { ...fails, hello: "challenging", permitted: "committing", refused: "logging" },
  committing: { ...fails, engaged: "engaged", aborted: "logging" },
  engaged: { ...ends, released: "logging" },
  logging: { ...fails, hello: "challenging" },
  closed: ends,
};

/** In which phases a new hello waits until what was begun is done. */
export const FINISHES_FIRST: readonly PhaseName[] = ["booting", "committing", "engaged"];

/** SPEC OPN-5, in ms: the two seconds that a relay has are true ones, and an RC oscillator may be slow by 1 %. */
export const ANSWER_MS = 1_980;
/** SPEC OPN-5, OPN-14, in ms. */
export const ENGAGE_MS = 4_500;
export const ENGAGED_MS = 10_000;
/**
 * What a BUSY asks for while a request is in work: the longest wait of SPEC ERR-4. The answer is taken meanwhile, so waiting longer costs
 * nobody time, and each repetition costs both sides a kilobyte.
 */
export const COMPUTING_BUSY_MS = 500;

const none: readonly CylinderEffect[] = [];

/** What is done whenever a phase is entered, and left. */
export const ON_ENTRY: Readonly<Record<PhaseName, readonly CylinderEffect[]>> = {
  unpowered: none,
  booting: none,
  challenging: none,
  updating: none,
  verifying: none,
  committing: none,
  engaged: [{ kind: "arm", name: "hold", delayMs: ENGAGED_MS }],
  logging: none,
  closed: none,
};
export const ON_EXIT: Readonly<Partial<Record<PhaseName, readonly CylinderEffect[]>>> = {
  engaged: [{ kind: "disengage" }, { kind: "disarm", name: "hold" }],
};

/** SPEC limits, as far as the firmware is built by them. */
export const CACHED_CERTIFICATES = 8;
export const CACHED_GRANTS = 8;
/** Lists that no policy names any more are kept beside the 4 that it may name, as far as there is room. */
export const KEPT_LISTS = 8;
export const SEGMENT_RECORDS = 24;
export const SEGMENT_OPENINGS = 8;
/**
 * How far apart segments may begin. No further apart than the shortest segment is long: an
 * intent never stands without what ended it, so eight openings are sixteen records at least.
 */
export const SEGMENT_STRIDE: number = 2 * SEGMENT_OPENINGS;
/**
 * In so many insertions each place has its turn: the least that is enough. Primes, lest a habit (every second insertion fails) leaves
 * places out; few, lest the order begins anew with each place that is added. A ring of 160 records has at most 13 places.
 */
export const SEGMENT_TURNS: readonly number[] = [3, 7, 13, 29];
/** How often a place that does not take what is written is given up for another one. */
export const WRITE_ATTEMPTS = 6;
