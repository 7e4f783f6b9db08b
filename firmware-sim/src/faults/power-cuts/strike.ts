/** Power goes, or a contact breaks, at a moment that has been rehearsed; and what is cut comes back as it would. */
import { fullCell } from "../../hardware/battery.ts";
import type { PersonState } from "../../world/person.ts";
import type { World } from "../../world/world.ts";
import {
  CONTACT_BREAKS,
  type ContactBreak,
  CUT_DEVICES,
  type CutDevice,
  type CutMoment,
  type PowerCut,
} from "./cut.ts";
import { bodyOf, type Rehearsal, timeOf, worldBefore } from "./rehearsal.ts";
import type { Staged } from "./street.ts";

/** Until a battery is in again, or a plug. */
const OUTAGE_MICROSECONDS = 2_000_000;

/** The world in which the cut has just struck; undefined where there was nothing to cut at that moment. */
export function strike(
  staged: Staged,
  rehearsal: Rehearsal,
  { struck, moment }: PowerCut,
  end: number,
): World | undefined {
  if (moment.kind === "nvm") return isDevice(struck) ? strikeWrite(staged, rehearsal, struck, moment, end) : undefined;
  const time = timeOf(rehearsal, moment);
  const world = time === undefined || time >= end ? undefined : worldBefore(rehearsal, time);
  if (time === undefined || world === undefined) return undefined;
  world.kernel.advanceTo(time);
  const isStruck = isDevice(struck) ? powerGoes(staged, world, struck) : contactBreaks(staged, world, struck);
  if (!isStruck) return undefined;
  // What the cut does at once.
  world.kernel.advanceTo(time);
  return world;
}

function strikeWrite(
  staged: Staged,
  rehearsal: Rehearsal,
  device: CutDevice,
  { operation, stage }: Extract<CutMoment, { readonly kind: "nvm" }>,
  end: number,
): World | undefined {
  const id = staged.devices[device];
  const write = rehearsal.writes.find(({ device: of, first, count }) => {
    return of === device && operation >= first && operation < first + count;
  });
  const world = write === undefined ? undefined : worldBefore(rehearsal, write.at);
  const body = world === undefined || id === undefined ? undefined : bodyOf(world, id);
  if (world === undefined || id === undefined || body === undefined) return undefined;
  const begun = body.nvm.operations - (rehearsal.operationsBefore.get(device) ?? 0);
  world.cutPower(id, operation - begun, stage);
  const lost = world.kernel.runUntil(({ entity, input }) => {
    return entity === id && input.kind === "power-lost" && bodyOf(world, id)?.plannedCut === "none";
  }, end);
  if (lost === undefined) return undefined;
  comesBack(staged, world, device);
  return world;
}

export function isDevice(struck: CutDevice | ContactBreak): struck is CutDevice {
  return CUT_DEVICES.some((one) => one === struck);
}

function powerGoes(staged: Staged, world: World, device: CutDevice): boolean {
  const id = staged.devices[device];
  const body = id === undefined ? undefined : bodyOf(world, id);
  if (id === undefined || body === undefined || body.power === "off") return false;
  switch (body.kind) {
    case "key":
      world.kernel.send({ id }, { kind: "cell", cell: "out" });
      break;
    case "cylinder":
      world.kernel.send({ id }, { kind: "power-cut", life: body.life });
      break;
    case "mains":
      world.kernel.send({ id }, { kind: "mains", mains: "off" });
  }
  comesBack(staged, world, device);
  return true;
}

/** A cylinder wakes by itself, with the key that is in it. */
function comesBack({ devices }: Staged, world: World, device: CutDevice): void {
  const id = devices[device];
  if (id === undefined || device === "cylinder") return;
  const cell = world.build(({ wiring }) => fullCell(wiring.hardware.key.battery));
  const back = device === "key" ? { kind: "cell", cell } : { kind: "mains", mains: "on" };
  world.kernel.send({ id }, back, OUTAGE_MICROSECONDS);
}

function contactBreaks({ holder }: Staged, world: World, how: ContactBreak): boolean {
  const body = bodyOf(world, holder.key);
  if (body?.kind !== "key" || body.place.kind === "free" || body.contact === "open") return false;
  const lasts = CONTACT_BREAKS[how];
  if (lasts === "slips") {
    const { at } = world.kernel.state<PersonState>({ id: holder.person });
    if (at === "free" || at === "leaving" || at === "pausing") return false;
    world.kernel.send({ id: holder.person }, { kind: "slips" });
    return true;
  }
  const { line } = body.place;
  const to = { id: holder.key };
  world.kernel.send(to, { kind: "edge", line, edge: "break" });
  world.kernel.send(to, { kind: "edge", line, edge: "make" }, lasts);
  return true;
}
