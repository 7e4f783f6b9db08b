/** LogSegment: consecutive records of one store, signed by the cylinder (SPEC OBJ-14). */
import { array, bytes, choice, map, required, type Schema, uint } from "../cbor/schema.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { limits } from "../registry.ts";
import { type ChainPosition, chainPositions, recordNumbers } from "./chain.ts";
import { HEAD_BYTES, STORES } from "./derivations.ts";
import { type LogRecord, logRecordSchema } from "./log-record.ts";
import type { ObjectKind } from "./signed-object.ts";

export interface LogSegment {
  readonly mount: number;
  /** Number of the first record. */
  readonly first: number;
  /** Chain hash before the first record. */
  readonly headBefore: Uint8Array;
  readonly records: readonly LogRecord[];
  /** The key's nonce of the session in which the segment was signed. */
  readonly keyNonce: Uint8Array;
  /** The cylinder's nonce counter in that session. */
  readonly nonceCounter: number;
  readonly store: "openings" | "refusals";
}

const schema: Schema<LogSegment> = map({
  mount: required(1, uint({ max: 0xffff })),
  first: required(2, uint()),
  headBefore: required(3, bytes(HEAD_BYTES)),
  records: required(4, array(logRecordSchema, { min: 1, max: limits.segmentRecords })),
  keyNonce: required(5, bytes(8)),
  nonceCounter: required(6, uint()),
  // Label 7 is reserved for sealed bodies, and so refused.
  store: required(8, choice({ openings: STORES.openings, refusals: STORES.refusals })),
});

export const logSegmentObject: ObjectKind<LogSegment> = {
  name: "log-segment",
  kid: "sent",
  schema,
  violation: ({ first, records }) => recordNumbers(first, records.length),
};

/** Where the cylinder's log stands before and after each record of a segment (see `compareWithKnown`). */
export function segmentPositions(provider: CryptoProvider, segment: LogSegment): readonly ChainPosition[] {
  return chainPositions(provider, segment, logRecordSchema);
}
