// New epochs, roots and fleets (SPEC TRU-2, TRU-8, TRU-9, TRU-10, TRU-13).
import { describe, expect, test } from "vitest";
import { thumbprint } from "#src/cose/cose-key.ts";
import { type DeviceTransfer, deviceTransferObject } from "#src/objects/device-transfer.ts";
import { acceptDeviceTransfer, acceptRootTransition, adoptCertificate, type TrustState } from "#src/objects/epoch.ts";
import { type RootTransition, rootTransitionObject } from "#src/objects/root-transition.ts";
import { parseObject } from "#src/objects/signed-object.ts";
import { verifyByKind, verifyIssuerCertificate } from "#src/objects/trust.ts";
import { limits } from "#src/registry.ts";
import {
  cylinder,
  DAY,
  EPOCH,
  fixedBytes,
  fleetId,
  issue,
  issueGrant,
  issueIssuerCertificate,
  issuers,
  NOW,
  nextSuccessor,
  type Party,
  party,
  provider,
  reparse,
  root,
  SHIFT,
  successor,
  trust,
} from "../support/city.ts";
import { codeOf } from "../support/code-of.ts";
import { signUnchecked } from "../support/unchecked.ts";

const state: TrustState = { trust, floor: { epoch: EPOCH, value: SHIFT.iat } };

function issuerOf(epoch: number, nbf: number, present: TrustState = state, by: Party = root) {
  const certificate = issueIssuerCertificate(issuers.grant, "grant", { epoch, nbf, exp: nbf + 800 * DAY }, by);
  return verifyIssuerCertificate(reparse(certificate), present.trust, provider);
}

describe("SPEC TRU-8: a root-signed certificate", () => {
  test("of the present epoch changes nothing", () => {
    expect(adoptCertificate(state, issuerOf(EPOCH, NOW))).toBe(state);
  });

  test("of a higher epoch opens it at its nbf, also below the old floor", () => {
    const nbf = SHIFT.iat - DAY;
    const after = adoptCertificate(state, issuerOf(EPOCH + 5, nbf));
    expect(after).toEqual({ trust: { ...trust, epoch: EPOCH + 5 }, floor: { epoch: EPOCH + 5, value: nbf } });
  });

  test("opens an epoch at most limits.epochStep ahead, so that a leaked root cannot use them up", () => {
    const { epochStep } = limits;
    expect(adoptCertificate(state, issuerOf(EPOCH + epochStep, NOW)).trust.epoch).toBe(EPOCH + epochStep);
    expect(codeOf(() => adoptCertificate(state, issuerOf(EPOCH + epochStep + 1, NOW)))).toBe("trust/epoch-step");
    expect(codeOf(() => adoptCertificate(state, issuerOf(0xffff_ffff, NOW)))).toBe("trust/epoch-step");
  });

  test("of a lower epoch is refused, whenever it was verified", () => {
    const earlier = issuerOf(EPOCH, NOW);
    const after = adoptCertificate(state, issuerOf(EPOCH + 1, NOW));
    expect(codeOf(() => adoptCertificate(after, earlier))).toBe("trust/epoch");
  });

  test("of a former root opens nothing", () => {
    const former = issuerOf(EPOCH + 7, NOW);
    const after = { ...state, trust: { ...trust, rootPublicKey: successor.publicKey } };
    expect(codeOf(() => adoptCertificate(after, former))).toBe("trust/issuer-unknown");
  });

  test("SPEC TRU-13: with it every object of the old epoch dies, and those issued anew live", () => {
    const old = { signer: issuerOf(EPOCH, NOW - DAY), provider };
    const renewed = { signer: issuerOf(EPOCH + 1, NOW - DAY), provider };
    const { trust: present } = adoptCertificate(state, renewed.signer);
    const grant = reparse(issueGrant());
    expect(codeOf(() => verifyByKind(grant, { ...old, trust }))).toBe("accepted");
    expect(codeOf(() => verifyByKind(grant, { ...old, trust: present }))).toBe("trust/epoch");
    expect(codeOf(() => verifyByKind(grant, { ...renewed, trust: present }))).toBe("accepted");
  });
});

const transition: RootTransition = {
  rootPublicKey: successor.publicKey,
  successorThumbprint: thumbprint(provider, nextSuccessor.publicKey),
  epoch: EPOCH + 1,
  nbf: NOW,
};

