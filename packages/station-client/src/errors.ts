/**
 * The one class of everything that this package rejects with. Its codes are those of registry.json, which says for each what
 * happened, what to do, and whether asking again helps.
 */
import {
  type ErrorCode,
  type ErrorDetails,
  encodeRequest,
  errors,
  NyckelfriError,
  SPOKEN_VERSIONS,
} from "@nyckelfri/protocol";

/** `same`: ask again as it was. `after-repair`: somebody has to do something first. `no`: it will be answered the same. */
export type RetryClass = "no" | "same" | "after-repair";
export type Fault = "peer" | "caller" | "environment" | "internal";

export class StationError extends NyckelfriError {
  override readonly name = "StationError";
  /** The error underneath, or the reason of an aborted signal. */
  override readonly cause: unknown;

  constructor(code: ErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(code, details);
    this.cause = cause;
  }

  get retry(): RetryClass {
    return retryOf(this.code);
  }

  /** Who is wrong (SPEC ERR-2). */
  get fault(): Fault {
    return errors.find(({ code }) => code === this.code)?.fault ?? "internal";
  }
}

/** Of a code that is in no registry, asking again may help as well as anything. */
export function retryOf(code: ErrorCode): RetryClass {
  return errors.find((entry) => entry.code === code)?.retry ?? "same";
}

/** The same fault as an error of this package; errors that are not of this family stay as they are. */
export function stationError(error: unknown, details: ErrorDetails = {}): unknown {
  if (error instanceof StationError || !(error instanceof NyckelfriError)) return error;
  return new StationError(error.code, { ...error.details, ...details }, error);
}

/** The code of an error of the family. */
export function codeOf(error: unknown): ErrorCode | undefined {
  return error instanceof NyckelfriError ? error.code : undefined;
}

/** What a call needs and the client was not handed. */
export function lacks(argument: string, takes: string): StationError {
  return new StationError("caller/argument", { argument: `options.${argument}`, takes });
}

export function requireProgram(program: string | undefined): void {
  if (program === undefined) return;
  const hello = { versions: SPOKEN_VERSIONS, exchange: "serve", nonce: new Uint8Array(16), program } as const;
  try {
    encodeRequest("serve", "hello", hello);
  } catch (error) {
    throw new StationError("caller/argument", { argument: "program", takes: "1 to 32 bytes of UTF-8" }, error);
  }
}

export function requireBytes(argument: string, bytes: Uint8Array | undefined, length: number): void {
  if (bytes !== undefined && bytes.length !== length) {
    throw new StationError("caller/argument", { argument, takes: `${length} bytes`, bytes: bytes.length });
  }
}

/** A timer that is given more, or no number, ends at once. */
const MOST_MILLISECONDS = 0x7fff_ffff;

export function requireMilliseconds(argument: string, value: number): void {
  if (value >= 0 && value <= MOST_MILLISECONDS) return;
  throw new StationError("caller/argument", { argument, takes: `0 to ${MOST_MILLISECONDS} milliseconds`, value });
}
