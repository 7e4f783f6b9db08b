/** What a key brings to a door before the decision, and in which order (SPEC OPN-7, OPN-18, TRU-15). */
import {
  type CarriedVersions,
  type Challenge,
  type DoorPolicy,
  doorPolicyObject,
  equalBytes,
  grantObject,
  type ListVersion,
  limits,
  type RevocationList,
  revocationListObject,
  versionsToName,
} from "@nyckelfri/protocol";
import type { Held } from "../shared/belief.ts";
import { type Holdings, issuerBehind } from "./holdings.ts";
import type { MetDoor } from "./state.ts";

/** Most updates of one session (registry.json, `updatesPerSession`). */
export const UPDATES: number = limits.updatesPerSession;

interface ForDoor {
  readonly policy: Held<DoorPolicy> | undefined;
  readonly lists: readonly Held<RevocationList>[];
}

/** What the key has for this door: of the lists those that its policy, the carried one or the door's own, names. */
function heldFor({ policies, lists }: Holdings, { cylinder, lists: told }: Challenge): ForDoor {
  // One that dismounts is no update: it is brought by a technician's lifecycle, and a door refuses it else (SPEC UPD-2, SVC-4).
  const policy = policies.find(({ value }) => equalBytes(value.cylinder, cylinder) && value.state !== "dismounted");
  const named = new Set([...told.map(([list]) => list), ...(policy?.value.lists ?? [])]);
  const held = lists.filter(({ value }) => named.has(value.list));
  return { policy, lists: held };
}

/** SPEC OPN-18: neither has the door refused it, nor the certificate without which it is worth nothing. */
export function isTakenAt(holdings: Holdings, { refused }: Pick<MetDoor, "refused">, object: Uint8Array): boolean {
  // Nearly always nothing is.
  if (refused.length === 0) return true;
  const certificate = certificateBehind(holdings, object);
  return !refused.includes(object) && (certificate === undefined || !refused.includes(certificate));
}

/**
 * Label 7 of the proof, by what the door said in its challenge. What it has refused is not for it, such as the policy of its next
 * mounting: named, it would be asked for at every visit, and never taken (SPEC OPN-18).
 */
export function carriedVersions(
  holdings: Holdings,
  { challenge, refused }: Pick<MetDoor, "challenge" | "refused">,
): CarriedVersions {
  const { epoch } = holdings.trust;
  const { policy, lists } = heldFor(holdings, challenge);
  const isTaken = ({ bytes }: Pick<Held<unknown>, "bytes">): boolean => isTakenAt(holdings, { refused }, bytes);
  const pairs: ListVersion[] = lists.filter(isTaken).map(({ value }) => [value.list, value.version]);
  const own = policy !== undefined && isTaken(policy) ? policy.value.version : 0;
  return versionsToName(challenge, { epoch, policy: own, lists: pairs.slice(0, MOST_LISTS) });
}

/** A policy names at most so many lists; a proof too. */
const MOST_LISTS = limits.policyLists;

/**
 * The objects that the door lacks, most urgent first; more than three wait for the next insertion. A new root comes before what is
 * signed under it. Where the door is behind in epochs, or has no policy of this one yet, the certificate of an object's issuer
 * comes before it: until something of that issuer's is stored a door keeps it for no longer than the session, and to be asked for it
 * costs an update. A door without a list of this epoch may lack it too, and gets it where there is room for all.
 */
export function updatesFor(holdings: Holdings, challenge: Challenge): readonly Uint8Array[] {
  const { epoch, policy: policyVersion, lists: listVersions } = carriedVersions(holdings, { challenge, refused: [] });
  const { policy, lists } = heldFor(holdings, challenge);
  const isBehind = challenge.epoch < epoch;
  const transitions = holdings.transitions.filter(({ value }) => value.epoch > challenge.epoch);
  const newer = [
    ...(policy !== undefined && policyVersion > 0 ? [policy] : []),
    ...lists.filter(({ value }) => listVersions.some(([list]) => list === value.list)),
  ].map((held) => ({ held, certificate: certificateBehind(holdings, held.bytes) }));
  const queue = transitions.map(({ bytes }) => bytes);
  const certificates = new Set(newer.map(({ certificate }) => certificate));
  const fits = newer.length + certificates.size <= UPDATES;
  for (const { held, certificate } of newer) {
    const isFirst = isBehind || (doorHasNone(challenge, held) && (held === policy || fits));
    if (isFirst && certificate !== undefined && !queue.includes(certificate)) queue.push(certificate);
    queue.push(held.bytes);
  }
  // With nothing else to bring, the grant's own certificate opens the epoch for it.
  const [grant] = holdings.grants;
  const opening = grant && issuerBehind(holdings, grantObject, grant)?.certificate.bytes;
  if (isBehind && newer.length === 0 && opening !== undefined) queue.push(opening);
  return queue;
}

/** Of this epoch. Of a list that its policy does not name yet a door says nothing. */
function doorHasNone({ policyVersion, lists }: Challenge, { value }: Held<DoorPolicy> | Held<RevocationList>): boolean {
  return "list" in value ? lists.some(([list, version]) => list === value.list && version === 0) : policyVersion === 0;
}

/** The certificate of a carried object's issuer, for a door that answers `need-certificate`. */
export function certificateBehind(holdings: Holdings, object: Uint8Array): Uint8Array | undefined {
  const policy = holdings.policies.find(({ bytes }) => bytes === object);
  const list = holdings.lists.find(({ bytes }) => bytes === object);
  const issuer =
    (policy && issuerBehind(holdings, doorPolicyObject, policy)) ??
    (list && issuerBehind(holdings, revocationListObject, list));
  return issuer?.certificate.bytes;
}
