/**
 * Building: devices as the city's desk and the locksmith's bench leave them, wired into a world. What is built is referred to by
 * fixtures, which are plain data and hold in every fork.
 */
import { type CryptoProvider, pinProof, type Seconds, subOf } from "@nyckelfri/protocol";
import type { CastMember } from "../checkers/checker.ts";
import { type HardwarePair, nvmGeometry } from "../costs/index.ts";
import { activationBoxDevice } from "../devices/activation-box/activation-box.ts";
import { USUAL_BOX } from "../devices/activation-box/factory.ts";
import type { BoxConfig, BoxSign, BoxX } from "../devices/activation-box/types.ts";
import { cylinderMemory } from "../devices/cylinder/layout.ts";
import { manufactureKey, USUAL_LAYOUT, USUAL_NVM, USUAL_QUOTAS } from "../devices/key/factory.ts";
import { cabinetDevice } from "../devices/key-cabinet/cabinet.ts";
import { CABINET_HABITS } from "../devices/key-cabinet/makes.ts";
import type { CabinetConfig, CabinetMake, CabinetX } from "../devices/key-cabinet/types.ts";
import { MAINS_LAYOUT, MAINS_NVM, manufactureMains } from "../devices/mains/factory.ts";
import { MAINS_OFF } from "../devices/mains/step.ts";
import { STATION_QUOTAS } from "../devices/station/factory.ts";
import { stationDevice } from "../devices/station/station.ts";
import type { StationConfig, StationX } from "../devices/station/types.ts";
import { erasedNvm, type Nvm, type NvmProfile, wearNvm } from "../hardware/nvm.ts";
import type { Authority } from "./authority.ts";
import type { Cast } from "./cast.ts";
import type { CityLog } from "./city-log.ts";
import type { Conditions } from "./conditions.ts";
import { DESK_OFF, type DeskState, type DeskX, deskDevice } from "./desk.ts";
import type { DoorTerms } from "./door-book.ts";
import type { Hands, PartRef } from "./entity.ts";
import { installCylinder } from "./installing.ts";
import type { Kernel } from "./kernel.ts";
import type { CareProvider, Door, Holder, Party } from "./parties.ts";
import type { PersonInput } from "./person.ts";
import type { Bodies } from "./wiring/bodies.ts";
import { type Cables, wireCable } from "./wiring/cable-wiring.ts";
import { doorKnowledge, grantInUse } from "./wiring/cylinder-view.ts";
import { wireCylinder } from "./wiring/cylinder-wiring.ts";
import { wireHost } from "./wiring/host-wiring.ts";
import { wireKey } from "./wiring/key-wiring.ts";
import { wireMains } from "./wiring/mains-wiring.ts";
import { wirePerson } from "./wiring/person-wiring.ts";
import type { Wiring } from "./wiring/wiring.ts";

/** Id of the cable that leads from a device to outside. */
export function cableOf({ id }: Pick<DeviceFixture, "id">): string {
  return `cable of ${id}`;
}

/** Somebody with a key of their own. */
export interface Worker {
  readonly name: string;
  readonly holder: Holder;
  readonly party: Party;
  /** Ids of their entities. */
  readonly person: string;
  readonly key: string;
  readonly pin: string;
}

/** A door with its cylinder. */
export interface DoorFixture {
  readonly name: string;
  readonly door: Door;
  readonly party: Party;
  readonly cylinder: string;
}

/** A station, box or cabinet, with the host at its cable where it has one. */
export interface DeviceFixture {
  readonly name: string;
  readonly kind: MainsKind;
  readonly party: Party;
  readonly id: string;
  readonly host: string | "none";
  readonly slots: number;
}
export type MainsKind = "station" | "activation-box" | "key-cabinet";

/** Where things are built. */
export interface Site {
  readonly kernel: Kernel;
  readonly wiring: Wiring;
  /** What devices compute with. */
  readonly counted: CryptoProvider;
  /** The same, not counted: what is made at a desk or bench costs no device anything. */
  readonly provider: CryptoProvider;
  readonly hardware: HardwarePair;
  readonly conditions: PartRef<Conditions>;
  readonly bodies: PartRef<Bodies>;
  readonly city: PartRef<Authority>;
  readonly log: PartRef<CityLog>;
  readonly cast: PartRef<Cast>;
  /** Of the locksmith who installs doors. */
  readonly bench: { readonly technician: Holder; readonly tool: Party; readonly box: Party };
  /** What to do with the city's receipt for what has come home. */
  readonly receipted: (receipt: Uint8Array, world: Pick<Hands, "part" | "send" | "stream">) => void;
}

