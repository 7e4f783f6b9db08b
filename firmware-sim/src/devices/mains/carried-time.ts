/** The time of a device without a host, from two keys of two holders (SPEC TIM-13), and the grant under which a key speaks. */
import {
  acceptCarriedTime,
  type CarriedTime,
  type CertifiedKey,
  carriedTimeOf,
  equalBytes,
  type Grant,
  grantObject,
  heldSigner,
  type IssuerKey,
  keyId,
  PeerError,
  parseObject,
  pseudonymOf,
  statementOf,
  type TimeAskReply,
  type TimeChallenge,
  timeStatementObject,
  times,
  type Verified,
  verifyByKind,
  verifyChain,
  verifyKeyTimeStatement,
  voidedBy,
} from "@nyckelfri/protocol";
import { isVoid } from "../shared/belief.ts";
import { encodeClock } from "../shared/clock-item.ts";
import { ITEM } from "./holdings.ts";
import type { At, Extension, MainsEffect, MainsOn, SlotAt, Taken } from "./state.ts";
import { drawn } from "./turns.ts";

/** So many keys' words are remembered until another one agrees. */
const HEARD = 8;

/** What a device remembers while it has power. */
export interface TimeHeard {
  /** What single keys have said of the time, one word of each, newest first. */
  readonly heard: readonly CarriedTime[];
}
/** What it remembers of a docked key. */
export interface TimeAsked {
  /** The device's own nonce, for one statement of this key. */
  readonly challenge: TimeChallenge | "none";
}
export const NOTHING_ASKED: TimeAsked = { challenge: "none" };
type Hears = Extension & { readonly work: TimeHeard };

/** SPEC TIM-8: a device at a host never asks keys; one without asks while it has not the time that it could give. */
export function asksKeys<X extends Extension>({ on, tickMs }: At<X>, host: "serial" | "none"): boolean {
  return host === "none" && statementOf(on.holdings.clock, tickMs) === undefined;
}

/** SPEC TIM-3: a nonce of its own for each statement. It leaves with the next question. */
export function challenging<X extends Extension>(
  at: SlotAt<X>,
  on: MainsOn<X> = at.on,
): { readonly on: MainsOn<X>; readonly dock: TimeAsked } {
  const { bytes: nonce, on: after } = drawn<X>(at, on, 16);
  const challenge = { nonce, givenAtTickMs: at.tickMs, lifetimeMs: times.deviceNonceMs };
  return { on: after, dock: { challenge } };
}

/** What the key says sets the clock when it agrees with what another one said; else it is remembered. One alone sets nothing. */
export function takeKeyTime<X extends Hears>(
  at: SlotAt<X>,
  challenge: TimeChallenge,
  reply: TimeAskReply,
): Pick<Taken<X>, "on" | "changes" | "effects"> {
  const { on } = at;
  const word = orNothing(() => wordOf(at, challenge, reply));
  if (word === undefined) return {};
  const { clock } = on.holdings;
  const { heard } = on.work;
  const others = heard.filter(({ answer }) => !equalBytes(answer.source.kid, word.answer.source.kid));
  const outcomes = others.map((before) => acceptCarriedTime(clock, before, word));
  const settled = outcomes.find(({ verdict }) => verdict === "accepted") ?? outcomes.find((one) => one.clock !== clock);
  const isAccepted = settled?.verdict === "accepted";
  const after = { ...on, work: { ...on.work, heard: isAccepted ? [] : [word, ...others].slice(0, HEARD) } };
  if (settled === undefined || settled.clock === clock) return { on: after };
  const effects: readonly MainsEffect<X>[] = isAccepted ? [{ kind: "clear-stop-flag" }] : [];
  return { on: after, changes: new Map([[ITEM.clock, encodeClock(settled.clock)]]), effects };
}

/** SPEC TIM-3: words that were heard, and nonces that were given, before the oscillator stopped. */
export function withoutKeyTimes<X extends Hears & { readonly dock: TimeAsked }>(on: MainsOn<X>): MainsOn<X> {
  const slots = on.slots.map((slot) =>
    slot.phase === "talking" || slot.phase === "resting" ? { ...slot, dock: { ...slot.dock, ...NOTHING_ASKED } } : slot,
  );
  return { ...on, slots, work: { ...on.work, heard: [] } };
}

/** Of this key, under its own verified grant, which no list voids. Throws `PeerError`s for what does not verify. */
function wordOf<X extends Extension>(
  at: SlotAt<X>,
  challenge: TimeChallenge,
  reply: TimeAskReply,
): CarriedTime | undefined {
  const shown = shownGrant(at, reply);
  if (shown === undefined || reply.statement === undefined) return undefined;
  const { trust } = at.on.holdings;
  const by = { signer: shown.signer, trust, provider: at.config.provider };
  const stated = verifyKeyTimeStatement(parseObject(timeStatementObject, reply.statement), shown.grant, by);
  return carriedTimeOf(stated, challenge, at.tickMs);
}

export interface ShownGrant {
  readonly grant: Verified<Grant>;
  readonly signer: IssuerKey;
}

/**
 * The grant that a key shows, under a certificate that is held or came beside it. Undefined where there is none for this key, or a
 * list voids it (SPEC TRU-16). A certificate that came beside it opens no epoch (SPEC TRU-8). Throws `PeerError`s for what does not
 * verify, and `trust/issuer-unknown` where its issuer is not known.
 */
export function shownGrant<X extends Extension>(
  at: SlotAt<X>,
  { grant: bytes, certificates = [] }: Pick<TimeAskReply, "grant" | "certificates">,
): ShownGrant | undefined {
  if (bytes === undefined) return undefined;
  const { holdings } = at.on;
  const { trust } = holdings;
  const { provider } = at.config;
  const object = parseObject(grantObject, bytes);
  const brought = certificates.length === 0 ? undefined : verifyChain(certificates, trust, provider);
  const all: readonly CertifiedKey[] = brought === undefined ? holdings.issuers : [...holdings.issuers, brought];
  const signer = heldSigner(object, all, trust.epoch);
  if (signer === "need-certificate") throw new PeerError("trust/issuer-unknown");
  if (signer.level !== "issuer" || isVoid(holdings, signer)) return undefined;
  if (signer.certificate.value.epoch !== trust.epoch) return undefined;
  const isThisKeys = equalBytes(keyId(provider, object.value.cnf.key.x), at.met.welcome.key);
  if (!isThisKeys || isGrantVoid(at, object.value, [signer])) return undefined;
  return { grant: verifyByKind(object, { signer, trust, provider }), signer };
}

/** Does a list that the device holds void this grant (SPEC TRU-16, OBJ-9)? */
export function isGrantVoid<X extends Extension>(
  { on, config: { provider } }: Pick<At<X>, "on" | "config">,
  grant: Grant,
  certified: readonly CertifiedKey[],
): boolean {
  const presented = { grant, provider, holder: pseudonymOf(grant.sub), certified };
  return on.holdings.lists.some(({ value }) => voidedBy(value, presented));
}

/** The result, or nothing where a `PeerError` says what is wrong with what a key said. */
export function orNothing<T>(judge: () => T): T | undefined {
  try {
    return judge();
  } catch (error) {
    if (error instanceof PeerError) return undefined;
    throw error;
  }
}
