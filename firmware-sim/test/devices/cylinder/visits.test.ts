import { certificateObject, logSegmentObject, parseObject, roles, segmentPositions } from "@nyckelfri/protocol";
import { beforeAll, expect, test } from "vitest";
import { recordsFrom } from "#src/devices/cylinder/record-store.ts";
import type { Party } from "#src/world/parties.ts";
import { CONTEXT } from "./rig.ts";
import {
  again,
  boxChain,
  commission,
  DAY,
  EXP,
  foundTown,
  HOUR,
  mountedTown,
  moveTo,
  NBF,
  NOW,
  type Town,
  ticketFor,
  visit,
} from "./town.ts";

let fresh: Town;
beforeAll(() => {
  fresh = mountedTown();
});

/** The mounted town as it was: its cylinder's memory anew. */
function town(): Town {
  return again(fresh, fresh.rig.nvm);
}

function log({ rig }: Town, store: "openings" | "refusals" = "openings") {
  const { memory, stores } = rig.on;
  return recordsFrom(CONTEXT, memory, CONTEXT.layout[store], stores[store], 1, 1000).map(({ record }) => record);
}

test("SPEC SVC-3, SVC-4: commissioned once, mounted, and it opens at the first visit", () => {
  const new_ = foundTown();
  expect(commission(new_)).toMatchObject({ kind: "reply" });
  expect(commission(new_)).toMatchObject({ kind: "reply" });
  expect(new_.rig.on.stores.bank.settings.lifecycle).toBe("commissioned");
  expect(moveTo(new_, new_.first.bytes, boxChain(new_).slice(0, 1))).toBe("done");
  expect(visit(new_)).toMatchObject({ result: "opened" });
  expect(new_.rig.clutch).toBe("engaged");
});

test("SPEC SVC-1: no commission of another fleet is taken, and nothing leads back to factory", () => {
  const here = town();
  const reply = commission({ ...here, first: here.city.renewPolicy(here.flat, NBF) });
  expect(reply).toMatchObject({ kind: "error", code: "messages/out-of-turn" });
  expect(here.rig.on.stores.bank.settings.lifecycle).toBe("active");
});

test("SPEC OPN-10: a first visit verifies three signatures, a repeat one", () => {
  const here = town();
  const first = visit(here);
  // The box's certificate and its issuer's are new to the door as well.
  const needs = ["certificate-of-ticket", "certificate-of-box-issuer"];
  expect(first).toMatchObject({ result: "opened", needs });
  expect(
    visit(here, { grant: here.city.grantShift({ ...here.window, holder: here.anna, key: here.key }) }),
  ).toMatchObject({
    result: "opened",
    needs: [],
    signatures: 3,
  });
  expect(visit(here, { by: "cti", ticket: "kept" })).toMatchObject({ result: "opened", needs: [], signatures: 1 });
});

test("SPEC OPN-9: what a door has forgotten it asks for whole, with the certificates of what it cannot read", () => {
  // A power cut after the result and before the cache (found as opening-first/cylinder/nvm:99:torn): the key sends its cti alone.
  const here = town();
  expect(visit(here, { by: "cti", ticket: "kept" })).toMatchObject({
    result: "opened",
    needs: ["grant", "ticket", "certificate-of-grant", "certificate-of-ticket"],
  });
});

/** The chain of a box that the city's books do not know, under an issuer of device certificates with this key and these times. */
function chainUnder(
  { city }: Town,
  box: Party,
  issuer: Party,
  { nbf, exp }: { readonly nbf: number; readonly exp: number },
) {
  const { centre } = city;
  const { value } = centre.issuer("device").certificate;
  const above = centre.sign(centre.root, certificateObject, { ...value, publicKey: issuer.publicKey, nbf, exp });
  const own = { roles: roles.ticket, publicKey: box.publicKey, nbf, exp: nbf + 300 * DAY, epoch: value.epoch };
  return [centre.sign(issuer, certificateObject, own).bytes, above.bytes];
}

test("P14, SPEC OPN-9: a box under another issuer, or a renewed one, is believed at a door that holds one already", () => {
  const { certificate } = fresh.city.centre.issuer("device");
  const { nbf, exp } = certificate.value;
  const issuers = {
    another: (here: Town) => chainUnder(here, here.tool, here.city.party("another issuer"), { nbf, exp }),
    // Of the same key, and the box's certificate does not fit into the older one.
    renewed: (here: Town) =>
      chainUnder(here, here.tool, here.city.centre.issuer("device"), { nbf: nbf - DAY, exp: exp - DAY }),
  };
  for (const chainOf of Object.values(issuers)) {
    const here = town();
    expect(visit(here)).toMatchObject({ result: "opened" });
    const there = { ...here, box: here.tool };
    expect(visit(there, { boxChain: chainOf(here) })).toMatchObject({ result: "opened" });
    expect(visit(there)).toMatchObject({ result: "opened", needs: [] });
  }
});

