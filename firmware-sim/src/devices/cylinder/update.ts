/** What becomes of an object that a key brings before the decision (SPEC OPN-7, UPD-1 to UPD-5). */
import {
  acceptRootTransition,
  adoptCertificate,
  type CertifiedKey,
  certificateObject,
  type DoorPolicy,
  deviceIssuerOf,
  doorPolicyObject,
  equalBytes,
  judgeCertificate,
  judgeList,
  judgePolicy,
  judgeRootTransition,
  keyId,
  type LogRecord,
  lifecycleAfter,
  limits,
  type ObjectKind,
  PeerError,
  parseObject,
  parseSign1,
  raiseFloor,
  revocationListObject,
  rootTransitionObject,
  type TrustState,
  typOf,
  type UpdateOutcome,
  type Verified,
  verificationDigest,
  verifyByKind,
  verifyDeviceCertificate,
  verifyIssuerCertificate,
} from "@nyckelfri/protocol";
import type { Brought, BroughtList, Build, CylinderOn } from "./cylinder-state.ts";
import {
  broughtLists,
  cachedSlot,
  certificatesAfter,
  freeSlots,
  heldKeys,
  isMounted,
  isVoid,
  listsOf,
  policyOf,
  pooled,
  readList,
  settingsOf,
  soundSigner,
  storedKeys,
} from "./held.ts";
import type { Settings, Slot } from "./settings.ts";
import type { Task } from "./stores.ts";
import { KEPT_LISTS } from "./tables.ts";

/** `tasks` is one settings commit with what goes before and after it; `brought` holds for the session. */
export interface Judged {
  readonly outcome: UpdateOutcome;
  readonly tasks: readonly Task[];
  readonly brought?: Brought | undefined;
}

/** Nothing that was received makes it throw. */
export function judgeUpdate(build: Build, state: CylinderOn, bytes: Uint8Array): Judged {
  try {
    switch (parseSign1(bytes).typ) {
      case typOf("certificate"):
        return judgeBroughtCertificate(build, state, bytes);
      case typOf("root-transition"):
        return judgeTransition(build, state, bytes);
      case typOf("door-policy"):
        return judgeBroughtPolicy(build, state, bytes);
      case typOf("revocation-list"):
        return judgeBroughtList(build, state, bytes);
      default:
        return only("refused");
    }
  } catch (error) {
    if (error instanceof PeerError) return only("refused");
    throw error;
  }
}

/** A certificate of either level, verified and not void. Throws `PeerError`s; `need-certificate` for a device's without its issuer. */
export function certify(build: Build, state: CylinderOn, bytes: Uint8Array): CertifiedKey | "need-certificate" {
  const { provider } = build;
  const { trust } = state.stores.bank.settings;
  const object = parseObject(certificateObject, bytes);
  const isRoots = object.kid !== undefined && equalBytes(object.kid, keyId(provider, trust.rootPublicKey));
  if (isRoots) return verifyIssuerCertificate(object, trust, provider);
  const issuer = deviceIssuerOf(object, heldKeys(build, state));
  if (issuer === undefined) return "need-certificate";
  return verifyDeviceCertificate(object, issuer, trust, provider);
}

function judgeBroughtCertificate(build: Build, state: CylinderOn, bytes: Uint8Array): Judged {
  const key = certify(build, state, bytes);
  if (key === "need-certificate") return only(key);
  const lists = listsOf(build, state);
  if (key.level === "device" && isVoid(lists, key.issuer)) return only("need-certificate");
  if (isVoid(lists, key)) return only("refused");
  const held = heldKeys(build, state).map(({ certificate }) => certificate.bytes);
  if (judgeCertificate(held, key.certificate) === "known") return only("known");
  if (key.level === "device") return { outcome: "stored", tasks: [], brought: { certified: [key] } };
  const settings = settingsOf(state);
  const opened = adoptCertificate({ trust: settings.trust, floor: settings.floor }, key);
  return { outcome: "stored", tasks: openingTasks(settings, opened), brought: { certified: [key] } };
}

