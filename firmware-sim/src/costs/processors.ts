/**
 * Processors of keys and cylinders, as data. A clock is a choice of the design and no figure. No Ed25519 measurement on a
 * Cortex-M0+ or M33 was found; where one is estimated, the text says from what.
 */
import { estimate, type Figure, sourced } from "./figure.ts";

/** Signatures by the processor itself. */
export interface SoftwareSignatures {
  readonly kind: "software";
  readonly cyclesPerVerify: Figure;
  readonly cyclesPerSign: Figure;
  /** The check of a public key that is to be trusted (SPEC CRY-7). */
  readonly cyclesPerKeyCheck: Figure;
  /** What each further SHA-512 block of a long message adds to a signature. */
  readonly cyclesPerSha512Block: Figure;
}

/** Signatures by a chip beside the processor, which waits. */
export interface SecureElementSignatures {
  readonly kind: "secure-element";
  readonly microsecondsPerVerify: Figure;
  readonly microsecondsPerSign: Figure;
  readonly microsecondsPerKeyCheck: Figure;
  readonly activeMicrowatts: Figure;
}

export interface ProcessorFigures {
  readonly name: string;
  /** Whole MHz: a cycle count divided by it is microseconds. */
  readonly clockMegahertz: number;
  readonly picojoulesPerCycle: Figure;
  /** Stopped, clock of day running: a key in a pocket. */
  readonly sleepNanowatts: Figure;
  /** Awake, core stopped, waiting for a byte, a memory or the other side. */
  readonly waitMicrowatts: Figure;
  /** From supply in range to the first instruction at full clock. */
  readonly startMicroseconds: Figure;
  readonly signatures: SoftwareSignatures | SecureElementSignatures;
  readonly cyclesPerSha256Block: Figure;
  /** Strict scan, decoding and copying, for each byte of CBOR. */
  readonly cyclesPerCborByte: Figure;
  /** COBS, CRC-32 and buffer handling, for each byte of a frame. */
  readonly cyclesPerFramedByte: Figure;
  /** With the core running or the signing chip active, whichever is more. */
  readonly peakMicroamps: Figure;
}

const WOLFSSL = "github.com/wolfSSL/wolfssl IDE/STM32Cube/STM32_Benchmarks.md";
const WOLFSSL_M4 = `${WOLFSSL}, STM32L4A6Z at 80 MHz, SP-ASM`;
const DOUBLE_ODD = "doubleodd.group/benchmarks.html";
const FASTEST_M4 = "par.nsf.gov/biblio/10586515 (Owens et al.)";

const M0PLUS_SIGNATURES: SoftwareSignatures = {
  kind: "software",
  cyclesPerVerify: estimate(
    4_200_000,
    `Not measured by anyone found: 720,000 on the M4 (${FASTEST_M4}) times 5.8, the M0+ to M4 ratio of a like verification (${DOUBLE_ODD}). A lower bound.`,
  ),
  cyclesPerSign: estimate(
    1_130_000,
    `Not measured by anyone found: 240,000 on the M4 (${FASTEST_M4}) times 4.7, the M0+ to M4 ratio of a like signature (${DOUBLE_ODD}). A lower bound.`,
  ),
  cyclesPerKeyCheck: estimate(
    3_800_000,
    "Decompression and one multiplication by the group order; X25519 takes 3.23 M.",
  ),
  cyclesPerSha512Block: estimate(43_000, "29,600 on the M4 times 1.46, the ratio of the two cores for SHA-256."),
};

const cborBytes: Figure = estimate(60, "One branch and one store for each byte, bounds checked; no measurement.");
const framedBytes: Figure = estimate(40, "CRC-32 by a nibble table and COBS in one pass; no measurement.");

const M0PLUS_SHA256: Figure = sourced(
  8_590,
  `${WOLFSSL}, STM32G071 at 64 MHz: 476.9 KB/s = 134.2 cycles a byte, times 64`,
);

