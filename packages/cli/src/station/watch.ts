/** `nyckelfri station watch`: keys that come and go, a cabinet's reports, and the connection, until Ctrl-C. */
import type { AbortSignalLike } from "@nyckelfri/links";
import type { ConnectionStatus, StationClient, StationEvent } from "@nyckelfri/station-client";
import type { Invocation, Report } from "../program/command.ts";
import { styleFor, type Terminal } from "../program/terminal.ts";
import { readZoneOption } from "../times/time-options.ts";
import { localTime } from "../times/zoned-time.ts";
import { atStation } from "./reach.ts";

type Told = StationEvent | ({ readonly kind: "connection" } & Pick<ConnectionStatus, "phase" | "because" | "trouble">);

/** A port that goes away and comes back is told and waited for; what happened meanwhile is found by asking. */
export async function run(invocation: Invocation, terminal: Terminal): Promise<Report> {
  const [uri = ""] = invocation.operands;
  const zone = readZoneOption(invocation, terminal);
  const style = styleFor(terminal, "output");
  const print = (told: Told): void => {
    const at = terminal.now();
    if (invocation.json) terminal.print(`${JSON.stringify({ at, ...told })}\n`);
    else terminal.print(`${style("faint", localTime(at, zone))}  ${textOf(told)}\n`);
  };
  const listen = (client: StationClient): void => void client.onEvent(print);
  return atStation(uri, terminal, { listen }, async (client) => {
    client.onStatus(({ phase, because, trouble }) => {
      // That this side leaves is no news.
      if (phase === "closed") return;
      print({ kind: "connection", phase, because, ...(trouble === undefined ? {} : { trouble }) });
    });
    print({ kind: "connection", phase: "ready", because: "greeted" });
    await aborted(terminal.interrupted);
    return { exit: "interrupted" };
  });
}

function textOf(told: Told): string {
  switch (told.kind) {
    case "slot":
    case "cabinet":
      return `slot ${told.slot}: ${told.event}${told.kind === "slot" && told.learnt === "by-asking" ? " (meanwhile)" : ""}`;
    case "missed":
      return `${told.events} events were missed`;
    case "connection":
      return `connection ${told.phase}: ${told.because}${told.trouble === undefined ? "" : ` [${told.trouble}]`}`;
    default:
      return told satisfies never;
  }
}

function aborted(signal: AbortSignalLike): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve());
  });
}
