/**
 * The key in the world: its contact, oscillator, battery and memory around the firmware. What the firmware does takes the time
 * and the energy of its hardware; while it computes it hears nothing.
 */
import type { Frame } from "@nyckelfri/protocol";
import type { KeySignal } from "../../devices/key/signals.ts";
import type { KeyConfig, KeyEffect, KeyInput, KeyState, Work } from "../../devices/key/state.ts";
import { KEY_OFF, keyDevice } from "../../devices/key/step.ts";
import {
  type Battery,
  batteryWith,
  type Cell,
  chargePermille,
  fullCell,
  gaugeBattery,
  putInCell,
  supplyAt,
  takeOutCell,
} from "../../hardware/battery.ts";
import type { Nvm } from "../../hardware/nvm.ts";
import { flagRtc, readRtc, startRtc, stoppedRtc, stopRtc, warmRtc } from "../../hardware/rtc.ts";
import type { Device, EntityRef, Hands } from "../entity.ts";
import { spentOn } from "../meter.ts";
import { type KeyBody, newKeyBody } from "./bodies.ts";
import { DEBOUNCE_MICROSECONDS, latchOpening } from "./contact-latch.ts";
import { keyIsOut } from "./contact-wiring.ts";
import { supplyChanged } from "./cylinder-supply.ts";
import { ringsIn, tick } from "./device-clock.ts";
import { loadOf, settleBattery } from "./key-power.ts";
import { describeKey } from "./key-trace.ts";
import { moveLine, receive } from "./line.ts";
import { breakWrite, endWrite, startWrite, tellWrite } from "./memory-writes.ts";
import { spendIn } from "./visit-meter.ts";
import { type BytesEvent, sendOn, sturdy, survived, type Wiring } from "./wiring.ts";

/** What happens to a key from outside its firmware. */
export type KeyEvent =
  | BytesEvent
  | { readonly kind: "edge"; readonly line: number; readonly edge: "make" | "break" }
  /** The contact has been made, or open, for long enough to be believed. */
  | { readonly kind: "settled"; readonly contact: "made" | "open" }
  /** SPEC SER-6: the cylinder has booted, or 30 ms are over. */
  | { readonly kind: "line-ready" }
  /** More frames than one came out of the line at once. */
  | { readonly kind: "frame"; readonly frame: Frame; readonly life: number }
  | { readonly kind: "rings"; readonly name: "reply" | "review" }
  | { readonly kind: "written" }
  /** Pulled out of the contact of this line for good. */
  | { readonly kind: "out"; readonly line: number }
  | { readonly kind: "cell"; readonly cell: Cell | "out" }
  | { readonly kind: "gauge" }
  /** The oscillator stops for a moment, for whatever reason. */
  | { readonly kind: "oscillator-stop" }
  /** Somebody has opened the key and set its counter so far ahead, or back, without a trace. */
  | { readonly kind: "tampered"; readonly aheadMicroseconds: number }
  | { readonly kind: "warmed"; readonly milliCelsius: number }
  /** The button of a technician's key. */
  | { readonly kind: "work"; readonly work: Work };

export type KeyRef = EntityRef<KeyState, KeyEvent>;

export interface KeyFitting {
  readonly id: string;
  readonly config: KeyConfig;
  readonly nvm: Nvm;
  readonly driftPpb: number;
  readonly cell?: Cell;
  readonly holder?: string;
  /** Other firmware in a key's body: a gadget. */
  readonly device?: Device<KeyState, KeyInput, KeyEffect>;
}

/** SPEC SER-6. */
const READY_MICROSECONDS = 30_000;
const USUAL_MILLI_CELSIUS = 20_000;
/** At least so often sleep is paid for. */
const GAUGE_MICROSECONDS = 86_400_000_000;

