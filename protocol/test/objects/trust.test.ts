// Who may sign what, and when (SPEC TRU-1 to TRU-7, TRU-11).
import { describe, expect, test } from "vitest";
import { activationTicketObject } from "#src/objects/activation-ticket.ts";
import type { Certificate } from "#src/objects/certificate.ts";
import { deviceProofObject } from "#src/objects/device-proof.ts";
import { doorPolicyObject } from "#src/objects/door-policy.ts";
import { type Grant, grantObject } from "#src/objects/grant.ts";
import { hostCommandObject } from "#src/objects/host-command.ts";
import { pinVerifierObject } from "#src/objects/pin-verifier.ts";
import { revocationListObject } from "#src/objects/revocation-list.ts";
import { recallVerified, type Signed, verificationDigest, verifyObject } from "#src/objects/signed-object.ts";
import {
  type IssueTimes,
  insideCertificate,
  verifyByKind,
  verifyChain,
  verifyDeviceCertificate,
  verifyIssuerCertificate,
} from "#src/objects/trust.ts";
import { uploadReceiptObject } from "#src/objects/upload-receipt.ts";
import { roles } from "#src/registry.ts";
import { everyKind } from "../support/arbitraries.ts";
import {
  box,
  chainOf,
  cylinder,
  DAY,
  DOOR,
  EPOCH,
  fixedBytes,
  fleetId,
  GROUP,
  HOUR,
  host,
  type IssuerRole,
  issue,
  issueDeviceCertificate,
  issueGrant,
  issueIssuerCertificate,
  issueList,
  issuePolicy,
  issuer,
  issuers,
  issueTicket,
  key,
  LIST,
  NOW,
  type Party,
  party,
  provider,
  reparse,
  root,
  SHIFT,
  station,
  successor,
  trust,
  verifiedUnder,
} from "../support/city.ts";
import { codeOf } from "../support/code-of.ts";

const stranger = party("stranger");

describe("SPEC TRU-1, TRU-3: a root-signed certificate", () => {
  const verify = (object: Signed<Certificate>, present = trust) =>
    codeOf(() => verifyIssuerCertificate(reparse(object), present, provider));
  const certify = (overrides: Partial<Certificate> = {}, by: Party = root) =>
    issueIssuerCertificate(stranger, "grant", overrides, by);

  test("of each issuer role is taken, and names its subject's key", () => {
    for (const role of ["grant", "policy", "list", "receipt", "time", "device"] as const) {
      const known = verifyIssuerCertificate(reparse(issueIssuerCertificate(stranger, role)), trust, provider);
      expect([known.level, known.kid, known.certificate.value.roles]).toEqual(["issuer", stranger.kid, roles[role]]);
    }
  });

  test("by another than the stored root is refused, the announced successor too", () => {
    expect(verify(certify({}, successor))).toBe("trust/issuer-unknown");
    expect(verify(certify({}, issuers.device))).toBe("trust/issuer-unknown");
    expect(verify(certify({}, { ...successor, kid: root.kid }))).toBe("cose/signature-invalid");
  });

  test("with a device's role is refused: the root certifies no devices", () => {
    expect(verify(issueDeviceCertificate(stranger, ["ticket"], {}, root))).toBe("trust/role");
  });

  test("SPEC TRU-5: of a lower epoch is refused, of a higher one taken", () => {
    expect(verify(certify({ epoch: EPOCH - 1 }))).toBe("trust/epoch");
    expect(verify(certify({ epoch: EPOCH + 1 }))).toBe("accepted");
  });

  test("SPEC TRU-2: of another fleet does not verify, although the root is the same", () => {
    expect(verify(certify(), { ...trust, fleetId: fixedBytes("another fleet", 32) })).toBe("cose/signature-invalid");
  });
});

