import {
  journalPositions,
  keyJournalObject,
  PeerError,
  parseObject,
  readClock,
  toHex,
  verifyKeyJournal,
} from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { manufactureKey, USUAL_NVM } from "#src/devices/key/factory.ts";
import { STATION_QUOTAS } from "#src/devices/station/factory.ts";
import { planNvmCuts } from "#src/hardware/nvm-cuts.ts";
import { Cylinder } from "../key/cylinder.ts";
import {
  type City,
  commissioned,
  DAY,
  foundCity,
  HOUR,
  KeyRig,
  config as keyConfig,
  NBF,
  NOW,
  provider,
} from "../key/rig.ts";
import { activate, Station } from "../key/station.ts";
import { config, type StationRig, started, stocked } from "./rig.ts";

/** A key that is not the city's first: another party, with the same issuers. */
function keyOf(of: City, name: string): { readonly rig: KeyRig; readonly party: ReturnType<City["city"]["party"]> } {
  const party = of.city.party(name);
  const { rig } = { rig: commissioned({ ...of, key: party } as City) };
  return { rig, party };
}

function uploads(rig: StationRig): readonly string[] {
  return [...rig.on.own.uploads.values()].map(({ device, store }) => `${toHex(device)} ${store}`);
}

test("a dock gives the key the time, its grant and what it carries, and takes its journal", () => {
  const of = foundCity();
  const { rig, line } = stocked(of);
  const key = commissioned(of).powerOn("set");
  rig.dock(0, key);
  line.listen();
  expect(line.notifications).toEqual([
    { name: "dock-event", body: { slot: 0, event: "docked" } },
    { name: "dock-event", body: { slot: 0, event: "synced" } },
  ]);
  expect(rig.on.slots[0]?.phase).toBe("resting");
  expect(line.ask("docks", {})).toEqual({
    slots: [
      [0, "docked"],
      [1, "empty"],
      [2, "empty"],
    ],
  });
  expect(key.on.duty).toBe("active");
  const reading = readClock(key.on.holdings.clock, key.tickMs);
  expect(reading).toMatchObject({ quality: "running", source: { kid: of.station.kid, sourceClass: "station" } });
  expect(key.on.holdings.policies).toHaveLength(1);
  expect(key.on.holdings.lists).toHaveLength(1);
  expect(uploads(rig)).toEqual([`${toHex(of.key.kid)} journal`]);
  rig.undock(0);
  line.listen();
  expect(line.notifications.at(-1)).toEqual({ name: "dock-event", body: { slot: 0, event: "undocked" } });
});

