/** What a station, box or cabinet is told, what it does, and what it is: the unions that the core's step is written over. */
import type {
  BundleReply,
  BundleRequest,
  Capability,
  Command,
  CommandReply,
  CryptoProvider,
  DecoderCounters,
  DeliverReply,
  DeviceKind,
  DockWelcome,
  FirmwareVersion,
  Frame,
  MessageName,
  RequesterState,
  ResponderState,
  SessionState,
  TimeChallenge,
  Transferred,
  TransferState,
} from "@nyckelfri/protocol";
import type { Nvm, NvmOperation, NvmOutcome } from "../../hardware/nvm.ts";
import type { OscillatorStopFlag } from "../../hardware/rtc.ts";
import type { Tagged } from "../../world/entity.ts";
import type { Memory, Writing } from "../shared/item-memory.ts";
import type { Pool } from "../shared/pool.ts";
import type { Changes, Items, MemoryLayout } from "../shared/transactions.ts";
import type { Holdings } from "./holdings.ts";
import type { SignedTime } from "./own-certificates.ts";

/** What one kind of device adds to the core, as types; `Plan` adds the same as functions. */
export interface Extension {
  readonly config: MainsConfig;
  /** Its own inputs, besides those of `MainsInput`. */
  readonly input: Tagged;
  /** What it does besides `MainsEffect`: shows, opens, beeps. */
  readonly signal: Tagged;
  /** Its own items, as values. */
  readonly own: object;
  /** What it remembers while it has power. */
  readonly work: object;
  /** What it remembers of one docked key. */
  readonly dock: object;
  /** The steps of its program for a docked key. */
  readonly step: string;
  /** What it does after a commit of its own. */
  readonly next: Tagged;
}

export interface MainsConfig {
  readonly provider: CryptoProvider;
  readonly layout: MemoryLayout;
  /** Docks, numbered from 0; at most 64. */
  readonly slots: number;
  /** As printed on the device, 1 to 24 bytes. */
  readonly serial: string;
  readonly firmware: FirmwareVersion;
  readonly certificatePlaces: number;
  readonly listPlaces: number;
  /** A key that stays is spoken to again after this time. */
  readonly resyncMs: number;
}

export type TimerName = `slot/${number}` | `own/${string}`;

/** `tickMs` is the count of the device's own oscillator. */
export type MainsInput<X extends Extension> = { readonly tickMs: number } & (
  | {
      readonly kind: "power-on";
      readonly nvm: Nvm;
      readonly stopFlag: OscillatorStopFlag;
      /** 32 bytes of the chip's random source, never the same twice. */
      readonly entropy: Uint8Array;
    }
  | { readonly kind: "power-lost" }
  /** `line` is what the decoder of the host's line has counted so far. */
  | { readonly kind: "host-frame"; readonly frame: Frame; readonly line?: DecoderCounters }
  | { readonly kind: "slot-contact"; readonly slot: number; readonly contact: "made" | "broken" }
  | { readonly kind: "slot-frame"; readonly slot: number; readonly frame: Frame }
  | { readonly kind: "timer"; readonly name: TimerName }
  /** The oscillator stopped and runs again, its flag is set: what the count says has nothing to do with what it said before. */
  | { readonly kind: "clock-stopped" }
  | { readonly kind: "nvm-done"; readonly nvm: Nvm; readonly outcome: NvmOutcome }
  | X["input"]
);

export type MainsEffect<X extends Extension> =
  | { readonly kind: "host-send"; readonly bytes: Uint8Array }
  | { readonly kind: "slot-send"; readonly slot: number; readonly bytes: Uint8Array }
  | { readonly kind: "nvm"; readonly operations: readonly NvmOperation[] }
  /** Replaces the timer of this name. */
  | { readonly kind: "arm"; readonly name: TimerName; readonly delayMs: number }
  | { readonly kind: "disarm"; readonly name: TimerName }
  /** The oscillator is trusted again. Only after the clock that it carries is committed. */
  | { readonly kind: "clear-stop-flag" }
  | X["signal"];

export type MainsState<X extends Extension> = MainsOff | MainsOn<X> | MainsBroken;
export interface MainsOff {
  readonly power: "off";
}
/** It does nothing until its next power-on. */
export interface MainsBroken {
  readonly power: "broken";
  readonly reason: "memory-unreadable" | "memory-worn-out";
}
export interface MainsOn<X extends Extension> {
  readonly power: "on";
  readonly nvm: Nvm;
  readonly memory: Memory;
  /** The memory's items as values: the core's, and the device's own. */
  readonly holdings: Holdings;
  readonly own: X["own"];
  readonly pool: Pool;
  readonly host: HostSide;
  readonly slots: readonly Slot<X>[];
  /** What was said to keys of the time, newest first: the same words are not signed twice (SPEC OPN-16). */
  readonly signedTimes: readonly SignedTime[];
  readonly work: X["work"];
  readonly writing: Writing | "idle";
  readonly pending: Changes;
  /** What is due when the memory is at rest, before anything that waits. */
  readonly todo: readonly Todo<X>[];
  /** Inputs that came while the memory was written, oldest first. */
  readonly waiting: readonly MainsInput<X>[];
}

