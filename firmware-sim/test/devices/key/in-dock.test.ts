import {
  certificateObject,
  deviceProofObject,
  equalBytes,
  keyJournalObject,
  type PinVerifier,
  parseObject,
  pinVerifierDigest,
  roles,
  toHex,
  verifyDeviceProof,
  verifyKeyJournal,
} from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { manufactureKey, USUAL_NVM } from "#src/devices/key/factory.ts";
import { planNvmCuts } from "#src/hardware/nvm-cuts.ts";
import { rootStream } from "#src/world/streams.ts";
import { Cylinder } from "./cylinder.ts";
import { type City, commissioned, config, DAY, EXP, foundCity, HOUR, KeyRig, NBF, NOW, provider } from "./rig.ts";
import { activate, dock, Station } from "./station.ts";

function docked(of: City = foundCity(), rig: KeyRig = commissioned(of).powerOn("set")) {
  const station = new Station(of, rig, of.station, "dock").greet();
  station.prove();
  station.time(NOW);
  return { of, rig, station };
}

test("P4, SPEC DCK-5: where room is short only who has proven itself takes another object's place", () => {
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  dock(of, rig);
  const { lists: places } = config.quotas;
  const list = of.city.revoke(of.north.list, NOW - 900);
  const fill = (station: Station<"dock">) =>
    Array.from({ length: places }, (_, index) => station.deliver(of.city.revoke(900 + index, NOW - 60)));
  const isHeld = () => rig.on.holdings.lists.some(({ bytes }) => equalBytes(bytes, list.bytes));

  // Genuine lists that are nothing to this key's doors, from somebody who has heard them.
  const stranger = new Station(of, rig, of.city.party("nobody"), "dock").greet();
  expect(stranger.deliver(list)).toBe("stored");
  const outcomes = fill(stranger);
  expect([outcomes[0], outcomes.at(-1)]).toEqual(["stored", "refused"]);
  expect([isHeld(), rig.on.holdings.lists.length]).toEqual([true, places]);
  // In the place of an older one of its own number a newer one always comes.
  expect(stranger.deliver(of.city.revoke(900, NOW - 50))).toBe("stored");
  rig.input({ kind: "removed" });

  const station = new Station(of, rig, of.station, "dock").greet();
  station.prove();
  expect(station.deliver(of.city.revoke(999, NOW - 40))).toBe("stored");
  expect([isHeld(), rig.on.holdings.lists.length]).toEqual([false, places]);
});

test.each(["nobody", "a station"])(
  "P16, SPEC DCK-5: whoever holds a key in a slot takes from it no certificate that its grant stands on: %s",
  (who) => {
    const of = foundCity();
    const { centre } = of.city;
    const usual = centre.issuer("grant").certificate;
    // It ends before those of the boxes do, which each of them shows to any key.
    const soon = centre.sign(centre.root, certificateObject, { ...usual.value, exp: EXP + DAY }).bytes;
    const commission = of.city.commission();
    const issuers = commission.issuers.map((bytes) => (equalBytes(bytes, usual.bytes) ? soon : bytes));
    const made = { seed: of.key.seed, commission: { ...commission, issuers }, salt: new Uint8Array(8) };
    const rig = new KeyRig(manufactureKey(config, USUAL_NVM, made)).powerOn("set");
    dock(of, rig);
    activate(of, rig);
    const slot = new Station(of, rig, who === "nobody" ? of.city.party("nobody") : of.station, "dock").greet();
    if (who === "a station") slot.prove();
    const { certificates } = config.quotas;
    let outcome = "";
    for (let index = 0; index < certificates; index++) {
      const { publicKey } = of.city.party(`box ${index}`);
      const [nbf, exp] = [NBF - DAY, NBF + 300 * DAY];
      outcome = slot.deliver(
        centre.sign("device", certificateObject, { roles: roles.ticket, publicKey, nbf, exp, epoch: 1 }),
      );
    }
    rig.input({ kind: "removed" });
    expect(rig.on.holdings.certificates).toHaveLength(certificates);
    expect(outcome).toBe(who === "nobody" ? "refused" : "stored");
    expect(new Cylinder(of).visit(rig)).toBe("permit-open");
  },
);

