import { certificateObject, equalBytes, journalPositions, type KeyJournal, toHex } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { manufactureKey, USUAL_NVM, USUAL_QUOTAS } from "#src/devices/key/factory.ts";
import { headAt, journalPage } from "#src/devices/key/journal.ts";
import { planNvmCuts } from "#src/hardware/nvm-cuts.ts";
import { rootStream } from "#src/world/streams.ts";
import { Cylinder } from "./cylinder.ts";
import {
  type City,
  commissioned,
  config,
  DAY,
  EXP,
  foundCity,
  HOUR,
  KeyRig,
  NBF,
  NOW,
  provider,
  signingProvider,
} from "./rig.ts";
import { activate, dock, Station } from "./station.ts";

function ready(of: City = foundCity(), rig: KeyRig = commissioned(of)): { of: City; rig: KeyRig; door: Cylinder } {
  rig.powerOn("set");
  dock(of, rig);
  activate(of, rig);
  rig.signals();
  return { of, rig, door: new Cylinder(of) };
}

test("a repeated visit names the grant by its cti, and the door may ask for the grant", () => {
  const { of, rig, door } = ready();
  expect(door.visit(rig)).toBe("permit-open");
  expect(door.asked[1]?.body).toMatchObject({ by: "grant" });
  expect(door.visit(rig)).toBe("permit-open");
  expect(door.asked[1]?.body).toMatchObject({ by: "cti", cti: of.grant.value.cti });
  const forgetful = new Cylinder(of, { needs: ["grant", "ticket", "certificate-of-grant", "certificate-of-ticket"] });
  expect(forgetful.visit(rig)).toBe("permit-open");
  expect(forgetful.names.slice(0, 3)).toEqual(["hello", "open", "supply"]);
});

test("P14, SPEC OPN-9: of a renewed certificate and the one that it replaces a door gets the one under which the object was issued", () => {
  const of = foundCity();
  const { centre } = of.city;
  const renewed = (["grant", "policy"] as const).map((role) => centre.issuer(role).certificate);
  const older = renewed.map(({ value }) => {
    return centre.sign(centre.root, certificateObject, { ...value, nbf: value.nbf - DAY, exp: of.policy.value.iat })
      .bytes;
  });
  // The older ones stand first in its memory.
  const commission = of.city.commission();
  const isRenewed = (bytes: Uint8Array) => renewed.some((one) => equalBytes(one.bytes, bytes));
  const issuers = [...older, ...commission.issuers.filter((bytes) => !isRenewed(bytes))];
  const { seed } = of.key;
  const salt = new Uint8Array(8);
  const rig = new KeyRig(manufactureKey(config, USUAL_NVM, { seed, commission: { ...commission, issuers }, salt }));
  rig.powerOn("set");
  const station = new Station(of, rig, of.station, "dock").greet();
  station.prove();
  station.time(NOW);
  for (const object of [...renewed, of.grant, of.policy]) expect(station.deliver(object)).toBe("stored");
  activate(of, rig);
  const door = new Cylinder(of, { needs: ["certificate-of-grant"], challenge: { policyVersion: 0 } });
  expect(door.visit(rig)).toBe("permit-open");
  const supplied = door.asked.find(({ name }) => name === "supply")?.body;
  expect(supplied).toEqual({ objects: [renewed[0]?.bytes] });
  expect(door.updates.slice(0, 2)).toEqual([renewed[1]?.bytes, of.policy.bytes]);
});

test("a door that asks for what the key has not is told nothing more", () => {
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  dock(of, rig);
  rig.signals();
  const door = new Cylinder(of, { needs: ["ticket"] });
  expect(door.visit(rig)).toBeUndefined();
  expect(rig.signals()).toEqual(["update-key"]);
});

test("without a ticket the key presents what it has, and the door says what is missing", () => {
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  dock(of, rig);
  rig.signals();
  expect(new Cylinder(of).visit(rig)).toBe("not-activated");
  expect(rig.signals()).toEqual(["activate"]);
});

// SPEC OPN-6, BAT-1, TIM-4, TIM-10.
const UNFIT: readonly [string, string, (of: City, rig: KeyRig) => void][] = [
  [
    "with an expired grant",
    "update-key",
    (_, rig) => rig.pass((EXP - NOW) * 1000).input({ kind: "timer", name: "review" }),
  ],
  ["when the grant has ended unseen", "not-permitted-now", (_, rig) => rig.pass((EXP - NOW) * 1000 - 4_000)],
  ["with a lost clock", "clock", (_, rig) => rig.input({ kind: "power-lost" }).powerOn("set")],
  ["with an unreadable stop flag", "clock", (_, rig) => rig.input({ kind: "power-lost" }).powerOn("unreadable")],
  ["with a clock in conflict", "clock", (of, rig) => contradict(of, rig)],
  [
    "without a grant",
    "update-key",
    (of, rig) => rig.input({ kind: "power-lost" }).powerOn("set") && wipeByEpoch(of, rig),
  ],
  ["with a grant that its own list voids", "not-permitted-now", (of, rig) => revoke(of, rig)],
];

