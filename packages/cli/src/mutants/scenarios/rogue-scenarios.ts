/** Scenarios with a rogue: a gadget, a thief, a fake lock, a slot that asks for what it may not know. */
import type { KeyState } from "@nyckelfri/firmware-sim";
import { concatBytes, FrameDecoder } from "@nyckelfri/protocol";
import { ASKED, forked, load, MILLISECOND, type Scenarios, SECOND, street, visitOf } from "./street.ts";

export const rogueScenarios: Scenarios = {
  /** A gadget plays what an honest key has said, in the same session and in others. */
  "replayed-visit": (firmware) => {
    const at = street(firmware);
    const { world, provider, anna, door } = at;
    load(at, [anna]);
    const score = firmware.recordSent(world.kernel, anna.key);
    world.visit(anna, door);
    const again = [...score, ...[1, 2, 3].flatMap((session) => firmware.inSession(score, session))];
    const gadget = world.build((site) =>
      firmware.buildRogueKey(site, "gadget", provider, { kind: "plays", score: again }),
    );
    world.visit(gadget, door);
    world.demandLiveness(anna, door);
    return [world];
  },

  /** Everything that a key has in its memory, but for its private key. */
  thief: (firmware) => {
    const at = street(firmware);
    const { world, provider, anna, station, door } = at;
    load(at, [anna]);
    world.visit(anna, door);
    const thief = world.build((site) => firmware.buildRogueKey(site, "thief", provider, { kind: "thief", of: anna }));
    world.advance({ minutes: 1 });
    world.dock(thief, station);
    world.visit(thief, door);
    world.demandLiveness(anna, door);
    return [world];
  },

  /** A key is pulled at any moment, and another one is in the door a millisecond later, while that still has power. */
  "another-key-at-once": (firmware) => {
    const at = street(firmware);
    const { world, provider, anna, door } = at;
    load(at, [anna]);
    const thief = world.build((site) => firmware.buildRogueKey(site, "thief", provider, { kind: "thief", of: anna }));
    world.visit(anna, door);
    return forked(world, [30, 100, 200], (swapped, milliseconds) => {
      const pulled = milliseconds * MILLISECOND;
      swapped.tell(anna, visitOf(door));
      swapped.kernel.send({ id: anna.person }, { kind: "slips" }, pulled);
      swapped.tell(thief, visitOf(door), pulled + MILLISECOND);
      swapped.advance({ seconds: 10 });
    });
  },

  /** A key has opened and is pulled at last, and somebody who has listened goes on in its session while the door still has power. */
  "another-goes-on": (firmware) => {
    const at = street(firmware);
    const { world, provider, anna, door } = at;
    load(at, [anna]);
    const rehearsal = world.fork();
    const said = firmware.recordSent(rehearsal.kernel, anna.key);
    rehearsal.visit(anna, door);
    // The number that she is about to draw, and what may come next in her session.
    const [hello] = new FrameDecoder().push(concatBytes(...said));
    const session = hello?.kind === "frame" ? hello.frame.session : 1;
    const score = [2, 3, 4, 5, 6].map((sequence) =>
      firmware.requestFrame("open", "collect", { store: "openings" }, { session, sequence }),
    );
    const after = world.build((site) => firmware.buildRogueKey(site, "after", provider, { kind: "plays", score }));
    const pulled = 11 * SECOND;
    world.tell(anna, { kind: "visit", cylinder: door.cylinder, stayMs: 20_000 });
    world.kernel.send({ id: anna.person }, { kind: "slips" }, pulled);
    world.tell(after, visitOf(door), pulled + MILLISECOND);
    world.advance({ seconds: 20 });
    return [world];
  },

  /** Somebody has kept the ticket for a grant that was replaced, and has opened a key to show it with the new one. */
  "ticket-of-another-grant": (firmware) => {
    const at = street(firmware, ASKED);
    const { world, provider, anna, station, box, door } = at;
    load(at, [anna]);
    world.activate(anna, box);
    const activated = world.kernel.state<KeyState>({ id: anna.key });
    const ticket = activated.power === "on" ? activated.holdings.ticket : undefined;
    world.advance({ minutes: 1 });
    load(at, [anna]);
    const liar = world.build((site) =>
      firmware.buildRogueKey(site, "liar", provider, {
        ...{ kind: "extracted", of: anna },
        lies: (key) => ({ ...key, holdings: { ...key.holdings, ticket } }),
      }),
    );
    world.advance({ minutes: 1 });
    world.dock(liar, station);
    world.visit(liar, door);
    world.activate(anna, box);
    world.demandLiveness(anna, door);
    return [world];
  },

  /** Noise at a door, and in a slot. */
  noise: (firmware) => {
    const at = street(firmware);
    const { world, provider, anna, station, door } = at;
    load(at, [anna]);
    const stream = world.kernel.stream("noise");
    const score = firmware.noise(stream, "open", 200);
    const gadget = world.build((site) => firmware.buildRogueKey(site, "gadget", provider, { kind: "plays", score }));
    const slot = world.build((site) => firmware.buildRogueStation(site, "slot", firmware.noise(stream, "dock", 200)));
    world.visit(gadget, door);
    world.dock(gadget, station);
    world.dock(anna, slot);
    world.demandLiveness(anna, door);
    return [world];
  },

  /** A lock that claims to be an old one of the city's, takes everything and asks for everything. */
  "fake-lock": (firmware) => {
    const at = street(firmware);
    const { world, anna, door, next } = at;
    world.renewPolicy(next, [anna], { widestIntervalSeconds: 100 });
    load(at, [anna]);
    world.visit(anna, next);
    const lists = [[at.provider.list, 0]] as const;
    for (const claims of [{ lists }, { cylinder: door.party.kid, lists, floor: 0xffff_fff0 }]) {
      const name = `lock ${"cylinder" in claims}`;
      world.visit(
        anna,
        world.build((site) => firmware.buildRogueLock(site, name, door.door, claims)),
      );
    }
    world.demandLiveness(anna, door);
    return [world];
  },

  /** A slot asks for all that a key tells a station, and has shown nothing. */
  "fake-station": (firmware) => {
    const at = street(firmware);
    const { world, anna, door } = at;
    load(at, [anna]);
    world.visit(anna, door);
    const { requestFrame } = firmware;
    const stream = world.kernel.stream("slot");
    const hello = (exchange: "dock" | "activate", session: number): Uint8Array => {
      const [nonce, device] = [stream.bytes(16), stream.bytes(8)];
      const body = { versions: { oldest: 1, newest: 1 }, exchange, nonce, device };
      return requestFrame(exchange, "hello", body, { session, sequence: 0 });
    };
    const second = (session: number) => ({ session, sequence: 1 });
    const score = [
      ...[hello("dock", 1), requestFrame("dock", "journal", { from: 1 }, second(1))],
      ...[hello("dock", 2), requestFrame("dock", "carried", { index: 0 }, second(2))],
      ...[hello("dock", 3), requestFrame("dock", "pin-enrol", { pin: "2580" }, second(3))],
      ...[hello("activate", 4), requestFrame("activate", "grant", {}, second(4))],
      ...[hello("activate", 5), requestFrame("activate", "pin", { pin: "2580" }, second(5))],
    ];
    world.dock(
      anna,
      world.build((site) => firmware.buildRogueStation(site, "slot", score)),
    );
    world.demandLiveness(anna, door);
    return [world];
  },
};
