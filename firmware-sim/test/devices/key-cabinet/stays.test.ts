import { type Frame, roles } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { cabinetDevice } from "#src/devices/key-cabinet/cabinet.ts";
import { MAINS_NVM, manufactureMains } from "#src/devices/mains/factory.ts";
import { foundCity, type KeyRig } from "../key/rig.ts";
import { blank, CabinetRig, carried, DAY, HOUR, heard, MAKES, office, safe, started, stocked } from "./rig.ts";

test.each(MAKES)("%s: a key is checked in, docks, and goes to its holder (SPEC STO-1)", (_make, config) => {
  const { rig, line, anna } = stocked(config);
  expect(rig.shown()).toContain("key-taken-in");
  expect(rig.on.slots[0]?.phase).toBe("resting");
  expect(rig.place(anna)).toEqual({ kind: "stored", slot: 0 });
  rig.present(anna.holder);
  expect(rig.drawn).toEqual([0]);
  expect(rig.shown()).toEqual(["take-your-key"]);
  expect(rig.place(anna)).toMatchObject({ kind: "released", lease: { grant: anna.grant.value.cti } });
  rig.undock(0);
  expect(rig.effects).toContainEqual({ kind: "lock", slot: 0 });
  expect(rig.place(anna)).toMatchObject({ kind: "out", slot: 0, overdue: "not-told" });
  expect(heard(line).filter((one) => one.startsWith("0"))).toEqual(["0 checked-in", "0 checked-out"]);
});

test("a key that has lost the time tells its grant all the same, and goes to its holder (SPEC STO-1)", () => {
  const { rig, anna } = stocked();
  rig.undock(0);
  rig.powerOff().powerOn("set").settle();
  anna.rig.input({ kind: "power-lost" });
  anna.rig.powerOn("set");
  rig.dock(0, anna.rig);
  for (const lost of [rig.on.holdings.clock, anna.rig.on.holdings.clock]) expect(lost.quality).toBe("lost");
  expect(rig.place(anna)).toEqual({ kind: "stored", slot: 0 });
  rig.effects.length = 0;
  expect(rig.present(anna.holder).drawn).toEqual([0]);
});

test("a cabinet that never saw the issuer of a key's grant learns it from the key (SPEC STO-1, ACT-8)", () => {
  const of = foundCity();
  const { centre } = of.city;
  const own = centre.chainOf({ kid: of.cabinet.kid, role: "collector" }).slice(0, 1);
  const commission = { ...of.city.commission(), issuers: [...centre.chainOf("list"), ...centre.chainOf("device")] };
  const made = { seed: of.cabinet.seed, salt: new Uint8Array(8), commissioned: { commission, certificates: own } };
  const rig = new CabinetRig(cabinetDevice(office), manufactureMains(office, MAINS_NVM, made)).powerOn("set").settle();
  const anna = carried(of, "key", of.anna, { now: rig.now });
  rig.dock(0, anna.rig);
  expect(rig.place(anna)).toEqual({ kind: "stored", slot: 0 });
  expect(rig.on.holdings.issuers.some(({ certificate }) => certificate.value.roles === roles.grant)).toBe(true);
  rig.effects.length = 0;
  expect(rig.present(anna.holder).drawn).toEqual([0]);
});

test("a key whose grant cannot be learnt stays until an override (SPEC STO-1, SRV-2)", () => {
  const { of, rig, line, host, anna } = stocked();
  // The city has taken its grants' issuer back, and no other is there.
  const issuer = { kind: "issuer", id: of.city.centre.issuer("grant").kid, until: rig.now } as const;
  expect(line.deliver(of.city.revoke(of.north.list, rig.now, issuer))).toBe("stored");
  rig.pass(office.resyncMs);
  rig.effects.length = 0;
  expect(rig.present(anna.holder).drawn).toEqual([]);
  expect(rig.place(anna)).toEqual({ kind: "stored", slot: 0 });
  expect(line.command(of, host, { kind: "release-slot", slot: 0 })).toEqual({ outcome: "done" });
  expect(rig.drawn).toEqual([0]);
});

