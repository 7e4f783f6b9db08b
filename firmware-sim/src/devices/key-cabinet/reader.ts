/** At the reader and at the doors: a holder asks for their key, a door stands open (SPEC STO-1, STO-2). */
import type { CabinetEvent } from "@nyckelfri/protocol";
import type { At, Turn } from "../mains/state.ts";
import { still, withTodo } from "../mains/turns.ts";
import { shown } from "./check-in.ts";
import { reported } from "./events.ts";
import { isOf, knownGrants } from "./holder.ts";
import { WISH_MS } from "./tables.ts";
import type { CabinetOn, CabinetOwnInput, CabinetX } from "./types.ts";

type CabinetAt = At<CabinetX>;
type CabinetTurn = Turn<CabinetX>;
type InputOf<K extends CabinetOwnInput["kind"]> = Extract<CabinetOwnInput, { kind: K }>;

/**
 * Looks in the memory for a stored key that a grant has made theirs, and speaks to it once more: only a key that proves itself now,
 * in the slot whose bolt is to be drawn, and under the grant that it has in use now, is handed out.
 */
export function holderPresented(at: CabinetAt, { holder }: InputOf<"holder-presented">): CabinetTurn {
  const { on } = at;
  if (on.work.wish !== "none") return still(on, [shown("try-again")]);
  const slots = [...on.own.whereabouts.values()].flatMap(({ kid, place }) => {
    const isHere = place.kind === "stored" && on.slots[place.slot]?.phase !== "empty" && !on.work.drawn.has(place.slot);
    const isTheirs = isHere && knownGrants(on.own, kid).some(({ value }) => isOf(value, holder));
    return isTheirs ? place.slot : [];
  });
  const [slot] = slots.sort((a, b) => a - b);
  if (slot === undefined) return still(on, [shown("nothing-for-you")]);
  if (on.slots[slot]?.phase === "fault") return still(on, [shown("try-again")]);
  const wishing: CabinetOn = { ...on, work: { ...on.work, wish: { holder, slot } } };
  // A slot that is busy comes to rest first.
  return still(withTodo(wishing, { kind: "slot-begins", slot }), [{ kind: "arm", name: "own/wish", delayMs: WISH_MS }]);
}

export function wishTimer({ on }: CabinetAt): CabinetTurn {
  if (on.work.wish === "none") return still(on);
  return still({ ...on, work: { ...on.work, wish: "none" } }, [shown("try-again")]);
}

/** SPEC STO-2, SRV-1. */
export function doorMoved(at: CabinetAt, { door, position }: InputOf<"door">): CabinetTurn {
  const { on, config } = at;
  const count = config.doors === "one" ? 1 : config.slots;
  if (Math.trunc(door) !== door || door < 0 || door >= count) return still(on);
  const before = on.work.doors.get(door);
  const doors = new Map(on.work.doors);
  const moved = (): CabinetOn => ({ ...on, work: { ...on.work, doors } });
  if (position === "closed") {
    doors.delete(door);
    const closed = still(moved(), [{ kind: "disarm", name: `own/door-${door}` } as const]);
    return before === "left-open"
      ? telling({ ...at, on: closed.on }, closed, { slot: door, event: "door-closed" })
      : closed;
  }
  const seconds = on.holdings.settings["door-left-open"] ?? config.doorLeftOpenSeconds;
  if (before !== undefined) return still(on);
  doors.set(door, "open");
  return still(moved(), seconds === 0 ? [] : [{ kind: "arm", name: `own/door-${door}`, delayMs: seconds * 1000 }]);
}

export function doorTimer(at: CabinetAt, door: number): CabinetTurn {
  const { on } = at;
  if (on.work.doors.get(door) !== "open") return still(on);
  const left: CabinetOn = { ...on, work: { ...on.work, doors: new Map(on.work.doors).set(door, "left-open") } };
  return telling({ ...at, on: left }, still(left), { slot: door, event: "door-left-open" });
}

function telling(at: CabinetAt, { on, effects }: CabinetTurn, event: CabinetEvent): CabinetTurn {
  const { changes, todo } = reported(at, [event]);
  return { on: withTodo(on, ...todo), effects, changes };
}
