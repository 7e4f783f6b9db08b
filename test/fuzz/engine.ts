/**
 * A fuzzer that is led by coverage: what reaches a branch, or takes it more often by a power of two than ever before, is kept and
 * changed further. Everything follows from one seed.
 */
import type { Stream } from "@nyckelfri/firmware-sim";
import { BYTE_SHAPES, splice } from "./mutations.ts";
import { Broken, must, type Outcome, type Target, textOf } from "./target.ts";

/** An input that breaks a promise of its target. */
export interface Find {
  readonly target: string;
  readonly bytes: Uint8Array;
  /** What was thrown: the name and the first line, without numbers; the same for the same fault. */
  readonly fault: string;
  /** With numbers and places. */
  readonly told: string;
}

/** What came of fuzzing one target. */
export interface Figures {
  readonly target: string;
  readonly runs: number;
  readonly seconds: number;
  /** Branches that were taken at least once. */
  readonly branches: number;
  /** Branches with how often: what the corpus shows, each. */
  readonly features: number;
  readonly corpus: number;
  /** Inputs that were decoded to something. */
  readonly built: number;
  /** Most branches taken in one run; and over the whole bound of that input. */
  readonly mostWork: number;
  readonly nearestToBound: number;
}

interface Entry {
  readonly bytes: Uint8Array;
  /** Numbers of its features. */
  readonly features: Uint32Array;
}

const NOTHING: Entry = { bytes: new Uint8Array(1), features: new Uint32Array() };

interface Ran {
  readonly outcome: Outcome;
  /** The branches that were taken, and how often all together. */
  readonly taken: readonly number[];
  readonly work: number;
}

/** How often a branch was taken, as a class: 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more. */
const CLASSES = 8;
const CLASS: Uint8Array = Uint8Array.from({ length: 129 }, (_, times) => {
  if (times < 4) return times - 1;
  return times < 8 ? 3 : times < 16 ? 4 : times < 32 ? 5 : times < 128 ? 6 : 7;
});
/** What costs more than the run itself is asked of inputs that are new, and of one in so many others. */
const CLOSE_LOOKS = 16;
/** The newest entries get half of the runs. */
const NEWEST = 24;
const MOST_CHANGES = 6;
const LOOKS_AT_CLOCK = 8;
const SHRINKING_RUNS = 3_000;

export class Fuzzer {
  readonly #target: Target;
  readonly #counters: Uint32Array;
  readonly #stream: Stream;
  /** By counter: the classes that were seen, a bit each. */
  readonly #seen: Uint8Array;
  #corpus: Entry[] = [];
  #minimalAt = 64;
  #runs = 0;
  #milliseconds = 0;
  #features = 0;
  #built = 0;
  #mostWork = 0;
  #nearest = 0;

  constructor(target: Target, counters: Uint32Array, stream: Stream) {
    this.#target = target;
    this.#counters = counters;
    this.#stream = stream;
    this.#seen = new Uint8Array(counters.length);
  }

