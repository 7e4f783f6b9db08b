import { type Grant, type Signed, toHex } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { STATION_QUOTAS } from "#src/devices/station/factory.ts";
import { Authority } from "#src/world/authority.ts";
import type { PublicParty } from "#src/world/parties.ts";
import { rootStream } from "#src/world/streams.ts";
import { type City, commissioned, DAY, EXP, foundCity, HOUR, NBF, NOW, provider } from "../key/rig.ts";
import { config, type StationRig, started } from "./rig.ts";

function small(bundles: number) {
  const of = foundCity();
  const station = started(of, { ...config, quotas: { ...STATION_QUOTAS, bundles } });
  if (station.line.time(of) !== "accepted") throw new Error("no time");
  return station;
}

/** A shift that begins so many hours from now. */
function shift(of: City, key: PublicParty, hours: number, iat: number = NOW - 12 * HOUR): Signed<Grant> {
  const nbf = NOW + hours * HOUR;
  return of.city.grantShift({ ...of.shift, key, iat, nbf, exp: nbf + 8 * HOUR });
}

function keysWithBundles(rig: StationRig): Set<string> {
  return new Set([...rig.on.own.bundles.keys()].map((name) => name.split("/")[1] ?? ""));
}

test("when places are taken, what has ended goes first, then what begins furthest away, and never what begins within a day", () => {
  const { of, rig, line } = small(3);
  const [ended, far, soon, near, next] = ["a", "b", "c", "d", "e"].map((name) => of.city.party(name));
  if (ended === undefined || far === undefined || soon === undefined || near === undefined || next === undefined)
    return;
  const give = (key: PublicParty, hours: number) => line.bundle(key.kid, shift(of, key, hours));
  expect(give(ended, -7)).toBe("stored");
  expect(give(far, 100)).toBe("stored");
  expect(give(soon, 20)).toBe("stored");
  expect(line.ask("info", {})).toMatchObject({ bundles: 3, bundleRoom: 0 });
  // Nothing has ended yet, so the furthest one goes; but not for one that begins later still.
  expect(give(near, 120)).toBe("refused");
  expect(give(near, 50)).toBe("stored");
  expect(keysWithBundles(rig)).toEqual(new Set([ended, soon, near].map(({ kid }) => toHex(kid))));
  rig.pass(2 * HOUR * 1000);
  expect(give(next, 120)).toBe("stored");
  expect(keysWithBundles(rig)).toEqual(new Set([soon, near, next].map(({ kid }) => toHex(kid))));
  expect(give(far, 48)).toBe("stored");
  expect(give(ended, 30)).toBe("stored");
  expect(keysWithBundles(rig)).toEqual(new Set([soon, far, ended].map(({ kid }) => toHex(kid))));
  rig.pass(26 * HOUR * 1000);
  // All of them begin within a day now.
  expect(give(next, 27)).toBe("refused");
});

test("SPEC DCK-7: a certificate that a key was to carry makes room when it has ended", () => {
  const of = foundCity();
  const { rig, line } = started(of, { ...config, quotas: { ...STATION_QUOTAS, objectsPerBundle: 1 } });
  if (line.time(of) !== "accepted") throw new Error("no time");
  const timeSource = () => of.city.certify(of.cabinet, "key-cabinet", rig.now - 60).certificates[1];
  const give = () => line.bundle(of.key.kid, timeSource() ?? new Uint8Array());
  expect(give()).toBe("stored");
  rig.pass(13 * DAY * 1000);
  expect(give()).toBe("refused");
  rig.pass(2 * DAY * 1000);
  line.time(of);
  expect(give()).toBe("stored");
  expect(rig.on.own.bundles.size).toBe(1);
});

test("without a clock only what has surely ended goes", () => {
  const of = foundCity();
  const { rig, line } = started(of, { ...config, quotas: { ...STATION_QUOTAS, bundles: 1 } });
  const [a, b] = [of.city.party("a"), of.city.party("b")];
  expect(line.bundle(a.kid, shift(of, a, 100))).toBe("stored");
  expect(line.bundle(b.kid, shift(of, b, 1))).toBe("refused");
  line.time(of);
  expect(line.bundle(b.kid, shift(of, b, 1))).toBe("stored");
  expect(rig.on.own.bundles.size).toBe(1);
});