test("journal and segments only for a proven collector, and what it gets verifies", () => {
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  dock(of, rig);
  activate(of, rig);
  new Cylinder(of).visit(rig);
  const station = new Station(of, rig, of.station, "dock").greet();
  expect([station.ask("journal", { from: 1 }), station.ask("carried", { index: 0 })]).toEqual(
    Array(2).fill("messages/out-of-turn"),
  );
  expect(station.prove("time-source")).toBe("trust/role");
  expect(station.prove()).toEqual({});
  const reply = station.ask("journal", { from: 1 });
  if (typeof reply === "string" || reply.journal === undefined) throw new Error("no journal");
  const { nonce } = station;
  const { publicKey } = of.key;
  const journal = verifyKeyJournal(parseObject(keyJournalObject, reply.journal), {
    ...{ provider, publicKey, fleetId: of.city.centre.fleetId, nonce },
  }).value;
  expect(journal.entries.map(({ kind }) => kind)).toEqual(["time-accepted", "activation", "proof", "result"]);
  expect(station.ask("carried", { index: 0 })).toHaveProperty("segment");
  expect(station.ask("carried", { index: 1 })).toEqual({});
  // A receipt lets the entries go, and only one with the right head (SPEC LOG-7).
  const { head } = rig.on.holdings.journal;
  const covered = { device: of.key.kid, n: 4, head, iat: NOW, store: "journal" } as const;
  expect(station.deliver(of.city.receipt({ ...covered, head: new Uint8Array(16) }))).toBe("refused");
  expect(rig.on.holdings.journal.oldest).toBe(1);
  expect(station.deliver(of.city.receipt(covered))).toBe("stored");
  expect(rig.on.holdings.journal).toMatchObject({ oldest: 5, newest: 4, head });
  expect(station.ask("journal", { from: 5 })).toEqual({});
});

test("a segment goes when a receipt covers it", () => {
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  dock(of, rig);
  activate(of, rig);
  new Cylinder(of).visit(rig);
  const { station } = docked(of, rig);
  const receipt = { device: of.cylinder.kid, head: new Uint8Array(16), iat: NOW, store: "openings" } as const;
  expect(station.deliver(of.city.receipt({ ...receipt, n: 1 }))).toBe("stored");
  expect(rig.on.holdings.segments).toHaveLength(1);
  expect(station.deliver(of.city.receipt({ ...receipt, n: 2 }))).toBe("stored");
  expect(rig.on.holdings.segments).toEqual([]);
});

test("time: late, wide, early and contradicting statements change what they may, and an issuer repairs", () => {
  const { of, rig, station } = docked();
  expect(station.time(NOW, "station", 500, 2_001)).toBe("stale");
  expect(station.time(NOW - HOUR)).toBe("earlier");
  expect(station.time(NOW + 20 * DAY)).toBe("window");
  expect(rig.on.holdings.clock.quality).toBe("running");
  expect(station.time(NOW + HOUR)).toBe("conflict");
  expect(rig.on.holdings.clock.quality).toBe("conflict");
  // It outlives the battery (SPEC TIM-4).
  rig.input({ kind: "power-lost" }).powerOn("clear");
  expect(rig.on.holdings.clock.quality).toBe("conflict");
  const again = new Station(of, rig, of.station, "dock").greet();
  expect(again.time(NOW + HOUR)).toBe("conflict");
  expect(again.time(NOW, "issuer")).toBe("accepted");
  expect(rig.on.holdings.clock.quality).toBe("running");
  expect(again.ask("time", { statement: of.grant.bytes })).toBe("messages/out-of-turn");
});

test("the flag of the oscillator is cleared only behind the commit of the clock", () => {
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  const station = new Station(of, rig, of.station, "dock").greet();
  const challenge = station.ask("time-challenge", {});
  if (typeof challenge === "string") throw new Error(challenge);
  rig.effects.length = 0;
  const statement = of.city.stateTime(challenge.nonce, NOW).bytes;
  station.ask("time", { statement, certificates: of.city.centre.chainOf("time") });
  const kinds = rig.effects.map(({ kind }) => kind);
  expect(kinds.indexOf("clear-stop-flag")).toBeGreaterThan(kinds.lastIndexOf("nvm"));
});

