// The rules of each kind that its schema cannot say (SPEC OBJ-2 to OBJ-8, OBJ-14, OBJ-16, OBJ-18, OBJ-21; TRU-3, TRU-6, TRU-7).
import { describe, expect, test } from "vitest";
import { fromHex } from "#src/bytes.ts";
import { activationTicketObject } from "#src/objects/activation-ticket.ts";
import { certificateObject } from "#src/objects/certificate.ts";
import { deviceTransferObject } from "#src/objects/device-transfer.ts";
import { doorPolicyObject } from "#src/objects/door-policy.ts";
import { enrolmentObject } from "#src/objects/enrolment.ts";
import { grantObject, pseudonymOf, type ScopeEntry, subOf } from "#src/objects/grant.ts";
import { keyJournalObject } from "#src/objects/key-journal.ts";
import { logSegmentObject } from "#src/objects/log-segment.ts";
import { type RevocationEntry, revocationListObject } from "#src/objects/revocation-list.ts";
import { rootTransitionObject } from "#src/objects/root-transition.ts";
import { issueObject, type ObjectKind, parseObject, verifyObject } from "#src/objects/signed-object.ts";
import { type ErrorCode, roles, times } from "#src/registry.ts";
import {
  box,
  DAY,
  fixedBytes,
  fleetId,
  issueGrant,
  issueList,
  issuePolicy,
  issuers,
  issueTicket,
  key,
  NOW,
  provider,
  SHIFT,
  signerOf,
  station,
} from "../support/city.ts";
import { codeOf } from "../support/code-of.ts";
import { signUnchecked } from "../support/unchecked.ts";

interface Fault {
  readonly why: string;
  readonly code: ErrorCode;
  /** What parsing what somebody else signed says, and what issuing it here says. */
  readonly codes: () => readonly [parsed: string, issued: string];
}

function fault<T>(why: string, kind: ObjectKind<T>, usual: T, differs: Partial<T>, code: ErrorCode): Fault {
  const value = { ...usual, ...differs };
  return {
    why: `${kind.name}: ${why}`,
    code,
    codes: () => [
      codeOf(() =>
        verifyObject(parseObject(kind, signUnchecked(kind, value, key)), {
          provider,
          publicKey: key.publicKey,
          fleetId,
        }),
      ),
      codeOf(() => issueObject(kind, value, signerOf(key))),
    ],
  };
}

const grant = issueGrant().value;
const certificate = issuers.grant.certificate.value;
const deviceCertificate = box.certificate.value;
const timeCertificate = station.certificate.value;
const ticket = issueTicket(fixedBytes("grant", 190)).value;
const policy = issuePolicy().value;
const list = issueList().value;
const [doorA, doorB] = [fromHex("0000000000000001"), fromHex("ff00000000000000")];
const cti = fixedBytes("cti", 8);
const segment = {
  mount: 1,
  first: 1,
  headBefore: fixedBytes("head", 16),
  records: [{ kind: "void" as const }, { kind: "exhausted" as const }],
  keyNonce: cti,
  nonceCounter: 0,
  store: "openings" as const,
};
const journal = {
  first: 1,
  headBefore: fixedBytes("head", 16),
  entries: [{ kind: "clock-lost" as const, lo: 0 }],
  nonce: fixedBytes("nonce", 16),
};
const LAST = 0xffff_ffff;

/** A point of order 4 (y = 0); y = 2, which no point has; the base point plus one of order 8 (SPEC CRY-7). */
const unsoundKeys = [
  new Uint8Array(32),
  Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 2 : 0)),
  fromHex("98519eadf35b995233b51b5cd23e9cc5a28b639b5a4af0ec903cb960d81b7819"),
];
const root = { rootPublicKey: key.publicKey, successorThumbprint: fixedBytes("next", 32), epoch: 4, nbf: NOW };
const transfer = { ...root, device: cti, nonce: fixedBytes("nonce", 16), fleetId: fixedBytes("fleet", 32) };
const enrolment = {
  publicKey: key.publicKey,
  serialNumber: "NF-0001",
  deviceKind: "key" as const,
  firmware: [1, 0, 0] as const,
  nonce: fixedBytes("nonce", 16),
};

const scoped = (why: string, scope: readonly ScopeEntry[], code: ErrorCode) =>
  fault(`a scope with ${why}`, grantObject, grant, { scope }, code);
const entries = (why: string, given: readonly RevocationEntry[]) =>
  fault(`entries with ${why}`, revocationListObject, list, { entries: given }, "objects/not-ascending");
const certified = (why: string, differs: Partial<typeof certificate>, code: ErrorCode) =>
  fault(why, certificateObject, certificate, differs, code);