/** The slowest that this design still thinks of: the STM32L053 class at its internal 16 MHz oscillator. */
export const cortexM0PlusAt16MHz: ProcessorFigures = {
  name: "Cortex-M0+ 16 MHz",
  clockMegahertz: 16,
  picojoulesPerCycle: estimate(
    417,
    "139 µA/MHz in run mode at 3.0 V, STM32L053 product page of st.com; data sheet not read.",
  ),
  sleepNanowatts: estimate(
    2_400,
    "0.8 µA with the RTC at 3.0 V, STM32L053 product page of st.com; data sheet not read.",
  ),
  waitMicrowatts: estimate(2_000, "Sleep mode at 16 MHz with the UART, about 0.67 mA: a third of run mode."),
  startMicroseconds: estimate(
    2_500,
    "Power-on reset and oscillator start of this class, 1 to 3 ms; no data sheet read.",
  ),
  signatures: M0PLUS_SIGNATURES,
  cyclesPerSha256Block: M0PLUS_SHA256,
  cyclesPerCborByte: cborBytes,
  cyclesPerFramedByte: framedBytes,
  peakMicroamps: estimate(2_500, "Run mode at 16 MHz, 139 µA/MHz, and the UART."),
};

/** The MSPM0L1106 class at its full 32 MHz. */
export const cortexM0PlusAt32MHz: ProcessorFigures = {
  name: "Cortex-M0+ 32 MHz",
  clockMegahertz: 32,
  picojoulesPerCycle: estimate(213, "71 µA/MHz at 3.0 V, MSPM0L1106 product page of ti.com; data sheet not read."),
  sleepNanowatts: estimate(
    3_000,
    "1.0 µA in standby at 3.0 V, MSPM0L1106 product page of ti.com; data sheet not read.",
  ),
  waitMicrowatts: estimate(2_200, "Sleep mode at 32 MHz with the UART: a third of run mode."),
  startMicroseconds: estimate(
    2_000,
    "Power-on reset and oscillator start of this class, 1 to 3 ms; no data sheet read.",
  ),
  signatures: M0PLUS_SIGNATURES,
  cyclesPerSha256Block: M0PLUS_SHA256,
  cyclesPerCborByte: cborBytes,
  cyclesPerFramedByte: framedBytes,
  peakMicroamps: estimate(2_500, "Run mode at 32 MHz, 71 µA/MHz, and the UART."),
};

const m4Energy: Figure = estimate(
  300,
  "100 µA/MHz at 3.0 V, given for the STM32L4R5 by x3beche.github.io/stm32l4r5-deck from DS12023; carried over to the L4A6.",
);
const m4Sleep: Figure = estimate(
  4_500,
  "Stop 2 at 1.2 µA and the RTC at 3.0 V; x3beche.github.io/stm32l4r5-deck, from DS12023.",
);
const m4Wait: Figure = estimate(
  7_200,
  "Sleep mode at 30 µA/MHz and 80 MHz at 3.0 V; x3beche.github.io/stm32l4r5-deck, from DS12023.",
);
const m4Start: Figure = estimate(2_000, "Power-on reset and MSI start of this class; no data sheet read.");
const m4Sha256: Figure = sourced(
  5_900,
  `${WOLFSSL}, STM32L4A6Z without ASM: 847.5 KiB/s = 92.2 cycles a byte, times 64`,
);
const m4Sha512: Figure = sourced(29_600, `${WOLFSSL}, STM32L4A6Z: 337.8 KiB/s = 231 cycles a byte, times 128`);
const m4Peak: Figure = estimate(9_000, "Run mode at 80 MHz, 100 µA/MHz, and the UART.");

export const cortexM4At80MHz: ProcessorFigures = {
  name: "Cortex-M4 80 MHz, assembly",
  clockMegahertz: 80,
  picojoulesPerCycle: m4Energy,
  sleepNanowatts: m4Sleep,
  waitMicrowatts: m4Wait,
  startMicroseconds: m4Start,
  signatures: {
    kind: "software",
    cyclesPerVerify: sourced(2_925_680, `${WOLFSSL_M4}: verify 36.571 ms`),
    cyclesPerSign: sourced(1_283_760, `${WOLFSSL_M4}: sign 16.047 ms`),
    cyclesPerKeyCheck: sourced(2_530_000, `${WOLFSSL_M4}: X25519 31.625 ms, a ladder of the same length`),
    cyclesPerSha512Block: m4Sha512,
  },
  cyclesPerSha256Block: m4Sha256,
  cyclesPerCborByte: cborBytes,
  cyclesPerFramedByte: framedBytes,
  peakMicroamps: m4Peak,
};

