/** `nyckelfri monitor`: what is said on a line, decoded: from a recording, or live while it is said. */

import { openLink, readCapture } from "@nyckelfri/links";
import type { Link, LinkClosed } from "@nyckelfri/protocol";
import { isFile } from "../files/read-file.ts";
import { type Invocation, optionValue, type Report } from "../program/command.ts";
import { Failure } from "../program/failure.ts";
import { type Style, styleFor, type Terminal } from "../program/terminal.ts";
import { readZoneOption } from "../times/time-options.ts";
import { localTime } from "../times/zoned-time.ts";
import { followCapture } from "./follow.ts";
import { type Direction, type Seen, Traffic } from "./traffic.ts";

/** Each line as it happens: `startedAt` in Unix milliseconds, and what came so many after it. */
type Print = (seen: Seen) => void;

export async function run(invocation: Invocation, terminal: Terminal): Promise<Report> {
  const [word = ""] = invocation.operands;
  const zone = readZoneOption(invocation, terminal);
  const style = styleFor(terminal, "output");
  const printer = (startedAt: number): Print => {
    return (seen) => {
      const at = (startedAt + seen.ms) / 1000;
      if (invocation.json) terminal.print(`${JSON.stringify({ at, ...seen })}\n`);
      else terminal.print(`${textOf(seen, timeText(at, zone), style)}\n`);
    };
  };
  const through = optionValue(invocation, "through");
  const record = optionValue(invocation, "record");
  const follows = invocation.switches.has("follow");
  if (!isFile(word)) {
    if (follows) throw new Failure("cli/usage", `--follow is for recordings, and ${word} is no file`);
    return live(word, { through, record }, printer, terminal);
  }
  if (through !== undefined || record !== undefined) {
    throw new Failure("cli/usage", `${word} is a recording, and --through and --record are for live lines`);
  }
  const traffic = new Traffic();
  let print: Print | undefined;
  let lastMs = 0;
  const source = follows ? followCapture(word, terminal.interrupted) : [await readCapture(word)];
  for await (const { header, entries } of source) {
    if (print === undefined && !invocation.json) {
      terminal.print(`${style("faint", `${header.uri}, recorded from ${header.startedAt}`)}\n`);
    }
    print ??= printer(Date.parse(header.startedAt));
    for (const entry of entries) {
      lastMs = entry.ms;
      if (entry.kind === "bytes") traffic.take(entry.direction, entry.bytes, entry.ms).forEach(print);
      else tellEnd(traffic, entry.ms, entry.closed, print, terminal);
    }
  }
  // A recorder that was killed wrote no end.
  if (print !== undefined) traffic.end(lastMs).forEach(print);
  return { exit: terminal.interrupted.aborted ? "interrupted" : "ok" };
}

interface LiveOptions {
  readonly through: string | undefined;
  readonly record: string | undefined;
}

/**
 * A port has room for one program. `through` makes a second one, which the host's program opens in place of the first: what it says
 * is handed on and seen. Without it only what the device says by itself is.
 */
async function live(
  uri: string,
  { through, record }: LiveOptions,
  printer: (startedAt: number) => Print,
  terminal: Terminal,
): Promise<Report> {
  const device = await openLink(uri, { signal: terminal.interrupted, ...(record === undefined ? {} : { record }) });
  let host: Link | undefined;
  try {
    const startedMs = performance.now();
    const print = printer(terminal.now() * 1000);
    const traffic = new Traffic();
    const see = (direction: Direction, chunk: Uint8Array): void => {
      traffic.take(direction, chunk, Math.round(performance.now() - startedMs)).forEach(print);
    };
    const ended = new Promise<LinkClosed | "interrupted">((resolve) => {
      device.onClose(resolve);
      terminal.interrupted.addEventListener("abort", () => resolve("interrupted"));
      if (terminal.interrupted.aborted) resolve("interrupted");
    });
    // A host that takes nothing more is told by its own closing.
    device.onData((chunk) => {
      see("in", chunk);
      host?.write(chunk).catch(() => {});
    });
    if (through !== undefined) {
      host = await openLink(through, { signal: terminal.interrupted });
      terminal.warn(`nyckelfri: have the program open ${host.uri} in place of ${uri}\n`);
      host.onData((chunk) => {
        see("out", chunk);
        device.write(chunk).catch(() => {});
      });
    }
    const end = await ended;
    const ms = Math.round(performance.now() - startedMs);
    if (end === "interrupted") {
      traffic.end(ms).forEach(print);
      return { exit: "interrupted" };
    }
    tellEnd(traffic, ms, end, print, terminal);
    // A replay ends as it was recorded; a port that goes away does not.
    return { exit: uri.startsWith("replay:") ? "ok" : "no-answer" };
  } finally {
    await host?.close();
    await device.close();
  }
}

function tellEnd(traffic: Traffic, ms: number, { reason, detail }: LinkClosed, print: Print, terminal: Terminal): void {
  traffic.end(ms).forEach(print);
  terminal.warn(`nyckelfri: the line ended: ${reason}${detail === undefined ? "" : ` (${detail})`}\n`);
}

/** `2026-11-23 07:00:00.123 +01:00`. */
function timeText(at: number, zone: string): string {
  const [date = "", time = "", offset = ""] = localTime(Math.floor(at), zone).split(" ");
  const ms = String(Math.floor(at * 1000) % 1000).padStart(3, "0");
  return `${date} ${time}.${ms} ${offset}`;
}

function textOf(seen: Seen, time: string, style: Style): string {
  const arrow = seen.direction === "out" ? "->" : "<-";
  const head = `${style("faint", time)} ${arrow}`;
  if (seen.kind === "discarded") return `${head} ${style("doubtful", `discarded ${seen.bytes} bytes: ${seen.reason}`)}`;
  const { type, message, session, sequence, bytes, body } = seen;
  return `${head} ${type} ${style("heading", message)} ${session}/${sequence}, ${bytes} bytes${body === "" ? "" : `  ${body}`}`;
}
