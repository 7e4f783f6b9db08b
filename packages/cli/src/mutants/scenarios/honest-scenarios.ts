/** Scenarios in which everybody means well, though not every clock and hand does. */
import type { Worker } from "@nyckelfri/firmware-sim";
import { ASKED, forked, HOUR, load, NOT_ASKED, type Scenarios, SECOND, SHIFT, street, visitOf } from "./street.ts";

export const honestScenarios: Scenarios = {
  /** The end of a shift comes in the middle of visits, and between them. */
  "late-visits": (firmware) => {
    const at = street(firmware);
    load(at, [at.anna], HOUR);
    const exp = at.world.unix + HOUR - 61;
    at.world.advanceTo(exp - 20);
    const moments = [-9_000, -7_000, -6_000, -5_000, -4_000, -2_000, -1_500, -1_200, -900, -600, -300, 3_000];
    return forked(at.world, moments, (world, ms) => {
      world.tell(at.anna, visitOf(at.door), 20_000_000 + ms * 1_000);
      world.advance({ seconds: 60 });
    });
  },

  /** The same after a long day, with crystals that are as slow as is allowed: the world's seed gives these two such ones. */
  "late-visits-by-slow-clocks": (firmware) => {
    const at = street(firmware, NOT_ASKED, { clockDriftPpm: 200 });
    const { world, provider, door, station } = at;
    const exp = world.unix + 16 * HOUR;
    const workers = ["ines", "kim"].map((name) => world.addWorker(name, provider));
    for (const worker of workers) world.grant(worker, { nbf: world.unix, exp });
    world.advance({ minutes: 1 });
    for (const worker of workers) world.dock(worker, station);
    world.advanceTo(exp - 40);
    const visits = [-20, -4, -2, 0, 1, 2, 3, 4, 6].flatMap((seconds) => workers.map((worker) => ({ worker, seconds })));
    return forked(world, visits, (late, { worker, seconds }) => {
      late.tell(worker, visitOf(door), (40 + seconds) * SECOND);
      late.advance({ seconds: 90 });
    });
  },

  /** A shift begins in the middle of visits, by a clock that has become wide. */
  "early-visits": (firmware) => {
    const at = street(firmware);
    const { world, anna, station, door } = at;
    const nbf = world.unix + 10 * HOUR;
    world.grant(anna, { nbf, exp: nbf + HOUR });
    world.advance({ minutes: 1 });
    world.dock(anna, station);
    world.advanceTo(nbf - 20);
    return forked(world, [-9, -7, -5, -4, -3, -2, -1, 9], (early, seconds) => {
      early.tell(anna, visitOf(door), (20 + seconds) * SECOND);
      early.advance({ seconds: 60 });
    });
  },

  /** Tomorrow's grant, without a ticket, in a key whose clock has been set ahead. */
  "early-liar": (firmware) => {
    const { world, anna, station, door } = street(firmware, ASKED);
    world.grant(anna, { nbf: world.unix + 10 * HOUR, exp: world.unix + 18 * HOUR });
    world.advance({ minutes: 1 });
    world.dock(anna, station);
    world.tamperClock(anna, 11 * HOUR);
    world.visit(anna, door);
    return [world];
  },

  /** An excluded door, one of another provider, and one with a shorter longest grant. */
  "wrong-doors": (firmware) => {
    const { world, groups, anna, station, door, next } = street(firmware);
    const others = Object.values(world.addProvider("south", ["day"]).groups);
    const foreign = world.addDoor("villa", { groups: others, ...NOT_ASKED });
    const strict = world.addDoor("bank", { groups, terms: { activation: "not-asked", longestGrantSeconds: HOUR } });
    world.grant(anna, { nbf: world.unix, exp: world.unix + SHIFT, excluded: [next.door] });
    world.advance({ minutes: 1 });
    world.dock(anna, station);
    for (const one of [door, next, foreign, strict]) world.visit(anna, one);
    return [world];
  },

  /** A colleague's key brings the list that names a key. */
  "revoked-visit": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben, station, door } = at;
    load(at, [anna, ben]);
    world.visit(anna, door);
    world.advance({ minutes: 5 });
    world.revoke(anna);
    world.advance({ minutes: 1 });
    world.dock(ben, station);
    world.visit(ben, door);
    world.visit(anna, door);
    return [world];
  },

  /** While the battery was changed, the oscillator stood still for a moment. */
  "lost-clock": (firmware) => {
    const at = street(firmware);
    const { world, anna, door } = at;
    load(at, [anna]);
    // It counts from zero again, and comes to where it was before the battery is in.
    world.changeBattery(anna, 240);
    world.advance({ seconds: 1 });
    firmware.stopOscillator(world, anna.key);
    world.advance({ seconds: 241 });
    world.visit(anna, door);
    return [world];
  },

  /** The oscillator stood still in the middle of a shift; its count has passed the old one, and the shift is over. */
  "stopped-clock": (firmware) => {
    const at = street(firmware);
    const { world, anna, door } = at;
    load(at, [anna]);
    world.advance({ hours: 4 });
    firmware.stopOscillator(world, anna.key);
    world.advance({ hours: 6 });
    world.visit(anna, door);
    return [world];
  },

  /** Yesterday's grant in a key whose clock has been set back, at a door that has seen today. */
  "clock-set-back": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben, door } = at;
    load(at, [anna], 8 * HOUR);
    for (let day = 0; day < 5; day++) {
      world.advance({ hours: 6 });
      world.tamperClock(anna, -6 * HOUR);
    }
    load(at, [ben], 8 * HOUR);
    world.visit(ben, door);
    world.visit(anna, door);
    return [world];
  },

  /** A key that has been set back hears from a station what time it is. */
  "clock-behind": (firmware) => {
    const at = street(firmware);
    const { world, anna, station, door } = at;
    load(at, [anna]);
    world.advance({ hours: 3 });
    world.tamperClock(anna, -2 * HOUR);
    world.dock(anna, station);
    world.visit(anna, door);
    return [world];
  },

  /** A key that has been set ahead inside of its own shift. */
  "clock-set-ahead": (firmware) => {
    const at = street(firmware);
    const { world, anna, door } = at;
    load(at, [anna]);
    world.tamperClock(anna, 6 * HOUR);
    world.visit(anna, door);
    world.demandLiveness(anna, door);
    return [world];
  },

  /** One door after the other, twice. */
  "two-doors": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben, door, next } = at;
    load(at, [anna, ben]);
    for (const who of [anna, ben]) for (const one of [door, next, door]) world.visit(who, one);
    return [world];
  },

  /** Many visits, with what they leave brought home now and then. */
  "many-visits": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben, door, station } = at;
    load(at, [anna, ben]);
    // Somebody for whom it does not open, so that there is a refusal too.
    const carl = world.addWorker("carl", at.provider);
    world.grant(carl, { nbf: world.unix, exp: world.unix + SHIFT, excluded: [door.door] });
    world.advance({ minutes: 1 });
    world.dock(carl, station);
    world.visit(carl, door);
    for (let visit = 1; visit <= 30; visit++) {
      const who = visit % 2 === 0 ? anna : ben;
      world.visit(who, door);
      if (visit % 10 >= 8) {
        world.dock(who, station);
        world.advance({ minutes: 31 });
      }
    }
    for (const who of [anna, ben]) world.dock(who, station);
    world.advance({ minutes: 31 });
    return [world];
  },

  /** The resident turns their key: at rest, and while the digital keyway has the bolt. */
  "resident-at-home": (firmware) => {
    const at = street(firmware);
    const { world, anna, door } = at;
    load(at, [anna]);
    world.turnMechanical(door);
    world.tell(anna, visitOf(door));
    for (let second = 0; second < 4; second++) {
      world.advance({ seconds: 0.4 });
      world.turnMechanical(door);
    }
    return [world];
  },

  /** Somebody leaves their key in the door. */
  "long-stay": (firmware) => {
    const at = street(firmware);
    const { world, anna, door, next } = at;
    load(at, [anna]);
    for (const one of [door, next]) world.visit(anna, one, 14_000);
    return [world];
  },

  /** Nobody has been here yet. */
  "first-visit": (firmware) => {
    const at = street(firmware, ASKED);
    const { world, anna, box, door } = at;
    load(at, [anna]);
    world.activate(anna, box);
    world.demandLiveness(anna, door);
    return [world];
  },

  /** Power goes at every operation of a visit's memory, and people come again. */
  "cut-visits": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben, door } = at;
    load(at, [anna]);
    world.visit(anna, door);
    world.advance({ minutes: 10 });
    load(at, [ben]);
    const repeated = Array.from({ length: 24 }, (_, operation) => ({ who: anna, other: ben, operation }));
    const first = Array.from({ length: 16 }, (_, index) => ({ who: ben, other: anna, operation: 27 + index * 3 }));
    return forked(world, [...repeated, ...first], (cut, { who, other, operation }) => {
      cut.cutPower(door.cylinder, operation, (["torn", "marginal", "after"] as const)[operation % 3] ?? "torn");
      cut.tell(who, visitOf(door));
      cut.advance({ seconds: 30 });
      cut.visit(other, door);
      cut.demandLiveness(who, door);
    });
  },

  /** Wrong PINs, with a dock between them. */
  "wrong-pins": (firmware) => {
    const at = street(firmware, ASKED);
    const { world, anna, station, box } = at;
    load(at, [anna]);
    for (const pin of ["1111", "2222", "3333", "4444", "5555", "6666"]) {
      world.activate(anna, box, pin);
      world.dock(anna, station);
    }
    return [world];
  },

  /** Two doors' records are on their way, and one door's receipt comes first. */
  "receipts-come": (firmware) => {
    const at = street(firmware);
    const { world, anna, station, door, next } = at;
    load(at, [anna]);
    for (let visit = 0; visit < 4; visit++) world.visit(anna, door);
    world.dock(anna, station);
    world.advance({ minutes: 31 });
    world.visit(anna, next);
    world.visit(anna, next);
    world.dock(anna, station);
    world.setHost(station, "away");
    world.visit(anna, next);
    world.visit(anna, door);
    world.dock(anna, station);
    world.advance({ minutes: 1 });
    world.setHost(station, "here");
    world.advance({ minutes: 31 });
    world.dock(anna, station);
    return [world];
  },

  /** The city opens an epoch; one key hears of it and brings it along. */
  "new-epoch": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben, station, door } = at;
    load(at, [anna, ben]);
    world.visit(ben, door);
    world.advance({ minutes: 10 });
    world.openEpoch();
    world.advance({ minutes: 31 });
    world.dock(anna, station);
    world.demandLiveness(anna, door);
    world.visit(ben, door);
    return [world];
  },

  /** An entrance of four care providers after a new epoch: a policy and four lists, under issuers that it has never met. */
  "new-epoch-at-an-entrance": ({ World }) => {
    const world = new World({ seed: "entrance" });
    const providers = ["north", "south", "east", "west"].map((name) => world.addProvider(name, ["day"]));
    const groups = providers.flatMap((provider) => Object.values(provider.groups));
    const entrance = world.addDoor("entrance", { groups, ...NOT_ASKED });
    const station = world.addStation("office");
    const [anna] = providers.map((provider) => world.addWorker(`of ${provider.name}`, provider)) as [Worker];
    world.grant(anna, { nbf: world.unix, exp: world.unix + SHIFT });
    world.advance({ minutes: 1 });
    world.dock(anna, station);
    world.visit(anna, entrance);
    world.openEpoch();
    world.advance({ minutes: 31 });
    world.dock(anna, station);
    world.demandLiveness(anna, entrance);
    return [world];
  },

  /** A key whose clock was set wrong is laid on the city's desk. */
  "at-the-desk": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben, door } = at;
    load(at, [anna, ben]);
    const desk = world.addDesk("town hall");
    world.tamperClock(anna, 2 * HOUR);
    world.advance({ minutes: 5 });
    world.tamperClock(ben, -0.05 * HOUR);
    for (const who of [anna, ben]) world.dock(who, desk);
    for (const who of [anna, ben]) world.demandLiveness(who, door);
    return [world];
  },

  /** Two keys carry the same door's records, and the city has some of them. */
  "records-in-two-keys": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben, station, door } = at;
    load(at, [anna, ben]);
    world.visit(ben, door);
    world.dock(ben, station);
    world.visit(anna, door);
    world.visit(anna, door);
    world.advance({ minutes: 31 });
    world.setHost(station, "away");
    world.dock(anna, station);
    return [world];
  },
};
