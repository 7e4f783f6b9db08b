/** What a key is told, what it does, and what it is: the unions that its step is written over. */
import type {
  Battery,
  Challenge,
  CryptoProvider,
  Frame,
  JournalEntry,
  ListVersion,
  RequesterInput,
  RequesterState,
  ResponderState,
  SessionState,
  TimeChallenge,
  Transferred,
  TransferState,
} from "@nyckelfri/protocol";
import type { Nvm, NvmOperation, NvmOutcome } from "../../hardware/nvm.ts";
import type { OscillatorStopFlag } from "../../hardware/rtc.ts";
import type { Memory, Writing } from "../shared/item-memory.ts";
import type { Pool } from "../shared/pool.ts";
import type { Changes, MemoryLayout } from "../shared/transactions.ts";
import type { Holdings } from "./holdings.ts";
import type { KeySignal } from "./signals.ts";
import type { Duty, VisitPhase, WorkPhase } from "./tables.ts";

export interface KeyConfig {
  readonly provider: CryptoProvider;
  readonly layout: MemoryLayout;
  readonly quotas: KeyQuotas;
}

/** How much of what a key keeps. Both areas of its memory must hold all of it, and room to append. */
export interface KeyQuotas {
  /** Entries of the journal; the oldest goes, and the gap shows in the numbers (SPEC LOG-7). */
  readonly journalEntries: number;
  /** Bytes of log segments of one cylinder, and of all (SPEC OPN-19). */
  readonly carriedBytesPerCylinder: number;
  readonly carriedBytes: number;
  readonly policies: number;
  /** At most 16, which is what a welcome tells. */
  readonly lists: number;
  readonly receipts: number;
  readonly certificates: number;
}

/** `service` mounts, dismounts or commissions, as the carried policy for that cylinder says (SPEC 8.6). */
export type Work = "open" | "service";

export type TimerName = "reply" | "review";

/** `tickMs` is the count of the key's own oscillator, which goes on while battery or capacitor feed it. */
export type KeyInput = { readonly tickMs: number } & (
  | {
      readonly kind: "power-on";
      readonly nvm: Nvm;
      readonly stopFlag: OscillatorStopFlag;
      readonly battery: Battery;
      /** 32 bytes of the chip's random source, never the same twice. */
      readonly entropy: Uint8Array;
    }
  /** The battery is out: the firmware is gone, whatever feeds the oscillator. */
  | { readonly kind: "power-lost" }
  | { readonly kind: "battery"; readonly battery: Battery }
  /** What the contact shows within 5 ms (SPEC SER-6): the idle line of a station, box or cabinet, or a dark cylinder. */
  | { readonly kind: "contact"; readonly shows: "dark" | "idle-high" }
  | { readonly kind: "removed" }
  /** What its holder wants at the next cylinder: a button of a technician's key. */
  | { readonly kind: "work"; readonly work: Work }
  | { readonly kind: "frame"; readonly frame: Frame }
  | { readonly kind: "timer"; readonly name: TimerName }
  /** The oscillator stopped and runs again, its flag is set: what the count says has nothing to do with what it said before. */
  | { readonly kind: "clock-stopped" }
  | { readonly kind: "nvm-done"; readonly nvm: Nvm; readonly outcome: NvmOutcome }
);

export type KeyEffect =
  | { readonly kind: "send"; readonly bytes: Uint8Array }
  /** Feeds a dark cylinder, or stops to. */
  | { readonly kind: "line"; readonly power: "on" | "off" }
  | { readonly kind: "nvm"; readonly operations: readonly NvmOperation[] }
  | { readonly kind: "arm"; readonly name: TimerName; readonly delayMs: number }
  | { readonly kind: "disarm"; readonly name: TimerName }
  /** The oscillator is trusted again. Only after the clock that it carries is committed. */
  | { readonly kind: "clear-stop-flag" }
  | { readonly kind: "signal"; readonly signal: KeySignal };

export type KeyState = KeyOff | KeyOn | KeyBroken;
export interface KeyOff {
  readonly power: "off";
}
/** It shows a fault and does nothing else until its next power-on. */
export interface KeyBroken {
  readonly power: "broken";
  readonly reason: "memory-unreadable" | "memory-worn-out";
}
export interface KeyOn {
  readonly power: "on";
  readonly nvm: Nvm;
  readonly memory: Memory;
  /** The memory's items as values. */
  readonly holdings: Holdings;
  readonly duty: Duty;
  readonly battery: Battery;
  readonly pool: Pool;
  /** For the next area of the memory that is begun. */
  readonly nextSalt: Uint8Array;
  readonly contact: Contact;
  /** At the next cylinder. */
  readonly work: Work;
  /** Doors that took the grant in use since power-on: to them its cti is enough (SPEC OPN-8). */
  readonly acquainted: readonly string[];
  /**
   * Others' nonces that this key has signed over, newest first (SPEC OPN-16). They die with power (SPEC PER-13): what it signs for
   * anybody has something of its own that never comes again, an OpenProof the committed counter (SPEC PER-7), a check-in the
   * key's nonce in the transcript (SPEC OBJ-20). Journal pages and TimeStatements have the other's nonce alone, and are only
   * for a device that has proven itself (SPEC MSG-7).
   */
  readonly answeredNonces: readonly Uint8Array[];
  /** For the journal with the next commit, which is made at the latest when the visit is over. */
  readonly unwritten: readonly JournalEntry[];
  readonly commit: Commit | "idle";
  /** What came while the memory was written, oldest first. */
  readonly waiting: readonly KeyInput[];
}