const DAY = 86_400;
/** A usual crystal, and a usual RC oscillator after trimming. */
const USUAL_DRIFT_PPM = 20;
const RC_PPM = 10_000;
const MOST_DRIFT_PPM = 200;
const PARABOLA_PPB = 35;

/** Of each kind of memory one profile, and so one layout (devices/cylinder/layout.ts): a city has thousands of doors. */
const doorMemories = new WeakMap<HardwarePair["cylinder"]["memory"], NvmProfile>();

export function doorMemory({ cylinder: { memory } }: HardwarePair): NvmProfile {
  const known = doorMemories.get(memory) ?? cylinderMemory(nvmGeometry(memory));
  doorMemories.set(memory, known);
  return known;
}

export function buildDoor(site: Site, name: string, door: Door, terms: Partial<DoorTerms>, now: Seconds): DoorFixture {
  const { kernel, wiring, provider, counted, hardware, bench } = site;
  const city = kernel.part(site.city);
  const party = city.party(`cylinder ${name}`);
  const cylinder = `cylinder:${name}`;
  const usual = doorMemory(hardware);
  const wearOut = wearOutOf(site, cylinder, usual);
  const profile = wearOut === usual.wearOut ? usual : { ...usual, wearOut };
  const policy = city.mount(door, party, now - DAY, terms);
  const on = { ...bench, provider, city, profile, stream: kernel.stream("bench") };
  const nvm = worn(site, cylinder, installCylinder(on, party, door, policy, now - DAY / 2));
  const ratePpb = kernel.stream(`oscillator ${cylinder}`).between(-RC_PPM * 1_000, RC_PPM * 1_000);
  const config = { provider: counted, profile };
  wireCylinder(wiring, { id: cylinder, config, nvm, ratePpb, knowledge: doorKnowledge, grantInUse });
  join(site, { id: cylinder, role: "cylinder", party, clock: "as-assumed" });
  kernel.part(site.cast).mount(cylinder, door);
  return { name, door, party, cylinder };
}

/** Somebody of a provider, with a key that has been enrolled for them and holds nothing yet; and what their PIN gives (SPEC DCK-8). */
export function buildWorker(
  site: Site,
  name: string,
  from: CareProvider,
  pin: string,
): { readonly worker: Worker; readonly v: Uint8Array } {
  const { kernel, wiring, provider, counted, conditions } = site;
  const city = kernel.part(site.city);
  const holder = city.addHolder(name, from);
  const party = city.party(`key ${name}`);
  const key = `key:${name}`;
  const who = `person:${name}`;
  const config = { provider: counted, layout: USUAL_LAYOUT, quotas: USUAL_QUOTAS };
  const stream = kernel.stream(`desk ${name}`);
  const pepper = stream.bytes(32);
  const commission = city.commission();
  const nvm = manufactureKey(config, USUAL_NVM, {
    ...{ seed: party.seed, salt: stream.bytes(8), personal: { sub: subOf(holder.pseudonym), pepper } },
    commission: { ...commission, issuers: [...commission.issuers, ...city.centre.chainOf("receipt")] },
  });
  wireKey(wiring, { id: key, config, nvm, driftPpb: driftOf(site, key), holder: who });
  wirePerson(wiring, { id: who, key, options: (world) => world.part(conditions).options });
  join(site, { id: key, role: "key", party, clock: "as-assumed" });
  return { worker: { name, holder, party, person: who, key, pin }, v: pinProof(provider, pepper, pin) };
}

/** With cables: its own ends there, and no simulated host knows it (outside-station.ts). */
export function buildStation(
  site: Site,
  name: string,
  slots: number,
  now: Seconds,
  host: "simulated" | PartRef<Cables> = "simulated",
): DeviceFixture {
  const fixture = enrolled(site, "station", name, slots, host === "simulated" ? "at-host" : "alone");
  const { id, party } = fixture;
  const config: StationConfig = {
    ...{ provider: site.counted, layout: MAINS_LAYOUT, slots, serial: serialOf(party) },
    ...{ firmware: [1, 0, 0], certificatePlaces: 16, listPlaces: 16, resyncMs: 900_000, quotas: STATION_QUOTAS },
  };
  wireMains<StationX>(site.wiring, {
    ...{ id, device: stationDevice(config), off: MAINS_OFF, driftPpb: driftOf(site, id) },
    nvm: manufactureMains(config, MAINS_NVM, atTheDesk(site, fixture, now)),
    signalled: ({ slot, shows }, world) => {
      if (shows === "done" || shows === "fault") show(site, world, id, slot, shows);
    },
  });
  if (host !== "simulated") wireCable(site.wiring, { id: cableOf(fixture), device: id, cables: host });
  return finished(site, fixture, now);
}

