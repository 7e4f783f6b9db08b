import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { thumbprint } from "#src/cose/cose-key.ts";
import type { Certificate } from "#src/objects/certificate.ts";
import type { DoorPolicy } from "#src/objects/door-policy.ts";
import type { RevocationList } from "#src/objects/revocation-list.ts";
import { rootTransitionObject } from "#src/objects/root-transition.ts";
import { type CertifiedKey, verifyIssuerCertificate } from "#src/objects/trust.ts";
import {
  type Held,
  heldSigner,
  judgeCertificate,
  judgeList,
  judgePolicy,
  judgeRootTransition,
  outcomeOf,
  type PolicyPlace,
} from "#src/objects/update.ts";
import { roles } from "#src/registry.ts";
import {
  cylinder,
  DOOR,
  EPOCH,
  fixedBytes,
  GROUP,
  issue,
  issueGrant,
  issueIssuerCertificate,
  issueList,
  issuePolicy,
  issuers,
  LIST,
  NOW,
  nextSuccessor,
  type Party,
  provider,
  reparse,
  root,
  successor,
  trust,
  verifiedUnder,
} from "../support/city.ts";

const policyOf = (differs: Partial<DoorPolicy> = {}) => verifiedUnder(issuers.policy, issuePolicy(differs));
const listOf = (differs: Partial<RevocationList> = {}) => verifiedUnder(issuers.list, issueList(differs));
const at = (epoch: number, value: number) => ({ epoch, value });

describe("SPEC DCK-5, UPD-2, UPD-6: nothing replaces what is newer", () => {
  const own = fixedBytes("own", 9);
  const other = fixedBytes("other", 9);

  test.each<readonly [string, Held | "none", readonly [number, number], string]>([
    ["nothing held", "none", [0, 0], "stored"],
    ["a higher value", { version: at(3, 7), bytes: own }, [3, 8], "stored"],
    ["the same pair and bytes", { version: at(3, 7), bytes: own }, [3, 7], "known"],
    ["the same pair, other bytes", { version: at(3, 7), bytes: other }, [3, 7], "refused"],
    ["the same pair, bytes forgotten", { version: at(3, 7) }, [3, 7], "known"],
    ["a lower value", { version: at(3, 7), bytes: own }, [3, 6], "older"],
    ["a lower value, other bytes", { version: at(3, 7), bytes: other }, [3, 6], "older"],
    ["a higher epoch", { version: at(3, 7), bytes: other }, [4, 0], "stored"],
    ["a lower epoch", { version: at(3, 7), bytes: other }, [2, 9], "older"],
  ])("%s", (_, held, [epoch, value], expected) => {
    expect(outcomeOf(held, { version: { epoch, value }, bytes: own })).toBe(expected);
  });

  test("in whatever order they come, the newest is held in the end", () => {
    const versioned = fc.record({
      version: fc.record({ epoch: fc.nat({ max: 3 }), value: fc.nat({ max: 5 }) }),
      bytes: fc.uint8Array({ maxLength: 1 }),
    });
    fc.assert(
      fc.property(fc.array(versioned, { minLength: 1 }), (offers) => {
        let held: (typeof offers)[number] | "none" = "none";
        for (const offered of offers) if (outcomeOf(held, offered) === "stored") held = offered;
        // Of one version the first that came: sorting keeps their order.
        const [newest] = offers.toSorted(
          (a, b) => b.version.epoch - a.version.epoch || b.version.value - a.version.value,
        );
        expect(held).toBe(newest);
      }),
    );
  });
});

describe("SPEC UPD-2: a policy that comes alone", () => {
  const held = issuePolicy();
  const place: PolicyPlace = {
    cylinder: cylinder.kid,
    mount: 1,
    door: DOOR,
    version: at(EPOCH, held.value.version),
    bytes: held.bytes,
  };

  test.each<readonly [string, Partial<DoorPolicy>, Partial<PolicyPlace>, string]>([
    ["the one held", {}, {}, "known"],
    ["a newer one", { version: 6 }, {}, "stored"],
    ["a newer one that deactivates", { version: 6, state: "deactivated" }, {}, "stored"],
    ["an older one", { version: 4 }, {}, "older"],
    ["another one of the same version", { groups: [1] }, {}, "refused"],
    ["the first one of this epoch", { version: 1 }, { version: at(EPOCH - 1, 900) }, "stored"],
    ["the first one after the epoch opened", { version: 1 }, { version: at(EPOCH, 0) }, "stored"],
    ["one of an epoch that has ended", { version: 900 }, { version: at(EPOCH + 1, 1) }, "older"],
    ["for another cylinder", { version: 6, cylinder: fixedBytes("other", 8) }, {}, "refused"],
    ["for the next mount", { version: 6, mount: 2 }, {}, "refused"],
    ["for an earlier mount", { version: 6 }, { mount: 2 }, "refused"],
    ["that dismounts", { version: 6, state: "dismounted" }, {}, "refused"],
    ["for another door", { version: 6, door: fixedBytes("other", 8) }, {}, "refused"],
    ["for a cylinder on no door", { version: 6 }, { door: "unmounted" }, "refused"],
  ])("%s", (_, differs, placeDiffers, expected) => {
    expect(judgePolicy({ ...place, ...placeDiffers }, policyOf(differs), EPOCH)).toBe(expected);
  });
});

