/**
 * Open: a key in a cylinder (SPEC 8.1). Before an accepted opening a key says nothing but what `hello`, `update`, `open` and
 * `supply` hold (SPEC OPN-17, PRV-1). All of it is paid for by the motion of one insertion: what an opening may take on the
 * contact is bounded (SPEC SIZ-1).
 */
import { array, choice, either, map, optional, required, type Schema, uint } from "../cbor/schema.ts";
import { CallerError, PeerError } from "../errors.ts";
import type { VersionRange } from "../framing/frame.ts";
import { DEVICE_ROLES, ISSUER_ROLES } from "../objects/certificate.ts";
import type { CoarseResultName } from "../objects/key-journal.ts";
import type { CarriedVersions } from "../objects/open-proof.ts";
import { limits } from "../registry.ts";
import type { Seconds } from "../time/clock.ts";
import { comparePairs } from "../time/floor.ts";
import {
  type Battery,
  battery,
  coarseResult,
  consistent,
  id8,
  type LifecycleState,
  type ListVersion,
  lifecycleState,
  listVersion,
  nonce8,
  nonce16,
  object,
  seconds,
  type UpdateOutcome,
  updateOutcome,
  versions,
} from "./common.ts";

/** SPEC OPN-2. */
export interface OpenHello {
  readonly versions: VersionRange;
  readonly exchange: "open";
  /** 8 fresh random bytes. */
  readonly nonce: Uint8Array;
  readonly battery: Battery;
}

/** SPEC OPN-4, PRV-7: said to whoever asks. A key changes no clock and no state by anything in it. */
export interface Challenge {
  readonly versions: VersionRange;
  /** kid of the cylinder. */
  readonly cylinder: Uint8Array;
  /** 16 bytes that never come twice. */
  readonly nonce: Uint8Array;
  readonly epoch: number;
  /** 0 where the door has no policy of this epoch. */
  readonly policyVersion: number;
  /** Those that hold here; version 0 where the door has none of this epoch. */
  readonly lists: readonly ListVersion[];
  /** Of `epoch`. */
  readonly floor: Seconds;
  readonly state: LifecycleState;
  /** Newest record of the openings store. */
  readonly newestRecord: number;
}

/** SPEC OPN-7: a certificate, RootTransition, policy or list that the door lacks. */
export interface UpdateRequest {
  readonly object: Uint8Array;
}
export interface UpdateReply {
  readonly outcome: UpdateOutcome;
}

/** SPEC OPN-8. `by` says whether the grant is sent or named by the cti of one that the door knows. */
export type OpenRequest = (
  | { readonly by: "grant"; readonly grant: Uint8Array }
  | { readonly by: "cti"; readonly cti: Uint8Array }
) & {
  /** Where one is held. */
  readonly ticket?: Uint8Array;
  readonly proof: Uint8Array;
};

/** What a cylinder may ask for, once (SPEC OPN-9, TRU-11). */
export type Need = "grant" | "ticket" | "certificate-of-grant" | "certificate-of-ticket" | "certificate-of-box-issuer";

export type OpenReply =
  | {
      readonly kind: "result";
      readonly result: CoarseResultName;
      /** Counter of the record that the opening left. */
      readonly record?: number;
    }
  /** None twice. */
  | { readonly kind: "needs"; readonly needs: readonly Need[] };

/** SPEC OPN-9: one object for each need, in the order in which they were asked for. */
export interface SupplyRequest {
  readonly objects: readonly Uint8Array[];
}

/** SPEC OPN-15. */
export interface CollectRequest {
  readonly store: "openings" | "refusals";
  /** The newest record of this store that the key knows to be delivered; absent where it knows of none. */
  readonly delivered?: number;
}
export interface CollectReply {
  /** A LogSegment; absent when there is nothing to carry. */
  readonly segment?: Uint8Array;
}

export interface ReceiptRequest {
  readonly receipt: Uint8Array;
}
export interface ReceiptReply {
  readonly outcome: "covered" | "fork" | "unknown" | "refused";
}

/** SPEC OPN-15, ACT-8. */
export type FetchRequest =
  | { readonly wanted: "list"; readonly list: number }
  /** Of the certificates of this kid that have all of these role bits, the one that ends last. */
  | { readonly wanted: "certificate"; readonly kid: Uint8Array; readonly roles?: number }
  /** The first one that opens an epoch above this. */
  | { readonly wanted: "root-transition"; readonly aboveEpoch: number };
export interface FetchReply {
  readonly object?: Uint8Array;
}

export const openHello: Schema<OpenHello> = map({
  versions: required(1, versions),
  exchange: required(2, choice({ open: 1 })),
  nonce: required(3, nonce8),
  battery: required(4, battery),
});

export const challenge: Schema<Challenge> = map({
  versions: required(1, versions),
  cylinder: required(2, id8),
  nonce: required(3, nonce16),
  epoch: required(4, uint()),
  policyVersion: required(5, uint()),
  lists: required(6, array(listVersion, { min: 0, max: limits.policyLists })),
  floor: required(7, seconds),
  state: required(8, lifecycleState),
  newestRecord: required(9, uint()),
});

export const updateRequest: Schema<UpdateRequest> = map({ object: required(1, object) });
export const updateReply: Schema<UpdateReply> = map({ outcome: required(1, updateOutcome) });

