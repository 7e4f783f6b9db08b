/** The rogues of a seed's town: keys and gadgets, slots and cables at which somebody lies. What each plays is drawn; each does one thing. */
import { SPOKEN_VERSIONS } from "@nyckelfri/protocol";
import { buildStation, cableOf, type DeviceFixture, type Worker } from "../../world/fixtures.ts";
import type { Options } from "../../world/options.ts";
import type { CareProvider } from "../../world/parties.ts";
import { buildRogueKey, buildRogueStation, inSession, noise, requestFrame, type Score } from "../../world/rogues.ts";
import type { Stream } from "../../world/streams.ts";
import { type CableRef, Cables } from "../../world/wiring/cable-wiring.ts";
import type { World } from "../../world/world.ts";

export interface Rogues {
  /** Go to doors and slots as people do. */
  readonly keys: readonly Worker[];
  /** Where honest keys come to. */
  readonly slots: readonly Pick<DeviceFixture, "id">[];
  /** One of the lying hosts says something more. */
  lie(index: number): void;
}

/** Frames that one of them plays, to each who comes. */
const SCORE = 90;
const FRAMES_AT_ONCE = 4;
const FRAMES_BEHIND_HELLO = 5;

export function buildRogues(world: World, options: Options, from: CareProvider, robbed: Worker, draws: Stream): Rogues {
  const keys = [
    ...each(options.rogueKeys, (name) => {
      return world.build((site) => buildRogueKey(site, `thief ${name}`, from, { kind: "thief", of: robbed }));
    }),
    ...each(options.rogueGadgets, (name) => {
      const score = noise(draws.fork(`gadget ${name}`), "open", SCORE);
      return world.build((site) => buildRogueKey(site, `gadget ${name}`, from, { kind: "plays", score }));
    }),
  ];
  const stations = each(options.rogueStations, (name) => {
    return world.build((site) =>
      buildRogueStation(site, `station ${name}`, noise(draws.fork(`station ${name}`), "dock", SCORE)),
    );
  });
  const boxes = each(options.rogueBoxes, (name) => {
    return world.build((site) => buildRogueStation(site, `box ${name}`, boxScore(draws.fork(`box ${name}`))));
  });
  const hosts = each(options.rogueHosts, (name) => {
    const cables = world.kernel.addPart(`cables of the lying host ${name}`, new Cables());
    const fixture = world.build((site) => buildStation(site, `lied to ${name}`, 4, world.unix, cables));
    return { fixture, score: hostScore(draws.fork(`host ${name}`)) };
  });
  return {
    keys,
    slots: [...stations, ...boxes, ...hosts.map(({ fixture }) => fixture)],
    lie: (index) => {
      const host = hosts[index % Math.max(1, hosts.length)];
      if (host === undefined) return;
      const cable: CableRef = { id: cableOf(host.fixture) };
      const begin = (index * FRAMES_AT_ONCE) % host.score.length;
      for (const bytes of host.score.slice(begin, begin + FRAMES_AT_ONCE))
        world.kernel.send(cable, { kind: "said", bytes });
    },
  };
}

function each<T>(count: number, make: (name: string) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(String(index + 1)));
}

/** A sound hello of an activation, and behind it whatever. */
function boxScore(draws: Stream): Score {
  return Array.from({ length: SCORE / (1 + FRAMES_BEHIND_HELLO) }, () => {
    const session = draws.uint32() || 1;
    const hello = {
      versions: SPOKEN_VERSIONS,
      exchange: "activate",
      nonce: draws.bytes(16),
      device: draws.bytes(8),
    } as const;
    return [
      requestFrame("activate", "hello", hello, { session, sequence: 0 }),
      ...inSession(noise(draws, "dock", 1 + FRAMES_BEHIND_HELLO).slice(1), session),
    ];
  }).flat();
}

function hostScore(draws: Stream): Score {
  return Array.from({ length: SCORE }, () => {
    const session = draws.uint32() || 1;
    const hello = { versions: SPOKEN_VERSIONS, exchange: "serve", nonce: draws.bytes(16) } as const;
    const behind = inSession(noise(draws, "dock", FRAMES_AT_ONCE).slice(1), session);
    return [requestFrame("serve", "hello", hello, { session, sequence: 0 }), ...behind];
  }).flat();
}
