/** `nyckelfri completion`. */
import type { Invocation, Report } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { completionFor, type Shell } from "./completion.ts";

export function run({ operands: [shell = "bash"] }: Invocation): Report {
  const script = completionFor(shell as Shell, COMMANDS);
  return { exit: "ok", data: { shell, script }, text: script.trimEnd() };
}
