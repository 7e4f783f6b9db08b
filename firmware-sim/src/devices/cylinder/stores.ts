/** All stores of a cylinder as one value, opened at boot, and the tasks that change them (SPEC LOG-1). */
import { type CryptoProvider, type EpochPair, type LogRecord, laterPair } from "@nyckelfri/protocol";
import type { NvmProfile } from "../../hardware/nvm.ts";
import { erasedStage, erases, type Stage } from "./commit.ts";
import { afterCount, afterFailedCount, type CounterRing, openCounter, planCount } from "./counter-ring.ts";
import type { Findings } from "./findings.ts";
import { erasesFormer, erasesUnnamed, erasingTasks } from "./former.ts";
import type { CylinderLayout, RingRegion } from "./layout.ts";
import type { Memory } from "./memory.ts";
import { type Pooled, planObject } from "./object-pool.ts";
import type { StoredRecord } from "./record-block.ts";
import {
  afterAppend,
  afterFailedAppend,
  afterRepair,
  emptyRing,
  openRing,
  planAppend,
  planRepair,
  type Ring,
  type RingRepair,
  recordsFrom,
} from "./record-store.ts";
import type { LogName, Settings, Slot } from "./settings.ts";
import {
  afterFailedSettings,
  afterSettings,
  openSettings,
  planMark,
  planSettings,
  type SettingsBank,
} from "./settings-store.ts";

export interface Stores {
  readonly nonces: CounterRing;
  readonly counted: CounterRing;
  readonly bank: SettingsBank;
  readonly openings: Ring;
  readonly refusals: Ring;
  /** The later of the settings' floor and that of the newest opening (SPEC TIM-11). */
  readonly floor: EpochPair;
}

/** One thing to write. Tasks of one piece of work are done in order, each read back before the next. */
export type Task =
  | { readonly kind: "count"; readonly counter: "nonces" | "counted" }
  /** `floor`: raised by this record; as it is where it is absent. */
  | { readonly kind: "record"; readonly log: LogName; readonly record: LogRecord; readonly floor?: EpochPair }
  | { readonly kind: "confirm"; readonly log: LogName; readonly slot: number; readonly record: StoredRecord }
  | { readonly kind: "object"; readonly slot: Slot; readonly pooled: Pooled }
  | { readonly kind: "settings"; readonly settings: Settings }
  | { readonly kind: "mark-settings" }
  /** Pages that a later commit will fill (upkeep.ts). */
  | { readonly kind: "erase-ahead"; readonly page: number; readonly pages: number }
  /** What is left of the door before (former.ts): a few slots of it beforehand, or everything, read back. */
  | { readonly kind: "erase-unnamed"; readonly from: Slot }
  | { readonly kind: "erase-former" };

/** How a cylinder is built: what never changes while it lives. */
export interface StoreContext {
  readonly provider: CryptoProvider;
  readonly profile: NvmProfile;
  readonly layout: CylinderLayout;
  readonly findings: Findings;
}

export type RecordTask = Extract<Task, { kind: "record" }>;

/**
 * Reads the stores, and says what a cut has left: what is done before anything else, and what a boot has tried already and leaves to the
 * next record of its log (SPEC OPN-1, LOG-3).
 */
export function openStores(
  context: StoreContext,
  memory: Memory,
  factory: Settings,
): { readonly stores: Stores; readonly tasks: readonly Task[]; readonly deferred: readonly RecordTask[] } {
  const { layout } = context;
  const { held, repair } = openSettings(context, memory, factory);
  const { settings } = held;
  const openings = openRing(context, memory, layout.openings, settings.base.openings);
  const refusals = openRing(context, memory, layout.refusals, settings.base.refusals);
  const { last } = openings.ring;
  const stores: Stores = {
    nonces: openCounter(context, memory, layout.nonces),
    counted: openCounter(context, memory, layout.counted),
    bank: held,
    openings: openings.ring,
    refusals: refusals.ring,
    floor: last === undefined ? settings.floor : laterPair(settings.floor, last.floor),
  };
  const tasks: Task[] = repair === "mark" ? [{ kind: "mark-settings" }] : [];
  if (settings.erasure === "due") {
    tasks.push(...erasingTasks(context, settings));
    return { stores, tasks, deferred: [] };
  }
  const repairs = [...repairTasks("openings", openings.repair), ...repairTasks("refusals", refusals.repair)];
  if (isIntentOpen(context, memory, layout.openings, openings.ring, openings.repair)) {
    repairs.push({ kind: "record", log: "openings", record: { kind: "outcome", code: "unknown", durationMs: 0 } });
  }
  const when = { openings: openings.when, refusals: refusals.when };
  const isDeferred = (task: Repair): task is RecordTask => task.kind === "record" && when[task.log] !== "at-boot";
  tasks.push(...repairs.filter((task) => !isDeferred(task)));
  return { stores, tasks, deferred: repairs.filter(isDeferred) };
}

