import { type Command, hostCommandObject, type ServeWelcome } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { Host } from "../mains/rig.ts";
import { DAY, EXP, heard, MAKES, office, safe, started, stocked } from "./rig.ts";

/** Signed by somebody who has no certificate, beside that of a host. */
function forged({ of, line, host }: ReturnType<typeof started>, command: Command): unknown {
  const { device, nonce } = line.welcome as ServeWelcome;
  const value = { device, nonce, sequence: 1, command };
  const { bytes } = of.city.centre.sign(of.city.party("somebody"), hostCommandObject, value, [line.transcript]);
  return line.ask("command", { command: bytes, certificates: of.city.centre.chainOf({ kid: host.kid, role: "host" }) });
}

/** Anna has her key, and the host has heard of it. */
function lent(config = office) {
  const begun = stocked(config);
  begun.rig.present(begun.anna.holder);
  begun.rig.undock(0);
  heard(begun.line);
  return begun;
}

test("a key that is not back so long after its grant is overdue, once (SPEC STO-2)", () => {
  const { rig, line, anna } = lent();
  rig.pass((EXP + 29 * 60 - rig.now) * 1000);
  expect(heard(line)).toEqual([]);
  rig.pass(3 * 60_000);
  expect(heard(line)).toEqual(["0 overdue"]);
  rig.pass(DAY * 1000);
  expect(heard(line)).toEqual([]);
  anna.rig.pass((rig.now - EXP) * 1000);
  rig.dock(2, anna.rig);
  expect(rig.place(anna)?.kind).toBe("stored");
});

test("a certified host configures when a key is overdue and how long a door may stand open, and nobody else does (SPEC SRV-2)", () => {
  const begun = lent();
  const { of, rig, line, host } = begun;
  const overdue = { kind: "configure", setting: "overdue", value: 5 } as const;
  expect(forged(begun, overdue)).toBe("trust/issuer-unknown");
  expect(line.command(of, host, overdue)).toMatchObject({ outcome: "done" });
  expect(line.command(of, host, { ...overdue, value: 20_000 })).toMatchObject({ outcome: "refused" });
  expect(line.command(of, host, { kind: "configure", setting: "door-left-open", value: 10 })).toMatchObject({
    outcome: "done",
  });
  rig.pass((EXP + 7 * 60 - rig.now) * 1000);
  expect(heard(line)).toEqual(["0 overdue"]);
  rig.input({ kind: "door", door: 0, position: "open" }).pass(10_000);
  expect(heard(line)).toEqual(["0 door-left-open"]);
  expect(line.command(of, host, { ...overdue, value: 0 })).toMatchObject({ outcome: "done" });
});

test("nothing is overdue by a clock that is lost", () => {
  const { rig, line } = lent();
  rig.powerOff();
  rig.tickMs = 0;
  rig.powerOn("set").settle();
  const again = new Host(rig).greet();
  rig.pass(2 * DAY * 1000);
  expect(heard(again).filter((one) => one.includes("overdue"))).toEqual([]);
  expect(heard(line)).toEqual([]);
});

test.each([
  ["the host has not asked anything since", false],
  ["power was cut meanwhile", true],
])(
  "SPEC PER-17, SRV-7: what happened while the host was away for 7 days is told when it is back, although %s",
  (_why, isCut) => {
    const { of, rig, anna } = lent();
    // It was there, and is not any more: what is sent to it is heard by nobody.
    rig.input({ kind: "door", door: 0, position: "open" });
    rig.pass(7 * DAY * 1000);
    anna.rig.pass(7 * DAY * 1000);
    if (isCut) {
      rig.powerOff();
      rig.powerOn("clear").settle();
    }
    rig.toHost.length = 0;
    const line = new Host(rig).greet();
    rig.pass(60_000);
    const told = ["0 checked-in", "1 checked-in", "0 checked-out", "0 door-left-open", "0 overdue"];
    expect(heard(line).slice(-told.length)).toEqual(told);
    // What was sent is kept until the host shows that it lives.
    expect(rig.on.own.events.size).toBeGreaterThan(0);
    line.ask("info", {});
    rig.pass(60_000);
    expect(rig.on.own.events.size).toBe(0);
    expect(of.city.centre.epoch).toBe(1);
  },
);