test("each holder gets their own key, and nobody else one", () => {
  const { of, rig, anna, bo } = stocked();
  rig.shown();
  expect(rig.present(of.city.addHolder("carl", of.north)).shown()).toEqual(["nothing-for-you"]);
  expect(rig.present({ pseudonym: new Uint8Array(7) }).shown()).toEqual(["nothing-for-you"]);
  expect(rig.present(bo.holder).drawn).toEqual([1]);
  // Not twice while the bolt is drawn, and not two at a time for one.
  rig.effects.length = 0;
  expect(rig.present(bo.holder).drawn).toEqual([]);
  expect(rig.present(anna.holder).drawn).toEqual([0]);
});

test("a key that nobody takes is stored again behind its bolt, and the host hears nothing", () => {
  const { rig, line, anna } = stocked();
  heard(line);
  rig.present(anna.holder);
  expect(rig.drawn).toEqual([0]);
  rig.pass(15_000);
  expect(rig.drawn).toEqual([]);
  expect(rig.place(anna)).toEqual({ kind: "stored", slot: 0 });
  expect(heard(line)).toEqual([]);
  expect(rig.present(anna.holder).drawn).toEqual([0]);
});

test.each([
  ["ended", { iat: -2 * DAY, nbf: -DAY, exp: -HOUR }, []],
  ["of the next 24 h", { iat: -HOUR, nbf: 20 * HOUR, exp: 28 * HOUR }, [0]],
  ["of the day after", { iat: -HOUR, nbf: 30 * HOUR, exp: 38 * HOUR }, []],
] as const)("a grant %s", (_when, times, drawn) => {
  const { of, rig, line } = started();
  const { now } = rig;
  const carl = of.city.addHolder("carl", of.north);
  const shift = { iat: now + times.iat, nbf: now + times.nbf, exp: now + times.exp };
  // Its key is known here, also where the grant has ended.
  const before = of.city.grantShift({
    ...of.shift,
    iat: now - 3 * DAY,
    nbf: now - DAY,
    exp: now + HOUR,
    holder: of.bo,
    key: of.key,
  });
  expect(line.bundle(of.key.kid, before)).toBe("stored");
  const { rig: key } = carried(of, "key", carl, { ...shift, now: Math.min(now, shift.exp - HOUR) });
  key.pass(1000 * Math.max(0, now - (shift.exp - HOUR)));
  key.input({ kind: "timer", name: "review" });
  rig.dock(0, key);
  expect(rig.on.own.whereabouts.size).toBe(1);
  expect(rig.present(carl).drawn).toEqual(drawn);
});

test("a revoked holder's key is taken back, and stays (SPEC TRU-16, OBJ-9)", () => {
  const { of, rig, line, anna } = stocked();
  rig.present(anna.holder);
  rig.undock(0).shown();
  const list = of.city.revoke(of.north.list, rig.now, { kind: "holder", id: anna.holder.pseudonym, until: rig.now });
  expect(line.deliver(list)).toBe("stored");
  rig.dock(0, anna.rig);
  expect(rig.place(anna)).toEqual({ kind: "stored", slot: 0 });
  rig.effects.length = 0;
  expect(rig.present(anna.holder).drawn).toEqual([]);
  expect(rig.shown()).toEqual(["nothing-for-you"]);
});

test("an unknown key is given back, told of once, and nothing is remembered of it (SPEC STO-2)", () => {
  const { of, rig, line } = started();
  const stranger = blank(of, "stranger");
  rig.dock(1, stranger);
  expect(rig.drawn).toEqual([1]);
  expect(rig.shown()).toEqual(["wrong-key"]);
  rig.pass(7 * HOUR * 1000);
  expect(rig.on.own.whereabouts.size).toBe(0);
  rig.undock(1);
  expect(heard(line)).toEqual(["1 wrong-key"]);
});

