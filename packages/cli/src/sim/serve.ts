/**
 * `sim serve`: a simulated station on a real line. The line carries the protocol and nothing else; the world behind the station is
 * driven by JSON lines on standard input and answers on standard output.
 */
import { join } from "node:path";
import { openLink } from "@nyckelfri/links";
import { toHex } from "@nyckelfri/protocol";
import { type Invocation, optionValue, type Report } from "../program/command.ts";
import { Failure } from "../program/failure.ts";
import { progressOn, type Terminal } from "../program/terminal.ts";
import { programVersion } from "../program/version.ts";
import { Journal, type JournalHeader } from "./journal.ts";
import { MemoryImages } from "./memory-images.ts";
import { Served } from "./served.ts";
import { SimulatedTown } from "./simulated-town.ts";
import { lockState } from "./state-lock.ts";

/** Of the lines; a reader must refuse what it does not know. */
export const SIM_LINES_VERSION = 1;
const TURN_MS = 10;
/** From here on somebody may wonder what the program is doing. */
const LONG_MS = 2_000;

export async function run(invocation: Invocation, terminal: Terminal): Promise<Report> {
  const at = optionValue(invocation, "at");
  if (at === undefined) throw new Failure("cli/usage", "--at is missing");
  const ratio = ratioOption(invocation);
  const seed = wholeOption(invocation, "seed");
  const beginsAt = beginOption(invocation);
  const wanted = { ...(seed === undefined ? {} : { seed }), ...(beginsAt === undefined ? {} : { beginsAt }) };
  const state = optionValue(invocation, "state");
  const unlock = state === undefined ? () => {} : lockState(state);
  try {
    const { session, ready } = beginWorld(wanted, state, terminal);
    const link = await openLink(at, { signal: terminal.interrupted });
    const print = (line: object): void => terminal.print(`${JSON.stringify(line)}\n`);
    let failed: (error: unknown) => void = () => {};
    const failure = new Promise<never>((_, reject) => {
      failed = reject;
    });
    session.attach(link, print, failed);
    print({ event: "ready", "nyckelfri-sim": SIM_LINES_VERSION, at: link.uri, ...ready });
    const closed = new Promise<"closed">((resolve) => link.onClose(() => resolve("closed")));
    const ticking = ratio === 0 ? undefined : setInterval(session.clock(ratio, failed), TURN_MS);
    try {
      await Promise.race([driven(session, terminal), closed, interrupted(terminal), failure]);
    } finally {
      clearInterval(ticking);
      await link.close();
    }
  } finally {
    unlock();
  }
  return { exit: terminal.interrupted.aborted ? "interrupted" : "ok" };
}

/** A new world, or the one that the folder keeps; and what is told of it. */
function beginWorld(
  wanted: Partial<JournalHeader>,
  state: string | undefined,
  terminal: Terminal,
): { readonly session: Served; readonly ready: object } {
  const otherwise = { seed: 1, beginsAt: terminal.now() };
  const program = programVersion();
  const opened = state === undefined ? undefined : Journal.open(state, { wanted, otherwise, program });
  const keeping =
    state === undefined || opened === undefined
      ? undefined
      : { journal: opened.journal, images: new MemoryImages(join(state, "memories")) };
  const session = new Served(new SimulatedTown(opened?.header ?? { ...otherwise, ...wanted }), keeping);
  const { world, station } = session.town;
  const told = { station: toHex(station.fixture.party.kid) };
  if (opened === undefined) return { session, ready: { ...told, unix: world.unix } };
  const inputs = opened.entries.length;
  const startedMs = performance.now();
  const progress = progressOn(terminal);
  session.takeAgain(opened, program, (count) => {
    if (count % 100 === 0) progress.show(`taking input ${count} of ${inputs} again`);
  });
  progress.clear();
  const ms = Math.round(performance.now() - startedMs);
  if (ms > LONG_MS) {
    terminal.warn(
      `nyckelfri: ${inputs} inputs of ${state} were taken again in ${(ms / 1000).toFixed(1)} s; a new --state folder begins at once\n`,
    );
  }
  return { session, ready: { ...told, unix: world.unix, ...(inputs === 0 ? {} : { again: { inputs, ms } }) } };
}

/** Until the lines end; who only wants the station keeps standard input open. */
async function driven(session: Served, terminal: Terminal): Promise<void> {
  for await (const line of terminal.lines()) if (line.trim() !== "") session.lineSaid(line);
}

function interrupted({ interrupted: signal }: Terminal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function wholeOption(invocation: Invocation, option: string): number | undefined {
  const written = optionValue(invocation, option);
  if (written === undefined) return undefined;
  if (/^@?\d{1,10}$/.test(written)) return Number(written.replace("@", ""));
  throw new Failure("cli/usage", `--${option} ${written} is no whole number`);
}

/** A city is founded days before, and certifies for years; both are times of the wire. */
const BEGINS_FROM = 10_000_000;
const BEGINS_UNTIL = 4_200_000_000;

function beginOption(invocation: Invocation): number | undefined {
  const seconds = wholeOption(invocation, "begin");
  if (seconds === undefined || (seconds >= BEGINS_FROM && seconds <= BEGINS_UNTIL)) return seconds;
  throw new Failure("cli/usage", `--begin @${seconds} is not from @${BEGINS_FROM} to @${BEGINS_UNTIL}`);
}

function ratioOption(invocation: Invocation): number {
  const written = optionValue(invocation, "rt-ratio") ?? "1";
  const ratio = Number(written);
  if (/^\d+(\.\d+)?$/.test(written) && ratio <= 100_000) return ratio;
  throw new Failure("cli/usage", `--rt-ratio ${written} is no number from 0 to 100000`);
}
