/** Whose a stored key is: the grant that it has in use, as the cabinet believes it (SPEC STO-1, TRU-16). */
import { equalBytes, type Grant, readClock, subOf } from "@nyckelfri/protocol";
import { isGrantVoid } from "../mains/carried-time.ts";
import type { At, SlotAt } from "../mains/state.ts";
import type { Held } from "../shared/belief.ts";
import { bundleOf } from "../station/bundles.ts";
import { EARLY_SECONDS } from "./tables.ts";
import type { CabinetOwn, CabinetX } from "./types.ts";
import { grantName } from "./whereabouts.ts";

type ShownGrant = Pick<Held<Grant>, "bytes" | "value" | "signer">;

/** The grant that the key's welcome told of, if the cabinet has verified it; its proof of this session stands for the welcome. */
export function grantInUse({ on, config, met, dock }: SlotAt<CabinetX>): ShownGrant | undefined {
  const { key, grantDigest } = met.welcome;
  if (grantDigest === undefined) return undefined;
  const known = [...(dock.shown === "none" ? [] : [dock.shown]), ...knownGrants(on.own, key)];
  return known.find(({ bytes }) => equalBytes(config.provider.sha256(bytes), grantDigest));
}

/** Verified grants of a key: the one that it was last seen with, and what a host has brought for it. */
export function knownGrants(own: CabinetOwn, key: Uint8Array): readonly ShownGrant[] {
  const remembered = own.grants.get(grantName(key));
  const bundled = bundleOf(own, key).flatMap((one) => (one.kind === "grant" ? one : []));
  return remembered === undefined ? bundled : [remembered, ...bundled];
}

export function isOf({ sub }: Grant, holder: Uint8Array): boolean {
  return holder.length === 8 && sub === subOf(holder);
}

/**
 * May the key go to this holder: is the grant theirs, not void, and of now or of the next 24 h? What the clock cannot tell for sure
 * keeps nobody from a key that opens nothing outside its grant anyway.
 */
export function isEntitled(at: At<CabinetX>, grant: ShownGrant, holder: Uint8Array): boolean {
  const { holdings } = at.on;
  const { value } = grant;
  if (!isOf(value, holder)) return false;
  const issuers = holdings.issuers.filter(({ kid }) => equalBytes(kid, grant.signer));
  if (isGrantVoid(at, value, issuers)) return false;
  const reading = readClock(holdings.clock, at.tickMs);
  // SPEC TIM-5: what is surely over stays so without a clock.
  if (reading.quality !== "running") return value.exp > holdings.clock.knownLower;
  return value.exp > reading.interval.lo && value.nbf <= reading.interval.hi + EARLY_SECONDS;
}
