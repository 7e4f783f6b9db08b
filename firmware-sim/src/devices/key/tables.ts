/**
 * The key's tables, side by side: its duty (what it is for just now), its visit to a door, and what each input means in each
 * power state. `step.ts` and `at-cylinder.ts` go by them, `diagram.ts` draws them.
 */

/** What the grant in use and the clock make of a key. */
export const DUTIES = ["dormant", "loaded", "active", "expired"] as const;
export type Duty = (typeof DUTIES)[number];

/** The grant in use against the clock; `unknown` while the clock is lost or in conflict. */
export type GrantStanding = "none" | "unknown" | "not-yet" | "inside" | "expired";

/** On which standing a duty changes, and into which. A standing that is not listed changes nothing. */
export const DUTY_MOVES: Readonly<Record<Duty, Readonly<Partial<Record<GrantStanding, Duty>>>>> = {
  dormant: { unknown: "loaded", "not-yet": "loaded", inside: "loaded", expired: "loaded" },
  loaded: { none: "dormant", inside: "active", expired: "expired" },
  active: { none: "dormant", unknown: "loaded", "not-yet": "loaded", expired: "expired" },
  // Wiped, it stands at `none` and stays: a key that had a shift today says so until it gets the next one.
  expired: { unknown: "loaded", "not-yet": "loaded", inside: "loaded" },
};

/** What is done on entry. */
export const ON_DUTY: Readonly<Record<Duty, "nothing" | "wipe-ended-grants">> = {
  dormant: "nothing",
  loaded: "nothing",
  active: "nothing",
  expired: "wipe-ended-grants",
};

/** Follows the table until it says nothing more. */
export function dutyAfter(duty: Duty, standing: GrantStanding): Duty {
  const next = DUTY_MOVES[duty][standing];
  return next === undefined || next === duty ? duty : dutyAfter(next, standing);
}

/** The phases of a visit to a door, and which may follow which (SPEC 8.1). Removal ends each. */
export type VisitPhase = "greeting" | "updating" | "proving" | "asking" | "supplying" | "carrying" | "over";
export const VISIT_MOVES: Readonly<Record<VisitPhase, Readonly<Partial<Record<VisitPhase, string>>>>> = {
  greeting: {
    updating: "challenge, and the door lacks something",
    proving: "challenge",
    over: "no answer, or the key finds itself unfit",
  },
  updating: { updating: "answered", proving: "all sent", over: "no answer, or unfit" },
  proving: { asking: "journal committed", over: "the grant ended meanwhile" },
  asking: { supplying: "needs", carrying: "result", over: "result, or no answer" },
  supplying: { carrying: "result", over: "result, or no answer" },
  carrying: { carrying: "answered", over: "nothing left, or no answer" },
  over: {},
};

/** The phases of a technician's work at a cylinder (SPEC SVC-3, SVC-4). Removal ends each. */
export type WorkPhase = "greeting" | "preparing" | "proving" | "moving" | "over";
export const WORK_MOVES: Readonly<Record<WorkPhase, Readonly<Partial<Record<WorkPhase, string>>>>> = {
  greeting: {
    preparing: "welcome, and the carried policy is for this cylinder and state",
    over: "no answer, or nothing to do here",
  },
  preparing: { preparing: "answered", proving: "all sent", over: "commission refused, no answer, or unfit" },
  proving: { moving: "journal committed", over: "the grant ended meanwhile" },
  moving: { moving: "chunk taken", over: "outcome, or no answer" },
  over: {},
};

/** What is done with an input in each power state; `ignore` has no effect at all. */
export const INPUT_RULES = {
  off: {
    "power-on": "boot",
    "power-lost": "ignore",
    battery: "ignore",
    contact: "ignore",
    removed: "ignore",
    work: "ignore",
    frame: "ignore",
    timer: "ignore",
    "clock-stopped": "ignore",
    "nvm-done": "ignore",
  },
  broken: {
    "power-on": "boot",
    "power-lost": "off",
    battery: "ignore",
    contact: "show-fault",
    removed: "ignore",
    work: "ignore",
    frame: "ignore",
    timer: "ignore",
    "clock-stopped": "ignore",
    "nvm-done": "ignore",
  },
  /** The memory is being written: what comes meanwhile waits, and a stop of the oscillator goes before all of it. */
  writing: {
    "power-on": "boot",
    "power-lost": "off",
    battery: "wait",
    contact: "wait",
    removed: "wait",
    work: "wait",
    frame: "wait",
    timer: "wait",
    "clock-stopped": "wait",
    "nvm-done": "go-on-writing",
  },
  idle: {
    "power-on": "boot",
    "power-lost": "off",
    battery: "handle",
    contact: "handle",
    removed: "handle",
    work: "handle",
    frame: "handle",
    timer: "handle",
    "clock-stopped": "handle",
    "nvm-done": "ignore",
  },
} as const;
