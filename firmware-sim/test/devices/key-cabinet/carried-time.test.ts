import { equalBytes, readClock } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import type { NewEpoch } from "#src/world/authority.ts";
import { foundCity } from "../key/rig.ts";
import { Station } from "../key/station.ts";
import { type CabinetRig, type Carried, carried, DAY, HOUR, office, started, vehicle } from "./rig.ts";

const clockOf = (rig: CabinetRig) => readClock(rig.on.holdings.clock, rig.tickMs);

/** A vehicle box, and keys of three holders with the true time. */
function parked() {
  const begun = started(vehicle);
  const { of, rig } = begun;
  const { now } = rig;
  const carl = of.city.addHolder("carl", of.north);
  const anna = carried(of, "key", of.anna, { now });
  const annas = carried(of, "second key of anna", of.anna, { now });
  const bo = carried(of, "key of bo", of.bo, { now });
  return { ...begun, anna, annas, bo, carl };
}

test("two keys of two holders set the clock of a box without a host, one alone sets nothing (SPEC TIM-13)", () => {
  const { rig, anna, bo } = parked();
  rig.dock(0, anna.rig);
  expect(clockOf(rig)).toEqual({ quality: "lost" });
  // Not by asking the same one again.
  rig.pass(6.5 * HOUR * 1000);
  expect(clockOf(rig)).toEqual({ quality: "lost" });
  bo.rig.pass(6.5 * HOUR * 1000);
  rig.effects.length = 0;
  rig.dock(1, bo.rig);
  const clock = clockOf(rig);
  expect(clock.quality === "running" && clock.interval.lo <= rig.now && rig.now < clock.interval.hi).toBe(true);
  expect(rig.effects).toContainEqual({ kind: "clear-stop-flag" });
});

test("two keys of one holder are one", () => {
  const { rig, anna, annas, bo } = parked();
  rig.dock(0, anna.rig).dock(1, annas.rig);
  expect(clockOf(rig)).toEqual({ quality: "lost" });
  rig.dock(2, bo.rig);
  expect(clockOf(rig).quality).toBe("running");
});

test("keys that contradict each other set nothing, until a third agrees with one of them", () => {
  const { of, rig, anna, carl } = parked();
  const late = carried(of, "key of bo", of.bo, { now: rig.now + HOUR });
  rig.dock(0, anna.rig).dock(1, late.rig);
  expect(clockOf(rig)).toEqual({ quality: "lost" });
  const third = carried(of, "key of carl", carl, { now: rig.now });
  rig.dock(2, third.rig);
  const clock = clockOf(rig);
  expect(clock.quality === "running" && clock.interval.lo <= rig.now && rig.now < clock.interval.hi).toBe(true);
});

test("what two keys say never lowers the remembered bound (SPEC TIM-5)", () => {
  const { of, rig, anna, bo, carl } = parked();
  rig.dock(0, anna.rig).dock(1, bo.rig);
  const { knownLower } = rig.on.holdings.clock;
  expect(knownLower).toBeGreaterThan(0);
  rig.powerOff();
  rig.keys.clear();
  rig.powerOn("set").settle();
  const before = rig.now - HOUR;
  const slow = carried(of, "key of carl", carl, { now: before });
  const slower = carried(of, "third key of bo", of.bo, { now: before });
  rig.dock(2, slow.rig).dock(3, slower.rig);
  expect(clockOf(rig)).toEqual({ quality: "lost" });
  expect(rig.on.holdings.clock.knownLower).toBe(knownLower);
});

test("the word of a key whose grant a held list voids does not count (SPEC TRU-16)", () => {
  const { of, rig, line, anna, bo } = parked();
  const list = of.city.revoke(of.north.list, rig.now, { kind: "holder", id: of.bo.pseudonym, until: rig.now });
  expect(line.deliver(list)).toBe("stored");
  rig.dock(0, anna.rig).dock(1, bo.rig);
  expect(clockOf(rig)).toEqual({ quality: "lost" });
});

test("a box without a host fetches its renewed certificate, lists and issuers from keys (SPEC ACT-8)", () => {
  const { of, rig, anna } = parked();
  const { certificates } = of.city.certify(of.cabinet, "key-cabinet", rig.now - HOUR);
  const station = new Station(of, anna.rig, of.station, "dock").greet();
  station.prove();
  for (const one of certificates) expect(station.deliver(one)).toBe("stored");
  anna.rig.input({ kind: "removed" });
  const ends = () => rig.on.holdings.own.map(({ certificate }) => certificate.value.exp);
  const before = ends();
  expect(rig.on.holdings.lists).toEqual([]);
  rig.dock(0, anna.rig);
  // The one for giving the time, although the key has one of the same kid that ends later (SPEC TRU-7).
  expect(Math.min(...ends())).toBe(Math.min(...before));
  expect(ends()).toContain(rig.now - HOUR + 14 * DAY);
  expect(rig.on.holdings.lists.map(({ bytes }) => bytes)).toEqual([of.list.bytes]);
});

