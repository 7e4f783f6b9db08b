import {
  certificateObject,
  equalBytes,
  type FetchRequest,
  hasRole,
  keyId,
  readClock,
  roles,
  timeStatementObject,
} from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { activationBoxPlan } from "#src/devices/activation-box/activation-box.ts";
import type { BoxX } from "#src/devices/activation-box/types.ts";
import { takeKeyTime } from "#src/devices/mains/carried-time.ts";
import { MAINS_NVM, manufactureMains } from "#src/devices/mains/factory.ts";
import { certificateOf, takeFetched } from "#src/devices/mains/fetching.ts";
import { type City, DAY, EXP, foundCity, HOUR, type KeyRig, NBF, NOW, provider } from "../key/rig.ts";
import { Host } from "../mains/rig.ts";
import {
  another,
  BoxRig,
  boxCertificate,
  boxNvm,
  config,
  deliver,
  equipped,
  PIN,
  stationed,
  verifierOf,
} from "./rig.ts";

const alone = { ...config, place: "alone" } as const;

/** In a vehicle: with two verifiers since the workshop, and without the time. */
function vehicle(of: City = foundCity(), place: "alone" | "at-host" = "alone") {
  const made = { ...config, place };
  const rig = new BoxRig(of, made, boxNvm(of, made));
  rig.powerOn("set");
  const key = stationed(of);
  const bos = another(of, "bo's key");
  const other = stationed(bos);
  const line = new Host<BoxX>(rig).greet();
  line.deliver(verifierOf(of, key));
  line.deliver(verifierOf(bos, other, PIN, bos.key));
  rig.signs();
  return { of, bos, rig, key, other, line };
}

function interval(rig: BoxRig): { readonly lo: number; readonly hi: number } | undefined {
  const reading = readClock(rig.on.holdings.clock, rig.tickMs);
  return reading.quality === "running" ? reading.interval : undefined;
}

test("SPEC TIM-13: one key sets nothing; a second one of another holder does, and gets its ticket", () => {
  const { rig, key, other } = vehicle();
  expect(rig.activate(key)).toEqual({ kind: "no-time", wants: "another-key" });
  expect(interval(rig)).toBe(undefined);
  rig.pass(60_000);
  other.pass(60_000);
  key.pass(60_000);
  expect(rig.activate(other)).toEqual({ kind: "activated" });
  const { lo, hi } = interval(rig) ?? { lo: 0, hi: 0 };
  expect(lo).toBeGreaterThan(NOW + 57);
  expect(lo).toBeLessThanOrEqual(NOW + 60);
  expect(hi).toBeGreaterThan(NOW + 60);
  expect(hi).toBeLessThan(NOW + 65);
  expect(rig.on.work.heard).toEqual([]);
  expect(rig.effects.some(({ kind }) => kind === "clear-stop-flag")).toBe(false);
  expect(rig.activate(key)).toEqual({ kind: "activated" });
});

test("SPEC TIM-13: the same key twice, and two keys of one holder, are one", () => {
  const { of, rig, key } = vehicle();
  expect(rig.activate(key)).toMatchObject({ kind: "no-time" });
  expect(rig.activate(key)).toMatchObject({ kind: "no-time" });
  const spare = another(of, "anna's spare key", of.anna);
  expect(rig.activate(stationed(spare))).toMatchObject({ kind: "no-time" });
  expect(interval(rig)).toBe(undefined);
  expect(rig.on.work.heard).toHaveLength(2);
});

test("SPEC TIM-13, TIM-9: what one key said before the oscillator stopped is no second word after it", () => {
  const { of, rig, key, other } = vehicle();
  expect(rig.activate(key)).toMatchObject({ kind: "no-time" });
  rig.input({ kind: "clock-stopped" });
  expect(rig.on.work.heard).toEqual([]);
  expect(rig.activate(other)).toMatchObject({ kind: "no-time" });
  const carl = another(of, "carl's key", of.city.addHolder("carl", of.north));
  expect(rig.activate(stationed(carl))).toMatchObject({ kind: "no-pin" });
});

