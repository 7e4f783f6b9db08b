/** The host of a station, box or cabinet, and the city behind it: statements of time, and the books that records come home to. */
import type { Frame } from "@nyckelfri/protocol";
import type { Authority } from "../authority.ts";
import type { Cast } from "../cast.ts";
import type { CityLog, Ingested } from "../city-log.ts";
import type { EntityRef, Hands, PartRef, View } from "../entity.ts";
import {
  HOST_AWAY,
  type HostConfig,
  type HostEffect,
  type HostInput,
  type HostState,
  type HostTask,
  hostDevice,
} from "../host.ts";
import { receive } from "./line.ts";
import { type BytesEvent, openLine, sendOn, type Wiring } from "./wiring.ts";

export type HostEvent =
  | BytesEvent
  | { readonly kind: "frame"; readonly frame: Frame }
  | { readonly kind: "tasks"; readonly tasks: readonly HostTask[] }
  /** The host's program is there, or is away with the city's network. */
  | { readonly kind: "presence"; readonly presence: "here" | "away" }
  | { readonly kind: "reconnect" }
  | { readonly kind: "round" };
export type HostRef = EntityRef<HostState, HostEvent | HostInput>;

export interface HostFitting {
  readonly id: string;
  readonly device: string;
  readonly config: HostConfig;
  readonly city: PartRef<Authority>;
  readonly log: PartRef<CityLog>;
  readonly cast: PartRef<Cast>;
  /** What to do with a receipt for what has come home. */
  readonly receipted: (receipt: Uint8Array, world: Hands) => void;
}

/** Between rounds in which the time is given and the log is read. */
const ROUND_MICROSECONDS = 1_800_000_000;
const RECONNECT_MICROSECONDS = 2_000_000;
/** From the host to the time issuer and back. */
const CITY_MICROSECONDS = 40_000;
const STATEMENT_UNCERTAINTY_MS = 100;

export function wireHost(wiring: Wiring, fitting: HostFitting): HostRef {
  const { id, config } = fitting;
  const { kernel } = wiring;
  const ref: HostRef = { id };
  const device = hostDevice(config);
  kernel.add<HostState, HostInput | HostEvent, HostEffect>({
    id,
    device: { step: (state, input) => device.step(state, input as HostInput) },
    state: HOST_AWAY,
    arrive: (input, world) => arrive(wiring, fitting, ref, input as HostEvent | HostInput, world),
    perform: (effects, world) => {
      wiring.meter.take();
      for (const effect of effects) carryOut(wiring, fitting, ref, effect, world);
    },
    describe: (item) => {
      if (item.kind === "send") return { bytes: item.bytes };
      return item.kind === "uploaded" ? { object: item.object } : "untraced";
    },
  });
  kernel.send(ref, { kind: "presence", presence: "here" });
  return ref;
}

function arrive(
  wiring: Wiring,
  fitting: HostFitting,
  ref: HostRef,
  event: HostEvent | HostInput,
  world: Hands,
): HostInput | "lost" | "later" {
  const body = world.part(wiring.bodies).of("mains", fitting.device);
  switch (event.kind) {
    case "presence": {
      if (body.hostLine !== "none") world.part(wiring.bodies).breakLine(body.hostLine);
      world.disarmAll();
      body.hostLine = "none";
      body.hostDecoder.end();
      if (event.presence === "away") return "later";
      body.hostLine = openLine(wiring, world, "cable", ref.id, fitting.device).number;
      world.arm("round", ROUND_MICROSECONDS, { kind: "round" });
      world.send(ref, { kind: "tasks", tasks: [{ kind: "time" }, { kind: "read-log" }] });
      return connecting(fitting, ref, world);
    }
    case "reconnect":
      return body.hostLine === "none" ? "later" : connecting(fitting, ref, world);
    case "round":
      if (body.hostLine === "none") return "later";
      world.arm("round", ROUND_MICROSECONDS, { kind: "round" });
      return { kind: "tasks", tasks: [{ kind: "time" }, { kind: "read-log" }] };
    case "bytes": {
      const line = world.part(wiring.bodies).line(event.line);
      if (line === undefined) return "lost";
      const [first, ...more] = receive(line, ref.id, event);
      for (const frame of more) world.send(ref, { kind: "frame", frame });
      return first === undefined ? "later" : { kind: "frame", frame: first };
    }
    default:
      return event;
  }
}

