/**
 * The city inside the world: it certifies, grants, revokes and opens epochs with real signatures, and keeps what it has issued in
 * its ledger. It has no clock: every time is given. Key pairs and ids follow from one stream and from names, so a city that
 * has one thing more gives the others the same ids as before.
 */
import {
  type Certificate,
  type CommissionRequest,
  type CryptoProvider,
  compareBytes,
  compareEntries,
  type DoorPolicy,
  doorPolicyObject,
  type Grant,
  grantObject,
  type PinVerifier,
  pinVerifierDigest,
  pinVerifierObject,
  type RevocationEntry,
  type RevocationList,
  type Rights,
  type RootTransition,
  revocationListObject,
  rights,
  type ScopeEntry,
  type Seconds,
  type Signed,
  subOf,
  type TimeStatement,
  timeStatementObject,
  times,
  toHex,
  type UploadReceipt,
  uploadReceiptObject,
} from "@nyckelfri/protocol";
import { ascending, DoorBook, type DoorTerms } from "./door-book.ts";
import { Ledger } from "./ledger.ts";
import {
  type CareProvider,
  type Door,
  drawParty,
  type Holder,
  type Home,
  type Party,
  type PublicParty,
} from "./parties.ts";
import type { Stream } from "./streams.ts";
import { type CertifiedDevice, type DeviceClass, TrustCentre } from "./trust-centre.ts";

/** registry.json, `rights`. */
export const OPEN: Rights = rights.open;
export const COLLECT_LOG: Rights = rights["collect-log"];
export const SERVICE: Rights = rights.service;

export interface AuthorityOptions {
  readonly provider: CryptoProvider;
  /** Of this city alone. */
  readonly stream: Stream;
  /** nbf of the first issuer certificates. */
  readonly foundedAt: Seconds;
  /** The first epoch, 1 unless given. */
  readonly epoch?: number;
}

interface Window {
  readonly iat: Seconds;
  readonly nbf: Seconds;
  readonly exp: Seconds;
}

export interface Shift extends Window {
  readonly holder: Holder;
  readonly key: PublicParty;
  /** All of the holder's provider unless given. */
  readonly groups?: readonly number[];
  /** Single doors, besides. */
  readonly doors?: readonly Door[];
  /** Doors that never open for this grant. */
  readonly excluded?: readonly Door[];
  /** At groups and single doors: `OPEN` unless given. */
  readonly rights?: Rights;
}

/** One door, with the rights to service, open and collect its log. */
export interface WorkOrder extends Window {
  readonly technician: Holder;
  readonly key: PublicParty;
  readonly door: Door;
}

/** Everything that a new epoch issues anew; what was revoked or has ended is not among it. */
export interface NewEpoch {
  readonly epoch: number;
  /** When it came with another root. */
  readonly transition?: Signed<RootTransition>;
  readonly issuers: readonly Signed<Certificate>[];
  readonly devices: readonly CertifiedDevice[];
  readonly lists: readonly Signed<RevocationList>[];
  readonly policies: readonly Signed<DoorPolicy>[];
  readonly grants: readonly Signed<Grant>[];
  readonly pins: readonly Signed<PinVerifier>[];
  readonly receipts: readonly Signed<UploadReceipt>[];
}

interface EndedEpoch {
  readonly epoch: number;
  readonly devices: readonly CertifiedDevice[];
}

export type PolicyChanges = Partial<DoorTerms> & { readonly state?: "active" | "deactivated" };

/** SPEC OBJ-10: issued up to 7 days ahead, for at most 16 hours, and a minute for the floor. */
const LONGEST_VOID_SECONDS = times.issueAheadSeconds + times.longestGrantSeconds + times.floorMarginSeconds;
export class Authority {
  readonly centre: TrustCentre;
  /** What was issued, and what follows from it. */
  readonly ledger: Ledger;
  readonly #stream: Stream;
  readonly #doors: DoorBook;
  readonly #lists: Map<number, { readonly version: number; readonly entries: readonly RevocationEntry[] }> = new Map();
  readonly #pins: Map<string, PinVerifier> = new Map();
  readonly #receipts: Map<string, UploadReceipt> = new Map();
  #grantCount = 0;

  constructor(from: AuthorityOptions | Authority) {
    if (from instanceof Authority) {
      this.centre = from.centre.copy();
      this.ledger = from.ledger.copy();
      this.#stream = from.#stream;
      this.#doors = from.#doors.copy();
      this.#lists = new Map(from.#lists);
      this.#pins = new Map(from.#pins);
      this.#receipts = new Map(from.#receipts);
      this.#grantCount = from.#grantCount;
      return;
    }
    const { provider, stream, foundedAt, epoch = 1 } = from;
    this.#stream = stream;
    this.centre = new TrustCentre({ provider, stream, epoch, nbf: foundedAt });
    this.ledger = new Ledger();
    this.#doors = new DoorBook();
    this.ledger.addEpoch({ epoch, nbf: foundedAt });
  }

