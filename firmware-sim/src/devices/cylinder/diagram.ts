/** The phases of a cylinder as a Mermaid state diagram, drawn from the table by which it runs. */
import type { PhaseName } from "./cylinder-state.ts";
import { NEXT, PHASES, type PhaseEvent } from "./tables.ts";

/** Text for a `mermaid` block. Power can fail everywhere; that is said once and not drawn from each phase. */
export function cylinderDiagram(): string {
  const lines = ["stateDiagram-v2", "  direction LR", "  [*] --> unpowered"];
  for (const from of PHASES) {
    const byTarget = new Map<PhaseName, PhaseEvent[]>();
    for (const [event, to] of Object.entries(NEXT[from]) as [PhaseEvent, PhaseName][]) {
      if (event === "power-lost" || (event === "power-on" && from !== "unpowered")) continue;
      byTarget.set(to, [...(byTarget.get(to) ?? []), event]);
    }
    for (const [to, events] of byTarget) lines.push(`  ${from} --> ${to}: ${events.join(", ")}`);
  }
  lines.push("  note right of unpowered: power lost, from any phase");
  return `${lines.join("\n")}\n`;
}
