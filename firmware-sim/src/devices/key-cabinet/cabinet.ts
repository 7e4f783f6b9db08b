/** A key cabinet, single key safe or vehicle box: a station that keeps its keys behind bolts (SPEC 8.4, STO-1, STO-2). */
import { type Command, type CommandReply, grantObject } from "@nyckelfri/protocol";
import type { Device } from "../../world/entity.ts";
import { withoutKeyTimes } from "../mains/carried-time.ts";
import { familyAfter, readFamily, readObjects } from "../mains/holdings.ts";
import { settingChange } from "../mains/host-messages.ts";
import type { At, Handled, MainsEffect, Plan, SlotPhase, Todo, Turn } from "../mains/state.ts";
import { mainsDevice } from "../mains/step.ts";
import { still, withTodo } from "../mains/turns.ts";
import type { Changes } from "../shared/transactions.ts";
import { keepingHost, readStation, STATION_ENDS } from "../station/station.ts";
import { boltTimer, contactBroken, drawBolt, taken } from "./bolts.ts";
import { shown, unwished } from "./check-in.ts";
import { EVENT, readEvent, tellEvents, tellNow } from "./events.ts";
import { program, START_DOCK } from "./program.ts";
import { doorMoved, doorTimer, holderPresented, wishTimer } from "./reader.ts";
import { FIRST_STEP, LONGEST_OPEN_SECONDS, LONGEST_OVERDUE_MINUTES, SETTLING_MS } from "./tables.ts";
import type {
  CabinetConfig,
  CabinetEffect,
  CabinetInput,
  CabinetOwn,
  CabinetState,
  CabinetWork,
  CabinetX,
} from "./types.ts";
import { WATCHING, watch } from "./watch.ts";
import { GRANT, keysIn, leaseOf, placed, readWhereabouts, WHERE } from "./whereabouts.ts";

type CabinetAt = At<CabinetX>;
type CabinetTurn = Turn<CabinetX>;

const START_WORK: CabinetWork = {
  ...{ since: "power-on", putIn: [], toldWrong: [], drawn: new Map(), doors: new Map() },
  ...{ wish: "none", heard: [], telling: "nothing" },
};

export function cabinetDevice(config: CabinetConfig): Device<CabinetState, CabinetInput, CabinetEffect> {
  return mainsDevice(cabinetPlan(config), config);
}

export function cabinetPlan(config: CabinetConfig): Plan<CabinetX> {
  const host = keepingHost<CabinetX>();
  return {
    kind: "key-cabinet",
    endsWithEpoch: [...STATION_ENDS, GRANT],
    readOwn: (items, after) => ({ ...readStation(config, items, after), ...readCabinet(items, after) }),
    startWork: START_WORK,
    clockStopped: withoutKeyTimes,
    capabilities: config.host === "none" ? ["cabinet"] : ["cabinet", "bundles", "log"],
    host: { ...host, command: (at, command) => commanded(at, command) ?? host.command(at, command) },
    begin: ({ on }, slot) => ({
      exchange: "store",
      step: FIRST_STEP,
      dock: { ...START_DOCK, purpose: on.work.wish !== "none" && on.work.wish.slot === slot ? "hand-out" : "store" },
    }),
    program,
    handle: (at, input) => (input.kind === "door" ? doorMoved(at, input) : holderPresented(at, input)),
    timer,
    proceed: (at, next) => {
      switch (next.kind) {
        case "draw-bolt":
          return drawBolt(at, next);
        case "tell-events":
          return tellEvents(at);
        case "tell-now":
          return tellNow(at, next.events);
      }
    },
    slotChanged,
    started: (at) => {
      const watching: readonly MainsEffect<CabinetX>[] = config.host === "none" ? [] : [WATCHING];
      const settling = { kind: "arm", name: "own/settle", delayMs: SETTLING_MS } as const;
      const tell: Todo<CabinetX> = { kind: "own", next: { kind: "tell-events" } };
      return still(withTodo(at.on, tell), [settling, ...watching]);
    },
  };
}

