/**
 * A small city for tests: a root and its successor, one issuer for each role, some devices, a door and a holder's key.
 * Everything is the same in every run: keys and ids are hashes of their names, times are fixed. Each `issue…` takes what
 * is to differ from the usual value, and who signs.
 */
import { encode } from "#src/cbor/encode.ts";
import type { CborValue } from "#src/cbor/value.ts";
import { keyId, thumbprint } from "#src/cose/cose-key.ts";
import { nodeCrypto } from "#src/crypto/ed25519-node.ts";
import type { CryptoProvider } from "#src/crypto/provider.ts";
import { type ActivationTicket, activationTicketObject } from "#src/objects/activation-ticket.ts";
import { type Certificate, certificateObject, type Role } from "#src/objects/certificate.ts";
import { type DoorPolicy, doorPolicyObject } from "#src/objects/door-policy.ts";
import { type Grant, grantObject, subOf } from "#src/objects/grant.ts";
import { type OpenProof, type OpenTranscript, openProofExtra, openProofObject } from "#src/objects/open-proof.ts";
import { type RevocationList, revocationListObject } from "#src/objects/revocation-list.ts";
import {
  issueObject,
  type ObjectKind,
  parseObject,
  type Signed,
  type Signer,
  type Unverified,
  type Verified,
  verifyObject,
} from "#src/objects/signed-object.ts";
import {
  type DeviceKey,
  type IssuerKey,
  type Trust,
  verifyDeviceCertificate,
  verifyIssuerCertificate,
} from "#src/objects/trust.ts";
import { roles, times } from "#src/registry.ts";
import type { Interval } from "#src/time/clock.ts";

export const provider: CryptoProvider = nodeCrypto;

export const HOUR = 3600;
export const DAY = 24 * HOUR;
/** 2026-11-02T06:00Z: the morning shift's grant, issued the evening before. */
export const SHIFT = { iat: 1_793_599_200 - 12 * HOUR, nbf: 1_793_599_200, exp: 1_793_599_200 + 9 * HOUR } as const;
/** Two hours into the shift. */
export const NOW: number = SHIFT.nbf + 2 * HOUR;
/** What a well-set key's clock says then. */
export const CLOCK: Interval = { lo: NOW - 1, hi: NOW + 3 };

export const EPOCH = 3;
/** The usual group of the shift, the only one that the door serves. */
export const GROUP = 4711;
/** The provider's revocation list, which holds at the door. */
export const LIST = 12;

/** Bytes that are the same in every run: the beginning of SHA-256 of a name. */
export function fixedBytes(name: string, length: number): Uint8Array {
  return provider.sha256(Uint8Array.from(name, (character) => character.charCodeAt(0))).slice(0, length);
}

/** A key pair of somebody. */
export interface Party {
  readonly name: string;
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly kid: Uint8Array;
}

export function party(name: string): Party {
  const seed = fixedBytes(name, 32);
  const publicKey = provider.publicKeyOf(seed);
  return { name, seed, publicKey, kid: keyId(provider, publicKey) };
}

export const root: Party = party("root");
export const successor: Party = party("successor");
export const nextSuccessor: Party = party("next successor");
export const fleetId: Uint8Array = thumbprint(provider, root.publicKey);
export const trust: Trust = {
  rootPublicKey: root.publicKey,
  successorThumbprint: thumbprint(provider, successor.publicKey),
  fleetId,
  epoch: EPOCH,
};

/** How a party of this city signs. */
export function signerOf({ seed, kid }: Party): Signer {
  return { provider, seed, kid, fleetId };
}

export type IssuerRole = "grant" | "policy" | "list" | "receipt" | "time" | "device";

export function issueIssuerCertificate(
  subject: Party,
  role: IssuerRole,
  overrides: Partial<Certificate> = {},
  by: Party = root,
): Signed<Certificate> {
  const nbf = NOW - 30 * DAY;
  const usual = { roles: roles[role], publicKey: subject.publicKey, nbf, exp: nbf + 800 * DAY, epoch: EPOCH };
  return issueObject(certificateObject, { ...usual, ...overrides }, signerOf(by));
}

