/** Every place in which a rehearsed act can be cut. */
import { NVM_CUT_STAGES } from "../../hardware/nvm.ts";
import { type CutMoment, contactBreaks, type PowerCut } from "./cut.ts";
import { devicesOf, type Rehearsal, type Wire } from "./rehearsal.ts";
import type { Staged } from "./street.ts";

/**
 * `nvm`: power goes at and inside every operation of a memory. `byte`: power goes after every byte, at either end. `contact`: the
 * contact breaks after every byte, in each way in which it can. `time`: power goes, or the contact breaks, at rising times.
 */
export const CUT_KINDS = ["nvm", "byte", "contact", "time"] as const;
export type CutKind = (typeof CUT_KINDS)[number];

/** While a contact is made, or something is said on a cable: at least so far apart, and at most so many. */
const GRID_MICROSECONDS = 1_000;
const GRID_PLACES = 250;

export function* placesToCut(
  staged: Staged,
  rehearsal: Rehearsal,
  kinds: readonly CutKind[] = CUT_KINDS,
): Generator<PowerCut, void, void> {
  const devices = devicesOf(staged).map(([device]) => device);
  if (kinds.includes("nvm")) yield* ofMemories(rehearsal);
  for (const wire of rehearsal.wires) {
    const ends = devices.filter((device) => device === wire.from || device === wire.to);
    if (kinds.includes("byte")) yield* ofWire(wire, ends);
    if (kinds.includes("contact") && ends.includes("key")) yield* ofWire(wire, contactBreaks);
  }
  if (!kinds.includes("time")) return;
  const struck = devices.includes("key") ? [...devices, ...contactBreaks] : devices;
  for (const microseconds of gridOf(rehearsal)) {
    for (const one of struck) yield { struck: one, moment: { kind: "at", microseconds } };
  }
}

export function kindOf({ struck, moment }: PowerCut): CutKind {
  switch (moment.kind) {
    case "nvm":
      return "nvm";
    case "at":
      return "time";
    case "byte":
      return contactBreaks.some((one) => one === struck) ? "contact" : "byte";
  }
}

function* ofMemories({ writes }: Rehearsal): Generator<PowerCut, void, void> {
  for (const { device, first, count } of writes) {
    // What was being written already when counting began can be cut by time, and not by its number.
    for (let operation = Math.max(0, first); operation < first + count; operation++) {
      for (const stage of NVM_CUT_STAGES) yield { struck: device, moment: { kind: "nvm", operation, stage } };
    }
  }
}

function* ofWire({ from, to, bytes }: Wire, struck: readonly PowerCut["struck"][]): Generator<PowerCut, void, void> {
  for (let byte = 0; byte <= bytes; byte++) {
    const moment: CutMoment = { kind: "byte", from, to, byte };
    for (const one of struck) yield { struck: one, moment };
  }
}

/** From the first thing that happens to the last, pauses between left out. */
function gridOf({ since, contacts, wires, writes }: Rehearsal): readonly number[] {
  const spoken = wires.flatMap(({ transmissions }) =>
    transmissions.map(({ leavesAt, arrivesAt }) => [leavesAt, arrivesAt]),
  );
  const times = [...spoken.flat(), ...contacts.map(({ at }) => at), ...writes.map(({ at }) => at)];
  const busy = [...new Set(times.map((at) => Math.floor((at - since) / PAUSE_MICROSECONDS)))].sort((a, b) => a - b);
  const places = busy.flatMap((slot) => {
    return Array.from({ length: PAUSE_MICROSECONDS / GRID_MICROSECONDS }, (_, index) => {
      return slot * PAUSE_MICROSECONDS + index * GRID_MICROSECONDS;
    });
  });
  const step = Math.max(1, Math.ceil(places.length / GRID_PLACES));
  return places.filter((place, index) => index % step === 0 && place >= 0);
}

const PAUSE_MICROSECONDS = 10_000;

/** Such as `cylinder nvm torn`, `key byte` or `contact-5ms contact`. */
export function placeName(cut: PowerCut): string {
  const { struck, moment } = cut;
  return moment.kind === "nvm" ? `${struck} nvm ${moment.stage}` : `${struck} ${kindOf(cut)}`;
}
