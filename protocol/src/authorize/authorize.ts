/**
 * The decision (SPEC chapter 9): one pure function with a closed set of reasons, evaluated in a fixed order; the first
 * predicate that fails is the reason. It keeps nothing, reads no clock and checks no signature: evidence whose signature
 * holds comes as `Verified`, and anything else counts as not verified.
 */
import { equalBytes } from "../bytes.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import type { ActivationTicket } from "../objects/activation-ticket.ts";
import { hasRole } from "../objects/certificate.ts";
import type { DoorPolicy } from "../objects/door-policy.ts";
import { type Grant, insideBoundedGroups, pseudonymOf } from "../objects/grant.ts";
import type { BoundProof, OpenProof } from "../objects/open-proof.ts";
import type { RevocationList } from "../objects/revocation-list.ts";
import type { Unverified, Verified } from "../objects/signed-object.ts";
import { type CertifiedKey, type DeviceKey, type IssuerKey, insideCertificate } from "../objects/trust.ts";
import { reasons, rights, times } from "../registry.ts";
import { type Interval, insideWindow, type Seconds } from "../time/clock.ts";
import { aboveFloor, comparePairs, type EpochPair } from "../time/floor.ts";
import { voidedBy } from "./revoked.ts";
import { rightsAt } from "./rights.ts";

/** Names of registry.json, `reasons`, in the order of SPEC chapter 9. */
export type Reason = (typeof reasons)[number]["name"];
/** Names of registry.json, `coarseResults`: what a door says on the wire (SPEC MSG-8). */
export type CoarseResult = "opened" | (typeof reasons)[number]["result"];
export type Lifecycle = "factory" | "commissioned" | "active" | "deactivated" | "dismounted";

/** What a door holds. */
export interface Door {
  /** Of the present root: what is verified under another counts as unknown (SPEC DEC-3). */
  readonly rootPublicKey: Uint8Array;
  readonly lifecycle: Lifecycle;
  readonly epoch: number;
  /** Of the door's present epoch. */
  readonly floor: Seconds;
  readonly policy: DoorPolicy;
  /** (epoch of the policy's issuer, version); (epoch, 0) since a new epoch until its first policy (SPEC TRU-8). */
  readonly policyVersion: EpochPair;
  /** Those of the present epoch; a list that the policy does not name does not hold here. */
  readonly lists: readonly RevocationList[];
}

/** An object as far as the door has come with it: absent, unreadable, read, or verified. */
export type Evidence<T> = "absent" | "malformed" | Unverified<T> | Verified<T>;

/** What a key presented, and whose certificates were found for it. */
export interface Presented {
  /** For the digest that a ticket binds, and the kid of a revoked key; no signature is checked here. */
  readonly provider: CryptoProvider;
  readonly grant: Evidence<Grant>;
  readonly grantIssuer: IssuerKey | undefined;
  readonly proof: "absent" | "malformed" | Unverified<OpenProof> | BoundProof;
  readonly ticket: Evidence<ActivationTicket>;
  readonly box: DeviceKey | undefined;
  readonly energy: "enough" | "short";
}

export type Decision = Permit | Refusal;
export interface Permit {
  /** `permit-service` is for a lifecycle message and never engages the clutch (SPEC DEC-21, SVC-7). */
  readonly verdict: "permit-open" | "permit-service";
  /** The key's interval with lo raised to the floor: what the intent records. */
  readonly interval: Interval;
}
export interface Refusal {
  readonly verdict: "refuse";
  readonly reason: Reason;
  readonly result: CoarseResult;
}

/** Decides. Total: every input has a decision, and nothing is thrown. */
export function authorize(door: Door, presented: Presented): Decision {
  const { grant, grantIssuer, proof } = presented;
  // SPEC DEC-1
  if (!isRead(grant) || !isRead(proof)) return refuse("malformed");
  const claims = grant.value;
  const { action, quality, lo, widthSeconds } = proof.value;
  const { policy } = door;

  // SPEC DEC-2, SVC-6
  const isActive = door.lifecycle === "active" && policy.state === "active";
  if (!isActive && action !== "service") return refuse("door-not-active");
  // SPEC DEC-3
  if (grantIssuer === undefined || grant.kid === undefined || !equalBytes(grant.kid, grantIssuer.kid)) {
    return refuse("issuer-unknown");
  }
  if (!isRooted(grantIssuer, door)) return refuse("issuer-unknown");
  const issuer = grantIssuer.certificate.value;
  // SPEC DEC-4
  if (issuer.epoch !== door.epoch) return refuse("issuer-epoch");
  // SPEC DEC-5
  if (!hasRole(issuer, "grant") || !insideCertificate(issuer, claims) || !insideBoundedGroups(claims, issuer)) {
    return refuse("issuer-not-for-this");
  }
  // SPEC DEC-6
  if (!isVerifiedUnder(grant, issuer.publicKey)) return refuse("grant-signature");
  // SPEC DEC-7
  if (proof.state !== "bound" || !isFor(proof, grant, presented)) return refuse("proof-signature");
  // SPEC DEC-8
  if (quality !== "running" || widthSeconds > policy.widestIntervalSeconds) return refuse("time-untrusted");
  // SPEC DEC-9, DEC-19: a sum of two numbers, which does not wrap at 2^32
  const interval = aboveFloor({ lo, hi: lo + widthSeconds }, door.floor);
  if (interval === "behind-floor") return refuse("behind-floor");
  // SPEC DEC-10, DEC-11, DEC-20
  const window = insideWindow(interval, claims.nbf, claims.exp);
  if (window !== "inside") return refuse(window);
  // SPEC DEC-12
  if (claims.exp - claims.nbf > policy.longestGrantSeconds || claims.nbf - claims.iat > times.issueAheadSeconds) {
    return refuse("grant-too-long");
  }
  // SPEC DEC-13, DEC-22
  const activated = policy.activation === "asked" ? ticketFor(door, presented, grant, interval) : "not-asked";
  if (activated === "not-activated") return refuse("not-activated");
  // SPEC DEC-14
  if (
    isRevoked(
      door,
      presented,
      claims,
      activated === "not-asked" ? [grantIssuer] : [grantIssuer, activated, activated.issuer],
    )
  ) {
    return refuse("revoked");
  }
  // SPEC DEC-15
  if (isUpdateWithheld(door, proof.value)) return refuse("update-withheld");
  // SPEC DEC-16, DEC-21
  const needed = action === "open" ? rights.open : rights.service;
  if ((rightsAt(claims.scope, policy) & needed) === 0) return refuse("no-access");
  // SPEC DEC-17
  if (presented.energy !== "enough") return refuse("energy");
  return { verdict: action === "open" ? "permit-open" : "permit-service", interval };
}

