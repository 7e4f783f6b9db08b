// SPEC CRY-8, CRY-9: signatures and hashes are the same bytes from every provider.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "#src/bytes.ts";
import { defaultProvider } from "#src/crypto/default.ts";
import { nodeCrypto } from "#src/crypto/ed25519-node.ts";
import { PublicKeyCache } from "#src/crypto/key-cache.ts";
import { commonVerdict, providers } from "./providers.ts";

// RFC 8032 §7.1: TEST 1, 2, 3 and SHA(abc).
const rfc8032 = [
  {
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
  {
    seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    signature:
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  },
  {
    seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
    publicKey: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
    message:
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    signature:
      "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
  },
];

describe.each(providers)("$name", (provider) => {
  test.each(rfc8032)("signs and verifies the vector of RFC 8032 §7.1 with key $publicKey", (vector) => {
    const seed = fromHex(vector.seed);
    expect(toHex(provider.publicKeyOf(seed))).toBe(vector.publicKey);
    expect(toHex(provider.sign(seed, fromHex(vector.message)))).toBe(vector.signature);
    expect(provider.verify(fromHex(vector.publicKey), fromHex(vector.message), fromHex(vector.signature))).toBe(true);
  });

  test("signs with the seed as it is now, not as it was at the last call", () => {
    const [first, second] = rfc8032.map((each) => fromHex(each.seed)) as [Uint8Array, Uint8Array];
    const seed = new Uint8Array(first);
    const message = Uint8Array.of(1, 2, 3);
    const before = provider.sign(seed, message);
    seed.set(second);
    expect(provider.sign(seed, message)).toEqual(provider.sign(second, message));
    expect(provider.sign(seed, message)).not.toEqual(before);
    expect(toHex(provider.publicKeyOf(seed))).toBe(rfc8032[1]?.publicKey);
  });

  test("gives out bytes that the caller may change", () => {
    const seed = fromHex(rfc8032[0]?.seed ?? "");
    provider.publicKeyOf(seed).fill(0);
    provider.sign(seed, seed).fill(0);
    expect(toHex(provider.publicKeyOf(seed))).toBe(rfc8032[0]?.publicKey);
    for (const bytes of [provider.publicKeyOf(seed), provider.sign(seed, seed), provider.sha256(seed)]) {
      expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    }
  });

  test.each([0, 31, 33, 64])("refuses a seed of %i bytes as the caller's fault", (length) => {
    const fault = expect.objectContaining({ name: "CallerError", code: "caller/argument" });
    expect(() => provider.sign(new Uint8Array(length), new Uint8Array(1))).toThrow(fault);
    expect(() => provider.publicKeyOf(new Uint8Array(length))).toThrow(fault);
  });

  test("hashes as FIPS 180-4 and RFC 4231 say", () => {
    const text = (ascii: string) => Uint8Array.from(ascii, (character) => character.charCodeAt(0));
    expect(toHex(provider.sha256(text("abc")))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    expect(toHex(provider.sha256(text("")))).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(toHex(provider.hmacSha256(text("Jefe"), text("what do ya want for nothing?")))).toBe(
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
    expect(
      toHex(
        provider.hmacSha256(
          new Uint8Array(131).fill(0xaa),
          text("Test Using Larger Than Block-Size Key - Hash Key First"),
        ),
      ),
    ).toBe("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  });
});

test("SPEC CRY-8: the three sign alike, and each verifies what the others signed", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 300 }), (seed, message) => {
      const signatures = new Set(providers.map((each) => toHex(each.sign(seed, message))));
      const keys = new Set(providers.map((each) => toHex(each.publicKeyOf(seed))));
      expect([signatures.size, keys.size]).toEqual([1, 1]);
      expect(commonVerdict(fromHex([...keys][0] ?? ""), message, fromHex([...signatures][0] ?? ""))).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test("SPEC CRY-9: the three hash alike", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (key, data) => {
      expect(new Set(providers.map((each) => toHex(each.sha256(data)))).size).toBe(1);
      expect(new Set(providers.map((each) => toHex(each.hmacSha256(key, data)))).size).toBe(1);
    }),
  );
});

test("the default in Node is node:crypto", () => {
  expect(defaultProvider).toBe(nodeCrypto);
});

describe("the cache of imported keys", () => {
  const keyOf = (number: number) => {
    const key = new Uint8Array(32);
    key[0] = number;
    key[31] = number;
    return key;
  };

  test("stays bounded and drops the one that was unused longest", () => {
    const cache = new PublicKeyCache<number>(3);
    for (const number of [1, 2, 3]) cache.set(keyOf(number), number);
    expect(cache.get(keyOf(1))).toBe(1);
    cache.set(keyOf(4), 4);
    expect([1, 2, 3, 4].map((number) => cache.get(keyOf(number)))).toEqual([1, undefined, 3, 4]);
    expect(cache.size).toBe(3);
  });

  test("never mistakes a key for another that shares its index", () => {
    const cache = new PublicKeyCache<string>(3);
    const one = keyOf(1);
    const twin = keyOf(1);
    twin[31] = 99;
    cache.set(one, "one");
    expect(cache.get(twin)).toBeUndefined();
    cache.set(twin, "twin");
    expect([cache.get(one), cache.get(twin), cache.size]).toEqual([undefined, "twin", 1]);
  });

  test("keeps no view of the caller's bytes", () => {
    const cache = new PublicKeyCache<string>(3);
    const key = keyOf(1);
    cache.set(key, "one");
    key.fill(9);
    expect(cache.get(keyOf(1))).toBe("one");
    expect(cache.get(key)).toBeUndefined();
  });
});