function readCabinet(
  items: Parameters<Plan<CabinetX>["readOwn"]>[0],
  after?: Parameters<Plan<CabinetX>["readOwn"]>[1],
): Pick<CabinetOwn, "whereabouts" | "grants" | "events"> {
  const grant = readObjects(grantObject);
  if (after === undefined) {
    return {
      whereabouts: readFamily(items, WHERE, readWhereabouts),
      grants: readFamily(items, GRANT, grant),
      events: readFamily(items, EVENT, readEvent),
    };
  }
  const { own, changes } = after;
  return {
    whereabouts: familyAfter(own.whereabouts, changes, WHERE, readWhereabouts),
    grants: familyAfter(own.grants, changes, GRANT, grant),
    events: familyAfter(own.events, changes, EVENT, readEvent),
  };
}

/** SPEC SRV-1, SRV-2: what a certified host alone may do; undefined where it is no cabinet's affair. */
function commanded(at: CabinetAt, command: Command): Handled<CabinetX, CommandReply> | undefined {
  const { config, on } = at;
  switch (command.kind) {
    case "configure": {
      const { setting, value } = command;
      if (setting === "serve-time") return undefined;
      const most = setting === "overdue" ? LONGEST_OVERDUE_MINUTES : LONGEST_OPEN_SECONDS;
      if (value > most) return { reply: { outcome: "refused" } };
      return { reply: { outcome: "done" }, changes: settingChange(setting, value) };
    }
    case "release-slot": {
      const { slot } = command;
      if (slot >= config.slots) return { reply: { outcome: "refused" } };
      const released: Changes = new Map(
        keysIn(on.own, slot).flatMap((key) => [
          ...placed(on.own, config, { ...key, place: { kind: "released", slot, lease: leaseOf(at, key.kid) } }),
        ]),
      );
      const draw = { kind: "draw-bolt", slot, reason: "override" } as const;
      return { reply: { outcome: "done" }, changes: released, todo: [{ kind: "own", next: draw }] };
    }
    case "read-log":
      return config.host === "none" ? { reply: { outcome: "refused" } } : undefined;
    case "enrol-pin":
      return undefined;
  }
}

function timer(at: CabinetAt, name: string): CabinetTurn {
  const [what, number = ""] = name.split("-");
  switch (what) {
    case "bolt":
      return boltTimer(at, Number(number));
    case "door":
      return doorTimer(at, Number(number));
    case "wish":
      return wishTimer(at);
    case "watch":
      return watch(at);
    case "tell":
      return tellEvents(at);
    case "settle":
      return settled(at);
    default:
      return still(at.on);
  }
}

/** What was released and is in no slot now went while there was no power to see it. */
function settled(at: CabinetAt): CabinetTurn {
  const on = { ...at.on, work: { ...at.on.work, since: "settled" as const } };
  const slots = on.slots.flatMap(({ phase }, slot) => (phase === "empty" ? slot : []));
  const [first, ...more] = slots.filter((slot) => keysIn(on.own, slot).some(({ place }) => place.kind === "released"));
  if (first === undefined) return still(on);
  // One commit for each.
  const again: readonly MainsEffect<CabinetX>[] =
    more.length > 0 ? [{ kind: "arm", name: "own/settle", delayMs: 0 }] : [];
  return taken({ ...at, on }, first, again);
}

function slotChanged(at: CabinetAt, slot: number, before: SlotPhase): CabinetTurn {
  const { on } = at;
  const now = on.slots[slot];
  const { wish, since, putIn } = on.work;
  const isWished = wish !== "none" && wish.slot === slot;
  switch (now?.phase) {
    case "empty": {
      const left = contactBroken(at, slot);
      return isWished ? { ...left, on: unwished(left.on, slot), effects: [...left.effects, shown("try-again")] } : left;
    }
    case "resting": {
      const isHandingOut = isWished && now.dock.purpose === "store";
      return still(isHandingOut ? withTodo(on, { kind: "slot-begins", slot }) : on);
    }
    case "fault":
      return isWished ? still(unwished(on, slot), [shown("try-again")]) : still(on);
    case "talking": {
      if (before !== "empty" || since !== "settled" || putIn.includes(slot)) return still(on);
      return still({ ...on, work: { ...on.work, putIn: [...putIn, slot] } });
    }
    default:
      return still(on);
  }
}
