/** The one interface behind which Ed25519, SHA-256 and HMAC-SHA256 come from different libraries (SPEC CRY-6, CRY-9). */

/**
 * Synchronous cryptography with one verdict on every input, whichever library stands behind it.
 *
 * A malformed *type* (not a Uint8Array) throws `CallerError` `caller/argument` everywhere. Signing also throws it for a
 * seed that is not 32 bytes long: a seed is the caller's own. Keys and signatures come from peers, so there a wrong
 * length is a false verdict.
 */
export interface CryptoProvider {
  readonly name: "node:crypto" | "noble" | "sodium-native";

  /**
   * Whether `signature` (64 bytes, R ‖ S) is a signature of `message` under `publicKey` (32 bytes) by the rules
   * SPEC CRY-1 to CRY-5. Never throws for byte strings of whatever length and content.
   */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;

  /**
   * The signature (64 bytes) of `message` under `seed`, the 32-byte private key of RFC 8032 §5.1.5: the same bytes from
   * every provider (SPEC CRY-8). The expanded key is remembered for as long as the `seed` object itself lives: pass the
   * same object again and the import is not repeated.
   */
  sign(seed: Uint8Array, message: Uint8Array): Uint8Array;

  /** The public key (32 bytes) of `seed` (32 bytes). */
  publicKeyOf(seed: Uint8Array): Uint8Array;

  /** SHA-256 (32 bytes). */
  sha256(data: Uint8Array): Uint8Array;

  /** HMAC-SHA256 (32 bytes) under a key of any length. */
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
}
