/**
 * What every station, box and cabinet holds, as values: read from the items of its memory at power-on, and after a commit only
 * where something changed. What stands in the memory was verified before; certificates, whose verification makes their type,
 * are verified once more.
 */
import {
  type Clock,
  type CryptoProvider,
  type DeviceKey,
  decode,
  encode,
  equalBytes,
  keyId,
  lostClock,
  type ObjectKind,
  type RevocationList,
  revocationListObject,
  rootTransitionObject,
  type Signer,
} from "@nyckelfri/protocol";
import {
  type Belief,
  encodeTrust,
  type Held,
  heldOf,
  NO_TRUST,
  readCertificates,
  readTrust,
} from "../shared/belief.ts";
import { decodeClock } from "../shared/clock-item.ts";
import type { Changes, Items } from "../shared/transactions.ts";

/** Names of the core's items; what is behind a `/` tells one of several apart. A device adds its own. */
export const ITEM = {
  seed: "seed",
  trust: "trust",
  clock: "clock",
  /** SHA-256 of the body of the commission (SPEC SVC-3). */
  commission: "commission",
  setting: (name: SettingName): string => `setting/${name}`,
  list: ({ list }: Pick<RevocationList, "list">): string => `list/${list}`,
} as const;

/** What a certified host configures (SPEC SRV-1, SRV-2). */
export type SettingName = "serve-time" | "overdue" | "door-left-open";
const SETTINGS: readonly SettingName[] = ["serve-time", "overdue", "door-left-open"];

/** Core items that end with an epoch (SPEC TRU-8). */
export const ENDS_WITH_EPOCH: readonly string[] = ["certificate/", "list/"];

export interface Holdings extends Belief {
  /** SPEC SVC-1: nothing leads back to factory. */
  readonly lifecycle: "factory" | "commissioned";
  readonly signer: Signer;
  readonly publicKey: Uint8Array;
  readonly clock: Clock;
  readonly commission: Uint8Array | "none";
  /** Those that were set. */
  readonly settings: Readonly<Partial<Record<SettingName, number>>>;
  /** This device's own, each under its issuer; renewed ones beside old ones. */
  readonly own: readonly DeviceKey[];
}

/** Items of one family, by name: parsed when they come, and not again. */
export type Family<T> = ReadonlyMap<string, T>;

/** A family of all items whose name begins so. */
export function readFamily<T>(items: Items, prefix: string, read: (name: string, bytes: Uint8Array) => T): Family<T> {
  return new Map(
    [...items].flatMap(([name, bytes]) => (name.startsWith(prefix) ? [[name, read(name, bytes)] as const] : [])),
  );
}

/** The same family after a commit; the same value where nothing of it changed. */
export function familyAfter<T>(
  before: Family<T>,
  changes: Changes,
  prefix: string,
  read: (name: string, bytes: Uint8Array) => T,
): Family<T> {
  const changed = [...changes].filter(([name]) => name.startsWith(prefix));
  if (changed.length === 0) return before;
  const after = new Map(before);
  for (const [name, bytes] of changed) {
    if (bytes === "deleted") after.delete(name);
    else after.set(name, read(name, bytes));
  }
  return after;
}

/** A family of signed objects of one kind. */
export function readObjects<T>(kind: ObjectKind<T>): (name: string, bytes: Uint8Array) => Held<T> {
  return (name, bytes) => heldOf(kind, name, bytes);
}

export function readHoldings(provider: CryptoProvider, items: Items, before?: Holdings): Holdings {
  const stored = items.get(ITEM.seed) ?? new Uint8Array(32);
  // The same object while it is the same key: a provider remembers its expansion by it.
  const seed = before !== undefined && equalBytes(before.signer.seed, stored) ? before.signer.seed : stored;
  const publicKey = provider.publicKeyOf(seed);
  const kid = keyId(provider, publicKey);
  const trusted = items.get(ITEM.trust);
  const { trust, floor } =
    trusted === undefined ? { trust: NO_TRUST, floor: { epoch: 0, value: 0 } } : readTrust(trusted);
  const clock = items.get(ITEM.clock);
  const isSameTrust = before !== undefined && equalBytes(encodeTrust(before.trust, floor), encodeTrust(trust, floor));
  const { certificates, issuers } = readCertificates(items, trust, provider, isSameTrust ? before : undefined);
  return {
    lifecycle: trusted === undefined ? "factory" : "commissioned",
    signer: { provider, seed, kid, fleetId: trust.fleetId },
    publicKey,
    trust,
    floor,
    clock: clock === undefined ? lostClock() : decodeClock(clock),
    commission: items.get(ITEM.commission) ?? "none",
    settings: readSettings(items),
    certificates,
    issuers,
    own: certificates.flatMap(({ key }) => (key.level === "device" && equalBytes(key.kid, kid) ? key : [])),
    lists: [...readFamily(items, "list/", readObjects(revocationListObject)).values()],
    transitions: [...readFamily(items, "transition/", readObjects(rootTransitionObject)).values()].sort(
      (a, b) => a.value.epoch - b.value.epoch,
    ),
  };
}

/** The same as `readHoldings` of the items after these changes. */
export function holdingsAfter(before: Holdings, items: Items, changes: Changes): Holdings {
  const names = [...changes.keys()];
  const onlyClock = names.every((name) => name === ITEM.clock || !isCore(name));
  if (!onlyClock) return readHoldings(before.signer.provider, items, before);
  const clock = changes.get(ITEM.clock);
  return clock === undefined || clock === "deleted" ? before : { ...before, clock: decodeClock(clock) };
}

const CORE = ["seed", "trust", "commission", "setting/", "certificate/", "list/", "transition/"];
function isCore(name: string): boolean {
  return CORE.some((prefix) => name.startsWith(prefix));
}

function readSettings(items: Items): Holdings["settings"] {
  return Object.fromEntries(
    SETTINGS.flatMap((name) => {
      const bytes = items.get(ITEM.setting(name));
      return bytes === undefined ? [] : [[name, Number(decode(bytes))]];
    }),
  );
}

export function encodeNumber(value: number): Uint8Array {
  return encode(value);
}
