/**
 * What a key holds, as values. Read from the items of its memory at power-on; after a commit only what has changed is read. What
 * stands in the memory was verified before it was committed: of it only certificates, whose verification makes their type, are
 * verified once more.
 */
import {
  type ActivationTicket,
  activationTicketObject,
  type CborValue,
  type CertifiedKey,
  type Clock,
  type DoorPolicy,
  decode,
  doorPolicyObject,
  type EpochPair,
  encode,
  type Grant,
  grantObject,
  heldSigner,
  type IssuerKey,
  keyId,
  type LogSegment,
  logSegmentObject,
  lostClock,
  type ObjectKind,
  type RevocationList,
  type RootTransition,
  revocationListObject,
  rootTransitionObject,
  type Signer,
  type Trust,
  toHex,
  type UploadReceipt,
  uploadReceiptObject,
} from "@nyckelfri/protocol";
import { carriedOf, type Held, heldOf, NO_TRUST, readCertificates, readTrust } from "../shared/belief.ts";
import { decodeClock } from "../shared/clock-item.ts";
import type { Changes, Items } from "../shared/item-memory-items.ts";
import { type JournalState, newJournal, readJournal } from "./journal.ts";
import type { KeyConfig } from "./state.ts";

export interface HeldTicket extends Held<ActivationTicket> {
  /** Of the box, and of its issuer. */
  readonly certificates: readonly Uint8Array[];
}
export interface PinState {
  readonly pepper: Uint8Array;
  readonly attempts: number;
}

export interface Holdings {
  readonly signer: Signer;
  readonly publicKey: Uint8Array;
  readonly trust: Trust;
  readonly floor: EpochPair;
  readonly clock: Clock;
  readonly journal: JournalState;
  /** Of the newest proof. */
  readonly keyCounter: number;
  readonly issuers: readonly IssuerKey[];
  /** Root-signed ones, and devices' that are carried for boxes without a host. */
  readonly certificates: readonly { readonly name: string; readonly key: CertifiedKey }[];
  /** At most two, by nbf (SPEC DCK-6). */
  readonly grants: readonly Held<Grant>[];
  readonly ticket: HeldTicket | undefined;
  /** sub of the last grant that was loaded. */
  readonly holder: string | undefined;
  readonly pin: PinState | undefined;
  readonly policies: readonly Held<DoorPolicy>[];
  readonly lists: readonly Held<RevocationList>[];
  readonly receipts: readonly Held<UploadReceipt>[];
  /** By epoch (SPEC TRU-15). */
  readonly transitions: readonly Held<RootTransition>[];
  readonly segments: readonly Held<LogSegment>[];
}

/** Names of items; what is behind a `/` tells one of several apart. */
export const ITEM = {
  seed: "seed",
  trust: "trust",
  clock: "clock",
  journal: "journal",
  counter: "counter",
  currentGrant: "grant/0",
  nextGrant: "grant/1",
  ticket: "ticket",
  holder: "holder",
  pin: "pin",
  certificate: (key: CertifiedKey): string =>
    `certificate/${toHex(key.kid)}/${key.certificate.value.nbf}/${key.certificate.value.roles}`,
  policy: ({ cylinder }: DoorPolicy): string => `policy/${toHex(cylinder)}`,
  list: ({ list }: RevocationList): string => `list/${list}`,
  receipt: ({ device, store }: UploadReceipt): string => `receipt/${toHex(device)}/${store}`,
  transition: ({ epoch }: RootTransition): string => `transition/${epoch}`,
  segment: (cylinder: Uint8Array, { store, first }: LogSegment): string =>
    `segment/${toHex(cylinder)}/${store}/${first}`,
} as const;

export function encodePin({ pepper, attempts }: PinState): Uint8Array {
  return encode([pepper, attempts]);
}
export function encodeTicket(ticket: Uint8Array, certificates: readonly Uint8Array[]): Uint8Array {
  return encode([ticket, ...certificates]);
}

type HeldReader = typeof heldOf;

/** All of it, from nothing but the items. */
export function readHoldings({ provider }: KeyConfig, items: Items): Holdings {
  const item = <T>(name: string, read: (bytes: Uint8Array) => T): T | undefined => {
    const bytes = items.get(name);
    return bytes === undefined ? undefined : read(bytes);
  };
  const stored = [...items];
  const all = <T>(group: string, kind: ObjectKind<T>, read: HeldReader = heldOf): readonly Held<T>[] =>
    stored.flatMap(([name, bytes]) => (name.startsWith(group) ? read(kind, name, bytes) : []));

  const seed = items.get(ITEM.seed) ?? new Uint8Array(32);
  const publicKey = provider.publicKeyOf(seed);
  const { trust, floor } = item(ITEM.trust, readTrust) ?? { trust: NO_TRUST, floor: { epoch: 0, value: 0 } };
  const kid = keyId(provider, publicKey);
  const { certificates, issuers } = readCertificates(items, trust, provider);
  return {
    signer: { provider, seed, kid, fleetId: trust.fleetId },
    publicKey,
    trust,
    floor,
    clock: item(ITEM.clock, decodeClock) ?? lostClock(),
    journal: item(ITEM.journal, readJournal) ?? newJournal(provider, kid),
    keyCounter: item(ITEM.counter, readNumber) ?? 0,
    certificates,
    issuers,
    grants: readGrants(items),
    ticket: item(ITEM.ticket, readTicket),
    holder: item(ITEM.holder, readText),
    pin: item(ITEM.pin, readPin),
    policies: all("policy/", doorPolicyObject),
    lists: all("list/", revocationListObject),
    receipts: all("receipt/", uploadReceiptObject),
    transitions: byEpoch(all("transition/", rootTransitionObject)),
    segments: all("segment/", logSegmentObject, carriedOf),
  };
}

