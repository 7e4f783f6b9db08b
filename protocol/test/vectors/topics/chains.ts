// Who may say what (SPEC chapter 4), and what binds an object to one session (SPEC OBJ-16 to OBJ-20).
import { toHex } from "#src/bytes.ts";
import type { ObjectName } from "#src/objects/signed-object.ts";
import {
  box,
  DAY,
  EPOCH,
  fixedBytes,
  fleetId,
  GROUP,
  host,
  issuers,
  LIST,
  NOW,
  type Party,
  root,
  SHIFT,
  station,
} from "../../support/city.ts";
import {
  accepted,
  checkFields,
  type Labels,
  type Made,
  make,
  refused,
  type Vector,
  type VectorFile,
} from "../build.ts";
import * as u from "../usual.ts";
import {
  deviceCertificate,
  deviceIssuer,
  hexOf,
  ISSUER_WINDOW,
  issuerCertificate,
  storedTrust,
  windowOf,
} from "./certificates.ts";
import { sessionCases } from "./chains-session.ts";
import { stateCases } from "./chains-state.ts";

type Fields = Readonly<Record<string, unknown>>;

const grantIssuer = issuerCertificate(1, issuers.grant);
const boxCertificate = deviceCertificate(128, box);
const certificatesOf = (...made: readonly Made[]): Fields => ({ certificates: hexOf(...made) });

/** What of the stored trust is not as usual. */
const trusting = (differs: Fields = {}): Fields => (Object.keys(differs).length === 0 ? {} : { trust: differs });
const chainFields = (made: readonly Made[], differs?: Fields): Fields => ({
  operation: "chain",
  ...trusting(differs),
  ...certificatesOf(...made),
});

const chain = (name: string, clauses: string, signer: Fields, made: readonly Made[], differs?: Fields): Vector =>
  accepted(`chain: ${name}`, clauses, { ...chainFields(made, differs), signer });
const badChain = (name: string, clauses: string, reason: string, made: readonly Made[], differs?: Fields): Vector =>
  refused(`chain: ${name}`, clauses, reason, chainFields(made, differs));

const signerOf = (level: string, { kid }: Party, roles: number, epoch = EPOCH): Fields => ({
  level,
  kid: toHex(kid),
  roles,
  epoch,
});
const boxSigner = signerOf("device", box, 128);

/** A device issuer with a short window, so that a device's certificate can reach over its ends. */
const shortIssuer = issuerCertificate(32, issuers.device, windowOf(NOW - 10 * DAY, NOW + 10 * DAY));

