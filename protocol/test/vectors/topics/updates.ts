// What becomes of an object that is brought to a cylinder which may hold another one (SPEC UPD-1 to UPD-5).
import { toHex } from "#src/bytes.ts";
import { thumbprint } from "#src/cose/cose-key.ts";
import type { ObjectName } from "#src/objects/signed-object.ts";
import {
  cylinder,
  DAY,
  DOOR,
  EPOCH,
  fixedBytes,
  issuers,
  LIST,
  NOW,
  nextSuccessor,
  type Party,
  party,
  provider,
  root,
  SHIFT,
  successor,
} from "../../support/city.ts";
import {
  accepted,
  checkFields,
  encoded,
  type Fields,
  flipped,
  type Labels,
  type Made,
  refused,
  type Vector,
  type VectorFile,
} from "../build.ts";
import { otherRoot, stranger, variantOf } from "../usual.ts";
import { ISSUER_WINDOW, issuerCertificate, storedTrust } from "./certificates.ts";

type Outcome = "stored" | "known" | "older" | "refused" | "need-certificate";

const policyIssuer = issuerCertificate(2, issuers.policy);
const listIssuer = issuerCertificate(4, issuers.list);
const held = [policyIssuer, listIssuer];
const policy = variantOf("door-policy", {});
const list = variantOf("revocation-list", {});

/** `common` of the file: what a vector does not say differently. */
const common = {
  trust: storedTrust,
  floor: { epoch: EPOCH, value: SHIFT.iat },
  held: {
    certificates: held.map(({ bytes }) => toHex(bytes)),
    cylinder: toHex(cylinder.kid),
    mount: 1,
    door: toHex(DOOR),
    policy: { epoch: EPOCH, version: 5, bytes: toHex(policy.bytes) },
    named: [LIST],
    list: { epoch: EPOCH, version: 9, bytes: toHex(list.bytes) },
  },
} as const;

interface Case {
  readonly held?: Fields;
  readonly trust?: Fields;
  readonly after?: Fields;
  readonly clauses?: string;
  /** The signature is the fault: it cannot be tried. */
  readonly signature?: "broken";
  readonly note?: string;
}

function brought(object: ObjectName, clause: string) {
  return (name: string, outcome: Outcome, made: Made, by: Party, differs: Case = {}): Vector => {
    const shown = differs.signature === "broken" ? encoded(made.bytes) : checkFields(made, { publicKey: by.publicKey });
    const fields = {
      ...(differs.note === undefined ? {} : { note: differs.note }),
      object,
      ...(differs.trust === undefined ? {} : { trust: differs.trust }),
      ...(differs.held === undefined ? {} : { held: differs.held }),
      ...shown,
      outcome,
      ...differs.after,
    };
    const title = `${object}: ${name}`;
    const clauses = differs.clauses ?? clause;
    return outcome === "stored" || outcome === "known"
      ? accepted(title, clauses, fields)
      : refused(title, clauses, outcome, fields);
  };
}

const asPolicy = brought("door-policy", "UPD-2");
const policyCase = (name: string, outcome: Outcome, labels: Labels, differs: Case = {}, by: Party = issuers.policy) =>
  asPolicy(name, outcome, variantOf("door-policy", labels, by), by, differs);
const newer: Labels = { 2: 6 };
const broken = (made: Made): Made => ({ ...made, bytes: flipped(made.bytes, -1) });
const anotherRole = party("an issuer of receipts that writes policies");

