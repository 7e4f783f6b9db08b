/**
 * What happens in a world, as somebody would see it who stands beside every door and reads every wire: physical facts, and what
 * arrives in the city. No device is told of it. Checkers watch it, and reports are made of it.
 *
 * Times are microseconds since the world began; devices have the ids of their entities.
 */
import type { Decision, EpochPair, Frame, LogRecord } from "@nyckelfri/protocol";
import type { BatteryStep } from "../hardware/battery.ts";
import type { Keyway } from "../hardware/clutch.ts";
import type { NvmOperation, NvmOutcome } from "../hardware/nvm.ts";
import type { Moment } from "./entity.ts";
import type { VisitReport } from "./visit-report.ts";

export type Happening =
  /** One step of a device, with the states before and after it. */
  | { readonly kind: "step"; readonly moment: Moment }
  /** A device could not go on: it threw, which no device may (P12). */
  | { readonly kind: "crash"; readonly device: string; readonly error: string }
  | { readonly kind: "power"; readonly device: string; readonly power: "on" | "off" }
  /** A key comes into contact with a cylinder or a slot, or leaves it; bounces are told too. */
  | { readonly kind: "contact"; readonly key: string; readonly at: string; readonly contact: "made" | "open" }
  /** A whole frame left an honest device's or a rogue's line for another. */
  | { readonly kind: "sent"; readonly from: string; readonly to: string; readonly frame: Frame }
  /** So many bytes go on a line, from when the first one begins until the last one is there, unless something comes between. */
  | {
      readonly kind: "transmitted";
      readonly from: string;
      readonly to: string;
      readonly bytes: number;
      readonly leavesAt: number;
      readonly arrivesAt: number;
    }
  | { readonly kind: "memory"; readonly device: string; readonly operation: NvmOperation; readonly outcome: NvmOutcome }
  | { readonly kind: "battery"; readonly key: string; readonly step: BatteryStep }
  | Engagement
  | {
      readonly kind: "disengaged";
      readonly cylinder: string;
      readonly why: "firmware" | "time-out" | "power";
      readonly afterMicroseconds: number;
    }
  /** Somebody turns a key in a keyway. */
  | {
      readonly kind: "turned";
      readonly cylinder: string;
      readonly keyway: Keyway;
      readonly outcome: "turns-bolt" | "turns-freely";
    }
  /** A box gave a ticket for a grant (its digest). */
  | { readonly kind: "activated"; readonly box: string; readonly key: string; readonly grantDigest: Uint8Array }
  /** Somebody has identified at the reader of a cabinet. */
  | { readonly kind: "presented"; readonly cabinet: string; readonly holder: Uint8Array }
  /** A cabinet draws the bolt of a slot; the key that sits there can be taken. */
  | { readonly kind: "bolt"; readonly cabinet: string; readonly slot: number; readonly key: string | "nobody" }
  /** A record that the city has taken from a verified segment; `again` when it had it already. */
  | {
      readonly kind: "collected";
      readonly cylinder: string;
      readonly store: "openings" | "refusals";
      readonly counter: number;
      readonly mount: number;
      readonly record: LogRecord;
      readonly known: "new" | "again" | "differs";
    }
  /** A visit is over: the key is out of the door again. */
  | { readonly kind: "visit"; readonly report: VisitReport }
  /** After faults have ended: somebody with every right tried, so often, and so long after the first insertion. */
  | {
      readonly kind: "liveness";
      readonly key: string;
      readonly cylinder: string;
      readonly insertions: number;
      readonly microseconds: number;
      readonly opened: "yes" | "no";
    };

/** The clutch begins to engage: this is what *open* means (PROTOCOL: time). */
export interface Engagement {
  readonly kind: "engaged";
  readonly cylinder: string;
  /** The key, or the gadget, that sits in the door. */
  readonly by: string;
  /** Of the grant on which the cylinder says it acts. */
  readonly cti: Uint8Array;
  readonly record: number;
  readonly first: Decision;
  readonly second: Decision;
  readonly holds: DoorKnowledge;
}

/** What a door holds at a moment: the ledger tells what each version says. */
export interface DoorKnowledge {
  readonly epoch: number;
  readonly floor: EpochPair;
  readonly mount: number;
  readonly policy: EpochPair;
  readonly lists: readonly { readonly list: number; readonly version: EpochPair }[];
}

export type HappeningKind = Happening["kind"];
export type HappeningOf<K extends HappeningKind> = Extract<Happening, { readonly kind: K }>;
