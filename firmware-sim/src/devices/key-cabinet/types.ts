/** What a key cabinet, a single key safe and a vehicle box add to the station that they are too (SPEC 8.4). */
import type { CabinetEvent, Grant, Seconds } from "@nyckelfri/protocol";
import type { TimeAsked, TimeHeard } from "../mains/carried-time.ts";
import type { FetchNotes } from "../mains/fetching.ts";
import type { Family } from "../mains/holdings.ts";
import type { MainsEffect, MainsInput, MainsOn, MainsState } from "../mains/state.ts";
import type { Held } from "../shared/belief.ts";
import type { StationConfig, StationDock, StationKind, StationOwn, StationStep } from "../station/types.ts";

/** What tells one make from another. Its slots are those of the core. */
export interface CabinetMake {
  readonly slots: number;
  /** Without a host: time, own certificate and lists come with the keys (SPEC TIM-13, ACT-8). */
  readonly host: "serial" | "none";
  /** Whose switch tells that it is open: one door over all slots, or one flap for each. */
  readonly doors: "one" | "each-slot";
}

export interface CabinetConfig extends StationConfig, CabinetMake {
  /** Where the host has configured nothing: minutes after its grant until a key is overdue, 0 for never. */
  readonly overdueMinutes: number;
  /** The same for a door: seconds that it may stand open, 0 for ever. */
  readonly doorLeftOpenSeconds: number;
  /** Keys that are out and remembered; the one that went first is forgotten first. */
  readonly keysOut: number;
  /** Notifications that are kept for a host that is away; the oldest goes. */
  readonly keptEvents: number;
}

export type CabinetOwnInput =
  /**
   * Somebody has identified at the cabinet's own reader, by badge or PIN pad. How that is done is no part of the protocol; what
   * comes out of it is the 8-byte pseudonym that the grants have as sub.
   */
  | { readonly kind: "holder-presented"; readonly holder: Uint8Array }
  /** Number of the door's switch: 0, or the slot's where each has its own. Told at each change, and after power-on. */
  | { readonly kind: "door"; readonly door: number; readonly position: "open" | "closed" };

export type CabinetSignal =
  /**
   * Draws the bolt of a slot until `lock`. The bolt is sprung: it holds without power, and lets a key in at any time. `lock` lets
   * go of it.
   */
  | { readonly kind: "unlock"; readonly slot: number }
  | { readonly kind: "lock"; readonly slot: number }
  | { readonly kind: "show"; readonly shows: CabinetShow };
/** At the reader's display. */
export type CabinetShow =
  | "key-taken-in"
  | "take-your-key"
  | "wrong-key"
  | "nothing-for-you"
  | "key-battery"
  | "try-again";

// ---- what it remembers without power -----------------------------------------------------------

/** Where a key of the city is, as far as this cabinet had to do with it. */
export interface Whereabouts {
  readonly kid: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly place: Place;
}
export type Place =
  | { readonly kind: "stored"; readonly slot: number }
  /** Committed before the bolt is drawn: if power ends now, the key may be gone. */
  | { readonly kind: "released"; readonly slot: number; readonly lease: Lease }
  | { readonly kind: "out"; readonly slot: number; readonly lease: Lease; readonly overdue: "told" | "not-told" };

/** To whom a key went: the grant is named, and never the holder (SPEC OBJ-14). */
export interface Lease {
  /** cti of the grant; `unknown` where the key went without one, such as by an override. */
  readonly grant: Uint8Array | "unknown";
  /** Of the grant; 0 where it is not known. */
  readonly exp: Seconds;
  /** The lower bound of the cabinet's clock when it went; 0 where that was not running. */
  readonly since: Seconds;
}

/** A notification that is kept until a host is there (SPEC STO-2). */
export interface KeptEvent {
  readonly name: string;
  readonly number: number;
  readonly event: CabinetEvent;
}

export interface CabinetOwn extends StationOwn {
  /** By kid. */
  readonly whereabouts: Family<Whereabouts>;
  /** The grant in use of each stored key, as its memory was last seen. */
  readonly grants: Family<Held<Grant>>;
  /** In their order. */
  readonly events: Family<KeptEvent>;
}

// ---- what dies with power ----------------------------------------------------------------------

export type BoltReason = "hand-out" | "give-back" | "override";

export interface CabinetWork extends TimeHeard {
  /** After power-on the keys that are still there show themselves first: what shows itself then was not put in just now. */
  readonly since: "power-on" | "settled";
  /** Slots into which a key was put before the cabinet's eyes, and of which it is not judged yet. */
  readonly putIn: readonly number[];
  /** Slots whose wrong key was told of. */
  readonly toldWrong: readonly number[];
  readonly drawn: ReadonlyMap<number, BoltReason>;
  readonly doors: ReadonlyMap<number, "open" | "left-open">;
  /** Who stands at the reader, and which slot is being prepared for them. */
  readonly wish: { readonly holder: Uint8Array; readonly slot: number } | "none";
  readonly telling: Telling | "nothing";
}
/** Events up to a number were sent in a session, whose nonce this is, when it had answered so many requests. */
export interface Telling {
  readonly nonce: Uint8Array;
  readonly upTo: number;
  readonly answered: number;
}

export type CabinetStep =
  // SPEC DCK-8: a PIN is enrolled in a station.
  | Exclude<StationStep, "enrolling-pin">
  | "fetching"
  | "hearing"
  | "learning-grant"
  | "learning-issuer"
  | "checking-in"
  | "checking-out"
  | "learning-new-grant";

export interface CabinetDock extends StationDock, TimeAsked, FetchNotes {
  /** What this session is for. */
  readonly purpose: "store" | "hand-out";
  /** A verified grant of this key, shown in this session. */
  readonly shown: Pick<Held<Grant>, "bytes" | "value" | "signer"> | "none";
}

export type CabinetNext =
  | { readonly kind: "draw-bolt"; readonly slot: number; readonly reason: BoltReason }
  | { readonly kind: "tell-events" }
  | { readonly kind: "tell-now"; readonly events: readonly CabinetEvent[] };

export interface CabinetX extends StationKind {
  readonly config: CabinetConfig;
  readonly input: CabinetOwnInput;
  readonly signal: CabinetSignal;
  readonly own: CabinetOwn;
  readonly work: CabinetWork;
  readonly dock: CabinetDock;
  readonly step: CabinetStep;
  readonly next: CabinetNext;
}

export type CabinetState = MainsState<CabinetX>;
export type CabinetOn = MainsOn<CabinetX>;
export type CabinetInput = MainsInput<CabinetX>;
export type CabinetEffect = MainsEffect<CabinetX>;
