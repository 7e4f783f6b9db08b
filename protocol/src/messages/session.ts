/**
 * What may be asked when in a session, for both sides: one row for each message of each exchange. A responder looks before it
 * handles a request, a requester before it sends one, and both note the answer.
 *
 * A row names the mark that must have been set (`after`), the one that must not (`before`), how often the message may be
 * answered, and what its answer sets. Everything but hello comes after a hello that was not answered by an error.
 */
import type { ExchangeName } from "../objects/device-proof.ts";
import type { CoarseResultName } from "../objects/key-journal.ts";
import { limits } from "../registry.ts";
import type { MessageName, ReplyBody } from "./message-table.ts";

/** What has happened in a session. */
export type Mark =
  | "greeted"
  /** `open` or `lifecycle` was answered, in whatever way: what they decide from must not change any more. */
  | "asked"
  /** The cylinder said what it lacks. */
  | "needs"
  | "supplied"
  /** The result was 0. */
  | "opened"
  /** The result was 0 or 4. */
  | "collectable"
  /** The station, box or cabinet has shown who it is. */
  | "proven"
  /** A nonce for one TimeStatement is out. */
  | "time-challenged"
  | "pin-answered";

export interface SessionState<E extends ExchangeName = ExchangeName> {
  readonly exchange: E;
  readonly marks: readonly Mark[];
  /** How often each message was answered by a reply, where that is bounded. */
  readonly answered: Readonly<Record<string, number>>;
}

/** How a request ended: with its reply, or with `error`. */
export type Answer<Body> = { readonly outcome: "reply"; readonly body: Body } | { readonly outcome: "error" };

/** Why a request is not made or handled, or an answer not taken. The session stands as it stood. */
export type SessionRefusal = "messages/out-of-turn" | "messages/asked-again";

interface Row<Body> {
  readonly after?: Mark;
  readonly before?: Mark;
  readonly atMost?: number;
  readonly sets?: (answer: Answer<Body>) => readonly Mark[] | SessionRefusal;
  readonly clears?: Mark;
}

type Rows<E extends ExchangeName> = { readonly [N in MessageName<E>]: Row<ReplyBody<E, N>> };

const free: Row<unknown> = {};
/** Set by a reply, and not by an error. */
const onReply =
  (mark: Mark) =>
  ({ outcome }: Answer<unknown>): readonly Mark[] =>
    outcome === "reply" ? [mark] : [];
const hello: Row<unknown> = { before: "greeted", sets: onReply("greeted") };
/** SPEC TIM-3: a nonce is for one statement, whatever comes of it. */
const time: Row<unknown> = { after: "time-challenged", clears: "time-challenged" };
const timeChallenge: Row<unknown> = { sets: onReply("time-challenged") };
/** SPEC MSG-7, PRV-2: journal, segments, grant and v are for a device that has proven itself. */
const confidential: Row<unknown> = { after: "proven" };

/** SPEC OPN-15: a grant may give the right to collect and none to open; whether this one does, the door decides. */
function marksOf(result: CoarseResultName): readonly Mark[] {
  if (result === "opened") return ["opened", "collectable"];
  return result === "not-permitted-now" ? ["collectable"] : [];
}

const docking = {
  hello,
  chunk: free,
  prove: { sets: onReply("proven") },
  "time-challenge": timeChallenge,
  time,
  deliver: free,
  journal: confidential,
  carried: confidential,
};

