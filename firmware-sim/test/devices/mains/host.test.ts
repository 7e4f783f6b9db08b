/** The host's side of station, box and cabinet, shown on a station. */
import { readFileSync } from "node:fs";
import {
  type Certificate,
  CHUNK_DATA_BYTES,
  certificateObject,
  decodeReply,
  encodeChunkedBody,
  encodeRequest,
  enrolmentObject,
  equalBytes,
  type Frame,
  hostCommandObject,
  parseObject,
  roles,
  rootTransitionObject,
  type ServeWelcome,
  verifyEnrolment,
} from "@nyckelfri/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { mainsDevice } from "#src/devices/mains/step.ts";
import { stationDevice, stationPlan } from "#src/devices/station/station.ts";
import type { StationX } from "#src/devices/station/types.ts";
import { Authority } from "#src/world/authority.ts";
import { rootStream } from "#src/world/streams.ts";
import { commissioned, DAY, foundCity, NBF, NOW, provider } from "../key/rig.ts";
import { config, type StationRig, started, stationNvm, stocked } from "../station/rig.ts";
import { factoryNvm, Host, MainsRig } from "./rig.ts";

test("a certified host may tell it to keep the time to itself", () => {
  const { of, host, line } = stocked();
  const serve = (value: number) => line.command(of, host, { kind: "configure", setting: "serve-time", value });
  expect(serve(0)).toEqual({ outcome: "done" });
  expect(serve(2)).toEqual({ outcome: "refused" });
  expect(line.greet().welcome?.capabilities).not.toContain("time");
  expect(serve(1)).toEqual({ outcome: "done" });
  expect(line.greet().welcome?.capabilities).toContain("time");
});

test("messages of a capability that is not listed are unexpected; only the time is taken also by who has lost it", () => {
  const of = foundCity();
  const plan = { ...stationPlan(config), capabilities: [] };
  const rig: StationRig = new MainsRig<StationX>(mainsDevice<StationX>(plan, config), stationNvm(of));
  const line = new Host(rig.powerOn("set")).greet();
  expect(line.welcome?.capabilities).toEqual(["self-test"]);
  expect(line.bundle(of.key.kid, of.grant)).toBe("messages/unexpected");
  expect(line.ask("acknowledge", { cursor: 0 })).toBe("messages/unexpected");
  expect(line.time(of)).toBe("accepted");
});

test("commands are for whoever signs them as host, for this device and session, each once", () => {
  const { of, host, line } = stocked();
  const read = { kind: "read-log", cursor: 0 } as const;
  expect(line.command(of, host, read)).toMatchObject({ outcome: "done" });
  expect(line.command(of, host, read, 1)).toBe("objects/sequence");
  expect(line.command(of, host, { kind: "release-slot", slot: 0 })).toEqual({ outcome: "refused" });
  const { device, nonce } = line.welcome as ServeWelcome;
  const chain = of.city.centre.chainOf({ kid: host.kid, role: "host" });
  const ask = (value: object, extra = line.transcript, certificates = chain, by = host) => {
    const object = of.city.centre.sign(
      by,
      hostCommandObject,
      { device, nonce, sequence: 90, command: read, ...value },
      [extra],
    );
    return line.ask("command", { command: object.bytes, certificates });
  };
  expect(ask({ nonce: new Uint8Array(16) })).toBe("objects/nonce");
  expect(ask({ device: of.box.kid })).toBe("objects/other-device");
  expect(ask({}, new Uint8Array(32))).toBe("cose/signature-invalid");
  const boxChain = of.city.centre.chainOf({ kid: of.box.kid, role: "ticket" });
  expect(ask({}, line.transcript, boxChain, of.box)).toBe("trust/role");
  expect(ask({})).toMatchObject({ outcome: "done" });
  const entry = { kind: "device", id: host.kid, until: NOW } as const;
  line.deliver(of.city.revoke(of.north.list, NOW, entry));
  expect(ask({ sequence: 91 })).toBe("trust/role");
});

