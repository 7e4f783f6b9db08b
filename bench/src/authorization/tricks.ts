/**
 * Credentials that no door should take, one thing wrong with each, every signature valid over its own bytes unless the trick
 * is the signature. What a library accepts of them its caller has to notice.
 */
export const TRICKS = {
  "small-order": "a signature made with no private key, under a small-order public key",
  "alg-unsigned": "the algorithm is named only outside what is signed",
  "unknown-crit": "a critical header that the reader does not know",
  "duplicate-label": "the same header or claim twice, with two values",
  "other-bytes": "the same signature and content in other bytes (an identifier of the bytes does not see a repeat)",
  "unsigned-extra": "an extra header that nobody has signed",
  "other-kind": "another kind of object, signed by the same key for something else",
  expired: "expired, where the caller has said nothing of time",
  trailing: "a byte after its end",
  "s-plus-l": "S + L in place of S",
} as const;
export type TrickName = keyof typeof TRICKS;

/** Group order of Ed25519, little-endian (RFC 8032 §5.1). */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

export function addL(signature: Uint8Array): Uint8Array {
  let s = 0n;
  for (let index = 63; index >= 32; index--) s = (s << 8n) | BigInt(signature[index] as number);
  s += L;
  const out = Uint8Array.from(signature);
  for (let index = 32; index < 64; index++) {
    out[index] = Number(s & 0xffn);
    s >>= 8n;
  }
  return out;
}

/** The neutral element: as a public key A = R = 1 and S = 0 satisfy the equation for every message. */
export const NEUTRAL: Uint8Array = Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 1 : 0));
export const FORGED: Uint8Array = Uint8Array.from([...NEUTRAL, ...new Uint8Array(32)]);
