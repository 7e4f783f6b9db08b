/** The core's and a program's tables as Mermaid state diagrams, for people. */
import { SLOT_MOVES } from "./tables.ts";

/** Which step of a program may follow which, and why. `rest` and `fault` are ends. */
export type ProgramMoves<Step extends string> = Readonly<
  Record<Step, Readonly<Partial<Record<Step | "rest" | "fault", string>>>>
>;

/** What a slot does, with the device's program inside it. */
export function mainsDiagram<Step extends string>(first: Step, moves: ProgramMoves<Step>): string {
  const slot = lines(SLOT_MOVES, "  ");
  const program = lines(moves, "    ");
  return [
    "stateDiagram-v2",
    "  [*] --> empty: power-on",
    ...slot,
    "  state talking {",
    `    [*] --> ${first}: welcome`,
    ...program,
    "  }",
    "",
  ].join("\n");
}

function lines(moves: Readonly<Record<string, Readonly<Partial<Record<string, string>>>>>, indent: string): string[] {
  return Object.entries(moves).flatMap(([from, targets]) =>
    Object.entries(targets).map(([to, why]) => `${indent}${from} --> ${endOf(to)}: ${why}`),
  );

  function endOf(to: string): string {
    return to === "rest" || (to === "fault" && !("fault" in moves)) ? "[*]" : to;
  }
}
