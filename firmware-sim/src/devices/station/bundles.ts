/**
 * Bundles: what a host has brought for single keys, kept for the days when host or city are away (SPEC DCK-5, DCK-7, HOR-1). Every
 * object is verified when it comes, and none replaces a newer one (SPEC UPD-6).
 */
import {
  type CertifiedKey,
  certificateObject,
  doorPolicyObject,
  equalBytes,
  type Grant,
  grantObject,
  keyId,
  parseObject,
  parseSign1,
  pseudonymOf,
  readClock,
  toHex,
  typOf,
  type UploadReceipt,
  uploadReceiptObject,
  type Verified,
  verifyDeviceCertificate,
  voidedBy,
} from "@nyckelfri/protocol";
import { deliverToCore, issued, orRefused } from "../mains/delivering.ts";
import type { At } from "../mains/state.ts";
import { heldOf, isIssuers, isVoid, soundDeviceIssuer } from "../shared/belief.ts";
import { certificateName, type Delivered, deleted, NOTHING, REFUSED, takeNewest } from "../shared/believing.ts";
import type { Changes } from "../shared/transactions.ts";
import type { BundleObject, StationKind, StationOwn } from "./types.ts";
import { coveredChanges, isForked } from "./uploads.ts";

export const BUNDLE = "bundle/";
export const RECEIPT = "receipt/";
export const KNOWN_KEY = "key/";
/** SPEC DCK-7: what starts so soon is never evicted. */
const SOON_SECONDS = 86_400;

const KINDS = {
  grant: grantObject,
  policy: doorPolicyObject,
  receipt: uploadReceiptObject,
  certificate: certificateObject,
} as const;

/** An item of the family: `bundle/<kid of the key>/<kind>/…`. */
export function readBundleObject(name: string, bytes: Uint8Array): BundleObject {
  const kind = name.split("/")[2] as BundleObject["kind"];
  return { kind, ...heldOf(KINDS[kind] as typeof grantObject, name, bytes) } as BundleObject;
}

export function bundleOf({ bundles }: StationOwn, key: Uint8Array): readonly BundleObject[] {
  const prefix = `${BUNDLE}${toHex(key)}/`;
  return [...bundles.values()].filter(({ name }) => name.startsWith(prefix));
}

/** SPEC SRV-1, UPD-6: one object for one key. What is for every key goes to the station itself. */
export function takeForKey<X extends StationKind>(at: At<X>, key: Uint8Array, bytes: Uint8Array): Delivered {
  return orRefused(() => {
    switch (parseSign1(bytes).typ) {
      case typOf("grant"):
        return issued(at, grantObject, bytes, (grant, signer) => takeGrant(at, key, grant, signer));
      case typOf("door-policy"):
        return issued(at, doorPolicyObject, bytes, ({ value }, signer) => {
          const name = `${BUNDLE}${toHex(key)}/policy/${toHex(value.cylinder)}`;
          const offered = { name, value, bytes, epoch: signer.certificate.value.epoch };
          const held = bundleOf(at.on.own, key).flatMap((one) => (one.kind === "policy" ? one : []));
          return withRoom(
            at,
            key,
            name,
            bytes,
            takeNewest(held, ({ version }) => version, offered, placesOf(at)),
          );
        });
      case typOf("upload-receipt"):
        return takeReceipt(at, bytes, key);
      case typOf("certificate"):
        return takeCertificateFor(at, key, bytes);
      default:
        return deliverToCore(at, bytes) ?? REFUSED;
    }
  });
}

/** Of one bundle, which is bounded as a whole. */
function placesOf<X extends StationKind>({ on, config }: At<X>) {
  return { epoch: on.holdings.trust.epoch, places: config.quotas.objectsPerBundle, makesRoom: "for-it" } as const;
}

/** SPEC LOG-7, SRV-4: a receipt ends what it covers, and goes to the key that brought it and to the door. */
export function takeReceipt<X extends StationKind>(at: At<X>, bytes: Uint8Array, key?: Uint8Array): Delivered {
  const taken = orRefused(() =>
    issued(at, uploadReceiptObject, bytes, ({ value }, signer) => {
      const { own, holdings } = at.on;
      if (isForked(own, value)) return REFUSED;
      const { epoch } = signer.certificate.value;
      const name = `${RECEIPT}${logName(value)}`;
      const present = { epoch: holdings.trust.epoch, places: at.config.quotas.receipts, makesRoom: "for-it" } as const;
      const kept = takeNewest([...own.receipts.values()], ({ n }) => n, { name, value, bytes, epoch }, present);
      if (kept.outcome === "older" || kept.outcome === "refused") return kept;
      return { ...kept, changes: new Map([...kept.changes, ...coveredChanges(own, value)]) };
    }),
  );
  if (key === undefined || taken.outcome === "refused" || taken.outcome === "need-certificate") return taken;
  const { value } = parseObject(uploadReceiptObject, bytes);
  if (value.store === "journal") return taken;
  const name = `${BUNDLE}${toHex(key)}/receipt/${logName(value)}`;
  const held = bundleOf(at.on.own, key).flatMap((one) => (one.kind === "receipt" ? one : []));
  const offered = { name, value, bytes, epoch: at.on.holdings.trust.epoch };
  const carried = withRoom(
    at,
    key,
    name,
    bytes,
    takeNewest(held, ({ n }) => n, offered, placesOf(at)),
  );
  return { outcome: carried.outcome, changes: new Map([...taken.changes, ...carried.changes]) };
}

