/**
 * A checker watches one property (DESIGN chapter 9, SPEC Appendix F: P1 to P23) in a world, by what happens there, and says where it is broken. It
 * judges by the city's ledger and by physics, never by the code that it checks.
 */
import type { CryptoProvider } from "@nyckelfri/protocol";
import type { Nvm } from "../hardware/nvm.ts";
import type { Copyable, EntityRef } from "../world/entity.ts";
import type { HappeningKind, HappeningOf } from "../world/happenings.ts";
import type { Ledger } from "../world/ledger.ts";
import type { Door, Party } from "../world/parties.ts";

export type PropertyId =
  `P${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16 | 17 | 18 | 19 | 20 | 21 | 22 | 23}`;

export interface Breach {
  readonly property: PropertyId;
  /** Microseconds since the world began. */
  readonly at: number;
  readonly device: string;
  /** One sentence with the facts. */
  readonly what: string;
}

/** A device of the world, as its builder knows it. */
export interface CastMember {
  readonly id: string;
  readonly role: "cylinder" | "key" | "station" | "activation-box" | "key-cabinet" | "host" | "rogue";
  readonly party: Party;
  /** Of a key: whether its crystal, its stop flag and the time sources it has used are as P1 assumes. */
  readonly clock: "as-assumed" | "tampered";
}

/** What is true, whatever devices believe. */
export interface Truth {
  /** Microseconds since the world began, and in Unix microseconds. */
  readonly now: number;
  readonly unixMicroseconds: number;
  readonly ledger: Ledger;
  /** Somebody of the cast; throws for anybody else. */
  member(id: string): CastMember;
  /** Undefined for who is not of the cast, e.g. a host's program. */
  find(id: string): CastMember | undefined;
  members(): readonly CastMember[];
  /** The member with this key id. */
  memberOf(kid: Uint8Array): CastMember | undefined;
  /** Where a cylinder sits now. */
  doorOf(cylinder: string): Door | undefined;
  /** What stands in a device's memory at this moment, also without power. */
  memory(id: string): Nvm;
  /** For digests, and to boot a device from its memory. */
  readonly provider: CryptoProvider;
  /** A device's state, for those properties that speak of memories. */
  state(id: string): unknown;
  stateOf<State>(ref: EntityRef<State, never>): State;
}

/** How a checker takes what happens; it names only the kinds that it needs. */
export type Watch = { readonly [K in HappeningKind]?: (happening: HappeningOf<K>, truth: Truth) => void };

export interface Checker extends Copyable<Checker> {
  readonly property: PropertyId;
  readonly says: string;
  readonly watch: Watch;
  /** When nothing is to happen any more: what should have happened and did not. */
  finish?(truth: Truth): void;
  /** Oldest first, at most `BREACHES_KEPT` of them. */
  readonly breaches: readonly Breach[];
}

export const BREACHES_KEPT = 20;