/** A key whose answers to one message are changed on their way. */
function tampering(key: KeyRig, message: number, change: (frame: Frame) => Frame): KeyRig {
  const input = key.input.bind(key);
  key.input = (given) => {
    input(given);
    for (const [index, frame] of key.received.entries()) {
      if (frame.message === message && frame.kind === "reply") key.received[index] = change(frame);
    }
    return key;
  };
  return key;
}
const CHECK_IN = 22;
const flipped = (frame: Frame): Frame => {
  const body = frame.body.slice();
  body[body.length - 1] = (body[body.length - 1] ?? 0) ^ 1;
  return { ...frame, body };
};

test("a key whose proof fails is given back where it was put in now, and stays where a key is stored (SPEC MSG-7)", () => {
  const { rig, line, anna } = stocked();
  rig.present(anna.holder);
  rig.undock(0).shown();
  rig.dock(0, tampering(anna.rig, CHECK_IN, flipped));
  expect(rig.drawn).toEqual([0]);
  expect(rig.place(anna)?.kind).toBe("out");
  expect(heard(line)).toContain("0 wrong-key");

  const again = stocked();
  tampering(again.anna.rig, CHECK_IN, flipped);
  // Its contact bounces: what is there now does not prove itself.
  again.rig.undock(0).dock(0, again.anna.rig);
  expect(again.rig.drawn).toEqual([]);
  expect(again.rig.place(again.anna)).toEqual({ kind: "stored", slot: 0 });
  again.rig.shown();
  expect(again.rig.present(again.anna.holder).drawn).toEqual([]);
});

test("a proof is worth nothing in another session", () => {
  const { rig, anna } = stocked(safe);
  let first: Frame | undefined;
  tampering(anna.rig, CHECK_IN, (frame) => {
    first ??= frame;
    return { ...frame, body: first.body };
  });
  rig.present(anna.holder);
  expect(rig.drawn).toEqual([0]);
  rig.undock(0).shown();
  rig.dock(0, anna.rig);
  expect(rig.shown()).toEqual(["wrong-key"]);
});

test("a contact that breaks behind its bolt changes nothing", () => {
  const { rig, line, anna } = stocked();
  heard(line);
  rig.effects.length = 0;
  rig.undock(0);
  expect(rig.effects.map(({ kind }) => kind)).not.toContain("lock");
  expect(rig.place(anna)).toEqual({ kind: "stored", slot: 0 });
  expect(rig.present(anna.holder).shown()).toContain("nothing-for-you");
  rig.dock(0, anna.rig);
  expect(heard(line)).toEqual([]);
  expect(rig.present(anna.holder).drawn).toEqual([0]);
});

test("a key whose battery is critical is not handed out, and one that is empty is not taken in", () => {
  const { rig, line, host, of, anna, bo } = stocked();
  anna.rig.input({ kind: "battery", battery: "critical" });
  rig.shown();
  expect(rig.present(anna.holder).shown()).toContain("key-battery");
  expect(rig.place(anna)).toEqual({ kind: "stored", slot: 0 });
  rig.present(bo.holder);
  rig.undock(1);
  bo.rig.input({ kind: "battery", battery: "empty" });
  rig.shown();
  expect(rig.dock(1, bo.rig).drawn).toEqual([1]);
  expect(rig.shown()).toContain("wrong-key");
  // Of the one that is stored and goes empty only a certified host gets hold.
  anna.rig.input({ kind: "battery", battery: "empty" });
  rig.present(anna.holder).pass(20_000);
  expect(rig.on.slots[0]?.phase).toBe("fault");
  expect(rig.present(anna.holder).shown()).toContain("try-again");
  expect(line.command(of, host, { kind: "release-slot", slot: 0 })).toMatchObject({ outcome: "done" });
  expect(rig.drawn).toContain(0);
});

/** The key is pulled at a frame of its next session, before it is answered. The result says that it stays from now on. */
function pulledAt(rig: CabinetRig, slot: number, key: KeyRig, at: number): () => void {
  let frames = 0;
  const input = key.input.bind(key);
  const stays = () => {
    key.input = input;
  };
  key.input = (given) => {
    frames += given.kind === "frame" ? 1 : 0;
    if (frames < at) return input(given);
    stays();
    rig.keys.delete(slot);
    input({ kind: "removed" });
    key.received.length = 0;
    return key;
  };
  return stays;
}

