// SPEC COS-5 to COS-9: signing and verifying.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, fromHex, toHex } from "#src/bytes.ts";
import { externalAad, sigStructure } from "#src/cose/sig-structure.ts";
import {
  parseDetached,
  parseSign1,
  type SignedSign1,
  signSign1,
  type UnverifiedSign1,
  type VerifiedSign1,
  verifySign1,
} from "#src/cose/sign1.ts";
import { noble } from "#src/crypto/ed25519-noble.ts";
import { nodeCrypto } from "#src/crypto/ed25519-node.ts";
import { sodium } from "#src/crypto/ed25519-sodium.ts";
import type { CryptoProvider } from "#src/crypto/provider.ts";
import { NyckelfriError } from "#src/errors.ts";

const seed = fromHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
const publicKey = fromHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
const fleetId = Uint8Array.from({ length: 32 }, (_, index) => index);
const aad = externalAad(fleetId);
const kid = fromHex("a1a2a3a4a5a6a7a8");
const payload = fromHex("a201020304");
const TYP = 65002;

const signed = signSign1({ provider: nodeCrypto, seed, kid, typ: TYP, payload, externalAad: aad });
const asked = { provider: nodeCrypto, publicKey, typ: TYP, externalAad: aad };

describe.each([nodeCrypto, noble, sodium])("with $name", (provider) => {
  test("a message is signed, parsed and verified", () => {
    const message = signSign1({ provider, seed, kid, typ: TYP, payload, externalAad: aad });
    expect(toHex(message.bytes)).toBe(toHex(signed.bytes));
    const verified = verifySign1(parseSign1(message.bytes), { ...asked, provider });
    expect([verified.state, verified.typ, toHex(verified.payload)]).toEqual(["verified", TYP, toHex(payload)]);
    expect([toHex(verified.kid ?? new Uint8Array(0)), toHex(verified.bytes)]).toEqual([
      toHex(kid),
      toHex(message.bytes),
    ]);
  });

  test("another fleet, context, kind of object, key, kid, header or payload is refused", () => {
    const message = parseSign1(signed.bytes);
    const verify = (options: Partial<typeof asked>) =>
      codeOf(() => verifySign1(message, { ...asked, provider, ...options }));
    expect(verify({})).toBe("accepted");
    expect(verify({ externalAad: externalAad(new Uint8Array(32)) })).toBe("cose/signature-invalid");
    expect(verify({ externalAad: externalAad(fleetId, [new Uint8Array(0)]) })).toBe("cose/signature-invalid");
    expect(verify({ externalAad: new Uint8Array(0) })).toBe("cose/signature-invalid");
    expect(verify({ typ: 65003 })).toBe("cose/typ-mismatch");
    expect(verify({ publicKey: provider.publicKeyOf(new Uint8Array(32)) })).toBe("cose/signature-invalid");
    expect(verify({ publicKey: new Uint8Array(31) })).toBe("cose/signature-invalid");
    for (const [at, byte] of [
      [7, 0xff], // kid
      [18, 0xeb], // typ, with the same typ expected
      [21, 0xff], // payload
    ] as const) {
      const other = new Uint8Array(signed.bytes);
      other[at] = byte;
      const parsed = parseSign1(other);
      expect(codeOf(() => verifySign1(parsed, { ...asked, provider, typ: parsed.typ }))).toBe("cose/signature-invalid");
    }
  });
});

describe("every change of a signed message fails", () => {
  const survives = (provider: CryptoProvider, bytes: Uint8Array) => {
    try {
      const message = parseSign1(bytes);
      verifySign1(message, { ...asked, provider, typ: message.typ });
      return true;
    } catch (error) {
      if (error instanceof NyckelfriError) return false;
      throw error;
    }
  };
  const survivors = (provider: CryptoProvider, masks: readonly number[]) => {
    const bytes = new Uint8Array(signed.bytes);
    const found: string[] = [];
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of masks) {
        bytes[at] = (bytes[at] ?? 0) ^ mask;
        if (survives(provider, bytes)) found.push(`byte ${at} ^ ${mask}`);
        bytes[at] = (bytes[at] ?? 0) ^ mask;
      }
    }
    return found;
  };

  test("each byte to each other value", () => {
    expect(survives(sodium, signed.bytes)).toBe(true);
    expect(
      survivors(
        sodium,
        Array.from({ length: 255 }, (_, index) => index + 1),
      ),
    ).toEqual([]);
  });

  test("each bit, and some bits of each byte with the slow provider", () => {
    expect(survivors(nodeCrypto, [1, 2, 4, 8, 16, 32, 64, 128])).toEqual([]);
    expect(survivors(noble, [0x41])).toEqual([]);
  });
});

