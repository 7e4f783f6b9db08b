/** What is cut: acts of keys, doors, stations and boxes, each from where it begins to where everybody has done it or given up. */
import type { DoorFixture, Worker } from "../../world/fixtures.ts";
import { dismount, makeReadyToWork, mountAgain, moveTo } from "../../world/remounting.ts";
import type { World } from "../../world/world.ts";
import {
  dock,
  prepare,
  type Recovered,
  readyStreet,
  SHIFT,
  type Staged,
  type Street,
  street,
  visit,
} from "./street.ts";

/** Until somebody who tries three times has given up: at a door or a box, and at a station. */
const AT_DOOR = 45;
const AT_STATION = 200;
const SECOND = 1_000_000;
const ALL_RECORDS = 1_000_000;

export const cutScenarioNames = [
  "opening-first",
  "opening-repeated",
  "dock-sync",
  "activation",
  "policy-update",
  "list-update",
  "roll-over-delivery",
  "roll-over-dock",
  "roll-over-door",
  "log-carry",
  "battery-swap",
  "slow-battery-swap",
  "mounting-again",
] as const;
export type CutScenarioName = (typeof cutScenarioNames)[number];

const SCENARIOS: Readonly<Record<CutScenarioName, () => Staged>> = {
  /** Nobody has been here: grant, ticket and the box's certificate. */
  "opening-first": () => atDoor(readyStreet("anna")),

  "opening-repeated": () => {
    const at = readyStreet("anna");
    at.world.visit(at.anna, at.door);
    return atDoor(at);
  },

  /** A grant, the time, lists and a receipt are waiting; the key brings records. */
  "dock-sync": () => {
    const at = readyStreet("both");
    const { world, anna, ben, door, station } = at;
    for (let round = 0; round < 2; round++) world.visit(anna, door);
    world.dock(anna, station);
    world.visit(anna, door);
    world.grant(anna, { nbf: world.unix, exp: world.unix + SHIFT });
    world.revoke(ben);
    world.setHost(station, "here");
    world.advance({ minutes: 1 });
    return atStation(at, [ben]);
  },

  activation: () => {
    const at = street();
    const { world, anna, station, box } = at;
    world.grant(anna, { nbf: world.unix, exp: world.unix + SHIFT });
    world.advance({ minutes: 1 });
    world.dock(anna, station);
    return {
      ...staged(at, { key: anna.key, box: box.id }),
      act: (now) => now.tell(anna, { kind: "activate", box: box.id, pin: anna.pin }),
      seconds: AT_DOOR,
      recover: (now) => {
        // Who does not know whether it has worked does it again.
        now.activate(anna, box);
        return recovered(at);
      },
    };
  },

  /** The door serves ben's provider no more. */
  "policy-update": () => {
    const at = readyStreet("both");
    const { world, anna, ben, door, station } = at;
    for (const worker of [ben, anna]) world.visit(worker, door);
    world.city.addHome("home flat", [door.door], Object.values(at.north.groups));
    world.renewPolicy(door, [anna], {});
    world.advance({ minutes: 1 });
    world.dock(anna, station);
    return atDoor(at, [ben]);
  },

  "list-update": () => {
    const at = readyStreet("both");
    const { world, anna, ben, door, station } = at;
    for (const worker of [ben, anna]) world.visit(worker, door);
    world.revoke(ben);
    world.advance({ minutes: 1 });
    world.dock(anna, station);
    return atDoor(at, [ben]);
  },

  /** Station and box hear from their hosts of a new epoch, and of everything that is issued anew in it. */
  "roll-over-delivery": () => {
    const at = readyStreet("both");
    const { anna, ben, station, box } = at;
    return {
      ...staged(at, { station: station.id, box: box.id }),
      act: (now) => now.openEpoch(),
      seconds: 120,
      recover: (now) => {
        prepare(at, now, anna);
        return recovered(at, [ben]);
      },
    };
  },

  "roll-over-dock": () => {
    const at = readyStreet("both");
    at.world.visit(at.ben, at.door);
    at.world.openEpoch();
    at.world.advance({ minutes: 2 });
    return atStation(at, [at.ben]);
  },

  /** With a new root besides. */
  "roll-over-door": () => {
    const at = readyStreet("both");
    const { world, anna, ben, door } = at;
    for (const worker of [ben, anna]) world.visit(worker, door);
    world.openEpoch("successor");
    world.advance({ minutes: 2 });
    prepare(at, world, anna);
    return atDoor(at, [ben]);
  },

  /** Door, key, station, city; and the receipt goes all the way back. */
  "log-carry": () => {
    const at = readyStreet("anna");
    const { world, anna, door, station } = at;
    for (let round = 0; round < 2; round++) world.visit(anna, door);
    return {
      ...staged(at, { key: anna.key, cylinder: door.cylinder, station: station.id }),
      act: (now) => {
        now.tell(anna, visit(door));
        now.tell(anna, dock(station), 60 * SECOND);
        // The host reads the log, and has the receipt at once.
        now.kernel.send({ id: station.host }, { kind: "presence", presence: "here" }, 300 * SECOND);
        now.tell(anna, dock(station), 360 * SECOND);
        now.tell(anna, visit(door), 600 * SECOND);
      },
      seconds: 600 + AT_DOOR,
      recover: () => recovered(at),
    };
  },

  /** In the middle of a shift; then a door. */
  "battery-swap": () => {
    const at = readyStreet("anna");
    const { world, anna, door } = at;
    world.visit(anna, door);
    return {
      ...atDoor(at),
      act: (now) => {
        now.changeBattery(anna, 20);
        now.tell(anna, visit(door), 22 * SECOND);
      },
      seconds: 22 + AT_DOOR,
    };
  },

  /** The battery is out for so long that the clock stops: the station repairs it. */
  "slow-battery-swap": () => {
    const at = readyStreet("anna");
    const { world, anna, door, station } = at;
    world.visit(anna, door);
    return {
      ...staged(at, { key: anna.key, station: station.id }),
      act: (now) => {
        now.changeBattery(anna, 900);
        now.tell(anna, dock(station), 902 * SECOND);
      },
      seconds: 902 + AT_STATION,
      recover: (now) => {
        prepare(at, now, anna);
        return recovered(at);
      },
    };
  },

  /** A technician's key at a cylinder that has been put into another door. */
  "mounting-again": () => {
    const at = readyStreet("anna");
    const { world, station, box, door, anna, north } = at;
    const technician = world.addWorker("otto", world.addProvider("locks", ["technicians"]));
    const crew = { technician, station, box };
    prepare(at, world, technician);
    world.visit(anna, door);
    dismount(world, crew, door, ALL_RECORDS);
    const { fixture, policy } = moveTo(world, door, "other flat", Object.values(north.groups));
    makeReadyToWork(world, crew, fixture.door, policy);
    return {
      ...staged(at, { key: technician.key, cylinder: door.cylinder }, technician),
      act: (now) => now.tell(technician, { kind: "work", cylinder: door.cylinder, work: "service" }),
      seconds: AT_DOOR,
      recover: (now) => {
        for (let tries = 0; tries < 3; tries++) if (mountAgain(now, crew, fixture).work === "done") break;
        prepare(at, now, anna);
        return { ...recovered(at, [], fixture), everybody: [anna, technician] };
      },
    };
  },
};

