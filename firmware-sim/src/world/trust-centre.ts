/**
 * The city's keys: the root with its prepared successor, one issuer for each role in the present epoch, and the certificates of
 * devices. What was certified in an ended epoch is forgotten here; the ledger remembers.
 */
import {
  CallerError,
  type Certificate,
  type CryptoProvider,
  certificateObject,
  type DeviceTransfer,
  deviceTransferObject,
  issueObject,
  type ObjectKind,
  type Role,
  type RootTransition,
  roles,
  rootTransitionObject,
  type Seconds,
  type Signed,
  type Signer,
  type Trust,
  thumbprint,
  times,
  toHex,
} from "@nyckelfri/protocol";
import { drawParty, type Party, type PublicParty } from "./parties.ts";
import type { Stream } from "./streams.ts";

export type IssuerRole = "grant" | "policy" | "list" | "receipt" | "time" | "device";
export type DeviceClass = "station" | "activation-box" | "key-cabinet" | "host";

export interface Issuer extends Party {
  readonly certificate: Signed<Certificate>;
}

/** A device and its certificates of the present epoch: one for what it may do, and a shorter one where it gives the time. */
export interface CertifiedDevice {
  readonly device: PublicParty;
  readonly deviceClass: DeviceClass;
  readonly certificates: readonly Signed<Certificate>[];
}

const ISSUER_ROLES: readonly IssuerRole[] = ["grant", "policy", "list", "receipt", "time", "device"];

/** One certificate for each group of roles: time has one of its own, because it ends sooner (SPEC TRU-7). */
const CERTIFICATES_OF: Readonly<Record<DeviceClass, readonly Role[]>> = {
  station: ["collector", "time-source"],
  "activation-box": ["ticket", "time-source"],
  "key-cabinet": ["collector", "time-source"],
  host: ["host"],
};

/** Somewhat below the longest (SPEC TRU-7), so that the first certificates may begin before the world does. */
const ISSUER_LIFETIME_SECONDS: number = times.issuerCertificateSeconds - 20 * 86_400;
const DEVICE_LIFETIME_SECONDS: number = times.deviceCertificateSeconds;
const TIME_LIFETIME_SECONDS: number = times.timeCertificateSeconds;

export interface TrustCentreOptions {
  readonly provider: CryptoProvider;
  readonly stream: Stream;
  readonly epoch: number;
  readonly nbf: Seconds;
}

export class TrustCentre {
  readonly provider: CryptoProvider;
  readonly fleetId: Uint8Array;
  readonly #stream: Stream;
  readonly #devices: Map<string, CertifiedDevice> = new Map();
  /** Of the root in office: 1 is the first, whose thumbprint is the fleet id. */
  #rootNumber = 1;
  #root: Party;
  #successor: Party;
  #epoch: number;
  #issuers: Readonly<Record<IssuerRole, Issuer>>;

