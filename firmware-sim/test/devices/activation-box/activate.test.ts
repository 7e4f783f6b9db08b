import { expect, test } from "vitest";
import { activationBoxPlan } from "#src/devices/activation-box/activation-box.ts";
import { judgeGrant } from "#src/devices/activation-box/judging.ts";
import type { BoxX } from "#src/devices/activation-box/types.ts";
import { Cylinder } from "../key/cylinder.ts";
import { type City, commissioned, DAY, EXP, foundCity, HOUR, NBF, NOW, provider } from "../key/rig.ts";
import { Station } from "../key/station.ts";
import { factoryNvm, Host } from "../mains/rig.ts";
import {
  another,
  BoxRig,
  boxCertificate,
  cloneOf,
  config,
  deliver,
  equipped,
  PIN,
  stationed,
  usually,
  verifierOf,
  WRONG,
} from "./rig.ts";

test("SPEC ACT-1 to ACT-3, ACT-7: the right PIN gets a ticket for this grant, and with it the door opens", () => {
  const { of, rig, key } = usually();
  rig.dock(0, key);
  expect(rig.signs()).toEqual([{ kind: "reading" }, { kind: "type-pin", left: 5 }]);
  rig.type(PIN);
  expect(rig.signs()).toEqual([{ kind: "activated" }]);
  const ticket = key.on.holdings.ticket?.value;
  expect(ticket).toMatchObject({ grantDigest: provider.sha256(of.grant.bytes), method: "pin", boxCounter: 1 });
  // SPEC ACT-5: from the later of nbf and a minute before the box's own clock, until the end of the shift.
  expect(ticket?.until).toBe(EXP);
  expect([NOW - 61, NOW - 60]).toContain(ticket?.from);
  rig.undock(0);
  expect(rig.signs()).toEqual([{ kind: "ready" }]);
  expect(new Cylinder(of).visit(key)).toBe("permit-open");
});

test("SPEC ACT-1, DCK-3: the key gets the time on the way", () => {
  const { rig, key } = usually();
  rig.dock(0, key);
  const { clock } = key.on.holdings;
  expect(clock.quality === "running" && clock.source.sourceClass).toBe("activation-box");
});

test("SPEC ACT-2, ACT-4: wrong PINs count down here and in the key, the fifth locks, and the key journals each", () => {
  const { rig, key } = usually();
  const journaled = key.on.holdings.journal.newest;
  rig.dock(0, key);
  for (const left of [4, 3, 2, 1]) {
    rig.type(WRONG);
    expect(rig.sign()).toEqual({ kind: "wrong-pin", left });
    expect(key.on.holdings.pin?.attempts).toBe(5 - left);
  }
  rig.type(WRONG);
  expect(rig.sign()).toEqual({ kind: "locked" });
  expect(key.signals().slice(-5)).toEqual(["wrong-pin", "wrong-pin", "wrong-pin", "wrong-pin", "pin-locked"]);
  // And the time that the box gave.
  expect(key.on.holdings.journal.newest - journaled).toBe(6);
  // Not even the right one now, nor after a power cut.
  expect(rig.type(PIN).sign()).toBe(undefined);
  rig.undock(0);
  rig.powerOff().powerOn();
  expect(rig.activate(key)).toEqual({ kind: "locked" });
  expect(rig.on.own.ticketCounter).toBe(0);
});

test("SPEC ACT-4: the box is never locked for others", () => {
  const { of, rig, line, key } = usually();
  rig.dock(0, key);
  for (let n = 0; n < 5; n++) rig.type(WRONG);
  rig.undock(0);
  const bos = another(of, "bo's key");
  const other = stationed(bos);
  expect(line.deliver(verifierOf(bos, other, "7777", bos.key))).toBe("stored");
  rig.dock(0, other).type("7777");
  expect(rig.sign()).toEqual({ kind: "activated" });
});

