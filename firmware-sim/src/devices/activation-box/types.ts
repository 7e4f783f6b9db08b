/** What an activation box adds to the core: PIN verifiers, counted attempts, and tickets (SPEC 8.3, PER-10). */
import type { ActivationTicket, DeviceKey, PinVerifier, Seconds, TicketWindow } from "@nyckelfri/protocol";
import type { TimeAsked, TimeHeard } from "../mains/carried-time.ts";
import type { FetchNotes } from "../mains/fetching.ts";
import type { Family } from "../mains/holdings.ts";
import type { Extension, MainsConfig, MainsEffect, MainsInput, MainsOn, MainsState } from "../mains/state.ts";
import type { TimeNotes } from "../mains/steps.ts";
import type { Held } from "../shared/belief.ts";

export interface BoxConfig extends MainsConfig {
  /** Alone, as in a vehicle, it takes the time also from two keys of two holders (SPEC TIM-13). */
  readonly place: "at-host" | "alone";
  /** Keys whose PIN it can hold a verifier of. */
  readonly pinPlaces: number;
  /** So long it waits for a PIN before the key is left at rest. */
  readonly pinWaitMs: number;
}

/** The steps of an activation, as SPEC 8.3 has them. */
export type BoxStep =
  | "fetching"
  | "proving"
  | "hearing-time"
  | "asking-nonce"
  | "giving-time"
  | "reading-grant"
  | "judging"
  | "learning-issuer"
  | "awaiting-pin"
  | "trying-pin"
  | "comparing"
  | "activating"
  | "telling-verdict";

/** How a stay in the contact can end, as it is shown. */
export type Ending =
  | { readonly kind: "activated" }
  | { readonly kind: "no-grant" }
  /** Not the city's, not this key's, or taken back. */
  | { readonly kind: "grant-refused" }
  /** More than an hour before the shift. */
  | { readonly kind: "too-early"; readonly nbf: Seconds }
  | { readonly kind: "shift-over" }
  /** Nobody has told this box the PIN of this key. */
  | { readonly kind: "no-pin" }
  | { readonly kind: "locked" }
  | { readonly kind: "nothing-typed" }
  | { readonly kind: "no-time"; readonly wants: "host" | "another-key" }
  | { readonly kind: "out-of-order" };

/** What a slot shows its holder. `left` is the number of tries. */
export type BoxSign =
  | { readonly kind: "ready" }
  | { readonly kind: "reading" }
  | { readonly kind: "type-pin"; readonly left: number }
  | { readonly kind: "wrong-pin"; readonly left: number }
  | Ending;

export interface BoxDock extends TimeNotes, TimeAsked, FetchNotes {
  /** The grant's exact bytes. */
  readonly grant: Uint8Array | "none";
  /** Until the key is asked. Secret. */
  readonly typed: string | "none";
  /** What is left of the tries by the key's own count. */
  readonly keyLeft: number;
  readonly verdict: "none" | "wrong-pin" | "locked";
  /** Where a judgement leads that was made after a commit. */
  readonly leadsTo: "learning-issuer" | "awaiting-pin" | "activating" | "telling-verdict" | "rest";
  /** A ticket that may be signed: its number is committed. */
  readonly due: DueTicket | "none";
  /** Digest of the grant that was activated in this stay: it is not asked for again while the key stays. */
  readonly activated: Uint8Array | "none";
  readonly ending: Ending;
}

export interface DueTicket {
  readonly ticket: ActivationTicket;
  /** The box's own, under which the ticket holds. */
  readonly under: DeviceKey;
}

/** Tries of one key at this box. */
export interface Attempts {
  readonly count: number;
  /** No grant issued at or before this moment ends them. */
  readonly until: Seconds;
}

export interface BoxOwn {
  /** The newest of each key (SPEC OBJ-17). */
  readonly pins: Family<Held<PinVerifier>>;
  readonly attempts: Family<Attempts>;
  /** Of the last ticket. */
  readonly ticketCounter: number;
}

export type BoxNext = { readonly slot: number; readonly session: number } & (
  | { readonly kind: "judge" }
  | { readonly kind: "ask-again" }
  /** The attempt is committed. `v` is secret. */
  | { readonly kind: "compare"; readonly v: Uint8Array }
);

export interface BoxX extends Extension {
  readonly config: BoxConfig;
  readonly input: { readonly kind: "pin-typed"; readonly slot: number; readonly pin: string };
  readonly signal: { readonly kind: "show"; readonly slot: number; readonly sign: BoxSign };
  readonly own: BoxOwn;
  readonly work: TimeHeard;
  readonly dock: BoxDock;
  readonly step: BoxStep;
  readonly next: BoxNext;
}

export type OpenWindow = Extract<TicketWindow, { kind: "window" }>;

export type BoxState = MainsState<BoxX>;
export type BoxOn = MainsOn<BoxX>;
export type BoxInput = MainsInput<BoxX>;
export type BoxEffect = MainsEffect<BoxX>;
