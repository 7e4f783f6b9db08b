/** What of a cylinder's inputs and effects stands in the trace. */
import type { CylinderEffect, CylinderInput } from "../../devices/cylinder/cylinder-io.ts";
import type { Tagged } from "../entity.ts";
import type { TraceData } from "../trace.ts";

export function describeCylinder(any: Tagged): TraceData | "untraced" {
  const item = any as CylinderInput | CylinderEffect;
  switch (item.kind) {
    case "send":
      return { bytes: item.bytes };
    case "nvm":
      return { operations: item.operations.length };
    case "power-on":
      return { noise: item.noise };
    case "power-lost":
      return {};
    case "energy":
      return { reading: item.reading };
    case "clutch":
      return { outcome: item.outcome };
    case "engage":
      return { record: item.record };
    case "disengage":
      return {};
    default:
      return "untraced";
  }
}
