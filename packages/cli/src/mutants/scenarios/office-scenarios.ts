/** Scenarios in stations, activation boxes and key cabinets, and with their hosts. */
import { ASKED, forked, HOUR, load, type Scenarios, SHIFT, street } from "./street.ts";

const WRONG_PINS = ["1111", "2222", "3333", "4444", "5555", "6666", "7777"] as const;

export const officeScenarios: Scenarios = {
  /** Somebody who does not know the PIN goes from box to box. */
  "pins-at-two-boxes": (firmware) => {
    const at = street(firmware, ASKED);
    const { world, box } = at;
    const other = world.addBox("cellar");
    const carl = world.addWorker("carl", at.provider);
    load(at, [carl]);
    for (const pin of WRONG_PINS.slice(0, 4)) for (const one of [box, other]) world.activate(carl, one, pin);
    return [world];
  },

  /** The same, with somebody who takes the battery out at the right moment. */
  "pins-and-pulled-batteries": (firmware) => {
    const at = street(firmware, ASKED);
    const { world, box } = at;
    const other = world.addBox("cellar");
    const carl = world.addWorker("carl", at.provider);
    load(at, [carl]);
    return forked(world, [0, 1, 2], (pulled, operation) => {
      for (const [index, pin] of WRONG_PINS.entries()) {
        pulled.tell(carl, { kind: "activate", box: [box, other][index % 2]?.id ?? box.id, pin });
        // The key has said hello by then, and the PIN is still to be typed.
        pulled.advance({ seconds: 2 });
        pulled.cutPower(carl.key, operation, "before");
        pulled.advance({ seconds: 30 });
        pulled.changeBattery(carl, 1);
        pulled.advance({ seconds: 30 });
      }
    });
  },

  /** A wrong PIN, and the right one. */
  "one-wrong-pin": (firmware) => {
    const at = street(firmware, ASKED);
    const { world, anna, box, door } = at;
    load(at, [anna]);
    world.activate(anna, box, "1111");
    world.activate(anna, box);
    world.demandLiveness(anna, door);
    return [world];
  },

  /** Five wrong PINs; then a station, a new grant and the right PIN. */
  "locked-and-helped": (firmware) => {
    const at = street(firmware, ASKED);
    const { world, anna, box, door } = at;
    load(at, [anna]);
    for (const pin of WRONG_PINS.slice(0, 5)) world.activate(anna, box, pin);
    world.advance({ minutes: 5 });
    load(at, [anna]);
    world.activate(anna, box);
    world.demandLiveness(anna, door);
    return [world];
  },

  /** Tickets before a new epoch, and after it. */
  "tickets-in-two-epochs": (firmware) => {
    const at = street(firmware, ASKED);
    const { world, anna, ben, box, station, door } = at;
    load(at, [anna, ben]);
    for (const who of [anna, ben]) world.activate(who, box);
    world.openEpoch();
    world.advance({ minutes: 31 });
    world.dock(anna, station);
    world.activate(anna, box);
    world.demandLiveness(anna, door);
    return [world];
  },

  /** A city whose root has leaked goes on with its successor. */
  "new-root": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben, station, door } = at;
    load(at, [anna, ben]);
    world.visit(ben, door);
    world.openEpoch("successor");
    world.advance({ minutes: 31 });
    world.dock(anna, station);
    world.demandLiveness(anna, door);
    return [world];
  },

  /** Records lie in a station and a cabinet when a new epoch begins; the city has not seen them. */
  "uploads-in-two-epochs": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben, station, door } = at;
    const cabinet = world.addCabinet("store", firmware.OFFICE_CABINET);
    load(at, [anna, ben]);
    for (const who of [anna, ben]) world.visit(who, door);
    world.dock(anna, station);
    world.dock(ben, cabinet);
    world.openEpoch();
    world.advance({ minutes: 31 });
    for (const who of [anna, ben]) world.visit(who, door);
    world.dock(anna, station);
    world.dock(ben, cabinet);
    world.advance({ minutes: 31 });
    return [world];
  },

  /** The host is away for a while, again and again. */
  "host-comes-and-goes": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben, station, door } = at;
    load(at, [anna, ben]);
    for (let round = 0; round < 4; round++) {
      const who = round % 2 === 0 ? anna : ben;
      world.visit(who, door);
      world.dock(who, station);
      world.setHost(station, "away");
      world.advance({ hours: 1 });
      world.visit(who, door);
      world.dock(who, station);
      world.setHost(station, "here");
      world.advance({ minutes: 20 });
    }
    return [world];
  },

  /** A night in a cabinet, which has the next shift. */
  "night-in-a-cabinet": (firmware) => {
    const at = street(firmware);
    const { world, anna, door } = at;
    const cabinet = world.addCabinet("store", firmware.OFFICE_CABINET);
    world.grant(anna, { nbf: world.unix, exp: world.unix + SHIFT });
    world.advance({ minutes: 1 });
    world.dock(anna, cabinet);
    world.demandLiveness(anna, door);
    return [world];
  },

  /** A key lies in a cabinet, and somebody asks for it who holds another one; then its holder does. */
  "somebody-else-at-the-reader": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben } = at;
    const cabinet = world.addCabinet("store", firmware.OFFICE_CABINET);
    load(at, [anna, ben]);
    world.tell(anna, { kind: "dock", station: cabinet.id, slot: 0 });
    world.advance({ seconds: 15 });
    for (const { holder } of [ben, anna]) {
      world.build((site) => firmware.presentAt(site, cabinet, holder));
      world.advance({ seconds: 8 });
    }
    return [world];
  },

  /** A key that a cabinet knows as somebody's comes back with the grant of somebody else, and the first one asks for it. */
  "key-with-another-holder": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben, station } = at;
    const cabinet = world.addCabinet("store", firmware.OFFICE_CABINET);
    load(at, [anna]);
    world.dock(anna, cabinet);
    world.setHost(cabinet, "away");
    const window = { iat: world.unix, nbf: world.unix, exp: world.unix + SHIFT };
    world.bundle(anna, world.city.grantShift({ holder: ben.holder, key: anna.party, ...window }).bytes);
    world.advance({ minutes: 1 });
    world.dock(anna, station);
    world.tell(anna, { kind: "dock", station: cabinet.id, slot: 0 });
    world.advance({ seconds: 15 });
    world.build((site) => firmware.presentAt(site, cabinet, anna.holder));
    world.advance({ seconds: 8 });
    return [world];
  },

  /** A key whose shift is over comes back to its cabinet. */
  "key-without-a-grant": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben, station, door } = at;
    const cabinet = world.addCabinet("store", firmware.OFFICE_CABINET);
    load(at, [ben]);
    load(at, [anna], HOUR);
    world.dock(anna, cabinet);
    world.advance({ hours: 2 });
    world.dock(anna, cabinet);
    world.dock(ben, station);
    world.demandLiveness(ben, door);
    return [world];
  },

  /** A box in a vehicle, which has lost the time, and one key that lies, twice; or two keys of one person. */
  "box-without-the-time": (firmware) => {
    const at = street(firmware, ASKED);
    const { world, provider, anna } = at;
    const car = world.addBox("car", "alone");
    const van = world.addCabinet("van", firmware.VEHICLE_BOX);
    load(at, [anna]);
    world.tamperClock(anna, 4 * HOUR);
    for (let round = 0; round < 3; round++) {
      world.activate(anna, car);
      world.dock(anna, van);
      world.advance({ minutes: 1 });
    }
    const ben = world.addWorker("bert", provider);
    world.grant(ben, { nbf: world.unix, exp: world.unix + SHIFT });
    world.advance({ minutes: 1 });
    world.dock(ben, at.station);
    world.activate(ben, car);
    return [world];
  },

  /** Somebody with two keys sets both ahead, and tells a cabinet in a vehicle the time with them. */
  "two-keys-of-one-person": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben, station } = at;
    const van = world.addCabinet("van", firmware.VEHICLE_BOX);
    load(at, [anna]);
    const window = { iat: world.unix, nbf: world.unix, exp: world.unix + SHIFT };
    world.bundle(ben, world.city.grantShift({ holder: anna.holder, key: ben.party, ...window }).bytes);
    world.advance({ minutes: 1 });
    world.dock(ben, station);
    for (const who of [anna, ben]) world.tamperClock(who, 4 * HOUR);
    for (const who of [anna, ben]) world.dock(who, van);
    return [world];
  },

  /** Power goes while a station and a cabinet write. */
  "cut-docks": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben, station, door } = at;
    const cabinet = world.addCabinet("store", firmware.OFFICE_CABINET);
    load(at, [anna, ben]);
    world.visit(anna, door);
    const cuts = [cabinet, station].flatMap((device) => [0, 1, 2, 3, 5, 8].map((operation) => ({ device, operation })));
    return forked(world, cuts, (cut, { device, operation }) => {
      cut.cutPower(device.id, operation, operation % 2 === 0 ? "torn" : "marginal");
      cut.tell(anna, { kind: "dock", station: device.id, slot: 0 });
      cut.advance({ seconds: 90 });
      cut.setMains(device, "off");
      cut.advance({ seconds: 1 });
      cut.setMains(device, "on");
      cut.advance({ seconds: 60 });
      cut.dock(anna, device);
    });
  },

  /** Somebody types two digits and presses the key. */
  "half-a-pin": (firmware) => {
    const at = street(firmware, ASKED);
    const { world, anna, box } = at;
    load(at, [anna]);
    world.tell(anna, { kind: "activate", box: box.id, pin: "12" });
    world.advance({ minutes: 1 });
    return [world];
  },

  /** The city's own time, asked for in every part of a second. */
  "desk-at-any-moment": (firmware) => {
    const at = street(firmware);
    const { world, anna } = at;
    const desk = world.addDesk("town hall");
    load(at, [anna]);
    const moments = Array.from({ length: 24 }, (_, part) => part * 0.04);
    return forked(world, moments, (moment, seconds) => {
      moment.advance({ seconds });
      moment.dock(anna, desk);
    });
  },

  /** One key has the first records of a door, and another one brings only what comes after them. */
  "gap-in-a-station": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben, station, door, next } = at;
    load(at, [anna, ben]);
    return forked(world, [10, 11], (gap, visits) => {
      for (let visit = 0; visit < visits; visit++) gap.visit(ben, door);
      gap.visit(anna, door);
      gap.dock(anna, station);
      gap.advance({ minutes: 31 });
      gap.setHost(station, "away");
      for (const who of [anna, ben]) {
        gap.visit(who, next);
        gap.dock(who, station);
      }
    });
  },

  /** Somebody notes what an honest station said to a key, and plays it to the key later. */
  "yesterday-s-statement": (firmware) => {
    const at = street(firmware);
    const { world, anna, station, door } = at;
    load(at, [anna]);
    world.advance({ minutes: 5 });
    const score: Uint8Array[] = [];
    world.kernel.observe(({ entity, effects }) => {
      if (entity !== station.id) return;
      for (const effect of effects as readonly { readonly kind: string; readonly bytes?: Uint8Array }[])
        if (effect.kind === "slot-send" && effect.bytes !== undefined) score.push(effect.bytes);
    });
    world.dock(anna, station);
    const noted = [...score];
    world.advance({ hours: 2 });
    world.changeBattery(anna, 1_200);
    world.advance({ seconds: 1_300 });
    const slot = world.build((site) => firmware.buildRogueStation(site, "slot", noted));
    world.dock(anna, slot);
    world.visit(anna, door);
    return [world];
  },
};
