import { NyckelfriError } from "#src/errors.ts";
import type { ErrorCode } from "#src/registry.ts";

/** The code of what `run` throws, or `accepted`. Any other throw is a fault of the library and goes on. */
export function codeOf(run: () => unknown): ErrorCode | "accepted" {
  try {
    run();
    return "accepted";
  } catch (error) {
    if (error instanceof NyckelfriError) return error.code;
    throw error;
  }
}
