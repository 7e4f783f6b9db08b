// What holds for every kind of signed object (SPEC OBJ-1, OBJ-22; COS-6, COS-7).
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noble } from "#src/crypto/ed25519-noble.ts";
import { sodium } from "#src/crypto/ed25519-sodium.ts";
import { issueObject, parseObject, type Signed, verifyObject } from "#src/objects/signed-object.ts";
import { limits, objects } from "#src/registry.ts";
import { type AnyKind, everyKind } from "../support/arbitraries.ts";
import { fixedBytes, fleetId, key, party, provider, signerOf } from "../support/city.ts";
import { codeOf } from "../support/code-of.ts";
import { signUnchecked } from "../support/unchecked.ts";

const stranger = party("stranger");
const extra = [fixedBytes("transcript", 32)];
const verifier = { provider, publicKey: key.publicKey, fleetId, extra };

/** One object of a kind, the same in every run. */
function sampleOf({ kind, values }: AnyKind): Signed<unknown> {
  const [value] = fc.sample(values, { seed: 1, numRuns: 1 });
  return issueObject(kind, value, signerOf(key), extra);
}

test("every kind of the registry has its file", () => {
  expect(everyKind.map(({ kind }) => kind.name)).toEqual(objects.map(({ name }) => name));
});

describe.each(everyKind.map((one) => [one.kind.name, one] as const))("%s", (name, one) => {
  const { kind, values } = one;
  const implied = kind.kid === "implied";

  test("is issued, parsed and verified, and says the same", () => {
    fc.assert(
      fc.property(values, (value) => {
        const signed = issueObject(kind, value, signerOf(key), extra);
        const verified = verifyObject(parseObject(kind, signed.bytes), verifier);
        expect(verified.value).toEqual(value);
        expect(verified.bytes).toEqual(signed.bytes);
        expect(verified.kid).toEqual(implied ? undefined : key.kid);
        expect([signed.state, verified.state]).toEqual(["signed", "verified"]);
      }),
      { numRuns: 30 },
    );
  });

  test("is never read as another kind", () => {
    const { bytes } = sampleOf(one);
    const codes = everyKind
      .filter((other) => other !== one)
      .map((other) => codeOf(() => parseObject(other.kind, bytes)));
    expect(new Set(codes)).toEqual(new Set(["cose/typ-mismatch"]));
  });

  test("does not verify for another fleet, key or context", () => {
    const object = parseObject(kind, sampleOf(one).bytes);
    const verify = (differs: Partial<typeof verifier>) =>
      codeOf(() => verifyObject(object, { ...verifier, ...differs }));
    expect(verify({})).toBe("accepted");
    expect(verify({ fleetId: fixedBytes("another city", 32) })).toBe("cose/signature-invalid");
    expect(verify({ publicKey: stranger.publicKey })).toBe("cose/signature-invalid");
    expect(verify({ extra: [] })).toBe("cose/signature-invalid");
    expect(verify({ extra: [fixedBytes("another transcript", 32)] })).toBe("cose/signature-invalid");
  });

  test("names its signer if and only if its kind says so", () => {
    const { value } = sampleOf(one);
    const bytes = signUnchecked(kind, value, key, { kid: implied ? key.kid : "none" });
    expect(codeOf(() => parseObject(kind, bytes))).toBe("objects/kid-presence");
  });

  test("SPEC OBJ-22: any change of any byte makes it fail", () => {
    const { bytes } = sampleOf(one);
    const survivors: string[] = [];
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [0x01, 0x80, 1 + ((at * 37) % 255)]) {
        const changed = new Uint8Array(bytes);
        changed[at] = (changed[at] ?? 0) ^ mask;
        if (codeOf(() => verifyObject(parseObject(kind, changed), verifier)) === "accepted") {
          survivors.push(`${at} ^ ${mask}`);
        }
      }
    }
    expect(survivors).toEqual([]);
  });

  test.each([noble, sodium])("and so it does with $name", (provider) => {
    const { bytes } = sampleOf(one);
    expect(codeOf(() => verifyObject(parseObject(kind, bytes), { ...verifier, provider }))).toBe("accepted");
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = new Uint8Array(bytes);
        changed[at] = (changed[at] ?? 0) ^ mask;
        const code = codeOf(() => verifyObject(parseObject(kind, changed), { ...verifier, provider }));
        expect(code).not.toBe("accepted");
      }),
      { numRuns: 10 },
    );
  });

  test("of more than limits.objectBytes is refused before it is looked at", () => {
    const bytes = new Uint8Array(limits.objectBytes + 1).fill(0x40);
    expect(codeOf(() => parseObject(kind, bytes))).toBe("cbor/too-large");
    expect(name).toBe(kind.name);
  });
});
