/** Attacks with what was stolen: keys, memories, grants that have ended, clocks that were set. */
import { buildRogueKey, World } from "@nyckelfri/firmware-sim";
import { grantObject, issueObject, logSegmentObject, parseObject, revocationListObject } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { type Bid, bids, gadget, HOUR, load, memoryOf, type Scene, scene, signerOf, worksOn } from "./scene.ts";

const grantOf = (at: Scene, who: Scene["anna"]): Uint8Array => memoryOf(at, who).grants[0]?.bytes ?? new Uint8Array(0);

/** As many as one contact takes before somebody's patience ends. */
const BIDS_AT_ONCE = 8;

/** What a door says to these bids, each made with the key that it names. */
function tried(at: Scene, wishes: readonly Bid[], where = at.door): readonly string[] {
  const said: string[] = [];
  for (let from = 0; from < wishes.length; from += BIDS_AT_ONCE) {
    const some = wishes.slice(from, from + BIDS_AT_ONCE);
    const before = at.bell.answers.length;
    const name = `gadget ${from} at ${at.world.unix}`;
    at.world.visit(
      gadget(
        at,
        name,
        some.flatMap((bid) => bids(at, bid)),
      ),
      where,
    );
    // A hand that has no success tries thrice.
    said.push(
      ...at.bell.answers
        .slice(before)
        .filter((answer) => answer !== "needs")
        .slice(0, some.length),
    );
  }
  return said;
}

test("attack 1: what one cylinder and one key hold opens no other door, and forges no record", () => {
  const at = scene();
  const { world, anna, ben, door, strict, north, bell } = at;
  const opened = bell.opened.length;
  // Every byte of Anna's memory but for her private key, and then the private key of a cylinder in its place.
  const thief = world.build((site) => buildRogueKey(site, "thief", north, { kind: "thief", of: anna }));
  world.advance({ minutes: 1 });
  for (const where of [door, strict]) world.visit(thief, where);
  const said = tried(at, [{ session: 1, by: strict.party, grant: grantOf(at, anna), lo: world.unix }]);
  expect(said).toEqual(["try-again"]);
  expect(bell.opened.length).toBe(opened);
  // A record under a cylinder's name, by anybody but the cylinder.
  world.visit(ben, door);
  const [carried] = memoryOf(at, ben).segments;
  if (carried === undefined) throw new RangeError("Ben carries nothing");
  const forged = issueObject(
    logSegmentObject,
    { ...carried.value, mount: carried.value.mount + 1 },
    { ...signerOf(at, strict.party), kid: door.party.kid },
  ).bytes;
  const partyOf = () => door.party;
  expect(world.log.ingest(forged, partyOf, world.city.centre.fleetId).kind).toBe("refused");
  expect(worksOn(at)).toEqual([]);
});

test("attack 2: a hundred stolen keys whose grants have ended give no valid one, and a fleet is re-keyed by visits", () => {
  const at = scene();
  const { world, door, north, station, box, anna, ben, bell } = at;
  const stolen = Array.from({ length: 100 }, (_, index) => {
    const party = world.city.party(`stolen ${index}`);
    const holder = world.city.addHolder(`holder ${index}`, north);
    const iat = world.unix - HOUR - index * 60;
    const grant = world.city.grantShift({ holder, key: party, iat, nbf: iat, exp: iat + 1_800 });
    return { party, grant: grant.bytes, exp: iat + 1_800 };
  });
  const opened = bell.opened.length;
  // In its own window by its own account, and by the true time.
  const said = tried(
    at,
    stolen.map(({ party, grant, exp }, index): Bid => {
      return { session: 1 + index, by: party, grant, lo: index % 2 === 0 ? exp - 20 : world.unix };
    }),
  );
  expect(said.length).toBe(100);
  expect(new Set(said)).toEqual(new Set(["clock", "not-permitted-now"]));
  expect(bell.opened.length).toBe(opened);
  // Old material is worthless once somebody has been there with the new.
  const old = grantOf(at, ben);
  world.advance({ minutes: 10 });
  world.openEpoch();
  world.advance({ minutes: 31 });
  world.dock(anna, station);
  world.activate(anna, box);
  world.advance({ seconds: 10 });
  expect(world.demandLiveness(anna, door)).toBe("opened");
  expect(tried(at, [{ session: 1, by: ben.party, grant: old, lo: world.unix }])).toContain("update-key");
  expect(worksOn(at)).toEqual([]);
});