test("a host's certificate that has surely ended is refused", () => {
  const { of, line, rig } = stocked();
  const old = of.city.party("old host");
  const { certificates } = of.city.certify(old, "host", NBF - 29 * DAY);
  const ended = (certificates[0]?.value.exp ?? 0) + 1;
  expect(line.command(of, old, { kind: "read-log", cursor: 0 })).toMatchObject({ outcome: "done" });
  expect(line.time(of, ended)).toBe("accepted");
  expect(rig.on.holdings.clock.knownLower).toBeGreaterThanOrEqual(ended - 1);
  expect(line.command(of, old, { kind: "read-log", cursor: 0 })).toBe("trust/window");
});

test("a device in factory state is enrolled and commissioned once, and speaks to no key before", () => {
  const of = foundCity();
  const rig: StationRig = new MainsRig<StationX>(stationDevice(config), factoryNvm(config, of.station));
  rig.powerOn("set");
  const line = new Host(rig).greet();
  expect(line.welcome?.fleetId).toEqual(new Uint8Array(32));
  const nonce = new Uint8Array(16).fill(9);
  const enrolled = line.ask("enrol", { nonce });
  if (typeof enrolled === "string") throw new Error(enrolled);
  const enrolment = parseObject(enrolmentObject, enrolled.enrolment);
  expect(verifyEnrolment(enrolment, { provider, nonce, isTaken: () => false }).value).toMatchObject({
    publicKey: of.station.publicKey,
    deviceKind: "station",
    serialNumber: "SY-0001",
  });
  rig.input({ kind: "slot-contact", slot: 0, contact: "made" });
  expect(rig.on.slots[0]?.phase).toBe("fault");
  expect(line.ask("transfer", { transfer: of.grant.bytes })).toBe("messages/out-of-turn");

  const commission = of.city.commission();
  const other = new Authority({ provider, stream: rootStream(2), foundedAt: NBF - DAY }).commission();
  expect(line.ask("commission", { ...commission, issuers: other.issuers })).toBe("trust/issuer-unknown");
  expect(line.ask("commission", { ...commission, policy: of.policy.bytes })).toBe("messages/inconsistent");
  expect(rig.on.holdings.lifecycle).toBe("factory");
  // Something else was transferred before, and not asked for (SPEC FRM-9): what counts is the body itself.
  const data = new Uint8Array(CHUNK_DATA_BYTES).fill(7);
  line.ask("chunk", { digest: provider.sha256(data), offset: 0, total: data.length, data });
  expect(line.ask("commission", commission)).toEqual({});
  expect(rig.on.holdings).toMatchObject({ lifecycle: "commissioned", floor: { epoch: 1, value: NBF - 30 * DAY } });
  expect(line.ask("commission", commission)).toEqual({});
  expect(line.ask("commission", other)).toBe("messages/out-of-turn");
  rig.powerOff().powerOn("set");
  expect(new Host(rig).greet().welcome?.fleetId).toEqual(of.city.centre.fleetId);
});

test("only its own root lets a device go to another fleet, and nothing of the old one stays", () => {
  const { of, rig, line } = stocked();
  const next = new Authority({ provider, stream: rootStream(2), foundedAt: NBF - DAY });
  const given = { device: of.station.kid, nonce: line.welcome?.nonce as Uint8Array, nbf: NBF };
  const to = next.centre.trust;
  const forged = next.centre.transfer(to, given);
  expect(line.ask("transfer", { transfer: forged.bytes })).toBe("trust/issuer-unknown");
  const stale = of.city.centre.transfer(to, { ...given, nonce: new Uint8Array(16) });
  expect(line.ask("transfer", { transfer: stale.bytes })).toBe("objects/nonce");
  expect(line.ask("transfer", { transfer: of.city.centre.transfer(to, given).bytes })).toEqual({});
  const { trust, certificates, lists, signer } = rig.on.holdings;
  expect(trust.fleetId).toEqual(next.centre.fleetId);
  expect([certificates, lists, rig.on.own.bundles.size]).toEqual([[], [], 0]);
  expect(signer.kid).toEqual(of.station.kid);
});

