/**
 * Non-volatile memory: pages of words, with a power cut before, inside or after any single word. A value, changed by
 * `applyNvm` alone; a changed memory shares every untouched page with the one before, so that keeping it costs nothing.
 *
 * What a word can be is told by `nvm-word.ts`. Only the word being programmed, or the page being erased, is ever hurt by a
 * cut.
 *
 * Time and energy are not here: the cost profile has them, by operation.
 */
import { type Draws, oneOf } from "./draws.ts";
import { NvmDamages } from "./nvm-damages.ts";
import { bytesOf, ERASED, grown, type NvmPage, NvmPages, UNTOUCHED, untouchedBytes } from "./nvm-pages.ts";
import {
  both,
  isErased,
  marginalUnlessSame,
  type NvmDamage,
  type NvmInjury,
  type NvmWord,
  programWord,
  readHurtWord,
  wordState,
} from "./nvm-word.ts";

/** What a memory can do. Every figure comes from a cost profile. */
export interface NvmProfile {
  /** The unit of programming, e.g. 8 where the flash has an ECC for each double word. */
  readonly wordBytes: number;
  readonly wordsPerPage: number;
  readonly pages: number;
  /**
   * `ecc-once`: a word is programmed once after an erase; one wrong bit is corrected, more are a trap when read.
   * `once`: the same without ECC, so that a hurt word reads as garbage.
   * `clear-bits`: any program may clear bits that are still set; no ECC.
   * `overwrite`: a program takes any value, as EEPROM and FRAM do; no ECC.
   */
  readonly cells: "ecc-once" | "once" | "clear-bits" | "overwrite";
  /** What a program gets whose word cannot take it: an outcome, or a silence in which nothing was written. */
  readonly refusedProgram: "not-erased" | "silent-no-op";
  /** Erases that a page stands; of `overwrite` cells, words programmed in it as well. */
  readonly enduranceCycles: number;
  /** Past its endurance, what wears a page fails aloud, does nothing in silence, or leaves programmed words marginal. */
  readonly wearOut: "fails" | "silent-no-op" | "programs-marginal";
}

export interface Nvm {
  readonly profile: NvmProfile;
  /** Words programmed and pages erased since this memory was made; the next one has this number (`NvmCut`). */
  readonly operations: number;
  /** Those that were ever touched. */
  readonly pages: NvmPages;
}

/** Bytes of a program are a whole number of words that stay inside the page. Several words are several operations. */
export type NvmOperation =
  | { readonly kind: "program"; readonly page: number; readonly word: number; readonly bytes: Uint8Array }
  | { readonly kind: "erase"; readonly page: number }
  | { readonly kind: "read"; readonly page: number; readonly word: number; readonly words: number };

/** Power ends at the operation of this number: before it begins, inside it, or when the memory is done and the device has not heard of it. */
export interface NvmCut {
  readonly operation: number;
  readonly stage: NvmCutStage;
}
/** `torn` and `marginal` are the two ways to be hurt inside; an erase cut `torn` leaves some words as they were, some erased and some marginal. */
export type NvmCutStage = "before" | NvmInjury | "after";
export const NVM_CUT_STAGES: readonly [NvmCutStage, ...NvmCutStage[]] = ["before", "torn", "marginal", "after"];

export type NvmOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "read"; readonly bytes: Uint8Array }
  /** ECC: more bits are wrong than can be corrected. On most parts a fault that ends in a reset. */
  | { readonly kind: "trap"; readonly page: number; readonly word: number }
  /** Nothing was written from this word on. */
  | { readonly kind: "not-erased"; readonly page: number; readonly word: number }
  | { readonly kind: "worn-out"; readonly page: number }
  /** No such page or word, or bytes that are no whole number of words. */
  | { readonly kind: "outside" }
  /** The power is gone: the device learns nothing of it. */
  | { readonly kind: "cut"; readonly at: NvmCut };

export interface NvmStep {
  readonly nvm: Nvm;
  readonly outcome: NvmOutcome;
}

const DONE: NvmOutcome = { kind: "done" };
const OUTSIDE: NvmOutcome = { kind: "outside" };

