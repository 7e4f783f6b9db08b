/**
 * What a device that was brought a certificate, a root transition or an object with an order makes of it (SPEC UPD-1 to UPD-6,
 * TRU-8, TRU-9, TRU-15, TRU-16): pure rules that key, station, box and cabinet share. Whoever calls them commits the changes.
 */
import {
  acceptRootTransition,
  adoptCertificate,
  type CertifiedKey,
  type CryptoProvider,
  certificateObject,
  equalBytes,
  judgeRootTransition,
  type LogSegment,
  outcomeOf,
  parseObject,
  type RootTransition,
  rootTransitionObject,
  type Seconds,
  segmentPositions,
  type TrustState,
  toHex,
  type UpdateOutcome,
  type UploadReceipt,
  verifyDeviceCertificate,
  verifyIssuerCertificate,
  verifyObject,
} from "@nyckelfri/protocol";
import { type Belief, encodeTrust, type Held, isIssuers, isVoid, soundDeviceIssuer } from "./belief.ts";
import type { Changes } from "./transactions.ts";

/** The believer, and what is particular to its kind of device. */
export interface Believer {
  readonly provider: CryptoProvider;
  readonly belief: Belief;
  /** Names of all its items. */
  readonly names: Iterable<string>;
  /** What goes with an ended epoch, by the beginning of its name. */
  readonly endsWithEpoch: readonly string[];
  /** Places for certificates; of those of least worth the one that ends first goes. */
  readonly certificatePlaces: number;
  readonly makesRoom: MakesRoom;
  /** What a certificate is worth to it, held or offered. */
  readonly worthOf: (key: CertifiedKey) => Worth;
  /** It is surely not earlier than this. */
  readonly notBefore: Seconds;
  /** SPEC TRU-12: a date may be believed, is of the future, or nobody can tell, because the clock does not run. */
  readonly judgeDate: (iat: Seconds) => DateVerdict;
  /** Does it keep certificates of this device? */
  readonly keepsDevice: (key: CertifiedKey) => boolean;
}

/** `carried`: for others. `of-use`: an issuer's. `lived-by`: without it the device could not do its work, and it goes for no other. */
export type Worth = "carried" | "of-use" | "lived-by";
const WORTH: readonly Worth[] = ["carried", "of-use", "lived-by"];

/** SPEC DCK-5: whether what is brought may take the place of another object. */
export type MakesRoom = "for-it" | "for-nobody";

export type DateVerdict = "credible" | "future" | "unknown";

export interface Delivered {
  readonly outcome: UpdateOutcome;
  readonly changes: Changes;
}
export const NOTHING: Changes = new Map();
export const REFUSED: Delivered = { outcome: "refused", changes: NOTHING };

export function certificateName({ kid, certificate: { value } }: CertifiedKey): string {
  return `certificate/${toHex(kid)}/${value.nbf}/${value.roles}`;
}
export function transitionName({ epoch }: RootTransition): string {
  return `transition/${epoch}`;
}
/** SPEC UPD-4, TRU-8. Throws `PeerError`s for what does not verify. */
export function takeCertificate(by: Believer, bytes: Uint8Array): Delivered {
  const { belief, provider, notBefore } = by;
  const { trust, floor } = belief;
  const object = parseObject(certificateObject, bytes);
  if (by.judgeDate(object.value.nbf) !== "credible" || object.value.exp <= notBefore) return REFUSED;
  if (belief.certificates.some(({ key }) => equalBytes(key.certificate.bytes, bytes))) {
    return { outcome: "known", changes: NOTHING };
  }
  if (!isIssuers(bytes)) {
    const issuer = soundDeviceIssuer(belief, object);
    if (issuer === "need-certificate") return { outcome: issuer, changes: NOTHING };
    const key = verifyDeviceCertificate(object, issuer, trust, provider);
    return isVoid(belief, key) || !by.keepsDevice(key) ? REFUSED : storedCertificate(by, key, NOTHING);
  }
  const key = verifyIssuerCertificate(object, trust, provider);
  if (isVoid(belief, key)) return REFUSED;
  const next = adoptCertificate({ trust, floor }, key);
  return storedCertificate(by, key, next.trust === trust ? NOTHING : epochChanges(by, next));
}

