/** The small world in which scenarios begin: two doors, two workers, a station and a box. */
import type { DeviceFixture, DoorFixture, PersonTask, Worker } from "@nyckelfri/firmware-sim";
import type { Firmware } from "../foundry.ts";

export type World = InstanceType<Firmware["World"]>;
/** Runs worlds to their end, one after the other; the breaches are those that they have then. */
export type Scenario = (firmware: Firmware) => Iterable<World>;
export type Scenarios = Readonly<Record<string, Scenario>>;

export const HOUR = 3_600;
export const SECOND = 1_000_000;
export const MILLISECOND = 1_000;
export const SHIFT: number = 9 * HOUR;
export const ASKED = { terms: { activation: "asked" } } as const;
export const NOT_ASKED = { terms: { activation: "not-asked" } } as const;

export interface Street {
  readonly world: World;
  readonly groups: readonly number[];
  readonly provider: ReturnType<World["addProvider"]>;
  readonly door: DoorFixture;
  readonly next: DoorFixture;
  readonly station: DeviceFixture;
  readonly box: DeviceFixture;
  readonly anna: Worker;
  readonly ben: Worker;
}

/** Two doors, two workers, a station and a box; nobody has a grant yet. */
export function street(
  { World }: Firmware,
  plan: Partial<Parameters<World["addDoor"]>[1]> = NOT_ASKED,
  faults = {},
): Street {
  const world = new World({ seed: "street", faults });
  const provider = world.addProvider("north", ["day"]);
  const groups = Object.values(provider.groups);
  const [door, next] = ["flat 1", "flat 2"].map((name) => world.addDoor(name, { groups, ...plan })) as [
    DoorFixture,
    DoorFixture,
  ];
  const station = world.addStation("office");
  const box = world.addBox("hall");
  const [anna, ben] = ["anna", "ben"].map((name) => world.addWorker(name, provider)) as [Worker, Worker];
  return { world, groups, provider, door, next, station, box, anna, ben };
}

export function visitOf({ cylinder }: DoorFixture): PersonTask {
  return { kind: "visit", cylinder, stayMs: 1_000 };
}

/** Loads a shift that begins now, for everybody. */
export function load({ world, station }: Street, workers: readonly Worker[], seconds: number = SHIFT): void {
  for (const worker of workers) world.grant(worker, { nbf: world.unix, exp: world.unix + seconds });
  world.advance({ minutes: 1 });
  for (const worker of workers) world.dock(worker, station);
}

/** One world goes on in so many ways, each made when it is asked for. */
export function* forked<Case>(
  world: World,
  cases: readonly Case[],
  goesOn: (fork: World, one: Case) => void,
): Iterable<World> {
  for (const one of cases) {
    const fork = world.fork();
    goesOn(fork, one);
    yield fork;
  }
}
