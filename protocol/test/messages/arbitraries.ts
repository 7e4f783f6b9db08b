/** Arbitrary bodies of every message. */
import fc from "fast-check";
import type { Bodies, BodyName } from "#src/messages/bodies.ts";
import type { ListVersion, ToldClock } from "#src/messages/common.ts";
import type { Need } from "#src/messages/open.ts";
import { coarseResults, limits } from "#src/registry.ts";
import { bytesOf, uint32 } from "../support/arbitraries.ts";

const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint8 = fc.integer({ min: 0, max: 0xff });
const id8 = bytesOf(8);
const nonce16 = bytesOf(16);
const digest = bytesOf(32);
/** Small ones: what is inside does not matter here, and they must fit a frame together. */
const object = fc.uint8Array({ minLength: 1, maxLength: 180 });
const certificates = fc.array(object, { minLength: 1, maxLength: 2 });
const versions = fc
  .tuple(fc.integer({ min: 1, max: 255 }), fc.integer({ min: 1, max: 255 }))
  .map(([a, b]) => ({ oldest: Math.min(a, b), newest: Math.max(a, b) }));
const pin = fc.stringMatching(/^[0-9]{4,8}$/);
const listVersion = fc.tuple(uint32, uint32) as fc.Arbitrary<ListVersion>;
const listVersions = (most: number) => fc.array(listVersion, { maxLength: most });
const battery = fc.constantFrom("ok", "low", "critical", "empty");
const deviceKind = fc.constantFrom("cylinder", "key", "station", "activation-box", "key-cabinet");
const lifecycleState = fc.constantFrom("factory", "commissioned", "active", "deactivated", "dismounted");
const outcome = fc.constantFrom("stored", "known", "older", "refused", "need-certificate");
const widthSeconds = fc.integer({ min: 1, max: 0xffff });
const clock: fc.Arbitrary<ToldClock> = fc.oneof(
  fc.record({ quality: fc.constantFrom("lost", "conflict") }),
  fc.record({ quality: fc.constant("running" as const), lo: uint32, widthSeconds }),
);
const needs: readonly Need[] = [
  "grant",
  "ticket",
  "certificate-of-grant",
  "certificate-of-ticket",
  "certificate-of-box-issuer",
];

/** Fields of which those after the first argument may be absent. */
function record<T extends object, O extends object>(
  always: { [K in keyof T]: fc.Arbitrary<T[K]> },
  sometimes: { [K in keyof O]: fc.Arbitrary<O[K]> },
): fc.Arbitrary<T & Partial<O>> {
  const requiredKeys = Object.keys(always);
  return fc.record({ ...always, ...sometimes } as never, { requiredKeys } as never) as unknown as fc.Arbitrary<
    T & Partial<O>
  >;
}

const hello = { versions, nonce: nonce16 };

