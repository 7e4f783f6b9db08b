/**
 * What becomes of an object that is brought to a key: to load (grants), to believe (certificates, transitions), or to carry for
 * doors and boxes (SPEC DCK-5, UPD-6). Each is verified under what the key holds; nothing replaces a newer one.
 */
import {
  acceptRootTransition,
  adoptCertificate,
  type CertifiedKey,
  certificateObject,
  type DoorPolicy,
  doorPolicyObject,
  type EpochPair,
  encode,
  equalBytes,
  type Grant,
  grantObject,
  heldSigner,
  judgeReceipt,
  judgeRootTransition,
  type ObjectKind,
  outcomeOf,
  PeerError,
  parseObject,
  parseSign1,
  pseudonymOf,
  type RevocationList,
  readClock,
  revocationListObject,
  rootTransitionObject,
  segmentPositions,
  type TickMs,
  type TrustState,
  times,
  typOf,
  type UpdateOutcome,
  type UploadReceipt,
  uploadReceiptObject,
  type Verified,
  verifyByKind,
  verifyDeviceCertificate,
  verifyIssuerCertificate,
  verifyObject,
  voidedBy,
} from "@nyckelfri/protocol";
import { standingOf } from "./clock.ts";
import { grantChanges, placeGrant } from "./grants.ts";
import { encodePin, encodeTrust, type Held, type Holdings, ITEM, isIssuers } from "./holdings.ts";
import { headAt, withoutCovered } from "./journal.ts";
import type { KeyConfig } from "./state.ts";
import type { Changes, Items } from "./transactions.ts";

/** Where it came from, and what the key has just now. */
export interface Delivery {
  readonly config: KeyConfig;
  readonly holdings: Holdings;
  readonly items: Items;
  readonly tickMs: TickMs;
  /** SPEC DCK-6: only a proven station changes the holder. */
  readonly from: "station" | "elsewhere";
  /** 32 random bytes, for a new holder's PIN pepper. */
  readonly random: Uint8Array;
}

export interface Delivered {
  readonly outcome: UpdateOutcome;
  readonly changes: Changes;
}

/** SPEC TRU-12. */
const FUTURE_SECONDS = times.futureIatSeconds;
const NOTHING: Changes = new Map();
const refused: Delivered = { outcome: "refused", changes: NOTHING };

/** Total: what is no object, or does not hold, is refused. */
export function deliver(at: Delivery, object: Uint8Array): Delivered {
  try {
    const { typ } = parseSign1(object);
    const take = TAKERS.find(([name]) => typOf(name) === typ)?.[1];
    return take?.(at, object) ?? refused;
  } catch (error) {
    if (error instanceof PeerError) return refused;
    throw error;
  }
}

type Taker = (at: Delivery, object: Uint8Array) => Delivered;
const TAKERS: readonly (readonly [Parameters<typeof typOf>[0], Taker])[] = [
  ["grant", (at, object) => issued(at, grantObject, object, loadGrant)],
  ["door-policy", (at, object) => issued(at, doorPolicyObject, object, carryPolicy)],
  ["revocation-list", (at, object) => issued(at, revocationListObject, object, carryList)],
  ["upload-receipt", (at, object) => issued(at, uploadReceiptObject, object, takeReceipt)],
  ["certificate", takeCertificate],
  ["root-transition", takeTransition],
];

/** What an issuer signed: its certificate must be held, and neither be void (SPEC UPD-1, TRU-16). */
function issued<T extends { readonly iat: number }>(
  at: Delivery,
  kind: ObjectKind<T>,
  bytes: Uint8Array,
  take: (at: Delivery, object: Verified<T>, signer: CertifiedKey) => Delivered,
): Delivered {
  const { holdings, config } = at;
  const object = parseObject(kind, bytes);
  if (!isTimely(at, object.value.iat)) return refused;
  const signer = heldSigner(object, holdings.issuers, holdings.trust.epoch);
  if (signer === "need-certificate") return { outcome: signer, changes: NOTHING };
  if (isVoid(holdings, signer)) return refused;
  const verified = verifyByKind(object, { signer, trust: holdings.trust, provider: config.provider });
  return take(at, verified, signer);
}

/** SPEC TRU-12: nothing of the future, which only a running clock can tell. */
function isTimely({ holdings, tickMs }: Delivery, iat: number): boolean {
  const reading = readClock(holdings.clock, tickMs);
  return reading.quality === "running" && iat <= reading.interval.hi + FUTURE_SECONDS;
}