test("SPEC OPN-10, DEC-2: a door that is not in service asks for nothing, and verifies nothing", () => {
  // Found as mounting-again/key/at:2000us: three certificates verified for a refusal that was certain.
  const here = town();
  const reply = moveTo(here, here.city.dismount(here.flat, NOW, 1_000).bytes, boxChain(here).toReversed());
  expect(reply).toBe("done");
  expect(visit(here)).toMatchObject({ result: "door-out-of-service", needs: [], signatures: 0 });
});

test("where no activation is asked two signatures are enough", () => {
  const here = town();
  const policy = here.city.renewPolicy(here.flat, NBF, { activation: "not-asked" });
  expect(visit(here, { ticket: "none", updates: [policy.bytes] })).toMatchObject({ result: "opened", signatures: 3 });
});

test("P1, SPEC DEC-11: an expired grant is refused, and the refusal is recorded", () => {
  const here = town();
  visit(here);
  expect(visit(here, { at: EXP })).toMatchObject({ result: "not-permitted-now" });
  expect(here.rig.clutch).toBe("disengaged");
  expect(log(here, "refusals")).toMatchObject([{ kind: "refusal", reason: "expired" }]);
});

test("SPEC OPN-11: one refusal in a power-up is recorded, one that nobody proved is only counted", () => {
  const here = town();
  visit(here);
  const counted = here.rig.on.stores.counted.value;
  expect(visit(here, { key: here.tool })).toMatchObject({ result: "try-again" });
  expect(here.rig.on.stores.counted.value).toBe(counted + 1);
  expect(log(here, "refusals")).toEqual([]);
});

test("SPEC OPN-7, DEC-14: a revocation that comes with the key refuses that key", () => {
  const here = town();
  const list = here.city.revoke(here.north.list, NOW, { kind: "grant", id: here.grant.value.cti, until: NOW });
  const issuer = here.city.centre.issuer("list").certificate.bytes;
  visit(here);
  expect(visit(here, { updates: [issuer, list.bytes] })).toMatchObject({
    result: "not-permitted-now",
    updates: ["known", "stored"],
  });
  expect(visit(here)).toMatchObject({ result: "not-permitted-now" });
  expect(log(here, "refusals").at(-1)).toMatchObject({ reason: "revoked" });
});

test("SPEC OPN-7: a new provider's first visit opens, because the policy comes before the decision", () => {
  const here = town();
  const alarm = here.south.groups["alarm"] as number;
  const bo = here.city.addHolder("bo", here.south);
  const grant = here.city.grantShift({ holder: bo, key: here.key, groups: [alarm], ...here.window });
  expect(visit(here, { grant })).toMatchObject({ result: "not-permitted-now" });
  here.city.serve(here.home, [here.day, alarm]);
  const policy = here.city.renewPolicy(here.flat, NOW);
  expect(visit(here, { grant, updates: [policy.bytes] })).toMatchObject({ result: "opened", updates: ["stored"] });
  expect(visit(here, { grant, updates: [policy.bytes] })).toMatchObject({ updates: ["known"] });
});

test("SPEC DEC-15: a key that keeps news back does not open", () => {
  const here = town();
  const carried = { epoch: 1, policy: 9, lists: [] };
  expect(visit(here, { proof: { carried } })).toMatchObject({ result: "try-again" });
});

test("SPEC TRU-8: a new epoch voids what was, and honest keys open again at once", () => {
  const here = town();
  visit(here);
  const { issuers, policies, grants, devices } = here.city.openEpoch(NOW);
  here.city.certify(here.box, "activation-box", NOW);
  const [certificate] = issuers.filter(({ value }) => value.roles === 2);
  const policy = policies[0];
  const updates = [certificate?.bytes as Uint8Array, policy?.bytes as Uint8Array];
  expect(visit(here, { updates })).toMatchObject({ result: "update-key", updates: ["stored", "stored"] });
  expect(devices.length).toBeGreaterThan(0);
  const anew = grants.find(({ value }) => value.sub === here.grant.value.sub);
  expect(here.rig.on.stores.floor).toMatchObject({ epoch: 2 });
  expect(visit(here, { grant: anew as typeof here.grant, at: NOW + 60 })).toMatchObject({ result: "opened" });
});

