// How a device comes to trust another root, epoch or fleet (SPEC TRU-8 to TRU-10).
import { toHex } from "#src/bytes.ts";
import { thumbprint } from "#src/cose/cose-key.ts";
import type { ObjectName } from "#src/objects/signed-object.ts";
import {
  box,
  cylinder,
  DAY,
  EPOCH,
  issuers,
  NOW,
  nextSuccessor,
  type Party,
  provider,
  root,
  SHIFT,
  successor,
} from "../../support/city.ts";
import { accepted, checkFields, type Fields, type Labels, type Made, make, refused, type Vector } from "../build.ts";
import * as u from "../usual.ts";
import { hexOf, ISSUER_WINDOW, issuerCertificate, storedTrust } from "./certificates.ts";

/** Trust and floor change together. */
const stateBefore = { floor: { epoch: EPOCH, value: SHIFT.iat } } as const;

function transition(name: string, differs: Labels, by: Party, verdict: Verdict): Vector {
  return stateVector(
    "root-transition",
    name,
    "TRU-9",
    make("root-transition", { ...u.usual["root-transition"].payload, ...differs }, { by }),
    by,
    verdict,
  );
}

/** The state afterwards, or why there is none. */
type Verdict = Fields & { readonly reason?: string };

function stateVector(
  kind: ObjectName,
  name: string,
  clauses: string,
  made: Made,
  by: Party,
  verdict: Verdict,
  session: Fields = {},
): Vector {
  const given = {
    operation: kind,
    ...stateBefore,
    ...session,
    object: kind,
    ...checkFields(made, { publicKey: by.publicKey }),
  };
  const { reason } = verdict;
  return typeof reason === "string"
    ? refused(`${kind}: ${name}`, clauses, reason, given)
    : accepted(`${kind}: ${name}`, clauses, { ...given, ...verdict });
}

const nextThumbprint = toHex(thumbprint(provider, nextSuccessor.publicKey));
const transitions: readonly Vector[] = [
  transition("the announced successor", {}, successor, {
    trustAfter: {
      ...storedTrust,
      rootPublicKey: toHex(successor.publicKey),
      successorThumbprint: nextThumbprint,
      epoch: EPOCH + 1,
    },
    floorAfter: { epoch: EPOCH + 1, value: NOW },
  }),
  transition("a floor below the present one, in the new epoch", { 4: SHIFT.iat - DAY }, successor, {
    trustAfter: {
      ...storedTrust,
      rootPublicKey: toHex(successor.publicKey),
      successorThumbprint: nextThumbprint,
      epoch: EPOCH + 1,
    },
    floorAfter: { epoch: EPOCH + 1, value: SHIFT.iat - DAY },
  }),
  transition("a door that has missed epochs", { 3: EPOCH + 100 }, successor, {
    trustAfter: {
      ...storedTrust,
      rootPublicKey: toHex(successor.publicKey),
      successorThumbprint: nextThumbprint,
      epoch: EPOCH + 100,
    },
    floorAfter: { epoch: EPOCH + 100, value: NOW },
  }),
  transition("another key than the announced one", { 1: u.stranger.publicKey }, u.stranger, {
    reason: "trust/successor",
  }),
  transition("the present root itself", { 1: root.publicKey }, root, { reason: "trust/successor" }),
  transition("the same epoch again", { 3: EPOCH }, successor, { reason: "trust/epoch-step" }),
  transition("an ended epoch", { 3: EPOCH - 1 }, successor, { reason: "trust/epoch-step" }),
  stateVector(
    "root-transition",
    "the root's kid on it",
    "TRU-9",
    make("root-transition", u.usual["root-transition"].payload, { by: successor, kid: root.kid }),
    successor,
    { reason: "objects/kid-differs" },
  ),
  stateVector(
    "root-transition",
    "signed by the present root in the successor's name",
    "TRU-9",
    make("root-transition", u.usual["root-transition"].payload, { by: root, kid: successor.kid }),
    successor,
    { reason: "cose/signature-invalid" },
  ),
];

const transferSession = {
  session: { device: toHex(cylinder.kid), nonce: toHex(u.nonces.door), mounting: "loose" },
};
const moved = u.usual["device-transfer"].payload;
function transfer(name: string, differs: Labels, verdict: Verdict, by: Party = root, kid?: Uint8Array): Vector {
  const made = make("device-transfer", { ...moved, ...differs }, { by, ...(kid === undefined ? {} : { kid }) });
  return stateVector("device-transfer", name, "TRU-10", made, kid === undefined ? by : root, verdict, transferSession);
}
const mounted = { session: { ...transferSession.session, mounting: "mounted" } };
const transfers: readonly Vector[] = [
  stateVector(
    "device-transfer",
    "a cylinder on a door",
    "TRU-10",
    make("device-transfer", moved, { by: root }),
    root,
    { reason: "trust/mounted" },
    mounted,
  ),
  transfer(
    "signed by the present root",
    {},
    {
      trustAfter: {
        rootPublicKey: toHex(u.otherRoot.publicKey),
        successorThumbprint: toHex(moved[2] as Uint8Array),
        fleetId: toHex(u.otherFleet),
        epoch: 1,
      },
      floorAfter: { epoch: 1, value: NOW },
    },
  ),
  transfer("another device's", { 5: box.kid }, { reason: "objects/other-device" }),
  transfer("another session's nonce", { 6: u.nonces.station }, { reason: "objects/nonce" }),
  transfer("signed by the receiving root", {}, { reason: "trust/issuer-unknown" }, u.otherRoot),
  transfer("signed by the successor", {}, { reason: "trust/issuer-unknown" }, successor),
  transfer(
    "signed by the receiving root in the present one's name",
    {},
    { reason: "cose/signature-invalid" },
    u.otherRoot,
    root.kid,
  ),
];

/** SPEC TRU-8: a root-signed certificate of a higher epoch. */
function adopted(name: string, made: Made, verdict: Verdict): Vector {
  const given = { operation: "adopt-certificate", ...stateBefore, certificates: hexOf(made) };
  const { reason } = verdict;
  return typeof reason === "string"
    ? refused(`adopt-certificate: ${name}`, "TRU-8", reason, given)
    : accepted(`adopt-certificate: ${name}`, "TRU-8", { ...given, ...verdict });
}
const adoptions: readonly Vector[] = [
  adopted("the present epoch changes nothing", issuerCertificate(1, issuers.grant), {
    trustAfter: storedTrust,
    floorAfter: stateBefore.floor,
  }),
  adopted("a higher epoch, its nbf above the floor", issuerCertificate(1, issuers.grant, { 3: NOW, 5: EPOCH + 1 }), {
    trustAfter: { ...storedTrust, epoch: EPOCH + 1 },
    floorAfter: { epoch: EPOCH + 1, value: NOW },
  }),
  adopted("16 epochs above, its nbf below a poisoned floor", issuerCertificate(1, issuers.grant, { 5: EPOCH + 16 }), {
    trustAfter: { ...storedTrust, epoch: EPOCH + 16 },
    floorAfter: { epoch: EPOCH + 16, value: ISSUER_WINDOW.nbf },
  }),
  adopted("17 epochs above", issuerCertificate(1, issuers.grant, { 5: EPOCH + 17 }), { reason: "trust/epoch-step" }),
];

export const stateCases: readonly Vector[] = [...adoptions, ...transitions, ...transfers];
