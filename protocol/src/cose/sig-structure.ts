/** The bytes under a COSE signature (RFC 9052 §4.4), and what this protocol binds through external_aad. */
import { BYTES } from "../cbor/head.ts";
import { requireBytes } from "../crypto/precheck.ts";
import { CallerError } from "../errors.ts";
import { withScratch } from "../scratch.ts";

export const FLEET_ID_BYTES = 32;

/** `84 6a "Signature1"`: array of four, and the context string. */
const CONTEXT: Uint8Array = Uint8Array.of(0x84, 0x6a, ...ascii("Signature1"));

/** `69 "nyckelfri" 01`: the protocol and the object format's version, which is not the wire's (SPEC VER-4). */
const PROTOCOL: Uint8Array = Uint8Array.of(0x69, ...ascii("nyckelfri"), 0x01);

/** More extras would need a longer array head, and no object has more than three. */
const MOST_EXTRAS = 20;

/** What an object is bound to without carrying it; `extra` are byte strings that its clause names (SPEC COS-6). */
export interface Binding {
  /** 32 bytes. */
  readonly fleetId: Uint8Array;
  readonly extra?: readonly Uint8Array[] | undefined;
}

/** external_aad, as bytes or as what they are made of. */
export type ExternalAad = Uint8Array | Binding;

const NO_EXTRA: readonly Uint8Array[] = [];

/**
 * external_aad (SPEC COS-6): the deterministic encoding of `["nyckelfri", 1, fleet id, ...extra]`, which keeps the objects
 * of two cities, or of test and production, apart. Throws `caller/argument` for a fleet id that is not 32 bytes long.
 */
export function externalAad(fleetId: Uint8Array, extra: readonly Uint8Array[] = NO_EXTRA): Uint8Array {
  const binding = { fleetId, extra };
  const whole = new Uint8Array(externalAadSize(binding));
  writeExternalAad(whole, 0, binding);
  return whole;
}

function externalAadSize(aad: ExternalAad): number {
  if (!isBinding(aad)) {
    requireBytes(aad, "externalAad");
    return aad.length;
  }
  const { fleetId, extra = NO_EXTRA } = aad;
  requireBytes(fleetId, "fleetId");
  if (fleetId.length !== FLEET_ID_BYTES)
    throw new CallerError("caller/argument", { argument: "fleetId", takes: "32 bytes" });
  if (extra.length > MOST_EXTRAS) throw new CallerError("caller/argument", { argument: "extra", takes: "20 or fewer" });
  let size = 1 + PROTOCOL.length + bytesHeadSize(FLEET_ID_BYTES) + FLEET_ID_BYTES;
  for (const bytes of extra) {
    requireBytes(bytes, "extra");
    size += bytesHeadSize(bytes.length) + bytes.length;
  }
  return size;
}

function isBinding(aad: ExternalAad): aad is Binding {
  return typeof aad === "object" && aad !== null && "fleetId" in aad;
}

function writeExternalAad(target: Uint8Array, start: number, aad: ExternalAad): void {
  if (!isBinding(aad)) {
    target.set(aad, start);
    return;
  }
  const { fleetId, extra = NO_EXTRA } = aad;
  target[start] = 0x80 | (3 + extra.length);
  target.set(PROTOCOL, start + 1);
  let offset = writeBytes(target, start + 1 + PROTOCOL.length, fleetId);
  for (const bytes of extra) offset = writeBytes(target, offset, bytes);
}

/** Sig_structure, the bytes that are signed (SPEC COS-5), over the protected header as it was received. */
export function sigStructure(protectedBytes: Uint8Array, aad: ExternalAad, payload: Uint8Array): Uint8Array {
  const aadSize = externalAadSize(aad);
  const whole = new Uint8Array(sigStructureSize(protectedBytes, aadSize, payload));
  writeSigStructure(whole, protectedBytes, aad, aadSize, payload);
  return whole;
}

/** Calls `use` with the Sig_structure, which is valid during the call only: allocating it anew costs as much as parsing the envelope. */
export function withSigStructure<Result>(
  protectedBytes: Uint8Array,
  aad: ExternalAad,
  payload: Uint8Array,
  use: (toBeSigned: Uint8Array) => Result,
): Result {
  const aadSize = externalAadSize(aad);
  return withScratch(sigStructureSize(protectedBytes, aadSize, payload), (toBeSigned) => {
    writeSigStructure(toBeSigned, protectedBytes, aad, aadSize, payload);
    return use(toBeSigned);
  });
}

function sigStructureSize(protectedBytes: Uint8Array, aadSize: number, payload: Uint8Array): number {
  return (
    CONTEXT.length +
    bytesHeadSize(protectedBytes.length) +
    protectedBytes.length +
    bytesHeadSize(aadSize) +
    aadSize +
    bytesHeadSize(payload.length) +
    payload.length
  );
}

function writeSigStructure(
  target: Uint8Array,
  protectedBytes: Uint8Array,
  aad: ExternalAad,
  aadSize: number,
  payload: Uint8Array,
): void {
  target.set(CONTEXT, 0);
  const offset = writeBytesHead(target, writeBytes(target, CONTEXT.length, protectedBytes), aadSize);
  writeExternalAad(target, offset, aad);
  writeBytes(target, offset + aadSize, payload);
}

/** Writes a byte string with its head and returns the offset after it. */
export function writeBytes(target: Uint8Array, offset: number, bytes: Uint8Array): number {
  const content = writeBytesHead(target, offset, bytes.length);
  target.set(bytes, content);
  return content + bytes.length;
}

/** Writes the head of a byte string and returns the offset after it. */
function writeBytesHead(target: Uint8Array, offset: number, length: number): number {
  const content = offset + bytesHeadSize(length);
  if (length < 24) {
    target[offset] = (BYTES << 5) | length;
  } else if (length < 0x100) {
    target[offset] = 0x58;
    target[offset + 1] = length;
  } else if (length < 0x1_0000) {
    target[offset] = 0x59;
    target[offset + 1] = length >> 8;
    target[offset + 2] = length;
  } else {
    target[offset] = 0x5a;
    target[offset + 1] = length >> 24;
    target[offset + 2] = length >> 16;
    target[offset + 3] = length >> 8;
    target[offset + 4] = length;
  }
  return content;
}

/** Size of the shortest head of a byte string (RFC 8949 §4.2.1); no byte string here reaches 2^32. */
export function bytesHeadSize(length: number): number {
  if (length < 24) return 1;
  if (length < 0x100) return 2;
  return length < 0x1_0000 ? 3 : 5;
}

function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