const faults: readonly Fault[] = [
  // SPEC TRU-3, OBJ-2
  certified("two issuer roles", { roles: roles.grant | roles.policy }, "objects/roles"),
  certified("an issuer's and a device's role", { roles: roles.device | roles.host }, "objects/roles"),
  certified("groups beside another role", { roles: roles.policy, groups: [1] }, "objects/roles"),
  fault("groups of a device", certificateObject, deviceCertificate, { groups: [1] }, "objects/roles"),
  // SPEC TRU-6
  certified("groups out of order", { groups: [2, 1] }, "objects/not-ascending"),
  certified("a group twice", { groups: [1, 1] }, "objects/not-ascending"),
  certified("an empty window", { exp: certificate.nbf }, "objects/window-empty"),
  // SPEC TRU-7
  certified("801 days", { exp: certificate.nbf + 800 * DAY + 1 }, "objects/lifetime"),
  fault(
    "a device's 401 days",
    certificateObject,
    deviceCertificate,
    { exp: deviceCertificate.nbf + 400 * DAY + 1 },
    "objects/lifetime",
  ),
  fault(
    "15 days for a source of time",
    certificateObject,
    timeCertificate,
    { exp: timeCertificate.nbf + 14 * DAY + 1 },
    "objects/lifetime",
  ),
  // SPEC OBJ-2, OBJ-18, OBJ-21
  ...unsoundKeys.flatMap((publicKey) => [
    certified("an unsound key", { publicKey }, "objects/public-key"),
    fault("an unsound key", rootTransitionObject, root, { rootPublicKey: publicKey }, "objects/public-key"),
    fault("an unsound key", deviceTransferObject, transfer, { rootPublicKey: publicKey }, "objects/public-key"),
    fault("an unsound key", enrolmentObject, enrolment, { publicKey }, "objects/public-key"),
  ]),
  // SPEC OBJ-3
  fault("iat after nbf", grantObject, grant, { iat: SHIFT.nbf + 1 }, "objects/window-empty"),
  fault("nbf at exp", grantObject, grant, { nbf: SHIFT.exp }, "objects/window-empty"),
  // SPEC OBJ-4
  scoped("a group without rights", [[1, 0]], "objects/scope-rights"),
  scoped(
    "groups out of order",
    [
      [2, 1],
      [1, 1],
    ],
    "objects/not-ascending",
  ),
  scoped(
    "a group twice",
    [
      [1, 1],
      [1, 2],
    ],
    "objects/not-ascending",
  ),
  scoped(
    "doors out of order",
    [
      [doorB, 1],
      [doorA, 1],
    ],
    "objects/not-ascending",
  ),
  scoped(
    "a door twice",
    [
      [doorA, 1],
      [doorA, 0],
    ],
    "objects/not-ascending",
  ),
  scoped(
    "a group after a door",
    [
      [doorA, 1],
      [1, 1],
    ],
    "objects/not-ascending",
  ),
  // SPEC OBJ-6
  fault("from at until", activationTicketObject, ticket, { from: SHIFT.exp }, "objects/window-empty"),
  // SPEC OBJ-7
  fault("groups out of order", doorPolicyObject, policy, { groups: [2, 1] }, "objects/not-ascending"),
  fault("a list twice", doorPolicyObject, policy, { lists: [1, 1] }, "objects/not-ascending"),
  fault("written off while active", doorPolicyObject, policy, { writtenOff: 1 }, "objects/written-off"),
  fault(
    "written off while deactivated",
    doorPolicyObject,
    policy,
    { state: "deactivated", writtenOff: 1 },
    "objects/written-off",
  ),
  // SPEC OBJ-8
  entries("kinds out of order", [
    { kind: "key", id: cti, until: 1 },
    { kind: "grant", id: cti, until: 1 },
  ]),
  entries("an issuer before a group", [
    { kind: "issuer", id: cti, until: 1 },
    { kind: "group", id: 1, until: 1 },
  ]),
  entries("a group before a device", [
    { kind: "group", id: 1, until: 1 },
    { kind: "device", id: cti, until: 1 },
  ]),
  entries("ids out of order", [
    { kind: "key", id: doorB, until: 1 },
    { kind: "key", id: doorA, until: 1 },
  ]),
  entries("an id twice", [
    { kind: "key", id: cti, until: 1 },
    { kind: "key", id: cti, until: 2 },
  ]),
  entries("groups out of order", [
    { kind: "group", id: 2, until: 1 },
    { kind: "group", id: 1, until: 1 },
  ]),
  // SPEC LOG-2, OBJ-14, OBJ-16
  fault("a record 0", logSegmentObject, segment, { first: 0 }, "objects/record-numbers"),
  fault("a record 2^32", logSegmentObject, segment, { first: LAST }, "objects/record-numbers"),
  fault("an entry 0", keyJournalObject, journal, { first: 0 }, "objects/record-numbers"),
];

