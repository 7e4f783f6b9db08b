/** Attacks on what is said: replays, parts of runs, relays, downgrades, noise, and a decision that is skipped. */
import {
  changeNeighbour,
  inSession,
  noise,
  placeNeighbour,
  QUIET,
  recordSent,
  requestFrame,
  type Score,
} from "@nyckelfri/firmware-sim";
import { permitClutch } from "@nyckelfri/firmware-sim/hardware";
import { SPOKEN_VERSIONS } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { again, bids, gadget, load, memoryOf, type Scene, scene, slot, worksOn } from "./scene.ts";

/** Everything that Anna's key says at a door. */
function overheard({ world, anna, door }: Scene): Score {
  const score = recordSent(world.kernel, anna.key);
  world.visit(anna, door);
  return score.slice();
}

test("attack 4: a run that is broken off anywhere leaves nothing that a later one could use", () => {
  const at = scene();
  const { world, bell, door } = at;
  const score = overheard(at);
  const opened = bell.opened.length;
  for (let length = 1; length <= score.length; length++) {
    world.visit(gadget(at, `begins ${length}`, score.slice(0, length)), door);
    world.visit(gadget(at, `ends ${length}`, [...score.slice(0, 1), ...score.slice(length)]), door);
  }
  expect(score.length).toBeGreaterThan(3);
  expect(bell.opened.length).toBe(opened);
  // P13: no nonce came twice.
  expect(worksOn(at)).toEqual([]);
});

test("attack 6: no multiset of old messages brings a pair back", () => {
  const at = scene();
  const { world, anna, ben, door, station, bell } = at;
  const days: Uint8Array[] = [];
  for (let day = 0; day < 3; day++) {
    world.renewPolicy(door, [anna, ben], { widestIntervalSeconds: 120 + day });
    world.deliver(world.city.revoke(at.north.list, world.unix).bytes);
    load(at, [anna]);
    days.push(...overheard(at));
    world.advance({ hours: 20 });
  }
  load(at, [ben]);
  world.visit(ben, door);
  const opened = bell.opened.length;
  const draws = world.kernel.stream("deck");
  for (let round = 0; round < 4; round++) {
    const deck = inSession(draws.shuffle(days).slice(0, 10), 1 + round);
    world.visit(gadget(at, `deck ${round}`, [days[0] as Uint8Array, ...deck]), door);
    world.visit(gadget(at, `as it was ${round}`, draws.shuffle(days).slice(0, 10)), door);
  }
  expect(bell.opened.length).toBe(opened);
  // P10 watches floor, policy and lists of every device.
  load(at, [anna]);
  world.dock(anna, station);
  expect(worksOn(at)).toEqual([]);
});

test("attack 7: a live relay opens within a challenge's two seconds, not after, and both journals show it", () => {
  const at = scene();
  at.world.visit(at.anna, at.door);
  const neighbour = at.world.build((site) => placeNeighbour(site, { rates: QUIET, lines: ["keyway"] }));
  const with_ = (holdMs: number): "opened" | "stayed shut" => {
    const here = again(at, 5);
    changeNeighbour(here.world, neighbour, { relay: { name: "open", holdMs } });
    const before = here.bell.opened.length;
    here.world.visit(here.anna, here.door, 300);
    const opened = here.bell.opened.length > before;
    // P5 knows the same border by true time.
    expect(here.world.finish()).toEqual([]);
    if (opened) expect(memoryOf(here, here.anna).journal.newest).toBeGreaterThan(memoryOf(at, at.anna).journal.newest);
    return opened ? "opened" : "stayed shut";
  };
  let [inside, outside] = [1_000, 2_400];
  expect([with_(1), with_(inside), with_(outside), with_(4_000)]).toEqual([
    "opened",
    "opened",
    "stayed shut",
    "stayed shut",
  ]);
  while (outside - inside > 1) {
    const middle = (inside + outside) >> 1;
    if (with_(middle) === "opened") inside = middle;
    else outside = middle;
  }
  // What the key takes from the challenge to its proof is not the relay's.
  expect(inside).toBeGreaterThan(1_850);
  expect(outside).toBeLessThan(2_000);
});

