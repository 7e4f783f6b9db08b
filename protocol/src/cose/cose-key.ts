/** COSE_Key of an Ed25519 public key (RFC 9052 §7, RFC 9053 §7.2), and the names that are made from it (SPEC COS-10, COS-11). */
import { concatBytes } from "../bytes.ts";
import { decode } from "../cbor/decode.ts";
import { PUBLIC_KEY_BYTES, requireBytes } from "../crypto/precheck.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { CallerError, PeerError } from "../errors.ts";
import { KID_BYTES } from "./envelope.ts";

/** `{1: 1, -1: 6, -2: h'…'}` up to the 32 bytes of the key: kty OKP, crv Ed25519, x. */
const HEAD: Uint8Array = Uint8Array.of(0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20);

/** Label of the private key in a COSE_Key of type OKP (RFC 9053 §7.2). */
const PRIVATE_KEY = -4;

export const COSE_KEY_BYTES: number = HEAD.length + PUBLIC_KEY_BYTES;

/** The 40 bytes of the COSE_Key. Throws `caller/argument` for a key that is not 32 bytes long. */
export function encodeCoseKey(publicKey: Uint8Array): Uint8Array {
  requireBytes(publicKey, "publicKey");
  if (publicKey.length !== PUBLIC_KEY_BYTES) {
    throw new CallerError("caller/argument", { argument: "publicKey", takes: "32 bytes", length: publicKey.length });
  }
  return concatBytes(HEAD, publicKey);
}

/**
 * The 32 bytes of the public key, copied. They are any 32 bytes: enrolment asks `checkPublicKey`.
 * Throws a `PeerError` `cbor/…`, `cose/key-private` where a private key is in it, or `cose/key`.
 */
export function decodeCoseKey(bytes: Uint8Array): Uint8Array {
  requireBytes(bytes, "bytes");
  const own = new Uint8Array(bytes);
  if (own.length === COSE_KEY_BYTES && HEAD.every((byte, index) => own[index] === byte)) return own.slice(HEAD.length);
  const key = decode(own);
  // A leaked private key is worth its own alarm.
  if (key instanceof Map && key.has(PRIVATE_KEY)) throw new PeerError("cose/key-private");
  throw new PeerError("cose/key");
}

/** The RFC 9679 thumbprint (SHA-256, 32 bytes). All three labels are required ones, so it covers the whole COSE_Key. */
export function thumbprint(provider: CryptoProvider, publicKey: Uint8Array): Uint8Array {
  return provider.sha256(encodeCoseKey(publicKey));
}

/** The kid and the device's id (SPEC COS-11): the first 8 bytes of the thumbprint. It selects, it never authorises. */
export function keyId(provider: CryptoProvider, publicKey: Uint8Array): Uint8Array {
  return thumbprint(provider, publicKey).slice(0, KID_BYTES);
}
