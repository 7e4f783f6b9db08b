/** What a cylinder holds besides records and counters, as one value that is committed whole (SPEC PER-2, PER-4, PER-14). */
import {
  type ChainPosition,
  type CryptoProvider,
  chainStart,
  type EpochPair,
  HEAD_BYTES,
  type LifecycleState,
  type Trust,
} from "@nyckelfri/protocol";
import { Packer, Unpacker } from "./packing.ts";

/** A slot of the object pool. */
export type Slot = number;

export interface HeldList {
  readonly list: number;
  /** In the present epoch. */
  readonly version: number;
  readonly slot: Slot;
}

/** A grant whose signature was verified, and the ticket that came with it (SPEC OPN-10). */
export interface CachedGrant {
  readonly cti: Uint8Array;
  readonly grant: Slot;
  readonly ticket: Slot | "none";
}

export interface Settings {
  readonly lifecycle: LifecycleState;
  readonly mount: number;
  /** Of no meaning in state factory. */
  readonly trust: Trust;
  readonly floor: EpochPair;
  /** (epoch, 0) since a new epoch until its first policy (SPEC TRU-8). */
  readonly policyVersion: EpochPair;
  readonly policy: Slot | "none";
  readonly lists: readonly HeldList[];
  /** Most recently used first. */
  readonly certificates: readonly Slot[];
  readonly grants: readonly CachedGrant[];
  /** Newest records that receipts cover. */
  readonly acknowledged: Readonly<Record<LogName, number>>;
  /** Where each chain stood when its ring was erased, or began. */
  readonly base: Readonly<Record<LogName, ChainPosition>>;
  /** `due`: the rings up to `base`, and all that these settings do not name, are to be erased (SPEC SVC-5, TRU-10). */
  readonly erasure: "due" | "done";
  /** SHA-256 of the commission, or zeros (SPEC SVC-3). */
  readonly commission: Uint8Array;
}

export type LogName = "openings" | "refusals";

const LIFECYCLES: readonly LifecycleState[] = ["factory", "commissioned", "active", "deactivated", "dismounted"];
const ERASURES = ["done", "due"] as const;
const NO_SLOT = 0xff;
const KEY_BYTES = 32;
const CTI_BYTES = 8;

/** As it leaves the factory. */
export function factorySettings(provider: CryptoProvider, kid: Uint8Array): Settings {
  const zeros = new Uint8Array(KEY_BYTES);
  const begin = (store: LogName): ChainPosition => ({ number: 0, head: chainStart(provider, kid, store) });
  return {
    lifecycle: "factory",
    mount: 0,
    trust: { rootPublicKey: zeros, successorThumbprint: zeros, fleetId: zeros, epoch: 0 },
    floor: { epoch: 0, value: 0 },
    policyVersion: { epoch: 0, value: 0 },
    policy: "none",
    lists: [],
    certificates: [],
    grants: [],
    acknowledged: { openings: 0, refusals: 0 },
    base: { openings: begin("openings"), refusals: begin("refusals") },
    erasure: "done",
    commission: zeros,
  };
}

/** Slots that may not be written to. */
export function slotsInUse({ policy, lists, certificates, grants }: Settings): readonly Slot[] {
  const named = [policy, ...lists.map(({ slot }) => slot), ...certificates];
  for (const { grant, ticket } of grants) named.push(grant, ticket);
  return named.filter((slot) => slot !== "none");
}

export function packSettings(settings: Settings): Uint8Array {
  const { trust, floor, policyVersion, acknowledged, base } = settings;
  const packer = new Packer()
    .u8(LIFECYCLES.indexOf(settings.lifecycle))
    .u16(settings.mount)
    .bytes(trust.rootPublicKey)
    .bytes(trust.successorThumbprint)
    .bytes(trust.fleetId)
    .u32(trust.epoch)
    .u32(floor.epoch)
    .u32(floor.value)
    .u32(policyVersion.epoch)
    .u32(policyVersion.value)
    .u8(slotNumber(settings.policy));
  packer.u8(settings.lists.length);
  for (const { list, version, slot } of settings.lists) packer.u32(list).u32(version).u8(slot);
  packer.u8(settings.certificates.length);
  for (const slot of settings.certificates) packer.u8(slot);
  packer.u8(settings.grants.length);
  for (const { cti, grant, ticket } of settings.grants) packer.bytes(cti).u8(grant).u8(slotNumber(ticket));
  for (const log of ["openings", "refusals"] as const) {
    packer.u32(acknowledged[log]).u32(base[log].number).bytes(base[log].head);
  }
  return packer.u8(ERASURES.indexOf(settings.erasure)).bytes(settings.commission).done();
}

/** Of bytes that this device has packed. */
export function unpackSettings(bytes: Uint8Array): Settings {
  const packed = new Unpacker(bytes);
  const lifecycle = LIFECYCLES[packed.u8()] ?? "factory";
  const mount = packed.u16();
  const [rootPublicKey, successorThumbprint, fleetId] = [0, 1, 2].map(() => packed.bytes(KEY_BYTES)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const trust = { rootPublicKey, successorThumbprint, fleetId, epoch: packed.u32() };
  const floor = pair(packed);
  const policyVersion = pair(packed);
  const policy = slotOf(packed.u8());
  const lists = times(packed, () => ({ list: packed.u32(), version: packed.u32(), slot: packed.u8() }));
  const certificates = times(packed, () => packed.u8());
  const grants = times(packed, () => {
    return { cti: packed.bytes(CTI_BYTES), grant: packed.u8(), ticket: slotOf(packed.u8()) };
  });
  const [openings, refusals] = [0, 1].map(() => ({
    acknowledged: packed.u32(),
    base: { number: packed.u32(), head: packed.bytes(HEAD_BYTES) },
  })) as [{ acknowledged: number; base: ChainPosition }, { acknowledged: number; base: ChainPosition }];
  const erasure = ERASURES[packed.u8()] ?? "done";
  return {
    lifecycle,
    mount,
    trust,
    floor,
    policyVersion,
    policy,
    lists,
    certificates,
    grants,
    acknowledged: { openings: openings.acknowledged, refusals: refusals.acknowledged },
    base: { openings: openings.base, refusals: refusals.base },
    erasure,
    commission: packed.bytes(KEY_BYTES),
  };
}

function pair(packed: Unpacker): EpochPair {
  return { epoch: packed.u32(), value: packed.u32() };
}

function times<T>(packed: Unpacker, one: () => T): T[] {
  return Array.from({ length: packed.u8() }, one);
}

function slotNumber(slot: Slot | "none"): number {
  return slot === "none" ? NO_SLOT : slot;
}

function slotOf(number: number): Slot | "none" {
  return number === NO_SLOT ? "none" : number;
}
