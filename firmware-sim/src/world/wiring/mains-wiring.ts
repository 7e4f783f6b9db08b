/** A station, box or cabinet in the world: its slots, its cable to a host, its oscillator and its memory around the firmware. */
import { type Frame, FrameDecoder } from "@nyckelfri/protocol";
import type { Extension, MainsEffect, MainsInput, MainsState, TimerName } from "../../devices/mains/state.ts";
import type { Nvm } from "../../hardware/nvm.ts";
import { flagRtc, readRtc, startRtc, stoppedRtc, stopRtc } from "../../hardware/rtc.ts";
import type { Device, EntityRef, Hands, Tagged } from "../entity.ts";
import { spentOn } from "../meter.ts";
import type { TraceData } from "../trace.ts";
import { type MainsBody, newMainsBody } from "./bodies.ts";
import { ringsIn, tick } from "./device-clock.ts";
import { framesAmong, heardAt, receive } from "./line.ts";
import { breakWrite, endWrite, startWrite } from "./memory-writes.ts";
import { type BytesEvent, sendOn, sturdy, survived, type Wiring } from "./wiring.ts";

export type MainsEvent =
  | BytesEvent
  | { readonly kind: "frame"; readonly line: number; readonly frame: Frame; readonly life: number }
  /** Of a key's contact in a slot, which bounces. */
  | { readonly kind: "slot-edge"; readonly slot: number; readonly line: number; readonly edge: "make" | "break" }
  | { readonly kind: "settled"; readonly slot: number; readonly line: number; readonly contact: "made" | "broken" }
  | { readonly kind: "rings"; readonly name: TimerName }
  | { readonly kind: "written" }
  | { readonly kind: "mains"; readonly mains: "on" | "off" }
  /** The oscillator stops for a moment, for whatever reason. */
  | { readonly kind: "oscillator-stop" }
  /** An input of this kind of device, such as a PIN that is typed. */
  | { readonly kind: "own"; readonly input: Tagged };

export type MainsRef<State> = EntityRef<State, MainsEvent>;

export interface MainsFitting<X extends Extension, State = MainsState<X>> {
  readonly id: string;
  readonly device: Device<State, MainsInput<X>, MainsEffect<X>>;
  readonly off: State;
  readonly nvm: Nvm;
  readonly driftPpb: number;
  /** What it shows, beeps and unlocks. */
  readonly signalled: (signal: X["signal"], world: Hands) => void;
}

/** A contact is believed when it has been so for this long; a break sooner, because nothing hangs on it. */
const MADE_MICROSECONDS = 4_000;
const BROKEN_MICROSECONDS = 10_000;
const MILLI_CELSIUS = 21_000;

export function wireMains<X extends Extension, State = MainsState<X>>(
  wiring: Wiring,
  fitting: MainsFitting<X, State>,
): MainsRef<State> {
  const { id, device, off, nvm, driftPpb, signalled } = fitting;
  const { kernel, hardware } = wiring;
  const ref: MainsRef<State> = { id };
  kernel.add<State, MainsInput<X> | MainsEvent, MainsEffect<X>>({
    id,
    device: sturdy(device),
    state: off,
    arrive: (input, world) => arrive(wiring, ref, input as MainsEvent, world),
    perform: (effects, world) => perform(wiring, signalled, ref, survived(wiring, id, effects, world), world),
    describe,
  });
  const rtc = stoppedRtc({ ...hardware.key.rtc, offsetPpb: driftPpb });
  kernel.part(wiring.bodies).add(newMainsBody(kernel.now, { id, nvm, rtc }));
  kernel.send(ref, { kind: "mains", mains: "on" });
  return ref;
}

function arrive<X extends Extension>(
  wiring: Wiring,
  ref: EntityRef<unknown, MainsEvent>,
  event: MainsEvent,
  world: Hands,
): MainsInput<X> | "lost" | "later" {
  const body = world.part(wiring.bodies).of("mains", ref.id);
  if (event.kind === "mains") return event.mains === "on" ? powerOn(body, world) : powerOff(wiring, body, world);
  if (event.kind === "slot-edge") {
    const { slot, line, edge } = event;
    const contact = edge === "make" ? "made" : "broken";
    const believed = edge === "make" ? MADE_MICROSECONDS : BROKEN_MICROSECONDS;
    world.arm(`contact ${slot}`, believed, { kind: "settled", slot, line, contact });
    return "later";
  }
  if (body.power === "off") return "lost";
  if (event.kind === "oscillator-stop") {
    body.rtc = startRtc(stopRtc(body.rtc, world.now), world.now, MILLI_CELSIUS);
    return { kind: "clock-stopped", tickMs: tick(body, world) };
  }
  if ("life" in event && event.life !== body.life) return "later";
  if (event.kind !== "written" && world.now < body.busyUntil) {
    const wait = body.busyUntil - world.now;
    if (event.kind === "bytes") world.send(ref, { ...event, life: body.life }, wait);
    else if (event.kind === "rings") world.arm(event.name, wait, event);
    else world.send(ref, event, wait);
    return "later";
  }
  return heard(wiring, ref, body, event, world);
}

