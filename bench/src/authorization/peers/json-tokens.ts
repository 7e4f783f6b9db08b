/** Compact JWS (RFC 7515) by hand, so that the tricks can be written. */
import { sign } from "node:crypto";
import { claimsOf, EXP } from "../shifts.ts";
import { addL, FORGED, type TrickName } from "../tricks.ts";
import { base64url, issuerSeed, jsonClaims, privateKeyObject, provider, type Reaction, reaction } from "./peer.ts";

const HEADER = '{"alg":"EdDSA","typ":"JWT","kid":"issuer"}';
const text = (value: string): string => base64url(Buffer.from(value));

function token(header: string, payload: string): string {
  const signed = `${text(header)}.${text(payload)}`;
  return `${signed}.${base64url(sign(null, Buffer.from(signed), privateKeyObject(issuerSeed)))}`;
}

/** A base64url digit that differs only in bits that carry nothing: 64 bytes leave four of them in the last digit. */
function otherLastDigit(jwt: string): string {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = digits.indexOf(jwt.at(-1) as string);
  return jwt.slice(0, -1) + digits[last ^ 1];
}

/** `take` verifies with the issuer's key, `takeUnder` with another public key; both as a caller who says only what the README's first example says. */
export async function jwtTricks(
  take: (jwt: string) => unknown,
  takeUnder: (publicKey: Uint8Array, jwt: string) => unknown,
  neutral: Uint8Array,
): Promise<Readonly<Record<TrickName, Reaction>>> {
  const claims = jsonClaims(claimsOf(provider, 0));
  const payload = JSON.stringify(claims);
  const good = token(HEADER, payload);
  const [header, body, signature] = good.split(".") as [string, string, string];
  const raw = Uint8Array.from(Buffer.from(signature, "base64url"));
  const notASession = JSON.stringify({ ...claims, kind: "log receipt" });
  return {
    "small-order": await reaction(() => takeUnder(neutral, `${header}.${body}.${base64url(FORGED)}`)),
    "alg-unsigned": "not writable",
    "unknown-crit": await reaction(() => take(token('{"alg":"EdDSA","crit":["urn:door"],"urn:door":7}', payload))),
    "duplicate-label": await reaction(() =>
      take(token(HEADER, payload.replace(`"exp":${EXP}`, `"exp":1,"exp":${EXP}`))),
    ),
    "other-bytes": await reaction(() => take(otherLastDigit(good))),
    "unsigned-extra": "not writable",
    "other-kind": await reaction(() => take(token('{"alg":"EdDSA","typ":"receipt+jwt"}', notASession))),
    expired: await reaction(() => take(token(HEADER, payload.replace(`"exp":${EXP}`, '"exp":1600000000')))),
    trailing: await reaction(() => take(`${good}A`)),
    "s-plus-l": await reaction(() => take(`${header}.${body}.${base64url(addL(raw))}`)),
  };
}

export function issueJwt(claims: Record<string, unknown>): string {
  return token(HEADER, JSON.stringify(claims));
}
