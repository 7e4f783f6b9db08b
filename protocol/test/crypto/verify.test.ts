// SPEC CRY-1 to CRY-6: one verdict on every input by every provider.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, fromHex, toHex } from "#src/bytes.ts";
import { noble } from "#src/crypto/ed25519-noble.ts";
import { isCanonicalY, isSmallOrder, passesPrecheck } from "#src/crypto/precheck.ts";
import {
  encoding,
  equationHolds,
  FIELD_PRIME,
  forgeWithoutPrivateKey,
  GROUP_ORDER,
  signMixedOrder,
  smallOrderEncodings,
  toBytes32,
  toNumber,
} from "./forge.ts";
import { commonVerdict, providers } from "./providers.ts";

const seed = fromHex("0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20");
const publicKey = noble.publicKeyOf(seed);
const message = Uint8Array.from({ length: 100 }, (_, index) => index);
const signature = noble.sign(seed, message);

interface SpeccheckVector {
  readonly name: string;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
  readonly valid: boolean;
}

describe("the twelve cases of speccheck", () => {
  const file: { readonly vectors: readonly SpeccheckVector[] } = JSON.parse(
    readFileSync(new URL("../../vectors/ed25519-speccheck.json", import.meta.url), "utf8"),
  );

  test.each(providers)("$name gives xxxVxxxxxxxx", (provider) => {
    const verdicts = file.vectors.map((each) =>
      provider.verify(fromHex(each.publicKey), fromHex(each.message), fromHex(each.signature)) ? "V" : "x",
    );
    expect(verdicts.join("")).toBe("xxxVxxxxxxxx");
    expect(file.vectors.map((each) => (each.valid ? "V" : "x")).join("")).toBe("xxxVxxxxxxxx");
  });
});

describe("SPEC CRY-1: lengths", () => {
  test("the signature itself is valid", () => {
    expect(commonVerdict(publicKey, message, signature)).toBe(true);
  });

  test.each([0, 1, 31, 32, 63, 65, 96, 128])("a signature of %i bytes is a false verdict", (length) => {
    const other = new Uint8Array(length);
    other.set(signature.subarray(0, Math.min(length, 64)));
    expect(commonVerdict(publicKey, message, other)).toBe(false);
  });

  test.each([0, 31, 33, 64])("a public key of %i bytes is a false verdict", (length) => {
    const other = new Uint8Array(length);
    other.set(publicKey.subarray(0, Math.min(length, 32)));
    expect(commonVerdict(other, message, signature)).toBe(false);
  });

  test.each(providers)("$name refuses a wrong type as the caller's fault", (provider) => {
    const wrong = "ab" as unknown as Uint8Array;
    const fault = expect.objectContaining({ name: "CallerError", code: "caller/argument" });
    expect(() => provider.verify(wrong, message, signature)).toThrow(fault);
    expect(() => provider.verify(publicKey, wrong, signature)).toThrow(fault);
    expect(() => provider.verify(publicKey, message, wrong)).toThrow(fault);
    expect(() => provider.verify(publicKey, message, [...signature] as unknown as Uint8Array)).toThrow(fault);
  });

  test.each(providers)("$name takes a Buffer and a view into a larger buffer", (provider) => {
    const padded = concatBytes(Uint8Array.of(7, 7, 7), signature, Uint8Array.of(7));
    expect(provider.verify(Buffer.from(publicKey), Buffer.from(message), padded.subarray(3, 67))).toBe(true);
  });
});

describe("SPEC CRY-2: S below L", () => {
  test.each([1n, 7n, 8n])("S + %iL is refused", (times) => {
    const larger = concatBytes(signature.slice(0, 32), toBytes32(toNumber(signature.slice(32)) + times * GROUP_ORDER));
    expect(equationHolds(publicKey, message, larger)).toBe(true);
    expect(commonVerdict(publicKey, message, larger)).toBe(false);
  });

  test("S = L and S = 2^256 - 1 are refused", () => {
    for (const s of [GROUP_ORDER, 2n ** 256n - 1n]) {
      expect(commonVerdict(publicKey, message, concatBytes(signature.slice(0, 32), toBytes32(s)))).toBe(false);
    }
  });

  test("the bound is exact: L - 1 is left to the equation, L is not", () => {
    const withS = (s: bigint) => concatBytes(signature.slice(0, 32), toBytes32(s));
    expect(passesPrecheck(publicKey, message, withS(GROUP_ORDER - 1n))).toBe(true);
    expect(passesPrecheck(publicKey, message, withS(GROUP_ORDER))).toBe(false);
    expect(passesPrecheck(publicKey, message, withS(GROUP_ORDER - (1n << 250n)))).toBe(true);
    expect(passesPrecheck(publicKey, message, withS(GROUP_ORDER + (1n << 250n)))).toBe(false);
  });
});

