/** The box's tables as a Mermaid state diagram, for people. */
import { mainsDiagram } from "../mains/diagram.ts";
import { BOX_MOVES, FIRST_STEP } from "./tables.ts";

/** A slot's phases, and the order of an activation inside them. */
export function activationBoxDiagram(): string {
  return mainsDiagram(FIRST_STEP, BOX_MOVES);
}
