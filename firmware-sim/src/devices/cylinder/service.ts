/** A technician or a host at the cylinder: enrol, commission, mount, dismount, hand over (SPEC 8.6, TRU-10). */
import {
  acceptDeviceTransfer,
  type CertifiedKey,
  type CommissionRequest,
  certificateObject,
  checkPublicKey,
  type Door,
  type DoorPolicy,
  deviceTransferObject,
  doorPolicyObject,
  enrolmentObject,
  equalBytes,
  issueObject,
  type LifecycleReply,
  type LifecycleRequest,
  lifecycleAfter,
  noFleet,
  outcomeOf,
  PeerError,
  parseObject,
  raiseFloor,
  type Verified,
  verificationDigest,
  verifyByKind,
  verifyIssuerCertificate,
} from "@nyckelfri/protocol";
import type { Build, CylinderOn, ServiceSession, SomeAnswer, Target } from "./cylinder-state.ts";
import { examineBytes } from "./decide.ts";
import { erasingTasks } from "./former.ts";
import { broughtLists, freeSlots, listsOf, pooled, settingsOf } from "./held.ts";
import { answer, answerError, type Step, step, write } from "./moves.ts";
import { refusalTasks } from "./refuse.ts";
import type { Settings, Slot } from "./settings.ts";
import type { Task } from "./stores.ts";
import { poolTask, record, verifiedUnderHeld, withList, withPolicy } from "./update.ts";

/** SPEC SVC-2: signed by the key that it carries, over the host's nonce. */
export function enrol({ provider }: Build, state: CylinderOn, target: Target, nonce: Uint8Array): Step {
  const { seed, kid, publicKey, serialNumber, firmware } = state.identity;
  const value = { publicKey, serialNumber, deviceKind: "cylinder", firmware, nonce } as const;
  const { bytes } = issueObject(enrolmentObject, value, { provider, seed, kid, fleetId: noFleet() });
  return answer(state, target, { exchange: "service", name: "enrol", body: { enrolment: bytes } });
}

/** SPEC SVC-3: everything that is trusted at first, in one commit; the same bytes again change nothing. */
export function commission(
  build: Build,
  state: CylinderOn,
  target: Target,
  request: CommissionRequest,
  body: Uint8Array,
): Step {
  const { provider } = build;
  const settings = settingsOf(state);
  const done: SomeAnswer = { exchange: "service", name: "commission", body: {} };
  const digest = provider.sha256(body);
  if (settings.lifecycle !== "factory") {
    if (equalBytes(digest, settings.commission)) return answer(state, target, done);
    return answerError(state, target, new PeerError("messages/out-of-turn"), "commission");
  }
  try {
    const { keys, policy, epoch } = verifiedCommission(build, state, request);
    const slots = freeSlots(build, state, keys.length + 1);
    const [policySlot, ...certificates] = slots as [Slot, ...Slot[]];
    const value = Math.max(...keys.map(({ certificate }) => certificate.value.nbf));
    const { root: rootPublicKey, successor: successorThumbprint, fleetId } = request;
    const next: Settings = {
      ...settings,
      lifecycle: "commissioned",
      mount: 0,
      trust: { rootPublicKey, successorThumbprint, fleetId, epoch },
      floor: { epoch, value },
      policyVersion: { epoch, value: policy.value.version },
      policy: policySlot,
      certificates,
      commission: digest,
    };
    const pooledKeys = keys.map(({ certificate }, index): Task => {
      const pooled = { bytes: certificate.bytes, digest: verificationDigest(certificate, provider) };
      return { kind: "object", slot: certificates[index] as Slot, pooled };
    });
    const told = record({ kind: "lifecycle", state: "commissioned", mount: 0 });
    const tasks = [
      ...pooledKeys,
      poolTask(build, policySlot, policy),
      { kind: "settings", settings: next } as const,
      told,
    ];
    return step(write(state, tasks, { kind: "reply", target, answer: done }));
  } catch (error) {
    if (error instanceof PeerError) return answerError(state, target, error, "commission");
    throw error;
  }
}

