/**
 * The memories of a simulated world's devices as files: `<kid>.nvm` for each, the bytes of all its pages one behind the other, an
 * erased page as FF. They are what outlives a power cut in a real device, so they are written before anything leaves the world;
 * and they are the proof that a world which was taken again from its journal (journal.ts) is the one that was acknowledged.
 */
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Nvm } from "@nyckelfri/firmware-sim/hardware";
import { makeFolder } from "../files/read-file.ts";
import { Failure } from "../program/failure.ts";

/** By kid, in hex. Values: later writes make other ones. */
export type Memories = ReadonlyMap<string, Nvm>;

const ERASED = 0xff;
const ENDING = ".nvm";
/** Private keys of devices are in them. */
const ONLY_OWNER = 0o600;

export function imageOf({ profile, pages }: Nvm): Uint8Array {
  const pageBytes = profile.wordBytes * profile.wordsPerPage;
  const image = new Uint8Array(profile.pages * pageBytes).fill(ERASED);
  for (const [page, { bytes }] of pages) image.set(bytes, page * pageBytes);
  return image;
}

export class MemoryImages {
  readonly #folder: string;
  /** What stands in the files, by the identity of its pages. */
  readonly #saved: Map<string, Nvm["pages"]> = new Map();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Writes those that have changed. Each file is replaced at once by a finished one, so that a killed process leaves the old image or
   * the new one, never half of either; the system has it before this returns.
   */
  save(memories: Memories): void {
    for (const [kid, nvm] of memories) {
      if (this.#saved.get(kid) === nvm.pages) continue;
      const path = join(this.#folder, `${kid}${ENDING}`);
      const next = `${path}.new`;
      makeFolder(this.#folder);
      try {
        writeFileSync(next, imageOf(nvm), { mode: ONLY_OWNER });
        renameSync(next, path);
      } catch (error) {
        throw new Failure("cli/file-unwritable", `${path}: ${error instanceof Error ? error.message : String(error)}`);
      }
      this.#saved.set(kid, nvm.pages);
    }
  }

  /**
   * What differs between the files and a world, which is told as it was after each of its last inputs, the newest last: a process that
   * was killed between taking an input and writing its images leaves those of before. Undefined where nothing does.
   */
  difference(lately: readonly Memories[]): string | undefined {
    const newest = lately.at(-1) ?? new Map<string, Nvm>();
    for (const kid of newest.keys()) {
      const held = this.#read(kid);
      if (held === undefined) {
        if (lately.every((memories) => memories.has(kid))) return `${kid}${ENDING} is missing`;
        continue;
      }
      const known = lately.flatMap((memories) => memories.get(kid) ?? []);
      const isKnown = known.some((nvm) => Buffer.compare(held, imageOf(nvm)) === 0);
      if (!isKnown) return `${kid}${ENDING} ${placeOf(held, known.at(-1))}`;
    }
    const stranger = this.#files().find((name) => !newest.has(name.slice(0, -ENDING.length)));
    return stranger === undefined ? undefined : `${stranger} is of no device of this world`;
  }

  #read(kid: string): Uint8Array | undefined {
    try {
      return readFileSync(join(this.#folder, `${kid}${ENDING}`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw new Failure("cli/file-unreadable", error instanceof Error ? error.message : String(error));
    }
  }

  #files(): readonly string[] {
    try {
      return readdirSync(this.#folder).filter((name) => name.endsWith(ENDING));
    } catch {
      return [];
    }
  }
}

function placeOf(held: Uint8Array, nvm: Nvm | undefined): string {
  if (nvm === undefined) return "is of no device of this world";
  const image = imageOf(nvm);
  if (held.length !== image.length) return `has ${held.length} bytes, and the device's memory ${image.length}`;
  const first = image.findIndex((byte, index) => byte !== held[index]);
  const pageBytes = nvm.profile.wordBytes * nvm.profile.wordsPerPage;
  return `differs from byte ${first} on, in page ${Math.trunc(first / pageBytes)}`;
}
