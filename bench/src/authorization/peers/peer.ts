/** What a user would take instead: a library that verifies a signed credential. Each runs in a worker of its own. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { nodeCrypto } from "@nyckelfri/protocol/ed25519-node";
import { ascii, claimsOf, EXP, GROUP, NBF, NOW, revokedIds, type ShiftClaims, seedOf } from "../shifts.ts";
import type { TrickName } from "../tricks.ts";

/** `not writable`: the format has no place for it. */
export type Reaction = "refuses" | "accepts" | "not writable" | "not tried";

export interface Peer {
  /** Of one credential, as it is sent. */
  readonly wireBytes: number;
  /** Verifies credential number `index` and reads its claims; false or a throw is a failure. */
  readonly verify: (index: number) => boolean | Promise<boolean>;
  /** The same, and the holder's proof over a fresh nonce, the door's groups, and four lists of 48. */
  readonly gate: (index: number) => boolean | Promise<boolean>;
  /** With the library's own memory of credentials that it has verified, where it has one. */
  readonly gateSeen?: (index: number) => boolean | Promise<boolean>;
  readonly tricks: () => Promise<Readonly<Record<TrickName, Reaction>>>;
}

/** What a gate reads in a credential, whatever its format. */
export interface ReadClaims {
  readonly nbf: number;
  readonly exp: number;
  readonly cti: string;
  readonly holderX: string;
  readonly groups: readonly number[];
}

export const provider: typeof nodeCrypto = nodeCrypto;
export const issuerSeed: Uint8Array = seedOf(provider, "issuer");
export const issuerPublicKey: Uint8Array = provider.publicKeyOf(issuerSeed);
const doorGroups: ReadonlySet<number> = new Set([GROUP, 1_900_001]);
const revoked: readonly ReadonlySet<string>[] = revokedIds(provider).map(
  (ids) => new Set(ids.map((id) => base64url(id))),
);

export function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

export function publicKeyObject(publicKey: Uint8Array): KeyObject {
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: base64url(publicKey) }, format: "jwk" });
}

export function privateKeyObject(seed: Uint8Array): KeyObject {
  const x = base64url(provider.publicKeyOf(seed));
  return createPrivateKey({ key: { kty: "OKP", crv: "Ed25519", x, d: base64url(seed) }, format: "jwk" });
}

/** A holder's answer to a nonce of this session. */
interface Answer {
  readonly nonce: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Credential<Token> {
  readonly token: Token;
  readonly answer: Answer;
}

/** As many credentials as asked, each of another holder. */
export async function credentials<Token>(
  count: number,
  issue: (claims: ShiftClaims) => Token | Promise<Token>,
): Promise<readonly Credential<Token>[]> {
  const made: Credential<Token>[] = [];
  for (let index = 0; index < count; index++) {
    const claims = claimsOf(provider, index);
    const nonce = ascii(`nonce ${index} of a session, in place of a transcript of 64 bytes.....`);
    const signature = sign(null, nonce, privateKeyObject(claims.holderSeed));
    made.push({ token: await issue(claims), answer: { nonce, signature } });
  }
  return made;
}

/** What a gate does with claims that a library has verified: the plain way, and the fastest one that node:crypto has. */
export function decide({ nbf, exp, cti, holderX, groups }: ReadClaims, { nonce, signature }: Answer): boolean {
  if (nbf > NOW || exp <= NOW + 12 || exp - nbf > 57_600) return false;
  if (!groups.some((group) => doorGroups.has(group)) || revoked.some((list) => list.has(cti))) return false;
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: holderX }, format: "jwk" });
  return verify(null, nonce, key, signature);
}

/** Claims by the names of RFC 7519, for peers that write JSON. */
export function jsonClaims({ holder, cti, holderPublicKey }: ShiftClaims): Record<string, unknown> {
  return {
    ...{ iss: base64url(issuerPublicKey.subarray(0, 8)), sub: base64url(holder) },
    ...{ exp: EXP, nbf: NBF, iat: NBF - 3_600, jti: base64url(cti) },
    cnf: { jwk: { kty: "OKP", crv: "Ed25519", x: base64url(holderPublicKey) } },
    scope: [[GROUP, 1]],
  };
}

export function readJsonClaims(claims: Record<string, unknown>): ReadClaims {
  const { nbf, exp, jti, cnf, scope } = claims as {
    nbf: number;
    exp: number;
    jti: string;
    cnf: { jwk: { x: string } };
    scope: [number, number][];
  };
  return { nbf, exp, cti: jti, holderX: cnf.jwk.x, groups: scope.map(([group]) => group) };
}

/** How a library takes something: a throw and `false` are refusals. */
export async function reaction(take: () => unknown): Promise<Reaction> {
  try {
    return (await take()) === false ? "refuses" : "accepts";
  } catch {
    return "refuses";
  }
}
