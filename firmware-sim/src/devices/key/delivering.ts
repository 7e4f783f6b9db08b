/**
 * What becomes of an object that is brought to a key: to load (grants), to believe (certificates, transitions), or to carry for
 * doors and boxes (SPEC DCK-5, UPD-6). Each is verified under what the key holds; nothing replaces a newer one.
 */
import {
  type CertifiedKey,
  type DoorPolicy,
  doorPolicyObject,
  encode,
  equalBytes,
  type Grant,
  grantObject,
  judgeReceipt,
  type ObjectKind,
  PeerError,
  parseObject,
  parseSign1,
  pseudonymOf,
  type RevocationList,
  readClock,
  revocationListObject,
  type TickMs,
  times,
  typOf,
  type UploadReceipt,
  uploadReceiptObject,
  type Verified,
  verifyByKind,
  voidedBy,
} from "@nyckelfri/protocol";
import { soundIssuer } from "../shared/belief.ts";
import {
  type Believer,
  type DateVerdict,
  type Delivered,
  deleted,
  isSegmentCovered,
  type MakesRoom,
  NOTHING,
  REFUSED,
  takeCertificate,
  takeNewest,
  takeTransition,
} from "../shared/believing.ts";
import type { Items } from "../shared/transactions.ts";
import { standingOf } from "./clock.ts";
import { grantChanges, placeGrant } from "./grants.ts";
import { encodePin, type Holdings, ITEM, issuerBehind } from "./holdings.ts";
import { headAt, withoutCovered } from "./journal.ts";
import type { KeyConfig } from "./state.ts";

/** Where it came from, and what the key has just now. */
export interface Delivery {
  readonly config: KeyConfig;
  readonly holdings: Holdings;
  readonly items: Items;
  readonly tickMs: TickMs;
  /** SPEC DCK-6: only a proven station changes the holder. */
  readonly from: "station" | "elsewhere";
  readonly makesRoom: MakesRoom;
  /** 32 random bytes, for a new holder's PIN pepper. */
  readonly random: Uint8Array;
}

/** SPEC TRU-12. */
const FUTURE_SECONDS = times.futureIatSeconds;

/** Total: what is no object, or does not hold, is refused. */
export function deliver(at: Delivery, object: Uint8Array): Delivered {
  try {
    const { typ } = parseSign1(object);
    const take = TAKERS.find(([name]) => typOf(name) === typ)?.[1];
    return take?.(at, object) ?? REFUSED;
  } catch (error) {
    if (error instanceof PeerError) return REFUSED;
    throw error;
  }
}

type Taker = (at: Delivery, object: Uint8Array) => Delivered;
const TAKERS: readonly (readonly [Parameters<typeof typOf>[0], Taker])[] = [
  ["grant", (at, object) => issued(at, grantObject, object, loadGrant)],
  ["door-policy", (at, object) => issued(at, doorPolicyObject, object, carryPolicy)],
  ["revocation-list", (at, object) => issued(at, revocationListObject, object, carryList)],
  ["upload-receipt", (at, object) => issued(at, uploadReceiptObject, object, takeReceipt)],
  ["certificate", (at, object) => takeCertificate(believer(at), object)],
  ["root-transition", (at, object) => takeTransition(believer(at), object)],
];

/** What an issuer signed: a certificate of its must be held that is not void (SPEC UPD-1, TRU-16). */
function issued<T extends { readonly iat: number }>(
  at: Delivery,
  kind: ObjectKind<T>,
  bytes: Uint8Array,
  take: (at: Delivery, object: Verified<T>, signer: CertifiedKey) => Delivered,
): Delivered {
  const { holdings, config } = at;
  const object = parseObject(kind, bytes);
  if (judgeDate(at, object.value.iat) !== "credible") return REFUSED;
  const signer = soundIssuer(holdings, object);
  if (signer === "need-certificate") return { outcome: signer, changes: NOTHING };
  const verified = verifyByKind(object, { signer, trust: holdings.trust, provider: config.provider });
  return take(at, verified, signer);
}

