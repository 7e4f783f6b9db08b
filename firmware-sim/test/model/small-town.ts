/**
 * A town of two homes behind one entrance, two providers with one carer each, a technician, a station, a box and a desk; on the
 * morning of a shift, with all keys docked and activated. It is built once, and every run goes on in a fork of its own.
 */
import type { Seconds } from "@nyckelfri/protocol";
import { allCheckers } from "#src/checkers/index.ts";
import { asKey } from "#src/checkers/observed.ts";
import type { HardwarePair } from "#src/costs/opening-steps.ts";
import { cylinderOf, usualKey } from "#src/costs/pairs.ts";
import { cortexM33At160MHz } from "#src/costs/processors.ts";
import { type PartRef, Watchers, World } from "#src/index.ts";
import type { Cast } from "#src/world/cast.ts";
import type { DeviceFixture, DoorFixture, Worker } from "#src/world/fixtures.ts";
import type { Mounting } from "#src/world/remounting.ts";
import { dismount, mountAgain, mountAt } from "#src/world/remounting.ts";
import type { Bodies } from "#src/world/wiring/bodies.ts";
import { Sightings, type Tally } from "./sightings.ts";

export interface Shift {
  readonly nbf: Seconds;
  readonly exp: Seconds;
}

/** A door, whom it serves, and whether its cylinder is on its way from one door to another. */
export interface Home {
  readonly fixture: DoorFixture;
  readonly groups: readonly number[];
  readonly stands: "mounted" | "to-be-dismounted" | "to-be-mounted";
}

const HOUR = 3_600;
const SHIFT_HOURS = 4;
/** More than any cylinder has: what is not in the city when it is dismounted is lost. */
const ALL_RECORDS = 1_000_000;
/** With a cylinder that keeps P11's limits in the heaviest refusal too (test/costs/limits.test.ts). */
const HARDWARE: HardwarePair = { key: usualKey, cylinder: cylinderOf(cortexM33At160MHz) };
const BODIES: PartRef<Bodies> = { name: "bodies" };
const CAST: PartRef<Cast> = { name: "cast" };

export const tally: Tally = new Map();

export class Town {
  readonly world: World;
  readonly homes: Home[];
  /** Two carers and the technician. */
  readonly workers: readonly Worker[];
  readonly station: DeviceFixture;
  readonly box: DeviceFixture;
  readonly desk: Pick<DeviceFixture, "id">;
  /** By name of the worker: the newest. */
  readonly shifts: Map<string, Shift>;
  #moves = 0;

  constructor(from: { readonly town: Town; readonly luck: number } | "new") {
    if (from !== "new") {
      const { town, luck } = from;
      this.world = town.world.fork(luck);
      this.homes = [...town.homes];
      this.shifts = new Map(town.shifts);
      ({ workers: this.workers, station: this.station, box: this.box, desk: this.desk } = town);
      return;
    }
    const watchers = new Watchers([...allCheckers(), new Sightings(tally)]);
    const world = new World({ seed: "small-town", keeping: "last", watchers, hardware: HARDWARE });
    this.world = world;
    const [north, south] = [world.addProvider("north", ["day"]), world.addProvider("south", ["day"])];
    const locks = world.addProvider("locks", ["technicians"]);
    const [ofNorth, ofSouth] = [Object.values(north.groups), Object.values(south.groups)];
    const home = (name: string, groups: readonly number[], kind: "apartment" | "entrance" = "apartment"): Home => {
      return { fixture: world.addDoor(name, { groups, kind }), groups, stands: "mounted" };
    };
    this.homes = [
      home("flat 1", ofNorth),
      home("flat 2", ofSouth),
      home("entrance", [...ofNorth, ...ofSouth], "entrance"),
    ];
    this.station = world.addStation("office");
    this.box = world.addBox("hall");
    this.desk = world.addDesk("city");
    this.workers = [world.addWorker("anna", north), world.addWorker("bo", south), world.addWorker("otto", locks)];
    this.shifts = new Map();
    for (const worker of this.workers) this.grantShift(worker, 60, SHIFT_HOURS * HOUR);
    world.advance({ minutes: 2 });
    for (const worker of this.workers) {
      world.dock(worker, this.station);
      world.activate(worker, this.box);
    }
  }