test("P14, SPEC OPN-10: the issuer of an update that is stored stays, though no visit has opened; a certificate alone does not", () => {
  const here = town();
  here.city.revoke(here.north.list, NBF);
  const { issuers, lists, policies } = here.city.openEpoch(NOW);
  const [policyIssuer, listIssuer] = [2, 4].map((role) => issuers.find(({ value }) => value.roles === role)?.bytes);
  const [policy] = policies;
  const brought = [policyIssuer, policy?.bytes, listIssuer] as Uint8Array[];
  expect(visit(here, { updates: brought })).toMatchObject({
    updates: ["stored", "stored", "stored"],
    result: "update-key",
  });
  const [list] = lists.filter(({ value }) => policy?.value.lists.includes(value.list));
  const updates = [list?.bytes, listIssuer, list?.bytes] as Uint8Array[];
  expect(visit(here, { updates }).updates).toEqual(["need-certificate", "stored", "stored"]);
  const newer = here.city.revoke(here.north.list, NOW + 60);
  expect(visit(here, { updates: [newer.bytes], at: NOW + 60 }).updates).toEqual(["stored"]);
  const newest = here.city.renewPolicy(here.flat, NOW + 60);
  expect(visit(here, { updates: [newest.bytes], at: NOW + 60 }).updates).toEqual(["stored"]);
});

test("SPEC TRU-9: the successor becomes root by an update", () => {
  const here = town();
  const { transition, issuers } = here.city.rotateRoot(NOW);
  const [certificate] = issuers.filter(({ value }) => value.roles === 1);
  const updates = [certificate?.bytes as Uint8Array, transition?.bytes as Uint8Array, certificate?.bytes as Uint8Array];
  expect(visit(here, { updates }).updates).toEqual(["need-certificate", "stored", "stored"]);
  expect(here.rig.on.stores.bank.settings.trust).toMatchObject({ epoch: 2 });
});

test("SPEC FRM-7, OPN-16: a replayed open gets the cached result and touches neither clutch nor log", () => {
  const here = town();
  visit(here);
  visit(here, { by: "cti", ticket: "kept" });
  const { length } = here.rig.engagements;
  const before = log(here);
  const [repeated] = here.rig.repeat();
  expect(repeated).toEqual(here.rig.sent.at(-2));
  expect(here.rig.engagements).toHaveLength(length);
  expect(log(here)).toEqual(before);
});

test("SPEC OPN-5: a proof that comes after timer A is worth nothing", () => {
  const here = town();
  visit(here);
  expect(visit(here, { waitMs: 1900 })).toMatchObject({ result: "opened" });
  expect(visit(here, { waitMs: 2001 })).toMatchObject({ result: "try-again" });
});

test("SPEC OPN-5: after timer B nothing is engaged, and the intent is recorded as aborted", () => {
  const here = town();
  here.rig.measureMs = 2_100;
  expect(visit(here)).toMatchObject({ result: "opened" });
  here.rig.measureMs = 2_300;
  expect(visit(here)).toMatchObject({ result: "try-again" });
  expect(log(here).at(-1)).toEqual({ kind: "outcome", code: "aborted", durationMs: 0 });
});

test("SPEC OPN-12, OPN-13: energy that is short before the intent leaves none, and after it an aborted one", () => {
  const here = town();
  visit(here);
  const before = log(here).length;
  here.rig.energy = ["short"];
  expect(visit(here)).toMatchObject({ result: "try-again" });
  expect(log(here).slice(before)).toEqual([{ kind: "outcome", code: "unknown", durationMs: 0 }]);
  here.rig.energy = ["enough", "short"];
  expect(visit(here)).toMatchObject({ result: "try-again" });
  expect(log(here).slice(-2)).toMatchObject([{ kind: "intent" }, { kind: "outcome", code: "aborted" }]);
  expect(here.rig.engagements).toHaveLength(1);
});