describe("SPEC TRU-3, TRU-4, TRU-5: a device's certificate", () => {
  const certify = (overrides: Partial<Certificate> = {}, by: Party = issuers.device) =>
    issueDeviceCertificate(stranger, ["ticket"], overrides, by);
  const verify = (object: Signed<Certificate>, by = issuers.device.certified) =>
    codeOf(() => verifyDeviceCertificate(reparse(object), by, trust, provider));

  test("of an issuer with role device is taken", () => {
    expect(verify(certify())).toBe("accepted");
  });

  test.each(["grant", "policy", "list", "receipt", "time"] as const)("of an issuer with role %s is refused", (role) => {
    expect(verify(certify({}, issuers[role]), issuers[role].certified)).toBe("trust/role");
  });

  test("with an issuer's role is refused: chains have two certificates", () => {
    expect(verify(issueIssuerCertificate(stranger, "grant", {}, issuers.device))).toBe("trust/role");
  });

  test("of another issuer, or with another signature, is refused", () => {
    expect(verify(certify({}, stranger))).toBe("trust/issuer-unknown");
    expect(verify(certify({}, { ...stranger, kid: issuers.device.kid }))).toBe("cose/signature-invalid");
  });

  test("of another epoch than its issuer's is refused", () => {
    expect(verify(certify({ epoch: EPOCH - 1 }))).toBe("trust/epoch");
    expect(verify(certify({ epoch: EPOCH + 1 }))).toBe("trust/epoch");
  });

  test("SPEC TRU-5: under an issuer of an ended epoch is refused", () => {
    const older = { ...trust, epoch: EPOCH - 1 };
    const certificate = issueIssuerCertificate(issuers.device, "device", { epoch: EPOCH - 1 });
    const ended = verifyIssuerCertificate(reparse(certificate), older, provider);
    expect(verify(certify({ epoch: EPOCH - 1 }), ended)).toBe("trust/epoch");
  });

  test("that reaches out of its issuer's window is refused", () => {
    const { nbf, exp } = issuers.device.certificate.value;
    expect(verify(certify({ nbf, exp: nbf + DAY }))).toBe("accepted");
    expect(verify(certify({ nbf: nbf - 1, exp: nbf + DAY }))).toBe("trust/window");
    expect(verify(certify({ nbf: exp - DAY, exp }))).toBe("accepted");
    expect(verify(certify({ nbf: exp - DAY, exp: exp + 1 }))).toBe("trust/window");
  });
});

describe("SPEC TRU-3, TRU-11: the certificates beside an object", () => {
  const verify = (certificates: readonly Uint8Array[]) => verifyChain(certificates, trust, provider);

  test("are the issuer's, or the device's and its issuer's", () => {
    expect(verify(chainOf(issuers.grant))).toEqual(issuers.grant.certified);
    expect(verify(chainOf(box))).toEqual(box.certified);
  });

  test("are neither none nor three", () => {
    const [own = new Uint8Array(0), above = new Uint8Array(0)] = chainOf(box);
    expect(codeOf(() => verify([]))).toBe("trust/chain-length");
    expect(codeOf(() => verify([own, above, above]))).toBe("trust/chain-length");
  });

  test("stand in their order, and hang together", () => {
    const [own = new Uint8Array(0), above = new Uint8Array(0)] = chainOf(box);
    expect(codeOf(() => verify([above, own]))).toBe("trust/issuer-unknown");
    expect(codeOf(() => verify([own]))).toBe("trust/issuer-unknown");
    expect(codeOf(() => verify([own, issuers.grant.certificate.bytes]))).toBe("trust/issuer-unknown");
    const notHis = issueDeviceCertificate(stranger, ["ticket"], {}, issuers.grant).bytes;
    expect(codeOf(() => verify([notHis, issuers.grant.certificate.bytes]))).toBe("trust/role");
  });

  test("make no issuer of a device", () => {
    const byDevice = issueDeviceCertificate(stranger, ["ticket"], {}, box).bytes;
    expect(codeOf(() => verify([byDevice, box.certificate.bytes]))).toBe("trust/issuer-unknown");
  });
});

