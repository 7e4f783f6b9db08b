/** The hardware of a swarm's devices: every processor and memory of the cost tables with which a cylinder keeps the protocol's timers. */
import { refusalCheck, timerCheck } from "../../costs/limits.ts";
import { memories } from "../../costs/memories.ts";
import type { HardwarePair } from "../../costs/opening-steps.ts";
import { cylinderOf, usualKey } from "../../costs/pairs.ts";
import { processors } from "../../costs/processors.ts";
import { heaviestVisit } from "../../costs/visits.ts";
import type { Options } from "../../world/options.ts";

export interface Profile {
  readonly name: string;
  readonly pair: HardwarePair;
  /** Whether its heaviest refusal keeps P11's limits: a slower core misses them whatever its firmware does (bench, cost tables). */
  readonly refusals: "within-limits" | "dearer";
}

/** SPEC OPN-5: a cylinder that misses a timer in its heaviest visit is no cylinder. One that computes for longer than a key asks says BUSY (FRM-7). */
export const PROFILES: readonly Profile[] = processors.flatMap((processor) =>
  memories.flatMap((memory): Profile[] => {
    const pair = { key: usualKey, cylinder: cylinderOf(processor, memory) };
    const timers = timerCheck(heaviestVisit, pair);
    if (timers.timerA === "missed" || timers.timerB === "missed") return [];
    const { time, energy } = refusalCheck("heaviest", pair);
    const refusals = time === "met" && energy === "met" ? "within-limits" : "dearer";
    return [{ name: `${processor.name}, ${memory.name}`, pair, refusals }];
  }),
);

export function profileOf({ hardware }: Options): Profile {
  return PROFILES[hardware % PROFILES.length] as Profile;
}
