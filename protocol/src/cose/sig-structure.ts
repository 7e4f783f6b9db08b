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

/**
 * external_aad (SPEC COS-6): the deterministic encoding of `["nyckelfri", 1, fleet id, ...extra]`, which keeps the objects
 * of two cities, or of test and production, apart. `extra` are the byte strings that an object is bound to without
 * carrying them. Throws `caller/argument` for a fleet id that is not 32 bytes long.
 */
export function externalAad(fleetId: Uint8Array, extra: readonly Uint8Array[] = []): Uint8Array {
  const whole = new Uint8Array(externalAadSize(fleetId, extra));
  writeExternalAad(whole, fleetId, extra);
  return whole;
}

/** Calls `use` with the external_aad, which is valid during the call only. Throws as `externalAad` does. */
export function withExternalAad<Result>(
  fleetId: Uint8Array,
  extra: readonly Uint8Array[],
  use: (externalAad: Uint8Array) => Result,
): Result {
  return withScratch(externalAadSize(fleetId, extra), (whole) => {
    writeExternalAad(whole, fleetId, extra);
    return use(whole);
  });
}

function externalAadSize(fleetId: Uint8Array, extra: readonly Uint8Array[]): number {
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

function writeExternalAad(target: Uint8Array, fleetId: Uint8Array, extra: readonly Uint8Array[]): void {
  target[0] = 0x80 | (3 + extra.length);
  target.set(PROTOCOL, 1);
  let offset = writeBytes(target, 1 + PROTOCOL.length, fleetId);
  for (const bytes of extra) offset = writeBytes(target, offset, bytes);
}

/** Sig_structure, the bytes that are signed (SPEC COS-5), over the protected header as it was received. */
export function sigStructure(protectedBytes: Uint8Array, externalAad: Uint8Array, payload: Uint8Array): Uint8Array {
  const whole = new Uint8Array(sigStructureSize(protectedBytes, externalAad, payload));
  writeSigStructure(whole, protectedBytes, externalAad, payload);
  return whole;
}

/** Calls `use` with the Sig_structure, which is valid during the call only: allocating it anew costs as much as parsing the envelope. */
export function withSigStructure<Result>(
  protectedBytes: Uint8Array,
  externalAad: Uint8Array,
  payload: Uint8Array,
  use: (toBeSigned: Uint8Array) => Result,
): Result {
  return withScratch(sigStructureSize(protectedBytes, externalAad, payload), (toBeSigned) => {
    writeSigStructure(toBeSigned, protectedBytes, externalAad, payload);
    return use(toBeSigned);
  });
}

function sigStructureSize(protectedBytes: Uint8Array, externalAad: Uint8Array, payload: Uint8Array): number {
  return (
    CONTEXT.length +
    bytesHeadSize(protectedBytes.length) +
    protectedBytes.length +
    bytesHeadSize(externalAad.length) +
    externalAad.length +
    bytesHeadSize(payload.length) +
    payload.length
  );
}

function writeSigStructure(
  target: Uint8Array,
  protectedBytes: Uint8Array,
  externalAad: Uint8Array,
  payload: Uint8Array,
): void {
  target.set(CONTEXT, 0);
  let offset = writeBytes(target, CONTEXT.length, protectedBytes);
  offset = writeBytes(target, offset, externalAad);
  writeBytes(target, offset, payload);
}

/** Writes a byte string with its head and returns the offset after it. */
export function writeBytes(target: Uint8Array, offset: number, bytes: Uint8Array): number {
  const content = offset + bytesHeadSize(bytes.length);
  const length = bytes.length;
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
  target.set(bytes, content);
  return content + length;
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