  worker(index: number): Worker {
    return this.workers[index % this.workers.length] as Worker;
  }

  home(index: number): Home {
    return this.homes[index % this.homes.length] as Home;
  }

  get technician(): Worker {
    return this.worker(2);
  }

  grantShift(worker: Worker, startsIn: number, seconds: number): void {
    const nbf = this.world.unix + startsIn;
    const shift = { nbf, exp: nbf + seconds };
    this.shifts.set(worker.name, shift);
    this.world.grant(worker, shift);
  }

  /** Nobody goes to a door with a dead key: a battery first. */
  wake(worker: Worker): void {
    if (this.world.kernel.part(BODIES).any(worker.key)?.power !== "off") return;
    this.world.changeBattery(worker, 1);
    this.world.advance({ seconds: 2 });
  }

  /** Moves a cylinder into another door, or goes on where that was not done. */
  remount(index: number): "done" | "not-done" {
    const { world, station, box, technician } = this;
    const crew = { technician, station, box };
    const at = index % this.homes.length;
    const home = this.home(at);
    const { groups } = home;
    if (home.stands !== "to-be-mounted") {
      const left = dismount(world, crew, home.fixture, ALL_RECORDS);
      this.homes[at] = { ...home, stands: left === "done" ? "to-be-mounted" : "to-be-dismounted" };
      if (left === "not-done") return "not-done";
      this.#moves += 1;
      return this.#mounted(at, groups, mountAt(world, crew, home.fixture, `new door ${this.#moves}`, groups));
    }
    return this.#mounted(at, groups, mountAgain(world, crew, home.fixture));
  }

  #mounted(at: number, groups: readonly number[], { fixture, work }: Mounting): "done" | "not-done" {
    this.homes[at] = { fixture, groups, stands: work === "done" ? "mounted" : "to-be-mounted" };
    return work;
  }

  /** All faults end, and what they have left is put right as people would: batteries, clocks, cylinders on their way. */
  heal(): void {
    const { world } = this;
    world.endFaults();
    // Everybody comes to an end of what they do.
    world.advance({ minutes: 10 });
    for (const worker of this.workers) world.changeBattery(worker, 1);
    const onTheirWay = this.homes.filter(({ stands }) => stands !== "mounted");
    if (onTheirWay.length > 0) this.makeReady(this.technician);
    for (const { fixture } of onTheirWay) {
      const at = this.homes.findIndex((home) => home.fixture === fixture);
      for (let tries = 0; tries < 3 && this.home(at).stands !== "mounted"; tries++) this.remount(at);
    }
    for (const { fixture, stands } of this.homes) {
      if (stands === "mounted") world.renewPolicy(fixture, this.workers, { state: "active" });
    }
    world.advance({ minutes: 1 });
    for (const worker of this.workers.slice(0, 2)) this.makeReady(worker);
  }

  /** A fresh grant, the time and a ticket. */
  makeReady(worker: Worker): void {
    const { world } = this;
    world.advance({ seconds: 2 });
    this.grantShift(worker, 0, SHIFT_HOURS * HOUR);
    world.advance({ minutes: 1 });
    world.dock(worker, this.station);
    const clock = asKey(world.kernel.state({ id: worker.key }))?.holdings.clock.quality;
    const isTampered = world.kernel.part(CAST).member(worker.key)?.clock === "tampered";
    if (isTampered || clock !== "running") {
      world.dock(worker, this.desk);
      world.dock(worker, this.station);
    }
    world.activate(worker, this.box);
  }

  /** P14: each carer at a door of theirs, and both at the entrance. */
  demandLiveness(): void {
    for (const [who, door] of [
      [0, 0],
      [1, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      this.world.demandLiveness(this.worker(who), this.home(door).fixture);
    }
  }
}

let built: Town | undefined;

/** Another luck each time; the same for the same number. */
export function townOf(luck: number): Town {
  built ??= new Town("new");
  return new Town({ town: built, luck });
}