function judgeTransition(build: Build, state: CylinderOn, bytes: Uint8Array): Judged {
  const { provider } = build;
  const settings = settingsOf(state);
  const object = parseObject(rootTransitionObject, bytes);
  const verdict = judgeRootTransition(settings.trust, object, provider);
  if (verdict !== "accept") return only(verdict);
  const opened = acceptRootTransition(object, { trust: settings.trust, floor: settings.floor }, provider);
  return { outcome: "stored", tasks: openingTasks(settings, opened) };
}

/** SPEC TRU-8: what a higher epoch voids, in one commit. The policy in force stays. */
function openingTasks(settings: Settings, opened: TrustState): Task[] {
  const { epoch } = opened.trust;
  if (epoch === settings.trust.epoch) return [];
  const next: Settings = {
    ...settings,
    ...opened,
    policyVersion: { epoch, value: 0 },
    lists: [],
    certificates: [],
    grants: [],
  };
  return [{ kind: "settings", settings: next }, record({ kind: "epoch", epoch })];
}

function judgeBroughtPolicy(build: Build, state: CylinderOn, bytes: Uint8Array): Judged {
  const verified = verifiedUnderHeld(build, state, doorPolicyObject, bytes);
  if (verified === "need-certificate") return only(verified);
  const settings = settingsOf(state);
  const { lifecycle, mount, policyVersion } = settings;
  const present = policyOf(build, state);
  const door = isMounted(lifecycle) && present !== undefined ? present.door : "unmounted";
  const presentBytes = policyVersion.value === 0 ? undefined : pooled(build, state, settings.policy)?.bytes;
  const place = {
    version: policyVersion,
    ...(presentBytes && { bytes: presentBytes }),
    cylinder: state.identity.kid,
    mount,
    door,
  } as const;
  const { object, epoch, signer } = verified;
  const outcome = judgePolicy(place, object, epoch);
  const after = lifecycleAfter({ state: lifecycle, mount }, { by: "update", policy: object.value });
  if (outcome !== "stored" || after.kind === "refused") return only(outcome === "stored" ? "refused" : outcome);
  const [slot, spare] = freeSlots(build, state, 2) as [Slot, Slot];
  const { certificates, tasks: kept } = withIssuer(build, state, signer, spare);
  const next = withPolicy({ ...settings, certificates, lifecycle: after.lifecycle.state }, object, epoch, slot);
  const tasks: Task[] = [
    ...kept,
    poolTask(build, slot, object),
    { kind: "settings", settings: next },
    record({ kind: "policy", version: object.value.version }),
  ];
  if (after.lifecycle.state !== lifecycle) tasks.push(record({ kind: "lifecycle", ...after.lifecycle }));
  return { outcome, tasks };
}

/** The settings with a policy that holds from now on, and the floor that it raises (SPEC TIM-11). */
export function withPolicy(settings: Settings, { value }: Verified<DoorPolicy>, epoch: number, slot: Slot): Settings {
  const named = settings.lists.filter(({ list }) => value.lists.includes(list));
  const unnamed = settings.lists.filter(({ list }) => !value.lists.includes(list));
  return {
    ...settings,
    floor: raiseFloor(settings.floor, { epoch, iat: value.iat }),
    policy: slot,
    policyVersion: { epoch, value: value.version },
    lists: [...named, ...unnamed].slice(0, KEPT_LISTS),
  };
}

