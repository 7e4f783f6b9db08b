// SPEC COS-1, COS-2, COS-3, COS-4: what an envelope is, and that nothing else is one.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, toHex } from "#src/bytes.ts";
import { decode } from "#src/cbor/decode.ts";
import { encode } from "#src/cbor/encode.ts";
import type { CborValue } from "#src/cbor/value.ts";
import { readLayout } from "#src/cose/envelope.ts";
import { externalAad } from "#src/cose/sig-structure.ts";
import { parseDetached, parseSign1, signSign1, verifySign1 } from "#src/cose/sign1.ts";
import { nodeCrypto } from "#src/crypto/ed25519-node.ts";
import { NyckelfriError, PeerError } from "#src/errors.ts";
import { limits } from "#src/registry.ts";
import { buildEnvelopeWith, envelopeFaults } from "./faulty-envelope.ts";

const provider = nodeCrypto;
const seed = new Uint8Array(32).fill(7);
const publicKey = provider.publicKeyOf(seed);
const aad = externalAad(new Uint8Array(32).fill(1));
const signer = { provider, seed, externalAad: aad };

describe("faults", () => {
  test("without a fault the builder makes what signSign1 makes, and it verifies", () => {
    const { bytes } = buildEnvelopeWith("none", signer);
    const message = parseSign1(bytes);
    expect(verifySign1(message, { provider, publicKey, typ: 65002, externalAad: aad }).state).toBe("verified");
    const { kid, payload, typ } = message;
    expect(toHex(signSign1({ ...signer, kid, typ, payload }).bytes)).toBe(toHex(bytes));
  });

  test.each(envelopeFaults)("$fault: $code, though the signature over it is valid", ({ fault, code }) => {
    const faulty = buildEnvelopeWith(fault, signer);
    expect(provider.verify(publicKey, faulty.toBeSigned, faulty.signature)).toBe(true);
    expect(codeOf(() => parseSign1(faulty.bytes))).toBe(code);
  });

  test("every cut and every byte after the end is refused", () => {
    const { bytes } = buildEnvelopeWith("none", signer);
    for (let length = 0; length < bytes.length; length++) {
      expect(codeOf(() => parseSign1(bytes.subarray(0, length)))).toMatch(/^cbor\/(truncated|length-beyond-input)$/);
    }
    for (let byte = 0; byte < 256; byte++) {
      expect(codeOf(() => parseSign1(concatBytes(bytes, Uint8Array.of(byte))))).toBe("cbor/trailing-bytes");
    }
  });

  test("the limit is exact", () => {
    const payload = new Uint8Array(limits.objectBytes - 89);
    const largest = signSign1({ ...signer, kid: new Uint8Array(8), typ: 65000, payload }).bytes;
    expect(largest.length).toBe(limits.objectBytes);
    expect(parseSign1(largest).payload.length).toBe(payload.length);
    expect(codeOf(() => parseSign1(concatBytes(largest, new Uint8Array(1))))).toBe("cbor/too-large");
  });

  test("another type is the caller's fault", () => {
    expect(codeOf(() => parseSign1("84" as unknown as Uint8Array))).toBe("caller/argument");
  });
});

