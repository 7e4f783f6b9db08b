// Judge of updates.json.
import type { CryptoProvider } from "#src/crypto/provider.ts";
import { PeerError } from "#src/errors.ts";
import { certificateObject } from "#src/objects/certificate.ts";
import { doorPolicyObject } from "#src/objects/door-policy.ts";
import { acceptRootTransition, adoptCertificate, type TrustState } from "#src/objects/epoch.ts";
import { revocationListObject } from "#src/objects/revocation-list.ts";
import { rootTransitionObject } from "#src/objects/root-transition.ts";
import { type ObjectKind, parseObject, type Verified } from "#src/objects/signed-object.ts";
import { verifyByKind, verifyIssuerCertificate } from "#src/objects/trust.ts";
import {
  type Held,
  heldSigner,
  judgeCertificate,
  judgeList,
  judgePolicy,
  judgeRootTransition,
} from "#src/objects/update.ts";
import { trustOf } from "./chains.ts";
import { bytes, type Judge, type Judged, plain, type Vector } from "./outsider.ts";

const states = ({ trust, floor }: TrustState): Judged => ({ trustAfter: plain(trust), floorAfter: floor });

export const updates: Judge = (vector, provider) => {
  let found: Judged;
  try {
    found = judged(vector, provider);
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    // SPEC UPD-1: what does not verify.
    found = { outcome: "refused" };
  }
  const { outcome } = found;
  return {
    ...found,
    ...(outcome === "stored" || outcome === "known" ? { valid: true } : { valid: false, reason: outcome }),
  };
};

function judged(vector: Vector, provider: CryptoProvider): Judged {
  const { held } = vector;
  switch (vector.object) {
    case "door-policy":
      return underHeldSigner(vector, provider, doorPolicyObject, (policy, epoch) => {
        const door = held.door === null ? "unmounted" : bytes(held.door);
        return judgePolicy(
          { ...heldOf(held.policy), cylinder: bytes(held.cylinder), mount: held.mount, door },
          policy,
          epoch,
        );
      });
    case "revocation-list":
      return underHeldSigner(vector, provider, revocationListObject, (list, epoch) =>
        judgeList(held.list === null ? "none" : heldOf(held.list), held.named, list, epoch),
      );
    case "certificate": {
      const state = { trust: trustOf(vector.trust), floor: vector.floor };
      const issuer = verifyIssuerCertificate(
        parseObject(certificateObject, bytes(vector.bytes)),
        state.trust,
        provider,
      );
      const outcome = judgeCertificate(held.certificates.map(bytes), issuer.certificate);
      return { outcome, ...states(adoptCertificate(state, issuer)) };
    }
    case "root-transition": {
      const state = { trust: trustOf(vector.trust), floor: vector.floor };
      const object = parseObject(rootTransitionObject, bytes(vector.bytes));
      const outcome = judgeRootTransition(state.trust, object, provider);
      if (outcome !== "accept") return { outcome };
      return { outcome: "stored", ...states(acceptRootTransition(object, state, provider)) };
    }
    default:
      throw new RangeError(`unknown object ${vector.object}`);
  }
}

function underHeldSigner<T>(
  vector: Vector,
  provider: CryptoProvider,
  kind: ObjectKind<T>,
  outcomeOf: (object: Verified<T>, epoch: number) => string,
): Judged {
  const trust = trustOf(vector.trust);
  const certified = vector.held.certificates.map((certificate: string) =>
    verifyIssuerCertificate(parseObject(certificateObject, bytes(certificate)), trust, provider),
  );
  const object = parseObject(kind, bytes(vector.bytes));
  const signer = heldSigner(object, certified, trust.epoch);
  if (signer === "need-certificate") return { outcome: signer };
  const verified = verifyByKind(object, { signer, trust, provider });
  return { outcome: outcomeOf(verified, signer.certificate.value.epoch) };
}

function heldOf({ epoch, version, bytes: content }: Vector): Held {
  const pair = { version: { epoch, value: version } };
  return content === undefined ? pair : { ...pair, bytes: bytes(content) };
}
