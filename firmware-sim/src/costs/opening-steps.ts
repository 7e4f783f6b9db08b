/**
 * A visit as the steps that key and cylinder take one after the other (SPEC 8.1), with what each step does. The costs of
 * a visit, its timers and its limits are all read off these steps.
 */
import { estimate, type Figure, sourced } from "./figure.ts";
import type { MemoryFigures } from "./memories.ts";
import { pagesFor, wordsFor } from "./memories.ts";
import type { Hardware } from "./operation-counts.ts";
import { countsOf, type OperationCounts } from "./operation-counts.ts";
import type { ActuatorFigures, BatteryFigures, EnergyStoreFigures, HolderSignalFigures } from "./peripherals.ts";
import { type MessageRound, type VerifiedObject, VISIT_BYTES, type Visit } from "./visits.ts";

export interface CylinderHardware extends Hardware {
  readonly actuator: ActuatorFigures;
  readonly store: EnergyStoreFigures;
}

export interface KeyHardware extends Hardware {
  readonly signal: HolderSignalFigures;
  readonly battery: BatteryFigures;
}

/** A key at a cylinder. */
export interface HardwarePair {
  readonly key: KeyHardware;
  readonly cylinder: CylinderHardware;
}

export const PHASES = ["power-up", "exchange", "verify", "commit", "actuate", "log"] as const;
export type OpeningPhase = (typeof PHASES)[number];

/** One side works while the other waits; or a frame is on the line; or the hardware takes its time. */
export type StepAction =
  | { readonly kind: "work"; readonly at: "cylinder" | "key"; readonly counts: OperationCounts }
  | { readonly kind: "frame"; readonly from: "cylinder" | "key"; readonly bytes: number }
  /** The key looks for a held line; the cylinder is dark. */
  | { readonly kind: "listen" }
  /** The store fills to the least voltage. */
  | { readonly kind: "charge" }
  | { readonly kind: "start" }
  | { readonly kind: "signal" };

export interface OpeningStep {
  readonly phase: OpeningPhase;
  readonly name: StepName;
  readonly action: StepAction;
  /** The request that C is handling in this step: its size, for those who send it again. */
  readonly handling?: {
    readonly message: "update" | "open" | "supply";
    readonly requestBytes: number;
    readonly round: number;
  };
}

export type StepName =
  | "listen"
  | "charge"
  | "start"
  | "boot"
  | "hello"
  | "nonce"
  | "challenge"
  | "self-check"
  | "update"
  | "update-work"
  | "update-reply"
  | "prove"
  | "open"
  | "verify"
  | "need"
  | "supply"
  | "supply-work"
  | "refusal-record"
  | "intent"
  | "engage"
  | "result"
  | "signal"
  | "hold"
  | "outcome"
  | "collect"
  | "sign-segment"
  | "segment"
  | "keep-segment";

/**
 * How the power-up before this one ended (SPEC LOG-3, OPN-1). `after-outcome`: with nothing to do; `after-cut`: inside a
 * commit, with an intent open; `erase-due`: the same, and before the page that is needed now was erased.
 */
export type BootKind = "after-outcome" | "after-cut" | "erase-due";

/** Where a visit ends that opens nothing. */
export type RefusalKind =
  /** By predicates 1 to 5, before any signature (SPEC OPN-10): counted. */
  | "counted"
  /** With all signatures good: recorded. */
  | "recorded";

export interface VisitCourse {
  readonly boot: BootKind;
  readonly end:
    | { readonly kind: "opened"; readonly heldMilliseconds: number }
    | { readonly kind: "refused"; readonly as: RefusalKind };
}

type LayoutName =
  | "recordOverheadBytes"
  | "marksPerCommit"
  | "counterBytes"
  | "journalEntryBytes"
  | "bootReadBytes"
  | "bootHashBlocks";

/** What firmware keeps and reads around the bytes of SPEC Appendix B: judgements that every result rests on. */
export const layoutFigures: Readonly<Record<LayoutName, Figure>> = {
  recordOverheadBytes: estimate(24, "Counter, chain value and CRC beside a record's body."),
  marksPerCommit: sourced(2, "SPEC LOG-3: mark 1 and mark 2, each a word of its own"),
  counterBytes: estimate(8, "A counter and its CRC, with one mark: the nonce counter, and the counters of refusals."),
  journalEntryBytes: estimate(55, "An entry of 31 bytes, as in SPEC Appendix B, with chain value and counter."),
  bootReadBytes: estimate(1_024, "States, versions, floor and the last page of the log."),
  bootHashBlocks: estimate(8, "The records of the last page of the log, a block each."),
};

