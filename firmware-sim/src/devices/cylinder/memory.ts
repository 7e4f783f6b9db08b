/**
 * The memory as firmware sees it: it reads, and a word that was hurt may read differently each time. What is trusted is
 * therefore read several times, as parts with a margin read do (field figures: nvm-word.ts).
 */
import { applyNvm, type Nvm, type NvmOperation, type NvmProfile } from "../../hardware/nvm.ts";

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
const ERASED = 0xff;
const PADDING = 0x00;

/** One reading; `trap` where ECC finds more wrong bits than it mends. */
export function readSpan(memory: Memory, span: Span, reading = 0): Uint8Array | "trap" {
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

/** Nothing was ever begun here, as far as a reader can find out. */
export function isBlank(memory: Memory, span: Span): boolean {
  for (let reading = readingsOf(memory, span); reading > 0; reading--) {
    const bytes = readSpan(memory, span, reading);
    if (bytes === "trap" || bytes.some((byte) => byte !== ERASED)) return false;
  }
  return true;
}

export function readsBack(memory: Memory, { page, word, bytes }: Expected): boolean {
  const words = wordsFor(memory.nvm.profile, bytes.length);
  const wanted = padded(memory.nvm.profile, bytes);
  for (let reading = readingsOf(memory, { page, word, words }); reading > 0; reading--) {
    const found = readSpan(memory, { page, word, words }, reading);
    if (found === "trap" || found.some((byte, index) => byte !== wanted[index])) return false;
  }
  return true;
}

/** Where nothing is hurt every reading shows the same: one does for all, and the result is that of all. */
function readingsOf({ nvm }: Memory, { page, word, words }: Span): number {
  const last = page + Math.floor((word + words - 1) / nvm.profile.wordsPerPage);
  for (let index = page; index <= last; index++) if ((nvm.pages[index]?.damage.size ?? 0) > 0) return READINGS;
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

export function wordsFor({ wordBytes }: Pick<NvmProfile, "wordBytes">, bytes: number): number {
  return Math.ceil(bytes / wordBytes);
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
