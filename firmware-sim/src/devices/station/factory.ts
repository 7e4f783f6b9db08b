/** A station as it is usually made. */
import type { StationQuotas } from "./types.ts";

/** About 100 KB, in areas of 128 KB (`MAINS_NVM`). */
export const STATION_QUOTAS: StationQuotas = {
  bundles: 40,
  bundleBytes: 32_768,
  objectsPerBundle: 24,
  uploadBytesPerKey: 16_384,
  uploadBytes: 40_960,
  dueBytesPerKey: 8_192,
  dueBytes: 16_384,
  receipts: 64,
  knownKeys: 128,
};
