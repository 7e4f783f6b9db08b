/** Visits that are permitted, as facts: the usual one of the examples, and drawn ones that crowd the edges of every window. */
import fc from "fast-check";
import type { CertificateFacts, EntryFacts, Facts, GrantFacts, ProofFacts, TicketFacts } from "./oracle.ts";
import { box, deviceIssuer, grantIssuer, idOf, key } from "./people.ts";

export type Draft<T> = T extends object ? { -readonly [K in keyof T]: Draft<T[K]> } : T;
/** Whole numbers that fast-check made and shrinks: a tape costs a hundredth of an arbitrary for each of them. */
export class Draw {
  readonly #tape: Uint32Array;
  #next = 0;

  constructor(tape: Uint32Array) {
    this.#tape = tape;
  }

  /** One of 0 .. count - 1. */
  below(count: number): number {
    const number = this.#tape[this.#next % this.#tape.length] ?? 0;
    this.#next += 1;
    return number % count;
  }

  coin(): boolean {
    return this.below(2) === 1;
  }
}

/** Enough for a visit and all that happens to it; what runs past the end reads it again. */
export const draws: fc.Arbitrary<Draw> = fc
  .array(fc.nat({ max: 0xffff_ffff }), { minLength: 192, maxLength: 192 })
  .map((tape) => new Draw(Uint32Array.from(tape)));

export const LATEST = 4_294_967_295;
export const DAY = 86_400;
export const DOOR = idOf("door");
export const OTHER_DOOR = idOf("another door");
const ISSUER_LIFETIME = 800 * DAY;
const DEVICE_LIFETIME = 400 * DAY;
export const SEVEN_DAYS = 7 * DAY;

/** UTC seconds of the nights on which Europe/Stockholm changes its clocks: 2025-03-30 and 2025-10-26, both at 01:00Z. */
export const CLOCK_CHANGES = { spring: 1_743_296_400, autumn: 1_761_440_400 } as const;
/** Where u31 and u32 end (2038 and 2106), where they begin, and both changes of the clock. */
const SEAMS = [0, 60, SEVEN_DAYS, 0x7fff_ffff, 0x8000_0000, LATEST, CLOCK_CHANGES.spring, CLOCK_CHANGES.autumn];

/** A whole number of `[min, max]`, half of the time one of its ends or next to them. */
export function within(g: Draw, min: number, max: number): number {
  const roll = g.below(8);
  if (max <= min || roll === 0) return min;
  if (roll === 1) return max;
  if (roll === 2) return min + 1;
  if (roll === 3) return max - 1;
  return min + g.below(max - min + 1);
}

/** One of some values. */
export function one<T>(g: Draw, values: readonly T[]): T {
  return values[g.below(values.length)] as T;
}

export const clamp = (n: number, min: number, max: number): number => Math.min(Math.max(n, min), max);

