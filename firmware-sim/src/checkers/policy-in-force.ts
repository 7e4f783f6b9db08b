/**
 * Which policy a door decides by. Its version does not always say it: after a new epoch the version is (epoch, 0), and the policy
 * of the epoch before stays in force until the first one of the new epoch comes (SPEC TRU-8).
 */
import type { EpochPair } from "@nyckelfri/protocol";
import type { Engagement, HappeningOf } from "../world/happenings.ts";
import type { IssuedPolicy } from "../world/ledger.ts";
import type { Truth } from "./checker.ts";
import { cylinderStep } from "./observed.ts";

/** By cylinder: the last version that was one. */
export type InForce = Map<string, EpochPair>;

export function notePolicy(inForce: InForce, { moment }: HappeningOf<"step">, truth: Truth): void {
  const stepped = cylinderStep(moment, truth);
  if (stepped === undefined) return;
  const { settings } = stepped.after.stores.bank;
  if (settings === stepped.before?.stores.bank.settings || settings.policyVersion.value === 0) return;
  inForce.set(stepped.id, settings.policyVersion);
}

/** As the city issued it; undefined where it never issued what the door holds. */
export function policyInForce(
  inForce: InForce,
  { cylinder, holds }: Engagement,
  truth: Truth,
): IssuedPolicy | undefined {
  const version = holds.policy.value > 0 ? holds.policy : inForce.get(cylinder);
  return version && truth.ledger.policyOf(truth.member(cylinder).party.kid, version);
}