/** The same chip with the smallest portable C of the same library: what the choice of library alone does. */
export const cortexM4PortableC: ProcessorFigures = {
  ...cortexM4At80MHz,
  name: "Cortex-M4 80 MHz, small portable C",
  signatures: {
    kind: "software",
    cyclesPerVerify: sourced(117_960_000, `${WOLFSSL}, STM32L4A6Z at 80 MHz, no ASM, small: verify 1,474.5 ms`),
    cyclesPerSign: sourced(57_400_000, `${WOLFSSL}, STM32L4A6Z at 80 MHz, no ASM, small: sign 717.5 ms`),
    cyclesPerKeyCheck: sourced(55_360_000, `${WOLFSSL}, STM32L4A6Z at 80 MHz, no ASM, small: X25519 692 ms`),
    cyclesPerSha512Block: m4Sha512,
  },
};

export const cortexM33At160MHz: ProcessorFigures = {
  name: "Cortex-M33 160 MHz",
  clockMegahertz: 160,
  picojoulesPerCycle: estimate(
    75,
    "About 20 to 25 µA/MHz with its switching regulator at 3.0 V, STM32U5 class; no data sheet read.",
  ),
  sleepNanowatts: estimate(6_000, "Stop 2 with RTC, about 2 µA at 3.0 V; no data sheet read."),
  waitMicrowatts: estimate(4_800, "Sleep mode at 10 µA/MHz and 160 MHz at 3.0 V; no data sheet read."),
  startMicroseconds: estimate(2_500, "Power-on reset, regulator and PLL start; no data sheet read."),
  signatures: {
    kind: "software",
    cyclesPerVerify: estimate(
      2_925_680,
      "No Ed25519 figure for an M33 was found; the M4's, whose instructions it has.",
    ),
    cyclesPerSign: estimate(1_283_760, "No Ed25519 figure for an M33 was found; the M4's, whose instructions it has."),
    cyclesPerKeyCheck: estimate(2_530_000, "No X25519 figure for an M33 was found; the M4's."),
    cyclesPerSha512Block: estimate(29_600, "No SHA-512 figure for an M33 was found; the M4's."),
  },
  cyclesPerSha256Block: sourced(
    5_198,
    `${WOLFSSL}, STM32U585 at 160 MHz, C: 1.970 MB/s = 81.2 cycles a byte, times 64`,
  ),
  cyclesPerCborByte: cborBytes,
  cyclesPerFramedByte: framedBytes,
  peakMicroamps: estimate(5_000, "Run mode at 160 MHz, 25 µA/MHz, and the UART."),
};

const SE050 = "wolfSSL blog, November 2021: SE050 over I²C at a Raspberry Pi";

/** An SE050 keeps the private key; a Cortex-M0+ at 16 MHz does the rest. Security monitors that throttle are not modelled. */
export const secureElementBesideM0Plus: ProcessorFigures = {
  ...cortexM0PlusAt16MHz,
  name: "SE050 beside Cortex-M0+ 16 MHz",
  signatures: {
    kind: "secure-element",
    microsecondsPerVerify: sourced(143_500, `${SE050}, Ed25519 verify 143.5 ms`),
    microsecondsPerSign: sourced(261_300, `${SE050}, Ed25519 sign 261.3 ms`),
    microsecondsPerKeyCheck: sourced(157_000, `${SE050}, X25519 157 ms, a multiplication of the same length`),
    activeMicrowatts: estimate(
      42_000,
      "No current of the SE050 was found; 14 mA at 3.0 V is what an ATECC608A draws in ECC at full clock (Microchip DS40001977B).",
    ),
  },
  peakMicroamps: estimate(16_500, "14 mA for the chip, as for its power, and the waiting processor."),
};

/** All of them, in the order in which tables show them. */
export const processors: readonly ProcessorFigures[] = [
  cortexM0PlusAt16MHz,
  cortexM0PlusAt32MHz,
  cortexM4At80MHz,
  cortexM4PortableC,
  cortexM33At160MHz,
  secureElementBesideM0Plus,
];