test("P5, SPEC OPN-13, OPN-14: a key that lets go before the engagement has opened nothing, though the power lasts: another may sit there", () => {
  const here = town();
  visit(here);
  const before = log(here).length;
  const measured = { count: 0 };
  here.rig.letsGo = ({ kind }) => kind === "measure-energy" && measured.count++ === 0;
  expect(visit(here)).toMatchObject({ result: "try-again" });
  // No intent: what the pulled key of the first visit left is all.
  expect(log(here).slice(before)).toEqual([{ kind: "outcome", code: "unknown", durationMs: 0 }]);
  here.rig.letsGo = ({ kind }) => kind === "measure-energy" && measured.count++ === 2;
  expect(visit(here)).toMatchObject({ result: "try-again" });
  expect(log(here).slice(-2)).toMatchObject([{ kind: "intent" }, { kind: "outcome", code: "aborted" }]);
  expect(here.rig.engagements).toHaveLength(1);
  here.rig.letsGo = ({ kind }) => kind === "engage";
  visit(here);
  expect(here.rig.clutch).toBe("disengaged");
  expect(log(here).at(-1)).toMatchObject({ kind: "outcome", code: "engaged", durationMs: 0 });
  // The next session is another one's.
  here.rig.letsGo = () => false;
  expect(visit(here)).toMatchObject({ result: "opened" });
});

test("P5, P12, SPEC FRM-8, OPN-13: a hello that is refused ends what the session before was about to do, and whoever comes after opens nothing", () => {
  const here = town();
  visit(here);
  const before = log(here).length;
  const { engagements } = here.rig;
  const opened = engagements.length;
  const garbage = {
    version: 1,
    kind: "request",
    message: 0,
    session: 77,
    sequence: 0,
    body: Uint8Array.of(0xff),
  } as const;
  // While the energy is measured somebody says nonsense, and the key goes.
  here.rig.letsGo = ({ kind }) => {
    if (kind !== "measure-energy") return false;
    here.rig.letsGo = () => false;
    here.rig.give({ kind: "frame", frame: garbage, tickMs: here.rig.tickMs });
    return true;
  };
  expect(visit(here)).toMatchObject({ result: "silence" });
  expect(here.rig.engagements).toHaveLength(opened);
  expect(log(here).slice(before)).toEqual([{ kind: "outcome", code: "unknown", durationMs: 0 }]);
  expect(visit(here)).toMatchObject({ result: "opened" });
});

test("P7, SPEC OPN-12: one reading of the energy decides, and a second one while its refusal is written engages nothing", () => {
  const here = town();
  visit(here);
  const { rig } = here;
  const before = log(here).length;
  const opened = rig.engagements.length;
  rig.energy = ["short"];
  const sentLate = (): void => rig.give({ kind: "energy", reading: "enough", tickMs: rig.tickMs });
  rig.letsGo = ({ kind }) => {
    if (kind === "nvm" && rig.on.phase.name === "verifying") {
      rig.letsGo = () => false;
      sentLate();
    }
    return false;
  };
  expect(visit(here)).toMatchObject({ result: "try-again" });
  expect(rig.engagements).toHaveLength(opened);
  expect(log(here)).toHaveLength(before + 1);
  expect(visit(here)).toMatchObject({ result: "opened" });
});

test("P20, SPEC OPN-14, PRV-7: the session ends with the removal, and who comes after gets neither log nor list in it", () => {
  for (const end of ["engaged", "logging"] as const) {
    const here = town();
    expect(visit(here)).toMatchObject({ result: "opened" });
    if (end === "logging") here.rig.give({ kind: "timer", name: "hold", tickMs: here.rig.tickMs + 10_000 });
    expect(here.rig.on.phase.name).toBe(end);
    expect(here.rig.ask("open", "collect", { store: "openings" })).toMatchObject({ kind: "reply" });
    here.rig.give({ kind: "removed", tickMs: here.rig.tickMs });
    const after = { kind: "error", code: "messages/out-of-turn" };
    expect(here.rig.ask("open", "collect", { store: "openings" })).toMatchObject(after);
    expect(here.rig.ask("open", "fetch", { wanted: "list", list: here.north.list })).toMatchObject(after);
  }
});

test("P20, SPEC OPN-14: nor does the session of a key that went before its `open` was answered", () => {
  const here = town();
  visit(here);
  here.rig.letsGo = ({ kind }) => kind === "engage";
  expect(visit(here)).toMatchObject({ result: "opened" });
  expect(here.rig.ask("open", "collect", { store: "openings" })).toMatchObject({ code: "messages/out-of-turn" });
});

