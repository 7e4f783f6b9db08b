/**
 * What every provider checks before it asks its library. Libraries in the wild disagree on exactly these inputs, so the
 * rule (libsodium's) is applied here, once: the verdict is then the same everywhere (SPEC CRY-6).
 */
import { CallerError } from "../errors.ts";

export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;
export const SEED_BYTES = 32;

/** L = 2^252 + 27742317777372353535851937790883648493, the order of the base point (RFC 8032 §5.1), little-endian. */
const ORDER = [
  0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0x10,
] as const;

/**
 * The y coordinates of the eight points of small order, little-endian, without the sign bit of x. Five are canonical;
 * 0 and 1 can be written a second time as p and p + 1. With the sign bit set or clear that makes 14 encodings.
 */
const SMALL_ORDER_Y: readonly (readonly number[])[] = [
  field(0x00, 0x00, 0x00), // y = 0, order 4
  field(0x01, 0x00, 0x00), // y = 1, the neutral element
  field(0xec, 0xff, 0x7f), // y = p - 1, order 2
  field(0xed, 0xff, 0x7f), // p, that is 0
  field(0xee, 0xff, 0x7f), // p + 1, that is 1
  // the two y of the four points of order 8
  [
    0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac,
    0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
  ],
  [
    0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53,
    0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
  ],
];

function field(first: number, middle: number, last: number): readonly number[] {
  return [first, ...Array.from({ length: 30 }, () => middle), last];
}

/**
 * True where the library has to decide; false is the final verdict. SPEC CRY-1 (lengths), CRY-2 (S < L), CRY-4 (small
 * order, key and R), CRY-5 (canonical key). A non-canonical R needs no check: the recomputed R is compared byte for byte
 * with it (CRY-3) and is always canonical. Allocates nothing.
 */
export function passesPrecheck(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  requireBytes(publicKey, "publicKey");
  requireBytes(message, "message");
  requireBytes(signature, "signature");
  return (
    publicKey.length === PUBLIC_KEY_BYTES &&
    signature.length === SIGNATURE_BYTES &&
    isReducedScalar(signature) &&
    isCanonicalY(publicKey) &&
    !isSmallOrder(publicKey) &&
    !isSmallOrder(signature)
  );
}

/** Whether S, the second half of a 64-byte signature, is below L (SPEC CRY-2, RFC 8032 §5.1.7 step 1). */
function isReducedScalar(signature: Uint8Array): boolean {
  for (let index = 31; index >= 0; index--) {
    const digit = signature[32 + index] ?? 0;
    const limit = ORDER[index] ?? 0;
    if (digit !== limit) return digit < limit;
  }
  return false;
}

/** Whether the y coordinate of a 32-byte encoding is below p = 2^255 - 19 (SPEC CRY-5). */
export function isCanonicalY(encoding: Uint8Array): boolean {
  if (((encoding[31] ?? 0) & 0x7f) !== 0x7f) return true;
  for (let index = 30; index > 0; index--) if (encoding[index] !== 0xff) return true;
  return (encoding[0] ?? 0) < 0xed;
}

/** Whether the first 32 bytes are one of the 14 encodings of the points of small order (SPEC CRY-4). */
export function isSmallOrder(encoding: Uint8Array): boolean {
  const first = encoding[0];
  for (const y of SMALL_ORDER_Y) {
    // The first bytes of the seven differ, so at most one candidate is walked through.
    if (y[0] !== first) continue;
    for (let index = 1; index < 31; index++) if (encoding[index] !== y[index]) return false;
    return ((encoding[31] ?? 0) & 0x7f) === y[31];
  }
  return false;
}

/** Throws `caller/argument` for what is not a Uint8Array (a Buffer is one). */
export function requireBytes(value: unknown, argument: string): asserts value is Uint8Array {
  if (value instanceof Uint8Array) return;
  // An array of another realm (a vm context, an iframe) is as good.
  if (Object.prototype.toString.call(value) === "[object Uint8Array]") return;
  throw new CallerError("caller/argument", { argument, takes: "a Uint8Array" });
}

/** Throws `caller/argument` for what is not a seed of 32 bytes. */
export function requireSeed(seed: unknown): asserts seed is Uint8Array {
  requireBytes(seed, "seed");
  if (seed.length !== SEED_BYTES) {
    throw new CallerError("caller/argument", { argument: "seed", takes: "32 bytes", length: seed.length });
  }
}
