// Objects that answer a session: Enrolment, DeviceProof, HostCommand, TimeStatement (SPEC OBJ-11, OBJ-18, OBJ-19, OBJ-20).
import { describe, expect, test } from "vitest";
import { sessionTranscript } from "#src/objects/derivations.ts";
import {
  type DeviceProof,
  deviceProofObject,
  verifyCollectorProof,
  verifyDeviceProof,
} from "#src/objects/device-proof.ts";
import { type Enrolment, enrolmentObject, noFleet, verifyEnrolment } from "#src/objects/enrolment.ts";
import { subOf } from "#src/objects/grant.ts";
import {
  type CommandSession,
  type HostCommand,
  hostCommandObject,
  verifyHostCommand,
} from "#src/objects/host-command.ts";
import { parseObject } from "#src/objects/signed-object.ts";
import {
  carriedTimeOf,
  type TimeStatement,
  timeAnswerOf,
  timeStatementObject,
  verifyKeyTimeStatement,
  verifyTimeStatement,
} from "#src/objects/time-statement.ts";
import type { CertifiedKey } from "#src/objects/trust.ts";
import { lostClock } from "#src/time/clock.ts";
import { acceptCarriedTime, acceptTime } from "#src/time/time-answer.ts";
import {
  box,
  type Device,
  device,
  EPOCH,
  fixedBytes,
  fleetId,
  HOLDER,
  host,
  type Issuer,
  issue,
  issueGrant,
  issuers,
  key,
  NOW,
  type Party,
  party,
  provider,
  reparse,
  SHIFT,
  station,
  trust,
  verifiedUnder,
} from "../support/city.ts";
import { codeOf } from "../support/code-of.ts";
import { signUnchecked, type UncheckedOptions } from "../support/unchecked.ts";

const nonce = fixedBytes("nonce", 16);
const transcript = sessionTranscript(provider, fixedBytes("hello", 20), fixedBytes("answer", 30));
const another = fixedBytes("another", 16);
const stranger = party("stranger");

function authority(signer: CertifiedKey) {
  return { signer, trust, provider };
}

describe("SPEC OBJ-18: an Enrolment", () => {
  const usual: Enrolment = {
    publicKey: stranger.publicKey,
    serialNumber: "NF-Ö-0001",
    deviceKind: "cylinder",
    firmware: [1, 2, 255],
    nonce,
  };
  const context = { provider, nonce, isTaken: () => false };
  const enrol = (differs: Partial<Enrolment> = {}, by: Party = stranger, options: UncheckedOptions = {}) =>
    parseObject(
      enrolmentObject,
      signUnchecked(enrolmentObject, { ...usual, ...differs }, by, { fleetId: noFleet(), ...options }),
    );

  test("is signed by the key that it carries, with the zero fleet id (SPEC TRU-2)", () => {
    expect(noFleet()).toEqual(new Uint8Array(32));
    expect(verifyEnrolment(enrol(), context).value).toEqual(usual);
    expect(codeOf(() => verifyEnrolment(enrol({}, stranger, { fleetId }), context))).toBe("cose/signature-invalid");
  });

  test("by another key, or under another kid, is refused", () => {
    expect(codeOf(() => verifyEnrolment(enrol({}, key), context))).toBe("objects/kid-differs");
    expect(codeOf(() => verifyEnrolment(enrol({}, key, { kid: stranger.kid }), context))).toBe(
      "cose/signature-invalid",
    );
    expect(codeOf(() => verifyEnrolment(enrol({}, stranger, { kid: key.kid }), context))).toBe("objects/kid-differs");
  });

  test("answers the host's nonce", () => {
    expect(codeOf(() => verifyEnrolment(enrol({ nonce: another }), context))).toBe("objects/nonce");
  });

  test("SPEC COS-11: with a kid that the fleet already has is refused", () => {
    const isTaken = (kid: Uint8Array) => Buffer.compare(kid, stranger.kid) === 0;
    expect(codeOf(() => verifyEnrolment(enrol(), { ...context, isTaken }))).toBe("objects/kid-taken");
  });
});