const RECORD_OVERHEAD_BYTES: number = layoutFigures.recordOverheadBytes.value;
const MARKS: number = layoutFigures.marksPerCommit.value;
const COUNTER_BYTES: number = layoutFigures.counterBytes.value;
/** The request, and the framing of both: what the 395 bytes of SPEC Appendix B have beside the segment. */
const COLLECT_REQUEST_BYTES = VISIT_BYTES.collect - VISIT_BYTES.segment;

function programmed(memory: MemoryFigures, bytes: number, marks: number): Partial<OperationCounts> {
  const words = wordsFor(memory, bytes);
  return { wordsProgrammed: words + marks, wordsRead: words + marks };
}

function recordCommit(memory: MemoryFigures, bodyBytes: number, keptBytes: number): Partial<OperationCounts> {
  const words = wordsFor(memory, bodyBytes + RECORD_OVERHEAD_BYTES) + wordsFor(memory, keptBytes) + MARKS;
  return { wordsProgrammed: words, wordsRead: words, sha256Blocks: 1 };
}

/** SHA-512 blocks of R, A and the to-be-signed bytes, beyond the one that every signature has. */
export function furtherSha512Blocks({ objectBytes, furtherAadBytes }: VerifiedObject): number {
  const toBeSigned = objectBytes - 66 + 11 + 47 + furtherAadBytes;
  return Math.ceil((64 + toBeSigned + 17) / 128) - 1;
}

function verification(objects: readonly VerifiedObject[]): Partial<OperationCounts> {
  return {
    ed25519Verify: objects.length,
    publicKeyChecks: objects.filter(({ trusts }) => trusts === "public-key").length,
    furtherSha512Blocks: objects.reduce((sum, object) => sum + furtherSha512Blocks(object), 0),
    // Digests for OpenProof, caches and kids: each object is hashed once.
    sha256Blocks: objects.reduce((sum, { objectBytes }) => sum + Math.ceil((objectBytes + 9) / 64), 0),
  };
}

function work(at: "cylinder" | "key", some: Partial<OperationCounts>): StepAction {
  return { kind: "work", at, counts: countsOf(some) };
}

/** Bytes that an opening programs at the cylinder, in words of its memory: what the next erase has to make good. */
function programmedBytes(visit: Visit): number {
  const records = VISIT_BYTES.intent + VISIT_BYTES.outcome + 2 * RECORD_OVERHEAD_BYTES;
  return visit.updates.reduce((sum, { keptBytes }) => sum + keptBytes, COUNTER_BYTES + records + visit.intentKeptBytes);
}

