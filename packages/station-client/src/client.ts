/** The host's side of a sync station, box or key cabinet (SPEC 8.5): one client for one station, over whatever links come and go. */
import {
  type Capability,
  type Command,
  type CommandReply,
  type ErrorCode,
  type InfoReply,
  neededCapability,
  type ReplyBody,
  type RequestBody,
  type ServeWelcome,
  type SlotState,
  type TimeReply,
  type ToldClock,
  toHex,
  type Unsubscribe,
  type UpdateOutcome,
} from "@nyckelfri/protocol";
import { untilAborted } from "./aborting.ts";
import type { Bundle, BundleOutcome, Progress, ProgressOptions } from "./bundles.ts";
import { type CallOptions, Calls, type Turn } from "./calls.ts";
import type { ConnectionEvent, ConnectionPhase } from "./connection-tables.ts";
import { type CounterName, namedCheck, namedCounters, type SelfTestCheck } from "./counters.ts";
import { lacks, requireBytes, requireMilliseconds, requireProgram, retryOf, StationError } from "./errors.ts";
import { Feed } from "./feed.ts";
import { Happenings, type StationEvent } from "./happenings.ts";
import { Line } from "./line.ts";
import {
  type CollectOptions,
  type LogEntry,
  type LogOptions,
  type ReceiptOutcome,
  readEntries,
} from "./log-reading.ts";
import type { AbortSignalLike, CallName, LogLine, StationOptions } from "./surroundings.ts";
import { USUAL_PATIENCE } from "./surroundings.ts";

/** Where the connection stands, and what has led there. */
export interface ConnectionStatus {
  readonly phase: ConnectionPhase;
  readonly because: ConnectionEvent;
  /** On the clock that was handed in. */
  readonly sinceMs: number;
  /** Links that failed since a call was last answered. */
  readonly failures: number;
  /** Why it is not ready, where that is known. */
  readonly trouble?: ErrorCode;
}

export class StationClient {
  readonly #options: StationOptions;
  readonly #line: Line;
  readonly #calls: Calls;
  readonly #statuses: Feed<ConnectionStatus>;
  readonly #happenings: Happenings;
  readonly #log: (line: LogLine) => void;
  #status: ConnectionStatus;
  /** `asked-too-early`: a key may have come or gone, untold, after the answer that is on its way. */
  #slots: "asked" | "asked-too-early" | "answered" = "answered";