/** SPEC TRU-12: nothing of the future, which only a running clock can tell. */
function judgeDate({ holdings, tickMs }: Delivery, iat: number): DateVerdict {
  const reading = readClock(holdings.clock, tickMs);
  if (reading.quality !== "running") return "unknown";
  return iat <= reading.interval.hi + FUTURE_SECONDS ? "credible" : "future";
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
  if (!isOwn || isOver || isGrantVoid(holdings, config, value, signer)) return REFUSED;
  const changesHolder = holdings.holder !== undefined && holdings.holder !== value.sub;
  if (changesHolder && from !== "station") return REFUSED;
  const placed = placeGrant(holdings.grants, { bytes, value });
  if (placed.kind !== "placed") return { outcome: placed.kind, changes: NOTHING };
  const changes = new Map(grantChanges(placed.grants, holdings.ticket, config.provider.sha256));
  changes.set(ITEM.holder, encode(value.sub));
  if (changesHolder || holdings.pin === undefined) changes.set(ITEM.pin, encodePin({ pepper: random, attempts: 0 }));
  if (changesHolder) changes.set(ITEM.ticket, "deleted");
  return { outcome: "stored", changes };
}

function carryPolicy(
  { holdings, config, makesRoom }: Delivery,
  policy: Verified<DoorPolicy>,
  signer: CertifiedKey,
): Delivered {
  const name = ITEM.policy(policy.value);
  const present = { epoch: holdings.trust.epoch, places: config.quotas.policies, makesRoom };
  return takeNewest(holdings.policies, ({ version }) => version, offeredBy(signer, name, policy), present);
}

function carryList(
  { holdings, config, makesRoom }: Delivery,
  list: Verified<RevocationList>,
  signer: CertifiedKey,
): Delivered {
  const name = ITEM.list(list.value);
  const present = { epoch: holdings.trust.epoch, places: config.quotas.lists, makesRoom };
  return takeNewest(holdings.lists, ({ version }) => version, offeredBy(signer, name, list), present);
}

function offeredBy<T>(signer: CertifiedKey, name: string, { value, bytes }: Verified<T>) {
  return { name, value, bytes, epoch: signer.certificate.value.epoch };
}

function takeReceipt(at: Delivery, object: Verified<UploadReceipt>, signer: CertifiedKey): Delivered {
  const { config, holdings, items } = at;
  const { value } = object;
  const { provider } = config;
  if (value.store === "journal") {
    const headOf = (n: number) => headAt(provider, items, holdings.journal, n);
    const verdict = judgeReceipt(object, { device: holdings.signer.kid, store: "journal", headAt: headOf });
    if (verdict === "unknown" && value.n < holdings.journal.oldest) return { outcome: "older", changes: NOTHING };
    if (verdict !== "covered") return REFUSED;
    if (value.n < holdings.journal.oldest) return { outcome: "known", changes: NOTHING };
    return { outcome: "stored", changes: withoutCovered(provider, items, holdings.journal, value.n) };
  }
  const { receipts, segments } = holdings;
  const present = { epoch: holdings.trust.epoch, places: config.quotas.receipts, makesRoom: at.makesRoom };
  const carried = takeNewest(receipts, ({ n }) => n, offeredBy(signer, ITEM.receipt(value), object), present);
  if (carried.outcome !== "stored") return carried;
  const covered = segments.filter((segment) => isSegmentCovered(provider, segment, value));
  return { outcome: "stored", changes: new Map([...carried.changes, ...covered.map(({ name }) => deleted(name))]) };
}

/** SPEC TRU-8, TRU-13: with an ended epoch everything goes but records, journal and transitions. */
const ENDS_WITH_EPOCH = ["certificate/", "policy/", "list/", "receipt/", "grant/", ITEM.ticket];

function believer(at: Delivery): Believer {
  const { config, holdings, items, tickMs } = at;
  const reading = readClock(holdings.clock, tickMs);
  return {
    provider: config.provider,
    belief: holdings,
    names: items.keys(),
    endsWithEpoch: ENDS_WITH_EPOCH,
    certificatePlaces: config.quotas.certificates,
    makesRoom: at.makesRoom,
    worthOf: (key) => {
      if (key.level === "device") return "carried";
      const isLivedBy = holdings.grants.some((grant) => {
        const issuer = issuerBehind(holdings, grantObject, grant);
        return issuer !== undefined && equalBytes(issuer.certificate.bytes, key.certificate.bytes);
      });
      return isLivedBy ? "lived-by" : "of-use";
    },
    notBefore: reading.quality === "running" ? reading.interval.lo : 0,
    judgeDate: (iat) => judgeDate(at, iat),
    // SPEC ACT-8: also for boxes without a host.
    keepsDevice: () => true,
  };
}
