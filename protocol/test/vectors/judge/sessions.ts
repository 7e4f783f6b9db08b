// Judges of sessions.json, transfers.json and orders.json: what happens between the two ends of a link, step by step.
import { decodeAs, encodeAs } from "#src/cbor/schema.ts";
import { CallerError, PeerError } from "#src/errors.ts";
import { NO_TRANSFER, stepTransfer } from "#src/framing/chunks.ts";
import { encodeFrame, type Frame } from "#src/framing/frame.ts";
import { FrameDecoder } from "#src/framing/frame-decoder.ts";
import { newRequester, type RequesterEffect, type RequesterInput, stepRequester } from "#src/framing/requester.ts";
import {
  newResponder,
  type ResponderConfig,
  type ResponderEffect,
  type ResponderInput,
  stepResponder,
} from "#src/framing/responder.ts";
import { decodeError } from "#src/messages/answers.ts";
import { bodySchemas } from "#src/messages/bodies.ts";
import type { Transferred } from "#src/messages/chunk.ts";
import { decodeLargeRequest, encodeLargeRequest, messageNumbered, messagesOf } from "#src/messages/message-table.ts";
import { type Answer, afterAnswer, newSession } from "#src/messages/session.ts";
import { coarseResults } from "#src/registry.ts";
import { bytes, hex, type Judge, type Judged, plain, type Vector } from "./outsider.ts";

const config: ResponderConfig = {
  busyMessages: messagesOf("open").flatMap(({ number, busy }) => (busy === "allowed" ? [number] : [])),
  busyMilliseconds: 50,
};

/** Both versions pass the decoder, so that the session and not the decoder has to refuse the other one. */
function frameOf(wire: string): Frame {
  const [event] = [...new FrameDecoder({ oldest: 1, newest: 2 }).push(bytes(wire))];
  if (event?.kind !== "frame") throw new RangeError(`no frame: ${wire}`);
  return event.frame;
}

const written = (effects: readonly (ResponderEffect | RequesterEffect)[]): readonly string[] =>
  effects.flatMap((effect) => (effect.kind === "write" ? [hex(effect.bytes)] : []));

/** About the last step of a trace. */
const lastSays = (reason: string | undefined): Judged =>
  reason === undefined ? { valid: true } : { valid: false, reason };

/** Message 4 without a body, the `count` first requests of a session. */
const emptyRequests = (session: number, count: number): readonly Frame[] =>
  Array.from({ length: count }, (_, index) => {
    return { version: 1, kind: "request", message: 4, session, sequence: index + 1, body: new Uint8Array() };
  });

function responderTrace({ steps }: Vector): Judged {
  let state = newResponder();
  let last: string | undefined;
  const found = steps.map((step: Vector) => {
    if (step.requests !== undefined && state.at.phase === "ready") {
      let handled = 0;
      for (const frame of emptyRequests(state.at.session, step.requests)) {
        const { session, sequence, body } = frame;
        const asked = stepResponder(config, state, { kind: "received", frame });
        const answer = { kind: "answer", session, sequence, outcome: "reply", body } as const;
        const stepped = stepResponder(config, asked.state, answer);
        state = stepped.state;
        const wanted = hex(encodeFrame({ ...frame, kind: "reply" }));
        if (asked.effects[0]?.kind === "handle" && written(stepped.effects)[0] === wanted) handled++;
      }
      return { requests: handled };
    }
    const stepped = stepResponder(config, state, responderInput(step.in));
    state = stepped.state;
    const out = written(stepped.effects);
    let event: unknown = null;
    for (const effect of stepped.effects) {
      if (effect.kind === "write") continue;
      const { kind, ...rest } = effect;
      event = { handle: plain({ ...rest, sequence: kind === "handle" ? effect.sequence : 0 }) };
    }
    last = event === null ? faultOf(out) : undefined;
    return { in: step.in, out, event };
  });
  return { steps: found, ...lastSays(last) };
}

/** An error of framing itself; an error of the application is as good an answer as any. */
function faultOf([out]: readonly string[]): string | undefined {
  if (out === undefined) return "dropped";
  const { kind, message, body } = frameOf(out);
  if (kind !== "reply" || message !== 1) return undefined;
  const { code } = decodeError(body);
  return code.startsWith("framing/") ? code : undefined;
}

function responderInput({ receive, answer, defer, notify }: Vector): ResponderInput {
  if (receive !== undefined) return { kind: "received", frame: frameOf(receive) };
  if (answer !== undefined) return { kind: "answer", ...answer, body: bytes(answer.body) };
  if (defer !== undefined) return { kind: "defer", ...defer };
  return { kind: "notify", ...notify, body: bytes(notify.body) };
}