  /** As `connectStation`. */
  constructor(options: StationOptions) {
    requireBytes("device", options.device, 8);
    requireProgram(options.program);
    const patience = { ...USUAL_PATIENCE, ...options.patience };
    for (const [name, ms] of Object.entries(patience)) requireMilliseconds(`patience.${name}`, ms);
    const { provider, device, program } = options;
    this.#options = options;
    this.#log = (line) => {
      try {
        options.log?.(line);
      } catch {
        // Who logs badly is not told so in the log.
      }
    };
    const listenerFailed = (): void => this.#log({ level: "warning", event: "listener-failed" });
    this.#statuses = new Feed({ missed: () => this.#status, listenerFailed });
    this.#happenings = new Happenings(this.#log, listenerFailed);
    const config = {
      ...{ provider, patience },
      ...(device === undefined ? {} : { device }),
      ...(program === undefined ? {} : { program }),
    };
    this.#line = new Line(options, config, {
      entered: (from, because) => this.#entered(from, because),
      notified: (message, body, missed) => {
        if (this.#happenings.notified(message, body, missed) === "complete") return;
        if (this.#slots === "answered") this.#refreshSlots();
        else this.#slots = "asked-too-early";
      },
      checkLiveness: () => this.#checkLiveness(),
      log: this.#log,
    });
    this.#calls = new Calls(options, this.#line, { callMs: patience.callMs, log: this.#log });
    this.#status = { phase: "waiting-for-port", because: "begun", sinceMs: options.nowMs(), failures: 0 };
    this.#line.begin();
  }

  // ---- the connection ----------------------------------------------------------------------------

  get status(): ConnectionStatus {
    return this.#status;
  }

  /** Every change of `status`, from now on. Returns the function that ends the subscription. */
  onStatus(listener: (status: ConnectionStatus) => void): Unsubscribe {
    return this.#statuses.on(listener);
  }

  /** The same as an async iterator, which ends when the client is closed. A slow reader gets the newest in place of what it missed. */
  statuses(signal?: AbortSignalLike): AsyncIterableIterator<ConnectionStatus> {
    return this.#statuses.iterate(signal);
  }

  /** Waits for the station, and gives what it has said of itself. */
  ready(options?: CallOptions): Promise<ServeWelcome> {
    return this.#calls.call("ready", async ({ facts }) => facts.welcome, options);
  }

  /** A new session on the same link: what the station can do now, as after it was given the time. */
  async hello(options?: CallOptions): Promise<ServeWelcome> {
    // As a call, so that no other one has a request out when the session ends.
    await this.#calls.call("hello", async () => this.#line.renew(), options);
    return this.#calls.call("hello", async ({ facts }) => facts.welcome, options);
  }

  /** What the station says that it can do (SPEC SRV-5); empty while it is not connected. */
  get capabilities(): readonly Capability[] {
    return this.#line.session?.welcome.capabilities ?? [];
  }

  /** Ends calls (`station/closed`) and iterators, and closes the link. Nothing is opened any more. */
  async close(): Promise<void> {
    this.#calls.fail("all", "station/closed");
    await this.#line.close();
    this.#statuses.end();
    this.#happenings.feed.end();
  }

  // ---- what any host may ask (SPEC SRV-1) ----------------------------------------------------------

  /** Its serial number, epoch, clock, floor, certificates with their ends, and how many bundles it holds and has room for. */
  info(options?: CallOptions): Promise<InfoReply> {
    return this.request("info", {}, options);
  }

  /** `running` with its interval in Unix seconds, `lost` or `conflict` (SPEC TIM-1). */
  async clock(options?: CallOptions): Promise<ToldClock> {
    return (await this.info(options)).clock;
  }

  /** By name, as `COUNTER_NAMES` has them; those that this station does not count are left out. */
  async counters(options?: CallOptions): Promise<Readonly<Partial<Record<CounterName, number>>>> {
    return namedCounters((await this.request("counters", {}, options)).counters);
  }

  /** Each check and whether it passed. May take some seconds. */
  async selfTest(options?: CallOptions): Promise<ReadonlyMap<SelfTestCheck, "passed" | "failed">> {
    const { checks } = await this.request("self-test", {}, options);
    return new Map(checks.map(([check, passed]) => [namedCheck(check), passed ? "passed" : "failed"]));
  }

  /** By slot. */
  docks(options?: CallOptions): Promise<ReadonlyMap<number, SlotState>> {
    return this.#askDocks(options, "last");
  }

  /**
   * Gives the station the time: the issuer's word over a nonce of the station's own, by `stateTime` (SPEC TIM-6, TIM-8). A verdict
   * other than `accepted` is an answer and no error.
   */
  async giveTime(options?: CallOptions): Promise<TimeReply> {
    const { stateTime } = this.#options;
    if (stateTime === undefined) throw lacks("stateTime", "a function that asks an issuer with role time");
    return this.#calls.call(
      "time",
      async (turn, signal) => {
        const { nonce } = await turn.ask("time-challenge", {});
        const { statement, certificates } = await stateTime({ nonce, device: turn.facts.welcome.device }, signal);
        return turn.ask("time", { statement, ...(certificates === undefined ? {} : { certificates }) });
      },
      options,
    );
  }

  /** Objects for the station itself and for every key: certificates, root transitions, lists, receipts. */
  async deliver(object: Uint8Array, options?: CallOptions): Promise<UpdateOutcome> {
    return (await this.request("deliver", { object }, options)).outcome;
  }

  /** One key's objects, in order, for its next dock. `need-certificate`: deliver the certificate of their issuer first. */
  async sendBundle({ key, objects }: Bundle, options: ProgressOptions = {}): Promise<BundleOutcome> {
    const outcomes: UpdateOutcome[] = [];
    for (const object of objects) {
      outcomes.push((await this.request("bundle", { key, object }, options)).outcome);
      options.onProgress?.({ done: outcomes.length, total: objects.length });
    }
    return { key, outcomes };
  }

  /** Many keys' bundles; progress counts objects. What was sent before a failure stays sent, and sending all again harms nothing. */
  async preload(bundles: readonly Bundle[], options: ProgressOptions = {}): Promise<readonly BundleOutcome[]> {
    const { onProgress, ...rest } = options;
    const total = bundles.reduce((sum, { objects }) => sum + objects.length, 0);
    const all: BundleOutcome[] = [];
    let before = 0;
    for (const bundle of bundles) {
      const told = (one: Progress): void => onProgress?.({ done: before + one.done, total });
      all.push(await this.sendBundle(bundle, { ...rest, onProgress: told }));
      before += bundle.objects.length;
    }
    return all;
  }

  /** Tells the station how far its log has been read. It deletes nothing (SPEC SRV-4). */
  async acknowledge(cursor: number, options?: CallOptions): Promise<void> {
    await this.request("acknowledge", { cursor }, options);
  }

  /** The city's receipts: under these, and nothing else, the station lets records go (SPEC SRV-4, OBJ-15). */
  async bringReceipts(
    receipts: readonly Uint8Array[],
    options: ProgressOptions = {},
  ): Promise<readonly ReceiptOutcome[]> {
    const brought: ReceiptOutcome[] = [];
    for (const receipt of receipts) {
      brought.push({ receipt, outcome: await this.deliver(receipt, options) });
      options.onProgress?.({ done: brought.length, total: receipts.length });
    }
    return brought;
  }

  /** Any request of the exchange, for what has no method here: `enrol`, `commission`, `transfer`. */
  async request<N extends CallName>(
    name: N,
    body: NoInfer<RequestBody<"serve", N>>,
    options?: CallOptions,
  ): Promise<ReplyBody<"serve", N>> {
    return this.#calls.call(
      name,
      (turn) => {
        requireCapability(turn, name);
        return turn.ask(name, body);
      },
      options,
    );
  }

  // ---- what only a certified host may ask (SPEC SRV-2) ---------------------------------------------

  /**
   * Signs a command for the session that stands and sends it. Reading and setting are asked again after a lost session; releasing a
   * slot is not, and fails with `station/call-lost`.
   */
  async command(command: Command, options?: CallOptions): Promise<CommandReply> {
    const { signer } = this.#options;
    if (signer === undefined) throw lacks("signer", "a signer with a certificate of role host");
    return this.#calls.call(
      "command",
      async (turn) => {
        const { welcome, transcript } = turn.facts;
        const sequence = turn.nextSequence();
        const { device, nonce } = welcome;
        return turn.ask("command", { ...(await signer.signCommand({ device, nonce, sequence, command }, transcript)) });
      },
      options,
      { afterLoss: command.kind === "release-slot" ? "fails" : "asked-again" },
    );
  }

  /** `serve-time`: 0 or 1. `overdue`: minutes. `door-left-open`: seconds (SPEC SRV-1). */
  async configure(
    setting: "serve-time" | "overdue" | "door-left-open",
    value: number,
    options?: CallOptions,
  ): Promise<CommandReply["outcome"]> {
    return (await this.command({ kind: "configure", setting, value }, options)).outcome;
  }

  /** Cabinet override: opens a slot whoever stands before it. */
  async releaseSlot(slot: number, options?: CallOptions): Promise<CommandReply["outcome"]> {
    return (await this.command({ kind: "release-slot", slot }, options)).outcome;
  }

  /**
   * The station's log from the kept cursor to its end. An entry counts as kept when the next one is asked for; a loop that is left
   * early reads its last entry again next time.
   */
  readLog({ from, ...options }: LogOptions = {}): AsyncIterableIterator<LogEntry> {
    const source = {
      station: async () => toHex((await this.ready(options)).device),
      read: (cursor: number) => this.command({ kind: "read-log", cursor }, options),
      acknowledge: async (cursor: number) => {
        if (this.capabilities.includes("log")) await this.acknowledge(cursor, options);
      },
      cursors: this.#options.cursors,
      signal: options.signal,
      log: this.#log,
    };
    return readEntries(source, from ?? "kept");
  }

  /** Reads the log, has each entry kept, and brings the receipts that come of it; then the cursor moves on. */
  async collectLog({ keep, onProgress, ...options }: CollectOptions): Promise<{
    readonly entries: number;
    readonly receipts: readonly ReceiptOutcome[];
  }> {
    const receipts: ReceiptOutcome[] = [];
    let entries = 0;
    for await (const entry of this.readLog(options)) {
      const given = await untilAborted(keep(entry), options.signal);
      receipts.push(...(await this.bringReceipts(given, callOptions(options))));
      entries += 1;
      onProgress?.({ entries, receipts: receipts.length });
    }
    return { entries, receipts };
  }

  // ---- what happens by itself ------------------------------------------------------------------------

  onEvent(listener: (event: StationEvent) => void): Unsubscribe {
    return this.#happenings.feed.on(listener);
  }

  /** From now on, until the client is closed. */
  events(signal?: AbortSignalLike): AsyncIterableIterator<StationEvent> {
    return this.#happenings.feed.iterate(signal);
  }

  #entered(_from: ConnectionPhase, because: ConnectionEvent): void {
    const { phase, failures, trouble } = this.#line.state;
    const code = trouble === "none" ? {} : { trouble };
    this.#status = { phase, because, sinceMs: this.#options.nowMs(), failures, ...code };
    const level = phase === "stalled" || phase === "backing-off" ? "warning" : "info";
    this.#log({ level, event: "connection", to: phase, because, ...(trouble === "none" ? {} : { code: trouble }) });
    this.#statuses.emit(this.#status);
    if (phase === "ready") {
      // What happened between two sessions was told to nobody.
      this.#refreshSlots();
      this.#calls.next();
    }
    const isHopeless = trouble !== "none" && retryOf(trouble) === "no";
    if (isHopeless && (phase === "stalled" || phase === "backing-off"))
      this.#calls.fail("waiting", trouble, this.#line.state.troubleDetails);
  }

  #refreshSlots(): void {
    // One that waits already is asked in the session that comes.
    if (this.#slots !== "answered") return;
    this.#slots = "asked";
    const answered = (): void => {
      const isToAskAgain = this.#slots === "asked-too-early" && this.#line.session !== undefined;
      this.#slots = "answered";
      if (isToAskAgain) this.#refreshSlots();
    };
    // Whoever asks again later learns of it anew; the call's own line in the log says why it failed.
    this.#askDocks({}, "first").then(answered, answered);
  }

  async #askDocks(options: CallOptions | undefined, place: "first" | "last"): Promise<ReadonlyMap<number, SlotState>> {
    return this.#calls.call(
      "docks",
      async (turn) => {
        const reply = await turn.ask("docks", {});
        this.#happenings.asked(reply);
        return new Map(reply.slots);
      },
      options,
      { place },
    );
  }

  /** SPEC SER-4. */
  #checkLiveness(): void {
    if (this.#calls.isIdle) this.info().catch(() => undefined);
  }
}

/**
 * A client for the station behind `open`. It begins to connect at once, and goes on until it is closed; what happens meanwhile is
 * told by `statuses`. All that its methods reject with is a `StationError`, or what a function that was handed in has thrown.
 * Throws `caller/argument` for a `device` that is no kid and for a time that no timer has.
 */
export function connectStation(options: StationOptions): StationClient {
  return new StationClient(options);
}

/** SPEC SRV-5: what the device does not list it would answer with `messages/unexpected`. */
function requireCapability({ facts }: Turn, name: CallName): void {
  const needed = neededCapability[name];
  if (needed !== undefined && !facts.welcome.capabilities.includes(needed)) {
    throw new StationError("messages/unexpected", { call: name, needed });
  }
}

function callOptions({ signal, timeoutMs }: CallOptions): CallOptions {
  return { ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) };
}
