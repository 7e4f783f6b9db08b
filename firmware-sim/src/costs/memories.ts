/** Non-volatile memories, as data. A word is what one program operation writes, whatever its size in the part. */
import { estimate, type Figure, sourced } from "./figure.ts";

/** What must happen before a word can be programmed again. */
export type Erase =
  | { readonly kind: "none" }
  | {
      readonly kind: "page";
      readonly bytesPerPage: Figure;
      readonly microsecondsPerPageErase: Figure;
      readonly nanojoulesPerPageErase: Figure;
    };

export interface MemoryFigures {
  readonly name: string;
  readonly bytesPerWord: Figure;
  readonly nanosecondsPerWordProgram: Figure;
  readonly nanojoulesPerWordProgram: Figure;
  readonly nanosecondsPerWordRead: Figure;
  readonly erase: Erase;
  readonly enduranceCycles: Figure;
  /** While programming or erasing. */
  readonly peakMicroamps: Figure;
}

const mapped: Figure = estimate(125, "Memory-mapped: two cycles at 16 MHz.");
const SAM = "SAM L/D data sheets (Microchip), read as excerpts only";
const MICROCHIP_NVM =
  "onlinedocs.microchip.com GUID-6C569B81-1A59-4F57-8B5F-C97D23F6E7A0, NVM electrical specifications";
const NORDIC = "docs.nordicsemi.com/r/bundle/ps_nrf5340/page/nvmc.html";
const STM8L = "STM8L151x2/x3 data sheet, Doc ID 018780 Rev 4, table 32";
const TI_FRAM = "TI SLAA502A";

/** Flash that programs a page of 64 bytes at a time. */
export const pageFlash: MemoryFigures = {
  name: "flash, page write (SAM L/D)",
  bytesPerWord: estimate(64, SAM),
  nanosecondsPerWordProgram: estimate(2_500_000, `2.5 ms for a page; ${SAM}.`),
  nanojoulesPerWordProgram: estimate(75_000, `2.5 ms at up to 10 mA and 3.0 V; ${SAM}.`),
  nanosecondsPerWordRead: estimate(2_000, "16 memory-mapped words of 32 bits."),
  erase: {
    kind: "page",
    bytesPerPage: estimate(256, `A row of four pages; ${SAM}.`),
    microsecondsPerPageErase: estimate(6_000, SAM),
    nanojoulesPerPageErase: estimate(180_000, `6 ms at up to 10 mA and 3.0 V; ${SAM}.`),
  },
  enduranceCycles: estimate(10_000, SAM),
  peakMicroamps: estimate(10_000, SAM),
};

/** Flash that programs a double word; the maximum figures of its table. */
export const wordFlash: MemoryFigures = {
  name: "flash, word write (Microchip)",
  bytesPerWord: estimate(8, "The page read does not give the width of its word write; 64 bits is usual with ECC."),
  nanosecondsPerWordProgram: sourced(150_000, `${MICROCHIP_NVM}: word write 150 µs max`),
  nanojoulesPerWordProgram: sourced(4_500, `${MICROCHIP_NVM}: 150 µs at 10 mA and 3.0 V`),
  nanosecondsPerWordRead: mapped,
  erase: {
    kind: "page",
    bytesPerPage: estimate(512, "The page read does not give the size of an erase page."),
    microsecondsPerPageErase: sourced(11_000, `${MICROCHIP_NVM}: page erase 11 ms max`),
    nanojoulesPerPageErase: sourced(231_000, `${MICROCHIP_NVM}: 11 ms at 7 mA and 3.0 V`),
  },
  enduranceCycles: sourced(10_000, `${MICROCHIP_NVM}: high endurance flash`),
  peakMicroamps: sourced(10_000, `${MICROCHIP_NVM}: 10 mA while programming`),
};

/** Flash of a radio chip: quick words, a very slow erase. */
export const largePageFlash: MemoryFigures = {
  name: "flash, 4 KiB page (nRF5340)",
  bytesPerWord: sourced(4, `${NORDIC}: 32-bit word`),
  nanosecondsPerWordProgram: sourced(43_000, `${NORDIC}: 43 µs`),
  nanojoulesPerWordProgram: estimate(650, "43 µs at about 5 mA and 3.0 V; the current was not found."),
  nanosecondsPerWordRead: mapped,
  erase: {
    kind: "page",
    bytesPerPage: estimate(4_096, "Page of the nRF52 and nRF53; the passage read gives the time only."),
    microsecondsPerPageErase: sourced(87_500, `${NORDIC}: 87.5 ms`),
    nanojoulesPerPageErase: estimate(1_312_500, "87.5 ms at about 5 mA and 3.0 V; the current was not found."),
  },
  enduranceCycles: sourced(10_000, NORDIC),
  peakMicroamps: estimate(5_000, "The current was not found."),
};

/** Data EEPROM: a block of up to 64 bytes in one operation that erases too. */
export const eeprom: MemoryFigures = {
  name: "EEPROM, 64-byte block (STM8L)",
  bytesPerWord: sourced(64, `${STM8L}: 1 to 64 bytes in one operation`),
  nanosecondsPerWordProgram: sourced(6_000_000, `${STM8L}: erase and write 6 ms`),
  nanojoulesPerWordProgram: sourced(12_600, `${STM8L}: 6 ms at 0.7 mA and 3.0 V`),
  nanosecondsPerWordRead: estimate(2_000, "16 memory-mapped words of 32 bits."),
  erase: { kind: "none" },
  enduranceCycles: sourced(300_000, `${STM8L}: data memory`),
  peakMicroamps: sourced(700, `${STM8L}: programming consumption at 3.0 V`),
};

export const fram: MemoryFigures = {
  name: "FRAM (TI)",
  bytesPerWord: estimate(2, "The 16-bit word of an MSP430."),
  nanosecondsPerWordProgram: sourced(250, `${TI_FRAM}: about 125 ns a byte`),
  nanojoulesPerWordProgram: sourced(2, `${TI_FRAM}: about 400 pC a word, at 3.0 V 1.2 nJ, rounded up`),
  nanosecondsPerWordRead: estimate(250, "As a write: FRAM restores what it reads."),
  erase: { kind: "none" },
  enduranceCycles: sourced(100_000_000_000_000, `${TI_FRAM}: 10^14 to 10^15`),
  peakMicroamps: sourced(1_600, `${TI_FRAM}: 400 pC in 250 ns`),
};

export const memories: readonly MemoryFigures[] = [pageFlash, wordFlash, largePageFlash, eeprom, fram];

/** Program operations for so many bytes in a row. */
export function wordsFor(memory: MemoryFigures, bytes: number): number {
  return Math.ceil(bytes / memory.bytesPerWord.value);
}

/** Pages that so many programmed bytes use up; none where nothing is erased. */
export function pagesFor(memory: MemoryFigures, bytes: number): number {
  return memory.erase.kind === "none" ? 0 : Math.ceil(bytes / memory.erase.bytesPerPage.value);
}
