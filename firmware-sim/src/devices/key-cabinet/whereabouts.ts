/**
 * Where keys are, in the memory: one item for each key, so that a key is in one place only, and never two halves of a move are
 * there (SPEC PER-16). A record names the grant under which a key is out, and never the holder (SPEC OBJ-14).
 */
import { type CborValue, decode, encode, equalBytes, readClock, toHex } from "@nyckelfri/protocol";
import type { At } from "../mains/state.ts";
import { deleted } from "../shared/believing.ts";
import type { Changes } from "../shared/transactions.ts";
import { KNOWN_KEY } from "../station/bundles.ts";
import type { CabinetConfig, CabinetOwn, CabinetX, Lease, Place, Whereabouts } from "./types.ts";

export const WHERE = "where/";

const PLACES: readonly Place["kind"][] = ["stored", "released", "out"];
const NOTHING = new Uint8Array(0);

export function encodeWhereabouts({ kid, publicKey, place }: Whereabouts): Uint8Array {
  const lease: Lease = place.kind === "stored" ? { grant: "unknown", exp: 0, since: 0 } : place.lease;
  const isTold = place.kind === "out" && place.overdue === "told";
  const { grant, exp, since } = lease;
  return encode([
    ...[kid, publicKey, PLACES.indexOf(place.kind), place.slot],
    ...[grant === "unknown" ? NOTHING : grant, exp, since, isTold],
  ]);
}

export function readWhereabouts(_name: string, bytes: Uint8Array): Whereabouts {
  const [kid, publicKey, kind, slot, grant, exp, since, isTold] = decode(bytes) as readonly CborValue[] as readonly [
    ...(readonly [Uint8Array, Uint8Array, number, number]),
    ...(readonly [Uint8Array, number, number, boolean]),
  ];
  const lease: Lease = { grant: grant.length === 0 ? "unknown" : grant, exp, since };
  const placeOf = (): Place => {
    switch (PLACES[kind]) {
      case "released":
        return { kind: "released", slot, lease };
      case "out":
        return { kind: "out", slot, lease, overdue: isTold ? "told" : "not-told" };
      default:
        return { kind: "stored", slot };
    }
  };
  return { kid, publicKey, place: placeOf() };
}

export function whereaboutsOf({ whereabouts }: CabinetOwn, kid: Uint8Array): Whereabouts | undefined {
  return whereabouts.get(WHERE + toHex(kid));
}

/** Keys that are stored in a slot, or were released from it and not taken yet; more than one only for a commit's time. */
export function keysIn({ whereabouts }: CabinetOwn, slot: number): readonly Whereabouts[] {
  return [...whereabouts.values()].filter(({ place }) => place.kind !== "out" && place.slot === slot);
}

/** A key's public key, as this cabinet has known it before. */
export function knownPublicKey(own: CabinetOwn, kid: Uint8Array): Uint8Array | undefined {
  return whereaboutsOf(own, kid)?.publicKey ?? own.knownKeys.get(KNOWN_KEY + toHex(kid));
}

/** The commit that says where a key is now. */
export function placed(own: CabinetOwn, { keysOut }: CabinetConfig, key: Whereabouts): Changes {
  const name = WHERE + toHex(key.kid);
  const changes = new Map<string, Uint8Array | "deleted">([[name, encodeWhereabouts(key)]]);
  if (key.place.kind !== "out") return changes;
  const others = [...own.whereabouts].filter(([other, { place }]) => other !== name && place.kind === "out");
  for (const [other] of others.slice(0, Math.max(0, others.length + 1 - keysOut))) changes.set(...deleted(other));
  return changes;
}

/** Remembers the public key of a key, so that it can prove itself when it comes back without a grant. */
export function registered(own: CabinetOwn, { quotas }: CabinetConfig, { kid, publicKey }: Whereabouts): Changes {
  const name = KNOWN_KEY + toHex(kid);
  const held = own.knownKeys.get(name);
  if (held !== undefined && equalBytes(held, publicKey)) return new Map();
  const [first] = own.knownKeys.keys();
  const isFull = own.knownKeys.size >= quotas.knownKeys && first !== undefined;
  return new Map<string, Uint8Array | "deleted">([...(isFull ? [deleted(first)] : []), [name, publicKey]]);
}

/** Under which grant a key leaves, and when. */
export function leaseOf({ on, tickMs }: At<CabinetX>, kid: Uint8Array): Lease {
  const grant = on.own.grants.get(grantName(kid))?.value;
  const reading = readClock(on.holdings.clock, tickMs);
  const since = reading.quality === "running" ? reading.interval.lo : 0;
  return { grant: grant?.cti ?? "unknown", exp: grant?.exp ?? 0, since };
}

export const GRANT = "grant/";
export function grantName(kid: Uint8Array): string {
  return GRANT + toHex(kid);
}