test("SPEC ACT-4: what a key says of its own count ends no lock: of one that forgets, the box remembers five tries", () => {
  const { rig, key } = usually();
  const seen = Array.from({ length: 7 }, () => {
    rig.dock(0, cloneOf(key)).type(WRONG);
    const sign = rig.sign();
    rig.undock(0);
    return sign?.kind;
  });
  expect(seen).toEqual(["wrong-pin", "wrong-pin", "wrong-pin", "wrong-pin", "locked", "locked", "locked"]);
  rig.dock(0, cloneOf(key)).type(PIN);
  expect(rig.sign()).toEqual({ kind: "locked" });
});

test("SPEC ACT-4: a station frees the key, and the grant that it brought from there frees it at the box", () => {
  const { of, rig, key } = usually();
  rig.dock(0, key);
  for (let n = 0; n < 5; n++) rig.type(WRONG);
  rig.undock(0);
  // Back from a station with nothing new: the key would answer, the box has no word of the city yet.
  expect(deliver(of, key, of.grant)).toEqual(["known"]);
  rig.dock(0, key);
  expect(rig.sign()).toEqual({ kind: "locked" });
  rig.undock(0);
  // One that was issued before the lock, and lay at the station, says nothing of it either.
  const lain = of.city.grantShift({ ...of.shift, iat: NBF - HOUR });
  expect(deliver(of, key, lain)).toEqual(["stored"]);
  rig.dock(0, key);
  expect(rig.sign()).toEqual({ kind: "locked" });
  rig.undock(0);
  rig.pass(HOUR * 1000);
  key.pass(HOUR * 1000);
  const renewed = of.city.grantShift({ ...of.shift, iat: NOW + 30 * 60, nbf: NOW + 30 * 60 });
  expect(deliver(of, key, renewed)).toEqual(["stored"]);
  rig.dock(0, key);
  expect(rig.sign()).toEqual({ kind: "type-pin", left: 5 });
  rig.type(PIN);
  expect(rig.sign()).toEqual({ kind: "activated" });
});

test("SPEC OBJ-17: the highest version of a verifier stays; a newer one ends the lock, an older or the same one does not", () => {
  const { of, rig, line, key, verifier } = usually();
  rig.dock(0, key);
  for (let n = 0; n < 5; n++) rig.type(WRONG);
  rig.undock(0);
  deliver(of, key);
  expect(line.deliver(verifier)).toBe("known");
  rig.dock(0, key);
  expect(rig.sign()).toEqual({ kind: "locked" });
  rig.undock(0);
  expect(line.deliver(verifierOf(of, key, "4711"))).toBe("stored");
  expect(line.deliver(verifier)).toBe("older");
  rig.dock(0, key);
  expect(rig.sign()).toEqual({ kind: "type-pin", left: 5 });
  rig.type(PIN);
  expect(rig.sign()).toEqual({ kind: "wrong-pin", left: 4 });
  rig.type("4711");
  expect(rig.sign()).toEqual({ kind: "activated" });
  expect(rig.on.own.attempts.size).toBe(0);
});

test("SPEC OBJ-17: a full box gives up nobody's verifier for another's", () => {
  const made = { ...config, pinPlaces: 1 };
  const { of, rig, line, key } = equipped(foundCity(), made);
  const bos = another(of, "bo's key");
  expect(line.deliver(verifierOf(bos, stationed(bos), PIN, bos.key))).toBe("refused");
  expect(line.deliver(verifierOf(of, key))).toBe("stored");
  expect(rig.on.own.pins.size).toBe(1);
});

test("a verifier that the city did not sign is refused, and so are objects that a box has no use for", () => {
  const { of, line, verifier } = usually();
  const forged = verifier.bytes.slice();
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  expect(line.deliver(forged)).toBe("refused");
  expect(line.deliver(of.grant)).toBe("refused");
  expect(line.deliver(of.policy)).toBe("refused");
});