describe("SPEC TRU-4: an object under a certificate", () => {
  const { nbf, exp } = issuers.grant.certificate.value;
  const grantBytes = issueGrant().bytes;
  const receipt = { device: cylinder.kid, n: 43, head: fixedBytes("head", 16), iat: NOW, store: "openings" as const };
  const pinVerifier = {
    key: key.kid,
    salt: fixedBytes("salt", 16),
    digest: fixedBytes("digest", 32),
    version: 1,
    iat: NOW,
  };
  const command = {
    device: station.kid,
    nonce: fixedBytes("nonce", 16),
    sequence: 0,
    command: { kind: "read-log" as const, cursor: 0 },
  };
  const everyone = [...Object.values(issuers), box, station, host];
  const verifies = <T>(object: Signed<T>, signer: (typeof everyone)[number]) =>
    codeOf(() => verifyByKind(reparse(object), { signer: signer.certified, trust, provider }));

  test("is accepted from the role that its kind asks for, and from no other", () => {
    const accepted = <T>(issueBy: (by: Party) => Signed<T>) =>
      everyone.filter((one) => verifies(issueBy(one), one) === "accepted").map(({ name }) => name);
    expect(accepted((by) => issueGrant({}, by))).toEqual(["grant issuer"]);
    expect(accepted((by) => issuePolicy({}, by))).toEqual(["policy issuer"]);
    expect(accepted((by) => issueList({}, by))).toEqual(["list issuer"]);
    expect(accepted((by) => issueTicket(grantBytes, {}, by))).toEqual(["activation box"]);
    expect(accepted((by) => issue(uploadReceiptObject, receipt, by))).toEqual(["receipt issuer"]);
    expect(accepted((by) => issue(pinVerifierObject, pinVerifier, by))).toEqual(["device issuer"]);
    expect(accepted((by) => issue(hostCommandObject, command, by))).toEqual(["host"]);
  });

  test("has a role to ask for, or a file that verifies it in its own way", () => {
    const asking = everyKind.filter(({ kind }) => kind.issuance !== undefined).map(({ kind }) => kind.name);
    const named = [
      grantObject,
      activationTicketObject,
      doorPolicyObject,
      revocationListObject,
      uploadReceiptObject,
      pinVerifierObject,
      hostCommandObject,
    ];
    expect(asking).toEqual(named.map(({ name }) => name));
    const proof = issue(deviceProofObject, { nonce: fixedBytes("nonce", 16), exchange: "dock" }, station);
    expect(verifies(proof, station)).toBe("caller/argument");
  });

  test.each<[string, Partial<Grant>, string]>([
    ["iat at the beginning", { iat: nbf }, "accepted"],
    ["iat before the beginning", { iat: nbf - 1 }, "trust/window"],
    ["exp at the end", { exp }, "accepted"],
    ["exp after the end", { exp: exp + 1 }, "trust/window"],
  ])("of a certificate's window: a grant with %s", (_, overrides, outcome) => {
    expect(verifies(issueGrant(overrides), issuers.grant)).toBe(outcome);
  });

  test("of a box's: a ticket from its beginning to its end", () => {
    const window = box.certificate.value;
    const given = (from: number, until: number) => verifies(issueTicket(grantBytes, { from, until }), box);
    expect(given(window.nbf, window.exp)).toBe("accepted");
    expect(given(window.nbf - 1, window.exp)).toBe("trust/window");
    expect(given(window.nbf, window.exp + 1)).toBe("trust/window");
  });

  test("without an end: its iat lies in the window, whose end is exclusive", () => {
    const window = issuers.policy.certificate.value;
    const given = (iat: number) => verifies(issuePolicy({ iat }), issuers.policy);
    expect([window.nbf - 1, window.nbf, window.exp - 1, window.exp].map(given)).toEqual([
      "trust/window",
      "accepted",
      "accepted",
      "trust/window",
    ]);
  });

  test("follows the chain rule term by term", () => {
    const certificate = { ...issuers.grant.certificate.value, nbf: 10, exp: 20 };
    const inside = (times: IssueTimes) => insideCertificate(certificate, times);
    expect(inside({ iat: 10, nbf: 10, exp: 20 })).toBe(true);
    expect(inside({ iat: 9, nbf: 12, exp: 15 })).toBe(false);
    expect(inside({ iat: 13, nbf: 12, exp: 15 })).toBe(false);
    expect(inside({ iat: 11, nbf: 15, exp: 15 })).toBe(false);
    expect(inside({ iat: 11, nbf: 12, exp: 21 })).toBe(false);
    expect(inside({ iat: 11, nbf: 12 })).toBe(true);
    expect(inside({ iat: 11, exp: 11 })).toBe(false);
  });

  test("names the signer whose certificate is at hand, and bears its signature", () => {
    expect(verifies(issueGrant({}, stranger), issuers.grant)).toBe("trust/issuer-unknown");
    expect(verifies(issueGrant({}, { ...stranger, kid: issuers.grant.kid }), issuers.grant)).toBe(
      "cose/signature-invalid",
    );
  });

  test("SPEC TRU-5: of an ended epoch is refused", () => {
    const present = { ...trust, epoch: EPOCH + 1 };
    const authority = { signer: issuers.grant.certified, trust: present, provider };
    expect(codeOf(() => verifyByKind(reparse(issueGrant()), authority))).toBe("trust/epoch");
  });
});

