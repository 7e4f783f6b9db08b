// The part of sodium-native that the libsodium provider uses; the package ships no types of its own.
interface Sodium {
  crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void;
  crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
  crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
  crypto_hash_sha256(output: Uint8Array, data: Uint8Array): void;
}
declare const sodium: Sodium;
export default sodium;
