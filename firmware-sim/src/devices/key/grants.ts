/** At most the current and the next grant (SPEC DCK-6): which of those held give way to a new one. */
import { equalBytes, type Grant } from "@nyckelfri/protocol";
import type { Held } from "../shared/belief.ts";
import type { Changes } from "../shared/transactions.ts";
import type { HeldTicket } from "./holdings.ts";
import { ITEM } from "./holdings.ts";

const MOST = 2;

type Offered = Pick<Held<Grant>, "bytes" | "value">;

export type Placed =
  | { readonly kind: "placed"; readonly grants: readonly Offered[] }
  | { readonly kind: "known" | "older" | "refused" };

/** A new grant replaces those whose shift it touches, and all of another holder; of three the latest shift waits in the station. */
export function placeGrant(held: readonly Offered[], offered: Offered): Placed {
  if (held.some(({ bytes }) => equalBytes(bytes, offered.bytes))) return { kind: "known" };
  if (held.some(({ value }) => value.iat > offered.value.iat)) return { kind: "older" };
  const { sub, nbf, exp } = offered.value;
  const kept = held.filter(({ value }) => value.sub === sub && (value.exp <= nbf || exp <= value.nbf));
  const grants = [...kept, offered].sort((a, b) => a.value.nbf - b.value.nbf).slice(0, MOST);
  return grants.includes(offered) ? { kind: "placed", grants } : { kind: "refused" };
}

/** The items of these grants; a ticket for none of them goes with the one that it was for. */
export function grantChanges(
  grants: readonly Offered[],
  ticket: HeldTicket | undefined,
  sha256: (bytes: Uint8Array) => Uint8Array,
): Changes {
  const [current, next] = grants;
  const changes = new Map<string, Uint8Array | "deleted">([
    [ITEM.currentGrant, current?.bytes ?? "deleted"],
    [ITEM.nextGrant, next?.bytes ?? "deleted"],
  ]);
  if (ticket === undefined) return changes;
  const isBound = grants.some(({ bytes }) => equalBytes(sha256(bytes), ticket.value.grantDigest));
  return isBound ? changes : changes.set(ITEM.ticket, "deleted");
}
