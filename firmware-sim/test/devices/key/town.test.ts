/** The key at its real counterpart: what it says is what the cylinder takes, from the factory to another home. */
import { encodeReply, logSegmentObject, messageNamed, parseObject, segmentPositions, toHex } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { phaseOf } from "#src/index.ts";
import { RealCylinder } from "./real-cylinder.ts";
import { type City, commissioned, DAY, EXP, foundCity, HOUR, type KeyRig, NBF, NOW, provider } from "./rig.ts";
import { activate, dock, Station } from "./station.ts";

const WINDOW = { iat: NBF - 12 * HOUR, nbf: NBF, exp: EXP };

/** A city whose technician has mounted its one cylinder; and the technician's key. */
function mountedCity() {
  const of = foundCity();
  const door = new RealCylinder(of.cylinder);
  const tool = technician(of);
  tool.input({ kind: "work", work: "service" });
  expect(door.visit(tool)).toBe(0);
  expect(tool.signals()).toEqual(["work-done"]);
  return { of, door, tool };
}

/** A key with a work order for the flat, the time and the policy. */
function technician(of: City): KeyRig {
  const tool = of.city.party("tool");
  const otto = of.city.addHolder("otto", of.north);
  const order = of.city.grantWorkOrder({ technician: otto, key: tool, door: of.flat, ...WINDOW });
  const rig = commissioned({ ...of, key: tool }).powerOn("set");
  const own = { ...of, key: tool, grant: order };
  dock(own, rig);
  activate(own, rig);
  rig.signals();
  return rig;
}

/** A carer's key after its morning in station and box. */
function carer(of: City, made: Partial<City> = {}): KeyRig {
  const own = { ...of, ...made };
  const rig = commissioned(own).powerOn("set");
  dock(own, rig);
  activate(own, rig);
  rig.signals();
  return rig;
}

function bring(of: City, rig: KeyRig, ...objects: readonly { readonly bytes: Uint8Array }[]): string[] {
  const station = new Station(of, rig, of.station, "dock").greet();
  station.prove();
  const outcomes = objects.map((object) => station.deliver(object));
  rig.input({ kind: "removed" });
  rig.signals();
  return outcomes;
}

test("a factory cylinder is commissioned and mounted in one contact, and then opens", () => {
  const { of, door } = mountedCity();
  const rig = carer(of);
  expect(door.visit(rig)).toBe(1);
  expect(rig.signals()).toEqual(["opened"]);
  expect(phaseOf(door.state)).toBe("unpowered");
});

test("P14, SPEC OPN-18: the policy for a lock's next door, brought before the lock is moved, keeps nobody out of the present one", () => {
  const { of, door } = mountedCity();
  const rig = carer(of);
  const { city, cylinder, day } = of;
  const flat = city.addDoor("flat 5");
  city.addHome("home 5", [flat], [day]);
  const next = city.mount(flat, cylinder, NOW);
  expect(next.value).toMatchObject({ mount: 2, state: "active" });
  expect(bring(of, rig, next)).toEqual(["stored"]);
  expect([door.visit(rig), door.visit(rig)]).toEqual([1, 1]);
  expect(rig.signals()).toEqual(["opened", "opened"]);
});

test("a first visit brings the grant, a repeat its cti alone, and both open", () => {
  const { of, door } = mountedCity();
  const rig = carer(of);
  expect([door.visit(rig), door.visit(rig), door.visit(rig)]).toEqual([1, 1, 1]);
  expect(rig.signals()).toEqual(["opened", "opened", "opened"]);
  const { newest } = rig.on.holdings.journal;
  // SPEC PER-7: time, activation, and a proof and a result of each visit.
  expect(newest).toBe(8);
  rig.input({ kind: "power-lost" });
  rig.powerOn("clear");
  expect(door.visit(rig)).toBe(1);
});

test("a revocation that another key brings is not outrun", () => {
  const { of, door } = mountedCity();
  const rig = carer(of);
  expect(door.visit(rig)).toBe(1);
  const other = of.city.party("other key");
  const grant = of.city.grantShift({ ...of.shift, holder: of.bo, key: other });
  const bringing = carer(of, { key: other, grant });
  const entry = { kind: "grant", id: of.grant.value.cti, until: of.grant.value.iat } as const;
  expect(bring(of, bringing, of.city.revoke(of.north.list, NOW - 60, entry))).toEqual(["stored"]);
  // SPEC OPN-7.
  expect(door.visit(bringing)).toBe(1);
  rig.signals();
  expect(door.visit(rig)).toBe(0);
  expect(rig.signals()).toEqual(["not-permitted-now"]);
});

