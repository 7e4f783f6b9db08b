// A visit at a door as bytes: every part has its usual value, and a case says what differs.
import { toHex } from "#src/bytes.ts";
import type { CborValue } from "#src/cbor/value.ts";
import {
  box,
  CLOCK,
  cylinder,
  DAY,
  DOOR,
  EPOCH,
  fixedBytes,
  fleetId,
  GROUP,
  issuers,
  key,
  LIST,
  NOW,
  type Party,
  provider,
  root,
  SHIFT,
  station,
} from "../../support/city.ts";
import { bytesOf, flipped, type Labels, make } from "../build.ts";
import * as u from "../usual.ts";

export type Fields = Readonly<Record<string, unknown>>;

export interface DoorFacts {
  readonly lifecycle: string;
  /** What the policy says; the usual door's agrees with its lifecycle. */
  readonly policyState?: "active" | "deactivated" | "dismounted";
  readonly epoch: number;
  readonly floor: number;
  readonly policyVersion: { readonly epoch: number; readonly value: number };
  readonly groups: readonly number[];
  readonly longestGrantSeconds: number;
  readonly activation: "asked" | "not-asked";
  readonly widestIntervalSeconds: number;
  readonly lists: readonly number[];
  readonly heldLists: readonly ListFacts[];
}
export interface ListFacts {
  readonly list: number;
  readonly version: number;
  readonly entries: readonly (readonly [kind: string, id: Uint8Array | number, until: number])[];
}

const usualDoor: DoorFacts = {
  lifecycle: "active",
  epoch: EPOCH,
  floor: SHIFT.iat - DAY,
  policyVersion: { epoch: EPOCH, value: 5 },
  groups: [GROUP],
  longestGrantSeconds: 57_600,
  activation: "asked",
  widestIntervalSeconds: 180,
  lists: [LIST],
  heldLists: [{ list: LIST, version: 9, entries: [] }],
};

export interface ProofFacts {
  readonly lo: number;
  readonly width: number;
  /** 0 lost, 1 conflict, 2 running. */
  readonly quality: number;
  /** 1 open, 4 service. */
  readonly action: number;
  readonly carried: readonly CborValue[];
}
const usualProof: ProofFacts = {
  lo: CLOCK.lo,
  width: CLOCK.hi - CLOCK.lo,
  quality: 2,
  action: 1,
  carried: [EPOCH, 0],
};

/** How a part of the visit is wrong besides its content. */
export type Tamper =
  | "bit flipped"
  | "by a stranger"
  | "for another fleet"
  | "absent"
  | "garbage"
  | "of another session"
  | "with another grant"
  | "without the ticket"
  | "without an update"
  | "with another outcome"
  | "in the holder's own hand";

export interface Case {
  /** The row of the table that the case tries, or `permit`. */
  readonly row: string;
  readonly name: string;
  readonly refuses?: string;
  readonly clauses?: string;
  readonly door?: Partial<DoorFacts>;
  readonly grant?: Labels;
  readonly grantTamper?: Tamper;
  readonly issuer?: Labels | readonly Labels[] | "none" | "of somebody else" | "by a stranger";
  readonly ticket?: Labels | "none";
  readonly ticketTamper?: Tamper;
  readonly box?: Labels | "none";
  readonly boxIssuer?: Labels;
  readonly proof?: Partial<ProofFacts>;
  readonly proofTamper?: Tamper;
  /** Bodies of requests, each followed by that of its reply. */
  readonly updates?: readonly Uint8Array[];
  readonly energy?: "short";
  /** Where it is not the one that the action belongs to. */
  readonly message?: "open" | "lifecycle";
}

/** Body of the reply to an update that was stored. */
export const STORED: Uint8Array = bytesOf({ 1: 0 });

const certificateOf = (roles: number, of: Party, nbf: number, exp: number, differs: Labels, by: Party): string =>
  toHex(make("certificate", { 1: roles, 2: of.publicKey, 3: nbf, 4: exp, 5: EPOCH, ...differs }, { by }).bytes);

