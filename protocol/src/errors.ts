/**
 * Errors are classed by who is wrong (SPEC ERR-2); each carries a stable code and number of registry.json (SPEC ERR-1). Match
 * on `code`, never on the text.
 */
import { type ErrorCode, errors } from "./registry.ts";

/** What went wrong, as data: names, numbers and hex strings, never a secret. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | undefined>>;

/** Common base: `error instanceof NyckelfriError` holds for everything that this package throws on purpose. */
export abstract class NyckelfriError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(messageOf(code, details));
    this.code = code;
    this.details = details;
  }

  /** The code's number on the wire (registry.json, `errors`). */
  get number(): number {
    return entryOf(this.code).number;
  }

  /** What to do about it, in one sentence. */
  get remedy(): string {
    return entryOf(this.code).remedy;
  }
}

/** The bytes or the behaviour of the other side break the protocol. */
export class PeerError extends NyckelfriError {
  override readonly name = "PeerError";
}

/** The program that calls this library passed something that it does not take. */
export class CallerError extends NyckelfriError {
  override readonly name = "CallerError";
}

/** Neither side is wrong: a port, a cable, a file or another program is in the way. */
export class EnvironmentError extends NyckelfriError {
  override readonly name = "EnvironmentError";
}

function entryOf(code: ErrorCode): (typeof errors)[number] {
  const entry = errors.find((candidate) => candidate.code === code);
  if (entry === undefined) throw new TypeError(`error code ${code} is not in registry.json`);
  return entry;
}

function messageOf(code: ErrorCode, details: ErrorDetails): string {
  const listed = Object.entries(details)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ");
  return `${entryOf(code).cause}${listed === "" ? "" : ` (${listed})`} [${code}]`;
}