test("attack 3: there is nothing to guess in a card that was thrown away", () => {
  const at = scene();
  const { world, anna, door, bell } = at;
  const card = parseObject(grantObject, grantOf(at, anna)).value;
  const finder = world.city.party("finder");
  const signer = { ...signerOf(at, finder), kid: world.city.centre.issuer("grant").kid };
  const opened = bell.opened.length;
  const guesses = Array.from({ length: 40 }, (_, guess): Bid => {
    const scope = [[guess % 8, 1 + (guess % 7)]] as const;
    const cti = new Uint8Array(8).fill(guess);
    const value = {
      ...card,
      cti,
      scope,
      exp: card.exp + guess * 60,
      cnf: { key: { ...card.cnf.key, x: finder.publicKey } },
    };
    return { session: 1 + guess, by: finder, grant: issueObject(grantObject, value, signer).bytes, lo: world.unix };
  });
  const said = tried(at, guesses);
  expect(new Set(said)).toEqual(new Set(["update-key"]));
  expect(said.length).toBe(40);
  expect(bell.opened.length).toBe(opened);
  // The door is locked for nobody by that (SPEC LOG-8).
  expect(world.demandLiveness(anna, door)).toBe("opened");
  expect(worksOn(at)).toEqual([]);
});

test("attack 13: a grant that was held back is behind the floor, also after the door was dark", () => {
  const at = scene();
  const { world, anna, ben, door, strict, bell } = at;
  const [held, ticket] = [grantOf(at, anna), memoryOf(at, anna).ticket?.bytes];
  world.advance({ hours: 10 });
  load(at, [ben]);
  world.visit(ben, door);
  world.visit(ben, door);
  const opened = bell.opened.length;
  const { exp, nbf } = parseObject(grantObject, held).value;
  const bid = { by: anna.party, grant: held, ...(ticket && { ticket }) };
  const at1 = tried(at, [
    { ...bid, session: 1, lo: exp - 60 },
    { ...bid, session: 2, lo: nbf + 5 },
    { ...bid, session: 3, lo: world.unix },
  ]);
  expect(at1).toEqual(["clock", "clock", "not-permitted-now"]);
  expect(bell.opened.length).toBe(opened);
  // A door that nobody has visited since believes it: in its own window, and no longer than until an honest visit (SPEC HOR-3).
  load(at, [ben]);
  world.activate(ben, at.box);
  world.advance({ seconds: 10 });
  world.visit(ben, strict);
  expect(tried(at, [{ ...bid, session: 4, lo: exp - 60 }], strict)).toEqual(["clock"]);
  expect(world.finish()).toEqual([]);
});

