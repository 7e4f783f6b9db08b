/** The key's tables as Mermaid state diagrams, for people. */
import { DUTIES, DUTY_MOVES, ON_DUTY, VISIT_MOVES } from "./tables.ts";

/** What the key is for: its duty, and its visit to a door inside it. */
export function keyDiagram(): string {
  const duties = DUTIES.flatMap((duty) => {
    const byTarget = new Map<string, string[]>();
    for (const [standing, to] of Object.entries(DUTY_MOVES[duty])) {
      byTarget.set(to, [...(byTarget.get(to) ?? []), standing]);
    }
    return [...byTarget].map(([to, standings]) => `  ${duty} --> ${to}: grant ${standings.join(" or ")}`);
  });
  const notes = DUTIES.filter((duty) => ON_DUTY[duty] !== "nothing").map(
    (duty) => `  note right of ${duty}: on entry ${ON_DUTY[duty]}`,
  );
  const visits = Object.entries(VISIT_MOVES).flatMap(([from, moves]) =>
    Object.entries(moves).map(([to, why]) => `    ${from} --> ${to}: ${why}`),
  );
  return [
    "stateDiagram-v2",
    "  [*] --> dormant: power-on",
    ...duties,
    ...notes,
    "  state visit {",
    "    [*] --> greeting: dark contact",
    ...visits,
    "    over --> [*]: removed",
    "  }",
    "",
  ].join("\n");
}
