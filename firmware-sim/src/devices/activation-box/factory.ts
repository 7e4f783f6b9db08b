/** A box as it is usually made. */
import { MAINS_LAYOUT } from "../mains/factory.ts";
import type { BoxConfig } from "./types.ts";

/** One contact, and the PINs of 400 keys: about 90 KB, in areas of 128 KB (`MAINS_NVM`). */
export const USUAL_BOX: Omit<BoxConfig, "provider" | "serial" | "place"> = {
  layout: MAINS_LAYOUT,
  slots: 1,
  firmware: [1, 0, 0],
  certificatePlaces: 24,
  listPlaces: 8,
  resyncMs: 60_000,
  pinPlaces: 400,
  pinWaitMs: 60_000,
};
