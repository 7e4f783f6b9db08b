/** What comes instead of a reply: `error` and `busy` (SPEC MSG-1). */
import { decodeAs, encodeAs } from "../cbor/schema.ts";
import { type ErrorDetails, type NyckelfriError, PeerError } from "../errors.ts";
import { errorReply } from "../framing/reply-bodies.ts";
import { type ErrorCode, errors } from "../registry.ts";
import { bodySchemas } from "./bodies.ts";

/** Field names of a body, as in `open-request.proof`: they tell where, and nothing of what. */
const PATH = /^([a-z][a-z-]*)(?:\.[a-zA-Z]+|\[\d+\])*$/;
const HINT_BYTES = 64;

/**
 * The body of the `error` that answers a request which ended in `error` (SPEC ERR-1, ERR-3). It carries the number, and as
 * hint the place in the request that has the wrong form. Of faults that are not the peer's it says nothing at all.
 */
export function encodeError(error: NyckelfriError): Uint8Array {
  if (!(error instanceof PeerError)) return encodeAs(errorReply, { number: numberOf("messages/unexplained") });
  const hint = hintOf(error.code, error.details);
  return encodeAs(errorReply, hint === undefined ? { number: error.number } : { number: error.number, hint });
}

/**
 * The error that the other side answered, to be thrown or shown. A number that this version does not know is
 * `messages/unexplained` with `details.number`. Throws `cbor/…` and `schema/…` for a body that is none.
 */
export function decodeError(body: Uint8Array): PeerError {
  const { number, hint } = decodeAs(errorReply, body, { name: "error-reply" });
  const code = errors.find((entry) => entry.number === number)?.code ?? "messages/unexplained";
  return new PeerError(code, { answered: true, number, hint });
}

/** Only of what the peer itself has just sent as a body: what an object says is judged elsewhere, and not told. */
function hintOf(code: ErrorCode, { path }: ErrorDetails): string | undefined {
  if (!code.startsWith("schema/") && !code.startsWith("messages/")) return undefined;
  if (typeof path !== "string" || path.length > HINT_BYTES) return undefined;
  const [, body = ""] = PATH.exec(path) ?? [];
  return Object.hasOwn(bodySchemas, body) ? path : undefined;
}

function numberOf(code: ErrorCode): number {
  return errors.find((entry) => entry.code === code)?.number ?? 0;
}
