/** Facts of oracle.ts turned into what the package takes: a Door, and signed objects with real certificates. */

import { authorize, type Decision, type Door, type Evidence, type Presented } from "#src/authorize/authorize.ts";
import type { ExamineContext, OpenBytes } from "#src/authorize/examine.ts";
import { fromHex } from "#src/bytes.ts";
import type { CryptoProvider } from "#src/crypto/provider.ts";
import { type ActivationTicket, activationTicketObject } from "#src/objects/activation-ticket.ts";
import { type Certificate, certificateObject } from "#src/objects/certificate.ts";
import { type Grant, grantObject, type ScopeEntry, subOf } from "#src/objects/grant.ts";
import {
  type OpenProof,
  type OpenTranscript,
  openProofExtra,
  openProofObject,
  type ProofSubject,
  verifyOpenProof,
} from "#src/objects/open-proof.ts";
import type { RevocationEntry } from "#src/objects/revocation-list.ts";
import { issueObject, type ObjectKind, parseObject, type Verified, verifyObject } from "#src/objects/signed-object.ts";
import type { DeviceKey, IssuerKey } from "#src/objects/trust.ts";
import type { CertificateFacts, DoorFacts, EntryFacts, Facts, GrantFacts, ProofFacts, TicketFacts } from "./oracle.ts";
import { fleetId, idOf, key, type Person, personOf, provider, rogue, root, signerOf } from "./people.ts";

/** How a signature of the facts is wrong: bytes that verify under nothing, or a good signature of somebody else. */
export type Forgery = "tampered" | "another-key";

export const transcript: OpenTranscript = {
  hello: Uint8Array.of(0xa1, 1, 1),
  challenge: Uint8Array.of(0xa1, 1, 2),
  updates: [],
};