test("SPEC TIM-13: keys that disagree set nothing until a third one settles it", () => {
  const { of, rig, key } = vehicle();
  expect(rig.activate(key)).toMatchObject({ kind: "no-time" });
  const bos = another(of, "bo's key");
  expect(rig.activate(stationed(bos, NOW + HOUR))).toMatchObject({ kind: "no-time" });
  const carl = another(of, "carl's key", of.city.addHolder("carl", of.north));
  expect(rig.activate(stationed(carl))).toMatchObject({ kind: "no-pin" });
  expect(interval(rig)?.lo).toBeLessThan(NOW + 2);
});

test("SPEC TIM-13, TRU-16: the word of a key whose holder is revoked does not count", () => {
  const { of, rig, line, key, other } = vehicle();
  const entry = { kind: "holder", id: of.anna.pseudonym, until: NOW } as const;
  expect(line.deliver(of.city.revoke(of.north.list, NOW, entry))).toBe("stored");
  expect(rig.activate(key)).toMatchObject({ kind: "grant-refused" });
  expect(rig.activate(other)).toMatchObject({ kind: "no-time" });
  expect(rig.on.work.heard).toHaveLength(1);
});

test("SPEC TIM-13, TIM-5, PER-15: two keys never bring it below what it has known", () => {
  const { of, rig, line } = vehicle();
  expect(line.time(of)).toBe("accepted");
  rig.powerOff().powerOn("set");
  const early = stationed(of, NOW - HOUR);
  const bos = another(of, "bo's key");
  expect(rig.activate(early)).toMatchObject({ kind: "no-time" });
  expect(rig.activate(stationed(bos, NOW - HOUR))).toMatchObject({ kind: "no-time" });
  expect(rig.on.holdings.clock).toMatchObject({ quality: "lost" });
  expect(rig.on.holdings.clock.knownLower).toBeGreaterThanOrEqual(NOW - 1);
});

test("SPEC TIM-8, TIM-13: a box at a host asks no key for the time, and one that has it asks none either", () => {
  const { rig, key, other } = vehicle(foundCity(), "at-host");
  expect(rig.activate(key)).toEqual({ kind: "no-time", wants: "host" });
  expect(rig.activate(other)).toEqual({ kind: "no-time", wants: "host" });
  expect(rig.on.work.heard).toEqual([]);
  const timely = equipped(foundCity(), alone);
  timely.rig.dock(0, timely.key);
  expect(timely.rig.on.work.heard).toEqual([]);
});

test("SPEC TIM-13: a key speaks for itself: the word of another key, brought by it, does not count", () => {
  const { of, bos, rig, key } = vehicle();
  expect(new Host<BoxX>(rig).greet().time(of)).toBe("accepted");
  rig.dock(0, key);
  const at = talkingAt(rig);
  const nonce = new Uint8Array(16).fill(7);
  const challenge = { nonce, givenAtTickMs: rig.tickMs, lifetimeMs: 10_000 };
  const wordOf = (whose: City) => {
    const value = { nonce, t: NOW, uncertaintyMs: 500, source: "key" } as const;
    const { bytes: statement } = of.city.centre.sign(whose.key, timeStatementObject, value);
    return { statement, grant: whose.grant.bytes, certificates: of.city.centre.chainOf("grant") };
  };
  expect(takeKeyTime(at, challenge, wordOf(of)).on?.work.heard).toHaveLength(1);
  expect(takeKeyTime(at, challenge, wordOf(bos))).toEqual({});
});

test("what keys have said of the time dies with power (SPEC PER-13)", () => {
  const { rig, key, other } = vehicle();
  rig.activate(key);
  rig.powerOff().powerOn("set");
  expect(rig.activate(other)).toMatchObject({ kind: "no-time" });
});

test("SPEC ACT-8: it fetches its renewed certificate from a key, also when its own has ended", () => {
  const of = foundCity();
  const ended = boxCertificate(of, { nbf: NBF - DAY, exp: NOW - HOUR });
  const { rig, key } = equipped(of, alone, [ended]);
  rig.dock(0, key);
  expect(rig.sign()).toEqual({ kind: "out-of-order" });
  rig.undock(0);
  const renewed = boxCertificate(of, { nbf: NOW - 60, exp: NOW + 300 * DAY });
  expect(deliver(of, key, { bytes: renewed })).toEqual(["stored"]);
  expect(rig.activate(key)).toEqual({ kind: "activated" });
  expect(key.on.holdings.ticket?.value.until).toBe(EXP);
  expect(rig.on.holdings.own).toHaveLength(2);
});

