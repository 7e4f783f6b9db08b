/** The three ways in which a schema says no: to the peer's bytes, to the caller's value, to its own definition. */
import { CallerError, PeerError } from "../errors.ts";
import type { ErrorCode } from "../registry.ts";

export function refuse(code: ErrorCode, path: string, takes: string): never {
  throw new PeerError(code, { path, takes });
}

export function notBuildable(path: string, takes: string): never {
  throw new CallerError("schema/not-buildable", { path, takes });
}

export function misdefined(argument: string, takes: string): never {
  throw new CallerError("caller/argument", { argument, takes });
}
