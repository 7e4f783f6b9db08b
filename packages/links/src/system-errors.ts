/** The system's errors, which differ in wording between systems and libraries, as the few codes that a program can act on. */
import { CallerError, EnvironmentError, type LinkClosed, type NyckelfriError } from "@nyckelfri/protocol";

/** A port that is gone, or a connection that the other side ended, shows as one of these on the next use. */
const HANG_UP = new Set(["EPIPE", "ECONNRESET", "ECONNABORTED", "EIO", "ENXIO", "ENODEV", "EBADF", "ETIMEDOUT"]);

/** Why a link ended whose carrier failed with `error`. */
export function closedBy(error: unknown): LinkClosed {
  const detail = messageOf(error);
  const isHangUp = HANG_UP.has(systemCode(error) ?? "") || /bad file descriptor|disconnected|\bEIO\b/i.test(detail);
  return { reason: isHangUp ? "hang-up" : "carrier-error", detail };
}

type OpenFailure = "link/unknown-port" | "link/no-permission" | "link/busy" | "link/not-a-port" | "link/carrier-error";

/** By the system's code where there is one, else by what the serial library wrote. Windows says "access denied" of a busy port. */
const OPEN_FAILURES: readonly { readonly matches: RegExp; readonly code: OpenFailure }[] = [
  { matches: /^(ENOENT|ENODEV|ENXIO|ENOTDIR)$|no such (file|device)|file not found/i, code: "link/unknown-port" },
  { matches: /^(EBUSY|EAGAIN)$|temporarily unavailable|cannot lock|resource busy|access denied/i, code: "link/busy" },
  { matches: /^(EACCES|EPERM)$|permission denied/i, code: "link/no-permission" },
  { matches: /^(ENOTTY|EISDIR|ELOOP)$|inappropriate ioctl|not a (tty|serial)/i, code: "link/not-a-port" },
];

/** Why a port did not open. */
export function openError(error: unknown, uri: string): NyckelfriError {
  const detail = messageOf(error);
  const known = systemCode(error) ?? detail;
  const code = OPEN_FAILURES.find(({ matches }) => matches.test(known))?.code;
  // Setting the rate comes after the lock, so a message that tells of both means the rate, except on what is no port at all.
  if (code === undefined && /baud/i.test(detail)) return new CallerError("link/speed", { uri, detail });
  return new EnvironmentError(code ?? "link/carrier-error", { uri, detail });
}

/** `ENOENT` and its like, if the error comes from the system. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
