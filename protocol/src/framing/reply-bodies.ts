/** Bodies of the two answers that framing itself gives, `error-reply` and `busy-reply` of the CDDL (SPEC MSG-1, FRM-7). */
import { decodeAs, encodeAs, map, optional, required, type Schema, text, uint } from "../cbor/schema.ts";
import { CallerError, PeerError } from "../errors.ts";
import { type ErrorCode, errors } from "../registry.ts";

export interface ErrorReply {
  /** Of registry.json, `errors` (SPEC ERR-1). */
  readonly number: number;
  /** For people, 1 to 64 bytes of UTF-8. */
  readonly hint?: string;
}
export interface BusyReply {
  /** Ask again after so many ms (SPEC ERR-4). */
  readonly milliseconds: number;
}

export const errorReply: Schema<ErrorReply> = map({
  number: required(1, uint({ max: 0xffff })),
  hint: optional(2, text({ min: 1, max: 64 })),
});
export const busyReply: Schema<BusyReply> = map({ milliseconds: required(1, uint({ max: 0xffff })) });

/** `{1: number}` for a number of 16 bits: a busy-reply, or an error-reply without a hint. */
export function encodeNumberBody(number: number): Uint8Array {
  if (!Number.isInteger(number) || number < 0 || number > 0xffff) {
    throw new CallerError("caller/argument", { argument: "number", takes: "an integer 0 to 65535", value: number });
  }
  return encodeAs(errorReply, { number });
}

/** The number of an error-reply or busy-reply; undefined for any other body. */
export function decodeNumberBody(body: Uint8Array): number | undefined {
  try {
    return decodeAs(errorReply, body).number;
  } catch (error) {
    if (error instanceof PeerError) return undefined;
    throw error;
  }
}

/** The body of an error reply that names `code` by its number of registry.json. */
export function encodeErrorBody(code: ErrorCode): Uint8Array {
  const entry = errors.find((candidate) => candidate.code === code);
  if (entry === undefined) throw new CallerError("caller/argument", { argument: "code", value: code });
  return encodeNumberBody(entry.number);
}
