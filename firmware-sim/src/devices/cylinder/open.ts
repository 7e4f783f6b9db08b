/** From the permit to the outcome: energy, intent, decision #2, engagement (SPEC OPN-12 to OPN-14). */
import {
  activationTicketObject,
  authorize,
  coarseResultOf,
  type Decision,
  type Grant,
  grantObject,
  INTENT_FLAGS,
  type IssuerKey,
  type ObjectKind,
  type OpenBytes,
  type Permit,
  type Presented,
  raiseFloor,
  type Unverified,
  type Verified,
  verificationDigest,
} from "@nyckelfri/protocol";
import type { Asked, Build, CylinderOn, Opening, OpenSession } from "./cylinder-state.ts";
import {
  cachedGrant,
  cachedSlot,
  certificatesAfter,
  doorOf,
  freeSlots,
  isSame,
  pooled,
  readAs,
  recalledUnder,
  settingsOf,
  storedKeys,
} from "./held.ts";
import { andThen, answer, move, nextNumber, type Step, step, write } from "./moves.ts";
import { encodedRecord } from "./record-block.ts";
import { recordsFrom } from "./record-store.ts";
import { refuse, refuseUnproven } from "./refuse.ts";
import type { Settings, Slot } from "./settings.ts";
import type { Task } from "./stores.ts";
import { CACHED_CERTIFICATES, CACHED_GRANTS, ENGAGE_MS } from "./tables.ts";

/** The energy under load, before the intent or after it (SPEC OPN-12, OPN-13). */
export function measured(build: Build, state: CylinderOn, reading: "enough" | "short", tickMs: number): Step {
  const { phase } = state;
  if (phase.name === "committing") return decideAgain(build, state, phase.opening, reading, tickMs);
  // One reading decides: while what it has decided is being written, another changes nothing (SPEC OPN-12).
  if (phase.name !== "verifying" || phase.asked.waitsFor.kind !== "energy" || state.work !== "idle") return step(state);
  if (isLetGo(state)) return refuseUnproven(state, phase.asked, "try-again");
  const { bytes, presented, permit } = phase.asked.waitsFor;
  const door = doorOf(build, state);
  if (door === undefined) return refuseUnproven(state, phase.asked, "door-out-of-service");
  const decision = authorize(door, { ...presented, energy: reading });
  if (decision.verdict === "refuse") return refuse(state, door, phase.asked, decision, presented);
  return commitIntent(build, state, phase.asked, bytes, presented, permit);
}

/** SPEC OPN-13: what the cache will name is written and read back first, then intent and floor in one commit. */
function commitIntent(
  build: Build,
  state: CylinderOn,
  { target, message }: Asked,
  bytes: OpenBytes,
  presented: Presented,
  first: Permit,
): Step {
  const { provider } = build;
  const grant = presented.grant as Verified<Grant>;
  const proof = (presented.proof as Exclude<Presented["proof"], string>).value;
  const issuer = presented.grantIssuer as IssuerKey;
  const { stores } = state;
  const known = cachedGrant(state, grant.value.cti);
  const knownGrant = known && isSame(pooled(build, state, known.grant)?.bytes, grant.bytes) ? known : undefined;
  const tasks: Task[] = [];
  let free: readonly Slot[] = [];
  const keep = (object: Uint8Array, digest: Uint8Array): Slot => {
    if (tasks.length === 0) free = freeSlots(build, state, 2 + CACHED_CERTIFICATES);
    const slot = free[tasks.length] as Slot;
    tasks.push({ kind: "object", slot, pooled: { bytes: object, digest } });
    return slot;
  };
  const grantSlot = knownGrant?.grant ?? keep(grant.bytes, verificationDigest(grant, provider));
  let ticketSlot: Slot | "none" = "none";
  if (bytes.ticket !== undefined) {
    const knownTicket = knownGrant && pooled(build, state, knownGrant.ticket);
    const { ticket } = presented;
    const isVerified = typeof ticket === "object" && ticket.state === "verified";
    // One that nobody asked for is kept for the proofs that sign its digest, and counts as never verified.
    const digest = isVerified ? verificationDigest(ticket, provider) : new Uint8Array(32);
    const isKnown = isSame(knownTicket?.bytes, bytes.ticket) && (!isVerified || isSame(knownTicket?.digest, digest));
    ticketSlot = isKnown && knownGrant ? knownGrant.ticket : keep(bytes.ticket, digest);
  }
  const stored = storedKeys(build, state);
  const used = [issuer, ...(presented.box === undefined ? [] : [presented.box, presented.box.issuer])];
  const brought = state.session === "none" ? [] : state.session.certified;
  const usedCertificates: Slot[] = [];
  for (const { certificate } of new Set([...used, ...brought])) {
    if (usedCertificates.length === CACHED_CERTIFICATES || certificate.value.epoch !== stores.bank.settings.trust.epoch)
      continue;
    usedCertificates.push(
      cachedSlot(stored, certificate) ?? keep(certificate.bytes, verificationDigest(certificate, provider)),
    );
  }
  const { lo, hi } = first.interval;
  const isActivated = typeof presented.ticket === "object" && presented.ticket.state === "verified";
  const intent = {
    kind: "intent",
    cti: grant.value.cti,
    keyCounter: proof.keyCounter,
    lo,
    widthSeconds: hi - lo,
    flags: (isActivated ? INTENT_FLAGS.activated : 0) + (knownGrant === undefined ? 0 : INTENT_FLAGS.known),
  } as const;
  const epoch = issuer.certificate.value.epoch;
  const floor = raiseFloor(stores.floor, { epoch, iat: grant.value.iat });
  tasks.push({ kind: "record", log: "openings", record: intent, floor });
  const record = nextNumber(state, "openings");
  const shared = { target, message, first, presented, grant, intent, record, grantSlot, ticketSlot };
  const opening: Opening = { ...shared, usedCertificates, second: "not-yet" };
  return andThen(move(state, "permitted", { name: "committing", opening }), (on) =>
    step(write(on, tasks, { kind: "intent-written" })),
  );
}

