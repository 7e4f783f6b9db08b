/** What becomes of an object that a host delivers to the device itself (SPEC SRV-1, UPD-1 to UPD-6). */
import {
  acceptDeviceTransfer,
  type CertifiedKey,
  type CommissionRequest,
  certificateObject,
  checkPublicKey,
  deviceTransferObject,
  equalBytes,
  type IssuerKey,
  type ObjectKind,
  PeerError,
  parseObject,
  parseSign1,
  readClock,
  revocationListObject,
  typOf,
  type Unverified,
  type Verified,
  verifyByKind,
  verifyIssuerCertificate,
} from "@nyckelfri/protocol";
import { encodeTrust, soundIssuer } from "../shared/belief.ts";
import {
  type Believer,
  certificateName,
  type Delivered,
  NOTHING,
  REFUSED,
  takeCertificate,
  takeNewest,
  takeTransition,
  type Worth,
} from "../shared/believing.ts";
import type { Changes } from "../shared/transactions.ts";
import { ENDS_WITH_EPOCH, type Holdings, ITEM } from "./holdings.ts";
import type { At, Extension } from "./state.ts";

/** Certificates, root transitions and lists; undefined for every other kind. Total: what does not hold is refused. */
export function deliverToCore<X extends Extension>(at: At<X>, bytes: Uint8Array): Delivered | undefined {
  const { on, config } = at;
  return orRefused(() => {
    switch (parseSign1(bytes).typ) {
      case typOf("certificate"):
        return takeCertificate(believer(at), bytes);
      case typOf("root-transition"):
        return takeTransition(believer(at), bytes);
      case typOf("revocation-list"):
        return issued(at, revocationListObject, bytes, ({ value }, signer) =>
          takeNewest(
            on.holdings.lists,
            ({ version }) => version,
            { name: ITEM.list(value), value, bytes, epoch: signer.certificate.value.epoch },
            { epoch: on.holdings.trust.epoch, places: config.listPlaces, makesRoom: "for-it" },
          ),
        );
      default:
        return undefined;
    }
  });
}

/** What an issuer signed: a certificate of its must be held that is not void (SPEC UPD-1, TRU-16). */
export function issued<X extends Extension, T>(
  { on, config }: At<X>,
  kind: ObjectKind<T>,
  bytes: Uint8Array,
  take: (object: Verified<T>, signer: IssuerKey) => Delivered,
): Delivered {
  const { holdings } = on;
  const object: Unverified<T> = parseObject(kind, bytes);
  const signer = soundIssuer(holdings, object);
  if (signer === "need-certificate") return { outcome: signer, changes: NOTHING };
  return take(verifyByKind(object, { signer, trust: holdings.trust, provider: config.provider }), signer);
}

/** The result, or `refused` where a `PeerError` says what is wrong with the object. */
export function orRefused<T>(judge: () => T): T | Delivered {
  try {
    return judge();
  } catch (error) {
    if (error instanceof PeerError) return REFUSED;
    throw error;
  }
}

/**
 * SPEC TRU-12 is the key's: a device whose clock is lost takes certificates, because it gets the time under them. One that has
 * ended surely is not worth a place.
 */
function believer<X extends Extension>({ plan, on, config, tickMs }: At<X>): Believer {
  const { holdings } = on;
  const reading = readClock(holdings.clock, tickMs);
  return {
    provider: config.provider,
    belief: holdings,
    names: on.memory.items.keys(),
    endsWithEpoch: [...ENDS_WITH_EPOCH, ...plan.endsWithEpoch],
    certificatePlaces: config.certificatePlaces,
    makesRoom: "for-it",
    worthOf: (key) => worthOf(holdings, key),
    notBefore: reading.quality === "running" ? reading.interval.lo : holdings.clock.knownLower,
    judgeDate: () => "credible",
    keepsDevice: ({ kid }) => equalBytes(kid, holdings.signer.kid),
  };
}

/** A device lives by its own certificate that ends last, of each role, and by that of its issuer. */
function worthOf({ own }: Holdings, key: CertifiedKey): Worth {
  const isLast = ({ certificate: { value } }: CertifiedKey): boolean =>
    own.every(({ certificate: { value: other } }) => (other.roles & value.roles) === 0 || other.exp <= value.exp);
  if (key.level === "device") return isLast(key) ? "lived-by" : "carried";
  const isLivedBy = own.some((one) => isLast(one) && equalBytes(one.issuer.certificate.bytes, key.certificate.bytes));
  return isLivedBy ? "lived-by" : "of-use";
}

/**
 * SPEC SVC-3: root, successor, fleet and issuers' certificates of one epoch, in one commit. Throws `objects/public-key`,
 * `trust/…`, `cose/signature-invalid`, and `messages/inconsistent` for a policy, which only a cylinder has.
 */
export function commissionChanges<X extends Extension>(
  { config: { provider } }: At<X>,
  request: CommissionRequest,
  digest: Uint8Array,
): Changes {
  const { root, successor, fleetId, issuers, policy } = request;
  if (policy !== undefined) throw new PeerError("messages/inconsistent", { path: "commission-request.policy" });
  if (checkPublicKey(root) !== "valid") throw new PeerError("objects/public-key");
  const trust = { rootPublicKey: root, successorThumbprint: successor, fleetId, epoch: 0 };
  const keys = issuers.map((bytes) => verifyIssuerCertificate(parseObject(certificateObject, bytes), trust, provider));
  const epoch = keys[0]?.certificate.value.epoch ?? 0;
  if (keys.some(({ certificate }) => certificate.value.epoch !== epoch)) throw new PeerError("trust/epoch");
  const floor = { epoch, value: Math.max(...keys.map(({ certificate }) => certificate.value.nbf)) };
  return new Map([
    [ITEM.trust, encodeTrust({ ...trust, epoch }, floor)],
    [ITEM.commission, digest],
    ...keys.map((key) => [certificateName(key), key.certificate.bytes] as const),
  ]);
}

/**
 * SPEC TRU-10: another fleet's root, and nothing left of the old one but the key pair, the clock and `stays`. Throws
 * `objects/other-device`, `objects/nonce`, `trust/issuer-unknown`, `cose/signature-invalid`.
 */
export function transferChanges(
  holdings: Holdings,
  names: Iterable<string>,
  nonce: Uint8Array,
  transfer: Uint8Array,
  stays: readonly string[] = [],
): Changes {
  const { signer, trust, floor } = holdings;
  const session = { device: signer.kid, nonce, mounting: "loose" } as const;
  const object = parseObject(deviceTransferObject, transfer);
  const next = acceptDeviceTransfer(object, { trust, floor }, session, signer.provider);
  const kept: readonly string[] = [ITEM.seed, ITEM.clock, ITEM.commission, ...stays];
  const gone = [...names].filter((name) => !kept.includes(name)).map((name) => [name, "deleted"] as const);
  return new Map<string, Uint8Array | "deleted">([...gone, [ITEM.trust, encodeTrust(next.trust, next.floor)]]);
}