test("SPEC TRU-8, TRU-13: a new epoch ends the verifiers, and brings new ones with fresh tries", () => {
  const { of, rig, line, key } = usually();
  rig.dock(0, key).type(WRONG).undock(0);
  const epoch = of.city.openEpoch(NOW + 60);
  for (const one of epoch.issuers) expect(line.deliver(one)).toBe("stored");
  expect(rig.on.own.pins.size).toBe(0);
  for (const one of epoch.pins) expect(line.deliver(one)).toBe("stored");
  expect(rig.on.own.attempts.size).toBe(0);
  rig.dock(0, key);
  expect(rig.sign()).toEqual({ kind: "out-of-order" });
});

test("SPEC ACT-5: a ticket is given at most 60 min before nbf, and then holds from nbf", () => {
  const of = foundCity();
  const nbf = NOW + HOUR + 10;
  const shift = { ...of.shift, nbf, exp: nbf + 8 * HOUR };
  const { rig, key } = equipped({ ...of, shift, grant: of.city.grantShift(shift) });
  rig.dock(0, key);
  expect(rig.sign()).toEqual({ kind: "too-early", nbf });
  rig.undock(0).pass(12_000);
  key.pass(12_000);
  rig.dock(0, key).type(PIN);
  expect(rig.sign()).toEqual({ kind: "activated" });
  expect(key.on.holdings.ticket?.value.from).toBe(nbf);
});

test("SPEC ACT-5, TIM-10: no ticket for a shift that is over", () => {
  const of = foundCity();
  const { rig, key } = equipped(of);
  rig.pass((EXP - NOW - 60) * 1000);
  rig.dock(0, key);
  expect(rig.sign()).toEqual({ kind: "type-pin", left: 5 });
  // It ends while the holder looks for his PIN.
  rig.pass(50_000).type(PIN);
  expect(rig.sign()).toEqual({ kind: "shift-over" });
  expect(rig.on.own.ticketCounter).toBe(0);
});

test("SPEC ACT-5, TRU-4: no ticket outlasts the box's own certificate, and an ended one gives none", () => {
  const of = foundCity();
  const exp = NOW + 3 * HOUR;
  const { rig, key } = equipped(of, config, [boxCertificate(of, { nbf: NBF - DAY, exp })]);
  rig.dock(0, key).type(PIN);
  expect(rig.sign()).toEqual({ kind: "activated" });
  expect(key.on.holdings.ticket?.value.until).toBe(exp);
  rig.undock(0).pass(3 * HOUR * 1000);
  rig.dock(0, cloneOf(key));
  expect(rig.sign()).toEqual({ kind: "out-of-order" });
});

test("SPEC ACT-5, TRU-4: in the first minute of its certificate a box gives a ticket that begins with it", () => {
  const of = foundCity();
  const { rig, key } = equipped(of, config, [boxCertificate(of, { nbf: NOW - 20, exp: NOW + 300 * DAY })]);
  rig.dock(0, key).type(PIN);
  expect(rig.sign()).toEqual({ kind: "activated" });
  expect(key.on.holdings.ticket?.value.from).toBe(NOW - 20);
});

test("SPEC TRU-4: a renewed certificate that begins later is not used before", () => {
  const of = foundCity();
  const exp = NOW + 3 * HOUR;
  const early = boxCertificate(of, { nbf: NBF - DAY, exp });
  const late = boxCertificate(of, { nbf: NOW + 2 * HOUR, exp: NOW + 300 * DAY });
  const { rig, key } = equipped(of, config, [early, late]);
  rig.dock(0, key).type(PIN);
  expect(rig.sign()).toEqual({ kind: "activated" });
  expect(key.on.holdings.ticket?.value.until).toBe(exp);
});