function contradict(of: City, rig: KeyRig): void {
  const station = new Station(of, rig, of.station, "dock").greet();
  expect(station.time(NOW + HOUR)).toBe("conflict");
  rig.input({ kind: "removed" });
}
function wipeByEpoch(of: City, rig: KeyRig): void {
  const station = new Station(of, rig, of.station, "dock").greet();
  station.time(NOW + 60);
  of.city.openEpoch(NOW);
  for (const certificate of of.city.centre.chainOf("grant")) expect(station.deliver(certificate)).toBe("stored");
  rig.input({ kind: "removed" });
}
function revoke(of: City, rig: KeyRig): void {
  const station = new Station(of, rig, of.station, "dock").greet();
  const entry = { kind: "grant", id: of.grant.value.cti, until: of.grant.value.iat } as const;
  expect(station.deliver(of.city.revoke(of.north.list, NOW, entry))).toBe("stored");
  rig.input({ kind: "removed" });
}

test.each(UNFIT)("%s nothing is signed, and the holder is told", (_, told, make) => {
  const { provider: signing, signed } = signingProvider();
  const of = foundCity();
  const { rig } = ready(of, commissioned(of, { config: { ...config, provider: signing } }));
  make(of, rig);
  rig.signals();
  signed.length = 0;
  const entries = rig.on.holdings.journal.newest;
  const door = new Cylinder(of, { challenge: { epoch: 99 } });
  expect(door.visit(rig)).toBeUndefined();
  expect(door.names.filter((name) => name !== "update")).toEqual(["hello"]);
  expect(signed).toEqual([]);
  expect(rig.on.holdings.journal.newest).toBe(entries);
  expect(rig.signals()).toEqual([told]);
});

test("before nbf nothing is signed", () => {
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  dock(of, rig, NBF - HOUR);
  rig.signals();
  const door = new Cylinder(of);
  expect(door.visit(rig)).toBeUndefined();
  expect(rig.signals()).toEqual(["not-permitted-now"]);
  rig.pass((HOUR + 60) * 1000);
  expect(door.visit(rig)).toBe("not-activated");
});

test("an empty battery powers no line and signs nothing", () => {
  const { of, rig, door } = ready();
  rig.input({ kind: "battery", battery: "empty" });
  expect(rig.signals()).toEqual(["battery-empty"]);
  expect(door.visit(rig)).toBeUndefined();
  expect(door.names).toEqual([]);
  const station = new Station(of, rig, of.station, "dock").greet();
  station.prove();
  expect(station.ask("journal", { from: 1 })).toBe("messages/out-of-turn");
});

test("a critical battery opens and carries nothing for others", () => {
  const { rig, door } = ready();
  rig.input({ kind: "battery", battery: "critical" });
  expect(door.visit(rig)).toBe("permit-open");
  // SPEC BAT-1.
  expect(door.names).toEqual(["hello", "open"]);
});

test("a grant that ends while the journal is committed is not proven any more", () => {
  const { rig, door } = ready();
  rig.pass((EXP - NOW) * 1000 - 30_000);
  rig.late = 60_000;
  expect(door.visit(rig)).toBeUndefined();
  expect(door.names).toEqual(["hello"]);
  expect(rig.signals()).toContain("not-permitted-now");
});

test("updates go before the proof: policy, then list, and the proof names what is newer", () => {
  const of = foundCity();
  const { rig } = ready(of);
  const policy = of.city.renewPolicy(of.flat, NOW - 60);
  const list = of.city.revoke(of.north.list, NOW - 60);
  const station = new Station(of, rig, of.station, "dock").greet();
  expect([station.deliver(policy), station.deliver(list)]).toEqual(["stored", "stored"]);
  rig.input({ kind: "removed" });
  const door = new Cylinder(of);
  expect(door.visit(rig)).toBe("permit-open");
  expect(door.names.slice(0, 4)).toEqual(["hello", "update", "update", "open"]);
  expect(door.updates).toEqual([policy.bytes, list.bytes]);
  expect(door.visit(rig)).toBe("permit-open");
  expect(door.updates).toEqual([]);
});

