/**
 * Calls, one after the other: a session has one request out at a time (SPEC FRM-6), and several requests that belong together (the
 * chunks of a body and the request that names them, a nonce and the statement over it) are not pulled apart.
 *
 * | when the session is lost      | a call that is asked again        | a call that is not                      |
 * |-------------------------------|-----------------------------------|-----------------------------------------|
 * | before its request has left   | goes on in the next session       | goes on in the next session             |
 * | while its request is out      | is asked again in the next one    | fails with `station/call-lost`          |
 * | after its reply               | is done                           | is done                                 |
 *
 * No call outlives its time-out or its signal. A fault that nobody at the cable can mend (`retry` of its code is `no`, as for
 * `messages/version`) fails all calls that wait; for a port that is away they wait.
 */
import {
  decodeError,
  decodeReply,
  type ErrorCode,
  type ErrorDetails,
  encodeLargeRequest,
  encodeRequest,
  type MessageName,
  messageNamed,
  type ReplyBody,
  type RequestBody,
  splitIntoChunks,
  timingOf,
} from "@nyckelfri/protocol";
import { type Aborting, newAborting } from "./aborting.ts";
import type { SessionFacts } from "./connection.ts";
import { codeOf, requireMilliseconds, StationError, stationError } from "./errors.ts";
import { type Line, SessionLost } from "./line.ts";
import type { AbortSignalLike, CallName, GivenSignal, LogLine, SessionCall, StationOptions } from "./surroundings.ts";

export interface CallOptions {
  readonly signal?: AbortSignalLike;
  /** For this call, waiting for the station included. */
  readonly timeoutMs?: number;
}

/** Whether asking a second time does what asking once does. */
export const AFTER_LOSS: Readonly<Record<CallName | SessionCall, "asked-again" | "fails">> = {
  // A session is what they want.
  ready: "asked-again",
  hello: "asked-again",
  info: "asked-again",
  counters: "asked-again",
  "self-test": "asked-again",
  docks: "asked-again",
  // Each with a nonce of its own.
  "time-challenge": "asked-again",
  time: "asked-again",
  // What is there already is `known`.
  deliver: "asked-again",
  bundle: "asked-again",
  acknowledge: "asked-again",
  // Reading is, but a command may also open a slot: see `command`.
  command: "fails",
  enrol: "asked-again",
  // The same bytes again are done already (SPEC SVC-3).
  commission: "asked-again",
  // Signed over the nonce of one session (SPEC TRU-10).
  transfer: "fails",
};

/** Sessions that one call may lose while its request is out. */
export const SESSIONS_OF_A_CALL = 20;

/**
 * What a station answers that lost power under a session, when a late copy of the hello has opened that session again: the number is
 * the same and the nonce is another (SPEC FRM-8, MSG-5). A new session settles it; what is answered in that one too, is meant.
 */
const FORGOTTEN_SESSION: Readonly<Partial<Record<MessageName<"serve">, ErrorCode>>> = {
  command: "objects/nonce",
  time: "messages/out-of-turn",
};
const DOUBTS = 2;

/** One call's time in one session. */
export interface Turn {
  readonly facts: SessionFacts;
  /** Rejects with what the station answered, and when the session is over. */
  ask<N extends CallName>(name: N, body: NoInfer<RequestBody<"serve", N>>): Promise<ReplyBody<"serve", N>>;
  /** Of the HostCommands of this session: rises by one (SPEC OBJ-19). */
  nextSequence(): number;
}

interface Call {
  readonly name: CallName | SessionCall;
  readonly afterLoss: "asked-again" | "fails";
  readonly run: (turn: Turn, signal: GivenSignal) => Promise<unknown>;
  readonly end: (result: { readonly value: unknown } | { readonly error: unknown }) => void;
  readonly aborting: Aborting;
  sessions: number;
  /** How often its session was ended because the station seemed to have forgotten it. */
  doubted: number;
  phase: "waiting" | "running" | "over";
}