describe("SPEC COS-5: the bytes under the signature", () => {
  test("are the Sig_structure of RFC 9052 §4.4", () => {
    const expected = `84 6a 5369676e617475726531 51 ${toHex(signed.protectedBytes)} 58 2e ${toHex(aad)} 45 a201020304`;
    const toBeSigned = sigStructure(signed.protectedBytes, aad, payload);
    expect(toHex(toBeSigned)).toBe(expected.replaceAll(" ", ""));
    expect(nodeCrypto.verify(publicKey, toBeSigned, signed.signature)).toBe(true);
  });

  test.each([0, 23, 24, 255, 256, 65535, 65536])("have the shortest head for a payload of %i bytes", (length) => {
    const head = ["40", "57", "5818", "58ff", "590100", "59ffff", "5a00010000"][
      [0, 23, 24, 255, 256, 65535, 65536].indexOf(length)
    ];
    const toBeSigned = sigStructure(new Uint8Array(0), new Uint8Array(0), new Uint8Array(length).fill(0xee));
    expect(toHex(toBeSigned.subarray(0, toBeSigned.length - length))).toBe(`846a5369676e6174757265314040${head}`);
    expect(toBeSigned.subarray(toBeSigned.length - length).every((byte) => byte === 0xee)).toBe(true);
  });

  test("are zeroed once the provider has seen them", () => {
    const seen: Uint8Array[] = [];
    const keeping: CryptoProvider = {
      ...nodeCrypto,
      verify(key, message, signature) {
        seen.push(message);
        return nodeCrypto.verify(key, message, signature);
      },
    };
    expect(verifySign1(parseSign1(signed.bytes), { ...asked, provider: keeping }).state).toBe("verified");
    expect(seen.map((each) => each.every((byte) => byte === 0))).toEqual([true]);
  });

  test("belong to one call, even if the provider verifies another message meanwhile, or throws", () => {
    const other = signSign1({ provider: nodeCrypto, seed, typ: 65001, payload: new Uint8Array(99), externalAad: aad });
    const states: string[] = [];
    const nesting: CryptoProvider = {
      ...nodeCrypto,
      verify(key, message, signature) {
        states.push(verifySign1(parseSign1(other.bytes), { ...asked, typ: 65001 }).state);
        return nodeCrypto.verify(key, message, signature);
      },
    };
    const throwing: CryptoProvider = {
      ...nodeCrypto,
      verify() {
        throw new RangeError("broken provider");
      },
    };
    const message = parseSign1(signed.bytes);
    expect(() => verifySign1(message, { ...asked, provider: throwing })).toThrow(RangeError);
    expect(verifySign1(message, { ...asked, provider: nesting }).state).toBe("verified");
    expect(states).toEqual(["verified"]);
  });
});

describe("SPEC COS-6: external_aad", () => {
  test("is the deterministic array of protocol, format, fleet and what the object is bound to", () => {
    const fixed = `696e79636b656c66726901 5820${toHex(fleetId)}`.replace(" ", "");
    expect(toHex(externalAad(fleetId))).toBe(`83${fixed}`);
    expect(toHex(externalAad(fleetId, [Uint8Array.of(1, 2), new Uint8Array(32)]))).toBe(
      `85${fixed}420102${`5820${"00".repeat(32)}`}`,
    );
  });

  test("keeps the extras apart: no two lists give the same bytes", () => {
    const lists = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 });
    fc.assert(
      fc.property(lists, lists, (one, two) => {
        const same = one.map(toHex).join() === two.map(toHex).join() && one.length === two.length;
        expect(toHex(externalAad(fleetId, one)) === toHex(externalAad(fleetId, two))).toBe(same);
      }),
    );
  });

  test("takes a fleet id of 32 bytes only", () => {
    for (const length of [0, 31, 33]) {
      expect(codeOf(() => externalAad(new Uint8Array(length)))).toBe("caller/argument");
    }
    expect(
      codeOf(() =>
        externalAad(
          fleetId,
          Array.from({ length: 21 }, () => fleetId),
        ),
      ),
    ).toBe("caller/argument");
    expect(codeOf(() => externalAad(fleetId, ["x" as unknown as Uint8Array]))).toBe("caller/argument");
  });
});

test("SPEC COS-7: the kind of object is compared before the signature is looked at", () => {
  const never: CryptoProvider = {
    ...nodeCrypto,
    verify() {
      throw new RangeError("asked");
    },
  };
  const message = parseSign1(signed.bytes);
  expect(codeOf(() => verifySign1(message, { ...asked, provider: never, typ: 65000 }))).toBe("cose/typ-mismatch");
});