function requesterTrace({ steps, timing: given }: Vector): Judged {
  const { replyMs, busyMs, retries, busyReplies } = given;
  const timing = { replyMilliseconds: replyMs, busyMilliseconds: busyMs, retries, busyReplies };
  let state = newRequester();
  let last: string | undefined;
  const inputOf = ({ open, request, receive }: Vector): RequesterInput => {
    if (open !== undefined) return { kind: "open", ...open, body: bytes(open.body), timing };
    if (request !== undefined) return { kind: "request", ...request, body: bytes(request.body), timing };
    if (receive !== undefined) return { kind: "received", frame: frameOf(receive) };
    return { kind: "timeout", timer: state.timer };
  };
  const found = steps.map((step: Vector) => {
    if (step.requests !== undefined && state.at.phase === "ready") {
      let answered = 0;
      for (const frame of emptyRequests(state.at.session, step.requests)) {
        const { message, body } = frame;
        const asked = stepRequester(state, { kind: "request", message, body, timing });
        const stepped = stepRequester(asked.state, { kind: "received", frame: { ...frame, kind: "reply" } });
        state = stepped.state;
        const isAnswered = stepped.effects.some(({ kind }) => kind === "answered");
        if (isAnswered && written(asked.effects)[0] === hex(encodeFrame(frame))) answered++;
      }
      return { requests: answered };
    }
    let effects: readonly RequesterEffect[];
    try {
      ({ state, effects } = stepRequester(state, inputOf(step.in)));
    } catch (error) {
      if (!(error instanceof CallerError)) throw error;
      last = error.code;
      return { in: step.in, out: [], event: { refused: error.code }, wait: null };
    }
    const out = written(effects);
    let wait: number | null = null;
    let event: unknown = null;
    last = effects.length === 0 ? "dropped" : undefined;
    for (const effect of effects) {
      if (effect.kind === "set-timer") wait = effect.milliseconds;
      if (effect.kind === "failed" && out.length === 0) last = effect.reason;
      if (effect.kind === "failed" || effect.kind === "answered" || effect.kind === "notified") {
        const { kind, ...rest } = effect;
        event = { [kind]: plain(rest) };
      }
    }
    return { in: step.in, out, event, wait };
  });
  return { steps: found, ...lastSays(last) };
}

export const sessions: Judge = (vector) =>
  vector.side === "responder" ? responderTrace(vector) : requesterTrace(vector);

export const transfers: Judge = ({ exchange, steps }, provider) => {
  const sha256 = (content: Uint8Array): Uint8Array => provider.sha256(content);
  let state = NO_TRANSFER;
  let transferred: Transferred | undefined;
  let last: string | undefined;
  const found = steps.map(({ message, body }: Vector) => {
    last = undefined;
    try {
      const request = decodeLargeRequest(exchange, message, bytes(body), transferred);
      transferred = undefined;
      if (request.name !== "chunk") {
        const form = encodeLargeRequest(exchange, request.name as never, request.body as never, sha256);
        return { message, body, taken: hex(form.kind === "chunked" ? form.transfer : form.body) };
      }
      const chunk = decodeAs(bodySchemas["chunk-request"], bytes(body));
      const step = stepTransfer(state, chunk, sha256);
      state = step.state;
      if (step.outcome.kind === "refused") {
        last = step.outcome.code;
        return { message, body, error: last };
      }
      const { outcome } = step;
      if (outcome.kind === "complete") transferred = { digest: chunk.digest, bytes: outcome.bytes };
      const received = outcome.kind === "complete" ? chunk.total : outcome.received;
      return { message, body, reply: hex(encodeAs(bodySchemas["chunk-reply"], { received })) };
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      last = error.code;
      return { message, body, error: last };
    }
  });
  return { steps: found, ...lastSays(last) };
};

export const orders: Judge = ({ exchange, steps }) => {
  let state = newSession(exchange);
  const found = steps.map(({ number, answer }: Vector) => {
    try {
      const { name } = messageNumbered(exchange, number);
      const step = afterAnswer(state, name as never, answerOf(answer));
      if (step.kind === "goes-on") state = step.state;
      return { message: name, number, answer, verdict: step.kind === "goes-on" ? "allowed" : step.code };
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      return { number, answer, verdict: error.code };
    }
  });
  const { verdict } = found.at(-1);
  return { steps: found, ...lastSays(verdict === "allowed" ? undefined : verdict) };
};

function answerOf(answer: Vector): Answer<never> {
  if (answer === "error") return { outcome: "error" };
  return { outcome: "reply", body: bodyOf(answer) as never };
}

function bodyOf({ result, needs }: Vector): unknown {
  if (needs !== undefined) return { kind: "needs", needs };
  return result === undefined
    ? {}
    : { kind: "result", result: coarseResults.find(({ number }) => number === result)?.name };
}
