/**
 * What makes a simulated world outlive its process: every input, in a file, before the world takes it, and the time up to which
 * anything has left it. A world is its seed and its inputs, so whoever takes them again has it as it was: devices, people, clocks and
 * the city. That it is the same is held against the images of the devices' memories (memory-images.ts).
 */
import { appendFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../files/read-file.ts";
import { Failure } from "../program/failure.ts";

const FORMAT = 2;

export interface JournalHeader {
  readonly seed: number;
  /** Unix seconds. */
  readonly beginsAt: number;
}

/** `at`: microseconds since the world began. */
export type JournalEntry =
  | { readonly at: number; readonly line: string }
  /** Bytes from the host, in hex. */
  | { readonly at: number; readonly said: string }
  /** So far time had passed when the world was heard or seen. */
  | { readonly at: number };

/** What a folder holds; `wanted` decides for a new one, and what it names must be what an old one has. */
export interface JournalOptions {
  readonly wanted: Partial<JournalHeader>;
  readonly otherwise: JournalHeader;
  /** Version of this program. */
  readonly program: string;
}

export interface OpenedJournal {
  readonly journal: Journal;
  readonly header: JournalHeader;
  /** Version of the program that has begun it. */
  readonly begunBy: string;
  readonly entries: readonly JournalEntry[];
}

export class Journal {
  readonly #path: string;
  /** Of the lines that are whole; what stands behind them is cut off before anything is added. */
  #wholeBytes: number | "clean";
  #markedAt = -1;

  private constructor(path: string, wholeBytes: number | "clean") {
    this.#path = path;
    this.#wholeBytes = wholeBytes;
  }

  /** A line that the process did not finish is as if it had never been: nobody was told of it. Changes nothing that is there. */
  static open(folder: string, { wanted, otherwise, program }: JournalOptions): OpenedJournal {
    const path = join(folder, "world.jsonl");
    try {
      makeFolder(folder);
      if (!existsSync(path)) {
        const header = { ...otherwise, ...wanted };
        const first = { "nyckelfri-sim-state": FORMAT, program, ...header };
        writeFileSync(path, `${JSON.stringify(first)}\n`, { mode: 0o600, flag: "wx" });
        return { journal: new Journal(path, "clean"), header, begunBy: program, entries: [] };
      }
      const bytes = readFileSync(path);
      const whole = bytes.lastIndexOf(0x0a) + 1;
      const [first = "", ...lines] = bytes.subarray(0, whole).toString("utf8").split("\n").slice(0, -1);
      const { header, begunBy } = headerOf(path, first);
      requireSame(path, header, wanted);
      const entries = lines.map((line, index) => entryOf(line) ?? damaged(path, index + 2));
      return { journal: new Journal(path, whole < bytes.length ? whole : "clean"), header, begunBy, entries };
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw unwritable(path, error);
    }
  }

  /** Throws a `Failure` `cli/file-unwritable`: what is not in the journal must not be taken. */
  add(entry: JournalEntry): void {
    try {
      if (this.#wholeBytes !== "clean") truncateSync(this.#path, this.#wholeBytes);
      this.#wholeBytes = "clean";
      appendFileSync(this.#path, `${JSON.stringify(entry)}\n`);
    } catch (error) {
      throw unwritable(this.#path, error);
    }
    this.#markedAt = entry.at;
  }

  /** Before anything leaves the world that no line or byte has asked for. */
  mark(at: number): void {
    if (at > this.#markedAt) this.add({ at });
  }
}

function unwritable(path: string, error: unknown): Failure {
  return new Failure("cli/file-unwritable", `${path}: ${error instanceof Error ? error.message : String(error)}`);
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function headerOf(path: string, line: string): { readonly header: JournalHeader; readonly begunBy: string } {
  const { "nyckelfri-sim-state": format, program, seed, beginsAt } = fieldsOf(line) ?? {};
  if (format === FORMAT && typeof program === "string" && isCount(seed) && isCount(beginsAt)) {
    return { header: { seed, beginsAt }, begunBy: program };
  }
  throw new Failure("cli/wrong-file", `${path} is no world of format ${FORMAT}, but ${String(format)}`, {
    remedy: "Name another --state folder, or start the version of this program that has written it.",
  });
}

function entryOf(line: string): JournalEntry | undefined {
  const { at, line: taken, said } = fieldsOf(line) ?? {};
  if (!isCount(at)) return undefined;
  if (typeof taken === "string") return { at, line: taken };
  if (typeof said === "string") return /^([0-9a-f]{2})*$/.test(said) ? { at, said } : undefined;
  return { at };
}

function damaged(path: string, line: number): never {
  throw new Failure("cli/wrong-file", `${path}:${line} is no entry: the file was changed`, {
    remedy: "Bring back a copy of the whole folder, or begin in another --state folder.",
  });
}

function requireSame(path: string, held: JournalHeader, wanted: Partial<JournalHeader>): void {
  for (const [name, option] of [
    ["seed", "--seed"],
    ["beginsAt", "--begin"],
  ] as const) {
    const value = wanted[name];
    if (value === undefined || value === held[name]) continue;
    throw new Failure("cli/wrong-file", `${path} holds another world: ${option} ${held[name]}`, {
      remedy: `Leave ${option} away, which takes what the folder has, or name another --state folder.`,
    });
  }
}
