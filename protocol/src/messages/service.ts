/**
 * Service: a technician or locksmith at any device (SPEC 8.6); `update` is that of open.ts. What a device does with it is in
 * lifecycle.ts.
 */
import { array, choice, map, optional, required, type Schema } from "../cbor/schema.ts";
import type { VersionRange } from "../framing/frame.ts";
import type { DeviceKind } from "../objects/enrolment.ts";
import {
  deviceKind,
  digest,
  id8,
  type LifecycleState,
  lifecycleState,
  nonce16,
  object,
  publicKey,
  versions,
} from "./common.ts";

export interface ServiceHello {
  readonly versions: VersionRange;
  readonly exchange: "service";
  /** 16 fresh random bytes. */
  readonly nonce: Uint8Array;
}
export interface ServiceWelcome {
  readonly versions: VersionRange;
  readonly device: Uint8Array;
  readonly nonce: Uint8Array;
  readonly kind: DeviceKind;
  readonly state: LifecycleState;
}

/** SPEC SVC-2: the host's nonce, answered by an Enrolment over it. */
export interface EnrolRequest {
  readonly nonce: Uint8Array;
}
export interface EnrolReply {
  readonly enrolment: Uint8Array;
}

/** SPEC SVC-3: all that a device trusts at first, in one message and one commit. */
export interface CommissionRequest {
  readonly root: Uint8Array;
  /** Thumbprint of the root's successor. */
  readonly successor: Uint8Array;
  readonly fleetId: Uint8Array;
  /** Issuer certificates. */
  readonly issuers: readonly Uint8Array[];
  /** First policy, for a cylinder. */
  readonly policy?: Uint8Array;
}

/** SPEC SVC-4: a DoorPolicy that mounts or dismounts, a Grant with the service right, a proof with action service. */
export interface LifecycleRequest {
  readonly policy: Uint8Array;
  readonly grant: Uint8Array;
  readonly proof: Uint8Array;
  /** Where one is held. */
  readonly ticket?: Uint8Array;
}
export interface LifecycleReply {
  readonly outcome: "done" | "refused" | "log-not-acknowledged";
  /** The state from now on. */
  readonly state: LifecycleState;
}

/** SPEC TRU-10: a DeviceTransfer. */
export interface TransferRequest {
  readonly transfer: Uint8Array;
}

export const serviceHello: Schema<ServiceHello> = map({
  versions: required(1, versions),
  exchange: required(2, choice({ service: 6 })),
  nonce: required(3, nonce16),
});
export const serviceWelcome: Schema<ServiceWelcome> = map({
  versions: required(1, versions),
  device: required(2, id8),
  nonce: required(3, nonce16),
  kind: required(4, deviceKind),
  state: required(5, lifecycleState),
});
export const enrolRequest: Schema<EnrolRequest> = map({ nonce: required(1, nonce16) });
export const enrolReply: Schema<EnrolReply> = map({ enrolment: required(1, object) });
export const commissionRequest: Schema<CommissionRequest> = map({
  root: required(1, publicKey),
  successor: required(2, digest),
  fleetId: required(3, digest),
  issuers: required(4, array(object, { min: 1, max: 4 })),
  policy: optional(5, object),
});
export const lifecycleRequest: Schema<LifecycleRequest> = map({
  policy: required(1, object),
  grant: required(2, object),
  proof: required(3, object),
  ticket: optional(4, object),
});
export const lifecycleReply: Schema<LifecycleReply> = map({
  outcome: required(1, choice({ done: 0, refused: 1, "log-not-acknowledged": 2 })),
  state: required(2, lifecycleState),
});
export const transferRequest: Schema<TransferRequest> = map({ transfer: required(1, object) });
