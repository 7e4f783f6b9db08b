// SPEC COS-10, COS-11: the COSE_Key and the names made from it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "#src/bytes.ts";
import { decode } from "#src/cbor/decode.ts";
import { encode } from "#src/cbor/encode.ts";
import { decodeCoseKey, encodeCoseKey, keyId, thumbprint } from "#src/cose/cose-key.ts";
import { nodeCrypto } from "#src/crypto/ed25519-node.ts";
import { NyckelfriError, PeerError } from "#src/errors.ts";

const publicKey = fromHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
const x = toHex(publicKey);

describe("SPEC COS-10: COSE_Key", () => {
  test("is 40 bytes, the deterministic map of kty, crv and x", () => {
    const encoded = encodeCoseKey(publicKey);
    expect(toHex(encoded)).toBe(`a3010120062158 20${x}`.replace(" ", ""));
    expect(encoded.length).toBe(40);
    expect(toHex(encode(decode(encoded)))).toBe(toHex(encoded));
    expect(toHex(decodeCoseKey(encoded))).toBe(x);
  });

  test("takes a key of 32 bytes only", () => {
    for (const length of [0, 31, 33])
      expect(codeOf(() => encodeCoseKey(new Uint8Array(length)))).toBe("caller/argument");
  });

  test.each([
    ["a private key", `a401012006215820${x}235820${x}`, "cose/key-private"],
    ["a private key without the public one", `a301012006235820${x}`, "cose/key-private"],
    ["a kid", `a4010102414120062158 20${x}`, "cose/key"],
    ["an alg", `a401010332 20062158 20${x}`, "cose/key"],
    ["X25519", `a301012004215820${x}`, "cose/key"],
    ["Ed448", `a301012007215820${x}`, "cose/key"],
    ["EC2", `a301022006215820${x}`, "cose/key"],
    ["x of 31 bytes", `a30101200621581f${x.slice(2)}`, "cose/key"],
    ["no crv", `a2010121 5820${x}`, "cose/key"],
    ["only x", x, "cbor/tag"],
    ["a byte string", `5820${x}`, "cose/key"],
    ["labels out of order", `a3200601012158 20${x}`, "cbor/unsorted-keys"],
    ["x twice", `a401012006215820${x}215820${x}`, "cbor/duplicate-key"],
    ["a byte after it", `a301012006215820${x}00`, "cbor/trailing-bytes"],
    ["long form", `a30118 012006215820${x}`, "cbor/not-shortest"],
    ["nothing", "", "cbor/truncated"],
  ])("with %s is refused", (_, hex, code) => {
    expect(codeOf(() => decodeCoseKey(fromHex(hex.replaceAll(" ", ""))))).toBe(code);
  });

  test("from arbitrary bytes is a key or a PeerError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(39), fc.nat(255), (bytes, at, byte) => {
        const near = encodeCoseKey(publicKey);
        near[at] = byte;
        for (const input of [bytes, near]) {
          let outcome: unknown;
          try {
            outcome = toHex(encodeCoseKey(decodeCoseKey(input)));
          } catch (error) {
            outcome = error;
          }
          expect(outcome === toHex(input) || outcome instanceof PeerError).toBe(true);
        }
      }),
    );
  });

  test("is decoded to bytes of its own", () => {
    const encoded = encodeCoseKey(publicKey);
    const decoded = decodeCoseKey(encoded);
    encoded.fill(0);
    expect(toHex(decoded)).toBe(x);
  });
});

describe("SPEC COS-11: names", () => {
  test("the thumbprint is SHA-256 of the COSE_Key, and the kid its first 8 bytes", () => {
    const digest = toHex(nodeCrypto.sha256(fromHex(`a301012006215820${x}`)));
    expect(toHex(thumbprint(nodeCrypto, publicKey))).toBe(digest);
    expect(toHex(keyId(nodeCrypto, publicKey))).toBe(digest.slice(0, 16));
  });
});

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof NyckelfriError) return error.code;
    throw error;
  }
  return "accepted";
}