describe("SPEC OBJ-20: a DeviceProof", () => {
  const session = { nonce, exchange: "dock", transcript, knownLower: NOW } as const;
  const prove = (by: Party, differs: Partial<DeviceProof> = {}, extra: readonly Uint8Array[] = [transcript]) =>
    reparse(issue(deviceProofObject, { nonce, exchange: "dock", ...differs }, by, extra));
  const verify = (object: ReturnType<typeof prove>, by: Party = key) =>
    codeOf(() => verifyDeviceProof(object, { provider, publicKey: by.publicKey, fleetId }, session));

  test("holds under the device's key, over the peer's nonce, the exchange and the transcript", () => {
    expect(verify(prove(key))).toBe("accepted");
    expect(verify(prove(key), stranger)).toBe("cose/signature-invalid");
    expect(verify(prove(key, { nonce: another }))).toBe("objects/nonce");
    expect(verify(prove(key, { exchange: "activate" }))).toBe("objects/exchange");
    expect(verify(prove(key, {}, [fixedBytes("another transcript", 32)]))).toBe("cose/signature-invalid");
    expect(verify(prove(key, {}, []))).toBe("cose/signature-invalid");
  });

  test("SPEC MSG-7: of a station shows also that it may collect", () => {
    const collect = (one: Device | Issuer, object = prove(one)) =>
      codeOf(() => verifyCollectorProof(object, authority(one.certified), session));
    expect(collect(station)).toBe("accepted");
    expect(collect(box)).toBe("trust/role");
    expect(collect(device("clock", ["time-source"]))).toBe("trust/role");
    expect(collect(issuers.device)).toBe("trust/role");
    expect(collect(station, prove(box))).toBe("trust/issuer-unknown");
    expect(collect(station, prove(station, { nonce: another }))).toBe("objects/nonce");
    expect(collect(station, prove(station, {}, []))).toBe("cose/signature-invalid");
  });

  test("SPEC TRU-14: nor of a station whose certificate has surely ended", () => {
    const { exp } = station.certified.certificate.value;
    const collect = (knownLower: number) =>
      codeOf(() => verifyCollectorProof(prove(station), authority(station.certified), { ...session, knownLower }));
    expect(collect(exp - 1)).toBe("accepted");
    expect(collect(exp)).toBe("trust/window");
  });
});

describe("SPEC OBJ-19: a HostCommand", () => {
  const session: CommandSession = { device: station.kid, nonce, lastSequence: "none", transcript, knownLower: NOW };
  const send = (differs: Partial<HostCommand> = {}, by: Party = host, extra: readonly Uint8Array[] = [transcript]) => {
    const usual: HostCommand = { device: station.kid, nonce, sequence: 0, command: { kind: "read-log", cursor: 0 } };
    return reparse(issue(hostCommandObject, { ...usual, ...differs }, by, extra));
  };
  const verify = (
    object: ReturnType<typeof send>,
    differs: Partial<CommandSession> = {},
    by: CertifiedKey = host.certified,
  ) => codeOf(() => verifyHostCommand(object, authority(by), { ...session, ...differs }));

  test("holds under role host, for this device and session", () => {
    expect(verify(send())).toBe("accepted");
    expect(verify(send({ device: box.kid }))).toBe("objects/other-device");
    expect(verify(send({ nonce: another }))).toBe("objects/nonce");
    expect(verify(send({}, host, []))).toBe("cose/signature-invalid");
    expect(verify(send({}, host, [fixedBytes("another transcript", 32)]))).toBe("cose/signature-invalid");
    expect(verify(send({}, station), {}, station.certified)).toBe("trust/role");
    expect(verify(send({}, stranger))).toBe("trust/issuer-unknown");
  });

  test("SPEC TRU-14: not under a certificate that has surely ended", () => {
    const { exp } = host.certified.certificate.value;
    expect(verify(send(), { knownLower: exp - 1 })).toBe("accepted");
    expect(verify(send(), { knownLower: exp })).toBe("trust/window");
  });

  test("has a sequence number that rises", () => {
    expect(verify(send({ sequence: 7 }), { lastSequence: 6 })).toBe("accepted");
    expect(verify(send({ sequence: 9 }), { lastSequence: 6 })).toBe("accepted");
    expect(verify(send({ sequence: 6 }), { lastSequence: 6 })).toBe("objects/sequence");
    expect(verify(send({ sequence: 0 }), { lastSequence: 0 })).toBe("objects/sequence");
  });
});