describe("SPEC CRY-3: cofactorless", () => {
  test("a key of mixed order verifies exactly where R = sB - kA holds without the cofactor", () => {
    const holds = signMixedOrder(true);
    expect(commonVerdict(holds.publicKey, holds.message, holds.signature)).toBe(true);
    const fails = signMixedOrder(false);
    expect(commonVerdict(fails.publicKey, fails.message, fails.signature)).toBe(false);
  });
});

describe("SPEC CRY-4: small order", () => {
  const encodings = smallOrderEncodings().map((each) => ({ hex: toHex(each), bytes: each }));

  test("there are 14 different encodings", () => {
    expect(new Set(encodings.map((each) => each.hex)).size).toBe(14);
  });

  test.each(encodings)("nobody signs for the public key $hex", ({ bytes }) => {
    const forged = forgeWithoutPrivateKey(bytes);
    expect(equationHolds(bytes, forged.message, forged.signature)).toBe(true);
    expect(commonVerdict(bytes, forged.message, forged.signature)).toBe(false);
  });

  test.each(encodings)("R = $hex is refused", ({ bytes }) => {
    expect(passesPrecheck(publicKey, message, concatBytes(bytes, signature.slice(32)))).toBe(false);
    expect(commonVerdict(publicKey, message, concatBytes(bytes, signature.slice(32)))).toBe(false);
  });

  test("no other encoding is taken for one", () => {
    fc.assert(
      fc.property(fc.constantFrom(...encodings), fc.nat(254), ({ bytes }, bit) => {
        const near = new Uint8Array(bytes);
        near[bit >> 3] = (near[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(isSmallOrder(near)).toBe(encodings.some((each) => each.hex === toHex(near)));
      }),
    );
    expect(isSmallOrder(publicKey)).toBe(false);
  });
});

describe("SPEC CRY-5: canonical public keys", () => {
  const beyond = Array.from({ length: 19 }, (_, index) => FIELD_PRIME + BigInt(index));

  test.each(beyond)("y = %i is refused with either sign", (y) => {
    for (const sign of [0, 1] as const) {
      expect(isCanonicalY(encoding(y, sign))).toBe(false);
      expect(passesPrecheck(encoding(y, sign), message, signature)).toBe(false);
      expect(commonVerdict(encoding(y, sign), message, signature)).toBe(false);
    }
  });

  test("p - 1 and what is far below are canonical", () => {
    for (const y of [FIELD_PRIME - 1n, FIELD_PRIME - 2n, FIELD_PRIME - (1n << 100n), 1n << 254n, 2n]) {
      expect(isCanonicalY(encoding(y, 0))).toBe(true);
      expect(isCanonicalY(encoding(y, 1))).toBe(true);
    }
  });
});

describe("SPEC CRY-6: one verdict", () => {
  test("keys off the curve verify nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
        expect(commonVerdict(key, message, signature)).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  test("random keys, messages and signatures", () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(bytes(32), fc.uint8Array({ maxLength: 300 }), bytes(64), (key, text, sig) => {
        expect(commonVerdict(key, text, sig)).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  test("signatures of every length of message, and each of them with one bit changed", () => {
    const part = fc.constantFrom("publicKey", "message", "signature" as const);
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        part,
        fc.nat(),
        (secret, text, where, at) => {
          const inputs = { publicKey: noble.publicKeyOf(secret), message: text, signature: noble.sign(secret, text) };
          expect(commonVerdict(inputs.publicKey, inputs.message, inputs.signature)).toBe(true);
          const changed = new Uint8Array(inputs[where]);
          const bit = at % (changed.length * 8);
          changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          const mutated = { ...inputs, [where]: changed };
          expect(commonVerdict(mutated.publicKey, mutated.message, mutated.signature)).toBe(false);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("points of small order, of the field's edge and valid ones, mixed in every place", () => {
    const edges = [
      ...smallOrderEncodings(),
      publicKey,
      signature.slice(0, 32),
      encoding(2n, 0),
      encoding(FIELD_PRIME + 3n, 1),
    ];
    const scalars = [0n, 1n, GROUP_ORDER - 1n, GROUP_ORDER, toNumber(signature.slice(32))].map(toBytes32);
    const point = fc.constantFrom(...edges);
    const texts = fc.constantFrom(message, new Uint8Array(0), Uint8Array.of(1));
    fc.assert(
      fc.property(point, texts, point, fc.constantFrom(...scalars), (key, text, r, s) => {
        const genuine = key === publicKey && text === message && r === edges[15] && s === scalars[4];
        expect(commonVerdict(key, text, concatBytes(r, s))).toBe(genuine);
      }),
      { numRuns: 300 },
    );
  });
});
