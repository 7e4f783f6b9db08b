/** Facts of oracle.ts turned into what the package takes: a Door, and signed objects with real certificates. */
import { fromHex } from "#src/bytes.ts";
import type { Door, Evidence, Presented } from "#src/authorize/authorize.ts";
import type { ExamineContext, OpenBytes } from "#src/authorize/examine.ts";
import { activationTicketObject } from "#src/objects/activation-ticket.ts";
import { type Certificate, certificateObject } from "#src/objects/certificate.ts";
import { grantObject, type ScopeEntry, subOf } from "#src/objects/grant.ts";
import { type OpenTranscript, openProofExtra, openProofObject } from "#src/objects/open-proof.ts";
import type { RevocationEntry } from "#src/objects/revocation-list.ts";
import { issueObject, type ObjectKind, parseObject, verifyObject } from "#src/objects/signed-object.ts";
import { type DeviceKey, type IssuerKey, verifyDeviceCertificate, verifyIssuerCertificate } from "#src/objects/trust.ts";
import type { CertificateFacts, DoorFacts, EntryFacts, Facts, GrantFacts, ProofFacts, TicketFacts } from "./oracle.ts";
import { deviceIssuer, fleetId, idOf, key, personOf, provider, rogue, root, signerOf } from "./people.ts";

/** How a signature of the facts is wrong: bytes that verify under nothing, or a good signature of somebody else. */
export type Forgery = "tampered" | "another-key";

export const transcript: OpenTranscript = {
  hello: Uint8Array.of(0xa1, 1, 1),
  challenge: Uint8Array.of(0xa1, 1, 2),
  updates: [],
};

/** Any epoch may stand in the facts: which of them the door takes is what is tested. */
const trust = {
  rootPublicKey: root.publicKey,
  successorThumbprint: new Uint8Array(32),
  fleetId,
  epoch: 0,
};

export function doorOf({ door }: Facts): Door {
  return {
    lifecycle: door.lifecycle,
    epoch: door.epoch,
    floor: door.floor,
    policy: {
      cylinder: fromHex(idOf("cylinder")),
      version: door.policyVersion.value,
      iat: 0,
      door: fromHex(door.id),
      mount: 1,
      state: "active",
      groups: door.groups,
      longestGrantSeconds: door.longest,
      activation: door.activation,
      widestIntervalSeconds: door.widest,
      lists: door.namedLists,
      doorKind: "apartment",
    },
    policyVersion: door.policyVersion,
    lists: door.lists.map(listOf),
  };
}

function listOf({ id, version, entries }: DoorFacts["lists"][number]): Door["lists"][number] {
  return { list: id, version, iat: 0, entries: entries.map(entryOf) };
}

function entryOf({ kind, id, until }: EntryFacts): RevocationEntry {
  return kind === "group" ? { kind, id: Number(id), until } : { kind, id: fromHex(id), until };
}

/** An object's bytes and whether, and under whose key, they verify. */
interface Made<T> {
  readonly kind: ObjectKind<T>;
  readonly bytes: Uint8Array;
  readonly signature: { readonly valid: true; readonly publicKey: Uint8Array } | { readonly valid: false };
  readonly extra: readonly Uint8Array[] | undefined;
}

/** Facts as bytes: each object, its certificate, and what the door would look it up in. */
export interface Visit {
  readonly grant: "absent" | "malformed" | Made<unknown>;
  readonly proof: "absent" | "malformed" | Made<unknown>;
  readonly bytes: OpenBytes;
  readonly context: ExamineContext;
  readonly presented: Presented;
}

const GARBAGE: Uint8Array = Uint8Array.of(0x84, 0x51, 0xff);

function make<T>(
  kind: ObjectKind<T>,
  value: T,
  by: string,
  signature: "valid" | "invalid",
  forgery: Forgery,
  extra?: readonly Uint8Array[],
): Made<T> {
  const owner = personOf(by);
  const byRogue = signature === "invalid" && forgery === "another-key";
  const signer = { ...signerOf(owner), seed: byRogue ? rogue.seed : owner.seed };
  const { bytes } = issueObject(kind, value, signer, extra);
  if (signature === "valid") return { kind, bytes, signature: { valid: true, publicKey: owner.publicKey }, extra };
  if (byRogue) return { kind, bytes, signature: { valid: true, publicKey: rogue.publicKey }, extra };
  const tampered = new Uint8Array(bytes);
  tampered[bytes.length - 40] = (tampered[bytes.length - 40] ?? 0) ^ 1;
  return { kind, bytes: tampered, signature: { valid: false }, extra };
}

function evidenceOf<T>({ kind, bytes, signature, extra }: Made<T>): Evidence<T> {
  const object = parseObject(kind, bytes);
  if (!signature.valid) return object;
  const { publicKey } = signature;
  return verifyObject(object, { provider, publicKey, fleetId, ...(extra === undefined ? {} : { extra }) });
}

const made = <T>(evidence: "absent" | "malformed" | Made<T>): evidence is Made<T> => typeof evidence === "object";

/** The whole visit. `forgery` says how invalid signatures of the facts are invalid. */
export function visitOf(facts: Facts, forgery: Forgery): Visit {
  const grant = typeof facts.grant === "string" ? facts.grant : makeGrant(facts.grant, forgery);
  const grantBytes = made(grant) ? grant.bytes : grant === "absent" ? new Uint8Array(0) : GARBAGE;
  const ticket = typeof facts.ticket === "string" ? facts.ticket : makeTicket(facts.ticket, grantBytes, forgery);
  const ticketBytes = made(ticket) ? ticket.bytes : ticket === "absent" ? undefined : GARBAGE;
  const holder = typeof facts.grant === "string" ? key.id : facts.grant.key;
  const extra = openProofExtra(provider, transcript, grantBytes, ticketBytes);
  const proof = typeof facts.proof === "string" ? facts.proof : makeProof(facts.proof, holder, extra, forgery);
  const issuer = facts.issuer === "unknown" ? undefined : issuerKey(facts.issuer);
  const box = facts.box === "unknown" ? undefined : deviceKey(facts.box.certificate, facts.box.issuer);
  const proofBytes = made(proof) ? proof.bytes : proof === "absent" ? new Uint8Array(0) : GARBAGE;
  return {
    grant,
    proof,
    bytes: { grant: grantBytes, ticket: ticketBytes, proof: proofBytes, transcript },
    context: { provider, fleetId, issuerOf: () => issuer, boxOf: () => box, energy: facts.energy },
    presented: {
      grant: made(grant) ? evidenceOf(grant) : grant,
      grantIssuer: issuer,
      key: personOf(holder).kid,
      proof: made(proof) ? evidenceOf(proof) : proof,
      ticket: made(ticket) ? evidenceOf(ticket) : ticket,
      box,
      grantDigest: provider.sha256(grantBytes),
      energy: facts.energy,
    },
  };
}

function makeGrant(facts: GrantFacts, forgery: Forgery): Made<Parameters<typeof issueGrant>[0]> {
  return issueGrant(
    {
      sub: subOf(fromHex(facts.holder)),
      exp: facts.exp,
      nbf: facts.nbf,
      iat: facts.iat,
      cti: fromHex(facts.cti),
      cnf: { key: { kty: 1, crv: 6, x: personOf(facts.key).publicKey } },
      scope: facts.scope.map((entry): ScopeEntry => [
        entry.kind === "group" ? Number(entry.id) : fromHex(entry.id),
        entry.rights,
      ]),
    },
    facts,
    forgery,
  );
}
