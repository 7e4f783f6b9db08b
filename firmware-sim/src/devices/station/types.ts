/** What a sync station adds to the core: bundles for keys, uploads for the city, and the receipts that end them (SPEC PER-11). */
import type { Certificate, ChainPosition, DoorPolicy, Grant, Store, UploadReceipt } from "@nyckelfri/protocol";
import type { Family } from "../mains/holdings.ts";
import type {
  Extension,
  HostAsked,
  MainsConfig,
  MainsEffect,
  MainsInput,
  MainsOn,
  MainsState,
} from "../mains/state.ts";
import type { TimeNotes } from "../mains/steps.ts";
import type { Held } from "../shared/belief.ts";

export interface StationConfig extends MainsConfig {
  readonly quotas: StationQuotas;
}

/** How much of what a station keeps; an area of its memory holds all of it, and room to append. */
export interface StationQuotas {
  /** Keys that have a bundle, and bytes of all bundles. */
  readonly bundles: number;
  readonly bundleBytes: number;
  readonly objectsPerBundle: number;
  /** Bytes of uploads that came by one key, and of all. What does not fit stays in its key. */
  readonly uploadBytesPerKey: number;
  readonly uploadBytes: number;
  /** Of these, what is kept for uploads that a receipt waits for: all others together would keep them out, and so wait for ever. */
  readonly dueBytesPerKey: number;
  readonly dueBytes: number;
  readonly receipts: number;
  /** Public keys of keys, known from their grants. */
  readonly knownKeys: number;
}

/** The steps of a dock, as SPEC 8.2 has them. */
export type StationStep =
  | "catching-up"
  | "proving"
  | "enrolling-pin"
  | "asking-nonce"
  | "giving-time"
  | "reading-journal"
  | "reading-segments"
  | "delivering";

export interface StationDock extends TimeNotes {
  /** The next journal entry to read. */
  readonly journalFrom: number | "unknown";
  /** Whether the key has signed over this session's nonce under a public key that the city vouches for. */
  readonly key: "proven" | "unproven";
  readonly segment: number;
  /** Stores of cylinders of which segments were read. */
  readonly seen: readonly string[];
  /** What was offered in this session, by name. */
  readonly offered: readonly string[];
}

/** Consecutive records of one log, as they came by a key. */
export interface Upload {
  readonly cursor: number;
  /** kid of the key that brought it. */
  readonly key: Uint8Array;
  /** A KeyJournal or LogSegment, for the host to read. */
  readonly object: Uint8Array;
  /** Whose log it is. */
  readonly device: Uint8Array;
  readonly store: Store;
  /** From the one before its first record to its last. */
  readonly positions: readonly ChainPosition[];
}

export type BundleObject =
  | ({ readonly kind: "grant" } & Held<Grant>)
  | ({ readonly kind: "policy" } & Held<DoorPolicy>)
  | ({ readonly kind: "receipt" } & Held<UploadReceipt>)
  | ({ readonly kind: "certificate" } & Held<Certificate>);

export interface StationOwn {
  /** By cursor, ascending. */
  readonly uploads: Family<Upload>;
  readonly bundles: Family<BundleObject>;
  /** The newest of each log. */
  readonly receipts: Family<Held<UploadReceipt>>;
  /** Public keys by kid in hex, from verified grants. */
  readonly knownKeys: Family<Uint8Array>;
  readonly cursors: Cursors;
}
export interface Cursors {
  /** Of the next upload. */
  readonly next: number;
  /** How far a host says that it has read (SPEC SRV-4): it moves this and nothing else. */
  readonly acknowledged: number;
}

/** What has all that a station has, such as a cabinet: what `bundles.ts`, `uploads.ts` and the steps of a dock work on. */
export interface StationKind extends Extension {
  readonly config: StationConfig;
  readonly own: StationOwn;
  readonly dock: StationDock;
}

/** A PIN that a host has enrolled with a docked key (SPEC DCK-8). Neither it nor v is in a memory that outlives power. */
export type PinEnrolment =
  /** Until the key is spoken to. `pin` is secret. */
  | { readonly phase: "waiting"; readonly slot: number; readonly pin: string; readonly asked: HostAsked }
  | { readonly phase: "with-key"; readonly slot: number; readonly asked: HostAsked };

export interface StationWork {
  readonly enrolment: PinEnrolment | "none";
}

export interface StationX extends StationKind {
  readonly input: never;
  /** What is shown at a slot. */
  readonly signal: { readonly kind: "lamp"; readonly slot: number; readonly shows: Lamp };
  readonly work: StationWork;
  readonly step: StationStep;
  readonly next: never;
}
export type Lamp = "off" | "working" | "done" | "fault";

export type StationState = MainsState<StationX>;
export type StationOn = MainsOn<StationX>;
export type StationInput = MainsInput<StationX>;
export type StationEffect = MainsEffect<StationX>;
