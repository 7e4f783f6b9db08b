/** What a key does with each message of dock, activate and store (SPEC 8.2 to 8.4): one function a message, in a table. */
import {
  acceptTime,
  activationTicketObject,
  type Clock,
  deviceProofObject,
  equalBytes,
  type FetchRequest,
  grantObject,
  hasRole,
  issuedFault,
  issueObject,
  type JournalEntry,
  keyJournalObject,
  limits,
  type MessageName,
  PeerError,
  parseObject,
  pinProof,
  type RequestBody,
  readClock,
  requireNotEnded,
  statementOf,
  stepTransfer,
  timeAnswerOf,
  timeSigner,
  timeStatementObject,
  times,
  verifyByKind,
  verifyCollectorProof,
  verifyDeviceProof,
  verifyTimeStatement,
} from "@nyckelfri/protocol";
import { certifiedDevice, certifiedKey, isVoid, longestOf } from "../shared/belief.ts";
import { encodeClock, toldClock } from "../shared/clock-item.ts";
import { draw } from "../shared/pool.ts";
import type { Changes } from "../shared/transactions.ts";
import { deliver as deliverObject } from "./delivering.ts";
import { encodePin, encodeTicket, ITEM, issuerBehind, type PinState } from "./holdings.ts";
import { journalPage, withEntries } from "./journal.ts";
import type { DockExchange, DockSession, KeyConfig, KeyEffect, KeyOn } from "./state.ts";

export interface DockCall {
  readonly config: KeyConfig;
  readonly key: KeyOn;
  readonly session: DockSession;
  readonly tickMs: number;
}

/** The reply leaves when the changes are committed, and the effects follow it. */
export interface Handled<Reply> {
  readonly reply: Reply;
  readonly key?: KeyOn;
  readonly session?: Partial<DockSession>;
  readonly changes?: Changes;
  readonly effects?: readonly KeyEffect[];
}

type NameOf<E extends DockExchange> = E extends DockExchange ? MessageName<E> : never;
export type DockMessage = Exclude<NameOf<DockExchange>, "hello">;
type BodyOf<N extends DockMessage> = {
  [E in DockExchange]: N extends MessageName<E> ? RequestBody<E, N> : never;
}[DockExchange];
type Handler<N extends DockMessage> = (call: DockCall, body: BodyOf<N>) => Handled<object>;

/** SPEC TIM-3, ACT-4. */
const NONCE_LIFETIME_MS = times.keyNonceMs;
const PIN_ATTEMPTS = limits.pinAttempts;
/** How many nonces a key remembers that it has signed over. */
export const REMEMBERED_NONCES = 16;