/** SPEC OPN-13: decision #2, from the stored bytes, within timer B, and for who is still there. */
function decideAgain(
  build: Build,
  state: CylinderOn,
  opening: Opening,
  reading: "enough" | "short",
  tickMs: number,
): Step {
  if (opening.second !== "not-yet" || state.work !== "idle") return step(state);
  const second = secondDecision(build, state, opening, reading);
  const { answeredAtMs } = state.session as OpenSession;
  // Timer B (SPEC OPN-5).
  const isLate = tickMs - answeredAtMs > ENGAGE_MS;
  if (second.verdict !== "permit-open" || isLate || isLetGo(state)) return abort(state, opening, "aborted");
  const { first, record } = opening;
  const decided: CylinderOn = { ...state, phase: { name: "committing", opening: { ...opening, second } } };
  return step(decided, { kind: "engage", first, second, record });
}

function secondDecision(build: Build, state: CylinderOn, opening: Opening, reading: "enough" | "short"): Decision {
  const door = doorOf(build, state);
  const [stored] = recordsFrom(build, state.memory, build.layout.openings, state.stores.openings, opening.record, 1);
  const isWritten =
    stored !== undefined &&
    isSame(encodedRecord(build.findings, stored.record), encodedRecord(build.findings, opening.intent));
  if (door === undefined || !isWritten)
    return { verdict: "refuse", reason: "malformed", result: coarseResultOf("malformed") };
  const { presented } = opening;
  const grant = recalled(build, state, grantObject, opening.grantSlot, opening.grant.publicKey);
  const box = presented.box?.certificate.value.publicKey;
  const ticket = recalled(build, state, activationTicketObject, opening.ticketSlot, box);
  const floor = Math.max(door.floor, stored.floor.value);
  return authorize({ ...door, floor }, { ...presented, grant, ticket, energy: reading });
}

/** The object as its slot has it now, verified if its digest still says so. */
function recalled<T>(
  build: Build,
  state: CylinderOn,
  kind: ObjectKind<T>,
  slot: Slot | "none",
  publicKey: Uint8Array | undefined,
): "absent" | "malformed" | Unverified<T> | Verified<T> {
  if (slot === "none") return "absent";
  const held = pooled(build, state, slot);
  const object = held && readAs(kind, held.bytes);
  if (held === undefined || object === undefined) return "malformed";
  if (publicKey === undefined) return object;
  const { fleetId } = state.stores.bank.settings.trust;
  return recalledUnder(build, held, object, { publicKey, fleetId }) ?? object;
}