describe("SPEC TRU-9: a RootTransition", () => {
  const accept = (overrides: Partial<RootTransition> = {}, by: Party = successor, present: TrustState = state) =>
    acceptRootTransition(reparse(issue(rootTransitionObject, { ...transition, ...overrides }, by)), present, provider);

  test("makes the successor root and opens the next epoch; the fleet id stays (SPEC TRU-2)", () => {
    expect(accept()).toEqual({
      trust: {
        rootPublicKey: successor.publicKey,
        successorThumbprint: transition.successorThumbprint,
        fleetId,
        epoch: EPOCH + 1,
      },
      floor: { epoch: EPOCH + 1, value: NOW },
    });
  });

  test("that reveals another key than the announced one is refused", () => {
    const stranger = party("stranger");
    expect(codeOf(() => accept({ rootPublicKey: stranger.publicKey }, stranger))).toBe("trust/successor");
  });

  test("that another key signs is refused, the present root's too", () => {
    expect(codeOf(() => accept({}, root))).toBe("objects/kid-differs");
    expect(codeOf(() => accept({}, { ...root, kid: successor.kid }))).toBe("cose/signature-invalid");
  });

  test("outranks every epoch that the former root can have opened, however many the door missed", () => {
    expect(accept({ epoch: EPOCH + 1_000_000 }).trust.epoch).toBe(EPOCH + 1_000_000);
  });

  test.each([EPOCH - 1, EPOCH])("that opens epoch %i is refused", (epoch) => {
    expect(codeOf(() => accept({ epoch }))).toBe("trust/epoch-step");
  });

  test("is taken once, and the next one follows", () => {
    const after = accept();
    expect(codeOf(() => accept({}, successor, after))).toBe("trust/successor");
    const next = {
      rootPublicKey: nextSuccessor.publicKey,
      successorThumbprint: fixedBytes("the one after", 32),
      epoch: EPOCH + 2,
    };
    expect(accept(next, nextSuccessor, after).trust.epoch).toBe(EPOCH + 2);
  });

  test("of another fleet is refused", () => {
    const bytes = signUnchecked(rootTransitionObject, transition, successor, { fleetId: fixedBytes("other", 32) });
    const object = parseObject(rootTransitionObject, bytes);
    expect(codeOf(() => acceptRootTransition(object, state, provider))).toBe("cose/signature-invalid");
  });

  test("ends what the former root certifies", () => {
    const { trust: present } = accept();
    const certificate = reparse(issueIssuerCertificate(issuers.grant, "grant", { epoch: EPOCH + 1 }));
    expect(codeOf(() => verifyIssuerCertificate(certificate, present, provider))).toBe("trust/issuer-unknown");
  });
});

describe("SPEC TRU-10: a DeviceTransfer", () => {
  const otherRoot = party("root of another city");
  const addressed = { device: cylinder.kid, nonce: fixedBytes("nonce of the cylinder", 16) };
  const session = { ...addressed, mounting: "loose" } as const;
  const transfer: DeviceTransfer = {
    rootPublicKey: otherRoot.publicKey,
    successorThumbprint: fixedBytes("its successor", 32),
    epoch: EPOCH - 2,
    nbf: SHIFT.iat - 100 * DAY,
    ...addressed,
    fleetId: thumbprint(provider, otherRoot.publicKey),
  };
  const accept = (overrides: Partial<DeviceTransfer> = {}, by: Party = root, present: TrustState = state) => {
    const object = reparse(issue(deviceTransferObject, { ...transfer, ...overrides }, by));
    return acceptDeviceTransfer(object, present, session, provider);
  };

  test("replaces root, successor, fleet id and epoch, and sets the floor, even to lower ones", () => {
    const { rootPublicKey, successorThumbprint, epoch, nbf } = transfer;
    expect(accept()).toEqual({
      trust: { rootPublicKey, successorThumbprint, fleetId: transfer.fleetId, epoch },
      floor: { epoch, value: nbf },
    });
  });

  test("signed by another than the present root is refused, the receiving root and the successor too", () => {
    expect(codeOf(() => accept({}, otherRoot))).toBe("trust/issuer-unknown");
    expect(codeOf(() => accept({}, successor))).toBe("trust/issuer-unknown");
    expect(codeOf(() => accept({}, issuers.device))).toBe("trust/issuer-unknown");
    expect(codeOf(() => accept({}, { ...otherRoot, kid: root.kid }))).toBe("cose/signature-invalid");
  });

  test("to a cylinder that is mounted on a door is refused", () => {
    const object = reparse(issue(deviceTransferObject, transfer, root));
    const mounted = { ...session, mounting: "mounted" } as const;
    expect(codeOf(() => acceptDeviceTransfer(object, state, mounted, provider))).toBe("trust/mounted");
  });

  test("of a former root is refused", () => {
    const object = reparse(issue(rootTransitionObject, transition, successor));
    const after = acceptRootTransition(object, state, provider);
    expect(codeOf(() => accept({}, root, after))).toBe("trust/issuer-unknown");
    expect(codeOf(() => accept({}, successor, after))).toBe("accepted");
  });

  test("for another device, or another session's nonce, is refused", () => {
    expect(codeOf(() => accept({ device: party("another cylinder").kid }))).toBe("objects/other-device");
    expect(codeOf(() => accept({ nonce: fixedBytes("nonce of last time", 16) }))).toBe("objects/nonce");
  });

  test("for a device of another fleet is refused", () => {
    const bytes = signUnchecked(deviceTransferObject, transfer, root, { fleetId: transfer.fleetId });
    const object = parseObject(deviceTransferObject, bytes);
    expect(codeOf(() => acceptDeviceTransfer(object, state, session, provider))).toBe("cose/signature-invalid");
  });
});