function grantOf({ grant = {}, grantTamper }: Case): Uint8Array {
  const payload = { ...u.usual.grant.payload, ...grant };
  const by = grantTamper === "by a stranger" ? u.stranger : issuers.grant;
  const fleet = grantTamper === "for another fleet" ? u.otherFleet : fleetId;
  const { bytes } = make("grant", payload, { by, fleet, kid: issuers.grant.kid });
  switch (grantTamper) {
    case "absent":
      return new Uint8Array(0);
    case "garbage":
      return bytes.slice(0, -1);
    case "bit flipped":
      return flipped(bytes, -10);
    default:
      return bytes;
  }
}

function ticketOf({ ticket, ticketTamper }: Case, grant: Uint8Array): Uint8Array | undefined {
  if (ticket === "none") return undefined;
  const payload = { ...u.usual["activation-ticket"].payload, 1: provider.sha256(grant), ...ticket };
  const by = ticketTamper === "by a stranger" ? u.stranger : box;
  const { bytes } = make("activation-ticket", payload, { by, kid: box.kid });
  if (ticketTamper === "bit flipped") return flipped(bytes, -10);
  return ticketTamper === "garbage" ? bytes.slice(0, -1) : bytes;
}

/** The policy that a `lifecycle` brings: its digest is signed, and the decision does not read it (SPEC SVC-4). */
const LIFECYCLE_POLICY: Uint8Array = fixedBytes("policy", 32);

interface Session {
  readonly hello: Uint8Array;
  readonly challenge: Uint8Array;
  readonly updates: readonly Uint8Array[];
}

function proofOf(
  { proof, proofTamper, grantTamper, message }: Case,
  session: Session,
  grant: Uint8Array,
  ticket: Uint8Array | undefined,
): Uint8Array {
  const { lo, width, quality, action, carried } = { ...usualProof, ...proof };
  const payload = { 1: lo, 2: width, 3: quality, 4: 1204, 5: action, 6: station.kid, 7: carried };
  const nonce = proofTamper === "of another session" ? bytesOf({ 1: 1 }) : session.challenge;
  const told =
    proofTamper === "with another outcome" ? [...session.updates.slice(0, -1), bytesOf({ 1: 4 })] : session.updates;
  const updates = proofTamper === "without an update" ? told.slice(2) : told;
  const about = proofTamper === "with another grant" || grantTamper === "absent" ? u.grant.bytes : grant;
  const withTicket = proofTamper === "without the ticket" ? undefined : ticket;
  const open = u.proofExtra([session.hello, nonce, ...updates], about, withTicket);
  const isLifecycle = message === undefined ? action === 4 : message === "lifecycle";
  const extra = isLifecycle ? [...open, provider.sha256(LIFECYCLE_POLICY)] : open;
  const by = proofTamper === "by a stranger" ? u.stranger : key;
  const fleet = proofTamper === "for another fleet" ? u.otherFleet : fleetId;
  const kid = proofTamper === "in the holder's own hand" ? key.kid : "implied";
  const { bytes } = make("open-proof", payload, { by, fleet, extra, kid });
  if (proofTamper === "absent") return new Uint8Array(0);
  if (proofTamper === "garbage") return bytes.slice(0, -1);
  return proofTamper === "bit flipped" ? flipped(bytes, -10) : bytes;
}

const lifecycles = ["factory", "commissioned", "active", "deactivated", "dismounted"];

/** The door's side of the challenge tells what it holds (SPEC OPN-4). */
function sessionOf(door: DoorFacts, updates: readonly Uint8Array[]): Session {
  return {
    hello: bytesOf({ 1: [1, 1], 2: 1, 3: u.nonces.key, 4: 0 }),
    challenge: bytesOf({
      1: [1, 1],
      2: cylinder.kid,
      3: u.nonces.door,
      4: door.epoch,
      5: door.policyVersion.epoch === door.epoch ? door.policyVersion.value : 0,
      6: door.heldLists.filter(({ list }) => door.lists.includes(list)).map(({ list, version }) => [list, version]),
      7: door.floor,
      8: lifecycles.indexOf(door.lifecycle),
      9: 43,
    }),
    updates,
  };
}

