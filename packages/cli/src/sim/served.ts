/**
 * A simulated world at its line, and what keeps it. The order is what makes a killed process lose nothing acknowledged: an input is
 * in the journal before it is taken, and the memories are in their files before anything leaves.
 */
import { fromHex, type Link, toHex } from "@nyckelfri/protocol";
import { Failure, tell } from "../program/failure.ts";
import type { Journal, OpenedJournal } from "./journal.ts";
import { LineFields, parseLine } from "./line-fields.ts";
import type { Memories, MemoryImages } from "./memory-images.ts";
import type { SimulatedTown } from "./simulated-town.ts";

/** Where a world is kept. */
export interface Keeping {
  readonly journal: Journal;
  readonly images: MemoryImages;
}

/** Between two savings of images there is one input, and the mark behind it. */
const LATELY = 3;

export class Served {
  readonly town: SimulatedTown;
  readonly #keeping: Keeping | undefined;
  #line: { readonly link: Link; readonly print: (line: object) => void } | undefined;

  constructor(town: SimulatedTown, keeping: Keeping | undefined) {
    this.town = town;
    this.#keeping = keeping;
  }

  /**
   * The world as it was; then the station starts anew, as a device does whose power was gone. Throws a `Failure` `cli/state-differs`
   * when it is not the one that was acknowledged, with all files as they were.
   */
  takeAgain({ entries, begunBy }: OpenedJournal, program: string, taken: (count: number) => void = () => {}): void {
    const { world, station } = this.town;
    // Before the first input the images of the first devices may not have been written yet.
    let lately: readonly Memories[] = entries.length === 0 ? [new Map()] : [];
    const remember = (): void => {
      lately = [...lately, this.town.memories].slice(-LATELY);
    };
    remember();
    for (const [index, entry] of entries.entries()) {
      if (entry.at > world.kernel.now) world.kernel.advanceTo(entry.at);
      if ("line" in entry) this.#perform(entry.line);
      if ("said" in entry) station.say(fromHex(entry.said));
      station.heard();
      remember();
      taken(index + 1);
    }
    const difference = this.#keeping?.images.difference(lately);
    if (difference !== undefined) throw differs(difference, begunBy, program);
    this.#save();
    if (entries.length === 0) return;
    for (const power of ["off", "on"]) this.#take({ line: JSON.stringify({ do: "mains", power }) });
    station.heard();
  }

  /** `failed` is told what ends the serving: a world that cannot be kept says nothing more. */
  attach(link: Link, print: (line: object) => void, failed: (error: unknown) => void): void {
    this.#line = { link, print };
    link.onData((bytes) => {
      try {
        this.#take({ said: toHex(bytes) });
        this.#leave();
      } catch (error) {
        failed(error);
      }
    });
  }

  lineSaid(line: string): void {
    const answer = this.#take({ line });
    this.#leave();
    this.#line?.print(answer ?? {});
  }

  /** Lets time pass as outside, `ratio` times as fast; where answers took it ahead, it waits. */
  clock(ratio: number, failed: (error: unknown) => void): () => void {
    const { kernel } = this.town.world;
    const began = { virtual: kernel.now, wall: performance.now() };
    return () => {
      const due = began.virtual + Math.floor((performance.now() - began.wall) * 1_000 * ratio);
      if (due <= kernel.now) return;
      try {
        kernel.advanceTo(due);
        this.#leave();
      } catch (error) {
        failed(error);
      }
    };
  }

  #take(input: { readonly line: string } | { readonly said: string }): object | undefined {
    const { world, station } = this.town;
    this.#keeping?.journal.add({ at: world.kernel.now, ...input });
    const answer = "line" in input ? this.#perform(input.line) : undefined;
    if ("said" in input) station.say(fromHex(input.said));
    this.#save();
    return answer;
  }

  #leave(): void {
    const { world, station } = this.town;
    const sent = station.heard();
    if (sent.length === 0) return;
    this.#keeping?.journal.mark(world.kernel.now);
    this.#save();
    // A line that nobody reads drops what it cannot hold, and one that is closed ends the program.
    for (const bytes of sent) this.#line?.link.write(bytes).catch(() => {});
  }

  #save(): void {
    this.#keeping?.images.save(this.town.memories);
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

function differs(difference: string, begunBy: string, program: string): Failure {
  const message = `the inputs, taken again, do not make the world whose memories are kept: ${difference}`;
  if (begunBy === program) return new Failure("cli/state-differs", message);
  return new Failure("cli/state-differs", `${message}; version ${begunBy} has begun it, and this is ${program}`, {
    remedy: `Go on with version ${begunBy}, or begin in another --state folder: nothing there was changed.`,
  });
}
