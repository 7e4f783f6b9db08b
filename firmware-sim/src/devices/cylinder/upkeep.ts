/**
 * Erasing ahead. An erase takes 6 to 90 ms (costs/memories.ts), a challenge may take 30 (SPEC OPN-1): so what the next
 * commits will fill is erased when nobody waits, after a visit that opened. A refusal is cheap (P11), and a key whose energy is
 * short has none for others: they leave it as it is. Only what has become urgent, because visit after visit was cut short or
 * refused, is erased at once when the challenge has left.
 *
 * A page counts as erased when it reads blank; so an erase that was cut short is begun anew, and there is nothing to note.
 */
import type { NvmOperation } from "../../hardware/nvm.ts";
import { erases } from "./commit.ts";
import type { Memory } from "./memory.ts";
import { isBlankSlot, slotPage } from "./object-pool.ts";
import { firstPage } from "./record-block.ts";
import { freshBlock } from "./record-store.ts";
import { slotsInUse } from "./settings.ts";
import { nextBank } from "./settings-store.ts";
import { afterTask, planTask, type StoreContext, type Stores, type Task } from "./stores.ts";

/** So many blank slots are kept, for what one visit brings; and at most so many are erased after it. */
const READY_SLOTS = 14;
const ERASED_SLOTS = 6;
/** Entries or records that are left where a visit might need them all. */
const URGENT = 4;

type Ahead = Extract<Task, { kind: "erase-ahead" }>;

/** What is to be erased: all of it, or what a next visit might have to wait for. */
export function erasesAhead(context: StoreContext, memory: Memory, stores: Stores, which: "all" | "urgent"): Ahead[] {
  const { layout, findings } = context;
  const { nonces, counted, openings, refusals, bank } = stores;
  const found: Ahead[] = [];
  const add = (page: number, pages: number): void => {
    if (erases(findings, memory, page, pages).length > 0) found.push({ kind: "erase-ahead", page, pages });
  };
  const isNow = (left: number): boolean => which === "all" || left < URGENT;
  for (const [region, ring] of [
    [layout.nonces, nonces],
    [layout.counted, counted],
  ] as const) {
    if (isNow(region.entriesPerPage - ring.next)) add(region.page + ((ring.page + 1) % region.pages), 1);
  }
  for (const [region, ring] of [
    [layout.openings, openings],
    [layout.refusals, refusals],
  ] as const) {
    const { block } = freshBlock(region, ring);
    if (isNow(region.slotsPerBlock - ring.next)) add(firstPage(region, block), region.pagesPerBlock);
  }
  if (which === "urgent") return found;
  const { page, pagesPerPart, parts } = layout.settings;
  // All but the bank that holds and the one before it.
  for (let later = 0; later < parts - 2; later++) {
    add(page + nextBank(layout.settings, bank, later) * pagesPerPart, pagesPerPart);
  }
  return [...found, ...slotsToErase(context, memory, stores)];
}

function slotsToErase(context: StoreContext, memory: Memory, { bank }: Stores): Ahead[] {
  const { objects } = context.layout;
  const taken = slotsInUse(bank.settings);
  const found: Ahead[] = [];
  let blank = 0;
  for (let slot = 0; slot < objects.parts && blank + found.length < READY_SLOTS; slot++) {
    if (taken.includes(slot)) continue;
    if (isBlankSlot(context, memory, slot)) blank++;
    else if (found.length < ERASED_SLOTS)
      found.push({ kind: "erase-ahead", page: slotPage(objects, slot), pages: objects.pagesPerPart });
  }
  // A slot that was passed over may be followed by blank ones.
  return found.slice(0, Math.max(0, READY_SLOTS - blank));
}

/**
 * What a boot makes good before the challenge, and what has to wait until it has left, because it begins with an erase, or with
 * settings, which only an erasure commits at boot.
 */
export function splitRepairs(
  context: StoreContext,
  memory: Memory,
  stores: Stores,
  tasks: readonly Task[],
): { readonly now: readonly Task[]; readonly owed: readonly Task[] } {
  let after = stores;
  for (const [index, task] of tasks.entries()) {
    const stages = planTask(context, memory, after, task);
    const isLong = task.kind === "settings" || stages.some(({ operations }) => operations.some(isErase));
    if (isLong) {
      return { now: tasks.slice(0, index), owed: tasks.slice(index) };
    }
    after = afterTask(context, after, task);
  }
  return { now: tasks, owed: [] };
}

function isErase({ kind }: NvmOperation): boolean {
  return kind === "erase";
}