  constructor(from: TrustCentreOptions | TrustCentre) {
    this.provider = from.provider;
    if (from instanceof TrustCentre) {
      this.fleetId = from.fleetId;
      this.#stream = from.#stream;
      this.#devices = new Map(from.#devices);
      this.#rootNumber = from.#rootNumber;
      this.#root = from.#root;
      this.#successor = from.#successor;
      this.#epoch = from.#epoch;
      this.#issuers = from.#issuers;
      return;
    }
    this.#stream = from.stream;
    this.#root = this.#rootOf(1);
    this.#successor = this.#rootOf(2);
    this.fleetId = thumbprint(this.provider, this.#root.publicKey);
    this.#epoch = from.epoch;
    this.#issuers = this.#certifyIssuers(from.nbf);
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** What a device is told at commissioning. */
  get trust(): Trust {
    const successorThumbprint = thumbprint(this.provider, this.#successor.publicKey);
    return { rootPublicKey: this.#root.publicKey, successorThumbprint, fleetId: this.fleetId, epoch: this.#epoch };
  }

  /** The root itself, for tests of a leaked one. */
  get root(): Party {
    return this.#root;
  }

  issuer(role: IssuerRole): Issuer {
    return this.#issuers[role];
  }

  devices(): CertifiedDevice[] {
    return [...this.#devices.values()];
  }

  /** Signs as the issuer of a role, or as anyone whose key is given. */
  sign<T>(by: IssuerRole | Party, kind: ObjectKind<T>, value: NoInfer<T>, extra?: readonly Uint8Array[]): Signed<T> {
    return issueObject(kind, value, this.signerOf(typeof by === "string" ? this.#issuers[by] : by), extra);
  }

  signerOf({ seed, kid }: Party): Signer {
    return { provider: this.provider, seed, kid, fleetId: this.fleetId };
  }

  /** Certifies a device from `nbf` on, the first time or again. */
  certify(device: PublicParty, deviceClass: DeviceClass, nbf: Seconds): CertifiedDevice {
    const issuer = this.#issuers.device;
    const certificates = CERTIFICATES_OF[deviceClass].map((role) => {
      const lifetime = role === "time-source" ? TIME_LIFETIME_SECONDS : DEVICE_LIFETIME_SECONDS;
      const exp = Math.min(nbf + lifetime, issuer.certificate.value.exp);
      const { publicKey } = device;
      return this.sign("device", certificateObject, {
        roles: roles[role],
        publicKey,
        nbf,
        exp,
        epoch: this.#epoch,
      });
    });
    const certified = { device, deviceClass, certificates };
    this.#devices.set(toHex(device.kid), certified);
    return certified;
  }

  /** The certificates that travel beside what an issuer, or a device in one of its roles, has signed. */
  chainOf(signer: IssuerRole | { readonly kid: Uint8Array; readonly role: Role }): readonly Uint8Array[] {
    if (typeof signer === "string") return [this.#issuers[signer].certificate.bytes];
    const certified = this.#devices.get(toHex(signer.kid));
    const own = certified?.certificates.find(({ value }) => (value.roles & roles[signer.role]) !== 0);
    if (own === undefined) {
      throw new CallerError("caller/argument", { argument: "signer", takes: "a certified device", role: signer.role });
    }
    return [own.bytes, this.#issuers.device.certificate.bytes];
  }

  /** New issuers in the next epoch, or a later one. Devices stay without certificates until `certify`. */
  openEpoch(nbf: Seconds, epoch: number = this.#epoch + 1): void {
    this.#epoch = epoch;
    this.#issuers = this.#certifyIssuers(nbf);
    this.#devices.clear();
  }

  /** The successor becomes root, a next one is prepared, and an epoch is opened (SPEC TRU-9). */
  rotateRoot(nbf: Seconds): Signed<RootTransition> {
    this.#rootNumber += 1;
    this.#root = this.#successor;
    this.#successor = this.#rootOf(this.#rootNumber + 1);
    this.openEpoch(nbf);
    const { rootPublicKey, successorThumbprint, epoch } = this.trust;
    return this.sign(this.#root, rootTransitionObject, { rootPublicKey, successorThumbprint, epoch, nbf });
  }

  /** Lets a device go to another city, as that one is now (SPEC TRU-10). */
  transfer(to: Trust, given: Pick<DeviceTransfer, "device" | "nonce" | "nbf">): Signed<DeviceTransfer> {
    return this.sign(this.#root, deviceTransferObject, { ...to, ...given });
  }

  /** Goes on by itself. */
  copy(): TrustCentre {
    return new TrustCentre(this);
  }

  #rootOf(number: number): Party {
    return drawParty(this.provider, this.#stream, `root ${number}`);
  }

  #certifyIssuers(nbf: Seconds): Readonly<Record<IssuerRole, Issuer>> {
    const epoch = this.#epoch;
    const exp = nbf + ISSUER_LIFETIME_SECONDS;
    const issuers = ISSUER_ROLES.map((role): [IssuerRole, Issuer] => {
      const party = drawParty(
        this.provider,
        this.#stream,
        `${role} issuer of epoch ${epoch}, root ${this.#rootNumber}`,
      );
      const value = { roles: roles[role], publicKey: party.publicKey, nbf, exp, epoch };
      return [role, { ...party, certificate: this.sign(this.#root, certificateObject, value) }];
    });
    return Object.fromEntries(issuers) as Record<IssuerRole, Issuer>;
  }
}
