/**
 * Ways to break a permitted visit, each aimed at one row of SPEC chapter 9. Aim is not proof: the oracle says what a broken
 * visit is refused for.
 */
import type { CertificateFacts, EntryFacts, Facts, GrantFacts, ListFacts, ProofFacts, TicketFacts } from "./oracle.ts";
import { anotherBox, anotherIssuer, box } from "./people.ts";
import {
  clamp,
  DAY,
  DOOR,
  type Draft,
  type Draw,
  exposure,
  LATEST,
  OTHER_DOOR,
  one,
  permitted,
  SEVEN_DAYS,
} from "./visits.ts";

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

/** A permitted visit with up to three rows broken and up to two dates nudged. */
export function anyVisit(g: Draw): Facts {
  const facts = permitted(g);
  const names = Object.keys(breaks);
  for (let left = one(g, [0, 1, 1, 1, 2, 3]); left > 0; left -= 1) one(g, breaks[one(g, names)] ?? [])(facts, g);
  for (let left = one(g, [0, 0, 1, 2]); left > 0; left -= 1) nudge(facts, g);
  return facts;
}
