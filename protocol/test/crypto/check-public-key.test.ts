// SPEC CRY-7: the enrolment check of a public key.
import { Point } from "@noble/ed25519";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "#src/bytes.ts";
import { checkPublicKey } from "#src/crypto/check-public-key.ts";
import { nodeCrypto } from "#src/crypto/ed25519-node.ts";
import { encoding, FIELD_PRIME, orderEightPoint, signMixedOrder, smallOrderEncodings } from "./forge.ts";

describe("SPEC CRY-7", () => {
  test("a key that someone owns is valid", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed) => {
        expect(checkPublicKey(nodeCrypto.publicKeyOf(seed))).toBe("valid");
      }),
      { numRuns: 50 },
    );
  });

  test.each([0, 31, 33])("%i bytes are of the wrong length", (length) => {
    expect(checkPublicKey(new Uint8Array(length))).toBe("wrong-length");
  });

  test("another type is the caller's fault", () => {
    expect(() => checkPublicKey("00".repeat(32) as unknown as Uint8Array)).toThrow(
      expect.objectContaining({ code: "caller/argument" }),
    );
  });

  test.each(smallOrderEncodings().map(toHex))("%s is of small order", (hex) => {
    expect(checkPublicKey(Uint8Array.from(Buffer.from(hex, "hex")))).toBe("small-order");
  });

  test("y of p + 2 to p + 18 is not canonical", () => {
    for (let y = FIELD_PRIME + 2n; y < 1n << 255n; y++) expect(checkPublicKey(encoding(y, 1))).toBe("non-canonical");
  });

  test("a point with a torsion part is of mixed order, whichever of the seven parts it is", () => {
    expect(checkPublicKey(signMixedOrder(true).publicKey)).toBe("mixed-order");
    const own = Point.BASE.multiply(424242n);
    let torsion = orderEightPoint();
    for (let index = 1; index < 8; index++) {
      expect(checkPublicKey(own.add(torsion).toBytes())).toBe("mixed-order");
      torsion = torsion.add(orderEightPoint());
    }
    expect(checkPublicKey(own.add(torsion).toBytes())).toBe("valid");
  });

  test("half of all y belong to no point", () => {
    const verdicts = Array.from({ length: 64 }, (_, index) => checkPublicKey(encoding(BigInt(index + 2), 0)));
    expect(verdicts).toContain("not-on-curve");
    for (const [index, verdict] of verdicts.entries()) {
      expect(verdict === "not-on-curve").toBe(!isOnCurve(BigInt(index + 2)));
    }
  });
});

/** Euler's criterion on x² = (y² - 1) / (dy² + 1). */
function isOnCurve(y: bigint): boolean {
  const square = (y * y) % FIELD_PRIME;
  const quotient = (square - 1n) * (Point.CURVE().d * square + 1n);
  return power(quotient % FIELD_PRIME, (FIELD_PRIME - 1n) / 2n) === 1n;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let bit = exponent, factor = base; bit > 0n; bit >>= 1n, factor = (factor * factor) % FIELD_PRIME) {
    if (bit & 1n) result = (result * factor) % FIELD_PRIME;
  }
  return result;
}

test("a verdict does not change when it is asked for again, nor by keys that begin alike", () => {
  const honest = nodeCrypto.publicKeyOf(new Uint8Array(32).fill(7));
  // The cache finds keys by their first bytes.
  const alike = honest.slice();
  alike[20] = (alike[20] ?? 0) ^ 1;
  const fresh = checkPublicKey(alike);
  for (let round = 0; round < 3; round++) {
    expect(checkPublicKey(honest)).toBe("valid");
    expect(checkPublicKey(alike)).toBe(fresh);
  }
});