test("SPEC ACT-8: and the issuer of it, where that one is new too", () => {
  const of = foundCity();
  const { centre } = of.city;
  const issuer = of.city.party("another issuer of devices");
  const terms = { nbf: NBF - DAY, exp: NOW + 500 * DAY, epoch: centre.epoch };
  const certified = { ...terms, roles: roles.device, publicKey: issuer.publicKey };
  const issuers = centre.sign(centre.root, certificateObject, certified);
  const own = { ...terms, roles: roles.ticket, publicKey: of.box.publicKey, exp: NOW + 300 * DAY };
  const renewed = centre.sign(issuer, certificateObject, own);
  const { rig, key } = equipped(of, alone, [boxCertificate(of, { nbf: NBF - DAY, exp: NOW - HOUR })]);
  expect(deliver(of, key, issuers, renewed)).toEqual(["stored", "stored"]);
  expect(rig.activate(key)).toEqual({ kind: "activated" });
});

test("SPEC ACT-8: newer lists come with the keys, but none is given up for them", () => {
  const of = foundCity();
  const made = { ...alone, listPlaces: 1 };
  const { rig, key } = equipped(of, made);
  const south = of.city.addProvider("south", ["day"]);
  const newer = of.city.revoke(of.north.list, NOW, { kind: "holder", id: of.bo.pseudonym, until: NOW });
  expect(deliver(of, key, newer, of.city.revoke(south.list, NOW))).toEqual(["stored", "stored"]);
  expect(rig.activate(key)).toEqual({ kind: "activated" });
  expect(rig.on.holdings.lists.map(({ value }) => [value.list, value.version])).toEqual([[of.north.list, 2]]);
});

test("a box that never saw the issuer of today's grants learns it from the key", () => {
  const of = foundCity();
  const rig = new BoxRig(of, alone, withoutGrantIssuer(of));
  rig.powerOn("set");
  const key = stationed(of);
  const line = new Host<BoxX>(rig).greet();
  line.deliver(verifierOf(of, key));
  line.time(of);
  expect(rig.on.holdings.issuers.some(({ certificate }) => certificate.value.roles === roles.grant)).toBe(false);
  expect(rig.activate(key)).toEqual({ kind: "activated" });
  expect(rig.on.holdings.issuers.some(({ certificate }) => certificate.value.roles === roles.grant)).toBe(true);
});

function withoutGrantIssuer(of: City) {
  const { centre } = of.city;
  const [own = new Uint8Array(0)] = centre.chainOf({ kid: of.box.kid, role: "ticket" });
  const commission = { ...of.city.commission(), issuers: [...centre.chainOf("list"), ...centre.chainOf("device")] };
  const commissioned = { commission, certificates: [own, ...centre.chainOf("time")] };
  return manufactureMains(alone, MAINS_NVM, { seed: of.box.seed, salt: new Uint8Array(8), commissioned });
}

test.each([
  ["alone", 2],
  ["at-host", 1],
] as const)("SPEC TRU-8, ACT-8: a box %s is led into epoch %i by a key that has its certificates", (place, epoch) => {
  const of = foundCity();
  const { rig, line, key } = equipped(of, { ...config, place });
  const next = of.city.openEpoch(NOW - 60);
  const certified = of.city.certify(of.box, "activation-box", NOW - 60);
  expect(deliver(of, key, ...next.issuers, ...certified.certificates, ...next.grants)).not.toContain("refused");
  expect(key.on.holdings.trust.epoch).toBe(2);
  // Verifiers end with their epoch.
  expect(activated(rig, key)).toBe(place === "alone" ? "no-pin" : "out-of-order");
  expect(rig.on.holdings.trust.epoch).toBe(epoch);
  if (place === "at-host") return;
  expect(next.pins.map((pin) => line.deliver(pin))).toEqual(["stored"]);
  expect(activated(rig, key)).toBe("activated");
});

