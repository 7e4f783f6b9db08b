/**
 * The cylinder's energy: a capacitor that the key charges through the contact, with the voltage it shows under load,
 * the threshold at which the electronics wake, the brown-out at which they stop, and its collapse after removal.
 *
 * Energy is exact: microwatts times microseconds are picojoules, and nanofarads times squared millivolts are 10^-15 J.
 */

/** Figures come from a cost profile. `powerOnMillivolts` is below full and above the brown-out. */
export interface EnergyStoreProfile {
  readonly nanofarads: number;
  readonly fullMillivolts: number;
  readonly powerOnMillivolts: number;
  readonly brownOutMillivolts: number;
  /** In series with the capacitor: what sags under load. */
  readonly seriesMilliohms: number;
  /** Most that the charger puts in, however good the key and the contact are. */
  readonly chargeMicrowatts: number;
  /** Lost always, and what is bled off in addition while the contact is open. */
  readonly leakMicrowatts: number;
  readonly bleedMicrowatts: number;
  /** What one opening takes from the decision on (SPEC OPN-12), and the load under which it is measured. */
  readonly commitMicrojoules: number;
  readonly engageMicrojoules: number;
  readonly outcomeMicrojoules: number;
  readonly measureMicrowatts: number;
}

/** `on`: the electronics run. */
export interface EnergyStore {
  readonly profile: EnergyStoreProfile;
  readonly power: "off" | "on";
  readonly storedPicojoules: number;
}

/** What goes in and out during a stretch of time. Electronics that are off draw no load. */
export interface EnergyFlow {
  readonly supply: EnergySupply;
  readonly loadMicrowatts: number;
}
/** `sourceMilliohms`: of the key's battery and of the contact, together. */
export type EnergySupply =
  | { readonly contact: "made"; readonly sourceMillivolts: number; readonly sourceMilliohms: number }
  | { readonly contact: "open" };

export interface PowerChange {
  readonly kind: "power-on" | "brown-out";
  readonly afterMicroseconds: number;
}

export interface EnergyStep {
  readonly store: EnergyStore;
  /** How far it went: to the end, or to the power change that comes first. */
  readonly elapsedMicroseconds: number;
  readonly change: PowerChange | undefined;
  /** What the charger put in, and the key's battery gave at least. */
  readonly intakePicojoules: number;
}

export function emptyStore(profile: EnergyStoreProfile): EnergyStore {
  return { profile, power: "off", storedPicojoules: 0 };
}

/** What the charger puts in: its own limit, or the most that a source with this resistance can give (V² / 4R). */
export function chargeMicrowatts(profile: EnergyStoreProfile, supply: EnergySupply): number {
  if (supply.contact === "open") return 0;
  const { sourceMillivolts, sourceMilliohms } = supply;
  if (sourceMilliohms <= 0) return sourceMillivolts > 0 ? profile.chargeMicrowatts : 0;
  const most = Math.floor((sourceMillivolts * sourceMillivolts * 1000) / (4 * sourceMilliohms));
  return Math.min(profile.chargeMicrowatts, most);
}

/** The voltage that the electronics see, rounded down; 0 where the store cannot carry the load. */
export function storeMillivolts({ profile, storedPicojoules }: EnergyStore, loadMicrowatts: number): number {
  const open = Math.floor(Math.sqrt((PICOJOULE_IN_FEMTOJOULES * 2 * storedPicojoules) / profile.nanofarads));
  if (open === 0) return 0;
  const sag = Math.ceil((loadMicrowatts * profile.seriesMilliohms) / (1000 * open));
  return Math.max(0, open - sag);
}

/** The next moment at which the electronics wake or stop if the flow stays as it is; undefined where they never do. */
export function nextPowerChange(store: EnergyStore, flow: EnergyFlow): PowerChange | undefined {
  const { profile, storedPicojoules } = store;
  const net = netMicrowatts(store, flow);
  if (store.power === "off") {
    const missing = energyAt(profile, profile.powerOnMillivolts) - storedPicojoules;
    if (missing <= 0) return { kind: "power-on", afterMicroseconds: 0 };
    return net > 0 ? { kind: "power-on", afterMicroseconds: Math.ceil(missing / net) } : undefined;
  }
  const left = storedPicojoules - brownOutPicojoules(profile, flow.loadMicrowatts);
  if (left < 0) return { kind: "brown-out", afterMicroseconds: 0 };
  return net < 0 ? { kind: "brown-out", afterMicroseconds: Math.floor(left / -net) + 1 } : undefined;
}