/** A visit that every row of the table lets pass. */
export function permitted(g: Draw): Draft<Facts> {
  const duration = one(g, [6, 7, 28_800, 32_400, 57_600, within(g, 6, 700_000)]);
  const seam = one(g, SEAMS);
  const nbf = clamp(seam - one(g, [0, 1, duration, duration - 1, 3600, within(g, 0, duration)]), 0, LATEST - duration);
  const exp = nbf + duration;
  const iat = nbf - within(g, 0, Math.min(nbf, SEVEN_DAYS));
  const hi = within(g, nbf + 1, exp - 5);
  const width = clamp(one(g, [1, 2, 4, 180, 65_535, within(g, 1, 65_535)]), 1, Math.min(hi, 65_535));
  const lo = hi - width;
  const floor = lo < nbf ? within(g, nbf, hi - 1) : one(g, [0, lo, nbf, within(g, 0, hi - 1)]);
  const raised = Math.max(lo, floor);
  const epoch = one(g, [0, 1, 3, LATEST]);
  const action = one(g, ["open", "open", "open", "service"] as const);
  const right = action === "open" ? 1 : 4;
  const bounded = g.coin();
  const scope = scopeOf(g, right, bounded);
  const named = g.coin() ? [11, 12] : one(g, [[], [11], [11, 12, 13, 14]]);
  const policyVersion = { epoch, value: within(g, 0, LATEST) };

  const issuerNbf = iat - within(g, 0, Math.min(iat, 90 * DAY));
  const issuer: Draft<CertificateFacts> = {
    kid: grantIssuer.id,
    roles: 1,
    nbf: issuerNbf,
    exp: within(g, exp, Math.min(LATEST, issuerNbf + ISSUER_LIFETIME)),
    epoch,
    groups: bounded ? boundsOf(g, scope) : "unbounded",
  };

  const from = within(g, Math.max(0, raised - DAY), raised);
  const until = within(g, hi + 5, exp);
  const boxNbf = from - within(g, 0, Math.min(from, 10 * DAY));
  const boxExp = within(g, until, Math.min(LATEST, boxNbf + DEVICE_LIFETIME));
  const boxIssuerNbf = boxNbf - within(g, 0, Math.min(boxNbf, 10 * DAY));
  const asked = g.coin();
  const certificate: Draft<CertificateFacts> = {
    kid: box.id,
    roles: one(g, [128, 128 | 256]),
    nbf: boxNbf,
    exp: boxExp,
    epoch,
    groups: "unbounded",
  };
  const boxIssuer: Draft<CertificateFacts> = {
    kid: deviceIssuer.id,
    roles: 32,
    nbf: boxIssuerNbf,
    exp: within(g, boxExp, Math.min(LATEST, boxIssuerNbf + ISSUER_LIFETIME)),
    epoch,
    groups: "unbounded",
  };

  const facts: Draft<Facts> = {
    door: {
      id: DOOR,
      lifecycle:
        action === "open" ? "active" : one(g, ["factory", "commissioned", "active", "deactivated", "dismounted"]),
      epoch,
      floor,
      groups: [...one(g, [[1], [1, 2], [1, 2, LATEST]])],
      policyVersion,
      activation: asked ? "asked" : "not-asked",
      widest: within(g, width, 65_535),
      longest: within(g, duration, LATEST),
      namedLists: [...named],
      lists: [],
    },
    grant: {
      by: grantIssuer.id,
      holder: idOf("holder"),
      cti: idOf("cti"),
      key: key.id,
      iat,
      nbf,
      exp,
      scope,
      signature: "valid",
    },
    issuer,
    proof: {
      lo,
      width,
      quality: "running",
      action,
      carried: carriedOf(g, epoch, policyVersion.value),
      signature: "valid",
    },
    ticket: asked || g.coin() ? { by: box.id, binds: "this-grant", from, until, signature: "valid" } : "absent",
    box: { certificate, issuer: boxIssuer },
    energy: "enough",
  };
  facts.door.lists = named
    .filter(() => g.coin())
    .map((id) => ({ id, version: within(g, 0, LATEST), entries: harmless(g, facts) }));
  // A list that the policy does not name holds nothing here, however much it says.
  if (g.coin()) facts.door.lists.push({ id: 99, version: 1, entries: exposure(facts).map(at(LATEST)) });
  if (typeof facts.proof !== "string") {
    const { carried } = facts.proof;
    // Of a list that does not hold here, or of an older epoch, no version is newer than what the door has.
    carried.lists = facts.door.lists
      .filter(() => g.coin())
      .slice(0, 4)
      .map(({ id, version }) => ({ id, version: id === 99 || carried.epoch < epoch ? LATEST : within(g, 0, version) }));
  }
  return facts;
}

