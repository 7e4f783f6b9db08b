/** A sync station of the keys' test city. */
import { MAINS_LAYOUT } from "#src/devices/mains/factory.ts";
import { STATION_QUOTAS } from "#src/devices/station/factory.ts";
import { stationDevice } from "#src/devices/station/station.ts";
import type { StationConfig, StationX } from "#src/devices/station/types.ts";
import type { Nvm } from "#src/hardware/nvm.ts";
import { type City, DAY, foundCity, NBF, provider } from "../key/rig.ts";
import { commissionedNvm, Host, MainsRig } from "../mains/rig.ts";

export const config: StationConfig = {
  provider,
  layout: MAINS_LAYOUT,
  slots: 3,
  serial: "SY-0001",
  firmware: [1, 0, 0],
  certificatePlaces: 24,
  listPlaces: 8,
  resyncMs: 6 * 3_600_000,
  quotas: STATION_QUOTAS,
};

export type StationRig = MainsRig<StationX>;

export function stationNvm(of: City, made: StationConfig = config): Nvm {
  return commissionedNvm(of, made, of.station, ["collector", "time-source"]);
}

/** On, without the time, and a host that has said hello. */
export function started(of: City = foundCity(), made: StationConfig = config) {
  const host = of.city.party("host");
  of.city.certify(host, "host", NBF - DAY);
  const rig: StationRig = new MainsRig<StationX>(stationDevice(made), stationNvm(of, made));
  rig.powerOn("set");
  return { of, rig, host, line: new Host(rig).greet() };
}

/** With the time, and a bundle for the city's key: its grant, its door's policy, and the city's list. */
export function stocked(of: City = foundCity(), made: StationConfig = config) {
  const station = started(of, made);
  const { line } = station;
  if (line.time(of) !== "accepted") throw new Error("no time");
  for (const object of [of.grant, of.policy, of.list]) {
    const outcome = line.bundle(of.key.kid, object);
    if (outcome !== "stored") throw new Error(outcome);
  }
  line.greet();
  return station;
}