/** Lets time pass, at most to the next power change: the caller says what flows after it and goes on. */
export function advanceStore(store: EnergyStore, flow: EnergyFlow, elapsedMicroseconds: number): EnergyStep {
  const next = nextPowerChange(store, flow);
  const change = next !== undefined && next.afterMicroseconds <= elapsedMicroseconds ? next : undefined;
  const elapsed = change?.afterMicroseconds ?? elapsedMicroseconds;
  const { profile, storedPicojoules } = store;
  const full = energyAt(profile, profile.fullMillivolts);
  const charge = chargeMicrowatts(profile, flow.supply) * elapsed;
  const drawn = charge - netMicrowatts(store, flow) * elapsed;
  // A full store takes what is drawn from it and no more.
  const intakePicojoules = Math.max(0, Math.min(charge, full - storedPicojoules + drawn));
  const stored = Math.max(0, storedPicojoules + intakePicojoules - drawn);
  const power = change === undefined ? store.power : change.kind === "power-on" ? "on" : "off";
  return {
    store: { profile, power, storedPicojoules: stored },
    elapsedMicroseconds: elapsed,
    change,
    intakePicojoules,
  };
}

/** Energy that can still be spent under this load before the brown-out, in whole microjoules. */
export function usableMicrojoules(store: EnergyStore, loadMicrowatts: number): number {
  if (store.power === "off") return 0;
  const left = store.storedPicojoules - brownOutPicojoules(store.profile, loadMicrowatts);
  return Math.max(0, Math.floor(left / MICROJOULE));
}

/**
 * Whether so much energy can be spent at the rate of the load before the voltage breaks down: from what is stored and,
 * as long as the contact holds, from what flows in.
 */
export function energyFor(store: EnergyStore, flow: EnergyFlow, microjoules: number): "enough" | "short" {
  if (store.power === "off") return "short";
  const change = nextPowerChange(store, flow);
  if (change === undefined) return "enough";
  return change.afterMicroseconds * flow.loadMicrowatts > microjoules * MICROJOULE ? "enough" : "short";
}

/** SPEC OPN-12: whether commit, engagement and outcome are covered, measured under load. */
export function openingEnergy(store: EnergyStore, supply: EnergySupply): "enough" | "short" {
  const { commitMicrojoules, engageMicrojoules, outcomeMicrojoules, measureMicrowatts } = store.profile;
  const needed = commitMicrojoules + engageMicrojoules + outcomeMicrojoules;
  return energyFor(store, { supply, loadMicrowatts: measureMicrowatts }, needed);
}

const MICROJOULE = 1_000_000;
const PICOJOULE_IN_FEMTOJOULES = 1000;

function netMicrowatts(store: EnergyStore, { supply, loadMicrowatts }: EnergyFlow): number {
  const { profile, power } = store;
  const bleed = supply.contact === "open" ? profile.bleedMicrowatts : 0;
  const load = power === "on" ? loadMicrowatts : 0;
  return chargeMicrowatts(profile, supply) - load - profile.leakMicrowatts - bleed;
}

function energyAt({ nanofarads }: EnergyStoreProfile, millivolts: number): number {
  return Math.ceil((nanofarads * millivolts * millivolts) / (2 * PICOJOULE_IN_FEMTOJOULES));
}

/** The least energy at which the loaded voltage v - P·R/v is not below the brown-out: the root of v² - B·v - P·R. */
function brownOutPicojoules(profile: EnergyStoreProfile, loadMicrowatts: number): number {
  const brownOut = profile.brownOutMillivolts;
  const sagSquare = (4 * loadMicrowatts * profile.seriesMilliohms) / 1000;
  return energyAt(profile, Math.ceil((brownOut + Math.sqrt(brownOut * brownOut + sagSquare)) / 2));
}
