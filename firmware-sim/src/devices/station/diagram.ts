/** The station's tables as a Mermaid state diagram, for people. */
import { mainsDiagram } from "../mains/diagram.ts";
import { FIRST_STEP, STATION_MOVES } from "./tables.ts";

/** A slot's phases, and the order of a dock inside them. */
export function stationDiagram(): string {
  return mainsDiagram(FIRST_STEP, STATION_MOVES);
}
