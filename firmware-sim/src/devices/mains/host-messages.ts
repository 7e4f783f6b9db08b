/** What a station, box or cabinet does with each message of `serve` (SPEC 8.5, 8.6): one function a message, in a table. */
import {
  acceptTime,
  type DecoderCounters,
  encode,
  enrolmentObject,
  equalBytes,
  hostCommandObject,
  issueObject,
  type MessageName,
  noFleet,
  PeerError,
  parseObject,
  type ReplyBody,
  type RequestBody,
  type ResponderCounters,
  readClock,
  stepTransfer,
  timeAnswerOf,
  timeSigner,
  timeStatementObject,
  times,
  verifyHostCommand,
  verifyTimeStatement,
} from "@nyckelfri/protocol";
import { certifiedDevice, certifiedKey, isVoid } from "../shared/belief.ts";
import { encodeClock, toldClock } from "../shared/clock-item.ts";
import { commissionChanges, deliverToCore, transferChanges } from "./delivering.ts";
import { encodeNumber, type Holdings, ITEM } from "./holdings.ts";
import { servesTime } from "./own-certificates.ts";
import type { At, Extension, Handled, HostAt, HostSession } from "./state.ts";
import { TOLD_AS } from "./tables.ts";
import { drawn } from "./turns.ts";

export interface HostCall<X extends Extension> extends HostAt<X> {
  readonly session: HostSession;
  /** Body of the request as it was encoded, also one that came in chunks. */
  readonly body: Uint8Array;
}
export type HostMessage = Exclude<MessageName<"serve">, "hello">;
type Handler<X extends Extension, N extends HostMessage> = (
  call: HostCall<X>,
  body: RequestBody<"serve", N>,
) => Handled<X, ReplyBody<"serve", N> | (N extends "command" ? "later" : never)>;

/** Most certificates that an `info` tells of. */
const TOLD_CERTIFICATES = 8;

export function hostHandlers<X extends Extension>(): { readonly [N in HostMessage]: Handler<X, N> } {
  return {
    chunk: ({ config, session }, body) => {
      const { state: transfer, outcome } = stepTransfer(session.transfer, body, config.provider.sha256);
      if (outcome.kind === "refused") throw new PeerError(outcome.code);
      if (outcome.kind === "progress") return { reply: { received: outcome.received }, session: { transfer } };
      const transferred = { digest: body.digest, bytes: outcome.bytes };
      return { reply: { received: outcome.bytes.length }, session: { transfer, transferred } };
    },

    info: (call) => {
      const { on, config, tickMs, plan } = call;
      const { holdings } = on;
      const { held, room } = plan.host.bundles(call);
      return {
        reply: {
          serial: config.serial,
          epoch: holdings.trust.epoch,
          clock: toldClock(readClock(holdings.clock, tickMs)),
          certificates: toldCertificates(holdings),
          bundles: held,
          bundleRoom: room,
          floor: holdings.floor.value,
        },
      };
    },

    counters: ({ on }) => ({ reply: { counters: countersOf(on.host.line, on.host.responder.counters) } }),

    // SPEC SRV-1: 1 memory, 2 clock, 3 cryptography, 4 contacts.
    "self-test": (call) => ({ reply: { checks: selfTest(call) } }),

    docks: ({ on }) => ({ reply: { slots: on.slots.map(({ phase }, slot) => [slot, TOLD_AS[phase]] as const) } }),

    // SPEC TIM-3: the nonce lives 10 s, for one statement; it is in no memory that outlives power.
    "time-challenge": (call) => {
      const { bytes: nonce, on } = drawn(call, call.on, 16);
      const lifetimeMs = times.deviceNonceMs;
      const timeChallenge = { nonce, givenAtTickMs: call.tickMs, lifetimeMs, takes: "issuer" } as const;
      return { reply: { nonce }, on, session: { timeChallenge } };
    },

    // SPEC TIM-6, TIM-8: no host sets a clock, it only carries an issuer's word over this device's own nonce.
    time: ({ on, config, session, tickMs }, body) => {
      const { holdings } = on;
      const { provider } = config;
      const { timeChallenge } = session;
      if (timeChallenge === "none") throw new PeerError("messages/out-of-turn");
      const object = parseObject(timeStatementObject, body.statement);
      const held = timeSigner(object, holdings.issuers);
      const { trust } = holdings;
      const signer = body.certificates === undefined ? held : certifiedKey(holdings, provider, body.certificates);
      if (signer === undefined) throw new PeerError("trust/issuer-unknown");
      const stated = verifyTimeStatement(object, { signer, trust, provider });
      const judged = isVoid(holdings, signer)
        ? ({ verdict: "source", clock: holdings.clock } as const)
        : acceptTime(holdings.clock, timeChallenge, timeAnswerOf(stated, tickMs));
      const reply = { verdict: judged.verdict, clock: toldClock(readClock(judged.clock, tickMs)) };
      const used = { timeChallenge: "none" } as const;
      if (judged.clock === holdings.clock) return { reply, session: used };
      const changes = new Map([[ITEM.clock, encodeClock(judged.clock)]]);
      const isAccepted = judged.verdict === "accepted";
      return { reply, session: used, changes, effects: isAccepted ? [{ kind: "clear-stop-flag" }] : [] };
    },

    deliver: (call, { object }) => {
      const core = deliverToCore(call, object);
      if (core !== undefined) {
        const { outcome, changes } = core;
        // Something that docked keys lack too.
        return { reply: { outcome }, changes };
      }
      return call.plan.host.deliver(call, object) ?? { reply: { outcome: "refused" } };
    },

    bundle: (call, body) => call.plan.host.bundle(call, body),

    acknowledge: (call, { cursor }) => call.plan.host.acknowledge(call, cursor),

    // SPEC SVC-2, OBJ-18.
    enrol: ({ on, config, plan }, { nonce }) => {
      const { publicKey, signer } = on.holdings;
      const { serial: serialNumber, firmware } = config;
      const value = { publicKey, serialNumber, deviceKind: plan.kind, firmware, nonce };
      return { reply: { enrolment: issueObject(enrolmentObject, value, { ...signer, fleetId: noFleet() }).bytes } };
    },

    // SPEC SVC-3: in factory state only; the same bytes again are done already.
    commission: (call, request) => {
      const { lifecycle, commission } = call.on.holdings;
      const digest = call.config.provider.sha256(call.body);
      if (lifecycle === "factory") return { reply: {}, changes: commissionChanges(call, request, digest) };
      if (commission !== "none" && equalBytes(commission, digest)) return { reply: {} };
      throw new PeerError("messages/out-of-turn");
    },

    // SPEC TRU-10.
    transfer: ({ on, session, plan }, { transfer }) => {
      const { holdings, memory } = on;
      if (holdings.lifecycle === "factory") throw new PeerError("messages/out-of-turn");
      return {
        reply: {},
        changes: transferChanges(holdings, memory.items.keys(), session.nonce, transfer, plan.stays),
      };
    },

    // SPEC SRV-2, OBJ-19, TRU-14.
    command: (call, { command, certificates }) => {
      const { on, config, session } = call;
      const { trust, signer: self, clock } = on.holdings;
      const signer = certifiedDevice(on.holdings, config.provider, certificates);
      const { value } = verifyHostCommand(
        parseObject(hostCommandObject, command),
        { signer, trust, provider: config.provider },
        {
          device: self.kid,
          nonce: session.nonce,
          lastSequence: session.lastSequence,
          transcript: session.transcript,
          knownLower: clock.knownLower,
        },
      );
      const handled = carriedOut(call, value.command);
      return { ...handled, session: { ...handled.session, lastSequence: value.sequence } };
    },
  };
}