test("attack 14: a clock that was set back, with or without a change of battery, opens nothing once it matters", () => {
  // So far back that it has counted less than at its last station, it is lost by itself (SPEC TIM-2); a little less far, the door knows.
  for (const [hours, battery] of [
    [-11, "stays"],
    [-9.95, "stays"],
    [-9.95, "is changed"],
    [10, "stays"],
    [10, "is changed"],
    [0, "is out for long"],
  ] as const) {
    const at = scene();
    const { world, anna, ben, door, strict, bell, station, box } = at;
    // In two steps, or the key would have seen its grant end, and dropped it.
    for (const half of [1, 2]) {
      world.advance({ hours: 5 });
      if (hours < 0 || half === 2) world.tamperClock(anna, (hours < 0 ? hours / 2 : hours) * HOUR);
    }
    // A door that nobody with a newer grant has opened since would still believe it (SPEC HOR-3).
    load(at, [ben]);
    world.activate(ben, box);
    world.advance({ seconds: 10 });
    world.visit(ben, door);
    world.visit(ben, strict);
    const said = bell.answers.length;
    if (battery === "is changed") world.changeBattery(anna, 60);
    if (battery === "is out for long") world.changeBattery(anna, 900);
    world.advance({ minutes: 20 });
    const opened = bell.opened.length;
    const bound = memoryOf(at, anna).clock.knownLower;
    for (const where of [door, strict]) world.visit(anna, where);
    world.dock(anna, station);
    for (const where of [door, strict]) world.visit(anna, where);
    expect(bell.opened.slice(opened), `${hours} h, battery ${battery}`).toEqual([]);
    // SPEC DEC-9: it believes itself, and asks; the doors know better.
    if (hours === -9.95) expect(bell.answers.slice(said), `battery ${battery}`).toContain("clock");
    // SPEC TIM-5.
    expect(memoryOf(at, anna).clock.knownLower).toBeGreaterThanOrEqual(bound);
    expect(world.finish()).toEqual([]);
  }
});

test("attack 15: neither a clock that was set ahead nor an object from the future shuts a door for others", () => {
  const at = scene();
  const { world, anna, ben, door, station, bell, north } = at;
  world.tamperClock(anna, 6 * HOUR);
  const opened = bell.opened.length;
  world.visit(anna, door);
  expect(bell.opened.length).toBe(opened + 1);
  expect(world.demandLiveness(ben, door)).toBe("opened");
  // An issuer that leaked dates a list a year ahead: no honest key brings it anywhere (SPEC TRU-12).
  const issuer = world.city.centre.issuer("list");
  const value = { list: north.list, version: 1_000, iat: world.unix + 365 * 24 * HOUR, entries: [] };
  const future = issueObject(revocationListObject, value, signerOf(at, issuer)).bytes;
  world.deliver(future);
  world.advance({ minutes: 1 });
  world.dock(ben, station);
  expect(memoryOf(at, ben).lists.map((list) => list.value.version)).not.toContain(1_000);
  expect(world.demandLiveness(ben, door)).toBe("opened");
  expect(world.finish()).toEqual([]);
});

test("attack 16: a key that keeps away from stations ends with its shift, and others bring its records home", () => {
  const at = scene();
  const { world, anna, ben, door, strict, station, bell } = at;
  world.advance({ minutes: 5 });
  const report = world.visit(anna, strict);
  if (report.outcome.kind !== "opened") throw new RangeError("Anna was to open it");
  const { record } = report.outcome;
  // Revoked, and Anna's key never hears of it; a colleague brings the news to one door, and her records away.
  world.revoke(anna);
  world.advance({ minutes: 1 });
  world.dock(ben, station);
  world.visit(ben, strict);
  world.dock(ben, station);
  const opened = bell.opened.length;
  expect(world.visit(anna, strict).outcome).toMatchObject({ kind: "refused", result: "not-permitted-now" });
  world.advance({ minutes: 31 });
  expect(world.log.records(strict.party.kid, "openings").map(({ counter }) => counter)).toContain(record);
  // And at the door that heard nothing, her shift is over.
  world.advance({ hours: 10 });
  world.visit(anna, door);
  expect(bell.opened.length).toBe(opened);
  expect(world.finish()).toEqual([]);
});

