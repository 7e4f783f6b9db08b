/**
 * What SPEC asks of each event of a small world, written from SPEC alone and without a line of the protocol's or a device's code: who
 * knows what, in facts so few that one can follow them by hand, and whether a visit must open, must not, or may. An exploration holds
 * every transition of the real devices against it.
 */

/** SPEC TRU-8: compared in this order. */
export type Version = readonly [epoch: number, value: number];

export interface GrantFacts {
  /** Tells grants of one key apart. */
  readonly epoch: number;
  /** It is over from this class of time on. */
  readonly overFrom: number;
}

export interface KeyFacts {
  readonly clock: "sure" | "lost";
  readonly epoch: number;
  readonly list: Version;
  readonly policy: Version;
  readonly grant: GrantFacts | "none";
}

export interface DoorFacts {
  readonly epoch: number;
  readonly list: Version;
  readonly policy: Version;
  /** Of the newest date that it has verified: 0 before the world began, one more than the class of time else. */
  readonly floor: number;
}

/** What the city has issued until now. */
export interface CityFacts {
  readonly epoch: number;
  readonly list: Version;
  readonly policy: Version;
  /** Policies under which the door is out of service. */
  readonly closing: readonly Version[];
  /** By key: from which list on its grants of that list's epoch are void. */
  readonly voidFrom: Readonly<Record<string, Version>>;
  /** When lists, policies and epochs were issued, as a floor has it. */
  readonly dates: { readonly list: Dates; readonly policy: Dates; readonly epoch: Dates };
  /** By key: its newest grant. */
  readonly grants: Readonly<Record<string, GrantFacts>>;
}

/** By version or epoch. */
type Dates = Readonly<Record<string, number>>;

export interface Facts {
  /** Of time: 0, 1 or 2. */
  readonly moment: number;
  readonly city: CityFacts;
  readonly door: DoorFacts;
  readonly keys: Readonly<Record<string, KeyFacts>>;
}

/** `whole`: the key stays as long as it takes. `cut`: power goes, or the key does, somewhere in it. */
export type VisitKind = "whole" | "cut";

export interface Duty {
  readonly duty: "must-open" | "must-not-open" | "may-open";
  /** The clause that says so. */
  readonly because: string;
}

/** SPEC chapter 9, and OPN-6, OPN-7: an opening leaves the door at least as new as its key, so both count. */
export function dutyOf({ moment, city, door, keys }: Facts, name: string, kind: VisitKind): Duty {
  const key = keys[name];
  const never = (because: string): Duty => ({ duty: "must-not-open", because });
  if (key === undefined) return never("DEC-1");
  const { grant } = key;
  if (grant === "none") return never("OPN-6");
  if (key.clock === "lost") return never("DEC-8");
  if (grant.epoch !== Math.max(key.epoch, door.epoch)) return never("DEC-4");
  if (moment >= grant.overFrom) return never("DEC-11");
  if (isVoid(city, name, grant, newer(key.list, door.list))) return never("DEC-14");
  const policy = newer(key.policy, door.policy);
  if (city.closing.some((one) => isSame(one, policy))) return never("DEC-2");
  if (kind === "cut") return { duty: "may-open", because: "OPN-12" };
  // SPEC OPN-7, P14: what three updates do not bring waits for the next insertion.
  return lackingAt(door, key) > UPDATES
    ? { duty: "may-open", because: "OPN-7" }
    : { duty: "must-open", because: "P14" };
}

/** What somebody with a stolen key says of the time: as late as it may be, or a second later (SPEC DEC-11). */
export type Claim = "last-second" | "one-late";

/** The door's own decision on a key's first grant, whatever the time is; the claim says that nothing newer is carried. */
export function dutyOfClaim({ city, door }: Facts, name: string, grant: GrantFacts, claim: Claim): Duty {
  const never = (because: string): Duty => ({ duty: "must-not-open", because });
  if (city.closing.some((one) => isSame(one, door.policy))) return never("DEC-2");
  if (grant.epoch !== door.epoch) return never("DEC-4");
  // The claim lies between two classes of time; a floor of the later one is past it.
  if (door.floor > grant.overFrom) return never("DEC-9");
  if (claim === "one-late") return never("DEC-11");
  if (isVoid(city, name, grant, door.list)) return never("DEC-14");
  return { duty: "must-open", because: "DEC-11" };
}

