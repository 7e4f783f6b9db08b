/** Chained records: where a log stands, and whether what somebody hands over belongs to it (SPEC LOG-2, OBJ-14, OBJ-15). */
import { equalBytes } from "../bytes.ts";
import { encodeAs, type Schema } from "../cbor/schema.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { limits } from "../registry.ts";
import { chainNext } from "./derivations.ts";
import type { Violation } from "./signed-object.ts";

/** A log's last record, or any of its records: its number and the head after it. Number 0 is the start, h_0. */
export interface ChainPosition {
  readonly number: number;
  /** 16 bytes. */
  readonly head: Uint8Array;
}

/** Consecutive records as an object carries them. */
export interface ChainPart<Record> {
  /** Number of the first record. */
  readonly first: number;
  /** Head before the first record. */
  readonly headBefore: Uint8Array;
  readonly records: readonly Record[];
}

/** The positions of a part, from the one before its first record to its last (SPEC LOG-2). */
export function chainPositions<Record>(
  provider: CryptoProvider,
  part: ChainPart<Record>,
  schema: Schema<Record>,
): readonly ChainPosition[] {
  let position: ChainPosition = { number: part.first - 1, head: part.headBefore };
  const positions = [position];
  for (const record of part.records) {
    // Exactly the bytes that were received: an encoding of the profile has one form (SPEC CBR-11).
    const bytes = encodeAs(schema, record, { maxBytes: limits.objectBytes });
    const number = position.number + 1;
    position = { number, head: chainNext(provider, position.head, number, bytes) };
    positions.push(position);
  }
  return positions;
}

/**
 * Do a part's positions agree with one that is known of the same log? `fork`: it tells of other records. `gap`: it begins
 * after the known one, and records are missing between them. `older`: it ends before the known one, which says nothing of it.
 */
export function compareWithKnown(
  positions: readonly ChainPosition[],
  known: ChainPosition,
): "agrees" | "fork" | "gap" | "older" {
  const [start] = positions;
  if (start === undefined || known.number < start.number) return "gap";
  const same = positions[known.number - start.number];
  if (same === undefined) return "older";
  return equalBytes(same.head, known.head) ? "agrees" : "fork";
}

/** Records are numbered from 1, and numbers never wrap. */
export function recordNumbers(first: number, count: number): Violation | undefined {
  if (first >= 1 && first + count - 1 <= 0xffff_ffff) return undefined;
  return { code: "objects/record-numbers", details: { first, count } };
}
