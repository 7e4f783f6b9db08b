/**
 * Which slots hold a key, put together from what the station tells and what it answers when asked: a notification that was lost, or
 * that fell into the time between two sessions, is made good by the next answer, and nothing is told twice.
 */
import type { DockEvent, DocksReply } from "@nyckelfri/protocol";

export type SlotEvent = DockEvent & {
  /** `by-asking`: seen in an answer to `docks`; the moment itself was missed. */
  readonly learnt: "by-notification" | "by-asking";
};
export type Presence = ReadonlyMap<number, "empty" | "occupied">;

export interface SlotsStep {
  readonly presence: Presence;
  readonly events: readonly SlotEvent[];
}

/** Nothing is known of any slot; what has never been seen counts as empty. */
export const NO_SLOTS: Presence = new Map();

export function slotTold(presence: Presence, told: DockEvent): SlotsStep {
  const { slot, event } = told;
  const now = event === "undocked" ? "empty" : "occupied";
  const before = presence.get(slot) ?? "empty";
  const isRepeated = (event === "docked" || event === "undocked") && before === now;
  const events: SlotEvent[] = isRepeated ? [] : [{ ...told, learnt: "by-notification" }];
  return { presence: new Map([...presence, [slot, now]]), events };
}

export function slotsAsked(presence: Presence, { slots }: DocksReply): SlotsStep {
  const events = slots.flatMap(([slot, state]): SlotEvent[] => {
    const before = presence.get(slot) ?? "empty";
    const now = state === "empty" ? "empty" : "occupied";
    if (before === now) return [];
    return [{ slot, event: now === "empty" ? "undocked" : "docked", learnt: "by-asking" }];
  });
  return {
    presence: new Map(slots.map(([slot, state]) => [slot, state === "empty" ? "empty" : "occupied"])),
    events,
  };
}
