/** How anything is written: stages, each of operations and of what must read back before the next one begins (SPEC LOG-3). */
import { erasedWords, type NvmOperation, type NvmProfile } from "../../hardware/nvm.ts";
import type { Findings } from "./findings.ts";
import { type Expected, isBlank, type Memory, programs } from "./memory.ts";

export interface Stage {
  readonly operations: readonly NvmOperation[];
  readonly expected: readonly Expected[];
}

/** One word that says that everything before it is there. */
export function mark({ wordBytes }: NvmProfile): Uint8Array {
  return new Uint8Array(wordBytes).fill(0x5a);
}

/** Programs these in their order, in one stage. */
export function stageOf(profile: NvmProfile, before: readonly NvmOperation[], written: readonly Expected[]): Stage {
  const operations = written.flatMap(({ page, word, bytes }) => programs(profile, page, word, bytes));
  return { operations: [...before, ...operations], expected: written };
}

/**
 * Erases those of these pages that are not blank. As a rule all are, because they were erased ahead (upkeep.ts): an erase
 * takes longer than everything else together, and nobody is to wait for it.
 */
export function erases(findings: Findings, memory: Memory, page: number, pages: number): NvmOperation[] {
  const operations: NvmOperation[] = [];
  for (let at = page; at < page + pages; at++)
    if (!isBlankPage(findings, memory, at)) operations.push({ kind: "erase", page: at });
  return operations;
}

/** These pages, read back blank. */
export function erasedStage(profile: NvmProfile, operations: readonly NvmOperation[]): Stage {
  const bytes = erasedWords(profile, profile.wordsPerPage);
  return { operations, expected: operations.map(({ page }) => ({ page, word: 0, bytes })) };
}

function isBlankPage({ isBlank: blank }: Findings, memory: Memory, page: number): boolean {
  const { nvm } = memory;
  return blank.of(nvm, page, 1, () => isBlank(memory, { page, word: 0, words: nvm.profile.wordsPerPage }));
}
