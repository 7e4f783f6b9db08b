/**
 * Carries out what the connection's step asks for: opens and closes links, feeds the decoder, keeps the two timers, and gives the
 * one request that is out its answer. Inputs that come while one is worked on wait their turn.
 */
import {
  type ErrorCode,
  FrameDecoder,
  type Link,
  NyckelfriError,
  type RequestTiming,
  type Unsubscribe,
} from "@nyckelfri/protocol";
import { type Aborting, newAborting } from "./aborting.ts";
import {
  type ConnectionConfig,
  type ConnectionEffect,
  type ConnectionInput,
  type ConnectionState,
  newConnection,
  type SessionFacts,
  stepConnection,
} from "./connection.ts";
import type { ConnectionEvent, ConnectionPhase } from "./connection-tables.ts";
import { StationError } from "./errors.ts";
import type { GivenSignal, LogLine, StationOptions } from "./surroundings.ts";

export interface RawAnswer {
  readonly outcome: "reply" | "error";
  readonly body: Uint8Array;
}

/** The session ended under a request. `out`: its bytes had left, so that it may have been done. */
export class SessionLost {
  readonly code: ErrorCode;
  readonly request: "out" | "unsent";

  constructor(code: ErrorCode, request: "out" | "unsent") {
    this.code = code;
    this.request = request;
  }
}

export interface LineListener {
  entered(from: ConnectionPhase, because: ConnectionEvent): void;
  notified(message: number, body: Uint8Array, missed: number): void;
  checkLiveness(): void;
  log(line: LogLine): void;
}

interface Attached {
  readonly link: Link;
  readonly decoder: FrameDecoder;
  readonly subscriptions: readonly Unsubscribe[];
}

export class Line {
  readonly #options: StationOptions;
  readonly #config: ConnectionConfig;
  readonly #listener: LineListener;
  readonly #inputs: ConnectionInput[] = [];
  readonly #timers: Map<"phase" | "reply", () => void> = new Map();
  #state: ConnectionState;
  #work: "idle" | "working" = "idle";
  #attached: Attached | undefined;
  #opening: Aborting | undefined;
  /** What `open` has rejected with last; of a link that has opened since, nothing. */
  #openFailure: unknown;
  #outstanding:
    | { readonly resolve: (answer: RawAnswer) => void; readonly reject: (lost: SessionLost) => void }
    | undefined;