export function wireKey(wiring: Wiring, fitting: KeyFitting): KeyRef {
  const { id, config, nvm, driftPpb } = fitting;
  const { kernel, hardware } = wiring;
  const { device = keyDevice(config) } = fitting;
  const ref: KeyRef = { id };
  kernel.add<KeyState, KeyInput | KeyEvent, KeyEffect>({
    id,
    device: sturdy(device),
    state: KEY_OFF,
    arrive: (input, world) => arrive(wiring, ref, input as KeyEvent, world),
    perform: (effects, world) => perform(wiring, ref, survived(wiring, id, effects, world), world),
    describe: describeKey,
  });
  const rtc = stoppedRtc({ ...hardware.key.rtc, offsetPpb: driftPpb });
  const empty = batteryWith(hardware.key.battery, { chargeMicrojoules: 0 }, kernel.now);
  const battery: Battery = { ...empty, slot: { state: "out" } };
  const { holder = "nobody" } = fitting;
  const body = newKeyBody(kernel.now, { id, nvm, rtc, battery, milliCelsius: USUAL_MILLI_CELSIUS, holder });
  kernel.part(wiring.bodies).add(body);
  kernel.send(ref, { kind: "cell", cell: fitting.cell ?? fullCell(hardware.key.battery) });
  return ref;
}

function bodyOf(wiring: Wiring, world: Hands): KeyBody {
  return world.part(wiring.bodies).of("key", world.self);
}

function arrive(wiring: Wiring, ref: KeyRef, event: KeyEvent, world: Hands): KeyInput | "lost" | "later" {
  const body = bodyOf(wiring, world);
  switch (event.kind) {
    case "edge":
      edge(wiring, ref, body, event, world);
      return "later";
    case "cell":
      return event.cell === "out" ? cellOut(wiring, body, world) : cellIn(wiring, ref, body, event.cell, world);
    case "out":
      keyIsOut(wiring, world, ref.id, event.line);
      return "later";
    case "line-ready":
      release(wiring, body, world);
      return "later";
    case "oscillator-stop":
      if (body.rtc.state === "stopped") return "later";
      body.rtc = startRtc(stopRtc(body.rtc, world.now), world.now, body.milliCelsius);
      // An interrupt of the RTC; without power the firmware finds the flag when it starts.
      return body.power === "on" ? { kind: "clock-stopped", tickMs: tick(body, world) } : "later";
    case "tampered":
      if (body.rtc.state === "running") {
        const counterMicroseconds = Math.max(0, tick(body, world) * 1_000 + event.aheadMicroseconds);
        body.rtc = { ...body.rtc, counterMicroseconds, sinceMicroseconds: world.now, fractionPpb: 0 };
      }
      return "later";
    case "warmed":
      body.rtc = warmRtc(body.rtc, world.now, event.milliCelsius);
      body.milliCelsius = event.milliCelsius;
      return "later";
    case "gauge":
      return gauge(wiring, body, world);
    case "written":
      return endWrite(body, tick(body, world));
    case "bytes":
    case "frame":
    case "settled":
    case "work":
    case "rings":
      if (body.power === "off") return "lost";
      if ("life" in event && event.life !== body.life) return "later";
      if (world.now < body.busyUntil) {
        const wait = body.busyUntil - world.now;
        if (event.kind === "bytes") world.send(ref, { ...event, life: body.life }, wait);
        else if (event.kind === "rings") world.arm(event.name, wait, event);
        else if (event.kind === "settled") world.arm("settled", wait, event);
        else world.send(ref, event, wait);
        return "later";
      }
      return heard(wiring, ref, body, event, world);
  }
}

type Heard = Extract<KeyEvent, { kind: "bytes" | "frame" | "settled" | "rings" | "work" }>;

function heard(wiring: Wiring, ref: KeyRef, body: KeyBody, event: Heard, world: Hands): KeyInput | "lost" | "later" {
  const tickMs = tick(body, world);
  switch (event.kind) {
    case "rings":
      return { kind: "timer", name: event.name, tickMs };
    case "frame":
      return { kind: "frame", frame: event.frame, tickMs };
    case "work":
      return { kind: "work", work: event.work, tickMs };
    case "settled": {
      if (body.contact !== event.contact) return "later";
      const isLate = body.missed === "opening";
      body.missed = "nothing";
      if (event.contact === "open" || isLate) {
        if (body.noticed === "none") return "later";
        body.noticed = "none";
        if (event.contact === "made") world.arm("settled", 0, event);
        return { kind: "removed", tickMs };
      }
      if (body.noticed === "contact") return "later";
      body.noticed = "contact";
      const { place } = body;
      const device = place.kind === "slot" ? world.part(wiring.bodies).any(place.device) : undefined;
      // SPEC SER-6: only what has power holds its line.
      const shows = device?.power === "on" ? "idle-high" : "dark";
      return { kind: "contact", shows, tickMs };
    }
    case "bytes": {
      const line = world.part(wiring.bodies).line(event.line);
      if (line === undefined) return "lost";
      // SPEC SER-6: whatever a cylinder sends first says that it has booted.
      release(wiring, body, world);
      const [first, ...more] = receive(line, ref.id, event);
      for (const frame of more) world.send(ref, { kind: "frame", frame, life: body.life });
      body.heardBytes = event.bytes.length;
      return first === undefined ? "later" : { kind: "frame", frame: first, tickMs };
    }
  }
}