test("a door that keeps no update is told so by the proof", () => {
  const of = foundCity();
  const { rig } = ready(of);
  const station = new Station(of, rig, of.station, "dock").greet();
  station.deliver(of.city.renewPolicy(of.flat, NOW - 60));
  rig.input({ kind: "removed" });
  const door = new Cylinder(of, { updateOutcome: "need-certificate" });
  expect(door.visit(rig)).toBe("update-withheld");
  expect(rig.signals()).toContain("try-again");
});

test("P14, P16, SPEC OPN-18: what a door has refused the proof does not name, a policy or a list", () => {
  const of = foundCity();
  const { rig } = ready(of);
  const station = new Station(of, rig, of.station, "dock").greet();
  for (const object of [of.city.renewPolicy(of.flat, NOW - 60), of.city.revoke(of.north.list, NOW - 60)]) {
    expect(station.deliver(object)).toBe("stored");
  }
  rig.input({ kind: "removed" });
  const door = new Cylinder(of, { updateOutcome: "refused" });
  expect(door.visit(rig)).toBe("permit-open");
  expect(door.updates).toHaveLength(2);
});

test("a door without the issuer's certificate gets it and the object again, three in all", () => {
  const of = foundCity();
  const { rig } = ready(of);
  const station = new Station(of, rig, of.station, "dock").greet();
  const policy = of.city.renewPolicy(of.flat, NOW - 60);
  station.deliver(policy);
  rig.input({ kind: "removed" });
  const door = new Cylinder(of, { updateOutcome: "need-certificate" });
  door.visit(rig);
  const [certificate] = of.city.centre.chainOf("policy");
  expect(door.updates).toEqual([policy.bytes, certificate, policy.bytes]);
});

test("an old door is led to the new root first, then to what it needs there", () => {
  const of = foundCity();
  const { rig } = ready(of);
  const opened = of.city.rotateRoot(NOW);
  const station = new Station(of, rig, of.station, "dock").greet();
  const certificates = (["grant", "policy", "list"] as const).flatMap((role) => of.city.centre.chainOf(role));
  const [policy] = opened.policies;
  const [grant] = opened.grants;
  const brought = [opened.transition, ...certificates, policy, grant].flatMap((one) => one ?? []);
  expect(brought.map((object) => station.deliver(object))).toEqual(brought.map(() => "stored"));
  rig.input({ kind: "removed" });
  const door = new Cylinder(of, { challenge: { policyVersion: 7 } });
  door.visit(rig);
  expect(door.updates.map(toHex)).toEqual(
    [opened.transition?.bytes, certificates[1], policy?.bytes].map((bytes) => toHex(bytes ?? new Uint8Array())),
  );
});

test("no proof leaves without a committed journal entry, wherever the power is cut", () => {
  const of = foundCity();
  const { provider: signing, signed } = signingProvider();
  // Wide words: fewer places to cut at, and the same ones.
  const profile = { ...USUAL_NVM, wordBytes: 64, wordsPerPage: 8 };
  const options = { config: { ...config, provider: signing }, profile, draws: rootStream("cuts") };
  const { rig } = ready(of, commissioned(of, options));
  const { state, nvm, tickMs } = rig;
  const begin = (schedule: readonly { operation: number; stage: "before" | "torn" | "marginal" | "after" }[]) => {
    rig.state = state;
    rig.nvm = nvm;
    rig.tickMs = tickMs;
    rig.cut = schedule[0];
    rig.isCut = false;
    signed.length = 0;
    const door = new Cylinder(of);
    door.visit(rig);
    rig.cut = undefined;
    return door;
  };
  const counter = rig.on.holdings.keyCounter;
  const schedules = [
    ...planNvmCuts((schedule) => {
      begin(schedule);
      return { first: nvm.operations, end: rig.nvm.operations };
    }, 1),
  ];
  expect(schedules.length).toBeGreaterThan(40);
  for (const schedule of schedules) {
    const door = begin(schedule);
    const proofs = door.names.filter((name) => name === "open").length;
    if (rig.state.power === "off") rig.powerOn("clear");
    const { keyCounter, journal } = rig.on.holdings;
    expect(keyCounter - counter).toBeGreaterThanOrEqual(proofs);
    expect(signed.length).toBeLessThanOrEqual(keyCounter - counter);
    // The chain is whole, and a proof's counter is never used again (SPEC PER-7).
    expect(headAt(provider, rig.on.memory.items, journal, journal.newest)).toEqual(journal.head);
    expect(rig.on.holdings.clock.quality).toBe("running");
    rig.received.length = 0;
    expect(new Cylinder(of).visit(rig)).toBe("permit-open");
    expect(rig.on.holdings.keyCounter).toBe(keyCounter + 1);
  }
});