/** What is to be written for a task, stage by stage. */
export function planTask(context: StoreContext, memory: Memory, stores: Stores, task: Task): readonly Stage[] {
  const { profile, layout, findings } = context;
  switch (task.kind) {
    case "count":
      return [planCount(context, memory, layout[task.counter], stores[task.counter])];
    case "record":
      return planAppend(context, memory, layout[task.log], stores[task.log], task.record, task.floor ?? stores.floor);
    case "confirm":
      return [planRepair(profile, layout[task.log], stores[task.log], task.slot)];
    case "object":
      return [planObject(context, memory, task.slot, task.pooled)];
    case "settings":
      return planSettings(context, memory, stores.bank, task.settings);
    case "mark-settings":
      return [planMark(profile, layout.settings, stores.bank.bank)];
    case "erase-ahead":
      return [{ operations: erases(findings, memory, task.page, task.pages), expected: [] }];
    case "erase-unnamed":
      return [{ operations: erasesUnnamed(context, memory, stores.bank, task.from), expected: [] }];
    case "erase-former":
      // A block that stayed as it was would be the newest at the next boot, and tell another door's keys of this one (SPEC PRV-4).
      return [erasedStage(profile, erasesFormer(context, memory, stores.bank))];
  }
}

/** The stores after a task, every stage of which read back. */
export function afterTask(context: StoreContext, stores: Stores, task: Task): Stores {
  const { layout } = context;
  switch (task.kind) {
    case "count":
      return { ...stores, [task.counter]: afterCount(layout[task.counter], stores[task.counter]) };
    case "record": {
      const floor = laterPair(stores.floor, task.floor ?? stores.floor);
      const ring = afterAppend(context, layout[task.log], stores[task.log], task.record, floor);
      return { ...stores, floor, [task.log]: ring };
    }
    case "confirm":
      return { ...stores, [task.log]: afterRepair(context, stores[task.log], task.record) };
    case "settings": {
      const bank = afterSettings(layout.settings, stores.bank, task.settings);
      return { ...stores, bank, floor: task.settings.floor };
    }
    case "erase-former": {
      const { base } = stores.bank.settings;
      const blank = (log: LogName): Ring => emptyRing(layout[log], base[log]);
      return { ...stores, openings: blank("openings"), refusals: blank("refusals") };
    }
    case "object":
    case "erase-ahead":
    case "erase-unnamed":
    case "mark-settings":
      return stores;
  }
}

/** The stores after a stage that did not read back: the place is given up, and the task begins anew at the next one. */
export function afterFailure({ layout }: StoreContext, stores: Stores, task: Task): Stores {
  switch (task.kind) {
    case "count":
      return { ...stores, [task.counter]: afterFailedCount(layout[task.counter], stores[task.counter]) };
    case "record":
      return { ...stores, [task.log]: afterFailedAppend(layout[task.log], stores[task.log]) };
    case "settings":
      return { ...stores, bank: afterFailedSettings(stores.bank) };
    // Another slot takes the object (other-slot.ts).
    case "object":
    case "confirm":
    case "mark-settings":
    case "erase-ahead":
    case "erase-unnamed":
    case "erase-former":
      return stores;
  }
}

/** What is tried after a failure: what cannot be finished where it stands is written anew. */
export function retryOf(stores: Stores, task: Task): Task {
  if (task.kind === "mark-settings")
    return { kind: "settings", settings: { ...stores.bank.settings, floor: stores.floor } };
  if (task.kind !== "confirm") return task;
  return { kind: "record", log: task.log, record: task.record.record, floor: task.record.floor };
}

/** SPEC LOG-5: is the newest intent without an outcome? Other records may stand after it. */
function isIntentOpen(
  context: StoreContext,
  memory: Memory,
  region: RingRegion,
  ring: Ring,
  repair: RingRepair,
): boolean {
  const pending = repair.kind === "confirm" || repair.kind === "again" ? [repair.record] : [];
  const latest = [...(ring.last === undefined ? [] : [ring.last]), ...pending];
  const isTelling = ({ record }: StoredRecord): boolean => record.kind === "intent" || record.kind === "outcome";
  const first = Math.max(1, ring.newest.number - LOOK_BACK);
  const records = latest.some(isTelling) ? latest : recordsFrom(context, memory, region, ring, first, LOOK_BACK + 1);
  return records.findLast(isTelling)?.record.kind === "intent";
}

/** What one session can leave after an intent, and the void of a cut at boot. */
const LOOK_BACK = 12;

type Repair = RecordTask | Extract<Task, { kind: "confirm" }>;

function repairTasks(log: LogName, repair: RingRepair): Repair[] {
  switch (repair.kind) {
    case "none":
      return [];
    case "confirm":
      return [{ kind: "confirm", log, slot: repair.slot, record: repair.record }];
    case "again":
      return [{ kind: "record", log, record: repair.record.record, floor: repair.record.floor }];
    case "void":
      return [{ kind: "record", log, record: { kind: "void" } }];
  }
}
