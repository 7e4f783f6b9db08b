/** Whom a device believes, and what it knows to be void (SPEC TRU-1 to TRU-5, TRU-16): as values, and in its memory. */
import {
  type CborValue,
  type Certificate,
  type CertifiedKey,
  type CryptoProvider,
  certificateObject,
  type DeviceKey,
  decode,
  deviceIssuerOf,
  type EpochPair,
  encode,
  equalBytes,
  heldSigner,
  type IssuerKey,
  keyId,
  noFleet,
  type ObjectKind,
  PeerError,
  parseObject,
  type RevocationList,
  type RootTransition,
  type Trust,
  type Unverified,
  verifyChain,
  verifyDeviceCertificate,
  voidsCertificate,
} from "@nyckelfri/protocol";
import { EqualOnce, hashOf } from "../../hardware/equal-once.ts";
import type { Items } from "./transactions.ts";

/** An object in the memory. */
export interface Held<T> {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly value: T;
  /** kid of the signer. */
  readonly signer: Uint8Array;
}
export interface HeldCertificate {
  readonly name: string;
  readonly key: CertifiedKey;
}

export interface Belief {
  readonly trust: Trust;
  readonly floor: EpochPair;
  readonly issuers: readonly IssuerKey[];
  readonly certificates: readonly HeldCertificate[];
  readonly lists: readonly Held<RevocationList>[];
  /** By epoch (SPEC TRU-15). */
  readonly transitions: readonly Held<RootTransition>[];
}

/** Before a device belongs to a fleet. */
export const NO_TRUST: Trust = {
  rootPublicKey: new Uint8Array(32),
  successorThumbprint: new Uint8Array(32),
  fleetId: noFleet(),
  epoch: 0,
};

/** Of all devices: keys of a patrol hold the same lists and receipts, and each station their bundles. Parsing costs nothing that is counted. */
const holdings = new EqualOnce<{ readonly kind: unknown; readonly held: Held<unknown> }>(1 << 12);

/** Throws the `PeerError`s of `parseObject`. */
export function heldOf<T>(kind: ObjectKind<T>, name: string, bytes: Uint8Array): Held<T> {
  const { held } = holdings.of(
    hashOf(bytes),
    (known) => known.kind === kind && known.held.name === name && equalBytes(known.held.bytes, bytes),
    () => ({ kind, held: readHeld(kind, name, bytes) }),
  );
  return held as Held<T>;
}

function readHeld<T>(kind: ObjectKind<T>, name: string, bytes: Uint8Array): Held<T> {
  const { value, kid } = parseObject(kind, bytes);
  return { name, bytes, value, signer: kid === undefined ? NO_KID : equalKid(kid) };
}

const NO_KID = new Uint8Array(8);
/** A key carries dozens of segments of few doors. */
const kids = new EqualOnce<Uint8Array>(1 << 12);

function equalKid(kid: Uint8Array): Uint8Array {
  return kids.of(
    hashOf(kid),
    (known) => equalBytes(known, kid),
    () => kid.slice(),
  );
}

/**
 * The same for what a device carries for others and hardly ever looks into: its value is read from the bytes each time that it is asked
 * for, and not kept beside them.
 */
export function carriedOf<T>(kind: ObjectKind<T>, name: string, bytes: Uint8Array): Held<T> {
  return new Carried(kind, name, bytes);
}

class Carried<T> implements Held<T> {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly signer: Uint8Array;
  readonly #kind: ObjectKind<T>;

  constructor(kind: ObjectKind<T>, name: string, bytes: Uint8Array) {
    this.#kind = kind;
    this.name = name;
    this.bytes = bytes;
    this.signer = readHeld(kind, name, bytes).signer;
  }

