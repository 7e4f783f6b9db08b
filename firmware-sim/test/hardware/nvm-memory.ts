import fc from "fast-check";
import type { NvmOperation, NvmProfile } from "#src/hardware/nvm.ts";

/** Small enough that random operations meet each other. */
export const ECC_FLASH: NvmProfile = {
  wordBytes: 4,
  wordsPerPage: 4,
  pages: 3,
  cells: "ecc-once",
  refusedProgram: "not-erased",
  enduranceCycles: 1000,
  wearOut: "fails",
};

const CELLS = ["ecc-once", "once", "clear-bits", "overwrite"] as const;

export const profiles: fc.Arbitrary<NvmProfile> = fc.constantFrom(...CELLS).map((cells) => ({ ...ECC_FLASH, cells }));

const page = fc.nat({ max: ECC_FLASH.pages - 1 });
const word = fc.nat({ max: ECC_FLASH.wordsPerPage - 1 });

const programs: fc.Arbitrary<NvmOperation> = fc
  .tuple(page, word, fc.integer({ min: 1, max: 3 }))
  .chain(([page, word, words]) => {
    const size = Math.min(words, ECC_FLASH.wordsPerPage - word) * ECC_FLASH.wordBytes;
    return fc
      .uint8Array({ minLength: size, maxLength: size })
      .map((bytes): NvmOperation => ({ kind: "program", page, word, bytes }));
  });
const erases: fc.Arbitrary<NvmOperation> = page.map((page) => ({ kind: "erase", page }));

/** Programs and erases, as they come: some programs are refused. */
export const operations: fc.Arbitrary<NvmOperation[]> = fc.array(
  fc.oneof({ weight: 4, arbitrary: programs }, { weight: 1, arbitrary: erases }),
  { minLength: 1, maxLength: 12 },
);

/** The pages and words that an operation touches, in the order of its word operations. */
export function touched(operation: NvmOperation): { readonly page: number; readonly words: readonly number[] }[] {
  const { page } = operation;
  if (operation.kind === "erase") {
    return [{ page, words: Array.from({ length: ECC_FLASH.wordsPerPage }, (_, word) => word) }];
  }
  if (operation.kind === "read") return [];
  const words = operation.bytes.length / ECC_FLASH.wordBytes;
  return Array.from({ length: words }, (_, index) => ({ page, words: [operation.word + index] }));
}
