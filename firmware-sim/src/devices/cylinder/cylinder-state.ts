/** What a cylinder knows while it has power; without power it knows nothing, and all that lasts is in its memory. */
import type {
  CertifiedKey,
  CryptoProvider,
  Decision,
  Grant,
  LogRecord,
  MessageName,
  Need,
  OpenBytes,
  OpenRequest,
  Permit,
  Presented,
  ReplyBody,
  RequestBody,
  ResponderState,
  RevocationList,
  SessionState,
  TickMs,
  Transferred,
  TransferState,
  Verified,
} from "@nyckelfri/protocol";
import type { NvmProfile } from "../../hardware/nvm.ts";
import type { Stage } from "./commit.ts";
import type { CylinderIdentity } from "./identity.ts";
import type { CylinderLayout } from "./layout.ts";
import type { Memory } from "./memory.ts";
import type { Keeping } from "./page-memo.ts";
import type { LogName, Slot } from "./settings.ts";
import type { RecordTask, StoreContext, Stores, Task } from "./stores.ts";

export interface CylinderConfig {
  readonly provider: CryptoProvider;
  /** Of its memory; `cylinderMemory` says how many pages it takes. */
  readonly profile: NvmProfile;
  /** After so many the digital side closes (SPEC LOG-8): 5 million unless given. */
  readonly insertions?: number;
  /** Whether it may keep what it has found in its memory: `by-page` unless given. The results are the same (page-memo.ts). */
  readonly keeping?: Keeping;
}

/** The config with what follows from it. */
export interface Build extends StoreContext {
  readonly provider: CryptoProvider;
  readonly profile: NvmProfile;
  readonly layout: CylinderLayout;
  readonly insertions: number;
}

export type CylinderState = { readonly power: "off" } | { readonly power: "blank" } | CylinderOn;

export interface CylinderOn {
  readonly power: "on";
  readonly memory: Memory;
  readonly identity: CylinderIdentity;
  readonly stores: Stores;
  readonly phase: Phase;
  readonly session: Session;
  readonly responder: ResponderState;
  readonly work: Work | "idle";
  /** A hello that came while something had to be finished first; a later one takes its place. */
  readonly waiting: Hello | "none";
  /** What a cut has left to be made good and is not done before the challenge, since it begins with an erase. */
  readonly owed: readonly Task[];
  /** What a boot before has tried to make good: it is written before the next record of its log (SPEC LOG-3). */
  readonly deferred: readonly RecordTask[];
  /** Erasing ahead, once after a session in which it opened (upkeep.ts); any other leaves it to that one. */
  readonly upkeep: "later" | "due" | "done";
  /** SPEC OPN-11: at most one in a power-up is recorded. */
  readonly refusalRecorded: "no" | "yes";
}

/** `unpowered` is `CylinderState` off; the others are as the tables name them. */
export type Phase =
  | { readonly name: "booting" }
  | { readonly name: "challenging" }
  | { readonly name: "updating" }
  | { readonly name: "verifying"; readonly asked: Asked }
  | { readonly name: "committing"; readonly opening: Opening }
  | { readonly name: "engaged"; readonly opening: Opening; readonly sinceMs: TickMs }
  | { readonly name: "logging" }
  /** Nothing is answered any more: the counters have come to their end, or the memory takes no more. */
  | { readonly name: "closed"; readonly reason: "exhausted" | "memory" };
export type PhaseName = Phase["name"] | "unpowered";

export interface Hello {
  readonly session: number;
  readonly message: number;
  readonly body: Uint8Array;
}

/** What it asks for: one of the exchanges that a cylinder has. */
export type Greeting =
  | { readonly exchange: "open"; readonly body: RequestBody<"open", "hello"> }
  | { readonly exchange: "service"; readonly body: RequestBody<"service", "hello"> };

/** Where a reply goes. */
export interface Target {
  readonly session: number;
  readonly sequence: number;
}

export type Session = "none" | OpenSession | ServiceSession;

