/** What a key shows its holder: one light and sound for each coarse result (SPEC MSG-8), and for what happens in a dock. */
import type { CoarseResultName } from "@nyckelfri/protocol";

export type KeySignal =
  /** At a door, from its result; from the key's own look at itself where it does not ask (SPEC OPN-6). */
  | CoarseResultName
  | "battery-low"
  | "battery-critical"
  | "battery-empty"
  | "time-taken"
  | "grant-loaded"
  | "activated"
  | "wrong-pin"
  | "pin-locked"
  | "shift-over"
  /** A cylinder was mounted or dismounted, would not be, or still has records that nobody has a receipt for. */
  | "work-done"
  | "work-refused"
  | "log-first"
  | "fault";

export interface Pattern {
  readonly light: "green" | "yellow" | "red" | "blue" | "white";
  readonly flashes: number;
  readonly beeps: number;
}

/** No two are the same: light, flashes and beeps together tell which. */
export const SIGNALS: Readonly<Record<KeySignal, Pattern>> = {
  opened: { light: "green", flashes: 1, beeps: 1 },
  "try-again": { light: "yellow", flashes: 1, beeps: 2 },
  clock: { light: "blue", flashes: 2, beeps: 2 },
  activate: { light: "blue", flashes: 3, beeps: 2 },
  "not-permitted-now": { light: "red", flashes: 1, beeps: 3 },
  "door-out-of-service": { light: "red", flashes: 2, beeps: 3 },
  "update-key": { light: "yellow", flashes: 3, beeps: 2 },
  "battery-low": { light: "yellow", flashes: 1, beeps: 0 },
  "battery-critical": { light: "red", flashes: 1, beeps: 0 },
  "battery-empty": { light: "red", flashes: 3, beeps: 0 },
  "time-taken": { light: "white", flashes: 1, beeps: 0 },
  "grant-loaded": { light: "white", flashes: 2, beeps: 1 },
  activated: { light: "green", flashes: 2, beeps: 1 },
  "wrong-pin": { light: "red", flashes: 2, beeps: 2 },
  "pin-locked": { light: "red", flashes: 4, beeps: 2 },
  "shift-over": { light: "blue", flashes: 1, beeps: 0 },
  "work-done": { light: "green", flashes: 3, beeps: 1 },
  "work-refused": { light: "red", flashes: 3, beeps: 2 },
  "log-first": { light: "yellow", flashes: 2, beeps: 2 },
  fault: { light: "red", flashes: 5, beeps: 5 },
};
