/** What a refusal leaves (SPEC OPN-11, LOG-1). */
import {
  type Door,
  type Grant,
  type Presented,
  type Reason,
  type Refusal,
  rightsAt,
  type Verified,
} from "@nyckelfri/protocol";
import type { Asked, CylinderOn } from "./cylinder-state.ts";
import { type Step, step, write } from "./moves.ts";
import type { Task } from "./stores.ts";

const COLLECT_LOG = 2;

/** Reasons after which the proof is known to have verified begin here (SPEC DEC-8, OPN-11). */
const UNPROVEN: readonly Reason[] = [
  "malformed",
  "door-not-active",
  "issuer-unknown",
  "issuer-epoch",
  "issuer-not-for-this",
  "grant-signature",
  "proof-signature",
];

/** The refusal of decision #1, which leaves what its reason says before the result (SPEC OPN-11). */
export function refuse(state: CylinderOn, door: Door, asking: Asked, decision: Refusal, presented: Presented): Step {
  const { reason, result } = decision;
  if (UNPROVEN.includes(reason)) return refuseUnproven(state, asking, result);
  const tasks = refusalTasks(state, reason, presented);
  const { scope } = (presented.grant as Verified<Grant>).value;
  const isCollector = reason === "no-access" && (rightsAt(scope, door.policy) & COLLECT_LOG) !== 0;
  const reply = { kind: "result", result } as const;
  const carry = isCollector ? "collect" : "nothing";
  return step(
    write({ ...state, refusalRecorded: "yes" }, tasks, { kind: "result", asked: asking, result: reply, carry }),
  );
}

/** SPEC OPN-11: one in a power-up, so that a key held in the door does not fill the store. */
export function refusalTasks(state: CylinderOn, reason: Reason, { grant, proof }: Presented): Task[] {
  if (state.refusalRecorded === "yes" || typeof grant !== "object" || typeof proof !== "object") return [];
  const record = { kind: "refusal", cti: grant.value.cti, reason, lo: proof.value.lo } as const;
  return [{ kind: "record", log: "refusals", record }];
}

/** SPEC LOG-1: nothing unauthenticated leaves more than a count. */
export function refuseUnproven(state: CylinderOn, asking: Asked, result: "try-again" | Refusal["result"]): Step {
  const reply = { kind: "result", result } as const;
  const after = { kind: "result", asked: asking, result: reply, carry: "nothing" } as const;
  return step(write(state, [{ kind: "count", counter: "counted" }], after));
}
