/**
 * The profiles of the virtual hardware (`hardware/`), from the figures of the cost model and from a few more that only a simulation
 * needs: how a contact bounces, how a cell sags, how a crystal drifts.
 */
import type { BatteryProfile } from "../hardware/battery.ts";
import type { ClutchProfile } from "../hardware/clutch.ts";
import type { ContactProfile } from "../hardware/contact.ts";
import type { EnergyStoreProfile } from "../hardware/energy-store.ts";
import type { NvmProfile } from "../hardware/nvm.ts";
import type { RtcProfile } from "../hardware/rtc.ts";
import type { UartProfile } from "../hardware/uart.ts";
import { estimate, type Figure, sourced } from "./figure.ts";
import type { MemoryFigures } from "./memories.ts";
import type { CylinderHardware, HardwarePair, KeyHardware } from "./opening-steps.ts";
import { type OperationRates, ratesOf } from "./rates.ts";

export interface SimulatedKey {
  readonly rates: OperationRates;
  readonly battery: BatteryProfile;
  readonly rtc: RtcProfile;
  readonly sleepNanowatts: number;
  readonly signalNanojoules: number;
  /** Of what leaves the battery, what reaches processor and contact. */
  readonly converterPercent: number;
  /** The most that it draws, with a cylinder's motor behind the contact. */
  readonly peakMicroamps: number;
}

export interface SimulatedCylinder {
  readonly rates: OperationRates;
  readonly store: EnergyStoreProfile;
  readonly clutch: ClutchProfile;
  /** With the core running. */
  readonly workMicrowatts: number;
}

export interface SimulatedContact {
  readonly contact: ContactProfile;
  readonly line: UartProfile;
  readonly listenMicroseconds: number;
  readonly turnaroundMicroseconds: number;
  /** Of what leaves the key, what arrives. */
  readonly supplyPercent: number;
}

/** A key at a cylinder, as the simulation runs it. */
export interface SimulatedPair {
  readonly key: SimulatedKey;
  readonly cylinder: SimulatedCylinder;
  readonly contact: SimulatedContact;
}

type FigureName =
  | "bounceMicroseconds"
  | "bounces"
  | "cleanMilliohms"
  | "dirtyMilliohms"
  | "coldMilliohmsPerCelsius"
  | "coldBelowMilliCelsius"
  | "brownOutMillivolts"
  | "lowMillivolts"
  | "criticalMillivolts"
  | "emptyMillivolts"
  | "hysteresisMillivolts"
  | "capacitorHoldMicroseconds"
  | "capacitorChargeMicroseconds"
  | "tuningForkParabola"
  | "tuningForkTurnover"
  | "seriesMilliohms"
  | "leakMicrowatts"
  | "bleedMicrowatts"
  | "longestEngagedMicroseconds";

/** What only the simulation needs. */
export const simulationFigures: Readonly<Record<FigureName, Figure>> = {
  bounceMicroseconds: estimate(3_000, "Slip contacts of keys: bounce of 1 to 5 ms is usual; no measurement."),
  bounces: estimate(3, "A choice: up to three each way."),
  cleanMilliohms: estimate(100, "Gold on gold, there and back; no measurement."),
  dirtyMilliohms: estimate(2_000, "Street dirt and oxide; no measurement."),
  coldMilliohmsPerCelsius: estimate(15, "The resistance of lithium cells roughly doubles towards -20 °C."),
  coldBelowMilliCelsius: estimate(10_000, "Where the sheets begin to bend."),
  brownOutMillivolts: estimate(1_900, "Reset threshold of the key's processor, with a margin to 1.8 V."),
  lowMillivolts: estimate(2_700, "On the knee of a CR2 under its load."),
  criticalMillivolts: estimate(2_500, "Below the knee; BAT-2 is checked by the cost model."),
  emptyMillivolts: estimate(2_200, "Above the brown-out, so that a key stops before it resets."),
  hysteresisMillivolts: estimate(100, "A rested cell recovers by some tens of millivolts."),
  capacitorHoldMicroseconds: sourced(300_000_000, "SPEC TIM-9: at least 5 min"),
  capacitorChargeMicroseconds: estimate(20_000_000, "Through its series resistor; a choice of the design."),
  tuningForkParabola: sourced(-35, "genuway: -0.035 ppm/°C² (field/simulation.md §4)"),
  tuningForkTurnover: sourced(25_000, "genuway: 25 °C"),
  seriesMilliohms: estimate(200, "Ceramic capacitor and traces; no measurement."),
  leakMicrowatts: estimate(5, "Leakage of the store and its supervisor."),
  bleedMicrowatts: estimate(50, "A resistor that lets the voltage fall when the key is out."),
  longestEngagedMicroseconds: sourced(10_000_000, "SPEC OPN-14"),
};

const of = (name: FigureName): number => simulationFigures[name].value;

/** Flat, and then a cliff; resistance rises towards it. Shares of the nominal voltage, in permille. */
const CURVE = [
  { chargePermille: 1_000, permilleOfNominal: 1_060, internalMilliohms: 250 },
  { chargePermille: 400, permilleOfNominal: 990, internalMilliohms: 350 },
  { chargePermille: 120, permilleOfNominal: 930, internalMilliohms: 500 },
  { chargePermille: 40, permilleOfNominal: 860, internalMilliohms: 800 },
  { chargePermille: 0, permilleOfNominal: 700, internalMilliohms: 1_500 },
] as const;

