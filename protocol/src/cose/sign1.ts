/**
 * COSE_Sign1 (RFC 9052 §4.2) in this protocol's profile: parse, verify, sign. What was only parsed, what was signed here
 * and what was verified are three types (SPEC COS-8); the class behind them is not exported, so nobody else makes one.
 */
import { requireBytes } from "../crypto/precheck.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { CallerError, PeerError } from "../errors.ts";
import { type OwnBytes, ownCopy } from "../own-bytes.ts";
import { limits } from "../registry.ts";
import {
  buildEnvelope,
  buildProtected,
  type EnvelopeLayout,
  KID_BYTES,
  LARGEST_TYP,
  readLayout,
  SMALLEST_TYP,
} from "./envelope.ts";
import { refuseEnvelope } from "./envelope-fault.ts";
import { type ExternalAad, withSigStructure } from "./sig-structure.ts";

/** The parts of one message. They are views of memory that the message owns: do not write into them. */
class Sign1<State extends "unverified" | "signed" | "verified"> {
  /** Private, so that neither an object literal nor a spread copy with another payload has this type. */
  readonly #state: State;
  /** The whole envelope as it stands on the wire. */
  readonly bytes: Uint8Array;
  /** Where its parts stand in `bytes`. */
  readonly layout: EnvelopeLayout;
  /** The signed content, attached or detached. */
  readonly payload: Uint8Array;

  constructor(state: State, bytes: Uint8Array, layout: EnvelopeLayout, detachedPayload?: Uint8Array) {
    this.#state = state;
    this.bytes = bytes;
    this.layout = layout;
    this.payload = detachedPayload ?? bytes.subarray(layout.payload?.start, layout.payload?.end);
  }

  get state(): State {
    return this.#state;
  }

  // Not every message is verified that is read: the views that only this needs are made when it is.

  /** The kind of object: a `typ` of registry.json's `objects`. */
  get typ(): number {
    return this.layout.typ;
  }

  /** 8 bytes that select the signer's key and authorise nothing; undefined where the place implies the signer. */
  get kid(): Uint8Array | undefined {
    const { kidStart } = this.layout;
    return kidStart === undefined ? undefined : this.bytes.subarray(kidStart, kidStart + KID_BYTES);
  }

  /** 64 bytes. */
  get signature(): Uint8Array {
    return this.bytes.subarray(this.layout.signatureStart);
  }

  /** The encoded protected header, without the head of its byte string. */
  get protectedBytes(): Uint8Array {
    return this.bytes.subarray(this.layout.protectedStart, this.layout.protectedEnd);
  }
}

/** Well-formed, and said by anyone at all. */
export type UnverifiedSign1 = Sign1<"unverified">;
/** Signed by this program. */
export type SignedSign1 = Sign1<"signed">;
/** Its signature was found valid under the key, the typ and the external_aad that the caller asked for. */
export type VerifiedSign1 = Sign1<"verified">;

/**
 * Reads an envelope with its payload. The message owns a copy of `bytes`.
 * Throws a `PeerError`: `cbor/…` where the CBOR profile is broken, `cose/…` where the envelope's rules are (SPEC COS-1
 * to COS-4), `cose/payload-missing` for a detached one.
 */
export function parseSign1(bytes: Uint8Array): UnverifiedSign1 {
  return parseOwnSign1(owned(bytes));
}

/** The same without the copy. */
export function parseOwnSign1(own: OwnBytes): UnverifiedSign1 {
  const layout = layoutOf(own);
  if (layout.payload === undefined) throw new PeerError("cose/payload-missing");
  return new Sign1("unverified", own, layout);
}

/**
 * Reads a detached envelope and puts it together with the payload that came or is known otherwise (SPEC COS-9); both are
 * copied. Throws as `parseSign1` does, and `cose/payload-attached` for an envelope that has its own.
 */
