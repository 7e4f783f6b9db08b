/**
 * Cylinders as a locksmith's bench leaves them: commissioned and mounted through the service exchange, with real objects and
 * signatures, before the world begins. Doors that a technician's key mounts inside the world go the same way.
 */
import {
  activationTicketObject,
  CallerError,
  type CryptoProvider,
  type DoorPolicy,
  decodeReply,
  type ExchangeName,
  encodeRequest,
  FrameDecoder,
  type MessageName,
  messageNamed,
  newRequester,
  openProofExtra,
  openProofObject,
  type RequestBody,
  type RequesterInput,
  type RequesterState,
  type Seconds,
  type Signed,
  SPOKEN_VERSIONS,
  stepRequester,
  timingOf,
} from "@nyckelfri/protocol";
import { cylinderDevice, DARK } from "../devices/cylinder/cylinder.ts";
import type { CylinderEffect, CylinderInput } from "../devices/cylinder/cylinder-io.ts";
import type { CylinderState } from "../devices/cylinder/cylinder-state.ts";
import { provisionCylinder } from "../devices/cylinder/identity.ts";
import { applyNvm, type Nvm, type NvmOutcome, type NvmProfile } from "../hardware/nvm.ts";
import type { Authority } from "./authority.ts";
import type { Door, Holder, Party } from "./parties.ts";
import type { Stream } from "./streams.ts";

export interface Bench {
  readonly provider: CryptoProvider;
  readonly city: Authority;
  readonly profile: NvmProfile;
  readonly stream: Stream;
  /** Who mounts, with which tool, and the box that activates it. */
  readonly technician: Holder;
  readonly tool: Party;
  readonly box: Party;
}

/** A cylinder's memory after provisioning, commissioning and mounting at a door at this time. */
export function installCylinder(
  bench: Bench,
  cylinder: Party,
  door: Door,
  policy: Signed<DoorPolicy>,
  at: Seconds,
): Nvm {
  const work = new Workpiece(bench, cylinder);
  const { city, provider, tool, technician, box } = bench;
  work.insert();
  const hello = work.hello();
  work.ask("commission", city.commission(policy));
  for (const certificate of city.centre.chainOf({ kid: box.kid, role: "ticket" }).slice(0, 1)) {
    work.ask("update", { object: certificate });
  }
  const window = { iat: at - 3_600, nbf: at - 1_800, exp: at + 1_800 };
  const order = city.grantWorkOrder({ technician, key: tool, door, ...window });
  const ticket = city.centre.sign(box, activationTicketObject, {
    ...{ grantDigest: provider.sha256(order.bytes), from: window.nbf, until: window.exp, method: "pin", boxCounter: 1 },
  });
  const proof = city.centre.sign(
    tool,
    openProofObject,
    {
      ...{ lo: at - 1, widthSeconds: 4, quality: "running", keyCounter: 1, action: "service", timeSource: box.kid },
      carried: { epoch: city.centre.epoch, policy: 0, lists: [] },
    },
    openProofExtra(provider, { ...hello, policy: policy.bytes }, order.bytes, ticket.bytes),
  );
  work.ask("lifecycle", { policy: policy.bytes, grant: order.bytes, proof: proof.bytes, ticket: ticket.bytes });
  return work.nvm;
}

/** A cylinder on the bench: its memory takes no time, and nothing fails. */
class Workpiece {
  nvm: Nvm;
  readonly #device: ReturnType<typeof cylinderDevice>;
  readonly #stream: Stream;
  #state: CylinderState = DARK;
  #requester: RequesterState = newRequester();
  readonly #decoder: FrameDecoder = new FrameDecoder();
  #answer: Uint8Array | undefined;
  #tickMs = 0;

  constructor({ provider, profile, stream }: Bench, { name, seed }: Party) {
    this.#stream = stream.fork(`bench ${name}`);
    const deviceSecret = this.#stream.fork("device secret").bytes(32);
    const serialNumber = `SIM-${this.#stream.fork("serial").uint32()}`;
    this.nvm = provisionCylinder(provider, profile, { seed, deviceSecret, serialNumber, firmware: [1, 0, 0] });
    this.#device = cylinderDevice({ provider, profile });
  }

  insert(): void {
    this.#give({ kind: "power-on", nvm: this.nvm, noise: this.#stream.uint32(), tickMs: 0 });
  }

  hello(): { readonly hello: Uint8Array; readonly welcome: Uint8Array } {
    const nonce = this.#stream.bytes(16);
    const hello = encodeRequest("service", "hello", { versions: SPOKEN_VERSIONS, exchange: "service", nonce });
    const welcome = this.#request("service", "hello", hello);
    return { hello, welcome };
  }

  ask<N extends MessageName<"service">>(name: N, body: RequestBody<"service", N>): void {
    const reply = this.#request("service", name, encodeRequest("service", name, body));
    const { outcome = "done" } = decodeReply("service", name, reply) as { readonly outcome?: string };
    if (outcome !== "done" && outcome !== "stored" && outcome !== "known") refuse(name, outcome);
  }

  #request(exchange: ExchangeName, name: MessageName<"service">, body: Uint8Array): Uint8Array {
    const entry = messageNamed(exchange, name as never);
    const request = { message: entry.number, body, timing: timingOf(entry) };
    const isHello = name === "hello";
    this.#answer = undefined;
    this.#stepRequester(
      isHello ? { kind: "open", session: this.#stream.uint32() || 1, ...request } : { kind: "request", ...request },
    );
    return this.#answer ?? refuse(name, "no answer");
  }

  #stepRequester(input: RequesterInput): void {
    const { state, effects } = stepRequester(this.#requester, input);
    this.#requester = state;
    for (const effect of effects) {
      if (effect.kind === "answered") {
        if (effect.outcome === "error") refuse(String(effect.message), "error");
        this.#answer = effect.body;
      }
      if (effect.kind !== "write") continue;
      for (const event of this.#decoder.push(effect.bytes)) {
        if (event.kind === "frame") this.#give({ kind: "frame", frame: event.frame, tickMs: this.#tickMs });
      }
    }
  }

  #give(input: CylinderInput): void {
    const { state, effects } = this.#device.step(this.#state, input);
    this.#state = state;
    for (const effect of effects) {
      this.#tickMs += 1;
      this.#perform(effect);
    }
  }

  #perform(effect: CylinderEffect): void {
    switch (effect.kind) {
      case "nvm": {
        let outcome: NvmOutcome = { kind: "done" };
        for (const operation of effect.operations) {
          const step = applyNvm(this.nvm, operation, this.#stream);
          this.nvm = step.nvm;
          if (outcome.kind === "done") outcome = step.outcome;
        }
        this.#give({ kind: "nvm-done", nvm: this.nvm, outcome, tickMs: this.#tickMs });
        return;
      }
      case "send": {
        const decoder = new FrameDecoder();
        for (const event of decoder.push(effect.bytes)) {
          if (event.kind === "frame") this.#stepRequester({ kind: "received", frame: event.frame });
        }
        return;
      }
      case "measure-energy":
        this.#give({ kind: "energy", reading: "enough", tickMs: this.#tickMs });
        return;
      case "arm":
      case "disarm":
      case "engage":
      case "disengage":
    }
  }
}

function refuse(name: string, why: string): never {
  throw new CallerError("caller/argument", {
    argument: "cylinder",
    takes: "one that can be mounted",
    message: name,
    why,
  });
}
