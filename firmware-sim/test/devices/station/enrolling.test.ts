import {
  decode,
  decodeReply,
  equalBytes,
  type Frame,
  hostCommandObject,
  matchesPin,
  messageNamed,
  pinProof,
} from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { type City, commissioned, foundCity, KeyRig, NBF, NOW, provider } from "../key/rig.ts";
import { Station } from "../key/station.ts";
import { Host, type MainsRig } from "../mains/rig.ts";
import { started } from "./rig.ts";

const PIN = "2580";
const enrolPin = (slot: number, pin: string = PIN) => ({ kind: "enrol-pin", slot, pin }) as const;
const FAULT_AT_MS = 60_000;

/** A key that does not hear some messages. */
class DeafKey extends KeyRig {
  deafTo: number | "nothing" = "nothing";

  override input(input: Parameters<KeyRig["input"]>[0]): this {
    const isFrame = input.kind === "frame";
    return isFrame && (input as { readonly frame: Frame }).frame.message === this.deafTo ? this : super.input(input);
  }
}

function docked(of: City = foundCity()) {
  const station = started(of);
  station.line.time(of);
  const made = commissioned(of);
  const key = new DeafKey(made.nvm).powerOn("set");
  station.rig.dock(0, key);
  return { ...station, key };
}

/** What the key makes of a PIN, as its memory says. */
function proofOf(key: KeyRig, pin: string = PIN): Uint8Array {
  const [pepper] = decode(key.on.memory.items.get("pin") ?? new Uint8Array()) as readonly [Uint8Array];
  return pinProof(provider, pepper, pin);
}

const refused = { outcome: "refused" };

test("SPEC DCK-8, SRV-2: a certified host has the docked key make v of a PIN, and the city signs a verifier of it", () => {
  const { of, host, line, key } = docked();
  const reply = line.command(of, host, enrolPin(0));
  expect(reply).toEqual({ outcome: "done", v: proofOf(key) });
  const { v } = reply as { readonly v: Uint8Array };
  const verifier = of.city.pinVerifier(of.key, v, NBF).value;
  expect(matchesPin(provider, verifier, proofOf(key))).toBe(true);
  expect(matchesPin(provider, verifier, proofOf(key, "1111"))).toBe(false);
  // Another one, and the same one again: v is the same each time.
  expect(line.command(of, host, enrolPin(0, "13572468"))).toEqual({ outcome: "done", v: proofOf(key, "13572468") });
  expect(line.command(of, host, enrolPin(0))).toEqual({ outcome: "done", v });
});

test("SPEC PRV-5: neither the PIN nor v is in the station's memory, in a log or in a notification", () => {
  const { of, rig, host, line, key } = docked();
  line.command(of, host, enrolPin(0));
  const v = proofOf(key);
  expect(rig.on.work).toEqual({ enrolment: "none" });
  const digits = Uint8Array.from(PIN, (digit) => digit.charCodeAt(0));
  const holds = (bytes: Uint8Array, part: Uint8Array) =>
    bytes.some((_, start) => equalBytes(bytes.subarray(start, start + part.length), part));
  const kept = [...rig.on.memory.items].map(([, bytes]) => bytes);
  expect(kept.some((bytes) => holds(bytes, v) || holds(bytes, digits))).toBe(false);
  const log = line.command(of, host, { kind: "read-log", cursor: 0 });
  expect(log).not.toHaveProperty("v");
  // What else is told names neither.
  expect(line.notifications.every(({ body }) => Object.keys(body).sort().join() === "event,slot")).toBe(true);
});

test("SPEC SRV-2: it is asked by a host that the city has certified, and by no other", () => {
  const { of, rig, line, key } = docked();
  const stranger = of.city.party("stranger");
  of.city.certify(stranger, "station", NBF);
  const { device, nonce } = line.welcome ?? { device: new Uint8Array(), nonce: new Uint8Array() };
  const value = { device, nonce, sequence: 1, command: enrolPin(0) };
  const { bytes: command } = of.city.centre.sign(stranger, hostCommandObject, value, [line.transcript]);
  const certificates = of.city.centre.chainOf({ kid: stranger.kid, role: "collector" });
  expect(line.ask("command", { command, certificates })).toBe("trust/role");
  expect(rig.on.work).toEqual({ enrolment: "none" });
  expect(key.on.memory.items.has("pin")).toBe(false);
});

test("a slot that is empty, or that there is not, enrols nothing", () => {
  const { of, host, line } = docked();
  expect(line.command(of, host, enrolPin(1))).toEqual(refused);
  expect(line.command(of, host, enrolPin(99))).toEqual(refused);
});

