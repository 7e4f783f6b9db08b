import {
  acceptDeviceTransfer,
  acceptRootTransition,
  activationTicketObject,
  adoptCertificate,
  type Certificate,
  type CertifiedKey,
  certificateObject,
  deviceTransferObject,
  doorPolicyObject,
  equalBytes,
  examine,
  type Grant,
  grantObject,
  hasRole,
  type IdEntryKind,
  matchesPin,
  type ObjectKind,
  openProofExtra,
  openProofObject,
  parseObject,
  pinProof,
  pinVerifierObject,
  defaultProvider as provider,
  type RootTransition,
  revocationListObject,
  rootTransitionObject,
  type Signed,
  type Trust,
  timeStatementObject,
  toHex,
  uploadReceiptObject,
  verifyByKind,
  verifyChain,
  verifyIssuerCertificate,
  verifyTimeStatement,
} from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { Authority, OPEN, SERVICE } from "#src/world/authority.ts";
import type { IssuedGrant, IssuedList, IssuedPolicy } from "#src/world/ledger.ts";
import type { Door } from "#src/world/parties.ts";
import { rootStream } from "#src/world/streams.ts";
import { codeOf } from "./code-of.ts";

const HOUR = 3_600;
const DAY = 24 * HOUR;
const NBF = 1_793_599_200;
const EXP = NBF + 9 * HOUR;
const NOW = NBF + 2 * HOUR;

/** A city with a home, a shared entrance, two providers, a key in its shift and an activation box. */
function foundCity(seed = 1) {
  const city = new Authority({ provider, stream: rootStream(seed).fork("city"), foundedAt: NBF - 30 * DAY });
  const north = city.addProvider("north", ["day", "night"]);
  const south = city.addProvider("south", ["alarm"]);
  const flat = city.addDoor("flat 3");
  const entrance = city.addDoor("entrance", "entrance");
  const day = north.groups["day"] as number;
  const home = city.addHome("home 3", [flat, entrance], [day]);
  city.addHome("home 4", [city.addDoor("flat 4"), entrance], Object.values(south.groups));
  const cylinder = city.party("cylinder");
  const key = city.party("key");
  const box = city.party("box");
  const station = city.party("station");
  city.certify(box, "activation-box", NBF - DAY);
  city.certify(station, "station", NBF - DAY);
  const list = city.revoke(north.list, NBF - 2 * DAY);
  const policy = city.mount(flat, cylinder, NBF - 2 * DAY);
  const anna = city.addHolder("anna", north);
  const shift = { holder: anna, key, groups: [day], iat: NBF - 12 * HOUR, nbf: NBF, exp: EXP };
  const grant = city.grantShift(shift);
  return {
    ...{ city, north, south, flat, entrance, home, day, cylinder, key, box, station, anna, shift },
    ...{ list, policy, grant },
  };
}
type City = ReturnType<typeof foundCity>;

/** What a device gets to know: the signer's chain, verified from bytes. */
function certified(city: Authority, signer: Parameters<Authority["centre"]["chainOf"]>[0]): CertifiedKey {
  return verifyChain(city.centre.chainOf(signer), city.centre.trust, provider);
}

/** Verified as a device would: from bytes, with the chain that travels, by the rules of the kind. */
function verified<T>(city: Authority, kind: ObjectKind<T>, object: Signed<T>) {
  const role = kind.issuance?.role as Parameters<Authority["centre"]["issuer"]>[0];
  const authority = { signer: certified(city, role), trust: city.centre.trust, provider };
  return verifyByKind(parseObject(kind, object.bytes), authority);
}

interface VisitChanges {
  readonly grant?: Signed<Grant>;
  readonly at?: number;
  readonly action?: "open" | "service";
  readonly door?: Door;
  /** Whose certificates the door still believes in. */
  readonly trust?: Trust;
}

