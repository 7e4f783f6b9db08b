/** How a device comes to trust another root, epoch or fleet (SPEC TRU-8 to TRU-10): pure; the caller commits the new state. */
import { equalBytes } from "../bytes.ts";
import { keyId, thumbprint } from "../cose/cose-key.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { PeerError } from "../errors.ts";
import { limits } from "../registry.ts";
import { adoptEpoch, type EpochPair } from "../time/floor.ts";
import type { DeviceTransfer } from "./device-transfer.ts";
import type { RootTransition } from "./root-transition.ts";
import { requireDevice, requireNonce } from "./rules.ts";
import { type Unverified, verifyObject } from "./signed-object.ts";
import type { IssuerKey, Trust } from "./trust.ts";

/** Trust and floor change together and are committed together. */
export interface TrustState {
  readonly trust: Trust;
  readonly floor: EpochPair;
}

/**
 * After a verified root-signed certificate: a higher epoch is opened at the certificate's nbf (SPEC TRU-8), and what is of
 * lower epochs is refused from then on (SPEC TRU-13). The same state object where nothing changes. Throws
 * `trust/issuer-unknown` for one that was verified under another root, `trust/epoch` for one of an ended epoch, and
 * `trust/epoch-step` for one that is further ahead than limits.epochStep.
 */
export function adoptCertificate(state: TrustState, issuer: IssuerKey): TrustState {
  const { trust, floor } = state;
  const { epoch, nbf } = issuer.certificate.value;
  if (!equalBytes(issuer.certificate.publicKey, trust.rootPublicKey)) throw new PeerError("trust/issuer-unknown");
  if (epoch < trust.epoch) throw new PeerError("trust/epoch", { epoch, present: trust.epoch });
  if (epoch === trust.epoch) return state;
  // Without this a leaked root could use up the epochs, and with them its successor's way to outrank it.
  if (epoch > trust.epoch + limits.epochStep) throw new PeerError("trust/epoch-step", { epoch, present: trust.epoch });
  return { trust: { ...trust, epoch }, floor: adoptEpoch(floor, { epoch, nbf }) };
}

/**
 * SPEC TRU-9: the key whose thumbprint was stored becomes root. Throws `trust/successor`, `trust/epoch-step`,
 * `objects/kid-differs`, `cose/signature-invalid`.
 */
export function acceptRootTransition(
  object: Unverified<RootTransition>,
  { trust, floor }: TrustState,
  provider: CryptoProvider,
): TrustState {
  const { rootPublicKey, successorThumbprint, epoch, nbf } = object.value;
  if (!equalBytes(thumbprint(provider, rootPublicKey), trust.successorThumbprint)) {
    throw new PeerError("trust/successor");
  }
  if (object.kid === undefined || !equalBytes(object.kid, keyId(provider, rootPublicKey))) {
    throw new PeerError("objects/kid-differs");
  }
  // Not just the next one: a door that missed an epoch must still find to the new root.
  if (epoch <= trust.epoch) throw new PeerError("trust/epoch-step", { epoch, present: trust.epoch });
  verifyObject(object, { provider, publicKey: rootPublicKey, fleetId: trust.fleetId });
  // SPEC TRU-2: the fleet id stays that of the first root.
  return {
    trust: { rootPublicKey, successorThumbprint, fleetId: trust.fleetId, epoch },
    floor: adoptEpoch(floor, { epoch, nbf }),
  };
}

/** The device that a transfer came to, and the nonce that it gave in this session. */
export interface TransferSession {
  readonly device: Uint8Array;
  readonly nonce: Uint8Array;
  /** A cylinder on a door stays with its city until it is dismounted; what never was on one is `loose`. */
  readonly mounting: "mounted" | "loose";
}

/**
 * SPEC TRU-10: the present root lets the device go. The floor is set and not raised: epochs and times of two fleets cannot
 * be compared. Throws `trust/mounted`, `objects/other-device`, `objects/nonce`, `trust/issuer-unknown`, `cose/signature-invalid`.
 */
export function acceptDeviceTransfer(
  object: Unverified<DeviceTransfer>,
  { trust }: TrustState,
  session: TransferSession,
  provider: CryptoProvider,
): TrustState {
  if (session.mounting === "mounted") throw new PeerError("trust/mounted");
  requireDevice(object, session.device);
  requireNonce(object, session.nonce);
  if (object.kid === undefined || !equalBytes(object.kid, keyId(provider, trust.rootPublicKey))) {
    throw new PeerError("trust/issuer-unknown", { object: object.kind.name });
  }
  const publicKey = trust.rootPublicKey;
  verifyObject(object, { provider, publicKey, fleetId: trust.fleetId });
  const { rootPublicKey, successorThumbprint, fleetId, epoch, nbf } = object.value;
  return { trust: { rootPublicKey, successorThumbprint, fleetId, epoch }, floor: { epoch, value: nbf } };
}