const chains: readonly Vector[] = [
  chain("an issuer's certificate", "TRU-3", signerOf("issuer", issuers.grant, 1), [grantIssuer]),
  chain("a device's certificate and its issuer's", "TRU-3 TRU-4 TRU-5", boxSigner, [boxCertificate, deviceIssuer]),
  chain("an issuer's certificate of a higher epoch", "TRU-5 TRU-8", signerOf("issuer", issuers.grant, 1, EPOCH + 1), [
    issuerCertificate(1, issuers.grant, { 5: EPOCH + 1 }),
  ]),
  chain("a device's window equal to its issuer's", "TRU-4", boxSigner, [
    deviceCertificate(128, box, windowOf(NOW - 10 * DAY, NOW + 10 * DAY)),
    shortIssuer,
  ]),
  badChain("a device's window that begins a second before its issuer's", "TRU-4", "trust/window", [
    deviceCertificate(128, box, windowOf(NOW - 10 * DAY - 1, NOW + 10 * DAY)),
    shortIssuer,
  ]),
  badChain("a device's window that ends a second after its issuer's", "TRU-4", "trust/window", [
    deviceCertificate(128, box, windowOf(NOW - 10 * DAY, NOW + 10 * DAY + 1)),
    shortIssuer,
  ]),
  badChain("no certificate", "TRU-3", "trust/chain-length", []),
  badChain("three certificates", "TRU-3", "trust/chain-length", [boxCertificate, deviceIssuer, grantIssuer]),
  badChain("the two in the other order", "TRU-3", "trust/issuer-unknown", [deviceIssuer, boxCertificate]),
  badChain("a device role signed by the root", "TRU-3", "trust/role", [deviceCertificate(128, box, {}, root)]),
  badChain("an issuer role signed by a device issuer", "TRU-3", "trust/role", [
    issuerCertificate(1, issuers.grant, windowOf(NOW, NOW + DAY), issuers.device),
    deviceIssuer,
  ]),
  badChain("a device's certificate by a grant issuer", "TRU-3", "trust/role", [
    deviceCertificate(128, box, {}, issuers.grant),
    grantIssuer,
  ]),
  badChain("a device's certificate by a device", "TRU-3", "trust/issuer-unknown", [
    deviceCertificate(128, u.newDevice, {}, box),
    boxCertificate,
  ]),
  badChain("a device's certificate by another device issuer", "TRU-3 COS-11", "trust/issuer-unknown", [
    deviceCertificate(128, box, {}, u.stranger),
    deviceIssuer,
  ]),
  badChain("an issuer's certificate by a stranger", "TRU-1 TRU-3", "trust/issuer-unknown", [
    issuerCertificate(1, issuers.grant, {}, u.stranger),
  ]),
  badChain("an issuer's certificate by a stranger in the root's name", "TRU-1 COS-11", "cose/signature-invalid", [
    inNameOf(root, { 1: 1, 2: issuers.grant.publicKey, 3: ISSUER_WINDOW.nbf, 4: ISSUER_WINDOW.exp, 5: EPOCH }),
  ]),
  badChain("a device's certificate by a stranger in the issuer's name", "TRU-3 COS-11", "cose/signature-invalid", [
    inNameOf(issuers.device, { 1: 128, 2: box.publicKey, 3: NOW, 4: NOW + DAY, 5: EPOCH }),
    deviceIssuer,
  ]),
  badChain("an issuer's certificate for another fleet", "TRU-2 COS-6", "cose/signature-invalid", [
    issuerCertificate(1, issuers.grant, {}, root, u.otherFleet),
  ]),
  badChain("the root of another fleet", "TRU-1", "trust/issuer-unknown", [grantIssuer], {
    rootPublicKey: toHex(u.otherRoot.publicKey),
  }),
  badChain("an issuer's certificate of an ended epoch", "TRU-5", "trust/epoch", [
    issuerCertificate(1, issuers.grant, { 5: EPOCH - 1 }),
  ]),
  badChain("a receiver in a later epoch", "TRU-5 TRU-8", "trust/epoch", [boxCertificate, deviceIssuer], {
    epoch: EPOCH + 1,
  }),
  badChain("a device's certificate of an epoch below its issuer's", "TRU-5", "trust/epoch", [
    deviceCertificate(128, box, { 5: EPOCH - 1 }),
    deviceIssuer,
  ]),
  badChain("a device's certificate of an epoch above its issuer's", "TRU-5", "trust/epoch", [
    deviceCertificate(128, box, { 5: EPOCH + 1 }),
    deviceIssuer,
  ]),
];

function inNameOf(name: Party, payload: Labels): Made {
  return make("certificate", payload, { by: u.stranger, kid: name.kid });
}

/** An object under a chain: what `verify` for its kind is given besides the object is the chain and the trust. */
function objectFields(kind: ObjectName, payload: Labels, by: Party, made: readonly Made[], differs: Fields): Fields {
  const { extra } = u.usual[kind];
  const object = make(kind, { ...u.usual[kind].payload, ...payload }, { by, extra });
  const checking = checkFields(object, { publicKey: by.publicKey, extra });
  return { operation: "object", ...trusting(differs), ...certificatesOf(...made), object: kind, ...checking };
}

interface Under {
  readonly by?: Party;
  readonly chain: readonly Made[];
  readonly trust?: Fields;
}
const under = (
  kind: ObjectName,
  name: string,
  clauses: string,
  payload: Labels,
  { by, chain, trust = {} }: Under,
): Vector => accepted(`object: ${name}`, clauses, objectFields(kind, payload, by ?? u.usual[kind].by, chain, trust));
const notUnder = (
  kind: ObjectName,
  name: string,
  clauses: string,
  reason: string,
  payload: Labels,
  { by, chain, trust = {} }: Under,
): Vector =>
  refused(`object: ${name}`, clauses, reason, objectFields(kind, payload, by ?? u.usual[kind].by, chain, trust));

