/** An activation box of the keys' test city, with real keys in its contact and a host on its line. */
import { certificateObject, decode, type PinVerifier, pinProof, roles, type Signed } from "@nyckelfri/protocol";
import { activationBoxDevice } from "#src/devices/activation-box/activation-box.ts";
import { USUAL_BOX } from "#src/devices/activation-box/factory.ts";
import type { BoxConfig, BoxEffect, BoxSign, BoxX } from "#src/devices/activation-box/types.ts";
import { MAINS_NVM, manufactureMains } from "#src/devices/mains/factory.ts";
import type { Nvm } from "#src/hardware/nvm.ts";
import type { Holder, Party } from "#src/world/parties.ts";
import { type City, commissioned, foundCity, KeyRig, NBF, NOW, provider } from "../key/rig.ts";
import { dock, Station } from "../key/station.ts";
import { commissionedNvm, Host, MainsRig } from "../mains/rig.ts";

export const config: BoxConfig = { ...USUAL_BOX, provider, serial: "AB-0001", place: "at-host" };
export const PIN = "2580";
export const WRONG = "1111";

export class BoxRig extends MainsRig<BoxX> {
  readonly of: City;

  constructor(of: City, made: BoxConfig, nvm: Nvm) {
    super(activationBoxDevice(made), nvm);
    this.of = of;
  }

  type(pin: string, slot = 0): this {
    return this.input({ kind: "pin-typed", slot, pin });
  }

  /** What was shown since the last time this was asked. */
  signs(): BoxSign[] {
    return this.effects.splice(0).flatMap((effect: BoxEffect) => (effect.kind === "show" ? [effect.sign] : []));
  }

  sign(): BoxSign | undefined {
    return this.signs().at(-1);
  }

  /** The whole of an activation, as the holder sees it in the end. */
  activate(key: KeyRig, pin: string = PIN): BoxSign | undefined {
    const sign = this.dock(0, key).type(pin).sign();
    this.undock(0);
    return sign;
  }
}

/** With the usual certificates for tickets and time, or with these of its own. */
export function boxNvm(of: City, made: BoxConfig = config, own?: readonly Uint8Array[]): Nvm {
  if (own === undefined) return commissionedNvm(of, made, of.box, ["ticket", "time-source"]);
  const certificates = [...own, ...of.city.centre.chainOf("time")];
  const commissioned = { commission: of.city.commission(), certificates };
  return manufactureMains(made, MAINS_NVM, { seed: of.box.seed, salt: new Uint8Array(8), commissioned });
}

/** A certificate of the box for tickets. */
export function boxCertificate(of: City, terms: { readonly nbf: number; readonly exp: number }): Uint8Array {
  const { publicKey } = of.box;
  const { epoch } = of.city.centre;
  return of.city.centre.sign("device", certificateObject, { roles: roles.ticket, publicKey, epoch, ...terms }).bytes;
}

/** On, with the time and the verifier of the city's key, which has been in a station. */
export function equipped(of: City = foundCity(), made: BoxConfig = config, own?: readonly Uint8Array[]) {
  const rig = new BoxRig(of, made, boxNvm(of, made, own));
  rig.powerOn("set");
  const line = new Host<BoxX>(rig).greet();
  const key = stationed(of);
  const verifier = verifierOf(of, key);
  for (const object of [verifier, of.list]) {
    const outcome = line.deliver(object);
    if (outcome !== "stored") throw new Error(outcome);
  }
  if (line.time(of) !== "accepted") throw new Error("no time");
  rig.signs();
  return { of, rig, line, key, verifier };
}

let usual: ReturnType<typeof equipped> | undefined;
/** The same as `equipped()`, made once: states are values, and the city is copied. */
export function usually(provided: BoxConfig = config) {
  usual ??= equipped();
  const of: City = { ...usual.of, city: usual.of.city.copy() };
  const rig = new BoxRig(of, provided, usual.rig.nvm);
  rig.state = usual.rig.state;
  rig.tickMs = usual.rig.tickMs;
  const key = new KeyRig(usual.key.nvm);
  key.state = usual.key.state;
  key.tickMs = usual.key.tickMs;
  const line = new Host<BoxX>(rig).greet();
  return { of, rig, line, key, verifier: usual.verifier };
}

/** The city's key, with the time and its grant. */
export function stationed(of: City, at: number = NOW): KeyRig {
  const key = commissioned(of).powerOn("set");
  dock(of, key, at);
  key.signals();
  return key;
}

/** The same city with another key and holder in the place of the usual ones. */
export function another(of: City, name: string, holder: Holder = of.bo): City {
  const key = of.city.party(name);
  const shift = { ...of.shift, key, holder };
  return { ...of, key, shift, grant: of.city.grantShift(shift) };
}

/** In a station again, which brings these objects. */
export function deliver(of: City, key: KeyRig, ...objects: readonly { readonly bytes: Uint8Array }[]): string[] {
  const station = new Station(of, key, of.station, "dock").greet();
  station.prove();
  const outcomes = objects.map((one) => station.deliver(one));
  key.input({ kind: "removed" });
  key.signals();
  return outcomes;
}

/** What a thief makes of a key that he has opened: its memory as it was, as often as he likes. */
export function cloneOf(key: KeyRig): KeyRig {
  const clone = new KeyRig(key.nvm);
  clone.tickMs = key.tickMs;
  return clone.powerOn();
}

/** The city signs what the key makes of its PIN. */
export function verifierOf(of: City, key: KeyRig, pin: string = PIN, party: Party = of.key): Signed<PinVerifier> {
  const item = key.on.memory.items.get("pin");
  if (item === undefined) throw new Error("no pepper");
  const [pepper] = decode(item) as readonly [Uint8Array];
  return of.city.pinVerifier(party, pinProof(provider, pepper, pin), NBF);
}
