/** `nyckelfri station selftest`: the station looks at itself; ends with 1 when a check has failed. */
import type { Invocation, Report } from "../program/command.ts";
import { styleFor, type Terminal } from "../program/terminal.ts";
import { atStation } from "./reach.ts";

export async function run({ operands: [uri = ""] }: Invocation, terminal: Terminal): Promise<Report> {
  const style = styleFor(terminal, "output");
  const checks = await atStation(uri, terminal, {}, (client) => client.selfTest());
  const failed = [...checks.values()].some((outcome) => outcome === "failed");
  const lines = [...checks].map(
    ([check, outcome]) => `${style(outcome === "passed" ? "good" : "bad", outcome)}  ${check}`,
  );
  return { exit: failed ? "check-failed" : "ok", data: Object.fromEntries(checks), text: lines.join("\n") };
}
