/** What surrounds a processor: the contact, the clutch, the cylinder's energy store, the key's signals and batteries. */
import { estimate, type Figure, sourced } from "./figure.ts";

/** The contact between key and cylinder: supply and one line for both directions (SPEC SER-5). */
export interface ContactFigures {
  readonly name: string;
  readonly bitsPerSecond: Figure;
  readonly bitsPerByte: Figure;
  /** Line charge and driver, for each byte, on the side that sends it. */
  readonly nanojoulesPerByte: Figure;
  /** From the last byte of a frame to the first of the answer, beside the work itself. */
  readonly turnaroundMicroseconds: Figure;
  /** A key listens for a held line before it powers a dark one (SPEC SER-6). */
  readonly listenMicroseconds: Figure;
  /** Of what leaves the key, what arrives behind contact resistance, protection and regulator. */
  readonly supplyPercent: Figure;
}

const bits: Figure = sourced(10, "SPEC SER-2: 8 data bits, no parity, 1 stop bit, and the start bit");
const lineEnergy: Figure = estimate(
  30,
  "1 mA of pull-up and driver at 3.0 V for half of a byte at 115200 baud would be 130; with a push-pull driver far less.",
);
const turnaround: Figure = estimate(
  500,
  "A few hundred bytes are handled between interrupt and answer; no measurement.",
);
const listen: Figure = sourced(5_000, "SPEC SER-6: a key looks for an idle line for 5 ms");
const supply: Figure = estimate(
  85,
  "Contact resistance, reverse protection and the regulator of the cylinder; no measurement.",
);

export const contactAt115200: ContactFigures = {
  name: "115200 baud",
  bitsPerSecond: sourced(115_200, "SPEC SER-5"),
  bitsPerByte: bits,
  nanojoulesPerByte: lineEnergy,
  turnaroundMicroseconds: turnaround,
  listenMicroseconds: listen,
  supplyPercent: supply,
};

export const contactAt1M: ContactFigures = {
  ...contactAt115200,
  name: "1 Mbaud",
  bitsPerSecond: estimate(
    1_000_000,
    "SPEC SER-5 allows faster than 115200 baud; a short line at 16 MHz makes 1 Mbaud without error.",
  ),
};

/** What engages the clutch. Spring-return: it must be held, and falls out without power (SPEC OPN-2, OPN-14). */
export interface ActuatorFigures {
  readonly name: string;
  readonly engageMilliseconds: Figure;
  readonly engageMicrojoules: Figure;
  readonly holdMicrowatts: Figure;
  readonly peakMicroamps: Figure;
}

export const gearedMotor: ActuatorFigures = {
  name: "geared micro motor, held by a catch magnet",
  engageMilliseconds: estimate(
    100,
    "No figure for a key-powered cylinder was found; micro motors with gears take 50 to 200 ms.",
  ),
  engageMicrojoules: estimate(18_000, "60 mA at 3.0 V for 100 ms; no figure for a key-powered cylinder was found."),
  holdMicrowatts: estimate(9_000, "A catch magnet at 3 mA and 3.0 V; no figure was found."),
  peakMicroamps: estimate(120_000, "Start of a micro motor, about twice its running current."),
};

export const solenoid: ActuatorFigures = {
  name: "spring-return solenoid",
  engageMilliseconds: estimate(40, "Pull-in of a small solenoid; no figure for a cylinder was found."),
  engageMicrojoules: estimate(
    24_000,
    "200 mA at 3.0 V for 40 ms; door solenoids draw 400 mA (EEVblog), a clutch needs less.",
  ),
  holdMicrowatts: estimate(60_000, "20 mA at 3.0 V after pull-in; no figure was found."),
  peakMicroamps: estimate(200_000, "Pull-in; door solenoids draw 400 mA (EEVblog), a clutch needs less."),
};

/** The capacitor that carries a cylinder through bounce and the word being programmed when the key leaves. */
export interface EnergyStoreFigures {
  readonly name: string;
  readonly nanofarads: Figure;
  readonly fullMillivolts: Figure;
  /** The processor starts, and still programs its memory, above this. */
  readonly leastMillivolts: Figure;
  /** What the supply of the cylinder draws while it fills, if the key gives it. */
  readonly chargeMicroamps: Figure;
}

export const smallStore: EnergyStoreFigures = {
  name: "47 µF",
  nanofarads: estimate(
    47_000,
    "A choice of the design: the smallest that ends a started page write of 75 µJ after removal.",
  ),
  fullMillivolts: estimate(3_000, "A choice of the design: the supply of the cylinder."),
  leastMillivolts: estimate(2_000, "A choice of the design: brown-out threshold with a margin to 1.8 V."),
  chargeMicroamps: estimate(100_000, "A choice of the design: the key's current limit at contact."),
};