describe("SPEC OBJ-11: a TimeStatement", () => {
  const state = (by: Party, differs: Partial<TimeStatement>) =>
    reparse(issue(timeStatementObject, { nonce, t: NOW, uncertaintyMs: 500, source: "station", ...differs }, by));
  const verify = (by: Issuer | Device, source: TimeStatement["source"]) =>
    codeOf(() => verifyTimeStatement(state(by, { source }), authority(by.certified)));

  test("has the class of its signer", () => {
    expect(verify(issuers.time, "issuer")).toBe("accepted");
    for (const source of ["station", "activation-box", "key-cabinet"] as const) {
      expect(verify(station, source)).toBe("accepted");
      expect(verify(issuers.time, source)).toBe("trust/time-class");
    }
    expect(verify(station, "issuer")).toBe("trust/time-class");
    expect(verify(station, "key")).toBe("trust/time-class");
    expect(verify(issuers.time, "key")).toBe("trust/time-class");
  });

  test("is of an issuer with role time or a device with role time-source", () => {
    expect(verify(issuers.grant, "issuer")).toBe("trust/role");
    expect(verify(box, "activation-box")).toBe("trust/role");
    expect(codeOf(() => verifyTimeStatement(state(box, {}), authority(station.certified)))).toBe(
      "trust/issuer-unknown",
    );
  });

  test("becomes an answer that the clock judges by the certificate's window (SPEC TIM-7)", () => {
    const challenge = { nonce, givenAtTickMs: 0, lifetimeMs: 2000 };
    const outcome = (one: Device) => {
      const stated = verifyTimeStatement(state(one, {}), authority(one.certified));
      return acceptTime(lostClock(), challenge, timeAnswerOf(stated, 20));
    };
    const accepted = outcome(station);
    expect(accepted.verdict).toBe("accepted");
    expect(accepted.clock).toMatchObject({ source: { kid: station.kid, sourceClass: "station" }, knownLower: NOW - 1 });
    const { nbf } = station.certificate.value;
    expect(outcome(device("old station", ["time-source"], { nbf, exp: NOW })).verdict).toBe("window");
  });

  describe("SPEC TIM-13: of a key", () => {
    const grant = verifiedUnder(issuers.grant, issueGrant());
    const keyState = (by: Party = key, source: TimeStatement["source"] = "key") => state(by, { source });
    const verifyKey = (object: ReturnType<typeof state>, by: CertifiedKey = issuers.grant.certified, under = grant) =>
      verifyKeyTimeStatement(object, under, authority(by));

    test("holds under the key of a verified grant, and names its holder", () => {
      const stated = verifyKey(keyState());
      expect(stated.holder).toEqual(HOLDER);
      expect(stated.source).toEqual({ kid: key.kid, sourceClass: "key" });
      // What grant and certificate share: an ended grant has no word on the time.
      expect(stated.certificateWindow).toEqual({ nbf: SHIFT.iat, exp: SHIFT.exp });
    });

    test("does not hold for another key, class, grant or issuer", () => {
      expect(codeOf(() => verifyKey(keyState(stranger)))).toBe("trust/issuer-unknown");
      expect(codeOf(() => verifyKey(keyState({ ...stranger, kid: key.kid })))).toBe("cose/signature-invalid");
      expect(codeOf(() => verifyKey(keyState(key, "station")))).toBe("trust/time-class");
      expect(codeOf(() => verifyKey(keyState(), issuers.policy.certified))).toBe("trust/issuer-unknown");
      const outside = verifiedUnder(issuers.grant, issueGrant({ exp: issuers.grant.certificate.value.exp + 1 }));
      expect(codeOf(() => verifyKey(keyState(), issuers.grant.certified, outside))).toBe("trust/window");
      const ended = { signer: issuers.grant.certified, trust: { ...trust, epoch: EPOCH + 1 }, provider };
      expect(codeOf(() => verifyKeyTimeStatement(keyState(), grant, ended))).toBe("trust/epoch");
    });

    test("does not hold under a grant that somebody else signed in the issuer's name", () => {
      const forged = verifiedUnder(stranger, issueGrant({}, { ...stranger, kid: issuers.grant.kid }));
      expect(codeOf(() => verifyKey(keyState(), issuers.grant.certified, forged))).toBe("trust/issuer-unknown");
    });

    test("sets a box's clock together with that of another holder's key", () => {
      const second = party("second key");
      const other = issueGrant({
        sub: subOf(fixedBytes("second holder", 8)),
        cnf: { key: { kty: 1, crv: 6, x: second.publicKey } },
      });
      const challenge = { nonce, givenAtTickMs: 0, lifetimeMs: 10_000 };
      const first = carriedTimeOf(verifyKey(keyState()), challenge, 100);
      const secondState = state(second, { source: "key", nonce: another });
      const stated = verifyKey(secondState, issuers.grant.certified, verifiedUnder(issuers.grant, other));
      const carried = carriedTimeOf(stated, { ...challenge, nonce: another }, 200);
      expect(acceptCarriedTime(lostClock(), first, carried).verdict).toBe("accepted");
      expect(acceptCarriedTime(lostClock(), first, first).verdict).toBe("stale");
      expect(SHIFT.nbf).toBeLessThan(NOW);
    });
  });
});