/** Throws `PeerError`s. */
function verifiedCommission(
  { provider }: Build,
  state: CylinderOn,
  { root, successor, fleetId, issuers, policy }: CommissionRequest,
): { readonly keys: readonly CertifiedKey[]; readonly policy: Verified<DoorPolicy>; readonly epoch: number } {
  if (checkPublicKey(root) !== "valid") throw new PeerError("objects/public-key");
  const trust = { rootPublicKey: root, successorThumbprint: successor, fleetId, epoch: 0 };
  const keys = issuers.map((bytes) => verifyIssuerCertificate(parseObject(certificateObject, bytes), trust, provider));
  const [first] = keys;
  const epoch = first?.certificate.value.epoch ?? 0;
  if (keys.some(({ certificate }) => certificate.value.epoch !== epoch)) throw new PeerError("trust/epoch");
  if (policy === undefined) throw new PeerError("messages/inconsistent", { path: "commission-request.policy" });
  const object = parseObject(doorPolicyObject, policy);
  const signer = keys.find(({ kid }) => object.kid !== undefined && equalBytes(kid, object.kid));
  if (signer === undefined) throw new PeerError("trust/issuer-unknown");
  const verified = verifyByKind(object, { signer, trust: { ...trust, epoch }, provider });
  const { cylinder, mount } = verified.value;
  if (!equalBytes(cylinder, state.identity.kid)) throw new PeerError("objects/other-device");
  if (mount !== 1) throw new PeerError("messages/inconsistent", { path: "commission-request.policy" });
  return { keys, policy: verified, epoch };
}

type Outcome = LifecycleReply["outcome"];

/** SPEC SVC-4, SVC-5: mounts or dismounts, as the policy says that came along. */
export function lifecycle(
  build: Build,
  state: CylinderOn,
  session: ServiceSession,
  target: Target,
  request: LifecycleRequest,
): Step {
  const { outcome, tasks, next } = judgeLifecycle(build, state, session, request);
  const body = { outcome, state: next ?? state.stores.bank.settings.lifecycle };
  const given: SomeAnswer = { exchange: "service", name: "lifecycle", body };
  return step(write(state, tasks, { kind: "reply", target, answer: given }));
}

interface JudgedLifecycle {
  readonly outcome: Outcome;
  readonly tasks: readonly Task[];
  readonly next?: LifecycleReply["state"];
}
const REFUSED: JudgedLifecycle = { outcome: "refused", tasks: [] };

function judgeLifecycle(
  build: Build,
  state: CylinderOn,
  session: ServiceSession,
  request: LifecycleRequest,
): JudgedLifecycle {
  const settings = settingsOf(state);
  const policy = broughtPolicy(build, state, request.policy);
  if (policy === undefined) return REFUSED;
  const { object, epoch } = policy;
  const after = lifecycleAfter(
    { state: settings.lifecycle, mount: settings.mount },
    { by: "lifecycle", policy: object.value },
  );
  if (after.kind === "refused") return REFUSED;
  const { trust, lifecycle, floor } = settings;
  const door: Door = {
    rootPublicKey: trust.rootPublicKey,
    lifecycle,
    epoch: trust.epoch,
    floor: floor.value,
    policy: object.value,
    policyVersion: { epoch, value: object.value.version },
    lists: listsOf(build, state),
  };
  const transcript = { hello: session.hello, welcome: session.answer, policy: request.policy };
  const { grant, proof, ticket } = request;
  const { presented, decision } = examineBytes(build, state, door, { grant, proof, ticket, transcript });
  if (decision.verdict === "refuse") {
    const isProven = typeof presented.proof === "object" && presented.proof.state === "bound";
    return isProven ? { ...REFUSED, tasks: refusalTasks(state, decision.reason, presented) } : REFUSED;
  }
  if (decision.verdict !== "permit-service") return REFUSED;
  const isDismounting = after.lifecycle.state === "dismounted";
  if (isDismounting && !isLogSafe(state, object.value)) return { outcome: "log-not-acknowledged", tasks: [] };

  const brought = broughtLists(state).filter((one) => object.value.lists.includes(one.object.value.list));
  const [slot, ...listSlots] = freeSlots(build, state, 1 + brought.length) as [Slot, ...Slot[]];
  const mounted = withPolicy(
    { ...settings, lifecycle: after.lifecycle.state, mount: after.lifecycle.mount },
    object,
    epoch,
    slot,
  );
  const granted =
    typeof presented.grant === "object"
      ? raiseFloor(mounted.floor, { epoch, iat: presented.grant.value.iat })
      : mounted.floor;
  const listed = brought.map((one, index) => ({ ...one, slot: listSlots[index] as Slot }));
  const moved = listed.reduce((next, one) => withList(next, one, one.slot), { ...mounted, floor: granted });
  const told = [
    record({ kind: "lifecycle", ...after.lifecycle }),
    ...brought.map(({ object: { value } }) => record({ kind: "list", list: value.list, version: value.version })),
  ];
  const written = [poolTask(build, slot, object), ...listed.map((one) => poolTask(build, one.slot, one.object))];
  const tasks: Task[] = isDismounting
    ? [...written, ...erasing(build, state, { ...moved, lists: [], certificates: [], grants: [] }), ...told]
    : [...written, { kind: "settings", settings: moved }, ...told];
  return { outcome: "done", tasks, next: after.lifecycle.state };
}

