/** Transactions of a device's memory: their bytes, and their places in the NVM. `item-memory.ts` says what they are for. */
import { type CryptoProvider, equalBytes } from "@nyckelfri/protocol";
import type { Draws } from "../../hardware/draws.ts";
import { applyNvm, erasedWords, type Nvm, type NvmOperation } from "../../hardware/nvm.ts";
import type { Changes, Items } from "./item-memory-items.ts";

export { applied, type Changes, type Items, itemsOf } from "./item-memory-items.ts";

/** Two areas of so many pages, one after the other. */
export interface MemoryLayout {
  readonly firstPage: number;
  readonly pagesPerArea: number;
}

export interface MemoryPart {
  readonly provider: CryptoProvider;
  readonly layout: MemoryLayout;
}

/** Where and under which salt transactions are written. */
export interface AreaHead {
  readonly generation: number;
  readonly salt: Uint8Array;
}

/** What is programmed inside of one page. */
export type Program = Extract<NvmOperation, { kind: "program" }>;
export type Piece = Omit<Program, "kind">;

/** A transaction that is to be written. */
export interface Draft {
  readonly at: number;
  /** Header, body and mark 1. */
  readonly bytes: Uint8Array;
  readonly markAt: number;
}

export const HEADER_BYTES = 12;
export const CHECK_BYTES = 8;
export const SALT_BYTES = 8;
export const MARK_2: Uint8Array = Uint8Array.of(0x5a, 0xa5, 0x69, 0x96, 0x3c, 0xc3, 0x0f, 0xf0);
/** Of a snapshot, which has none before it. */
export const NO_PREVIOUS = 0xffff_ffff;
const DELETED = 0xffff;
/** Reads a doubtful word as what it was before: a read-back that passes with this is sound. */
const DOUBTING: Draws = { below: () => 0 };

export function draftOf(
  part: MemoryPart,
  nvm: Nvm,
  { salt, generation }: AreaHead,
  at: number,
  previous: number,
  changes: Changes | Items,
): Draft {
  // The snapshot carries its salt, which stands before everything that is checked with it.
  const carried = previous === NO_PREVIOUS ? salt.length : 0;
  const length = carried + encodedLength(changes);
  const { wordBytes } = nvm.profile;
  const checkAt = words(nvm, HEADER_BYTES + length) * wordBytes;
  const end = checkAt + words(nvm, CHECK_BYTES) * wordBytes;
  // One buffer, with the salt of the check in front of what is written.
  const salted = new Uint8Array(SALT_BYTES + end);
  const bytes = salted.subarray(SALT_BYTES);
  salted.set(salt);
  writeUint32(bytes, 0, length);
  writeUint32(bytes, 4, generation);
  writeUint32(bytes, 8, previous);
  if (carried > 0) bytes.set(salt, HEADER_BYTES);
  encodeChanges(changes, bytes, HEADER_BYTES + carried);
  bytes.set(checkOf(part, salted.subarray(0, SALT_BYTES + HEADER_BYTES + length)), checkAt);
  return { at, bytes, markAt: at + end / wordBytes };
}

export function markOf(part: MemoryPart, nvm: Nvm, area: 0 | 1, { markAt }: Draft): Program[] {
  return programs(part, nvm, area, markAt, MARK_2);
}

export function endOf(nvm: Nvm, { markAt }: Draft): number {
  return markAt + words(nvm, MARK_2.length);
}

/** Mark 1, of salt, header and body. */
export function checkOf({ provider }: MemoryPart, salted: Uint8Array): Uint8Array {
  return provider.sha256(salted).subarray(0, CHECK_BYTES);
}

/** Words of an area from `at` on, as programs that stay inside their pages. */
export function programs(part: MemoryPart, nvm: Nvm, area: 0 | 1, at: number, bytes: Uint8Array): Program[] {
  const { wordBytes, wordsPerPage } = nvm.profile;
  const whole = padded(nvm, bytes);
  const operations: Program[] = [];
  for (let done = 0; done * wordBytes < whole.length; ) {
    const word = (at + done) % wordsPerPage;
    const count = Math.min(wordsPerPage - word, whole.length / wordBytes - done);
    const piece = whole.subarray(done * wordBytes, (done + count) * wordBytes);
    operations.push({ kind: "program", page: pageOf(part, nvm, area, at + done), word, bytes: piece });
    done += count;
  }
  return operations;
}

export function holds(part: MemoryPart, nvm: Nvm, area: 0 | 1, at: number, bytes: Uint8Array): boolean {
  return programs(part, nvm, area, at, bytes).every((piece) => hasTaken(nvm, piece));
}

/** Does a piece of one page read back for sure? */
export function hasTaken(nvm: Nvm, { page, word, bytes }: Piece): boolean {
  const read = { kind: "read", page, word, words: bytes.length / nvm.profile.wordBytes } as const;
  const { outcome } = applyNvm(nvm, read, DOUBTING);
  return outcome.kind === "read" && equalBytes(outcome.bytes, bytes);
}

export function isErasedPage(nvm: Nvm, page: number): boolean {
  return hasTaken(nvm, { page, word: 0, bytes: erasedWords(nvm.profile, nvm.profile.wordsPerPage) });
}

export function pageOf({ layout }: MemoryPart, nvm: Nvm, area: 0 | 1, word: number): number {
  return layout.firstPage + area * layout.pagesPerArea + Math.floor(word / nvm.profile.wordsPerPage);
}

export function areaWords({ layout }: MemoryPart, { profile }: Nvm): number {
  return layout.pagesPerArea * profile.wordsPerPage;
}

export function words({ profile }: Nvm, bytes: number): number {
  return Math.ceil(bytes / profile.wordBytes);
}

function padded(nvm: Nvm, bytes: Uint8Array): Uint8Array {
  if (bytes.length % nvm.profile.wordBytes === 0) return bytes;
  const whole = new Uint8Array(words(nvm, bytes.length) * nvm.profile.wordBytes);
  whole.set(bytes);
  return whole;
}

/** One byte of length and the name, two bytes of length and the value; ffff is `deleted`. */
function encodeChanges(changes: Changes | Items, into: Uint8Array, from: number): void {
  let at = from;
  for (const [name, value] of changes) {
    into[at++] = name.length;
    for (let index = 0; index < name.length; index++) into[at++] = name.charCodeAt(index);
    const size = value === "deleted" ? DELETED : value.length;
    into[at++] = size >>> 8;
    into[at++] = size & 0xff;
    if (value === "deleted") continue;
    into.set(value, at);
    at += value.length;
  }
}

function encodedLength(changes: Changes | Items): number {
  let length = 0;
  for (const [name, value] of changes) length += 3 + name.length + (value === "deleted" ? 0 : value.length);
  return length;
}

export function decodeChanges(body: Uint8Array): Changes {
  const changes = new Map<string, Uint8Array | "deleted">();
  for (let at = 0; at < body.length; ) {
    const nameEnd = at + 1 + (body[at] ?? 0);
    const name = String.fromCharCode(...body.subarray(at + 1, nameEnd));
    const size = ((body[nameEnd] ?? 0) << 8) | (body[nameEnd + 1] ?? 0);
    const end = nameEnd + 2 + (size === DELETED ? 0 : size);
    changes.set(name, size === DELETED ? "deleted" : body.slice(nameEnd + 2, end));
    at = end;
  }
  return changes;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
  );
}