function judgeBroughtList(build: Build, state: CylinderOn, bytes: Uint8Array): Judged {
  const verified = verifiedUnderHeld(build, state, revocationListObject, bytes);
  if (verified === "need-certificate") return only(verified);
  const settings = settingsOf(state);
  if (!isMounted(settings.lifecycle)) return heldForMounting(state, verified);
  const { object, signer, epoch } = verified;
  const { list, version } = object.value;
  const present = settings.lists.find((held) => held.list === list);
  const presentBytes = present && readList(build, state, present) && pooled(build, state, present.slot)?.bytes;
  const held = present && {
    version: { epoch: settings.trust.epoch, value: present.version },
    ...(presentBytes && { bytes: presentBytes }),
  };
  const outcome = judgeList(held ?? "none", policyOf(build, state)?.lists ?? [], object, epoch);
  // SPEC PER-4: in place of one that cannot be read comes the same version or a newer one, and never an older.
  const isLost = present !== undefined && presentBytes === undefined;
  if (outcome !== "stored" && !(isLost && outcome === "known")) return only(outcome);
  const [slot, spare] = freeSlots(build, state, 2) as [Slot, Slot];
  const { certificates, tasks: kept } = withIssuer(build, state, signer, spare);
  const tasks: Task[] = [
    ...kept,
    poolTask(build, slot, object),
    { kind: "settings", settings: withList({ ...settings, certificates }, verified, slot) },
    record({ kind: "list", list, version }),
  ];
  return { outcome: "stored", tasks };
}

/**
 * SPEC OPN-10: whose object is stored enters the cache in the same commit. He issues the next one too, and his certificate would have to be
 * brought again at each visit until one opens, an update of the three that a visit has.
 */
function withIssuer(
  build: Build,
  state: CylinderOn,
  { certificate }: CertifiedKey,
  spare: Slot,
): { readonly certificates: readonly Slot[]; readonly tasks: readonly Task[] } {
  const cached = cachedSlot(storedKeys(build, state), certificate);
  return {
    certificates: certificatesAfter(state.stores.bank.settings, [cached ?? spare]),
    tasks: cached === undefined ? [poolTask(build, spare, certificate)] : [],
  };
}

/** The settings with a list that holds from now on, and the floor that it raises (SPEC TIM-11). */
export function withList(settings: Settings, { object, epoch }: BroughtList, slot: Slot): Settings {
  const { list, version, iat } = object.value;
  const others = settings.lists.filter((other) => other.list !== list);
  return {
    ...settings,
    floor: raiseFloor(settings.floor, { epoch, iat }),
    lists: [{ list, version, slot }, ...others].slice(0, KEPT_LISTS),
  };
}

/**
 * SPEC UPD-3, SVC-4: no policy says yet which lists hold here, so whoever comes by may bring any. Nothing is written for it, and no
 * list goes for another: with power all are gone that no mounting has committed.
 */
function heldForMounting(state: CylinderOn, brought: BroughtList): Judged {
  const lists = broughtLists(state);
  const { object, epoch } = brought;
  const { list } = object.value;
  const present = lists.find((held) => held.object.value.list === list);
  if (present === undefined && lists.length >= limits.policyLists) return only("refused");
  const held = present && { version: { epoch: present.epoch, value: present.object.value.version }, ...present.object };
  const outcome = judgeList(held ?? "none", [list], object, epoch);
  return outcome === "stored" ? { outcome, tasks: [], brought: { lists: [brought] } } : only(outcome);
}

/** Verified under a held key with the role of its kind, which no list voids (SPEC UPD-1, TRU-16). */
export function verifiedUnderHeld<T>(
  build: Build,
  state: CylinderOn,
  kind: ObjectKind<T>,
  bytes: Uint8Array,
): { readonly object: Verified<T>; readonly signer: CertifiedKey; readonly epoch: number } | "need-certificate" {
  const { provider } = build;
  const { trust } = state.stores.bank.settings;
  const object = parseObject(kind, bytes);
  const signer = soundSigner(object, heldKeys(build, state), listsOf(build, state), trust);
  if (signer === "need-certificate") return signer;
  const { epoch } = signer.certificate.value;
  return { object: verifyByKind(object, { signer, trust, provider }), signer, epoch };
}

export function poolTask<T>({ provider }: Build, slot: Slot, object: Verified<T>): Task {
  return { kind: "object", slot, pooled: { bytes: object.bytes, digest: verificationDigest(object, provider) } };
}

export function record(value: LogRecord): Task {
  return { kind: "record", log: "openings", record: value };
}

function only(outcome: UpdateOutcome): Judged {
  return { outcome, tasks: [] };
}