  /** Runs the seeds. Undefined where all promises hold. */
  begin(): Promise<Find | undefined> {
    const { seeds, most } = this.#target;
    // Short ones first: what they show needs no long one.
    const fitting = seeds.filter(({ length }) => length <= most).toSorted((a, b) => a.length - b.length);
    return this.#timed(async () => {
      for (const seed of fitting) {
        const find = await this.#try(seed);
        if (find !== undefined) return find;
      }
      return undefined;
    });
  }

  /** So many runs; ends with the first find. `milliseconds` ends it as well. */
  run(runs: number, milliseconds: number = Number.POSITIVE_INFINITY): Promise<Find | undefined> {
    return this.#timed(async (began) => {
      for (let done = 0; done < runs; done++) {
        if (done % LOOKS_AT_CLOCK === 0 && performance.now() - began > milliseconds) return undefined;
        const find = await this.#try(this.#changed());
        if (find !== undefined) return find;
      }
      return undefined;
    });
  }

  async #timed(work: (began: number) => Promise<Find | undefined>): Promise<Find | undefined> {
    const began = performance.now();
    try {
      return await work(began);
    } finally {
      this.#milliseconds += performance.now() - began;
    }
  }

  get figures(): Figures {
    return {
      target: this.#target.name,
      runs: this.#runs,
      seconds: this.#milliseconds / 1_000,
      branches: this.#seen.reduce((sum, classes) => sum + (classes === 0 ? 0 : 1), 0),
      features: this.#features,
      corpus: this.#corpus.length,
      built: this.#built,
      mostWork: this.#mostWork,
      nearestToBound: this.#nearest,
    };
  }

  /** The counters that this target has reached. */
  reached(counter: number): boolean {
    return this.#seen[counter] !== 0;
  }

  #changed(): Uint8Array {
    const { shapes, words, most } = this.#target;
    const stream = this.#stream;
    let bytes = this.#entry().bytes;
    if (stream.below(8) === 0) bytes = splice(bytes, this.#entry().bytes, stream);
    for (let left = 1 + stream.below(1 + stream.below(MOST_CHANGES)); left > 0; left--) {
      const known = shapes.length === 0 || stream.below(3) === 0 ? undefined : shapes[stream.below(shapes.length)];
      const shape = known ?? BYTE_SHAPES[stream.below(BYTE_SHAPES.length)];
      bytes = shape?.(bytes, stream, words) ?? bytes;
      if (bytes.length > most) bytes = bytes.subarray(0, most);
    }
    return bytes;
  }

  #entry(): Entry {
    const { length } = this.#corpus;
    if (length === 0) return NOTHING;
    const from = this.#stream.below(2) === 0 ? Math.max(0, length - NEWEST) : 0;
    return this.#corpus[from + this.#stream.below(length - from)] ?? NOTHING;
  }

  async #try(bytes: Uint8Array): Promise<Find | undefined> {
    this.#runs++;
    const ran = await attempt(this.#target, this.#counters, bytes);
    if (!("outcome" in ran)) return this.#shrunk({ ...ran, target: this.#target.name, bytes });
    if (ran.outcome.kind === "built") this.#built++;
    const { each, fixed } = this.#target.work;
    this.#mostWork = Math.max(this.#mostWork, ran.work);
    this.#nearest = Math.max(this.#nearest, ran.work / (each * bytes.length + fixed));
    const isNew = this.#keep(bytes, ran.taken);
    if (!isNew && this.#runs % CLOSE_LOOKS !== 0) return undefined;
    const fault = await closeLook(this.#target, bytes);
    return fault === undefined ? undefined : this.#shrunk({ ...fault, target: this.#target.name, bytes });
  }

  /** Whether it shows anything new. */
  #keep(bytes: Uint8Array, taken: readonly number[]): boolean {
    const seen = this.#seen;
    const features: number[] = [];
    let isNew = false;
    for (const counter of taken) {
      const times = this.#counters[counter] ?? 0;
      const level = CLASS[times < 128 ? times : 128] ?? 0;
      features.push(counter * CLASSES + level);
      const known = seen[counter] ?? 0;
      if ((known & (1 << level)) !== 0) continue;
      seen[counter] = known | (1 << level);
      this.#features++;
      isNew = true;
    }
    if (!isNew) return false;
    this.#corpus.push({ bytes: bytes.slice(), features: Uint32Array.from(features) });
    if (this.#corpus.length >= this.#minimalAt) this.#minimise();
    return true;
  }

  /** Leaves out what shorter entries show as well. */
  #minimise(): void {
    const shown = new Set<number>();
    const kept = new Set<Entry>();
    for (const entry of this.#corpus.toSorted((a, b) => a.bytes.length - b.bytes.length)) {
      const { size } = shown;
      for (const feature of entry.features) shown.add(feature);
      if (shown.size > size) kept.add(entry);
    }
    this.#corpus = this.#corpus.filter((entry) => kept.has(entry));
    this.#minimalAt = 2 * this.#corpus.length;
  }

  /** The same fault from fewer and simpler bytes. */
  async #shrunk(find: Find): Promise<Find> {
    let best = find;
    let left = SHRINKING_RUNS;
    const tryBytes = async (bytes: Uint8Array): Promise<boolean> => {
      if (left-- <= 0) return false;
      const fault = await faultOf(this.#target, this.#counters, bytes);
      if (fault?.fault !== find.fault) return false;
      best = { ...best, ...fault, bytes };
      return true;
    };
    for (let size = best.bytes.length >> 1; size > 0 && left > 0; size >>= 1) {
      for (let at = 0; at + size <= best.bytes.length && left > 0; ) {
        const bytes = new Uint8Array(best.bytes.length - size);
        bytes.set(best.bytes.subarray(0, at));
        bytes.set(best.bytes.subarray(at + size), at);
        if (!(await tryBytes(bytes))) at += size;
      }
    }
    for (let at = 0; at < best.bytes.length && left > 0; at++) {
      if (best.bytes[at] === 0) continue;
      const bytes = best.bytes.slice();
      bytes[at] = 0;
      await tryBytes(bytes);
    }
    return best;
  }
}

