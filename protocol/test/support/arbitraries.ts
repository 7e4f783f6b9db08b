/** Arbitrary values of every kind of object, all of them within the rules, and the table of kinds that they make up. */
import fc from "fast-check";
import { type ActivationTicket, activationTicketObject } from "#src/objects/activation-ticket.ts";
import { type Certificate, certificateObject } from "#src/objects/certificate.ts";
import { type DeviceProof, deviceProofObject } from "#src/objects/device-proof.ts";
import { type DeviceTransfer, deviceTransferObject } from "#src/objects/device-transfer.ts";
import { type DoorPolicy, doorPolicyObject } from "#src/objects/door-policy.ts";
import { type Enrolment, enrolmentObject } from "#src/objects/enrolment.ts";
import { type Grant, grantObject, type ScopeEntry, subOf } from "#src/objects/grant.ts";
import { type HostCommand, hostCommandObject } from "#src/objects/host-command.ts";
import { type JournalEntry, type KeyJournal, keyJournalObject } from "#src/objects/key-journal.ts";
import type { LogRecord } from "#src/objects/log-record.ts";
import { type LogSegment, logSegmentObject } from "#src/objects/log-segment.ts";
import { type OpenProof, openProofObject } from "#src/objects/open-proof.ts";
import { type PinVerifier, pinVerifierObject } from "#src/objects/pin-verifier.ts";
import {
  compareEntries,
  type RevocationEntry,
  type RevocationList,
  revocationListObject,
} from "#src/objects/revocation-list.ts";
import { type RootTransition, rootTransitionObject } from "#src/objects/root-transition.ts";
import type { ObjectKind } from "#src/objects/signed-object.ts";
import { type TimeStatement, timeStatementObject } from "#src/objects/time-statement.ts";
import { type UploadReceipt, uploadReceiptObject } from "#src/objects/upload-receipt.ts";
import { coarseResults, exchanges, limits, reasons, roles, times } from "#src/registry.ts";
import { party } from "./city.ts";

const LARGEST = 0xffff_ffff;

/** With the values around which a head changes its length. */
export const uint32: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 0, max: LARGEST }),
  fc.constantFrom(0, 1, 23, 24, 255, 256, 65_535, 65_536, LARGEST - 1, LARGEST),
);
const versionNumber = fc.oneof(fc.integer({ min: 1, max: 0xffff_ffff }), fc.constantFrom(1, 24, 256, 65_536));
const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint8 = fc.integer({ min: 0, max: 0xff });
const widthSeconds = fc.integer({ min: 1, max: 0xffff });

export function bytesOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

const id8 = bytesOf(8);
const nonce = bytesOf(16);
const digest = bytesOf(32);
const head = bytesOf(16);

/** Sound ones; there are few, because making one costs a multiplication on the curve. */
export const publicKey: fc.Arbitrary<Uint8Array> = fc.constantFrom(
  ...["a", "b", "c", "d"].map((name) => party(`subject ${name}`).publicKey),
);

function ascending(range: { readonly min: number; readonly max: number }): fc.Arbitrary<readonly number[]> {
  return fc
    .uniqueArray(uint32, { minLength: range.min, maxLength: range.max })
    .map((numbers) => numbers.toSorted((a, b) => a - b));
}

/** nbf and exp, at most so far from each other. */
function window(longest: number): fc.Arbitrary<{ readonly nbf: number; readonly exp: number }> {
  return fc
    .record({ nbf: fc.integer({ min: 0, max: LARGEST - longest }), lifetime: fc.integer({ min: 1, max: longest }) })
    .map(({ nbf, lifetime }) => ({ nbf, exp: nbf + lifetime }));
}

const subject = fc.record({ publicKey, epoch: uint32 });
const grantIssuerCertificate = fc
  .tuple(
    subject,
    window(times.issuerCertificateSeconds),
    fc.option(ascending({ min: 1, max: limits.policyGroups }), { nil: undefined }),
  )
  .map(([rest, span, groups]) => ({
    roles: roles.grant,
    ...rest,
    ...span,
    ...(groups === undefined ? {} : { groups }),
  }));