/** The same as `readHoldings` of the items after these changes, where `before` was read of the items before them. */
export function holdingsAfter(config: KeyConfig, items: Items, before: Holdings, changes: Changes): Holdings {
  const isAnother = (name: string) => changes.has(name);
  if (isAnother(ITEM.seed) || isAnother(ITEM.trust)) return readHoldings(config, items);
  const { provider } = config;
  const item = <T>(name: string, held: T, read: (bytes: Uint8Array) => T, none: () => T): T => {
    const value = changes.get(name);
    if (value === undefined) return held;
    return value === "deleted" ? none() : read(value);
  };
  const none = () => undefined;
  const changed = [...changes];
  const inGroup = (group: string) => changed.filter(([name]) => name.startsWith(group));
  const all = <T>(
    held: readonly Held<T>[],
    group: string,
    kind: ObjectKind<T>,
    read: HeldReader = heldOf,
  ): readonly Held<T>[] => groupAfter(held, (name, bytes) => read(kind, name, bytes), inGroup(group));
  const { certificates, issuers } =
    inGroup("certificate/").length > 0 ? readCertificates(items, before.trust, provider, before) : before;
  const { signer, publicKey, trust, floor } = before;
  return {
    signer,
    publicKey,
    trust,
    floor,
    clock: item(ITEM.clock, before.clock, decodeClock, lostClock),
    journal: item(ITEM.journal, before.journal, readJournal, () => newJournal(provider, before.signer.kid)),
    keyCounter: item(ITEM.counter, before.keyCounter, readNumber, () => 0),
    certificates,
    issuers,
    grants: inGroup("grant/").length > 0 ? readGrants(items) : before.grants,
    ticket: item<HeldTicket | undefined>(ITEM.ticket, before.ticket, readTicket, none),
    holder: item<string | undefined>(ITEM.holder, before.holder, readText, none),
    pin: item<PinState | undefined>(ITEM.pin, before.pin, readPin, none),
    policies: all(before.policies, "policy/", doorPolicyObject),
    lists: all(before.lists, "list/", revocationListObject),
    receipts: all(before.receipts, "receipt/", uploadReceiptObject),
    transitions: byEpoch(all(before.transitions, "transition/", rootTransitionObject)),
    segments: all(before.segments, "segment/", logSegmentObject, carriedOf),
  };
}

/** Under which certificate an object that the key holds was issued: a renewed one stands beside the one that it replaces (SPEC OPN-9). */
export function issuerBehind<T>(
  { issuers, trust }: Holdings,
  kind: ObjectKind<T>,
  { signer: kid, value }: Held<T>,
): IssuerKey | undefined {
  const signer = heldSigner({ kind, kid, value }, issuers, trust.epoch);
  return signer === "need-certificate" ? undefined : signer;
}

/** In the order of the items: one that is replaced stands in its place, a new one at the end. */
function groupAfter<T>(
  held: readonly Held<T>[],
  read: (name: string, bytes: Uint8Array) => Held<T>,
  changed: readonly (readonly [string, Uint8Array | "deleted"])[],
): readonly Held<T>[] {
  if (changed.length === 0) return held;
  const after = [...held];
  for (const [name, bytes] of changed) {
    const known = after.findIndex((one) => one.name === name);
    const place = known < 0 ? after.length : known;
    if (bytes === "deleted") after.splice(place, 1);
    else after[place] = read(name, bytes);
  }
  return after;
}

function readGrants(items: Items): readonly Held<Grant>[] {
  const stored = [ITEM.currentGrant, ITEM.nextGrant].map((name) => [name, items.get(name)] as const);
  const held = stored.flatMap(([name, bytes]) => (bytes === undefined ? [] : heldOf(grantObject, name, bytes)));
  return held.sort((a, b) => a.value.nbf - b.value.nbf);
}

function byEpoch(transitions: readonly Held<RootTransition>[]): readonly Held<RootTransition>[] {
  return [...transitions].sort((a, b) => a.value.epoch - b.value.epoch);
}

function readPin(bytes: Uint8Array): PinState {
  const [pepper, attempts] = decode(bytes) as readonly CborValue[];
  return { pepper: pepper as Uint8Array, attempts: Number(attempts) };
}

function readTicket(bytes: Uint8Array): HeldTicket {
  const [ticket, ...certificates] = decode(bytes) as readonly [Uint8Array, ...Uint8Array[]];
  return { ...heldOf(activationTicketObject, ITEM.ticket, ticket), certificates };
}

function readNumber(bytes: Uint8Array): number {
  return Number(decode(bytes));
}

function readText(bytes: Uint8Array): string {
  return String(decode(bytes));
}