export function doorOf({ door }: Facts): Door {
  return {
    rootPublicKey: root.publicKey,
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

/** Facts as bytes, and as the evidence that a door has when it has verified them. */
export interface Visit {
  readonly bytes: OpenBytes;
  readonly context: ExamineContext;
  readonly presented: Presented;
}

const GARBAGE: Uint8Array = Uint8Array.of(0x84, 0x51, 0xff);

/**
 * For `authorize`, which sees whether an object is verified and never a signature: signs with zeros and believes them.
 * Objects by the thousand cost a tenth so.
 */
export const gullible: CryptoProvider = { ...provider, sign: () => new Uint8Array(64), verify: () => true };

/** The whole visit. `forgery` says how the signatures that the facts call invalid are wrong. */
export function visitOf(
  facts: Facts,
  forgery: Forgery,
  by: CryptoProvider = provider,
  session: OpenTranscript = transcript,
): Visit {
  const holder = typeof facts.grant === "string" ? key : personOf(facts.grant.key);
  const grant = signedAs(facts.grant, (g) =>
    issue(grantObject, grantValue(g), { provider: by, by: g.by, signature: g.signature, forgery }),
  );
  const grantBytes = grant.bytes ?? new Uint8Array(0);
  const grantDigest = provider.sha256(grantBytes);
  const ticket = signedAs(facts.ticket, (t) =>
    issue(activationTicketObject, ticketValue(t, grantDigest), {
      provider: by,
      by: t.by,
      signature: t.signature,
      forgery,
    }),
  );
  const isService = typeof facts.proof === "object" && facts.proof.action === "service";
  const { hello, challenge } = session;
  // A proof with action service belongs to a `lifecycle` (SPEC SVC-4, SVC-7).
  const said = isService ? { hello, welcome: challenge, policy: GARBAGE } : session;
  const extra = openProofExtra(provider, said, grantBytes, ticket.bytes);
  const proof = signedAs(facts.proof, (p) =>
    issue(openProofObject, proofValue(p), { provider: by, by: holder.id, signature: p.signature, forgery, extra }),
  );
  const subject = { transcript: said, grant: grantBytes, ticket: ticket.bytes };
  const grantIssuer = facts.issuer === "unknown" ? undefined : issuerKey(facts.issuer, by);
  const ticketBox = facts.box === "unknown" ? undefined : deviceKey(facts.box, by);
  const { energy } = facts;
  return {
    bytes: { grant: grantBytes, ticket: ticket.bytes, proof: proof.bytes ?? new Uint8Array(0), transcript: said },
    context: {
      provider: by,
      fleetId,
      issuersOf: () => present(grantIssuer),
      boxesOf: () => present(ticketBox),
      energy,
    },
    presented: {
      provider: by,
      grant: grant.evidence,
      grantIssuer,
      proof: bound(proof.evidence, by, subject),
      ticket: ticket.evidence,
      box: ticketBox,
      energy,
    },
  };
}

/** What `authorize` decides of facts. */
export function decide(facts: Facts, forgery: Forgery = "tampered"): Decision {
  return authorize(doorOf(facts), visitOf(facts, forgery, gullible).presented);
}

/** The candidates of a look-up that finds one or none. */
const present = <K>(key: K | undefined): readonly K[] => (key === undefined ? [] : [key]);

/** `permit`, or the reason. */
export function outcomeOf(decision: Decision): string {
  return decision.verdict === "refuse" ? decision.reason : "permit";
}

/** What a door makes of a proof that verifies: with the grant and ticket that it is for. */
function bound(proof: Evidence<OpenProof>, by: CryptoProvider, subject: ProofSubject): Presented["proof"] {
  if (typeof proof === "string" || proof.state === "unverified") return proof;
  const { publicKey, bytes } = proof;
  return verifyOpenProof(parseObject(openProofObject, bytes), { provider: by, publicKey, fleetId }, subject);
}

interface Sent<T> {
  readonly bytes: Uint8Array | undefined;
  readonly evidence: Evidence<T>;
}

function signedAs<F extends object, T>(facts: "absent" | "malformed" | F, sign: (facts: F) => Sent<T>): Sent<T> {
  if (typeof facts === "object") return sign(facts);
  return { bytes: facts === "absent" ? undefined : GARBAGE, evidence: facts };
}

interface Signing {
  readonly provider: CryptoProvider;
  readonly by: string;
  readonly signature: "valid" | "invalid";
  readonly forgery: Forgery;
  readonly extra?: readonly Uint8Array[];
}

function issue<T>(kind: ObjectKind<T>, value: T, { provider, by, signature, forgery, extra }: Signing): Sent<T> {
  const owner = { ...signerOf(personOf(by)), provider };
  const foreign = signature === "invalid" && forgery === "another-key";
  const { bytes } = issueObject(kind, value, foreign ? { ...owner, seed: rogue.seed } : owner, extra);
  if (signature === "invalid" && forgery === "tampered") {
    const tampered = new Uint8Array(bytes);
    tampered[bytes.length - 40] = (tampered[bytes.length - 40] ?? 0) ^ 1;
    return { bytes: tampered, evidence: parseObject(kind, tampered) };
  }
  const { publicKey } = foreign ? rogue : personOf(by);
  const bound = extra === undefined ? {} : { extra };
  return { bytes, evidence: verifyObject(parseObject(kind, bytes), { provider, publicKey, fleetId, ...bound }) };
}

function grantValue(facts: GrantFacts): Grant {
  return {
    sub: subOf(fromHex(facts.holder)),
    exp: facts.exp,
    nbf: facts.nbf,
    iat: facts.iat,
    cti: fromHex(facts.cti),
    cnf: { key: { kty: 1, crv: 6, x: personOf(facts.key).publicKey } },
    scope: facts.scope.map(({ kind, id, rights }): ScopeEntry => [kind === "group" ? Number(id) : fromHex(id), rights]),
  };
}

function ticketValue({ binds, from, until }: TicketFacts, grantDigest: Uint8Array): ActivationTicket {
  const digest = binds === "this-grant" ? grantDigest : provider.sha256(grantDigest);
  return { grantDigest: digest, from, until, method: "pin", boxCounter: 1 };
}

function proofValue({ lo, width, quality, action, carried }: ProofFacts): OpenProof {
  return {
    lo,
    widthSeconds: width,
    quality,
    keyCounter: 1,
    action,
    timeSource: fromHex(idOf("station")),
    carried: {
      epoch: carried.epoch,
      policy: carried.policy,
      lists: carried.lists.map(({ id, version }) => [id, version] as const),
    },
  };
}

function certificateValue({ kid, roles, nbf, exp, epoch, groups }: CertificateFacts): Certificate {
  const bounded = groups === "unbounded" ? {} : { groups };
  return { roles, publicKey: personOf(kid).publicKey, nbf, exp, epoch, ...bounded };
}

/** Without the rules of chapter 5, of which one costs a millisecond a key (SPEC CRY-7); `representable` keeps to the others. */
const certificateForm: ObjectKind<Certificate> = { name: "certificate", kid: "sent", schema: certificateObject.schema };

function certified(facts: CertificateFacts, signer: Person, provider: CryptoProvider): Verified<Certificate> {
  const { bytes } = issueObject(certificateForm, certificateValue(facts), { ...signerOf(signer), provider });
  return verifyObject(parseObject(certificateForm, bytes), { provider, publicKey: signer.publicKey, fleetId });
}

function issuerKey(facts: CertificateFacts, by: CryptoProvider): IssuerKey {
  return { level: "issuer", kid: personOf(facts.kid).kid, certificate: certified(facts, root, by) };
}

function deviceKey(facts: Exclude<Facts["box"], "unknown">, by: CryptoProvider): DeviceKey {
  const { kid } = personOf(facts.certificate.kid);
  const certificate = certified(facts.certificate, personOf(facts.issuer.kid), by);
  return { level: "device", kid, certificate, issuer: issuerKey(facts.issuer, by) };
}