describe("SPEC TRU-6: an issuer with bounded groups", () => {
  const bounded = issuer("grant", { groups: [GROUP, GROUP + 1] });
  const grants = (scope: Grant["scope"], by = bounded) =>
    codeOf(() => verifyByKind(reparse(issueGrant({ scope })), { signer: by.certified, trust, provider }));

  test("grants these groups, and excludes doors", () => {
    expect(grants([[GROUP, 1]])).toBe("accepted");
    expect(
      grants([
        [GROUP, 1],
        [GROUP + 1, 7],
        [DOOR, 0],
      ]),
    ).toBe("accepted");
  });

  test("grants no other group, and no single door", () => {
    expect(grants([[GROUP + 2, 1]])).toBe("trust/groups");
    expect(
      grants([
        [GROUP, 1],
        [DOOR, 1],
      ]),
    ).toBe("trust/groups");
    expect(grants([[DOOR, 1]], issuers.grant as typeof bounded)).toBe("accepted");
  });
});

test("SPEC TRU-6: a bounded list issuer writes its own lists and no other", () => {
  const bounded = issuer("list", { groups: [LIST] });
  const lists = (list: number) =>
    codeOf(() => verifyByKind(reparse(issueList({ list })), { signer: bounded.certified, trust, provider }));
  expect([lists(LIST), lists(LIST + 1)]).toEqual(["accepted", "trust/groups"]);
});

describe("what was verified before", () => {
  const verified = verifiedUnder(issuers.grant, issueGrant());
  const stored = verificationDigest(verified, provider);

  test("is recalled by its digest, for the same bytes, key and fleet alone", () => {
    const object = reparse(verified);
    const recall = { provider, publicKey: issuers.grant.publicKey, fleetId };
    expect(recallVerified(object, recall, stored)?.value).toEqual(verified.value);
    expect(recallVerified(object, { ...recall, publicKey: stranger.publicKey }, stored)).toBeUndefined();
    expect(recallVerified(object, { ...recall, fleetId: fixedBytes("another city", 32) }, stored)).toBeUndefined();
    const later = reparse(issueGrant({ exp: SHIFT.exp + HOUR }));
    expect(recallVerified(later, recall, stored)).toBeUndefined();
  });

  test("keeps the key that it was verified under, whatever becomes of the caller's buffer", () => {
    const buffer = new Uint8Array(issuers.grant.publicKey);
    const object = verifyObject(reparse(issueGrant()), { provider, publicKey: buffer, fleetId });
    buffer.fill(0);
    expect(object.publicKey).toEqual(issuers.grant.publicKey);
  });

  test("keeps fleets apart, whatever becomes of the id that a verified object shows (SPEC COS-6)", () => {
    const grant = reparse(issueGrant());
    const { publicKey } = issuers.grant;
    verifyObject(grant, { provider, publicKey, fleetId }).fleetId.fill(0);
    expect(codeOf(() => verifyObject(grant, { provider, publicKey, fleetId: new Uint8Array(32) }))).toBe(
      "cose/signature-invalid",
    );
    expect(verifyObject(grant, { provider, publicKey, fleetId }).fleetId).toEqual(fleetId);
  });
});

test("every issuer of the city has one role", () => {
  const names = Object.keys(issuers) as IssuerRole[];
  expect(names.map((role) => issuers[role].certificate.value.roles)).toEqual(names.map((role) => roles[role]));
});
