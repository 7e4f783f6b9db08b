/**
 * What the city has issued, and what follows from it: the truth that checkers hold devices against. It is worked out here from
 * the issued values, and on purpose not by protocol's `authorize`, `voidedBy` and `rightsAt`: a checker does not ask the
 * code that it checks.
 */
import {
  comparePairs,
  type DoorPolicy,
  type EpochPair,
  equalBytes,
  type Grant,
  type PinVerifier,
  type RevocationEntry,
  type RevocationList,
  type Rights,
  type Seconds,
  type Signed,
  type Store,
  toHex,
  type UploadReceipt,
} from "@nyckelfri/protocol";
import type { Door, Holder } from "./parties.ts";

export interface IssuedGrant {
  readonly object: Signed<Grant>;
  readonly epoch: number;
  readonly holder: Holder;
  /** kid of the key that it is for. */
  readonly key: Uint8Array;
  /** The certified key that signed it. */
  readonly issuer: { readonly kid: Uint8Array; readonly nbf: Seconds };
}

export interface IssuedPolicy {
  readonly object: Signed<DoorPolicy>;
  readonly epoch: number;
}

export interface IssuedList {
  readonly object: Signed<RevocationList>;
  readonly epoch: number;
}

/** An entry, and the list in which it was first published. */
export interface Revocation {
  readonly entry: RevocationEntry;
  readonly list: number;
  readonly version: EpochPair;
  readonly publishedAt: Seconds;
}

export interface OpenedEpoch {
  readonly epoch: number;
  readonly nbf: Seconds;
}

export class Ledger {
  readonly #epochs: OpenedEpoch[] = [];
  readonly #grants: Map<string, IssuedGrant> = new Map();
  readonly #policies: Map<string, IssuedPolicy[]> = new Map();
  /** By cylinder: its door may change, and its versions go on. */
  readonly #cylinders: Map<string, IssuedPolicy[]> = new Map();
  readonly #receipts: Map<string, UploadReceipt> = new Map();
  /** By epoch: the latest iat, or nbf of the epoch, that anybody signed. */
  readonly #pins: Map<string, PinVerifier[]> = new Map();
  readonly #newestDates: Map<number, Seconds> = new Map();
  readonly #lists: Map<number, IssuedList[]> = new Map();
  readonly #revocations: Revocation[] = [];

  addEpoch(opened: OpenedEpoch): void {
    this.#epochs.push(opened);
    this.#date(opened.epoch, opened.nbf);
  }

  addGrant(issued: IssuedGrant): void {
    this.#grants.set(toHex(issued.object.value.cti), issued);
    this.#date(issued.epoch, issued.object.value.iat);
  }

  addPolicy(issued: IssuedPolicy): void {
    const { door, cylinder, iat } = issued.object.value;
    append(this.#policies, toHex(door), issued);
    append(this.#cylinders, toHex(cylinder), issued);
    this.#date(issued.epoch, iat);
  }

  /** That the city keeps a store up to a record. */
  addReceipt({ object, epoch }: { readonly object: Signed<UploadReceipt>; readonly epoch: number }): void {
    const { device, store, n, iat } = object.value;
    const name = `${toHex(device)} ${store}`;
    if ((this.#receipts.get(name)?.n ?? 0) <= n) this.#receipts.set(name, object.value);
    this.#date(epoch, iat);
  }

  addPin(verifier: PinVerifier): void {
    append(this.#pins, toHex(verifier.key), verifier);
  }

  addList(issued: IssuedList, added: readonly RevocationEntry[]): void {
    const { list, version, iat: publishedAt } = issued.object.value;
    append(this.#lists, list, issued);
    this.#date(issued.epoch, publishedAt);
    for (const entry of added) {
      this.#revocations.push({ entry, list, version: { epoch: issued.epoch, value: version }, publishedAt });
    }
  }

  /** The epoch that the city is in at a time; undefined before the first. */
  epochAt(at: Seconds): OpenedEpoch | undefined {
    return this.#epochs.findLast(({ nbf }) => nbf <= at);
  }

  /** Every grant ever issued, in that order. */
  grants(): IssuedGrant[] {
    return [...this.#grants.values()];
  }

  /** What a log record's cti stands for. */
  grantOf(cti: Uint8Array): IssuedGrant | undefined {
    return this.#grants.get(toHex(cti));
  }

  /** The first revocation published at or before `at` that voids a grant; of these lists only, where they are given. */
  revocationOf(issued: IssuedGrant, at: Seconds, lists?: readonly number[]): Revocation | undefined {
    return this.#revocations.find(({ entry, list, publishedAt }) => {
      return publishedAt <= at && (lists === undefined || lists.includes(list)) && isVoidedBy(issued, entry);
    });
  }

  /** Is a device withdrawn: was an entry published by then that voids its certificates up to this nbf? */
  isWithdrawn(kid: Uint8Array, nbf: Seconds, at: Seconds): boolean {
    return this.#revocations.some(
      ({ entry, publishedAt }) =>
        (entry.kind === "device" || entry.kind === "issuer") &&
        publishedAt <= at &&
        nbf <= entry.until &&
        equalBytes(entry.id, kid),
    );
  }

  /** The newest policy issued for a door at or before `at`. */
  policyAt(door: Door, at: Seconds): IssuedPolicy | undefined {
    return this.#policies.get(toHex(door.id))?.findLast(({ object }) => object.value.iat <= at);
  }

  /** The newest version of a list issued at or before `at`. */
  listAt(list: number, at: Seconds): IssuedList | undefined {
    return this.#lists.get(list)?.findLast(({ object }) => object.value.iat <= at);
  }

  /** What a version of a cylinder's policy says. */
  policyOf(cylinder: Uint8Array, version: EpochPair): IssuedPolicy | undefined {
    return this.#cylinders.get(toHex(cylinder))?.find(({ object, epoch }) => {
      return comparePairs({ epoch, value: object.value.version }, version) === 0;
    });
  }

  /** Every policy ever issued for a cylinder, in that order. */
  policiesOf(cylinder: Uint8Array): readonly IssuedPolicy[] {
    return this.#cylinders.get(toHex(cylinder)) ?? [];
  }

  /** What a version of a list says. */
  listOf(list: number, version: EpochPair): IssuedList | undefined {
    return this.#lists.get(list)?.find(({ object, epoch }) => {
      return comparePairs({ epoch, value: object.value.version }, version) === 0;
    });
  }