test("lost wipes the ticket and keeps grant, journal and what is carried; a held oscillator wipes nothing", () => {
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  dock(of, rig);
  activate(of, rig);
  new Cylinder(of).visit(rig);
  rig.input({ kind: "power-lost" }).pass(290_000).powerOn("clear");
  expect(rig.on).toMatchObject({ duty: "active" });
  expect(rig.on.holdings.ticket).toBeDefined();
  const newest = rig.on.holdings.journal.newest;
  rig.input({ kind: "power-lost" }).powerOn("set");
  const { ticket, grants, segments, policies, journal, clock } = rig.on.holdings;
  expect([ticket, grants.length, segments.length, policies.length]).toEqual([undefined, 1, 1, 1]);
  expect(journal.newest).toBe(newest + 1);
  expect(clock).toMatchObject({ quality: "lost", knownLower: expect.any(Number) });
  expect(clock.knownLower).toBeGreaterThanOrEqual(NOW - 1);
  expect(rig.on.duty).toBe("loaded");
});

test("grants: own, timely, not void, in their order", () => {
  const { of, rig, station } = docked();
  const issue = (changes: object) => of.city.grantShift({ ...of.shift, ...changes });
  expect(station.deliver(issue({ key: of.box }))).toBe("refused");
  expect(station.deliver(issue({ iat: NOW + HOUR, nbf: NOW + HOUR }))).toBe("refused");
  expect(station.deliver(issue({ iat: NBF - DAY, nbf: NBF - DAY, exp: NBF }))).toBe("refused");
  expect(station.deliver(of.grant)).toBe("stored");
  expect(station.deliver(of.grant)).toBe("known");
  expect(station.deliver(issue({ iat: NBF - 13 * HOUR }))).toBe("older");
  const next = issue({ nbf: NBF + DAY, exp: EXP + DAY });
  expect(station.deliver(next)).toBe("stored");
  expect(rig.on.holdings.grants.map(({ bytes }) => bytes)).toEqual([of.grant.bytes, next.bytes]);
  // A third shift waits in the station; one between them comes before the latest.
  expect(station.deliver(issue({ nbf: NBF + 2 * DAY, exp: EXP + 2 * DAY }))).toBe("refused");
  const replaced = issue({ iat: NBF - HOUR });
  expect(station.deliver(replaced)).toBe("stored");
  expect(rig.on.holdings.grants.map(({ bytes }) => bytes)).toEqual([replaced.bytes, next.bytes]);
});

test("a replaced grant needs a new ticket", () => {
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  dock(of, rig);
  expect(activate(of, rig)).toBe("activated");
  const { station } = docked(of, rig);
  station.deliver(of.city.grantShift({ ...of.shift, iat: NBF - HOUR }));
  expect(rig.on.holdings.ticket).toBeUndefined();
  rig.input({ kind: "removed" });
  expect(activate(of, rig)).toBe("other-grant");
});

test("another holder only in a station, which clears ticket and PIN and keeps the journal", () => {
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  dock(of, rig);
  activate(of, rig);
  const pepper = rig.on.holdings.pin?.pepper;
  const newest = rig.on.holdings.journal.newest;
  const bos = of.city.grantShift({ ...of.shift, holder: of.bo });
  const cabinet = new Station(of, rig, of.cabinet, "store").greet();
  cabinet.prove();
  expect(cabinet.deliver(bos)).toBe("refused");
  rig.input({ kind: "removed" });
  const unproven = new Station(of, rig, of.station, "dock").greet();
  expect(unproven.deliver(bos)).toBe("refused");
  unproven.prove();
  expect(unproven.deliver(bos)).toBe("stored");
  const { ticket, pin, grants, journal } = rig.on.holdings;
  expect(ticket).toBeUndefined();
  expect(toHex(pin?.pepper ?? new Uint8Array())).not.toBe(toHex(pepper ?? new Uint8Array()));
  expect(grants.map(({ bytes }) => bytes)).toEqual([bos.bytes]);
  expect(journal.newest).toBe(newest);
});

