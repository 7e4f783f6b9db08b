/**
 * @nyckelfri/firmware-sim: a deterministic world: events in virtual time, labelled random streams from one seed, a trace with a
 * hash, the option table of faults, and the city whose objects are real.
 */

export { cylinderDevice, DARK, phaseOf } from "./devices/cylinder/cylinder.ts";
export type { CylinderEffect, CylinderInput, CylinderTimer } from "./devices/cylinder/cylinder-io.ts";
export type { CylinderConfig, CylinderState, PhaseName } from "./devices/cylinder/cylinder-state.ts";
export { cylinderDiagram } from "./devices/cylinder/diagram.ts";
export { type CylinderMake, provisionCylinder } from "./devices/cylinder/identity.ts";
export { cylinderMemory, layoutOf } from "./devices/cylinder/layout.ts";
export { keyDiagram } from "./devices/key/diagram.ts";
export { manufactureKey, USUAL_LAYOUT, USUAL_NVM, USUAL_QUOTAS } from "./devices/key/factory.ts";
export type { KeyConfig, KeyEffect, KeyInput, KeyQuotas, KeyState } from "./devices/key/state.ts";
export { KEY_OFF, keyDevice } from "./devices/key/step.ts";
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