const otherIssuerCertificate = fc
  .tuple(
    fc.constantFrom(roles.policy, roles.list, roles.receipt, roles.time, roles.device),
    subject,
    window(times.issuerCertificateSeconds),
  )
  .map(([bits, rest, span]) => ({ roles: bits, ...rest, ...span }));
const deviceCertificate = fc
  .tuple(
    fc.subarray([roles["time-source"], roles.ticket, roles.host, roles.collector], { minLength: 1 }),
    subject,
    window(times.timeCertificateSeconds),
  )
  .map(([bits, rest, span]) => ({ roles: bits.reduce((sum, bit) => sum | bit, 0), ...rest, ...span }));

export const certificate: fc.Arbitrary<Certificate> = fc.oneof(
  grantIssuerCertificate,
  otherIssuerCertificate,
  deviceCertificate,
);

const rootTransition: fc.Arbitrary<RootTransition> = fc.record({
  rootPublicKey: publicKey,
  successorThumbprint: digest,
  epoch: uint32,
  nbf: uint32,
});

const deviceTransfer: fc.Arbitrary<DeviceTransfer> = fc.record({
  rootPublicKey: publicKey,
  successorThumbprint: digest,
  epoch: uint32,
  nbf: uint32,
  device: id8,
  nonce,
  fleetId: digest,
});

const scope: fc.Arbitrary<readonly ScopeEntry[]> = fc
  .record({
    groups: fc.uniqueArray(fc.tuple(uint32, fc.integer({ min: 1, max: 7 })), {
      maxLength: limits.scopeEntries / 2,
      selector: ([group]) => group,
    }),
    doors: fc.uniqueArray(fc.tuple(id8, fc.integer({ min: 0, max: 7 })), {
      maxLength: limits.scopeEntries / 2,
      selector: ([door]) => hex(door),
    }),
  })
  .filter(({ groups, doors }) => groups.length + doors.length > 0)
  .map(({ groups, doors }) => [
    ...groups.toSorted(([a], [b]) => a - b),
    ...doors.toSorted(([a], [b]) => (hex(a) < hex(b) ? -1 : 1)),
  ]);

export const grant: fc.Arbitrary<Grant> = fc
  .record({
    pseudonym: id8,
    iatAndNbf: fc.tuple(fc.integer({ min: 0, max: LARGEST - 1 }), fc.integer({ min: 0, max: LARGEST - 1 })),
    lifetime: fc.integer({ min: 1, max: 16 * 3600 }),
    cti: id8,
    // Any 32 bytes: whether a signature can hold under them is asked where one is checked.
    x: digest,
    scope,
  })
  .map(({ pseudonym, iatAndNbf, lifetime, cti, x, scope }) => {
    const [iat, nbf] = [Math.min(...iatAndNbf), Math.max(...iatAndNbf)];
    const exp = Math.min(LARGEST, nbf + lifetime);
    return { sub: subOf(pseudonym), exp, nbf, iat, cti, cnf: { key: { kty: 1, crv: 6, x } }, scope };
  });

const activationTicket: fc.Arbitrary<ActivationTicket> = fc
  .tuple(digest, window(times.longestGrantSeconds), uint32)
  .map(([grantDigest, { nbf, exp }, boxCounter]) => ({
    grantDigest,
    from: nbf,
    until: exp,
    method: "pin",
    boxCounter,
  }));

const policyFields = fc.record({
  cylinder: id8,
  version: versionNumber,
  iat: uint32,
  door: id8,
  mount: uint16,
  groups: ascending({ min: 0, max: limits.policyGroups }),
  longestGrantSeconds: uint32,
  activation: fc.constantFrom("asked" as const, "not-asked" as const),
  widestIntervalSeconds: uint16,
  lists: ascending({ min: 0, max: limits.policyLists }),
  doorKind: fc.constantFrom("apartment" as const, "entrance" as const, "waste-room" as const, "laundry" as const),
});
const mountedPolicy: fc.Arbitrary<DoorPolicy> = fc
  .tuple(policyFields, fc.constantFrom("active" as const, "deactivated" as const))
  .map(([fields, state]) => ({ ...fields, state }));