export function stageCuts(scenario: CutScenarioName): Staged {
  return SCENARIOS[scenario]();
}

/** Anna goes to the door. */
function atDoor(at: Street, tries: readonly Worker[] = []): Staged {
  const { anna, door } = at;
  return {
    ...staged(at, { key: anna.key, cylinder: door.cylinder }),
    act: (now) => now.tell(anna, visit(door)),
    seconds: AT_DOOR,
    recover: () => recovered(at, tries),
  };
}

/** Anna goes to the station; and later to the box with what it may have brought. */
function atStation(at: Street, tries: readonly Worker[]): Staged {
  const { anna, station, box } = at;
  return {
    ...staged(at, { key: anna.key, station: station.id }),
    act: (now) => now.tell(anna, dock(station)),
    seconds: AT_STATION,
    recover: (now: World) => {
      now.dock(anna, station);
      now.activate(anna, box);
      return recovered(at, tries);
    },
  };
}

function staged(
  { world, recorder, anna }: Street,
  devices: Staged["devices"],
  holder: Worker = anna,
): Pick<Staged, "world" | "recorder" | "devices" | "holder"> {
  return { world, recorder, devices, holder };
}

function recovered(at: Street, tries: readonly Worker[] = [], door: DoorFixture = at.door): Recovered {
  return { door, opens: at.anna, tries, everybody: [at.anna, ...tries], station: at.station };
}
