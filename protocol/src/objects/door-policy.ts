/** DoorPolicy: what one mounted cylinder serves, and how it decides (SPEC OBJ-7). */
import { array, boolean, bytes, choice, map, optional, required, type Schema, uint } from "../cbor/schema.ts";
import { limits } from "../registry.ts";
import type { Seconds } from "../time/clock.ts";
import { ascending, byNumber } from "./rules.ts";
import type { ObjectKind } from "./signed-object.ts";

export interface DoorPolicy {
  /** kid of the cylinder. */
  readonly cylinder: Uint8Array;
  readonly version: number;
  readonly iat: Seconds;
  readonly door: Uint8Array;
  /** Rises by one each time the cylinder is mounted (SPEC SVC-4). */
  readonly mount: number;
  readonly state: "active" | "deactivated" | "dismounted";
  /** Served here, ascending. */
  readonly groups: readonly number[];
  readonly longestGrantSeconds: number;
  readonly activation: "asked" | "not-asked";
  readonly widestIntervalSeconds: number;
  /** Revocation lists that hold here, ascending. */
  readonly lists: readonly number[];
  readonly doorKind: "apartment" | "entrance" | "waste-room" | "laundry";
  /** Openings up to this record are written off; only in state dismounted (SPEC SVC-5). */
  readonly writtenOff?: number;
}

const asked: Schema<"asked" | "not-asked"> = {
  parse: (value, path) => (boolean().parse(value, path) ? "asked" : "not-asked"),
  build: (value, path) => choice({ "not-asked": 0, asked: 1 }).build(value, path) === 1,
};

const schema: Schema<DoorPolicy> = map({
  cylinder: required(1, bytes(8)),
  version: required(2, uint({ min: 1 })),
  iat: required(3, uint()),
  door: required(4, bytes(8)),
  mount: required(5, uint({ max: 0xffff })),
  state: required(6, choice({ active: 1, deactivated: 2, dismounted: 3 })),
  groups: required(7, array(uint(), { min: 0, max: limits.policyGroups })),
  longestGrantSeconds: required(8, uint()),
  activation: required(9, asked),
  widestIntervalSeconds: required(10, uint({ max: 0xffff })),
  lists: required(11, array(uint(), { min: 0, max: limits.policyLists })),
  doorKind: required(12, choice({ apartment: 1, entrance: 2, "waste-room": 3, laundry: 4 })),
  writtenOff: optional(13, uint()),
});

export const doorPolicyObject: ObjectKind<DoorPolicy> = {
  name: "door-policy",
  kid: "sent",
  schema,
  issuance: { role: "policy", times: ({ iat }) => ({ iat }) },
  violation: (policy) =>
    ascending(policy.groups, byNumber, "groups") ??
    ascending(policy.lists, byNumber, "lists") ??
    (policy.writtenOff !== undefined && policy.state !== "dismounted"
      ? { code: "objects/written-off", details: { state: policy.state } }
      : undefined),
};
