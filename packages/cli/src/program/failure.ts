/** What a person is told when something fails: what happened, what to do, and a code to search for. */
import { NyckelfriError } from "@nyckelfri/protocol";
import type { Finding } from "../documents/node.ts";
import { type ExitName, exitOfCode } from "./exit-codes.ts";

/** The errors of this program itself; those of the protocol and of links are in registry.json. */
export const OWN_ERRORS = {
  "cli/usage": { exit: "usage", remedy: "Run the command with --help." },
  "cli/input-unrecognised": {
    exit: "input",
    remedy: "Hand over the whole frame or object, as raw bytes, hex or base64.",
  },
  "cli/document": { exit: "input", remedy: "Correct the places listed above." },
  "cli/file-missing": { exit: "file", remedy: "Check the path; it is relative to the current directory." },
  "cli/file-unreadable": { exit: "file", remedy: "Check the path and who may read it." },
  "cli/file-unwritable": { exit: "file", remedy: "Check the folder and who may write there." },
  "cli/file-exists": {
    exit: "file",
    remedy: "Choose another name, or move the old file away: nothing is overwritten.",
  },
  "cli/file-too-large": { exit: "file", remedy: "Hand over the part that matters." },
  "cli/key-open-to-others": {
    exit: "file",
    remedy: "Run `chmod 600` on the key file; if others could have read it, make a new key.",
  },
  "cli/wrong-file": { exit: "input", remedy: "Hand over the kind of file that the option names." },
  "cli/wrong-speed": {
    exit: "wrong-speed",
    remedy: "Leave `?baud=` away for 115200, or name the speed that the device is set to.",
  },
  "cli/version": { exit: "version", remedy: "Update the side whose newest wire version is the lower one." },
  "cli/certificate-missing": {
    exit: "trust",
    remedy:
      "Name its certificate with --certificate, or add it to the trust file (`nyckelfri issue … --add-to-trust`).",
  },
  "cli/certificate-ended": {
    exit: "trust",
    remedy: "Have its issuer sign a new one: `nyckelfri issue certificate --by … --add-to-trust`.",
  },
  "cli/state-in-use": { exit: "file", remedy: "End the other `sim serve`, or name another --state folder." },
  "cli/state-differs": {
    exit: "check-failed",
    remedy: "Bring back a copy of the whole folder, or begin in another --state folder: nothing there was changed.",
  },
  "cli/sim-line": { exit: "input", remedy: "Write the line as the README has it under `sim serve`." },
  "cli/station-room": {
    exit: "input",
    remedy: "Walk a part of the roster, one patrol or one team: a station of this size serves so many keys.",
  },
  "cli/station-process": {
    exit: "internal",
    remedy: "Start `nyckelfri sim serve` by itself and look at what it says.",
  },
  "cli/not-taken": { exit: "peer", remedy: "Look at its clock and its trust with `nyckelfri doctor`." },
  "cli/log": { exit: "check-failed", remedy: "Read the log again; if it is kept out again, somebody has changed it." },
  "cli/part-missing": {
    exit: "file",
    remedy: "Install what is named above beside this program: `npm install esbuild@0.28.2`.",
  },
  "cli/mutant": {
    exit: "internal",
    remedy: "Write the mutant's place in packages/cli/src/mutants/catalogue/ as its file has it now.",
  },
  "cli/internal": { exit: "internal", remedy: "Please report this with the command line and the lines above." },
} as const;
OWN_ERRORS satisfies Readonly<Record<string, { readonly exit: ExitName; readonly remedy: string }>>;

export type OwnCode = keyof typeof OWN_ERRORS;

export interface FailureOptions {
  /** In place of the code's general one. */
  readonly remedy?: string;
  /** Lines that go above the message. */
  readonly findings?: readonly Finding[];
  /** The document that the findings are about. */
  readonly path?: string;
}

/** An error of this program. `message` says what happened; it never holds a secret. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: OwnCode;
  readonly remedy: string;
  readonly findings: readonly Finding[];
  readonly path: string | undefined;

  constructor(code: OwnCode, message: string, { remedy, findings = [], path }: FailureOptions = {}) {
    super(message);
    this.code = code;
    this.remedy = remedy ?? OWN_ERRORS[code].remedy;
    this.findings = findings;
    this.path = path;
  }
}

/** Any error, as it is told. */
export interface ToldError {
  readonly code: string;
  readonly exit: ExitName;
  readonly message: string;
  readonly remedy: string;
}

export function tell(error: unknown): ToldError {
  if (error instanceof Failure) {
    const { code, message, remedy } = error;
    return { code, exit: OWN_ERRORS[code].exit, message, remedy };
  }
  // Every class of the family has code and remedy; the base class is not asked for, because two copies may be loaded.
  if (error instanceof NyckelfriError || isCoded(error)) {
    const { code, remedy } = error;
    return { code, exit: exitOfCode(code), message: error.message.replace(` [${code}]`, ""), remedy };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "cli/internal", exit: "internal", message, remedy: OWN_ERRORS["cli/internal"].remedy };
}

function isCoded(error: unknown): error is Error & { readonly code: string; readonly remedy: string } {
  if (!(error instanceof Error)) return false;
  const { code, remedy } = error as { readonly code?: unknown; readonly remedy?: unknown };
  return typeof code === "string" && typeof remedy === "string";
}