  get value(): T {
    return readHeld(this.#kind, this.name, this.bytes).value;
  }
}

export function encodeTrust(
  { rootPublicKey, successorThumbprint, fleetId, epoch }: Trust,
  floor: EpochPair,
): Uint8Array {
  return encode([rootPublicKey, successorThumbprint, fleetId, epoch, floor.epoch, floor.value]);
}
export function readTrust(bytes: Uint8Array): { readonly trust: Trust; readonly floor: EpochPair } {
  const items = decode(bytes) as readonly CborValue[];
  const [rootPublicKey, successorThumbprint, fleetId] = items as readonly [Uint8Array, Uint8Array, Uint8Array];
  const [epoch, floorEpoch, floorValue] = items.slice(3).map(Number) as [number, number, number];
  return {
    trust: { rootPublicKey, successorThumbprint, fleetId, epoch },
    floor: { epoch: floorEpoch, value: floorValue },
  };
}

/** SPEC TRU-3: roles up to 32 are issuers'. */
export function isIssuers(certificate: Uint8Array): boolean {
  return (readCertificate(certificate).value.roles & 63) !== 0;
}

function readCertificate(bytes: Uint8Array): Unverified<Certificate> {
  return parseObject(certificateObject, bytes);
}

/** Items `certificate/…`. What was verified since power-on under the same trust, and is held still, is not verified again. */
export function readCertificates(
  items: Items,
  trust: Trust,
  provider: CryptoProvider,
  before: Pick<Belief, "certificates"> = { certificates: [] },
): Pick<Belief, "certificates" | "issuers"> {
  const verified = (chain: readonly Uint8Array[]): CertifiedKey | undefined => {
    try {
      return equalKey(verifyChain(chain, trust, provider));
    } catch (error) {
      if (error instanceof PeerError) return undefined;
      throw error;
    }
  };
  const held = (bytes: Uint8Array): CertifiedKey | undefined =>
    before.certificates.find(({ key }) => equalBytes(key.certificate.bytes, bytes))?.key;
  const stored = [...items].filter(([name]) => name.startsWith("certificate/"));
  const own = stored
    .filter(([, bytes]) => isIssuers(bytes))
    .map(([, bytes]) => {
      const { nbf, publicKey } = readCertificate(bytes).value;
      return { bytes, nbf, kid: keyId(provider, publicKey), key: held(bytes) };
    });
  const above = (bytes: Uint8Array) => {
    const { kid: signer } = readCertificate(bytes);
    return own.filter(({ kid }) => signer !== undefined && equalBytes(kid, signer)).sort((a, b) => b.nbf - a.nbf);
  };
  const areSame = own.every(({ key }) => key !== undefined) && own.length === issuersIn(before.certificates).length;
  const certificates = stored.flatMap(([name, bytes]) => {
    const issuer = own.find((one) => one.bytes === bytes);
    // One whose issuer is not held any more is of no use to those it is carried for.
    const key =
      issuer === undefined
        ? ((areSame ? held(bytes) : undefined) ??
          above(bytes)
            .map((one) => verified([bytes, one.bytes]))
            .find((one) => one !== undefined))
        : (issuer.key ?? verified([bytes]));
    return key === undefined ? [] : [{ name, key }];
  });
  return { certificates, issuers: issuersIn(certificates) };
}

/** Of all devices: a fleet's certificates are in each of them. */
const certifiedKeys = new EqualOnce<CertifiedKey>(1 << 10);

function equalKey(key: CertifiedKey): CertifiedKey {
  if (key.level === "issuer") return equalIssuer(key);
  const issuer = equalIssuer(key.issuer);
  return certifiedKeys.of(
    hashOf(key.certificate.bytes),
    (known) => known.level === "device" && known.issuer === issuer && isSameCertificate(known, key),
    () => ({ ...key, issuer }),
  );
}

function equalIssuer(key: IssuerKey): IssuerKey {
  const isSame = (known: CertifiedKey): boolean => known.level === "issuer" && isSameCertificate(known, key);
  return certifiedKeys.of(hashOf(key.certificate.bytes), isSame, () => key) as IssuerKey;
}

/** The same bytes, verified under the same key in the same fleet. */
function isSameCertificate({ certificate: one }: CertifiedKey, { certificate: other }: CertifiedKey): boolean {
  return (
    equalBytes(one.bytes, other.bytes) &&
    equalBytes(one.publicKey, other.publicKey) &&
    equalBytes(one.fleetId, other.fleetId)
  );
}

function issuersIn(certificates: Belief["certificates"]): readonly IssuerKey[] {
  return certificates.flatMap(({ key }) => (key.level === "issuer" ? key : []));
}

/** Does a list that the device holds void a certificate, or that of its issuer (SPEC OBJ-9, TRU-16)? */
export function isVoid(held: Pick<Belief, "lists">, key: CertifiedKey): boolean {
  return held.lists.some(({ value }) => voidsCertificate(value, key));
}

/** SPEC UPD-1, OPN-9: the certificate under which an object could have been issued; one that a list voids counts as not held. */
export function soundIssuer<T>(
  belief: Pick<Belief, "issuers" | "trust" | "lists">,
  object: Unverified<T>,
): IssuerKey | "need-certificate" {
  const issuer = heldSigner(object, belief.issuers, belief.trust.epoch);
  return issuer === "need-certificate" || isVoid(belief, issuer) ? "need-certificate" : issuer;
}

/** The same of a device's certificate. */
export function soundDeviceIssuer(
  belief: Pick<Belief, "issuers" | "lists">,
  certificate: Unverified<Certificate>,
): IssuerKey | "need-certificate" {
  const issuer = deviceIssuerOf(certificate, belief.issuers);
  return issuer === undefined || isVoid(belief, issuer) ? "need-certificate" : issuer;
}

/** SPEC ACT-8: of the certificates of a kid that have all of these role bits, the one that ends last. */
export function longestOf(
  keys: readonly CertifiedKey[],
  { kid, roles = 0 }: { readonly kid: Uint8Array; readonly roles?: number },
): CertifiedKey | undefined {
  const fitting = keys.filter((one) => equalBytes(one.kid, kid) && (one.certificate.value.roles & roles) === roles);
  return fitting.sort((a, b) => b.certificate.value.exp - a.certificate.value.exp)[0];
}

/** A chain may leave out an issuer that the device holds; and one that it holds has been verified. Throws `PeerError`s. */
export function certifiedKey(
  belief: Pick<Belief, "issuers" | "trust">,
  provider: CryptoProvider,
  certificates: readonly Uint8Array[],
): CertifiedKey {
  const { issuers, trust } = belief;
  const [own, issuer] = certificates;
  const held = (bytes: Uint8Array) => issuers.find(({ certificate }) => equalBytes(certificate.bytes, bytes));
  if (own === undefined || certificates.length > 2) return verifyChain(certificates, trust, provider);
  const object = parseObject(certificateObject, own);
  const above = issuer === undefined ? deviceIssuerOf(object, issuers) : held(issuer);
  if (above !== undefined && !isIssuers(own)) return verifyDeviceCertificate(object, above, trust, provider);
  return (issuer === undefined ? held(own) : undefined) ?? verifyChain(certificates, trust, provider);
}

/** The same for a device that shows who it is. Throws `PeerError`s; SPEC TRU-16: a void one is nobody, `trust/role`. */
export function certifiedDevice(
  belief: Pick<Belief, "issuers" | "trust" | "lists">,
  provider: CryptoProvider,
  certificates: readonly Uint8Array[],
): DeviceKey {
  const signer = certifiedKey(belief, provider, certificates);
  if (signer.level !== "device" || isVoid(belief, signer)) throw new PeerError("trust/role");
  return signer;
}