const policyIssuer = issuerCertificate(2, issuers.policy);
const issuerOfGrants = (nbf: number, exp: number): Under => ({
  chain: [issuerCertificate(1, issuers.grant, windowOf(nbf, exp))],
});
const bounded = (...groups: readonly number[]): Under => ({
  chain: [issuerCertificate(1, issuers.grant, { 6: groups })],
});
const boundedLists = (...lists: readonly number[]): Under => ({
  chain: [issuerCertificate(4, issuers.list, { 6: lists })],
});
const DOOR_A = fixedBytes("door", 8);
const rolesOf: readonly (readonly [ObjectName, number, Party])[] = [
  ["grant", 1, issuers.grant],
  ["door-policy", 2, issuers.policy],
  ["revocation-list", 4, issuers.list],
  ["upload-receipt", 8, issuers.receipt],
  ["pin-verifier", 32, issuers.device],
];
/** Kinds that have an iat and no exp: its label, and who issues them. */
const iatOf: readonly (readonly [ObjectName, label: number, role: number, by: Party])[] = [
  ["door-policy", 3, 2, issuers.policy],
  ["revocation-list", 3, 4, issuers.list],
  ["upload-receipt", 4, 8, issuers.receipt],
  ["pin-verifier", 5, 32, issuers.device],
];
const boxFor = (nbf: number, exp: number): Under => ({
  chain: [deviceCertificate(128, box, windowOf(nbf, exp)), deviceIssuer],
});
const [FROM, UNTIL] = [SHIFT.nbf + 1800, SHIFT.exp] as const;

