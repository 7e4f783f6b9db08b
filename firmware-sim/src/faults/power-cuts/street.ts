/** The small town in which scenarios are set, and what they are. */
import { defaultProvider } from "@nyckelfri/protocol";
import { allCheckers } from "../../checkers/index.ts";
import type { DeviceFixture, DoorFixture, Worker } from "../../world/fixtures.ts";
import type { CareProvider } from "../../world/parties.ts";
import type { PersonTask } from "../../world/person.ts";
import { Watchers } from "../../world/watchers.ts";
import { World } from "../../world/world.ts";
import { remembering } from "../small-worlds/remembered-crypto.ts";
import type { CutDevice } from "./cut.ts";
import { Promises } from "./promises.ts";
import { Recorder } from "./recorder.ts";

export const SHIFT: number = 12 * 3_600;

export interface Street {
  readonly world: World;
  readonly recorder: Recorder;
  /** Of anna, and of ben; the door serves both. */
  readonly north: CareProvider;
  readonly south: CareProvider;
  readonly door: DoorFixture;
  readonly station: DeviceFixture;
  readonly box: DeviceFixture;
  readonly anna: Worker;
  readonly ben: Worker;
}

/** A scenario, ready to begin. Nothing of it changes; each trial goes on in a fork. */
export interface Staged {
  readonly world: World;
  readonly recorder: Recorder;
  /** Whose power can go, by entity, and whose key's contact it is. */
  readonly devices: Readonly<Partial<Record<CutDevice, string>>>;
  readonly holder: Worker;
  /** Tells people what to do; lets no time pass. */
  readonly act: (world: World) => void;
  /** By then everybody has done it, or given up. */
  readonly seconds: number;
  /** What people do afterwards as they would, once nothing is cut any more; a door may be another one then. */
  readonly recover: (world: World) => Recovered;
}

/** Who has every right to open which door, and through whose key and which station its records come home. */
export interface Recovered {
  readonly door: DoorFixture;
  readonly opens: Worker;
  /** After it has opened: somebody whose rights have ended, or changed. */
  readonly tries: readonly Worker[];
  /** Who brings home what their key holds. */
  readonly everybody: readonly Worker[];
  readonly station: DeviceFixture;
}

/** A door, two workers, a station and a box; nobody has a grant yet. */
export function street(): Street {
  const recorder = new Recorder();
  const watchers = new Watchers([...allCheckers(), recorder, new Promises()]);
  const world = new World({ seed: "power-cuts", keeping: "last", watchers, provider: remembering(defaultProvider) });
  const [north, south] = [world.addProvider("north", ["day"]), world.addProvider("south", ["day"])];
  const groups = [north, south].flatMap((provider) => Object.values(provider.groups));
  const door = world.addDoor("flat", { groups, terms: { activation: "asked" } });
  const station = world.addStation("office", 2);
  const box = world.addBox("hall");
  const [anna, ben] = [world.addWorker("anna", north), world.addWorker("ben", south)];
  // Hosts have been there, and have nothing to do for half an hour.
  world.advance({ minutes: 2 });
  return { world, recorder, north, south, door, station, box, anna, ben };
}

/** A shift that begins now, for a key that is ready to open doors. */
export function prepare({ station, box }: Street, world: World, ...workers: readonly Worker[]): void {
  for (const worker of workers) world.grant(worker, { nbf: world.unix, exp: world.unix + SHIFT });
  world.advance({ minutes: 1 });
  for (const worker of workers) {
    world.dock(worker, station);
    world.activate(worker, box);
  }
}

/** A street whose workers are ready. */
export function readyStreet(workers: "anna" | "both"): Street {
  const at = street();
  prepare(at, at.world, ...(workers === "both" ? [at.anna, at.ben] : [at.anna]));
  return at;
}

export function visit({ cylinder }: DoorFixture): PersonTask {
  return { kind: "visit", cylinder, stayMs: 1_000 };
}
export function dock({ id }: DeviceFixture): PersonTask {
  return { kind: "dock", station: id, slot: 0 };
}
