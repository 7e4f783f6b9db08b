/** What passes between a key and a cylinder, as the report of a visit counts it. */
import { decodeReply, messageNamed } from "@nyckelfri/protocol";
import type { CylinderState } from "../../devices/cylinder/cylinder-state.ts";
import { framesOf } from "./line.ts";
import type { VisitMeter } from "./visit-meter.ts";

const CHALLENGE = messageNamed("open", "hello").number;
const OPEN = messageNamed("open", "open").number;
const SUPPLY = messageNamed("open", "supply").number;

/** The cylinder has sent something: it leaves, and arrives. */
export function sentInVisit(
  visit: VisitMeter,
  state: CylinderState,
  bytes: Uint8Array,
  leaves: number,
  arrives: number,
): void {
  countBytes(visit, bytes.length, 0);
  for (const { kind, message, body } of framesOf(bytes)) {
    if (kind !== "reply") continue;
    if (message === CHALLENGE && visit.challengedAt === "never") visit.challengedAt = leaves;
    if ((message !== OPEN && message !== SUPPLY) || visit.resultAt !== "never") continue;
    const answer = decodeReply("open", message === OPEN ? "open" : "supply", body);
    if (answer.kind !== "result") continue;
    visit.resultAt = arrives;
    if (answer.result !== "opened") visit.outcome = { kind: "refused", result: answer.result, reason: reasonIn(state) };
  }
}

/** What the door's own log says; a refusal that was only counted has no reason anywhere. */
function reasonIn(state: CylinderState) {
  if (state.power !== "on" || state.refusalRecorded === "no") return "unknown";
  const last = state.stores.refusals.last?.record;
  return last?.kind === "refusal" ? last.reason : "unknown";
}

export function countBytes(visit: VisitMeter, bytes: number, roundTrips: number): void {
  visit.bytes += bytes;
  if (visit.resultAt === "never") visit.bytesToResult += bytes;
  visit.roundTrips += roundTrips;
}