test("segments and journal of an opening reach the host, a receipt ends them, and an acknowledgement does not", () => {
  const of = foundCity();
  const { rig, line, host } = stocked(of);
  const key = commissioned(of).powerOn("set");
  rig.visit(0, key);
  activate(of, key);
  expect(new Cylinder(of).visit(key)).toBe("permit-open");
  rig.visit(0, key);
  expect(uploads(rig)).toContain(`${toHex(of.cylinder.kid)} openings`);

  // SPEC SRV-2: what is kept is read by a certified host, from a cursor on.
  line.greet();
  const objects: Uint8Array[] = [];
  for (let cursor = 0; ; ) {
    const read = line.command(of, host, { kind: "read-log", cursor });
    if (typeof read === "string") throw new Error(read);
    expect(read.outcome).toBe("done");
    if (read.object === undefined) break;
    objects.push(read.object);
    cursor = read.nextCursor as number;
  }
  expect(objects).toHaveLength(rig.on.own.uploads.size);
  const pages = objects.flatMap((bytes) => {
    try {
      return parseObject(keyJournalObject, bytes);
    } catch (error) {
      if (error instanceof PeerError) return [];
      throw error;
    }
  });
  const { fleetId } = of.city.centre;
  for (const page of pages) {
    const { publicKey } = of.key;
    expect(verifyKeyJournal(page, { provider, publicKey, fleetId, nonce: page.value.nonce }).value).toBe(page.value);
  }

  // SPEC SRV-4, PER-12: the cursor moves forward only, and no record goes for it.
  const kept = rig.on.own.uploads.size;
  expect(line.ask("acknowledge", { cursor: 99 })).toEqual({});
  expect(rig.on.own.cursors.acknowledged).toBe(kept);
  expect(line.ask("acknowledge", { cursor: 1 })).toEqual({});
  expect(rig.on.own.cursors.acknowledged).toBe(kept);
  expect(rig.on.own.uploads.size).toBe(kept);

  // SPEC LOG-7, OBJ-15: under a receipt with the same head both station and key let go.
  const last = pages.flatMap(({ value }) => [...journalPositions(provider, value)]).at(-1);
  if (last === undefined) throw new Error("no page");
  const covered = { device: of.key.kid, store: "journal", n: last.number, iat: NOW } as const;
  expect(line.deliver(of.city.receipt({ ...covered, head: new Uint8Array(16) }))).toBe("refused");
  expect(rig.on.own.uploads.size).toBe(kept);
  const before = pages
    .flatMap(({ value }) => [...journalPositions(provider, value)])
    .find(({ number }) => number === last.number - 1);
  if (before === undefined) throw new Error("no entry before");
  line.deliver(of.city.receipt({ ...covered, n: before.number, head: before.head }));
  expect(uploads(rig).filter((name) => name.endsWith("journal"))).toHaveLength(1);
  const receipt = of.city.receipt({ ...covered, head: last.head });
  expect(line.deliver(receipt)).toBe("stored");
  expect(line.deliver(receipt)).toBe("known");
  expect(uploads(rig).filter((name) => name.endsWith("journal"))).toEqual([]);
  rig.visit(1, key);
  expect(key.on.holdings.journal.oldest).toBe(last.number + 1);
});

test("what was uploaded is not uploaded again", () => {
  const of = foundCity();
  const { rig } = stocked(of);
  const key = commissioned(of).powerOn("set");
  rig.visit(0, key);
  activate(of, key);
  new Cylinder(of).visit(key);
  rig.visit(0, key);
  const segments = uploads(rig).filter((name) => name.endsWith("openings")).length;
  const numbers = () =>
    [...rig.on.own.uploads.values()].flatMap(({ store, positions }) =>
      store === "journal" ? positions.slice(1).map(({ number }) => number) : [],
    );
  rig.visit(1, key).visit(2, key);
  expect(uploads(rig).filter((name) => name.endsWith("openings"))).toHaveLength(segments);
  expect(numbers()).toEqual([...new Set(numbers())]);
  expect(Math.max(...numbers())).toBe(key.on.holdings.journal.newest);
});

test("several docks at once: each goes on while another waits for its key or is pulled", () => {
  const of = foundCity();
  const { rig, line } = stocked(of);
  const keys = ["key", "second", "third"].map((name) =>
    name === "key" ? { rig: commissioned(of), party: of.key } : keyOf(of, name),
  );
  for (const { rig: key } of keys) key.powerOn("set");
  const [first, second, third] = keys as [(typeof keys)[0], (typeof keys)[0], (typeof keys)[0]];
  // One that never answers, one that is pulled at once, and one that docks.
  rig.input({ kind: "slot-contact", slot: 0, contact: "made" });
  rig.dock(1, second.rig).undock(1).dock(1, third.rig).dock(2, first.rig);
  expect(rig.on.slots.map(({ phase }) => phase)).toEqual(["talking", "resting", "resting"]);
  expect(first.rig.on.duty).toBe("active");
  rig.pass(10_000);
  line.listen();
  expect(rig.on.slots[0]?.phase).toBe("fault");
  expect(line.ask("docks", {})).toEqual({
    slots: [
      [0, "fault"],
      [1, "docked"],
      [2, "docked"],
    ],
  });
  const told = line.notifications.map(({ body }) => JSON.stringify(body));
  expect(told.filter((one) => one === '{"slot":0,"event":"fault"}')).toHaveLength(1);
  // Once its key answers, the slot heals by itself, and a fault is not told twice.
  rig.pass(70_000);
  rig.keys.set(0, second.rig);
  second.rig.input({ kind: "contact", shows: "idle-high" });
  rig.pass(70_000);
  expect(rig.on.slots[0]?.phase).toBe("resting");
});