/** The contact as physics has it; the firmware hears of it when it has settled. */
function edge(wiring: Wiring, ref: KeyRef, body: KeyBody, event: Extract<KeyEvent, { kind: "edge" }>, world: Hands) {
  const { place } = body;
  if (place.kind === "free" || place.line !== event.line) return;
  body.contact = event.edge === "make" ? "made" : "open";
  latchOpening(body, event.edge, world.now);
  const line = world.part(wiring.bodies).line(event.line);
  if (line !== undefined) moveLine(line, body.contact, world.now);
  const at = place.kind === "keyway" ? place.cylinder : place.device;
  wiring.happen(world, { kind: "contact", key: ref.id, at, contact: body.contact });
  const believed = event.edge === "make" ? wiring.hardware.contact.listenMicroseconds : DEBOUNCE_MICROSECONDS;
  world.arm("settled", believed, { kind: "settled", contact: body.contact });
  if (place.kind === "keyway") supplyChanged(wiring, place.cylinder, world);
  else world.send({ id: place.device }, { kind: "slot-edge", slot: place.slot, line: place.line, edge: event.edge });
}

function cellOut(wiring: Wiring, body: KeyBody, world: Hands): KeyInput | "lost" {
  body.battery = takeOutCell(body.battery, world.now).battery;
  return powerOff(wiring, body, world);
}

/** The battery is out, or has nothing left. */
function powerOff(wiring: Wiring, body: KeyBody, world: Hands): KeyInput | "lost" {
  if (body.power === "off") return "lost";
  body.power = "off";
  body.life += 1;
  body.linePower = "off";
  body.noticed = "none";
  body.held = "open";
  world.part(wiring.bodies).silence(body.id, world.now);
  breakWrite(wiring, world, body, wiring.hardware.key.rates);
  if (body.place.kind === "keyway") supplyChanged(wiring, body.place.cylinder, world);
  world.disarmAll();
  return { kind: "power-lost", tickMs: tick(body, world) };
}

function cellIn(wiring: Wiring, ref: KeyRef, body: KeyBody, cell: Cell, world: Hands): KeyInput | "lost" {
  if (body.battery.slot.state === "in") return "lost";
  const supply = supplyAt(body.battery, world.now);
  if (body.rtc.state === "running" && supply.kind === "none") body.rtc = stopRtc(body.rtc, supply.sinceMicroseconds);
  if (body.rtc.state === "stopped") body.rtc = startRtc(body.rtc, world.now, body.milliCelsius);
  body.battery = gaugeBattery({ ...putInCell(body.battery, cell, world.now), step: "ok" }, loadOf(wiring, body));
  if (body.battery.step !== "ok") wiring.happen(world, { kind: "battery", key: ref.id, step: body.battery.step });
  body.power = "on";
  body.life += 1;
  world.arm("gauge", GAUGE_MICROSECONDS, { kind: "gauge" });
  body.busyUntil = world.now;
  body.sleptUntil = world.now;
  if (body.contact === "made") {
    world.arm("settled", wiring.hardware.contact.listenMicroseconds, { kind: "settled", contact: "made" });
  }
  const entropy = world.stream(`entropy ${ref.id}`).bytes(32);
  const { flag: stopFlag } = readRtc(body.rtc, world.now);
  const battery = body.battery.step;
  return { kind: "power-on", nvm: body.nvm, stopFlag, battery, entropy, tickMs: tick(body, world) };
}

/** Pays for sleep and for what was done since the last time, and looks at the ladder. */
function gauge(wiring: Wiring, body: KeyBody, world: Hands): KeyInput | "lost" | "later" {
  settleBattery(wiring, body, world.now, 0);
  if (chargePermille(body.battery) === 0 && body.power === "on") return powerOff(wiring, body, world);
  if (body.power === "on") world.arm("gauge", GAUGE_MICROSECONDS, { kind: "gauge" });
  const before = body.battery.step;
  body.battery = gaugeBattery(body.battery, loadOf(wiring, body));
  const { step } = body.battery;
  if (step === before || body.power === "off") return "later";
  wiring.happen(world, { kind: "battery", key: body.id, step });
  return { kind: "battery", battery: step, tickMs: tick(body, world) };
}