test("attack 9: who lowers what the two sides have said of themselves ends the session", () => {
  const at = scene();
  const { world, ben, door, bell } = at;
  const grant = memoryOf(at, ben).grants[0]?.bytes ?? new Uint8Array(0);
  const honest = { by: ben.party, grant, lo: world.unix };
  const before = bell.answers.length;
  const opened = bell.opened.length;
  world.visit(gadget(at, "lowered", bids(at, { ...honest, session: 1, said: { battery: "low" } })), door);
  expect(bell.answers.slice(before)).toContain("try-again");
  expect(bell.opened.length).toBe(opened);
  // No version but those, no message of another exchange, nothing without a hello.
  const hello = {
    versions: { oldest: 2, newest: 9 },
    exchange: "open",
    nonce: new Uint8Array(8),
    battery: "ok",
  } as const;
  const odd = [
    requestFrame("open", "hello", hello, { session: 7, sequence: 0 }),
    requestFrame("open", "collect", { store: "openings" }, { session: 8, sequence: 1 }),
    requestFrame("open", "hello", { ...hello, versions: SPOKEN_VERSIONS }, { session: 9, sequence: 0 }),
    requestFrame("dock", "journal", { from: 1 }, { session: 9, sequence: 1 }),
    requestFrame("open", "collect", { store: "openings" }, { session: 9, sequence: 2 }),
    requestFrame("open", "fetch", { wanted: "list", list: at.north.list }, { session: 9, sequence: 3 }),
  ];
  const said = bell.answers.length;
  world.visit(gadget(at, "odd", odd), door);
  expect(new Set(bell.answers.slice(said))).toEqual(new Set(["error"]));
  // The same bid, word for word, is one that opens: it was the battery alone.
  const here = again(at);
  here.world.visit(gadget(here, "honest", bids(here, { ...honest, session: 2 })), door);
  expect(here.bell.opened.length).toBeGreaterThan(opened);
  expect(worksOn(at)).toEqual([]);
});

test("attack 12: the last opening, played again after a power cut at any operation of its memory, opens nothing", () => {
  const at = scene();
  at.world.visit(at.anna, at.door);
  for (let operation = 0; operation < 14; operation++) {
    const here = again(at, operation);
    const { world, anna, door, bell } = here;
    const score = recordSent(world.kernel, anna.key);
    world.cutPower(door.cylinder, operation, (["torn", "marginal", "after"] as const)[operation % 3] ?? "torn");
    world.visit(anna, door);
    const opened = bell.opened.length;
    world.visit(gadget(here, "replay", score.slice(0, 6)), door);
    expect(bell.opened.length, `after a cut at ${operation}`).toBe(opened);
    expect(worksOn(here)).toEqual([]);
  }
});

test("attack 22: no bytes crash a door, a key, a station or a box", () => {
  const at = scene();
  const { world, anna, door, strict, station } = at;
  const draws = world.kernel.stream("noise");
  world.visit(gadget(at, "noise", noise(draws, "open", 150)), door);
  world.visit(gadget(at, "more noise", noise(draws, "open", 150)), strict);
  world.dock(gadget(at, "noise in a slot", noise(draws, "dock", 100)), station);
  world.dock(anna, slot(at, "noisy slot", noise(draws, "dock", 100)));
  world.advance({ minutes: 1 });
  expect(world.demandLiveness(anna, strict)).toBe("opened");
  expect(worksOn(at)).toEqual([]);
});

test("attack 24: one decision, or one that is skipped, moves no clutch", () => {
  const at = scene();
  const permit = { verdict: "permit-open" } as const;
  const others = [undefined, { verdict: "refuse" } as const, { verdict: "permit-service" } as const];
  expect(permitClutch(permit, permit)).toBeDefined();
  for (const other of others) {
    expect([permitClutch(permit, other), permitClutch(other, permit), permitClutch(other, other)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  }
  // In a world both of an opening are there.
  const { world, anna, door, bell } = at;
  const opened = bell.opened.length;
  world.visit(anna, door);
  expect(bell.opened.length).toBe(opened + 1);
  expect(world.finish()).toEqual([]);
});
