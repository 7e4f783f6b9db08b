/**
 * Pages of a memory that somebody has touched. A memory has hundreds and a city a million of them, most of them never used: what is
 * kept is as large as what was written.
 */
import { placeIn } from "./ascending.ts";
import { NvmDamages } from "./nvm-damages.ts";

/** `bytes` is never changed in place. */
export interface NvmPage {
  /** What has worn it; a begun erase counts whole. */
  readonly cycles: number;
  /** From the page's beginning; what lies after them is erased. */
  readonly bytes: Uint8Array;
  readonly damage: NvmDamages;
}

/** What every byte of an erased page shows. */
export const ERASED = 0xff;
const NO_BYTES = new Uint8Array(0);

/** A page that nobody has touched. */
export const UNTOUCHED: NvmPage = { cycles: 0, bytes: NO_BYTES, damage: NvmDamages.none };

/** A value: a change makes another one. */
export class NvmPages {
  static readonly none: NvmPages = new NvmPages([], []);
  /** Ascending; the page of each stands at the same place in `held`. */
  readonly numbers: readonly number[];
  readonly held: readonly NvmPage[];

  constructor(numbers: readonly number[], held: readonly NvmPage[]) {
    this.numbers = numbers;
    this.held = held;
  }

  /** Undefined for a page that was never touched: it counts as erased. */
  get(number: number): NvmPage | undefined {
    const place = placeIn(this.numbers, number);
    return this.numbers[place] === number ? this.held[place] : undefined;
  }

  /** With another page of this number; undefined for one that nobody has touched. */
  with(number: number, page: NvmPage | undefined): NvmPages {
    const place = placeIn(this.numbers, number);
    const isKnown = this.numbers[place] === number;
    if (page === undefined) {
      return isKnown ? new NvmPages(this.numbers.toSpliced(place, 1), this.held.toSpliced(place, 1)) : this;
    }
    if (isKnown) return new NvmPages(this.numbers, this.held.with(place, page));
    return new NvmPages(this.numbers.toSpliced(place, 0, number), this.held.toSpliced(place, 0, page));
  }

  /** The same pages, each as `change` makes it. */
  map(change: (page: NvmPage) => NvmPage): NvmPages {
    const held = this.held.map(change);
    return held.every((page, place) => page === this.held[place]) ? this : new NvmPages(this.numbers, held);
  }

  *[Symbol.iterator](): IterableIterator<[number, NvmPage]> {
    for (const [place, page] of this.held.entries()) yield [this.numbers[place] as number, page];
  }
}

/** Bytes of a page that grows, in steps of so many. */
const GROWS_BY = 64;

interface Measures {
  readonly wordBytes: number;
  readonly wordsPerPage: number;
}

/** A copy that reaches at least to `end`. */
export function grown(bytes: Uint8Array, end: number, { wordBytes: size, wordsPerPage }: Measures): Uint8Array {
  if (end <= bytes.length) return bytes.slice();
  const most = size * wordsPerPage;
  const wanted = Math.ceil(end / GROWS_BY) * GROWS_BY;
  // Whole words, whatever their size.
  const copy = new Uint8Array(Math.min(most, Math.ceil(wanted / size) * size)).fill(ERASED, bytes.length);
  copy.set(bytes);
  return copy;
}

/** The memory's own where the page reaches so far. */
export function bytesOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (end <= bytes.length) return bytes.subarray(start, end);
  const whole = new Uint8Array(end - start).fill(ERASED);
  if (start < bytes.length) whole.set(bytes.subarray(start));
  return whole;
}

/** As bytes of a page are never changed in place, all that nobody has touched read from the same. */
const untouched = new Map<number, Uint8Array>();
export function untouchedBytes(length: number): Uint8Array {
  const known = untouched.get(length);
  if (known !== undefined) return known;
  const bytes = new Uint8Array(length).fill(ERASED);
  untouched.set(length, bytes);
  return bytes;
}