describe("the fixed reader and the general CBOR profile", () => {
  // Envelopes of every shape, then a few bytes changed, put in or taken out.
  const sound = fc
    .record({
      kid: fc.option(fc.uint8Array({ minLength: 8, maxLength: 8 }), { nil: undefined }),
      typ: fc.integer({ min: 65000, max: 65535 }),
      payload: fc.oneof(
        fc.constantFrom(0, 1, 23, 24, 255, 256, 900).map((length) => new Uint8Array(length)),
        fc.uint8Array({ maxLength: 300 }),
      ),
      detached: fc.boolean(),
    })
    .map((parts) => signSign1({ ...signer, ...parts }).bytes);
  const change = fc.record({
    kind: fc.constantFrom("set", "insert", "remove" as const),
    // Most of the envelope is payload and signature: half of the changes go into its first 32 bytes.
    at: fc.oneof(fc.nat(31), fc.nat(1000)),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(0x40, 0x58, 0x59, 0x84, 0xa0, 0xf6, 0x17, 0x18, 0xfd)),
  });
  const changed = fc.tuple(sound, fc.array(change, { maxLength: 3 })).map(([bytes, changes]) => {
    const result = [...bytes];
    for (const { kind, at, byte } of changes) {
      const place = at % (result.length || 1);
      if (kind === "remove") result.splice(place, 1);
      else result.splice(place, kind === "set" ? 1 : 0, byte);
    }
    return Uint8Array.from(result);
  });

  test("accept the same bytes, with the same content, and re-encode them identically", () => {
    let accepted = 0;
    fc.assert(
      fc.property(changed, (bytes) => {
        const read = readWithFixedReader(bytes);
        expect(read).toEqual(readWithGeneralDecoder(bytes));
        if (read === undefined) return;
        accepted += 1;
        expect(toHex(encode(decode(bytes)))).toBe(toHex(bytes));
      }),
      { numRuns: 1500 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  test("whatever the bytes, a message or a PeerError comes out", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), changed), (bytes) => {
        for (const parse of [parseSign1, (each: Uint8Array) => parseDetached(each, new Uint8Array(3))]) {
          let outcome: unknown;
          try {
            outcome = parse(bytes).state;
          } catch (error) {
            outcome = error;
          }
          expect(outcome === "unverified" || outcome instanceof PeerError).toBe(true);
        }
      }),
      { numRuns: 1500 },
    );
  });
});

interface Content {
  readonly protectedBytes: string;
  readonly kid: string | undefined;
  readonly typ: CborValue | undefined;
  readonly payload: string | null;
  readonly signature: string;
}

function readWithFixedReader(bytes: Uint8Array): Content | undefined {
  const layout = readLayout(bytes);
  if (layout === undefined) return undefined;
  const { kidStart, payload } = layout;
  return {
    protectedBytes: toHex(bytes.subarray(layout.protectedStart, layout.protectedEnd)),
    kid: kidStart === undefined ? undefined : toHex(bytes.subarray(kidStart, kidStart + 8)),
    typ: layout.typ,
    payload: payload === undefined ? null : toHex(bytes.subarray(payload.start, payload.end)),
    signature: toHex(bytes.subarray(layout.signatureStart)),
  };
}

/** SPEC COS-1 to COS-3 said once more, by means of `decode` alone. */
function readWithGeneralDecoder(bytes: Uint8Array): Content | undefined {
  const envelope = decodeOrNothing(bytes);
  if (!Array.isArray(envelope) || envelope.length !== 4 || bytes.length > limits.objectBytes) return undefined;
  const [protectedBytes, unprotected, payload, signature] = envelope;
  if (!(protectedBytes instanceof Uint8Array) || !(signature instanceof Uint8Array) || signature.length !== 64) return;
  if (!(unprotected instanceof Map) || unprotected.size !== 0) return undefined;
  if (payload !== null && !(payload instanceof Uint8Array)) return undefined;
  const header = decodeOrNothing(protectedBytes);
  if (!(header instanceof Map) || header.get(1) !== -19) return undefined;
  const kid = header.get(4);
  const typ = header.get(16);
  if ([...header.keys()].join() !== (kid === undefined ? "1,16" : "1,4,16")) return undefined;
  if (kid !== undefined && !(kid instanceof Uint8Array && kid.length === 8)) return undefined;
  if (typeof typ !== "number" || typ < 65000 || typ > 65535) return undefined;
  return {
    protectedBytes: toHex(protectedBytes),
    kid: kid === undefined ? undefined : toHex(kid),
    typ,
    payload: payload === null ? null : toHex(payload),
    signature: toHex(signature),
  };
}

function decodeOrNothing(bytes: Uint8Array): CborValue | undefined {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof PeerError) return undefined;
    throw error;
  }
}

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof NyckelfriError) return error.code;
    throw error;
  }
  return "accepted";
}
