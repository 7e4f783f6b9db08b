/** Why `readLayout` refused an envelope: the slow, general way through the CBOR profile, for the error's sake only. */
import { decode } from "../cbor/decode.ts";
import type { CborValue } from "../cbor/value.ts";
import { SIGNATURE_BYTES } from "../crypto/precheck.ts";
import { type ErrorDetails, PeerError } from "../errors.ts";
import { type ErrorCode, limits } from "../registry.ts";
import { ALG, ALG_ED25519, CRIT, KID, KID_BYTES, LARGEST_TYP, SMALLEST_TYP, TYP } from "./envelope.ts";

/**
 * Throws the `PeerError` of the first rule that the bytes break: the CBOR profile (`cbor/…`), then the envelope's four
 * elements (SPEC COS-1, COS-3, COS-4), then the protected header (SPEC COS-2).
 */
export function refuseEnvelope(bytes: Uint8Array): never {
  const envelope = decode(bytes, { maxBytes: limits.objectBytes });
  if (!isArray(envelope)) refuse("cose/envelope", { element: "array" });
  if (envelope.length !== 4) refuse("cose/envelope", { elements: envelope.length });
  const [protectedBytes, unprotected, payload, signature] = envelope;
  if (!(protectedBytes instanceof Uint8Array)) refuse("cose/envelope", { element: "protected header" });
  if (!(unprotected instanceof Map)) refuse("cose/envelope", { element: "unprotected header" });
  if (unprotected.size > 0) refuse("cose/unprotected-not-empty", { label: labelsOf(unprotected) });
  if (!(payload instanceof Uint8Array) && payload !== null) refuse("cose/envelope", { element: "payload" });
  if (!(signature instanceof Uint8Array)) refuse("cose/envelope", { element: "signature" });
  if (signature.length !== SIGNATURE_BYTES) refuse("cose/signature-length", { length: signature.length });
  refuseProtected(protectedBytes);
}

function refuseProtected(protectedBytes: Uint8Array): never {
  // RFC 9052 §3 writes an empty header as an empty byte string.
  if (protectedBytes.length === 0) refuse("cose/alg-missing");
  const header = decode(protectedBytes);
  if (!(header instanceof Map)) refuse("cose/protected-header");
  if (header.has(CRIT)) refuse("cose/crit-unknown");
  const alg = header.get(ALG);
  if (alg === undefined) refuse("cose/alg-missing");
  if (alg !== ALG_ED25519) refuse("cose/alg-unsupported", { alg: typeof alg === "number" ? alg : typeof alg });
  for (const label of header.keys()) {
    if (label !== ALG && label !== KID && label !== TYP) refuse("cose/label-unknown", { label });
  }
  const kid = header.get(KID);
  if (kid !== undefined && !(kid instanceof Uint8Array && kid.length === KID_BYTES)) refuse("cose/kid");
  const typ = header.get(TYP);
  if (typeof typ !== "number" || typ < SMALLEST_TYP || typ > LARGEST_TYP) refuse("cose/typ");
  // Not reached: the profile has one encoding for what passed everything above, and `readLayout` takes that one.
  return refuse("cose/envelope");
}

function isArray(value: CborValue): value is readonly CborValue[] {
  return Array.isArray(value);
}

function labelsOf(map: ReadonlyMap<number, CborValue>): string {
  return [...map.keys()].join(" ");
}

function refuse(code: ErrorCode, details?: ErrorDetails): never {
  throw new PeerError(code, details);
}