/** The key at a door: a box gave a ticket, the key proves itself, the door examines and decides. */
function visit(of: City, changes: VisitChanges = {}): string {
  const { city, key, box, station, north } = of;
  const { grant = of.grant, at = NOW, action = "open", door: where = of.flat, trust = city.centre.trust } = changes;
  const { fleetId, epoch, rootPublicKey } = trust;
  const held = city.ledger.policyAt(where, at) as IssuedPolicy;
  const policy = held.object.value;
  const list = (city.ledger.listAt(north.list, at) as IssuedList).object.value;
  const ticket = city.centre.sign(box, activationTicketObject, {
    ...{ grantDigest: provider.sha256(grant.bytes), from: grant.value.nbf, until: grant.value.exp },
    ...{ method: "pin", boxCounter: 1 },
  });
  const [hello, answer] = [Uint8Array.of(1), Uint8Array.of(2)];
  // A proof with action service belongs to a `lifecycle` message (SPEC SVC-7).
  const lifecycle = { hello, welcome: answer, policy: Uint8Array.of(3) };
  const transcript = action === "service" ? lifecycle : { hello, challenge: answer, updates: [] };
  const proof = city.centre.sign(
    key,
    openProofObject,
    {
      ...{ lo: at - 1, widthSeconds: 4, quality: "running", keyCounter: 1, action, timeSource: station.kid },
      carried: { epoch, policy: policy.version, lists: [[list.list, list.version]] },
    },
    openProofExtra(provider, transcript, grant.bytes, ticket.bytes),
  );
  const known = [certified(city, "grant"), certified(city, { kid: box.kid, role: "ticket" })];
  const keysOf = (kid: Uint8Array) => known.filter((one) => equalBytes(one.kid, kid));
  const { decision } = examine(
    {
      ...{ rootPublicKey, lifecycle: "active", epoch, floor: 0, policy, lists: [list] },
      policyVersion: { epoch: held.epoch, value: policy.version },
    },
    { grant: grant.bytes, ticket: ticket.bytes, proof: proof.bytes, transcript },
    {
      ...{ provider, fleetId, energy: "enough" },
      issuersOf: (kid) => keysOf(kid).filter((one) => one.level === "issuer"),
      boxesOf: (kid) => keysOf(kid).filter((one) => one.level === "device"),
    },
  );
  return decision.verdict === "refuse" ? decision.reason : decision.verdict;
}

test("a usual visit is permitted", () => {
  expect(visit(foundCity())).toBe("permit-open");
});

test("the same seed founds the same city, another seed another", () => {
  const bytes = (of: City) => [of.grant, of.policy, of.list].map((object) => toHex(object.bytes));
  expect(bytes(foundCity(1))).toEqual(bytes(foundCity(1)));
  expect(bytes(foundCity(1))).not.toEqual(bytes(foundCity(2)));
});

test("one thing more in the city changes nobody's keys and ids", () => {
  const of = foundCity();
  of.city.addHolder("bo", of.south);
  expect(of.city.party("key").kid).toEqual(foundCity().key.kid);
  expect(of.city.addHolder("anna", of.north).pseudonym).toEqual(of.anna.pseudonym);
  expect(of.city.addHolder("bo", of.north).pseudonym).not.toEqual(of.anna.pseudonym);
});

test("everything that it issues verifies by the chain of its issuer", () => {
  const { city, key, cylinder, station, north, grant, policy, list, box } = foundCity();
  const receipt = city.receipt({ device: cylinder.kid, n: 3, head: new Uint8Array(16), iat: NOW, store: "openings" });
  const v = pinProof(provider, new Uint8Array(32), "2580");
  const pin = city.pinVerifier(key, v, NOW);
  expect(verified(city, grantObject, grant).value.sub).toBe(grant.value.sub);
  expect(verified(city, doorPolicyObject, policy).value.lists).toEqual([north.list]);
  expect(verified(city, revocationListObject, list).value.version).toBe(1);
  expect(verified(city, uploadReceiptObject, receipt).value.n).toBe(3);
  expect(matchesPin(provider, verified(city, pinVerifierObject, pin).value, v)).toBe(true);

  const statement = parseObject(timeStatementObject, city.stateTime(new Uint8Array(16), NOW).bytes);
  const time = { signer: certified(city, "time"), trust: city.centre.trust, provider };
  expect(verifyTimeStatement(statement, time).source.sourceClass).toBe("issuer");
  for (const [party, role] of [
    [station, "collector"],
    [station, "time-source"],
    [box, "ticket"],
    [box, "time-source"],
  ] as const) {
    const { certificate } = certified(city, { kid: party.kid, role });
    expect(hasRole(certificate.value, role)).toBe(true);
  }
  expect(codeOf(() => city.centre.chainOf({ kid: station.kid, role: "ticket" }))).toBe("caller/argument");
  const { issuers, policy: first, root } = city.commission(policy);
  expect(issuers.map((bytes) => verifyChain([bytes], city.centre.trust, provider).level)).toEqual(
    Array(4).fill("issuer"),
  );
  expect([first, root]).toEqual([policy.bytes, city.centre.root.publicKey]);
});

