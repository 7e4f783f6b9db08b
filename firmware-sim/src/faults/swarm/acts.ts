/**
 * What people, the city and their tools do in a swarm's town, as data: a plan can be printed, cut down to some of its acts, and done
 * again exactly. Acts name people, doors and devices by place; whichever is meant there is there.
 */
import type { EntityRef } from "../../world/entity.ts";
import type { OptionName } from "../../world/options.ts";
import type { PersonInput, PersonTask } from "../../world/person.ts";
import { presentAt } from "../../world/presenting.ts";
import type { KeyRef } from "../../world/wiring/key-wiring.ts";
import type { MainsRef } from "../../world/wiring/mains-wiring.ts";
import type { SwarmTown } from "./town.ts";

interface Deeds {
  readonly grant: { readonly who: number; readonly startsIn: number; readonly seconds: number };
  readonly dock: { readonly who: number; readonly station: number };
  /** Into a key cabinet. */
  readonly store: { readonly who: number; readonly cabinet: number };
  /** Somebody asks for their key at the reader of a cabinet, whether it is in there or not. */
  readonly present: { readonly who: number; readonly cabinet: number };
  /** Where the city's own time is. */
  readonly desk: { readonly who: number };
  readonly activate: { readonly who: number; readonly box: number; readonly pin: "right" | "wrong" };
  readonly visit: { readonly who: number; readonly door: number; readonly stayMs: number };
  /** The key is out again after so long, and goes on at another door. */
  readonly swap: { readonly who: number; readonly door: number; readonly next: number; readonly afterMs: number };
  readonly mechanical: { readonly door: number };
  /** Another battery, so full, after so long without one. */
  readonly battery: { readonly who: number; readonly outSeconds: number; readonly permille: number };
  readonly warm: { readonly who: number; readonly milliCelsius: number };
  /** An oscillator stops for a moment. */
  readonly stop: { readonly of: "key" | "station" | "box"; readonly index: number };
  /** A key's counter jumps, without a trace. */
  readonly step: { readonly who: number; readonly seconds: number };
  readonly revoke: { readonly who: number };
  /** An older list comes once more. */
  /** An older list of this worker's provider, so many versions older. */
  readonly staleList: { readonly who: number; readonly age: number };
  readonly epoch: { readonly root: "same" | "successor" };
  readonly remount: { readonly door: number };
  readonly policy: {
    readonly door: number;
    readonly state: "active" | "deactivated";
    readonly activation: "asked" | "not-asked";
  };
  readonly host: { readonly device: number | "all"; readonly presence: "here" | "away" };
  /** A rogue key or gadget goes to a door, or to a station. */
  readonly intrude: { readonly rogue: number; readonly door: number; readonly at: "door" | "station" };
  /** An honest key meets a slot that lies, or a device hears a host that lies. */
  readonly meet: { readonly who: number; readonly rogue: number };
  readonly lie: { readonly rogue: number };
}
export type ActName = keyof Deeds;
export type Deed = { readonly [N in ActName]: { readonly kind: N } & Deeds[N] }[ActName];

/** `at`: seconds after the world began; what came before may have taken longer. `fault`: what has gone wrong where this is done. */
export interface Act {
  readonly at: number;
  readonly deed: Deed;
  readonly fault?: OptionName;
}

type Doing = { readonly [N in ActName]: (town: SwarmTown, deed: Deeds[N]) => void };