test("attack 17: of a full list each of the 48 entries counts, and a list of 49 is none", () => {
  const at = scene();
  const { world, anna, ben, north, station, door, bell } = at;
  const strangers = Array.from({ length: 47 }, (_, index) => world.city.party(`lost ${index}`).kid);
  const until = world.unix;
  const entries = [...strangers, anna.party.kid].map((id) => ({ kind: "key", id, until }) as const);
  world.advance({ seconds: 1 });
  world.deliver(world.city.revoke(north.list, until, ...entries).bytes);
  world.advance({ minutes: 1 });
  world.dock(ben, station);
  world.visit(ben, door);
  const opened = bell.opened.length;
  expect(world.visit(anna, door).outcome).toMatchObject({ kind: "refused", result: "not-permitted-now" });
  // Each of the others too, with a grant from before.
  const said = strangers.map((_, index): Bid => {
    const party = world.city.party(`lost ${index}`);
    const holder = world.city.addHolder(`loser ${index}`, north);
    const grant = world.city.grantShift({ holder, key: party, iat: until - 60, nbf: until - 60, exp: until + HOUR });
    return { session: 1 + index, by: party, grant: grant.bytes, lo: world.unix };
  });
  expect(tried(at, said)).toEqual(said.map(() => "not-permitted-now"));
  expect(bell.opened.length).toBe(opened);
  const oneMore = { kind: "key", id: new Uint8Array(8).fill(7), until } as const;
  expect(() => world.fork().city.revoke(north.list, until + 1, oneMore)).toThrow();
  expect(world.demandLiveness(ben, door)).toBe("opened");
  expect(world.finish()).toEqual([]);
});

test("attack 20: what a grant says of its time is what the door does, to the second", () => {
  const at = scene();
  const { world, ben, door } = at;
  const nbf = world.unix + HOUR;
  const exp = nbf + HOUR;
  const key = world.city.party("own key");
  const holder = world.city.addHolder("own", at.north);
  const grant = world.city.grantShift({ holder, key, iat: world.unix, nbf, exp }).bytes;
  world.visit(ben, door);
  // lo and width against nbf and exp, with 5 s to spare (SPEC DEC-10, DEC-11); the last one is what counts.
  const table: readonly (readonly [lo: number, widthSeconds: number, opens: boolean])[] = [
    ...[[nbf - 1, 2, false] as const, [nbf, 2, true] as const, [nbf + 1, 1, true] as const],
    ...[[exp - 7, 2, true] as const, [exp - 6, 2, false] as const, [exp - 6, 1, true] as const],
    ...[[exp - 5, 1, false] as const, [exp, 1, false] as const, [exp - 180, 176, false] as const],
    ...[[exp - 180, 175, true] as const, [nbf + 10, 181, false] as const, [nbf + 10, 180, true] as const],
  ];
  const found = table.map(([lo, widthSeconds]) => {
    const here = { ...at, world: world.fork() };
    const gear = gadget(here, "clock", bids(here, { session: 5, by: key, grant, lo, proof: { widthSeconds } }));
    here.world.advanceTo(Math.min(Math.max(lo, nbf), exp - 6));
    const { outcome } = here.world.visit(gear, door);
    return [lo, widthSeconds, outcome.kind === "opened"] as const;
  });
  expect(found).toEqual(table);
});

test("attack 21: a shift over the night in which the clocks change is as long as any other", () => {
  // 2026-10-25 and 2027-03-28, 01:00 UTC.
  for (const change of [1_792_890_000, 1_806_195_600]) {
    const begins = change - 4 * HOUR;
    const exp = change + 4 * HOUR;
    const world = new World({ seed: "night", beginsAt: begins, keeping: "last" });
    const north = world.addProvider("north", ["night"]);
    const groups = Object.values(north.groups);
    const door = world.addDoor("flat", { groups, terms: { activation: "not-asked" } });
    const station = world.addStation("office");
    const ben = world.addWorker("ben", north);
    world.grant(ben, { nbf: begins, exp });
    world.advance({ minutes: 1 });
    world.dock(ben, station);
    const outcomeAt = (unix: number) => {
      world.advanceTo(unix);
      return world.visit(ben, door).outcome.kind;
    };
    const visits = [change - 30, change + 30, change + HOUR - 30, change + HOUR + 30, exp - 60].map(outcomeAt);
    expect(visits).toEqual(visits.map(() => "opened"));
    expect(outcomeAt(exp)).toBe("not-asked");
    expect(world.finish()).toEqual([]);
  }
});