test("P4, SPEC SVC-4: a door knows from its mounting on what the technician's key knows to be revoked, at its first home and the next", () => {
  const of = foundCity();
  const door = new RealCylinder(of.cylinder);
  const tool = technician(of);
  const revoked = carer(of);
  const entry = { kind: "grant", id: of.grant.value.cti, until: of.grant.value.iat } as const;
  expect(bring(of, tool, of.city.revoke(of.north.list, NOW - 60, entry))).toEqual(["stored"]);
  const work = () => {
    tool.input({ kind: "work", work: "service" });
    expect(door.visit(tool)).toBe(0);
    return tool.signals();
  };
  expect(work()).toEqual(["work-done"]);
  expect(door.visit(revoked)).toBe(0);
  expect(revoked.signals()).toEqual(["not-permitted-now"]);

  expect(bring(of, tool, of.city.dismount(of.flat, NOW - 40, 99))).toEqual(["stored"]);
  expect(work()).toEqual(["work-done"]);
  const policy = of.city.mount(of.flat, of.cylinder, NOW - 30, { activation: "not-asked" });
  expect(bring(of, tool, policy)).toEqual(["stored"]);
  expect(work()).toEqual(["work-done"]);
  expect(door.visit(revoked)).toBe(0);
  expect(revoked.signals()).toEqual(["not-permitted-now"]);
});

test("P14, SPEC OPN-18: what stands on a certificate that the door knows to be void keeps nobody out", () => {
  const { of, door } = mountedCity();
  const rig = carer(of);
  const { centre } = of.city;
  const entry = { kind: "issuer", id: centre.issuer("policy").kid, until: NOW } as const;
  const list = of.city.revoke(of.north.list, NOW - 60, entry);
  const other = of.city.party("other key");
  const grant = of.city.grantShift({ ...of.shift, holder: of.bo, key: other });
  const informed = carer(of, { key: other, grant });
  expect(bring(of, informed, list)).toEqual(["stored"]);
  expect(door.visit(informed)).toBe(1);
  expect(bring(of, rig, of.city.renewPolicy(of.flat, NOW - 50))).toEqual(["stored"]);
  expect(door.visit(rig)).toBe(1);
  expect(rig.signals()).toEqual(["opened"]);
});

/** A cylinder that was moved, so that it holds no certificates, and a key with a list of a provider's that is new there. */
function newsForMoved() {
  const { of, door, tool } = mountedCity();
  const move = (policy: { readonly bytes: Uint8Array }) => {
    expect(bring(of, tool, policy)).toEqual(["stored"]);
    tool.input({ kind: "work", work: "service" });
    door.visit(tool);
    return tool.signals();
  };
  expect(move(of.city.dismount(of.flat, NOW - 90, 99))).toEqual(["work-done"]);
  const south = of.city.addProvider("south", ["evening"]);
  of.city.serve(of.home, [of.day, south.groups["evening"] as number]);
  expect(move(of.city.mount(of.flat, of.cylinder, NOW - 80, { activation: "not-asked" }))).toEqual(["work-done"]);
  const rig = carer(of);
  expect(bring(of, rig, of.city.revoke(south.list, NOW - 60))).toEqual(["stored"]);
  return { door, rig };
}

test("P4, SPEC OBJ-12: what a door said of an update is signed too: told that a list was refused, a key opens nothing without it", () => {
  const { door, rig } = newsForMoved();
  // Who does not want the door to know a list says to the key that it has no use for it, where the door asks for its issuer.
  const refused = encodeReply("open", "update", { outcome: "refused" });
  const { number } = messageNamed("open", "update");
  let said = 0;
  door.altersBack = (frame) => {
    if (frame.kind !== "reply" || frame.message !== number) return frame;
    said += 1;
    return { ...frame, body: refused };
  };
  expect(door.visit(rig)).toBe(0);
  expect(said).toBeGreaterThan(0);
  expect(rig.signals()).toEqual(["try-again"]);
  door.altersBack = (frame) => frame;
  expect(door.visit(rig)).toBe(1);
});

test("SPEC OBJ-12: an update that was answered by an error is not part of what is signed, on either side", () => {
  const { door, rig } = newsForMoved();
  const { number } = messageNamed("open", "update");
  let spoilt = 0;
  door.alters = (frame) =>
    frame.kind === "request" && frame.message === number && spoilt++ === 0
      ? { ...frame, body: frame.body.subarray(0, -1) }
      : frame;
  // The certificate of the list's issuer was lost, so the door asks for it, and gets it.
  expect(door.visit(rig)).toBe(1);
  expect(spoilt).toBe(4);
  expect(rig.signals()).toEqual(["opened"]);
});

test("SPEC SVC-4, DEC-15: whoever keeps a list back on the way to the door mounts none", () => {
  const of = foundCity();
  const door = new RealCylinder(of.cylinder);
  const tool = technician(of);
  const list = of.city.revoke(of.north.list, NOW - 60);
  expect(bring(of, tool, list)).toEqual(["stored"]);
  const work = () => {
    tool.input({ kind: "work", work: "service" });
    door.visit(tool);
    return tool.signals();
  };
  const spoilt = list.bytes.with(-1, (list.bytes.at(-1) as number) ^ 1);
  door.alters = (frame) => {
    const at = toHex(frame.body).indexOf(toHex(list.bytes)) / 2;
    return at < 0 ? frame : { ...frame, body: Uint8Array.of(...frame.body.subarray(0, at), ...spoilt) };
  };
  expect(work()).toEqual(["work-refused"]);
  door.alters = (frame) => frame;
  expect(work()).toEqual(["work-done"]);
});

