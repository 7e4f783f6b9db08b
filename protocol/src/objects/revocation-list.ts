/** RevocationList: what a provider or district has taken back (SPEC OBJ-8, OBJ-9, OBJ-10). */
import { array, bytes, map, required, type Schema, uint, variant } from "../cbor/schema.ts";
import { limits } from "../registry.ts";
import type { Seconds } from "../time/clock.ts";
import { ascending, byBytes, byNumber } from "./rules.ts";
import type { ObjectKind } from "./signed-object.ts";

/** Entries that name an 8-byte id: a cti, a kid or a pseudonym. */
export type IdEntryKind = "grant" | "key" | "holder" | "device" | "issuer";

/** What was issued to or by `id` at or before `until` is void (SPEC OBJ-9 says for each kind what that is). */
export type RevocationEntry =
  | { readonly kind: IdEntryKind; readonly id: Uint8Array; readonly until: Seconds }
  | { readonly kind: "group"; readonly id: number; readonly until: Seconds };

export interface RevocationList {
  readonly list: number;
  readonly version: number;
  readonly iat: Seconds;
  /** Ascending by the kind's number, then by id. */
  readonly entries: readonly RevocationEntry[];
}

const KIND_NUMBERS: Readonly<Record<RevocationEntry["kind"], number>> = {
  grant: 1,
  key: 2,
  holder: 3,
  device: 4,
  group: 5,
  issuer: 6,
};

const byId = { id: bytes(8), until: uint() };
const entry: Schema<RevocationEntry> = variant("kind", {
  grant: [KIND_NUMBERS.grant, byId],
  key: [KIND_NUMBERS.key, byId],
  holder: [KIND_NUMBERS.holder, byId],
  device: [KIND_NUMBERS.device, byId],
  group: [KIND_NUMBERS.group, { id: uint(), until: uint() }],
  issuer: [KIND_NUMBERS.issuer, byId],
});

const schema: Schema<RevocationList> = map({
  list: required(1, uint()),
  version: required(2, uint({ min: 1 })),
  iat: required(3, uint()),
  entries: required(4, array(entry, { min: 0, max: limits.listEntries })),
});

export const revocationListObject: ObjectKind<RevocationList> = {
  name: "revocation-list",
  kid: "sent",
  schema,
  issuance: {
    role: "list",
    times: ({ iat }) => ({ iat }),
    // SPEC TRU-6: one provider's issuer must not overwrite another's list.
    fault: ({ list }, { groups }) =>
      groups === undefined || groups.includes(list) ? undefined : { code: "trust/groups", details: { list } },
  },
  violation: (list) => ascending(list.entries, compareEntries, "entries"),
};

/** Order of SPEC OBJ-8. */
export function compareEntries(a: RevocationEntry, b: RevocationEntry): number {
  if (a.kind === "group" || b.kind === "group") {
    return a.kind === "group" && b.kind === "group"
      ? byNumber(a.id, b.id)
      : KIND_NUMBERS[a.kind] - KIND_NUMBERS[b.kind];
  }
  return a.kind === b.kind ? byBytes(a.id, b.id) : KIND_NUMBERS[a.kind] - KIND_NUMBERS[b.kind];
}