test("no list is given up for one that a stranger's key carries (SPEC ACT-8)", () => {
  const begun = started({ ...vehicle, listPlaces: 1 });
  const { of, rig } = begun;
  const anna = carried(of, "key", of.anna, { now: rig.now });
  const bo = carried(of, "key of bo", of.bo, { now: rig.now });
  const south = of.city.addProvider("south", ["day"]);
  rig.dock(0, anna.rig);
  const held = rig.on.holdings.lists.map(({ value }) => value.list);
  expect(held).toEqual([of.north.list]);
  delivered(of, bo, [of.city.revoke(south.list, rig.now)]);
  rig.dock(1, bo.rig);
  expect(rig.on.holdings.lists.map(({ value }) => value.list)).toEqual(held);
});

/** In a station, which brings these. */
function delivered(
  of: ReturnType<typeof started>["of"],
  { rig }: Carried,
  objects: readonly { readonly bytes: Uint8Array }[],
): void {
  const station = new Station(of, rig, of.station, "dock").greet();
  for (const one of objects) expect(station.deliver(one)).toBe("stored");
  rig.input({ kind: "removed" });
}

/** The new epoch as a key has it that the city's host reaches: transitions first, and its own certificates for this cabinet. */
function brought({ transition, issuers, devices }: NewEpoch, kid: Uint8Array) {
  const own = devices.find(({ device }) => equalBytes(device.kid, kid));
  return [...(transition === undefined ? [] : [transition]), ...issuers, ...(own?.certificates ?? [])];
}

test.each([
  ["a vehicle box, which has no host, follows", vehicle, 2],
  ["an office cabinet, which has one, does not follow", office, 1],
])("a key that is in another epoch: %s (SPEC TRU-8, ACT-8)", (_who, config, epoch) => {
  const { of, rig } = started(config);
  const bo = carried(of, "key of bo", of.bo, { now: rig.now });
  rig.dock(0, bo.rig).undock(0);
  expect(rig.on.holdings.trust.epoch).toBe(1);
  delivered(of, bo, brought(of.city.openEpoch(rig.now), of.cabinet.kid));
  rig.dock(0, bo.rig);
  expect(bo.rig.on.holdings.trust.epoch).toBe(2);
  expect(rig.on.holdings.trust.epoch).toBe(epoch);
  // Its own two certificates are of the new epoch, and the key believes them.
  if (config === vehicle) expect(rig.on.holdings.own.map(({ certificate }) => certificate.value.epoch)).toEqual([2, 2]);
  expect(rig.on.slots[0]?.phase).toBe("resting");
  expect(rig.place(bo)).toEqual({ kind: "stored", slot: 0 });
});

test("a vehicle box follows two roots that it missed, one after the other, and gets its time again (SPEC TRU-9, TRU-15)", () => {
  const { of, rig } = started(vehicle);
  const anna = carried(of, "key", of.anna, { now: rig.now });
  const first = of.city.rotateRoot(rig.now - HOUR);
  delivered(of, anna, brought(first, of.cabinet.kid));
  const second = of.city.rotateRoot(rig.now - 60);
  delivered(of, anna, [...brought(second, of.cabinet.kid), ...second.grants.slice(0, 1)]);
  rig.dock(0, anna.rig);
  const { holdings } = rig.on;
  expect(holdings.trust).toEqual(of.city.centre.trust);
  expect(holdings.transitions.map(({ value }) => value.epoch)).toEqual([2, 3]);
  expect(holdings.own).toHaveLength(2);
  // A word on the time under the new root counts.
  expect(rig.on.work.heard).toHaveLength(1);
});

test("what a key says that it has and has not costs a vehicle box nothing but the question (SPEC TRU-9)", () => {
  const { of, rig } = started(vehicle);
  const { trust } = rig.on.holdings;
  const anna = carried(of, "key", of.anna, { now: rig.now });
  // Another city's, whose roots this box does not know.
  const other = foundCity(77);
  const stranger = carried(other, "key of a stranger", other.anna, { now: rig.now });
  delivered(other, stranger, brought(other.city.rotateRoot(rig.now - HOUR), other.cabinet.kid));
  rig.dock(1, stranger.rig).dock(0, anna.rig);
  expect(rig.on.holdings.trust).toEqual(trust);
  expect(rig.place(anna)).toEqual({ kind: "stored", slot: 0 });
});

test("with the time from keys the box gives it on to one that has lost it, and takes it to its holder", () => {
  const { rig, anna, bo } = parked();
  rig.dock(0, anna.rig).dock(1, bo.rig);
  expect(clockOf(rig).quality).toBe("running");
  rig.present(anna.holder);
  rig.undock(0);
  anna.rig.input({ kind: "power-lost" });
  anna.rig.tickMs = 0;
  anna.rig.powerOn("set");
  expect(readClock(anna.rig.on.holdings.clock, anna.rig.tickMs).quality).toBe("lost");
  rig.dock(0, anna.rig);
  expect(readClock(anna.rig.on.holdings.clock, anna.rig.tickMs).quality).toBe("running");
  rig.effects.length = 0;
  expect(rig.present(anna.holder).drawn).toEqual([0]);
});
