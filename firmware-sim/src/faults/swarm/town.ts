/**
 * The town of one seed: as many homes, people, stations and boxes as its options say. It is built with nothing going wrong; heals as
 * people and the city would heal it; and shows then that it lives.
 */
import type { CryptoProvider, RevocationEntry, Seconds } from "@nyckelfri/protocol";
import { asKey } from "../../checkers/observed.ts";
import { OFFICE_CABINET, SINGLE_KEY_SAFE, VEHICLE_BOX } from "../../devices/key-cabinet/makes.ts";
import { nvmCycles } from "../../hardware/nvm.ts";
import type { Cast } from "../../world/cast.ts";
import { type Conditions, WORLD_FAULTS, type WorldFaults } from "../../world/conditions.ts";
import { PATROLS } from "../../world/district.ts";
import type { PartRef } from "../../world/entity.ts";
import type { DeviceFixture, DoorFixture, Worker } from "../../world/fixtures.ts";
import type { Options } from "../../world/options.ts";
import type { CareProvider } from "../../world/parties.ts";
import { dismount, mountAgain, mountAt } from "../../world/remounting.ts";
import type { Seed, Stream } from "../../world/streams.ts";
import type { Strikes } from "../../world/strikes.ts";
import type { Watchers } from "../../world/watchers.ts";
import type { Bodies } from "../../world/wiring/bodies.ts";
import type { KeyRef } from "../../world/wiring/key-wiring.ts";
import { World } from "../../world/world.ts";
import { profileOf } from "./profiles.ts";
import { buildRogues, type Rogues } from "./rogues.ts";

/** A door, whom it serves, and whether its cylinder is on its way from one door to another. */
export interface Home {
  readonly fixture: DoorFixture;
  readonly groups: readonly number[];
  readonly stands: "mounted" | "to-be-dismounted" | "to-be-mounted";
}

export interface TownPlan {
  readonly seed: Seed;
  readonly options: Options;
  readonly provider?: CryptoProvider;
  readonly watchers: Watchers;
}

const BODIES: PartRef<Bodies> = { name: "bodies" };
const CAST: PartRef<Cast> = { name: "cast" };
const CONDITIONS: PartRef<Conditions> = { name: "conditions" };
const HOUR = 3_600;
/** Long enough for everything that is demanded after it. */
const SHIFT_SECONDS: number = 14 * HOUR;
const PERMILLE = 1_000;
const USUAL_MILLI_CELSIUS = 20_000;
/** More than any cylinder has: what is not in the city when it is dismounted is lost. */
const ALL_RECORDS = 1_000_000;
/** Of homes: those that let only some patrols in, and those that ask for no ticket. */
const SOME_PATROLS_PER_MILLION = 300_000;
const NO_TICKET_PER_MILLION = 200_000;
const TRIES = 3;

export class SwarmTown {
  readonly world: World;
  readonly options: Options;
  readonly homes: Home[] = [];
  /** With a key and shifts; the technician is besides them. */
  readonly workers: readonly Worker[];
  readonly technician: Worker;
  readonly stations: readonly DeviceFixture[];
  readonly boxes: readonly DeviceFixture[];
  readonly cabinets: readonly DeviceFixture[];
  readonly desk: Pick<DeviceFixture, "id">;
  readonly rogues: Rogues;
  readonly #groups: ReadonlyMap<Worker, number>;
  /** Of each provider that the workers have, oldest first. */
  readonly #lists: Map<number, Uint8Array[]> = new Map();
  #moves = 0;

