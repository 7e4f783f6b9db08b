/** KeyJournal: the key's own record of what it did, against which the city holds the cylinders' logs (SPEC OBJ-16). */
import { array, bytes, choice, map, required, type Schema, uint, variant } from "../cbor/schema.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { coarseResults, limits } from "../registry.ts";
import type { Seconds } from "../time/clock.ts";
import { type ChainPosition, chainPositions, recordNumbers } from "./chain.ts";
import { HEAD_BYTES } from "./derivations.ts";
import { requireNonce } from "./rules.ts";
import { type ObjectKind, type Unverified, type Verified, type Verifier, verifyObject } from "./signed-object.ts";

/** What a door said: names of registry.json, `coarseResults`. */
export type CoarseResultName = (typeof coarseResults)[number]["name"];

export type JournalEntry =
  /** Committed before the proof leaves, so that no proof is without a trace. */
  | {
      readonly kind: "proof";
      readonly cylinder: Uint8Array;
      readonly cti: Uint8Array;
      readonly keyCounter: number;
      readonly lo: Seconds;
      readonly widthSeconds: number;
      readonly action: "open" | "service";
    }
  | { readonly kind: "result"; readonly cylinder: Uint8Array; readonly result: CoarseResultName }
  | {
      readonly kind: "time-accepted";
      /** kid of the source. */
      readonly source: Uint8Array;
      readonly lo: Seconds;
      readonly widthSeconds: number;
    }
  | {
      readonly kind: "time-refused";
      readonly source: Uint8Array;
      readonly reason: "stale" | "earlier" | "conflict" | "too-wide" | "window" | "source";
    }
  /** `lo` is the lower bound that the key still knows. */
  | { readonly kind: "clock-lost"; readonly lo: Seconds }
  | {
      readonly kind: "activation";
      readonly box: Uint8Array;
      readonly outcome: "activated" | "wrong-pin" | "locked";
    };

export interface KeyJournal {
  /** Number of the first entry. */
  readonly first: number;
  /** Chain hash before the first entry. */
  readonly headBefore: Uint8Array;
  readonly entries: readonly JournalEntry[];
  /** Given by the station, box or cabinet that asked. */
  readonly nonce: Uint8Array;
}

const RESULT_NUMBERS = Object.fromEntries(coarseResults.map(({ name, number }) => [name, number])) as Readonly<
  Record<CoarseResultName, number>
>;

const id8: Schema<Uint8Array> = bytes(8);
const widthSeconds: Schema<number> = uint({ min: 1, max: 0xffff });

export const journalEntrySchema: Schema<JournalEntry> = variant("kind", {
  proof: [
    1,
    { cylinder: id8, cti: id8, keyCounter: uint(), lo: uint(), widthSeconds, action: choice({ open: 1, service: 4 }) },
  ],
  result: [2, { cylinder: id8, result: choice(RESULT_NUMBERS) }],
  "time-accepted": [3, { source: id8, lo: uint(), widthSeconds }],
  "time-refused": [
    4,
    { source: id8, reason: choice({ stale: 1, earlier: 2, conflict: 3, "too-wide": 4, window: 5, source: 6 }) },
  ],
  "clock-lost": [5, { lo: uint() }],
  activation: [6, { box: id8, outcome: choice({ activated: 0, "wrong-pin": 1, locked: 2 }) }],
});

const schema: Schema<KeyJournal> = map({
  first: required(1, uint()),
  headBefore: required(2, bytes(HEAD_BYTES)),
  entries: required(3, array(journalEntrySchema, { min: 1, max: limits.journalEntries })),
  nonce: required(4, bytes(16)),
});

export const keyJournalObject: ObjectKind<KeyJournal> = {
  name: "key-journal",
  kid: "sent",
  schema,
  violation: ({ first, entries }) => recordNumbers(first, entries.length),
};

/** Under the key's own public key, in answer to `nonce`. Throws `objects/nonce`, `cose/signature-invalid`. */
export function verifyKeyJournal(
  object: Unverified<KeyJournal>,
  { nonce, ...verifier }: Verifier & { readonly nonce: Uint8Array },
): Verified<KeyJournal> {
  requireNonce(object, nonce);
  return verifyObject(object, verifier);
}

/** Where the key's journal stands before and after each entry (SPEC LOG-2, store 3; see `compareWithKnown`). */
export function journalPositions(provider: CryptoProvider, journal: KeyJournal): readonly ChainPosition[] {
  const { first, headBefore, entries: records } = journal;
  return chainPositions(provider, { first, headBefore, records }, journalEntrySchema);
}