/** A commit on its way, and what follows it. Nothing else is done meanwhile, as in firmware that waits for its flash. */
export interface Commit {
  readonly writing: Writing;
  readonly next: AfterCommit;
}
export type AfterCommit =
  | { readonly kind: "rest" }
  | { readonly kind: "effects"; readonly effects: readonly KeyEffect[] }
  | { readonly kind: "answer"; readonly answer: DockAnswer; readonly effects: readonly KeyEffect[] }
  | { readonly kind: "send-proof" }
  | { readonly kind: "send-lifecycle" }
  | { readonly kind: "carry" };

/** A step's outcome before its commit has begun. */
export interface Turn {
  readonly key: KeyOn;
  readonly effects: readonly KeyEffect[];
  readonly commit?: { readonly changes: Changes; readonly next: AfterCommit };
}

export type Contact = { readonly kind: "none" } | AtDoor | AtWork | InDock;

/** In a cylinder: the key asks (SPEC 8.1). */
export interface AtDoor {
  readonly kind: "at-door";
  readonly requester: RequesterState;
  /** Body of the hello, and its nonce. */
  readonly hello: Uint8Array;
  readonly nonce: Uint8Array;
  /** Bytes of segments that this insertion has added (SPEC OPN-19). */
  readonly taken: number;
  readonly visit: Visit;
}

/** A technician's key in a cylinder that it is to move from one state of its life to the next (SPEC SVC-4). */
export interface AtWork {
  readonly kind: "at-work";
  readonly requester: RequesterState;
  /** Body of the hello. */
  readonly hello: Uint8Array;
  readonly visit: WorkVisit;
}
/** A request that is ready to be sent. */
export type Prepared = Omit<Extract<RequesterInput, { kind: "request" }>, "kind">;
export interface Job {
  readonly cylinder: Uint8Array;
  readonly welcomeBody: Uint8Array;
  readonly policy: Uint8Array;
  /** That go before it (SPEC SVC-4). */
  readonly lists: readonly ListVersion[];
}
type At<P extends WorkPhase, Fields = Readonly<Record<never, never>>> = { readonly phase: P } & Fields;
export type WorkVisit =
  | At<"greeting">
  /** What goes before: a commission, certificates. */
  | At<"preparing", { readonly job: Job; readonly queue: readonly Prepared[] }>
  /** The journal is being committed. */
  | At<"proving", { readonly job: Job; readonly presenting: Presenting; readonly proof: ProofValues }>
  | At<"moving", { readonly queue: readonly Prepared[] }>
  | At<"over">;

export interface MetDoor {
  readonly challenge: Challenge;
  readonly challengeBody: Uint8Array;
  /** That it has answered by a reply: the bodies as sent and received (SPEC OBJ-12). */
  readonly updates: readonly { readonly request: Uint8Array; readonly reply: Uint8Array }[];
  /** Objects that it has refused. */
  readonly refused: readonly Uint8Array[];
  /** Whether all that it lacks has been brought, or something waits for the next insertion (SPEC OPN-7). */
  readonly brought: "all" | "in-part";
}
/** What was presented. */
export interface Presenting {
  readonly grant: Uint8Array;
  readonly ticket: Uint8Array | undefined;
}

type In<P extends VisitPhase, Fields = Readonly<Record<never, never>>> = { readonly phase: P } & Fields;
export type Visit =
  | In<"greeting">
  | In<"updating", { readonly door: MetDoor; readonly sent: Uint8Array; readonly queue: readonly Uint8Array[] }>
  /** The journal is being committed. */
  | In<"proving", { readonly door: MetDoor; readonly presenting: Presenting; readonly proof: ProofValues }>
  | In<"asking", { readonly door: MetDoor; readonly presenting: Presenting }>
  | In<"supplying", { readonly door: MetDoor; readonly presenting: Presenting }>
  | In<"carrying", { readonly door: MetDoor; readonly task: CarryTask | "none"; readonly queue: readonly CarryTask[] }>
  | In<"over">;

/** What the proof says of the time, read once and committed before it is signed. */
export interface ProofValues {
  readonly lo: number;
  readonly hi: number;
  readonly keyCounter: number;
  readonly timeSource: Uint8Array;
}

/** What may follow a result (SPEC OPN-15). */
export type CarryTask =
  | { readonly kind: "collect"; readonly store: "openings" | "refusals" }
  | { readonly kind: "receipt"; readonly name: string; readonly receipt: Uint8Array }
  | { readonly kind: "fetch"; readonly list: number };

export type DockExchange = "dock" | "activate" | "store";

/** In a station, box or cabinet: the key answers. */
export interface InDock {
  readonly kind: "in-dock";
  readonly responder: ResponderState;
  readonly session: DockSession | "none";
}
export interface DockSession {
  readonly exchange: DockExchange;
  readonly marks: SessionState<DockExchange>;
  /** What the other side said of itself in its hello. */
  readonly peer: { readonly kid: Uint8Array; readonly nonce: Uint8Array };
  readonly nonce: Uint8Array;
  readonly transcript: Uint8Array;
  /** What it has shown: a collector may have journal and segments, a box that gives tickets the grant and the PIN's v. */
  readonly proven: "nothing" | "collector" | "ticket-box";
  readonly timeChallenge: TimeChallenge | "none";
  readonly transfer: TransferState;
  readonly transferred: Transferred | "none";
  /** The journal page signed last: asked for again it is sent again, and not signed again. */
  readonly journalPage: { readonly from: number; readonly reply: Uint8Array | "nothing" } | "none";
  readonly checkIn: Uint8Array | "none";
  /** A verdict on a PIN is journaled once for each PIN. */
  readonly verdict: "due" | "not-due";
  /** A refused statement is journaled once a session. */
  readonly refusedTime: "journaled" | "not-journaled";
}

export interface DockAnswer {
  readonly session: number;
  readonly sequence: number;
  readonly body: Uint8Array;
}
