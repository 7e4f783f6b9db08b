/** What a doctor's visit has to say: one line for each check, and an exit code by the worst of them. */
import type { ExitName } from "../program/exit-codes.ts";

export type CheckName = "port" | "rights" | "programs" | "speed" | "versions" | "line" | "trust" | "clock";

export type Check =
  | { readonly check: CheckName; readonly verdict: "ok"; readonly says: string }
  | { readonly check: CheckName; readonly verdict: "warning"; readonly says: string; readonly remedy: string }
  | {
      readonly check: CheckName;
      readonly verdict: "failure";
      readonly says: string;
      readonly remedy: string;
      readonly exit: ExitName;
    };

export function ok(check: CheckName, says: string): Check {
  return { check, verdict: "ok", says };
}

export function warning(check: CheckName, says: string, remedy: string): Check {
  return { check, verdict: "warning", says, remedy };
}

export function failure(check: CheckName, exit: ExitName, says: string, remedy: string): Check {
  return { check, verdict: "failure", says, remedy, exit };
}

/** The first failure's, because what comes after it mostly follows from it; with warnings alone, `check-failed`. */
export function exitOfChecks(checks: readonly Check[]): ExitName {
  for (const check of checks) if (check.verdict === "failure") return check.exit;
  return checks.some(({ verdict }) => verdict === "warning") ? "check-failed" : "ok";
}
