/** P4 (SPEC OBJ-9, DEC-14, DEC-15, OPN-7): by the lists that the door holds, and by what its key could have brought. */
import { comparePairs, type EpochPair, equalBytes } from "@nyckelfri/protocol";
import type { KeyOn } from "../devices/key/state.ts";
import type { Engagement } from "../world/happenings.ts";
import { type IssuedGrant, isVoidedBy } from "../world/ledger.ts";
import type { Checker } from "./checker.ts";
import { asKey, proverOf } from "./observed.ts";
import { type InForce, notePolicy, policyInForce } from "./policy-in-force.ts";
import { checkerOf, type Scene } from "./watching.ts";

interface Memory {
  readonly inForce: InForce;
}

export function revokedNeverOpens(): Checker {
  return checkerOf<Memory>({
    property: "P4",
    says: "a revoked key never opens a door that knows; a completed opening leaves the door at least as new as its key",
    begin: () => ({ inForce: new Map() }),
    watch: {
      step: (happening, { memory, truth }) => notePolicy(memory.inForce, happening, truth),
      engaged: (engaged, scene) => {
        const issued = scene.truth.ledger.grantOf(engaged.cti);
        if (issued === undefined) return;
        const named = policyInForce(scene.memory.inForce, engaged, scene.truth)?.object.value.lists ?? [];
        judgeRevoked(engaged, issued, named, scene);
        const prover = proverOf(engaged, issued, scene.truth);
        const key = prover?.role === "key" ? asKey(scene.truth.state(prover.id)) : undefined;
        if (key !== undefined) judgeNews(engaged, key, named, scene);
      },
    },
  });
}

function judgeRevoked(engaged: Engagement, issued: IssuedGrant, named: readonly number[], scene: Scene<Memory>): void {
  const { ledger } = scene.truth;
  for (const { list, version } of engaged.holds.lists) {
    if (!named.includes(list)) continue;
    const entry = ledger.listOf(list, version)?.object.value.entries.find((one) => isVoidedBy(issued, one));
    if (entry === undefined) continue;
    const said = `list ${list} version ${version.value}, which it holds, voids the ${entry.kind}`;
    scene.breach(engaged.cylinder, `opened for ${issued.holder.name}, although ${said}`);
  }
}

/** Whatever the key says of it: what it holds of this door, the door holds after it has opened. */
function judgeNews(engaged: Engagement, key: KeyOn, named: readonly number[], { truth, breach }: Scene<Memory>): void {
  const { cylinder, holds } = engaged;
  const { policies, lists } = key.holdings;
  const { kid } = truth.member(cylinder).party;
  // SPEC OPN-18: what dismounts is for a technician's `lifecycle` alone.
  const own = policies.find(({ value }) => equalBytes(value.cylinder, kid) && value.state !== "dismounted");
  const carried = own && pairOf(own, key);
  if (carried && comparePairs(carried, holds.policy) > 0) {
    breach(cylinder, `opened with policy ${text(holds.policy)}, and its key holds ${text(carried)}`);
  }
  for (const held of lists) {
    const { list } = held.value;
    const version = named.includes(list) ? pairOf(held, key) : undefined;
    const known = holds.lists.find((one) => one.list === list)?.version ?? { epoch: holds.epoch, value: 0 };
    if (version && comparePairs(version, known) > 0) {
      breach(cylinder, `opened with list ${list} at ${text(known)}, and its key holds ${text(version)}`);
    }
  }
}

/** With the epoch of its issuer; undefined where the key holds no certificate for it, and can bring it to nobody. */
function pairOf(
  { value, signer }: { readonly value: { readonly version: number }; readonly signer: Uint8Array },
  { holdings }: KeyOn,
): EpochPair | undefined {
  const issuer = holdings.issuers.find(({ kid }) => equalBytes(kid, signer));
  return issuer && { epoch: issuer.certificate.value.epoch, value: value.version };
}

function text({ epoch, value }: EpochPair): string {
  return `(${epoch}, ${value})`;
}