test("the grant is wiped at its end, and the next one takes its place", () => {
  const of = foundCity();
  const { rig, station } = docked(of);
  station.deliver(of.grant);
  station.deliver(of.city.grantShift({ ...of.shift, nbf: NBF + DAY, exp: EXP + DAY }));
  rig.signals();
  rig.pass((EXP - NOW) * 1000).input({ kind: "timer", name: "review" });
  expect(rig.signals()).toEqual(["shift-over"]);
  expect(rig.on.duty).toBe("loaded");
  expect(rig.on.holdings.grants).toHaveLength(1);
  expect([...rig.on.memory.items].some(([, bytes]) => toHex(bytes) === toHex(of.grant.bytes))).toBe(false);
  rig.pass(DAY * 1000).input({ kind: "timer", name: "review" });
  expect(rig.on.duty).toBe("expired");
});

test("the timer that wipes is armed for the grant's end", () => {
  const { of, rig, station } = docked();
  rig.effects.length = 0;
  station.deliver(of.grant);
  const armed = rig.effects.flatMap((effect) =>
    effect.kind === "arm" && effect.name === "review" ? [effect.delayMs] : [],
  );
  const left = (EXP - NOW) * 1000;
  expect(armed.at(-1)).toBeLessThan(left);
  expect(armed.at(-1)).toBeGreaterThan(left - 20_000);
  rig.pass(armed.at(-1) ?? 0).input({ kind: "timer", name: "review" });
  rig.pass(15_000).input({ kind: "timer", name: "review" });
  expect(rig.on.holdings.grants).toEqual([]);
});

test("nothing of the future is taken, and without the time nothing that has a date", () => {
  const { of, rig, station } = docked();
  const entry = (iat: number) => of.city.revoke(of.north.list, iat);
  expect(station.deliver(entry(NOW + 70))).toBe("refused");
  expect(station.deliver(entry(NOW + 30))).toBe("stored");
  expect(station.deliver(of.list)).toBe("older");
  expect(station.deliver(of.policy)).toBe("stored");
  expect(station.deliver(of.policy)).toBe("known");
  expect(station.deliver(Uint8Array.of(1, 2, 3))).toBe("refused");
  rig.input({ kind: "power-lost" }).powerOn("set");
  const lost = new Station(of, rig, of.station, "dock").greet();
  expect(lost.deliver(of.city.renewPolicy(of.flat, NOW - 60))).toBe("refused");
});

test("SPEC TRU-12: a key that has lost the time and missed a new root finds its way back by message", () => {
  const { of, rig } = docked();
  rig.input({ kind: "power-lost" }).powerOn("set");
  const { transition, devices } = of.city.rotateRoot(NOW - HOUR);
  expect(devices.length).toBeGreaterThan(0);
  const station = new Station(of, rig, of.station, "dock").greet();
  // Nobody of the new root can tell it the time before.
  expect(station.time(NOW)).not.toBe("accepted");
  expect(transition && station.deliver(transition)).toBe("stored");
  expect(station.time(NOW)).toBe("accepted");
});

test("a new epoch ends everything of the old one but records", () => {
  const of = foundCity();
  const { rig, station } = docked(of);
  for (const object of [of.grant, of.policy, of.list]) expect(station.deliver(object)).toBe("stored");
  const opened = of.city.openEpoch(NOW);
  const [grant] = opened.grants;
  expect(grant && station.deliver(grant)).toBe("need-certificate");
  expect(of.city.centre.chainOf("grant").map((bytes) => station.deliver(bytes))).toEqual(["stored"]);
  const { trust, policies, lists, grants } = rig.on.holdings;
  expect([trust.epoch, policies, lists, grants]).toEqual([2, [], [], []]);
  expect(station.deliver(of.grant)).not.toBe("stored");
  expect(grant && station.deliver(grant)).toBe("stored");
});

