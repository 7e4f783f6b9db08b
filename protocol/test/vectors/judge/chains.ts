// Judge of chains.json: the chain, what hangs on it, and what binds an object to a session.
import type { CryptoProvider } from "#src/crypto/provider.ts";
import { certificateObject } from "#src/objects/certificate.ts";
import { sessionTranscript } from "#src/objects/derivations.ts";
import { deviceProofObject, verifyCollectorProof, verifyDeviceProof } from "#src/objects/device-proof.ts";
import { deviceTransferObject } from "#src/objects/device-transfer.ts";
import { enrolmentObject, verifyEnrolment } from "#src/objects/enrolment.ts";
import { acceptDeviceTransfer, acceptRootTransition, adoptCertificate, type TrustState } from "#src/objects/epoch.ts";
import { grantObject } from "#src/objects/grant.ts";
import { hostCommandObject, verifyHostCommand } from "#src/objects/host-command.ts";
import { keyJournalObject, verifyKeyJournal } from "#src/objects/key-journal.ts";
import { rootTransitionObject } from "#src/objects/root-transition.ts";
import { parseObject } from "#src/objects/signed-object.ts";
import { timeStatementObject, verifyKeyTimeStatement, verifyTimeStatement } from "#src/objects/time-statement.ts";
import { type Authority, type Trust, verifyByKind, verifyChain, verifyIssuerCertificate } from "#src/objects/trust.ts";
import { kindNamed } from "./kinds.ts";
import { bytes, hex, type Judge, type Judged, plain, type Vector, verdict } from "./outsider.ts";

export function trustOf({ rootPublicKey, successorThumbprint, fleetId, epoch }: Vector): Trust {
  return {
    rootPublicKey: bytes(rootPublicKey),
    successorThumbprint: bytes(successorThumbprint),
    fleetId: bytes(fleetId),
    epoch,
  };
}

export function authorityOf(vector: Vector, provider: CryptoProvider): Authority {
  const trust = trustOf(vector.trust);
  return { signer: verifyChain(vector.certificates.map(bytes), trust, provider), trust, provider };
}

const after = ({ trust, floor }: TrustState): Judged => ({ trustAfter: plain(trust), floorAfter: floor });

const operations: Readonly<Record<string, Judge>> = {
  chain(vector, provider) {
    const { kid, level, certificate } = authorityOf(vector, provider).signer;
    return { signer: { level, kid: hex(kid), roles: certificate.value.roles, epoch: certificate.value.epoch } };
  },
  object(vector, provider) {
    const object = parseObject(kindNamed(vector.object), bytes(vector.bytes));
    verifyByKind(object, authorityOf(vector, provider), vector.extra.map(bytes));
    return {};
  },
  "adopt-certificate"(vector, provider) {
    const state = stateOf(vector);
    const certificate = parseObject(certificateObject, bytes(vector.certificates[0]));
    return after(adoptCertificate(state, verifyIssuerCertificate(certificate, state.trust, provider)));
  },
  "root-transition"(vector, provider) {
    return after(
      acceptRootTransition(parseObject(rootTransitionObject, bytes(vector.bytes)), stateOf(vector), provider),
    );
  },
  "device-transfer"(vector, provider) {
    const object = parseObject(deviceTransferObject, bytes(vector.bytes));
    const { device, nonce, mounting } = vector.session;
    const session = { device: bytes(device), nonce: bytes(nonce), mounting };
    return after(acceptDeviceTransfer(object, stateOf(vector), session, provider));
  },
  "collector-proof"(vector, provider) {
    const object = parseObject(deviceProofObject, bytes(vector.bytes));
    const { knownLower } = vector.session;
    verifyCollectorProof(object, authorityOf(vector, provider), { ...sessionOf(vector, provider), knownLower });
    return {};
  },
  "device-proof"(vector, provider) {
    const object = parseObject(deviceProofObject, bytes(vector.bytes));
    verifyDeviceProof(object, verifierOf(vector, provider), sessionOf(vector, provider));
    return {};
  },
  "host-command"(vector, provider) {
    const object = parseObject(hostCommandObject, bytes(vector.bytes));
    const { lastSequence, knownLower, device } = vector.session;
    const session = { ...sessionOf(vector, provider), device: bytes(device), lastSequence, knownLower };
    verifyHostCommand(object, authorityOf(vector, provider), session);
    return {};
  },
  enrolment(vector, provider) {
    const isTaken = (kid: Uint8Array): boolean => vector.session.takenKids.includes(hex(kid));
    const object = parseObject(enrolmentObject, bytes(vector.bytes));
    verifyEnrolment(object, { provider, nonce: bytes(vector.session.nonce), isTaken });
    return {};
  },
  "key-journal"(vector, provider) {
    const object = parseObject(keyJournalObject, bytes(vector.bytes));
    verifyKeyJournal(object, { ...verifierOf(vector, provider), nonce: bytes(vector.session.nonce) });
    return {};
  },
  "time-statement"(vector, provider) {
    verifyTimeStatement(parseObject(timeStatementObject, bytes(vector.bytes)), authorityOf(vector, provider));
    return {};
  },
  "key-time-statement"(vector, provider) {
    const authority = authorityOf(vector, provider);
    const grant = verifyByKind(parseObject(grantObject, bytes(vector.grant)), authority);
    verifyKeyTimeStatement(parseObject(timeStatementObject, bytes(vector.bytes)), grant, authority);
    return {};
  },
};

function stateOf({ trust, floor }: Vector): TrustState {
  return { trust: trustOf(trust), floor };
}

function verifierOf({ devicePublicKey, fleetId }: Vector, provider: CryptoProvider) {
  return { provider, publicKey: bytes(devicePublicKey), fleetId: bytes(fleetId) };
}

function sessionOf({ session }: Vector, provider: CryptoProvider) {
  const transcript = sessionTranscript(provider, bytes(session.hello), bytes(session.answer));
  return { nonce: bytes(session.nonce), exchange: session.exchange, transcript };
}

export const chains: Judge = (vector, provider) =>
  verdict(() => {
    const operation = operations[vector.operation];
    if (operation === undefined) throw new RangeError(`unknown operation ${vector.operation}`);
    return operation(vector, provider);
  });
