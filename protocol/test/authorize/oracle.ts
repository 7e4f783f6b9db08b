/**
 * The decision a second time, written from SPEC chapter 9 and not from `src/authorize`: plain facts in, the name of the
 * first row of the table that refuses out. Numbers are BigInt seconds, identifiers hex strings, and whatever needs a
 * signature is a word. It shares no code with the package.
 */

/** Half of a comparison of versions (SPEC TRU-8). */
export interface Pair {
  readonly epoch: number;
  readonly value: number;
}

export interface ListFacts {
  readonly id: number;
  readonly version: number;
  readonly entries: readonly EntryFacts[];
}
export type EntryKind = "grant" | "key" | "holder" | "device" | "group" | "issuer";
/** `id` is hex, or the decimal number of a group. */
export interface EntryFacts {
  readonly kind: EntryKind;
  readonly id: string;
  readonly until: number;
}

export interface DoorFacts {
  readonly id: string;
  readonly lifecycle: "factory" | "commissioned" | "active" | "deactivated" | "dismounted";
  readonly epoch: number;
  readonly floor: number;
  readonly groups: readonly number[];
  readonly policyVersion: Pair;
  readonly activation: "asked" | "not-asked";
  readonly widest: number;
  readonly longest: number;
  readonly namedLists: readonly number[];
  readonly lists: readonly ListFacts[];
}

export interface ScopeFacts {
  readonly kind: "group" | "door";
  /** Hex of a door, decimal of a group. */
  readonly id: string;
  /** The bits of SPEC OBJ-4. */
  readonly rights: number;
}
export interface GrantFacts {
  /** kid of who signed, as the envelope says. */
  readonly by: string;
  readonly holder: string;
  readonly cti: string;
  readonly key: string;
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
  readonly scope: readonly ScopeFacts[];
  readonly signature: "valid" | "invalid";
}

export interface CertificateFacts {
  readonly kid: string;
  /** The bits of SPEC TRU-3. */
  readonly roles: number;
  readonly nbf: number;
  readonly exp: number;
  readonly epoch: number;
  readonly groups: readonly number[] | "unbounded";
}

export interface ProofFacts {
  readonly lo: number;
  readonly width: number;
  readonly quality: "lost" | "conflict" | "running";
  readonly action: "open" | "service";
  readonly carried: {
    readonly epoch: number;
    readonly policy: number;
    readonly lists: readonly { readonly id: number; readonly version: number }[];
  };
  readonly signature: "valid" | "invalid";
}

export interface TicketFacts {
  /** kid of the box, as the envelope says. */
  readonly by: string;
  readonly binds: "this-grant" | "another-grant";
  readonly from: number;
  readonly until: number;
  readonly signature: "valid" | "invalid";
}

export interface Facts {
  readonly door: DoorFacts;
  readonly grant: "absent" | "malformed" | GrantFacts;
  readonly issuer: "unknown" | CertificateFacts;
  readonly proof: "absent" | "malformed" | ProofFacts;
  readonly ticket: "absent" | "malformed" | TicketFacts;
  readonly box: "unknown" | { readonly certificate: CertificateFacts; readonly issuer: CertificateFacts };
  readonly energy: "enough" | "short";
}

export type Verdict =
  | { readonly reason: string }
  | { readonly reason: "permit"; readonly lo: number; readonly hi: number };

/** A case past row DEC-1: what has been read. */
interface Case {
  readonly f: Facts;
  readonly door: DoorFacts;
  readonly grant: GrantFacts;
  readonly proof: ProofFacts;
}

const seven = 7n * 24n * 3600n;
const margin = 5n;
const roleGrant = 1;
const roleTicket = 128;
const rightOf = { open: 1, service: 4 };
const big = (n: number): bigint => BigInt(n);
const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);

