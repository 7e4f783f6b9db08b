/**
 * Generated visits for the oracle: one that is permitted, drawn towards the edges of every window, and ways to break it,
 * each aimed at one row of SPEC chapter 9. Aim is not proof: the oracle says what a broken visit is refused for.
 */
import fc from "fast-check";
import type { CertificateFacts, EntryFacts, Facts, GrantFacts, ListFacts, ProofFacts, TicketFacts } from "./oracle.ts";
import { anotherBox, anotherIssuer, box, deviceIssuer, grantIssuer, idOf, key } from "./people.ts";

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
const DAY = 86_400;
export const DOOR = idOf("door");
const OTHER_DOOR = idOf("another door");
const ISSUER_LIFETIME = 800 * DAY;
const DEVICE_LIFETIME = 400 * DAY;
const SEVEN_DAYS = 7 * DAY;

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

const clamp = (n: number, min: number, max: number): number => Math.min(Math.max(n, min), max);

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
    facts.proof.carried.lists = facts.door.lists
      .filter(() => facts.proof !== "absent" && g.coin())
      .slice(0, 4)
      .map(({ id, version }) => ({ id, version: id === 99 ? LATEST : within(g, 0, version) }));
  }
  return facts;
}

/** Scopes that give `right` at the door: by a group, by the door itself, or by both together. */
function scopeOf(g: Draw, right: number, bounded: boolean): Draft<GrantFacts["scope"][number]>[] {
  const rights = right | within(g, 0, 7);
  const group = { kind: "group" as const, id: "1", rights };
  const other = { kind: "group" as const, id: "7", rights: 1 + within(g, 0, 6) };
  const door = { kind: "door" as const, id: DOOR, rights };
  const excluded = { kind: "door" as const, id: OTHER_DOOR, rights: 0 };
  if (bounded) return one(g, [[group], [group, other], [group, excluded], [group, other, excluded]]);
  const doors = [door, { ...excluded, rights: within(g, 0, 7) }].sort((a, b) => (a.id < b.id ? -1 : 1));
  // Rights add up over the entries: here neither the group nor the door gives the right alone with certainty.
  const split = [
    { ...group, rights: 2 },
    { ...door, rights: right },
  ];
  return one(g, [[group], [group, other], [door], doors, [other, ...doors], split, [group, { ...door, rights: 2 }]]);
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

type Break = (d: Draft<Facts>, g: Draw) => void;
const grantOf = (d: Draft<Facts>): Draft<GrantFacts> | undefined => (typeof d.grant === "string" ? undefined : d.grant);
const proofOf = (d: Draft<Facts>): Draft<ProofFacts> | undefined => (typeof d.proof === "string" ? undefined : d.proof);
const ticketOf = (d: Draft<Facts>): Draft<TicketFacts> | undefined =>
  typeof d.ticket === "string" ? undefined : d.ticket;
const issuerOf = (d: Draft<Facts>): Draft<CertificateFacts> | undefined =>
  typeof d.issuer === "string" ? undefined : d.issuer;
const boxOf = (d: Draft<Facts>) => (typeof d.box === "string" ? undefined : d.box);
const hiOf = (d: Draft<Facts>): number => {
  const proof = proofOf(d);
  return proof === undefined ? 0 : proof.lo + proof.width;
};
const raisedOf = (d: Draft<Facts>): number => Math.max(proofOf(d)?.lo ?? 0, d.door.floor);
/** Assigns where the object is there at all: an earlier break may have taken it away. */
const set = <T extends object>(target: T | undefined, values: Partial<T>): void => {
  if (target !== undefined) Object.assign(target, values);
};

/** Ways to break each row. Each aims at its own row; some touch a later one too. */
export const breaks: Readonly<Record<string, readonly Break[]>> = {
  malformed: [
    (d, g) => {
      d.grant = one(g, ["absent", "malformed"]);
    },
    (d, g) => {
      d.proof = one(g, ["absent", "malformed"]);
    },
  ],
  "door-not-active": [
    (d, g) => {
      d.door.lifecycle = one(g, ["factory", "commissioned", "deactivated", "dismounted"]);
      set(proofOf(d), { action: "open" });
    },
  ],
  "issuer-unknown": [
    (d) => {
      d.issuer = "unknown";
    },
    (d) => set(issuerOf(d), { kid: anotherIssuer.id }),
    (d) => set(grantOf(d), { by: anotherIssuer.id }),
  ],
  "issuer-epoch": [
    (d, g) => {
      const issuer = issuerOf(d);
      set(issuer, { epoch: clamp((issuer?.epoch ?? 0) + one(g, [1, 4]), 0, LATEST) });
    },
    (d) => {
      const issuer = issuerOf(d);
      set(issuer, { epoch: issuer?.epoch === 0 ? 1 : (issuer?.epoch ?? 1) - 1 });
    },
  ],
  "issuer-not-for-this": [
    (d, g) => set(issuerOf(d), { roles: one(g, [2, 4, 8, 16, 32]), groups: "unbounded" }),
    (d) => set(issuerOf(d), { nbf: Math.min((grantOf(d)?.iat ?? 0) + 1, (issuerOf(d)?.exp ?? 2) - 1) }),
    (d) => set(issuerOf(d), { exp: Math.max((grantOf(d)?.exp ?? 0) - 1, (issuerOf(d)?.nbf ?? 0) + 1) }),
    (d) => set(issuerOf(d), { groups: [8] }),
    (d) => {
      const groups = grantOf(d)?.scope.filter(({ kind }) => kind === "group") ?? [];
      set(grantOf(d), { scope: [...groups.slice(0, 2), { kind: "door", id: OTHER_DOOR, rights: 1 }] });
      set(issuerOf(d), { groups: [1, 7] });
    },
  ],
  "grant-signature": [(d) => set(grantOf(d), { signature: "invalid" })],
  "proof-signature": [(d) => set(proofOf(d), { signature: "invalid" })],
  "time-untrusted": [
    (d, g) => set(proofOf(d), { quality: one(g, ["lost", "conflict"]) }),
    (d) => {
      d.door.widest = (proofOf(d)?.width ?? 1) - 1;
    },
    (d) => {
      d.door.widest = 0;
    },
  ],
  "behind-floor": [
    (d, g) => {
      d.door.floor = clamp(hiOf(d) + one(g, [0, 0, 1, 86_400]), 0, LATEST);
    },
    (d) => set(proofOf(d), { lo: 0, width: 1 }),
  ],
  "not-yet": [
    (d, g) => {
      const grant = grantOf(d);
      set(grant, { nbf: clamp(raisedOf(d) + one(g, [1, 1, 60]), grant?.iat ?? 0, (grant?.exp ?? 1) - 1) });
    },
    (d) => {
      const grant = grantOf(d);
      const proof = proofOf(d);
      if (grant === undefined || proof === undefined || grant.nbf === 0) return;
      const hi = hiOf(d);
      d.door.floor = Math.min(d.door.floor, grant.nbf - 1);
      proof.lo = Math.min(proof.lo, grant.nbf - 1);
      proof.width = clamp(hi - proof.lo, 1, 65_535);
      d.door.widest = 65_535;
    },
  ],
  expired: [
    (d, g) => {
      const grant = grantOf(d);
      set(grant, { exp: Math.max((grant?.nbf ?? 0) + 1, Math.min(hiOf(d) + 4 - one(g, [0, 0, 4, 5, 60]), LATEST)) });
    },
    (d, g) => {
      const proof = proofOf(d);
      const width = clamp((grantOf(d)?.exp ?? 0) - 4 - (proof?.lo ?? 0) + one(g, [0, 0, 4, 5]), 1, 65_535);
      set(proof, { width });
      d.door.widest = 65_535;
    },
  ],
  "grant-too-long": [
    (d) => {
      const grant = grantOf(d);
      d.door.longest = Math.max(0, (grant?.exp ?? 0) - (grant?.nbf ?? 0) - 1);
    },
    (d, g) => {
      const grant = grantOf(d);
      const iat = (grant?.nbf ?? 0) - SEVEN_DAYS - one(g, [1, 1, 60, 10 * DAY]);
      if (iat < 0) return;
      set(grant, { iat });
      set(issuerOf(d), { nbf: Math.min(iat, issuerOf(d)?.nbf ?? iat) });
    },
  ],
  "not-activated": (
    [
      (d, g) => {
        d.ticket = one(g, ["absent", "malformed"]);
      },
      (d) => {
        d.box = "unknown";
      },
      (d) => set(boxOf(d)?.certificate, { kid: anotherBox.id }),
      (d) => set(ticketOf(d), { by: anotherBox.id }),
      (d) => set(ticketOf(d), { signature: "invalid" }),
      (d, g) => set(boxOf(d)?.certificate, { roles: one(g, [256, 512, 256 | 512]) }),
      (d) => {
        const b = boxOf(d);
        const epoch = d.door.epoch === 0 ? 1 : d.door.epoch - 1;
        set(b?.certificate, { epoch });
        set(b?.issuer, { epoch });
      },
      (d) => set(boxOf(d)?.certificate, { nbf: (ticketOf(d)?.from ?? 0) + 1 }),
      (d) => set(boxOf(d)?.certificate, { exp: (ticketOf(d)?.until ?? 2) - 1 }),
      (d) => set(ticketOf(d), { binds: "another-grant" }),
      (d) => set(ticketOf(d), { from: raisedOf(d) + 1 }),
      (d) => set(ticketOf(d), { until: hiOf(d) + 4 }),
      (d) => set(ticketOf(d), { until: Math.min(LATEST, (grantOf(d)?.exp ?? 0) + 1) }),
    ] satisfies Break[]
  ).map(
    (broken): Break =>
      (d, g) => {
        // Where no ticket is asked for, none of this matters, and that is worth a try as well (SPEC DEC-22).
        if (one(g, [true, true, true, false])) d.door.activation = "asked";
        if (d.door.activation === "asked" && d.ticket === "absent") {
          const from = Math.max(0, (grantOf(d)?.nbf ?? 0) - 60);
          d.ticket = { by: box.id, binds: "this-grant", from, until: hiOf(d) + 5, signature: "valid" };
        }
        broken(d, g);
      },
  ),
  revoked: [
    (d, g) => {
      const hits = exposure(d);
      if (hits.length === 0) return;
      const hit = one(g, hits);
      addEntry(d, g, { kind: hit.kind, id: hit.id, until: Math.min(LATEST, hit.date + one(g, [0, 0, 1, LATEST])) });
    },
  ],
  "update-withheld": [
    (d) => set(proofOf(d)?.carried, { epoch: Math.min(LATEST, d.door.policyVersion.epoch + 1), policy: 0 }),
    (d, g) => {
      const { epoch, value } = d.door.policyVersion;
      set(proofOf(d)?.carried, { epoch, policy: Math.min(LATEST, value + one(g, [1, 1, LATEST])) });
    },
    (d, g) => {
      const carried = proofOf(d)?.carried;
      if (carried === undefined || d.door.namedLists.length === 0) return;
      const id = one(g, d.door.namedLists);
      const held = d.door.lists.find((list) => list.id === id)?.version ?? 0;
      carried.epoch = d.door.epoch;
      carried.policy = 0;
      carried.lists = [...carried.lists.slice(0, 3), { id, version: Math.min(LATEST, held + 1) }];
    },
  ],
  "no-access": [
    (d) => {
      const scope = (grantOf(d)?.scope ?? []).filter(({ kind }) => kind === "group");
      set(grantOf(d), { scope: [...scope, { kind: "door", id: DOOR, rights: 0 }] });
    },
    (d) => {
      d.door.groups = [2, 9];
      const scope = (grantOf(d)?.scope ?? []).filter(({ id }) => id !== DOOR);
      if (scope.length > 0) set(grantOf(d), { scope });
    },
    (d) => {
      const bit = proofOf(d)?.action === "service" ? 4 : 1;
      const scope = (grantOf(d)?.scope ?? []).map((entry) => ({ ...entry, rights: entry.rights & ~bit }));
      const kept = scope.filter(({ kind, rights }) => kind === "door" || rights > 0);
      if (kept.length > 0) set(grantOf(d), { scope: kept });
    },
    (d, g) => {
      const proof = proofOf(d);
      set(proof, { action: proof?.action === "service" ? "open" : one(g, ["service", "open"]) });
    },
  ],
  energy: [
    (d) => {
      d.energy = "short";
    },
  ],
};

function addEntry(d: Draft<Facts>, g: Draw, entry: EntryFacts): void {
  if (d.door.namedLists.length === 0) d.door.namedLists = [12];
  const id = one(g, d.door.namedLists);
  const others: Draft<ListFacts>[] = d.door.lists.filter((list) => list.id !== id);
  const list = d.door.lists.find((candidate) => candidate.id === id) ?? { id, version: 1, entries: [] };
  d.door.lists = [...others, { ...list, entries: [...list.entries, entry] }];
}

/** Moves one date, width or limit by a second: what stands on an edge falls off it. */
export function nudge(d: Draft<Facts>, g: Draw): void {
  const step = one(g, [-1, 1]);
  const boxFacts = boxOf(d);
  const spots: (readonly [object | undefined, string])[] = [
    [d.door, "floor"],
    [d.door, "widest"],
    [d.door, "longest"],
    [proofOf(d), "lo"],
    [proofOf(d), "width"],
    [grantOf(d), "iat"],
    [grantOf(d), "nbf"],
    [grantOf(d), "exp"],
    [issuerOf(d), "nbf"],
    [issuerOf(d), "exp"],
    [ticketOf(d), "from"],
    [ticketOf(d), "until"],
    [boxFacts?.certificate, "nbf"],
    [boxFacts?.certificate, "exp"],
    ...d.door.lists.flatMap((list) => list.entries.map((entry) => [entry, "until"] as const)),
  ];
  const [target, name] = one(g, spots);
  if (target === undefined) return;
  const value = (target as Record<string, number>)[name] ?? 0;
  (target as Record<string, number>)[name] = clamp(value + step, 0, LATEST);
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

/** A permitted visit with up to three rows broken and up to two dates nudged. */
export function anyVisit(g: Draw): Facts {
  const facts = permitted(g);
  const names = Object.keys(breaks);
  for (let left = one(g, [0, 1, 1, 1, 2, 3]); left > 0; left -= 1) one(g, breaks[one(g, names)] ?? [])(facts, g);
  for (let left = one(g, [0, 0, 1, 2]); left > 0; left -= 1) nudge(facts, g);
  return facts;
}
