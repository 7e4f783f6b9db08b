/**
 * @nyckelfri/firmware-sim/world: a deterministic world: events in virtual time, labelled random streams from one seed, a trace with a
 * hash, the option table of faults, and the city whose objects are real.
 */
export * from "./authority.ts";
export * from "./door-book.ts";
export * from "./entity.ts";
export * from "./event-heap.ts";
export * from "./kernel.ts";
export * from "./ledger.ts";
export * from "./mix.ts";
export * from "./options.ts";
export * from "./parties.ts";
export * from "./streams.ts";
export * from "./trace.ts";
export * from "./trust-centre.ts";
