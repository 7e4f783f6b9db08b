/** The tables of registry.json, typed: which messages an exchange has, and the bodies that they carry (SPEC MSG-1, MSG-2). */

import { equalBytes } from "../bytes.ts";
import { decode } from "../cbor/decode.ts";
import { encode } from "../cbor/encode.ts";
import { choice } from "../cbor/schema.ts";
import type { CborLimits } from "../cbor/value.ts";
import { CallerError, PeerError } from "../errors.ts";
import { TRANSFER_BYTES } from "../framing/chunks.ts";
import { BODY_BYTES } from "../framing/frame.ts";
import type { RequestTiming } from "../framing/requester.ts";
import type { ExchangeName } from "../objects/device-proof.ts";
import { exchanges, limits, messages, notifications, reserved, times } from "../registry.ts";
import { type Bodies, type BodyName, bodySchemas } from "./bodies.ts";
import { chunkedDigest, encodeChunkedBody, type Transferred } from "./chunk.ts";

type Row = (typeof messages)[number];
type NotificationRow = (typeof notifications)[number];
/** By exchange and name: the row of the registry. */
type Table = {
  readonly [E in ExchangeName]: {
    readonly [R in Row as E extends R["exchanges"][number] ? R["name"] : never]: R;
  };
};

/** The requests of an exchange. */
export type MessageName<E extends ExchangeName> = keyof Table[E] & string;
export type RequestBody<E extends ExchangeName, N extends MessageName<E>> = Table[E][N] extends {
  readonly request: infer B extends BodyName;
}
  ? Bodies[B]
  : never;
export type ReplyBody<E extends ExchangeName, N extends MessageName<E>> = Table[E][N] extends {
  readonly reply: infer B extends BodyName;
}
  ? Bodies[B]
  : never;
/** A decoded request: `name` tells the type of `body`. */
export type Request<E extends ExchangeName> = {
  [N in MessageName<E>]: { readonly name: N; readonly body: RequestBody<E, N> };
}[MessageName<E>];

export type NotificationName = NotificationRow["name"];
export type NotificationBody<N extends NotificationName> = Bodies[Extract<
  NotificationRow,
  { readonly name: N }
>["body"]];
export type Notification = {
  [N in NotificationName]: { readonly name: N; readonly body: NotificationBody<N> };
}[NotificationName];

/** One message of one exchange. */
export interface MessageEntry {
  readonly name: Row["name"];
  /** 0 to 63, in the frame's header. */
  readonly number: number;
  readonly request: BodyName;
  readonly reply: BodyName;
  /** How long a requester waits for an answer, each time. */
  readonly timeoutMs: number;
  /** How often it sends the same bytes again (SPEC ERR-4). */
  readonly retries: number;
  /** Whether the responder may answer BUSY. */
  readonly busy: "allowed" | "never";
}

const entries: readonly (readonly [row: Row, entry: MessageEntry])[] = messages.map((row) => [
  row,
  {
    name: row.name,
    number: row.number,
    request: row.request,
    reply: row.reply,
    timeoutMs: row.timeoutMs,
    retries: row.retries,
    busy: row.busy ? "allowed" : "never",
  },
]);

/** All messages of an exchange. */
export function messagesOf(exchange: ExchangeName): readonly MessageEntry[] {
  return entries.filter(([row]) => isOf(row, exchange)).map(([, entry]) => entry);
}

/** How long a requester waits and how often it asks (SPEC ERR-4), as framing takes it. */
export function timingOf({ timeoutMs, retries, busy }: MessageEntry): RequestTiming {
  return {
    replyMilliseconds: timeoutMs,
    retries,
    busyReplies: busy === "allowed" ? limits.busyReplies : 0,
    busyMilliseconds: times.busyMs,
  };
}

/** The entry of a request by its name. */
export function messageNamed<E extends ExchangeName>(exchange: E, name: MessageName<E>): MessageEntry {
  return find(exchange, (entry) => entry.name === name) ?? refuse(exchange, -1);
}

