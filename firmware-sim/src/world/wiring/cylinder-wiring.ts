/**
 * The cylinder in the world: what the key in it gives it of energy, its clutch and its memory around the firmware. It has power only
 * while its store holds; without power the spring has the clutch.
 */
import type { Frame } from "@nyckelfri/protocol";
import { cylinderDevice, DARK, phaseOf } from "../../devices/cylinder/cylinder.ts";
import type { CylinderEffect, CylinderInput, CylinderTimer } from "../../devices/cylinder/cylinder-io.ts";
import type { CylinderConfig, CylinderState } from "../../devices/cylinder/cylinder-state.ts";
import { clutchAt, engageClutch, permitClutch, releaseClutch, turnKeyway } from "../../hardware/clutch.ts";
import { emptyStore, energyFor } from "../../hardware/energy-store.ts";
import type { Nvm } from "../../hardware/nvm.ts";
import { atRest } from "../../hardware/nvm-at-rest.ts";
import type { Device, EntityRef, Hands } from "../entity.ts";
import type { DoorKnowledge } from "../happenings.ts";
import { spentOn } from "../meter.ts";
import { type CylinderBody, newCylinderBody } from "./bodies.ts";
import { interrupt } from "./cylinder-interrupt.ts";
import { announce, bodyOf, changeLoad, settleStore, sourceOf } from "./cylinder-supply.ts";
import { describeCylinder } from "./cylinder-trace.ts";
import { countBytes, sentInVisit } from "./cylinder-visit.ts";
import { receive } from "./line.ts";
import { breakWrite, endWrite, startWrite, tellWrite } from "./memory-writes.ts";
import { enterPhase, spendIn, VISIT_PHASE_OF } from "./visit-meter.ts";
import { type BytesEvent, sendOn, sturdy, survived, type Wiring } from "./wiring.ts";

/** What happens to a cylinder from outside its firmware. */
export type CylinderEvent =
  | BytesEvent
  | { readonly kind: "frame"; readonly frame: Frame; readonly life: number }
  /** The supply has changed so often when this was announced. */
  | { readonly kind: "power-comes" | "power-goes"; readonly change: number }
  /** A planned cut of its power. */
  | { readonly kind: "power-cut"; readonly life: number }
  | { readonly kind: "contact-open" }
  | { readonly kind: "rings"; readonly name: CylinderTimer }
  | { readonly kind: "written" }
  | { readonly kind: "measured"; readonly reading: "enough" | "short" }
  | { readonly kind: "actuated"; readonly outcome: "engaged" | "jammed" | "refused" }
  /** The firmware has asked for it, and its computing is done. */
  | { readonly kind: "engages"; readonly order: EngageOrder }
  | { readonly kind: "clutch-time-out"; readonly since: number };

type EngageOrder = Extract<CylinderEffect, { readonly kind: "engage" }>;

export type CylinderRef = EntityRef<CylinderState, CylinderEvent>;

/** Read from the state: not the firmware's business. */
interface Windows {
  /** What the door holds. */
  readonly knowledge: (state: CylinderState) => DoorKnowledge;
  readonly grantInUse: (state: CylinderState) => Uint8Array;
}

export interface CylinderFitting extends Windows {
  readonly id: string;
  readonly config: CylinderConfig;
  readonly nvm: Nvm;
  /** Of its RC oscillator. */
  readonly ratePpb: number;
  /** Other firmware in a cylinder's body: a fake lock. */
  readonly device?: Device<CylinderState, CylinderInput, CylinderEffect>;
}

/** After the begin of an engagement. */
const SAGS_WITHIN_MICROSECONDS = 1_000_000;
/** How long a measurement under load takes. */
const MEASURE_MICROSECONDS = 100;

export function wireCylinder(wiring: Wiring, fitting: CylinderFitting): CylinderRef {
  const { id, config, nvm, ratePpb, device = cylinderDevice(config) } = fitting;
  // Not the whole fitting: the memory as it was when the door was put up is in it.
  const windows: Windows = { knowledge: fitting.knowledge, grantInUse: fitting.grantInUse };
  const { kernel, hardware } = wiring;
  const ref: CylinderRef = { id };
  kernel.add<CylinderState, CylinderInput | CylinderEvent, CylinderEffect>({
    id,
    device: sturdy(device),
    state: DARK,
    arrive: (input, world) => arrive(wiring, windows, ref, input as CylinderEvent, world),
    perform: (effects, world) => perform(wiring, ref, survived(wiring, id, effects, world), world),
    describe: describeCylinder,
  });
  const store = emptyStore(hardware.cylinder.store);
  kernel.part(wiring.bodies).add(newCylinderBody(kernel.now, { id, nvm: atRest(nvm), store, ratePpb }));
  return ref;
}