export const bodyArbitraries: { readonly [B in BodyName]: fc.Arbitrary<Bodies[B]> } = {
  empty: fc.constant({}),
  "error-reply": record({ number: uint16 }, { hint: fc.string({ minLength: 1, maxLength: 64 }) }),
  "busy-reply": fc.record({ milliseconds: uint16 }),
  "chunk-request": fc.record({
    digest,
    offset: uint32,
    total: uint32,
    data: fc.uint8Array({ minLength: 1, maxLength: 900 }),
  }),
  "chunk-reply": fc.record({ received: uint32 }),

  "open-hello": fc.record({
    versions,
    exchange: fc.constant("open" as const),
    nonce: id8,
    battery,
  }),
  challenge: fc.record({
    versions,
    cylinder: id8,
    nonce: nonce16,
    epoch: uint32,
    policyVersion: uint32,
    lists: listVersions(limits.policyLists),
    floor: uint32,
    state: lifecycleState,
    newestRecord: uint32,
  }),
  "update-request": fc.record({ object }),
  "update-reply": fc.record({ outcome }),
  "open-request": fc.oneof(
    record({ by: fc.constant("grant" as const), grant: object, proof: object }, { ticket: object }),
    record({ by: fc.constant("cti" as const), cti: id8, proof: object }, { ticket: object }),
  ),
  "open-reply": fc.oneof(
    record(
      {
        kind: fc.constant("result" as const),
        result: fc.constantFrom(...coarseResults.map(({ name }) => name)),
      },
      { record: uint32 },
    ),
    fc.record({
      kind: fc.constant("needs" as const),
      needs: fc.shuffledSubarray([...needs], { minLength: 1, maxLength: 4 }),
    }),
  ),
  "supply-request": fc.record({ objects: fc.array(object, { minLength: 1, maxLength: 4 }) }),
  "collect-request": record({ store: fc.constantFrom("openings", "refusals") }, { delivered: uint32 }),
  "collect-reply": record({}, { segment: object }),
  "receipt-request": fc.record({ receipt: object }),
  "receipt-reply": fc.record({ outcome: fc.constantFrom("covered", "fork", "unknown", "refused") }),
  "fetch-request": fc.oneof(
    fc.record({ wanted: fc.constant("list" as const), list: uint32 }),
    record({ wanted: fc.constant("certificate" as const), kid: id8 }, { roles: fc.integer({ min: 1, max: 1023 }) }),
    fc.record({ wanted: fc.constant("root-transition" as const), aboveEpoch: uint32 }),
  ),
  "fetch-reply": record({}, { object }),

  "dock-hello": fc.record({ ...hello, exchange: fc.constantFrom("dock", "activate", "store"), device: id8 }),
  "dock-welcome": record(
    {
      versions,
      key: id8,
      nonce: nonce16,
      battery,
      epoch: uint32,
      clock,
      journal: fc.record({ newest: uint32, head: nonce16 }),
      segments: uint16,
      lists: listVersions(16),
    },
    { grantDigest: digest },
  ),
  "prove-request": fc.record({ proof: object, certificates }),
  "time-challenge-reply": fc.record({ nonce: nonce16 }),
  "time-request": record({ statement: object }, { certificates }),
  "time-reply": fc.record({
    verdict: fc.constantFrom("accepted", "stale", "earlier", "conflict", "too-wide", "window", "source"),
    clock,
  }),
  "deliver-request": fc.record({ object }),
  "deliver-reply": fc.record({ outcome }),
  "journal-request": fc.record({ from: uint32 }),
  "journal-reply": record({}, { journal: object }),
  "carried-request": fc.record({ index: uint16 }),
  "carried-reply": record({}, { segment: object }),
  "pin-enrol-request": fc.record({ pin }),
  "pin-enrol-reply": fc.record({ v: digest }),

  "grant-reply": record({}, { grant: object }),
  "pin-request": fc.record({ pin }),
  "pin-reply": record({ attemptsLeft: fc.integer({ min: 0, max: 5 }) }, { v: digest }),
  "activate-request": fc.record({ ticket: object, certificates }),
  "activate-reply": fc.record({ outcome: fc.constantFrom("activated", "other-grant", "refused") }),
  "pin-verdict-request": fc.record({ verdict: fc.constantFrom("wrong-pin", "locked") }),
  "time-ask-request": fc.record({ nonce: nonce16 }),
  "time-ask-reply": record({}, { statement: object, grant: object, certificates }),

  "check-in-request": fc.record({ slot: uint8 }),
  "check-in-reply": fc.record({ proof: object }),
  "check-out-request": fc.record({ slot: uint8 }),
  "check-out-reply": fc.record({ outcome: fc.constantFrom("ready", "busy", "battery") }),

  "serve-hello": record(
    { ...hello, exchange: fc.constant("serve" as const) },
    { program: fc.stringMatching(/^[a-z .å]{1,16}$/) },
  ),
  "serve-welcome": fc.record({
    versions,
    device: id8,
    nonce: nonce16,
    fleetId: digest,
    kind: deviceKind,
    firmware: fc.tuple(uint8, uint8, uint8),
    capabilities: fc.subarray(["time", "bundles", "log", "cabinet", "pin", "self-test"] as const),
    slots: uint8,
  }),
  "info-reply": fc.record({
    serial: fc.stringMatching(/^[A-Z0-9-]{1,24}$/),
    epoch: uint32,
    clock,
    certificates: fc.array(fc.tuple(id8, uint32), { maxLength: 8 }),
    bundles: uint16,
    bundleRoom: uint16,
    floor: uint32,
  }),
  "counters-reply": fc.record({ counters: fc.array(uint32, { maxLength: 24 }) }),
  "self-test-reply": fc.record({
    checks: fc.array(fc.tuple(uint8, fc.boolean()), { maxLength: 16 }),
  }),
  "docks-reply": fc.record({
    slots: fc.array(fc.tuple(uint8, fc.constantFrom("empty", "docked", "busy", "fault")), {
      maxLength: 64,
    }),
  }),
  "bundle-request": fc.record({ key: id8, object }),
  "bundle-reply": fc.record({ outcome }),
  "command-request": fc.record({ command: object, certificates }),
  "command-reply": record({ outcome: fc.constantFrom("done", "refused") }, { object, nextCursor: uint32, v: digest }),
  "acknowledge-request": fc.record({ cursor: uint32 }),
  "dock-event": fc.record({ slot: uint8, event: fc.constantFrom("docked", "undocked", "synced", "fault") }),
  "cabinet-event": fc.record({
    slot: uint8,
    event: fc.constantFrom("checked-in", "checked-out", "overdue", "wrong-key", "door-left-open", "door-closed"),
  }),

  "service-hello": fc.record({ ...hello, exchange: fc.constant("service" as const) }),
  "service-welcome": fc.record({ versions, device: id8, nonce: nonce16, kind: deviceKind, state: lifecycleState }),
  "enrol-request": fc.record({ nonce: nonce16 }),
  "enrol-reply": fc.record({ enrolment: object }),
  "commission-request": record(
    {
      root: digest,
      successor: digest,
      fleetId: digest,
      issuers: fc.array(fc.uint8Array({ minLength: 1, maxLength: 150 }), { minLength: 1, maxLength: 4 }),
    },
    { policy: object },
  ),
  "lifecycle-request": record({ policy: object, grant: object, proof: object }, { ticket: object }),
  "lifecycle-reply": fc.record({
    outcome: fc.constantFrom("done", "refused", "log-not-acknowledged"),
    state: lifecycleState,
  }),
  "transfer-request": fc.record({ transfer: object }),
};

/** Every body with its name, drawn together. */
export const anyBody: fc.Arbitrary<{ readonly name: BodyName; readonly body: never }> = fc.oneof(
  ...Object.entries(bodyArbitraries).map(([name, arbitrary]) =>
    (arbitrary as fc.Arbitrary<unknown>).map((body) => ({ name: name as BodyName, body: body as never })),
  ),
);
