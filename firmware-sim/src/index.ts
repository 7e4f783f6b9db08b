/**
 * @nyckelfri/firmware-sim: five devices of keyless home care as pure state machines, and a deterministic world in which they live: a
 * city whose objects are real, people, hosts, virtual time, and everything from one seed.
 */

export * from "./checkers/index.ts";
export { activationBoxDevice } from "./devices/activation-box/activation-box.ts";
export { activationBoxDiagram } from "./devices/activation-box/diagram.ts";
export { USUAL_BOX } from "./devices/activation-box/factory.ts";
export type { BoxConfig, BoxEffect, BoxInput, BoxSign, BoxState } from "./devices/activation-box/types.ts";
export { cylinderDevice, DARK, phaseOf } from "./devices/cylinder/cylinder.ts";
export type { CylinderEffect, CylinderInput, CylinderTimer } from "./devices/cylinder/cylinder-io.ts";
export type { CylinderConfig, CylinderState, PhaseName } from "./devices/cylinder/cylinder-state.ts";
export { cylinderDiagram } from "./devices/cylinder/diagram.ts";
export { type CylinderMake, provisionCylinder } from "./devices/cylinder/identity.ts";
export { cylinderMemory, layoutOf } from "./devices/cylinder/layout.ts";
export { keyDiagram } from "./devices/key/diagram.ts";
export { manufactureKey, USUAL_LAYOUT, USUAL_NVM, USUAL_QUOTAS } from "./devices/key/factory.ts";
export type { KeySignal } from "./devices/key/signals.ts";
export type { KeyConfig, KeyEffect, KeyInput, KeyQuotas, KeyState } from "./devices/key/state.ts";
export { KEY_OFF, keyDevice } from "./devices/key/step.ts";
export { cabinetDevice } from "./devices/key-cabinet/cabinet.ts";
export { cabinetDiagram } from "./devices/key-cabinet/diagram.ts";
export {
  CABINET_HABITS,
  CABINET_QUOTAS,
  OFFICE_CABINET,
  SINGLE_KEY_SAFE,
  VEHICLE_BOX,
} from "./devices/key-cabinet/makes.ts";
export type {
  CabinetConfig,
  CabinetEffect,
  CabinetInput,
  CabinetMake,
  CabinetState,
} from "./devices/key-cabinet/types.ts";
export { MAINS_LAYOUT, MAINS_NVM, manufactureMains, type NewDevice } from "./devices/mains/factory.ts";
export type { MainsConfig, MainsEffect, MainsInput, MainsState } from "./devices/mains/state.ts";
export { MAINS_OFF } from "./devices/mains/step.ts";
export { stationDiagram } from "./devices/station/diagram.ts";
export { STATION_QUOTAS } from "./devices/station/factory.ts";
export { stationDevice } from "./devices/station/station.ts";
export type {
  StationConfig,
  StationEffect,
  StationInput,
  StationQuotas,
  StationState,
} from "./devices/station/types.ts";
export type { Deed } from "./faults/attackers/deeds.ts";
export type { Loot } from "./faults/attackers/forging.ts";
export { Knowledge, type Utterance } from "./faults/attackers/knowledge.ts";
export {
  BUSY,
  changeNeighbour,
  deedsOf,
  knowledgeOf,
  type Neighbour,
  type NeighbourFixture,
  type NeighbourPlan,
  type NeighbourRates,
  placeNeighbour,
  QUIET,
} from "./faults/attackers/neighbour.ts";
export * from "./faults/power-cuts/index.ts";
export { type Exploration, type Exploring, explored } from "./faults/small-worlds/explore.ts";
export {
  eventNames,
  exploreWorld,
  SMALL_WORLDS,
  type SmallWorld,
  smallWorld,
  walk,
} from "./faults/small-worlds/small-worlds.ts";
export type { Transition } from "./faults/small-worlds/transition.ts";
export * from "./faults/swarm/index.ts";
export * from "./world/authority.ts";
export * from "./world/city-log.ts";
export { WORLD_FAULTS, type WorldFaults } from "./world/conditions.ts";
export * from "./world/district.ts";
export * from "./world/door-book.ts";
export * from "./world/entity.ts";
export * from "./world/event-heap.ts";
export type { DeviceFixture, DoorFixture, MainsKind, Worker } from "./world/fixtures.ts";
export type * from "./world/happenings.ts";
export * from "./world/kernel.ts";
export * from "./world/ledger.ts";
export * from "./world/mix.ts";
export * from "./world/options.ts";
export * from "./world/oscillators.ts";
export * from "./world/outside-station.ts";

export * from "./world/parties.ts";
export type { PersonTask, TaskOutcome } from "./world/person.ts";
export { presentAt } from "./world/presenting.ts";
export * from "./world/rogues.ts";
export * from "./world/streams.ts";
export * from "./world/trace.ts";
export * from "./world/trust-centre.ts";
export * from "./world/visit-report.ts";
export * from "./world/watchers.ts";
export type { LineKind } from "./world/wiring/interposer.ts";
export * from "./world/world.ts";