/** The steps of a visit, in their order. */
export function stepsOf(visit: Visit, { key, cylinder }: HardwarePair, { boot, end }: VisitCourse): OpeningStep[] {
  const steps: OpeningStep[] = [];
  const add = (phase: OpeningPhase, name: StepName, action: StepAction, handling?: OpeningStep["handling"]): void => {
    steps.push(handling === undefined ? { phase, name, action } : { phase, name, action, handling });
  };
  const frame = (phase: OpeningPhase, name: StepName, from: "cylinder" | "key", bytes: number): void =>
    add(phase, name, { kind: "frame", from, bytes });
  const { memory } = cylinder;

  add("power-up", "listen", { kind: "listen" });
  add("power-up", "charge", { kind: "charge" });
  add("power-up", "start", { kind: "start" });
  add("power-up", "boot", work("cylinder", bootCounts(memory, boot)));

  frame("exchange", "hello", "key", visit.helloBytes);
  add(
    "exchange",
    "nonce",
    work("cylinder", { ...programmed(memory, COUNTER_BYTES, 1), hmac: 1, cborBytesDecoded: visit.helloBytes }),
  );
  frame("exchange", "challenge", "cylinder", visit.challengeBytes);
  add(
    "exchange",
    "self-check",
    work("key", { cborBytesDecoded: visit.challengeBytes, wordsRead: wordsFor(key.memory, 512) }),
  );
  for (const [round, update] of visit.updates.entries()) {
    frame("exchange", "update", "key", update.requestBytes);
    const handling = { message: "update", requestBytes: update.requestBytes, round } as const;
    add("exchange", "update-work", work("cylinder", roundCounts(memory, update)), handling);
    frame("exchange", "update-reply", "cylinder", update.replyBytes);
  }
  const transcriptBlocks = Math.ceil((visit.helloBytes + visit.challengeBytes + sizeOf(visit.updates)) / 64) + 1;
  add(
    "exchange",
    "prove",
    work("key", {
      ...programmed(key.memory, layoutFigures.journalEntryBytes.value, MARKS),
      ed25519Sign: 1,
      furtherSha512Blocks: 2,
      sha256Blocks: transcriptBlocks + 1,
    }),
  );
  frame("exchange", "open", "key", visit.openBytes);

  const opening = { message: "open", requestBytes: visit.openBytes, round: 0 } as const;
  const refusedBefore = end.kind === "refused" && end.as === "counted";
  const signatures = refusedBefore ? {} : verification(visit.verified);
  const judged = {
    ...signatures,
    cborBytesDecoded: visit.openBytes,
    sha256Blocks: (signatures.sha256Blocks ?? 0) + transcriptBlocks,
  };
  let handling: NonNullable<OpeningStep["handling"]> = opening;
  if (!refusedBefore) {
    for (const [round, supply] of visit.supplies.entries()) {
      frame("verify", "need", "cylinder", supply.replyBytes);
      frame("verify", "supply", "key", supply.requestBytes);
      handling = { message: "supply", requestBytes: supply.requestBytes, round };
      add("verify", "supply-work", work("cylinder", roundCounts(memory, supply)), handling);
    }
  }
  add("verify", "verify", work("cylinder", judged), handling);

  if (end.kind === "refused") {
    const record =
      end.as === "counted" ? programmed(memory, COUNTER_BYTES, 1) : recordCommit(memory, VISIT_BYTES.intent, 0);
    add("commit", "refusal-record", work("cylinder", record), handling);
    frame("log", "result", "cylinder", visit.resultBytes);
    add("log", "signal", { kind: "signal" });
    return steps;
  }

  // SPEC OPN-13: read back, and decided again from the stored bytes.
  const again = { cborBytesDecoded: visit.intentKeptBytes + VISIT_BYTES.proof };
  add(
    "commit",
    "intent",
    work("cylinder", { ...recordCommit(memory, VISIT_BYTES.intent, visit.intentKeptBytes), ...again }),
    handling,
  );
  add("actuate", "engage", work("cylinder", { actuations: 1 }), handling);
  frame("actuate", "result", "cylinder", visit.resultBytes);
  add("actuate", "signal", { kind: "signal" });
  add("actuate", "hold", work("cylinder", { millisecondsEngaged: end.heldMilliseconds }));
  // Pages that this visit used up are erased now, so that no later commit waits for an erase.
  const erased = { pagesErased: pagesFor(memory, programmedBytes(visit)) };
  add("log", "outcome", work("cylinder", { ...recordCommit(memory, VISIT_BYTES.outcome, 0), ...erased }));
  if (visit.carries === "segment") {
    frame("log", "collect", "key", COLLECT_REQUEST_BYTES);
    const signed = { ed25519Sign: 1, furtherSha512Blocks: 3, wordsRead: wordsFor(memory, VISIT_BYTES.segment) };
    add("log", "sign-segment", work("cylinder", { ...signed, cborBytesDecoded: COLLECT_REQUEST_BYTES }));
    frame("log", "segment", "cylinder", VISIT_BYTES.segment);
    const kept = {
      ...programmed(key.memory, VISIT_BYTES.segment, MARKS),
      pagesErased: pagesFor(key.memory, VISIT_BYTES.segment),
    };
    add("log", "keep-segment", work("key", kept));
  }
  return steps;
}

/** SPEC LOG-3, OPN-1: after a cut the last slot becomes a `void` and the open intent `outcome unknown`. */
function bootCounts(memory: MemoryFigures, boot: BootKind): Partial<OperationCounts> {
  const usual = {
    sha256Blocks: layoutFigures.bootHashBlocks.value,
    wordsRead: wordsFor(memory, layoutFigures.bootReadBytes.value),
  };
  if (boot === "after-outcome") return usual;
  const record = recordCommit(memory, VISIT_BYTES.outcome, 0);
  return {
    sha256Blocks: usual.sha256Blocks + 2,
    wordsRead: usual.wordsRead + 2 * (record.wordsRead ?? 0),
    wordsProgrammed: 2 * (record.wordsProgrammed ?? 0),
    pagesErased: boot === "erase-due" ? pagesFor(memory, 1) : 0,
  };
}

function roundCounts(memory: MemoryFigures, round: MessageRound): Partial<OperationCounts> {
  const kept = round.keptBytes === 0 ? {} : programmed(memory, round.keptBytes, MARKS);
  return { ...verification(round.verified), ...kept, cborBytesDecoded: round.requestBytes };
}

function sizeOf(rounds: readonly MessageRound[]): number {
  return rounds.reduce((sum, { requestBytes, replyBytes }) => sum + requestBytes + replyBytes, 0);
}