test("SPEC SRV-7: what a host may not have heard it is told again in its next session", () => {
  const { rig } = lent();
  const first = new Host(rig).greet();
  rig.pass(60_000);
  const told = heard(first);
  expect(told).toContain("0 checked-out");
  const second = new Host(rig).greet();
  rig.pass(60_000);
  expect(heard(second)).toEqual(told);
  second.ask("info", {});
  rig.pass(60_000);
  const third = new Host(rig).greet();
  rig.pass(60_000);
  expect(heard(third)).toEqual([]);
});

test("kept events are bounded, the newest stay (SPEC PER-17)", () => {
  const { rig } = started({ ...office, keptEvents: 4 });
  const line = new Host(rig);
  for (let times = 0; times < 3; times++) {
    rig.input({ kind: "door", door: 0, position: "open" }).pass(61_000);
    rig.input({ kind: "door", door: 0, position: "closed" });
  }
  expect(rig.on.own.events.size).toBe(4);
  line.greet();
  rig.pass(60_000);
  const last = ["0 door-left-open", "0 door-closed", "0 door-left-open", "0 door-closed"];
  expect(heard(line)).toEqual(last);
});

test("notifications name no key, no grant and no holder (SPEC STO-2, PRV-5)", () => {
  const { rig, anna } = lent();
  const line = new Host(rig).greet();
  rig.pass(DAY * 1000);
  line.listen();
  expect(line.notifications.length).toBeGreaterThan(3);
  for (const { body } of line.notifications) expect(Object.keys(body).sort()).toEqual(["event", "slot"]);
  const { kid } = anna.party;
  expect(rig.on.own.whereabouts.size).toBe(2);
  const docks = line.ask("docks", {});
  expect(JSON.stringify(docks)).not.toContain(JSON.stringify([...kid]));
});

test.each([
  ["one door", office, 1],
  ["a flap for each slot", { ...safe, slots: 2 }, 2],
])("doors: %s", (_doors, config, count) => {
  const { rig, line } = started(config);
  for (const door of [0, 1, 2, -1, 0.5]) {
    rig.input({ kind: "door", door, position: "open" });
    rig.input({ kind: "door", door, position: "open" });
  }
  rig.pass(59_000);
  expect(heard(line)).toEqual([]);
  rig.pass(2_000);
  const doors = Array.from({ length: count }, (_, door) => door);
  expect(heard(line)).toEqual(doors.map((door) => `${door} door-left-open`));
  for (const door of doors) rig.input({ kind: "door", door, position: "closed" });
  expect(heard(line)).toEqual(doors.map((door) => `${door} door-closed`));
  rig.input({ kind: "door", door: 0, position: "open" }).pass(30_000);
  rig.input({ kind: "door", door: 0, position: "closed" }).pass(120_000);
  expect(heard(line)).toEqual([]);
});

test("override: a certified host opens any slot, and the key that goes is remembered (SPEC SRV-2)", () => {
  const begun = stocked();
  const { of, rig, line, host, anna } = begun;
  heard(line);
  expect(forged(begun, { kind: "release-slot", slot: 0 })).toBe("trust/issuer-unknown");
  expect(line.command(of, host, { kind: "release-slot", slot: 3 })).toMatchObject({ outcome: "refused" });
  // SPEC DCK-8: a PIN is enrolled in a station.
  expect(line.command(of, host, { kind: "enrol-pin", slot: 0, pin: "2580" })).toEqual({ outcome: "refused" });
  expect(rig.drawn).toEqual([]);
  expect(line.command(of, host, { kind: "release-slot", slot: 0 })).toMatchObject({ outcome: "done" });
  expect(rig.drawn).toEqual([0]);
  rig.undock(0);
  expect(rig.place(anna)).toMatchObject({
    kind: "out",
    lease: { grant: anna.grant.value.cti, exp: anna.grant.value.exp },
  });
  expect(heard(line)).toEqual(["0 checked-out"]);
  expect(line.command(of, host, { kind: "release-slot", slot: 2 })).toMatchObject({ outcome: "done" });
  expect(rig.drawn).toEqual([2]);
  rig.pass(60_000);
  expect(rig.drawn).toEqual([]);
});

test.each(MAKES)("%s lists what it can do, and answers nothing else (SPEC SRV-5)", (_make, config) => {
  const { line, of } = started(config);
  const hasHost = config.host === "serial";
  const { capabilities, kind, slots } = line.welcome ?? {};
  expect([kind, slots]).toEqual(["key-cabinet", config.slots]);
  expect(capabilities).toEqual(hasHost ? ["time", "cabinet", "bundles", "log", "self-test"] : ["cabinet", "self-test"]);
  expect(line.bundle(of.key.kid, of.grant)).toBe(hasHost ? "stored" : "messages/unexpected");
});
