/** How anything is written: stages, each of operations and of what must read back before the next one begins (SPEC LOG-3). */
import type { NvmOperation, NvmProfile } from "../../hardware/nvm.ts";
import { type Expected, programs } from "./memory.ts";

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

export function erases(page: number, pages: number): NvmOperation[] {
  return Array.from({ length: pages }, (_, index) => ({ kind: "erase", page: page + index }));
}