const dismountingPolicy: fc.Arbitrary<DoorPolicy> = fc
  .tuple(policyFields, fc.option(uint32, { nil: undefined }))
  .map(([fields, writtenOff]) => ({
    ...fields,
    state: "dismounted",
    ...(writtenOff === undefined ? {} : { writtenOff }),
  }));
const doorPolicy: fc.Arbitrary<DoorPolicy> = fc.oneof(mountedPolicy, dismountingPolicy);

const revocationEntry: fc.Arbitrary<RevocationEntry> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("grant" as const, "key" as const, "holder" as const, "device" as const, "issuer" as const),
    id: id8,
    until: uint32,
  }),
  fc.record({ kind: fc.constant("group" as const), id: uint32, until: uint32 }),
);
const revocationList: fc.Arbitrary<RevocationList> = fc.record({
  list: uint32,
  version: versionNumber,
  iat: uint32,
  entries: fc
    .uniqueArray(revocationEntry, {
      maxLength: limits.listEntries,
      size: "max",
      selector: ({ kind, id }) => `${kind} ${typeof id === "number" ? id : hex(id)}`,
    })
    .map((entries) => entries.toSorted(compareEntries)),
});

const timeStatement: fc.Arbitrary<TimeStatement> = fc.record({
  nonce,
  t: uint32,
  uncertaintyMs: fc.integer({ min: 0, max: times.serveUncertaintyMs }),
  source: fc.constantFrom("issuer", "station", "activation-box", "key-cabinet", "key"),
});

const openProof: fc.Arbitrary<OpenProof> = fc.record({
  lo: uint32,
  widthSeconds,
  quality: fc.constantFrom("lost", "conflict", "running"),
  keyCounter: uint32,
  action: fc.constantFrom("open", "service"),
  timeSource: id8,
  carried: fc.record({
    epoch: uint32,
    policy: uint32,
    lists: fc.array(fc.tuple(uint32, uint32), { maxLength: limits.policyLists }),
  }),
});

export const logRecord: fc.Arbitrary<LogRecord> = fc.oneof(
  fc.record({
    kind: fc.constant("intent" as const),
    cti: id8,
    keyCounter: uint32,
    lo: uint32,
    widthSeconds,
    flags: fc.nat({ max: 3 }),
  }),
  fc.record({
    kind: fc.constant("outcome" as const),
    code: fc.constantFrom("engaged" as const, "aborted" as const, "unknown" as const, "jammed" as const),
    durationMs: uint16,
  }),
  fc.constant({ kind: "void" as const }),
  fc.record({ kind: fc.constant("policy" as const), version: uint32 }),
  fc.record({ kind: fc.constant("list" as const), list: uint32, version: uint32 }),
  fc.record({
    kind: fc.constant("lifecycle" as const),
    state: fc.constantFrom(
      "factory" as const,
      "commissioned" as const,
      "active" as const,
      "deactivated" as const,
      "dismounted" as const,
    ),
    mount: uint16,
  }),
  fc.record({
    kind: fc.constant("refusal" as const),
    cti: id8,
    reason: fc.constantFrom(...reasons.map(({ name }) => name)),
    lo: uint32,
  }),
  fc.record({ kind: fc.constant("fork" as const), n: uint32 }),
  fc.record({ kind: fc.constant("epoch" as const), epoch: uint32 }),
  fc.constant({ kind: "exhausted" as const }),
);

const firstNumber = fc.integer({ min: 1, max: LARGEST - 100 });

export const logSegment: fc.Arbitrary<LogSegment> = fc.record({
  mount: uint16,
  first: firstNumber,
  headBefore: head,
  records: fc.array(logRecord, { minLength: 1, maxLength: limits.segmentRecords }),
  keyNonce: id8,
  nonceCounter: uint32,
  store: fc.constantFrom("openings", "refusals"),
});

const uploadReceipt: fc.Arbitrary<UploadReceipt> = fc.record({
  device: id8,
  n: uint32,
  head,
  iat: uint32,
  store: fc.constantFrom("openings", "refusals", "journal"),
});