/** What a key does for its holder at an opening. */
export interface HolderSignalFigures {
  readonly name: string;
  readonly microjoulesPerSignal: Figure;
}

export const lightAndSound: HolderSignalFigures = {
  name: "light and sound",
  microjoulesPerSignal: estimate(3_000, "A light of 3 mA at 3.0 V for 300 ms and a short tone; no measurement."),
};

export interface BatteryFigures {
  readonly name: string;
  readonly microampHours: Figure;
  readonly nominalMillivolts: Figure;
  /** Of the capacity, what pulses, cold and the cut-off leave. */
  readonly usablePercent: Figure;
  /** Of what leaves the battery, what reaches processor and contact. */
  readonly converterPercent: Figure;
  readonly selfDischargePercentPerYear: Figure;
  readonly pulseMicroamps: Figure;
  /** What the key believes to be left is wrong by at most this much of what is usable. */
  readonly gaugeErrorPercent: Figure;
}

const CR2032 = "embeddedcomputing.com, CR2032 maximum current capacity, 2025";
const gauge: Figure = estimate(5, "Charge counted by operations, corrected by the voltage under load; no measurement.");
const blindGauge: Figure = estimate(
  10,
  "Charge counted by operations alone: its voltage says too little; no measurement.",
);
const regulator: Figure = estimate(92, "A buck or linear stage from 3 V near its output; no measurement.");
const boost: Figure = estimate(80, "A boost stage from 1.5 V to 3 V; no measurement.");

export const cr2032: BatteryFigures = {
  name: "CR2032 coin cell",
  microampHours: sourced(225_000, `${CR2032}: about 225 mAh`),
  nominalMillivolts: sourced(3_000, `${CR2032}: nominal 3.0 V`),
  usablePercent: estimate(60, "Pulses far above its 0.2 mA standard drain, and cold, take a third and more."),
  converterPercent: regulator,
  selfDischargePercentPerYear: estimate(1, "Usual for Li-MnO2."),
  pulseMicroamps: sourced(6_800, `${CR2032}: pulses of 2 s at 6.8 mA in Energizer's sheet`),
  gaugeErrorPercent: gauge,
};

export const cr2: BatteryFigures = {
  name: "CR2 lithium",
  microampHours: estimate(800_000, "800 to 850 mAh to 2.0 V at 20 mA; maker's sheet read as an excerpt only."),
  nominalMillivolts: estimate(3_000, "Nominal voltage of Li-MnO2."),
  usablePercent: estimate(85, "Cut-off above 2.0 V under a motor pulse in winter."),
  converterPercent: regulator,
  selfDischargePercentPerYear: estimate(1, "Under 1 % a year; maker's sheet read as an excerpt only."),
  pulseMicroamps: estimate(900_000, "About 900 pulses of 900 mA; maker's sheet read as an excerpt only."),
  gaugeErrorPercent: gauge,
};

export const cr123a: BatteryFigures = {
  ...cr2,
  name: "CR123A lithium",
  microampHours: estimate(1_450_000, "1,450 to 1,550 mAh; maker's sheet read as an excerpt only."),
  pulseMicroamps: estimate(1_000_000, "1.45 Ah were measured at 1 A; read as an excerpt only."),
};

export const lithiumAaa: BatteryFigures = {
  name: "AAA lithium (L92)",
  microampHours: estimate(
    1_200_000,
    "The maker's figure for small drains was not found; 1,200 mAh is what is usually said.",
  ),
  nominalMillivolts: sourced(1_500, "data.energizer.com/PDFs/l92.pdf, as quoted at elektroda.com: nominal 1.5 V"),
  usablePercent: estimate(
    90,
    "Flat to a cliff; works at -40 °C. Its voltage gives no warning, so the key must count charge.",
  ),
  converterPercent: boost,
  selfDischargePercentPerYear: estimate(1, "25 years of shelf life are claimed."),
  pulseMicroamps: estimate(1_500_000, "Continuous drain of the AAA lithium class; the maker's sheet was not read."),
  gaugeErrorPercent: blindGauge,
};

export const alkalineAaa: BatteryFigures = {
  name: "AAA alkaline",
  microampHours: estimate(1_200_000, "Usual for small drains; no sheet read."),
  nominalMillivolts: estimate(1_300, "Mean over the discharge of a 1.5 V cell."),
  usablePercent: estimate(50, "Weak near -18 °C, and the boost stage stops at 1.0 V."),
  converterPercent: boost,
  selfDischargePercentPerYear: estimate(3, "Usual for alkaline cells."),
  pulseMicroamps: estimate(500_000, "Its voltage falls under a motor pulse; no sheet read."),
  gaugeErrorPercent: blindGauge,
};

export const batteries: readonly BatteryFigures[] = [cr2032, cr2, cr123a, lithiumAaa, alkalineAaa];
