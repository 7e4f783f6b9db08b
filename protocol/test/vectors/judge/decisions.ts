// Judge of decisions.json: bytes and a door's state, as a cylinder's firmware would put them together.
import type { Door } from "#src/authorize/authorize.ts";
import { examine } from "#src/authorize/examine.ts";
import { equalBytes } from "#src/bytes.ts";
import type { CryptoProvider } from "#src/crypto/provider.ts";
import { PeerError } from "#src/errors.ts";
import type { CertifiedKey, DeviceKey, IssuerKey, Trust } from "#src/objects/trust.ts";
import { verifyChain } from "#src/objects/trust.ts";
import { bytes, type Judge, optional, type Vector } from "./outsider.ts";

function doorOf({ rootPublicKey, door: { lifecycle, epoch, floor, policyVersion, policy, lists } }: Vector): Door {
  const listOf = ({ list, version, entries }: Vector) => ({ list, version, iat: 0, entries: entries.map(entryOf) });
  const entryOf = ({ kind, id, until }: Vector) => ({ kind, id: typeof id === "string" ? bytes(id) : id, until });
  return {
    rootPublicKey: bytes(rootPublicKey),
    lifecycle,
    epoch,
    floor,
    policy: {
      ...policy,
      cylinder: bytes(policy.cylinder),
      door: bytes(policy.door),
      version: policyVersion.value,
      iat: 0,
    },
    policyVersion,
    lists: lists.map(listOf),
  };
}

/** The certified key of a chain that holds; nothing where it does not hold. */
function certified(chain: readonly string[], trust: Trust, provider: CryptoProvider): CertifiedKey | undefined {
  try {
    return verifyChain(chain.map(bytes), trust, provider);
  } catch (error) {
    if (error instanceof PeerError) return undefined;
    throw error;
  }
}

export const decisions: Judge = (vector, provider) => {
  const { presented, certificates: held } = vector;
  const fleetId = bytes(vector.fleetId);
  // Epoch 0: whatever epoch a certificate is of, the decision has to see it.
  const trust: Trust = {
    rootPublicKey: bytes(vector.rootPublicKey),
    successorThumbprint: new Uint8Array(32),
    fleetId,
    epoch: 0,
  };
  const find = <K extends CertifiedKey>(chains: readonly (readonly string[])[], kid: Uint8Array): readonly K[] => {
    const keys = chains.map((chain) => certified(chain, trust, provider) as K | undefined);
    return keys.filter((key): key is K => key !== undefined && equalBytes(key.kid, kid));
  };
  const { decision } = examine(
    doorOf(vector),
    {
      grant: bytes(presented.grant),
      ticket: optional(presented.ticket),
      proof: bytes(presented.proof),
      transcript:
        presented.message === "lifecycle"
          ? { hello: bytes(presented.hello), welcome: bytes(presented.welcome), policy: bytes(presented.policy) }
          : {
              hello: bytes(presented.hello),
              challenge: bytes(presented.challenge),
              updates: presented.updates.map(bytes),
            },
    },
    {
      provider,
      fleetId,
      issuersOf: (kid) =>
        find<IssuerKey>(
          held.grantIssuers.map((one: string) => [one]),
          kid,
        ),
      boxesOf: (kid) => find<DeviceKey>(held.boxes, kid),
      energy: vector.energy,
    },
  );
  if (decision.verdict === "refuse") return { valid: false, reason: decision.reason, result: decision.result };
  const action = { "permit-open": "open", "permit-service": "service" }[decision.verdict];
  return { valid: true, permit: { action, interval: decision.interval } };
};
