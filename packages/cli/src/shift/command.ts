/** `shift`: the main job, one day and night of home care from a roster, over a real port. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireWritable } from "../files/read-file.ts";
import { type Invocation, optionValue, type Report } from "../program/command.ts";
import { styleFor, type Terminal } from "../program/terminal.ts";
import { requireRoster, SHIPPED_ROSTER } from "../roster/command.ts";
import { ShiftHost } from "./host.ts";
import { StationProcess } from "./station-process.ts";
import { eventLine, summaryText } from "./timeline.ts";
import { type ShiftEvent, type ShiftSummary, Walk, worldBegins } from "./walk.ts";

const SEED = 1;

export async function run(invocation: Invocation, terminal: Terminal): Promise<Report> {
  const { operands, json } = invocation;
  const { roster, warnings } = requireRoster(operands[0] ?? SHIPPED_ROSTER);
  for (const warning of warnings) terminal.warn(`${warning}\n`);
  const style = styleFor(terminal, "output");
  const say = (line: string): void => {
    if (!json) terminal.print(`${line}\n`);
  };
  const record = optionValue(invocation, "record");
  if (record !== undefined) requireWritable(record);
  const startedMs = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "nyckelfri-shift-"));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  // Also where the program is ended before it could put everything away.
  process.once("exit", removeFolder);
  const events: ShiftEvent[] = [];
  let city: StationProcess | undefined;
  let host: ShiftHost | undefined;
  try {
    const beginsAt = worldBegins(roster);
    city = await StationProcess.start({ folder, seed: SEED, beginsAt }, (note) => terminal.warn(`${note}\n`));
    say(style("heading", roster.title));
    if (roster.notice !== undefined) say(roster.notice);
    say(
      `a simulated station at ${city.uri}; local times in ${roster.zone}; ms from contact to answer, mJ of the key's battery`,
    );
    say("");
    host = await ShiftHost.connect(city, { random: terminal.random, record });
    const walk = new Walk(roster, city, host, (event) => {
      events.push(event);
      say(eventLine(roster, event, style));
    });
    const summary = await untilInterrupted(terminal, walk.run());
    say(summaryText(summary, style, performance.now() - startedMs));
    return { exit: isWhole(summary) ? "ok" : "check-failed", ...(json ? { data: { events, summary } } : {}) };
  } finally {
    await host?.close();
    await city?.end();
    process.off("exit", removeFolder);
    removeFolder();
  }
}

function isWhole({ missing, breaches, keptOut, unplanned }: ShiftSummary): boolean {
  return missing.length + breaches.length + unplanned + Object.keys(keptOut).length === 0;
}

/** Ctrl-C ends the waiting, also one that was pressed while the station started; the port and the process are put away by whoever opened them. */
function untilInterrupted<T>({ interrupted }: Terminal, done: Promise<T>): Promise<T> {
  const stopped = new Promise<never>((_, reject) => {
    if (interrupted.aborted) reject(interrupted.reason);
    interrupted.addEventListener("abort", () => reject(interrupted.reason), { once: true });
  });
  done.catch(() => {});
  return Promise.race([done, stopped]);
}