function perform(wiring: Wiring, ref: KeyRef, effects: readonly KeyEffect[], world: Hands): void {
  const body = bodyOf(wiring, world);
  const { hardware, meter } = wiring;
  const { rates } = hardware.key;
  const spent = spentOn(meter.take(), body.heardBytes, rates);
  body.heardBytes = 0;
  let at = Math.max(world.now, body.busyUntil) + Math.ceil(spent.nanoseconds / 1_000);
  let picojoules = spent.picojoules;
  for (const effect of effects) {
    switch (effect.kind) {
      case "send":
        picojoules += effect.bytes.length * (rates.linePicojoulesPerByte + rates.framedByte.picojoules);
        at += Math.ceil((effect.bytes.length * rates.framedByte.nanoseconds) / 1_000);
        if (body.held === "open") transmitFrom(wiring, body, effect.bytes, at, world);
        else body.held = [...body.held, effect.bytes];
        break;
      case "line":
        body.linePower = effect.power;
        body.held = effect.power === "on" ? [] : "open";
        if (effect.power === "on") world.arm("line-ready", READY_MICROSECONDS, { kind: "line-ready" });
        if (body.place.kind === "keyway") supplyChanged(wiring, body.place.cylinder, world);
        break;
      case "nvm": {
        const { slot } = body.battery;
        const returns = slot.state === "in" ? { kind: "cell", cell: slot.cell } : undefined;
        const power = { goes: { kind: "cell", cell: "out" }, ...(returns && { returns }) };
        const written = startWrite(wiring, world, body, effect.operations, at, rates, power);
        tellWrite(wiring, world, ref.id, written);
        picojoules += written.picojoules;
        at = written.write.endsAt;
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
      case "signal":
        picojoules += hardware.key.signalNanojoules * 1_000;
        signalled(wiring, body, effect.signal, world);
        break;
    }
  }
  body.busyUntil = at;
  spend(wiring, body, picojoules, world);
}

/** A technician's key has come to an end. */
const DONE_AT_WORK: ReadonlySet<KeySignal> = new Set<KeySignal>(["work-done", "work-refused", "log-first"]);

/** What the holder sees; if the key asks for nothing, the visit is over with this. */
function signalled(wiring: Wiring, body: KeyBody, signal: KeySignal, world: Hands): void {
  if (body.holder !== "nobody") world.send({ id: body.holder }, { kind: "sees", signal });
  if (body.place.kind !== "keyway") return;
  const cylinder = world.part(wiring.bodies).any(body.place.cylinder);
  if (cylinder?.kind !== "cylinder" || cylinder.visit === "none") return;
  if (DONE_AT_WORK.has(signal)) cylinder.visit.outcome = { kind: "worked", signal };
  else if (cylinder.visit.outcome.kind === "broken-off" && signal !== "try-again") {
    cylinder.visit.outcome = { kind: "not-asked", signal };
  }
}

function spend(wiring: Wiring, body: KeyBody, picojoules: number, world: Hands): void {
  if (picojoules === 0) return;
  const cylinder = body.place.kind === "keyway" ? world.part(wiring.bodies).any(body.place.cylinder) : undefined;
  if (cylinder?.kind === "cylinder" && cylinder.visit !== "none") spendIn(cylinder.visit, "key", picojoules);
  else body.awakePicojoules += picojoules;
}

function transmitFrom(wiring: Wiring, body: KeyBody, bytes: Uint8Array, at: number, world: Hands): void {
  const { place } = body;
  if (place.kind === "free" || body.contact === "open") return;
  const line = world.part(wiring.bodies).line(place.line);
  if (line !== undefined) sendOn(wiring, world, line, body.id, bytes, at);
}

/** The cylinder listens now: what waited for it goes out. */
function release(wiring: Wiring, body: KeyBody, world: Hands): void {
  const { held } = body;
  if (held === "open") return;
  body.held = "open";
  world.disarm("line-ready");
  for (const bytes of held) transmitFrom(wiring, body, bytes, Math.max(world.now, body.busyUntil), world);
}