const journalEntry: fc.Arbitrary<JournalEntry> = fc.oneof(
  fc.record({
    kind: fc.constant("proof" as const),
    cylinder: id8,
    cti: id8,
    keyCounter: uint32,
    lo: uint32,
    widthSeconds,
    action: fc.constantFrom("open" as const, "service" as const),
  }),
  fc.record({
    kind: fc.constant("result" as const),
    cylinder: id8,
    result: fc.constantFrom(...coarseResults.map(({ name }) => name)),
  }),
  fc.record({ kind: fc.constant("time-accepted" as const), source: id8, lo: uint32, widthSeconds }),
  fc.record({
    kind: fc.constant("time-refused" as const),
    source: id8,
    reason: fc.constantFrom(
      "stale" as const,
      "earlier" as const,
      "conflict" as const,
      "too-wide" as const,
      "window" as const,
    ),
  }),
  fc.record({ kind: fc.constant("clock-lost" as const), lo: uint32 }),
  fc.record({
    kind: fc.constant("activation" as const),
    box: id8,
    outcome: fc.constantFrom("activated" as const, "wrong-pin" as const, "locked" as const),
  }),
);
const keyJournal: fc.Arbitrary<KeyJournal> = fc.record({
  first: firstNumber,
  headBefore: head,
  entries: fc.array(journalEntry, { minLength: 1, maxLength: limits.journalEntries }),
  nonce,
});

const pinVerifier: fc.Arbitrary<PinVerifier> = fc.record({
  key: id8,
  salt: nonce,
  digest,
  version: uint32,
  iat: uint32,
});

const enrolment: fc.Arbitrary<Enrolment> = fc.record({
  publicKey,
  serialNumber: fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 24 })
    .filter((text) => Buffer.byteLength(text) <= 24 && !text.startsWith("\ufeff")),
  deviceKind: fc.constantFrom("cylinder", "key", "station", "activation-box", "key-cabinet"),
  firmware: fc.tuple(uint8, uint8, uint8),
  nonce,
});

const hostCommand: fc.Arbitrary<HostCommand> = fc.record({
  device: id8,
  nonce,
  sequence: uint32,
  command: fc.oneof(
    fc.record({ kind: fc.constant("read-log" as const), cursor: uint32 }),
    fc.record({
      kind: fc.constant("configure" as const),
      setting: fc.constantFrom("serve-time" as const, "overdue" as const, "door-left-open" as const),
      value: uint32,
    }),
    fc.record({ kind: fc.constant("release-slot" as const), slot: uint8 }),
    fc.record({ kind: fc.constant("enrol-pin" as const), slot: uint8, pin: fc.stringMatching(/^[0-9]{4,8}$/) }),
  ),
});

const deviceProof: fc.Arbitrary<DeviceProof> = fc.record({
  nonce,
  exchange: fc.constantFrom(...(Object.keys(exchanges) as (keyof typeof exchanges)[])),
});

/** A kind of object with its values; the type of the values is forgotten, so that tests can go through all of them. */
export interface AnyKind {
  readonly kind: ObjectKind<unknown>;
  readonly values: fc.Arbitrary<unknown>;
}

function row<T>(kind: ObjectKind<T>, values: fc.Arbitrary<T>): AnyKind {
  return { kind: kind as unknown as ObjectKind<unknown>, values };
}

/** Every kind, in the order of registry.json. */
export const everyKind: readonly AnyKind[] = [
  row(certificateObject, certificate),
  row(rootTransitionObject, rootTransition),
  row(grantObject, grant),
  row(activationTicketObject, activationTicket),
  row(doorPolicyObject, doorPolicy),
  row(revocationListObject, revocationList),
  row(timeStatementObject, timeStatement),
  row(openProofObject, openProof),
  row(logSegmentObject, logSegment),
  row(uploadReceiptObject, uploadReceipt),
  row(keyJournalObject, keyJournal),
  row(pinVerifierObject, pinVerifier),
  row(enrolmentObject, enrolment),
  row(hostCommandObject, hostCommand),
  row(deviceProofObject, deviceProof),
  row(deviceTransferObject, deviceTransfer),
];

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