test("a slow key is asked again with the same bytes, and a deaf one ends in a fault", () => {
  const of = foundCity();
  const { rig } = stocked(of);
  rig.input({ kind: "slot-contact", slot: 0, contact: "made" });
  const sent = () => rig.effects.flatMap((effect) => (effect.kind === "slot-send" ? [toHex(effect.bytes)] : []));
  const [hello] = sent();
  rig.pass(450);
  expect(sent()).toEqual([hello, hello, hello]);
  rig.pass(200);
  expect(rig.on.slots[0]).toMatchObject({ phase: "pausing", failures: 1 });
});

test("seven days without host and city: keys get time while it is sharp, and grants all the time", () => {
  const of = foundCity();
  const { rig, line } = stocked(of);
  const later = { ...of.shift, nbf: NBF + 6 * DAY, exp: NBF + 6 * DAY + 9 * HOUR };
  expect(line.bundle(of.key.kid, of.city.grantShift(later))).toBe("stored");
  const key = commissioned(of).powerOn("set");
  rig.visit(0, key);
  expect(key.on.holdings.grants).toHaveLength(2);
  // SPEC HOR-1: at 200 ppm the station is certain of its minute for about 3.4 days.
  key.pass(3 * DAY * 1000);
  rig.pass(3 * DAY * 1000).visit(0, key);
  expect(line.greet().welcome?.capabilities).toContain("time");
  key.pass(DAY * 1000);
  rig.pass(DAY * 1000);
  expect(line.greet().welcome?.capabilities).toEqual(["bundles", "log", "pin", "self-test"]);
  const journal = key.on.holdings.journal.newest;
  rig.visit(0, key);
  expect(key.on.holdings.journal.newest).toBe(journal);
  // A key that has lost its clock gets no time here, and so loads nothing; one that has not works on with its next shift.
  key.pass(2 * DAY * 1000);
  rig.pass(2 * DAY * 1000).visit(0, key);
  expect(key.input({ kind: "timer", name: "review" }).on.duty).toBe("active");
});

test("a key that no grant here tells of keeps its records, and gets what is for everybody", () => {
  const of = foundCity();
  const key = commissioned(of).powerOn("set");
  stocked(of).rig.visit(0, key);
  activate(of, key);
  expect(new Cylinder(of).visit(key)).toBe("permit-open");
  const { rig, line } = started(of);
  line.time(of);
  const newer = of.city.revoke(of.north.list, NOW);
  line.deliver(newer);
  rig.visit(0, key);
  expect(rig.on.own.uploads.size).toBe(0);
  expect(key.on.holdings.lists.map(({ bytes }) => bytes)).toEqual([newer.bytes]);
  expect(key.on.holdings.segments).toHaveLength(1);
  expect(key.on.holdings.journal.oldest).toBe(1);
});

test("an impostor under a known key's kid leaves nothing here and keeps out nobody", () => {
  const of = foundCity();
  const { rig } = stocked(of);
  const other = of.city.party("impostor");
  const made = { seed: other.seed, commission: of.city.commission(), salt: new Uint8Array(8) };
  const impostor = new KeyRig(manufactureKey(keyConfig, USUAL_NVM, made)).powerOn("set");
  // It is told in the welcome and in the page who it is; nothing but the signature shows that it is not.
  const state = impostor.on;
  impostor.state = {
    ...state,
    holdings: { ...state.holdings, signer: { ...state.holdings.signer, kid: of.key.kid } },
  };
  rig.dock(0, impostor);
  rig.pass(10_000);
  expect(rig.on.own.uploads.size).toBe(0);
  expect(rig.on.slots[0]?.phase).toBe("fault");
  rig.undock(0);
  const key = commissioned(of).powerOn("set");
  rig.visit(0, key);
  expect(uploads(rig)).toEqual([`${toHex(of.key.kid)} journal`]);
});