export const openRequest: Schema<OpenRequest> = consistent(
  map({
    grant: optional(1, object),
    cti: optional(2, id8),
    ticket: optional(3, object),
    proof: required(4, object),
  }),
  ({ grant, cti, ...rest }): OpenRequest | undefined => {
    if (grant !== undefined) return cti === undefined ? { by: "grant", grant, ...rest } : undefined;
    return cti === undefined ? undefined : { by: "cti", cti, ...rest };
  },
  ({ by: _, ...fields }) => fields,
);

const needs: Schema<readonly Need[]> = consistent(
  array(
    choice({
      grant: 1,
      ticket: 2,
      "certificate-of-grant": 3,
      "certificate-of-ticket": 4,
      "certificate-of-box-issuer": 5,
    }),
    { min: 1, max: 4 },
  ),
  (asked) => (new Set(asked).size === asked.length ? asked : undefined),
  (asked) => asked,
);

export const openReply: Schema<OpenReply> = consistent(
  map({ result: optional(1, coarseResult), record: optional(2, uint()), needs: optional(3, needs) }),
  ({ result, record, needs }): OpenReply | undefined => {
    if (needs !== undefined) {
      return result === undefined && record === undefined ? { kind: "needs", needs } : undefined;
    }
    if (result === undefined) return undefined;
    return record === undefined ? { kind: "result", result } : { kind: "result", result, record };
  },
  ({ kind: _, ...fields }) => fields,
);

export const supplyRequest: Schema<SupplyRequest> = map({
  objects: required(1, array(object, { min: 1, max: 4 })),
});

export const collectRequest: Schema<CollectRequest> = map({
  store: required(1, choice({ openings: 1, refusals: 2 })),
  delivered: optional(2, uint()),
});
export const collectReply: Schema<CollectReply> = map({ segment: optional(1, object) });
export const receiptRequest: Schema<ReceiptRequest> = map({ receipt: required(1, object) });
export const receiptReply: Schema<ReceiptReply> = map({
  outcome: required(1, choice({ covered: 0, fork: 1, unknown: 2, refused: 3 })),
});

export const fetchRequest: Schema<FetchRequest> = consistent(
  map({
    wanted: required(1, choice({ list: 1, certificate: 2, "root-transition": 3 })),
    id: required(2, either({ integer: uint(), bytes: id8 })),
    roles: optional(3, uint({ min: 1, max: ISSUER_ROLES | DEVICE_ROLES })),
  }),
  ({ wanted, id, roles }): FetchRequest | undefined => {
    if (wanted === "certificate") {
      if (typeof id === "number") return undefined;
      return roles === undefined ? { wanted, kid: id } : { wanted, kid: id, roles };
    }
    if (typeof id !== "number" || roles !== undefined) return undefined;
    return wanted === "list" ? { wanted, list: id } : { wanted, aboveEpoch: id };
  },
  (request) => {
    const { wanted } = request;
    if (wanted === "list") return { wanted, id: request.list };
    if (wanted === "root-transition") return { wanted, id: request.aboveEpoch };
    const { kid: id, roles } = request;
    return roles === undefined ? { wanted, id } : { wanted, id, roles };
  },
);
export const fetchReply: Schema<FetchReply> = map({ object: optional(1, object) });

/** The `supply` that answers a list of needs (SPEC OPN-9). Throws `caller/argument` where `held` lacks one of them. */
export function supplyFor(asked: readonly Need[], held: Readonly<Partial<Record<Need, Uint8Array>>>): SupplyRequest {
  return {
    objects: asked.map((need) => {
      const found = held[need];
      if (found === undefined) throw new CallerError("caller/argument", { argument: "held", takes: need });
      return found;
    }),
  };
}

/** Which supplied object is which (SPEC OPN-9). Throws `messages/inconsistent` unless there is one for each need. */
export function suppliedFor(
  asked: readonly Need[],
  { objects }: SupplyRequest,
): Readonly<Partial<Record<Need, Uint8Array>>> {
  if (objects.length !== asked.length) {
    throw new PeerError("messages/inconsistent", { path: "supply-request.objects", asked: asked.length });
  }
  return Object.fromEntries(asked.map((need, index) => [need, objects[index]]));
}

/** What a key holds for the door at which it is; versions are of its epoch, and 0 is none. */
export interface HeldForDoor {
  readonly epoch: number;
  readonly policy: number;
  /** Of the lists that hold at this door. */
  readonly lists: readonly ListVersion[];
}

/** SPEC OPN-18: what the proof says in label 7, which is only what is newer than the challenge's. */
export function versionsToName(
  door: Pick<Challenge, "epoch" | "policyVersion" | "lists">,
  held: HeldForDoor,
): CarriedVersions {
  const isNewer = (own: number, doors = 0) =>
    own > 0 && comparePairs({ epoch: held.epoch, value: own }, { epoch: door.epoch, value: doors }) > 0;
  return {
    epoch: held.epoch,
    policy: isNewer(held.policy, door.policyVersion) ? held.policy : 0,
    lists: held.lists.filter(([list, version]) => isNewer(version, door.lists.find(([id]) => id === list)?.[1])),
  };
}
