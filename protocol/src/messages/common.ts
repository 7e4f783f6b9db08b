/** Parts that bodies of several messages share; the names are those of the CDDL. */
import {
  array,
  bytes,
  choice,
  map,
  optional,
  required,
  type Schema,
  type TypeOf,
  tuple,
  uint,
} from "../cbor/schema.ts";
import { notBuildable } from "../cbor/schema-fault.ts";
import { PeerError } from "../errors.ts";
import type { VersionRange } from "../framing/frame.ts";
import type { DeviceKind } from "../objects/enrolment.ts";
import type { CoarseResultName } from "../objects/key-journal.ts";
import { coarseResults, limits } from "../registry.ts";
import type { Seconds } from "../time/clock.ts";

/** A revocation list and its version in the sender's epoch. */
export type ListVersion = readonly [list: number, version: number];

/** What became of one delivered object. `older`: the receiver has a newer one and keeps it (SPEC DCK-5, OPN-7). */
export type UpdateOutcome = TypeOf<typeof updateOutcome>;
export type Battery = TypeOf<typeof battery>;
export type LifecycleState = TypeOf<typeof lifecycleState>;

/** A clock as its owner tells it (SPEC TIM-1): true time lies in `[lo, lo + widthSeconds)`, or nothing is known. */
export type ToldClock =
  | { readonly quality: "lost" }
  | { readonly quality: "conflict" }
  | { readonly quality: "running"; readonly lo: Seconds; readonly widthSeconds: number };

/** The newest record of a log and the chain hash (16 bytes) at it. */
export interface LogPosition {
  readonly newest: number;
  readonly head: Uint8Array;
}

/** A body without content. */
export type Empty = Readonly<Record<never, never>>;

/**
 * A schema over the wire's form `W` for values `T` of which not every `W` is one. `read` gives undefined for fields that
 * contradict each other: `messages/inconsistent` (SPEC MSG-9).
 */
export function consistent<W, T>(
  wire: Schema<W>,
  read: (fields: W) => T | undefined,
  write: (value: T) => W,
): Schema<T> {
  return {
    parse(value, path) {
      const parsed = read(wire.parse(value, path));
      if (parsed === undefined) throw new PeerError("messages/inconsistent", { path });
      return parsed;
    },
    build(value, path) {
      if (typeof value !== "object" || value === null) notBuildable(path, "an object");
      const fields = write(value);
      const built = wire.build(fields, path);
      if (read(fields) === undefined) notBuildable(path, "fields that agree with each other");
      return built;
    },
  };
}

/** Names and numbers of a table of the registry, as `choice` takes them. */
function numbersOf<const R extends { readonly name: string; readonly number: number }>(
  rows: readonly R[],
): { readonly [Row in R as Row["name"]]: Row["number"] } {
  return Object.fromEntries(rows.map(({ name, number }) => [name, number])) as never;
}

/** SPEC MSG-3: the span of wire versions that the speaker has. */
export const versions: Schema<VersionRange> = consistent(
  tuple(uint({ min: 1, max: 255 }), uint({ min: 1, max: 255 })),
  ([oldest, newest]) => (oldest <= newest ? { oldest, newest } : undefined),
  ({ oldest, newest }) => [oldest, newest] as const,
);

/** What a result says on the wire, and all that it says (SPEC MSG-8). */
export const coarseResult: Schema<CoarseResultName> = choice(numbersOf(coarseResults));

/** An encoded COSE_Sign1. Whose it is and whether it holds is another layer's question. */
export const object: Schema<Uint8Array> = bytes({ min: 1, max: limits.objectBytes });
/** The certificate of a device and that of its issuer, in this order; the second where the receiver may lack it. */
export const certificates: Schema<readonly Uint8Array[]> = array(object, { min: 1, max: 2 });

export const id8: Schema<Uint8Array> = bytes(8);
export const nonce8: Schema<Uint8Array> = bytes(8);
export const nonce16: Schema<Uint8Array> = bytes(16);
export const digest: Schema<Uint8Array> = bytes(32);
export const publicKey: Schema<Uint8Array> = bytes(32);
export const byte: Schema<number> = uint({ max: 0xff });
export const uint16: Schema<number> = uint({ max: 0xffff });
export const seconds: Schema<Seconds> = uint();
export const listVersion: Schema<ListVersion> = tuple(uint(), uint());

export const updateOutcome: Schema<"stored" | "known" | "older" | "refused" | "need-certificate"> = choice({
  stored: 0,
  known: 1,
  older: 2,
  refused: 3,
  "need-certificate": 4,
});

export const battery: Schema<"ok" | "low" | "critical" | "empty"> = choice({ ok: 0, low: 1, critical: 2, empty: 3 });

export const deviceKind: Schema<DeviceKind> = choice({
  cylinder: 1,
  key: 2,
  station: 3,
  "activation-box": 4,
  "key-cabinet": 5,
});

export const lifecycleState: Schema<"factory" | "commissioned" | "active" | "deactivated" | "dismounted"> = choice({
  factory: 0,
  commissioned: 1,
  active: 2,
  deactivated: 3,
  dismounted: 4,
});

export const clock: Schema<ToldClock> = consistent(
  map({
    quality: required(1, choice({ lost: 0, conflict: 1, running: 2 })),
    lo: optional(2, seconds),
    widthSeconds: optional(3, uint({ min: 1, max: 0xffff })),
  }),
  ({ quality, lo, widthSeconds }): ToldClock | undefined => {
    if (quality !== "running") return lo === undefined && widthSeconds === undefined ? { quality } : undefined;
    return lo === undefined || widthSeconds === undefined ? undefined : { quality, lo, widthSeconds };
  },
  (told) => told,
);

export const logPosition: Schema<LogPosition> = consistent(
  tuple(uint(), bytes(16)),
  ([newest, head]) => ({ newest, head }),
  ({ newest, head }) => [newest, head] as const,
);

export const empty: Schema<Empty> = map({});
