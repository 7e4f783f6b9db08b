/**
 * What becomes of an object that is brought to a device which may hold another one in its place (SPEC UPD-1). Pure: policies
 * and lists have been verified under keys that `heldSigner` found, certificates under the root; the caller commits what is
 * `stored` together with the floor (SPEC OPN-7, TIM-11).
 */
import { equalBytes } from "../bytes.ts";
import { thumbprint } from "../cose/cose-key.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { comparePairs, type EpochPair } from "../time/floor.ts";
import type { Certificate } from "./certificate.ts";
import type { DoorPolicy } from "./door-policy.ts";
import type { RevocationList } from "./revocation-list.ts";
import type { RootTransition } from "./root-transition.ts";
import type { Unverified, Verified } from "./signed-object.ts";
import { type Attributed, type CertifiedKey, couldHaveIssued, latestOf, type Trust } from "./trust.ts";

/** Names of `update-outcome` in the CDDL; `refused`: not for this device, or another object under a version that is taken. */
export type Judgement = "stored" | "known" | "older" | "refused";

/** An object's place in its order: (epoch, version), or (epoch, iat) where the kind has no version. */
export interface Versioned {
  readonly version: EpochPair;
  readonly bytes: Uint8Array;
}
/** `bytes` is absent where only the version outlived the object: then nobody can tell a copy from another one. */
export type Held = Pick<Versioned, "version"> & Partial<Versioned>;

/** Only a higher pair replaces another (SPEC DCK-5, UPD-2, UPD-6), and one version is one object. */
export function outcomeOf(held: Held | "none", offered: Versioned): Judgement {
  const order = held === "none" ? 1 : comparePairs(offered.version, held.version);
  if (order > 0) return "stored";
  if (order < 0) return "older";
  const isAnother = held !== "none" && held.bytes !== undefined && !equalBytes(held.bytes, offered.bytes);
  return isAnother ? "refused" : "known";
}

/** A cylinder, as far as a policy is for it. */
export type PolicyPlace = Held & {
  /** Its kid. */
  readonly cylinder: Uint8Array;
  /** The present mount number. */
  readonly mount: number;
  /** Of the present policy. */
  readonly door: Uint8Array | "unmounted";
};

/** SPEC UPD-2. `epoch` is that of the policy's signer; mounting and dismounting need a lifecycle (SPEC SVC-4). */
export function judgePolicy(place: PolicyPlace, { value, bytes }: Verified<DoorPolicy>, epoch: number): Judgement {
  const isForHere =
    equalBytes(value.cylinder, place.cylinder) &&
    value.mount === place.mount &&
    value.state !== "dismounted" &&
    place.door !== "unmounted" &&
    equalBytes(value.door, place.door);
  return isForHere ? outcomeOf(place, { version: { epoch, value: value.version }, bytes }) : "refused";
}

/** SPEC UPD-3. `named` are the lists that hold here, `epoch` is that of the list's signer. */
export function judgeList(
  held: Held | "none",
  named: readonly number[],
  { value, bytes }: Verified<RevocationList>,
  epoch: number,
): Judgement {
  if (!named.includes(value.list)) return "refused";
  return outcomeOf(held, { version: { epoch, value: value.version }, bytes });
}

/** SPEC UPD-4: of two certificates neither is the newer one. `held` are the exact bytes of those held. */
export function judgeCertificate(held: readonly Uint8Array[], { bytes }: Verified<Certificate>): "stored" | "known" {
  return held.some((own) => equalBytes(own, bytes)) ? "known" : "stored";
}

/**
 * SPEC UPD-5. `accept`: of the stored successor, so that `acceptRootTransition` decides. The others need no signature,
 * for they change nothing.
 */
export function judgeRootTransition(
  trust: Pick<Trust, "rootPublicKey" | "successorThumbprint">,
  { value }: Unverified<RootTransition>,
  provider: CryptoProvider,
): "known" | "accept" | "refused" {
  if (equalBytes(value.rootPublicKey, trust.rootPublicKey)) return "known";
  return equalBytes(thumbprint(provider, value.rootPublicKey), trust.successorThumbprint) ? "accept" : "refused";
}

/**
 * SPEC UPD-1, OPN-9: of the certified keys held, the latest that could have issued the object: a renewed certificate stands
 * beside the one that it replaces. Its signature has yet to be checked.
 */
export function heldSigner<T, K extends CertifiedKey>(
  object: Attributed<T>,
  held: readonly K[],
  epoch: number,
): K | "need-certificate" {
  return latestOf(held.filter((signer) => couldHaveIssued(signer, object, epoch))) ?? "need-certificate";
}
