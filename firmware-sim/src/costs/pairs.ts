/** The combinations that the tables print: each processor as a cylinder, with the same key, so that rows compare. */
import { type MemoryFigures, pageFlash, wordFlash } from "./memories.ts";
import type { CylinderHardware, HardwarePair, KeyHardware } from "./opening-steps.ts";
import { contactAt115200, cr2, gearedMotor, lightAndSound, smallStore } from "./peripherals.ts";
import { cortexM0PlusAt16MHz, cortexM0PlusAt32MHz, type ProcessorFigures, processors } from "./processors.ts";

export function cylinderOf(processor: ProcessorFigures, memory: MemoryFigures = wordFlash): CylinderHardware {
  return { processor, memory, contact: contactAt115200, actuator: gearedMotor, store: smallStore };
}

export const usualKey: KeyHardware = {
  processor: cortexM0PlusAt32MHz,
  memory: wordFlash,
  contact: contactAt115200,
  signal: lightAndSound,
  battery: cr2,
};

/** The slowest that is still thought of: the slowest core and the slowest program operation on both sides. */
export const slowestPair: HardwarePair = {
  key: { ...usualKey, processor: cortexM0PlusAt16MHz, memory: pageFlash },
  cylinder: cylinderOf(cortexM0PlusAt16MHz, pageFlash),
};

/** What the district of the simulator runs on unless it is told otherwise. */
export const usualPair: HardwarePair = { key: usualKey, cylinder: cylinderOf(cortexM0PlusAt32MHz) };

/** A pair with the name of its row. */
export interface NamedPair {
  readonly name: string;
  readonly pair: HardwarePair;
}

/** One for each processor in the cylinder, the usual key. */
export const pairs: readonly NamedPair[] = processors.map((processor) => ({
  name: processor.name,
  pair: { key: usualKey, cylinder: cylinderOf(processor) },
}));