const hi = (p: ProofFacts): bigint => big(p.lo) + big(p.width);
/** SPEC TIM-12: the lower bound as the door sees it. */
const raised = (c: Case): bigint => later(big(c.proof.lo), big(c.door.floor));
const newer = (a: Pair, b: Pair): boolean => a.epoch > b.epoch || (a.epoch === b.epoch && a.value > b.value);
const ascending = (...steps: readonly [bigint, "<=" | "<", bigint][]): boolean =>
  steps.every(([a, op, b]) => (op === "<" ? a < b : a <= b));
const known = <T>(x: T | "unknown"): T => {
  if (x === "unknown") throw new Error("an earlier row asks for it");
  return x as T;
};

/** SPEC DEC-13, each clause of the sentence a line. */
const notActivated: readonly ((c: Case) => boolean)[] = [
  ({ f }) => f.ticket === "absent" || f.ticket === "malformed",
  ({ f }) => f.box === "unknown" || f.box.certificate.kid !== ticketOf(f).by,
  ({ f }) => ticketOf(f).signature === "invalid",
  ({ f }) => (boxOf(f).roles & roleTicket) === 0,
  ({ f, door }) => boxOf(f).epoch !== door.epoch,
  ({ f }) => {
    const t = ticketOf(f);
    const cert = boxOf(f);
    return !ascending(
      [big(cert.nbf), "<=", big(t.from)],
      [big(t.from), "<", big(t.until)],
      [big(t.until), "<=", big(cert.exp)],
    );
  },
  ({ f }) => ticketOf(f).binds !== "this-grant",
  (c) => raised(c) < big(ticketOf(c.f).from),
  ({ f, proof }) => hi(proof) + margin > big(ticketOf(f).until),
  ({ f, grant }) => big(ticketOf(f).until) > big(grant.exp),
];
function ticketOf(f: Facts): TicketFacts {
  if (f.ticket === "absent" || f.ticket === "malformed") throw new Error("an earlier line asks for it");
  return f.ticket;
}
const boxOf = (f: Facts): CertificateFacts => known(f.box).certificate;

/** SPEC OBJ-9: what an entry may hit, as words "kind id", each with the date that T is held against. */
function exposed(c: Case): Map<string, bigint> {
  const { f, grant } = c;
  const iat = big(grant.iat);
  const hits = new Map<string, bigint>([
    [`grant ${grant.cti}`, iat],
    [`key ${grant.key}`, iat],
    [`holder ${grant.holder}`, iat],
  ]);
  for (const entry of grant.scope) if (entry.kind === "group") hits.set(`group ${entry.id}`, iat);
  const certificates = [known(f.issuer)];
  if (c.door.activation === "asked") {
    const box = known(f.box);
    certificates.push(box.certificate, box.issuer);
  }
  for (const cert of certificates) {
    hits.set(`device ${cert.kid}`, big(cert.nbf));
    hits.set(`issuer ${cert.kid}`, big(cert.nbf));
  }
  return hits;
}

/** SPEC DEC-18. */
function granted(c: Case): number {
  const here = c.grant.scope.filter((e) => e.kind === "door" && e.id === c.door.id);
  if (here.some((e) => e.rights === 0)) return 0;
  const served = new Set(c.door.groups.map(String));
  const through = c.grant.scope.filter((e) => e.kind === "group" && served.has(e.id));
  return [...here, ...through].reduce((bits, e) => bits | e.rights, 0);
}

