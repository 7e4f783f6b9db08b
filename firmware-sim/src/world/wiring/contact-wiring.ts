/** A key goes into a keyway or a slot, and out again. */
import { bounceEdges } from "../../hardware/contact.ts";
import { between } from "../../hardware/draws.ts";
import type { Hands } from "../entity.ts";
import type { Options } from "../options.ts";
import type { Place } from "./bodies.ts";
import { settleBattery } from "./key-power.ts";
import { reportOf, spendIn, spentBy } from "./visit-meter.ts";
import { openLine, type Wiring } from "./wiring.ts";

export type Destination =
  | { readonly kind: "keyway"; readonly cylinder: string }
  | { readonly kind: "slot"; readonly device: string; readonly slot: number };

/** A slow ramp still carries an opening; with too little harvested energy the lock wakes, and has none for its clutch. */
const SLOW_MILLIOHMS = [40_000, 160_000] as const;
const SHORT_MILLIOHMS = [250_000, 2_000_000] as const;

/** Of one insertion; no bounce and clean where nothing is said. */
export interface ContactFaults {
  readonly bouncePerMillion: number;
  readonly bounceMicroseconds: number;
}

export function contactFaults(options: Options): ContactFaults {
  const { contactBouncePerMillion: bouncePerMillion, contactBounceMs } = options;
  return { bouncePerMillion, bounceMicroseconds: contactBounceMs * 1_000 };
}

/** `occupied` where somebody else's key is in it, or this one is somewhere. */
export function insertKey(
  wiring: Wiring,
  world: Hands,
  key: string,
  to: Destination,
  faults: ContactFaults,
): "inserted" | "occupied" {
  const bodies = world.part(wiring.bodies);
  const body = bodies.of("key", key);
  if (body.place.kind !== "free") return "occupied";
  if (to.kind === "keyway") {
    const cylinder = bodies.of("cylinder", to.cylinder);
    if (cylinder.visitor !== "none") return "occupied";
    const line = openLine(wiring, world, to.kind, key, to.cylinder);
    body.place = { ...to, line: line.number };
    cylinder.visitor = { key, line: line.number, milliohms: contactDirt(wiring, world, key) };
  } else {
    const device = bodies.of("mains", to.device);
    if (device.slots.has(to.slot)) return "occupied";
    const line = openLine(wiring, world, to.kind, key, to.device);
    body.place = { ...to, line: line.number };
    device.slots.set(to.slot, { key, line: line.number });
  }
  moveContact(wiring, world, key, body.place, "make", faults);
  return "inserted";
}

function contactDirt({ conditions: ref }: Wiring, world: Hands, key: string): number {
  const conditions = world.part(ref);
  const { slowRampPerMillion, harvestShortPerMillion } = conditions.options;
  if (slowRampPerMillion + harvestShortPerMillion === 0) return 0;
  const draws = world.stream(`dirt ${key}`);
  if (conditions.strikes("harvestShortPerMillion", key, draws)) return between(draws, ...SHORT_MILLIOHMS);
  return conditions.strikes("slowRampPerMillion", key, draws) ? between(draws, ...SLOW_MILLIOHMS) : 0;
}

/** Begins to pull; the key is free when the contact has stopped bouncing. */
export function removeKey(wiring: Wiring, world: Hands, key: string, faults: ContactFaults): void {
  const { place } = world.part(wiring.bodies).of("key", key);
  if (place.kind === "free") return;
  const over = moveContact(wiring, world, key, place, "break", faults);
  world.send({ id: key }, { kind: "out", line: place.line }, over + 1);
}

/** The key has left: nobody is in that keyway or slot any more. */
export function keyIsOut(wiring: Wiring, world: Hands, key: string, number: number): void {
  const bodies = world.part(wiring.bodies);
  const body = bodies.of("key", key);
  const { place } = body;
  if (place.kind === "free" || place.line !== number) return;
  if (place.kind === "keyway") {
    endVisit(wiring, key, place.cylinder, world);
    bodies.of("cylinder", place.cylinder).visitor = "none";
  } else bodies.of("mains", place.device).slots.delete(place.slot);
  world.send({ id: key }, { kind: "gauge" });
  body.place = { kind: "free" };
  bodies.breakLine(number);
}

/** The visit has ended: its report, and what it took from the battery. */
function endVisit(wiring: Wiring, key: string, cylinder: string, world: Hands): void {
  const bodies = world.part(wiring.bodies);
  const body = bodies.of("key", key);
  const { visit } = bodies.of("cylinder", cylinder);
  if (visit === "none") return;
  const { converterPercent, rates } = wiring.hardware.key;
  const { supplyPercent } = wiring.hardware.contact;
  spendIn(visit, "key", rates.waitMicrowatts * Math.max(0, world.now - visit.since));
  const drawn = spentBy(visit, "key") + Math.ceil((spentBy(visit, "cylinder") * 100) / supplyPercent);
  const batteryNanojoules = Math.ceil((drawn * 100) / (converterPercent * 1_000));
  bodies.of("cylinder", cylinder).visit = "none";
  wiring.happen(world, { kind: "visit", report: reportOf(visit, world.now, batteryNanojoules) });
  settleBattery(wiring, body, world.now, Math.ceil(batteryNanojoules / 1_000));
}

/** Sends the edges to the key, whose contact it is; returns when the last one comes. */
function moveContact(
  wiring: Wiring,
  world: Hands,
  key: string,
  place: Exclude<Place, { kind: "free" }>,
  edge: "make" | "break",
  { bouncePerMillion, bounceMicroseconds }: ContactFaults,
): number {
  const draws = world.stream(`contact ${key}`);
  const conditions = world.part(wiring.conditions);
  const bounces =
    bouncePerMillion > 0 && conditions.strikes("contactBouncePerMillion", key, draws)
      ? wiring.hardware.contact.contact.bounces
      : 0;
  const profile = { ...wiring.hardware.contact.contact, bounces, bounceMicroseconds };
  const edges = bounces === 0 ? [{ kind: edge, atMicroseconds: 0 }] : bounceEdges(profile, 0, edge, draws);
  for (const { kind, atMicroseconds } of edges) {
    world.send({ id: key }, { kind: "edge", line: place.line, edge: kind }, atMicroseconds);
  }
  return edges.at(-1)?.atMicroseconds ?? 0;
}