test("a station's certificate for the time ends before the other and is renewed", () => {
  const { city, station } = foundCity();
  const lengths = () => {
    const { certificates } = city.certify(station, "station", NBF);
    return certificates.map(({ value }) => (value.exp - value.nbf) / DAY);
  };
  expect(lengths()).toEqual([400, 14]);
  expect(certified(city, { kid: station.kid, role: "time-source" }).certificate.value.nbf).toBe(NBF);
});

test("a policy serves the groups of all homes behind its door, and names their providers' lists", () => {
  const { city, entrance, flat, home, day, south, north } = foundCity();
  const alarm = south.groups["alarm"] as number;
  const shared = city.mount(entrance, city.party("cylinder 2"), NOW);
  expect(shared.value).toMatchObject({ groups: [day, alarm], lists: [north.list, south.list], doorKind: "entrance" });
  city.serve(home, [alarm]);
  const changed = city.renewPolicy(flat, NOW, { activation: "not-asked", state: "deactivated" });
  expect(changed.value).toMatchObject({ groups: [alarm], version: 2, mount: 1, state: "deactivated" });
  expect(city.renewPolicy(flat, NOW + 1).value).toMatchObject({ activation: "not-asked", version: 3 });
  expect(codeOf(() => city.renewPolicy(city.addDoor("nowhere"), NOW))).toBe("caller/argument");
});

test("a cylinder that moves keeps its versions rising and gets the next mount number", () => {
  const { city, flat, cylinder } = foundCity();
  const left = city.dismount(flat, NOW, 43);
  expect(left.value).toMatchObject({ state: "dismounted", mount: 1, version: 2, writtenOff: 43 });
  const elsewhere = city.addDoor("flat 9");
  expect(city.mount(elsewhere, cylinder, NOW + 1).value).toMatchObject({ state: "active", mount: 2, version: 3 });
  expect(codeOf(() => city.renewPolicy(flat, NOW + 2))).toBe("caller/argument");
});

test("revocation: the door refuses, and the ledger knows since when and by which entry", () => {
  const of = foundCity();
  const { city, north, grant, anna, key, shift, flat } = of;
  const issued = city.ledger.grantOf(grant.value.cti) as IssuedGrant;
  expect(issued.holder).toBe(anna);
  const lost = city.revoke(north.list, NOW, { kind: "key", id: key.kid, until: NOW });
  expect(lost.value).toMatchObject({ version: 2, entries: [{ kind: "key" }] });
  expect(city.ledger.revocationOf(issued, NOW - 1)).toBeUndefined();
  expect(city.ledger.revocationOf(issued, NOW)?.entry.kind).toBe("key");
  expect(city.ledger.revocationOf(issued, NOW, [of.south.list])).toBeUndefined();
  expect([visit(of, { at: NOW - 1 }), visit(of)]).toEqual(["permit-open", "revoked"]);
  expect([city.ledger.rightsOf(anna, flat, NOW - 1), city.ledger.rightsOf(anna, flat, NOW)]).toEqual([OPEN, 0]);

  // A found key works with its next grant.
  const next = city.grantShift({ ...shift, iat: NOW + 1, nbf: NOW + 1 });
  expect(visit(of, { grant: next, at: NOW + HOUR })).toBe("permit-open");
  expect(city.ledger.rightsOf(anna, flat, NOW + HOUR)).toBe(OPEN);
});

test("each kind of entry voids in the ledger what it voids at a door", () => {
  const kinds = {
    grant: ({ grant }: City) => grant.value.cti,
    key: ({ key }: City) => key.kid,
    holder: ({ anna }: City) => anna.pseudonym,
    issuer: ({ city }: City) => city.centre.issuer("grant").kid,
  };
  for (const [kind, idOf] of Object.entries(kinds)) {
    for (const [id, until, isVoid] of [
      ["own", NOW, true],
      ["own", NBF - 31 * DAY, false],
      ["other", NOW, false],
    ] as const) {
      const of = foundCity();
      const entry = { kind: kind as IdEntryKind, id: id === "own" ? idOf(of) : new Uint8Array(8), until };
      of.city.revoke(of.north.list, NBF - DAY, entry);
      expect(visit(of), `${kind} ${id}`).toBe(isVoid ? "revoked" : "permit-open");
      const issued = of.city.ledger.grantOf(of.grant.value.cti) as IssuedGrant;
      expect(of.city.ledger.revocationOf(issued, NOW) !== undefined, `${kind} ${id}`).toBe(isVoid);
    }
  }
  const of = foundCity();
  of.city.revoke(of.north.list, NOW, { kind: "group", id: of.day, until: NOW });
  expect([visit(of), of.city.ledger.rightsOf(of.anna, of.flat, NOW)]).toEqual(["revoked", 0]);
});

