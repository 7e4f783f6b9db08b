/** The connection's table as a Mermaid state diagram, for people. */
import { CONNECTION_MOVES, type ConnectionPhase } from "./connection-tables.ts";

export function connectionDiagram(): string {
  const lines = Object.entries(CONNECTION_MOVES).flatMap(([from, moves]) => {
    const reasons = new Map<ConnectionPhase, string[]>();
    for (const [event, to] of Object.entries(moves)) reasons.set(to, [...(reasons.get(to) ?? []), event]);
    return [...reasons].map(([to, events]) => `  ${from} --> ${to}: ${events.join(", ")}`);
  });
  return [
    "stateDiagram-v2",
    "  [*] --> waiting-for-port: connectStation",
    ...lines,
    "  note right of closed: closed by the caller, from any phase",
    "",
  ].join("\n");
}