test("what is delivered is verified, never replaces what is newer, and opens an epoch at most 16 ahead", () => {
  const of = foundCity();
  const { rig, line } = stocked(of);
  const newer = of.city.revoke(of.north.list, NOW);
  expect(line.deliver(newer)).toBe("stored");
  expect(line.deliver(newer)).toBe("known");
  expect(line.deliver(of.list)).toBe("older");
  expect(line.deliver(of.grant)).toBe("refused");
  expect(line.deliver(Uint8Array.of(1, 2, 3))).toBe("refused");
  const stranger = new Authority({ provider, stream: rootStream(3), foundedAt: NBF - DAY });
  expect(line.deliver(stranger.centre.issuer("list").certificate)).toBe("refused");
  expect(line.deliver(stranger.revoke(of.north.list, NOW))).toBe("need-certificate");
  expect(line.deliver(of.city.centre.chainOf({ kid: of.box.kid, role: "ticket" })[0] as Uint8Array)).toBe("refused");

  const far = of.city.copy();
  far.centre.openEpoch(NOW, 18);
  expect(line.deliver(far.centre.issuer("list").certificate)).toBe("refused");
  const next = of.city.openEpoch(NOW);
  const { knownKeys } = rig.on.own;
  expect(line.deliver(next.issuers[0] as { bytes: Uint8Array })).toBe("stored");
  const { holdings, own } = rig.on;
  expect([holdings.trust.epoch, holdings.floor.value, holdings.lists.length, own.bundles.size]).toEqual([2, NOW, 0, 0]);
  expect(own.knownKeys.size).toBe(knownKeys.size);
  expect(line.deliver(newer)).toBe("need-certificate");

  const rotated = of.city.rotateRoot(NOW + 1).transition;
  if (rotated === undefined) throw new Error("no transition");
  const forged = of.city.centre.sign(of.station, rootTransitionObject, rotated.value);
  expect(line.deliver(forged)).toBe("refused");
  expect(line.deliver(rotated)).toBe("stored");
  expect(line.deliver(rotated)).toBe("known");
  expect(rig.on.holdings.transitions).toHaveLength(1);
});

/** A certificate of that issuer's, renewed or another's. */
function issuedAnew({ city: { centre } }: ReturnType<typeof foundCity>, changed: Partial<Certificate>) {
  return centre.sign(centre.root, certificateObject, { ...centre.issuer("device").certificate.value, ...changed });
}

test("SPEC OPN-9, UPD-1: its own certificate is taken under the renewed certificate of its issuer, which stands beside the older one", () => {
  const of = foundCity();
  const { rig, line } = stocked(of);
  const { centre } = of.city;
  const { value: older } = centre.issuer("device").certificate;
  const own = { publicKey: of.station.publicKey, nbf: older.nbf - DAY, exp: older.nbf + 300 * DAY, epoch: older.epoch };
  const renewed = centre.sign("device", certificateObject, { ...own, roles: roles.collector });
  expect(line.deliver(renewed)).toBe("need-certificate");
  expect(line.deliver(issuedAnew(of, { nbf: older.nbf - 2 * DAY, exp: older.exp - DAY }))).toBe("stored");
  expect(line.deliver(renewed)).toBe("stored");
  expect(rig.on.holdings.own.some(({ certificate }) => equalBytes(certificate.bytes, renewed.bytes))).toBe(true);
});

test("P16, SPEC DCK-5, SRV-1: no host takes from it what it lives by, with however many certificates of its fleet", () => {
  const of = foundCity();
  const { rig, line } = stocked(of);
  const { own } = rig.on.holdings;
  for (let index = 0; index < 2 * config.certificatePlaces; index++) {
    const { publicKey } = of.city.party(`issuer ${index}`);
    expect(line.deliver(issuedAnew(of, { publicKey }))).toBe("stored");
  }
  expect(rig.on.holdings.certificates).toHaveLength(config.certificatePlaces);
  const kept = rig.on.holdings.own.map(({ certificate }) => certificate.bytes);
  expect(kept).toEqual(own.map(({ certificate }) => certificate.bytes));
  expect(line.greet().welcome?.capabilities).toContain("time");
});

