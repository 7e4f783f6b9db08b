/**
 * One seed, as many independent random streams as there are subsystems: a stream is found by its labels, never by the
 * order in which streams were made or used, so that a new one changes none of the others. 32-bit integers only: the same on
 * every machine and Node version.
 */
import { CallerError } from "@nyckelfri/protocol";
import { finish, rotate } from "./mix.ts";

/** A u32 or a text such as a commit id; 42 and "42" are the same seed. */
export type Seed = number | string;

/** 128 bits, from which a stream and all of its forks follow. */
type Key = readonly [a: number, b: number, c: number, d: number];

const TWO_TO_32 = 0x1_0000_0000;
/** Odd and without pattern; one for each lane of a key. */
const MULTIPLIERS: Key = [0x9e37_79b1, 0x85eb_ca77, 0xc2b2_ae3d, 0x27d4_eb2f];
const WARM_UP_ROUNDS = 12;

/** The stream of a seed, of which all others are forks. Throws `caller/argument` for what is no seed. */
export function rootStream(seed: Seed): Stream {
  return new Stream(absorb(MULTIPLIERS, seedText(seed)));
}

/** How a seed is printed, and read again by `rootStream`. */
export function seedText(seed: Seed): string {
  const text = String(seed);
  const sound = typeof seed === "string" ? /^[\w.:/-]{1,64}$/.test(text) : seed >>> 0 === seed;
  if (!sound)
    throw new CallerError("caller/argument", { argument: "seed", takes: "a u32, or 1 to 64 of A-Za-z0-9_.:/-" });
  return text;
}

/** A generator (sfc32 of PractRand), which moves with each draw, and the key of its forks, which does not. */
export class Stream {
  readonly #key: Key;
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  /** Use `rootStream` and `fork`. */
  constructor(key: Key) {
    this.#key = key;
    [this.#a, this.#b, this.#c, this.#counter] = key;
    for (let round = 0; round < WARM_UP_ROUNDS; round++) this.uint32();
  }

  /** The stream of a label below this one: the same one whatever was drawn before. One label, one user. */
  fork(label: string): Stream {
    return new Stream(absorb(this.#key, label));
  }

  /** A stream that goes on from here by itself: for snapshots. */
  copy(): Stream {
    const copy = new Stream(this.#key);
    copy.#a = this.#a;
    copy.#b = this.#b;
    copy.#c = this.#c;
    copy.#counter = this.#counter;
    return copy;
  }

  uint32(): number {
    const drawn = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (rotate(this.#c, 21) + drawn) | 0;
    return drawn;
  }

  /** 0 to bound - 1, each as likely; bound 1 to 2^32. */
  below(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > TWO_TO_32) {
      throw new CallerError("caller/argument", { argument: "bound", takes: "1 to 2^32", bound });
    }
    // What is past the last whole multiple would make small numbers likelier: it is drawn again.
    const fair = TWO_TO_32 - (TWO_TO_32 % bound);
    let drawn = this.uint32();
    while (drawn >= fair) drawn = this.uint32();
    return drawn % bound;
  }

  /** least to most, both inclusive. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True so many times in a million. It draws also for 0, so that a rate that is switched off moves no later draw. */
  chance(perMillion: number): boolean {
    return this.below(1_000_000) < perMillion;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new CallerError("caller/argument", { argument: "items", takes: "at least one" });
    return items[this.below(items.length)] as T;
  }

  /** A new array in a random order (Fisher and Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      const moved = shuffled[last] as T;
      shuffled[last] = shuffled[other] as T;
      shuffled[other] = moved;
    }
    return shuffled;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let word = 0;
    for (let index = 0; index < length; index++) {
      word = index % 4 === 0 ? this.uint32() : word >>> 8;
      bytes[index] = word;
    }
    return bytes;
  }
}

/** Mixes a label into a key. Every label ends in a full mix, so that labels a, b and the label ab lead to different keys. */
function absorb(key: Key, label: string): Key {
  let [a, b, c, d] = key;
  const [m, n, o, p] = MULTIPLIERS;
  for (let index = 0; index < label.length; index++) {
    const unit = label.charCodeAt(index);
    a = Math.imul(rotate(a ^ unit, 13), m);
    b = Math.imul(rotate(b ^ unit, 15), n);
    c = Math.imul(rotate(c ^ unit, 17), o);
    d = Math.imul(rotate(d ^ unit, 19), p);
  }
  a ^= label.length;
  // Twice round, so that each lane depends on all four.
  for (let round = 0; round < 2; round++) {
    a = finish(a + d);
    b = finish(b + a);
    c = finish(c + b);
    d = finish(d + c);
  }
  return [a, b, c, d];
}