/** A memory as it leaves the factory: erased, unworn. */
export function erasedNvm(profile: NvmProfile): Nvm {
  return { profile, operations: 0, pages: NvmPages.none };
}

/**
 * Carries out one operation. Draws are taken only for words that are marginal or hurt by the cut. A cut whose number this
 * operation does not reach changes nothing.
 */
export function applyNvm(nvm: Nvm, operation: NvmOperation, draws: Draws, cut?: NvmCut): NvmStep {
  if (!isInside(nvm.profile, operation)) return { nvm, outcome: OUTSIDE };
  switch (operation.kind) {
    case "read":
      return { nvm, outcome: read(nvm, operation.page, operation.word, operation.words, draws) };
    case "erase":
      return erase(nvm, operation.page, draws, cut);
    case "program":
      return program(nvm, operation.page, operation.word, operation.bytes, draws, cut);
  }
}

/** Carries out operations in order until the power is cut: one outcome for each that began. */
export function runNvm(
  nvm: Nvm,
  operations: Iterable<NvmOperation>,
  draws: Draws,
  cut?: NvmCut,
): { readonly nvm: Nvm; readonly outcomes: readonly NvmOutcome[] } {
  const outcomes: NvmOutcome[] = [];
  let now = nvm;
  for (const operation of operations) {
    const step = applyNvm(now, operation, draws, cut);
    now = step.nvm;
    outcomes.push(step.outcome);
    if (step.outcome.kind === "cut") break;
  }
  return { nvm: now, outcomes };
}

/** So many words in which nothing stands. */
export function erasedWords({ wordBytes }: Pick<NvmProfile, "wordBytes">, words: number): Uint8Array {
  return new Uint8Array(words * wordBytes).fill(ERASED);
}

/** The truth about one word that exists. */
export function nvmWord(nvm: Nvm, page: number, word: number): NvmWord {
  const held = pageOf(nvm, page);
  return wordState(wordBytes(nvm.profile, held.bytes, word), held.damage.get(word));
}

/**
 * Bytes of these words of one page, which are all inside it, if no word of the page is hurt: what every reading shows. The
 * memory's own, not to be changed. Undefined where a reading has to draw.
 */
export function soundBytes({ pages, profile }: Nvm, page: number, word: number, words: number): Uint8Array | undefined {
  const { wordBytes: size, wordsPerPage } = profile;
  const held = pages.get(page);
  if (held === undefined) return untouchedBytes(size * wordsPerPage).subarray(word * size, (word + words) * size);
  return held.damage.size > 0 ? undefined : bytesOf(held.bytes, word * size, (word + words) * size);
}

/** How worn a page is, against `enduranceCycles`. */
export function nvmCycles(nvm: Nvm, page: number): number {
  return nvm.pages.get(page)?.cycles ?? 0;
}

/** Wear beforehand: a page of the memory with so many cycles behind it. */
export function wearNvm(nvm: Nvm, page: number, cycles: number): Nvm {
  return isIndex(page, nvm.profile.pages) ? withPage(nvm, page, { ...pageOf(nvm, page), cycles }) : nvm;
}

/** A fault of the part: it says that an operation is done, and has not begun it. */
export function skipNvm(nvm: Nvm, operation: NvmOperation): NvmStep {
  if (operation.kind === "read" || !isInside(nvm.profile, operation)) return { nvm, outcome: OUTSIDE };
  const operations = operation.kind === "erase" ? 1 : operation.bytes.length / nvm.profile.wordBytes;
  return { nvm: { ...nvm, operations: nvm.operations + operations }, outcome: DONE };
}

/** Ageing: the bits of `mask` (one word) fade and may read inverted from now on. What is hurt already, or does not exist, stays as it is. */
export function fadeNvm(nvm: Nvm, page: number, word: number, mask: Uint8Array): Nvm {
  const { profile } = nvm;
  if (mask.length !== profile.wordBytes || !isInside(profile, { kind: "read", page, word, words: 1 })) return nvm;
  const held = pageOf(nvm, page);
  if (held.damage.has(word)) return nvm;
  const stored = wordBytes(profile, held.bytes, word);
  const inverted = stored.map((byte, index) => byte ^ (mask[index] ?? 0));
  // A page reaches as far as anything in it can be hurt.
  const bytes = grown(held.bytes, (word + 1) * profile.wordBytes, profile);
  const damage = held.damage.with(word, marginalUnlessSame(inverted, stored));
  return withPage(nvm, page, { ...held, bytes, damage });
}