/** Scopes that give `right` at the door: by a group, by the door itself, or by both together. */
function scopeOf(g: Draw, right: number, bounded: boolean): Draft<GrantFacts["scope"][number]>[] {
  const rights = right | within(g, 0, 7);
  const group = { kind: "group" as const, id: "1", rights };
  // Served or not, it must neither give nor take the right that the first group gives.
  const collecting = { kind: "group" as const, id: "2", rights: 2 };
  const other = { kind: "group" as const, id: "7", rights: 1 + within(g, 0, 6) };
  const door = { kind: "door" as const, id: DOOR, rights };
  const excluded = { kind: "door" as const, id: OTHER_DOOR, rights: 0 };
  if (bounded) return one(g, [[group], [group, other], [group, collecting], [group, other, excluded]]);
  const doors = [door, { ...excluded, rights: within(g, 0, 7) }].sort((a, b) => (a.id < b.id ? -1 : 1));
  // Rights add up over the entries: here neither the group nor the door gives the right alone with certainty.
  const split = [
    { ...group, rights: 2 },
    { ...door, rights: right },
  ];
  return one(g, [
    [group],
    [group, collecting, other],
    [door],
    doors,
    [other, ...doors],
    split,
    [group, { ...door, rights: 2 }],
  ]);
}

function boundsOf(g: Draw, scope: GrantFacts["scope"]): number[] {
  const groups = scope.filter(({ kind }) => kind === "group").map(({ id }) => Number(id));
  return g.coin() ? groups : [...groups, 1000, LATEST];
}

/** What a key carries for the door is never newer than what the door has, unless a break says so. */
function carriedOf(g: Draw, epoch: number, held: number): Draft<ProofFacts["carried"]> {
  if (epoch > 0 && one(g, [true, false, false])) return { epoch: epoch - 1, policy: LATEST, lists: [] };
  return { epoch, policy: within(g, 0, held), lists: [] };
}

/** The visit from which examples start, permitted too: nine hours of a shift, two of them gone. */
export const USUAL = { nbf: 1_793_599_200, exp: 1_793_599_200 + 9 * 3600, lo: 1_793_599_200 + 7200, width: 4 } as const;

/** Facts whose objects are all there, which saves examples from asking. */
export type Whole = Omit<Draft<Facts>, "grant" | "proof" | "ticket" | "issuer" | "box"> & {
  grant: Draft<GrantFacts>;
  proof: Draft<ProofFacts>;
  ticket: Draft<TicketFacts>;
  issuer: Draft<CertificateFacts>;
  box: { certificate: Draft<CertificateFacts>; issuer: Draft<CertificateFacts> };
};

export function usual(): Whole {
  const { nbf, exp, lo, width } = USUAL;
  const certificate = (kid: string, roles: number): Draft<CertificateFacts> => {
    return { kid, roles, nbf: nbf - 90 * DAY, exp: nbf + 90 * DAY, epoch: 3, groups: "unbounded" };
  };
  return {
    door: {
      id: DOOR,
      lifecycle: "active",
      epoch: 3,
      floor: nbf - DAY,
      groups: [1],
      policyVersion: { epoch: 3, value: 5 },
      activation: "asked",
      widest: 180,
      longest: 57_600,
      namedLists: [11, 12],
      lists: [{ id: 12, version: 9, entries: [] }],
    },
    grant: {
      by: grantIssuer.id,
      holder: idOf("holder"),
      cti: idOf("cti"),
      key: key.id,
      iat: nbf - 3600,
      nbf,
      exp,
      scope: [{ kind: "group", id: "1", rights: 1 }],
      signature: "valid",
    },
    issuer: certificate(grantIssuer.id, 1),
    proof: {
      lo,
      width,
      quality: "running",
      action: "open",
      carried: { epoch: 3, policy: 5, lists: [{ id: 12, version: 9 }] },
      signature: "valid",
    },
    ticket: { by: box.id, binds: "this-grant", from: nbf, until: exp, signature: "valid" },
    box: { certificate: certificate(box.id, 128), issuer: certificate(deviceIssuer.id, 32) },
    energy: "enough",
  };
}

