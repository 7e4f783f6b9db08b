/** What a client is handed instead of reaching for it: the link, clock, timers, randomness, signatures, and where cursors are kept. */
import type { CryptoProvider, ErrorCode, HostCommand, Link, MessageName } from "@nyckelfri/protocol";
import type { ConnectionEvent, ConnectionPhase } from "./connection-tables.ts";

/** The part of the platform's `AbortSignal` that is needed of the caller's, so that neither Node's nor a browser's types are. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

declare global {
  /** The platform's, where its types are there: this adds nothing to them. */
  interface AbortSignal {}
}

/** What a function that is handed in is given: the platform's own signal wherever there is one, so that `fetch` takes it. */
export type GivenSignal = AbortSignal & AbortSignalLike;

export interface Surroundings {
  /** Milliseconds of a clock that never goes back; where it begins means nothing. */
  readonly nowMs: () => number;
  /** Calls back once, after so many milliseconds; the function that it returns takes that back. */
  readonly setTimer: (ms: number, callback: () => void) => () => void;
  /** Fresh bytes of a cryptographic source. */
  readonly randomBytes: (count: number) => Uint8Array;
  readonly provider: CryptoProvider;
}

/** The word of an issuer with role time over a station's nonce, and its certificate where the station may lack it (SPEC TIM-6). */
export interface StatedTime {
  readonly statement: Uint8Array;
  readonly certificates?: readonly Uint8Array[];
}

/** What the station asks the issuer: nothing but a statement over this nonce counts, and only for 10 s (SPEC TIM-3). */
export interface TimeQuestion {
  /** 16 bytes. */
  readonly nonce: Uint8Array;
  /** kid of the station, 8 bytes. */
  readonly device: Uint8Array;
}

/** Signs HostCommands (SPEC OBJ-19). The private key stays where it is; this package never sees it. */
export interface CommandSigner {
  /** `transcript` is what the signature covers besides the command (SPEC MSG-6). */
  signCommand(command: HostCommand, transcript: Uint8Array): Promise<SignedCommand> | SignedCommand;
}
export interface SignedCommand {
  readonly command: Uint8Array;
  /** Of the host, with role host, and of its issuer. */
  readonly certificates: readonly Uint8Array[];
}

/** Where the cursor of each station's log is kept (SPEC PER-12). Losing it costs a repeat, and nothing else. */
export interface CursorStore {
  /** `device` is the station's kid in hex. Undefined where nothing was kept. */
  load(device: string): Promise<number | undefined>;
  /** Resolves when the cursor is safe. */
  save(device: string, cursor: number): Promise<void>;
}

/**
 * One line of the log, as data: names, numbers and codes. It has no field that could hold a body, an object or a key, so none can
 * get into it.
 */
export type LogLine =
  | {
      readonly level: "info" | "warning";
      readonly event: "connection";
      readonly to: ConnectionPhase;
      readonly because: ConnectionEvent;
      readonly code?: ErrorCode;
    }
  /** A call has come to its end. `sessions` counts those that it took. */
  | {
      readonly level: "debug" | "warning";
      readonly event: "call";
      readonly call: CallName | SessionCall;
      readonly outcome: "done" | ErrorCode;
      readonly sessions: number;
    }
  /** A call is asked again in the next session. */
  | {
      readonly level: "warning";
      readonly event: "asked-again";
      readonly call: CallName | SessionCall;
      readonly code: ErrorCode;
    }
  /** What arrived and was no frame. */
  | { readonly level: "warning"; readonly event: "discarded"; readonly reason: string; readonly bytes: number }
  /** Notifications that were lost on the line, or that a reader did not fetch in time. */
  | { readonly level: "warning"; readonly event: "missed"; readonly notifications: number }
  /** The cursor that was kept is of an earlier life of this station's memory: its log is read from the beginning. */
  | { readonly level: "warning"; readonly event: "log-begins-anew"; readonly cursor: number; readonly end: number }
  /** A listener or logger that was handed in has thrown. */
  | { readonly level: "warning"; readonly event: "listener-failed" };

export type CallName = Exclude<MessageName<"serve">, "hello" | "chunk">;
/** What waits for a session, or renews it, and sends no request of its own. */
export type SessionCall = "ready" | "hello";

export interface StationOptions extends Surroundings {
  /**
   * Opens the carrier: called for every attempt, so that a port which comes back under another path is found again. Rejects where
   * it is not there. A link that comes after the signal was aborted is closed unused.
   */
  readonly open: (signal: GivenSignal) => Promise<Link>;
  /** kid of the one station that is meant. Without it the first that answers is, and stays, the one. */
  readonly device?: Uint8Array;
  /** Name of the calling program, 1 to 32 bytes, told to the station. */
  readonly program?: string;
  /** For `giveTime`. */
  readonly stateTime?: (question: TimeQuestion, signal: GivenSignal) => Promise<StatedTime>;
  /** For what only a certified host may ask (SPEC SRV-2): logs, settings, cabinet override. */
  readonly signer?: CommandSigner;
  /** For `readLog`; without it each reading begins where it is told to, or at 0. */
  readonly cursors?: CursorStore;
  readonly log?: (line: LogLine) => void;
  readonly patience?: Partial<Patience>;
}

/** How long what is waited for, in milliseconds. */
export interface Patience {
  /** For `open`. */
  readonly openMs: number;
  /** From the opened port to the first byte sent: what a port says at its opening is not meant for us. */
  readonly settleMs: number;
  /** Without any request until the next sign of life is asked for (SPEC SER-4). */
  readonly idleMs: number;
  /** For a link that is being closed. */
  readonly closeMs: number;
  /** Between two attempts: the first pause, doubled with every failure up to the longest. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** For a call, waiting for the station included, unless the call says otherwise. */
  readonly callMs: number;
}

export const USUAL_PATIENCE: Patience = {
  openMs: 10_000,
  settleMs: 100,
  idleMs: 5_000,
  closeMs: 2_000,
  firstPauseMs: 250,
  longestPauseMs: 10_000,
  callMs: 60_000,
};