describe("SPEC UPD-3: a list", () => {
  const held = issueList();
  const own: Held = { version: at(EPOCH, held.value.version), bytes: held.bytes };

  test.each<readonly [string, Partial<RevocationList>, Held | "none", readonly number[], string]>([
    ["the one held", {}, own, [LIST], "known"],
    ["a newer one", { version: 10 }, own, [LIST], "stored"],
    ["an older one", { version: 8 }, own, [LIST], "older"],
    ["another one of the same version", { iat: NOW }, own, [LIST], "refused"],
    ["the first one", { version: 1 }, "none", [LIST - 1, LIST], "stored"],
    ["one of an epoch that has ended", {}, { version: at(EPOCH + 1, 0) }, [LIST], "older"],
    ["one that the door's policy does not name", { version: 10 }, own, [LIST + 1], "refused"],
    ["one, where no policy names any", { version: 10 }, "none", [], "refused"],
  ])("%s", (_, differs, present, named, expected) => {
    expect(judgeList(present, named, listOf(differs), EPOCH)).toBe(expected);
  });
});

test("SPEC UPD-4: a certificate is known byte for byte, and else another one", () => {
  const held = [issuers.policy, issuers.grant].map(({ certificate }) => certificate.bytes);
  const own = verifiedUnder(root, issuers.grant.certificate);
  const renewed = verifiedUnder(root, issueIssuerCertificate(issuers.grant, "grant", { exp: NOW + 1 }));
  expect([judgeCertificate(held, own), judgeCertificate(held, renewed), judgeCertificate([], own)]).toEqual([
    "known",
    "stored",
    "stored",
  ]);
});

describe("SPEC UPD-5: a RootTransition", () => {
  const transitionTo = (revealed: Party) =>
    reparse(
      issue(
        rootTransitionObject,
        {
          rootPublicKey: revealed.publicKey,
          successorThumbprint: thumbprint(provider, nextSuccessor.publicKey),
          epoch: EPOCH + 1,
          nbf: NOW,
        },
        revealed,
      ),
    );

  test.each<readonly [string, Party, string]>([
    ["to the present root", root, "known"],
    ["to the stored successor", successor, "accept"],
    ["to its successor", nextSuccessor, "refused"],
  ])("%s", (_, revealed, expected) => {
    expect(judgeRootTransition(trust, transitionTo(revealed), provider)).toBe(expected);
  });
});

describe("SPEC UPD-1, OPN-9: an object asks for a certificate where none is held that could be its signer's", () => {
  const policy = reparse(issuePolicy());
  const certified = (differs: Partial<Certificate>) =>
    verifyIssuerCertificate(
      reparse(issueIssuerCertificate(issuers.policy, "policy", differs)),
      { ...trust, epoch: 0 },
      provider,
    );
  const own = issuers.policy.certified;
  const ended = certified({ exp: policy.value.iat });
  const renewed = certified({ nbf: policy.value.iat });

  test.each<readonly [string, readonly CertifiedKey[], number, CertifiedKey | "need-certificate"]>([
    ["none held", [], EPOCH, "need-certificate"],
    ["those of others", [issuers.list.certified, issuers.grant.certified], EPOCH, "need-certificate"],
    ["its own", [issuers.list.certified, own], EPOCH, own],
    ["the one that it outlived", [ended], EPOCH, "need-certificate"],
    ["that and the renewed one", [ended, own], EPOCH, own],
    ["two that fit: of the later one a list voids nothing without the other (OPN-9)", [own, renewed], EPOCH, renewed],
    ["the same two the other way round", [renewed, own], EPOCH, renewed],
    ["one of another role", [certified({ roles: roles.list })], EPOCH, "need-certificate"],
    ["one of an epoch that has ended", [own], EPOCH + 1, "need-certificate"],
  ])("%s", (_, held, epoch, expected) => {
    expect(heldSigner(policy, held, epoch)).toBe(expected);
  });

  test("of two for grants the one whose groups they are", () => {
    const grants = (groups: readonly number[]) =>
      verifyIssuerCertificate(reparse(issueIssuerCertificate(issuers.grant, "grant", { groups })), trust, provider);
    const [others, own] = [grants([GROUP + 1]), grants([GROUP])];
    const grant = reparse(issueGrant());
    expect(heldSigner(grant, [others, own], EPOCH)).toBe(own);
    expect(heldSigner(grant, [others], EPOCH)).toBe("need-certificate");
  });
});
