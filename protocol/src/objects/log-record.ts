/** LogRecord: one entry of a cylinder's log; it names the grant and never the holder (SPEC OBJ-14). */
import { bytes, choice, type Schema, uint, variant } from "../cbor/schema.ts";
import { reasons } from "../registry.ts";
import type { Seconds } from "../time/clock.ts";

/** Why a door refused: names of registry.json, `reasons`. */
export type RefusalReason = (typeof reasons)[number]["name"];

export type LogRecord =
  /** A door is about to be opened. Without an outcome after it, it was possibly opened (SPEC LOG-5). */
  | {
      readonly kind: "intent";
      readonly cti: Uint8Array;
      readonly keyCounter: number;
      readonly lo: Seconds;
      readonly widthSeconds: number;
      /** Sum of `INTENT_FLAGS` (SPEC OBJ-14). */
      readonly flags: number;
    }
  | {
      readonly kind: "outcome";
      readonly code: "engaged" | "aborted" | "unknown" | "jammed";
      readonly durationMs: number;
    }
  /** In place of a record that could not be read back (SPEC LOG-3). */
  | { readonly kind: "void" }
  | { readonly kind: "policy"; readonly version: number }
  | { readonly kind: "list"; readonly list: number; readonly version: number }
  | {
      readonly kind: "lifecycle";
      readonly state: "factory" | "commissioned" | "active" | "deactivated" | "dismounted";
      readonly mount: number;
    }
  | { readonly kind: "refusal"; readonly cti: Uint8Array; readonly reason: RefusalReason; readonly lo: Seconds }
  /** A receipt up to this record came with another head (SPEC LOG-6). */
  | { readonly kind: "fork"; readonly n: number }
  | { readonly kind: "epoch"; readonly epoch: number }
  /** The last record of a cylinder whose counters have ended (SPEC LOG-8). */
  | { readonly kind: "exhausted" };

const REASON_NUMBERS = Object.fromEntries(reasons.map(({ name, number }) => [name, number])) as Readonly<
  Record<RefusalReason, number>
>;

/** What else an intent says: a ticket was asked for and held; the grant was known from before (SPEC OPN-10). */
export const INTENT_FLAGS = { activated: 1, known: 2 } as const;

const cti: Schema<Uint8Array> = bytes(8);
const uint16: Schema<number> = uint({ max: 0xffff });

export const logRecordSchema: Schema<LogRecord> = variant("kind", {
  intent: [
    1,
    {
      cti,
      keyCounter: uint(),
      lo: uint(),
      widthSeconds: uint({ min: 1, max: 0xffff }),
      flags: uint({ max: INTENT_FLAGS.activated | INTENT_FLAGS.known }),
    },
  ],
  outcome: [2, { code: choice({ engaged: 0, aborted: 1, unknown: 2, jammed: 3 }), durationMs: uint16 }],
  void: [3, {}],
  policy: [4, { version: uint() }],
  list: [5, { list: uint(), version: uint() }],
  lifecycle: [
    6,
    { state: choice({ factory: 0, commissioned: 1, active: 2, deactivated: 3, dismounted: 4 }), mount: uint16 },
  ],
  refusal: [7, { cti, reason: choice(REASON_NUMBERS), lo: uint() }],
  fork: [8, { n: uint() }],
  epoch: [9, { epoch: uint() }],
  exhausted: [10, {}],
});
