/** A cylinder with a memory, a clutch and a line to a scripted key: the least world in which it can be watched. */
import {
  type CryptoProvider,
  decodeError,
  decodeReply,
  defaultProvider,
  encodeRequest,
  FrameDecoder,
  type MessageName,
  messageNamed,
  newRequester,
  type ReplyBody,
  type RequestBody,
  type RequesterEffect,
  type RequesterInput,
  type RequesterState,
  stepRequester,
  timingOf,
} from "@nyckelfri/protocol";
import { cylinderDevice, DARK } from "#src/devices/cylinder/cylinder.ts";
import type { CylinderEffect, CylinderInput } from "#src/devices/cylinder/cylinder-io.ts";
import type { CylinderOn, CylinderState } from "#src/devices/cylinder/cylinder-state.ts";
import { findingsOf } from "#src/devices/cylinder/findings.ts";
import { type CylinderMake, provisionCylinder } from "#src/devices/cylinder/identity.ts";
import { cylinderMemory, layoutOf } from "#src/devices/cylinder/layout.ts";
import type { Keeping } from "#src/devices/cylinder/page-memo.ts";
import type { StoreContext } from "#src/devices/cylinder/stores.ts";
import { permitClutch } from "#src/hardware/clutch.ts";
import {
  applyNvm,
  type Nvm,
  type NvmCut,
  type NvmOperation,
  type NvmOutcome,
  type NvmProfile,
  skipNvm,
} from "#src/hardware/nvm.ts";
import type { Device } from "#src/world/entity.ts";
import { rootStream, type Stream } from "#src/world/streams.ts";

/** Flash of 8-byte words with ECC. */
export const FLASH: NvmProfile = cylinderMemory({
  wordBytes: 8,
  wordsPerPage: 64,
  cells: "ecc-once",
  refusedProgram: "not-erased",
  enduranceCycles: 10_000,
  wearOut: "fails",
});

/** By which tests read a memory, anew each time. */
export const CONTEXT: StoreContext = {
  provider: defaultProvider,
  profile: FLASH,
  layout: layoutOf(FLASH),
  findings: findingsOf("nothing", defaultProvider),
};

export interface RigOptions {
  /** Counts its calls, for tests of what a visit costs. */
  readonly provider: CryptoProvider;
  readonly make: CylinderMake;
  readonly profile?: NvmProfile;
  readonly insertions?: number;
  readonly keeping?: Keeping;
  readonly seed?: number;
}

type Exchange = "open" | "service";
export type Answered<Body> =
  | { readonly kind: "reply"; readonly body: Body }
  | { readonly kind: "error"; readonly code: string }
  /** Power is gone, or nothing answers. */
  | { readonly kind: "silence" };

/** Ms that each input takes, so that time goes on. */
const STEP_MS = 3;

export class Rig {
  readonly device: Device<CylinderState, CylinderInput, CylinderEffect>;
  readonly stream: Stream;
  nvm: Nvm;
  state: CylinderState = DARK;
  tickMs = 0;
  energy: readonly ("enough" | "short")[] = [];
  /** How long a measurement takes. */
  measureMs = STEP_MS;
  /** The power ends at this operation of the memory. */
  cut: NvmCut | undefined;
  clutch: "disengaged" | "engaged" = "disengaged";
  /** Records of the engagements. */
  engagements: number[] = [];
  /** Kinds of effects, in order. */
  trace: string[] = [];
  sent: Uint8Array[] = [];
  /** Operations that the memory was asked for, of the present power-up, and how many of them came before the challenge. */
  operations: NvmOperation[] = [];
  /** The same, as they were asked for at once. */
  batches: (readonly NvmOperation[])[] = [];
  beforeChallenge: number | undefined;
  /** A part that does not do what it says. */
  skips: (operation: NvmOperation) => boolean = () => false;
  /** Effects while which the contact opens, for less time than the store holds. */
  letsGo: (effect: CylinderEffect) => boolean = () => false;
  /** Programs that the memory did not take, because the word was not erased. */
  refusedPrograms = 0;
  #key: RequesterState = newRequester();
  #decoder = new FrameDecoder();
  #answered: Extract<RequesterEffect, { kind: "answered" }> | undefined;

  constructor({ provider, make, profile = FLASH, seed = 1, ...rest }: RigOptions) {
    this.device = cylinderDevice({ provider, profile, ...rest });
    this.nvm = provisionCylinder(provider, profile, make);
    this.stream = rootStream(seed).fork("rig");
  }

  /** What the device knows; only while it has power. */
  get on(): CylinderOn {
    if (this.state.power !== "on") throw new Error("the cylinder is dark");
    return this.state;
  }

  insert(): void {
    this.pull();
    this.tickMs = 0;
    this.operations = [];
    this.batches = [];
    this.beforeChallenge = undefined;
    this.give({ kind: "power-on", nvm: this.nvm, noise: this.stream.uint32(), tickMs: 0 });
  }

  pull(): void {
    this.give({ kind: "power-lost" });
  }