function arrive(
  wiring: Wiring,
  windows: Windows,
  ref: CylinderRef,
  event: CylinderEvent,
  world: Hands,
): CylinderInput | "lost" | "later" {
  const body = bodyOf(wiring, world, ref.id);
  switch (event.kind) {
    case "power-comes":
      return event.change === body.supplyChanges && body.power === "off" ? powerOn(wiring, body, world) : "later";
    case "power-goes":
      return event.change === body.supplyChanges ? powerOff(wiring, body, world) : "later";
    case "power-cut":
      return event.life === body.life ? powerOff(wiring, body, world) : "later";
    case "clutch-time-out":
      timeOut(wiring, body, event.since, world);
      return "later";
    default:
  }
  if (body.power === "off") return event.kind === "bytes" ? "lost" : "later";
  if (event.kind === "engages") {
    engage(wiring, windows, ref, body, event.order, world);
    return "later";
  }
  if (event.kind === "contact-open") {
    return body.supply === "open" ? { kind: "removed", tickMs: tick(body, world) } : "later";
  }
  if ("life" in event && event.life !== body.life) return "later";
  if (event.kind !== "written" && world.now < body.busyUntil) {
    if (event.kind === "bytes" && interrupt(wiring, ref, body, event, world) === "taken") return "later";
    const wait = body.busyUntil - world.now;
    if (event.kind === "rings") world.arm(event.name, wait, event);
    else if (event.kind === "bytes") world.send(ref, { ...event, life: body.life }, wait);
    else if (event.kind === "frame") world.send(ref, event, wait);
    else world.arm(event.kind, wait, event);
    return "later";
  }
  return heard(wiring, ref, body, event, world);
}

function heard(
  wiring: Wiring,
  ref: CylinderRef,
  body: CylinderBody,
  event: Extract<CylinderEvent, { kind: "bytes" | "frame" | "rings" | "written" | "measured" | "actuated" }>,
  world: Hands,
): CylinderInput | "lost" | "later" {
  const tickMs = tick(body, world);
  switch (event.kind) {
    case "bytes": {
      const line = world.part(wiring.bodies).line(event.line);
      if (line === undefined || body.visitor === "none" || body.visitor.line !== event.line) return "lost";
      const [first, ...more] = receive(line, ref.id, event);
      for (const frame of more) world.send(ref, { kind: "frame", frame, life: body.life });
      body.heardBytes = event.bytes.length;
      if (body.visit !== "none") {
        const requests = [first, ...more].filter((frame) => frame?.kind === "request").length;
        countBytes(body.visit, event.bytes.length, requests);
      }
      return first === undefined ? "later" : { kind: "frame", frame: first, tickMs };
    }
    case "frame":
      return { kind: "frame", frame: event.frame, tickMs };
    case "rings":
      return { kind: "timer", name: event.name, tickMs };
    case "written":
      return endWrite(body, tickMs);
    case "measured":
      return { kind: "energy", reading: event.reading, tickMs };
    case "actuated":
      return { kind: "clutch", outcome: event.outcome, tickMs };
  }
}

function powerOn(wiring: Wiring, body: CylinderBody, world: Hands): CylinderInput {
  const { workMicrowatts, rates, store } = wiring.hardware.cylinder;
  settleStore(wiring, body, world);
  body.power = "on";
  body.life += 1;
  body.store = { ...body.store, power: "on" };
  body.loadMicrowatts = Math.max(rates.waitMicrowatts, workMicrowatts);
  body.poweredAt = world.now;
  body.busyUntil = world.now;
  body.supplyChanges += 1;
  // With a source that cannot carry the load it will go again.
  announce(wiring, body, world);
  if (body.visit !== "none") {
    if (body.visit.poweredAt === "never") body.visit.poweredAt = world.now;
    // The store is filled, and the processor starts. Nanofarads times squared millivolts are femtojoules.
    const filled = Math.ceil((store.nanofarads * store.fullMillivolts * store.fullMillivolts) / 2_000);
    spendIn(body.visit, "cylinder", filled + rates.startMicroseconds * rates.waitMicrowatts, "power-up");
  }
  wiring.happen(world, { kind: "power", device: body.id, power: "on" });
  const noise = world.stream(`noise ${body.id}`).uint32();
  return { kind: "power-on", nvm: body.nvm, noise, tickMs: tick(body, world) };
}

