/** The cylinder's energy: what the key in it gives, what its store holds, and when its electronics wake and stop. */
import { loadedMillivolts } from "../../hardware/battery.ts";
import { clutchMicrowatts } from "../../hardware/clutch.ts";
import { contactMilliohms } from "../../hardware/contact.ts";
import { advanceStore, type EnergyFlow, type EnergySupply, nextPowerChange } from "../../hardware/energy-store.ts";
import type { Hands } from "../entity.ts";
import type { CylinderBody } from "./bodies.ts";
import { newMeter } from "./visit-meter.ts";
import type { Wiring } from "./wiring.ts";

export function bodyOf(wiring: Wiring, world: Hands, id: string): CylinderBody {
  return world.part(wiring.bodies).of("cylinder", id);
}

/** The contact or the key's line has changed: what that means for the store, now and later. */
export function supplyChanged(wiring: Wiring, cylinder: string, world: Hands): void {
  const body = bodyOf(wiring, world, cylinder);
  const { visitor } = body;
  const key = visitor === "none" ? undefined : world.part(wiring.bodies).any(visitor.key);
  const isMade = key?.kind === "key" && key.contact === "made" && key.linePower === "on" && key.power === "on";
  const supply = isMade ? "made" : "open";
  if (key?.kind === "key" && key.contact === "made" && body.visit === "none") {
    body.visit = newMeter(key.id, cylinder, world.now);
  }
  if (supply === body.supply) return;
  settleStore(wiring, body, world);
  // What it computed is done: from now on it waits.
  if (body.power === "on" && world.now >= body.busyUntil)
    body.loadMicrowatts = wiring.hardware.cylinder.rates.waitMicrowatts;
  body.supply = supply;
  body.supplyChanges += 1;
  announce(wiring, body, world);
  if (supply === "open" && body.power === "on") {
    world.send({ id: cylinder }, { kind: "contact-open" });
  }
}

export function flowOf(wiring: Wiring, body: CylinderBody, world: Hands): EnergyFlow {
  const { clutch } = wiring.hardware.cylinder;
  const holding = clutchMicrowatts(body.clutch, clutch, world.now);
  return { supply: sourceOf(wiring, body, world), loadMicrowatts: body.loadMicrowatts + holding };
}

export function sourceOf(wiring: Wiring, body: CylinderBody, world: Hands): EnergySupply {
  const { visitor } = body;
  if (body.supply === "open" || visitor === "none") return { contact: "open" };
  const key = world.part(wiring.bodies).any(visitor.key);
  if (key?.kind !== "key") return { contact: "open" };
  const { contact } = wiring.hardware.contact;
  const open = loadedMillivolts(key.battery, { microamps: 0, milliCelsius: key.milliCelsius });
  const microamps = wiring.hardware.key.peakMicroamps;
  const loaded = loadedMillivolts(key.battery, { microamps, milliCelsius: key.milliCelsius });
  // From what it sags under its largest load.
  const internalMilliohms = Math.ceil(((open - loaded) * 1_000_000) / microamps);
  return {
    contact: "made",
    sourceMillivolts: open,
    sourceMilliohms: internalMilliohms + contactMilliohms(contact, "clean") + visitor.milliohms,
  };
}

/** Brings the store up to now under what flowed until now. */
export function settleStore(wiring: Wiring, body: CylinderBody, world: Hands): void {
  const elapsed = world.now - body.storeAt;
  if (elapsed > 0) body.store = advanceStore(body.store, flowOf(wiring, body, world), elapsed).store;
  body.storeAt = world.now;
  if (body.power === "on" && body.store.power === "off") body.store = { ...body.store, power: "on" };
}

/** The electronics draw more, or less, from now on. */
export function changeLoad(wiring: Wiring, body: CylinderBody, microwatts: number, world: Hands): void {
  if (microwatts === body.loadMicrowatts) return;
  settleStore(wiring, body, world);
  body.loadMicrowatts = microwatts;
  body.supplyChanges += 1;
  announce(wiring, body, world);
}

/** When the electronics will wake or stop, if nothing changes before. */
export function announce(wiring: Wiring, body: CylinderBody, world: Hands): void {
  const to = { id: body.id };
  const change = body.supplyChanges;
  const store = { ...body.store, power: body.power };
  const next = nextPowerChange(store, flowOf(wiring, body, world));
  if (next === undefined) return;
  const start = next.kind === "power-on" ? wiring.hardware.cylinder.rates.startMicroseconds : 0;
  const kind = next.kind === "power-on" ? "power-comes" : "power-goes";
  world.send(to, { kind, change }, next.afterMicroseconds + start);
}