  /** One input, and all that its effects bring about. */
  give(input: CylinderInput): void {
    const { state, effects } = this.device.step(this.state, input);
    this.state = state;
    if (input.kind === "power-lost") this.clutch = "disengaged";
    for (const effect of effects) {
      if (this.state.power === "off") return;
      this.tickMs += STEP_MS;
      this.#perform(effect);
    }
  }

  /** Opens a session with a fresh number. */
  hello<E extends Exchange>(
    exchange: E,
    body: RequestBody<E, "hello" & MessageName<E>>,
  ): Answered<ReplyBody<E, "hello" & MessageName<E>>> {
    return this.#ask(exchange, "hello" as never, encodeRequest(exchange, "hello" as never, body as never)) as never;
  }

  ask<E extends Exchange, N extends MessageName<E>>(
    exchange: E,
    name: N,
    body: NoInfer<RequestBody<E, N>>,
  ): Answered<ReplyBody<E, N>> {
    return this.#ask(exchange, name, encodeRequest(exchange, name, body));
  }

  /** With a body that is encoded already. */
  askRaw<E extends Exchange, N extends MessageName<E>>(
    exchange: E,
    name: N,
    body: Uint8Array,
  ): Answered<ReplyBody<E, N>> {
    return this.#ask(exchange, name, body);
  }

  /** The last request once more, bit for bit. */
  repeat(): readonly Uint8Array[] {
    const { at, timer } = this.#key;
    if (at.phase === "waiting") throw new Error(`still waiting at timer ${timer}`);
    const before = this.sent.length;
    for (const event of new FrameDecoder().push(this.lastRequest)) {
      if (event.kind === "frame") this.give({ kind: "frame", frame: event.frame, tickMs: this.tickMs });
    }
    return this.sent.slice(before);
  }

  lastRequest: Uint8Array = new Uint8Array(0);

  #ask<E extends Exchange, N extends MessageName<E>>(
    exchange: E,
    name: N,
    body: Uint8Array,
  ): Answered<ReplyBody<E, N>> {
    const entry = messageNamed(exchange, name);
    const request = { message: entry.number, body, timing: timingOf(entry) };
    this.#answered = undefined;
    if (name !== "hello" && this.#key.at.phase !== "ready") return { kind: "silence" };
    this.#stepKey(
      name === "hello"
        ? { kind: "open", session: this.stream.uint32() || 1, ...request }
        : { kind: "request", ...request },
    );
    const answered = this.#answered as Extract<RequesterEffect, { kind: "answered" }> | undefined;
    if (answered === undefined) {
      this.#stepKey({ kind: "close" });
      return { kind: "silence" };
    }
    if (answered.outcome === "error") return { kind: "error", code: decodeError(answered.body).code };
    return { kind: "reply", body: decodeReply(exchange, name, answered.body) };
  }

  #stepKey(input: RequesterInput): void {
    const { state, effects } = stepRequester(this.#key, input);
    this.#key = state;
    for (const effect of effects) {
      if (effect.kind === "answered") this.#answered = effect;
      if (effect.kind !== "write") continue;
      this.lastRequest = effect.bytes;
      for (const event of new FrameDecoder().push(effect.bytes)) {
        if (event.kind === "frame") this.give({ kind: "frame", frame: event.frame, tickMs: this.tickMs });
      }
    }
  }

  #perform(effect: CylinderEffect): void {
    this.trace.push(effect.kind);
    const { tickMs } = this;
    if (this.letsGo(effect)) this.give({ kind: "removed", tickMs });
    switch (effect.kind) {
      case "nvm": {
        let outcome: NvmOutcome = { kind: "done" };
        this.batches.push(effect.operations);
        for (const operation of effect.operations) {
          this.operations.push(operation);
          const step = this.skips(operation)
            ? skipNvm(this.nvm, operation)
            : applyNvm(this.nvm, operation, this.stream, this.cut);
          this.nvm = step.nvm;
          if (step.outcome.kind === "cut") {
            this.pull();
            return;
          }
          if (step.outcome.kind === "not-erased") this.refusedPrograms += 1;
          if (outcome.kind === "done") outcome = step.outcome;
        }
        this.give({ kind: "nvm-done", nvm: this.nvm, outcome, tickMs });
        return;
      }
      case "send":
        // The first word on the line is the empty frame of SPEC SER-6.
        if (effect.bytes.length > 1) this.beforeChallenge ??= this.operations.length;
        this.sent.push(effect.bytes);
        for (const event of this.#decoder.push(effect.bytes)) {
          if (event.kind === "frame") this.#stepKey({ kind: "received", frame: event.frame });
        }
        return;
      case "measure-energy": {
        const [reading = "enough", ...later] = this.energy;
        this.energy = later;
        this.tickMs += this.measureMs;
        this.give({ kind: "energy", reading, tickMs: this.tickMs });
        return;
      }
      case "engage": {
        const outcome = permitClutch(effect.first, effect.second) === undefined ? "refused" : "engaged";
        if (outcome === "engaged") {
          this.clutch = "engaged";
          this.engagements.push(effect.record);
        }
        this.give({ kind: "clutch", outcome, tickMs });
        return;
      }
      case "disengage":
        this.clutch = "disengaged";
        return;
      case "arm":
      case "disarm":
        return;
    }
  }
}
