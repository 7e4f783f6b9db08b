/**
 * One block of a ring of records (record-store.ts): its number, twice, and slots of body, mark 1 and mark 2 (SPEC LOG-3).
 *
 * A word that was hurt may show its number or record at one boot and not at the next. So two questions are kept apart: what is there
 * to be found, which any reading may answer, since it is evidence (SPEC PER-5); and what lasts, which takes all of them.
 */
import { decodeAs, type EpochPair, encodeAs, HEAD_BYTES, type LogRecord, logRecordSchema } from "@nyckelfri/protocol";
import { mark } from "./commit.ts";
import type { Findings } from "./findings.ts";
import { RECORD_BODY_BYTES, type RingRegion } from "./layout.ts";
import {
  type Expected,
  firstReading,
  isBlank,
  type Memory,
  programmedWords,
  readSound,
  readsBack,
  type Span,
} from "./memory.ts";
import { CRC_BYTES, Packer, sealed, Unpacker, unsealed } from "./packing.ts";
import type { StoreContext } from "./stores.ts";

export interface StoredRecord {
  readonly number: number;
  readonly headBefore: Uint8Array;
  readonly record: LogRecord;
  /** The door's floor when it was written, raised by this very record where it is an intent (SPEC OPN-13). */
  readonly floor: EpochPair;
}

/** `lasting`: one of its two writings shows it in every reading, so that every boot finds it; `fleeting`: some reading does. */
export interface BlockNumber {
  readonly value: number;
  readonly kind: "lasting" | "fleeting";
}

/** Of a block: its slots whose body is whole and for which a mark vouches, in order; its bytes where none is hurt. */
export interface FoundBlock {
  readonly bytes: Uint8Array | undefined;
  readonly slots: readonly FoundSlot[];
}

export interface FoundSlot {
  readonly block: number;
  readonly slot: number;
  readonly record: StoredRecord;
}

const BODY_LENGTH = RECORD_BODY_BYTES - CRC_BYTES;
const NUMBER_BYTES = 4;

/**
 * Of a block in use: its second writing was begun, and it lasts, or a record was confirmed in the block. A fleeting number alone is
 * none: records would be confirmed behind it, and not be found by a later boot.
 */
export function numberInUse(
  context: StoreContext,
  memory: Memory,
  region: RingRegion,
  block: number,
): BlockNumber | undefined {
  const page = firstPage(region, block);
  const number = context.findings.blockNumber.of(memory.nvm, page, region.pagesPerBlock, () =>
    readNumber(memory, region, block),
  );
  if (number === undefined || number.kind === "lasting") return number;
  return slotsOf(context, memory, region, block).some((found) => isConfirmed(memory, region, found))
    ? number
    : undefined;
}

function readNumber(memory: Memory, region: RingRegion, block: number): BlockNumber | undefined {
  const writings = numberWords(region, block);
  if (isBlank(memory, writings[1])) return undefined;
  let found: BlockNumber | undefined;
  for (const writing of writings) {
    const bytes = firstReading(memory, writing, (shown) => unsealed(shown, NUMBER_BYTES));
    if (bytes === undefined) continue;
    const value = new Unpacker(bytes).u32();
    if (readsBack(memory, { ...writing, bytes: sealed(bytes) })) return { value, kind: "lasting" };
    found ??= { value, kind: "fleeting" };
  }
  return found;
}

/** Both writings of a block's number. */
export function numberOf(region: RingRegion, block: number, value: number): readonly Expected[] {
  const bytes = sealed(new Packer().u32(value).done());
  return numberWords(region, block).map(({ page, word }) => ({ page, word, bytes }));
}

function numberWords(region: RingRegion, block: number): [Span, Span] {
  const { numberWords: words } = region;
  const page = firstPage(region, block);
  return [
    { page, word: 0, words },
    { page, word: words, words },
  ];
}

/** What stands in it, in order. */
export function slotsOf(
  { findings }: StoreContext,
  memory: Memory,
  region: RingRegion,
  block: number,
): readonly FoundSlot[] {
  const page = firstPage(region, block);
  return findings.block.of(memory.nvm, page, region.pagesPerBlock, (before) => readBlock(memory, region, block, before))
    .slots;
}