test("five wrong PINs lock the key until it has been in a station, over any power cut", () => {
  const of = foundCity();
  const rig = commissioned(of, { draws: rootStream("pins") }).powerOn("set");
  dock(of, rig);
  const box = () => {
    const one = new Station(of, rig, of.box, "activate").greet();
    expect(one.prove("ticket")).toEqual({});
    return one;
  };
  const { nvm, state, tickMs } = rig;
  const attempt = (schedule: readonly Parameters<typeof Object>[0][]) => {
    Object.assign(rig, { nvm, state, tickMs, cut: undefined, isCut: false });
    const one = box();
    rig.cut = schedule[0] as never;
    const answered = one.ask("pin", { pin: "1111" });
    rig.cut = undefined;
    return answered;
  };
  const schedules = [
    ...planNvmCuts((schedule) => {
      attempt(schedule);
      return { first: nvm.operations, end: rig.nvm.operations };
    }, 1),
  ];
  for (const schedule of schedules) {
    const answered = attempt(schedule);
    const isAnswered = typeof answered !== "string" && answered.v !== undefined;
    if (rig.state.power === "off") rig.powerOn("clear");
    // Counted before v leaves: an answer without a count would be a free guess (SPEC ACT-2).
    expect(rig.on.holdings.pin?.attempts ?? 0).toBeGreaterThanOrEqual(isAnswered ? 1 : 0);
  }
  expect(schedules.length).toBeGreaterThan(5);
  Object.assign(rig, { nvm, state, tickMs });
  for (let left = 4; left >= 0; left--) {
    const one = box();
    expect(one.ask("pin", { pin: "1111" })).toMatchObject({ attemptsLeft: left });
    one.ask("pin-verdict", { verdict: left === 0 ? "locked" : "wrong-pin" });
    rig.input({ kind: "removed" }).input({ kind: "power-lost" }).powerOn("clear");
  }
  expect(box().ask("pin", { pin: "2580" })).toEqual({ attemptsLeft: 0 });
  dock(of, rig);
  expect(box().ask("pin", { pin: "2580" })).toMatchObject({ attemptsLeft: 4, v: expect.any(Uint8Array) });
});

test("v is enrolled in a station and the same in a box", () => {
  const { of, rig, station } = docked();
  station.deliver(of.grant);
  const enrolled = station.ask("pin-enrol", { pin: "2580" });
  rig.input({ kind: "removed" });
  const box = new Station(of, rig, of.box, "activate").greet();
  expect(box.ask("pin", { pin: "2580" })).toBe("messages/out-of-turn");
  box.prove("ticket");
  expect(box.ask("grant", {})).toEqual({ grant: of.grant.bytes });
  const answered = box.ask("pin", { pin: "2580" });
  if (typeof enrolled === "string" || typeof answered === "string" || answered.v === undefined) throw new Error("no v");
  expect(toHex(answered.v)).toBe(toHex(enrolled.v));
  const salt = new Uint8Array(16);
  const verifier: Pick<PinVerifier, "digest"> = { digest: pinVerifierDigest(provider, enrolled.v, salt) };
  expect(pinVerifierDigest(provider, answered.v, salt)).toEqual(verifier.digest);
  // A box that only gives tickets is no collector (SPEC DCK-2).
  expect(box.ask("journal", { from: 1 })).toBe("messages/out-of-turn");
});

