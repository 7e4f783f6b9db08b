/** How many records of each store are kept at least before the oldest is overwritten (SPEC LOG-1, OBJ-15). */
import type { Store } from "@nyckelfri/protocol";

export const RING_SIZES: Readonly<Record<Store, number>> = { openings: 160, refusals: 64, journal: 256 };