test("a key's uploads are bounded, what does not fit stays in the key, and the rest of the dock goes on", () => {
  const of = foundCity();
  const { rig } = stocked(of, { ...config, quotas: { ...STATION_QUOTAS, uploadBytesPerKey: 250 } });
  const key = commissioned(of).powerOn("set");
  for (let visit = 0; visit < 4; visit++) rig.visit(0, key);
  const bytes = [...rig.on.own.uploads.values()].reduce((total, { object }) => total + object.length, 0);
  expect(bytes).toBeLessThanOrEqual(250);
  expect(rig.on.own.uploads.size).toBeGreaterThan(0);
  expect(key.on.holdings.journal.oldest).toBe(1);
  expect(key.on.holdings.policies).toHaveLength(1);
});

test("P8, SPEC DCK-4: what a station has no room for keeps out nothing that comes after it", () => {
  const of = foundCity();
  const quotas = { ...STATION_QUOTAS, uploadBytesPerKey: 140, dueBytesPerKey: 0, dueBytes: 0 };
  const { rig } = stocked(of, { ...config, quotas });
  const key = commissioned(of).powerOn("set");
  rig.visit(0, key);
  activate(of, key);
  const record = { kind: "outcome", code: "engaged", durationMs: 900 } as const;
  const long = { first: 1, records: Array.from({ length: 20 }, () => record) };
  for (const segment of [long, { first: 100 }]) expect(new Cylinder(of, { segment }).visit(key)).toBe("permit-open");
  rig.visit(0, key);
  // Neither the journal nor the first segment fits.
  expect(uploads(rig)).toEqual([`${toHex(of.cylinder.kid)} openings`]);
  expect([...rig.on.own.uploads.values()].map(({ positions }) => positions[0]?.number)).toEqual([99]);
});

test("wherever the power is cut in a sync, what is kept stays kept, and the next sync heals", () => {
  const of = foundCity();
  // A small memory, because all of it is read at each power-on.
  const { rig } = stocked(of, { ...config, layout: { firstPage: 0, pagesPerArea: 24 } });
  const key = commissioned(of).powerOn("set");
  rig.visit(0, key);
  activate(of, key);
  new Cylinder(of).visit(key);
  const before = {
    nvm: rig.nvm,
    state: rig.state,
    tickMs: rig.tickMs,
    key: { nvm: key.nvm, state: key.state, tickMs: key.tickMs },
  };
  const attempt = (cut: StationRig["cut"]): void => {
    Object.assign(rig, { nvm: before.nvm, state: before.state, tickMs: before.tickMs });
    Object.assign(key, before.key);
    rig.timers.clear();
    rig.keys.clear();
    rig.cut = cut;
    rig.visit(0, key);
    rig.cut = undefined;
  };
  const held = [...(before.state.power === "on" ? before.state.own.uploads.values() : [])].map(({ object }) =>
    toHex(object),
  );
  // Each operation is cut once, at one of its stages after the other; item-memory.test.ts cuts each at all of them.
  const planned = [
    ...planNvmCuts((schedule) => {
      attempt(schedule[0]);
      return { first: before.nvm.operations, end: rig.nvm.operations };
    }, 1),
  ];
  const schedules = planned.filter((_, index) => index % 4 === Math.floor(index / 4) % 4);
  attempt(undefined);
  const whole = uploads(rig);
  const healed = new Set<string>();
  for (const schedule of schedules) {
    attempt(schedule[0]);
    const isOff = rig.state.power === "off";
    if (isOff) rig.powerOn("clear");
    const objects = [...rig.on.own.uploads.values()].map(({ object }) => toHex(object));
    expect(objects).toEqual(expect.arrayContaining(held));
    expect(rig.on.own.bundles.size).toBe(2);
    // The sync after it depends on what is kept: each outcome is healed once.
    if (healed.has(objects.join())) continue;
    healed.add(objects.join());
    rig.visit(1, key);
    expect(new Set(uploads(rig))).toEqual(new Set(whole));
    const numbers = [...rig.on.own.uploads.values()].flatMap(({ store, positions }) =>
      store === "journal" ? positions.slice(1).map(({ number }) => number) : [],
    );
    // No entry of the journal is missing, and none of it twice.
    expect(numbers.sort((a, b) => a - b)).toEqual(
      Array.from({ length: key.on.holdings.journal.newest }, (_, i) => i + 1),
    );
  }
  expect(schedules.length).toBe(planned.length / 4);
  expect(healed.size).toBeGreaterThan(1);
});