/** Does a list that the key holds void a certificate, or that of its issuer (SPEC OBJ-9, TRU-16)? */
export function isVoid({ lists }: Pick<Holdings, "lists">, key: CertifiedKey): boolean {
  const { nbf } = key.certificate.value;
  const named = lists.some(({ value }) =>
    value.entries.some(
      ({ kind, id, until }) =>
        (kind === "device" || kind === "issuer") && equalBytes(id as Uint8Array, key.kid) && nbf <= until,
    ),
  );
  return named || (key.level === "device" && isVoid({ lists }, key.issuer));
}

/** Does a list that the key holds void a grant (SPEC TRU-16)? */
export function isGrantVoid({ lists }: Holdings, config: KeyConfig, grant: Grant, issuer: CertifiedKey): boolean {
  const { provider } = config;
  const presented = { grant, provider, holder: pseudonymOf(grant.sub), certified: [issuer] };
  return lists.some(({ value }) => voidedBy(value, presented));
}

function loadGrant(at: Delivery, { value, bytes }: Verified<Grant>, signer: CertifiedKey): Delivered {
  const { config, holdings, tickMs, from, random } = at;
  const reading = readClock(holdings.clock, tickMs);
  const isOwn = equalBytes(value.cnf.key.x, holdings.publicKey);
  const isOver = standingOf(value, reading) === "expired";
  if (!isOwn || isOver || isGrantVoid(holdings, config, value, signer)) return refused;
  const changesHolder = holdings.holder !== undefined && holdings.holder !== value.sub;
  if (changesHolder && from !== "station") return refused;
  const placed = placeGrant(holdings.grants, { bytes, value });
  if (placed.kind !== "placed") return { outcome: placed.kind, changes: NOTHING };
  const changes = new Map(grantChanges(placed.grants, holdings.ticket, config.provider.sha256));
  changes.set(ITEM.holder, encode(value.sub));
  if (changesHolder || holdings.pin === undefined) changes.set(ITEM.pin, encodePin({ pepper: random, attempts: 0 }));
  if (changesHolder) changes.set(ITEM.ticket, "deleted");
  return { outcome: "stored", changes };
}

function carryPolicy(at: Delivery, { value, bytes }: Verified<DoorPolicy>, signer: CertifiedKey): Delivered {
  const { policies } = at.holdings;
  return carry(at, ITEM.policy(value), { value: value.version, bytes }, signer, policies, at.config.quotas.policies);
}

function carryList(at: Delivery, { value, bytes }: Verified<RevocationList>, signer: CertifiedKey): Delivered {
  const { lists } = at.holdings;
  return carry(at, ITEM.list(value), { value: value.version, bytes }, signer, lists, at.config.quotas.lists);
}

function takeReceipt(at: Delivery, object: Verified<UploadReceipt>, signer: CertifiedKey): Delivered {
  const { config, holdings, items } = at;
  const { value, bytes } = object;
  const { provider } = config;
  if (value.store === "journal") {
    const headOf = (n: number) => headAt(provider, items, holdings.journal, n);
    const verdict = judgeReceipt(object, { device: holdings.signer.kid, store: "journal", headAt: headOf });
    if (verdict === "unknown" && value.n < holdings.journal.oldest) return { outcome: "older", changes: NOTHING };
    if (verdict !== "covered") return refused;
    if (value.n < holdings.journal.oldest) return { outcome: "known", changes: NOTHING };
    return { outcome: "stored", changes: withoutCovered(provider, items, holdings.journal, value.n) };
  }
  const { receipts, segments } = holdings;
  const offered = { value: value.n, bytes };
  const carried = carry(at, ITEM.receipt(value), offered, signer, receipts, config.quotas.receipts);
  if (carried.outcome !== "stored") return carried;
  const covered = segments.filter((segment) => isCovered(config, segment, value));
  return { outcome: "stored", changes: new Map([...carried.changes, ...covered.map(({ name }) => deleted(name))]) };
}

/** SPEC OBJ-15, LOG-7: carried records may go when the city has them, and has the same ones. */
function isCovered(
  { provider }: KeyConfig,
  { value, signer }: Holdings["segments"][number],
  receipt: UploadReceipt,
): boolean {
  if (value.store !== receipt.store || !equalBytes(signer, receipt.device)) return false;
  const positions = segmentPositions(provider, value);
  const last = positions.at(-1);
  if (last === undefined || last.number > receipt.n) return false;
  return last.number < receipt.n || equalBytes(last.head, receipt.head);
}