const DOING: Doing = {
  grant: (town, { who, startsIn, seconds }) => town.grantShift(town.worker(who), startsIn, seconds),
  dock: (town, { who, station }) => {
    // Each has a slot of their own.
    go(town, who, { kind: "dock", station: town.station(station).id, slot: who % town.station(station).slots });
  },
  store: (town, { who, cabinet }) => {
    const place = town.cabinets[cabinet % Math.max(1, town.cabinets.length)];
    if (place !== undefined) go(town, who, { kind: "dock", station: place.id, slot: who % place.slots });
  },
  present: (town, { who, cabinet }) => {
    const place = town.cabinets[cabinet % Math.max(1, town.cabinets.length)];
    if (place !== undefined) town.world.build((site) => presentAt(site, place, town.worker(who).holder));
  },
  desk: (town, { who }) => go(town, who, { kind: "dock", station: town.desk.id, slot: 0 }),
  activate: (town, { who, box, pin }) => {
    const typed = pin === "right" ? town.worker(who).pin : WRONG_PIN;
    go(town, who, { kind: "activate", box: town.box(box).id, pin: typed });
  },
  visit: (town, { who, door, stayMs }) => {
    go(town, who, { kind: "visit", cylinder: town.home(door).fixture.cylinder, stayMs });
  },
  swap: (town, { who, door, next, afterMs }) => {
    const worker = town.worker(who);
    const person: EntityRef<unknown, PersonInput> = { id: worker.person };
    go(town, who, { kind: "visit", cylinder: town.home(door).fixture.cylinder, stayMs: 500 });
    town.world.kernel.send(person, { kind: "slips" }, afterMs * 1_000);
    go(town, who, { kind: "visit", cylinder: town.home(next).fixture.cylinder, stayMs: 500 });
  },
  mechanical: (town, { door }) => town.world.turnMechanical(town.home(door).fixture),
  battery: (town, { who, outSeconds, permille }) => town.changeBattery(town.worker(who), outSeconds, permille),
  warm: (town, { who, milliCelsius }) => {
    const key: KeyRef = { id: town.worker(who).key };
    town.world.kernel.send(key, { kind: "warmed", milliCelsius });
  },
  stop: (town, { of, index }) => {
    const ids = { key: town.worker(index).key, station: town.station(index).id, box: town.box(index).id };
    const device: MainsRef<unknown> = { id: ids[of] };
    town.world.kernel.send(device, { kind: "oscillator-stop" });
  },
  step: (town, { who, seconds }) => town.world.tamperClock(town.worker(who), seconds),
  revoke: (town, { who }) => town.revoke(town.worker(who)),
  staleList: (town, { who, age }) => town.deliverOldList(town.worker(who).holder.provider.list, age),
  epoch: ({ world }, { root }) => world.openEpoch(root),
  remount: (town, { door }) => void town.remount(door),
  policy: (town, { door, state, activation }) => {
    const { fixture, stands } = town.home(door);
    if (stands === "mounted") town.world.renewPolicy(fixture, town.workers, { state, activation });
  },
  host: ({ world, devices }, { device, presence }) => {
    const meant = device === "all" ? devices : [devices[device % devices.length]];
    for (const one of meant) if (one !== undefined) world.setHost(one, presence);
  },
  intrude: (town, { rogue, door, at }) => {
    const intruder = town.rogues.keys[rogue % Math.max(1, town.rogues.keys.length)];
    if (intruder === undefined) return;
    const station = town.station(rogue);
    const task: PersonTask =
      at === "door"
        ? { kind: "visit", cylinder: town.home(door).fixture.cylinder, stayMs: 500 }
        : { kind: "dock", station: station.id, slot: station.slots - 1 };
    town.world.tell(intruder, task);
  },
  meet: (town, { who, rogue }) => {
    const slot = town.rogues.slots[rogue % Math.max(1, town.rogues.slots.length)];
    if (slot !== undefined) go(town, who, { kind: "dock", station: slot.id, slot: 0 });
  },
  lie: (town, { rogue }) => town.rogues.lie(rogue),
};

/** Nobody's. */
const WRONG_PIN = "0000";

/** Somebody does something, after what they do already, with a key that has a battery. */
function go(town: SwarmTown, who: number, task: PersonTask): void {
  const worker = town.worker(who);
  town.wake(worker);
  town.world.tell(worker, task);
}

export function carryOut(town: SwarmTown, act: Act): void {
  const { deed, fault } = act;
  if (fault !== undefined) town.strikes.strike(fault, "town");
  (DOING[deed.kind] as (town: SwarmTown, deed: Deed) => void)(town, deed);
  town.world.kernel.record("swarm", deed.kind, {});
}

/** One line an act, with its place in the plan. */
export function printActs(acts: readonly (readonly [number, Act])[]): string {
  return acts
    .map(([index, { at, deed, fault }]) => {
      const { kind, ...values } = deed;
      const said = Object.entries(values).map(([name, value]) => `${name}=${value}`);
      return [
        `${String(index).padStart(5)}  ${String(at).padStart(6)} s  ${kind}`,
        ...said,
        ...(fault ? [`(${fault})`] : []),
      ].join(" ");
    })
    .join("\n");
}