describe("SPEC COS-8: unverified, signed and verified", () => {
  type Assignable<From, To> = [From] extends [To] ? true : false;
  const verified = verifySign1(parseSign1(signed.bytes), asked);
  const spread = { ...verified };
  const literal = { ...spread, state: "verified" as const };

  test("are types of which none stands for another, nor does a copy for the original", () => {
    // The compiler decides: each `false` is a type, so the build fails where one becomes assignable.
    const assignable: readonly false[] = [
      false satisfies Assignable<UnverifiedSign1, VerifiedSign1>,
      false satisfies Assignable<SignedSign1, VerifiedSign1>,
      false satisfies Assignable<VerifiedSign1, UnverifiedSign1>,
      false satisfies Assignable<SignedSign1, UnverifiedSign1>,
      false satisfies Assignable<UnverifiedSign1, SignedSign1>,
      false satisfies Assignable<VerifiedSign1, SignedSign1>,
      false satisfies Assignable<typeof spread, VerifiedSign1>,
      false satisfies Assignable<typeof literal, VerifiedSign1>,
    ];
    const control: true = true satisfies Assignable<typeof verified, VerifiedSign1>;
    expect([assignable.every((each) => !each), control]).toEqual([true, true]);
  });

  test("say what they are", () => {
    expect([parseSign1(signed.bytes).state, signed.state, verified.state]).toEqual([
      "unverified",
      "signed",
      "verified",
    ]);
  });

  test("own their bytes: what becomes of the receive buffer is no matter", () => {
    const buffer = concatBytes(new Uint8Array(5), signed.bytes, new Uint8Array(5));
    const frame = Buffer.from(buffer.buffer).subarray(5, 5 + signed.bytes.length);
    const content = new Uint8Array(payload);
    const message = parseSign1(frame);
    const detached = signSign1({ provider: nodeCrypto, seed, typ: TYP, payload, externalAad: aad, detached: true });
    const put = parseDetached(detached.bytes, content);
    buffer.fill(0xff);
    content.fill(0xff);
    expect(toHex(verifySign1(message, asked).payload)).toBe(toHex(payload));
    expect(toHex(verifySign1(put, asked).payload)).toBe(toHex(payload));
    expect(Object.getPrototypeOf(message.payload)).toBe(Uint8Array.prototype);
  });
});

describe("SPEC COS-9: attached and detached", () => {
  const detached = signSign1({ provider: nodeCrypto, seed, kid, typ: TYP, payload, externalAad: aad, detached: true });

  test("sign the same bytes", () => {
    expect(toHex(detached.signature)).toBe(toHex(signed.signature));
    expect(verifySign1(parseDetached(detached.bytes, payload), asked).state).toBe("verified");
    expect(codeOf(() => verifySign1(parseDetached(detached.bytes, kid), asked))).toBe("cose/signature-invalid");
  });

  test("are not taken for each other", () => {
    expect(codeOf(() => parseSign1(detached.bytes))).toBe("cose/payload-missing");
    expect(codeOf(() => parseDetached(signed.bytes, payload))).toBe("cose/payload-attached");
  });

  test("cost 88 bytes around a payload, 78 where the kid is implied", () => {
    const sizes = (options: { kid?: Uint8Array }) =>
      signSign1({ provider: nodeCrypto, seed, typ: TYP, payload: new Uint8Array(100), externalAad: aad, ...options })
        .bytes.length;
    expect([sizes({ kid }), sizes({})]).toEqual([188, 178]);
  });
});

test("what is signed with any content is parsed and verified with the same content", () => {
  fc.assert(
    fc.property(
      fc.option(fc.uint8Array({ minLength: 8, maxLength: 8 }), { nil: undefined }),
      fc.integer({ min: 65000, max: 65535 }),
      fc.uint8Array({ maxLength: 900 }),
      fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 3 }),
      fc.boolean(),
      (anyKid, typ, content, extra, isDetached) => {
        const context = externalAad(fleetId, extra);
        const options = { provider: sodium, seed, kid: anyKid, typ, payload: content, externalAad: context };
        const message = signSign1({ ...options, detached: isDetached });
        const parsed = isDetached ? parseDetached(message.bytes, content) : parseSign1(message.bytes);
        const verified = verifySign1(parsed, { provider: sodium, publicKey, typ, externalAad: context });
        const contentOf = (each: SignedSign1 | VerifiedSign1) =>
          [each.kid, each.payload, each.signature, each.protectedBytes, each.bytes].map((part) => part && toHex(part));
        expect(contentOf(verified)).toEqual(contentOf(message));
        expect([verified.typ, verified.kid === undefined]).toEqual([typ, anyKid === undefined]);
      },
    ),
  );
});

test("signing out of range is the caller's fault", () => {
  const sign = (options: object) =>
    codeOf(() => signSign1({ provider: nodeCrypto, seed, kid, typ: TYP, payload, externalAad: aad, ...options }));
  expect(sign({})).toBe("accepted");
  for (const options of [
    { typ: 64999 },
    { typ: 65536 },
    { typ: 65000.5 },
    { kid: new Uint8Array(7) },
    { kid: "12345678" },
    { payload: "x" },
    { externalAad: undefined },
    { seed: new Uint8Array(31) },
    { payload: new Uint8Array(912) },
  ]) {
    expect([options, sign(options)]).toEqual([options, "caller/argument"]);
  }
  expect(sign({ payload: new Uint8Array(911) })).toBe("accepted");
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
