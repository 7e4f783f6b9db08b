/** What the door holds, read from its memory: policy, lists, certificates and grants (SPEC PER-4, PER-6). */
import {
  type Certificate,
  type CertifiedKey,
  certificateObject,
  type Door,
  type DoorPolicy,
  doorPolicyObject,
  equalBytes,
  heldSigner,
  ISSUER_ROLES,
  type IssuerKey,
  keyId,
  type LifecycleState,
  type ObjectKind,
  PeerError,
  parseObject,
  type RevocationList,
  recallVerified,
  revocationListObject,
  type Trust,
  type Unverified,
  type Verified,
  voidsCertificate,
} from "@nyckelfri/protocol";
import type { BroughtList, Build, CylinderOn } from "./cylinder-state.ts";
import { isBlankSlot, type Pooled, readObject } from "./object-pool.ts";
import { type CachedGrant, type HeldList, type Settings, type Slot, slotsInUse } from "./settings.ts";
import { CACHED_CERTIFICATES } from "./tables.ts";

export function settingsOf({ stores }: CylinderOn): Settings {
  return { ...stores.bank.settings, floor: stores.floor };
}

export function pooled(build: Build, { memory }: CylinderOn, slot: Slot | "none"): Pooled | undefined {
  return slot === "none" ? undefined : readObject(build, memory, slot);
}

/**
 * So many slots that nothing names: erased ones first, and in each session others, so that they wear alike, also where somebody cuts the
 * power again and again before what they hold is named.
 */
export function freeSlots(build: Build, state: CylinderOn, count: number): Slot[] {
  const { layout } = build;
  const taken = slotsInUse(state.stores.bank.settings);
  const { parts } = layout.objects;
  const start = state.stores.nonces.value;
  const blank: Slot[] = [];
  const others: Slot[] = [];
  for (let index = 0; index < parts && blank.length < count; index++) {
    const slot = (start + index) % parts;
    if (!taken.includes(slot)) (isBlankSlot(build, state.memory, slot) ? blank : others).push(slot);
  }
  return [...blank, ...others].slice(0, count);
}

/** A slot whose memory was hurt may hold an object of another kind: what is read is none then, as of a slot that nothing can be read of. */
export function policyOf(build: Build, state: CylinderOn): DoorPolicy | undefined {
  const held = pooled(build, state, state.stores.bank.settings.policy);
  return held && build.findings.policy.of(held, () => readAs(doorPolicyObject, held.bytes)?.value);
}

/** Those of its memory, and at a cylinder that is not mounted those of the session (SPEC SVC-4). */
export function listsOf(build: Build, state: CylinderOn): RevocationList[] {
  const stored = state.stores.bank.settings.lists.flatMap((named) => readList(build, state, named) ?? []);
  return [...stored, ...broughtLists(state).map(({ object }) => object.value)];
}

/** Of this epoch: a certificate that came after them may have ended theirs (SPEC TRU-8). */
export function broughtLists({ session, stores }: CylinderOn): readonly BroughtList[] {
  const { lifecycle, trust } = stores.bank.settings;
  if (session === "none" || isMounted(lifecycle)) return [];
  return session.lists.filter(({ epoch }) => epoch === trust.epoch);
}

/** SPEC UPD-1, OPN-9: of these keys the one that could have issued an object; one that a list voids counts as not held. */
export function soundSigner<T>(
  object: Unverified<T>,
  held: readonly CertifiedKey[],
  lists: readonly RevocationList[],
  { epoch }: Pick<Trust, "epoch">,
): CertifiedKey | "need-certificate" {
  const signer = heldSigner(object, held, epoch);
  return signer === "need-certificate" || isVoid(lists, signer) ? "need-certificate" : signer;
}

export function isMounted(lifecycle: LifecycleState): boolean {
  return lifecycle === "active" || lifecycle === "deactivated";
}

/** undefined where its slot was hurt: the door then knows that it held the list, and no longer what stood in it (SPEC PER-4). */
export function readList(build: Build, state: CylinderOn, { slot }: HeldList): RevocationList | undefined {
  const held = pooled(build, state, slot);
  return held && build.findings.list.of(held, () => readAs(revocationListObject, held.bytes)?.value);
}

/** As `authorize` takes it; undefined for one that never had a policy. */
export function doorOf(build: Build, state: CylinderOn): Door | undefined {
  const policy = policyOf(build, state);
  if (policy === undefined) return undefined;
  const { lifecycle, trust, policyVersion, floor } = settingsOf(state);
  const { rootPublicKey, epoch } = trust;
  return { rootPublicKey, lifecycle, epoch, floor: floor.value, policy, policyVersion, lists: listsOf(build, state) };
}

