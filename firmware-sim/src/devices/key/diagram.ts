/** The key's tables as Mermaid state diagrams, for people. */
import { DUTIES, DUTY_MOVES, ON_DUTY, VISIT_MOVES, WORK_MOVES } from "./tables.ts";

/** What the key is for: its duty, and inside it its visit to a door, or a technician's work at one. */
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
  const within = (name: string, start: string, moves: typeof VISIT_MOVES | typeof WORK_MOVES): readonly string[] => [
    `  state ${name} {`,
    `    [*] --> ${name}_greeting: ${start}`,
    ...Object.entries(moves).flatMap(([from, next]) =>
      Object.entries(next).map(([to, why]) => `    ${name}_${from} --> ${name}_${to}: ${why}`),
    ),
    `    ${name}_over --> [*]: removed`,
    "  }",
  ];
  return [
    "stateDiagram-v2",
    "  [*] --> dormant: power-on",
    ...duties,
    ...notes,
    ...within("visit", "dark contact", VISIT_MOVES),
    ...within("work", "dark contact, asked to service", WORK_MOVES),
    "",
  ].join("\n");
}