function isInside({ pages, wordsPerPage, wordBytes }: NvmProfile, operation: NvmOperation): boolean {
  if (!isIndex(operation.page, pages)) return false;
  if (operation.kind === "erase") return true;
  const words = operation.kind === "read" ? operation.words : operation.bytes.length / wordBytes;
  return isIndex(operation.word, wordsPerPage) && isIndex(words - 1, wordsPerPage - operation.word);
}

function isIndex(value: number, end: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value < end;
}

function read(nvm: Nvm, page: number, word: number, words: number, draws: Draws): NvmOutcome {
  const held = nvm.pages.get(page);
  const { wordBytes: size, cells } = nvm.profile;
  if (held === undefined) return { kind: "read", bytes: erasedWords(nvm.profile, words) };
  const bytes = bytesOf(held.bytes, word * size, (word + words) * size).slice();
  if (held.damage.size === 0) return { kind: "read", bytes };
  for (let index = word; index < word + words; index++) {
    const damage = held.damage.get(index);
    if (damage === undefined) continue;
    const shown = readHurtWord(cells, bytes.subarray((index - word) * size, (index + 1 - word) * size), damage, draws);
    if (shown === "trap") return { kind: "trap", page, word: index };
    bytes.set(shown, (index - word) * size);
  }
  return { kind: "read", bytes };
}

function erase(nvm: Nvm, page: number, draws: Draws, cut: NvmCut | undefined): NvmStep {
  const stage = stageOf(nvm, cut);
  if (stage === "before") return cutAt(nvm, stage);
  const begun: Nvm = { ...nvm, operations: nvm.operations + 1 };
  const held = pageOf(nvm, page);
  const { profile } = nvm;
  const cycles = held.cycles + 1;
  const worn = cycles > profile.enduranceCycles ? profile.wearOut : undefined;
  const isDead = worn === "fails" || worn === "silent-no-op";
  const next = withPage(begun, page, isDead ? { ...held, cycles } : erasedPage(profile, held, stage, draws));
  if (stage !== undefined) return { nvm: next, outcome: { kind: "cut", at: { operation: nvm.operations, stage } } };
  return { nvm: next, outcome: worn === "fails" ? { kind: "worn-out", page } : DONE };
}

function erasedPage(profile: NvmProfile, held: NvmPage, stage: NvmCutStage | undefined, draws: Draws): NvmPage {
  if (injuryOf(stage) === undefined) {
    return { ...UNTOUCHED, cycles: held.cycles + 1 };
  }
  const ones = erasedWords(profile, 1);
  const bytes = new Uint8Array(held.bytes.length).fill(ERASED);
  const words = held.bytes.length / profile.wordBytes;
  const damage = new Map<number, NvmDamage>();
  for (let word = 0; word < words; word++) {
    const former = held.damage.get(word);
    const value = wordBytes(profile, held.bytes, word);
    const from = former?.state === "marginal" ? both(former.from, former.to) : value;
    if (isErased(from)) continue;
    const fate = stage === "marginal" ? "marginal" : oneOf(draws, ["kept", "erased", "marginal"]);
    if (fate === "marginal") damage.set(word, { state: "marginal", from, to: ones });
    if (fate === "kept") {
      bytes.set(value, word * profile.wordBytes);
      if (former !== undefined) damage.set(word, former);
    }
  }
  return { cycles: held.cycles + 1, bytes, damage: NvmDamages.of(damage) };
}

