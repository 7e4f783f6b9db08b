/**
 * A street in its second epoch, under its second root, as a neighbour finds it: keys, issuers and a root that have had their time, a
 * host that was withdrawn, and honest people who go on working. Built once; every run goes on in a fork.
 */
import { asKey } from "#src/checkers/observed.ts";
import {
  changeNeighbour,
  type DeviceFixture,
  type DoorFixture,
  type Loot,
  type NeighbourFixture,
  type NeighbourPlan,
  type Party,
  placeNeighbour,
  type Worker,
  World,
} from "#src/index.ts";

export const HOUR = 3_600;
const SHIFT = 8 * HOUR;
const ISSUERS = ["grant", "policy", "list", "receipt", "time", "device"] as const;

export interface Besieged {
  readonly world: World;
  readonly doors: readonly DoorFixture[];
  readonly workers: readonly Worker[];
  readonly station: DeviceFixture;
  readonly box: DeviceFixture;
  readonly loot: readonly Loot[];
}

function build(): Besieged {
  const world = new World({ seed: "besieged", keeping: "last" });
  const provider = world.addProvider("north", ["day"]);
  const groups = Object.values(provider.groups);
  const doors = [
    world.addDoor("asks for a ticket", { groups }),
    world.addDoor("asks for none", { groups, terms: { activation: "not-asked" } }),
  ];
  const station = world.addStation("office");
  const box = world.addBox("hall");
  const workers = ["anna", "ben"].map((name) => world.addWorker(name, provider));
  const gone = ["carl", "dora"].map((name) => world.addWorker(name, provider));
  const at: Besieged = { world, doors, workers, station, box, loot: [] };
  for (const one of [...workers, ...gone]) world.grant(one, { nbf: world.unix, exp: world.unix + HOUR });
  world.advance({ minutes: 1 });
  for (const one of [...workers, ...gone]) goodMorning(at, one);
  for (const one of workers) for (const door of doors) world.visit(one, door);
  const { centre } = world.city;
  const retired = ISSUERS.map((role): Loot => {
    return { name: `retired ${role} issuer`, party: centre.issuer(role), certificates: centre.chainOf(role) };
  });
  const root: Loot = { name: "retired root", party: centre.root, certificates: [] };
  const keys = gone.map((one): Loot => {
    const grant = asKey(world.kernel.state({ id: one.key }))?.holdings.grants[0]?.bytes;
    return {
      name: `key of ${one.name}`,
      party: one.party,
      certificates: centre.chainOf("grant"),
      ...(grant && { grant }),
    };
  });
  world.advance({ hours: 2 });
  world.openEpoch("successor");
  world.advance({ minutes: 31 });
  const loot = [...retired, root, ...keys, withdrawnHost(world)];
  for (const one of workers) world.grant(one, { nbf: world.unix, exp: world.unix + SHIFT });
  world.advance({ minutes: 1 });
  for (const one of workers) goodMorning(at, one);
  for (const one of workers) for (const door of doors) world.visit(one, door);
  return { ...at, loot };
}

/** A host's key that was stolen in this very epoch, and is on the list that every device holds. */
function withdrawnHost(world: World): Loot {
  const { city } = world;
  const party: Party = city.party("stolen host");
  city.certify(party, "host", world.unix - HOUR);
  const certificates = city.centre.chainOf({ kid: party.kid, role: "host" });
  const list = 1;
  world.deliver(city.revoke(list, world.unix, { kind: "device", id: party.kid, until: world.unix }).bytes);
  return { name: "withdrawn host", party, certificates };
}

/** Docked, activated, and on the way: a ticket begins with the box's lower bound, which a key's may lag by a second. */
export function goodMorning({ world, station, box }: Besieged, worker: Worker): void {
  world.dock(worker, station);
  world.activate(worker, box);
  world.advance({ seconds: 10 });
}

let built: Besieged | undefined;

export function besieged(
  luck: number,
  plan: Partial<NeighbourPlan>,
): Besieged & { readonly neighbour: NeighbourFixture } {
  built ??= build();
  const world = built.world.fork(luck);
  const neighbour = world.build((site) => placeNeighbour(site, { loot: built?.loot ?? [], ...plan }));
  return { ...built, world, neighbour };
}

/** It has gone, and one minute later everybody begins anew, as on any morning (P16). */
export function goesAway(at: Besieged & { readonly neighbour: NeighbourFixture }): void {
  const { world, workers, doors, neighbour } = at;
  changeNeighbour(world, neighbour, { lines: [] });
  world.advance({ minutes: 3 });
  for (const one of workers) world.grant(one, { nbf: world.unix, exp: world.unix + SHIFT });
  world.advance({ minutes: 1 });
  for (const one of workers) goodMorning(at, one);
  for (const one of workers) for (const door of doors) world.demandLiveness(one, door);
}
