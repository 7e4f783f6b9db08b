/**
 * The memory as firmware sees it: it reads, and a word that was hurt may read differently each time. What is trusted is
 * therefore read several times, as parts with a margin read do (field figures: nvm-word.ts).
 */
import { applyNvm, type Nvm, type NvmOperation, type NvmProfile, soundBytes } from "../../hardware/nvm.ts";
import { ERASED } from "../../hardware/nvm-pages.ts";

/** `noise`, a u32 given at power-on, decides what marginal words show in this power-up. */
export interface Memory {
  readonly nvm: Nvm;
  readonly noise: number;
}

/** Whole words in a row, inside one page or over the border of adjoining ones. */
export interface Span {
  readonly page: number;
  readonly word: number;
  readonly words: number;
}

/** What must read back. */
export interface Expected {
  readonly page: number;
  readonly word: number;
  readonly bytes: Uint8Array;
}

/** A word cut short may pass one reading for sound, or for erased; so many in a row it does not. */
export const READINGS = 12;
const PADDING = 0x00;

/** One reading, not to be changed; `trap` where ECC finds more wrong bits than it mends. */
export function readSpan(memory: Memory, span: Span, reading = 0): Uint8Array | "trap" {
  const sound = readSound(memory, span);
  if (sound !== undefined) return sound;
  const { wordBytes, wordsPerPage } = memory.nvm.profile;
  const whole = new Uint8Array(span.words * wordBytes);
  for (let done = 0; done < span.words; ) {
    const at = span.word + done;
    const page = span.page + Math.floor(at / wordsPerPage);
    const word = at % wordsPerPage;
    const words = Math.min(span.words - done, wordsPerPage - word);
    const draws = sensing(memory, page * wordsPerPage + word, reading);
    const { outcome } = applyNvm(memory.nvm, { kind: "read", page, word, words }, draws);
    if (outcome.kind !== "read") return "trap";
    whole.set(outcome.bytes, done * wordBytes);
    done += words;
  }
  return whole;
}

/** What is found in the first of all readings that shows it; undefined where none does. */
export function firstReading<T>(memory: Memory, span: Span, find: (bytes: Uint8Array) => T | undefined): T | undefined {
  for (let reading = readingsOf(memory, span); reading > 0; reading--) {
    const bytes = readSpan(memory, span, reading);
    const found = bytes === "trap" ? undefined : find(bytes);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Nothing was ever begun here, as far as a reader can find out. */
export function isBlank(memory: Memory, span: Span): boolean {
  for (let reading = readingsOf(memory, span); reading > 0; reading--) {
    const bytes = readSpan(memory, span, reading);
    if (bytes === "trap" || !isErased(bytes)) return false;
  }
  return true;
}

/** Words of a span up to the last one in which this reading shows anything but erased cells. */
export function programmedWords(memory: Memory, { page, word, words }: Span): number {
  const { profile } = memory.nvm;
  const sound = readSound(memory, { page, word, words });
  if (sound !== undefined) {
    let end = sound.length;
    while (end > 0 && sound[end - 1] === ERASED) end--;
    return Math.ceil(end / profile.wordBytes);
  }
  for (let end = words; end > 0; end--) {
    const bytes = readSpan(memory, wordAt(profile, page, word + end - 1));
    if (bytes === "trap" || !isErased(bytes)) return end;
  }
  return 0;
}

/** What every reading shows, not to be changed; undefined where a word in one of the pages is hurt. */
export function readSound({ nvm }: Memory, { page, word, words }: Span): Uint8Array | undefined {
  const { wordBytes, wordsPerPage } = nvm.profile;
  if (word + words <= wordsPerPage) return soundBytes(nvm, page, word, words);
  const whole = new Uint8Array(words * wordBytes);
  for (let done = 0; done < words; ) {
    const at = wordAt(nvm.profile, page, word + done);
    const part = Math.min(words - done, wordsPerPage - at.word);
    const sound = soundBytes(nvm, at.page, at.word, part);
    if (sound === undefined) return undefined;
    whole.set(sound, done * wordBytes);
    done += part;
  }
  return whole;
}

export function readsBack(memory: Memory, { page, word, bytes }: Expected): boolean {
  const words = wordsFor(memory.nvm.profile, bytes.length);
  for (let reading = readingsOf(memory, { page, word, words }); reading > 0; reading--) {
    const found = readSpan(memory, { page, word, words }, reading);
    if (found === "trap") return false;
    for (let index = 0; index < found.length; index++) if (found[index] !== (bytes[index] ?? PADDING)) return false;
  }
  return true;
}

/** Where nothing is hurt every reading shows the same: one does for all, and the result is that of all. */
function readingsOf({ nvm }: Memory, { page, word, words }: Span): number {
  const last = page + Math.floor((word + words - 1) / nvm.profile.wordsPerPage);
  for (let index = page; index <= last; index++) if ((nvm.pages.get(index)?.damage.size ?? 0) > 0) return READINGS;
  return 1;
}

/** The programs that write bytes from a word on, one for each page; the last word is filled up with zeros. */
export function programs(profile: NvmProfile, page: number, word: number, bytes: Uint8Array): NvmOperation[] {
  const { wordBytes, wordsPerPage } = profile;
  const whole = padded(profile, bytes);
  const operations: NvmOperation[] = [];
  for (let done = 0; done < whole.length; ) {
    const at = word + done / wordBytes;
    const inPage = at % wordsPerPage;
    const length = Math.min(whole.length - done, (wordsPerPage - inPage) * wordBytes);
    const part = whole.slice(done, done + length);
    operations.push({ kind: "program", page: page + Math.floor(at / wordsPerPage), word: inPage, bytes: part });
    done += length;
  }
  return operations;
}

/** A word counted from the beginning of a page on, wherever it is. */
export function wordAt({ wordsPerPage }: NvmProfile, page: number, word: number): Span {
  return { page: page + Math.floor(word / wordsPerPage), word: word % wordsPerPage, words: 1 };
}

export function wordsFor({ wordBytes }: Pick<NvmProfile, "wordBytes">, bytes: number): number {
  return Math.ceil(bytes / wordBytes);
}

function isErased(bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) if (bytes[index] !== ERASED) return false;
  return true;
}

function padded({ wordBytes }: NvmProfile, bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / wordBytes) * wordBytes).fill(PADDING);
  whole.set(bytes);
  return whole;
}

/** What this reading of this place shows, the same whenever the same memory is asked: a step is a function. */
function sensing({ nvm, noise }: Memory, place: number, reading: number): { below(bound: number): number } {
  let state = (noise ^ Math.imul(nvm.operations + 1, 0x9e3779b1) ^ Math.imul(place + 1, 0x85ebca6b)) >>> 0;
  state = (state ^ Math.imul(reading + 1, 0xc2b2ae35)) >>> 0;
  return {
    below(bound) {
      state = (state + 0x6d2b79f5) >>> 0;
      const mixed = Math.imul(state ^ (state >>> 15), state | 1);
      const spread = mixed ^ (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61));
      return ((spread ^ (spread >>> 14)) >>> 0) % bound;
    },
  };
}
