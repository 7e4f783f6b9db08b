/**
 * From bytes to evidence: what a door reads, looks up and verifies before it decides (SPEC OBJ-1, OPN-10). A fault of the
 * other side never throws here; it becomes evidence, and `authorize` names the reason.
 */
import { requireBytes } from "../crypto/precheck.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { PeerError } from "../errors.ts";
import { activationTicketObject } from "../objects/activation-ticket.ts";
import { grantObject } from "../objects/grant.ts";
import {
  type LifecycleTranscript,
  type OpenProof,
  type OpenTranscript,
  type OwnProofSubject,
  openProofObject,
  verifyOwnOpenProof,
} from "../objects/open-proof.ts";
import {
  type ObjectKind,
  parseOwnObject,
  recallVerified,
  type Unverified,
  verifyObject,
} from "../objects/signed-object.ts";
import { type CertifiedKey, couldHaveIssued, type DeviceKey, type IssuerKey, latestOf } from "../objects/trust.ts";
import { type OwnBytes, OwnStore } from "../own-bytes.ts";
import { authorize, type Decision, type Door, type Evidence, type Presented } from "./authorize.ts";

/** The bytes of an `open`, after any `supply`, or of a `lifecycle`, and the session they came in. */
export interface OpenBytes {
  readonly grant: Uint8Array;
  readonly ticket: Uint8Array | undefined;
  readonly proof: Uint8Array;
  readonly transcript: OpenTranscript | LifecycleTranscript;
}

/** What the door knows and measures. */
export interface ExamineContext {
  readonly provider: CryptoProvider;
  readonly fleetId: Uint8Array;
  /** All certified keys held for a kid: a renewed certificate stands beside the one that it replaces (SPEC OPN-9). */
  readonly issuersOf: (kid: Uint8Array) => readonly IssuerKey[];
  readonly boxesOf: (kid: Uint8Array) => readonly DeviceKey[];
  /** Stored `verificationDigest` of a grant or ticket that was verified before, by the object's bytes; see `recallVerified`. */
  readonly seen?: (bytes: Uint8Array) => Uint8Array | undefined;
  readonly energy: "enough" | "short";
}

/** Reasons whose predicates need no signature: after one of them none is checked (SPEC OPN-10). */
const BEFORE_SIGNATURES: readonly string[] = [
  "malformed",
  "door-not-active",
  "issuer-unknown",
  "issuer-epoch",
  "issuer-not-for-this",
];

/** Evidence for `authorize`, and its decision. The evidence is what a door keeps for the decision after the intent. */
export function examine(
  door: Door,
  bytes: OpenBytes,
  context: ExamineContext,
): { readonly presented: Presented; readonly decision: Decision } {
  const { provider } = context;
  const own = owned(bytes);
  const grant = read(grantObject, own.grant);
  const proof = readProof(own);
  const ticket = own.ticket === undefined ? "absent" : read(activationTicketObject, own.ticket);
  const grantIssuer = signerOf(grant, context.issuersOf, door.epoch);
  const box = signerOf(ticket, context.boxesOf, door.epoch);
  const unverified: Presented = { provider, grant, grantIssuer, proof, ticket, box, energy: context.energy };
  const first = authorize(door, unverified);
  if (first.verdict === "refuse" && BEFORE_SIGNATURES.includes(first.reason)) {
    return { presented: unverified, decision: first };
  }
  const verifiedGrant = check(grant, grantIssuer?.certificate.value.publicKey, context);
  const presented: Presented = { ...unverified, grant: verifiedGrant };
  // A grant that does not verify has said all: what it names is not worth another signature check.
  if (!isObject(verifiedGrant) || verifiedGrant.state !== "verified") {
    return { presented, decision: authorize(door, presented) };
  }
  const holderKey = verifiedGrant.value.cnf.key.x;
  const asked = door.policy.activation === "asked";
  const complete: Presented = {
    ...presented,
    // Always anew: a proof answers this session's nonces and is worth nothing afterwards.
    proof: checkProof(proof, holderKey, own, context),
    ticket: asked ? check(ticket, box?.certificate.value.publicKey, context) : ticket,
  };
  return { presented: complete, decision: authorize(door, complete) };
}

/** An `open` in memory of this decision: what was checked is what is kept, whatever its session's buffer takes next. */
interface OwnOpenBytes extends OwnProofSubject {
  readonly proof: OwnBytes;
}

function owned({ grant, ticket, proof, transcript }: OpenBytes): OwnOpenBytes {
  requireBytes(grant, "grant");
  requireBytes(proof, "proof");
  if (ticket !== undefined) requireBytes(ticket, "ticket");
  const store = new OwnStore(grant.length + proof.length + (ticket === undefined ? 0 : ticket.length));
  return {
    transcript,
    grant: store.copy(grant),
    proof: store.copy(proof),
    ticket: ticket === undefined ? undefined : store.copy(ticket),
  };
}

/** Of the keys held for an object's kid the latest that could have issued it in this epoch, else the first (SPEC OPN-9). */
function signerOf<T, K extends CertifiedKey>(
  evidence: Read<T>,
  heldFor: (kid: Uint8Array) => readonly K[],
  epoch: number,
): K | undefined {
  if (!isObject(evidence) || evidence.kid === undefined) return undefined;
  const held = heldFor(evidence.kid);
  return latestOf(held.filter((one) => isOf(one, epoch) && couldHaveIssued(one, evidence, epoch))) ?? held[0];
}

function isOf({ certificate }: CertifiedKey, epoch: number): boolean {
  return certificate.value.epoch === epoch;
}

type Read<T> = "absent" | "malformed" | Unverified<T>;

function read<T>(kind: ObjectKind<T>, own: OwnBytes): Read<T> {
  try {
    return parseOwnObject(kind, own);
  } catch (error) {
    if (error instanceof PeerError) return "malformed";
    throw error;
  }
}

/** SPEC SVC-7: an `open` is for the action open, a `lifecycle` for the action service, and neither does for the other. */
function readProof({ proof, transcript }: OwnOpenBytes): Read<OpenProof> {
  const evidence = read(openProofObject, proof);
  const action = "policy" in transcript ? "service" : "open";
  return isObject(evidence) && evidence.value.action !== action ? "malformed" : evidence;
}

function isObject<O extends object>(evidence: "absent" | "malformed" | O): evidence is O {
  return typeof evidence === "object";
}

/** Verified where the signature holds; what does not verify stays unverified, and `authorize` refuses it. */
function check<T>(evidence: Read<T>, publicKey: Uint8Array | undefined, context: ExamineContext): Evidence<T> {
  if (!isObject(evidence) || publicKey === undefined) return evidence;
  const { provider, fleetId } = context;
  const digest = context.seen?.(evidence.bytes);
  const recalled =
    digest === undefined ? undefined : recallVerified(evidence, { provider, publicKey, fleetId }, digest);
  return recalled ?? unlessRefused(evidence, () => verifyObject(evidence, { provider, publicKey, fleetId }));
}

function checkProof(
  evidence: Read<OpenProof>,
  publicKey: Uint8Array,
  subject: OwnProofSubject,
  { provider, fleetId }: ExamineContext,
): Presented["proof"] {
  if (!isObject(evidence)) return evidence;
  return unlessRefused(evidence, () => verifyOwnOpenProof(evidence, { provider, publicKey, fleetId }, subject));
}

/** What the other side got wrong is no exception here. */
function unlessRefused<E, V>(evidence: E, verify: () => V): E | V {
  try {
    return verify();
  } catch (error) {
    if (error instanceof PeerError) return evidence;
    throw error;
  }
}