export const handlers: { readonly [N in DockMessage]: Handler<N> } = {
  chunk: ({ config, session }, body) => {
    const { state: transfer, outcome } = stepTransfer(session.transfer, body, config.provider.sha256);
    if (outcome.kind === "refused") throw new PeerError(outcome.code);
    if (outcome.kind === "progress") return { reply: { received: outcome.received }, session: { transfer } };
    const transferred = { digest: body.digest, bytes: outcome.bytes };
    return { reply: { received: outcome.bytes.length }, session: { transfer, transferred } };
  },

  // SPEC DCK-2, MSG-7, TRU-14, TRU-16.
  prove: ({ config, key, session }, body) => {
    const { trust, clock, pin } = key.holdings;
    const { provider } = config;
    const signer = certifiedDevice(key.holdings, config.provider, body.certificates);
    if (!equalBytes(signer.kid, session.peer.kid)) throw new PeerError("trust/issuer-unknown");
    const { nonce, exchange, transcript } = session;
    const asked = { nonce, exchange, transcript, knownLower: clock.knownLower };
    const proof = parseObject(deviceProofObject, body.proof);
    if (hasRole(signer.certificate.value, "collector")) {
      verifyCollectorProof(proof, { signer, trust, provider }, asked);
      // SPEC ACT-4: five wrong PINs lock a key until it has been in a station.
      const unlocks = exchange === "dock" && pin !== undefined && pin.attempts > 0;
      const changes: Changes = unlocks ? pinChange({ ...pin, attempts: 0 }) : new Map();
      return { reply: {}, session: { proven: "collector" }, changes };
    }
    // A box that gives tickets is no collector: it gets the grant and the PIN's v, and no records.
    const fault =
      exchange === "activate" ? issuedFault(proof.kid, signer, "ticket", undefined, trust.epoch) : "trust/role";
    if (fault !== undefined) throw new PeerError(fault);
    requireNotEnded(signer, clock.knownLower);
    const { publicKey } = signer.certificate.value;
    verifyDeviceProof(proof, { provider, publicKey, fleetId: trust.fleetId }, asked);
    return { reply: {}, session: { proven: "ticket-box" } };
  },

  "time-challenge": ({ config, key, tickMs }) => {
    const { bytes: nonce, pool } = draw(config.provider, key.pool, 16);
    const timeChallenge = { nonce, givenAtTickMs: tickMs, lifetimeMs: NONCE_LIFETIME_MS };
    return { reply: { nonce }, key: { ...key, pool }, session: { timeChallenge } };
  },

  // SPEC DCK-3, TIM-3 to TIM-8. The nonce is used up whatever comes of it.
  time: ({ config, key, session, tickMs }, body) => {
    const { trust, clock } = key.holdings;
    const { provider } = config;
    const { timeChallenge } = session;
    if (timeChallenge === "none") throw new PeerError("messages/out-of-turn");
    const object = parseObject(timeStatementObject, body.statement);
    const held = timeSigner(object, key.holdings.issuers);
    const signer = body.certificates === undefined ? held : certifiedKey(key.holdings, provider, body.certificates);
    if (signer === undefined) throw new PeerError("trust/issuer-unknown");
    const stated = verifyTimeStatement(object, { signer, trust, provider });
    const source = stated.source.kid;
    const judged = isVoid(key.holdings, signer)
      ? ({ verdict: "source", clock } as const)
      : acceptTime(clock, timeChallenge, timeAnswerOf(stated, tickMs));
    const reading = readClock(judged.clock, tickMs);
    const reply = { verdict: judged.verdict, clock: toldClock(reading) };
    if (judged.verdict === "accepted") {
      const told = reply.clock;
      const said = told.quality === "running" ? told : { lo: judged.clock.knownLower, widthSeconds: 0xffff };
      const entry: JournalEntry = { kind: "time-accepted", source, lo: said.lo, widthSeconds: said.widthSeconds };
      return {
        reply,
        session: { timeChallenge: "none" },
        changes: recorded(config, key, [entry], judged.clock),
        effects: [{ kind: "clear-stop-flag" }, { kind: "signal", signal: "time-taken" }],
      };
    }
    const isNew = session.refusedTime === "not-journaled" || judged.clock !== clock;
    const entries: readonly JournalEntry[] = isNew ? [{ kind: "time-refused", source, reason: judged.verdict }] : [];
    return {
      reply,
      session: { timeChallenge: "none", refusedTime: "journaled" },
      changes: isNew ? recorded(config, key, entries, judged.clock) : new Map(),
      effects: judged.verdict === "conflict" ? [{ kind: "signal", signal: "clock" }] : [],
    };
  },

  deliver: ({ config, key, session, tickMs }, body) => {
    const { bytes: random, pool } = draw(config.provider, key.pool, 32);
    const from = session.exchange === "dock" && session.proven === "collector" ? "station" : "elsewhere";
    const { holdings, memory } = key;
    const makesRoom = session.proven === "nothing" ? "for-nobody" : "for-it";
    const { outcome, changes } = deliverObject(
      { config, holdings, items: memory.items, tickMs, from, makesRoom, random },
      body.object,
    );
    const effects: KeyEffect[] = changes.has(ITEM.holder) ? [{ kind: "signal", signal: "grant-loaded" }] : [];
    return { reply: { outcome }, key: { ...key, pool }, changes, effects };
  },

  // SPEC OBJ-16, OPN-16: a page that was signed in this session is sent again, and pages are asked for in order.
  journal: ({ config, key, session }, { from }) => {
    const { holdings, memory } = key;
    requireCollector(session);
    const { journalPage: signed } = session;
    const replyOf = (journal: Uint8Array | "nothing") => ({ reply: journal === "nothing" ? {} : { journal } });
    if (signed !== "none" && signed.from === from) return replyOf(signed.reply);
    if (signed !== "none" && from < signed.from) throw new PeerError("messages/out-of-turn");
    const page = journalPage(config.provider, memory.items, holdings.journal, from);
    if (page === undefined) return replyOf("nothing");
    requireCharge(key);
    const value = { ...page, nonce: session.peer.nonce };
    const reply = issueObject(keyJournalObject, value, holdings.signer).bytes;
    return { ...replyOf(reply), session: { journalPage: { from: page.first, reply } } };
  },

  carried: ({ key, session }, { index }) => {
    requireCollector(session);
    const segment = key.holdings.segments[index];
    return { reply: segment === undefined ? {} : { segment: segment.bytes } };
  },

  // SPEC DCK-8.
  "pin-enrol": ({ config, key, session }, { pin: digits }) => {
    requireCollector(session);
    const { pin, key: drawn } = pinOf(config, key);
    const v = pinProof(config.provider, pin.pepper, digits);
    return { reply: { v }, key: drawn, changes: key.holdings.pin === undefined ? pinChange(pin) : new Map() };
  },

  grant: ({ key }) => {
    const [current] = key.holdings.grants;
    return { reply: current === undefined ? {} : { grant: current.bytes } };
  },

  // SPEC ACT-2, ACT-4: the attempt is counted, durably, before v leaves.
  pin: ({ config, key }, { pin: digits }) => {
    const { pin, key: drawn } = pinOf(config, key);
    if (pin.attempts >= PIN_ATTEMPTS) {
      return { reply: { attemptsLeft: 0 }, effects: [{ kind: "signal", signal: "pin-locked" }] };
    }
    const counted = { ...pin, attempts: pin.attempts + 1 };
    const v = pinProof(config.provider, pin.pepper, digits);
    return {
      reply: { attemptsLeft: PIN_ATTEMPTS - counted.attempts, v },
      key: drawn,
      session: { verdict: "due" },
      changes: pinChange(counted),
    };
  },

  activate: ({ config, key, session }, body) => {
    const { holdings } = key;
    const { provider } = config;
    const signer = certifiedDevice(holdings, config.provider, body.certificates);
    if (!equalBytes(signer.kid, session.peer.kid)) return { reply: { outcome: "refused" } };
    const object = parseObject(activationTicketObject, body.ticket);
    const ticket = verifyByKind(object, { signer, trust: holdings.trust, provider });
    const bound = holdings.grants.some(({ bytes }) => equalBytes(provider.sha256(bytes), ticket.value.grantDigest));
    if (!bound) return { reply: { outcome: "other-grant" } };
    const entry: JournalEntry = { kind: "activation", box: signer.kid, outcome: "activated" };
    const changes = new Map(recorded(config, key, [entry], holdings.clock));
    changes.set(ITEM.ticket, encodeTicket(ticket.bytes, body.certificates));
    if (holdings.pin !== undefined) changes.set(ITEM.pin, encodePin({ ...holdings.pin, attempts: 0 }));
    return {
      reply: { outcome: "activated" },
      session: { verdict: "not-due" },
      changes,
      effects: [{ kind: "signal", signal: "activated" }],
    };
  },

  "pin-verdict": ({ config, key, session }, { verdict }) => {
    const signal = verdict === "locked" ? "pin-locked" : "wrong-pin";
    const effects: KeyEffect[] = [{ kind: "signal", signal }];
    if (session.verdict === "not-due") return { reply: {}, effects };
    const entry: JournalEntry = { kind: "activation", box: session.peer.kid, outcome: verdict };
    const changes = recorded(config, key, [entry], key.holdings.clock);
    return { reply: {}, session: { verdict: "not-due" }, changes, effects };
  },

  // SPEC TIM-13: a key's word, under its grant, once for each nonce.
  "time-ask": ({ key, tickMs }, { nonce }) => {
    const { holdings } = key;
    const [grant] = holdings.grants;
    const reading = readClock(holdings.clock, tickMs);
    const stated = statementOf(holdings.clock, tickMs);
    const isRepeated = key.answeredNonces.some((one) => equalBytes(one, nonce));
    if (grant === undefined || stated === undefined || reading.quality !== "running") return { reply: {} };
    const { lo, hi } = reading.interval;
    const vouches = grant.value.iat <= lo && hi <= grant.value.exp;
    if (isRepeated || !vouches || key.battery === "empty") return { reply: {} };
    const issuer = issuerBehind(holdings, grantObject, grant);
    const value = { nonce, ...stated, source: "key" } as const;
    const { bytes: statement } = issueObject(timeStatementObject, value, holdings.signer);
    const certificates = issuer === undefined ? {} : { certificates: [issuer.certificate.bytes] };
    return { reply: { statement, grant: grant.bytes, ...certificates }, key: remembering(key, nonce) };
  },

  fetch: ({ key }, body) => {
    const object = handedOut(key.holdings, body);
    return { reply: object === undefined ? {} : { object } };
  },

  // SPEC STO-1.
  "check-in": ({ key, session }) => {
    const { checkIn } = session;
    if (checkIn !== "none") return { reply: { proof: checkIn } };
    requireCharge(key);
    const value = { nonce: session.peer.nonce, exchange: session.exchange };
    const { bytes: proof } = issueObject(deviceProofObject, value, key.holdings.signer, [session.transcript]);
    return { reply: { proof }, session: { checkIn: proof } };
  },

  "check-out": ({ key }) => {
    const isWeak = key.battery === "critical" || key.battery === "empty";
    return { reply: { outcome: isWeak ? "battery" : "ready" } };
  },
};