test("in a cabinet the key proves itself, tells the time under its grant once, and fetches lists for boxes", () => {
  const of = foundCity();
  const rig = commissioned(of).powerOn("set");
  dock(of, rig);
  const cabinet = new Station(of, rig, of.cabinet, "store").greet();
  cabinet.prove();
  const checkedIn = cabinet.ask("check-in", { slot: 2 });
  if (typeof checkedIn === "string") throw new Error(checkedIn);
  const proof = parseObject(deviceProofObject, checkedIn.proof);
  const verifier = { provider, publicKey: of.key.publicKey, fleetId: of.city.centre.fleetId };
  const session = { nonce: cabinet.nonce, exchange: "store", transcript: cabinet.transcript } as const;
  expect(verifyDeviceProof(proof, verifier, session).value.exchange).toBe("store");
  const nonce = new Uint8Array(16).fill(3);
  expect(cabinet.ask("time-ask", { nonce })).toMatchObject({ grant: of.grant.bytes });
  expect(cabinet.ask("time-ask", { nonce })).toEqual({});
  expect(cabinet.ask("fetch", { wanted: "list", list: of.north.list })).toEqual({ object: of.list.bytes });
  expect(cabinet.ask("fetch", { wanted: "certificate", kid: of.station.kid })).toEqual({});
  expect(cabinet.ask("check-out", { slot: 2 })).toEqual({ outcome: "ready" });
  rig.input({ kind: "battery", battery: "critical" });
  expect(cabinet.ask("check-out", { slot: 2 })).toEqual({ outcome: "battery" });
});

test("SPEC ACT-8, TRU-15: of several certificates of one kid it hands out the one with the roles that are asked for", () => {
  const { of, rig, station } = docked();
  const { kid } = of.cabinet;
  const [collector, timeSource] = of.city.certify(of.cabinet, "key-cabinet", NOW - HOUR).certificates;
  if (collector === undefined || timeSource === undefined) throw new Error("no certificates");
  expect([collector, timeSource].map((one) => station.deliver(one))).toEqual(["stored", "stored"]);
  const renewed = of.city.certify(of.cabinet, "key-cabinet", NOW - HOUR + 60).certificates[1];
  expect(renewed && station.deliver(renewed)).toBe("stored");
  const { transition } = of.city.copy().rotateRoot(NOW - 60);
  rig.input({ kind: "removed" });
  const box = new Station(of, rig, of.cabinet, "store").greet();
  const asked = (wanted?: number) =>
    box.ask("fetch", { wanted: "certificate", kid, ...(wanted === undefined ? {} : { roles: wanted }) });
  expect(collector.value.exp).toBeGreaterThan(timeSource.value.exp);
  expect(asked()).toEqual({ object: collector.bytes });
  expect(asked(roles.collector)).toEqual({ object: collector.bytes });
  expect(asked(roles["time-source"])).toEqual({ object: renewed?.bytes });
  expect(asked(roles["time-source"] | roles.collector)).toEqual({});
  expect(box.ask("fetch", { wanted: "root-transition", aboveEpoch: 1 })).toEqual({});
  expect(transition && box.deliver(transition)).toBe("stored");
  expect(box.ask("fetch", { wanted: "root-transition", aboveEpoch: 1 })).toEqual({ object: transition?.bytes });
  expect(box.ask("fetch", { wanted: "root-transition", aboveEpoch: 2 })).toEqual({});
});

test("SPEC STO-1, DCK-6: a cabinet that has proven itself reads the grant, and changes no holder", () => {
  const { of, rig, station } = docked();
  expect(station.deliver(of.grant)).toBe("stored");
  rig.input({ kind: "power-lost" }).powerOn("set");
  const cabinet = new Station(of, rig, of.cabinet, "store").greet();
  expect(cabinet.ask("grant", {})).toBe("messages/out-of-turn");
  cabinet.prove();
  expect(cabinet.ask("grant", {})).toEqual({ grant: of.grant.bytes });
  expect(cabinet.time(NOW)).toBe("accepted");
  const bos = of.city.grantShift({ ...of.shift, holder: of.bo, iat: of.shift.iat + 60 });
  expect(cabinet.deliver(bos)).toBe("refused");
  rig.input({ kind: "removed" });
  const again = new Station(of, rig, of.station, "dock").greet();
  again.prove();
  expect(again.deliver(bos)).toBe("stored");
});

test("a station whose certificate is void is nobody", () => {
  const { of, rig, station } = docked();
  const entry = { kind: "device", id: of.station.kid, until: NOW } as const;
  expect(station.deliver(of.city.revoke(of.north.list, NOW, entry))).toBe("stored");
  rig.input({ kind: "removed" });
  const again = new Station(of, rig, of.station, "dock").greet();
  expect(again.prove()).toBe("trust/role");
  expect(again.time(NOW)).toBe("source");
});