/** What follows: a commit that was asked for with it, or just the rest of this turn. */
export type Todo<X extends Extension> =
  /** The memory is sure: the device begins (SPEC LOG-3). */
  | { readonly kind: "start" }
  | { readonly kind: "effects"; readonly effects: readonly MainsEffect<X>[] }
  /** The answer to a host's request leaves when what it changed is committed. */
  | { readonly kind: "answer-host"; readonly answer: HostAnswer }
  /** A docked key's program goes on, if the same session still stands. */
  | { readonly kind: "slot-goes-on"; readonly slot: number; readonly session: number; readonly to: Target<X> }
  /** A key that is at rest is spoken to again, because there is something for it. */
  | { readonly kind: "slot-begins"; readonly slot: number }
  | { readonly kind: "own"; readonly next: X["next"] };

/** A step's outcome before its commit has begun. Of `changes` nothing is believed before they are committed. */
export interface Turn<X extends Extension> {
  readonly on: MainsOn<X>;
  readonly effects: readonly MainsEffect<X>[];
  readonly changes?: Changes;
}

/** What everything that handles something is given. */
export interface At<X extends Extension> {
  readonly plan: Plan<X>;
  readonly config: X["config"];
  readonly on: MainsOn<X>;
  readonly tickMs: number;
}

// ---- the host's side ---------------------------------------------------------------------------

export interface HostSide {
  readonly responder: ResponderState;
  readonly session: HostSession | "none";
  readonly line: DecoderCounters | "untold";
}
export interface HostSession {
  readonly marks: SessionState<"serve">;
  readonly nonce: Uint8Array;
  readonly transcript: Uint8Array;
  /** As the welcome told them (SPEC SRV-5). */
  readonly capabilities: readonly Capability[];
  readonly timeChallenge: TimeChallenge | "none";
  /** Of the last HostCommand that was accepted. */
  readonly lastSequence: number | "none";
  readonly transfer: TransferState;
  readonly transferred: Transferred | "none";
}
/** Which request a host is to be answered. */
export interface HostAsked {
  readonly session: number;
  readonly sequence: number;
}
export interface HostAnswer extends HostAsked {
  readonly body: Uint8Array;
}
/** What everything that handles a host's request is given. */
export interface HostAt<X extends Extension> extends At<X> {
  readonly asked: HostAsked;
}

// ---- the keys' side ----------------------------------------------------------------------------

export type DockExchange = "dock" | "activate" | "store";

export type Slot<X extends Extension> =
  | { readonly phase: "empty" }
  /** A session with the key: asked for a welcome, or at a step of the program. */
  | Talking<X>
  /** A session has failed: the next one begins when the timer ends. */
  | { readonly phase: "pausing"; readonly failures: number; readonly told: Told }
  /** Done, and the key still there. */
  | { readonly phase: "resting"; readonly dock: X["dock"]; readonly met: Met; readonly told: Told }
  /** No session came to its end. It is tried again when the timer ends, or at the next contact. */
  | { readonly phase: "fault"; readonly told: Told };
/** What a host was told last of the key in a slot: the same is not told twice. */
export type Told = "nothing" | "docked" | "fault";
export type SlotPhase = Slot<Extension>["phase"];

export interface Talking<X extends Extension> {
  readonly phase: "talking";
  readonly exchange: DockExchange;
  readonly requester: RequesterState;
  readonly session: number;
  readonly failures: number;
  readonly told: Told;
  /** Body of the hello, and its nonce. */
  readonly hello: Uint8Array;
  readonly nonce: Uint8Array;
  /** Which answer is awaited: the welcome's, that of the step's request, or none, because something else must happen first. */
  readonly awaits: "welcome" | "answer" | "nothing";
  readonly step: X["step"];
  readonly met: Met | "nobody";
  readonly dock: X["dock"];
}
/** Who is docked. */
export interface Met {
  readonly welcome: DockWelcome;
  /** Of the session (SPEC MSG-6). */
  readonly transcript: Uint8Array;
}

/** Where a program goes: to another of its steps; to `rest`, when all is done; to `fault`, when this key cannot be served. */
export type Target<X extends Extension> = X["step"] | "rest" | "fault";