export function logName({ device, store }: Pick<UploadReceipt, "device" | "store">): string {
  return `${toHex(device)}/${store}`;
}

/** SPEC ACT-8: an issuer's certificate is the station's too; a device's is carried by this key for a box without a host. */
function takeCertificateFor<X extends StationKind>(at: At<X>, key: Uint8Array, bytes: Uint8Array): Delivered {
  const { holdings } = at.on;
  const object = parseObject(certificateObject, bytes);
  if (isIssuers(bytes)) return deliverToCore(at, bytes) ?? REFUSED;
  const issuer = soundDeviceIssuer(holdings, object);
  if (issuer === "need-certificate") return { outcome: issuer, changes: NOTHING };
  const certified = verifyDeviceCertificate(object, issuer, holdings.trust, at.config.provider);
  if (isVoid(holdings, certified) || object.value.exp <= lowerBound(at)) return REFUSED;
  const name = `${BUNDLE}${toHex(key)}/${certificateName(certified)}`;
  if (at.on.own.bundles.has(name)) return { outcome: "known", changes: NOTHING };
  return withRoom(at, key, name, bytes, { outcome: "stored", changes: new Map([[name, bytes]]) });
}

/** SPEC DCK-6: for this very key. It replaces grants whose time it touches, if it was issued after them. */
function takeGrant<X extends StationKind>(
  at: At<X>,
  key: Uint8Array,
  grant: Verified<Grant>,
  signer: CertifiedKey,
): Delivered {
  const { provider, quotas } = at.config;
  const { own, holdings } = at.on;
  const { value, bytes } = grant;
  const presented = { grant: value, provider, holder: pseudonymOf(value.sub), certified: [signer] };
  const isOwn = equalBytes(keyId(provider, value.cnf.key.x), key);
  const isRevoked = holdings.lists.some((list) => voidedBy(list.value, presented));
  if (!isOwn || isRevoked || value.exp <= lowerBound(at)) return REFUSED;
  const held = bundleOf(own, key).flatMap((one) => (one.kind === "grant" ? one : []));
  if (held.some((one) => equalBytes(one.bytes, bytes))) return { outcome: "known", changes: NOTHING };
  const touched = held.filter((one) => value.nbf < one.value.exp && one.value.nbf < value.exp);
  if (touched.some((one) => one.value.iat > value.iat)) return { outcome: "older", changes: NOTHING };
  const name = `${BUNDLE}${toHex(key)}/grant/${toHex(value.cti)}`;
  const known = `${KNOWN_KEY}${toHex(key)}`;
  const changes = new Map<string, Uint8Array | "deleted">(touched.map((one) => deleted(one.name)));
  changes.set(name, bytes);
  if (!own.knownKeys.has(known)) {
    const first = [...own.knownKeys.keys()][0];
    if (own.knownKeys.size >= quotas.knownKeys && first !== undefined) changes.set(first, "deleted");
    changes.set(known, value.cnf.key.x);
  }
  return withRoom(at, key, name, bytes, { outcome: "stored", changes }, value.nbf);
}

/** The public key of a key, as the city's grants give it. */
export function publicKeyOf({ knownKeys }: StationOwn, key: Uint8Array): Uint8Array | undefined {
  return knownKeys.get(`${KNOWN_KEY}${toHex(key)}`);
}

interface Bundle {
  readonly key: string;
  readonly names: readonly string[];
  readonly bytes: number;
  /** Of the first grant that has not ended; undefined where no grant is held. */
  readonly nbf: number | undefined;
}

/** The bundles as they stand, without what has ended. */
function bundlesBut(own: StationOwn, ended: ReadonlySet<string>): readonly Bundle[] {
  const byKey = new Map<string, BundleObject[]>();
  for (const one of own.bundles.values()) {
    const [, key = ""] = one.name.split("/");
    if (!ended.has(one.name)) byKey.set(key, [...(byKey.get(key) ?? []), one]);
  }
  return [...byKey].map(([key, objects]) => {
    const starts = objects.flatMap((one) => (one.kind === "grant" ? one.value.nbf : []));
    return {
      key,
      names: objects.map(({ name }) => name),
      bytes: objects.reduce((total, { bytes }) => total + bytes.length, 0),
      nbf: starts.length === 0 ? undefined : Math.min(...starts),
    };
  });
}

