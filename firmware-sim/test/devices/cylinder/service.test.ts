import {
  certificateObject,
  encodeChunkedBody,
  encodeRequest,
  defaultProvider as provider,
  roles,
  splitIntoChunks,
} from "@nyckelfri/protocol";
import { beforeAll, expect, test } from "vitest";
import { listsOf } from "#src/devices/cylinder/held.ts";
import { Authority } from "#src/world/authority.ts";
import { rootStream } from "#src/world/streams.ts";
import { CONTEXT } from "./rig.ts";
import {
  again,
  boxChain,
  commission,
  DAY,
  foundTown,
  mountedTown,
  moveTo,
  NBF,
  NOW,
  serve,
  type Town,
  visit,
} from "./town.ts";

let fresh: Town;
beforeAll(() => {
  fresh = mountedTown();
});
const town = (): Town => again(fresh, fresh.rig.nvm);
const settingsIn = ({ rig }: Town) => rig.on.stores.bank.settings;

function otherCity(): Authority {
  return new Authority({ provider, stream: rootStream(9).fork("other city"), foundedAt: NBF - 20 * DAY });
}

/** Hands the cylinder over to the other fleet, in a service session of its own. */
function handOver(here: Town, to: Authority, nonce?: Uint8Array) {
  const { answered } = serve(here);
  if (answered.kind !== "reply") throw new Error(answered.kind);
  const given = { device: here.cylinder.kid, nonce: nonce ?? answered.body.nonce, nbf: NOW };
  const { bytes } = here.city.centre.transfer(to.centre.trust, given);
  return here.rig.ask("service", "transfer", { transfer: bytes });
}

test("SPEC TRU-10: a loose cylinder goes over into another fleet, and keeps key, counters and chain alone", () => {
  const here = foundTown();
  commission(here);
  const { newest } = here.rig.on.stores.openings;
  const nonces = here.rig.on.stores.nonces.value;
  const to = otherCity();
  expect(handOver(here, to, new Uint8Array(16))).toMatchObject({ kind: "error", code: "objects/nonce" });
  expect(handOver(here, to)).toMatchObject({ kind: "reply" });
  here.rig.insert();
  const { epoch, fleetId } = to.centre.trust;
  expect(settingsIn(here)).toMatchObject({
    lifecycle: "commissioned",
    policy: "none",
    certificates: [],
    grants: [],
    lists: [],
  });
  expect(settingsIn(here)).toMatchObject({ trust: { fleetId, epoch }, floor: { epoch, value: NOW } });
  expect(here.rig.on.stores.openings.newest.number).toBe(newest.number + 1);
  expect(here.rig.on.stores.nonces.value).toBeGreaterThan(nonces);
  // The former fleet has no say any more.
  expect(handOver(here, otherCity())).toMatchObject({ kind: "error", code: "trust/issuer-unknown" });
});

test("SPEC TRU-10: a mounted cylinder goes nowhere", () => {
  const here = town();
  expect(handOver(here, otherCity())).toMatchObject({ kind: "error", code: "trust/mounted" });
  expect(visit(here)).toMatchObject({ result: "opened" });
});

test("SPEC FRM-9, SVC-3: what was transferred before a commission that is whole is not what was commissioned", () => {
  const here = foundTown();
  serve(here);
  const data = new Uint8Array(900).fill(7);
  const digest = here.provider.sha256(data);
  expect(here.rig.ask("service", "chunk", { digest, offset: 0, total: 900, data })).toMatchObject({ kind: "reply" });
  const issuers = here.city.commission(here.first).issuers.slice(0, 2);
  const request = { ...here.city.commission(here.first), issuers };
  expect(here.rig.ask("service", "commission", request)).toMatchObject({ kind: "reply" });
  expect(here.rig.ask("service", "commission", request)).toMatchObject({ kind: "reply" });
});