export function simulatedPair({ key, cylinder }: HardwarePair): SimulatedPair {
  return { key: simulatedKey(key, cylinder), cylinder: simulatedCylinder(cylinder), contact: contactOf(cylinder) };
}

function simulatedKey(key: KeyHardware, cylinder: CylinderHardware): SimulatedKey {
  const { battery, processor, signal } = key;
  const millivolts = battery.nominalMillivolts.value;
  const [first, ...rest] = CURVE.map(({ chargePermille, permilleOfNominal, internalMilliohms }) => ({
    chargePermille,
    openCircuitMillivolts: Math.floor((millivolts * permilleOfNominal) / 1_000),
    internalMilliohms,
  }));
  // Thresholds are stated for a cell of 3 V and scale with its voltage.
  const scaled = (name: FigureName): number => Math.floor((of(name) * millivolts) / 3_000);
  return {
    rates: ratesOf(key),
    battery: {
      // µAh · mV · 3.6 are µJ.
      capacityMicrojoules: Math.floor(
        (battery.microampHours.value * millivolts * 36 * battery.usablePercent.value) / 1_000,
      ),
      curve: [first as NonNullable<typeof first>, ...rest],
      coldMilliohmsPerCelsius: of("coldMilliohmsPerCelsius"),
      coldBelowMilliCelsius: of("coldBelowMilliCelsius"),
      brownOutMillivolts: scaled("brownOutMillivolts"),
      thresholds: {
        lowMillivolts: scaled("lowMillivolts"),
        criticalMillivolts: scaled("criticalMillivolts"),
        emptyMillivolts: scaled("emptyMillivolts"),
        hysteresisMillivolts: scaled("hysteresisMillivolts"),
      },
      capacitor: {
        holdMicroseconds: of("capacitorHoldMicroseconds"),
        chargeMicroseconds: of("capacitorChargeMicroseconds"),
      },
    },
    rtc: {
      offsetPpb: 0,
      turnoverMilliCelsius: of("tuningForkTurnover"),
      parabolaPpbPerSquareCelsius: of("tuningForkParabola"),
    },
    sleepNanowatts: processor.sleepNanowatts.value,
    signalNanojoules: signal.microjoulesPerSignal.value * 1_000,
    converterPercent: battery.converterPercent.value,
    peakMicroamps: cylinder.actuator.peakMicroamps.value,
  };
}

function simulatedCylinder(cylinder: CylinderHardware): SimulatedCylinder {
  const { actuator, store, processor } = cylinder;
  const rates = ratesOf(cylinder);
  const engageMicrojoules = actuator.engageMicrojoules.value;
  const engageMicroseconds = actuator.engageMilliseconds.value * 1_000;
  const recordMicrojoules = Math.ceil((12 * rates.wordsProgrammed.picojoules) / 1_000_000);
  const chargeMicrowatts = Math.floor((store.chargeMicroamps.value * store.fullMillivolts.value) / 1_000);
  return {
    rates,
    store: {
      nanofarads: store.nanofarads.value,
      fullMillivolts: store.fullMillivolts.value,
      // A margin above the brown-out, so that the first load does not throw it back.
      powerOnMillivolts: Math.floor((store.fullMillivolts.value + store.leastMillivolts.value) / 2),
      brownOutMillivolts: store.leastMillivolts.value,
      seriesMilliohms: of("seriesMilliohms"),
      chargeMicrowatts: Math.max(chargeMicrowatts, Math.ceil((2 * engageMicrojoules * 1_000_000) / engageMicroseconds)),
      leakMicrowatts: of("leakMicrowatts"),
      bleedMicrowatts: of("bleedMicrowatts"),
      commitMicrojoules: recordMicrojoules,
      engageMicrojoules,
      outcomeMicrojoules: recordMicrojoules,
      measureMicrowatts: Math.ceil((engageMicrojoules * 1_000_000) / engageMicroseconds),
    },
    clutch: {
      engageMicrojoules,
      engageMicroseconds,
      holdMicrowatts: actuator.holdMicrowatts.value,
      longestEngagedMicroseconds: of("longestEngagedMicroseconds"),
    },
    workMicrowatts: Math.ceil(processor.clockMegahertz * processor.picojoulesPerCycle.value),
  };
}

function contactOf({ contact }: CylinderHardware): SimulatedContact {
  return {
    contact: {
      bounceMicroseconds: of("bounceMicroseconds"),
      bounces: of("bounces"),
      cleanMilliohms: of("cleanMilliohms"),
      dirtyMilliohms: of("dirtyMilliohms"),
    },
    line: {
      baud: contact.bitsPerSecond.value,
      bitsPerByte: contact.bitsPerByte.value,
      batchMicroseconds: 0,
    },
    listenMicroseconds: contact.listenMicroseconds.value,
    turnaroundMicroseconds: contact.turnaroundMicroseconds.value,
    supplyPercent: contact.supplyPercent.value,
  };
}

/** A memory with these cells: the geometry in which the devices lay out theirs. */
export function nvmGeometry(memory: MemoryFigures): Omit<NvmProfile, "pages"> {
  const wordBytes = memory.bytesPerWord.value;
  const { erase } = memory;
  const pageBytes = erase.kind === "page" ? erase.bytesPerPage.value : 512;
  const wear = {
    enduranceCycles: memory.enduranceCycles.value,
    refusedProgram: "not-erased",
    wearOut: "fails",
  } as const;
  const cells = erase.kind === "page" ? "ecc-once" : "overwrite";
  return { wordBytes, wordsPerPage: Math.max(1, Math.floor(pageBytes / wordBytes)), cells, ...wear };
}