test("a list drops entries that void nothing any more", () => {
  const { city, north, anna, box } = foundCity();
  const holder = { kind: "holder", id: anna.pseudonym, until: NBF } as const;
  const device = { kind: "device", id: box.kid, until: NBF } as const;
  city.revoke(north.list, NBF, device, holder);
  const last = NBF + 7 * DAY + 16 * HOUR + 60;
  expect(city.revoke(north.list, last).value.entries).toEqual([holder, device]);
  expect(city.revoke(north.list, last + 1).value.entries).toEqual([device]);
});

test("rights follow window, group, exclusion and policy", () => {
  const of = foundCity();
  const { city, anna, flat, home, south, shift, north, key } = of;
  const { ledger } = city;
  expect([NBF - 1, NBF, EXP - 1, EXP].map((at) => ledger.rightsOf(anna, flat, at))).toEqual([0, OPEN, OPEN, 0]);
  const bo = city.addHolder("bo", north);
  const excluded = city.grantShift({ ...shift, holder: bo, excluded: [flat] });
  expect(visit(of, { grant: excluded })).toBe("no-access");
  expect(ledger.rightsOf(bo, flat, NOW)).toBe(0);
  city.serve(home, Object.values(south.groups));
  city.renewPolicy(flat, NOW);
  expect([ledger.rightsOf(anna, flat, NOW - 1), ledger.rightsOf(anna, flat, NOW)]).toEqual([OPEN, 0]);

  const technician = city.addHolder("cleo", city.addProvider("locks", []));
  const order = { technician, key, door: flat, iat: NOW, nbf: NOW, exp: NOW + HOUR };
  const work = city.grantWorkOrder(order);
  expect(visit(of, { grant: work, at: NOW + 60, action: "service" })).toBe("permit-service");
  expect(ledger.rightsOf(technician, flat, NOW + 60) & SERVICE).toBe(SERVICE);
  expect(ledger.rightsOf(technician, of.entrance, NOW + 60)).toBe(0);
});

test("a new epoch refuses the old grant and serves the one that was issued anew", () => {
  const of = foundCity();
  const { city, shift, north, box, grant } = of;
  const lost = city.grantShift({ ...shift, holder: city.addHolder("bo", north) });
  city.revoke(north.list, NOW - HOUR, { kind: "grant", id: lost.value.cti, until: NOW });
  city.pinVerifier(of.key, new Uint8Array(32), NOW - HOUR);
  city.receipt({ device: box.kid, n: 3, head: new Uint8Array(16), iat: NOW - HOUR, store: "openings" });
  const before = city.centre.trust;
  const oldIssuer = city.centre.issuer("grant").certificate;
  const floor = { epoch: before.epoch, value: 0 };

  const opened = city.openEpoch(NOW);
  expect(opened.transition).toBeUndefined();
  expect([opened.epoch, city.ledger.epochAt(NOW - 1)?.epoch, city.ledger.epochAt(NOW)?.epoch]).toEqual([2, 1, 2]);
  const [grantIssuer] = opened.issuers;
  const revealed = verifyIssuerCertificate(
    parseObject(certificateObject, (grantIssuer as Signed<Certificate>).bytes),
    before,
    provider,
  );
  const adopted = adoptCertificate({ trust: before, floor }, revealed);
  expect(adopted).toEqual({ trust: city.centre.trust, floor: { epoch: 2, value: NOW } });
  expect(
    codeOf(() => verifyIssuerCertificate(parseObject(certificateObject, oldIssuer.bytes), adopted.trust, provider)),
  ).toBe("trust/epoch");

  // What was revoked is not issued again; all the rest is, and verifies.
  expect(opened.grants.map(({ value }) => value.sub)).toEqual([grant.value.sub]);
  const [again] = opened.grants as [Signed<Grant>];
  expect(again.value.cti).not.toEqual(grant.value.cti);
  expect(verified(city, grantObject, again).value).toMatchObject({ iat: NOW, nbf: NOW, exp: EXP });
  expect(opened.policies.map((one) => verified(city, doorPolicyObject, one).value.version)).toEqual([1]);
  expect(opened.lists.map((one) => verified(city, revocationListObject, one).value.version)).toEqual([1]);
  expect(opened.pins.map((one) => verified(city, pinVerifierObject, one).value.iat)).toEqual([NOW]);
  expect(opened.receipts.map((one) => verified(city, uploadReceiptObject, one).value.n)).toEqual([3]);
  expect(opened.devices.length).toBe(2);
  const later = NOW + HOUR;
  expect(visit(of, { grant, at: later })).toBe("issuer-unknown");
  expect(visit(of, { grant: again, at: later })).toBe("permit-open");
  expect(city.ledger.grantOf(again.value.cti)?.holder).toBe(of.anna);
});

