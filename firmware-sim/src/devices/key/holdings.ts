/**
 * What a key holds, as values. Read from the items of its memory at power-on and after each commit; an item that has not changed
 * is not parsed again. What stands in the memory was verified before it was committed: of it only certificates, whose
 * verification makes their type, are verified once more.
 */
import {
  type ActivationTicket,
  activationTicketObject,
  type CborValue,
  type CertifiedKey,
  type Clock,
  certificateObject,
  type DoorPolicy,
  decode,
  doorPolicyObject,
  type EpochPair,
  encode,
  equalBytes,
  type Grant,
  grantObject,
  type IssuerKey,
  keyId,
  type LogSegment,
  logSegmentObject,
  lostClock,
  type ObjectKind,
  PeerError,
  parseObject,
  type RevocationList,
  type RootTransition,
  revocationListObject,
  rootTransitionObject,
  type Signer,
  type Trust,
  toHex,
  type UploadReceipt,
  uploadReceiptObject,
  verifyChain,
} from "@nyckelfri/protocol";
import { decodeClock } from "./clock.ts";
import { type JournalState, newJournal, readJournal } from "./journal.ts";
import type { KeyConfig } from "./state.ts";
import type { Items } from "./transactions.ts";

export interface Held<T> {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly value: T;
  /** kid of the signer. */
  readonly signer: Uint8Array;
}
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
  /** Parsed before, by their bytes. */
  readonly parsed: ReadonlyMap<Uint8Array, unknown>;
}

/** Names of items; what is behind a `/` tells one of several apart. */
export const ITEM = {
  seed: "seed",
  trust: "trust",
  clock: "clock",
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

export function encodeTrust(
  { rootPublicKey, successorThumbprint, fleetId, epoch }: Trust,
  floor: EpochPair,
): Uint8Array {
  return encode([rootPublicKey, successorThumbprint, fleetId, epoch, floor.epoch, floor.value]);
}
export function encodePin({ pepper, attempts }: PinState): Uint8Array {
  return encode([pepper, attempts]);
}
export function encodeTicket(ticket: Uint8Array, certificates: readonly Uint8Array[]): Uint8Array {
  return encode([ticket, ...certificates]);
}

export function readHoldings({ provider }: KeyConfig, items: Items, before?: Holdings): Holdings {
  const parsed = new Map<Uint8Array, unknown>();
  const once = <T>(bytes: Uint8Array, read: () => T): T => {
    const value = (before?.parsed.get(bytes) as T | undefined) ?? read();
    parsed.set(bytes, value);
    return value;
  };
  const item = <T>(name: string, read: (bytes: Uint8Array) => T): T | undefined => {
    const bytes = items.get(name);
    return bytes === undefined ? undefined : once(bytes, () => read(bytes));
  };
  const all = <T>(prefix: string, kind: ObjectKind<T>): Held<T>[] =>
    [...items]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, bytes]) => ({ name, ...once(bytes, () => heldOf(kind, bytes)) }));

  const seed = items.get(ITEM.seed) ?? new Uint8Array(32);
  const publicKey = once(seed, () => provider.publicKeyOf(seed));
  const { trust, floor } = item(ITEM.trust, readTrust) ?? readTrust(encodeTrust(NO_TRUST, { epoch: 0, value: 0 }));
  const kid = keyId(provider, publicKey);
  const certificates = readCertificates(items, trust, once, provider);
  const ticket = item(ITEM.ticket, readTicket);
  return {
    signer: { provider, seed, kid, fleetId: trust.fleetId },
    publicKey,
    trust,
    floor,
    clock: item(ITEM.clock, decodeClock) ?? lostClock(),
    journal: item("journal", readJournal) ?? newJournal(provider, kid),
    keyCounter: item(ITEM.counter, (bytes) => Number(decode(bytes))) ?? 0,
    certificates,
    issuers: certificates.flatMap(({ key }) => (key.level === "issuer" ? key : [])),
    grants: all("grant/", grantObject).sort((a, b) => a.value.nbf - b.value.nbf),
    ticket,
    holder: item(ITEM.holder, (bytes) => String(decode(bytes))),
    pin: item(ITEM.pin, readPin),
    policies: all("policy/", doorPolicyObject),
    lists: all("list/", revocationListObject),
    receipts: all("receipt/", uploadReceiptObject),
    transitions: all("transition/", rootTransitionObject).sort((a, b) => a.value.epoch - b.value.epoch),
    segments: all("segment/", logSegmentObject),
    parsed,
  };
}

/** The certificates that could stand behind an object's signature. */
export function issuersOf({ issuers }: Holdings, kid: Uint8Array): readonly IssuerKey[] {
  return issuers.filter((issuer) => equalBytes(issuer.kid, kid));
}

const NO_TRUST: Trust = {
  rootPublicKey: new Uint8Array(32),
  successorThumbprint: new Uint8Array(32),
  fleetId: new Uint8Array(32),
  epoch: 0,
};

function heldOf<T>(kind: ObjectKind<T>, bytes: Uint8Array): Omit<Held<T>, "name"> {
  const { value, kid } = parseObject(kind, bytes);
  return { bytes, value, signer: kid ?? new Uint8Array(8) };
}

function readCertificates(
  items: Items,
  trust: Trust,
  once: <T>(bytes: Uint8Array, read: () => T) => T,
  provider: KeyConfig["provider"],
): Holdings["certificates"] {
  const stored = [...items].filter(([name]) => name.startsWith("certificate/"));
  const verified = (chain: readonly Uint8Array[]): CertifiedKey | undefined => {
    try {
      return verifyChain(chain, trust, provider);
    } catch (error) {
      if (error instanceof PeerError) return undefined;
      throw error;
    }
  };
  const issuers = stored.filter(([, bytes]) => isIssuers(bytes));
  return stored.flatMap(([name, bytes]) => {
    const key = once(bytes, () => {
      if (isIssuers(bytes)) return verified([bytes]);
      // One whose issuer is not held any more is of no use to those it is carried for.
      return issuers.map(([, issuer]) => verified([bytes, issuer])).find((one) => one !== undefined);
    });
    return key === undefined ? [] : [{ name, key }];
  });
}

/** SPEC TRU-3: roles up to 32 are issuers'. */
export function isIssuers(certificate: Uint8Array): boolean {
  return (parseObject(certificateObject, certificate).value.roles & 63) !== 0;
}

function readTrust(bytes: Uint8Array): { readonly trust: Trust; readonly floor: EpochPair } {
  const items = decode(bytes) as readonly CborValue[];
  const [rootPublicKey, successorThumbprint, fleetId] = items as readonly [Uint8Array, Uint8Array, Uint8Array];
  const [epoch, floorEpoch, floorValue] = items.slice(3).map(Number) as [number, number, number];
  return {
    trust: { rootPublicKey, successorThumbprint, fleetId, epoch },
    floor: { epoch: floorEpoch, value: floorValue },
  };
}

function readPin(bytes: Uint8Array): PinState {
  const [pepper, attempts] = decode(bytes) as readonly CborValue[];
  return { pepper: pepper as Uint8Array, attempts: Number(attempts) };
}

function readTicket(bytes: Uint8Array): HeldTicket {
  const [ticket, ...certificates] = decode(bytes) as readonly [Uint8Array, ...Uint8Array[]];
  return { name: ITEM.ticket, ...heldOf(activationTicketObject, ticket), certificates };
}
