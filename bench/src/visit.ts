/** One door and one key on shift, made once: what the benchmarks measure with. */
import {
  type BoundProof,
  type CryptoProvider,
  certificateObject,
  type Door,
  doorPolicyObject,
  grantObject,
  type IssuerKey,
  issueObject,
  keyId,
  openProofExtra,
  openProofObject,
  parseObject,
  type Signer,
  subOf,
  type Trust,
  thumbprint,
  verifyIssuerCertificate,
  verifyOpenProof,
} from "@nyckelfri/protocol";

const NBF = 1_800_000_000;
const SHIFT_SECONDS = 8 * 3600;

export interface Visit {
  readonly trust: Trust;
  readonly issuer: IssuerKey;
  readonly door: Door;
  /** As received. */
  readonly grant: Uint8Array;
  readonly proof: BoundProof;
}

/** A usual visit: day shift, one group, no activation asked, clock within a minute. */
export function makeVisit(provider: CryptoProvider): Visit {
  const seed = (name: string): Uint8Array => provider.sha256(ascii(`bench ${name}`));
  const publicKey = (name: string): Uint8Array => provider.publicKeyOf(seed(name));
  const fleetId = thumbprint(provider, publicKey("root"));
  const signer = (name: string): Signer => ({
    provider,
    seed: seed(name),
    kid: keyId(provider, publicKey(name)),
    fleetId,
  });
  const trust: Trust = {
    rootPublicKey: publicKey("root"),
    successorThumbprint: thumbprint(provider, publicKey("successor")),
    fleetId,
    epoch: 1,
  };
  const issued = issueObject(
    certificateObject,
    { roles: 1, publicKey: publicKey("issuer"), nbf: NBF - 86_400, exp: NBF + 30 * 86_400, epoch: 1 },
    signer("root"),
  );
  const issuer = verifyIssuerCertificate(parseObject(certificateObject, issued.bytes), trust, provider);
  const grant = issueObject(
    grantObject,
    {
      sub: subOf(seed("holder").subarray(0, 8)),
      exp: NBF + SHIFT_SECONDS,
      nbf: NBF,
      iat: NBF - 3600,
      cti: seed("cti").subarray(0, 8),
      cnf: { key: { kty: 1, crv: 6, x: publicKey("key") } },
      scope: [[1_100_017, 1]],
    },
    signer("issuer"),
  ).bytes;
  const transcript = { hello: ascii("hello"), challenge: ascii("challenge"), updates: [] };
  const extra = openProofExtra(provider, transcript, grant, undefined);
  const proof = issueObject(
    openProofObject,
    {
      lo: NBF + 1800,
      widthSeconds: 12,
      quality: "running",
      keyCounter: 4711,
      action: "open",
      timeSource: seed("station").subarray(0, 8),
      carried: { epoch: 1, policy: 3, lists: [] },
    },
    signer("key"),
    extra,
  );
  const policy = issueObject(
    doorPolicyObject,
    {
      cylinder: seed("cylinder").subarray(0, 8),
      version: 3,
      iat: NBF - 7200,
      door: seed("door").subarray(0, 8),
      mount: 1,
      state: "active",
      groups: [1_100_017, 1_900_001],
      longestGrantSeconds: 57_600,
      activation: "not-asked",
      widestIntervalSeconds: 180,
      lists: [],
      doorKind: "apartment",
    },
    signer("issuer"),
  ).value;
  return {
    trust,
    issuer,
    door: {
      rootPublicKey: trust.rootPublicKey,
      lifecycle: "active",
      epoch: 1,
      floor: NBF - 86_400,
      policy,
      policyVersion: { epoch: 1, value: policy.version },
      lists: [],
    },
    grant,
    proof: verifyOpenProof(
      parseObject(openProofObject, proof.bytes),
      { provider, publicKey: publicKey("key"), fleetId },
      { transcript, grant, ticket: undefined },
    ),
  };
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