type Fault = Pick<Find, "fault" | "told">;

/** What an input breaks, if anything, with the close look. */
export async function faultOf(target: Target, counters: Uint32Array, bytes: Uint8Array): Promise<Fault | undefined> {
  const ran = await attempt(target, counters, bytes);
  return "outcome" in ran ? closeLook(target, bytes) : ran;
}

/** One run, and what is cheap to ask of it. */
async function attempt(target: Target, counters: Uint32Array, bytes: Uint8Array): Promise<Ran | Fault> {
  const own = bytes.slice();
  counters.fill(0);
  try {
    const running = target.run(own);
    const outcome = running instanceof Promise ? await running : running;
    const taken = takenIn(counters);
    const work = taken.reduce((sum, counter) => sum + (counters[counter] ?? 0), 0);
    const bound = target.work.each * bytes.length + target.work.fixed;
    must(work <= bound, `work: ${work} branches for ${bytes.length} bytes, and ${bound} is the most`);
    for (let index = 0; index < own.length; index++) must(own[index] === bytes[index], "it writes into its input");
    return { outcome, taken, work };
  } catch (error) {
    return faultIn(error);
  }
}

/** The counters that are not zero. Most are: two are looked at at once, and as one double they are zero only if both are. */
function takenIn(counters: Uint32Array): readonly number[] {
  const taken: number[] = [];
  const pairs = new Float64Array(counters.buffer, 0, counters.length >> 1);
  for (let pair = 0; pair < pairs.length; pair++) {
    if (pairs[pair] === 0) continue;
    if (counters[2 * pair] !== 0) taken.push(2 * pair);
    if (counters[2 * pair + 1] !== 0) taken.push(2 * pair + 1);
  }
  return taken;
}

/** The same again, with the buffer overwritten after it: the same answer, and nothing of it was a view of the buffer. */
async function closeLook(target: Target, bytes: Uint8Array): Promise<Fault | undefined> {
  const { each, fixed } = target.output;
  const most = each * bytes.length + fixed;
  try {
    const own = bytes.slice();
    const outcome = await target.run(own);
    const before = textOf(outcome, most);
    if (before === undefined) throw new Broken(`output: more than ${most} for ${bytes.length} bytes`);
    own.fill(0x5a);
    must(textOf(outcome, most) === before, "what it returns is a view of the caller's buffer");
    must(textOf(await target.run(bytes.slice()), most) === before, "the same bytes give two answers");
    return undefined;
  } catch (error) {
    return faultIn(error);
  }
}

function faultIn(error: unknown): Fault {
  if (!(error instanceof Error)) return { fault: `thrown: ${typeof error}`, told: String(error) };
  const [line = ""] = error.message.split("\n");
  const fault = `${error.name}: ${line.slice(0, 120)}`.replace(/\d+/g, "#").replace(/"[^"]*"/g, '"…"');
  const place =
    error instanceof Broken
      ? ""
      : ` (${error.stack
          ?.split("\n")
          .find((at) => /^\s+at /.test(at))
          ?.trim()})`;
  return { fault, told: `${error.name}: ${line}${place}` };
}
