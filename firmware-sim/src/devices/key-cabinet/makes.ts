/** The makes of one device: how many slots, with a host or without, and which doors have a switch. */
import { STATION_QUOTAS } from "../station/factory.ts";
import type { StationQuotas } from "../station/types.ts";
import type { CabinetConfig, CabinetMake } from "./types.ts";

/** In an office: one door over its slots, and a host. */
export const OFFICE_CABINET: CabinetMake = { slots: 20, host: "serial", doors: "one" };
/** On a wall: one slot behind one flap. */
export const SINGLE_KEY_SAFE: CabinetMake = { slots: 1, host: "serial", doors: "each-slot" };
/** In a car: nobody is at its other end. */
export const VEHICLE_BOX: CabinetMake = { slots: 4, host: "none", doors: "one" };

/** Beside the slots' own records this leaves an area of `MAINS_NVM` room to append. */
export const CABINET_QUOTAS: StationQuotas = { ...STATION_QUOTAS, uploadBytes: 32_768, knownKeys: 64 };

export const CABINET_HABITS: Pick<
  CabinetConfig,
  "quotas" | "overdueMinutes" | "doorLeftOpenSeconds" | "keysOut" | "keptEvents"
> = { quotas: CABINET_QUOTAS, overdueMinutes: 30, doorLeftOpenSeconds: 60, keysOut: 40, keptEvents: 64 };