const UPDATES = 3;

/** Objects that the door lacks, with the certificates under which it would take them. */
export function lackingAt(door: DoorFacts, key: KeyFacts): number {
  const isBehind = door.epoch < key.epoch;
  const cost = (held: Version, brought: Version): number => {
    if (!isAbove(brought, held)) return 0;
    const isFirst = isBehind || (held[1] === 0 && held[0] > 1);
    return isFirst ? 2 : 1;
  };
  return cost(door.policy, key.policy) + cost(door.list, key.list);
}

/** SPEC OBJ-9; a list of another epoch voids nothing of this one (TRU-8). */
function isVoid({ voidFrom }: CityFacts, name: string, grant: GrantFacts, list: Version): boolean {
  const from = voidFrom[name];
  return from !== undefined && from[0] === grant.epoch && list[0] === grant.epoch && !isAbove(from, list);
}

/** The least and the most that a door may know after an event. */
export interface DoorBounds {
  readonly least: DoorFacts;
  readonly most: DoorFacts;
}

/**
 * SPEC TRU-8, UPD-2, UPD-3, DEC-15: nothing goes back, nothing comes but from the key; who was let in left the door as new as the
 * key, and who should have been did so too.
 */
export function doorAfter(facts: Facts, name: string, kind: VisitKind, opened: "opened" | "shut"): DoorBounds {
  const { door, keys } = facts;
  const key = keys[name];
  if (key === undefined) return { least: door, most: door };
  const { city } = facts;
  const most = risen(city, door, key);
  const isBound = opened === "opened" || dutyOf(facts, name, kind).duty === "must-open";
  return { least: isBound ? most : door, most };
}

/** A door that has taken everything from somebody. */
export function risen(city: CityFacts, door: DoorFacts, from: Pick<KeyFacts, "epoch" | "list" | "policy">): DoorFacts {
  const epoch = Math.max(door.epoch, from.epoch);
  const list = inEpoch(newer(door.list, from.list), epoch);
  const policy = inEpoch(newer(door.policy, from.policy), epoch);
  return { epoch, list, policy, floor: Math.max(door.floor, floorOf(city, { epoch, list, policy })) };
}

/** SPEC TIM-11, TRU-8: no floor is below a date of what the door holds. */
export function floorOf({ dates }: CityFacts, { epoch, list, policy }: Omit<DoorFacts, "floor">): number {
  return Math.max(dates.list[`${list}`] ?? 0, dates.policy[`${policy}`] ?? 0, dates.epoch[epoch] ?? 0);
}

/** SPEC OPN-15: after an opening a key fetches what is newer at the door; nothing else changes what it knows. */
export function keyAfterVisit({ door, keys }: Facts, name: string, opened: "opened" | "shut"): KeyFacts | undefined {
  const key = keys[name];
  if (key === undefined || opened === "shut" || key.epoch !== door.epoch) return key;
  return { ...key, list: newer(key.list, door.list) };
}

/** SPEC DCK-3, DCK-5: a key that has been with the city knows what the city knows. */
export function keyAfterSync({ moment, city }: Facts, name: string, before: KeyFacts): KeyFacts {
  const { epoch, list, policy } = city;
  const granted = city.grants[name];
  const isGood =
    granted !== undefined && granted.epoch === epoch && moment < granted.overFrom && !isVoid(city, name, granted, list);
  const kept = before.grant !== "none" && before.grant.epoch === epoch ? before.grant : "none";
  return { clock: "sure", epoch, list, policy, grant: isGood ? granted : kept };
}

export function newer(one: Version, other: Version): Version {
  return isAbove(other, one) ? other : one;
}

export function isAbove([epoch, value]: Version, [otherEpoch, otherValue]: Version): boolean {
  return epoch > otherEpoch || (epoch === otherEpoch && value > otherValue);
}

export function isSame(one: Version, other: Version): boolean {
  return one[0] === other[0] && one[1] === other[1];
}

/** SPEC TRU-8: a new epoch sets every version to (epoch, 0). */
function inEpoch(version: Version, epoch: number): Version {
  return version[0] < epoch ? [epoch, 0] : version;
}
