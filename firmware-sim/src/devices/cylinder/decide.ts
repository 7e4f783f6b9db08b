/** An `open` up to decision #1: what it lacks, and what is found (SPEC OPN-8 to OPN-11, chapter 9). */
import {
  activationTicketObject,
  type DeviceKey,
  type Door,
  equalBytes,
  examine,
  grantObject,
  hasRole,
  type IssuerKey,
  isUpdateWithheld,
  type Need,
  type OpenBytes,
  type OpenRequest,
  openProofObject,
  PeerError,
  type SupplyRequest,
  suppliedFor,
  type Unverified,
} from "@nyckelfri/protocol";
import type { Asked, Build, CylinderOn, OpenSession, Target } from "./cylinder-state.ts";
import { cachedGrant, doorOf, heldKeys, isSame, isVoid, listsOf, pooled, readAs, soundSigner } from "./held.ts";
import { andThen, answer, move, type Step, step } from "./moves.ts";
import { refuse, refuseUnproven } from "./refuse.ts";
import { ANSWER_MS } from "./tables.ts";
import { certify } from "./update.ts";

/** That one answer can name. */
const MOST_NEEDS = 4;

/** An `open`: asks for what is lacking, or decides. */
export function asked(
  build: Build,
  state: CylinderOn,
  session: OpenSession,
  target: Target,
  request: OpenRequest,
  tickMs: number,
): Step {
  const door = doorOf(build, state);
  // A door that will refuse by DEC-2 asks for nothing that it would have to verify first (SPEC OPN-10).
  const isInService = door?.lifecycle === "active" && door.policy.state === "active";
  const needs = isInService ? needsOf(build, state, request) : [];
  const counting: Asked = { target, message: "open", waitsFor: { kind: "counting" } };
  const entered = move(state, "asked", { name: "verifying", asked: counting });
  // Timer A (SPEC OPN-5).
  if (tickMs - session.answeredAtMs > ANSWER_MS)
    return andThen(entered, (on) => refuseUnproven(on, counting, "try-again"));
  // SPEC OPN-9: the next time the key presents its grant and ticket whole.
  if (needs.length > MOST_NEEDS) return andThen(entered, (on) => refuseUnproven(on, counting, "try-again"));
  if (!isInService && material(build, state, request, {}).grant === undefined) {
    return andThen(entered, (on) => refuseUnproven(on, counting, "door-out-of-service"));
  }
  // SPEC OPN-10: whoever says so is sent for the rest of its news, and nothing is verified for a refusal that is certain.
  const proof = readAs(openProofObject, request.proof);
  if (door !== undefined && isInService && proof !== undefined && isUpdateWithheld(door, proof.value)) {
    return andThen(entered, (on) => refuseUnproven(on, counting, "try-again"));
  }
  if (needs.length === 0) return andThen(entered, (on) => decide(build, on, counting, request, {}));
  const waiting: Asked = { ...counting, waitsFor: { kind: "supply", request, needs } };
  return andThen(entered, (on) =>
    answer({ ...on, phase: { name: "verifying", asked: waiting } }, target, {
      exchange: "open",
      name: "open",
      body: { kind: "needs", needs },
    }),
  );
}

/** A `supply`: what is still lacking now, the decision names. */
export function supplied(
  build: Build,
  state: CylinderOn,
  session: OpenSession,
  target: Target,
  brought: SupplyRequest,
): Step {
  const { phase } = state;
  if (phase.name !== "verifying" || phase.asked.waitsFor.kind !== "supply")
    throw new TypeError("nothing was asked for");
  const { request, needs } = phase.asked.waitsFor;
  const objects = suppliedFor(needs, brought);
  let on: CylinderOn = state;
  for (const need of ["certificate-of-box-issuer", "certificate-of-ticket", "certificate-of-grant"] as const) {
    const bytes = objects[need];
    // What is held already was verified before, and need not be again.
    const key = bytes === undefined || isHeld(build, on, bytes) ? undefined : certified(build, on, bytes);
    if (key !== undefined)
      on = { ...on, session: { ...session, certified: [...(on.session as OpenSession).certified, key] } };
  }
  const asked: Asked = { target, message: "supply", waitsFor: { kind: "counting" } };
  return decide(build, { ...on, phase: { name: "verifying", asked } }, asked, request, objects);
}

/** Bytes are compared first: to recall what was verified costs a hash for each certificate. */
function isHeld(build: Build, state: CylinderOn, bytes: Uint8Array): boolean {
  const { certificates } = state.stores.bank.settings;
  if (!certificates.some((slot) => isSame(pooled(build, state, slot)?.bytes, bytes))) return false;
  return heldKeys(build, state).some(({ certificate }) => isSame(bytes, certificate.bytes));
}

