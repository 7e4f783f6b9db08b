/** Enrolment and issue: what a public key must be before anyone certifies it (SPEC CRY-7). */
import { Point } from "@noble/ed25519";
import { PublicKeyCache } from "./key-cache.ts";
import { isCanonicalY, isSmallOrder, PUBLIC_KEY_BYTES, requireBytes } from "./precheck.ts";

/** Why a public key is refused, or `valid`. */
export type PublicKeyVerdict =
  | "valid"
  | "wrong-length"
  | "non-canonical"
  | "not-on-curve"
  | "small-order"
  | "mixed-order";

/**
 * Whether a device's Ed25519 public key may be enrolled or written into a grant or certificate: 32 bytes, none of the 14
 * encodings of small order, y < p, on the curve, in the subgroup of prime order. Evaluated in this order; the first
 * failing one is the verdict. About 2 ms, whichever provider verifies signatures; the verdicts on the last keys are remembered,
 * because a city has few issuers and they are met again with every object.
 *
 * Verifying refuses less than this: a key off the curve verifies nothing anyway, and a key of mixed order verifies what
 * its owner signs. Node imports a point off the curve without complaint, so the check here is our own.
 */
export function checkPublicKey(publicKey: Uint8Array): PublicKeyVerdict {
  requireBytes(publicKey, "publicKey");
  if (publicKey.length !== PUBLIC_KEY_BYTES) return "wrong-length";
  if (isSmallOrder(publicKey)) return "small-order";
  if (!isCanonicalY(publicKey)) return "non-canonical";
  const known = verdicts.get(publicKey);
  if (known !== undefined) return known;
  const verdict = curveVerdict(publicKey);
  verdicts.set(publicKey, verdict);
  return verdict;
}

const REMEMBERED_VERDICTS = 256;
const verdicts: PublicKeyCache<PublicKeyVerdict> = new PublicKeyCache(REMEMBERED_VERDICTS);

function curveVerdict(publicKey: Uint8Array): PublicKeyVerdict {
  let point: Point;
  try {
    point = Point.fromBytes(publicKey, false);
  } catch {
    return "not-on-curve";
  }
  return point.isTorsionFree() ? "valid" : "mixed-order";
}