test.each(faults)("$why is refused, and not issued", ({ code, codes }) => {
  expect(codes()).toEqual([code, "objects/not-issuable"]);
});

describe("what is just within the rules", () => {
  const accepted = <T>(kind: ObjectKind<T>, usual: T, differs: Partial<T>) =>
    codeOf(() => parseObject(kind, issueObject(kind, { ...usual, ...differs }, signerOf(key)).bytes));

  test("SPEC TRU-7: certificates of 800, 400 and 14 days", () => {
    expect(accepted(certificateObject, certificate, { exp: certificate.nbf + 800 * DAY })).toBe("accepted");
    expect(accepted(certificateObject, deviceCertificate, { exp: deviceCertificate.nbf + 400 * DAY })).toBe("accepted");
    expect(accepted(certificateObject, timeCertificate, { exp: timeCertificate.nbf + 14 * DAY })).toBe("accepted");
    expect([times.issuerCertificateSeconds, times.deviceCertificateSeconds, times.timeCertificateSeconds]).toEqual([
      800 * DAY,
      400 * DAY,
      14 * DAY,
    ]);
  });

  test("SPEC TRU-3: several device roles", () => {
    const both = roles.ticket | roles.collector;
    expect(accepted(certificateObject, deviceCertificate, { roles: both })).toBe("accepted");
  });

  test("SPEC OBJ-3, OBJ-4: a grant issued at its nbf, for groups and then doors, one of them excluded", () => {
    const scope: readonly ScopeEntry[] = [
      [1, 1],
      [2, 7],
      [doorA, 0],
      [doorB, 1],
    ];
    expect(accepted(grantObject, grant, { iat: grant.nbf, exp: grant.nbf + 1, scope })).toBe("accepted");
  });

  test("SPEC OBJ-7: openings written off by what dismounts the door", () => {
    expect(accepted(doorPolicyObject, policy, { state: "dismounted", writtenOff: 43 })).toBe("accepted");
  });

  test("SPEC OBJ-8: entries ascending by kind's number and then id", () => {
    const inOrder: readonly RevocationEntry[] = [
      { kind: "grant", id: cti, until: 1 },
      { kind: "key", id: doorA, until: 1 },
      { kind: "key", id: doorB, until: 1 },
      { kind: "holder", id: cti, until: 1 },
      { kind: "device", id: cti, until: 1 },
      { kind: "group", id: 1, until: 1 },
      { kind: "group", id: 2, until: 1 },
      { kind: "issuer", id: cti, until: 1 },
    ];
    expect(accepted(revocationListObject, list, { entries: inOrder })).toBe("accepted");
  });

  test("SPEC LOG-2: a segment that ends with the last number", () => {
    expect(accepted(logSegmentObject, segment, { first: LAST - 1 })).toBe("accepted");
  });
});

describe("SPEC OBJ-3: sub and the holder's pseudonym", () => {
  test("are each other's forms", () => {
    for (let round = 0; round < 100; round++) {
      const pseudonym = fixedBytes(`holder ${round}`, 8);
      expect(subOf(pseudonym)).toBe(Buffer.from(pseudonym).toString("base64url"));
      expect(pseudonymOf(subOf(pseudonym))).toEqual(pseudonym);
    }
  });

  test.each([
    ["an unused bit that is set", "AAAAAAAAAAB", "schema/text"],
    ["a character of base64 that base64url lacks", "AAAA+AAAAAA", "schema/text"],
    ["padding", "AAAAAAAAAA=", "schema/text"],
    ["ten characters", "AAAAAAAAAA", "schema/length"],
    ["twelve characters", "AAAAAAAAAAAA", "schema/length"],
  ])("%s is refused", (_, sub, code) => {
    // Issued with the right sub and then changed: no builder writes the wrong one.
    const right = Buffer.from(issueGrant().bytes);
    const at = right.indexOf(grant.sub);
    const head = 0x60 + sub.length;
    const changed = Buffer.concat([
      right.subarray(0, at - 1),
      Buffer.from([head]),
      Buffer.from(sub),
      right.subarray(at + 11),
    ]);
    // The payload's head is two bytes in all of these, `58 n`, and stands after the 20 bytes of header.
    changed[21] = (changed[21] ?? 0) + sub.length - 11;
    expect(codeOf(() => parseObject(grantObject, changed))).toBe(code);
  });
});

test("SPEC OBJ-5: a grant of a usual shift is at most 200 bytes", () => {
  const group = issueGrant({ scope: [[LAST, 7]] });
  expect(issueGrant().bytes.length).toBeLessThanOrEqual(200);
  expect(group.bytes.length).toBeLessThanOrEqual(200);
});