const policies: readonly Vector[] = [
  policyCase("a higher version", "stored", newer),
  policyCase("a version far higher", "stored", { 2: 900 }),
  policyCase("a higher version that deactivates", "stored", { ...newer, 6: 2 }, { clauses: "UPD-2 SVC-4" }),
  policyCase("the one that is held", "known", {}),
  policyCase("a lower version", "older", { 2: 4 }),
  policyCase("the version that is held, with other bytes", "refused", { 7: [1] }),
  policyCase(
    "a lower version, after an epoch without a policy",
    "stored",
    { 2: 1 },
    {
      held: { policy: { epoch: EPOCH, version: 0 } },
      clauses: "UPD-2 TRU-8",
      note: "Versions of lower epochs are worth (epoch, 0).",
    },
  ),
  policyCase(
    "a lower version than one of the epoch before",
    "stored",
    { 2: 1 },
    {
      held: { policy: { epoch: EPOCH - 1, version: 900, bytes: toHex(policy.bytes) } },
      clauses: "UPD-2 TRU-8",
    },
  ),
  policyCase("for another cylinder", "refused", { ...newer, 1: fixedBytes("another cylinder", 8) }),
  policyCase("for another door", "refused", { ...newer, 4: fixedBytes("another door", 8) }),
  policyCase("for the next mount", "refused", { ...newer, 5: 2 }, { clauses: "UPD-2 SVC-4" }),
  policyCase("for the mount before", "refused", newer, { held: { mount: 2 } }),
  policyCase("that dismounts", "refused", { ...newer, 6: 3 }, { clauses: "UPD-2 SVC-4" }),
  policyCase("at a cylinder that is not mounted", "refused", newer, { held: { door: null } }),
  policyCase(
    "a lower version for another door",
    "refused",
    { 2: 4, 4: fixedBytes("another door", 8) },
    {
      note: "What is not for this door is not compared.",
    },
  ),
  policyCase("whose issuer's certificate is not held", "need-certificate", newer, {
    held: { certificates: [toHex(listIssuer.bytes)] },
    clauses: "UPD-1",
  }),
  policyCase(
    "before the window of the certificate that is held",
    "need-certificate",
    { ...newer, 3: ISSUER_WINDOW.nbf - 1 },
    {
      clauses: "UPD-1 OPN-9 TRU-4",
      note: "None is held under which it could have been issued.",
    },
  ),
  policyCase(
    "whose issuer's certificate has another role",
    "need-certificate",
    newer,
    {
      held: { certificates: [toHex(issuerCertificate(8, anotherRole).bytes)] },
      clauses: "UPD-1 OPN-9 TRU-4",
    },
    anotherRole,
  ),
  policyCase(
    "under a renewed certificate beside the old one",
    "stored",
    { ...newer, 3: NOW },
    {
      held: {
        certificates: [
          toHex(issuerCertificate(2, issuers.policy, { 4: NOW - DAY }).bytes),
          toHex(issuerCertificate(2, issuers.policy, { 3: NOW - 2 * DAY }).bytes),
        ],
      },
      clauses: "UPD-1 UPD-2 OPN-9",
    },
  ),
  asPolicy("whose signature does not hold", "refused", broken(variantOf("door-policy", newer)), issuers.policy, {
    clauses: "UPD-1",
    signature: "broken",
  }),
];

const asList = brought("revocation-list", "UPD-3");
const listCase = (name: string, outcome: Outcome, labels: Labels, differs: Case = {}, by: Party = issuers.list) =>
  asList(name, outcome, variantOf("revocation-list", labels, by), by, differs);
const lists: readonly Vector[] = [
  listCase("a higher version", "stored", { 2: 10 }),
  listCase("a higher version without entries", "stored", { 2: 10, 4: [] }),
  listCase("the first one", "stored", {}, { held: { list: null } }),
  listCase("the one that is held", "known", {}),
  listCase("a lower version", "older", { 2: 8 }),
  listCase("the version that is held, with other bytes", "refused", { 3: NOW }),
  listCase(
    "a lower version than one of the epoch before",
    "stored",
    { 2: 1 },
    {
      held: { list: { epoch: EPOCH - 1, version: 900, bytes: toHex(list.bytes) } },
      clauses: "UPD-3 TRU-8",
    },
  ),
  listCase("that the policy does not name", "refused", { 1: LIST + 1, 2: 10 }),
  listCase(
    "that the policy does not name, and the first one",
    "refused",
    { 2: 10 },
    {
      held: { list: null, named: [LIST + 1, LIST + 2] },
    },
  ),
  listCase("where the policy names none", "refused", { 2: 10 }, { held: { named: [] } }),
  listCase(
    "whose issuer's certificate is not held",
    "need-certificate",
    { 2: 10 },
    {
      held: { certificates: [toHex(policyIssuer.bytes)] },
      clauses: "UPD-1",
    },
  ),
  listCase(
    "outside the lists of its issuer's certificate",
    "need-certificate",
    { 2: 10 },
    {
      held: { certificates: [toHex(issuerCertificate(4, issuers.list, { 6: [LIST + 1] }).bytes)] },
      clauses: "UPD-1 OPN-9 TRU-6",
    },
  ),
  asList("whose signature does not hold", "refused", broken(variantOf("revocation-list", { 2: 10 })), issuers.list, {
    clauses: "UPD-1",
    signature: "broken",
  }),
];

