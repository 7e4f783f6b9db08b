/** Keys that are not back in time (SPEC STO-2): told once, and only while the cabinet's own clock is certain of it. */
import { readClock } from "@nyckelfri/protocol";
import type { At, MainsEffect, Turn } from "../mains/state.ts";
import { still, withTodo } from "../mains/turns.ts";
import type { Changes } from "../shared/transactions.ts";
import { reported } from "./events.ts";
import { WATCH_MS } from "./tables.ts";
import type { CabinetX, Whereabouts } from "./types.ts";
import { placed } from "./whereabouts.ts";

export const WATCHING: MainsEffect<CabinetX> = { kind: "arm", name: "own/watch", delayMs: WATCH_MS };

export function watch(at: At<CabinetX>): Turn<CabinetX> {
  const { on, config } = at;
  const late = [...on.own.whereabouts.values()].flatMap((key) => overdue(at, key) ?? []);
  if (late.length === 0) return still(on, [WATCHING]);
  const { changes, todo } = reported(
    at,
    late.map(({ place: { slot } }) => ({ slot, event: "overdue" }) as const),
  );
  const all: Changes = new Map([...late.flatMap((key) => [...placed(on.own, config, key)]), ...changes]);
  return { on: withTodo(on, ...todo), effects: [WATCHING], changes: all };
}

/** Surely so many minutes after the end of its grant: by `lo`. */
function overdue({ on, config, tickMs }: At<CabinetX>, key: Whereabouts): Whereabouts | undefined {
  const { place } = key;
  const minutes = on.holdings.settings.overdue ?? config.overdueMinutes;
  const reading = readClock(on.holdings.clock, tickMs);
  if (place.kind !== "out" || place.overdue === "told" || place.lease.exp === 0) return undefined;
  if (minutes === 0 || reading.quality !== "running") return undefined;
  return reading.interval.lo >= place.lease.exp + minutes * 60
    ? { ...key, place: { ...place, overdue: "told" } }
    : undefined;
}