export function issueDeviceCertificate(
  subject: Party,
  deviceRoles: readonly Role[],
  overrides: Partial<Certificate> = {},
  by: Party = issuers.device,
): Signed<Certificate> {
  const nbf = NOW - 3 * DAY;
  const lifetime = deviceRoles.includes("time-source") ? times.timeCertificateSeconds : times.deviceCertificateSeconds;
  const usual = {
    roles: deviceRoles.reduce((bits, role) => bits | roles[role], 0),
    publicKey: subject.publicKey,
    nbf,
    exp: nbf + lifetime,
    epoch: EPOCH,
  };
  return issueObject(certificateObject, { ...usual, ...overrides }, signerOf(by));
}

export interface Issuer extends Party {
  readonly certificate: Signed<Certificate>;
  readonly certified: IssuerKey;
}

export interface Device extends Party {
  readonly certificate: Signed<Certificate>;
  readonly certified: DeviceKey;
}

export function issuer(role: IssuerRole, overrides: Partial<Certificate> = {}): Issuer {
  const subject = party(`${role} issuer`);
  const certificate = issueIssuerCertificate(subject, role, overrides);
  return { ...subject, certificate, certified: verifyIssuerCertificate(reparse(certificate), trust, provider) };
}

export function device(name: string, deviceRoles: readonly Role[], overrides: Partial<Certificate> = {}): Device {
  const subject = party(name);
  const certificate = issueDeviceCertificate(subject, deviceRoles, overrides);
  const certified = verifyDeviceCertificate(reparse(certificate), issuers.device.certified, trust, provider);
  return { ...subject, certificate, certified };
}

export const issuers: Readonly<Record<IssuerRole, Issuer>> = {
  grant: issuer("grant"),
  policy: issuer("policy"),
  list: issuer("list"),
  receipt: issuer("receipt"),
  time: issuer("time"),
  device: issuer("device"),
};

export const station: Device = device("station", ["time-source", "collector"]);
/** Its ticket certificate; as a source of time it has another, shorter one. */
export const box: Device = device("activation box", ["ticket"]);
export const host: Device = device("host", ["host"]);
/** Without a certificate: cylinders and keys sign what only the city and their peer check, under an enrolled key. */
export const cylinder: Party = party("cylinder");
export const key: Party = party("key");

export const DOOR: Uint8Array = fixedBytes("door", 8);
/** The holder's pseudonym, of which a grant's sub is the text form. */
export const HOLDER: Uint8Array = fixedBytes("holder", 8);

/** The certificates that travel beside an object of this signer, in the order of `verifyChain`. */
export function chainOf(signer: Issuer | Device): readonly Uint8Array[] {
  const own = signer.certificate.bytes;
  return signer.certified.level === "issuer" ? [own] : [own, issuers.device.certificate.bytes];
}

export function issueGrant(overrides: Partial<Grant> = {}, by: Party = issuers.grant): Signed<Grant> {
  const usual: Grant = {
    sub: subOf(HOLDER),
    ...SHIFT,
    cti: fixedBytes("cti", 8),
    cnf: { key: { kty: 1, crv: 6, x: key.publicKey } },
    scope: [[GROUP, 1]],
  };
  return issueObject(grantObject, { ...usual, ...overrides }, signerOf(by));
}

/** For a grant of the usual shift, given after half an hour of it. */
export function issueTicket(
  grant: Uint8Array,
  overrides: Partial<ActivationTicket> = {},
  by: Party = box,
): Signed<ActivationTicket> {
  const usual: ActivationTicket = {
    grantDigest: provider.sha256(grant),
    from: SHIFT.nbf + HOUR / 2,
    until: SHIFT.exp,
    method: "pin",
    boxCounter: 86,
  };
  return issueObject(activationTicketObject, { ...usual, ...overrides }, signerOf(by));
}