/** `alone`: without a host, as in a vehicle. */
export function buildBox(site: Site, name: string, place: BoxConfig["place"], now: Seconds): DeviceFixture {
  const fixture = enrolled(site, "activation-box", name, USUAL_BOX.slots, place);
  const { id, party } = fixture;
  const config: BoxConfig = { ...USUAL_BOX, provider: site.counted, serial: serialOf(party), place };
  wireMains<BoxX>(site.wiring, {
    ...{ id, device: activationBoxDevice(config), off: MAINS_OFF, driftPpb: driftOf(site, id) },
    nvm: manufactureMains(config, MAINS_NVM, atTheDesk(site, fixture, now)),
    signalled: ({ slot, sign }, world) => {
      const what = SHOWN[sign.kind];
      if (sign.kind === "activated") activated(site, world, id, slot);
      if (what !== "nothing") show(site, world, id, slot, what);
    },
  });
  return finished(site, fixture, now);
}

/** A place where a key is given the city's own time; its id. */
export function buildDesk(site: Site, name: string): string {
  const { kernel, wiring, city } = site;
  const id = `desk:${name}`;
  const party = kernel.part(city).party(id);
  const nvm = erasedNvm({ ...MAINS_NVM, pages: 1 });
  wireMains<DeskX, DeskState>(wiring, {
    ...{ id, device: deskDevice(party.kid), off: DESK_OFF, nvm, driftPpb: 0 },
    signalled: (signal, world) => {
      switch (signal.kind) {
        case "meets": {
          const draws = world.stream(id);
          const input: DeskX["input"] = { kind: "meet", session: draws.uint32() || 1, nonce: draws.bytes(16) };
          return world.send({ id }, { kind: "own", input });
        }
        case "ask-city": {
          const now = Math.floor(world.unixMicroseconds / 1_000_000);
          const statement = world.part(city).stateTime(signal.nonce, now, 1_000).bytes;
          const certificates = world.part(city).centre.chainOf("time");
          const input: DeskX["input"] = { kind: "statement", statement, certificates };
          return world.send({ id }, { kind: "own", input });
        }
        case "shows":
          return show(site, world, id, 0, signal.shows);
      }
    },
  });
  join(site, { id, role: "host", party, clock: "as-assumed" });
  return id;
}

export function buildCabinet(site: Site, name: string, make: CabinetMake, now: Seconds): DeviceFixture {
  const place = make.host === "none" ? "alone" : "at-host";
  const fixture = enrolled(site, "key-cabinet", name, make.slots, place);
  const { id, party } = fixture;
  const config: CabinetConfig = {
    ...{ ...make, ...CABINET_HABITS, provider: site.counted, layout: MAINS_LAYOUT, serial: serialOf(party) },
    ...{ firmware: [1, 0, 0], certificatePlaces: 16, listPlaces: 16, resyncMs: 900_000 },
  };
  wireMains<CabinetX>(site.wiring, {
    ...{ id, device: cabinetDevice(config), off: MAINS_OFF, driftPpb: driftOf(site, id) },
    nvm: manufactureMains(config, MAINS_NVM, atTheDesk(site, fixture, now)),
    signalled: (signal, world) => {
      if (signal.kind === "unlock") boltDrawn(site, world, id, signal.slot);
      world.record(
        "cabinet",
        signal.kind === "show" ? { shows: signal.shows } : { bolt: signal.kind, slot: signal.slot },
      );
    },
  });
  return finished(site, fixture, now);
}

/** What a holder makes of the box's display. */
const SHOWN: Readonly<Record<BoxSign["kind"], "type-pin" | "refused" | "fault" | "done" | "nothing">> = {
  ready: "nothing",
  reading: "nothing",
  "type-pin": "type-pin",
  "wrong-pin": "type-pin",
  activated: "done",
  "no-grant": "refused",
  "grant-refused": "refused",
  "too-early": "refused",
  "shift-over": "refused",
  "no-pin": "refused",
  locked: "refused",
  "nothing-typed": "refused",
  "no-time": "refused",
  "out-of-order": "fault",
};

function enrolled(
  { kernel, city: ref }: Site,
  kind: MainsKind,
  name: string,
  slots: number,
  place: BoxConfig["place"],
): DeviceFixture {
  const id = `${kind}:${name}`;
  return {
    ...{ name, kind, party: kernel.part(ref).party(id), id, slots },
    host: place === "alone" ? "none" : `host of ${id}`,
  };
}