interface Running {
  readonly call: Call;
  requests: number;
}

export class Calls {
  readonly #options: Pick<StationOptions, "provider" | "setTimer">;
  readonly #line: Line;
  readonly #callMs: number;
  readonly #log: (line: LogLine) => void;
  #waiting: Call[] = [];
  #running: Running | undefined;
  #sequence: { readonly session: SessionFacts; readonly last: number } | undefined;

  constructor(
    options: Pick<StationOptions, "provider" | "setTimer">,
    line: Line,
    { callMs, log }: { readonly callMs: number; readonly log: (line: LogLine) => void },
  ) {
    this.#options = options;
    this.#line = line;
    this.#callMs = callMs;
    this.#log = log;
  }

  get isIdle(): boolean {
    return this.#running === undefined && this.#waiting.length === 0;
  }

  /** `first`: before all that waits. */
  call<T>(
    name: CallName | SessionCall,
    run: (turn: Turn, signal: GivenSignal) => Promise<T>,
    options: CallOptions = {},
    terms: { readonly afterLoss?: Call["afterLoss"]; readonly place?: "first" | "last" } = {},
  ): Promise<T> {
    const { signal, timeoutMs = this.#callMs } = options;
    const { afterLoss = AFTER_LOSS[name], place = "last" } = terms;
    return new Promise<T>((resolve, reject) => {
      requireMilliseconds("timeoutMs", timeoutMs);
      const aborting = newAborting();
      // Often it is a time-out's signal: then what was in the way is what its caller has to know.
      const onAbort = (): void => {
        const { phase: connection, trouble } = this.#line.state;
        const known = { call: name, connection, ...(trouble === "none" ? {} : { trouble }) };
        give({ error: new StationError("station/aborted", known, signal?.reason) });
      };
      let cancel: () => void = () => undefined;
      const give = (result: { readonly value: unknown } | { readonly error: unknown }): void => {
        if (call.phase === "over") return;
        call.phase = "over";
        cancel();
        signal?.removeEventListener("abort", onAbort);
        this.#waiting = this.#waiting.filter((one) => one !== call);
        this.#told(call, result);
        if ("value" in result) resolve(result.value as T);
        else {
          aborting.abort(result.error);
          reject(result.error);
        }
        this.#release(call);
      };
      const call: Call = { name, afterLoss, run, end: give, aborting, sessions: 0, doubted: 0, phase: "waiting" };
      if (this.#line.state.phase === "closed")
        return give({ error: new StationError("station/closed", { call: name }) });
      if (signal?.aborted === true) return onAbort();
      signal?.addEventListener("abort", onAbort);
      cancel = this.#options.setTimer(timeoutMs, () => {
        const { phase: connection, trouble, troubleDetails } = this.#line.state;
        const code = trouble === "none" ? "station/timeout" : trouble;
        const { openFailure } = this.#line;
        give({
          error: new StationError(
            code,
            { ...troubleDetails, call: name, connection, waitedMs: timeoutMs },
            openFailure,
          ),
        });
      });
      this.#waiting = place === "first" ? [call, ...this.#waiting] : [...this.#waiting, call];
      this.next();
    });
  }