/** SPEC ACT-8, TRU-15. */
function handedOut(
  { lists, certificates, transitions }: KeyOn["holdings"],
  asked: FetchRequest,
): Uint8Array | undefined {
  switch (asked.wanted) {
    case "list":
      return lists.find(({ value }) => value.list === asked.list)?.bytes;
    case "certificate": {
      const keys = certificates.map(({ key }) => key);
      return longestOf(keys, asked)?.certificate.bytes;
    }
    case "root-transition":
      return transitions.find(({ value }) => value.epoch > asked.aboveEpoch)?.bytes;
  }
}

/** The key that has signed, or is about to sign, over a nonce. */
export function remembering(key: KeyOn, nonce: Uint8Array): KeyOn {
  return { ...key, answeredNonces: [nonce, ...key.answeredNonces].slice(0, REMEMBERED_NONCES) };
}

/** Journal entries, after those that are not written yet, and in the same commit what the clock is from now on. */
export function recorded(config: KeyConfig, key: KeyOn, entries: readonly JournalEntry[], clock: Clock): Changes {
  return new Map([...journaled(config, key, entries), [ITEM.clock, encodeClock(clock)]]);
}

export function journaled(
  { provider, quotas }: KeyConfig,
  { holdings, memory, unwritten }: KeyOn,
  entries: readonly JournalEntry[],
): Changes {
  const all = [...unwritten, ...entries];
  return withEntries(provider, memory.items, holdings.journal, all, quotas.journalEntries);
}

function requireCollector({ proven }: DockSession): void {
  if (proven !== "collector") throw new PeerError("messages/out-of-turn");
}

/** SPEC BAT-1: empty, it signs nothing. Why, the welcome has told (SPEC DCK-1). */
function requireCharge({ battery }: KeyOn): void {
  if (battery === "empty") throw new PeerError("messages/out-of-turn");
}

function pinChange(pin: PinState): Changes {
  return new Map([[ITEM.pin, encodePin(pin)]]);
}

/** The pepper is made when it is first needed, and again for a new holder. */
function pinOf(config: KeyConfig, key: KeyOn): { readonly pin: PinState; readonly key: KeyOn } {
  if (key.holdings.pin !== undefined) return { pin: key.holdings.pin, key };
  const { bytes: pepper, pool } = draw(config.provider, key.pool, 32);
  return { pin: { pepper, attempts: 0 }, key: { ...key, pool } };
}
