/** What a device did, as counts, and what it costs on a given hardware: microseconds and nanojoules. */
import { type Figure, type FiguresUsed, takeFigure } from "./figure.ts";
import type { MemoryFigures } from "./memories.ts";
import type { ActuatorFigures, ContactFigures } from "./peripherals.ts";
import type { ProcessorFigures } from "./processors.ts";

/** Whole numbers, none negative. A device or the world adds them up; the model knows no protocol. */
export interface OperationCounts {
  readonly ed25519Verify: number;
  readonly ed25519Sign: number;
  /** Public keys checked before they are trusted (SPEC CRY-7). */
  readonly publicKeyChecks: number;
  /** SHA-512 blocks of signed messages beyond the first of each signature. */
  readonly furtherSha512Blocks: number;
  readonly sha256Blocks: number;
  /** HMAC-SHA256 over at most one block: four blocks of SHA-256. */
  readonly hmac: number;
  readonly cborBytesDecoded: number;
  readonly wordsProgrammed: number;
  readonly pagesErased: number;
  readonly wordsRead: number;
  /** Framed bytes. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly actuations: number;
  /** After the pull-in of an actuation. */
  readonly millisecondsEngaged: number;
  /** Awake with nothing to do but wait. */
  readonly microsecondsWaiting: number;
}

export const noOperations: OperationCounts = {
  ed25519Verify: 0,
  ed25519Sign: 0,
  publicKeyChecks: 0,
  furtherSha512Blocks: 0,
  sha256Blocks: 0,
  hmac: 0,
  cborBytesDecoded: 0,
  wordsProgrammed: 0,
  pagesErased: 0,
  wordsRead: 0,
  bytesSent: 0,
  bytesReceived: 0,
  actuations: 0,
  millisecondsEngaged: 0,
  microsecondsWaiting: 0,
};

const NAMES = Object.keys(noOperations) as (keyof OperationCounts)[];

/** Counts from the few that are not zero. */
export function countsOf(some: Partial<OperationCounts>): OperationCounts {
  return { ...noOperations, ...some };
}

export function addOperations(a: OperationCounts, b: OperationCounts): OperationCounts {
  return Object.fromEntries(NAMES.map((name) => [name, a[name] + b[name]])) as unknown as OperationCounts;
}

/** The hardware of one device, as far as its operations cost. A key has no actuator. */
export interface Hardware {
  readonly processor: ProcessorFigures;
  readonly memory: MemoryFigures;
  readonly contact: ContactFigures;
  readonly actuator?: ActuatorFigures;
}

/** Rounded up, once, from exact sums. */
export interface Cost {
  readonly microseconds: number;
  readonly nanojoules: number;
}

export const noCost: Cost = { microseconds: 0, nanojoules: 0 };

/** One after the other, so time adds up too. */
export function addCosts(...costs: readonly Cost[]): Cost {
  return costs.reduce(
    (sum, cost) => ({
      microseconds: sum.microseconds + cost.microseconds,
      nanojoules: sum.nanojoules + cost.nanojoules,
    }),
    noCost,
  );
}

/** Exact while it is summed: nanoseconds and picojoules. Microseconds times microwatts are picojoules. */
interface Exact {
  nanoseconds: number;
  picojoules: number;
}

/**
 * Time and energy of the operations, done one after the other. Figures are read, and so noted in `used`, only for what
 * was done.
 * @throws RangeError for a count that is negative or no whole number, and for an actuation without an actuator.
 */
export function costOf(counts: OperationCounts, hardware: Hardware, used?: FiguresUsed): Cost {
  for (const name of NAMES) {
    const count = counts[name];
    if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`${name} must be a whole number, not ${count}`);
  }
  const sum: Exact = { nanoseconds: 0, picojoules: 0 };
  addSignatures(sum, counts, hardware.processor, used);
  addComputing(sum, counts, hardware.processor, used);
  addMemory(sum, counts, hardware, used);
  addLink(sum, counts, hardware, used);
  addActuation(sum, counts, hardware, used);
  addWaiting(sum, counts.microsecondsWaiting * 1_000, hardware.processor, used);
  return { microseconds: Math.ceil(sum.nanoseconds / 1_000), nanojoules: Math.ceil(sum.picojoules / 1_000) };
}

/** Reads the figure only if it is needed. */
function times(count: number, figure: Figure, used: FiguresUsed | undefined): number {
  return count === 0 ? 0 : count * takeFigure(figure, used);
}

function addCycles(
  sum: Exact,
  cycles: number,
  { clockMegahertz, picojoulesPerCycle }: ProcessorFigures,
  used?: FiguresUsed,
): void {
  sum.nanoseconds += Math.ceil((cycles * 1_000) / clockMegahertz);
  sum.picojoules += times(cycles, picojoulesPerCycle, used);
}

