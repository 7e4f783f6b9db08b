import type { PropertyId } from "@nyckelfri/firmware-sim";
import type { ScenarioName } from "./scenarios.ts";

/** A broken firmware: one place of a source file, written otherwise. Its property's checker has to notice. */
export interface Mutant {
  /** What it does wrong. */
  readonly name: string;
  readonly property: PropertyId;
  /** From the repository's root: a source file of protocol or firmware-sim. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  readonly scenario: ScenarioName;
}