interface AnySession {
  /** Body of the hello and of its answer: what proofs sign. */
  readonly hello: Uint8Array;
  readonly answer: Uint8Array;
  /** Given in the answer. */
  readonly nonce: Uint8Array;
  readonly answeredAtMs: TickMs;
  /** Certified keys that came by `update` or `supply`: they hold for the session (SPEC OPN-9). */
  readonly certified: readonly CertifiedKey[];
  /** Of a cylinder that is not mounted: lists that came by `update`, which the mounting of this session commits (SPEC SVC-4). */
  readonly lists: readonly BroughtList[];
}
/** A list, under a certificate of this epoch. */
export interface BroughtList {
  readonly object: Verified<RevocationList>;
  readonly epoch: number;
}
export interface OpenSession extends AnySession {
  readonly exchange: "open";
  readonly rules: SessionState<"open">;
  readonly keyNonce: Uint8Array;
  readonly nonceCounter: number;
  /** Bodies of the `update` requests and of their replies, for the transcript (SPEC OBJ-12). */
  readonly updates: readonly Uint8Array[];
  /** Whether the contact has opened since the key asked to open: somebody else's may sit there now (SPEC OPN-13). */
  readonly contact: "held" | "let-go";
  /** What an opening or a refusal left the right to (SPEC OPN-15). */
  readonly carry: "nothing" | "collect" | "all";
  readonly cursors: Readonly<Partial<Record<LogName, number>>>;
  /** Of all receipts of a session one fork is noted: it is shown by one, and many would push out the openings (SPEC LOG-1, LOG-6). */
  readonly fork: "not-noted" | "noted";
}
export interface ServiceSession extends AnySession {
  readonly exchange: "service";
  readonly rules: SessionState<"service">;
  readonly transfer: TransferState;
  readonly transferred: Transferred | undefined;
}

/** An `open` under examination. */
export interface Asked {
  readonly target: Target;
  readonly message: "open" | "supply";
  readonly waitsFor:
    | { readonly kind: "supply"; readonly request: OpenRequest; readonly needs: readonly Need[] }
    | { readonly kind: "counting" }
    | { readonly kind: "energy"; readonly bytes: OpenBytes; readonly presented: Presented; readonly permit: Permit };
}

/** An `open` that was permitted, from the intent on. */
export interface Opening {
  readonly target: Target;
  readonly message: "open" | "supply";
  readonly first: Permit;
  /** With the proof's verification, which is not made twice (SPEC OPN-10). */
  readonly presented: Presented;
  readonly grant: Verified<Grant>;
  readonly intent: Extract<LogRecord, { kind: "intent" }>;
  readonly record: number;
  readonly grantSlot: Slot;
  readonly ticketSlot: Slot | "none";
  /** Those that the cache is to have. */
  readonly usedCertificates: readonly Slot[];
  readonly second: Decision | "not-yet";
}

/** Tasks under way; `stage` of `stages` has been handed out and not answered. */
export interface Work {
  readonly tasks: readonly Task[];
  readonly stages: readonly Stage[];
  readonly failures: number;
  readonly follows: After;
}

/** What an update leaves in the session. */
export type Brought = Partial<Pick<AnySession, "certified" | "lists">>;

/** What follows when everything is written. Data, so that a state can be kept and compared. */
export type After =
  | { readonly kind: "booted" }
  | { readonly kind: "challenge"; readonly hello: Hello; readonly greeting: Greeting }
  | {
      readonly kind: "reply";
      readonly target: Target;
      readonly answer: SomeAnswer;
      readonly brought?: Brought | undefined;
    }
  | {
      readonly kind: "result";
      readonly asked: Pick<Asked, "target" | "message">;
      readonly result: ResultReply;
      readonly carry: OpenSession["carry"];
    }
  | { readonly kind: "intent-written" }
  | { readonly kind: "exhausted" }
  | { readonly kind: "nothing" };

export type ResultReply = Extract<ReplyBody<"open", "open">, { kind: "result" }>;

/** A reply of either exchange. */
export type SomeAnswer =
  | {
      [N in MessageName<"open">]: { readonly exchange: "open"; readonly name: N; readonly body: ReplyBody<"open", N> };
    }[MessageName<"open">]
  | {
      [N in MessageName<"service">]: {
        readonly exchange: "service";
        readonly name: N;
        readonly body: ReplyBody<"service", N>;
      };
    }[MessageName<"service">];
