/** What of a key's inputs and effects stands in the trace. */
import type { KeyEffect, KeyInput } from "../../devices/key/state.ts";
import type { Tagged } from "../entity.ts";
import type { TraceData } from "../trace.ts";

export function describeKey(any: Tagged): TraceData | "untraced" {
  const item = any as KeyInput | KeyEffect;
  switch (item.kind) {
    case "send":
      return { bytes: item.bytes };
    case "signal":
      return { signal: item.signal };
    case "nvm":
      return { operations: item.operations.length };
    case "line":
      return { power: item.power };
    case "power-on":
      return { stopFlag: item.stopFlag, battery: item.battery, tickMs: item.tickMs };
    case "contact":
      return { shows: item.shows, tickMs: item.tickMs };
    case "battery":
      return { battery: item.battery };
    case "power-lost":
    case "removed":
      return { tickMs: item.tickMs };
    default:
      return "untraced";
  }
}
