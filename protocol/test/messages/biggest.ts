/** The largest object of each kind that a body carries, and the largest body of each message made of them. */

import type { Bodies, BodyName } from "#src/messages/bodies.ts";
import { activationTicketObject } from "#src/objects/activation-ticket.ts";
import { certificateObject } from "#src/objects/certificate.ts";
import { deviceProofObject } from "#src/objects/device-proof.ts";
import { deviceTransferObject } from "#src/objects/device-transfer.ts";
import { doorPolicyObject } from "#src/objects/door-policy.ts";
import { enrolmentObject } from "#src/objects/enrolment.ts";
import { grantObject, subOf } from "#src/objects/grant.ts";
import { hostCommandObject } from "#src/objects/host-command.ts";
import { keyJournalObject } from "#src/objects/key-journal.ts";
import { logSegmentObject } from "#src/objects/log-segment.ts";
import { openProofObject } from "#src/objects/open-proof.ts";
import { revocationListObject } from "#src/objects/revocation-list.ts";
import type { ObjectKind } from "#src/objects/signed-object.ts";
import { timeStatementObject } from "#src/objects/time-statement.ts";
import { uploadReceiptObject } from "#src/objects/upload-receipt.ts";
import { limits, roles } from "#src/registry.ts";
import { fixedBytes, issue, key } from "../support/city.ts";

const LARGEST = 0xffff_ffff;
const id8 = fixedBytes("id", 8);
const nonce16 = fixedBytes("nonce", 16);
const digest = fixedBytes("digest", 32);
const window = { nbf: LARGEST - 20_000, exp: LARGEST };

function times<T>(length: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length }, (_, index) => make(index));
}
const numbers = (count: number) => times(count, (index) => LARGEST - count + index);
const made = <T>(kind: ObjectKind<T>, value: NoInfer<T>): Uint8Array => issue(kind, value, key).bytes;

const deviceCertificate = made(certificateObject, {
  roles: roles["time-source"] | roles.ticket | roles.host | roles.collector,
  publicKey: key.publicKey,
  ...window,
  epoch: LARGEST,
});
const issuerCertificate = made(certificateObject, {
  roles: roles.device,
  publicKey: key.publicKey,
  ...window,
  epoch: LARGEST,
});
const boundedIssuerCertificate = made(certificateObject, {
  roles: roles.grant,
  publicKey: key.publicKey,
  ...window,
  epoch: LARGEST,
  groups: numbers(limits.policyGroups),
});
const certificates = [deviceCertificate, issuerCertificate];
const grant = made(grantObject, {
  sub: subOf(id8),
  ...window,
  iat: window.nbf,
  cti: id8,
  cnf: { key: { kty: 1, crv: 6, x: key.publicKey } },
  scope: times(limits.scopeEntries, (index) => [Uint8Array.of(...id8.slice(0, 7), index), 7] as const),
});
const ticket = made(activationTicketObject, {
  grantDigest: digest,
  from: window.nbf,
  until: window.exp,
  method: "pin",
  boxCounter: LARGEST,
});
const policy = (state: "active" | "dismounted") =>
  made(doorPolicyObject, {
    cylinder: id8,
    version: LARGEST,
    iat: LARGEST,
    door: id8,
    mount: 0xffff,
    state,
    groups: numbers(limits.policyGroups),
    longestGrantSeconds: LARGEST,
    activation: "asked",
    widestIntervalSeconds: 0xffff,
    lists: numbers(limits.policyLists),
    doorKind: "laundry",
    ...(state === "dismounted" ? { writtenOff: LARGEST } : {}),
  });