test("a key never signs the same bytes twice, however a door repeats itself", () => {
  const of = foundCity();
  const { provider: signing, signed } = signingProvider();
  const { rig } = ready(of, commissioned(of, { config: { ...config, provider: signing } }));
  const nonce = new Uint8Array(16).fill(7);
  for (let visit = 0; visit < 5; visit++) {
    const door = new Cylinder(of, { challenge: { nonce } });
    expect(door.visit(rig)).toBe("permit-open");
  }
  const fixed = new Uint8Array(16).fill(9);
  for (let docked = 0; docked < 3; docked++) {
    const station = new Station(of, rig, of.station, "dock", fixed).greet();
    // A nonce that it has answered before gets no session.
    expect(station.welcome === undefined).toBe(docked > 0);
    if (docked === 0) station.prove();
    for (let page = 0; docked === 0 && page < 3; page++) station.ask("journal", { from: 1 });
    rig.input({ kind: "removed" });
  }
  const cabinet = new Station(of, rig, of.cabinet, "store").greet();
  cabinet.prove();
  for (let ask = 0; ask < 3; ask++) {
    cabinet.ask("check-in", { slot: 1 });
    cabinet.ask("time-ask", { nonce: fixed });
  }
  // Power takes with it what the key remembers of others' nonces, and not what is its own in what it signs (SPEC PER-13, PER-7).
  rig.input({ kind: "power-lost" }).powerOn("clear");
  const again = new Station(of, rig, of.cabinet, "store", fixed).greet();
  expect(again.ask("check-in", { slot: 1 })).not.toBeTypeOf("string");
  rig.input({ kind: "removed" });
  expect(new Cylinder(of, { challenge: { nonce } }).visit(rig)).toBe("permit-open");
  const said = signed.map(toHex);
  expect(said.length).toBeGreaterThan(8);
  expect(new Set(said).size).toBe(said.length);
});

test("no answer is a try more, and an answer of nonsense too", () => {
  const { rig } = ready();
  rig.received.length = 0;
  rig.input({ kind: "contact", shows: "dark" });
  expect(rig.received).toHaveLength(1);
  for (let wait = 0; wait < 3; wait++) rig.pass(200).input({ kind: "timer", name: "reply" });
  expect(rig.received).toHaveLength(3);
  expect(rig.signals()).toEqual(["try-again"]);
  rig.input({ kind: "contact", shows: "dark" });
  const hello = rig.received.at(-1);
  if (hello === undefined) throw new Error("no hello");
  rig.input({ kind: "frame", frame: { ...hello, kind: "reply", body: Uint8Array.of(0xff) } });
  expect(rig.signals()).toEqual(["try-again"]);
});

test("carried segments stay within the quotas of an insertion, of a cylinder and of all", () => {
  const of = foundCity();
  const quotas = { ...USUAL_QUOTAS, carriedBytesPerCylinder: 400, carriedBytes: 500 };
  const { rig } = ready(of, commissioned(of, { config: { ...config, quotas } }));
  for (let first = 1; first < 12; first++) {
    const door = new Cylinder(of, { segment: { first, nonceCounter: first } });
    expect(door.visit(rig)).toBe("permit-open");
    const { segments } = rig.on.holdings;
    const bytes = segments.reduce((sum, one) => sum + one.bytes.length, 0);
    expect(bytes).toBeLessThanOrEqual(400);
    // The same cylinder's oldest gives way: the newest is always among them.
    expect(segments.some(({ value }) => value.first === first)).toBe(true);
  }
});

test("when the places for all are taken, only a cylinder's own older segments make room", () => {
  const of = foundCity();
  const quotas = { ...USUAL_QUOTAS, carriedBytes: 300 };
  const { rig } = ready(of, commissioned(of, { config: { ...config, quotas } }));
  const visit = (name: string, first: number) =>
    new Cylinder(of, { party: of.city.party(name), segment: { first, nonceCounter: first } }).visit(rig);
  for (const name of ["a", "b", "c", "d"]) expect(visit(name, 1)).toBe("permit-open");
  const carriers = () => rig.on.holdings.segments.map(({ signer, value }) => [toHex(signer), value.first]);
  const [a, b] = ["a", "b"].map((name) => toHex(of.city.party(name).kid));
  expect(carriers()).toEqual([
    [a, 1],
    [b, 1],
  ]);
  visit("b", 2);
  expect(carriers()).toEqual([
    [a, 1],
    [b, 2],
  ]);
});

