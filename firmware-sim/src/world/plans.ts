/** What a world is built from. */
import type { CryptoProvider, Seconds } from "@nyckelfri/protocol";
import type { HardwarePair } from "../costs/index.ts";
import type { Shift } from "./authority.ts";
import type { WorldFaults } from "./conditions.ts";
import type { DoorTerms } from "./door-book.ts";
import type { Door } from "./parties.ts";
import type { Seed } from "./streams.ts";
import type { Keeping } from "./trace.ts";
import type { Watchers } from "./watchers.ts";

export interface WorldOptions {
  readonly seed: Seed;
  /** True time at the begin, Unix seconds: 2 November 2026, 05:00 UTC, unless given. */
  readonly beginsAt?: Seconds;
  readonly provider?: CryptoProvider;
  readonly hardware?: HardwarePair;
  /** What goes wrong; nothing unless given. */
  readonly faults?: WorldFaults;
  readonly keeping?: Keeping;
  /** Who watches: all checkers unless given. */
  readonly watchers?: Watchers;
}

export interface DoorPlan {
  /** Of care providers: who comes in. */
  readonly groups: readonly number[];
  readonly kind?: Door["kind"];
  readonly terms?: Partial<DoorTerms>;
}

/** A door that several homes share is planned with all their groups. */
export type ShiftPlan = Omit<Shift, "holder" | "key" | "iat">;
