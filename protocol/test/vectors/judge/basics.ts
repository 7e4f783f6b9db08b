// Judges of cbor.json, derivations.json, the ed25519 files, cose.json, cose-key.json and framing.json.
import { createHash, createHmac } from "node:crypto";
import { decode } from "#src/cbor/decode.ts";
import { diagnose } from "#src/cbor/diagnostic.ts";
import { encode } from "#src/cbor/encode.ts";
import type { CborValue } from "#src/cbor/value.ts";
import { decodeCoseKey, encodeCoseKey, keyId, thumbprint } from "#src/cose/cose-key.ts";
import { externalAad, sigStructure } from "#src/cose/sig-structure.ts";
import { parseDetached, parseSign1, verifySign1 } from "#src/cose/sign1.ts";
import { checkPublicKey } from "#src/crypto/check-public-key.ts";
import type { CryptoProvider } from "#src/crypto/provider.ts";
import { encodeFrame } from "#src/framing/frame.ts";
import { FrameDecoder } from "#src/framing/frame-decoder.ts";
import {
  chainNext,
  chainStart,
  challengeNonce,
  pinProof,
  pinVerifierDigest,
  STORES,
  type Store,
  sessionTranscript,
} from "#src/objects/derivations.ts";
import { openProofExtra } from "#src/objects/open-proof.ts";
import { bytes, hex, type Judge, plain, type Vector, verdict } from "./outsider.ts";

/** The JSON form of a decoded item that the file's description defines. */
function jsonOf(value: CborValue): unknown {
  if (typeof value === "bigint") return { integer: value.toString() };
  if (value instanceof Uint8Array) return { bytes: hex(value) };
  if (value instanceof Map) return { map: Array.from(value, ([key, item]) => [key, jsonOf(item as CborValue)]) };
  return Array.isArray(value) ? value.map(jsonOf) : value;
}

export const cbor: Judge = (vector) =>
  verdict(() => {
    const value = decode(bytes(vector.bytes));
    return { value: jsonOf(value), bytes: hex(encode(value)), diagnostic: diagnose(bytes(vector.bytes)) };
  });

export const derivations: Judge = ({ derivation, inputs, hashed, hmacKey, output }, provider) => {
  const own = hmacKey === undefined ? createHash("sha256") : createHmac("sha256", bytes(hmacKey));
  const outside = own.update(bytes(hashed)).digest("hex").slice(0, output.length);
  return { valid: true, output: outside === hex(derived(derivation, inputs, provider)) ? outside : "they differ" };
};

function derived(derivation: string, inputs: Vector, provider: CryptoProvider): Uint8Array {
  const storeOf = (number: number): Store =>
    (Object.keys(STORES) as Store[]).find((name) => STORES[name] === number) as Store;
  switch (derivation) {
    case "thumbprint":
    case "fleet-id":
      return thumbprint(provider, bytes(inputs.publicKey));
    case "kid":
      return keyId(provider, bytes(inputs.publicKey));
    case "object-digest":
      return provider.sha256(bytes(inputs.object));
    case "open-transcript": {
      const updates = inputs.updates.map(bytes);
      const session = { hello: bytes(inputs.hello), challenge: bytes(inputs.challenge), updates };
      return openProofExtra(provider, session, new Uint8Array(), undefined)[0] as Uint8Array;
    }
    case "session-transcript":
      return sessionTranscript(provider, bytes(inputs.hello), bytes(inputs.answer));
    case "chain-start":
      return chainStart(provider, bytes(inputs.kid), storeOf(inputs.store));
    case "chain-next":
      return chainNext(provider, bytes(inputs.head), inputs.number, bytes(inputs.record));
    case "challenge-nonce":
      return challengeNonce(provider, bytes(inputs.deviceSecret), inputs.counter);
    case "pin-proof":
      return pinProof(provider, bytes(inputs.pepper), inputs.digits);
    case "pin-verifier":
      return pinVerifierDigest(provider, bytes(inputs.v), bytes(inputs.salt));
    default:
      throw new RangeError(`unknown derivation ${derivation}`);
  }
}

export const ed25519: Judge = (vector, provider) => {
  const { seed, publicKey, message, signature, enrol } = vector;
  const valid = provider.verify(bytes(publicKey), bytes(message), bytes(signature));
  const enrolled = checkPublicKey(bytes(publicKey)) === "valid" ? {} : { enrol: "objects/public-key" };
  return {
    valid,
    ...(valid ? {} : { reason: "cose/signature-invalid" }),
    ...(enrol === undefined ? {} : enrolled),
    ...(seed === undefined
      ? {}
      : {
          publicKey: hex(provider.publicKeyOf(bytes(seed))),
          signature: hex(provider.sign(bytes(seed), bytes(message))),
        }),
  };
};

export const cose: Judge = (vector, provider) => {
  const { publicKey, fleetId, extra, expectedTyp, detachedPayload } = vector;
  let toBeSigned: string | undefined;
  const judged = verdict(() => {
    const envelope = bytes(vector.bytes);
    const message =
      detachedPayload === undefined ? parseSign1(envelope) : parseDetached(envelope, bytes(detachedPayload));
    const aad = externalAad(bytes(fleetId), extra.map(bytes));
    toBeSigned = hex(sigStructure(message.protectedBytes, aad, message.payload));
    const expected = { provider, publicKey: bytes(publicKey), typ: expectedTyp, externalAad: aad };
    const { kid, typ, payload } = verifySign1(message, expected);
    return { kid: kid === undefined ? null : hex(kid), typ, payload: hex(payload) };
  });
  return toBeSigned === undefined ? judged : { ...judged, toBeSigned };
};

export const coseKey: Judge = (vector, provider) =>
  verdict(() => {
    const publicKey = decodeCoseKey(bytes(vector.bytes));
    return {
      publicKey: hex(publicKey),
      bytes: hex(encodeCoseKey(publicKey)),
      thumbprint: hex(thumbprint(provider, publicKey)),
      kid: hex(keyId(provider, publicKey)),
    };
  });

export const framing: Judge = (vector) => {
  const [event, more] = [...new FrameDecoder().push(bytes(vector.wire))];
  if (event === undefined || more !== undefined) return { events: "not one" };
  if (event.kind === "discarded") return { valid: false, kind: "discard", reason: event.reason };
  const { body, ...header } = event.frame;
  const canonical = hex(encodeFrame(event.frame)) === vector.wire;
  return { valid: true, kind: "accept", header: plain(header), body: hex(body), canonical };
};