test("a key that is pulled at any step is where the memory says, or the memory says it may be gone (SPEC PER-16)", () => {
  const lengths = new Set<string>();
  for (let at = 1; at < 24; at++) {
    const { of, rig } = started(safe);
    const anna = carried(of, "key", of.anna, { now: rig.now });
    const stays = pulledAt(rig, 0, anna.rig, at);
    rig.dock(0, anna.rig);
    stays();
    const isPulled = !rig.keys.has(0);
    if (isPulled) rig.input({ kind: "slot-contact", slot: 0, contact: "broken" });
    lengths.add(`${isPulled} ${rig.place(anna)?.kind}`);
    expect(rig.drawn).toEqual([]);
    if (isPulled) anna.rig.pass(120_000);
    rig.pass(120_000).dock(0, anna.rig).pass(120_000);
    expect(rig.place(anna)).toEqual({ kind: "stored", slot: 0 });
    expect(rig.present(anna.holder).drawn).toEqual([0]);
    if (!isPulled) break;
  }
  expect(lengths).toEqual(new Set(["true undefined", "true stored", "false stored"]));
});

test("while it is stored a key docks: its journal goes up, bundles come down (SPEC DCK-4, DCK-5)", () => {
  const { of, rig, line, host, anna } = stocked();
  const uploads = rig.on.own.uploads.size;
  expect(uploads).toBeGreaterThan(0);
  const read = line.command(of, host, { kind: "read-log", cursor: 0 });
  expect(read).toMatchObject({ outcome: "done", nextCursor: 1 });
  const { now } = rig;
  const next = { holder: of.anna, key: anna.party, iat: now, nbf: now + 14 * HOUR, exp: now + 22 * HOUR };
  const grant = of.city.grantShift({ ...of.shift, ...next });
  expect(line.bundle(anna.party.kid, grant)).toBe("stored");
  rig.pass(3_000);
  expect(anna.rig.on.holdings.grants.map(({ value }) => value.cti)).toContainEqual(grant.value.cti);
  // SPEC DCK-6: another holder's is loaded in a station only.
  const other = of.city.grantShift({ ...of.shift, ...next, nbf: now + 30 * HOUR, exp: now + 38 * HOUR, holder: of.bo });
  line.bundle(anna.party.kid, other);
  rig.pass(3_000);
  expect(anna.rig.on.holdings.grants.map(({ value }) => value.sub)).not.toContain(other.value.sub);
  // The first shift ends, the second is within 24 h.
  rig.pass(8 * HOUR * 1000);
  anna.rig.input({ kind: "timer", name: "review" });
  rig.effects.length = 0;
  expect(rig.present(of.anna).drawn).toEqual([0]);
  expect(rig.place(anna)).toMatchObject({ kind: "released", lease: { grant: grant.value.cti } });
});

test("a key that comes back when its grant has ended is known, and waits for the next one", () => {
  const { of, rig, line, anna } = stocked();
  rig.present(anna.holder);
  rig.undock(0);
  rig.pass(10 * HOUR * 1000);
  anna.rig.pass(10 * HOUR * 1000);
  anna.rig.input({ kind: "timer", name: "review" });
  rig.dock(0, anna.rig);
  expect(rig.place(anna)).toEqual({ kind: "stored", slot: 0 });
  rig.shown();
  expect(rig.present(anna.holder).shown()).toEqual(["nothing-for-you"]);
  const { now } = rig;
  const next = of.city.grantShift({ ...of.shift, iat: now, nbf: now, exp: now + 8 * HOUR });
  line.greet();
  expect(line.bundle(anna.party.kid, next)).toBe("stored");
  rig.pass(3_000);
  expect(rig.present(anna.holder).drawn).toEqual([0]);
});

test("who presents while the key is busy gets it when it is done", () => {
  const { rig, anna } = stocked(office);
  rig.holding = true;
  rig.undock(0).dock(0, anna.rig);
  rig.holding = false;
  rig.shown();
  rig.present(anna.holder);
  rig.finish();
  expect(rig.drawn).toEqual([0]);
});