test("a key that does not believe the station makes no v (SPEC DCK-8, TRU-16)", () => {
  const { of, rig, host, line, key } = docked();
  rig.undock(0);
  const entry = { kind: "device", id: of.station.kid, until: NOW } as const;
  const list = of.city.revoke(of.north.list, NOW, entry);
  expect(new Station(of, key, of.station, "dock").greet().deliver(list)).toBe("stored");
  key.input({ kind: "removed" });
  rig.dock(0, key);
  expect(line.command(of, host, enrolPin(0))).toEqual(refused);
});

test("SPEC SRV-6: until the key has answered the host hears BUSY; a key that never answers is a refusal", () => {
  const { of, rig, host, line, key } = docked();
  key.deafTo = messageNamed("dock", "pin-enrol").number;
  expect(line.command(of, host, enrolPin(0))).toBe("silence");
  expect(rig.on.work.enrolment).toMatchObject({ phase: "with-key", slot: 0 });
  expect(rig.on.work.enrolment).not.toHaveProperty("pin");
  expect(line.again()).toBe("busy");
  rig.pass(3_500);
  expect(line.listen()).toMatchObject({ outcome: "reply" });
  expect(rig.on.work).toEqual({ enrolment: "none" });
  // And not asked in the next session, of which the host knows nothing.
  rig.effects.length = 0;
  key.deafTo = "nothing";
  rig.pass(10_000);
  expect(rig.on.slots[0]?.phase).toBe("resting");
  expect(key.on.memory.items.has("pin")).toBe(false);
});

test.each([
  ["is taken out", (rig: MainsRig<never>) => rig.undock(0)],
  ["is silent", (rig: MainsRig<never>) => rig.pass(FAULT_AT_MS)],
])("a key that %s before it is spoken to is a refusal", (_why, happens) => {
  const { of, rig, host, line } = docked();
  rig.keys.delete(0);
  expect(line.command(of, host, enrolPin(0))).toBe("silence");
  expect(rig.on.work.enrolment).toMatchObject({ phase: "waiting", pin: PIN });
  happens(rig as MainsRig<never>);
  expect(line.listen()).toMatchObject({ outcome: "reply" });
  expect(rig.on.work).toEqual({ enrolment: "none" });
});

test("a key that is past the question in its session is asked in the next one, as soon as it is at rest", () => {
  const { of, rig, host, line, key } = docked();
  rig.undock(0);
  key.deafTo = messageNamed("dock", "journal").number;
  rig.dock(0, key);
  expect(line.command(of, host, enrolPin(0))).toBe("silence");
  key.deafTo = "nothing";
  rig.pass(1_500);
  expect(line.listen()).toMatchObject({ outcome: "reply" });
  expect(key.on.memory.items.has("pin")).toBe(true);
});

test("what a host asked in a session that is over is answered to nobody (SPEC FRM-8)", () => {
  const { of, rig, host, line, key } = docked();
  key.deafTo = messageNamed("dock", "pin-enrol").number;
  expect(line.command(of, host, enrolPin(0))).toBe("silence");
  line.greet();
  key.deafTo = "nothing";
  rig.pass(1_500);
  expect(line.listen()).toBe(undefined);
  expect(rig.on.work).toEqual({ enrolment: "none" });
  expect(line.command(of, host, enrolPin(0))).toEqual({ outcome: "done", v: proofOf(key) });
});

test("what the key makes of one PIN is no answer to another", () => {
  const { of, rig, host, line, key } = docked();
  key.deafTo = messageNamed("dock", "pin-enrol").number;
  expect(line.command(of, host, enrolPin(0, "1111"))).toBe("silence");
  line.greet();
  expect(line.command(of, host, enrolPin(0))).toBe("silence");
  key.deafTo = "nothing";
  rig.pass(1_500);
  const answer = line.listen();
  expect(answer && decodeReply("serve", "command", answer.body)).toEqual({ outcome: "done", v: proofOf(key) });
});

test("power that goes takes the PIN with it (SPEC PER-13)", () => {
  const { of, rig, host, line, key } = docked();
  key.deafTo = messageNamed("dock", "pin-enrol").number;
  line.command(of, host, enrolPin(0));
  key.deafTo = "nothing";
  rig.powerOff().powerOn();
  expect(rig.on.work).toEqual({ enrolment: "none" });
  rig.pass(1_500);
  expect(key.on.memory.items.has("pin")).toBe(false);
  const again = new Host(rig).greet();
  expect(again.command(of, host, enrolPin(0))).toMatchObject({ outcome: "done" });
});
