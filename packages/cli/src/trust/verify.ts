/** `nyckelfri verify`: does each object hold under this trust, at this moment? */
import { NyckelfriError } from "@nyckelfri/protocol";
import { type Input, readBytes } from "../inspect/input.ts";
import { objectData, openBook, validityText, verdictText } from "../inspect/inspect.ts";
import { readObject } from "../inspect/read.ts";
import type { Invocation, Report } from "../program/command.ts";
import type { ExitName } from "../program/exit-codes.ts";
import { Failure } from "../program/failure.ts";
import { styleFor, type Terminal } from "../program/terminal.ts";
import { readTimeOption, readZoneOption } from "../times/time-options.ts";
import { exitOfVerdict, judge, standingAt, windowOf } from "./verdict.ts";

export async function run(invocation: Invocation, terminal: Terminal): Promise<Report> {
  const book = openBook(invocation);
  if (book === undefined)
    throw new Failure("cli/usage", "verify needs --trust", { remedy: "Name the trust file of the fleet." });
  const zone = readZoneOption(invocation, terminal);
  const view = { book, zone, at: readTimeOption(invocation, terminal, zone), style: styleFor(terminal, "output") };
  const lines: string[] = [];
  const data: object[] = [];
  const exits: ExitName[] = [];
  for (const word of invocation.operands) {
    const object = objectIn(word, await readBytes(word, terminal));
    const verdict = judge(object, book);
    const window = windowOf(object);
    const standing = window === undefined ? "valid" : standingAt(window, view.at);
    exits.push(exitOfVerdict(verdict, standing === "valid"));
    data.push({ input: word, ...objectData(object, view) });
    lines.push(`${word}: ${object.kind.name}`, `  verifies: ${verdictText(verdict, view.style)}`);
    if (verdict.kind === "refused") lines.push(`  what to do: ${verdict.remedy}`);
    lines.push(`  signed by: ${verdict.signer}`, `  valid: ${validityText(object, view)}`);
  }
  // The first that is wrong says what kind of thing is wrong.
  return { exit: exits.find((exit) => exit !== "ok") ?? "ok", data, text: lines.join("\n") };
}

/** One of several that is none says which; a word that is no file may have been read as base64. */
function objectIn(word: string, { bytes, source }: Input): ReturnType<typeof readObject> {
  try {
    return readObject(bytes);
  } catch (error) {
    if (!(error instanceof NyckelfriError)) throw error;
    throw new Failure("cli/input-unrecognised", `${word} (${source}) is no signed object: ${error.message}`);
  }
}
