import { sign, webcrypto } from "node:crypto";
import { PublicProtocol } from "paseto";
import { PublicKeyFromCryptoKey, SecretKeyFromCryptoKey, SignFactory, VerifyFactory } from "paseto/v4/public";
import { ascii, claimsOf, EXP, NBF, NOW } from "../shifts.ts";
import { addL, FORGED, NEUTRAL } from "../tricks.ts";
import {
  base64url,
  credentials,
  decide,
  issuerPublicKey,
  issuerSeed,
  jsonClaims,
  type Peer,
  privateKeyObject,
  provider,
  type ReadClaims,
  reaction,
  readJsonClaims,
} from "./peer.ts";

const HEADER = "v4.public.";
const FOOTER = Uint8Array.from(Buffer.from("issuer"));
const date = (seconds: number): string => new Date(seconds * 1_000).toISOString();

/** PASETO writes times as text (its specification, "Registered Claims"). */
function pasetoClaims(claims: Parameters<typeof jsonClaims>[0]): Record<string, unknown> {
  return { ...jsonClaims(claims), exp: date(EXP), nbf: date(NBF), iat: date(NBF - 3_600) };
}

/** A token with a payload that the library would not write (its specification, "PAE" and "Sign"). */
function signed(payload: string): string {
  const message = Buffer.from(payload);
  const length = (count: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(count));
    return bytes;
  };
  const pieces = [Buffer.from(HEADER), message, Buffer.from(FOOTER), Buffer.alloc(0)];
  const authenticated = Buffer.concat([length(pieces.length), ...pieces.flatMap((one) => [length(one.length), one])]);
  const signature = sign(null, authenticated, privateKeyObject(issuerSeed));
  return `${HEADER}${base64url(Buffer.concat([message, signature]))}.${base64url(FOOTER)}`;
}

export async function makePeer(count: number): Promise<Peer> {
  const importKey = (jwk: webcrypto.JsonWebKey, use: "sign" | "verify") =>
    webcrypto.subtle.importKey("jwk", jwk, { name: "Ed25519" }, true, [use]);
  const jwk = (publicKey: Uint8Array) => ({ kty: "OKP", crv: "Ed25519", x: base64url(publicKey) });
  const publicKeyOf = async (publicKey: Uint8Array) =>
    PublicKeyFromCryptoKey((await importKey(jwk(publicKey), "verify")) as never);
  const v4 = new PublicProtocol(SignFactory, VerifyFactory);
  const secret = { ...jwk(issuerPublicKey), d: base64url(issuerSeed) };
  const secretKey = await SecretKeyFromCryptoKey((await importKey(secret, "sign")) as never);
  const key = await publicKeyOf(issuerPublicKey);
  const options = { now: new Date(NOW * 1_000) };
  const issue = (claims: Record<string, unknown>) => v4.Sign(secretKey, claims as never, { footer: FOOTER });
  const made = await credentials(count, (claims) => issue(pasetoClaims(claims)));
  const at = (index: number) => made[index] as (typeof made)[number];
  const read = async (token: string): Promise<ReadClaims> => {
    const { claims } = await v4.Verify(key, token, options as never);
    const { exp, nbf, ...rest } = claims as { exp: string; nbf: string };
    return readJsonClaims({ ...rest, exp: Date.parse(exp) / 1_000, nbf: Date.parse(nbf) / 1_000 });
  };
  return {
    wireBytes: ascii(at(0).token).length,
    verify: async (index) => (await read(at(index).token)).exp > 0,
    gate: async (index) => decide(await read(at(index).token), at(index).answer),
    async tricks() {
      const good = at(0).token;
      const [, , body, footer] = good.split(".") as [string, string, string, string];
      const raw = Uint8Array.from(Buffer.from(body, "base64url"));
      const payload = raw.subarray(0, -64);
      const withSignature = (signature: Uint8Array): string =>
        `${HEADER}${base64url(Uint8Array.from([...payload, ...signature]))}.${footer}`;
      const take = (token: string) => v4.Verify(key, token, options as never);
      const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      const spare = raw.length % 3 === 0 ? undefined : digits.indexOf(body.at(-1) as string) ^ 1;
      const claims = pasetoClaims(claimsOf(provider, 0));
      const neutral = await reaction(async () =>
        v4.Verify(await publicKeyOf(NEUTRAL), withSignature(FORGED), options as never),
      );
      return {
        "small-order": neutral,
        "alg-unsigned": "not writable",
        "unknown-crit": "not writable",
        "duplicate-label": await reaction(() =>
          take(signed(JSON.stringify(claims).replace('"exp":', `"exp":"${date(1_600_000_000)}","exp":`))),
        ),
        "other-bytes":
          spare === undefined
            ? "not writable"
            : await reaction(() => take(`${HEADER}${body.slice(0, -1)}${digits[spare]}.${footer}`)),
        "unsigned-extra": "not writable",
        "other-kind": await reaction(async () => take(await issue({ ...claims, kind: "log receipt" }))),
        expired: await reaction(async () => take(await issue({ ...claims, exp: date(1_600_000_000) }))),
        trailing: await reaction(() => take(`${good}A`)),
        "s-plus-l": await reaction(() => take(withSignature(addL(raw.subarray(-64))))),
      };
    },
  };
}
