/**
 * The envelope (SPEC COS-1 to COS-4): an untagged COSE_Sign1 (RFC 9052 §4.2) of which everything but kid, typ, payload
 * and signature is fixed. So it is read by comparing bytes at known places: what is accepted stands in `readLayout`
 * alone, and a refusal is explained afterwards by `envelopeFault`.
 */
import { NULL } from "../cbor/head.ts";
import { SIGNATURE_BYTES } from "../crypto/precheck.ts";
import { limits } from "../registry.ts";
import { bytesHeadSize, writeBytes } from "./sig-structure.ts";

/** Header labels (RFC 9052 §3.1, RFC 9596 §2). */
export const ALG = 1;
export const CRIT = 2;
export const KID = 4;
export const TYP = 16;

/** `Ed25519` of RFC 9864, the fully specified algorithm; -8, `EdDSA`, would leave the curve open. */
export const ALG_ED25519: number = -19;

export const KID_BYTES = 8;
export const SMALLEST_TYP = 65000;
export const LARGEST_TYP = 65535;

const SIGN1_ARRAY = 0x84;
const EMPTY_MAP = 0xa0;
/** `a3 01 32 04 48`: the protected header up to the kid's first byte. */
const WITH_KID = [0xa3, 0x01, 0x32, 0x04, 0x48] as const;
/** `a2 01 32`: the same where the kid is implied. */
const WITHOUT_KID = [0xa2, 0x01, 0x32] as const;
/** `10 19`: typ, and the head of its uint16. */
const TYP_HEAD = [0x10, 0x19] as const;
const PROTECTED_BYTES_WITH_KID = 17;
const PROTECTED_BYTES_WITHOUT_KID = 7;

/** Where in the envelope's bytes its parts stand; ends are exclusive. */
export interface EnvelopeLayout {
  readonly protectedStart: number;
  readonly protectedEnd: number;
  readonly kidStart: number | undefined;
  readonly typ: number;
  /** undefined: detached. */
  readonly payload: { readonly start: number; readonly end: number } | undefined;
  readonly signatureStart: number;
}

/** The layout of a well-formed envelope; undefined for any other bytes. */
export function readLayout(bytes: Uint8Array): EnvelopeLayout | undefined {
  if (bytes.length > limits.objectBytes || bytes[0] !== SIGN1_ARRAY) return undefined;
  let kidStart: number | undefined;
  let typStart: number;
  if (bytes[1] === (0x40 | PROTECTED_BYTES_WITH_KID) && standsAt(bytes, 2, WITH_KID)) {
    kidStart = 2 + WITH_KID.length;
    typStart = kidStart + KID_BYTES;
  } else if (bytes[1] === (0x40 | PROTECTED_BYTES_WITHOUT_KID) && standsAt(bytes, 2, WITHOUT_KID)) {
    typStart = 2 + WITHOUT_KID.length;
  } else {
    return undefined;
  }
  if (!standsAt(bytes, typStart, TYP_HEAD)) return undefined;
  const typ = uint16At(bytes, typStart + 2);
  const protectedEnd = typStart + 4;
  if (typ < SMALLEST_TYP || bytes[protectedEnd] !== EMPTY_MAP) return undefined;
  const payload = readPayload(bytes, protectedEnd + 1);
  if (payload === undefined) return undefined;
  // 58 40: the head of 64 bytes, which end the envelope.
  const signatureHead = payload === "detached" ? protectedEnd + 2 : payload.end;
  if (bytes[signatureHead] !== 0x58 || bytes[signatureHead + 1] !== SIGNATURE_BYTES) return undefined;
  const signatureStart = signatureHead + 2;
  if (signatureStart + SIGNATURE_BYTES !== bytes.length) return undefined;
  return {
    protectedStart: 2,
    protectedEnd,
    kidStart,
    typ,
    payload: payload === "detached" ? undefined : payload,
    signatureStart,
  };
}

function readPayload(bytes: Uint8Array, offset: number): { start: number; end: number } | "detached" | undefined {
  const head = bytes[offset] ?? 0;
  if (head === NULL) return "detached";
  let start: number;
  let length: number;
  if (head >= 0x40 && head < 0x58) {
    start = offset + 1;
    length = head - 0x40;
  } else if (head === 0x58) {
    start = offset + 2;
    length = bytes[offset + 1] ?? 0;
  } else if (head === 0x59) {
    start = offset + 3;
    length = uint16At(bytes, offset + 1);
  } else {
    // Four bytes of length are beyond limits.objectBytes.
    return undefined;
  }
  return bytesHeadSize(length) === start - offset ? { start, end: start + length } : undefined;
}

/** The protected header (SPEC COS-2); `kid` is 8 bytes and `typ` in its range, which the caller checked. */
export function buildProtected(kid: Uint8Array | undefined, typ: number): Uint8Array {
  const head = kid === undefined ? WITHOUT_KID : WITH_KID;
  return Uint8Array.of(...head, ...(kid ?? []), ...TYP_HEAD, typ >> 8, typ & 0xff);
}

/** The envelope (SPEC COS-1); without `payload` it is detached. */
export function buildEnvelope(
  protectedBytes: Uint8Array,
  payload: Uint8Array | undefined,
  signature: Uint8Array,
): Uint8Array {
  const payloadSize = payload === undefined ? 1 : bytesHeadSize(payload.length) + payload.length;
  const whole = new Uint8Array(2 + protectedBytes.length + 1 + payloadSize + 2 + SIGNATURE_BYTES);
  whole[0] = SIGN1_ARRAY;
  let offset = writeBytes(whole, 1, protectedBytes);
  whole[offset] = EMPTY_MAP;
  offset += 1;
  if (payload === undefined) {
    whole[offset] = NULL;
    offset += 1;
  } else {
    offset = writeBytes(whole, offset, payload);
  }
  writeBytes(whole, offset, signature);
  return whole;
}

function standsAt(bytes: Uint8Array, offset: number, expected: readonly number[]): boolean {
  for (let index = 0; index < expected.length; index++) if (bytes[offset + index] !== expected[index]) return false;
  return true;
}

function uint16At(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}
