/**
 * @nyckelfri/station-client: the host's side of a sync station, activation box or key cabinet, over any byte link. It opens nothing,
 * knows no clock, prints nothing and keeps nothing: all of that is handed in.
 */
export type { Bundle, BundleOutcome, Progress, ProgressOptions } from "./bundles.ts";
export type { CallOptions } from "./calls.ts";
export { AFTER_LOSS } from "./calls.ts";
export {
  type ConnectionStatus,
  connectStation,
  type StationClient,
} from "./client.ts";
export { commandSigner } from "./command-signer.ts";
export {
  type ConnectionConfig,
  type ConnectionEffect,
  type ConnectionInput,
  type ConnectionState,
  type ConnectionStep,
  newConnection,
  type SessionFacts,
  stepConnection,
} from "./connection.ts";
export { connectionDiagram } from "./connection-diagram.ts";
export {
  CONNECTION_MOVES,
  type ConnectionEvent,
  type ConnectionPhase,
  LOST_SESSIONS,
  ON_ENTRY,
  PHASE_TIMERS,
} from "./connection-tables.ts";
export { COUNTER_NAMES, type CounterName, type SelfTestCheck } from "./counters.ts";
export { type Fault, type RetryClass, retryOf, StationError } from "./errors.ts";
export { WAITING_EVENTS } from "./feed.ts";
export type { StationEvent } from "./happenings.ts";
export type { CollectOptions, LogEntry, LogOptions, ReceiptOutcome } from "./log-reading.ts";
export type { SlotEvent } from "./slots.ts";
export {
  type AbortSignalLike,
  type CallName,
  type CommandSigner,
  type CursorStore,
  type GivenSignal,
  type LogLine,
  type Patience,
  type SessionCall,
  type SignedCommand,
  type StatedTime,
  type StationOptions,
  type Surroundings,
  type TimeQuestion,
  USUAL_PATIENCE,
} from "./surroundings.ts";
export {
  type WebSerialOptions,
  type WebSerialPort,
  type WebSerialReader,
  type WebSerialWriter,
  webSerialLink,
} from "./web-serial.ts";
