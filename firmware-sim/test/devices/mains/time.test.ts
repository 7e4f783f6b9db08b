import { readClock } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { commissioned, DAY, foundCity, type KeyRig, NOW, signingProvider } from "../key/rig.ts";
import { config, type StationRig, started, stocked } from "../station/rig.ts";
import { Host } from "./rig.ts";

const clockOf = (rig: StationRig) => readClock(rig.on.holdings.clock, rig.tickMs);

test("time comes as an issuer's word over the device's own nonce, and is then served", () => {
  const { of, rig, line } = started();
  expect(line.welcome?.capabilities).toEqual(["bundles", "log", "pin", "self-test"]);
  expect(line.ask("info", {})).toMatchObject({ serial: "SY-0001", epoch: 1, clock: { quality: "lost" }, bundles: 0 });
  expect(line.time(of)).toBe("accepted");
  expect(rig.effects).toContainEqual({ kind: "clear-stop-flag" });
  expect(clockOf(rig)).toMatchObject({ quality: "running", source: { sourceClass: "issuer" } });
  expect(line.greet().welcome?.capabilities).toContain("time");
  // SPEC TIM-6: an issuer repairs any clock, also backwards.
  expect(line.time(of, NOW - 900)).toBe("accepted");
  expect(clockOf(rig)).toMatchObject({ interval: { lo: NOW - 901 } });
});

test("nobody else sets the clock, however it is said", () => {
  const { of, rig, line } = started();
  const far = NOW + 40 * 365 * DAY;
  expect(line.time(of, NOW, { by: of.station })).toBe("source");
  expect(line.time(of, NOW, { by: of.cabinet })).toBe("source");
  expect(line.time(of, NOW, { delayMs: 10_001 })).toBe("stale");
  expect(line.time(of, far)).toBe("window");
  expect(line.ask("time", { statement: of.city.stateTime(new Uint8Array(16), NOW).bytes })).toBe(
    "messages/out-of-turn",
  );
  expect(clockOf(rig).quality).toBe("lost");
  // SPEC TIM-3: a nonce is used once, also by what is no statement.
  const challenge = line.ask("time-challenge", {});
  if (typeof challenge === "string") throw new Error(challenge);
  const statement = of.city.stateTime(challenge.nonce, NOW).bytes;
  expect(line.ask("time", { statement: of.grant.bytes })).toBe("cose/typ-mismatch");
  expect(line.ask("time", { statement })).toBe("messages/out-of-turn");
  // It dies with power too.
  const second = line.ask("time-challenge", {});
  if (typeof second === "string") throw new Error(second);
  rig.powerOff().powerOn("set");
  const after = new Host(rig).greet();
  after.ask("time-challenge", {});
  expect(
    after.ask("time", {
      statement: of.city.stateTime(second.nonce, NOW).bytes,
      certificates: of.city.centre.chainOf("time"),
    }),
  ).toMatchObject({ verdict: "stale" });
  expect(clockOf(rig).quality).toBe("lost");
});

test("a void issuer gives no time, and one of an ended epoch none either", () => {
  const of = foundCity();
  const { rig, line } = started(of);
  const entry = { kind: "issuer", id: of.city.centre.issuer("time").kid, until: NOW } as const;
  expect(line.deliver(of.city.revoke(of.north.list, NOW, entry))).toBe("stored");
  expect(line.time(of)).toBe("source");
  const old = of.city.copy();
  for (const issuer of of.city.openEpoch(NOW - 10).issuers) line.deliver(issuer);
  expect(rig.on.holdings.trust.epoch).toBe(2);
  expect(line.time({ ...of, city: old })).toBe("trust/epoch");
  expect(line.time(of)).toBe("accepted");
});

test("a clock survives power while its oscillator runs, and is lost when it stopped", () => {
  const { of, rig, line } = started();
  line.time(of);
  rig.powerOff().pass(60_000).powerOn("clear");
  expect(clockOf(rig)).toMatchObject({ quality: "running", interval: { lo: NOW + 59 } });
  rig.powerOff().powerOn("unreadable");
  expect(clockOf(rig).quality).toBe("lost");
  // SPEC PER-15: the lower bound is remembered.
  expect(rig.on.holdings.clock.knownLower).toBeGreaterThanOrEqual(NOW - 1);
});

test("time is served under a renewed certificate when the old one has ended, and under none that is void", () => {
  const { of, rig, line } = stocked();
  const days = 14 * DAY * 1000;
  const [, renewed] = of.city.certify(of.station, "station", NOW + 10 * DAY).certificates;
  expect(line.deliver(renewed as { bytes: Uint8Array })).toBe("stored");
  expect(line.greet().welcome?.capabilities).toContain("time");
  rig.pass(days);
  expect(line.time(of)).toBe("accepted");
  expect(line.greet().welcome?.capabilities).toContain("time");
  rig.pass(days - 6 * DAY * 1000);
  expect(line.time(of)).toBe("accepted");
  // It ends while the clock goes on by itself, and nothing that was remembered says so.
  rig.pass(2 * DAY * 1000 + 20_000);
  expect(line.greet().welcome?.capabilities).not.toContain("time");
  expect(line.time(of)).toBe("accepted");
  expect(line.greet().welcome?.capabilities).not.toContain("time");
  expect(line.deliver(renewed as { bytes: Uint8Array })).toBe("refused");
});

test("a device that is void by its own list neither serves the time nor proves itself", () => {
  const { of, rig, line } = stocked();
  const entry = { kind: "device", id: of.station.kid, until: NOW } as const;
  expect(line.deliver(of.city.revoke(of.north.list, NOW, entry))).toBe("stored");
  expect(line.greet().welcome?.capabilities).not.toContain("time");
  const key = commissioned(of).powerOn("set");
  rig.visit(0, key);
  expect(rig.on.own.uploads.size).toBe(0);
  expect(readClock(key.on.holdings.clock, key.tickMs).quality).toBe("lost");
});

test("the same words over the same nonce are sent again and not signed again", () => {
  const of = foundCity();
  const { provider: counting, signed } = signingProvider();
  const { rig } = stocked(of, { ...config, provider: counting });
  // Two keys that draw the same nonces, at the same moment.
  const keys = [commissioned(of), commissioned({ ...of, key: of.city.party("second") })];
  rig.visit(0, keys[0]?.powerOn("set") as KeyRig);
  const [first] = rig.on.signedTimes;
  const before = signed.length;
  rig.visit(0, keys[1]?.powerOn("set") as KeyRig);
  expect(rig.on.signedTimes).toEqual([first]);
  // The proof alone.
  expect(signed.length).toBe(before + 1);
  for (const key of keys) {
    expect(readClock(key.on.holdings.clock, key.tickMs).quality).toBe("running");
  }
});
