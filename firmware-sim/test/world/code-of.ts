import { NyckelfriError } from "@nyckelfri/protocol";

/** The code of what `run` throws, or `accepted`. Any other throw is a fault of the simulator and goes on. */
export function codeOf(run: () => unknown): string {
  try {
    run();
    return "accepted";
  } catch (error) {
    if (error instanceof NyckelfriError) return error.code;
    throw error;
  }
}