function addWaiting(sum: Exact, nanoseconds: number, { waitMicrowatts }: ProcessorFigures, used?: FiguresUsed): void {
  sum.nanoseconds += nanoseconds;
  sum.picojoules += times(Math.ceil(nanoseconds / 1_000), waitMicrowatts, used);
}

function addSignatures(sum: Exact, counts: OperationCounts, processor: ProcessorFigures, used?: FiguresUsed): void {
  const { signatures } = processor;
  const { ed25519Verify, ed25519Sign, publicKeyChecks, furtherSha512Blocks } = counts;
  switch (signatures.kind) {
    case "software": {
      const cycles =
        times(ed25519Verify, signatures.cyclesPerVerify, used) +
        times(ed25519Sign, signatures.cyclesPerSign, used) +
        times(publicKeyChecks, signatures.cyclesPerKeyCheck, used) +
        times(furtherSha512Blocks, signatures.cyclesPerSha512Block, used);
      addCycles(sum, cycles, processor, used);
      break;
    }
    case "secure-element": {
      // Its times hold for whole short messages; the length of ours is lost in its interface.
      const microseconds =
        times(ed25519Verify, signatures.microsecondsPerVerify, used) +
        times(ed25519Sign, signatures.microsecondsPerSign, used) +
        times(publicKeyChecks, signatures.microsecondsPerKeyCheck, used);
      sum.picojoules += times(microseconds, signatures.activeMicrowatts, used);
      addWaiting(sum, microseconds * 1_000, processor, used);
      break;
    }
  }
}

function addComputing(sum: Exact, counts: OperationCounts, processor: ProcessorFigures, used?: FiguresUsed): void {
  const cycles =
    times(counts.sha256Blocks + 4 * counts.hmac, processor.cyclesPerSha256Block, used) +
    times(counts.cborBytesDecoded, processor.cyclesPerCborByte, used) +
    times(counts.bytesSent + counts.bytesReceived, processor.cyclesPerFramedByte, used);
  addCycles(sum, cycles, processor, used);
}

function addMemory(sum: Exact, counts: OperationCounts, { memory, processor }: Hardware, used?: FiguresUsed): void {
  const { wordsProgrammed, wordsRead, pagesErased } = counts;
  // Whoever counted words and pages did it by their sizes.
  if (wordsProgrammed + wordsRead > 0) takeFigure(memory.bytesPerWord, used);
  let nanoseconds =
    times(wordsProgrammed, memory.nanosecondsPerWordProgram, used) +
    times(wordsRead, memory.nanosecondsPerWordRead, used);
  sum.picojoules += times(wordsProgrammed, memory.nanojoulesPerWordProgram, used) * 1_000;
  if (memory.erase.kind === "page") {
    if (pagesErased > 0) takeFigure(memory.erase.bytesPerPage, used);
    nanoseconds += times(pagesErased, memory.erase.microsecondsPerPageErase, used) * 1_000;
    sum.picojoules += times(pagesErased, memory.erase.nanojoulesPerPageErase, used) * 1_000;
  }
  addWaiting(sum, nanoseconds, processor, used);
}

function addLink(sum: Exact, counts: OperationCounts, { contact, processor }: Hardware, used?: FiguresUsed): void {
  const bytes = counts.bytesSent + counts.bytesReceived;
  sum.picojoules += times(counts.bytesSent, contact.nanojoulesPerByte, used) * 1_000;
  addWaiting(sum, bytes === 0 ? 0 : lineNanoseconds(bytes, contact, used), processor, used);
}

/** How long so many framed bytes take on the line. */
export function lineNanoseconds(bytes: number, contact: ContactFigures, used?: FiguresUsed): number {
  const bits = bytes * takeFigure(contact.bitsPerByte, used);
  return Math.ceil((bits * 1_000_000) / takeFigure(contact.bitsPerSecond, used)) * 1_000;
}

function addActuation(
  sum: Exact,
  counts: OperationCounts,
  { actuator, processor }: Hardware,
  used?: FiguresUsed,
): void {
  const { actuations, millisecondsEngaged } = counts;
  if (actuations === 0 && millisecondsEngaged === 0) return;
  if (actuator === undefined) throw new RangeError("a device without an actuator cannot engage");
  const pullIn = times(actuations, actuator.engageMilliseconds, used);
  sum.picojoules += times(actuations, actuator.engageMicrojoules, used) * 1_000_000;
  sum.picojoules += times(millisecondsEngaged, actuator.holdMicrowatts, used) * 1_000;
  addWaiting(sum, (pullIn + millisecondsEngaged) * 1_000_000, processor, used);
}
