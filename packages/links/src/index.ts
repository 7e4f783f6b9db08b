/** @nyckelfri/links: one URI opens one byte link. Nothing native is loaded before a link needs it. */
export type { AbortSignalLike } from "./abort-signal.ts";
export { askStation } from "./ask-station.ts";
export {
  CAPTURE_VERSION,
  type Capture,
  type CaptureEntry,
  type CaptureHeader,
  formatEntry,
  formatHeader,
  parseCapture,
} from "./capture.ts";
export { DEFAULT_BAUD_RATE, formatLinkUri, type LinkUri, parseLinkUri, type ReplayPace } from "./link-uri.ts";
export { listPorts, type PortInfo } from "./list-ports.ts";
export type { LinkLogEntry, LinkLogger } from "./logger.ts";
export { memoryPair } from "./memory-link.ts";
export { type OpenOptions, openLink } from "./open-link.ts";
export { type CaptureSink, captureFile, type RecordOptions, readCapture, recordLink } from "./recorder.ts";
export { type ReplayOptions, replayLink } from "./replay-link.ts";