test("SPEC ACT-6, HOR-1: days without the city it gives tickets from what it was given before, but no time any more", () => {
  const of = foundCity();
  const { rig, key } = equipped(of);
  const days = 5;
  rig.pass(days * DAY * 1000);
  const nbf = NBF + days * DAY;
  const shift = { ...of.shift, iat: nbf - HOUR, nbf, exp: nbf + 9 * HOUR };
  const later = { ...of, shift, grant: of.city.grantShift(shift) };
  const now = NOW + days * DAY;
  const held = cloneOf(key);
  const station = new Station(later, held, of.station, "dock").greet();
  station.prove();
  expect(station.time(now, "issuer")).toBe("accepted");
  expect(station.deliver(later.grant)).toBe("stored");
  held.input({ kind: "removed" });
  rig.dock(0, held).type(PIN);
  expect(rig.sign()).toEqual({ kind: "activated" });
  const { clock } = held.on.holdings;
  expect(clock.quality === "running" && clock.source.sourceClass).toBe("issuer");
  // TIM-2: by 200 ppm its lo lags behind true time, and the ticket begins a minute before it.
  expect(held.on.holdings.ticket?.value.from).toBeGreaterThan(now - 160);
  expect(held.on.holdings.ticket?.value.from).toBeLessThan(now - 120);
});

test("SPEC OBJ-6, ACT-5: a replaced grant needs a new ticket, and the counter rises with each", () => {
  const { of, rig, key } = usually();
  rig.dock(0, key).type(PIN);
  rig.undock(0);
  const first = key.on.holdings.ticket?.value;
  const replaced = of.city.grantShift({ ...of.shift, iat: NBF - HOUR });
  expect(deliver(of, key, replaced)).toEqual(["stored"]);
  expect(key.on.holdings.ticket).toBe(undefined);
  rig.dock(0, key).type(PIN);
  const second = key.on.holdings.ticket?.value;
  expect(second?.grantDigest).toEqual(provider.sha256(replaced.bytes));
  expect([first?.boxCounter, second?.boxCounter]).toEqual([1, 2]);
});

test("a key that stays is not asked for its PIN again, unless it lost the time and its ticket with it", () => {
  const { rig, key } = usually();
  rig.dock(0, key).type(PIN);
  rig.signs();
  rig.pass(config.resyncMs + 10);
  expect(rig.signs()).toEqual([{ kind: "activated" }]);
  key.input({ kind: "power-lost" }).powerOn("set").input({ kind: "contact", shows: "idle-high" });
  rig.pass(config.resyncMs + 10);
  expect(rig.sign()).toEqual({ kind: "type-pin", left: 5 });
});

test("while nothing is typed the box waits, and then leaves the key at rest", () => {
  const { rig, key } = usually();
  rig.dock(0, key);
  rig.signs();
  rig.pass(config.pinWaitMs);
  expect(rig.signs()).toEqual([{ kind: "nothing-typed" }]);
  rig.undock(0).dock(0, key).undock(0);
  expect(rig.timers.size).toBe(0);
  rig.dock(0, key);
  rig.pass(config.pinWaitMs);
  rig.signs();
  expect(rig.type(PIN).signs()).toEqual([]);
  rig.pass(config.resyncMs);
  expect(rig.type(PIN).sign()).toEqual({ kind: "activated" });
});

test("what is no PIN is not tried", () => {
  const { rig, key } = usually();
  rig.dock(0, key);
  for (const typed of ["", "123", "123456789", "12a4", "१२३४"]) {
    expect(rig.type(typed).sign()).toEqual({ kind: "type-pin", left: 5 });
  }
  expect(key.on.holdings.pin?.attempts).toBe(0);
  expect(rig.on.own.attempts.size).toBe(0);
});

