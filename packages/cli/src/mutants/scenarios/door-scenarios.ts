/** Scenarios at doors in which news, cuts and clocks come at the wrong moment. */
import type { KeyState } from "@nyckelfri/firmware-sim";
import type { RequestBody } from "@nyckelfri/protocol";
import { ASKED, forked, HOUR, load, NOT_ASKED, type Scenarios, SHIFT, type Street, street } from "./street.ts";

/** What any key says first, with a nonce of its own. */
function helloOf({ world }: Street, name: string): RequestBody<"open", "hello"> {
  const nonce = world.kernel.stream(name).bytes(8);
  return { versions: { oldest: 1, newest: 1 }, exchange: "open", battery: "ok", nonce };
}

/** Everything that the simulated memories know of a cut. */
const CUTS = ["before", "torn", "marginal", "after"] as const;

export const doorScenarios: Scenarios = {
  /** Tomorrow's grant, in a key whose clock has been set ahead, at a door that asks for no ticket. */
  "tomorrow-s-grant": (firmware) => {
    const { world, anna, ben, station, door } = street(firmware);
    world.grant(anna, { nbf: world.unix + 10 * HOUR, exp: world.unix + 18 * HOUR });
    world.grant(ben, { nbf: world.unix, exp: world.unix + SHIFT });
    world.advance({ minutes: 1 });
    for (const worker of [anna, ben]) world.dock(worker, station);
    world.tamperClock(anna, 11 * HOUR);
    world.visit(anna, door);
    world.demandLiveness(ben, door);
    return [world];
  },

  /** A key brings the policy under which its own grant is too long. */
  "policy-on-the-way": (firmware) => {
    const at = street(firmware);
    const { world, anna, station, door } = at;
    load(at, [anna]);
    world.visit(anna, door);
    world.renewPolicy(door, [anna], { longestGrantSeconds: HOUR });
    world.advance({ minutes: 1 });
    world.dock(anna, station);
    world.visit(anna, door);
    return [world];
  },

  /** A list has come to a door by a key whose own grant is old, and then a key whose clock is set back every half hour. */
  "list-by-an-old-grant": (firmware) => {
    const at = street(firmware);
    const { world, anna, ben, station, door, provider } = at;
    const begin = world.unix;
    load(at, [anna], HOUR);
    const window = { iat: begin, nbf: begin + 2 * HOUR, exp: begin + 5 * HOUR };
    world.bundle(ben, world.city.grantShift({ holder: ben.holder, key: ben.party, ...window }).bytes);
    for (let half = 0; half < 5; half++) {
      world.advance({ minutes: 30 });
      world.tamperClock(anna, -0.5 * HOUR);
    }
    world.revoke(world.addWorker("carl", provider));
    world.advance({ minutes: 1 });
    world.dock(ben, station);
    world.visit(ben, door);
    world.visit(anna, door);
    return [world];
  },

  /** Somebody has kept what a key brought yesterday, and brings it again. */
  "old-list": (firmware) => {
    const at = street(firmware);
    const { world, provider, anna, ben, station, door } = at;
    const old = world.city.revoke(provider.list, world.unix).bytes;
    load(at, [anna, ben]);
    world.revoke(ben);
    world.advance({ minutes: 1 });
    world.dock(anna, station);
    world.visit(anna, door);
    const { requestFrame } = firmware;
    const score = [
      requestFrame("open", "hello", helloOf(at, "gadget"), { session: 7, sequence: 0 }),
      requestFrame("open", "update", { object: old }, { session: 7, sequence: 1 }),
    ];
    const gadget = world.build((site) => firmware.buildRogueKey(site, "gadget", provider, { kind: "plays", score }));
    world.visit(gadget, door);
    world.visit(ben, door);
    return [world];
  },

  /** Power goes at each of the first operations of a visit, in each way, and somebody comes again. */
  "cut-challenges": (firmware) => {
    const at = street(firmware);
    const { world, anna, door } = at;
    load(at, [anna]);
    world.visit(anna, door);
    const cuts = [0, 1, 2].flatMap((operation) => CUTS.map((stage) => ({ operation, stage })));
    return forked(world, cuts, (cut, { operation, stage }) => {
      cut.cutPower(door.cylinder, operation, stage);
      cut.visit(anna, door);
      cut.visit(anna, door);
    });
  },

  /** The shift has begun, and nobody has been at a box. */
  "visit-without-a-box": (firmware) => {
    const at = street(firmware, ASKED);
    const { world, anna, door } = at;
    load(at, [anna]);
    world.visit(anna, door);
    return [world];
  },

  /** The city's books were mended by hand, and it receipts records that nobody has written. */
  "wrong-receipt": (firmware) => {
    const at = street(firmware);
    const { world, anna, door, station } = at;
    load(at, [anna]);
    world.visit(anna, door);
    const carrying = world.kernel.state<KeyState>({ id: anna.key });
    const segments = carrying.power === "on" ? carrying.holdings.segments : [];
    // In the key; or in the station, when its host comes back with the receipt.
    return forked(world, ["key", "station"] as const, (wrong, where) => {
      wrong.setHost(station, "away");
      if (where === "station") wrong.dock(anna, station);
      for (const { value, signer } of segments) {
        const { store } = value;
        const n = value.first + value.records.length - 1;
        const head = new Uint8Array(16).fill(n);
        wrong.bundle(anna, wrong.city.receipt({ device: signer, store, n, head, iat: wrong.unix }).bytes);
      }
      wrong.setHost(station, "here");
      wrong.advance({ minutes: 1 });
      wrong.dock(anna, station);
    });
  },

  /** Frames are lost, and asked for again. */
  "bad-lines": (firmware) => {
    const at = street(firmware, NOT_ASKED);
    const { world, anna, ben, door, next, station } = at;
    load(at, [anna, ben]);
    world.setFaults({ linkByteLossPerMillion: 2_000, linkDuplicatePerMillion: 100_000 });
    for (const who of [anna, ben, anna, ben]) {
      world.visit(who, door);
      world.tell(who, { kind: "dock", station: station.id, slot: 0 });
      world.advance({ seconds: 90 });
    }
    world.endFaults();
    for (const who of [anna, ben]) world.demandLiveness(who, next);
    return [world];
  },

  /** A gadget says hello, and hello again, without end. */
  "hello-without-end": (firmware) => {
    const at = street(firmware);
    const { world, provider, anna, door } = at;
    load(at, [anna]);
    const score = Array.from({ length: 120 }, (_, index) =>
      firmware.requestFrame("open", "hello", helloOf(at, `gadget ${index}`), { session: index + 1, sequence: 0 }),
    );
    const gadget = world.build((site) => firmware.buildRogueKey(site, "gadget", provider, { kind: "plays", score }));
    world.visit(gadget, door);
    world.demandLiveness(anna, door);
    return [world];
  },

  /** A second visit to the same doors, in the same power-up of the key. */
  "second-visit": (firmware) => {
    const at = street(firmware);
    const { world, anna, door } = at;
    load(at, [anna]);
    world.visit(anna, door);
    world.demandLiveness(anna, door);
    return [world];
  },
};
