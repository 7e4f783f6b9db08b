/** The cabinet's tables as a Mermaid state diagram, for people. */
import { mainsDiagram } from "../mains/diagram.ts";
import { CABINET_MOVES, FIRST_STEP, PLACE_MOVES } from "./tables.ts";

/** A slot's phases with the session inside, and beside them where a key is. */
export function cabinetDiagram(): string {
  const places = Object.entries(PLACE_MOVES).flatMap(([from, moves]) =>
    Object.entries(moves).map(([to, why]) => `    ${from === "nowhere" ? "[*]" : from} --> ${to}: ${why}`),
  );
  return `${mainsDiagram(FIRST_STEP, CABINET_MOVES)}  state whereabouts {\n${places.join("\n")}\n  }\n`;
}