test("while the memory is written a host hears BUSY where it may, and its request is done later, once", () => {
  const of = foundCity();
  const { rig, line } = started(of);
  rig.holding = true;
  rig.dock(0, commissioned(of).powerOn("set"));
  const first = line.send("deliver", encodeRequest("serve", "deliver", { object: of.list.bytes }));
  expect(first).toBe("silence");
  expect(rig.held).toHaveLength(1);
  expect(line.again()).toBe("busy");
  // Another host's question that has no BUSY waits its turn.
  rig.finish();
  rig.holding = false;
  const answered = line.listen() ?? line.again();
  if (typeof answered === "string") throw new Error(answered);
  expect(decodeReply("serve", "deliver", answered.body)).toEqual({ outcome: "stored" });
  expect(rig.on.holdings.lists).toHaveLength(1);
});

test("a request that comes while a dock's records are written is put off with BUSY and then done", () => {
  const of = foundCity();
  const { rig, line } = stocked(of);
  rig.holding = true;
  rig.dock(0, commissioned(of).powerOn("set"));
  expect(rig.held).toHaveLength(1);
  const put = line.send("acknowledge", encodeRequest("serve", "acknowledge", { cursor: 0 }));
  expect(put).toBe("busy");
  expect(line.again()).toBe("busy");
  rig.finish();
  rig.holding = false;
  rig.pass(1);
  expect(line.again()).toMatchObject({ outcome: "reply" });
});

test("a body in chunks is one request", () => {
  const of = foundCity();
  const { line } = started(of);
  const body = encodeRequest("serve", "deliver", { object: of.list.bytes });
  const digest = provider.sha256(body);
  for (let offset = 0; offset < body.length; offset += 60) {
    const data = body.slice(offset, offset + 60);
    expect(CHUNK_DATA_BYTES).toBeGreaterThan(data.length);
    expect(line.ask("chunk", { digest, offset, total: body.length, data })).toEqual({ received: offset + data.length });
  }
  const answered = line.send("deliver", encodeChunkedBody(digest));
  if (typeof answered === "string") throw new Error(answered);
  expect(decodeReply("serve", "deliver", answered.body)).toEqual({ outcome: "stored" });
  expect(line.send("deliver", encodeChunkedBody(digest))).toMatchObject({ outcome: "error" });
});

test("counters stand in the order of the registry, and the self-test says what it found", () => {
  const { of, rig, line } = started();
  const registry: unknown = JSON.parse(
    readFileSync(new URL("../../../../protocol/registry.json", import.meta.url), "utf8"),
  );
  const { counters } = registry as { readonly counters: readonly string[] };
  const told = line.ask("counters", {});
  if (typeof told === "string") throw new Error(told);
  expect(told.counters).toHaveLength(counters.length);
  const counter = (name: string) => told.counters[counters.indexOf(name)];
  expect(counter("requestsHandled")).toBe(rig.on.host.responder.counters.requestsHandled);
  expect(line.ask("self-test", {})).toEqual({
    checks: [
      [1, true],
      [2, false],
      [3, true],
      [4, true],
    ],
  });
  line.time(of);
  expect(line.ask("self-test", {})).toMatchObject({
    checks: [
      [1, true],
      [2, true],
      [3, true],
      [4, true],
    ],
  });
});

test("a hostile host changes nothing by noise, and by honest objects nothing back", () => {
  const of = foundCity();
  const { rig } = stocked(of);
  const { state } = rig;
  const device = stationDevice(config);
  const held = rig.on.memory.items;
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          version: fc.constant(1),
          kind: fc.constantFrom("request", "reply", "notification"),
          message: fc.nat({ max: 63 }),
          session: fc.constantFrom(
            5,
            rig.on.host.responder.at.phase === "closed" ? 6 : rig.on.host.responder.at.session,
          ),
          sequence: fc.nat({ max: 12 }),
          body: fc.uint8Array({ maxLength: 64 }),
        }),
        { maxLength: 4 },
      ),
      (frames) => {
        let now = state;
        for (const frame of frames) {
          const stepped = device.step(now, { kind: "host-frame", frame: frame as Frame, tickMs: rig.tickMs });
          expect(stepped.effects.filter(({ kind }) => kind === "nvm" || kind === "clear-stop-flag")).toEqual([]);
          now = stepped.state;
        }
        expect(now.power === "on" && now.memory.items).toBe(held);
      },
    ),
    { numRuns: 200 },
  );
});
