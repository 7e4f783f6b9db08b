/** Swarm testing: from each seed a whole world with its faults, watched, healed, and asked whether it lives. */
export { type Act, printActs } from "./acts.ts";
export { type MarkName, markNames, marks } from "./marks.ts";
export { planOf } from "./plan.ts";
export { PROFILES, type Profile, profileOf } from "./profiles.ts";
export * from "./report.ts";
export { actsOf, optionsFor, runSwarm, type SwarmOptions, type SwarmOutcome, type SwarmRun } from "./run.ts";
export { isInShard, type Shard, seedAfter } from "./seeds.ts";
export { type Shrunk, shrink } from "./shrink.ts";
