/** Bolts: drawn for one key to go, back when it is out or nobody takes it; what that means for where the key is (SPEC STO-1). */
import type { At, MainsEffect, Turn } from "../mains/state.ts";
import { still, withTodo } from "../mains/turns.ts";
import type { Changes } from "../shared/transactions.ts";
import { shown } from "./check-in.ts";
import { reported } from "./events.ts";
import { BOLT_DRAWN_MS } from "./tables.ts";
import type { CabinetNext, CabinetOn, CabinetX, Whereabouts } from "./types.ts";
import { keysIn, placed } from "./whereabouts.ts";

type CabinetAt = At<CabinetX>;
type CabinetTurn = Turn<CabinetX>;

/** After the commit. The contact cannot have broken meanwhile: what comes while the memory is written is looked at after this. */
export function drawBolt(
  { on }: CabinetAt,
  { slot, reason }: Extract<CabinetNext, { kind: "draw-bolt" }>,
): CabinetTurn {
  const drawn = new Map(on.work.drawn).set(slot, reason);
  const shows = reason === "hand-out" ? [shown("take-your-key")] : [];
  return still({ ...on, work: { ...on.work, drawn } }, [
    { kind: "unlock", slot },
    { kind: "arm", name: `own/bolt-${slot}`, delayMs: BOLT_DRAWN_MS[reason] },
    ...shows,
  ]);
}

/** Nobody took it in time. */
export function boltTimer(at: CabinetAt, slot: number): CabinetTurn {
  if (!at.on.work.drawn.has(slot)) return still(at.on);
  const locked = still(released(at.on, slot), [{ kind: "lock", slot } as const]);
  if (at.on.slots[slot]?.phase === "empty") return locked;
  const back = backInStore({ ...at, on: locked.on }, slot);
  return { ...back, effects: [...locked.effects, ...back.effects] };
}

function backInStore({ on, config }: CabinetAt, slot: number): CabinetTurn {
  const changes: Changes = new Map(
    keysIn(on.own, slot).flatMap((key) => [...placed(on.own, config, { ...key, place: { kind: "stored", slot } })]),
  );
  return changes.size === 0 ? still(on) : { on, effects: [], changes };
}

/** The contact of a slot broke: if its bolt was drawn, its key was taken. Behind a bolt that holds it only bounced. */
export function contactBroken(at: CabinetAt, slot: number): CabinetTurn {
  const { on } = at;
  const { putIn, toldWrong } = on.work;
  const work = { ...on.work, putIn: without(putIn, slot), toldWrong: without(toldWrong, slot) };
  const left: CabinetOn = { ...on, work };
  if (!work.drawn.has(slot)) return still(left);
  const effects: readonly MainsEffect<CabinetX>[] = [
    { kind: "lock", slot },
    { kind: "disarm", name: `own/bolt-${slot}` },
  ];
  return taken({ ...at, on: released(left, slot) }, slot, effects);
}

/** SPEC STO-2. Also at power-on, for a key that went while there was no power to see it. */
export function taken(at: CabinetAt, slot: number, effects: readonly MainsEffect<CabinetX>[] = []): CabinetTurn {
  const { on, config } = at;
  const gone = keysIn(on.own, slot).flatMap((key) => outOf(key) ?? []);
  if (gone.length === 0) return still(on, effects);
  const { changes, todo } = reported(at, [{ slot, event: "checked-out" }]);
  const all: Changes = new Map([...gone.flatMap((key) => [...placed(on.own, config, key)]), ...changes]);
  return { on: withTodo(on, ...todo), effects, changes: all };
}

function outOf({ place, ...key }: Whereabouts): Whereabouts | undefined {
  if (place.kind !== "released") return undefined;
  return { ...key, place: { ...place, kind: "out", overdue: "not-told" } };
}

function released(on: CabinetOn, slot: number): CabinetOn {
  const drawn = new Map(on.work.drawn);
  drawn.delete(slot);
  return { ...on, work: { ...on.work, drawn } };
}

function without(slots: readonly number[], slot: number): readonly number[] {
  return slots.filter((one) => one !== slot);
}