test("a grant of an ended epoch gives no rights", () => {
  const { city, south, anna, flat, grant } = foundCity();
  // In a list that this door does not name: until the new epoch the door lets the key in.
  city.revoke(south.list, NOW - 1, { kind: "grant", id: grant.value.cti, until: NOW - 1 });
  expect(city.openEpoch(NOW).grants).toEqual([]);
  expect([city.ledger.rightsOf(anna, flat, NOW - 1), city.ledger.rightsOf(anna, flat, NOW)]).toEqual([OPEN, 0]);
});

test("a withdrawn device gets no certificate in the new epoch", () => {
  const { city, north, box, station } = foundCity();
  city.revoke(north.list, NOW - 1, { kind: "device", id: box.kid, until: NOW - 1 });
  const { devices } = city.openEpoch(NOW);
  expect(devices.map(({ device }) => toHex(device.kid))).toEqual([toHex(station.kid)]);
  expect(codeOf(() => city.centre.chainOf({ kid: box.kid, role: "ticket" }))).toBe("caller/argument");
});

test("the successor becomes root, also for a device that missed an epoch, and the fleet stays", () => {
  const of = foundCity();
  const { city } = of;
  const before = city.centre.trust;
  city.openEpoch(NOW - 1);
  const { transition, epoch, grants } = city.rotateRoot(NOW);
  const object = parseObject(rootTransitionObject, (transition as Signed<RootTransition>).bytes);
  const accepted = acceptRootTransition(object, { trust: before, floor: { epoch: 1, value: 0 } }, provider);
  expect(accepted).toEqual({ trust: city.centre.trust, floor: { epoch: 3, value: NOW } });
  expect(epoch).toBe(3);
  expect(accepted.trust.fleetId).toEqual(before.fleetId);
  expect(visit(of, { grant: grants[0] as Signed<Grant>, at: NOW + HOUR })).toBe("permit-open");
});

test("a device goes to another city with a transfer", () => {
  const [one, other] = [foundCity(1).city, foundCity(2).city];
  const device = one.party("spare key").kid;
  const nonce = new Uint8Array(16);
  const transfer = one.centre.transfer(other.centre.trust, { device, nonce, nbf: NOW });
  const session = { device, nonce, mounting: "loose" } as const;
  const state = { trust: one.centre.trust, floor: { epoch: 1, value: 0 } };
  const object = parseObject(deviceTransferObject, transfer.bytes);
  expect(acceptDeviceTransfer(object, state, session, provider).trust).toEqual(other.centre.trust);
});

test("a copy of the city goes on by itself", () => {
  const { city, north, shift, anna, flat, key } = foundCity();
  const copy = city.copy();
  const next = { ...shift, iat: NOW, nbf: NOW };
  expect(toHex(copy.grantShift(next).bytes)).toBe(toHex(city.grantShift(next).bytes));
  copy.revoke(north.list, NOW, { kind: "key", id: key.kid, until: NOW });
  copy.rotateRoot(NOW + 1);
  expect(city.ledger.rightsOf(anna, flat, NOW)).toBe(OPEN);
  expect(city.centre.epoch).toBe(1);
  expect(city.revoke(north.list, NOW).value.version).toBe(2);
  expect(city.renewPolicy(flat, NOW).value.version).toBe(2);
});