  constructor(options: StationOptions, config: ConnectionConfig, listener: LineListener) {
    this.#options = options;
    this.#config = config;
    this.#listener = listener;
    this.#state = newConnection(config);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Why there is no link, in the words of whoever opens it. */
  get openFailure(): unknown {
    return this.#openFailure;
  }

  /** The session that stands; undefined while the line is not ready. */
  get session(): SessionFacts | undefined {
    const { phase, session } = this.#state;
    return phase === "ready" && session !== "none" ? session : undefined;
  }

  begin(): void {
    this.#take({ kind: "begin" });
  }

  renew(): void {
    this.#take({ kind: "renew" });
  }

  /** Resolves when the link is closed, or has had its time to. */
  async close(): Promise<void> {
    const link = this.#attached?.link;
    this.#take({ kind: "close" });
    if (link === undefined) return;
    let cancel: () => void = () => undefined;
    const overdue = new Promise<void>((resolve) => {
      cancel = this.#options.setTimer(this.#config.patience.closeMs, resolve);
    });
    await Promise.race([hushed(() => link.close()), overdue]);
    cancel();
  }

  /** Of this session and no other; rejects with `SessionLost`. */
  ask(session: SessionFacts, message: number, body: Uint8Array, timing: RequestTiming): Promise<RawAnswer> {
    if (this.session !== session) return Promise.reject(new SessionLost("framing/abandoned", "unsent"));
    return new Promise((resolve, reject) => {
      this.#outstanding = { resolve, reject };
      this.#take({ kind: "ask", message, body, timing });
    });
  }

  #take(input: ConnectionInput): void {
    this.#inputs.push(input);
    if (this.#work === "working") return;
    this.#work = "working";
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) this.#step(next);
    } finally {
      this.#work = "idle";
    }
  }

  #step(input: ConnectionInput): void {
    if (input.kind === "ask" && this.session === undefined) {
      // The session ended while this request waited its turn.
      this.#lose(new SessionLost("framing/abandoned", "unsent"));
      return;
    }
    const { state, effects } = stepConnection(this.#config, this.#state, input);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: ConnectionEffect): void {
    switch (effect.kind) {
      case "open-port":
        this.#open(effect.link);
        return;
      case "close-link":
        void hushed(() => this.#attached?.link.close());
        return;
      case "draw": {
        const [session = 0, nonce] = this.#drawn();
        this.#inputs.push({ kind: "drawn", session, nonce });
        return;
      }
      case "write":
        // That a link takes nothing more is told by its closing.
        void hushed(() => this.#attached?.link.write(effect.bytes));
        return;
      case "arm-phase":
        this.#arm("phase", effect.ms, { kind: "phase-over" });
        return;
      case "arm-reply":
        this.#arm("reply", effect.ms, { kind: "reply-overdue", timer: effect.timer });
        return;
      case "disarm":
        this.#timers.get(effect.name)?.();
        this.#timers.delete(effect.name);
        return;
      case "entered":
        this.#entered(effect.from, effect.because);
        return;
      case "answered":
        this.#outstanding?.resolve(effect);
        this.#outstanding = undefined;
        return;
      case "failed":
        this.#lose(new SessionLost(effect.code, "out"));
        return;
      case "notified":
        this.#listener.notified(effect.message, effect.body, effect.missed);
        return;
      case "check-liveness":
        this.#listener.checkLiveness();
        return;
    }
  }

  #lose(lost: SessionLost): void {
    const outstanding = this.#outstanding;
    this.#outstanding = undefined;
    outstanding?.reject(lost);
  }

  #drawn(): readonly [session: number, nonce: Uint8Array] {
    const { randomBytes } = this.#options;
    const [a = 0, b = 0, c = 0, d = 0] = randomBytes(4);
    // SPEC FRM-2: a session's number is not zero.
    const session = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0 || 1;
    return [session, randomBytes(16)];
  }

  #arm(name: "phase" | "reply", ms: number, input: ConnectionInput): void {
    this.#timers.get(name)?.();
    const cancel = this.#options.setTimer(ms, () => {
      this.#timers.delete(name);
      this.#take(input);
    });
    this.#timers.set(name, cancel);
  }

  #entered(from: ConnectionPhase, because: ConnectionEvent): void {
    const { phase } = this.#state;
    if (from === "waiting-for-port") {
      const code = phase === "closed" ? "station/closed" : "link/open-timeout";
      if (phase !== "settling")
        this.#opening?.abort(new StationError(code, { timeoutMs: this.#config.patience.openMs }));
      this.#opening = undefined;
    }
    if (phase === "backing-off" || phase === "closed") this.#detach();
    this.#listener.entered(from, because);
  }

  #open(number: number): void {
    const opening = newAborting();
    this.#opening = opening;
    const opened = new Promise<Link>((resolve) => {
      resolve(this.#options.open(opening.signal as GivenSignal));
    });
    opened.then(
      (link) => {
        if (opening.signal.aborted) void hushed(() => link.close());
        else this.#attach(number, link);
      },
      (error: unknown) => {
        if (!opening.signal.aborted) this.#openFailure = error;
        const known = error instanceof NyckelfriError ? { code: error.code, details: error.details } : {};
        this.#take({ kind: "open-failed", link: number, ...known });
      },
    );
  }

  #attach(number: number, link: Link): void {
    this.#openFailure = undefined;
    const decoder = new FrameDecoder();
    const subscriptions = [
      link.onData((chunk) => this.#heard(number, decoder, chunk)),
      link.onClose(({ reason }) => this.#take({ kind: "link-closed", link: number, reason })),
    ];
    this.#attached = { link, decoder, subscriptions };
    this.#take({ kind: "opened", link: number });
  }

  #heard(number: number, decoder: FrameDecoder, chunk: Uint8Array): void {
    const { phase } = this.#state;
    // SPEC SER-3: what was left over from before means nothing.
    if (phase !== "resyncing" && phase !== "ready") return;
    let discarded = 0;
    let why: string | undefined;
    for (const event of decoder.push(chunk)) {
      if (event.kind === "frame") this.#take({ kind: "frame", link: number, frame: event.frame });
      else {
        discarded += event.bytes;
        why ??= event.reason;
      }
    }
    if (why !== undefined) {
      this.#listener.log({ level: "warning", event: "discarded", reason: why, bytes: discarded });
    }
  }

  #detach(): void {
    const attached = this.#attached;
    this.#attached = undefined;
    for (const unsubscribe of attached?.subscriptions ?? []) unsubscribe();
  }
}

/** Settles and never rejects, also when a link of somebody else's throws instead: that one is gone, its closing tells. */
async function hushed(act: () => Promise<void> | undefined): Promise<void> {
  try {
    await act();
  } catch {
    // As said above.
  }
}
