/** One frame: its header, its bytes on the wire, and the checks that a decoded frame passes (SPEC FRM-1 to FRM-4). */
import { CallerError } from "../errors.ts";
import { limits, wire } from "../registry.ts";
import { cobsBound, encodeCobs } from "./cobs.ts";
import { crc32 } from "./crc32.ts";

/** Most bytes of header, body and CRC together (SPEC FRM-4). */
export const FRAME_BYTES: number = limits.frameBytes;
export const HEADER_BYTES = 7;
export const CRC_BYTES = 4;
/** Most bytes of a body. */
export const BODY_BYTES: number = FRAME_BYTES - HEADER_BYTES - CRC_BYTES;
/** Most bytes of an encoded frame without its delimiter. */
export const ENCODED_BYTES: number = cobsBound(FRAME_BYTES);

/** A hello travels in this version whatever versions its sender speaks, so that every peer can read it (SPEC FRM-2). */
export const HELLO_VERSION = 1;
/** Message number of the reply that carries an error (registry.json `answers`, SPEC MSG-1). */
export const MESSAGE_ERROR = 1;
/** Message number of the reply "still busy, send the same bytes again later" (registry.json `answers`, SPEC MSG-1). */
export const MESSAGE_BUSY = 2;

const KINDS = ["request", "reply", "notification"] as const;

/** Bits 7..6 of the type byte: 0, 1, 2; the fourth value is reserved and refused. */
export type FrameKind = (typeof KINDS)[number];

export type Frame = Readonly<{
  /** Wire version of the session, 1..255. */
  version: number;
  kind: FrameKind;
  /** Message number, 0..63. */
  message: number;
  /** The session's number, 1..2^32-1: drawn at random by the initiator. */
  session: number;
  /** 0 for the hello and its reply, else 1..255. */
  sequence: number;
  /** CBOR, 0 to `BODY_BYTES` bytes; what it holds is the message's affair. */
  body: Uint8Array;
}>;

/** Why bytes between two delimiters are no frame; each has a counter of its own (SPEC FRM-5). */
export type DiscardReason =
  | "oversize"
  | "cobs"
  | "short"
  | "crc"
  | "version"
  | "kind"
  | "session-zero"
  /** The link ended inside the frame. */
  | "unfinished";

export type VersionRange = Readonly<{ oldest: number; newest: number }>;

/** The versions that this library speaks (registry.json, `wire`): its newest, and the one before (SPEC VER-2). */
export const SPOKEN_VERSIONS: VersionRange = { oldest: wire.oldest, newest: wire.version };

export type ParsedFrame =
  | Readonly<{ kind: "frame"; frame: Frame }>
  | Readonly<{ kind: "discarded"; reason: DiscardReason }>;

/**
 * The bytes of `frame` on the wire, its delimiter included. Throws `framing/body-too-large`, and `caller/argument` for a field
 * out of its range.
 */
export function encodeFrame(frame: Frame): Uint8Array {
  if (frame.body.length > BODY_BYTES) {
    throw new CallerError("framing/body-too-large", { bytes: frame.body.length, most: BODY_BYTES });
  }
  requireInteger("version", frame.version, 1, 0xff);
  requireInteger("message", frame.message, 0, 0x3f);
  requireInteger("session", frame.session, 1, 0xffffffff);
  requireInteger("sequence", frame.sequence, 0, 0xff);

  const plain = new Uint8Array(HEADER_BYTES + frame.body.length + CRC_BYTES);
  plain[0] = frame.version;
  plain[1] = (KINDS.indexOf(frame.kind) << 6) | frame.message;
  plain[2] = frame.session >>> 24;
  plain[3] = frame.session >>> 16;
  plain[4] = frame.session >>> 8;
  plain[5] = frame.session;
  plain[6] = frame.sequence;
  plain.set(frame.body, HEADER_BYTES);
  const crcAt = plain.length - CRC_BYTES;
  const crc = crc32(plain, 0, crcAt);
  for (let index = 0; index < CRC_BYTES; index++) plain[crcAt + index] = crc >>> (8 * index);

  const encoded = new Uint8Array(cobsBound(plain.length) + 1);
  const end = encodeCobs(plain, encoded);
  return encoded.slice(0, end + 1);
}

/**
 * Reads a frame after COBS. The order of the checks is part of the norm, because it decides the reason: length, CRC, version,
 * kind, session. The body of the frame is a copy.
 */
export function parseFrame(plain: Uint8Array, versions: VersionRange = SPOKEN_VERSIONS): ParsedFrame {
  if (plain.length > FRAME_BYTES) return { kind: "discarded", reason: "oversize" };
  if (plain.length < HEADER_BYTES + CRC_BYTES) return { kind: "discarded", reason: "short" };
  const crcAt = plain.length - CRC_BYTES;
  const crc = crc32(plain, 0, crcAt);
  for (let index = 0; index < CRC_BYTES; index++) {
    if (plain[crcAt + index] !== ((crc >>> (8 * index)) & 0xff)) return { kind: "discarded", reason: "crc" };
  }
  const version = plain[0] ?? 0;
  if (version < versions.oldest || version > versions.newest) return { kind: "discarded", reason: "version" };
  const type = plain[1] ?? 0;
  const kind = KINDS[type >>> 6];
  if (kind === undefined) return { kind: "discarded", reason: "kind" };
  const session = (((plain[2] ?? 0) << 24) | ((plain[3] ?? 0) << 16) | ((plain[4] ?? 0) << 8) | (plain[5] ?? 0)) >>> 0;
  if (session === 0) return { kind: "discarded", reason: "session-zero" };
  const body = plain.slice(HEADER_BYTES, crcAt);
  return { kind: "frame", frame: { version, kind, message: type & 0x3f, session, sequence: plain[6] ?? 0, body } };
}

/** Sequences count 1 to 255 and then 1 again; 0 is the hello's alone (SPEC FRM-2). */
export function nextSequence(sequence: number): number {
  return sequence === 0xff ? 1 : sequence + 1;
}

function requireInteger(argument: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new CallerError("caller/argument", { argument, takes: `an integer ${least} to ${most}`, value });
  }
}