test("a grant is for the key that it names, of this city, and not revoked; an older one replaces none", () => {
  const { of, line, rig } = small(9);
  const { key } = of;
  expect(line.bundle(of.box.kid, of.grant)).toBe("refused");
  expect(line.bundle(key.kid, of.grant)).toBe("stored");
  expect(line.bundle(key.kid, of.grant)).toBe("known");
  const newer = of.city.grantShift({ ...of.shift, iat: of.shift.iat + HOUR });
  expect(line.bundle(key.kid, newer)).toBe("stored");
  expect(line.bundle(key.kid, of.grant)).toBe("older");
  expect([...rig.on.own.bundles.values()].map(({ bytes }) => bytes)).toEqual([newer.bytes]);
  const stranger = new Authority({ provider, stream: rootStream(5), foundedAt: NBF - DAY });
  const theirs = stranger.grantShift({
    ...of.shift,
    holder: stranger.addHolder("x", stranger.addProvider("p", ["day"])),
    groups: [1],
  });
  expect(line.bundle(key.kid, theirs)).toBe("need-certificate");
  const entry = { kind: "holder", id: of.bo.pseudonym, until: NOW } as const;
  expect(line.bundle(key.kid, of.city.revoke(of.north.list, NOW, entry))).toBe("stored");
  const revoked = of.city.grantShift({ ...of.shift, holder: of.bo, nbf: EXP, exp: EXP + HOUR });
  expect(line.bundle(key.kid, revoked)).toBe("refused");
  expect(
    line.bundle(
      key.kid,
      of.city.grantShift({ ...of.shift, nbf: NBF - DAY, exp: NBF - DAY + HOUR, iat: NBF - 2 * DAY }),
    ),
  ).toBe("refused");
});

test("bundles without a grant, which any host can make of any key's kid, give way to those with one", () => {
  const { of, rig, line } = small(2);
  const junk = [1, 2, 3].map((n) => line.bundle(new Uint8Array(8).fill(n), of.policy));
  expect(junk).toEqual(["stored", "stored", "refused"]);
  expect(line.bundle(of.key.kid, of.grant)).toBe("stored");
  expect(line.bundle(of.key.kid, of.policy)).toBe("stored");
  expect(line.bundle(new Uint8Array(8).fill(4), of.policy)).toBe("refused");
  expect(keysWithBundles(rig).has(toHex(of.key.kid))).toBe(true);
});

test("one bundle is bounded too, and its policies are replaced by newer ones only", () => {
  const of = foundCity();
  const { line } = started(of, { ...config, quotas: { ...STATION_QUOTAS, objectsPerBundle: 2 } });
  line.time(of);
  const { kid } = of.key;
  expect(line.bundle(kid, of.grant)).toBe("stored");
  expect(line.bundle(kid, of.policy)).toBe("stored");
  const renewed = of.city.renewPolicy(of.flat, NOW);
  expect(line.bundle(kid, renewed)).toBe("stored");
  expect(line.bundle(kid, of.policy)).toBe("older");
  expect(line.bundle(kid, shift(of, of.key, 24))).toBe("refused");
});

test("a key gets two grants of one holder, whichever was issued first, and the next holder's when that one is through", () => {
  const { of, rig, line } = small(9);
  const key = commissioned(of).powerOn("set");
  const give = (holder: City["anna"], hours: number, iat: number) => {
    const nbf = NOW + hours * HOUR;
    return line.bundle(of.key.kid, of.city.grantShift({ ...of.shift, holder, iat, nbf, exp: nbf + 4 * HOUR }));
  };
  expect([
    give(of.anna, -1, NOW - 4_000),
    give(of.anna, 10, NOW - 9_000),
    give(of.bo, 24, NOW - 30),
    give(of.anna, 40, NOW - 20),
  ]).toEqual(Array.from({ length: 4 }, () => "stored"));
  rig.visit(0, key);
  const subs = () => key.on.holdings.grants.map(({ value }) => [value.sub, (value.nbf - NOW) / HOUR]);
  const [anna] = subs()[0] ?? [];
  expect(subs()).toEqual([
    [anna, -1],
    [anna, 10],
  ]);
  key.pass(20 * HOUR * 1000);
  rig.pass(20 * HOUR * 1000).visit(0, key);
  expect(subs().map(([, hours]) => hours)).toEqual([24]);
  expect(subs()[0]?.[0]).not.toBe(anna);
});

test("receipts and other devices' certificates travel with the key to door and box", () => {
  const { of, rig, line } = small(9);
  const { kid } = of.key;
  const key = commissioned(of).powerOn("set");
  line.bundle(kid, of.grant);
  const receipt = of.city.receipt({
    device: of.cylinder.kid,
    store: "openings",
    n: 7,
    head: new Uint8Array(16),
    iat: NOW,
  });
  expect(line.bundle(kid, receipt)).toBe("stored");
  expect(line.bundle(kid, receipt)).toBe("known");
  const [ticket, issuer] = of.city.centre.chainOf({ kid: of.box.kid, role: "ticket" });
  if (ticket === undefined || issuer === undefined) throw new Error("no chain");
  expect(line.bundle(kid, ticket)).toBe("stored");
  expect(line.bundle(kid, ticket)).toBe("known");
  expect(line.bundle(kid, issuer)).toBe("known");
  rig.visit(0, key);
  expect(key.on.holdings.receipts.map(({ bytes }) => bytes)).toEqual([receipt.bytes]);
  expect(key.on.holdings.certificates.some(({ key: one }) => toHex(one.kid) === toHex(of.box.kid))).toBe(true);
});