const asCertificate = brought("certificate", "UPD-4");
const grantIssuer = issuerCertificate(1, issuers.grant);
const unchanged = { trustAfter: storedTrust, floorAfter: common.floor } as const;
const opens = (epoch: number, value: number): Fields => ({
  trustAfter: { ...storedTrust, epoch },
  floorAfter: { epoch, value },
});
const certificates: readonly Vector[] = [
  asCertificate("a new one", "stored", grantIssuer, root, { after: unchanged }),
  asCertificate("the one that is held", "known", policyIssuer, root, { after: unchanged }),
  asCertificate(
    "a renewed one beside the one that is held",
    "stored",
    issuerCertificate(2, issuers.policy, { 3: NOW - DAY }),
    root,
    { after: unchanged },
  ),
  asCertificate(
    "one that began earlier than the one that is held",
    "stored",
    issuerCertificate(2, issuers.policy, { 3: NOW - 40 * DAY, 4: NOW + 700 * DAY }),
    root,
    { after: unchanged, note: "Of two certificates neither is the newer one." },
  ),
  asCertificate("of the next epoch", "stored", issuerCertificate(1, issuers.grant, { 5: EPOCH + 1 }), root, {
    after: opens(EPOCH + 1, ISSUER_WINDOW.nbf),
    clauses: "UPD-4 TRU-8",
  }),
  asCertificate("16 epochs ahead", "stored", issuerCertificate(1, issuers.grant, { 5: EPOCH + 16 }), root, {
    after: opens(EPOCH + 16, ISSUER_WINDOW.nbf),
    clauses: "UPD-4 TRU-8",
  }),
  asCertificate("17 epochs ahead", "refused", issuerCertificate(1, issuers.grant, { 5: EPOCH + 17 }), root, {
    clauses: "UPD-1 TRU-8",
  }),
  asCertificate("of an epoch that has ended", "refused", issuerCertificate(1, issuers.grant, { 5: EPOCH - 1 }), root, {
    clauses: "UPD-1 TRU-5",
  }),
  asCertificate("whose signature does not hold", "refused", broken(grantIssuer), root, {
    clauses: "UPD-1",
    signature: "broken",
  }),
];

const asTransition = brought("root-transition", "UPD-5");
const transition = (labels: Labels, by: Party): Made => variantOf("root-transition", labels, by);
const trustAfter = {
  ...storedTrust,
  rootPublicKey: toHex(successor.publicKey),
  successorThumbprint: toHex(thumbprint(provider, nextSuccessor.publicKey)),
} as const;
const transitions: readonly Vector[] = [
  asTransition("of the stored successor", "stored", transition({}, successor), successor, {
    after: { trustAfter: { ...trustAfter, epoch: EPOCH + 1 }, floorAfter: { epoch: EPOCH + 1, value: NOW } },
    clauses: "UPD-5 TRU-9",
  }),
  asTransition(
    "of the stored successor, many epochs on",
    "stored",
    transition({ 3: EPOCH + 40 }, successor),
    successor,
    {
      after: { trustAfter: { ...trustAfter, epoch: EPOCH + 40 }, floorAfter: { epoch: EPOCH + 40, value: NOW } },
      clauses: "UPD-5 TRU-9",
    },
  ),
  asTransition("of the present root", "known", transition({}, successor), successor, {
    trust: { ...trustAfter, epoch: EPOCH + 1 },
  }),
  asTransition(
    "of a key that nobody announced",
    "refused",
    transition({ 1: otherRoot.publicKey }, otherRoot),
    otherRoot,
  ),
  asTransition(
    "of the successor's successor",
    "refused",
    transition({ 1: nextSuccessor.publicKey, 2: thumbprint(provider, stranger.publicKey) }, nextSuccessor),
    nextSuccessor,
    { clauses: "UPD-5 TRU-15" },
  ),
  asTransition(
    "of the stored successor, in the present epoch",
    "refused",
    transition({ 3: EPOCH }, successor),
    successor,
    {
      clauses: "UPD-1 TRU-9",
    },
  ),
  asTransition("whose signature does not hold", "refused", broken(transition({}, successor)), successor, {
    clauses: "UPD-1 TRU-9",
    signature: "broken",
  }),
];

export const updates: VectorFile = {
  description:
    "What becomes of one object that an `update` brings to a cylinder: `outcome` as in the CDDL. The cylinder has `trust`, `floor` and `held`: the certificates of the root that it holds; its kid, its mount number, its `door` (null: not mounted), the version of its policy as a pair with the policy's bytes (absent where only the version is left), the lists that the policy `named`, and the version and bytes of the list that is brought, or null. No list that it holds voids anything. `trustAfter` and `floorAfter` are what it has then, after certificates and RootTransitions that were accepted. `valid` is whether the object is held in the end, and `reason` the outcome where it is not.",
  common,
  vectors: [...policies, ...lists, ...certificates, ...transitions],
};