export function issuePolicy(overrides: Partial<DoorPolicy> = {}, by: Party = issuers.policy): Signed<DoorPolicy> {
  const usual: DoorPolicy = {
    cylinder: cylinder.kid,
    version: 5,
    iat: NOW - 20 * DAY,
    door: DOOR,
    mount: 1,
    state: "active",
    groups: [GROUP],
    longestGrantSeconds: times.longestGrantSeconds,
    activation: "asked",
    widestIntervalSeconds: times.widestIntervalSeconds,
    lists: [LIST],
    doorKind: "apartment",
  };
  return issueObject(doorPolicyObject, { ...usual, ...overrides }, signerOf(by));
}

/** Empty, unless entries are given. */
export function issueList(overrides: Partial<RevocationList> = {}, by: Party = issuers.list): Signed<RevocationList> {
  const usual: RevocationList = { list: LIST, version: 9, iat: NOW - DAY, entries: [] };
  return issueObject(revocationListObject, { ...usual, ...overrides }, signerOf(by));
}

/** Bodies of a hello and a challenge between the key and the door, as they stand in the frames. */
export const transcript: OpenTranscript = {
  hello: body([
    [1, [1, 1]],
    [2, 1],
    [3, fixedBytes("nonce of the key", 8)],
    [4, 0],
  ]),
  challenge: body([
    [1, [1, 1]],
    [2, cylinder.kid],
    [3, fixedBytes("nonce of the door", 16)],
    [4, EPOCH],
    [5, 5],
    [6, [[LIST, 9]]],
    [7, SHIFT.iat - DAY],
    [8, 2],
    [9, 43],
  ]),
  updates: [],
};

function body(entries: readonly (readonly [number, CborValue])[]): Uint8Array {
  return encode(new Map(entries));
}

/** What an OpenProof is bound to without carrying it. */
export interface ProofContext {
  readonly transcript: OpenTranscript;
  readonly grant: Uint8Array;
  readonly ticket: Uint8Array | undefined;
}

export function proofExtra({ transcript, grant, ticket }: ProofContext): readonly Uint8Array[] {
  return openProofExtra(provider, transcript, grant, ticket);
}

export function issueProof(
  context: ProofContext,
  overrides: Partial<OpenProof> = {},
  by: Party = key,
): Signed<OpenProof> {
  const usual: OpenProof = {
    lo: CLOCK.lo,
    widthSeconds: CLOCK.hi - CLOCK.lo,
    quality: "running",
    keyCounter: 1204,
    action: "open",
    timeSource: station.kid,
    carried: { epoch: EPOCH, policy: 5, lists: [[LIST, 9]] },
  };
  return issueObject(openProofObject, { ...usual, ...overrides }, signerOf(by), proofExtra(context));
}

/** What a key presents at the door: bytes that fit each other, and that the door of `issuePolicy` accepts. */
export interface Visit extends ProofContext {
  readonly proof: Uint8Array;
}

export function visit(
  differs: {
    readonly grant?: Partial<Grant>;
    readonly ticket?: Partial<ActivationTicket> | "none";
    readonly proof?: Partial<OpenProof>;
    readonly transcript?: OpenTranscript;
  } = {},
): Visit {
  const grant = issueGrant(differs.grant).bytes;
  const ticket = differs.ticket === "none" ? undefined : issueTicket(grant, differs.ticket).bytes;
  const context: ProofContext = { transcript: differs.transcript ?? transcript, grant, ticket };
  return { ...context, proof: issueProof(context, differs.proof).bytes };
}

/** What a peer has after receiving an object and before verifying it. */
export function reparse<T>(object: Signed<T> | Verified<T>): Unverified<T> {
  return parseObject(object.kind, object.bytes);
}

/** Verified under a key, without asking what entitles the key. Throws where the signature does not hold. */
export function verifiedUnder<T>(by: Party, object: Signed<T>, extra?: readonly Uint8Array[]): Verified<T> {
  const { publicKey } = by;
  return verifyObject(reparse(object), { provider, publicKey, fleetId, ...(extra === undefined ? {} : { extra }) });
}

/** Issues any kind as one of this city's parties. */
export function issue<T>(kind: ObjectKind<T>, value: NoInfer<T>, by: Party, extra?: readonly Uint8Array[]): Signed<T> {
  return issueObject(kind, value, signerOf(by), extra);
}