function readBlock(memory: Memory, region: RingRegion, block: number, before: FoundBlock | undefined): FoundBlock {
  const words = 2 * region.numberWords + region.slotsPerBlock * region.slotWords;
  const bytes = readSound(memory, { page: firstPage(region, block), word: 0, words });
  const slots: FoundSlot[] = [];
  for (let slot = 0; slot < region.slotsPerBlock; slot++) {
    const found = isUnchanged(memory, region, slot, before?.bytes, bytes)
      ? before?.slots.find((known) => known.slot === slot)
      : readSlot(memory, region, block, slot);
    if (found !== undefined) slots.push(found);
  }
  return { bytes, slots };
}

function readSlot(memory: Memory, region: RingRegion, block: number, slot: number): FoundSlot | undefined {
  const { body, mark1, mark2 } = places(region, block, slot);
  if (isBlank(memory, mark1) && isBlank(memory, mark2)) return undefined;
  const record = firstReading(memory, body, recordOf);
  return record && { block, slot, record };
}

/** Has the slot the bytes that were found there last? */
function isUnchanged(
  { nvm }: Memory,
  region: RingRegion,
  slot: number,
  before: Uint8Array | undefined,
  bytes: Uint8Array | undefined,
): boolean {
  if (before === undefined || bytes === undefined) return false;
  const { wordBytes } = nvm.profile;
  const start = (2 * region.numberWords + slot * region.slotWords) * wordBytes;
  for (let at = start; at < start + region.slotWords * wordBytes; at++) if (before[at] !== bytes[at]) return false;
  return true;
}

/** SPEC LOG-3: mark 2 reads back. */
export function isConfirmed(memory: Memory, region: RingRegion, { block, slot }: FoundSlot): boolean {
  return readsBack(memory, { ...places(region, block, slot).mark2, bytes: mark(memory.nvm.profile) });
}

/** Does its body read back, as it must before mark 2? */
export function isBodySound({ findings }: StoreContext, memory: Memory, region: RingRegion, found: FoundSlot): boolean {
  const { body } = places(region, found.block, found.slot);
  return readsBack(memory, { ...body, bytes: bodyOf(findings, found.record) });
}

/** After the last slot with a programmed bit; the one after it may only look erased. */
export function firstFree(memory: Memory, region: RingRegion, block: number): number {
  const before = 2 * region.numberWords;
  const words = before + region.slotsPerBlock * region.slotWords;
  const end = programmedWords(memory, { page: firstPage(region, block), word: 0, words });
  const next = Math.max(0, Math.ceil((end - before) / region.slotWords));
  const span = { ...places(region, block, next).body, words: region.slotWords };
  return next < region.slotsPerBlock && !isBlank(memory, span) ? next + 1 : next;
}

export function firstPage(region: RingRegion, block: number): number {
  return region.page + block * region.pagesPerBlock;
}

export function places(region: RingRegion, block: number, slot: number): Record<"body" | "mark1" | "mark2", Span> {
  const at = firstPage(region, block);
  const word = 2 * region.numberWords + slot * region.slotWords;
  return {
    body: { page: at, word, words: region.bodyWords },
    mark1: { page: at, word: word + region.bodyWords, words: 1 },
    mark2: { page: at, word: word + region.bodyWords + 1, words: 1 },
  };
}

/** As its chain hashes it. */
export function encodedRecord({ encoded }: Findings, record: LogRecord): Uint8Array {
  return encoded.of(record, () => encodeAs(logRecordSchema, record));
}

export function bodyOf(findings: Findings, { number, headBefore, record, floor }: StoredRecord): Uint8Array {
  const encoded = encodedRecord(findings, record);
  const packed = new Packer().u32(number).u32(floor.epoch).u32(floor.value).bytes(headBefore).u8(encoded.length);
  const body = new Uint8Array(BODY_LENGTH);
  body.set(packed.bytes(encoded).done());
  return sealed(body);
}

function recordOf(bytes: Uint8Array): StoredRecord | undefined {
  const body = unsealed(bytes, BODY_LENGTH);
  if (body === undefined) return undefined;
  const packed = new Unpacker(body);
  const number = packed.u32();
  const floor = { epoch: packed.u32(), value: packed.u32() };
  const headBefore = packed.bytes(HEAD_BYTES);
  // What passed its CRC was written by this device.
  const record = decodeAs(logRecordSchema, packed.bytes(packed.u8()));
  return { number, floor, headBefore, record };
}