const rows: { readonly [E in ExchangeName]: Rows<E> } = {
  open: {
    hello,
    // SPEC OPN-7: before the decision, three at most.
    update: { before: "asked", atMost: limits.updatesPerSession },
    // SPEC OPN-16: one in a session, also if it ended in an error.
    open: {
      before: "asked",
      sets: (answer) => {
        if (answer.outcome === "error") return ["asked"];
        if (answer.body.kind === "needs") return ["asked", "needs"];
        return ["asked", ...marksOf(answer.body.result)];
      },
    },
    // SPEC OPN-9, TRU-11: one round.
    supply: {
      after: "needs",
      before: "supplied",
      sets: (answer) => {
        if (answer.outcome === "error") return ["supplied"];
        if (answer.body.kind === "needs") return "messages/asked-again";
        return ["supplied", ...marksOf(answer.body.result)];
      },
    },
    // SPEC OPN-15, OPN-17: nothing of this before the door is open; but a log may be collected by who may not open.
    collect: { after: "collectable" },
    receipt: { after: "opened" },
    fetch: { after: "opened" },
  },
  dock: { ...docking, "pin-enrol": confidential },
  activate: {
    ...docking,
    grant: confidential,
    pin: { after: "proven", sets: onReply("pin-answered") },
    activate: { after: "pin-answered" },
    "pin-verdict": { after: "pin-answered" },
    "time-ask": confidential,
    // SPEC ACT-8: lists and certificates say nothing of the holder.
    fetch: free,
  },
  store: {
    ...docking,
    grant: confidential,
    "time-ask": confidential,
    fetch: free,
    "check-in": free,
    "check-out": free,
  },
  serve: {
    hello,
    chunk: free,
    "time-challenge": timeChallenge,
    time,
    deliver: free,
    info: free,
    counters: free,
    "self-test": free,
    docks: free,
    bundle: free,
    command: free,
    acknowledge: free,
    enrol: free,
    commission: free,
    transfer: free,
  },
  service: {
    hello,
    chunk: free,
    // SPEC SVC-4: before the decision, and more than at an opening: a dismounted door holds no certificate and no list.
    update: { before: "asked", atMost: limits.updatesPerService },
    enrol: free,
    commission: free,
    lifecycle: { sets: () => ["asked"] },
    transfer: free,
  },
};

/** A session in which nothing has been said. */
export function newSession<E extends ExchangeName>(exchange: E): SessionState<E> {
  return { exchange, marks: [], answered: {} };
}

/** Whether a request may be made now; a responder answers the refusal as `error`, and does nothing else (SPEC MSG-2). */
export function mayAsk<E extends ExchangeName>(
  state: SessionState<E>,
  name: MessageName<E>,
): "allowed" | SessionRefusal {
  const { exchange, marks, answered } = state;
  const { after, before, atMost } = rowOf(exchange, name);
  const isAllowed =
    (name === "hello" || marks.includes("greeted")) &&
    (after === undefined || marks.includes(after)) &&
    (before === undefined || !marks.includes(before)) &&
    (atMost === undefined || (answered[name] ?? 0) < atMost);
  return isAllowed ? "allowed" : "messages/out-of-turn";
}

export type SessionStep<E extends ExchangeName> =
  | { readonly kind: "goes-on"; readonly state: SessionState<E> }
  | { readonly kind: "refused"; readonly code: SessionRefusal };

/** The session after a request and its answer. */
export function afterAnswer<E extends ExchangeName, N extends MessageName<E>>(
  state: SessionState<E>,
  name: N,
  answer: Answer<ReplyBody<E, N>>,
): SessionStep<E> {
  const verdict = mayAsk(state, name);
  if (verdict !== "allowed") return { kind: "refused", code: verdict };
  const { sets, clears, atMost } = rowOf(state.exchange, name);
  const set = sets?.(answer) ?? [];
  if (typeof set === "string") return { kind: "refused", code: set };
  const marks = [...new Set([...state.marks.filter((mark) => mark !== clears), ...set])];
  const answered =
    atMost === undefined || answer.outcome === "error"
      ? state.answered
      : { ...state.answered, [name]: (state.answered[name] ?? 0) + 1 };
  return { kind: "goes-on", state: { ...state, marks, answered } };
}

function rowOf<E extends ExchangeName, N extends MessageName<E>>(exchange: E, name: N): Row<ReplyBody<E, N>> {
  const row: unknown = rows[exchange][name];
  return row as Row<ReplyBody<E, N>>;
}