test("a key without a grant, one whose PIN nobody knows, and a box without the time", () => {
  const { of, rig, key, line } = usually();
  rig.dock(0, commissioned({ ...of, key: of.city.party("new") }).powerOn("set"));
  expect(rig.sign()).toEqual({ kind: "no-grant" });
  rig.undock(0);
  const bos = another(of, "bo's key");
  rig.dock(0, stationed(bos));
  expect(rig.sign()).toEqual({ kind: "no-pin" });
  rig.undock(0);
  // SPEC TIM-9.
  rig.powerOff().powerOn("set");
  rig.dock(0, key).type(PIN);
  expect(rig.sign()).toEqual({ kind: "no-time", wants: "host" });
  expect(key.on.holdings.pin?.attempts).toBe(0);
  expect(line.greet().time(of)).toBe("accepted");
  rig.pass(config.resyncMs).type(PIN);
  expect(rig.sign()).toEqual({ kind: "activated" });
});

test("SPEC TIM-8: a host brings the box an issuer's word alone, and the box then gives the time", () => {
  const { of, rig, line } = usually();
  rig.powerOff().powerOn("set");
  expect(line.greet().welcome?.capabilities).toEqual(["pin", "self-test"]);
  expect(line.time(of, rig.now, { by: of.station })).toBe("source");
  expect(line.time(of)).toBe("accepted");
  expect(line.greet().welcome?.capabilities).toEqual(["time", "pin", "self-test"]);
});

const until = NOW;
test.each([
  ["holder", (of: City) => ({ kind: "holder", id: of.anna.pseudonym, until }) as const, "grant-refused"],
  ["key", (of: City) => ({ kind: "key", id: of.key.kid, until }) as const, "grant-refused"],
  ["grant", (of: City) => ({ kind: "grant", id: of.grant.value.cti, until }) as const, "grant-refused"],
  ["group", (of: City) => ({ kind: "group", id: of.day, until }) as const, "grant-refused"],
  ["grant's issuer", (of: City) => issuerEntry(of, "grant"), "grant-refused"],
  ["box", (of: City) => ({ kind: "device", id: of.box.kid, until }) as const, "out-of-order"],
  ["box's issuer", (of: City) => issuerEntry(of, "device"), "out-of-order"],
] as const)(
  "SPEC TRU-16, OBJ-9: a revoked %s gets no ticket, also when the list comes while the holder types",
  (_, entry, shown) => {
    const { of, rig, line, key } = usually();
    rig.dock(0, key);
    rig.signs();
    expect(line.deliver(of.city.revoke(of.north.list, NOW, entry(of)))).toBe("stored");
    rig.type(PIN);
    expect(rig.sign()).toEqual({ kind: shown });
    expect(key.on.holdings.ticket).toBe(undefined);
    expect(rig.on.own.ticketCounter).toBe(0);
    rig.undock(0).dock(0, key);
    expect(rig.sign()).toEqual({ kind: shown });
    expect(rig.on.own.attempts.size).toBe(1);
  },
);

test("a box that the key knows to be revoked gets neither grant nor v (SPEC DCK-2)", () => {
  const { of, rig, key } = usually({ ...config, place: "alone" });
  const entry = { kind: "device", id: of.box.kid, until } as const;
  expect(deliver(of, key, of.city.revoke(of.north.list, NOW, entry))).toEqual(["stored"]);
  // The key gives the list to a box that asks for it: so the box knows it of itself.
  rig.dock(0, key);
  expect(rig.sign()).toEqual({ kind: "out-of-order" });
  expect(rig.on.holdings.lists[0]?.value.version).toBe(2);
});

