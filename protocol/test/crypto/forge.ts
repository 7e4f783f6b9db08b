// Keys and signatures on the edge of the curve, from noble's field arithmetic; nothing here is shared with src/crypto.
import { Point } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes } from "#src/bytes.ts";

export const FIELD_PRIME: bigint = Point.CURVE().p;
export const GROUP_ORDER: bigint = Point.CURVE().n;

export function toNumber(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

export function toBytes32(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
}

/** An encoding by its y (which may be p or more) and the sign bit of x. */
export function encoding(y: bigint, sign: 0 | 1): Uint8Array {
  return toBytes32(y + (BigInt(sign) << 255n));
}

/** A point of order 8: L times a point that is not in the subgroup of prime order. */
export function orderEightPoint(): Point {
  for (let y = 2n; ; y++) {
    let point: Point;
    try {
      point = Point.fromBytes(encoding(y, 0), false);
    } catch {
      continue;
    }
    const torsion = point.multiply(GROUP_ORDER - 1n, false).add(point);
    if (!torsion.double().double().is0()) return torsion;
  }
}

/** The 14 encodings of the eight points of small order: 8 canonical ones, then 6 that decoders may read as the same. */
export function smallOrderEncodings(): readonly Uint8Array[] {
  const generator = orderEightPoint();
  const canonical: Uint8Array[] = [];
  let point = Point.ZERO;
  for (let index = 0; index < 8; index++) {
    canonical.push(point.toBytes());
    point = point.add(generator);
  }
  const second = [
    encoding(1n, 1),
    encoding(FIELD_PRIME - 1n, 1),
    encoding(FIELD_PRIME, 0),
    encoding(FIELD_PRIME, 1),
    encoding(FIELD_PRIME + 1n, 0),
    encoding(FIELD_PRIME + 1n, 1),
  ];
  return [...canonical, ...second];
}

/** k = SHA-512(R ‖ A ‖ M) mod L. */
export function challengeScalar(r: Uint8Array, publicKey: Uint8Array, message: Uint8Array): bigint {
  return toNumber(sha512(concatBytes(r, publicKey, message))) % GROUP_ORDER;
}

/** Whether R = sB - kA holds, without any other check: what a careless verifier asks. */
export function equationHolds(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const r = signature.slice(0, 32);
  const s = toNumber(signature.slice(32)) % GROUP_ORDER;
  const key = Point.fromBytes(publicKey, true);
  const k = challengeScalar(r, publicKey, message);
  const recomputed = Point.BASE.multiply(s, false).add(key.negate().multiply(k, false));
  return recomputed.equals(Point.fromBytes(r, true));
}

/** A message and a signature under a small-order key that nobody owns: only the torsion part of kA has to be guessed. */
export function forgeWithoutPrivateKey(publicKey: Uint8Array): { message: Uint8Array; signature: Uint8Array } {
  const s = 0x1234567890abcdefn;
  const r = Point.BASE.multiply(s).toBytes();
  for (let counter = 0; ; counter++) {
    const message = Uint8Array.of(counter & 0xff, counter >> 8);
    const signature = concatBytes(r, toBytes32(s));
    if (equationHolds(publicKey, message, signature)) return { message, signature };
  }
}

/** A key with a torsion part, and its owner's signature: with `cofactorless`, one whose k is a multiple of 8. */
export function signMixedOrder(cofactorless: boolean): {
  publicKey: Uint8Array;
  message: Uint8Array;
  signature: Uint8Array;
} {
  const a = 987654321987654321n;
  const publicKey = Point.BASE.multiply(a).add(orderEightPoint()).toBytes();
  const r = 1234567891234567n;
  const commitment = Point.BASE.multiply(r).toBytes();
  for (let counter = 0; ; counter++) {
    const message = Uint8Array.of(counter & 0xff, counter >> 8);
    const k = challengeScalar(commitment, publicKey, message);
    if ((k % 8n === 0n) !== cofactorless) continue;
    const signature = concatBytes(commitment, toBytes32((r + k * a) % GROUP_ORDER));
    return { publicKey, message, signature };
  }
}
