/**
 * Ed25519, SHA-256 and HMAC-SHA256 by node:crypto, the default in Node. `crypto.verify` alone gives different verdicts on
 * Node 20 / 22 and on Node 24, and on the former accepts forgeries under small-order keys: the precheck takes away every
 * input on which they differ (SPEC CRY-6).
 */
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from "node:crypto";
import { getPublicKey, hashes } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { encodeBase64url } from "../base64url.ts";
import { hmacWith } from "./hmac.ts";
import { PublicKeyCache, SeedCache } from "./key-cache.ts";
import { passesPrecheck, requireBytes, requireSeed } from "./precheck.ts";
import type { CryptoProvider } from "./provider.ts";

/** Enough for a city's issuers, boxes and the devices of one station; an import after a miss costs 3 to 34 µs. */
const CACHED_PUBLIC_KEYS = 1024;

const publicKeys = new PublicKeyCache<KeyObject>(CACHED_PUBLIC_KEYS);
const seeds = new SeedCache(expandSeed);

hashes.sha512 = sha512;

export const nodeCrypto: CryptoProvider = {
  name: "node:crypto",

  verify(publicKey, message, signature) {
    if (!passesPrecheck(publicKey, message, signature)) return false;
    const key = publicKeys.get(publicKey) ?? importPublicKey(publicKey);
    return key !== undefined && verify(null, message, key, signature);
  },

  sign(seed, message) {
    requireSeed(seed);
    requireBytes(message, "message");
    return plain(sign(null, message, seeds.get(seed).privateKey));
  },

  publicKeyOf(seed) {
    requireSeed(seed);
    return new Uint8Array(seeds.get(seed).publicKey);
  },

  sha256(data) {
    requireBytes(data, "data");
    return plain(hash("sha256", data, "buffer"));
  },

  hmacSha256(key, data) {
    requireBytes(key, "key");
    requireBytes(data, "data");
    return hmacWith(nodeCrypto.sha256, key, data);
  },
};

/** The name under which `#ed25519` finds whichever provider the runtime gets. */
export { nodeCrypto as provider };

/** As a JWK: on Node 20 a DER import costs as much as a verify, and no Node before 24 takes raw bytes. */
function importPublicKey(publicKey: Uint8Array): KeyObject | undefined {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: encodeBase64url(publicKey) }, format: "jwk" });
  } catch {
    // No Node seen refuses 32 bytes here, off the curve or not; one that does gives the verdict that verify would give.
    return undefined;
  }
  publicKeys.set(publicKey, key);
  return key;
}

/** Node 26 refuses a private JWK whose `x` is not the right public key, and no Node derives it without DER: noble does. */
function expandSeed(seed: Uint8Array): { readonly privateKey: KeyObject; readonly publicKey: Uint8Array } {
  const publicKey = getPublicKey(seed);
  const jwk = { kty: "OKP", crv: "Ed25519", x: encodeBase64url(publicKey), d: encodeBase64url(seed) } as const;
  return { privateKey: createPrivateKey({ key: jwk, format: "jwk" }), publicKey };
}

/** A Uint8Array instead of a Buffer, whose `slice` would alias. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
