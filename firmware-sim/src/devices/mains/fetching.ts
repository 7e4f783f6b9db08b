/**
 * What a device learns from docked keys by `fetch`, because nobody else comes by (SPEC ACT-8): the root transitions that it missed,
 * its renewed certificates, those of issuers that it needs, and lists. All of it is signed, so nobody has to be believed for it.
 */
import {
  certificateObject,
  equalBytes,
  type FetchRequest,
  hasRole,
  keyId,
  PeerError,
  parseObject,
  parseSign1,
  type Role,
  readClock,
  revocationListObject,
  roles,
  toHex,
} from "@nyckelfri/protocol";
import { isIssuers, isVoid } from "../shared/belief.ts";
import { type Delivered, NOTHING, REFUSED } from "../shared/believing.ts";
import type { Changes } from "../shared/transactions.ts";
import { deliverToCore, orRefused } from "./delivering.ts";
import type { At, Extension, SlotAt } from "./state.ts";

/** A certificate that ends sooner is looked for again with every key; one for giving the time, which lasts 14 days, always. */
const RENEWAL_SECONDS = 60 * 86_400;

/** How a kind of device learns. */
export interface Learner {
  /** Only a device without a host learns what it does not need at once, and is led into another epoch by keys (SPEC TRU-8). */
  readonly host: "serial" | "none";
  /** Those that it works under, each with a certificate of its own where their lifetimes differ (SPEC TRU-7). */
  readonly roles: readonly Role[];
}

/** What it remembers of a docked key. */
export interface FetchNotes {
  /** What was fetched in this session, by name. */
  readonly fetched: readonly string[];
  /** Certificates of issuers that something needs which came in this session. */
  readonly missing: readonly FetchRequest[];
}
export const NOTHING_FETCHED: FetchNotes = { fetched: [], missing: [] };
type Fetches = Extension & { readonly dock: FetchNotes };

/** The certificate of an issuer with this role. */
export function certificateOf(kid: Uint8Array, role: Role): FetchRequest {
  return { wanted: "certificate", kid, roles: roles[role] };
}

/** The next thing that the device lacks and that this key may have. Undefined when all was asked, and for one at a host. */
export function nextFetch<X extends Fetches>(at: SlotAt<X>, learner: Learner): FetchRequest | undefined {
  if (learner.host !== "none") return undefined;
  const { fetched, missing } = at.dock;
  const wanted = [...transitionsWanted(at), ...missing, ...certificatesWanted(at, learner), ...listsWanted(at)];
  return wanted.find((one) => !fetched.includes(nameOf(one)));
}

/** Was this fetched in this session, or is it known to be missing? */
export function isAskedFor({ fetched, missing }: FetchNotes, asked: FetchRequest): boolean {
  const name = nameOf(asked);
  return fetched.includes(name) || missing.some((one) => nameOf(one) === name);
}

/** What was asked for is taken if it is that, and holds; for an issuer that it needs there is one more question, once. */
export function takeFetched<X extends Fetches>(
  at: SlotAt<X>,
  learner: Learner,
  asked: FetchRequest,
  object: Uint8Array | undefined,
): { readonly dock: Partial<FetchNotes>; readonly changes: Changes } {
  const { fetched, missing } = at.dock;
  const done: Partial<FetchNotes> = { fetched: [...fetched, nameOf(asked)] };
  if (object === undefined) return { dock: done, changes: NOTHING };
  const { outcome, changes } = orRefused(() => judged(at, learner, asked, object)) as Delivered;
  const issuer = outcome === "need-certificate" ? issuerOf(asked, object) : undefined;
  if (issuer === undefined || isAskedFor(at.dock, issuer)) return { dock: done, changes };
  return { dock: { missing: [...missing, issuer] }, changes };
}

/** As if a host had delivered it (SPEC UPD-6, TRU-8), if it is what was asked for. */
function judged<X extends Extension>(at: At<X>, { host }: Learner, asked: FetchRequest, object: Uint8Array): Delivered {
  const deliver = (): Delivered => deliverToCore(at, object) ?? REFUSED;
  switch (asked.wanted) {
    case "list":
      return parseObject(revocationListObject, object).value.list === asked.list ? deliver() : REFUSED;
    case "root-transition":
      return deliver();
    case "certificate": {
      const { value } = parseObject(certificateObject, object);
      const { kid, roles: wanted = 0 } = asked;
      const isAsked = equalBytes(keyId(at.config.provider, value.publicKey), kid) && (value.roles & wanted) === wanted;
      if (!isAsked) return REFUSED;
      if (value.epoch <= at.on.holdings.trust.epoch) return deliver();
      // SPEC TRU-5, TRU-8: a device's opens no epoch, that of its issuer does.
      if (!isIssuers(object)) return { outcome: "need-certificate", changes: NOTHING };
      return host === "none" ? deliver() : REFUSED;
    }
  }
}

function issuerOf({ wanted }: FetchRequest, object: Uint8Array): FetchRequest {
  const { kid } = parseSign1(object);
  if (kid === undefined) throw new PeerError("trust/issuer-unknown");
  return certificateOf(kid, wanted === "list" ? "list" : "device");
}

/** SPEC TRU-9, TRU-15: one after the other, as long as the key knows of a later epoch. */
function transitionsWanted<X extends Extension>({ on, met }: SlotAt<X>): readonly FetchRequest[] {
  const { epoch } = on.holdings.trust;
  return met.welcome.epoch > epoch ? [{ wanted: "root-transition", aboveEpoch: epoch }] : [];
}

/** Its own, for each role by itself: of one kid a key hands out the one that ends last, and 400 days hide 14. */
function certificatesWanted<X extends Extension>(
  { on, met, tickMs }: SlotAt<X>,
  learner: Learner,
): readonly FetchRequest[] {
  const { clock, own, signer, trust } = on.holdings;
  // None that it holds is of the epoch in which this key is.
  const isBehind = met.welcome.epoch > trust.epoch;
  const reading = readClock(clock, tickMs);
  // Without the time nobody knows what has ended.
  const lasts = (role: Role): boolean =>
    !isBehind &&
    reading.quality === "running" &&
    own.some((key) => {
      const { value } = key.certificate;
      const isGood = hasRole(value, role) && !isVoid(on.holdings, key);
      return isGood && value.exp >= reading.interval.lo + RENEWAL_SECONDS;
    });
  return learner.roles.filter((role) => !lasts(role)).map((role) => certificateOf(signer.kid, role));
}

/** Newer ones of those held, and others where there is room: no list is given up for one that a stranger's key carries. */
function listsWanted<X extends Extension>({ on, config, met }: SlotAt<X>): readonly FetchRequest[] {
  const { lists, trust } = on.holdings;
  const { welcome } = met;
  if (welcome.epoch !== trust.epoch) return [];
  const room = config.listPlaces - lists.length;
  const isNew = (list: number): boolean => !lists.some(({ value }) => value.list === list);
  const renewed = welcome.lists.filter(([list, version]) =>
    lists.some(({ value }) => value.list === list && value.version < version),
  );
  const added = welcome.lists.filter(([list]) => isNew(list)).slice(0, Math.max(0, room));
  return [...renewed, ...added].map(([list]) => ({ wanted: "list", list }));
}

function nameOf(asked: FetchRequest): string {
  switch (asked.wanted) {
    case "list":
      return `list/${asked.list}`;
    case "certificate":
      return `certificate/${toHex(asked.kid)}/${asked.roles ?? 0}`;
    case "root-transition":
      return `root-transition/${asked.aboveEpoch}`;
  }
}