  /** The key pair of a device of this name, as if the device had made it. */
  party(name: string): Party {
    return drawParty(this.centre.provider, this.#stream, name);
  }

  addProvider(name: string, groupNames: readonly string[]): CareProvider {
    return this.#doors.addProvider(name, groupNames);
  }

  addHolder(name: string, provider: CareProvider): Holder {
    return { name, pseudonym: this.#id(`holder ${name}`), provider };
  }

  addDoor(name: string, kind: Door["kind"] = "apartment"): Door {
    return { name, id: this.#id(`door ${name}`), kind };
  }

  /** A home whose doors serve these groups from their next policy on. A door may belong to several homes. */
  addHome(name: string, doors: readonly Door[], groups: readonly number[]): Home {
    const home = { name, doors };
    this.#doors.serve(home, groups);
    return home;
  }

  /** Other groups for a home, from its doors' next policies on. */
  serve(home: Home, groups: readonly number[]): void {
    this.#doors.serve(home, groups);
  }

  certify(device: PublicParty, deviceClass: DeviceClass, nbf: Seconds): CertifiedDevice {
    return this.centre.certify(device, deviceClass, nbf);
  }

  /** What SPEC SVC-3 gives to a new device: trust, the certificates with which a door begins, and a first policy. */
  commission(policy?: Signed<DoorPolicy>): CommissionRequest {
    const { rootPublicKey, successorThumbprint, fleetId } = this.centre.trust;
    const issuers = (["grant", "policy", "list", "device"] as const).flatMap((role) => this.centre.chainOf(role));
    return {
      root: rootPublicKey,
      successor: successorThumbprint,
      fleetId,
      issuers,
      ...(policy && { policy: policy.bytes }),
    };
  }

  /** The policy that mounts a cylinder at a door, with the next mount number. */
  mount(door: Door, cylinder: PublicParty, iat: Seconds, terms: Partial<DoorTerms> = {}): Signed<DoorPolicy> {
    this.#doors.mount(door, cylinder, terms);
    return this.#issuePolicy(door, iat);
  }

  /** A newer policy for a mounted door: for other groups, with other terms, or in another state. */
  renewPolicy(door: Door, iat: Seconds, changed: PolicyChanges = {}): Signed<DoorPolicy> {
    this.#doors.change(door, changed);
    return this.#issuePolicy(door, iat);
  }

  /** The policy that dismounts a door's cylinder; records up to `writtenOff` need not be in the city before. */
  dismount(door: Door, iat: Seconds, writtenOff?: number): Signed<DoorPolicy> {
    this.#doors.change(door, { state: "dismounted" });
    return this.#issuePolicy(door, iat, writtenOff);
  }

  grantShift(shift: Shift): Signed<Grant> {
    const {
      holder,
      key,
      groups = Object.values(holder.provider.groups),
      doors = [],
      excluded = [],
      rights = OPEN,
    } = shift;
    const byDoor = [
      ...doors.map(({ id }): [Uint8Array, Rights] => [id, rights]),
      ...excluded.map(({ id }): [Uint8Array, Rights] => [id, 0]),
    ];
    const scope: ScopeEntry[] = [
      ...ascending(groups).map((group): [number, Rights] => [group, rights]),
      ...byDoor.sort(([a], [b]) => compareBytes(a, b)),
    ];
    return this.#issueGrant(holder, key, shift, scope);
  }

  grantWorkOrder(order: WorkOrder): Signed<Grant> {
    const scope: ScopeEntry[] = [[order.door.id, OPEN | COLLECT_LOG | SERVICE]];
    return this.#issueGrant(order.technician, order.key, order, scope);
  }

  /** A provider's list in its next version, with these entries besides those that it has. */
  revoke(list: number, iat: Seconds, ...entries: readonly RevocationEntry[]): Signed<RevocationList> {
    const held = this.#lists.get(list) ?? { version: 0, entries: [] };
    const merged = [...held.entries];
    for (const entry of entries) {
      const same = merged.findIndex((other) => compareEntries(other, entry) === 0);
      if (same < 0) merged.push(entry);
      else if ((merged[same] as RevocationEntry).until < entry.until) merged[same] = entry;
    }
    // SPEC OBJ-10: what it could void has ended. Certificates live longer, so what names them stays.
    const kept = merged.filter(
      ({ kind, until }) => kind === "device" || kind === "issuer" || until + LONGEST_VOID_SECONDS >= iat,
    );
    const value = { list, version: held.version + 1, iat, entries: kept.sort(compareEntries) };
    const object = this.centre.sign("list", revocationListObject, value);
    this.#lists.set(list, value);
    this.ledger.addList({ object, epoch: this.centre.epoch }, entries);
    return object;
  }

  receipt(covered: UploadReceipt): Signed<UploadReceipt> {
    this.#receipts.set(`${toHex(covered.device)} ${covered.store}`, covered);
    const object = this.centre.sign("receipt", uploadReceiptObject, covered);
    this.ledger.addReceipt({ object, epoch: this.centre.epoch });
    return object;
  }

  /** For boxes; `v` is what the key made of the PIN (`pinProof`). */
  pinVerifier(key: PublicParty, v: Uint8Array, iat: Seconds): Signed<PinVerifier> {
    const version = (this.#pins.get(toHex(key.kid))?.version ?? 0) + 1;
    const salt = this.#stream.fork(`salt ${toHex(key.kid)} ${this.centre.epoch} ${version}`).bytes(16);
    const digest = pinVerifierDigest(this.centre.provider, v, salt);
    return this.#issuePin({ key: key.kid, salt, digest, version, iat });
  }

  /** The time issuer's answer to a nonce. */
  stateTime(nonce: Uint8Array, t: Seconds, uncertaintyMs = 500): Signed<TimeStatement> {
    return this.centre.sign("time", timeStatementObject, { nonce, t, uncertaintyMs, source: "issuer" });
  }

  /** Opens the next epoch with new issuers and issues anew what still holds. */
  openEpoch(nbf: Seconds): NewEpoch {
    const ended = this.#present();
    this.centre.openEpoch(nbf);
    return this.#issueAnew(nbf, ended);
  }

  /** The same with the successor as root, for a root that has leaked. */
  rotateRoot(nbf: Seconds): NewEpoch {
    const ended = this.#present();
    const transition = this.centre.rotateRoot(nbf);
    return { ...this.#issueAnew(nbf, ended), transition };
  }

  /** Goes on by itself. */
  copy(): Authority {
    return new Authority(this);
  }

  #present(): EndedEpoch {
    return { epoch: this.centre.epoch, devices: this.centre.devices() };
  }

  #issueAnew(nbf: Seconds, ended: EndedEpoch): NewEpoch {
    const { epoch } = this.centre;
    this.ledger.addEpoch({ epoch, nbf });
    this.#doors.openEpoch();
    const lists = [...this.#lists].map(([list, { entries }]) => {
      // The others name what died with its epoch.
      this.#lists.set(list, { version: 0, entries: entries.filter(({ until }) => until >= nbf) });
      return this.revoke(list, nbf);
    });
    const grants = this.ledger.grants().filter((issued) => {
      const { exp } = issued.object.value;
      return issued.epoch === ended.epoch && exp > nbf && this.ledger.revocationOf(issued, nbf) === undefined;
    });
    return {
      epoch,
      issuers: (["grant", "policy", "list", "receipt", "time", "device"] as const).map(
        (role) => this.centre.issuer(role).certificate,
      ),
      devices: ended.devices
        .filter(
          ({ device, certificates }) =>
            !certificates.some((one) => this.ledger.isWithdrawn(device.kid, one.value.nbf, nbf)),
        )
        .map(({ device, deviceClass }) => this.centre.certify(device, deviceClass, nbf)),
      lists,
      policies: this.#doors.doors().map((door) => this.#issuePolicy(door, nbf)),
      grants: grants.map(({ object: { value }, holder, key: kid }) => {
        const key = { publicKey: value.cnf.key.x, kid };
        return this.#issueGrant(holder, key, { iat: nbf, nbf: Math.max(nbf, value.nbf), exp: value.exp }, value.scope);
      }),
      pins: [...this.#pins.values()].map((pin) => this.#issuePin({ ...pin, version: 1, iat: nbf })),
      receipts: [...this.#receipts.values()].map((covered) => this.receipt({ ...covered, iat: nbf })),
    };
  }

  #issueGrant(
    holder: Holder,
    key: PublicParty,
    { iat, nbf, exp }: Window,
    scope: readonly ScopeEntry[],
  ): Signed<Grant> {
    this.#grantCount += 1;
    const cti = this.#id(`grant ${this.#grantCount}`);
    const cnf = { key: { kty: 1, crv: 6, x: key.publicKey } } as const;
    const object = this.centre.sign("grant", grantObject, {
      sub: subOf(holder.pseudonym),
      exp,
      nbf,
      iat,
      cti,
      cnf,
      scope,
    });
    const { kid, certificate } = this.centre.issuer("grant");
    const issuer = { kid, nbf: certificate.value.nbf };
    this.ledger.addGrant({ object, epoch: this.centre.epoch, holder, key: key.kid, issuer });
    return object;
  }

  #issuePolicy(door: Door, iat: Seconds, writtenOff?: number): Signed<DoorPolicy> {
    const due = this.#doors.nextPolicy(door, iat);
    const value = writtenOff === undefined ? due : { ...due, writtenOff };
    const object = this.centre.sign("policy", doorPolicyObject, value);
    this.ledger.addPolicy({ object, epoch: this.centre.epoch });
    return object;
  }

  #issuePin(pin: PinVerifier): Signed<PinVerifier> {
    this.#pins.set(toHex(pin.key), pin);
    this.ledger.addPin(pin);
    return this.centre.sign("device", pinVerifierObject, pin);
  }

  #id(name: string): Uint8Array {
    return this.#stream.fork(`id of ${name}`).bytes(8);
  }
}