function powerOff(wiring: Wiring, body: CylinderBody, world: Hands): CylinderInput | "later" {
  if (body.power === "off") return "later";
  settleStore(wiring, body, world);
  breakWrite(wiring, world, body, wiring.hardware.cylinder.rates);
  body.nvm = atRest(body.nvm);
  body.power = "off";
  body.life += 1;
  world.part(wiring.bodies).silence(body.id, world.now);
  body.store = { ...body.store, power: "off" };
  body.loadMicrowatts = 0;
  body.supplyChanges += 1;
  disengage(wiring, body, "power", world);
  world.disarmAll();
  wiring.happen(world, { kind: "power", device: body.id, power: "off" });
  // A key that still sits in it wakes it again.
  announce(wiring, body, world);
  return { kind: "power-lost" };
}

function timeOut(wiring: Wiring, body: CylinderBody, since: number, world: Hands): void {
  if (body.clutch.state !== "engaged" || body.clutch.sinceMicroseconds !== since) return;
  disengage(wiring, body, "time-out", world);
}

function disengage(wiring: Wiring, body: CylinderBody, why: "firmware" | "time-out" | "power", world: Hands): void {
  const { clutch } = body;
  if (clutch.state === "disengaged") return;
  settleStore(wiring, body, world);
  body.clutch = releaseClutch(clutch);
  body.supplyChanges += 1;
  announce(wiring, body, world);
  const afterMicroseconds = world.now - clutch.sinceMicroseconds;
  if (body.visit !== "none") {
    const { holdMicrowatts, engageMicroseconds } = wiring.hardware.cylinder.clutch;
    const held = Math.max(0, afterMicroseconds - engageMicroseconds);
    spendIn(body.visit, "cylinder", holdMicrowatts * held, "actuate");
  }
  wiring.happen(world, { kind: "disengaged", cylinder: body.id, why, afterMicroseconds });
}

function perform(wiring: Wiring, ref: CylinderRef, effects: readonly CylinderEffect[], world: Hands): void {
  const body = bodyOf(wiring, world, ref.id);
  const { meter, hardware } = wiring;
  const { rates, workMicrowatts } = hardware.cylinder;
  const state = world.state(ref);
  const tally = meter.take();
  const spent = spentOn(tally, body.heardBytes, rates);
  body.heardBytes = 0;
  let at = Math.max(world.now, body.busyUntil) + Math.ceil(spent.nanoseconds / 1_000);
  let picojoules = spent.picojoules;
  let writesMicrowatts = 0;
  const { visit } = body;
  if (visit !== "none") {
    const waited = Math.max(0, world.now - Math.max(visit.since, body.busyUntil));
    if (visit.poweredAt !== "never") spendIn(visit, "cylinder", rates.waitMicrowatts * waited);
    spendIn(visit, "key", hardware.key.rates.waitMicrowatts * Math.max(0, world.now - visit.since));
    enterPhase(visit, VISIT_PHASE_OF[phaseOf(state)], world.now);
    if (visit.resultAt === "never") visit.verifications += tally.verify;
    visit.signatures += tally.sign;
  }
  for (const effect of effects) {
    switch (effect.kind) {
      case "send": {
        const line = body.visitor === "none" ? undefined : world.part(wiring.bodies).line(body.visitor.line);
        picojoules += effect.bytes.length * (rates.linePicojoulesPerByte + rates.framedByte.picojoules);
        at += Math.ceil((effect.bytes.length * rates.framedByte.nanoseconds) / 1_000);
        if (line === undefined) break;
        body.answersAt = at;
        const { leaves, arrives } = sendOn(wiring, world, line, ref.id, effect.bytes, at);
        if (visit !== "none") sentInVisit(visit, state, effect.bytes, leaves, arrives);
        break;
      }
      case "nvm": {
        const power = { goes: { kind: "power-cut", life: body.life } };
        const written = startWrite(wiring, world, body, effect.operations, at, rates, power);
        tellWrite(wiring, world, ref.id, written);
        picojoules += written.picojoules;
        writesMicrowatts = Math.ceil(written.picojoules / Math.max(1, written.write.endsAt - at));
        at = written.write.endsAt;
        break;
      }
      case "arm":
        world.arm(effect.name, delayOf(body, effect.delayMs), { kind: "rings", name: effect.name });
        break;
      case "disarm":
        world.disarm(effect.name);
        break;
      case "measure-energy": {
        const { store } = hardware.cylinder;
        const engaged = store.engageMicrojoules + store.outcomeMicrojoules;
        const needed = effect.load === "opening" ? store.commitMicrojoules + engaged : engaged;
        settleStore(wiring, body, world);
        const flow = { supply: sourceOf(wiring, body, world), loadMicrowatts: store.measureMicrowatts };
        const reading = energyFor(body.store, flow, needed);
        at += MEASURE_MICROSECONDS;
        picojoules += store.measureMicrowatts * MEASURE_MICROSECONDS;
        world.arm("measured", at - world.now, { kind: "measured", reading });
        break;
      }
      case "engage":
        world.arm("engages", at - world.now, { kind: "engages", order: effect });
        break;
      case "disengage":
        disengage(wiring, body, "firmware", world);
        break;
    }
  }
  body.busyUntil = at;
  if (body.power === "on") {
    const load = Math.max(writesMicrowatts, at > world.now ? workMicrowatts : rates.waitMicrowatts);
    changeLoad(wiring, body, load, world);
  }
  if (visit !== "none") spendIn(visit, "cylinder", picojoules);
}