interface Exposure {
  readonly kind: EntryFacts["kind"];
  readonly id: string;
  /** The date that T is held against. */
  readonly date: number;
}

/** Everything about a visit that a list can name; tickets' certificates only where a ticket is asked for. */
export function exposure({ grant, issuer, box: boxFacts, door }: Facts): Exposure[] {
  if (typeof grant === "string" || issuer === "unknown") return [];
  const { iat } = grant;
  const groups = grant.scope.filter(({ kind }) => kind === "group");
  const device =
    boxFacts === "unknown" || door.activation === "not-asked"
      ? []
      : [...certified(boxFacts.certificate), ...certified(boxFacts.issuer)];
  return [
    { kind: "grant", id: grant.cti, date: iat },
    { kind: "key", id: grant.key, date: iat },
    { kind: "holder", id: grant.holder, date: iat },
    ...groups.map(({ id }) => ({ kind: "group" as const, id, date: iat })),
    ...certified(issuer),
    ...device,
  ];
}

/** A kid is unique in its fleet, so an entry of either kind names one certified key (SPEC OBJ-9, COS-11). */
function certified({ kid, nbf }: CertificateFacts): Exposure[] {
  return [
    { kind: "device", id: kid, date: nbf },
    { kind: "issuer", id: kid, date: nbf },
  ];
}

const at =
  (until: number) =>
  ({ kind, id }: Exposure): EntryFacts => ({ kind, id, until });

/** Entries that void nothing: a moment too early, or about somebody else. */
function harmless(g: Draw, facts: Facts): EntryFacts[] {
  const early = exposure(facts)
    .filter(({ date }) => date > 0 && g.coin())
    .map(({ kind, id, date }) => ({ kind, id, until: date - one(g, [1, 1, date]) }));
  const kinds = ["grant", "key", "holder", "device", "issuer"] as const;
  const others = kinds.filter(() => g.coin()).map((kind) => ({ kind, id: idOf("somebody else"), until: LATEST }));
  return [...early, ...others, { kind: "group", id: "5", until: LATEST }];
}

/** Could these facts be signed objects at all? Chapter 5 refuses the rest before any row but the first is asked. */
export function representable({ grant, issuer, proof, ticket, box: boxFacts, door }: Facts): boolean {
  const certificate = (c: CertificateFacts, lifetime: number): boolean => c.nbf < c.exp && c.exp - c.nbf <= lifetime;
  if (typeof grant === "object" && !(grant.iat <= grant.nbf && grant.nbf < grant.exp)) return false;
  if (typeof grant === "object" && grant.scope.some((e) => e.kind === "group" && e.rights === 0)) return false;
  if (typeof grant === "object" && !ascendingScope(grant.scope)) return false;
  if (typeof issuer === "object" && !certificate(issuer, ISSUER_LIFETIME)) return false;
  if (typeof issuer === "object" && issuer.roles !== 1 && issuer.groups !== "unbounded") return false;
  if (typeof proof === "object" && (proof.width < 1 || proof.width > 65_535)) return false;
  if (typeof ticket === "object" && !(ticket.from < ticket.until && ticket.until <= LATEST)) return false;
  if (door.widest < 0 || door.widest > 65_535 || door.floor < 0) return false;
  if (typeof boxFacts === "string") return true;
  const { certificate: own, issuer: by } = boxFacts;
  return (
    certificate(own, DEVICE_LIFETIME) && certificate(by, ISSUER_LIFETIME) && by.nbf <= own.nbf && own.exp <= by.exp
  );
}

function ascendingScope(scope: GrantFacts["scope"]): boolean {
  const rank = scope.map(({ kind, id }) => (kind === "group" ? `0${id.padStart(10, "0")}` : `1${id}`));
  return scope.length > 0 && rank.every((value, index) => index === 0 || (rank[index - 1] ?? "") < value);
}
