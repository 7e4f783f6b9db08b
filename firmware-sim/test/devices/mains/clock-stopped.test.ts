import { encodeRequest } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { commissioned, foundCity, NOW } from "../key/rig.ts";
import { started, stocked } from "../station/rig.ts";

const STOPPED = { kind: "clock-stopped" } as const;

test("SPEC TIM-9: a stop of the oscillator loses the clock at once, and for good", () => {
  const { of, rig, line } = stocked();
  rig.pass(3_600_000);
  const { knownLower } = rig.on.holdings.clock;
  expect(knownLower).toBeGreaterThan(0);
  rig.tickMs = 0;
  rig.input(STOPPED);
  expect(rig.on.holdings.clock).toEqual({ quality: "lost", knownLower });
  rig.pass(7_200_000);
  expect(line.greet().welcome?.capabilities).not.toContain("time");
  const key = commissioned(of).powerOn("set");
  rig.visit(0, key);
  expect(key.on.holdings.clock.quality).toBe("lost");
  // A second stop has nothing to say.
  rig.effects.length = 0;
  rig.input(STOPPED);
  expect(rig.effects).toEqual([]);
  rig.powerOff().powerOn("clear");
  expect(rig.on.holdings.clock.quality).toBe("lost");
});

test("SPEC TIM-9: a stop while the time is being committed is not forgotten", () => {
  const { of, rig, line } = started();
  const challenge = line.ask("time-challenge", {});
  if (typeof challenge === "string") throw new Error(challenge);
  const statement = of.city.stateTime(challenge.nonce, NOW).bytes;
  rig.holding = true;
  line.send("time", encodeRequest("serve", "time", { statement, certificates: of.city.centre.chainOf("time") }));
  expect(rig.held).toHaveLength(1);
  rig.input(STOPPED);
  expect(rig.on.waiting.map(({ kind }) => kind)).toEqual(["clock-stopped"]);
  rig.holding = false;
  rig.finish();
  expect(rig.on.holdings.clock.quality).toBe("lost");
  // The answer leaves as it was, but the oscillator is trusted no more.
  expect(line.listen()).toMatchObject({ outcome: "reply" });
  expect(rig.effects).not.toContainEqual({ kind: "clear-stop-flag" });
});

test("SPEC TIM-8, TIM-9: a stop in the middle of a commit comes before the time that is due to a key", () => {
  const { of, rig, line } = stocked();
  rig.input({ kind: "slot-contact", slot: 1, contact: "made" });
  rig.holding = true;
  line.send("deliver", encodeRequest("serve", "deliver", { object: of.city.revoke(of.north.list, NOW).bytes }));
  expect(rig.held).toHaveLength(1);
  const key = commissioned(of).powerOn("set");
  rig.dock(0, key);
  rig.input(STOPPED);
  rig.holding = false;
  rig.finish();
  expect(rig.on.slots[0]?.phase).toBe("resting");
  expect([rig.on.holdings.clock.quality, key.on.holdings.clock.quality]).toEqual(["lost", "lost"]);
  expect(rig.on.signedTimes).toEqual([]);
});

test("SPEC TIM-3: a nonce that was given before the stop is answered by nothing", () => {
  const of = foundCity();
  const { rig, line } = started(of);
  const challenge = line.ask("time-challenge", {});
  if (typeof challenge === "string") throw new Error(challenge);
  rig.input(STOPPED);
  const statement = of.city.stateTime(challenge.nonce, NOW).bytes;
  const certificates = of.city.centre.chainOf("time");
  expect(line.ask("time", { statement, certificates })).toBe("messages/out-of-turn");
  expect(rig.on.holdings.clock.quality).toBe("lost");
  expect(line.time(of)).toBe("accepted");
});
