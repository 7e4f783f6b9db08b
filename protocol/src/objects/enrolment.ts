/** Enrolment: a device that belongs to no fleet yet shows the key that it has made (SPEC OBJ-18). */
import { equalBytes } from "../bytes.ts";
import { bytes, choice, map, required, type Schema, text, tuple, uint } from "../cbor/schema.ts";
import { keyId } from "../cose/cose-key.ts";
import { FLEET_ID_BYTES } from "../cose/sig-structure.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { PeerError } from "../errors.ts";
import { requireNonce } from "./rules.ts";
import { type ObjectKind, type Unverified, type Verified, verifyObject } from "./signed-object.ts";

export interface Enrolment {
  readonly publicKey: Uint8Array;
  /** As printed on the device, 1 to 24 bytes of UTF-8. */
  readonly serialNumber: string;
  readonly deviceKind: DeviceKind;
  /** Version numbers, 0 to 255 each. */
  readonly firmware: readonly [major: number, minor: number, patch: number];
  /** The host's. */
  readonly nonce: Uint8Array;
}

export type DeviceKind = "cylinder" | "key" | "station" | "activation-box" | "key-cabinet";

const uint8: Schema<number> = uint({ max: 0xff });

const schema: Schema<Enrolment> = map({
  publicKey: required(1, bytes(32)),
  serialNumber: required(2, text({ min: 1, max: 24 })),
  deviceKind: required(3, choice({ cylinder: 1, key: 2, station: 3, "activation-box": 4, "key-cabinet": 5 })),
  firmware: required(4, tuple(uint8, uint8, uint8)),
  nonce: required(5, bytes(16)),
});

export const enrolmentObject: ObjectKind<Enrolment> = {
  name: "enrolment",
  kid: "sent",
  schema,
  trusts: ({ publicKey }) => publicKey,
};

/** Stands for the fleet id where there is no fleet yet (SPEC TRU-2). */
export function noFleet(): Uint8Array {
  return new Uint8Array(FLEET_ID_BYTES);
}

export interface EnrolmentContext {
  readonly provider: CryptoProvider;
  /** Given by this host for this enrolment. */
  readonly nonce: Uint8Array;
  /** Has the fleet a device of this kid (SPEC COS-11)? */
  readonly isTaken: (kid: Uint8Array) => boolean;
}

/**
 * Under the very key that it carries: this shows that the device has the private part and nothing else.
 * Throws `objects/nonce`, `objects/kid-differs`, `objects/kid-taken`, `cose/signature-invalid`.
 */
export function verifyEnrolment(object: Unverified<Enrolment>, context: EnrolmentContext): Verified<Enrolment> {
  const { provider, nonce, isTaken } = context;
  const { publicKey } = object.value;
  const kid = keyId(provider, publicKey);
  requireNonce(object, nonce);
  if (object.kid === undefined || !equalBytes(object.kid, kid)) throw new PeerError("objects/kid-differs");
  if (isTaken(kid)) throw new PeerError("objects/kid-taken");
  return verifyObject(object, { provider, publicKey, fleetId: noFleet() });
}
