/**
 * Ed25519 and SHA-256 by libsodium through sodium-native, an optional peer dependency: twice as fast as node:crypto.
 * Chosen by importing this entry point; nothing loads it dynamically.
 */
import native from "sodium-native";
import { hmacWith } from "./hmac.ts";
import { SeedCache } from "./key-cache.ts";
import { PUBLIC_KEY_BYTES, passesPrecheck, requireBytes, requireSeed, SIGNATURE_BYTES } from "./precheck.ts";
import type { CryptoProvider } from "./provider.ts";

const seeds = new SeedCache(expandSeed);

/**
 * Where libsodium writes. A small Uint8Array stands in V8's heap until native code asks for its address; then it is moved out of it, which
 * costs more than hashing. These are moved once.
 */
const DIGEST = new Uint8Array(32);
const SIGNATURE = new Uint8Array(SIGNATURE_BYTES);

export const sodium: CryptoProvider = {
  name: "sodium-native",

  verify(publicKey, message, signature) {
    // Not only for one verdict: sodium-native takes a signature with bytes after it, and throws at a shorter one.
    if (!passesPrecheck(publicKey, message, signature)) return false;
    return native.crypto_sign_verify_detached(signature, message, publicKey);
  },

  sign(seed, message) {
    requireSeed(seed);
    requireBytes(message, "message");
    native.crypto_sign_detached(SIGNATURE, message, seeds.get(seed).secretKey);
    return new Uint8Array(SIGNATURE);
  },

  publicKeyOf(seed) {
    requireSeed(seed);
    return new Uint8Array(seeds.get(seed).publicKey);
  },

  sha256(data) {
    requireBytes(data, "data");
    native.crypto_hash_sha256(DIGEST, data);
    return new Uint8Array(DIGEST);
  },

  hmacSha256(key, data) {
    requireBytes(key, "key");
    requireBytes(data, "data");
    // libsodium has HMAC-SHA256, sodium-native does not export it.
    return hmacWith(sodium.sha256, key, data);
  },
};

/** The name under which `#ed25519` finds whichever provider the runtime gets. */
export { sodium as provider };

/** libsodium's secret key is seed ‖ public key. */
function expandSeed(seed: Uint8Array): { readonly secretKey: Uint8Array; readonly publicKey: Uint8Array } {
  const publicKey = new Uint8Array(PUBLIC_KEY_BYTES);
  const secretKey = new Uint8Array(64);
  native.crypto_sign_seed_keypair(publicKey, secretKey, seed);
  return { secretKey, publicKey };
}
