/**
 * Trust: what a device believes, and the chain root → issuer → device → object (SPEC chapter 4). Everything here is a
 * pure function of what is stored; adopting a new epoch is in epoch.ts.
 */
import { equalBytes } from "../bytes.ts";
import { keyId } from "../cose/cose-key.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { CallerError, PeerError } from "../errors.ts";
import type { Seconds } from "../time/clock.ts";
import { type Certificate, certificateObject, hasRole, ISSUER_ROLES, type Role } from "./certificate.ts";
import { parseObject, type Unverified, type Verified, verifyObject } from "./signed-object.ts";

/** What every device stores (SPEC TRU-1, TRU-2). */
export interface Trust {
  readonly rootPublicKey: Uint8Array;
  /** Thumbprint of the key that will be root next. */
  readonly successorThumbprint: Uint8Array;
  readonly fleetId: Uint8Array;
  /** The highest epoch seen; nothing below it is accepted (SPEC TRU-5). */
  readonly epoch: number;
}

/** A key whose certificate chain was verified: the only thing that makes an object's signer an entitled one. */
export type CertifiedKey = IssuerKey | DeviceKey;
export interface IssuerKey {
  readonly level: "issuer";
  readonly kid: Uint8Array;
  readonly certificate: Verified<Certificate>;
}
export interface DeviceKey {
  readonly level: "device";
  readonly kid: Uint8Array;
  readonly certificate: Verified<Certificate>;
  /** Who certified it. */
  readonly issuer: IssuerKey;
}

/** Times that the chain rule compares with a certificate's window (SPEC TRU-4). */
export interface IssueTimes {
  readonly iat: Seconds;
  readonly nbf?: Seconds;
  readonly exp?: Seconds;
}

/**
 * A root-signed certificate. Its epoch may be above `trust.epoch`: the caller then opens that epoch (epoch.ts).
 * Throws `trust/issuer-unknown`, `trust/role`, `trust/epoch`, `cose/signature-invalid`.
 */
export function verifyIssuerCertificate(
  object: Unverified<Certificate>,
  trust: Trust,
  provider: CryptoProvider,
): IssuerKey {
  requireSigner(object, keyId(provider, trust.rootPublicKey));
  if ((object.value.roles & ISSUER_ROLES) === 0) throw new PeerError("trust/role", { roles: object.value.roles });
  if (object.value.epoch < trust.epoch) {
    throw new PeerError("trust/epoch", { epoch: object.value.epoch, present: trust.epoch });
  }
  const { fleetId, rootPublicKey: publicKey } = trust;
  const certificate = verifyObject(object, { provider, publicKey, fleetId });
  return { level: "issuer", kid: keyId(provider, certificate.value.publicKey), certificate };
}

/** A device's certificate under an issuer with role `device` (SPEC TRU-3, TRU-4, TRU-5). Throws as above, and `trust/window`. */
export function verifyDeviceCertificate(
  object: Unverified<Certificate>,
  issuer: IssuerKey,
  trust: Trust,
  provider: CryptoProvider,
): DeviceKey {
  if ((object.value.roles & ISSUER_ROLES) !== 0) throw new PeerError("trust/role", { roles: object.value.roles });
  if (object.value.epoch !== issuer.certificate.value.epoch) {
    throw new PeerError("trust/epoch", { epoch: object.value.epoch, present: issuer.certificate.value.epoch });
  }
  const { nbf, exp } = object.value;
  const certificate = verifyIssued(object, {
    signer: issuer,
    role: "device",
    times: { iat: nbf, nbf, exp },
    trust,
    provider,
  });
  return { level: "device", kid: keyId(provider, certificate.value.publicKey), certificate, issuer };
}

/**
 * The chain of one or two certificates that came beside an object: [issuer's] or [device's, its issuer's]. Throws
 * `trust/chain-length` for any other number.
 */
export function verifyChain(certificates: readonly Uint8Array[], trust: Trust, provider: CryptoProvider): CertifiedKey {
  const { length } = certificates;
  if (length > 2) throw new PeerError("trust/chain-length", { length });
  const [first, second] = certificates.map((bytes) => parseObject(certificateObject, bytes));
  if (first === undefined) throw new PeerError("trust/chain-length", { length });
  if (second === undefined) return verifyIssuerCertificate(first, trust, provider);
  return verifyDeviceCertificate(first, verifyIssuerCertificate(second, trust, provider), trust, provider);
}

export interface IssuedBy {
  readonly signer: CertifiedKey;
  /** What the signer's certificate must say. */
  readonly role: Role;
  /** The object's times; undefined where the kind's own clause judges them (SPEC TIM-7). */
  readonly times: IssueTimes | undefined;
  readonly trust: Trust;
  readonly provider: CryptoProvider;
  readonly extra?: readonly Uint8Array[] | undefined;
}

/**
 * Verifies an object under a certified key: signer, role, epoch, chain rule, and only then the signature, which costs
 * most. Throws `PeerError` `trust/…` and `cose/signature-invalid`.
 */