/** SPEC OPN-9: a supplied certificate opens no epoch; what does not verify is as if it were not there. */
function certified(build: Build, state: CylinderOn, bytes: Uint8Array): IssuerKey | DeviceKey | undefined {
  try {
    const key = certify(build, state, bytes);
    return key === "need-certificate" ? undefined : key;
  } catch (error) {
    if (error instanceof PeerError) return undefined;
    throw error;
  }
}

function needsOf(build: Build, state: CylinderOn, request: OpenRequest): Need[] {
  const needs: Need[] = [];
  const held = heldKeys(build, state);
  const { trust } = state.stores.bank.settings;
  const { grant, ticket } = material(build, state, request, {});
  const isAsked = doorOf(build, state)?.policy.activation === "asked";
  const lists = listsOf(build, state);
  const lacksIssuer = <T>(object: Unverified<T>): boolean =>
    soundSigner(object, held, lists, trust) === "need-certificate";
  const holdsBoxIssuer = held.some((key) => hasRole(key.certificate.value, "device") && !isVoid(lists, key));
  const readGrant = grant && readAs(grantObject, grant);
  // Who sends the whole grant sends the ticket with it, if there is one (SPEC OPN-8).
  const lacksTicket = request.by === "cti" && ticket === undefined && isAsked;
  if (grant === undefined) needs.push("grant");
  if (lacksTicket) needs.push("ticket");
  // An object that is not here does not say whose it is: its certificate is asked for with it (SPEC OPN-9).
  if (grant === undefined || (readGrant !== undefined && lacksIssuer(readGrant))) needs.push("certificate-of-grant");
  const readTicket = isAsked && ticket !== undefined ? readAs(activationTicketObject, ticket) : undefined;
  if (lacksTicket || (readTicket !== undefined && lacksIssuer(readTicket))) {
    needs.push("certificate-of-ticket");
    // Nor does a certificate: one that is held may be another's, or the one that was renewed. Four at most, or the visit is for nothing.
    if (needs.length < MOST_NEEDS || !holdsBoxIssuer) needs.push("certificate-of-box-issuer");
  }
  return needs;
}

/** Grant and ticket, from the request, what was supplied, or the cache. */
function material(
  build: Build,
  state: CylinderOn,
  request: OpenRequest,
  brought: Readonly<Partial<Record<Need, Uint8Array>>>,
): { readonly grant: Uint8Array | undefined; readonly ticket: Uint8Array | undefined } {
  const known = request.by === "cti" ? cachedGrant(state, request.cti) : undefined;
  const grant =
    request.by === "grant" ? request.grant : (brought.grant ?? (known && pooled(build, state, known.grant)?.bytes));
  const ticket = request.ticket ?? brought.ticket ?? (known && pooled(build, state, known.ticket)?.bytes);
  return { grant, ticket };
}

/** Decision #1, up to the measuring of energy. */
function decide(
  build: Build,
  state: CylinderOn,
  asking: Asked,
  request: OpenRequest,
  brought: Readonly<Partial<Record<Need, Uint8Array>>>,
): Step {
  const door = doorOf(build, state);
  // Never mounted, so there is nothing to decide by (SPEC DEC-2).
  if (door === undefined) return refuseUnproven(state, asking, "door-out-of-service");
  const session = state.session as OpenSession;
  const { grant = new Uint8Array(0), ticket } = material(build, state, request, brought);
  const transcript = { hello: session.hello, challenge: session.answer, updates: session.updates };
  const bytes: OpenBytes = { grant, ticket, proof: request.proof, transcript };
  const { presented, decision } = examineBytes(build, state, door, bytes);
  // SPEC SVC-7: a service proof opens nothing.
  if (decision.verdict === "permit-service") return refuseUnproven(state, asking, "try-again");
  if (decision.verdict === "refuse") return refuse(state, door, asking, decision, presented);
  const waiting: Asked = { ...asking, waitsFor: { kind: "energy", bytes, presented, permit: decision } };
  return step({ ...state, phase: { name: "verifying", asked: waiting } }, { kind: "measure-energy", load: "opening" });
}

/** `examine` with what the door holds and remembers. */
export function examineBytes(
  build: Build,
  state: CylinderOn,
  door: Door,
  bytes: OpenBytes,
): ReturnType<typeof examine> {
  const held = heldKeys(build, state);
  const cti = readAs(grantObject, bytes.grant)?.value.cti;
  const known = cti && cachedGrant(state, cti);
  const kept = known ? [pooled(build, state, known.grant), pooled(build, state, known.ticket)] : [];
  return examine(door, bytes, {
    provider: build.provider,
    fleetId: state.stores.bank.settings.trust.fleetId,
    issuersOf: (kid) => held.filter((key): key is IssuerKey => key.level === "issuer" && equalBytes(key.kid, kid)),
    boxesOf: (kid) => held.filter((key): key is DeviceKey => key.level === "device" && equalBytes(key.kid, kid)),
    seen: (wanted) => kept.find((object) => object !== undefined && equalBytes(object.bytes, wanted))?.digest,
    energy: "enough",
  });
}
