/** A broken firmware: a source file with one place written otherwise, a mistake that an engineer could make. */
import type { PropertyId } from "@nyckelfri/firmware-sim";

/** Whose firmware it is; `city` are the city's own books. */
export const DEVICES = ["cylinder", "key", "station", "activation-box", "key-cabinet", "city"] as const;
export type MutantDevice = (typeof DEVICES)[number];

/** One place of a source file. */
export interface Edit {
  /** Of protocol or firmware-sim: `protocol/src/…`, `firmware-sim/src/…`. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutant extends Edit {
  /** What it does wrong. */
  readonly name: string;
  /** Whose checker has to notice. */
  readonly property: PropertyId;
  /** Of scenarios.ts: the world in which it is noticed. */
  readonly scenario: string;
  /** Where one mistake shows in more places than one. */
  readonly also?: readonly Edit[];
}

/** A mutant in its place in the catalogue. */
export interface Catalogued extends Mutant {
  readonly device: MutantDevice;
}

export function editsOf(mutant: Mutant): readonly Edit[] {
  return [mutant, ...(mutant.also ?? [])];
}