/** Verified, for this cylinder, and above the one held or the one held. */
function broughtPolicy(
  build: Build,
  state: CylinderOn,
  bytes: Uint8Array,
): ReturnType<typeof verifiedPolicy> | undefined {
  try {
    return verifiedPolicy(build, state, bytes);
  } catch (error) {
    if (error instanceof PeerError) return undefined;
    throw error;
  }
}

function verifiedPolicy(
  build: Build,
  state: CylinderOn,
  bytes: Uint8Array,
): { readonly object: Verified<DoorPolicy>; readonly epoch: number } | undefined {
  const verified = verifiedUnderHeld(build, state, doorPolicyObject, bytes);
  if (typeof verified === "string") return undefined;
  const { object, epoch } = verified;
  const { policy, policyVersion } = state.stores.bank.settings;
  const present = policyVersion.value === 0 ? undefined : pooled(build, state, policy)?.bytes;
  const offered = { version: { epoch, value: object.value.version }, bytes: object.bytes };
  const order = outcomeOf({ version: policyVersion, ...(present && { bytes: present }) }, offered);
  const isHere = equalBytes(object.value.cylinder, state.identity.kid);
  return isHere && (order === "stored" || order === "known") ? verified : undefined;
}

/** SPEC SVC-5: nothing is erased that nobody has a receipt for, or signed away. */
function isLogSafe({ stores }: CylinderOn, { writtenOff = 0 }: DoorPolicy): boolean {
  const kept = Math.max(stores.bank.settings.acknowledged.openings, writtenOff);
  return kept >= stores.openings.newest.number;
}

/** The chains go on from where they stood; what they stand on is erased, with all else of the door before. */
function erasing(build: Build, { stores }: CylinderOn, settings: Settings): Task[] {
  const base = { openings: stores.openings.newest, refusals: stores.refusals.newest };
  return erasingTasks(build, { ...settings, base });
}

/** SPEC TRU-10: into another fleet, which the present root allows. */
export function transfer(
  build: Build,
  state: CylinderOn,
  session: ServiceSession,
  target: Target,
  bytes: Uint8Array,
): Step {
  const { provider } = build;
  const settings = settingsOf(state);
  const { lifecycle } = settings;
  try {
    if (lifecycle === "factory") throw new PeerError("messages/out-of-turn");
    const mounting = lifecycle === "commissioned" || lifecycle === "dismounted" ? "loose" : "mounted";
    const { nonce } = session;
    const object = parseObject(deviceTransferObject, bytes);
    const here = { device: state.identity.kid, nonce, mounting } as const;
    const { trust, floor } = acceptDeviceTransfer(
      object,
      { trust: settings.trust, floor: settings.floor },
      here,
      provider,
    );
    const next: Settings = {
      ...settings,
      lifecycle: "commissioned",
      trust,
      floor,
      policy: "none",
      policyVersion: { epoch: trust.epoch, value: 0 },
      lists: [],
      certificates: [],
      grants: [],
    };
    const told = record({ kind: "lifecycle", state: "commissioned", mount: settings.mount });
    const given: SomeAnswer = { exchange: "service", name: "transfer", body: {} };
    return step(write(state, [...erasing(build, state, next), told], { kind: "reply", target, answer: given }));
  } catch (error) {
    if (error instanceof PeerError) return answerError(state, target, error, "transfer");
    throw error;
  }
}
