/** What a station has counted on its host's line, by name (registry.json, `counters`): never a reason of a refusal, never an identity. */
import type { DecoderCounters, ResponderCounters } from "@nyckelfri/protocol";

export type CounterName = keyof DecoderCounters | keyof ResponderCounters;

/** In the order in which they travel. */
export const COUNTER_NAMES: readonly CounterName[] = [
  ...(["bytesReceived", "bytesDiscarded", "framesAccepted", "emptyFrames"] as const),
  ...(["discardedOversize", "discardedCobs", "discardedShort", "discardedCrc", "discardedVersion"] as const),
  ...(["discardedKind", "discardedSessionZero", "discardedUnfinished"] as const),
  ...(["requestsHandled", "repliesRepeated", "busySent", "sequenceReused", "sequenceGap", "staleHello"] as const),
  ...(["otherSession", "otherVersion", "unexpectedKind", "staleAnswers"] as const),
  ...(["notificationsSent", "notificationsDropped"] as const),
];

/** Those that the station has told; a newer one may tell more, which have no name here. */
export function namedCounters(counters: readonly number[]): Readonly<Partial<Record<CounterName, number>>> {
  return Object.fromEntries(COUNTER_NAMES.flatMap((name, at) => (at < counters.length ? [[name, counters[at]]] : [])));
}

/** What a self-test looks at (SPEC SRV-1); from 128 on it is the vendor's own. */
export type SelfTestCheck = (typeof CHECKS)[number] | `number-${number}`;
const CHECKS = ["memory", "clock", "cryptography", "contacts", "battery"] as const;

export function namedCheck(number: number): SelfTestCheck {
  return CHECKS[number - 1] ?? `number-${number}`;
}