test("a full journal loses its oldest entries and keeps its chain", () => {
  const of = foundCity();
  const quotas = { ...USUAL_QUOTAS, journalEntries: 5 };
  const { rig, door } = ready(of, commissioned(of, { config: { ...config, quotas } }));
  for (let visit = 0; visit < 4; visit++) expect(door.visit(rig)).toBe("permit-open");
  const { journal } = rig.on.holdings;
  expect(journal).toMatchObject({ oldest: 6, newest: 10 });
  const { items } = rig.on.memory;
  expect([...items.keys()].filter((name) => name.startsWith("entry/"))).toHaveLength(5);
  const { journal: before, ...page } = { journal, ...journalPage(provider, items, journal, 1) };
  const positions = journalPositions(provider, { ...page, nonce: new Uint8Array(16) } as KeyJournal);
  expect(positions.at(-1)).toEqual({ number: 10, head: before.head });
});

test("a door that took one grant is given the next one whole", () => {
  const of = foundCity();
  const { rig, door } = ready(of);
  door.visit(rig);
  const station = new Station(of, rig, of.station, "dock").greet();
  const next = of.city.grantShift({ ...of.shift, iat: NBF - HOUR });
  expect(station.deliver(next)).toBe("stored");
  rig.input({ kind: "removed" });
  door.visit(rig);
  expect(door.asked[1]?.body).toMatchObject({ by: "grant", grant: next.bytes });
});

test("what another cylinder or another session has signed is not carried", () => {
  const of = foundCity();
  const { rig } = ready(of);
  new Cylinder(of, { segment: { keyNonce: new Uint8Array(8) } }).visit(rig);
  expect(rig.on.holdings.segments).toEqual([]);
  new Cylinder(of, { challenge: { cylinder: of.box.kid } }).visit(rig);
  expect(rig.on.holdings.segments).toEqual([]);
});

test("receipts are handed over and let go; a fork's is kept", () => {
  const of = foundCity();
  const { rig } = ready(of);
  const station = new Station(of, rig, of.station, "dock").greet();
  const covered = {
    device: of.cylinder.kid,
    n: 4,
    head: new Uint8Array(16),
    iat: NOW - 60,
    store: "openings",
  } as const;
  expect(station.deliver(of.city.receipt(covered))).toBe("stored");
  rig.input({ kind: "removed" });
  const door = new Cylinder(of);
  door.receiptOutcome = "fork";
  door.visit(rig);
  expect(door.asked.find(({ name }) => name === "collect")?.body).toMatchObject({ delivered: 4 });
  expect(rig.on.holdings.receipts).toHaveLength(1);
  door.receiptOutcome = "covered";
  door.visit(rig);
  expect(rig.on.holdings.receipts).toEqual([]);
});

test("a newer list is fetched from a door that has it", () => {
  const of = foundCity();
  const { rig } = ready(of);
  const newer = of.city.revoke(of.north.list, NOW - 30);
  const door = new Cylinder(of, { challenge: { lists: [[of.north.list, 2]] }, lists: [newer.bytes] });
  expect(door.visit(rig)).toBe("permit-open");
  expect(door.names.at(-1)).toBe("fetch");
  expect(rig.on.holdings.lists[0]?.value.version).toBe(2);
});

test("a result is in the journal when the visit is over, whether anything was carried or not", () => {
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  dock(of, rig);
  const { newest } = rig.on.holdings.journal;
  expect(new Cylinder(of).visit(rig)).toBe("not-activated");
  rig.input({ kind: "power-lost" }).powerOn("clear");
  const { journal } = rig.on.holdings;
  expect(journal.newest).toBe(newest + 2);
  const page = journalPage(provider, rig.on.memory.items, journal, newest + 1);
  expect(page?.entries).toMatchObject([
    { kind: "proof", action: "open" },
    { kind: "result", cylinder: of.cylinder.kid, result: "activate" },
  ]);
});

test("each area of the memory has a salt of its own", () => {
  const of = foundCity();
  const profile = { ...USUAL_NVM, pages: 32 };
  const layout = { firstPage: 0, pagesPerArea: 16 };
  const quotas = { ...USUAL_QUOTAS, journalEntries: 8, carriedBytes: 600 };
  const { rig, door } = ready(of, commissioned(of, { config: { ...config, layout, quotas }, profile }));
  const salts = new Map<number, string>();
  for (let visit = 0; visit < 30; visit++) {
    expect(door.visit(rig)).toBe("permit-open");
    salts.set(rig.on.memory.generation, toHex(rig.on.memory.salt));
  }
  expect(salts.size).toBeGreaterThan(2);
  expect(new Set(salts.values()).size).toBe(salts.size);
});