export function verifyIssued<T>(object: Unverified<T>, by: IssuedBy): Verified<T> {
  const fault = issuedFault(object.kid, by.signer, by.role, by.times, by.trust.epoch);
  if (fault !== undefined) throw new PeerError(fault, { object: object.kind.name, role: by.role });
  return verifyObject(object, {
    provider: by.provider,
    publicKey: by.signer.certificate.value.publicKey,
    fleetId: by.trust.fleetId,
    extra: by.extra,
  });
}

/** A certified key that is to have signed, and who asks. */
export interface Authority {
  readonly signer: CertifiedKey;
  readonly trust: Trust;
  readonly provider: CryptoProvider;
}

/**
 * Verifies an object under a certified key with the role, times and limits that its kind asks for. Throws as `verifyIssued`,
 * and `trust/groups` (SPEC TRU-6).
 */
export function verifyByKind<T>(
  object: Unverified<T>,
  authority: Authority,
  extra?: readonly Uint8Array[],
): Verified<T> {
  const { issuance, name } = object.kind;
  if (issuance === undefined) {
    throw new CallerError("caller/argument", { argument: "object", takes: "a kind that one role issues", kind: name });
  }
  const fault = issuance.fault?.(object.value, authority.signer.certificate.value);
  if (fault !== undefined) throw new PeerError(fault.code, { object: name, ...fault.details });
  return verifyIssued(object, {
    ...authority,
    role: issuance.role,
    times: issuance.times === "none" ? undefined : issuance.times(object.value),
    extra,
  });
}

/** What entitles a signer, without its signature (SPEC TRU-4, TRU-5); undefined where nothing is wrong. */
export function issuedFault(
  kid: Uint8Array | undefined,
  signer: CertifiedKey,
  role: Role,
  times: IssueTimes | undefined,
  epoch: number,
): "trust/issuer-unknown" | "trust/epoch" | "trust/role" | "trust/window" | undefined {
  if (kid === undefined || !equalBytes(kid, signer.kid)) return "trust/issuer-unknown";
  const certificate = signer.certificate.value;
  if (certificate.epoch < epoch) return "trust/epoch";
  if (!hasRole(certificate, role)) return "trust/role";
  return times === undefined || insideCertificate(certificate, times) ? undefined : "trust/window";
}

/** What of an object tells who could have issued it. */
export type Attributed<T> = Pick<Unverified<T>, "kind" | "kid" | "value">;

/**
 * Could this key have issued the object: signer, role, epoch, chain rule and bounds, all but the signature? Of several
 * certificates of one kid, which a renewal makes, it tells the one to verify under (SPEC OPN-9).
 */
export function couldHaveIssued<T>(
  signer: CertifiedKey,
  { kind: { issuance }, kid, value }: Attributed<T>,
  epoch: number,
): boolean {
  if (issuance === undefined || issuance.fault?.(value, signer.certificate.value) !== undefined) return false;
  const times = issuance.times === "none" ? undefined : issuance.times(value);
  return issuedFault(kid, signer, issuance.role, times, epoch) === undefined;
}

/**
 * Of several certificates of one kid under which an object could have been issued, the one that begins last: what a list voids it
 * voids up to a moment, so where this one is void all are (SPEC OPN-9, OBJ-9).
 */
export function latestOf<K extends CertifiedKey>(fitting: readonly K[]): K | undefined {
  const begins = ({ certificate }: CertifiedKey): Seconds => certificate.value.nbf;
  return fitting.reduce<K | undefined>(
    (latest, key) => (latest === undefined || begins(key) > begins(latest) ? key : latest),
    undefined,
  );
}

/**
 * Of the keys held, the one under which a device's certificate could have been issued: all but the signature (SPEC TRU-4, TRU-5). Of several
 * certificates of one kid, which a renewal makes, it is the latest that fits (SPEC OPN-9).
 */
export function deviceIssuerOf(
  { kid, value: { nbf, exp, epoch } }: Unverified<Certificate>,
  held: readonly CertifiedKey[],
): IssuerKey | undefined {
  const fitting = held.filter(
    (key): key is IssuerKey =>
      key.level === "issuer" &&
      key.certificate.value.epoch === epoch &&
      issuedFault(kid, key, "device", { iat: nbf, nbf, exp }, epoch) === undefined,
  );
  return latestOf(fitting);
}

/** The chain rule `cert.nbf ≤ iat ≤ nbf < exp ≤ cert.exp`; an object without nbf or exp has iat in their place (SPEC TRU-4). */
export function insideCertificate(certificate: Certificate, { iat, nbf = iat, exp }: IssueTimes): boolean {
  if (certificate.nbf > iat || iat > nbf) return false;
  return exp === undefined ? iat < certificate.exp : nbf < exp && exp <= certificate.exp;
}

function requireSigner<T>(object: Unverified<T>, kid: Uint8Array): void {
  if (object.kid === undefined || !equalBytes(object.kid, kid)) {
    throw new PeerError("trust/issuer-unknown", { object: object.kind.name });
  }
}

/**
 * SPEC TRU-14: a certificate that has surely ended, for objects that carry no time of their own. `knownLower` is the highest
 * lower bound that the receiver knows (SPEC TIM-5). Throws `trust/window`.
 */
export function requireNotEnded(signer: CertifiedKey, knownLower: Seconds): void {
  const { exp } = signer.certificate.value;
  if (exp <= knownLower) throw new PeerError("trust/window", { exp, knownLower });
}