const objects: readonly Vector[] = [
  ...rolesOf.map(([kind, role, by]) =>
    under(kind, `${kind} under its issuer`, "TRU-3 TRU-4", {}, { chain: [issuerCertificate(role, by)] }),
  ),
  ...rolesOf.map(([kind, role, by]) =>
    notUnder(
      kind,
      `${kind} under an issuer with another role`,
      "TRU-4",
      "trust/role",
      {},
      {
        chain: [issuerCertificate(role === 16 ? 1 : 16, by)],
      },
    ),
  ),
  ...rolesOf.map(([kind, role]) =>
    notUnder(
      kind,
      `${kind} by an issuer whose certificate is not at hand`,
      "COS-11",
      "trust/issuer-unknown",
      {},
      {
        chain: [issuerCertificate(role, u.stranger)],
      },
    ),
  ),
  under("grant", "grant, iat = cert.nbf and exp = cert.exp", "TRU-4", {}, issuerOfGrants(SHIFT.iat, SHIFT.exp)),
  notUnder(
    "grant",
    "grant, iat a second before cert.nbf",
    "TRU-4",
    "trust/window",
    {},
    issuerOfGrants(SHIFT.iat + 1, SHIFT.exp),
  ),
  notUnder(
    "grant",
    "grant, exp a second after cert.exp",
    "TRU-4",
    "trust/window",
    {},
    issuerOfGrants(SHIFT.iat, SHIFT.exp - 1),
  ),
  under("door-policy", "policy, iat = cert.nbf", "TRU-4", { 3: ISSUER_WINDOW.nbf }, { chain: [policyIssuer] }),
  // An issuer whose certificate has ended signs nothing more, also where the object has no exp.
  ...iatOf.flatMap(([kind, label, role, by]) => {
    const chain = [issuerCertificate(role, by)];
    return [
      under(kind, `${kind}, iat a second before cert.exp`, "TRU-4", { [label]: ISSUER_WINDOW.exp - 1 }, { chain }),
      notUnder(kind, `${kind}, iat = cert.exp`, "TRU-4", "trust/window", { [label]: ISSUER_WINDOW.exp }, { chain }),
      notUnder(
        kind,
        `${kind}, iat before cert.nbf`,
        "TRU-4",
        "trust/window",
        { [label]: ISSUER_WINDOW.nbf - 1 },
        { chain },
      ),
    ];
  }),
  under("activation-ticket", "ticket, from = cert.nbf and until = cert.exp", "TRU-4 OBJ-6", {}, boxFor(FROM, UNTIL)),
  notUnder(
    "activation-ticket",
    "ticket, from a second before cert.nbf",
    "TRU-4 OBJ-6",
    "trust/window",
    {},
    boxFor(FROM + 1, UNTIL),
  ),
  notUnder(
    "activation-ticket",
    "ticket, until a second after cert.exp",
    "TRU-4 OBJ-6",
    "trust/window",
    {},
    boxFor(FROM, UNTIL - 1),
  ),
  notUnder(
    "activation-ticket",
    "ticket by a station",
    "TRU-3 TRU-4",
    "trust/role",
    {},
    {
      by: station,
      chain: [deviceCertificate(64 | 512, station), deviceIssuer],
    },
  ),
  notUnder(
    "activation-ticket",
    "ticket by an issuer",
    "TRU-3 TRU-4",
    "trust/role",
    {},
    { by: issuers.device, chain: [deviceIssuer] },
  ),
  notUnder(
    "grant",
    "grant by a certified box",
    "TRU-3 TRU-4",
    "trust/role",
    {},
    { by: box, chain: [boxCertificate, deviceIssuer] },
  ),
  notUnder(
    "grant",
    "grant by the root itself",
    "TRU-3",
    "trust/issuer-unknown",
    {},
    { by: root, chain: [grantIssuer] },
  ),
  under(
    "grant",
    "grant of two groups within a bounded issuer's",
    "TRU-6",
    { 9: u.scope([GROUP, 1], [GROUP + 1, 1]) },
    bounded(GROUP, GROUP + 1, GROUP + 2),
  ),
  under(
    "grant",
    "grant that excludes a door, by a bounded issuer",
    "TRU-6",
    { 9: u.scope([GROUP, 1], [DOOR_A, 0]) },
    bounded(GROUP),
  ),
  notUnder(
    "grant",
    "grant of a group that its issuer may not grant",
    "TRU-6",
    "trust/groups",
    { 9: u.scope([GROUP, 1], [GROUP + 1, 1]) },
    bounded(GROUP),
  ),
  notUnder(
    "grant",
    "grant of a door, by a bounded issuer",
    "TRU-6",
    "trust/groups",
    { 9: u.scope([GROUP, 1], [DOOR_A, 1]) },
    bounded(GROUP),
  ),
  under("revocation-list", "list that its issuer may write", "TRU-6", {}, boundedLists(LIST)),
  notUnder(
    "revocation-list",
    "list that its issuer may not write",
    "TRU-6",
    "trust/groups",
    {},
    boundedLists(LIST + 1),
  ),
  notUnder(
    "grant",
    "grant under a certificate of an epoch that ended meanwhile",
    "TRU-5",
    "trust/epoch",
    {},
    {
      chain: [grantIssuer],
      trust: { epoch: EPOCH + 1 },
    },
  ),
  under(
    "host-command",
    "command of a certified host",
    "OBJ-19 SRV-2",
    {},
    { chain: [deviceCertificate(256, host), deviceIssuer] },
  ),
  notUnder(
    "host-command",
    "command under role collector",
    "OBJ-19 SRV-2",
    "trust/role",
    {},
    { chain: [deviceCertificate(512, host), deviceIssuer] },
  ),
];

export const chainsFile: VectorFile = {
  description:
    "Who may say what (SPEC chapter 4), and what binds an object to one session (SPEC OBJ-16 to OBJ-20). `operation` says what is judged. `common` is what every vector has besides, as far as it does not say otherwise. chain: `certificates` ([issuer's], or [device's, its issuer's]) under the stored `trust` give the `signer`. object: `bytes` of kind `object` under that chain, with the role that the kind asks for. root-transition, device-transfer, adopt-certificate: `trust` and `floor` become `trustAfter` and `floorAfter`. The others: an object in a session whose facts `session` tells. `publicKey` and `toBeSigned` are for checking the signature alone.",
  common: { trust: storedTrust, fleetId: toHex(fleetId) },
  vectors: [...chains, ...objects, ...stateCases, ...sessionCases()],
};
