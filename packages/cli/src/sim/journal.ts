/**
 * What makes a simulated world outlive its process: every input, in a file, before the world takes it, and the time up to which
 * anything has left it. A world is its seed and its inputs, so whoever takes them again has it as it was, memories of all devices
 * included: what was acknowledged is there.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../program/failure.ts";

const FORMAT = 1;

export interface JournalHeader {
  readonly seed: number;
  readonly beginsAt: number;
}

/** `at`: microseconds since the world began. */
export type JournalEntry =
  | { readonly at: number; readonly line: string }
  /** Bytes from the host, in hex. */
  | { readonly at: number; readonly said: string }
  /** So far time had passed when the world was heard or seen. */
  | { readonly at: number };

export class Journal {
  readonly #path: string;
  #markedAt = -1;

  private constructor(path: string) {
    this.#path = path;
  }

  /** A line that the process did not finish is as if it had never been: nobody was told of it. */
  static open(
    folder: string,
    header: JournalHeader,
  ): { readonly journal: Journal; readonly entries: readonly JournalEntry[] } {
    const path = join(folder, "world.jsonl");
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const journal = new Journal(path);
      if (!existsSync(path)) {
        writeFileSync(path, `${JSON.stringify({ "nyckelfri-sim-state": FORMAT, ...header })}\n`, { mode: 0o600 });
        return { journal, entries: [] };
      }
      const bytes = readFileSync(path);
      const whole = bytes.lastIndexOf(0x0a) + 1;
      if (whole < bytes.length) truncateSync(path, whole);
      const [first = "{}", ...lines] = bytes.subarray(0, whole).toString("utf8").trimEnd().split("\n");
      requireSame(path, JSON.parse(first) as Record<string, unknown>, header);
      return { journal, entries: lines.map((line) => JSON.parse(line) as JournalEntry) };
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure("cli/file-unwritable", `${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  add(entry: JournalEntry): void {
    appendFileSync(this.#path, `${JSON.stringify(entry)}\n`);
    this.#markedAt = entry.at;
  }

  /** Before anything leaves the world that no line or byte has asked for. */
  mark(at: number): void {
    if (at > this.#markedAt) this.add({ at });
  }
}

function requireSame(path: string, held: Record<string, unknown>, { seed, beginsAt }: JournalHeader): void {
  if (held["nyckelfri-sim-state"] === FORMAT && held["seed"] === seed && held["beginsAt"] === beginsAt) return;
  const was = `seed ${String(held["seed"])}, begun at @${String(held["beginsAt"])}`;
  throw new Failure(
    "cli/wrong-file",
    `${path} holds another world: ${was}, format ${String(held["nyckelfri-sim-state"])}`,
    {
      remedy: "Start it with the same --seed and --begin, or name another --state folder.",
    },
  );
}
