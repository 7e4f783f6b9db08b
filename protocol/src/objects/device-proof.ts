/** DeviceProof: a device shows its peer that it holds its key, in this session (SPEC OBJ-20, MSG-7). */
import { bytes, choice, map, required, type Schema } from "../cbor/schema.ts";
import { PeerError } from "../errors.ts";
import { exchanges } from "../registry.ts";
import type { Seconds } from "../time/clock.ts";
import { requireNonce } from "./rules.ts";
import { type ObjectKind, type Unverified, type Verified, type Verifier, verifyObject } from "./signed-object.ts";
import { type Authority, requireNotEnded, verifyIssued } from "./trust.ts";

/** Names of registry.json, `exchanges`. */
export type ExchangeName = keyof typeof exchanges;

export interface DeviceProof {
  /** The peer's, from the hello or its answer. */
  readonly nonce: Uint8Array;
  readonly exchange: ExchangeName;
}

const schema: Schema<DeviceProof> = map({
  nonce: required(1, bytes(16)),
  exchange: required(2, choice(exchanges)),
});

export const deviceProofObject: ObjectKind<DeviceProof> = {
  name: "device-proof",
  kid: "sent",
  bound: "session",
  schema,
};

/** The session as the side knows it that asked for the proof. */
export interface ProofSession {
  /** The nonce that it gave. */
  readonly nonce: Uint8Array;
  readonly exchange: ExchangeName;
  /** From `sessionTranscript`. */
  readonly transcript: Uint8Array;
}

/** A session in which the proof has to come from a certified device. */
export interface CollectorSession extends ProofSession {
  /** The highest lower bound of time that the receiver knows (SPEC TRU-14). */
  readonly knownLower: Seconds;
}

/** A device whose public key is known, such as a key in a cabinet. Throws `objects/nonce`, `objects/exchange`, `cose/signature-invalid`. */
export function verifyDeviceProof(
  object: Unverified<DeviceProof>,
  verifier: Omit<Verifier, "extra">,
  session: ProofSession,
): Verified<DeviceProof> {
  requireSession(object, session);
  return verifyObject(object, { ...verifier, extra: [session.transcript] });
}

/** A station, box or cabinet that wants journal and records (SPEC DCK-2): certified, with role collector. Throws also `trust/…`. */
export function verifyCollectorProof(
  object: Unverified<DeviceProof>,
  authority: Authority,
  session: CollectorSession,
): Verified<DeviceProof> {
  requireSession(object, session);
  requireNotEnded(authority.signer, session.knownLower);
  return verifyIssued(object, { ...authority, role: "collector", times: undefined, extra: [session.transcript] });
}

function requireSession(object: Unverified<DeviceProof>, session: ProofSession): void {
  requireNonce(object, session.nonce);
  if (object.value.exchange !== session.exchange) {
    throw new PeerError("objects/exchange", { expected: session.exchange, found: object.value.exchange });
  }
}
