/**
 * Ed25519, SHA-256 and HMAC-SHA256 in JavaScript by @noble: the default where there is no node:crypto, and the only one
 * that is open to reading down to the field arithmetic.
 */
import { hashes, Point, getPublicKey as publicKeyOf, sign } from "@noble/ed25519";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, equalBytes, toHex } from "../bytes.ts";
import { passesPrecheck, requireBytes, requireSeed } from "./precheck.ts";
import type { CryptoProvider } from "./provider.ts";

hashes.sha512 = sha512;

const ORDER = Point.CURVE().n;

export const noble: CryptoProvider = {
  name: "noble",

  /** RFC 8032 §5.1.7, cofactorless (SPEC CRY-3). noble's own `verify` multiplies by the cofactor in both its modes. */
  verify(publicKey, message, signature) {
    if (!passesPrecheck(publicKey, message, signature)) return false;
    const key = decodePoint(publicKey);
    if (key === undefined) return false;
    const r = signature.subarray(0, 32);
    const s = littleEndian(signature.subarray(32));
    const k = littleEndian(sha512(concatBytes(r, publicKey, message))) % ORDER;
    // Variable time is right here: everything is public.
    const recomputed = Point.BASE.multiply(s, false).add(key.negate().multiply(k, false));
    return equalBytes(recomputed.toBytes(), r);
  },

  sign(seed, message) {
    requireSeed(seed);
    requireBytes(message, "message");
    return sign(message, seed);
  },

  publicKeyOf(seed) {
    requireSeed(seed);
    return publicKeyOf(seed);
  },

  sha256(data) {
    requireBytes(data, "data");
    return sha256(data);
  },

  hmacSha256(key, data) {
    requireBytes(key, "key");
    requireBytes(data, "data");
    return hmac(sha256, key, data);
  },
};

/** The name under which `#ed25519` finds whichever provider the runtime gets. */
export { noble as provider };

function decodePoint(publicKey: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(publicKey, false);
  } catch {
    // Off the curve: the key is a peer's, so this is a verdict and no fault of the caller.
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.toReversed())}`);
}