  constructor({ seed, options, provider, watchers }: TownPlan) {
    this.options = options;
    const world = new World({
      ...{ seed, keeping: "last", watchers, hardware: profileOf(options).pair, faults: buildingFaults(options) },
      ...(provider && { provider }),
    });
    this.world = world;
    const draws = world.kernel.stream("town");
    const providers = Array.from({ length: options.providers }, (_, index) =>
      world.addProvider(`provider ${index + 1}`, PATROLS),
    );
    for (let index = 0; index < options.clients; index++) {
      this.#build(`flat ${index + 1}`, patrolsOf(draws, at(providers, index)), "apartment", draws);
    }
    for (let index = 0; index < options.entrances; index++) {
      const groups = providers.flatMap(({ groups }) => Object.values(groups));
      this.#build(`entrance ${index + 1}`, groups, "entrance", draws);
    }
    this.stations = named(options.stations, "office", (name) => world.addStation(name, 8));
    // The first one has a host; others may stand in vehicles.
    this.boxes = named(options.activationBoxes, "box", (name, index) => {
      return world.addBox(name, index > 0 && draws.chance(500_000) ? "alone" : "at-host");
    });
    this.cabinets = named(options.keyCabinets, "cabinet", (name) => {
      return world.addCabinet(name, draws.pick([OFFICE_CABINET, SINGLE_KEY_SAFE, VEHICLE_BOX]));
    });
    this.desk = world.addDesk("city");
    const firm = world.addProvider("locks", ["technicians"]);
    const groups = new Map<Worker, number>();
    this.workers = Array.from({ length: options.holders }, (_, index) => {
      const provider = at(providers, index);
      const worker = world.addWorker(`holder ${index + 1}`, provider, String(1_000 + draws.below(9_000)));
      groups.set(worker, provider.groups[at(PATROLS, Math.floor(index / options.providers))] as number);
      return worker;
    });
    this.#groups = groups;
    this.technician = world.addWorker("locksmith", firm);
    this.rogues = buildRogues(world, options, providers[0] as CareProvider, this.workers[0] as Worker, draws);
    world.advance({ minutes: 2 });
    world.setFaults(worldFaults(options));
  }

  get strikes(): Strikes {
    return this.world.kernel.part(CONDITIONS).strikesSoFar;
  }

  get devices(): readonly DeviceFixture[] {
    return [...this.stations, ...this.boxes, ...this.cabinets];
  }

  worker(index: number): Worker {
    return at(this.workers, index);
  }

  home(index: number): Home {
    return at(this.homes, index);
  }

  station(index: number): DeviceFixture {
    return at(this.stations, index);
  }

  box(index: number): DeviceFixture {
    return at(this.boxes, index);
  }

  groupOf(worker: Worker): number {
    return this.#groups.get(worker) ?? 0;
  }

  grantShift(worker: Worker, startsIn: number, seconds: number): void {
    const nbf: Seconds = this.world.unix + startsIn;
    this.world.grant(worker, { nbf, exp: nbf + seconds, groups: [this.groupOf(worker)] });
  }

  changeBattery(worker: Worker, outSeconds: number, permille: number): void {
    const { profile } = this.world.kernel.part(BODIES).of("key", worker.key).battery;
    const chargeMicrojoules = Math.floor((profile.capacityMicrojoules * permille) / PERMILLE);
    this.world.changeBattery(worker, outSeconds, { chargeMicrojoules });
  }

  /** Nobody goes to a door with a dead key: a battery first. */
  wake(worker: Worker): void {
    if (this.world.kernel.part(BODIES).of("key", worker.key).power === "off") this.changeBattery(worker, 1, PERMILLE);
  }

  revoke({ party, holder }: Worker): void {
    const { world } = this;
    this.#deliverList(holder.provider.list, { kind: "key", id: party.kid, until: world.unix });
  }

  /** A new list is brought, and then once more one before it: an old file, a copy that somebody has kept. */
  deliverOldList(list: number, age: number): void {
    this.#deliverList(list);
    const lists = this.#lists.get(list) ?? [];
    const old = lists[Math.max(0, lists.length - 1 - age)];
    if (old !== undefined) this.world.deliver(old);
  }

