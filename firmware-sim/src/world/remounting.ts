/**
 * A cylinder moves from one door to another (SPEC SVC-4, SVC-5): what the city issues for it, and what a technician does with it. Each
 * of the two works can fail, with a hand that slips or a station without its host; it is done again by calling it again.
 */
import { type DoorPolicy, equalBytes, type Signed } from "@nyckelfri/protocol";
import type { KeyState } from "../devices/key/state.ts";
import { OPEN, SERVICE } from "./authority.ts";
import type { DeviceFixture, DoorFixture, Worker } from "./fixtures.ts";
import type { Door } from "./parties.ts";
import type { World } from "./world.ts";

export interface Crew {
  readonly technician: Worker;
  /** Where the key gets what is to be done, and its ticket. */
  readonly station: DeviceFixture;
  readonly box: DeviceFixture;
}

const ORDER_SECONDS = 4 * 3_600;
/** Until the station has what the city has issued. */
const DELIVERY_SECONDS = 30;

/** Takes a cylinder out of service; records that are not in the city by then are written off up to `writtenOff`. */
export function dismount(world: World, crew: Crew, from: DoorFixture, writtenOff: number): "done" | "not-done" {
  const done = work(world, crew, from, from.door, world.city.dismount(from.door, world.unix, writtenOff));
  if (done === "done") world.moveCylinder(from, "nowhere");
  return done;
}

/** Puts a dismounted cylinder into another door; then the door as it is known from now on. */
export function mountAt(
  world: World,
  crew: Crew,
  cylinder: DoorFixture,
  name: string,
  groups: readonly number[],
): Mounting {
  const { fixture, policy } = moveTo(world, cylinder, name, groups);
  return { fixture, work: work(world, crew, fixture, fixture.door, policy) };
}

/** Hands put it there, and the city issues its first policy; it does not know of it yet. */
export function moveTo(
  world: World,
  cylinder: DoorFixture,
  name: string,
  groups: readonly number[],
): { readonly fixture: DoorFixture; readonly policy: Signed<DoorPolicy> } {
  const { city } = world;
  const door = city.addDoor(name, cylinder.door.kind);
  city.addHome(`home ${name}`, [door], groups);
  const fixture = { ...cylinder, name, door };
  world.moveCylinder(fixture, door);
  return { fixture, policy: city.mount(door, cylinder.party, world.unix) };
}
export interface Mounting {
  readonly fixture: DoorFixture;
  readonly work: "done" | "not-done";
}

/** The same once more, where it was not done. */
export function mountAgain(world: World, crew: Crew, fixture: DoorFixture): Mounting {
  const policy = world.city.renewPolicy(fixture.door, world.unix);
  return { fixture, work: work(world, crew, fixture, fixture.door, policy) };
}

/** What is to be done is in the technician's key, with the order for it and its ticket. */
export function makeReadyToWork(
  world: World,
  { technician, station, box }: Crew,
  door: Door,
  policy: Signed<DoorPolicy>,
): void {
  world.bundle(technician, policy.bytes);
  const window = { nbf: world.unix, exp: world.unix + ORDER_SECONDS };
  world.grant(technician, { ...window, groups: [], doors: [door], rights: OPEN | SERVICE });
  world.advance({ seconds: DELIVERY_SECONDS });
  world.dock(technician, station);
  world.activate(technician, box);
}

function work(
  world: World,
  crew: Crew,
  { cylinder }: DoorFixture,
  door: Door,
  policy: Signed<DoorPolicy>,
): "done" | "not-done" {
  const { technician } = crew;
  makeReadyToWork(world, crew, door, policy);
  const { result, signal } = world.run(technician, { kind: "work", cylinder, work: "service" });
  if (result === "done") return "done";
  // Nothing is left to do where only the answer was lost.
  return signal === "update-key" && carries(world, technician, policy) ? "done" : "not-done";
}

function carries({ kernel }: World, { key }: Worker, { bytes }: Signed<DoorPolicy>): boolean {
  const state = kernel.state<KeyState>({ id: key });
  return state.power === "on" && state.holdings.policies.some((held) => equalBytes(held.bytes, bytes));
}