test("SPEC FRM-9, SVC-3: a commission that comes in chunks is worth what it says", () => {
  const here = foundTown();
  serve(here);
  const whole = encodeRequest("service", "commission", here.city.commission(here.first));
  const digest = provider.sha256(whole);
  let received = 0;
  for (const chunk of splitIntoChunks(whole, digest, 200)) {
    const reply = here.rig.ask("service", "chunk", chunk);
    received += chunk.data.length;
    expect(reply).toEqual({ kind: "reply", body: { received } });
  }
  expect(here.rig.ask("service", "chunk", { digest, offset: 9, total: 10, data: new Uint8Array(1) })).toMatchObject({
    kind: "error",
  });
  expect(settingsIn(here).lifecycle).toBe("factory");
  for (const chunk of splitIntoChunks(whole, digest, 200)) here.rig.ask("service", "chunk", chunk);
  expect(here.rig.askRaw("service", "commission", encodeChunkedBody(digest))).toEqual({ kind: "reply", body: {} });
  expect(settingsIn(here).lifecycle).toBe("commissioned");
});

test("SPEC SVC-4, SVC-5: dismounted, and mounted elsewhere under the next mount number, it opens there", () => {
  const here = town();
  visit(here);
  const { newest } = here.rig.on.stores.openings;
  expect(moveTo(here, here.city.dismount(here.flat, NOW, newest.number + 9).bytes, boxChain(here).toReversed())).toBe(
    "done",
  );
  const door = here.city.addDoor("laundry", "laundry");
  here.city.addHome("laundry", [door], [here.day]);
  const policy = here.city.mount(door, here.cylinder, NOW + 9, { activation: "not-asked" });
  expect(policy.value).toMatchObject({ mount: 2, doorKind: "laundry" });
  const order = here.city.grantWorkOrder({ technician: here.otto, key: here.tool, door, ...here.window });
  const chain = [
    here.city.centre.issuer("policy").certificate.bytes,
    here.city.centre.issuer("grant").certificate.bytes,
  ];
  expect(moveTo({ ...here, order }, policy.bytes, chain)).toBe("done");
  expect(settingsIn(here)).toMatchObject({ lifecycle: "active", mount: 2 });
  const shift = here.city.grantShift({ ...here.window, holder: here.anna, key: here.key, groups: [here.day] });
  expect(visit(here, { grant: shift, at: NOW + 60, ticket: "none" })).toMatchObject({ result: "opened" });
  expect(here.rig.on.stores.openings.newest.number).toBeGreaterThan(newest.number);
});

test("P4, SPEC SVC-4, UPD-3: lists that come before the mounting hold with it, in the same commit, and none is written without", () => {
  const here = foundTown();
  commission(here);
  const { north, south, city } = here;
  const void_ = { kind: "grant", id: here.grant.value.cti, until: NOW } as const;
  const list = city.revoke(north.list, NOW, void_);
  const others = Array.from({ length: 4 }, (_, index) => city.revoke(900 + index, NOW));
  const { nvm } = here.rig;
  serve(here);
  const bring = ({ bytes }: { bytes: Uint8Array }) => {
    const given = here.rig.ask("service", "update", { object: bytes });
    return given.kind === "reply" ? given.body.outcome : given.kind;
  };
  const before = here.rig.nvm.pages;
  // Strangers may bring what the fleet has signed: nothing is written for it, and none goes for another.
  expect([...others, list].map(bring)).toEqual(["stored", "stored", "stored", "stored", "refused"]);
  expect(others.map(bring)).toEqual(["known", "known", "known", "known"]);
  expect(bring(city.revoke(900, NOW))).toBe("stored");
  expect(bring(others[0] as (typeof others)[0])).toBe("older");
  expect(here.rig.nvm.pages).toBe(before);
  expect(settingsIn(here).lists).toEqual([]);

  const chain = boxChain(here).slice(0, 1);
  const named = {
    carried: { epoch: city.centre.epoch, policy: 0, lists: [[north.list, list.value.version]] },
  } as const;
  here.rig.nvm = nvm;
  // SPEC DEC-15: who says that it has brought a list is held to it, so nobody between the two keeps it back.
  expect(moveTo(here, here.first.bytes, chain, named)).toBe("refused");
  expect(settingsIn(here).lifecycle).toBe("commissioned");
  const foreign = city.revoke(south.list, NOW);
  expect(here.first.value.lists).not.toContain(south.list);
  expect(moveTo(here, here.first.bytes, [...chain, list.bytes, foreign.bytes], named)).toBe("done");
  expect(settingsIn(here)).toMatchObject({
    lifecycle: "active",
    lists: [{ list: north.list, version: list.value.version }],
    floor: { value: NOW - 60 },
  });
  here.rig.pull();
  expect(visit(here)).toMatchObject({ result: "not-permitted-now" });
});