test("a key on the old root is led to the new one before anything else", () => {
  const of = foundCity();
  const { rig, line } = stocked(of);
  const key = commissioned(of).powerOn("set");
  rig.visit(0, key);
  const next = of.city.rotateRoot(NOW - 60);
  if (next.transition === undefined) throw new Error("no transition");
  expect(line.deliver(next.transition)).toBe("stored");
  expect(rig.on.holdings.own).toEqual([]);
  for (const issuer of next.issuers) expect(line.deliver(issuer)).toBe("stored");
  const own = next.devices.find(({ device }) => toHex(device.kid) === toHex(of.station.kid));
  for (const certificate of own?.certificates ?? []) expect(line.deliver(certificate)).toBe("stored");
  for (const grant of next.grants) expect(line.bundle(of.key.kid, grant)).toBe("stored");
  rig.visit(0, key);
  expect(key.on.holdings.trust.epoch).toBe(2);
  expect(key.on.holdings.grants).toHaveLength(1);
  expect(key.on.holdings.transitions).toHaveLength(1);
});

test("a key in contact soon gets what is brought for it, and the time again after some hours", () => {
  const of = foundCity();
  const { rig, line } = started(of);
  line.time(of);
  const key = commissioned(of).powerOn("set");
  rig.dock(0, key);
  expect(key.on.holdings.grants).toEqual([]);
  line.bundle(of.key.kid, of.grant);
  rig.pass(1_000);
  line.bundle(of.key.kid, of.policy);
  rig.pass(1_500);
  expect(key.on.holdings.grants).toEqual([]);
  rig.pass(1_000);
  expect(key.on.holdings.grants).toHaveLength(1);
  expect(key.on.holdings.policies).toHaveLength(1);
  const { newest } = key.on.holdings.journal;
  rig.pass(config.resyncMs + 1_000);
  expect(key.on.holdings.journal.newest).toBe(newest + 1);
  // It has been there all the time: a host hears of that once, and of each sync.
  line.listen();
  const told = line.notifications.map(({ body }) => (body as { readonly event: string }).event);
  expect(told).toEqual(["docked", "synced", "synced", "synced"]);
});

test("a station whose certificate a key knows to be void gets no records, and its time is not taken", () => {
  const of = foundCity();
  const { rig } = stocked(of);
  const key = commissioned(of).powerOn("set");
  rig.visit(0, key);
  const entry = { kind: "device", id: of.station.kid, until: NOW } as const;
  const elsewhere = new Station(of, key, of.cabinet, "store").greet();
  elsewhere.prove();
  expect(elsewhere.deliver(of.city.revoke(of.north.list, NOW, entry))).toBe("stored");
  key.input({ kind: "removed" });
  const { newest } = key.on.holdings.journal;
  const kept = rig.on.own.uploads.size;
  rig.visit(0, key);
  expect(rig.on.own.uploads.size).toBe(kept);
  expect(key.on.holdings.journal.newest).toBe(newest + 1);
});
