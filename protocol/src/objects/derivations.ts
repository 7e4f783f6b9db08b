/**
 * The hashes and key derivations of SPEC Appendix D that are no part of COSE (SPEC CRY-9); thumbprint, kid and fleet id
 * are in cose/cose-key.ts. Each begins with a label, or is over items that end by themselves, or has fixed lengths, so that no two
 * uses share an input.
 */
import { concatBytes } from "../bytes.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { sha256Of } from "../crypto/sha256-of.ts";
import { CallerError } from "../errors.ts";

/** Bytes of a log's head, and of a challenge's nonce. */
export const HEAD_BYTES = 16;
const NONCE_BYTES = 16;
const LARGEST_UINT32 = 0xffff_ffff;

/** Chains of records, each with numbers of its own (SPEC LOG-1, OBJ-16). */
export const STORES = { openings: 1, refusals: 2, journal: 3 } as const;
export type Store = keyof typeof STORES;

/** h_0 of a device's store (16 bytes; SPEC LOG-2). */
export function chainStart(provider: CryptoProvider, kid: Uint8Array, store: Store): Uint8Array {
  return sha256Of(provider, [ascii("nyckelfri log"), kid, Uint8Array.of(STORES[store])]).slice(0, HEAD_BYTES);
}

/** h_n from h_{n-1}, the record's number and its encoding (SPEC LOG-2). Numbers begin with 1 and never wrap. */
export function chainNext(provider: CryptoProvider, head: Uint8Array, number: number, record: Uint8Array): Uint8Array {
  if (number === 0) throw new CallerError("caller/argument", { argument: "number", takes: "1 to 2^32-1" });
  return sha256Of(provider, [head, uint32(number), record]).slice(0, HEAD_BYTES);
}

/**
 * nonce_c (16 bytes; SPEC OPN-3): unpredictable because of the secret, unrepeated because of the counter, which the
 * door commits before the nonce leaves. Throws `caller/argument` for a counter that has come to its end.
 */
export function challengeNonce(provider: CryptoProvider, deviceSecret: Uint8Array, counter: number): Uint8Array {
  const input = concatBytes(ascii("nyckelfri challenge"), uint32(counter));
  return provider.hmacSha256(deviceSecret, input).slice(0, NONCE_BYTES);
}

/** The transcript (32 bytes) of every session but an opening: hello's body and its answer's (SPEC MSG-6). */
export function sessionTranscript(provider: CryptoProvider, hello: Uint8Array, answer: Uint8Array): Uint8Array {
  return sha256Of(provider, [hello, answer]);
}

/** v of a PIN (32 bytes): only a key that has the pepper can make it. `digits` are the PIN's, 4 to 8 of them. */
export function pinProof(provider: CryptoProvider, pepper: Uint8Array, digits: string): Uint8Array {
  if (!/^[0-9]{4,8}$/.test(digits)) throw new CallerError("caller/argument", { argument: "digits", takes: "4 to 8" });
  return provider.hmacSha256(pepper, ascii(digits));
}

/** What a box keeps of a PIN (32 bytes; SPEC OBJ-17): v itself would let a stolen box activate the key. */
export function pinVerifierDigest(provider: CryptoProvider, v: Uint8Array, salt: Uint8Array): Uint8Array {
  return sha256Of(provider, [v, salt]);
}

function uint32(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > LARGEST_UINT32) {
    throw new CallerError("caller/argument", { argument: "counter", takes: "0 to 2^32-1" });
  }
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
