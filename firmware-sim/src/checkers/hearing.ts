/** What devices say to each other, read off the wire: which exchange a frame belongs to, and which message it is. */
import {
  activationTicketObject,
  decodeReply,
  decodeRequest,
  type ExchangeName,
  exchangeOfHello,
  type Frame,
  type MessageName,
  messagesOf,
  PeerError,
  parseObject,
  type ReplyBody,
  type Request,
} from "@nyckelfri/protocol";
import type { HappeningOf } from "../world/happenings.ts";

type Sent = HappeningOf<"sent">;

/**
 * Sessions, by the two ends of their line and their number: a frame that comes late belongs to the session that it names, and a
 * hello that comes late ends none (SPEC FRM-7). The oldest first.
 */
export type Sessions = Map<string, RunningSession>;
const SESSIONS_KEPT = 200;
/** A host's session goes on for hours, while hundreds of keys come and go: it ends with the next one in the same cable. */
const HOST_SESSIONS_KEPT = 4;

export interface RunningSession {
  readonly session: number;
  readonly exchange: ExchangeName;
  /** Who said hello. */
  readonly asker: string;
}

export interface Said extends RunningSession {
  readonly form: "request" | "reply" | "error";
  /** `undefined` for a number that the exchange does not have. */
  readonly message: string | undefined;
  readonly frame: Sent["frame"];
}

/** Number of the message in whose place an error, or BUSY, is sent (SPEC MSG-1). */
const IN_PLACE: readonly number[] = [1, 2];

/** What a frame says; undefined for one of no session that has begun, e.g. noise or a notification. */
export function hear(sessions: Sessions, sent: Sent): Said | undefined {
  const { frame } = sent;
  if (frame.kind === "notification") return undefined;
  if (frame.kind === "request" && frame.sequence === 0) begin(sessions, sent);
  // What one checker has heard is what every other hears.
  const known = HEARD.get(sent);
  if (known !== undefined) return known;
  const running = sessions.get(nameOf(sent));
  if (running === undefined) return undefined;
  const said = saidIn(running, frame);
  HEARD.set(sent, said);
  return said;
}

const HEARD: WeakMap<Sent, Said> = new WeakMap();

/** Who else said hello in the session that a device answers in; undefined where it is this line's own, or nobody's that is known. */
export function strangerTo(sessions: Sessions, sent: Sent): RunningSession | undefined {
  if (sessions.has(nameOf(sent))) return undefined;
  for (const [name, running] of sessions) {
    const isThis = running.session === sent.frame.session && name === nameOf({ ...sent, to: running.asker });
    if (isThis) return running;
  }
  return undefined;
}

function begin(sessions: Sessions, sent: Sent): void {
  const name = nameOf(sent);
  if (sessions.has(name)) return;
  const { from, frame } = sent;
  const exchange = readOnce(frame, "exchange", () => exchangeOfHello(frame.body));
  if (exchange === undefined) return;
  sessions.set(name, { session: frame.session, exchange, asker: from });
  if (exchange === "serve") forget(sessions, HOST_SESSIONS_KEPT, (one) => one.startsWith(`${lineOf(from, sent.to)} `));
  else if (sessions.size > SESSIONS_KEPT) forget(sessions, SESSIONS_KEPT, (_, one) => one.exchange !== "serve");
}

/** The oldest of these, where there are more. */
function forget(sessions: Sessions, kept: number, isOne: (name: string, session: RunningSession) => boolean): void {
  const names: string[] = [];
  for (const [name, session] of sessions) if (isOne(name, session)) names.push(name);
  for (const name of names.slice(0, Math.max(0, names.length - kept))) sessions.delete(name);
}

function saidIn(running: RunningSession, frame: Frame): Said {
  if (frame.kind === "reply" && IN_PLACE.includes(frame.message))
    return { ...running, form: "error", message: undefined, frame };
  const message = NAMES[running.exchange].get(frame.message);
  return { ...running, form: frame.kind as "request" | "reply", message, frame };
}

function nameOf({ from, to, frame }: Sent): string {
  return `${lineOf(from, to)} ${frame.session}`;
}

export function lineOf(one: string, other: string): string {
  return one < other ? `${one}|${other}` : `${other}|${one}`;
}

/** The body of a request of this exchange; undefined for any other frame, and for what does not parse. */
export function requestIn<E extends ExchangeName>(said: Said, exchange: E): Request<E> | undefined {
  if (said.form !== "request" || said.exchange !== exchange) return undefined;
  const { frame } = said;
  return readOnce(frame, `${exchange} request`, () => decodeRequest(exchange, frame.message, frame.body));
}

/** The body of a reply to this request; undefined for any other frame, and for what does not parse. */
export function replyIn<E extends ExchangeName, N extends MessageName<E>>(
  said: Said,
  exchange: E,
  name: N,
): ReplyBody<E, N> | undefined {
  if (said.form !== "reply" || said.exchange !== exchange || said.message !== name) return undefined;
  return readOnce(said.frame, `${exchange} reply`, () => decodeReply(exchange, name, said.frame.body));
}

/** Digest of the grant for which a ticket is given with this; the box may never hear that it has arrived, and show nothing. */
export function ticketIn(said: Said): Uint8Array | undefined {
  const request = requestIn(said, "activate");
  if (request?.name !== "activate") return undefined;
  const { ticket } = request.body;
  return readable(() => parseObject(activationTicketObject, ticket).value.grantDigest);
}

/** Several checkers hear the same frame, and reading is what costs: each reading of a frame is made once. */
const READ: WeakMap<Frame, Map<string, unknown>> = new WeakMap();

function readOnce<T>(frame: Frame, as: string, read: () => T): T | undefined {
  let known = READ.get(frame);
  if (known === undefined) {
    known = new Map();
    READ.set(frame, known);
  }
  if (!known.has(as)) known.set(as, readable(read));
  return known.get(as) as T | undefined;
}

/** What a reader of received bytes gives; undefined where it refuses them. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof PeerError) return undefined;
    throw error;
  }
}

const NAMES: Readonly<Record<ExchangeName, ReadonlyMap<number, string>>> = {
  open: namesOf("open"),
  dock: namesOf("dock"),
  activate: namesOf("activate"),
  store: namesOf("store"),
  serve: namesOf("serve"),
  service: namesOf("service"),
};

function namesOf(exchange: ExchangeName): ReadonlyMap<number, string> {
  return new Map(messagesOf(exchange).map(({ number, name }) => [number, name]));
}
