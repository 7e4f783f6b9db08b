/** PinVerifier: what an activation box holds of one key's PIN (SPEC OBJ-17, ACT-3). */
import { equalSecretBytes } from "../bytes.ts";
import { bytes, map, required, type Schema, uint } from "../cbor/schema.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import type { Seconds } from "../time/clock.ts";
import { pinVerifierDigest } from "./derivations.ts";
import type { ObjectKind } from "./signed-object.ts";

export interface PinVerifier {
  /** kid of the key. */
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
  /** SHA-256(v ‖ salt). */
  readonly digest: Uint8Array;
  /** A box keeps the highest (epoch, version). */
  readonly version: number;
  readonly iat: Seconds;
}

const schema: Schema<PinVerifier> = map({
  key: required(1, bytes(8)),
  salt: required(2, bytes(16)),
  digest: required(3, bytes(32)),
  version: required(4, uint()),
  iat: required(5, uint()),
});

export const pinVerifierObject: ObjectKind<PinVerifier> = {
  name: "pin-verifier",
  kid: "sent",
  schema,
  issuance: { role: "device", times: ({ iat }) => ({ iat }) },
};

/** Is v, which the key made from the PIN, the right one? Takes the same time whatever differs (SPEC CRY-10). */
export function matchesPin(provider: CryptoProvider, verifier: PinVerifier, v: Uint8Array): boolean {
  return equalSecretBytes(pinVerifierDigest(provider, v, verifier.salt), verifier.digest);
}