/** For others: the newest of each, and when all places are taken the one issued first goes. */
function carry<T extends { readonly iat: number }>(
  { holdings }: Delivery,
  name: string,
  { value, bytes }: { readonly value: number; readonly bytes: Uint8Array },
  signer: CertifiedKey,
  held: readonly (Held<T> & { readonly value: { readonly version?: number; readonly n?: number } })[],
  places: number,
): Delivered {
  const version = (number: number): EpochPair => ({ epoch: holdings.trust.epoch, value: number });
  const former = held.find((one) => one.name === name);
  const known =
    former === undefined
      ? "none"
      : { version: version(former.value.version ?? former.value.n ?? 0), bytes: former.bytes };
  const offered = { version: { epoch: signer.certificate.value.epoch, value }, bytes };
  const outcome = outcomeOf(known, offered);
  if (outcome !== "stored") return { outcome, changes: NOTHING };
  const others = held.filter((one) => one.name !== name).sort((a, b) => a.value.iat - b.value.iat);
  const evicted = others.slice(0, Math.max(0, others.length + 1 - places));
  return {
    outcome,
    changes: new Map<string, Uint8Array | "deleted">([...evicted.map((one) => deleted(one.name)), [name, bytes]]),
  };
}

function takeCertificate(at: Delivery, bytes: Uint8Array): Delivered {
  const { config, holdings, tickMs } = at;
  const { trust, floor } = holdings;
  const object = parseObject(certificateObject, bytes);
  const { nbf, exp } = object.value;
  const reading = readClock(holdings.clock, tickMs);
  const isOver = reading.quality === "running" && exp <= reading.interval.lo;
  if (!isTimely(at, nbf) || isOver) return refused;
  if (holdings.certificates.some(({ key }) => equalBytes(key.certificate.bytes, bytes))) {
    return { outcome: "known", changes: NOTHING };
  }
  if (!isIssuers(bytes)) {
    const issuer = deviceIssuer(at, object.kid);
    if (issuer === undefined) return { outcome: "need-certificate", changes: NOTHING };
    const key = verifyDeviceCertificate(object, issuer, trust, config.provider);
    return isVoid(holdings, key) ? refused : storedCertificate(at, key, NOTHING);
  }
  const key = verifyIssuerCertificate(object, trust, config.provider);
  if (isVoid(holdings, key)) return refused;
  const next = adoptCertificate({ trust, floor }, key);
  return storedCertificate(at, key, next.trust === trust ? NOTHING : openEpoch(at, next));
}

function deviceIssuer({ holdings }: Delivery, kid: Uint8Array | undefined) {
  return holdings.issuers.find(
    (issuer) => kid !== undefined && equalBytes(issuer.kid, kid) && (issuer.certificate.value.roles & 32) !== 0,
  );
}

function storedCertificate({ holdings, config }: Delivery, key: CertifiedKey, changes: Changes): Delivered {
  const name = ITEM.certificate(key);
  const byEnd = holdings.certificates
    .filter((one) => one.name !== name && changes.get(one.name) !== "deleted")
    .sort((a, b) => a.key.certificate.value.exp - b.key.certificate.value.exp);
  const evicted = byEnd.slice(0, Math.max(0, byEnd.length + 1 - config.quotas.certificates));
  const all = [...changes, ...evicted.map((one) => deleted(one.name)), [name, key.certificate.bytes] as const];
  return { outcome: "stored", changes: new Map(all) };
}

/** SPEC TRU-9, TRU-15: the next root is believed, the present one's own transition is carried for those who missed it. */
function takeTransition(at: Delivery, bytes: Uint8Array): Delivered {
  const { config, holdings } = at;
  const { provider } = config;
  const { trust, floor } = holdings;
  const object = parseObject(rootTransitionObject, bytes);
  if (!isTimely(at, object.value.nbf)) return refused;
  switch (judgeRootTransition(trust, object, provider)) {
    case "refused":
      return refused;
    case "known": {
      if (holdings.transitions.some((one) => one.value.epoch === object.value.epoch)) {
        return { outcome: "known", changes: NOTHING };
      }
      verifyObject(object, { provider, publicKey: trust.rootPublicKey, fleetId: trust.fleetId });
      return { outcome: "stored", changes: new Map([[ITEM.transition(object.value), bytes]]) };
    }
    case "accept": {
      const next = acceptRootTransition(object, { trust, floor }, provider);
      const changes = new Map(openEpoch(at, next));
      return { outcome: "stored", changes: changes.set(ITEM.transition(object.value), bytes) };
    }
  }
}

/** SPEC TRU-8, TRU-13: everything of the ended epoch goes; records, journal and transitions stay. */
function openEpoch({ items }: Delivery, { trust, floor }: TrustState): Changes {
  const dies = ["certificate/", "policy/", "list/", "receipt/", "grant/", ITEM.ticket];
  const ended = [...items.keys()].filter((name) => dies.some((prefix) => name.startsWith(prefix)));
  return new Map<string, Uint8Array | "deleted">([...ended.map(deleted), [ITEM.trust, encodeTrust(trust, floor)]]);
}

function deleted(name: string): readonly [string, "deleted"] {
  return [name, "deleted"];
}