/** What `program` comes to where nothing is hurt, worn, refused or cut; undefined where it has to go word by word. */
function soundProgram(
  nvm: Nvm,
  page: number,
  word: number,
  bytes: Uint8Array,
  cut: NvmCut | undefined,
): NvmStep | undefined {
  const { profile, operations } = nvm;
  const { cells, wordBytes: size } = profile;
  const words = bytes.length / size;
  if (cut !== undefined && cut.operation >= operations && cut.operation < operations + words) return undefined;
  const held = pageOf(nvm, page);
  const cycles = held.cycles + (cells === "overwrite" ? words : 0);
  if (held.damage.size > 0 || cycles > profile.enduranceCycles) return undefined;
  const start = word * size;
  if (cells !== "overwrite") {
    for (let index = 0; index < bytes.length; index++) {
      const free = held.bytes[start + index] ?? ERASED;
      if (cells === "clear-bits" ? ((bytes[index] ?? 0) & ~free) !== 0 : free !== ERASED) return undefined;
    }
  }
  const changed = grown(held.bytes, start + bytes.length, profile);
  changed.set(bytes, start);
  const programmed = { cycles, bytes: changed, damage: NvmDamages.none };
  return { nvm: withPage({ ...nvm, operations: operations + words }, page, programmed), outcome: DONE };
}

function program(
  nvm: Nvm,
  page: number,
  word: number,
  bytes: Uint8Array,
  draws: Draws,
  cut: NvmCut | undefined,
): NvmStep {
  const quick = soundProgram(nvm, page, word, bytes, cut);
  if (quick !== undefined) return quick;
  const size = nvm.profile.wordBytes;
  const held = pageOf(nvm, page);
  // One copy for the whole operation, which nobody else has seen yet.
  const end = word * size + bytes.length;
  const changed = { cycles: held.cycles, bytes: grown(held.bytes, end, nvm.profile), damage: held.damage };
  const finish = (operations: number, outcome: NvmOutcome): NvmStep => ({
    nvm: operations === nvm.operations ? nvm : withPage({ ...nvm, operations }, page, changed),
    outcome,
  });
  for (let index = 0; index * size < bytes.length; index++) {
    const operation = nvm.operations + index;
    const stage = cut?.operation === operation ? cut.stage : undefined;
    if (stage === "before") return finish(operation, { kind: "cut", at: { operation, stage } });
    if (nvm.profile.cells === "overwrite") changed.cycles++;
    const place = word + index;
    const target = bytes.subarray(index * size, (index + 1) * size);
    const injury = injuryOf(stage);
    const former = { bytes: wordBytes(nvm.profile, held.bytes, place), damage: held.damage.get(place) };
    const written = programWord(nvm.profile, former, target, { cycles: changed.cycles, injury, draws });
    if (typeof written !== "string") {
      changed.bytes.set(written.bytes, place * size);
      changed.damage = changed.damage.with(place, written.damage);
    }
    if (stage !== undefined) return finish(operation + 1, { kind: "cut", at: { operation, stage } });
    if (written === "worn-out") return finish(operation + 1, { kind: "worn-out", page });
    if (written === "not-erased") {
      return finish(operation + 1, { kind: "not-erased", page, word: place });
    }
  }
  return finish(nvm.operations + bytes.length / size, DONE);
}

function injuryOf(stage: NvmCutStage | undefined): NvmInjury | undefined {
  return stage === "torn" || stage === "marginal" ? stage : undefined;
}

function stageOf(nvm: Nvm, cut: NvmCut | undefined): NvmCutStage | undefined {
  return cut?.operation === nvm.operations ? cut.stage : undefined;
}

function cutAt(nvm: Nvm, stage: NvmCutStage): NvmStep {
  return { nvm, outcome: { kind: "cut", at: { operation: nvm.operations, stage } } };
}

function pageOf({ pages }: Nvm, page: number): NvmPage {
  return pages.get(page) ?? UNTOUCHED;
}

function withPage(nvm: Nvm, page: number, held: NvmPage): Nvm {
  return { ...nvm, pages: nvm.pages.with(page, held) };
}

function wordBytes({ wordBytes: size }: NvmProfile, bytes: Uint8Array, word: number): Uint8Array {
  return bytesOf(bytes, word * size, (word + 1) * size).slice();
}
