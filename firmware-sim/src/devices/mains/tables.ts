/** The core's tables, side by side: what each input means, and how a slot with a key in it goes on. */
import type { SlotPhase } from "./state.ts";

/** Inputs that every station, box and cabinet has; a device's own are `own`. */
export type InputKind = keyof (typeof INPUT_RULES)["idle"];

/** What is done with an input; `ignore` has no effect at all. */
export const INPUT_RULES = {
  off: {
    "power-on": "boot",
    "power-lost": "ignore",
    "host-frame": "ignore",
    "slot-contact": "ignore",
    "slot-frame": "ignore",
    timer: "ignore",
    "clock-stopped": "ignore",
    "nvm-done": "ignore",
    own: "ignore",
  },
  broken: {
    "power-on": "boot",
    "power-lost": "off",
    "host-frame": "ignore",
    "slot-contact": "ignore",
    "slot-frame": "ignore",
    timer: "ignore",
    "clock-stopped": "ignore",
    "nvm-done": "ignore",
    own: "ignore",
  },
  /**
   * The memory is being written: what comes meanwhile waits, a stop of the oscillator before all else, and the host hears BUSY where
   * it may (SPEC SRV-6).
   */
  writing: {
    "power-on": "boot",
    "power-lost": "off",
    "host-frame": "busy-or-wait",
    "slot-contact": "wait",
    "slot-frame": "wait",
    timer: "wait",
    "clock-stopped": "wait",
    "nvm-done": "go-on-writing",
    own: "wait",
  },
  idle: {
    "power-on": "boot",
    "power-lost": "off",
    "host-frame": "handle",
    "slot-contact": "handle",
    "slot-frame": "handle",
    timer: "handle",
    "clock-stopped": "handle",
    "nvm-done": "ignore",
    own: "handle",
  },
} as const;

/** The phases of a slot, and which may follow which. A broken contact leads from each to `empty`. */
export const SLOT_MOVES: Readonly<Record<SlotPhase, Readonly<Partial<Record<SlotPhase, string>>>>> = {
  empty: { talking: "contact", fault: "contact, and no fleet yet" },
  talking: {
    empty: "removed",
    resting: "program at its end",
    pausing: "no answer, or a wrong one",
    fault: "failed three times",
  },
  pausing: { empty: "removed", talking: "pause over", fault: "no fleet" },
  resting: { empty: "removed", talking: "time for it, or something new", fault: "no fleet" },
  fault: { empty: "removed", talking: "time for it" },
};

/** What a slot's phase is called in `docks` (SPEC SRV-1). */
export const TOLD_AS: Readonly<Record<SlotPhase, "empty" | "docked" | "busy" | "fault">> = {
  empty: "empty",
  talking: "busy",
  pausing: "busy",
  resting: "docked",
  fault: "fault",
};

/** Sessions that may fail one after the other before a slot shows a fault, and how long the pauses are. */
export const FAILURES = 3;
export const PAUSE_MS = 1_000;
export const FAULT_MS = 60_000;