/**
 * SPEC DCK-7: makes room for one object by what has ended first, then by bundles without a grant, then by those that begin
 * furthest away; never by one that begins within 24 h, or before the one that asks for the room. Without a clock nobody knows
 * what begins when, so only what has ended surely goes. `refused` where there is no room.
 */
function withRoom<X extends StationKind>(
  at: At<X>,
  key: Uint8Array,
  name: string,
  bytes: Uint8Array,
  taken: Delivered,
  startsAt?: number,
): Delivered {
  if (taken.outcome !== "stored") return taken;
  const { own, holdings } = at.on;
  const { quotas } = at.config;
  const lower = lowerBound(at);
  const ended = new Set(
    [...own.bundles.values()].flatMap((one) =>
      (one.kind === "grant" || one.kind === "certificate") && one.value.exp <= lower ? one.name : [],
    ),
  );
  const replaced = own.bundles.get(name)?.bytes.length ?? 0;
  const bundles = bundlesBut(own, ended);
  const hex = toHex(key);
  const asking = bundles.find((one) => one.key === hex);
  const objects = (asking?.names.length ?? 0) + (own.bundles.has(name) ? 0 : 1);
  if (objects > quotas.objectsPerBundle) return REFUSED;
  const begins = Math.min(startsAt ?? Number.POSITIVE_INFINITY, asking?.nbf ?? Number.POSITIVE_INFINITY);
  const reading = readClock(holdings.clock, at.tickMs);
  const soon = reading.quality === "running" ? reading.interval.hi + SOON_SECONDS : Number.POSITIVE_INFINITY;
  const victims = bundles
    .filter(
      (one) =>
        one.key !== hex &&
        (one.nbf === undefined ? begins < Number.POSITIVE_INFINITY : one.nbf > soon && one.nbf > begins),
    )
    .sort((a, b) => (b.nbf ?? Number.POSITIVE_INFINITY) - (a.nbf ?? Number.POSITIVE_INFINITY));
  let count = bundles.length + (asking === undefined ? 1 : 0);
  let total = bundles.reduce((sum, one) => sum + one.bytes, bytes.length - replaced);
  const gone: string[] = [];
  for (const victim of victims) {
    if (count <= quotas.bundles && total <= quotas.bundleBytes) break;
    count -= 1;
    total -= victim.bytes;
    gone.push(...victim.names);
  }
  if (count > quotas.bundles || total > quotas.bundleBytes) return REFUSED;
  const evicted: Changes = new Map([...ended, ...gone].map(deleted));
  return { outcome: "stored", changes: new Map([...evicted, ...taken.changes]) };
}

/** How many keys have a bundle, and for how many more there is room. */
export function bundleRoom<X extends StationKind>({
  on,
  config,
}: At<X>): { readonly held: number; readonly room: number } {
  const bundles = bundlesBut(on.own, new Set());
  const isFull = bundles.reduce((sum, one) => sum + one.bytes, 0) >= config.quotas.bundleBytes;
  return { held: bundles.length, room: isFull ? 0 : Math.max(0, config.quotas.bundles - bundles.length) };
}

/** It is surely not earlier than this (SPEC TIM-5). */
export function lowerBound<X extends StationKind>({ on, tickMs }: At<X>): number {
  const reading = readClock(on.holdings.clock, tickMs);
  return reading.quality === "running" ? reading.interval.lo : on.holdings.clock.knownLower;
}

/**
 * What there is for a key, in the order in which it is given (SPEC DCK-5): issuers' certificates first, because the key verifies
 * the others under them; grants last, of one holder at a time (SPEC DCK-6), the one that was issued first before the other.
 */
export function offersFor<X extends StationKind>(
  at: At<X>,
  key: Uint8Array,
  told: { readonly lists: readonly (readonly [number, number])[]; readonly seen: readonly string[] },
): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
  const { own, holdings } = at.on;
  const lower = lowerBound(at);
  const bundle = bundleOf(own, key);
  const issuers = holdings.certificates.filter(({ key: { level } }) => level === "issuer");
  const lists = holdings.lists.filter(
    ({ value }) => !told.lists.some(([list, version]) => list === value.list && version >= value.version),
  );
  const logs = [`${toHex(key)}/journal`, ...told.seen].map((log) => own.receipts.get(`${RECEIPT}${log}`));
  const grants = bundle
    .flatMap((one) => (one.kind === "grant" && one.value.exp > lower ? one : []))
    .sort((a, b) => a.value.nbf - b.value.nbf);
  const other = grants.findIndex(({ value }) => value.sub !== grants[0]?.value.sub);
  const due = grants.slice(0, Math.min(2, other < 0 ? grants.length : other)).sort((a, b) => a.value.iat - b.value.iat);
  return [
    ...issuers.map((one) => ({ name: one.name, bytes: one.key.certificate.bytes })),
    ...lists,
    ...bundle.filter(({ kind }) => kind === "certificate" || kind === "policy"),
    ...logs.flatMap((receipt) => receipt ?? []),
    ...bundle.filter(({ kind }) => kind === "receipt"),
    ...due,
  ];
}
