/**
 * @nyckelfri/firmware-sim/costs: milliseconds and millijoules per operation from profiles whose every figure names its source or says
 * that it is estimated.
 */
export * from "./battery-life.ts";
export * from "./cost-table.ts";
export * from "./figure.ts";
export * from "./limits.ts";
export * from "./memories.ts";
export * from "./opening-cost.ts";
export * from "./opening-steps.ts";
export * from "./operation-counts.ts";
export * from "./pairs.ts";
export * from "./peripherals.ts";
export * from "./processors.ts";
export * from "./rates.ts";
export * from "./simulated-hardware.ts";
export * from "./visits.ts";
