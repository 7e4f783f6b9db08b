/** OpenProof: a key answers one door's challenge with what its clock says (SPEC OBJ-12, OBJ-13). */

import { bytes, choice, map, required, type Schema, tuple, uint } from "../cbor/schema.ts";
import type { CborValue } from "../cbor/value.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { sha256Of } from "../crypto/sha256-of.ts";
import { PeerError } from "../errors.ts";
import { type OwnBytes, ownCopy } from "../own-bytes.ts";
import { limits } from "../registry.ts";
import type { Seconds } from "../time/clock.ts";
import { readOpenProof } from "./open-proof-reader.ts";
import { type ObjectKind, type Unverified, type Verified, type Verifier, verifyObject } from "./signed-object.ts";

/** What the key carries for this door: versions of its policy and of lists, in the key's epoch (SPEC DEC-15). */
export interface CarriedVersions {
  readonly epoch: number;
  /** 0 where the key carries no policy for the door. */
  readonly policy: number;
  readonly lists: readonly (readonly [list: number, version: number])[];
}

export interface OpenProof {
  /** Beginning of the key's interval; true time is at or after it. */
  readonly lo: Seconds;
  /** At least 1; the interval ends before `lo + width`. */
  readonly widthSeconds: number;
  readonly quality: "lost" | "conflict" | "running";
  readonly keyCounter: number;
  readonly action: "open" | "service";
  /** kid of the last source of time. */
  readonly timeSource: Uint8Array;
  readonly carried: CarriedVersions;
}

const pair: Schema<readonly [list: number, version: number]> = tuple(uint(), uint());

/** `[epoch, policy, * [list, version]]`: the fixed part and the list share one array, which saves a byte. */
const carriedVersions: Schema<CarriedVersions> = {
  parse(value, path) {
    if (!Array.isArray(value)) throw new PeerError("schema/type", { path, takes: "an array" });
    const items = value as readonly CborValue[];
    if (items.length < 2 || items.length > 2 + limits.policyLists) {
      throw new PeerError("schema/length", { path, takes: `2 to ${2 + limits.policyLists} items` });
    }
    const [epoch, policy, ...lists] = items;
    return {
      epoch: uint().parse(epoch as CborValue, `${path}[0]`),
      policy: uint().parse(policy as CborValue, `${path}[1]`),
      lists: lists.map((item, index) => pair.parse(item, `${path}[${index + 2}]`)),
    };
  },
  build: (value, path) => [
    uint().build(value.epoch, `${path}.epoch`),
    uint().build(value.policy, `${path}.policy`),
    ...value.lists.map((item, index) => pair.build(item, `${path}.lists[${index}]`)),
  ],
};

const schema: Schema<OpenProof> = map({
  lo: required(1, uint()),
  widthSeconds: required(2, uint({ min: 1, max: 0xffff })),
  quality: required(3, choice({ lost: 0, conflict: 1, running: 2 })),
  keyCounter: required(4, uint()),
  action: required(5, choice({ open: 1, service: 4 })),
  timeSource: required(6, bytes(8)),
  carried: required(7, carriedVersions),
});

export const openProofObject: ObjectKind<OpenProof> = {
  name: "open-proof",
  kid: "implied",
  bound: "session",
  schema,
  read: readOpenProof,
};

/** What a proof is checked against: its session, and the grant and ticket that were presented with it, as received. */
export interface ProofSubject {
  readonly transcript: OpenTranscript | LifecycleTranscript;
  readonly grant: Uint8Array;
  readonly ticket: Uint8Array | undefined;
}

/** The same in memory that no caller can write. */
export interface OwnProofSubject extends ProofSubject {
  readonly grant: OwnBytes;
  readonly ticket: OwnBytes | undefined;
}

/** A proof that was found to be for one grant and ticket; only `verifyOpenProof` and `verifyOwnOpenProof` make it. */
class BoundOpenProof {
  readonly #state = "bound";
  readonly proof: Verified<OpenProof>;
  readonly grant: OwnBytes;
  readonly ticket: OwnBytes | undefined;

  constructor(proof: Verified<OpenProof>, { grant, ticket }: OwnProofSubject) {
    this.proof = proof;
    this.grant = grant;
    this.ticket = ticket;
  }

  get state(): "bound" {
    return this.#state;
  }

  get value(): OpenProof {
    return this.proof.value;
  }
}

/** A verified proof, with what it is for (SPEC OBJ-12): the decision holds both against what is presented. */
export type BoundProof = BoundOpenProof;

/** Throws `PeerError` `cose/signature-invalid` for any other key, session, grant or ticket. */
export function verifyOpenProof(
  object: Unverified<OpenProof>,
  verifier: Omit<Verifier, "extra">,
  subject: ProofSubject,
): BoundProof {
  const { transcript, grant, ticket } = subject;
  const own = { transcript, grant: ownCopy(grant), ticket: ticket === undefined ? undefined : ownCopy(ticket) };
  return verifyOwnOpenProof(object, verifier, own);
}

/** The same without the copies. */
export function verifyOwnOpenProof(
  object: Unverified<OpenProof>,
  { provider, publicKey, fleetId }: Omit<Verifier, "extra">,
  subject: OwnProofSubject,
): BoundProof {
  const extra = openProofExtra(provider, subject.transcript, subject.grant, subject.ticket);
  return new BoundOpenProof(verifyObject(object, { provider, publicKey, fleetId, extra }), subject);
}

/** The bodies, as sent, of one session at a door up to its `open`. */
export interface OpenTranscript {
  readonly hello: Uint8Array;
  readonly challenge: Uint8Array;
  /** Bodies of the `update` requests that were answered by a reply, in order, each followed by the body of its reply. */
  readonly updates: readonly Uint8Array[];
}

/** The same for a `lifecycle` message, whose proof is for one policy (SPEC SVC-4). */
export interface LifecycleTranscript {
  readonly hello: Uint8Array;
  readonly welcome: Uint8Array;
  /** The DoorPolicy that is to mount or dismount, an object and no body. */
  readonly policy: Uint8Array;
}

/**
 * SPEC OBJ-12, SVC-4: what a proof signs besides itself, none of it sent: transcript, grant digest, ticket digest, and for
 * a `lifecycle` the policy's digest. Bodies are CBOR items, which end by themselves, so their concatenation has one reading.
 */
export function openProofExtra(
  provider: CryptoProvider,
  transcript: OpenTranscript | LifecycleTranscript,
  grant: Uint8Array,
  ticket: Uint8Array | undefined,
): readonly Uint8Array[] {
  const grantDigest = provider.sha256(grant);
  const ticketDigest = ticket === undefined ? NO_TICKET : provider.sha256(ticket);
  if (!("policy" in transcript)) {
    const { hello, challenge, updates } = transcript;
    return [sha256Of(provider, [hello, challenge, ...updates]), grantDigest, ticketDigest];
  }
  const { hello, welcome, policy } = transcript;
  return [sha256Of(provider, [hello, welcome]), grantDigest, ticketDigest, provider.sha256(policy)];
}

const NO_TICKET: Uint8Array = new Uint8Array(0);
