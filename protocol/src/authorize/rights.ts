/** What a grant's scope allows at one door (SPEC DEC-16, DEC-18). */
import { equalBytes } from "../bytes.ts";
import type { Rights, ScopeEntry } from "../objects/grant.ts";

/** A door as a policy describes it. */
export interface ServedDoor {
  readonly door: Uint8Array;
  /** Groups that the door serves. */
  readonly groups: readonly number[];
}

/** Bits of registry.json, `rights`; 0 where nothing is allowed. An exclusion of the door beats every group. */
export function rightsAt(scope: readonly ScopeEntry[], served: ServedDoor): Rights {
  let granted = 0;
  for (const [object, rights] of scope) {
    if (typeof object === "number") {
      if (served.groups.includes(object)) granted |= rights;
    } else if (equalBytes(object, served.door)) {
      if (rights === 0) return 0;
      granted |= rights;
    }
  }
  return granted;
}