/** The entry of a request by its number. Throws `messages/reserved`, `messages/unexpected` (SPEC MSG-2). */
export function messageNumbered(exchange: ExchangeName, number: number): MessageEntry {
  return find(exchange, (entry) => entry.number === number) ?? refuse(exchange, number);
}

/** The body of a request, ready for a frame. Throws `CallerError`s for a body that the message does not have. */
export function encodeRequest<E extends ExchangeName, N extends MessageName<E>>(
  exchange: E,
  name: N,
  body: NoInfer<RequestBody<E, N>>,
): Uint8Array {
  return encodeNamed(exchange, name, body, BODY_BYTES);
}

/** How a request travels; `transfer` goes ahead of it in chunks (framing/chunks.ts), and `digest` is their SHA-256. */
export type RequestForm =
  | { readonly kind: "whole"; readonly body: Uint8Array }
  | { readonly kind: "chunked"; readonly transfer: Uint8Array; readonly digest: Uint8Array; readonly body: Uint8Array };

/**
 * As `encodeRequest`, and for a body that no frame holds the `chunked-body` that stands for it, in exchanges that have
 * `chunk` (SPEC FRM-9).
 */
export function encodeLargeRequest<E extends ExchangeName, N extends MessageName<E>>(
  exchange: E,
  name: N,
  body: NoInfer<RequestBody<E, N>>,
  sha256: (bytes: Uint8Array) => Uint8Array,
): RequestForm {
  const encoded = encodeNamed(exchange, name, body, takesChunked(exchange, name) ? TRANSFER_BYTES : BODY_BYTES);
  if (encoded.length <= BODY_BYTES) return { kind: "whole", body: encoded };
  const digest = sha256(encoded);
  return { kind: "chunked", transfer: encoded, digest, body: encodeChunkedBody(digest) };
}

/** Throws `messages/reserved`, `messages/unexpected`, `messages/inconsistent`, `cbor/…` and `schema/…` `PeerError`s. */
export function decodeRequest<E extends ExchangeName>(exchange: E, number: number, body: Uint8Array): Request<E> {
  return decodeNumbered(exchange, number, body, BODY_BYTES);
}

/**
 * As `decodeRequest`, and for a `chunked-body` the request that was transferred before it (SPEC FRM-9): `transferred` is what
 * the chunks just before this request gave, to be forgotten after it. Throws as `decodeRequest`, and `messages/inconsistent`
 * where another object was transferred, or none.
 */
export function decodeLargeRequest<E extends ExchangeName>(
  exchange: E,
  number: number,
  body: Uint8Array,
  transferred: Transferred | undefined,
): Request<E> {
  const { name, request } = messageNumbered(exchange, number);
  const digest = takesChunked(exchange, name) ? chunkedDigest(body) : undefined;
  if (digest === undefined) return decodeRequest(exchange, number, body);
  if (transferred === undefined || !equalBytes(transferred.digest, digest)) {
    throw new PeerError("messages/inconsistent", { path: request });
  }
  return decodeNumbered(exchange, number, transferred.bytes, TRANSFER_BYTES);
}

/** A hello comes before any chunk, and a chunk is what the others are cut into. */
function takesChunked(exchange: ExchangeName, name: string): boolean {
  const hasChunk = find(exchange, (entry) => entry.name === "chunk") !== undefined;
  return hasChunk && name !== "hello" && name !== "chunk";
}

function encodeNamed<E extends ExchangeName>(
  exchange: E,
  name: MessageName<E>,
  body: unknown,
  maxBytes: number,
): Uint8Array {
  const { request } = messageNamed(exchange, name);
  if (!isHelloOf(exchange, name, body)) {
    throw new CallerError("caller/argument", { argument: "body.exchange", takes: exchange });
  }
  return encodeBody(request, body, { maxBytes });
}

