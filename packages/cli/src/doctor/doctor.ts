/** `nyckelfri doctor`: everything that can keep a host from its station, looked at in order, each with what to do. */
import { parseLinkUri } from "@nyckelfri/links";
import { type Invocation, optionValue, type Report } from "../program/command.ts";
import { type ExitName, exitCode } from "../program/exit-codes.ts";
import { tell } from "../program/failure.ts";
import { type Style, styleFor, type Terminal } from "../program/terminal.ts";
import { atStation } from "../station/reach.ts";
import { readTimeOption, readZoneOption } from "../times/time-options.ts";
import { readTrustFile, type TrustFile } from "../trust/trust-file.ts";
import { type Check, type CheckName, exitOfChecks, failure, ok } from "./findings.ts";
import { portChecks } from "./port-checks.ts";
import { clockCheck, lineCheck, type Present, trustChecks, versionCheck } from "./station-checks.ts";

export async function run(invocation: Invocation, terminal: Terminal): Promise<Report> {
  const [uri = ""] = invocation.operands;
  const trustPath = optionValue(invocation, "trust");
  const file = trustPath === undefined ? undefined : readTrustFile(trustPath);
  const link = parseLinkUri(uri);
  const zone = readZoneOption(invocation, terminal);
  // Judged before the visit, so that a time that is wrong is told first.
  const startedMs = performance.now();
  const begun = readTimeOption(invocation, terminal, zone);
  const present = (): Present => ({ now: begun + Math.trunc((performance.now() - startedMs) / 1_000), zone });
  const checks = [...portChecks(link)];
  if (checks.every(({ verdict }) => verdict !== "failure")) checks.push(...(await visit(uri, file, present, terminal)));
  const exit = exitOfChecks(checks);
  const style = styleFor(terminal, "output");
  const lines = checks.flatMap((check) => describe(check, style));
  return { exit, data: { uri, exit, exitCode: exitCode(exit), checks }, text: lines.join("\n") };
}

async function visit(
  uri: string,
  file: TrustFile | undefined,
  presently: () => Present,
  terminal: Terminal,
): Promise<readonly Check[]> {
  try {
    return await atStation(uri, terminal, {}, async (client, welcome) => {
      const info = await client.info();
      const counters = await client.counters();
      const present = presently();
      return [
        ok("speed", "it answers, and what it says is whole"),
        versionCheck(welcome),
        lineCheck(counters),
        ...trustChecks(welcome, info, file, present),
        clockCheck(info, present),
      ];
    });
  } catch (error) {
    if (terminal.interrupted.aborted) throw error;
    const { exit, message, remedy, code } = tell(error);
    if (exit === "internal") throw error;
    return [failure(LINE_OF[exit] ?? "speed", exit, `${message} [${code}]`, remedy)];
  }
}

/** Which check a failed visit belongs to. */
const LINE_OF: Readonly<Partial<Record<ExitName, CheckName>>> = {
  "unknown-port": "port",
  "busy-port": "programs",
  "port-rights": "rights",
  version: "versions",
  trust: "trust",
};

const STYLES = { ok: "good", warning: "doubtful", failure: "bad" } as const;

function describe(check: Check, style: Style): readonly string[] {
  const { verdict, says } = check;
  const line = `${style(STYLES[verdict], verdict.padEnd(7))}  ${check.check.padEnd(8)}  ${says}`;
  return check.verdict === "ok" ? [line] : [line, `                   what to do: ${check.remedy}`];
}