test("a new provider's first visit opens at the first try", () => {
  const { of, door } = mountedCity();
  const south = of.city.addProvider("south", ["evening"]);
  const evening = south.groups["evening"] as number;
  of.city.serve(of.home, [of.day, evening]);
  const list = of.city.revoke(south.list, NOW - 120);
  const policy = of.city.renewPolicy(of.flat, NOW - 60);
  const key = of.city.party("south's key");
  const holder = of.city.addHolder("siv", south);
  const grant = of.city.grantShift({ ...of.shift, holder, key, groups: [evening] });
  const rig = carer(of, { key, grant });
  expect(bring(of, rig, policy, list)).toEqual(["stored", "stored"]);
  expect(door.visit(rig)).toBe(1);
  expect(rig.signals()).toEqual(["opened"]);
});

test("with its shift over, or its clock lost, the key does not even ask", () => {
  const { of, door } = mountedCity();
  const over = carer(of);
  over.pass((EXP - NOW) * 1000).input({ kind: "timer", name: "review" });
  over.signals();
  const lost = carer(of);
  lost.input({ kind: "power-lost" }).powerOn("set");
  lost.signals();
  const { newest } = lost.on.holdings.journal;
  expect([door.visit(over), door.visit(lost)]).toEqual([0, 0]);
  expect([over.signals(), lost.signals()]).toEqual([["update-key"], ["clock"]]);
  expect(lost.on.holdings.journal.newest).toBe(newest);
});

test("what a door has logged is carried to the city, and its receipt back", () => {
  const { of, door } = mountedCity();
  const rig = carer(of);
  expect([door.visit(rig), door.visit(rig)]).toEqual([1, 1]);
  const carried = rig.on.holdings.segments;
  expect(carried.length).toBeGreaterThan(0);
  const newest = carried
    .filter(({ value }) => value.store === "openings")
    .flatMap(({ bytes }) => segmentPositions(provider, parseObject(logSegmentObject, bytes).value))
    .reduce((a, b) => (b.number > a.number ? b : a));
  const receipt = of.city.receipt({
    ...{ device: of.cylinder.kid, store: "openings", n: newest.number, head: newest.head, iat: NOW - 60 },
  });
  expect(bring(of, rig, receipt)).toEqual(["stored"]);
  // SPEC LOG-7: carried records are let go of when the city has them.
  expect(rig.on.holdings.segments.filter(({ value }) => value.store === "openings")).toEqual([]);
  expect(rig.on.holdings.receipts).toHaveLength(1);
  expect(door.visit(rig)).toBe(1);
  // SPEC OPN-15: handed over, and taken for covered.
  expect(rig.on.holdings.receipts).toEqual([]);
});

test("a technician's key dismounts, when nothing is lost by it, and mounts again elsewhere", () => {
  const { of, door, tool } = mountedCity();
  const work = () => {
    tool.input({ kind: "work", work: "service" });
    expect(door.visit(tool)).toBe(0);
    return tool.signals();
  };
  // Mounted and wanted so: there is nothing to do.
  expect(work()).toEqual(["update-key"]);
  const rig = carer(of);
  expect(door.visit(rig)).toBe(1);
  expect(bring(of, tool, of.city.dismount(of.flat, NOW - 50))).toEqual(["stored"]);
  // SPEC SVC-5.
  expect(work()).toEqual(["log-first"]);
  // SPEC SVC-7, UPD-2: what dismounts is no update, and the technician's key opens as before.
  expect(door.visit(tool)).toBe(1);
  tool.signals();
  expect(bring(of, tool, of.city.dismount(of.flat, NOW - 40, 99))).toEqual(["stored"]);
  expect(work()).toEqual(["work-done"]);
  expect(door.visit(rig)).toBe(0);
  expect(rig.signals()).toContain("door-out-of-service");
  // Nobody asks for activation of a cylinder that holds no certificate: three updates do not bring a box's too.
  const policy = of.city.mount(of.flat, of.cylinder, NOW - 30, { activation: "not-asked" });
  expect(bring(of, tool, policy)).toEqual(["stored"]);
  expect(work()).toEqual(["work-done"]);
  expect(door.visit(rig)).toBe(1);
});

test("a carer's key that is asked to service is refused, and opens nothing", () => {
  const { of, door, tool } = mountedCity();
  const rig = carer(of);
  expect(bring(of, rig, of.city.dismount(of.flat, NOW - 50, 99))).toEqual(["stored"]);
  rig.input({ kind: "work", work: "service" });
  expect(door.visit(rig)).toBe(0);
  expect(rig.signals()).toEqual(["work-refused"]);
  // The work is for one contact.
  expect(door.visit(rig)).toBe(1);
  expect(tool.on.work).toBe("open");
  expect(rig.on.holdings.clock.knownLower).toBeGreaterThan(NBF - DAY);
});