/** What a step of a program is given. */
export interface SlotAt<X extends Extension> extends At<X> {
  readonly slot: number;
  readonly talking: Talking<X>;
  readonly met: Met;
  readonly dock: X["dock"];
}

/** What a step asks of the key now. */
export type Asked<X extends Extension> =
  | {
      readonly kind: "ask";
      readonly message: { readonly [E in DockExchange]: MessageName<E> }[DockExchange];
      readonly body: Uint8Array;
      readonly on?: MainsOn<X>;
    }
  /** Nothing to ask here. */
  | { readonly kind: "go"; readonly to: Target<X> }
  /** Something else goes on with it, by `todo` or `slotGoesOn`. */
  | { readonly kind: "wait" };

/** What becomes of an answer: the program goes on when the changes, if any, are committed. */
export interface Taken<X extends Extension> {
  readonly to: Target<X>;
  readonly dock?: Partial<X["dock"]>;
  readonly on?: MainsOn<X>;
  readonly changes?: Changes;
  readonly effects?: readonly MainsEffect<X>[];
  readonly todo?: readonly Todo<X>[];
}

/** One step of a program for a docked key. */
export interface ProgramStep<X extends Extension> {
  readonly ask: (at: SlotAt<X>) => Asked<X>;
  readonly take: (
    at: SlotAt<X>,
    answer: { readonly outcome: "reply" | "error"; readonly body: Uint8Array },
  ) => Taken<X>;
}

// ---- what a device plugs in --------------------------------------------------------------------

/** What becomes of a host's request. The reply leaves when the changes are committed; `todo` comes after it. */
export interface Handled<X extends Extension, Reply> {
  readonly reply: Reply;
  readonly on?: MainsOn<X>;
  readonly session?: Partial<HostSession>;
  readonly changes?: Changes;
  readonly effects?: readonly MainsEffect<X>[];
  readonly todo?: readonly Todo<X>[];
}

export interface Plan<X extends Extension> {
  readonly kind: Exclude<DeviceKind, "cylinder" | "key">;
  /** Names of own items that end with an epoch, by their beginnings (SPEC TRU-8). */
  readonly endsWithEpoch: readonly string[];
  /** Names of own items that stay in another fleet too: counters (SPEC TRU-10). */
  readonly stays?: readonly string[];
  /** Own items as values; after a commit with the value before it and what changed. */
  readonly readOwn: (items: Items, after?: { readonly own: X["own"]; readonly changes: Changes }) => X["own"];
  readonly startWork: X["work"];
  /** Besides `time` and `self-test`, which the core lists when they are true. */
  readonly capabilities: readonly Capability[];
  readonly host: HostPlan<X>;
  /** How a key in contact is spoken to. */
  readonly begin: (
    at: At<X>,
    slot: number,
  ) => { readonly exchange: DockExchange; readonly step: X["step"]; readonly dock: X["dock"] };
  readonly program: { readonly [S in X["step"]]: ProgramStep<X> };
  /** Its own inputs, and its own timers. */
  readonly handle: (at: At<X>, input: X["input"] & { readonly tickMs: number }) => Turn<X>;
  readonly timer: (at: At<X>, name: string) => Turn<X>;
  readonly proceed: (at: At<X>, next: X["next"]) => Turn<X>;
  /** Told when a slot's phase changes, after the change. */
  readonly slotChanged: (at: At<X>, slot: number, before: SlotPhase) => Turn<X>;
  /** What it has measured by the count of an oscillator that then stopped is forgotten. */
  readonly clockStopped?: (on: MainsOn<X>) => MainsOn<X>;
  /** Told at power-on when all is read and committed: what is armed or shown then. */
  readonly started: (at: At<X>) => Turn<X>;
}

/** What a device does with the messages of `serve` that the core does not answer by itself. */
export interface HostPlan<X extends Extension> {
  /** Objects besides certificates, root transitions and lists; undefined is refused. */
  readonly deliver: (at: At<X>, object: Uint8Array) => Handled<X, DeliverReply> | undefined;
  /** With capability `bundles`. */
  readonly bundle: (at: At<X>, body: BundleRequest) => Handled<X, BundleReply>;
  /** A verified HostCommand; `serve-time` the core has done. One that is answered `later` is answered by a `Todo`. */
  readonly command: (at: HostAt<X>, command: Command) => Handled<X, CommandReply | "later">;
  /** With capability `log`. */
  readonly acknowledge: (at: At<X>, cursor: number) => Handled<X, Readonly<Record<never, never>>>;
  readonly bundles: (at: At<X>) => { readonly held: number; readonly room: number };
}