/** The clutch moves only with both verdicts (SPEC OPN-13), whatever the firmware says. */
function engage(
  wiring: Wiring,
  windows: Windows,
  ref: CylinderRef,
  body: CylinderBody,
  { first, second, record }: EngageOrder,
  world: Hands,
): void {
  const at = world.now;
  const { clutch: profile, store } = wiring.hardware.cylinder;
  settleStore(wiring, body, world);
  const flow = { supply: sourceOf(wiring, body, world), loadMicrowatts: store.measureMicrowatts };
  const attempt = {
    permit: permitClutch(first, second),
    energy: energyFor(body.store, flow, store.engageMicrojoules),
    atMicroseconds: at,
    jamPerMillion: 0,
  };
  const { clutch, outcome } = engageClutch(body.clutch, profile, attempt, world.stream(`clutch ${ref.id}`));
  body.clutch = clutch;
  if (outcome.kind !== "engaged") {
    world.arm("actuated", 0, { kind: "actuated", outcome: outcome.kind });
    return;
  }
  const state = world.state(ref);
  const by = body.visitor === "none" ? "nobody" : body.visitor.key;
  const cti = windows.grantInUse(state);
  const holds = windows.knowledge(state);
  wiring.happen(world, { kind: "engaged", cylinder: ref.id, by, cti, record, first, second, holds });
  world.record("engaged", { by, cti, record });
  if (body.visit !== "none") {
    body.visit.outcome = { kind: "opened", record };
    spendIn(body.visit, "cylinder", outcome.spentMicrojoules * 1_000_000, "actuate");
    enterPhase(body.visit, "actuate", at);
  }
  world.send(ref, { kind: "clutch-time-out", since: at }, outcome.untilMicroseconds - world.now);
  const sags = world.stream(`supply ${ref.id}`);
  if (world.part(wiring.conditions).strikes("brownOutPerMillion", ref.id, sags)) {
    world.send(ref, { kind: "power-cut", life: body.life }, sags.below(SAGS_WITHIN_MICROSECONDS));
  }
  body.supplyChanges += 1;
  announce(wiring, body, world);
  body.busyUntil = at + profile.engageMicroseconds;
  world.arm("actuated", profile.engageMicroseconds, { kind: "actuated", outcome: "engaged" });
}

/** Somebody turns the key in a keyway. */
export function turn(wiring: Wiring, world: Hands, cylinder: string, keyway: "digital" | "mechanical"): boolean {
  const body = bodyOf(wiring, world, cylinder);
  const outcome = turnKeyway(clutchAt(body.clutch, world.now), keyway, world.now);
  wiring.happen(world, { kind: "turned", cylinder, keyway, outcome });
  return outcome === "turns-bolt";
}

function tick(body: CylinderBody, world: Hands): number {
  const elapsed = world.now - body.poweredAt;
  return Math.floor((elapsed + Math.trunc((elapsed * body.ratePpb) / 1_000_000_000)) / 1_000);
}

function delayOf({ ratePpb }: CylinderBody, delayMs: number): number {
  return Math.max(0, delayMs * 1_000 - Math.trunc((delayMs * ratePpb) / 1_000_000));
}
