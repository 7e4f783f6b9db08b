/** What goes in and out of a cylinder: tagged unions with closed reasons. */
import type { Decision, Frame, TickMs } from "@nyckelfri/protocol";
import type { Nvm, NvmOperation, NvmOutcome } from "../../hardware/nvm.ts";

/** `tickMs` is the device's own oscillator: ms since power came. */
export type CylinderInput =
  /** `noise`: a u32 that decides what hurt words show in this power-up. */
  | { readonly kind: "power-on"; readonly nvm: Nvm; readonly noise: number; readonly tickMs: TickMs }
  | { readonly kind: "power-lost" }
  /** The contact is open; what the store still holds may last for the outcome (SPEC OPN-14). */
  | { readonly kind: "removed"; readonly tickMs: TickMs }
  | { readonly kind: "frame"; readonly frame: Frame; readonly tickMs: TickMs }
  | { readonly kind: "timer"; readonly name: CylinderTimer; readonly tickMs: TickMs }
  /** Answers effect `nvm`: the memory as it is now, and the first outcome that is not `done`, or `done`. */
  | { readonly kind: "nvm-done"; readonly nvm: Nvm; readonly outcome: NvmOutcome; readonly tickMs: TickMs }
  /** Answers effect `measure-energy`. */
  | { readonly kind: "energy"; readonly reading: "enough" | "short"; readonly tickMs: TickMs }
  /** Answers effect `engage`. */
  | { readonly kind: "clutch"; readonly outcome: "engaged" | "jammed" | "refused"; readonly tickMs: TickMs };

export type CylinderEffect =
  | { readonly kind: "nvm"; readonly operations: readonly NvmOperation[] }
  /** An encoded frame. */
  | { readonly kind: "send"; readonly bytes: Uint8Array }
  | { readonly kind: "arm"; readonly name: CylinderTimer; readonly delayMs: number }
  | { readonly kind: "disarm"; readonly name: CylinderTimer }
  /** `opening`: commit, engagement and outcome (SPEC OPN-12); `actuation`: engagement and outcome. */
  | { readonly kind: "measure-energy"; readonly load: "opening" | "actuation" }
  /** With both verdicts, the one before the intent and the one after it: the clutch refuses anything less (SPEC OPN-13). */
  | { readonly kind: "engage"; readonly first: Decision; readonly second: Decision; readonly record: number }
  | { readonly kind: "disengage" };

/** `hold` ends an engagement (SPEC OPN-14). Timers A and B (SPEC OPN-5) are compared with the count of the oscillator. */
export type CylinderTimer = "hold";
