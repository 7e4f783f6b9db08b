/** Dock: a key in a station, also while it is stored in a cabinet (SPEC 8.2). The station, box or cabinet asks. */
import { array, choice, map, optional, required, type Schema, uint } from "../cbor/schema.ts";
import type { VersionRange } from "../framing/frame.ts";
import { pin } from "../objects/rules.ts";
import type { TimeVerdict } from "../time/time-answer.ts";
import {
  type Battery,
  battery,
  certificates,
  clock,
  digest,
  id8,
  type ListVersion,
  type LogPosition,
  listVersion,
  logPosition,
  nonce16,
  object,
  type ToldClock,
  type UpdateOutcome,
  uint16,
  updateOutcome,
  versions,
} from "./common.ts";

/** SPEC DCK-1, ACT-1: what a station, box or cabinet says first. */
export interface DockHello {
  readonly versions: VersionRange;
  readonly exchange: "dock" | "activate" | "store";
  /** 16 fresh random bytes. */
  readonly nonce: Uint8Array;
  /** kid of the station, box or cabinet. */
  readonly device: Uint8Array;
}

/** SPEC DCK-1, and everything that a key tells before the other side has proven itself (SPEC PRV-2). */
export interface DockWelcome {
  readonly versions: VersionRange;
  /** kid of the key. */
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly battery: Battery;
  readonly epoch: number;
  readonly clock: ToldClock;
  readonly journal: LogPosition;
  /** Number of log segments carried. */
  readonly segments: number;
  /** SHA-256 of the grant in use. */
  readonly grantDigest?: Uint8Array;
  /** Lists carried. */
  readonly lists: readonly ListVersion[];
}

/** SPEC MSG-7: a DeviceProof over the key's nonce, the certificate of the device and that of its issuer. */
export interface ProveRequest {
  readonly proof: Uint8Array;
  readonly certificates: readonly Uint8Array[];
}

/** SPEC DCK-3: the nonce that the next TimeStatement must answer. */
export interface TimeChallengeReply {
  readonly nonce: Uint8Array;
}
export interface TimeRequest {
  readonly statement: Uint8Array;
  readonly certificates?: readonly Uint8Array[];
}
export interface TimeReply {
  readonly verdict: TimeVerdict;
  readonly clock: ToldClock;
}

/** SPEC DCK-5: one object, verified by the receiver. */
export interface DeliverRequest {
  readonly object: Uint8Array;
}
export interface DeliverReply {
  readonly outcome: UpdateOutcome;
}

export interface JournalRequest {
  /** First counter wanted. */
  readonly from: number;
}
export interface JournalReply {
  /** A KeyJournal; absent when nothing from there on exists. */
  readonly journal?: Uint8Array;
}
export interface CarriedRequest {
  /** From 0. */
  readonly index: number;
}
export interface CarriedReply {
  /** A LogSegment of some cylinder; absent beyond the last. */
  readonly segment?: Uint8Array;
}

export interface PinEnrolRequest {
  /** 4 to 8 digits. */
  readonly pin: string;
}
export interface PinEnrolReply {
  /** Appendix D: v of the PIN, 32 bytes. Secret. */
  readonly v: Uint8Array;
}

export const dockHello: Schema<DockHello> = map({
  versions: required(1, versions),
  exchange: required(2, choice({ dock: 2, activate: 3, store: 4 })),
  nonce: required(3, nonce16),
  device: required(4, id8),
});

export const dockWelcome: Schema<DockWelcome> = map({
  versions: required(1, versions),
  key: required(2, id8),
  nonce: required(3, nonce16),
  battery: required(4, battery),
  epoch: required(5, uint()),
  clock: required(6, clock),
  journal: required(7, logPosition),
  segments: required(8, uint16),
  grantDigest: optional(9, digest),
  lists: required(10, array(listVersion, { min: 0, max: 16 })),
});

export const proveRequest: Schema<ProveRequest> = map({
  proof: required(1, object),
  certificates: required(2, certificates),
});

export const timeChallengeReply: Schema<TimeChallengeReply> = map({ nonce: required(1, nonce16) });
export const timeRequest: Schema<TimeRequest> = map({
  statement: required(1, object),
  certificates: optional(2, certificates),
});
const timeVerdict: Schema<TimeVerdict> = choice({
  accepted: 0,
  stale: 1,
  earlier: 2,
  conflict: 3,
  "too-wide": 4,
  window: 5,
  source: 6,
});
export const timeReply: Schema<TimeReply> = map({ verdict: required(1, timeVerdict), clock: required(2, clock) });

export const deliverRequest: Schema<DeliverRequest> = map({ object: required(1, object) });
export const deliverReply: Schema<DeliverReply> = map({ outcome: required(1, updateOutcome) });
export const journalRequest: Schema<JournalRequest> = map({ from: required(1, uint()) });
export const journalReply: Schema<JournalReply> = map({ journal: optional(1, object) });
export const carriedRequest: Schema<CarriedRequest> = map({ index: required(1, uint16) });
export const carriedReply: Schema<CarriedReply> = map({ segment: optional(1, object) });
export const pinEnrolRequest: Schema<PinEnrolRequest> = map({ pin: required(1, pin) });
export const pinEnrolReply: Schema<PinEnrolReply> = map({ v: required(1, digest) });