const list = made(revocationListObject, {
  list: LARGEST,
  version: LARGEST,
  iat: LARGEST,
  entries: times(limits.listEntries, (index) => ({
    kind: "grant" as const,
    id: Uint8Array.of(...id8.slice(0, 7), index),
    until: LARGEST,
  })),
});
const proof = made(openProofObject, {
  lo: LARGEST,
  widthSeconds: 0xffff,
  quality: "running",
  keyCounter: LARGEST,
  action: "open",
  timeSource: id8,
  carried: {
    epoch: LARGEST,
    policy: LARGEST,
    lists: times(limits.policyLists, () => [LARGEST, LARGEST] as const),
  },
});
const segment = made(logSegmentObject, {
  mount: 0xffff,
  first: LARGEST - 100,
  headBefore: nonce16,
  records: times(limits.segmentRecords, () => ({
    kind: "intent" as const,
    cti: id8,
    keyCounter: LARGEST,
    lo: LARGEST,
    widthSeconds: 0xffff,
    flags: 3,
  })),
  keyNonce: id8,
  nonceCounter: LARGEST,
  store: "openings",
});
const journal = made(keyJournalObject, {
  first: LARGEST - 100,
  headBefore: nonce16,
  entries: times(limits.journalEntries, () => ({
    kind: "proof" as const,
    cylinder: id8,
    cti: id8,
    keyCounter: LARGEST,
    lo: LARGEST,
    widthSeconds: 0xffff,
    action: "service" as const,
  })),
  nonce: nonce16,
});
const receipt = made(uploadReceiptObject, {
  device: id8,
  n: LARGEST,
  head: nonce16,
  iat: LARGEST,
  store: "openings",
});
const statement = made(timeStatementObject, {
  nonce: nonce16,
  t: LARGEST,
  uncertaintyMs: 60_000,
  source: "key-cabinet",
});
const deviceProof = made(deviceProofObject, { nonce: nonce16, exchange: "service" });
const enrolment = made(enrolmentObject, {
  publicKey: key.publicKey,
  serialNumber: "x".repeat(24),
  deviceKind: "key-cabinet",
  firmware: [255, 255, 255],
  nonce: nonce16,
});
const hostCommand = made(hostCommandObject, {
  device: id8,
  nonce: nonce16,
  sequence: LARGEST,
  command: { kind: "configure", setting: "overdue", value: LARGEST },
});
const transfer = made(deviceTransferObject, {
  rootPublicKey: key.publicKey,
  successorThumbprint: digest,
  epoch: LARGEST,
  nbf: LARGEST,
  device: id8,
  nonce: nonce16,
  fleetId: digest,
});

/** Whichever is the larger of what the body may carry. */
const delivered = [list, grant, policy("dismounted"), segment, receipt].reduce((a, b) =>
  a.length >= b.length ? a : b,
);
const versions = { oldest: 255, newest: 255 };
const clock = { quality: "running", lo: LARGEST, widthSeconds: 0xffff } as const;
const listVersions = (count: number) => times(count, () => [LARGEST, LARGEST] as const);

/** Every body that holds an object, and every other that is larger than a hundred bytes. One is too large for a frame. */
export const biggestBodies: { readonly [B in BodyName]?: Bodies[B] } = {
  "chunk-request": { digest, offset: LARGEST, total: LARGEST, data: new Uint8Array(900) },
  challenge: {
    versions,
    cylinder: id8,
    nonce: nonce16,
    epoch: LARGEST,
    policyVersion: LARGEST,
    lists: listVersions(limits.policyLists),
    floor: LARGEST,
    state: "dismounted",
    newestRecord: LARGEST,
  },
  "update-request": { object: delivered },
  "open-request": { by: "grant", grant, ticket, proof },
  "supply-request": { objects: [grant, ticket, boundedIssuerCertificate, deviceCertificate] },
  "collect-reply": { segment },
  "receipt-request": { receipt },
  "fetch-reply": { object: delivered },
  "dock-welcome": {
    versions,
    key: id8,
    nonce: nonce16,
    battery: "empty",
    epoch: LARGEST,
    clock,
    journal: { newest: LARGEST, head: nonce16 },
    segments: 0xffff,
    grantDigest: digest,
    lists: listVersions(16),
  },
  "prove-request": { proof: deviceProof, certificates },
  "time-request": { statement, certificates },
  "deliver-request": { object: delivered },
  "journal-reply": { journal },
  "carried-reply": { segment },
  "grant-reply": { grant },
  "activate-request": { ticket, certificates },
  "time-ask-reply": { statement, grant, certificates: [boundedIssuerCertificate] },
  "check-in-reply": { proof: deviceProof },
  "serve-welcome": {
    versions,
    device: id8,
    nonce: nonce16,
    fleetId: digest,
    kind: "key-cabinet",
    firmware: [255, 255, 255],
    capabilities: times(16, () => "self-test" as const),
    slots: 255,
  },
  "info-reply": {
    serial: "x".repeat(24),
    epoch: LARGEST,
    clock,
    certificates: times(8, () => [id8, LARGEST] as const),
    bundles: 0xffff,
    bundleRoom: 0xffff,
    floor: LARGEST,
  },
  "counters-reply": { counters: numbers(24) },
  "self-test-reply": { checks: times(16, () => [255, true] as const) },
  "docks-reply": { slots: times(64, () => [255, "fault"] as const) },
  "bundle-request": { key: id8, object: delivered },
  "command-request": { command: hostCommand, certificates },
  "command-reply": { outcome: "refused", object: delivered, nextCursor: LARGEST },
  "enrol-reply": { enrolment },
  "commission-request": {
    root: digest,
    successor: digest,
    fleetId: digest,
    issuers: [boundedIssuerCertificate, boundedIssuerCertificate, issuerCertificate, issuerCertificate],
    policy: policy("active"),
  },
  "lifecycle-request": { policy: policy("dismounted"), grant, proof, ticket },
  "transfer-request": { transfer },
};