function heard<X extends Extension>(
  wiring: Wiring,
  ref: EntityRef<unknown, MainsEvent>,
  body: MainsBody,
  event: Exclude<MainsEvent, { kind: "mains" | "slot-edge" | "oscillator-stop" }>,
  world: Hands,
): MainsInput<X> | "lost" | "later" {
  const tickMs = tick(body, world);
  switch (event.kind) {
    case "bytes": {
      const line = world.part(wiring.bodies).line(event.line);
      if (line === undefined) return "lost";
      const [first, ...more] =
        body.hostLine === event.line
          ? framesAmong(body.hostDecoder.push(heardAt(line, ref.id, event)))
          : receive(line, ref.id, event);
      for (const frame of more) world.send(ref, { kind: "frame", line: event.line, frame, life: body.life });
      body.heardBytes = event.bytes.length;
      return first === undefined ? "later" : framed(body, event.line, first, tickMs);
    }
    case "frame":
      return framed(body, event.line, event.frame, tickMs);
    case "settled": {
      const present = body.slots.get(event.slot);
      const isHere = present?.line === event.line;
      if (event.contact === "made") return isHere ? { ...event, kind: "slot-contact", tickMs } : "later";
      return { kind: "slot-contact", slot: event.slot, contact: "broken", tickMs };
    }
    case "rings":
      return { kind: "timer", name: event.name, tickMs };
    case "written":
      return endWrite(body, tickMs);
    case "own":
      return { ...event.input, tickMs } as unknown as MainsInput<X>;
  }
}

function framed<X extends Extension>(
  body: MainsBody,
  line: number,
  frame: Frame,
  tickMs: number,
): MainsInput<X> | "lost" {
  if (body.hostLine === line) return { kind: "host-frame", frame, line: body.hostDecoder.counters, tickMs };
  for (const [slot, present] of body.slots) {
    if (present.line === line) return { kind: "slot-frame", slot, frame, tickMs };
  }
  return "lost";
}

function powerOn<X extends Extension>(body: MainsBody, world: Hands): MainsInput<X> | "later" {
  if (body.power === "on") return "later";
  body.power = "on";
  body.life += 1;
  body.hostDecoder = new FrameDecoder();
  body.busyUntil = world.now;
  // Mains devices keep no time without mains.
  if (body.rtc.state === "stopped") body.rtc = startRtc(body.rtc, world.now, MILLI_CELSIUS);
  for (const [slot, { line }] of body.slots) {
    world.arm(`contact ${slot}`, MADE_MICROSECONDS, { kind: "settled", slot, line, contact: "made" });
  }
  const { flag: stopFlag } = readRtc(body.rtc, world.now);
  const entropy = world.stream(`entropy ${body.id}`).bytes(32);
  return { kind: "power-on", nvm: body.nvm, stopFlag, entropy, tickMs: tick(body, world) };
}

function powerOff<X extends Extension>(wiring: Wiring, body: MainsBody, world: Hands): MainsInput<X> | "later" {
  if (body.power === "off") return "later";
  const tickMs = tick(body, world);
  breakWrite(wiring, world, body, wiring.hardware.key.rates);
  body.power = "off";
  body.life += 1;
  world.part(wiring.bodies).silence(body.id, world.now);
  body.rtc = stopRtc(body.rtc, world.now);
  world.disarmAll();
  return { kind: "power-lost", tickMs };
}

function perform<X extends Extension>(
  wiring: Wiring,
  signalled: MainsFitting<X>["signalled"],
  ref: EntityRef<unknown, MainsEvent>,
  effects: readonly MainsEffect<X>[],
  world: Hands,
): void {
  const bodies = world.part(wiring.bodies);
  const body = bodies.of("mains", ref.id);
  const { rates } = wiring.hardware.key;
  const spent = spentOn(wiring.meter.take(), body.heardBytes, rates);
  body.heardBytes = 0;
  let at = Math.max(world.now, body.busyUntil) + Math.ceil(spent.nanoseconds / 1_000 / MAINS_SPEED);
  for (const effect of effects as readonly CoreEffect[]) {
    switch (effect.kind) {
      case "slot-send":
      case "host-send": {
        const number = effect.kind === "host-send" ? body.hostLine : body.slots.get(effect.slot)?.line;
        const line = number === undefined || number === "none" ? undefined : bodies.line(number);
        if (line !== undefined) sendOn(wiring, world, line, ref.id, effect.bytes, at);
        break;
      }
      case "nvm": {
        const power = { goes: { kind: "mains", mains: "off" }, returns: { kind: "mains", mains: "on" } };
        at = startWrite(wiring, world, body, effect.operations, at, rates, power).write.endsAt;
        break;
      }
      case "arm":
        world.arm(effect.name, ringsIn(body, effect.delayMs, world), { kind: "rings", name: effect.name });
        break;
      case "disarm":
        world.disarm(effect.name);
        break;
      case "clear-stop-flag":
        body.rtc = flagRtc(body.rtc, "clear");
        break;
      default:
        signalled(effect as X["signal"], world);
    }
  }
  body.busyUntil = at;
}

/** An application processor is so many times as fast as a key's. */
const MAINS_SPEED = 20;

/** The core's effects; what is no effect of the core is the device's own. */
interface CoreOnly extends Extension {
  readonly signal: { readonly kind: "signal" };
}
type CoreEffect = MainsEffect<CoreOnly>;

function describe(item: Tagged): TraceData | "untraced" {
  const { bytes, slot, contact } = item as Tagged & {
    readonly bytes?: Uint8Array;
    readonly slot?: number;
    readonly contact?: string;
  };
  switch (item.kind) {
    case "slot-send":
      return { slot: slot ?? 0, bytes: bytes ?? new Uint8Array(0) };
    case "host-send":
      return { bytes: bytes ?? new Uint8Array(0) };
    case "slot-contact":
      return { slot: slot ?? 0, contact: contact ?? "" };
    case "power-on":
    case "power-lost":
      return {};
    default:
      return "untraced";
  }
}