/** What the clutch did (SPEC OPN-14). */
export function actuated(state: CylinderOn, outcome: "engaged" | "jammed" | "refused", tickMs: number): Step {
  const { phase } = state;
  if (phase.name !== "committing" || phase.opening.second === "not-yet" || state.work !== "idle") return step(state);
  const { opening } = phase;
  if (outcome !== "engaged") return abort(state, opening, outcome === "jammed" ? "jammed" : "aborted");
  const session = { ...(state.session as OpenSession), carry: "all" } as const;
  const engaged = move({ ...state, session, upkeep: "due" }, "engaged", { name: "engaged", opening, sinceMs: tickMs });
  const { target, message: name, record } = opening;
  const body = { kind: "result", result: "opened", record } as const;
  const told = andThen(engaged, (on) => answer(on, target, { exchange: "open", name, body }));
  // Entries enter after an accepted opening (SPEC OPN-10); who pulls the key at once loses a later visit's speed alone.
  const settings = cachedAfter(settingsOf(state), opening);
  const cached = andThen(told, (on) =>
    step(settings === "same" ? on : write(on, [{ kind: "settings", settings }], { kind: "nothing" })),
  );
  // It was let go while the clutch moved.
  return isLetGo(state) ? andThen(cached, (on) => letGo(on, tickMs)) : cached;
}

/** Most recently used first; the least recently used goes. */
function cachedAfter(settings: Settings, opening: Opening): Settings | "same" {
  const { cti } = opening.intent;
  const entry = { cti, grant: opening.grantSlot, ticket: opening.ticketSlot };
  const [latest] = settings.grants;
  const isKnown = settings.grants.some(
    (held) => isSame(held.cti, cti) && held.grant === entry.grant && held.ticket === entry.ticket,
  );
  const isCertified = opening.usedCertificates.every((slot) => settings.certificates.includes(slot));
  // A repeat with everything known moves nobody out, unless the caches are full: then order matters.
  const isFull = settings.grants.length === CACHED_GRANTS && latest !== undefined && !isSame(latest.cti, cti);
  if (isKnown && isCertified && !isFull) return "same";
  const grants = [entry, ...settings.grants.filter((held) => !isSame(held.cti, cti))];
  return {
    ...settings,
    grants: grants.slice(0, CACHED_GRANTS),
    certificates: certificatesAfter(settings, opening.usedCertificates),
  };
}

/**
 * The contact has opened: an engagement ends, and an `open` that is in work engages nothing any more (SPEC OPN-13, OPN-14). With its answer
 * the session is over.
 */
export function letGo(state: CylinderOn, tickMs: number): Step {
  const { session, phase } = state;
  if (phase.name === "engaged") return released({ ...state, session: "none" }, tickMs);
  if (session === "none" || session.exchange !== "open") return step(state);
  return step(sessionAfter({ ...state, session: { ...session, contact: "let-go" } }));
}

/** An `open` has been answered, or the contact has opened since: whoever sits there now has no part in what was begun (SPEC OPN-14). */
export function sessionAfter(state: CylinderOn): CylinderOn {
  const isInWork = state.phase.name === "verifying" || state.phase.name === "committing";
  return isLetGo(state) && !isInWork ? { ...state, session: "none" } : state;
}

function isLetGo({ session }: CylinderOn): boolean {
  return session !== "none" && session.exchange === "open" && session.contact === "let-go";
}

/** The end of an engagement: by its time, or because the key was pulled. The outcome is written before all else. */
export function released(state: CylinderOn, tickMs: number): Step {
  const { phase, work } = state;
  if (phase.name !== "engaged") return step(state);
  const durationMs = Math.min(0xffff, Math.max(0, tickMs - phase.sinceMs));
  const outcome: Task = { kind: "record", log: "openings", record: { kind: "outcome", code: "engaged", durationMs } };
  return andThen(move(state, "released", { name: "logging" }), (on) => {
    if (work === "idle") return step(write(on, [outcome], { kind: "nothing" }));
    const [begun, ...later] = work.tasks;
    const tasks = begun === undefined ? [outcome] : [begun, outcome, ...later];
    return step({ ...on, work: { ...work, tasks } });
  });
}

function abort(state: CylinderOn, { target, message }: Opening, code: "aborted" | "jammed"): Step {
  const record: Task = { kind: "record", log: "openings", record: { kind: "outcome", code, durationMs: 0 } };
  const result = { kind: "result", result: "try-again" } as const;
  return step(write(state, [record], { kind: "result", asked: { target, message }, result, carry: "nothing" }));
}
