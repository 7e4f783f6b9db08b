/** Cabinets, safes and boxes of the keys' test city, with real keys in their slots. */
import type { Grant as GrantValue, Signed } from "@nyckelfri/protocol";
import { cabinetDevice } from "#src/devices/key-cabinet/cabinet.ts";
import { CABINET_HABITS, OFFICE_CABINET, SINGLE_KEY_SAFE, VEHICLE_BOX } from "#src/devices/key-cabinet/makes.ts";
import type { CabinetConfig, CabinetMake, CabinetShow, CabinetX, Place } from "#src/devices/key-cabinet/types.ts";
import { whereaboutsOf } from "#src/devices/key-cabinet/whereabouts.ts";
import { MAINS_LAYOUT } from "#src/devices/mains/factory.ts";
import type { Holder, Party } from "#src/world/parties.ts";
import { type City, commissioned, DAY, EXP, foundCity, HOUR, type KeyRig, NBF, NOW, provider } from "../key/rig.ts";
import { dock } from "../key/station.ts";
import { commissionedNvm, Host, MainsRig } from "../mains/rig.ts";

const COMMON = {
  ...{ provider, layout: MAINS_LAYOUT, serial: "KC-0001", firmware: [1, 0, 0] as const },
  ...{ certificatePlaces: 24, listPlaces: 8, resyncMs: 6 * 3_600_000 },
  ...CABINET_HABITS,
};
const made = (make: CabinetMake): CabinetConfig => ({ ...COMMON, ...make });
/** Of an office, with fewer slots than it usually has. */
export const office: CabinetConfig = made({ ...OFFICE_CABINET, slots: 3 });
export const safe: CabinetConfig = made(SINGLE_KEY_SAFE);
export const vehicle: CabinetConfig = made(VEHICLE_BOX);
export const MAKES: readonly (readonly [string, CabinetConfig])[] = [
  ["office cabinet", office],
  ["single key safe", safe],
  ["vehicle box", vehicle],
];

/** A key with its holder and grant; it has docked in a station, so that it has the time and the grant. */
export interface Carried {
  readonly party: Party;
  readonly holder: Holder;
  readonly grant: Signed<GrantValue>;
  readonly rig: KeyRig;
}

export function carried(
  of: City,
  name: string,
  holder: Holder,
  shift: { readonly iat?: number; readonly nbf?: number; readonly exp?: number; readonly now?: number } = {},
): Carried {
  const party = of.city.party(name);
  const grant = of.city.grantShift({ ...of.shift, ...shift, holder, key: party });
  return { party, holder, grant, rig: docked(of, party, grant, shift.now) };
}

function docked(of: City, party: Party, grant: Signed<GrantValue>, at: number = NOW): KeyRig {
  const own = { ...of, key: party, grant };
  const rig = commissioned(own).powerOn("set");
  dock(own, rig, at);
  return rig;
}

/** A key that has the time and never had a grant. */
export function blank(of: City, name: string): KeyRig {
  const party = of.city.party(name);
  const rig = commissioned({ ...of, key: party }).powerOn("set");
  return rig;
}

export class CabinetRig extends MainsRig<CabinetX> {
  /** What was shown at the reader since the last time this was asked. */
  shown(): CabinetShow[] {
    const shown = this.effects.flatMap((effect) => (effect.kind === "show" ? [effect.shows] : []));
    this.effects.length = 0;
    return shown;
  }

  /** Slots whose bolt is drawn, by the effects alone. */
  get drawn(): number[] {
    const drawn = new Set<number>();
    for (const effect of this.effects) {
      if (effect.kind === "unlock") drawn.add(effect.slot);
      if (effect.kind === "lock") drawn.delete(effect.slot);
    }
    return [...drawn];
  }

  place({ party }: Pick<Carried, "party">): Place | undefined {
    return whereaboutsOf(this.on.own, party.kid)?.place;
  }

  present(holder: Pick<Holder, "pseudonym">): this {
    return this.input({ kind: "holder-presented", holder: holder.pseudonym });
  }

  /** Past the time in which a contact is one of before the power-on. */
  settle(): this {
    return this.pass(5_000);
  }
}

/** On, and settled; with the time where there is a host to bring it. */
export function started(config: CabinetConfig = office, of: City = foundCity()) {
  const host = of.city.party("host");
  of.city.certify(host, "host", NBF - DAY);
  const nvm = commissionedNvm(of, config, of.cabinet, ["collector", "time-source"]);
  const rig = new CabinetRig(cabinetDevice(config), nvm).powerOn("set").settle();
  const line = new Host<CabinetX>(rig).greet();
  if (config.host === "serial" && line.time(of) !== "accepted") throw new Error("no time");
  line.greet();
  return { of, rig, host, line };
}

/** The same, with anna's key in slot 0 and bo's in slot 1. */
export function stocked(config: CabinetConfig = office) {
  const begun = started(config);
  const { of, rig } = begun;
  const anna = carried(of, "key", of.anna, { now: rig.now });
  const bo = carried(of, "key of bo", of.bo, { iat: of.shift.iat + HOUR, now: rig.now });
  rig.dock(0, anna.rig);
  if (config.slots > 1) rig.dock(1, bo.rig);
  return { ...begun, anna, bo };
}

/** cabinet-events that the host has heard since the last time this was asked, as `slot event`. */
export function heard(line: Host<CabinetX>): string[] {
  line.listen();
  return line.notifications
    .splice(0)
    .flatMap(({ name, body }) => (name === "cabinet-event" ? [`${body.slot} ${body.event}`] : []));
}

export { DAY, EXP, HOUR, NBF, NOW };