test("SPEC OPN-14: engaged until its time is over or the key is pulled, and then the outcome", () => {
  const here = town();
  visit(here);
  here.rig.give({ kind: "timer", name: "hold", tickMs: here.rig.tickMs + 10_000 });
  expect(here.rig.clutch).toBe("disengaged");
  expect(log(here).at(-1)).toMatchObject({ kind: "outcome", code: "engaged" });
  visit(here);
  here.rig.give({ kind: "removed", tickMs: here.rig.tickMs + 500 });
  expect(here.rig.clutch).toBe("disengaged");
  expect(log(here).at(-1)).toMatchObject({ kind: "outcome", code: "engaged" });
});

test("SPEC OPN-15, LOG-6: the log is carried away in segments that chain, and receipts move the mark", () => {
  const here = town();
  for (let index = 0; index < 4; index++) visit(here);
  const collected = here.rig.ask("open", "collect", { store: "openings" });
  expect(collected).toMatchObject({ kind: "reply" });
  const bytes = collected.kind === "reply" ? collected.body.segment : undefined;
  const segment = parseObject(logSegmentObject, bytes as Uint8Array).value;
  const last = segmentPositions(here.provider, segment).at(-1);
  const newest = here.rig.on.stores.openings.newest;
  expect(last).toEqual(newest);
  const receipt = {
    device: here.cylinder.kid,
    n: newest.number,
    head: newest.head,
    iat: NOW,
    store: "openings",
  } as const;
  const [issuer, good] = [here.city.centre.issuer("receipt").certificate.bytes, here.city.receipt(receipt).bytes];
  expect(here.rig.ask("open", "receipt", { receipt: good })).toMatchObject({ body: { outcome: "refused" } });
  visit(here, { updates: [issuer] });
  expect(here.rig.ask("open", "receipt", { receipt: good })).toMatchObject({ body: { outcome: "covered" } });
  expect(here.rig.on.stores.bank.settings.acknowledged.openings).toBe(newest.number);
  const forged = here.city.receipt({ ...receipt, head: new Uint8Array(16) }).bytes;
  expect(here.rig.ask("open", "receipt", { receipt: forged })).toMatchObject({ body: { outcome: "fork" } });
  expect(log(here).at(-1)).toEqual({ kind: "fork", n: newest.number });
  // However often it is brought, it pushes no opening out of the ring.
  const before = here.rig.on.stores.openings.newest;
  for (let again = 0; again < 3; again++)
    expect(here.rig.ask("open", "receipt", { receipt: forged })).toMatchObject({ body: { outcome: "fork" } });
  expect(here.rig.on.stores.openings.newest).toEqual(before);
});

test("SPEC OPN-15, PRV-7: who has not opened collects and fetches nothing", () => {
  const here = town();
  visit(here, { key: here.tool });
  expect(here.rig.ask("open", "collect", { store: "openings" })).toMatchObject({ code: "messages/out-of-turn" });
  expect(here.rig.ask("open", "fetch", { wanted: "list", list: 1 })).toMatchObject({ code: "messages/out-of-turn" });
});

test("SPEC SVC-5: a door is dismounted when its log is safe, and keeps its chain", () => {
  const here = town();
  visit(here);
  const dismounting = here.city.dismount(here.flat, NOW);
  expect(moveTo(here, dismounting.bytes)).toBe("log-not-acknowledged");
  const { newest } = here.rig.on.stores.openings;
  const writtenOff = here.city.dismount(here.flat, NOW, newest.number + 9);
  expect(moveTo(here, writtenOff.bytes, boxChain(here).toReversed())).toBe("done");
  here.rig.insert();
  const { stores } = here.rig.on;
  expect(stores.bank.settings).toMatchObject({ lifecycle: "dismounted", lists: [], grants: [], erasure: "done" });
  expect(stores.openings.newest.number).toBeGreaterThan(newest.number);
  expect(log(here)).toHaveLength(1);
  expect(visit(here)).toMatchObject({ result: "door-out-of-service" });
  const elsewhere = here.city.mount(here.city.addDoor("flat 9"), here.cylinder, NOW + 9);
  expect(ticketFor(here, here.order).bytes.length).toBeGreaterThan(0);
  expect(elsewhere.value.mount).toBe(2);
});

test("SPEC TRU-4: nothing opens before its time or under a policy of another door", () => {
  const here = town();
  visit(here);
  expect(visit(here, { at: NBF - HOUR })).toMatchObject({ result: "not-permitted-now" });
  const other = here.city.addDoor("flat 4");
  const stranger = here.city.mount(other, here.city.party("other"), NBF - DAY);
  expect(visit(here, { updates: [stranger.bytes] }).updates).toEqual(["refused"]);
});