function doorJson(door: DoorFacts): Fields {
  const { lifecycle, epoch, floor, policyVersion, heldLists, policyState, ...policy } = door;
  const state = policyState ?? (lifecycle === "commissioned" ? "active" : lifecycle);
  const idOf = (id: Uint8Array | number): string | number => (typeof id === "number" ? id : toHex(id));
  return {
    lifecycle,
    epoch,
    floor,
    policyVersion,
    policy: {
      cylinder: toHex(cylinder.kid),
      door: toHex(DOOR),
      mount: 1,
      state,
      doorKind: "apartment",
      ...policy,
    },
    lists: heldLists.map(({ list, version, entries }) => ({
      list,
      version,
      entries: entries.map(([kind, id, until]) => ({ kind, id: idOf(id), until })),
    })),
  };
}

const boxWindow = [NOW - 3 * DAY, NOW + 397 * DAY] as const;
const issuerWindow = [NOW - 30 * DAY, NOW + 770 * DAY] as const;

const grantIssuer = (differs: Labels = {}): string => certificateOf(1, issuers.grant, ...issuerWindow, differs, root);

function issuerCertificates(issuer: Exclude<Case["issuer"], undefined>): readonly string[] {
  switch (issuer) {
    case "none":
      return [];
    case "of somebody else":
      return [certificateOf(1, u.stranger, ...issuerWindow, {}, root)];
    case "by a stranger": {
      const labels = { 1: 1, 2: issuers.grant.publicKey, 3: issuerWindow[0], 4: issuerWindow[1], 5: EPOCH };
      return [toHex(make("certificate", labels, { by: u.stranger, kid: root.kid }).bytes)];
    }
    default:
      return (Array.isArray(issuer) ? issuer : [issuer]).map(grantIssuer);
  }
}

/** A box's certificate and its issuer's. */
const boxChain = (differs: Labels = {}, ofIssuer: Labels = {}): readonly string[] => [
  certificateOf(128, box, ...boxWindow, differs, issuers.device),
  certificateOf(32, issuers.device, ...issuerWindow, ofIssuer, root),
];

/** What every vector of the file has, unless it says otherwise. */
export const common: Fields = {
  rootPublicKey: toHex(root.publicKey),
  fleetId: toHex(fleetId),
  certificates: { grantIssuers: [grantIssuer()], boxes: [boxChain()] },
};

/** Certificates that differ from the common ones. */
function certificatesOf({ issuer, box, boxIssuer }: Case): Fields {
  const grantIssuers = issuer === undefined ? undefined : issuerCertificates(issuer);
  const chain =
    typeof box === "object" || boxIssuer !== undefined ? [boxChain(box === "none" ? {} : box, boxIssuer)] : undefined;
  const boxes = box === "none" ? [] : chain;
  if (grantIssuers === undefined && boxes === undefined) return {};
  return {
    certificates: {
      ...(grantIssuers === undefined ? {} : { grantIssuers }),
      ...(boxes === undefined ? {} : { boxes }),
    },
  };
}

/** The JSON of one case, and the interval that a permit has. */
export function materialOf(one: Case): { readonly fields: Fields; readonly interval: Fields } {
  const door = { ...usualDoor, ...one.door };
  const session = sessionOf(door, one.updates ?? []);
  const grant = grantOf(one);
  const ticket = ticketOf(one, grant);
  const { lo, width, action } = { ...usualProof, ...one.proof };
  // SPEC SVC-7: an action that does not belong to the message is a case of its own.
  const message = one.message ?? (action === 4 ? "lifecycle" : "open");
  const fields: Fields = {
    door: doorJson(door),
    presented: {
      message,
      hello: toHex(session.hello),
      ...(message === "open"
        ? { challenge: toHex(session.challenge), updates: session.updates.map(toHex) }
        : { welcome: toHex(session.challenge), policy: toHex(LIFECYCLE_POLICY) }),
      grant: toHex(grant),
      ticket: ticket === undefined ? null : toHex(ticket),
      proof: toHex(proofOf(one, session, grant, ticket)),
    },
    ...certificatesOf(one),
    energy: one.energy ?? "enough",
  };
  return { fields, interval: { lo: Math.max(lo, door.floor), hi: lo + width } };
}

export const doorId: Uint8Array = DOOR;
export const otherDoor: Uint8Array = fixedBytes("another door", 8);
