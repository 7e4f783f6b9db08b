/** TimeStatement: a source of time answers one nonce (SPEC OBJ-11). Judging the time itself is in time/time-answer.ts. */
import { equalBytes } from "../bytes.ts";
import { bytes, choice, map, required, type Schema, uint } from "../cbor/schema.ts";
import { keyId } from "../cose/cose-key.ts";
import { PeerError } from "../errors.ts";
import { times } from "../registry.ts";
import type { Seconds, TickMs, TimeSource, TimeSourceClass } from "../time/clock.ts";
import type { CarriedTime, TimeAnswer, TimeChallenge } from "../time/time-answer.ts";
import { hasRole, type Role } from "./certificate.ts";
import { type Grant, pseudonymOf } from "./grant.ts";
import { type ObjectKind, type Unverified, type Verified, verifyObject } from "./signed-object.ts";
import { type Authority, type CertifiedKey, issuedFault, latestOf, verifyIssued } from "./trust.ts";

export interface TimeStatement {
  /** The receiver's. */
  readonly nonce: Uint8Array;
  readonly t: Seconds;
  /** True time is at most so far from t. */
  readonly uncertaintyMs: number;
  readonly source: TimeSourceClass;
}

const schema: Schema<TimeStatement> = map({
  nonce: required(1, bytes(16)),
  t: required(2, uint()),
  uncertaintyMs: required(3, uint({ max: times.serveUncertaintyMs })),
  source: required(4, choice({ issuer: 1, station: 2, "activation-box": 3, "key-cabinet": 4, key: 5 })),
});

export const timeStatementObject: ObjectKind<TimeStatement> = { name: "time-statement", kid: "sent", schema };

/** A verified statement, and the window in which its signer's certificate vouches for it (SPEC TIM-7). */
export interface StatedTime {
  readonly statement: Verified<TimeStatement>;
  readonly source: TimeSource;
  readonly certificateWindow: TimeAnswer["certificateWindow"];
}

/** A key's statement: its holder matters too, because two of different holders are needed (SPEC TIM-13). */
export interface KeyStatedTime extends StatedTime {
  /** The holder's pseudonym. */
  readonly holder: Uint8Array;
}

/**
 * Of the certified keys held the one that a statement names, undefined where none has its kid and the role. Of a renewed certificate and
 * the one that it replaces it is the one of that time (SPEC TIM-7). Its signature has yet to be checked.
 */
export function timeSigner<K extends CertifiedKey>(
  { kid, value: { t } }: Unverified<TimeStatement>,
  held: readonly K[],
): K | undefined {
  const fitting = held.filter(
    (one) => kid !== undefined && equalBytes(one.kid, kid) && hasRole(one.certificate.value, timeRoleOf(one)),
  );
  return latestOf(fitting.filter(({ certificate: { value } }) => value.nbf <= t && t < value.exp)) ?? fitting[0];
}

function timeRoleOf({ level }: CertifiedKey): Role {
  return level === "issuer" ? "time" : "time-source";
}

/**
 * Of an issuer with role time or a device with role time-source; the class has to agree (SPEC OBJ-11).
 * Throws `trust/time-class`, `trust/…`, `cose/signature-invalid`.
 */
export function verifyTimeStatement(object: Unverified<TimeStatement>, authority: Authority): StatedTime {
  const { signer } = authority;
  const { source } = object.value;
  // Of a device its certificate does not tell whether it is a station, a box or a cabinet.
  const agrees = signer.level === "issuer" ? source === "issuer" : source !== "issuer" && source !== "key";
  if (!agrees) throw new PeerError("trust/time-class", { source, signer: signer.level });
  const statement = verifyIssued(object, { ...authority, role: timeRoleOf(signer), times: undefined });
  const { nbf, exp } = signer.certificate.value;
  return { statement, source: { kid: signer.kid, sourceClass: source }, certificateWindow: { nbf, exp } };
}

/**
 * Of a key, under its verified grant; `authority.signer` is the grant's issuer. The window is what grant and certificate share.
 * Throws `trust/time-class`, `trust/…`, `cose/signature-invalid`.
 */
export function verifyKeyTimeStatement(
  object: Unverified<TimeStatement>,
  grant: Verified<Grant>,
  { signer, trust, provider }: Authority,
): KeyStatedTime {
  const { source } = object.value;
  if (source !== "key") throw new PeerError("trust/time-class", { source, signer: "key" });
  const fault = issuedFault(grant.kid, signer, "grant", grant.value, trust.epoch);
  if (fault !== undefined) throw new PeerError(fault, { object: "grant" });
  const publicKey = grant.value.cnf.key.x;
  const kid = keyId(provider, publicKey);
  const isKeys = object.kid !== undefined && equalBytes(object.kid, kid);
  if (!isKeys || !equalBytes(grant.publicKey, signer.certificate.value.publicKey)) {
    throw new PeerError("trust/issuer-unknown", { object: object.kind.name });
  }
  const statement = verifyObject(object, { provider, publicKey, fleetId: trust.fleetId });
  const { nbf, exp } = signer.certificate.value;
  // SPEC TIM-13: what an ended grant says of the time is worth nothing. From iat, because a shift is activated before nbf.
  const certificateWindow = { nbf: Math.max(nbf, grant.value.iat), exp: Math.min(exp, grant.value.exp) };
  return {
    statement,
    source: { kid, sourceClass: source },
    certificateWindow,
    holder: pseudonymOf(grant.value.sub),
  };
}

/** For `acceptTime`; `receivedAtTickMs` is when the statement's last byte came in. */
export function timeAnswerOf(stated: StatedTime, receivedAtTickMs: TickMs): TimeAnswer {
  const { nonce, t, uncertaintyMs } = stated.statement.value;
  const { source, certificateWindow } = stated;
  return { nonce, t, uncertaintyMs, source, certificateWindow, receivedAtTickMs };
}

/** For `acceptCarriedTime`. */
export function carriedTimeOf(stated: KeyStatedTime, challenge: TimeChallenge, receivedAtTickMs: TickMs): CarriedTime {
  return { answer: timeAnswerOf(stated, receivedAtTickMs), challenge, holder: stated.holder };
}