test("SPEC SVC-4, DEC-14: the lists that come along judge who mounts by them", () => {
  const here = foundTown();
  commission(here);
  const { city, north, order } = here;
  const { centre } = city;
  const chain = boxChain(here).slice(0, 1);
  const list = city.revoke(north.list, NOW, { kind: "grant", id: order.value.cti, until: NOW });
  const { nvm } = here.rig;
  expect(moveTo(here, here.first.bytes, [...chain, list.bytes])).toBe("refused");
  const policies = centre.issuer("policy");
  const other = city.revoke(north.list, NOW, { kind: "issuer", id: policies.kid, until: NOW });
  here.rig.nvm = nvm;
  expect(moveTo(here, here.first.bytes, [...chain, other.bytes])).toBe("refused");
});

test("SPEC TRU-8, SVC-4: with a new epoch the lists end that came before it in the session", () => {
  const here = foundTown();
  commission(here);
  const list = here.city.revoke(here.north.list, NOW);
  const { issuers } = here.city.openEpoch(NOW);
  const [opening, lists] = [2, 4].map((role) => issuers.find(({ value }) => value.roles === role)?.bytes);
  const anew = here.city.revoke(here.north.list, NOW);
  serve(here);
  const listsAfter = (...objects: readonly (Uint8Array | undefined)[]) => {
    for (const object of objects) {
      const given = here.rig.ask("service", "update", { object: object as Uint8Array });
      expect(given).toEqual({ kind: "reply", body: { outcome: "stored" } });
    }
    return listsOf({ ...CONTEXT, insertions: 9 }, here.rig.on);
  };
  expect(listsAfter(list.bytes)).toEqual([list.value]);
  expect(listsAfter(opening)).toEqual([]);
  expect(listsAfter(lists, anew.bytes)).toEqual([anew.value]);
});

// Seed 3000058 of the swarm: the ring began anew with its first block, and at the next boot the one that was left had the higher number.
test("P10, SPEC SVC-5, PRV-4: what a dismounting did not erase is erased again, and no record of the old door comes back", () => {
  const { openings } = CONTEXT.layout;
  const used = town();
  for (let index = 0; index < 40; index++) {
    visit(used, index === 0 ? {} : { by: "cti", ticket: "kept" });
    used.rig.give({ kind: "removed", tickMs: used.rig.tickMs + 900 });
  }
  const { nvm } = used.rig;
  const { newest } = used.rig.on.stores.openings;
  const filled = Array.from({ length: openings.pages }, (_, index) => openings.page + index).filter(
    (page) => (nvm.pages.get(page)?.bytes.length ?? 0) > 0,
  );
  expect(filled.length).toBeGreaterThan(1);
  const policy = used.city.dismount(used.flat, NOW, newest.number + 9).bytes;
  for (const stuck of filled) {
    const here = again(used, nvm);
    let left = 1;
    here.rig.skips = ({ kind, page }) => kind === "erase" && page === stuck && left-- > 0;
    expect(moveTo(here, policy, boxChain(here).toReversed())).toBe("done");
    expect(left).toBeLessThanOrEqual(0);
    const after = here.rig.on.stores.openings.newest;
    expect(after.number).toBeGreaterThan(newest.number);
    here.rig.pull();
    serve(here);
    expect(here.rig.on.stores.openings.newest).toEqual(after);
    expect(here.rig.on.stores.openings.block).toBe(0);
  }
});