  /** Ends all calls: those that wait, or all there are. */
  fail(which: "waiting" | "all", code: ErrorCode, details: ErrorDetails = {}): void {
    const running = which === "all" && this.#running !== undefined ? [this.#running.call] : [];
    const ended = [...running, ...this.#waiting];
    this.#waiting = [];
    const cause = which === "all" ? undefined : this.#line.openFailure;
    for (const call of ended) call.end({ error: new StationError(code, { ...details, call: call.name }, cause) });
  }

  /** Begins the next call, if it can begin. */
  next(): void {
    const { session } = this.#line;
    const [call] = this.#waiting;
    if (this.#running !== undefined || session === undefined || call === undefined) return;
    this.#waiting = this.#waiting.slice(1);
    call.phase = "running";
    call.sessions += 1;
    const running: Running = { call, requests: 0 };
    this.#running = running;
    const turn: Turn = {
      facts: session,
      ask: (name, body) => this.#ask(running, session, name, body),
      nextSequence: () => {
        const last = this.#sequence?.session === session ? this.#sequence.last + 1 : 1;
        this.#sequence = { session, last };
        return last;
      },
    };
    const begun = new Promise<unknown>((resolve) => {
      resolve(call.run(turn, call.aborting.signal as GivenSignal));
    });
    begun.then(
      (value) => call.end({ value }),
      (error: unknown) => this.#failed(running, error),
    );
  }

  #failed(running: Running, error: unknown): void {
    const { call } = running;
    if (call.phase === "over") return;
    if (!(error instanceof SessionLost)) {
      call.end({ error: stationError(error, { call: call.name }) });
      return;
    }
    const { code, request } = error;
    const isSafe = request === "unsent" || call.afterLoss === "asked-again";
    if (!isSafe || call.sessions >= SESSIONS_OF_A_CALL) {
      const details = { call: call.name, because: code, sessions: call.sessions };
      call.end({ error: new StationError("station/call-lost", details) });
      return;
    }
    this.#log({ level: "warning", event: "asked-again", call: call.name, code });
    call.phase = "waiting";
    this.#waiting = [call, ...this.#waiting];
    this.#release(call);
  }

  /** The line is free for the next call when this one has no request out. */
  #release(call: Call): void {
    const running = this.#running;
    if (running === undefined || running.call !== call || running.requests > 0) return;
    this.#running = undefined;
    this.next();
  }

  async #ask<N extends CallName>(
    running: Running,
    session: SessionFacts,
    name: N,
    body: NoInfer<RequestBody<"serve", N>>,
  ): Promise<ReplyBody<"serve", N>> {
    const { sha256 } = this.#options.provider;
    const form = encodeLargeRequest<"serve", MessageName<"serve">>("serve", name, body as never, sha256);
    if (form.kind === "chunked") {
      // SPEC FRM-9: each waits for its answer; the request itself then names their digest.
      for (const chunk of splitIntoChunks(form.transfer, form.digest)) {
        await this.#send(running, session, "chunk", encodeRequest("serve", "chunk", chunk));
      }
    }
    const answer = await this.#send(running, session, name, form.body);
    return decodeReply("serve", name, answer);
  }

  async #send(
    running: Running,
    session: SessionFacts,
    name: MessageName<"serve">,
    body: Uint8Array,
  ): Promise<Uint8Array> {
    // Nobody waits for it any more, and the line may be another call's.
    if (running.call.phase !== "running" || this.#running !== running)
      throw new SessionLost("framing/abandoned", "unsent");
    const entry = messageNamed("serve", name);
    running.requests += 1;
    try {
      const { outcome, body: answer } = await this.#line.ask(session, entry.number, body, timingOf(entry));
      if (outcome === "reply") return answer;
      const error = decodeError(answer);
      const { call } = running;
      if (FORGOTTEN_SESSION[name] !== error.code || call.doubted >= DOUBTS) throw error;
      call.doubted += 1;
      this.#line.renew();
      // An error has no effect: the request is as good as unsent.
      throw new SessionLost("framing/out-of-step", "unsent");
    } finally {
      running.requests -= 1;
      if ((running.call.phase as Call["phase"]) === "over") this.#release(running.call);
    }
  }

  #told({ name: call, sessions }: Call, result: { readonly value: unknown } | { readonly error: unknown }): void {
    const outcome = "value" in result ? "done" : (codeOf(result.error) ?? "messages/unexplained");
    this.#log({ level: outcome === "done" ? "debug" : "warning", event: "call", call, outcome, sessions });
  }
}