/** Whoever comes along can deliver certificates of the fleet, and with many of them take none that the device lives by (SPEC DCK-5). */
function storedCertificate(by: Believer, key: CertifiedKey, changes: Changes): Delivered {
  const name = certificateName(key);
  const others = by.belief.certificates.filter((one) => one.name !== name && changes.get(one.name) !== "deleted");
  const worth = (one: CertifiedKey): number => WORTH.indexOf(by.worthOf(one));
  const most = Math.min(worth(key), WORTH.indexOf("of-use"));
  const byWorth = others
    .filter((one) => worth(one.key) <= most)
    .sort((a, b) => worth(a.key) - worth(b.key) || a.key.certificate.value.exp - b.key.certificate.value.exp);
  const excess = Math.max(0, others.length + 1 - by.certificatePlaces);
  if (byWorth.length < excess || (excess > 0 && by.makesRoom === "for-nobody")) return REFUSED;
  const evicted = byWorth.slice(0, excess);
  const all = [...changes, ...evicted.map((one) => deleted(one.name)), [name, key.certificate.bytes] as const];
  return { outcome: "stored", changes: new Map(all) };
}

/** SPEC TRU-9, TRU-15: the next root is believed, the present one's own transition is carried for those who missed it. */
export function takeTransition(by: Believer, bytes: Uint8Array): Delivered {
  const { belief, provider } = by;
  const { trust, floor } = belief;
  const object = parseObject(rootTransitionObject, bytes);
  const date = by.judgeDate(object.value.nbf);
  if (date === "future") return REFUSED;
  switch (judgeRootTransition(trust, object, provider)) {
    case "refused":
      return REFUSED;
    case "known": {
      if (date !== "credible") return REFUSED;
      if (belief.transitions.some((one) => one.value.epoch === object.value.epoch)) {
        return { outcome: "known", changes: NOTHING };
      }
      verifyObject(object, { provider, publicKey: trust.rootPublicKey, fleetId: trust.fleetId });
      return { outcome: "stored", changes: new Map([[transitionName(object.value), bytes]]) };
    }
    // SPEC TRU-12: also without the time, because nobody whom it believes now could tell it.
    case "accept": {
      const next = acceptRootTransition(object, { trust, floor }, provider);
      const changes = new Map(epochChanges(by, next));
      return { outcome: "stored", changes: changes.set(transitionName(object.value), bytes) };
    }
  }
}

/** SPEC TRU-8, TRU-13: everything of the ended epoch goes; records and transitions stay. */
export function epochChanges({ names, endsWithEpoch }: Believer, { trust, floor }: TrustState): Changes {
  const ended = [...names].filter((name) => endsWithEpoch.some((prefix) => name.startsWith(prefix)));
  return new Map<string, Uint8Array | "deleted">([...ended.map(deleted), ["trust", encodeTrust(trust, floor)]]);
}

/** Of several with a version each, the newest stays; when all places are taken the one issued first goes. */
export function takeNewest<T extends { readonly iat: Seconds }>(
  held: readonly Held<T>[],
  versionOf: (value: T) => number,
  offered: { readonly name: string; readonly value: T; readonly bytes: Uint8Array; readonly epoch: number },
  present: { readonly epoch: number; readonly places: number; readonly makesRoom: MakesRoom },
): Delivered {
  const { name, value, bytes, epoch } = offered;
  const former = held.find((one) => one.name === name);
  const known =
    former === undefined
      ? "none"
      : { version: { epoch: present.epoch, value: versionOf(former.value) }, bytes: former.bytes };
  const outcome = outcomeOf(known, { version: { epoch, value: versionOf(value) }, bytes });
  if (outcome !== "stored") return { outcome, changes: NOTHING };
  const others = held.filter((one) => one.name !== name).sort((a, b) => a.value.iat - b.value.iat);
  const evicted = others.slice(0, Math.max(0, others.length + 1 - present.places));
  if (evicted.length > 0 && present.makesRoom === "for-nobody") return REFUSED;
  return {
    outcome,
    changes: new Map<string, Uint8Array | "deleted">([...evicted.map((one) => deleted(one.name)), [name, bytes]]),
  };
}

/** SPEC OBJ-15, LOG-7: carried records may go when the city has them, and has the same ones. */
export function isSegmentCovered(
  provider: CryptoProvider,
  segment: Pick<Held<LogSegment>, "value" | "signer">,
  receipt: UploadReceipt,
): boolean {
  if (!equalBytes(segment.signer, receipt.device)) return false;
  const { value } = segment;
  if (value.store !== receipt.store) return false;
  const positions = segmentPositions(provider, value);
  const last = positions.at(-1);
  if (last === undefined || last.number > receipt.n) return false;
  return last.number < receipt.n || equalBytes(last.head, receipt.head);
}

export function deleted(name: string): readonly [string, "deleted"] {
  return [name, "deleted"];
}
