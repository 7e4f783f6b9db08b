/**
 * What the settings that hold do not name of the door before: both rings up to their base, slots of the pool, and banks of earlier
 * settings, which name grants and lists. A dismounted or transferred lock keeps none of it, in no page (SPEC SVC-5, TRU-10, PRV-4).
 *
 * The settings are committed as `due` first, so that a cut leads back here at the next boot, and twice, so that two banks hold
 * nothing of the door before while all others are erased: no moment has one bank alone.
 */
import type { NvmOperation } from "../../hardware/nvm.ts";
import { erases } from "./commit.ts";
import type { PartedRegion, Region } from "./layout.ts";
import type { Memory } from "./memory.ts";
import { slotPage } from "./object-pool.ts";
import { type Settings, type Slot, slotsInUse } from "./settings.ts";
import type { SettingsBank } from "./settings-store.ts";
import type { StoreContext, Task } from "./stores.ts";

/** The slowest page takes 90 ms (costs/memories.ts): between so many slots an `update`, which waits 600 ms, is answered by BUSY. */
const SLOTS_AT_ONCE = 4;

/** Makes these settings hold, and erases what they do not name; from the beginning again after a cut. */
export function erasingTasks({ layout: { objects } }: Pick<StoreContext, "layout">, settings: Settings): Task[] {
  const due: Task = { kind: "settings", settings: { ...settings, erasure: "due" } };
  const firsts = partsOf(objects, []).filter((slot) => slot % SLOTS_AT_ONCE === 0);
  return [
    due,
    due,
    ...firsts.map((from): Task => ({ kind: "erase-unnamed", from })),
    { kind: "erase-former" },
    { kind: "settings", settings: { ...settings, erasure: "done" } },
  ];
}

/** Of a few slots, those that nothing names and that are not blank. */
export function erasesUnnamed(context: StoreContext, memory: Memory, held: SettingsBank, from: Slot): NvmOperation[] {
  const some = unnamedSlots(context, held).filter((slot) => slot >= from && slot < from + SLOTS_AT_ONCE);
  return erasesOf(context, memory, regionsOf(context.layout.objects, some));
}

/** All of it that is not blank yet. */
export function erasesFormer(context: StoreContext, memory: Memory, held: SettingsBank): NvmOperation[] {
  const { openings, refusals, objects, settings } = context.layout;
  return erasesOf(context, memory, [
    openings,
    refusals,
    ...regionsOf(objects, unnamedSlots(context, held)),
    ...regionsOf(settings, partsOf(settings, [held.bank, held.before])),
  ]);
}

function erasesOf({ findings }: StoreContext, memory: Memory, regions: readonly Region[]): NvmOperation[] {
  return regions.flatMap(({ page, pages }) => erases(findings, memory, page, pages));
}

function unnamedSlots({ layout: { objects } }: StoreContext, { settings }: SettingsBank): readonly Slot[] {
  return partsOf(objects, slotsInUse(settings));
}

function partsOf({ parts }: PartedRegion, kept: readonly number[]): readonly number[] {
  return Array.from({ length: parts }, (_, part) => part).filter((part) => !kept.includes(part));
}

function regionsOf(region: PartedRegion, parts: readonly number[]): readonly Region[] {
  return parts.map((part) => ({ page: slotPage(region, part), pages: region.pagesPerPart }));
}
