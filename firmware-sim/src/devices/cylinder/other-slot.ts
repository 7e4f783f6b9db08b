/**
 * A slot of the pool that does not take what is written to it. The numbers of slots stand in what is to be written after the object, and in
 * the opening that waits for it: with another slot they all change, and the settings that hold name the old one nowhere.
 */
import type { Build, CylinderOn, Opening, Work } from "./cylinder-state.ts";
import { isBlankSlot } from "./object-pool.ts";
import { type Settings, type Slot, slotsInUse } from "./settings.ts";
import type { Task } from "./stores.ts";

/** The work goes on with the next slot that nothing names: an erased one, if there is one. Without any it tries the same one again. */
export function inOtherSlot(build: Build, state: CylinderOn, work: Work, slot: Slot): CylinderOn {
  const { phase } = state;
  const opening = phase.name === "committing" ? phase.opening : undefined;
  const taken = new Set([
    ...slotsInUse(state.stores.bank.settings),
    ...work.tasks.flatMap(slotsOf),
    ...(opening === undefined ? [] : [opening.grantSlot, opening.ticketSlot, ...opening.usedCertificates]),
  ]);
  const { parts } = build.layout.objects;
  const free = Array.from({ length: parts - 1 }, (_, index) => (slot + 1 + index) % parts).filter(
    (other) => !taken.has(other),
  );
  const other = free.find((candidate) => isBlankSlot(build, state.memory, candidate)) ?? free[0] ?? slot;
  const renamed = (named: Slot): Slot => (named === slot ? other : named);
  const moved: CylinderOn = { ...state, work: { ...work, tasks: work.tasks.map((task) => taskWith(task, renamed)) } };
  return opening === undefined
    ? moved
    : { ...moved, phase: { name: "committing", opening: openingWith(opening, renamed) } };
}

type Renaming = (slot: Slot) => Slot;

function slotsOf(task: Task): readonly Slot[] {
  if (task.kind === "object") return [task.slot];
  return task.kind === "settings" ? slotsInUse(task.settings) : [];
}

function taskWith(task: Task, renamed: Renaming): Task {
  if (task.kind === "object") return { ...task, slot: renamed(task.slot) };
  return task.kind === "settings" ? { ...task, settings: settingsWith(task.settings, renamed) } : task;
}

function settingsWith(settings: Settings, renamed: Renaming): Settings {
  const { policy, lists, certificates, grants } = settings;
  return {
    ...settings,
    policy: orNone(policy, renamed),
    lists: lists.map((held) => ({ ...held, slot: renamed(held.slot) })),
    certificates: certificates.map(renamed),
    grants: grants.map((held) => ({ ...held, grant: renamed(held.grant), ticket: orNone(held.ticket, renamed) })),
  };
}

function openingWith(opening: Opening, renamed: Renaming): Opening {
  const { grantSlot, ticketSlot, usedCertificates } = opening;
  return {
    ...opening,
    grantSlot: renamed(grantSlot),
    ticketSlot: orNone(ticketSlot, renamed),
    usedCertificates: usedCertificates.map(renamed),
  };
}

function orNone(slot: Slot | "none", renamed: Renaming): Slot | "none" {
  return slot === "none" ? slot : renamed(slot);
}