  #deliverList(list: number, ...entries: readonly RevocationEntry[]): void {
    const { world } = this;
    const { bytes } = world.city.revoke(list, world.unix, ...entries);
    this.#lists.set(list, [...(this.#lists.get(list) ?? []), bytes]);
    world.deliver(bytes);
  }

  /** Moves a cylinder into another door, or goes on where that was not done. */
  remount(index: number): "done" | "not-done" {
    const { world } = this;
    const place = index % this.homes.length;
    const home = this.home(place);
    const crew = { technician: this.technician, station: this.station(0), box: this.box(0) };
    this.wake(this.technician);
    if (home.stands !== "to-be-mounted") {
      if (dismount(world, crew, home.fixture, ALL_RECORDS) === "not-done") {
        this.homes[place] = { ...home, stands: "to-be-dismounted" };
        return "not-done";
      }
      this.#moves += 1;
    }
    const { fixture, work } =
      home.stands === "to-be-mounted"
        ? mountAgain(world, crew, home.fixture)
        : mountAt(world, crew, home.fixture, `new door ${this.#moves}`, home.groups);
    this.homes[place] = { ...home, fixture, stands: work === "done" ? "mounted" : "to-be-mounted" };
    return work;
  }

  /** All faults end, and what they have left is put right as people would: batteries, clocks, cylinders on their way. */
  heal(): void {
    const { world } = this;
    world.endFaults();
    // Everybody comes to an end of what they do.
    world.advance({ minutes: 30 });
    for (const worker of [...this.workers, this.technician]) {
      world.kernel.send({ id: worker.key } as KeyRef, { kind: "warmed", milliCelsius: USUAL_MILLI_CELSIUS });
      this.changeBattery(worker, 1, PERMILLE);
    }
    world.advance({ seconds: 5 });
    const onTheirWay = this.homes.filter(({ stands }) => stands !== "mounted").map(({ fixture }) => fixture);
    if (onTheirWay.length > 0) this.makeReady(this.technician);
    for (const { cylinder } of onTheirWay) {
      const place = this.homes.findIndex(({ fixture }) => fixture.cylinder === cylinder);
      for (let tries = 0; tries < TRIES && this.home(place).stands !== "mounted"; tries++) this.remount(place);
    }
    for (const { fixture, stands } of this.homes) {
      if (stands === "mounted") world.renewPolicy(fixture, this.workers, { state: "active" });
    }
    world.advance({ minutes: 1 });
    for (const worker of this.workers) this.makeReady(worker);
  }

  /** A fresh grant, the time and a ticket. */
  makeReady(worker: Worker): void {
    const { world } = this;
    this.grantShift(worker, 0, SHIFT_SECONDS);
    world.advance({ minutes: 1 });
    world.dock(worker, this.station(0), slotOf(this, worker));
    const clock = asKey(world.kernel.state({ id: worker.key }))?.holdings.clock.quality;
    const isTampered = world.kernel.part(CAST).member(worker.key)?.clock === "tampered";
    if (isTampered || clock !== "running") {
      world.dock(worker, this.desk);
      world.dock(worker, this.station(0), slotOf(this, worker));
    }
    world.activate(worker, this.box(0));
  }

  /** Doors that this key may open, and that are healthy: mounted, and their memory not worn out. */
  doorsOf(worker: Worker): readonly Home[] {
    return this.homes.filter(({ fixture, groups, stands }) => {
      return stands === "mounted" && groups.includes(this.groupOf(worker)) && !this.isWorn(fixture);
    });
  }

  /** Of another device it is not asked. */
  isWorn({ cylinder }: Pick<DoorFixture, "cylinder">): boolean {
    const body = this.world.kernel.part(BODIES).any(cylinder);
    if (body?.kind !== "cylinder") return false;
    const { nvm } = body;
    const { pages, enduranceCycles } = nvm.profile;
    for (let page = 0; page < pages; page++) if (nvmCycles(nvm, page) > enduranceCycles) return true;
    return false;
  }

  #build(name: string, groups: readonly number[], kind: "apartment" | "entrance", draws: Stream): void {
    const activation = draws.chance(NO_TICKET_PER_MILLION) ? "not-asked" : "asked";
    const fixture = this.world.addDoor(name, { groups, kind, terms: { activation } });
    this.homes.push({ fixture, groups, stands: "mounted" });
  }
}

export function slotOf(town: SwarmTown, worker: Worker): number {
  return Math.max(0, town.workers.indexOf(worker)) % town.station(0).slots;
}

function at<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T;
}

function named<T>(count: number, kind: string, make: (name: string, index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(`${kind} ${index + 1}`, index));
}

function patrolsOf(draws: Stream, { groups }: CareProvider): readonly number[] {
  const all = Object.values(groups);
  return draws.chance(SOME_PATROLS_PER_MILLION)
    ? draws
        .shuffle(all)
        .slice(0, 2)
        .sort((one, other) => one - other)
    : all;
}

function worldFaults(options: Options): WorldFaults {
  return Object.fromEntries(WORLD_FAULTS.map((name) => [name, options[name]])) as WorldFaults;
}

/** What a device has from the factory. */
function buildingFaults({ clockDriftPpm, temperatureSwingCelsius, wornErases }: Options): WorldFaults {
  return { clockDriftPpm, temperatureSwingCelsius, wornErases };
}