test("SPEC ACT-7: the grant is the one of the welcome, the city's, and this key's", () => {
  const { of, rig, key } = usually();
  const bos = another(of, "bo's key");
  const other = of.city.grantShift({ ...of.shift, iat: NBF - HOUR });
  const forged = of.grant.bytes.slice();
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  for (const bytes of [other.bytes, forged, bos.grant.bytes, Uint8Array.of(1, 2, 3)]) {
    rig.dock(0, key);
    const slot = rig.on.slots[0];
    if (slot?.phase !== "talking" || slot.met === "nobody") throw new Error("nobody met");
    const box = { plan: activationBoxPlan(), config, on: rig.on, tickMs: rig.tickMs };
    const at = { ...box, slot: 0, talking: slot, met: slot.met, dock: slot.dock };
    expect(judgeGrant(at, of.grant.bytes).kind).toBe("fit");
    expect(judgeGrant(at, bytes)).toEqual({ kind: "unfit", ending: { kind: "grant-refused" } });
    // A key that lies about the digest too.
    const lied = { ...at, met: { ...slot.met, welcome: { ...slot.met.welcome, grantDigest: provider.sha256(bytes) } } };
    expect(judgeGrant(lied, bytes).kind).toBe(bytes === other.bytes ? "fit" : "unfit");
    rig.undock(0);
  }
});

test("SPEC SVC-1, TRU-1: without a fleet it is out of order, and says so", () => {
  const of = foundCity();
  const rig = new BoxRig(of, config, factoryNvm(config, of.box));
  rig.powerOn("set");
  expect(rig.signs()).toEqual([{ kind: "out-of-order" }]);
  rig.dock(0, stationed(of));
  expect(rig.sign()).toEqual({ kind: "out-of-order" });
  const line = new Host<BoxX>(rig).greet();
  expect(line.ask("commission", of.city.commission())).toEqual({});
  expect(line.welcome?.kind).toBe("activation-box");
  rig.undock(0);
  expect(rig.sign()).toEqual({ kind: "ready" });
});

test("SPEC TRU-10, OBJ-6: in another fleet it knows no PIN any more, and its counter goes on", () => {
  const { of, rig, line, key } = usually();
  rig.dock(0, key).type(PIN).undock(0);
  const next = foundCity(2).city;
  const to = next.centre.trust;
  const { device, nonce } = line.greet().welcome ?? { device: of.box.kid, nonce: new Uint8Array(16) };
  const transfer = of.city.centre.transfer(to, { device, nonce, nbf: NOW });
  expect(line.ask("transfer", { transfer: transfer.bytes })).toEqual({});
  expect(rig.on.own).toMatchObject({ pins: new Map(), attempts: new Map(), ticketCounter: 1 });
});

test("SPEC SRV-2, SRV-5: no bundles, no log, and nothing to configure but whether it gives the time", () => {
  const { of, rig, line } = usually();
  const host = of.city.party("host");
  of.city.certify(host, "host", NBF - DAY);
  line.greet();
  expect(line.ask("acknowledge", { cursor: 1 })).toBe("messages/unexpected");
  expect(line.bundle(of.key.kid, of.grant)).toBe("messages/unexpected");
  expect(line.command(of, host, { kind: "configure", setting: "overdue", value: 1 })).toEqual({ outcome: "refused" });
  expect(line.command(of, host, { kind: "read-log", cursor: 0 })).toEqual({ outcome: "refused" });
  expect(line.command(of, host, { kind: "configure", setting: "serve-time", value: 0 })).toEqual({ outcome: "done" });
  expect(rig.on.holdings.settings["serve-time"]).toBe(0);
});

test("several contacts, each with digits of its own; one key that says to be in two has five tries in all", () => {
  const made = { ...config, slots: 2 };
  const { rig, key } = equipped(foundCity(), made);
  rig.dock(0, cloneOf(key)).dock(1, cloneOf(key));
  for (const slot of [0, 1, 0, 1]) rig.type(WRONG, slot);
  rig.signs();
  rig.type(WRONG, 0);
  expect(rig.sign()).toEqual({ kind: "locked" });
  rig.type(PIN, 1);
  expect(rig.sign()).toEqual({ kind: "locked" });
  expect(rig.on.own.ticketCounter).toBe(0);
});

function issuerEntry(of: City, role: "grant" | "device") {
  return { kind: "issuer", id: of.city.centre.issuer(role).kid, until: NOW } as const;
}
