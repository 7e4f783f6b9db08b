/** Transactions of a key's memory: their bytes, and their places in the NVM. `memory.ts` says what they are for. */
import { type CryptoProvider, concatBytes, equalBytes } from "@nyckelfri/protocol";
import type { Draws } from "../../hardware/draws.ts";
import { applyNvm, type Nvm, type NvmOperation } from "../../hardware/nvm.ts";

/** Two areas of so many pages, one after the other. */
export interface MemoryLayout {
  readonly firstPage: number;
  readonly pagesPerArea: number;
}

export interface MemoryPart {
  readonly provider: CryptoProvider;
  readonly layout: MemoryLayout;
}

/** By name; `deleted` takes one away. */
export type Items = ReadonlyMap<string, Uint8Array>;
export type Changes = ReadonlyMap<string, Uint8Array | "deleted">;

/** Where and under which salt transactions are written. */
export interface AreaHead {
  readonly generation: number;
  readonly salt: Uint8Array;
}

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
  changes: Changes,
): Draft {
  // The snapshot carries its salt, which stands before everything that is checked with it.
  const body = concatBytes(...(previous === NO_PREVIOUS ? [salt] : []), encodeChanges(changes));
  const header = concatBytes(uint32(body.length), uint32(generation), uint32(previous));
  const said = padded(nvm, concatBytes(header, body));
  const check = checkOf(part, salt, header, body);
  const bytes = concatBytes(said, padded(nvm, check));
  return { at, bytes, markAt: at + bytes.length / nvm.profile.wordBytes };
}

export function markOf(part: MemoryPart, nvm: Nvm, area: 0 | 1, { markAt }: Draft): NvmOperation[] {
  return programs(part, nvm, area, markAt, MARK_2);
}

export function endOf(nvm: Nvm, { markAt }: Draft): number {
  return markAt + words(nvm, MARK_2.length);
}

export function checkOf({ provider }: MemoryPart, salt: Uint8Array, header: Uint8Array, body: Uint8Array): Uint8Array {
  return provider.sha256(concatBytes(salt, header, body)).slice(0, CHECK_BYTES);
}

/** Words of an area from `at` on, as programs that stay inside their pages. */
export function programs(part: MemoryPart, nvm: Nvm, area: 0 | 1, at: number, bytes: Uint8Array): NvmOperation[] {
  const { wordBytes, wordsPerPage } = nvm.profile;
  const whole = padded(nvm, bytes);
  const operations: NvmOperation[] = [];
  for (let done = 0; done * wordBytes < whole.length; ) {
    const word = (at + done) % wordsPerPage;
    const count = Math.min(wordsPerPage - word, whole.length / wordBytes - done);
    const piece = whole.slice(done * wordBytes, (done + count) * wordBytes);
    operations.push({ kind: "program", page: pageOf(part, nvm, area, at + done), word, bytes: piece });
    done += count;
  }
  return operations;
}

export function holds(part: MemoryPart, nvm: Nvm, area: 0 | 1, at: number, bytes: Uint8Array): boolean {
  const whole = padded(nvm, bytes);
  const { wordBytes, wordsPerPage } = nvm.profile;
  for (let done = 0; done * wordBytes < whole.length; ) {
    const word = (at + done) % wordsPerPage;
    const count = Math.min(wordsPerPage - word, whole.length / wordBytes - done);
    const read = { kind: "read", page: pageOf(part, nvm, area, at + done), word, words: count } as const;
    const { outcome } = applyNvm(nvm, read, DOUBTING);
    const expected = whole.subarray(done * wordBytes, (done + count) * wordBytes);
    if (outcome.kind !== "read" || !equalBytes(outcome.bytes, expected)) return false;
    done += count;
  }
  return true;
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
  const whole = new Uint8Array(words(nvm, bytes.length) * nvm.profile.wordBytes);
  whole.set(bytes);
  return whole;
}

/** Items after changes. */
export function applied(items: Items, changes: Changes): Items {
  const all = new Map(items);
  for (const [name, value] of changes) {
    if (value === "deleted") all.delete(name);
    else all.set(name, value);
  }
  return all;
}

/** One byte of length and the name, two bytes of length and the value; ffff is `deleted`. */
function encodeChanges(changes: Changes): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [name, value] of changes) {
    const size = value === "deleted" ? DELETED : value.length;
    const text = Uint8Array.from(name, (character) => character.charCodeAt(0));
    parts.push(Uint8Array.of(text.length), text, Uint8Array.of(size >>> 8, size & 0xff));
    if (value !== "deleted") parts.push(value);
  }
  return concatBytes(...parts);
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

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
  );
}
