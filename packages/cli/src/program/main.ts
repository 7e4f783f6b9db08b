/** One command line, from its words to its exit code. Nothing else prints errors or chooses exit codes. */
import { findingLine } from "../roster/read-roster.ts";
import { findCommand, parseInvocation } from "./arguments.ts";
import type { Command } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { exitCode } from "./exit-codes.ts";
import { Failure, tell } from "./failure.ts";
import { commandHelp, groupHelp, programHelp } from "./help.ts";
import { styleFor, type Terminal } from "./terminal.ts";
import { programVersion } from "./version.ts";

/** Gives the exit code. Never throws. */
export async function main(
  words: readonly string[],
  terminal: Terminal,
  commands: readonly Command[] = COMMANDS,
): Promise<number> {
  try {
    return await perform(words, terminal, commands);
  } catch (error) {
    // Whatever gave up because of it: who has pressed Ctrl-C knows why.
    if (terminal.interrupted.aborted) return exitCode("interrupted");
    return report(error, words, terminal);
  }
}

async function perform(words: readonly string[], terminal: Terminal, commands: readonly Command[]): Promise<number> {
  const style = styleFor(terminal, "output");
  const [first] = words;
  if (first === undefined || first === "--help" || first === "-h" || first === "help") {
    if (first === "help" && words.length > 1) return perform([...words.slice(1), "--help"], terminal, commands);
    terminal.print(`${programHelp(commands, style)}\n`);
    return exitCode(first === undefined ? "usage" : "ok");
  }
  if (first === "--version" || first === "-V") {
    terminal.print(`${programVersion()}\n`);
    return exitCode("ok");
  }
  const group = commands.filter(({ name }) => name.startsWith(`${first} `));
  if (group.length > 0 && (words[1] === "--help" || words[1] === "-h")) {
    terminal.print(`${groupHelp(first, group, style)}\n`);
    return exitCode("ok");
  }
  if (first.startsWith("-")) throw new Failure("cli/usage", `the command comes first, and ${first} is an option`);
  const { command, rest } = findCommand(words, commands);
  const invocation = parseInvocation(command, rest);
  if (invocation.switches.has("help")) {
    terminal.print(`${commandHelp(command, style)}\n`);
    return exitCode("ok");
  }
  const { run } = await command.load();
  const { exit, data, text } = await run(invocation, terminal);
  if (invocation.json) {
    if (data !== undefined) terminal.print(`${JSON.stringify(data, undefined, 2)}\n`);
  } else if (text !== undefined) terminal.print(`${text}\n`);
  return exitCode(exit);
}

/** `nyckelfri: what happened`, `what to do`, `code`; as JSON on standard error when data was asked for. */
function report(error: unknown, words: readonly string[], terminal: Terminal): number {
  const { code, exit, message, remedy } = tell(error);
  const findings = error instanceof Failure ? error.findings : [];
  const path = (error instanceof Failure ? error.path : undefined) ?? "input";
  if (words.includes("--json")) {
    const told = {
      code,
      exit,
      exitCode: exitCode(exit),
      message,
      remedy,
      ...(findings.length > 0 ? { path, findings } : {}),
    };
    terminal.warn(`${JSON.stringify({ error: told }, undefined, 2)}\n`);
    return exitCode(exit);
  }
  const style = styleFor(terminal, "errors");
  for (const finding of findings) terminal.warn(`${findingLine(path, finding)}\n`);
  terminal.warn(`${style("bad", "nyckelfri:")} ${message}\n`);
  terminal.warn(`  what to do: ${remedy}\n  ${style("faint", `code: ${code}, exit ${exitCode(exit)} (${exit})`)}\n`);
  return exitCode(exit);
}