  /** Up to which record the city has ever said that it keeps a store; 0 where it never did. */
  receiptedOf(device: Uint8Array, store: Store): number {
    return this.receiptOf(device, store)?.n ?? 0;
  }

  /** What the city has last said that it keeps of a store; undefined where it never did. */
  receiptOf(device: Uint8Array, store: Store): UploadReceipt | undefined {
    return this.#receipts.get(`${toHex(device)} ${store}`);
  }

  /** Every verifier ever issued for a key's PIN, in that order. */
  pinsOf(key: Uint8Array): readonly PinVerifier[] {
    return this.#pins.get(toHex(key)) ?? [];
  }

  /** The latest date that was signed in an epoch; undefined where it was never opened. */
  newestDateOf(epoch: number): Seconds | undefined {
    return this.#newestDates.get(epoch);
  }

  /** What the city lets a holder do at a door at a time, whatever that door has heard of it by then. */
  rightsOf(holder: Holder, door: Door, at: Seconds): Rights {
    const policy = this.policyAt(door, at)?.object.value;
    if (policy?.state !== "active") return 0;
    const epoch = this.epochAt(at)?.epoch;
    let rights = 0;
    for (const issued of this.#grants.values()) {
      const { nbf, exp, scope } = issued.object.value;
      if (issued.epoch !== epoch || !equalBytes(issued.holder.pseudonym, holder.pseudonym)) continue;
      if (at < nbf || at >= exp || this.revocationOf(issued, at, policy.lists) !== undefined) continue;
      rights |= rightsUnder(scope, policy);
    }
    return rights;
  }

  /** Goes on by itself. */
  copy(): Ledger {
    const copy = new Ledger();
    copy.#epochs.push(...this.#epochs);
    copy.#revocations.push(...this.#revocations);
    for (const [cti, issued] of this.#grants) copy.#grants.set(cti, issued);
    for (const [door, issued] of this.#policies) copy.#policies.set(door, [...issued]);
    for (const [list, issued] of this.#lists) copy.#lists.set(list, [...issued]);
    for (const [cylinder, issued] of this.#cylinders) copy.#cylinders.set(cylinder, [...issued]);
    for (const [name, receipt] of this.#receipts) copy.#receipts.set(name, receipt);
    for (const [key, verifiers] of this.#pins) copy.#pins.set(key, [...verifiers]);
    for (const [epoch, date] of this.#newestDates) copy.#newestDates.set(epoch, date);
    return copy;
  }

  #date(epoch: number, date: Seconds): void {
    this.#newestDates.set(epoch, Math.max(date, this.#newestDates.get(epoch) ?? 0));
  }
}

/** Does an entry of a list void a grant (SPEC OBJ-9)? */
export function isVoidedBy(
  { object, holder, key, issuer }: IssuedGrant,
  { kind, id, until }: RevocationEntry,
): boolean {
  const { cti, iat, scope } = object.value;
  switch (kind) {
    case "grant":
      return iat <= until && equalBytes(id, cti);
    case "key":
      return iat <= until && equalBytes(id, key);
    case "holder":
      return iat <= until && equalBytes(id, holder.pseudonym);
    case "group":
      return iat <= until && scope.some(([named]) => named === id);
    case "device":
    case "issuer":
      return issuer.nbf <= until && equalBytes(id, issuer.kid);
  }
}

/** What a scope gives at the door of a policy (SPEC DEC-18). */
export function rightsUnder(scope: Grant["scope"], { groups, door }: DoorPolicy): Rights {
  const here = scope.filter(([object]) =>
    typeof object === "number" ? groups.includes(object) : equalBytes(object, door),
  );
  const isExcluded = here.some(([object, granted]) => typeof object !== "number" && granted === 0);
  return isExcluded ? 0 : here.reduce((rights, [, granted]) => rights | granted, 0);
}

function append<Key, Item>(lists: Map<Key, Item[]>, key: Key, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