/** The coarse result of a reason (SPEC MSG-8). */
export function coarseResultOf(reason: Reason): CoarseResult {
  return COARSE[reason];
}

const COARSE: Readonly<Record<Reason, CoarseResult>> = Object.fromEntries(
  reasons.map(({ name, result }) => [name, result]),
) as Record<Reason, CoarseResult>;

function refuse(reason: Reason): Refusal {
  return { verdict: "refuse", reason, result: COARSE[reason] };
}

function isRead<E extends object>(evidence: "absent" | "malformed" | E): evidence is E {
  return typeof evidence === "object";
}

/** Verified, and under the very key that was entitled: a signature by another certified key is none. */
function isVerifiedUnder<T>(object: Unverified<T> | Verified<T>, publicKey: Uint8Array): object is Verified<T> {
  return object.state === "verified" && equalBytes(object.publicKey, publicKey);
}

/** SPEC DEC-3, TRU-3: verified under the root that the door has now. */
function isRooted({ certificate }: IssuerKey, door: Door): boolean {
  return equalBytes(certificate.publicKey, door.rootPublicKey);
}

/** SPEC DEC-7, OBJ-12: under the grant's key, and for this grant and this ticket and no others. */
function isFor(
  { proof, grant: about, ticket: beside }: BoundProof,
  grant: Verified<Grant>,
  { ticket }: Presented,
): boolean {
  if (!equalBytes(proof.publicKey, grant.value.cnf.key.x) || !equalBytes(about, grant.bytes)) return false;
  // A ticket that cannot be read has no bytes to compare; nothing will be concluded from it either (DEC-13).
  if (ticket === "malformed") return true;
  return ticket === "absent" ? beside === undefined : beside !== undefined && equalBytes(beside, ticket.bytes);
}

/** SPEC DEC-13: the box whose ticket holds for this grant now. */
function ticketFor(
  door: Door,
  { provider, ticket, box }: Presented,
  grant: Verified<Grant>,
  interval: Interval,
): DeviceKey | "not-activated" {
  if (!isRead(ticket) || box === undefined || ticket.kid === undefined) return "not-activated";
  if (!isRooted(box.issuer, door) || !isVerifiedUnder(box.certificate, box.issuer.certificate.value.publicKey)) {
    return "not-activated";
  }
  const certificate = box.certificate.value;
  const { from, until } = ticket.value;
  const entitled =
    equalBytes(ticket.kid, box.kid) &&
    certificate.epoch === door.epoch &&
    hasRole(certificate, "ticket") &&
    insideCertificate(certificate, { iat: from, exp: until });
  if (!entitled || !isVerifiedUnder(ticket, certificate.publicKey)) return "not-activated";
  if (!equalBytes(ticket.value.grantDigest, provider.sha256(grant.bytes))) return "not-activated";
  if (until > grant.value.exp) return "not-activated";
  return insideWindow(interval, from, until) === "inside" ? box : "not-activated";
}

/** SPEC DEC-14: only lists that the policy names hold at this door. */
function isRevoked(door: Door, { provider }: Presented, grant: Grant, certified: readonly CertifiedKey[]): boolean {
  const presented = { provider, grant, holder: pseudonymOf(grant.sub), certified };
  return door.lists.some((list) => door.policy.lists.includes(list.list) && voidedBy(list, presented));
}

/** SPEC DEC-15: the key knows of something newer that this door should have been given. Says nothing of who made the proof. */
export function isUpdateWithheld(door: Door, { carried }: OpenProof): boolean {
  const { epoch } = carried;
  if (comparePairs({ epoch, value: carried.policy }, door.policyVersion) > 0) return true;
  return carried.lists.some(([id, version]) => {
    if (!door.policy.lists.includes(id)) return false;
    const held = door.lists.find(({ list }) => list === id)?.version ?? 0;
    return comparePairs({ epoch, value: version }, { epoch: door.epoch, value: held }) > 0;
  });
}
