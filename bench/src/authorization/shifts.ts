/** One door and many keys on shift, made once: what the benchmarks measure with. */
import {
  type CryptoProvider,
  certificateObject,
  type Door,
  doorPolicyObject,
  type ExamineContext,
  grantObject,
  type IssuerKey,
  issueObject,
  keyId,
  type OpenBytes,
  openProofExtra,
  openProofObject,
  parseObject,
  type RevocationList,
  type Signer,
  subOf,
  type Trust,
  thumbprint,
  verificationDigest,
  verifyIssued,
  verifyIssuerCertificate,
} from "@nyckelfri/protocol";

export const NBF = 1_800_000_000;
const SHIFT_SECONDS = 8 * 3600;
/** When the visits are. */
export const NOW: number = NBF + 1_800;
export const EXP: number = NBF + SHIFT_SECONDS;
export const GROUP = 1_100_017;
const LISTS = [11, 12, 13, 14] as const;
const LIST_ENTRIES = 48;

/** What a credential says, in no format yet; the same for every peer. */
export interface ShiftClaims {
  readonly holder: Uint8Array;
  readonly cti: Uint8Array;
  readonly holderPublicKey: Uint8Array;
  readonly holderSeed: Uint8Array;
}

export interface Shift {
  readonly claims: ShiftClaims;
  /** Grant and proof, as received by the door. */
  readonly open: OpenBytes;
  /** What a door keeps that has verified the grant before. */
  readonly digest: Uint8Array;
}

export interface Town {
  readonly trust: Trust;
  readonly issuer: IssuerKey;
  readonly issuerSeed: Uint8Array;
  readonly door: Door;
  readonly shifts: readonly Shift[];
  /** One more, which may have ended. */
  readonly makeShift: (index: number, exp?: number) => Shift;
}

/** From a name, so that every worker makes the same. */
export function seedOf(provider: CryptoProvider, name: string): Uint8Array {
  return provider.sha256(ascii(`bench ${name}`));
}

export function claimsOf(provider: CryptoProvider, index: number): ShiftClaims {
  const holderSeed = seedOf(provider, `key ${index}`);
  return {
    holder: seedOf(provider, `holder ${index}`).subarray(0, 8),
    cti: seedOf(provider, `cti ${index}`).subarray(0, 8),
    holderSeed,
    holderPublicKey: provider.publicKeyOf(holderSeed),
  };
}

/** What four lists of 48 have taken back; none of the shifts is among it. */
export function revokedIds(provider: CryptoProvider): readonly (readonly Uint8Array[])[] {
  return LISTS.map((list) =>
    Array.from({ length: LIST_ENTRIES }, (_, index) =>
      seedOf(provider, `revoked ${list} ${index}`).subarray(0, 8),
    ).sort((one, other) => Buffer.compare(one, other)),
  );
}

/** Usual visits: day shift, one group, no activation asked, clock within a minute, four full lists at the door. */
export function makeTown(provider: CryptoProvider, count: number): Town {
  const seed = (name: string): Uint8Array => seedOf(provider, name);
  const publicKey = (name: string): Uint8Array => provider.publicKeyOf(seed(name));
  const fleetId = thumbprint(provider, publicKey("root"));
  const signer = (ofSeed: Uint8Array): Signer => ({
    ...{ provider, seed: ofSeed, fleetId },
    kid: keyId(provider, provider.publicKeyOf(ofSeed)),
  });
  const trust: Trust = {
    rootPublicKey: publicKey("root"),
    successorThumbprint: thumbprint(provider, publicKey("successor")),
    ...{ fleetId, epoch: 1 },
  };
  const issued = issueObject(
    certificateObject,
    { roles: 1, publicKey: publicKey("issuer"), nbf: NBF - 86_400, exp: NBF + 30 * 86_400, epoch: 1 },
    signer(seed("root")),
  );
  const issuer = verifyIssuerCertificate(parseObject(certificateObject, issued.bytes), trust, provider);
  const lists = revokedIds(provider).map(
    (ids, index): RevocationList => ({
      list: LISTS[index] as number,
      ...{ version: 5, iat: NBF - 3600 },
      entries: ids.map((id) => ({ kind: "grant", id, until: NBF })),
    }),
  );
  const policy = issueObject(
    doorPolicyObject,
    {
      cylinder: seed("cylinder").subarray(0, 8),
      ...{ version: 3, iat: NBF - 7200, door: seed("door").subarray(0, 8), mount: 1, state: "active" },
      ...{ groups: [GROUP, 1_900_001], longestGrantSeconds: 57_600, activation: "not-asked" },
      ...{ widestIntervalSeconds: 180, lists: LISTS, doorKind: "apartment" },
    },
    signer(seed("issuer")),
  ).value;
  const door: Door = {
    rootPublicKey: trust.rootPublicKey,
    ...{ lifecycle: "active", epoch: 1, floor: NBF - 86_400 },
    ...{ policy, policyVersion: { epoch: 1, value: policy.version }, lists },
  };
  const issuing = { provider, issuer, trust, signer: signer(seed("issuer")), holderSigner: signer };
  const shifts = Array.from({ length: count }, (_, index) => makeShift(issuing, index));
  return {
    trust,
    issuer,
    issuerSeed: seed("issuer"),
    door,
    shifts,
    makeShift: (...args) => makeShift(issuing, ...args),
  };
}

interface Issuing {
  readonly provider: CryptoProvider;
  readonly issuer: IssuerKey;
  readonly trust: Trust;
  readonly signer: Signer;
  readonly holderSigner: (seed: Uint8Array) => Signer;
}

function makeShift(
  { provider, issuer, trust, signer, holderSigner }: Issuing,
  index: number,
  exp: number = EXP,
): Shift {
  const claims = claimsOf(provider, index);
  const grant = issueObject(
    grantObject,
    {
      sub: subOf(claims.holder),
      ...{ exp, nbf: NBF, iat: NBF - 3600, cti: claims.cti },
      cnf: { key: { kty: 1, crv: 6, x: claims.holderPublicKey } },
      scope: [[GROUP, 1]],
    },
    signer,
  ).bytes;
  const transcript = { hello: ascii(`hello ${index}`), challenge: ascii(`challenge ${index}`), updates: [] };
  const proof = issueObject(
    openProofObject,
    {
      ...{ lo: NOW, widthSeconds: 12, quality: "running", keyCounter: 4711 + index, action: "open" },
      timeSource: seedOf(provider, "station").subarray(0, 8),
      carried: { epoch: 1, policy: 3, lists: LISTS.map((list) => [list, 5] as const) },
    },
    holderSigner(claims.holderSeed),
    openProofExtra(provider, transcript, grant, undefined),
  ).bytes;
  const parsed = parseObject(grantObject, grant);
  const verified = verifyIssued(parsed, { signer: issuer, role: "grant", times: parsed.value, trust, provider });
  return {
    claims,
    open: { grant, ticket: undefined, proof, transcript },
    digest: verificationDigest(verified, provider),
  };
}

/** What the door hands to `examine`; `seen` where it has verified these grants before. */
export function contextOf(
  { trust, issuer }: Town,
  provider: CryptoProvider,
  seen?: ExamineContext["seen"],
): ExamineContext {
  return {
    ...{ provider, fleetId: trust.fleetId, energy: "enough" },
    issuersOf: () => [issuer],
    boxesOf: () => [],
    ...(seen === undefined ? {} : { seen }),
  };
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
