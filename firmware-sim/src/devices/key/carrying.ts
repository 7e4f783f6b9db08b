/** What follows a result at a door, for others: segments, receipts, newer lists (SPEC OPN-15, OPN-19). Nothing of it is owed. */
import {
  type Challenge,
  equalBytes,
  type LogSegment,
  limits,
  logSegmentObject,
  PeerError,
  parseObject,
  rights,
} from "@nyckelfri/protocol";
import type { Changes } from "../shared/transactions.ts";
import { type Holdings, ITEM } from "./holdings.ts";
import type { CarryTask, KeyOn, KeyQuotas } from "./state.ts";

/** Bytes of segments that one insertion adds (registry.json, `carryBytesPerInsertion`). */
const BYTES_PER_INSERTION = limits.carryBytesPerInsertion;
const COLLECT_LOG = rights["collect-log"];

/** All of it after an opening; after a refusal for want of access only the log, with the right to collect it. */
export function carryTasks(
  { holdings, battery }: KeyOn,
  { cylinder, lists }: Challenge,
  result: "opened" | "not-permitted-now",
): readonly CarryTask[] {
  // SPEC BAT-1: from critical on a key carries nothing for others.
  if (battery === "critical" || battery === "empty") return [];
  const collects: readonly CarryTask[] = [
    { kind: "collect", store: "openings" },
    { kind: "collect", store: "refusals" },
  ];
  if (result === "not-permitted-now") {
    const mayCollect = holdings.grants[0]?.value.scope.some(([, rights]) => (rights & COLLECT_LOG) !== 0);
    return mayCollect === true ? collects : [];
  }
  const receipts = holdings.receipts
    .filter(({ value }) => equalBytes(value.device, cylinder))
    .map(({ name, bytes: receipt }): CarryTask => ({ kind: "receipt", name, receipt }));
  const newer = lists.filter(([list, version]) => {
    const held = holdings.lists.find(({ value }) => value.list === list)?.value.version ?? 0;
    return version > held;
  });
  return [...collects, ...receipts, ...newer.map(([list]): CarryTask => ({ kind: "fetch", list }))];
}

/** The newest record of a door's store that the city is known to have. */
export function deliveredAt(
  { receipts }: Holdings,
  cylinder: Uint8Array,
  store: LogSegment["store"],
): number | undefined {
  return receipts.find(({ value }) => value.store === store && equalBytes(value.device, cylinder))?.value.n;
}

/**
 * The commit that takes a segment along; empty where it is none of this door and session, known, or over a quota. `taken` are the
 * bytes that this insertion has added already. Only the same cylinder's older segments make room.
 */
export function segmentChanges(
  { segments }: Holdings,
  quotas: KeyQuotas,
  from: { readonly cylinder: Uint8Array; readonly keyNonce: Uint8Array; readonly taken: number },
  bytes: Uint8Array,
): Changes {
  const none: Changes = new Map();
  const value = readSegment(bytes, from.cylinder);
  if (value === undefined || !equalBytes(value.keyNonce, from.keyNonce)) return none;
  if (from.taken + bytes.length > BYTES_PER_INSERTION || bytes.length > quotas.carriedBytesPerCylinder) return none;
  const name = ITEM.segment(from.cylinder, value);
  const own = segments.filter((one) => equalBytes(one.signer, from.cylinder) && one.name !== name);
  const isKnown = own.some(({ value: other }) => {
    return other.store === value.store && other.first <= value.first && endOf(other) >= endOf(value);
  });
  if (isKnown) return none;
  const changes = new Map<string, Uint8Array | "deleted">();
  const oldestFirst = own.sort((a, b) => a.value.nonceCounter - b.value.nonceCounter);
  const replaced = segments.filter((one) => one.name === name);
  let ownBytes = sum(own) + bytes.length;
  const othersBytes = sum(segments) - sum(own) - sum(replaced);
  const room = Math.min(quotas.carriedBytesPerCylinder, quotas.carriedBytes - othersBytes);
  for (const evicted of oldestFirst) {
    if (ownBytes <= room) break;
    changes.set(evicted.name, "deleted");
    ownBytes -= evicted.bytes.length;
  }
  return ownBytes <= room ? changes.set(name, bytes) : none;
}

function readSegment(bytes: Uint8Array, cylinder: Uint8Array): LogSegment | undefined {
  try {
    // Whether the cylinder signed it the city finds out: a key has no cylinder's public key. What a false one pushes out is a copy,
    // for a cylinder keeps its records until a receipt covers them (SPEC LOG-7).
    const { kid, value } = parseObject(logSegmentObject, bytes);
    return kid !== undefined && equalBytes(kid, cylinder) ? value : undefined;
  } catch (error) {
    if (error instanceof PeerError) return undefined;
    throw error;
  }
}

function endOf({ first, records }: LogSegment): number {
  return first + records.length;
}

function sum(held: readonly { readonly bytes: Uint8Array }[]): number {
  let total = 0;
  for (const { bytes } of held) total += bytes.length;
  return total;
}
