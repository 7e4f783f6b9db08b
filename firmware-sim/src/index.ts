/**
 * @nyckelfri/firmware-sim: a deterministic world: events in virtual time, labelled random streams from one seed, a trace with a
 * hash, the option table of faults, and the city whose objects are real.
 */
export * from "./world/authority.ts";
export * from "./world/door-book.ts";
export * from "./world/entity.ts";
export * from "./world/event-heap.ts";
export * from "./world/kernel.ts";
export * from "./world/ledger.ts";
export * from "./world/mix.ts";
export * from "./world/options.ts";
export * from "./world/parties.ts";
export * from "./world/streams.ts";
export * from "./world/trace.ts";
export * from "./world/trust-centre.ts";