function decodeNumbered<E extends ExchangeName>(
  exchange: E,
  number: number,
  body: Uint8Array,
  maxBytes: number,
): Request<E> {
  const { name, request } = messageNumbered(exchange, number);
  const decoded = decodeBody(request, body, { maxBytes });
  if (!isHelloOf(exchange, name, decoded)) {
    throw new PeerError("messages/inconsistent", { path: `${request}.exchange` });
  }
  return { name, body: decoded } as Request<E>;
}

/** The body of a reply, ready for a frame. Throws `CallerError`s for a body that the message does not have. */
export function encodeReply<E extends ExchangeName, N extends MessageName<E>>(
  exchange: E,
  name: N,
  body: NoInfer<ReplyBody<E, N>>,
): Uint8Array {
  return encodeBody(messageNamed(exchange, name).reply, body);
}

/** Throws `messages/inconsistent`, `cbor/…` and `schema/…` `PeerError`s. For `error` see answers.ts. */
export function decodeReply<E extends ExchangeName, N extends MessageName<E>>(
  exchange: E,
  name: N,
  body: Uint8Array,
): ReplyBody<E, N> {
  return decodeBody(messageNamed(exchange, name).reply, body) as ReplyBody<E, N>;
}

/** The number and body of a notification. */
export function encodeNotification<N extends NotificationName>(
  name: N,
  body: NoInfer<NotificationBody<N>>,
): { readonly message: number; readonly body: Uint8Array } {
  const row = notifications.find((candidate) => candidate.name === name) as NotificationRow;
  return { message: row.number, body: encodeBody(row.body, body) };
}

/** Throws `messages/reserved`, `messages/unexpected`, `cbor/…` and `schema/…` `PeerError`s. */
export function decodeNotification(exchange: ExchangeName, number: number, body: Uint8Array): Notification {
  const row = notifications.find((candidate) => candidate.number === number && isOf(candidate, exchange));
  if (row === undefined) return refuse(exchange, number);
  return { name: row.name, body: decodeBody(row.body, body) } as Notification;
}

/**
 * Which exchange a hello begins: a responder reads this first, and then the hello by `decodeRequest`. Throws `cbor/…` and
 * `schema/…` `PeerError`s.
 */
export function exchangeOfHello(body: Uint8Array): ExchangeName {
  const fields = decode(body, limit);
  if (!(fields instanceof Map)) throw new PeerError("schema/type", { path: "hello", takes: "a map" });
  const exchange = fields.get(2);
  if (exchange === undefined) throw new PeerError("schema/missing-label", { path: "hello.exchange", label: 2 });
  return choice(exchanges).parse(exchange, "hello.exchange");
}

/** Several exchanges share one kind of hello. True for every other message. */
function isHelloOf(exchange: ExchangeName, name: string, body: unknown): boolean {
  return name !== "hello" || (body as { readonly exchange?: unknown } | null)?.exchange === exchange;
}

function find(exchange: ExchangeName, wanted: (entry: MessageEntry) => boolean): MessageEntry | undefined {
  return entries.find(([row, entry]) => isOf(row, exchange) && wanted(entry))?.[1];
}

function isOf(row: Row | NotificationRow, exchange: ExchangeName): boolean {
  return (row.exchanges as readonly ExchangeName[]).includes(exchange);
}

/** SPEC MSG-2, VER-3. */
function refuse(exchange: ExchangeName, number: number): never {
  const isReserved = reserved.messages.some((row) => row.number === number);
  throw new PeerError(isReserved ? "messages/reserved" : "messages/unexpected", { exchange, message: number });
}

/** SPEC FRM-4: a body is at most what a frame holds. */
const limit: CborLimits = { maxBytes: BODY_BYTES };

function encodeBody(name: BodyName, body: unknown, limits: CborLimits = limit): Uint8Array {
  return encode(bodySchemas[name].build(body as never, name), limits);
}

function decodeBody(name: BodyName, body: Uint8Array, limits: CborLimits = limit): Bodies[BodyName] {
  return bodySchemas[name].parse(decode(body, limits), name);
}
