/**
 * `sim serve`: a simulated station on a real line. The line carries the protocol and nothing else; the world behind the station is
 * driven by JSON lines on standard input and answers on standard output.
 */
import { openLink } from "@nyckelfri/links";
import { fromHex, type Link, toHex } from "@nyckelfri/protocol";
import { type Invocation, optionValue, type Report } from "../program/command.ts";
import { Failure, tell } from "../program/failure.ts";
import type { Terminal } from "../program/terminal.ts";
import { Journal, type JournalEntry } from "./journal.ts";
import { LineFields, parseLine } from "./line-fields.ts";
import { SimulatedTown } from "./simulated-town.ts";

/** Of the lines; a reader must refuse what it does not know. */
export const SIM_LINES_VERSION = 1;
/** 2 November 2026, 06:00 in Stockholm. */
const BEGINS_AT = 1_793_595_600;
const TURN_MS = 10;

export async function run(invocation: Invocation, terminal: Terminal): Promise<Report> {
  const seed = wholeOption(invocation, "seed", 1);
  const beginsAt = wholeOption(invocation, "begin", BEGINS_AT);
  const ratio = ratioOption(invocation);
  const state = optionValue(invocation, "state");
  const opened = state === undefined ? undefined : Journal.open(state, { seed, beginsAt });
  const link = await openLink(optionValue(invocation, "at") ?? required("at"));
  const print = (line: object): void => terminal.print(`${JSON.stringify(line)}\n`);
  const session = new Served(new SimulatedTown({ seed, beginsAt }), opened?.journal, link, print);
  if (opened !== undefined) session.takeAgain(opened.entries);
  const { world, station } = session.town;
  const kid = toHex(station.fixture.party.kid);
  print({ event: "ready", "nyckelfri-sim": SIM_LINES_VERSION, at: link.uri, station: kid, unix: world.unix });
  link.onData((chunk) => session.hostSaid(chunk));
  const closed = new Promise<"closed">((resolve) => link.onClose(() => resolve("closed")));
  const ticking = ratio === 0 ? undefined : setInterval(session.clock(ratio), TURN_MS);
  try {
    await Promise.race([driven(session, terminal), closed, interrupted(terminal)]);
  } finally {
    clearInterval(ticking);
    await link.close();
  }
  return { exit: terminal.interrupted.aborted ? "interrupted" : "ok" };
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

/** A world, its line and its journal. What is taken is in the journal before, and what leaves leaves after. */
class Served {
  readonly town: SimulatedTown;
  readonly #journal: Journal | undefined;
  readonly #link: Link;
  readonly #print: (line: object) => void;

  constructor(town: SimulatedTown, journal: Journal | undefined, link: Link, print: (line: object) => void) {
    this.town = town;
    this.#journal = journal;
    this.#link = link;
    this.#print = print;
  }

  /** The world as it was; then the station starts anew, as a device does whose power was gone. */
  takeAgain(entries: readonly JournalEntry[]): void {
    const { world, station } = this.town;
    for (const entry of entries) {
      const { kernel } = world;
      if (entry.at > kernel.now) kernel.advanceTo(entry.at);
      if ("line" in entry) this.#perform(entry.line);
      if ("said" in entry) station.say(fromHex(entry.said));
      station.heard();
    }
    if (entries.length === 0) return;
    for (const power of ["off", "on"]) this.#take({ line: JSON.stringify({ do: "mains", power }) });
    station.heard();
  }

  hostSaid(bytes: Uint8Array): void {
    this.#take({ said: toHex(bytes) });
    this.#leave();
  }

  lineSaid(line: string): void {
    const answer = this.#take({ line });
    this.#leave();
    this.#print(answer ?? {});
  }

  /** Lets time pass as outside, `ratio` times as fast; where answers took it ahead, it waits. */
  clock(ratio: number): () => void {
    const { kernel } = this.town.world;
    const began = { virtual: kernel.now, wall: performance.now() };
    return () => {
      const due = began.virtual + Math.floor((performance.now() - began.wall) * 1_000 * ratio);
      if (due <= kernel.now) return;
      kernel.advanceTo(due);
      this.#leave();
    };
  }

  #take(input: { readonly line: string } | { readonly said: string }): object | undefined {
    const { world, station } = this.town;
    this.#journal?.add({ at: world.kernel.now, ...input });
    if ("line" in input) return this.#perform(input.line);
    station.say(fromHex(input.said));
    return undefined;
  }

  #leave(): void {
    const { world, station } = this.town;
    const sent = station.heard();
    if (sent.length > 0) this.#journal?.mark(world.kernel.now);
    // A line that nobody reads drops what it cannot hold, and one that is closed ends the program.
    for (const bytes of sent) this.#link.write(bytes).catch(() => {});
  }

  #perform(line: string): object {
    let id: unknown;
    try {
      const fields = parseLine(line);
      id = fields["id"];
      const told = new LineFields(fields);
      const result = this.town.perform(told.text("do"), told);
      return { ...(id === undefined ? {} : { id }), ok: result };
    } catch (error) {
      const { code, message, remedy } = tell(error);
      return { ...(id === undefined ? {} : { id }), error: { code, message, remedy } };
    }
  }
}

function required(option: string): never {
  throw new Failure("cli/usage", `--${option} is missing`);
}

function wholeOption(invocation: Invocation, option: string, otherwise: number): number {
  const written = optionValue(invocation, option);
  if (written === undefined) return otherwise;
  if (/^@?\d{1,10}$/.test(written)) return Number(written.replace("@", ""));
  throw new Failure("cli/usage", `--${option} ${written} is no whole number`);
}

function ratioOption(invocation: Invocation): number {
  const written = optionValue(invocation, "rt-ratio") ?? "1";
  const ratio = Number(written);
  if (/^\d+(\.\d+)?$/.test(written) && ratio <= 100_000) return ratio;
  throw new Failure("cli/usage", `--rt-ratio ${written} is no number from 0 to 100000`);
}
