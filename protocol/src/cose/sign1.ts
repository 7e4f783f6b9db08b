/**
 * COSE_Sign1 (RFC 9052 §4.2) in this protocol's profile: parse, verify, sign. What was only parsed, what was signed here
 * and what was verified are three types (SPEC COS-8); the class behind them is not exported, so nobody else makes one.
 */
import { requireBytes } from "../crypto/precheck.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { CallerError, PeerError } from "../errors.ts";
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
import { withSigStructure } from "./sig-structure.ts";

interface Sign1Content {
  readonly kid: Uint8Array | undefined;
  readonly typ: number;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly protectedBytes: Uint8Array;
  readonly bytes: Uint8Array;
}

/** The parts of one message. They are views of memory that the message owns: do not write into them. */
class Sign1<State extends "unverified" | "signed" | "verified"> {
  /** Private, so that neither an object literal nor a spread copy with another payload has this type. */
  readonly #state: State;
  /** 8 bytes that select the signer's key and authorise nothing; undefined where the place implies the signer. */
  readonly kid: Uint8Array | undefined;
  /** The kind of object: a `typ` of registry.json's `objects`. */
  readonly typ: number;
  /** The signed content, attached or detached. */
  readonly payload: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  /** The encoded protected header, without the head of its byte string. */
  readonly protectedBytes: Uint8Array;
  /** The whole envelope as it stands on the wire. */
  readonly bytes: Uint8Array;

  constructor(state: State, content: Sign1Content) {
    this.#state = state;
    this.kid = content.kid;
    this.typ = content.typ;
    this.payload = content.payload;
    this.signature = content.signature;
    this.protectedBytes = content.protectedBytes;
    this.bytes = content.bytes;
  }

  get state(): State {
    return this.#state;
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
  const { own, layout } = read(bytes);
  if (layout.payload === undefined) throw new PeerError("cose/payload-missing");
  return unverified(own, layout, own.subarray(layout.payload.start, layout.payload.end));
}

/**
 * Reads a detached envelope and puts it together with the payload that came or is known otherwise (SPEC COS-9); both are
 * copied. Throws as `parseSign1` does, and `cose/payload-attached` for an envelope that has its own.
 */
export function parseDetached(bytes: Uint8Array, payload: Uint8Array): UnverifiedSign1 {
  requireBytes(payload, "payload");
  const { own, layout } = read(bytes);
  if (layout.payload !== undefined) throw new PeerError("cose/payload-attached");
  return unverified(own, layout, new Uint8Array(payload));
}

export interface VerifyOptions {
  readonly provider: CryptoProvider;
  /** 32 bytes, from whoever vouches for the signer; never from the message itself. */
  readonly publicKey: Uint8Array;
  /** The kind of object expected here (SPEC COS-7). */
  readonly typ: number;
  /** From `externalAad`. */
  readonly externalAad: Uint8Array;
}

/** Verifies over the received bytes (SPEC COS-5). Throws a `PeerError` `cose/typ-mismatch` or `cose/signature-invalid`. */
export function verifySign1(message: UnverifiedSign1, options: VerifyOptions): VerifiedSign1 {
  const { provider, publicKey, typ, externalAad } = options;
  requireBytes(externalAad, "externalAad");
  if (message.typ !== typ) throw new PeerError("cose/typ-mismatch", { typ: message.typ, expected: typ });
  const { protectedBytes, payload, signature } = message;
  const valid = withSigStructure(protectedBytes, externalAad, payload, (toBeSigned) =>
    provider.verify(publicKey, toBeSigned, signature),
  );
  if (!valid) throw new PeerError("cose/signature-invalid", { typ });
  return new Sign1("verified", message);
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
  /** From `externalAad`. */
  readonly externalAad: Uint8Array;
  /** The envelope is to carry null in the payload's place (SPEC COS-9). */
  readonly detached?: boolean | undefined;
}

/** Signs. Throws a `CallerError` for arguments out of their ranges and for an envelope above `limits.objectBytes`. */
export function signSign1(options: SignOptions): SignedSign1 {
  const { provider, seed, kid, typ, externalAad, detached } = options;
  requireBytes(options.payload, "payload");
  requireBytes(externalAad, "externalAad");
  if (kid !== undefined) {
    requireBytes(kid, "kid");
    if (kid.length !== KID_BYTES) throw new CallerError("caller/argument", { argument: "kid", takes: "8 bytes" });
  }
  if (!Number.isInteger(typ) || typ < SMALLEST_TYP || typ > LARGEST_TYP) {
    throw new CallerError("caller/argument", { argument: "typ", takes: "65000 to 65535" });
  }
  const protectedBytes = buildProtected(kid, typ);
  const payload = new Uint8Array(options.payload);
  const signature = withSigStructure(protectedBytes, externalAad, payload, (toBeSigned) =>
    provider.sign(seed, toBeSigned),
  );
  const bytes = buildEnvelope(protectedBytes, detached === true ? undefined : payload, signature);
  if (bytes.length > limits.objectBytes) {
    const takes = `an object of ${limits.objectBytes} bytes or less`;
    throw new CallerError("caller/argument", { argument: "payload", takes, size: bytes.length });
  }
  const ownKid = kid === undefined ? undefined : new Uint8Array(kid);
  return new Sign1("signed", { kid: ownKid, typ, payload, signature, protectedBytes, bytes });
}

function read(bytes: Uint8Array): { readonly own: Uint8Array; readonly layout: EnvelopeLayout } {
  requireBytes(bytes, "bytes");
  // Copied before it is read: the caller's buffer may be the one that the next frame is received into.
  const own = bytes.length > limits.objectBytes ? bytes : new Uint8Array(bytes);
  return { own, layout: readLayout(own) ?? refuseEnvelope(own) };
}

function unverified(own: Uint8Array, layout: EnvelopeLayout, payload: Uint8Array): UnverifiedSign1 {
  const { kidStart } = layout;
  return new Sign1("unverified", {
    kid: kidStart === undefined ? undefined : own.subarray(kidStart, kidStart + KID_BYTES),
    typ: layout.typ,
    payload,
    signature: own.subarray(layout.signatureStart),
    protectedBytes: own.subarray(layout.protectedStart, layout.protectedEnd),
    bytes: own,
  });
}