/** Rows 2 to 17 of SPEC chapter 9 in their order. A predicate says that its row refuses. */
export const rows: readonly (readonly [reason: string, refuses: (c: Case) => boolean])[] = [
  ["door-not-active", ({ door, proof }) => door.lifecycle !== "active" && proof.action !== "service"],
  ["issuer-unknown", ({ f, grant }) => f.issuer === "unknown" || f.issuer.kid !== grant.by],
  ["issuer-epoch", ({ f, door }) => known(f.issuer).epoch !== door.epoch],
  [
    "issuer-not-for-this",
    ({ f, grant }) => {
      const cert = known(f.issuer);
      if ((cert.roles & roleGrant) === 0) return true;
      const chain = ascending(
        [big(cert.nbf), "<=", big(grant.iat)],
        [big(grant.iat), "<=", big(grant.nbf)],
        [big(grant.nbf), "<", big(grant.exp)],
        [big(grant.exp), "<=", big(cert.exp)],
      );
      if (!chain) return true;
      if (cert.groups === "unbounded") return false;
      const bounds = new Set(cert.groups.map(String));
      return grant.scope.some((e) => (e.kind === "group" ? !bounds.has(e.id) : e.rights !== 0));
    },
  ],
  ["grant-signature", ({ grant }) => grant.signature === "invalid"],
  ["proof-signature", ({ proof }) => proof.signature === "invalid"],
  ["time-untrusted", ({ proof, door }) => proof.quality !== "running" || big(proof.width) > big(door.widest)],
  ["behind-floor", ({ proof, door }) => hi(proof) <= big(door.floor)],
  ["not-yet", (c) => raised(c) < big(c.grant.nbf)],
  ["expired", ({ proof, grant }) => hi(proof) + margin > big(grant.exp)],
  [
    "grant-too-long",
    ({ grant, door }) => big(grant.exp) - big(grant.nbf) > big(door.longest) || big(grant.nbf) - big(grant.iat) > seven,
  ],
  ["not-activated", (c) => c.door.activation === "asked" && notActivated.some((clause) => clause(c))],
  [
    "revoked",
    (c) => {
      const hits = exposed(c);
      return c.door.lists
        .filter((list) => c.door.namedLists.includes(list.id))
        .flatMap((list) => list.entries)
        .some((entry) => {
          const date = hits.get(`${entry.kind} ${entry.id}`);
          return date !== undefined && date <= big(entry.until);
        });
    },
  ],
  [
    "update-withheld",
    ({ door, proof }) => {
      const { epoch, policy, lists } = proof.carried;
      if (newer({ epoch, value: policy }, door.policyVersion)) return true;
      // TRU-8: since a new epoch a list that is not there stands at (epoch, 0).
      const held = new Map(door.namedLists.map((id) => [id, 0]));
      for (const list of door.lists) if (held.has(list.id)) held.set(list.id, list.version);
      return lists.some((l) => {
        const value = held.get(l.id);
        return value !== undefined && newer({ epoch, value: l.version }, { epoch: door.epoch, value });
      });
    },
  ],
  ["no-access", (c) => (granted(c) & rightOf[c.proof.action]) === 0],
  ["energy", ({ f }) => f.energy === "short"],
];

function read(f: Facts): Case | undefined {
  const { door, grant, proof } = f;
  if (grant === "absent" || grant === "malformed" || proof === "absent" || proof === "malformed") return undefined;
  return { f, door, grant, proof };
}

/** Decides. */
export function oracle(f: Facts): Verdict {
  const c = read(f);
  if (c === undefined) return { reason: "malformed" };
  const first = rows.find(([, refuses]) => refuses(c));
  if (first !== undefined) return { reason: first[0] };
  return { reason: "permit", lo: Number(raised(c)), hi: Number(hi(c.proof)) };
}

/** Does a row refuse, whatever the rows before it say? A row that lacks what it would look at does not. */
export function refusesBy(f: Facts, reason: string): boolean {
  const c = read(f);
  if (reason === "malformed" || c === undefined) return reason === "malformed" && c === undefined;
  const row = rows.find(([name]) => name === reason);
  if (row === undefined) throw new Error(`no row ${reason}`);
  const needsIssuer = ["issuer-epoch", "issuer-not-for-this", "revoked"].includes(reason);
  const needsBox = reason === "revoked" && f.door.activation === "asked";
  if ((needsIssuer && f.issuer === "unknown") || (needsBox && f.box === "unknown")) return false;
  return row[1](c);
}