export function cachedGrant({ stores }: CylinderOn, cti: Uint8Array): CachedGrant | undefined {
  return stores.bank.settings.grants.find((held) => equalBytes(held.cti, cti));
}

/** A certificate of the cache; its signature was verified before it entered, under a key that must still hold. */
export interface StoredKey {
  readonly slot: Slot;
  readonly key: CertifiedKey;
}

/** Where the cache has exactly this certificate; undefined where it has not. */
export function cachedSlot(stored: readonly StoredKey[], { bytes }: Verified<Certificate>): Slot | undefined {
  return stored.find(({ key }) => equalBytes(key.certificate.bytes, bytes))?.slot;
}

/** SPEC OPN-10: the cache after these were used: most recently used first; the least recently used goes. */
export function certificatesAfter({ certificates }: Settings, used: readonly Slot[]): readonly Slot[] {
  const others = certificates.filter((slot) => !used.includes(slot));
  return [...used, ...others].slice(0, CACHED_CERTIFICATES);
}

export function storedKeys(build: Build, state: CylinderOn): readonly StoredKey[] {
  const { settings } = state.stores.bank;
  const held = settings.certificates.map((slot) => pooled(build, state, slot));
  return build.findings.keys.of(
    settings,
    () => ({ held, keys: keysIn(build, settings, held) }),
    (known) => known.held.every((object, index) => object === held[index]),
  ).keys;
}

function keysIn(
  build: Build,
  { certificates, trust }: Settings,
  objects: readonly (Pooled | undefined)[],
): StoredKey[] {
  const { findings } = build;
  const found = certificates.flatMap((slot, index) => {
    const held = objects[index];
    const object = held && findings.certificate.of(held, () => readAs(certificateObject, held.bytes));
    return held === undefined || object === undefined ? [] : [{ slot, held, object }];
  });
  const recall = (held: Pooled, object: Unverified<Certificate>, publicKey: Uint8Array) =>
    recalledUnder(build, held, object, { publicKey, fleetId: trust.fleetId });
  const kidOf = (object: Unverified<Certificate>): Uint8Array =>
    findings.kid.of(object, () => keyId(build.provider, object.value.publicKey));
  const isIssuer = (object: Unverified<Certificate>): boolean => (object.value.roles & ISSUER_ROLES) !== 0;

  const issuers = found.flatMap(({ slot, held, object }): { slot: Slot; key: IssuerKey }[] => {
    const certificate = isIssuer(object) ? recall(held, object, trust.rootPublicKey) : undefined;
    return certificate === undefined ? [] : [{ slot, key: { level: "issuer", kid: kidOf(object), certificate } }];
  });
  const devices = found.flatMap(({ slot, held, object }): StoredKey[] => {
    if (isIssuer(object)) return [];
    for (const { key: issuer } of issuers) {
      const certificate = recall(held, object, issuer.certificate.value.publicKey);
      if (certificate !== undefined) {
        return [{ slot, key: { level: "device", kid: kidOf(object), certificate, issuer } }];
      }
    }
    return [];
  });
  return [...issuers, ...devices];
}

/** The stored object as a verified one, if its digest says that it was verified under this key (SPEC OPN-10). */
export function recalledUnder<T>(
  { provider, findings }: Build,
  held: Pooled,
  object: Unverified<T>,
  { publicKey, fleetId }: { readonly publicKey: Uint8Array; readonly fleetId: Uint8Array },
): Verified<T> | undefined {
  const recalled = findings.recalled.of(
    held,
    () => ({
      publicKey,
      fleetId,
      object: recallVerified(object, { provider, publicKey, fleetId }, held.digest) as Verified<unknown> | undefined,
    }),
    (known) => equalBytes(known.publicKey, publicKey) && equalBytes(known.fleetId, fleetId),
  );
  return recalled.object as Verified<T> | undefined;
}

/** Those of the session, and those of the cache (SPEC OPN-9). */
export function heldKeys(build: Build, state: CylinderOn): CertifiedKey[] {
  const certified = state.session === "none" ? [] : state.session.certified;
  return [...certified, ...storedKeys(build, state).map(({ key }) => key)];
}

/** SPEC TRU-16, OBJ-9: does a list that the door holds void this key's certificate, or the one above it? */
export function isVoid(lists: readonly RevocationList[], key: CertifiedKey): boolean {
  return lists.some((list) => voidsCertificate(list, key));
}

/** The object, if the bytes are one of this kind. */
export function readAs<T>(kind: ObjectKind<T>, bytes: Uint8Array): Unverified<T> | undefined {
  try {
    return parseObject(kind, bytes);
  } catch (error) {
    if (error instanceof PeerError) return undefined;
    throw error;
  }
}

export function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && equalBytes(a, b);
}