test("SPEC OPN-15: after an opening a key fetches lists and certificates, and what is not held comes back empty", () => {
  const here = town();
  const list = here.city.revoke(here.north.list, NOW, { kind: "grant", id: new Uint8Array(8), until: NOW });
  const issuer = here.city.centre.issuer("list");
  expect(visit(here, { updates: [issuer.certificate.bytes, list.bytes] })).toMatchObject({ result: "opened" });
  const fetched = (wanted: Parameters<typeof here.rig.ask<"open", "fetch">>[2]) =>
    here.rig.ask("open", "fetch", wanted);
  expect(fetched({ wanted: "list", list: here.north.list })).toEqual({ kind: "reply", body: { object: list.bytes } });
  expect(fetched({ wanted: "certificate", kid: issuer.kid })).toEqual({
    kind: "reply",
    body: { object: issuer.certificate.bytes },
  });
  expect(fetched({ wanted: "certificate", kid: issuer.kid, roles: roles.list })).toEqual({
    kind: "reply",
    body: { object: issuer.certificate.bytes },
  });
  expect(fetched({ wanted: "certificate", kid: issuer.kid, roles: roles.grant })).toEqual({ kind: "reply", body: {} });
  expect(fetched({ wanted: "root-transition", aboveEpoch: 0 })).toEqual({ kind: "reply", body: {} });
  expect(fetched({ wanted: "list", list: 999 })).toEqual({ kind: "reply", body: {} });
  expect(fetched({ wanted: "certificate", kid: new Uint8Array(8) })).toEqual({ kind: "reply", body: {} });
});

test("SPEC TRU-16, UPD-1: what a held list voids brings nothing any more", () => {
  const here = town();
  const { centre } = here.city;
  const [lists, policies] = [centre.issuer("list"), centre.issuer("policy")];
  const policy = here.city.renewPolicy(here.flat, NOW);
  const list = here.city.revoke(here.north.list, NOW, { kind: "issuer", id: policies.kid, until: NOW + DAY });
  const updates = [lists.certificate.bytes, list.bytes, policies.certificate.bytes];
  expect(visit(here, { updates }).updates).toEqual(["known", "stored", "refused"]);
  expect(visit(here, { updates: [policy.bytes] }).updates).toEqual(["need-certificate"]);
  expect(settingsIn(here).policyVersion.value).toBeLessThan(policy.value.version);
});

test("P14, SPEC OPN-9, OBJ-9: a renewed certificate is worth what it says beside a void one of the same kid", () => {
  const here = town();
  const { centre } = here.city;
  const renewed = (role: "policy" | "grant") => {
    const { value } = centre.issuer(role).certificate;
    return centre.sign(centre.root, certificateObject, { ...value, nbf: NBF - DAY }).bytes;
  };
  const policy = here.city.renewPolicy(here.flat, NOW);
  const lists = centre.issuer("list");
  const until = NBF - 2 * DAY;
  const list = here.city.revoke(
    here.north.list,
    NOW,
    { kind: "issuer", id: centre.issuer("policy").kid, until },
    { kind: "issuer", id: centre.issuer("grant").kid, until },
  );
  // It holds the former ones from its commissioning.
  expect(visit(here, { updates: [lists.certificate.bytes, list.bytes, renewed("policy")] })).toMatchObject({
    updates: ["known", "stored", "stored"],
    result: "not-permitted-now",
  });
  expect(visit(here, { updates: [policy.bytes, renewed("policy"), policy.bytes] }).updates).toEqual([
    "need-certificate",
    "stored",
    "stored",
  ]);
  const supplied = { "certificate-of-grant": renewed("grant") };
  const opened = visit(here, { supplied });
  expect(opened).toMatchObject({ result: "opened" });
  expect(opened.needs).toContain("certificate-of-grant");
  // Both are held now.
  expect(visit(here, { supplied })).toMatchObject({ result: "opened", needs: [] });
});
