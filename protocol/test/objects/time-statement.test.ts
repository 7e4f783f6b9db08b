import { expect, test } from "vitest";
import type { Certificate } from "#src/objects/certificate.ts";
import { timeSigner, timeStatementObject } from "#src/objects/time-statement.ts";
import { verifyDeviceCertificate, verifyIssuerCertificate } from "#src/objects/trust.ts";
import {
  box,
  issue,
  issueDeviceCertificate,
  issueIssuerCertificate,
  issuers,
  NOW,
  provider,
  reparse,
  station,
  trust,
} from "../support/city.ts";

const NONCE = new Uint8Array(16);

test("SPEC TIM-7, OPN-9: of a renewed issuer's certificates the one stands behind a statement that is of its time", () => {
  const certified = (changed: Partial<Certificate>) =>
    verifyIssuerCertificate(reparse(issueIssuerCertificate(issuers.time, "time", changed)), trust, provider);
  const held = [certified({ exp: NOW + 100 }), certified({ nbf: NOW + 100 })];
  const behind = (t: number) => {
    const statement = issue(timeStatementObject, { nonce: NONCE, t, uncertaintyMs: 0, source: "issuer" }, issuers.time);
    return timeSigner(reparse(statement), held);
  };
  expect([behind(NOW + 99), behind(NOW + 100)]).toEqual(held);
  // Of no time of theirs: its verdict says so.
  expect(behind(NOW + 10_000 * 86_400)).toBe(held[0]);
});

test("SPEC OBJ-11: nobody stands behind a statement without his kid and the role for his level", () => {
  const statement = issue(timeStatementObject, { nonce: NONCE, t: NOW, uncertaintyMs: 0, source: "station" }, station);
  const collector = issueDeviceCertificate(station, ["collector"]);
  const without = verifyDeviceCertificate(reparse(collector), issuers.device.certified, trust, provider);
  expect(timeSigner(reparse(statement), [box.certified, without])).toBeUndefined();
  expect(timeSigner(reparse(statement), [box.certified, without, station.certified])).toBe(station.certified);
});