export function parseDetached(bytes: Uint8Array, payload: Uint8Array): UnverifiedSign1 {
  requireBytes(payload, "payload");
  const own = owned(bytes);
  const layout = layoutOf(own);
  if (layout.payload !== undefined) throw new PeerError("cose/payload-attached");
  return new Sign1("unverified", own, layout, ownCopy(payload));
}

export interface VerifyOptions {
  readonly provider: CryptoProvider;
  /** 32 bytes, from whoever vouches for the signer; never from the message itself. */
  readonly publicKey: Uint8Array;
  /** The kind of object expected here (SPEC COS-7). */
  readonly typ: number;
  /** From `externalAad`, or what it is made of. */
  readonly externalAad: ExternalAad;
}

/** Verifies over the received bytes (SPEC COS-5). Throws a `PeerError` `cose/typ-mismatch` or `cose/signature-invalid`. */
export function verifySign1(message: UnverifiedSign1, options: VerifyOptions): VerifiedSign1 {
  const { provider, publicKey, typ, externalAad } = options;
  if (message.typ !== typ) throw new PeerError("cose/typ-mismatch", { typ: message.typ, expected: typ });
  const { protectedBytes, payload, signature } = message;
  const valid = withSigStructure(protectedBytes, externalAad, payload, (toBeSigned) =>
    provider.verify(publicKey, toBeSigned, signature),
  );
  if (!valid) throw new PeerError("cose/signature-invalid", { typ });
  return new Sign1("verified", message.bytes, message.layout, payload);
}

export interface SignOptions {
  readonly provider: CryptoProvider;
  /** The signer's 32-byte private key (RFC 8032 §5.1.5). */
  readonly seed: Uint8Array;
  /** 8 bytes; absent where the place implies the signer. */
  readonly kid?: Uint8Array | undefined;
  /** 65000 to 65535. */
  readonly typ: number;
  readonly payload: Uint8Array;
  /** From `externalAad`, or what it is made of. */
  readonly externalAad: ExternalAad;
  /** The envelope is to carry null in the payload's place (SPEC COS-9). */
  readonly detached?: boolean | undefined;
}

/** Signs. Throws a `CallerError` for arguments out of their ranges and for an envelope above `limits.objectBytes`. */
export function signSign1(options: SignOptions): SignedSign1 {
  const { provider, seed, kid, typ, externalAad, detached } = options;
  requireBytes(options.payload, "payload");
  if (kid !== undefined) {
    requireBytes(kid, "kid");
    if (kid.length !== KID_BYTES) throw new CallerError("caller/argument", { argument: "kid", takes: "8 bytes" });
  }
  if (!Number.isInteger(typ) || typ < SMALLEST_TYP || typ > LARGEST_TYP) {
    throw new CallerError("caller/argument", { argument: "typ", takes: "65000 to 65535" });
  }
  const protectedBytes = buildProtected(kid, typ);
  const payload = ownCopy(options.payload);
  const signature = withSigStructure(protectedBytes, externalAad, payload, (toBeSigned) =>
    provider.sign(seed, toBeSigned),
  );
  const bytes = buildEnvelope(protectedBytes, detached === true ? undefined : payload, signature);
  // What is made is what would be read.
  const layout = readLayout(bytes);
  if (layout === undefined) {
    const takes = `an object of ${limits.objectBytes} bytes or less`;
    throw new CallerError("caller/argument", { argument: "payload", takes, size: bytes.length });
  }
  return new Sign1("signed", bytes, layout, detached === true ? payload : undefined);
}

/** Copied before it is read. What is too large is not copied. */
function owned(bytes: Uint8Array): OwnBytes {
  requireBytes(bytes, "bytes");
  return bytes.length > limits.objectBytes ? refuseEnvelope(bytes) : ownCopy(bytes);
}

function layoutOf(own: OwnBytes): EnvelopeLayout {
  return readLayout(own) ?? refuseEnvelope(own);
}