/** Certified, and with the certificates of all issuers. */
function atTheDesk({ kernel, city: ref }: Site, { party, kind, id }: DeviceFixture, now: Seconds) {
  const city = kernel.part(ref);
  const own = city.certify(party, kind, now - DAY).certificates.map(({ bytes }) => bytes);
  const issuers = (["receipt", "time"] as const).flatMap((role) => city.centre.chainOf(role));
  const salt = kernel.stream(`desk ${id}`).bytes(8);
  return {
    seed: party.seed,
    salt,
    commissioned: { commission: city.commission(), certificates: [...own, ...issuers] },
  };
}

/** In the cast, and with its host. */
function finished(site: Site, fixture: DeviceFixture, now: Seconds): DeviceFixture {
  const { kernel, wiring, provider, city, log, cast, receipted } = site;
  const { id, kind, party, host } = fixture;
  join(site, { id, role: kind, party, clock: "as-assumed" });
  if (host === "none") return fixture;
  const own = kernel.part(city).party(host);
  kernel.part(city).certify(own, "host", now - DAY);
  join(site, { id: host, role: "host", party: own, clock: "as-assumed" });
  wireHost(wiring, {
    ...{ id: host, device: id, city, log, cast, receipted },
    config: { provider, seed: own.seed, kid: own.kid },
  });
  return fixture;
}

const WORN_PAGES = 3;

function wearOutOf({ kernel, conditions }: Site, cylinder: string, usual: NvmProfile): NvmProfile["wearOut"] {
  if (kernel.part(conditions).options.wornErases === 0) return usual.wearOut;
  return kernel.stream(`wear ${cylinder}`).pick(["fails", "silent-no-op", "programs-marginal"]);
}

/** Some pages have most of their life behind them. */
function worn({ kernel, conditions }: Site, cylinder: string, fresh: Nvm): Nvm {
  const { strikesSoFar, options } = kernel.part(conditions);
  if (options.wornErases === 0) return fresh;
  const draws = kernel.stream(`worn ${cylinder}`);
  const { pages, enduranceCycles } = fresh.profile;
  let nvm = fresh;
  for (let left = WORN_PAGES; left > 0; left--) {
    nvm = wearNvm(nvm, draws.below(pages), Math.max(0, enduranceCycles - options.wornErases));
    strikesSoFar.strike("wornErases", cylinder);
  }
  return nvm;
}

function join({ kernel, cast }: Site, member: CastMember): void {
  kernel.part(cast).add(member);
}

function serialOf({ name }: Party): string {
  return name.slice(0, 24);
}

function driftOf({ kernel, conditions }: Site, id: string): number {
  const { clockDriftPpm, temperatureSwingCelsius } = kernel.part(conditions).options;
  // P1 and P6 assume 200 ppm in all, and a tuning fork loses by any temperature.
  const byTemperature = Math.ceil((PARABOLA_PPB * temperatureSwingCelsius * temperatureSwingCelsius) / 1_000);
  const ppm = Math.min(clockDriftPpm === 0 ? USUAL_DRIFT_PPM : clockDriftPpm, MOST_DRIFT_PPM - byTemperature);
  return kernel.stream(`crystal ${id}`).between(-ppm * 1_000, ppm * 1_000);
}

/** A lamp or display at a slot: whoever has put their key there sees it. */
function show({ bodies: ref }: Site, world: Hands, device: string, slot: number, what: ShownWhat): void {
  const bodies = world.part(ref);
  const there = bodies.of("mains", device).slots.get(slot);
  if (there === undefined) return;
  const { holder } = bodies.of("key", there.key);
  if (holder !== "nobody") world.send({ id: holder }, { kind: "shown", what });
}
type ShownWhat = Extract<PersonInput, { kind: "shown" }>["what"];

function boltDrawn({ wiring, bodies }: Site, world: Hands, cabinet: string, slot: number): void {
  const { key = "nobody" } = world.part(bodies).of("mains", cabinet).slots.get(slot) ?? {};
  wiring.happen(world, { kind: "bolt", cabinet, slot, key });
}

/** A ticket was given: for which grant, the box's state tells. */
function activated({ wiring, bodies: ref }: Site, world: Hands, box: string, slot: number): void {
  const there = world.part(ref).of("mains", box).slots.get(slot);
  const state = world.state<{
    readonly slots?: readonly { readonly dock?: { readonly activated?: Uint8Array | "none" } }[];
  }>({ id: box });
  const grantDigest = state.slots?.[slot]?.dock?.activated;
  if (there === undefined || !(grantDigest instanceof Uint8Array)) return;
  wiring.happen(world, { kind: "activated", box, key: there.key, grantDigest });
}
