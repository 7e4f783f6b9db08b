/** What single operations cost on a given hardware, for whoever adds them up one by one. Worked out once from `costOf`. */
import { costOf, countsOf, type Hardware, type OperationCounts } from "./operation-counts.ts";

export interface Rate {
  readonly nanoseconds: number;
  readonly picojoules: number;
}

export type RatedOperation =
  | "ed25519Verify"
  | "ed25519Sign"
  | "publicKeyChecks"
  | "furtherSha512Blocks"
  | "sha256Blocks"
  | "hmac"
  | "cborBytesDecoded"
  | "wordsProgrammed"
  | "wordsRead"
  | "pagesErased";

/** Energies of memories are with the processor waiting for them. */
export type OperationRates = Readonly<Record<RatedOperation, Rate>> & {
  /** Work on a byte of a frame, and charging the line for one that is sent. */
  readonly framedByte: Rate;
  readonly linePicojoulesPerByte: number;
  /** Awake with nothing to do. Microwatts times microseconds are picojoules. */
  readonly waitMicrowatts: number;
  readonly startMicroseconds: number;
};

const OPERATIONS: readonly RatedOperation[] = [
  "ed25519Verify",
  "ed25519Sign",
  "publicKeyChecks",
  "furtherSha512Blocks",
  "sha256Blocks",
  "hmac",
  "cborBytesDecoded",
  "wordsProgrammed",
  "wordsRead",
  "pagesErased",
];

export function ratesOf(hardware: Hardware): OperationRates {
  const { processor, contact } = hardware;
  const rate = (name: keyof OperationCounts): Rate => {
    // In microseconds and nanojoules, rounded up once: of a thousand, that is nanoseconds and picojoules of one.
    const { microseconds, nanojoules } = costOf(countsOf({ [name]: 1_000 }), hardware);
    return { nanoseconds: microseconds, picojoules: nanojoules };
  };
  const cycles = processor.cyclesPerFramedByte.value;
  return {
    ...(Object.fromEntries(OPERATIONS.map((name) => [name, rate(name)])) as Record<RatedOperation, Rate>),
    framedByte: {
      nanoseconds: Math.ceil((cycles * 1_000) / processor.clockMegahertz),
      picojoules: cycles * processor.picojoulesPerCycle.value,
    },
    linePicojoulesPerByte: contact.nanojoulesPerByte.value * 1_000,
    waitMicrowatts: processor.waitMicrowatts.value,
    startMicroseconds: processor.startMicroseconds.value,
  };
}