function connecting({ city, config }: HostFitting, ref: HostRef, world: Hands): HostInput {
  const draws = world.stream(`host ${ref.id}`);
  const { centre } = world.part(city);
  const certificates = centre.chainOf({ kid: config.kid, role: "host" });
  const { fleetId } = centre.trust;
  return { kind: "connect", session: draws.uint32() || 1, nonce: draws.bytes(16), fleetId, certificates };
}

function carryOut(wiring: Wiring, fitting: HostFitting, ref: HostRef, effect: HostEffect, world: Hands): void {
  const bodies = world.part(wiring.bodies);
  const { hostLine } = bodies.of("mains", fitting.device);
  switch (effect.kind) {
    case "send": {
      const line = hostLine === "none" ? undefined : bodies.line(hostLine);
      if (line !== undefined) sendOn(wiring, world, line, ref.id, effect.bytes, world.now);
      return;
    }
    case "arm":
      world.arm("reply", effect.delayMs * 1_000, { kind: "timer", timer: effect.timer });
      return;
    case "disarm":
      world.disarm("reply");
      return;
    case "state-time": {
      const city = world.part(fitting.city);
      const t = Math.floor((world.unixMicroseconds + CITY_MICROSECONDS) / 1_000_000);
      // The statement says whole seconds: one, and what the network adds.
      const statement = city.stateTime(effect.nonce, t, 1_000 + STATEMENT_UNCERTAINTY_MS).bytes;
      const certificates = city.centre.chainOf("time");
      // Armed, so that it goes with the cable.
      world.arm("statement", CITY_MICROSECONDS, { kind: "statement", statement, certificates });
      return;
    }
    case "uploaded": {
      const isDoubled = world
        .part(wiring.conditions)
        .strikes("doubleUploadPerMillion", ref.id, world.stream("uploads"));
      const { ingested, receipt } = takeHome(wiring, fitting, effect.object, world);
      if (isDoubled) takeHome(wiring, fitting, effect.object, world);
      if (ingested.kind === "refused") world.record("kept-out", { why: ingested.why });
      if (receipt !== undefined) fitting.receipted(receipt, world);
      return;
    }
    case "lost":
      if (hostLine !== "none") world.arm("reconnect", RECONNECT_MICROSECONDS, { kind: "reconnect" });
      return;
    case "task-done":
    case "notified":
    case "idle":
  }
}

/** What the city makes of an object that was brought to it; `receipt` where it now has more without a gap than before. */
export interface TakenHome {
  readonly ingested: Ingested;
  readonly receipt?: Uint8Array;
}

export function takeHome(
  wiring: Pick<Wiring, "happen">,
  home: Pick<HostFitting, "city" | "log" | "cast">,
  object: Uint8Array,
  world: View,
): TakenHome {
  const city = world.part(home.city);
  const cast = world.part(home.cast);
  const partyOf = (kid: Uint8Array) => cast.memberOf(kid)?.party;
  const ingested = world.part(home.log).ingest(object, partyOf, city.centre.trust.fleetId);
  if (ingested.kind === "refused") return { ingested };
  const cylinder = cast.memberOf(ingested.device)?.id ?? "nobody";
  for (const one of ingested.records) wiring.happen(world, { kind: "collected", cylinder, ...one });
  if (ingested.receipt === undefined) return { ingested };
  const iat = Math.floor(world.unixMicroseconds / 1_000_000);
  const { device, store, n, head } = ingested.receipt;
  return { ingested, receipt: city.receipt({ device, store, n, head, iat }).bytes };
}