test("SPEC ACT-8: what was not asked for is not taken, whoever signed it, and an issuer is asked for once", () => {
  const { of, rig, key } = equipped(foundCity(), alone);
  rig.dock(0, key);
  const at = talkingAt(rig);
  const learner = { host: "none", roles: ["ticket", "time-source"] } as const;
  const own = certificateOf(of.box.kid, "time-source");
  const take = (asked: FetchRequest, object: Uint8Array | undefined, fetches = at) =>
    takeFetched(fetches, learner, asked, object);
  const [ticket, timeSource] = of.city.certify(of.box, "activation-box", NOW - 60).certificates;
  expect(take(own, timeSource?.bytes).changes.size).toBe(1);
  expect(take(own, ticket?.bytes).changes.size).toBe(0);
  const next = of.city.copy().openEpoch(NOW - 60);
  for (const { bytes } of next.issuers) expect(take(own, bytes).changes.size).toBe(0);
  expect(take({ wanted: "list", list: of.north.list + 1 }, of.city.revoke(of.north.list, NOW).bytes).changes.size).toBe(
    0,
  );
  expect(take(own, Uint8Array.of(1, 2, 3)).changes.size).toBe(0);
  const device = next.devices.find(({ device: { kid } }) => equalBytes(kid, of.box.kid))?.certificates[1];
  const { dock } = take(own, device?.bytes);
  const issuer = next.issuers.find(({ value }) => value.roles === roles.device);
  if (issuer === undefined) throw new Error("no issuer");
  const asked = certificateOf(keyId(provider, issuer.value.publicKey), "device");
  expect(dock).toEqual({ missing: [asked] });
  expect(take(asked, issuer.bytes).changes.has("trust")).toBe(true);
  // SPEC TRU-8: one at a host is led by its host.
  expect(takeFetched(at, { ...learner, host: "serial" }, asked, issuer.bytes).changes.size).toBe(0);
  const again = take(own, device?.bytes, { ...at, dock: { ...at.dock, ...dock } });
  expect(again.dock).toEqual({ fetched: [...at.dock.fetched, expect.any(String)] });
});

test("SPEC ACT-8, TRU-5: an issuer of the same key in the next epoch is fetched, because the old one vouches for nothing in it", () => {
  const of = foundCity();
  const { centre } = of.city;
  const { rig, key } = equipped(of, alone);
  const terms = { nbf: NOW - 60, epoch: 2 };
  const issuer = { ...terms, roles: roles.device, publicKey: centre.issuer("device").publicKey, exp: NOW + 500 * DAY };
  const own = { ...terms, roles: roles.ticket, publicKey: of.box.publicKey, exp: NOW + 300 * DAY };
  const brought = [centre.sign(centre.root, certificateObject, issuer), centre.sign("device", certificateObject, own)];
  expect(deliver(of, key, ...brought)).toEqual(["stored", "stored"]);
  expect(activated(rig, key)).toBe("no-grant");
  expect(rig.on.holdings.trust.epoch).toBe(2);
  expect(rig.on.holdings.own).toHaveLength(1);
});

/** What a step of the box's program is given now. */
function talkingAt(rig: BoxRig) {
  const talking = rig.on.slots[0];
  if (talking?.phase !== "talking" || talking.met === "nobody") throw new Error("nobody met");
  const { met, dock } = talking;
  return { plan: activationBoxPlan(), config: alone, on: rig.on, tickMs: rig.tickMs, slot: 0, talking, met, dock };
}

test("SPEC ACT-8, TRU-7: the certificate for giving the time is renewed beside the one for tickets, which lasts longer", () => {
  const of = foundCity();
  const { rig, key } = equipped(of, alone);
  const lasts = (role: "ticket" | "time-source") =>
    Math.max(...rig.on.holdings.own.map(({ certificate: { value } }) => (hasRole(value, role) ? value.exp : 0)));
  const before = { tickets: lasts("ticket"), time: lasts("time-source") };
  expect(before.time).toBeLessThan(before.tickets);
  const { certificates } = of.city.certify(of.box, "activation-box", NOW - 60);
  expect(deliver(of, key, ...certificates)).toEqual(["stored", "stored"]);
  expect(rig.activate(key)).toEqual({ kind: "activated" });
  expect(lasts("time-source")).toBe(NOW - 60 + 14 * DAY);
  // It is good for long yet, and was not asked for.
  expect(lasts("ticket")).toBe(before.tickets);
});

function activated(rig: BoxRig, key: KeyRig): string | undefined {
  return rig.activate(key)?.kind;
}