function carriedOut<X extends Extension>(
  call: HostCall<X>,
  command: Parameters<HostCall<X>["plan"]["host"]["command"]>[1],
): Handled<X, ReplyBody<"serve", "command"> | "later"> {
  if (command.kind !== "configure" || command.setting !== "serve-time") return call.plan.host.command(call, command);
  if (command.value > 1) return { reply: { outcome: "refused" } };
  return { reply: { outcome: "done" }, changes: settingChange("serve-time", command.value) };
}

/** The commit that sets what a certified host configures. */
export function settingChange(
  name: Parameters<typeof ITEM.setting>[0],
  value: number,
): ReadonlyMap<string, Uint8Array> {
  return new Map([[ITEM.setting(name), encodeNumber(value)]]);
}

/** Own ones first: a host renews them. */
function toldCertificates({ own, issuers }: Holdings): readonly (readonly [Uint8Array, number])[] {
  return [...own, ...issuers]
    .map(({ kid, certificate }) => [kid, certificate.value.exp] as const)
    .slice(0, TOLD_CERTIFICATES);
}

const LINE_COUNTERS: readonly (keyof DecoderCounters)[] = [
  ...(["bytesReceived", "bytesDiscarded", "framesAccepted", "emptyFrames"] as const),
  ...(["discardedOversize", "discardedCobs", "discardedShort", "discardedCrc", "discardedVersion"] as const),
  ...(["discardedKind", "discardedSessionZero", "discardedUnfinished"] as const),
];
const RESPONDER_COUNTERS: readonly (keyof ResponderCounters)[] = [
  ...(["requestsHandled", "repliesRepeated", "busySent", "sequenceReused", "sequenceGap", "staleHello"] as const),
  ...(["otherSession", "otherVersion", "unexpectedKind", "staleAnswers"] as const),
  ...(["notificationsSent", "notificationsDropped"] as const),
];

/** In the order of registry.json, `counters`; those of the line are 0 where nobody has told them. */
export function countersOf(line: DecoderCounters | "untold", responder: ResponderCounters): readonly number[] {
  return [
    ...LINE_COUNTERS.map((name) => (line === "untold" ? 0 : line[name])),
    ...RESPONDER_COUNTERS.map((name) => responder[name]),
  ];
}

function selfTest<X extends Extension>({ on, config, tickMs }: At<X>): readonly (readonly [number, boolean])[] {
  const { provider } = config;
  const { holdings, slots } = on;
  const message = encode("nyckelfri self-test");
  const signature = provider.sign(holdings.signer.seed, message);
  return [
    [1, on.memory.items.get(ITEM.seed) !== undefined],
    [2, readClock(holdings.clock, tickMs).quality === "running"],
    [3, provider.verify(holdings.publicKey, message, signature)],
    [4, slots.every(({ phase }) => phase !== "fault")],
  ];
}

/** SPEC SRV-5: what is true now. A device without the time does not say that it has it. */
export function capabilitiesOf<X extends Extension>({ plan, on, tickMs }: At<X>): HostSession["capabilities"] {
  const time = servesTime(on.holdings, tickMs) ? (["time"] as const) : [];
  return [...time, ...plan.capabilities, "self-test"];
}
