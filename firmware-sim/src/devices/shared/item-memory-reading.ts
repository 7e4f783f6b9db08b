/** What is in a device's memory at power-on. `item-memory.ts` says how it got there. */
import { concatBytes, equalBytes } from "@nyckelfri/protocol";
import type { Draws } from "../../hardware/draws.ts";
import { applyNvm, type Nvm } from "../../hardware/nvm.ts";
import { ERASED } from "../../hardware/nvm-pages.ts";
import type { Memory } from "./item-memory.ts";
import {
  areaWords,
  CHECK_BYTES,
  type Changes,
  checkOf,
  decodeChanges,
  HEADER_BYTES,
  itemsOf,
  type MemoryPart,
  NO_PREVIOUS,
  pageOf,
  readUint32,
  SALT_BYTES,
  words,
} from "./transactions.ts";

/**
 * What is in the memory at power-on, and the newest transaction, which is to be written again before anything is done. The
 * memory given names the one before it as its last. Undefined where no area is valid.
 */
export function readMemory(
  part: MemoryPart,
  nvm: Nvm,
  draws: Draws,
): { readonly memory: Memory; readonly newest: Changes } | undefined {
  const found = ([0, 1] as const).flatMap((area) => readArea(part, nvm, area, draws) ?? []);
  return found.sort((a, b) => b.memory.generation - a.memory.generation)[0];
}

/** An area as read: what cannot be read is `unreadable`, by word. */
interface Image {
  readonly bytes: Uint8Array;
  readonly unreadable: ReadonlySet<number>;
}

function readImage(part: MemoryPart, nvm: Nvm, area: 0 | 1, draws: Draws): Image {
  const { wordBytes, wordsPerPage } = nvm.profile;
  const bytes = new Uint8Array(areaWords(part, nvm) * wordBytes);
  const unreadable = new Set<number>();
  const readAt = (word: number, count: number): boolean => {
    const page = pageOf(part, nvm, area, word);
    const { outcome } = applyNvm(nvm, { kind: "read", page, word: word % wordsPerPage, words: count }, draws);
    if (outcome.kind === "read") bytes.set(outcome.bytes, word * wordBytes);
    return outcome.kind === "read";
  };
  for (let word = 0; word < areaWords(part, nvm); word += wordsPerPage) {
    if (readAt(word, wordsPerPage)) continue;
    for (let one = word; one < word + wordsPerPage; one++) if (!readAt(one, 1)) unreadable.add(one);
  }
  return { bytes, unreadable };
}

interface Found {
  readonly at: number;
  readonly end: number;
  readonly generation: number;
  readonly previous: number;
  readonly body: Uint8Array;
}

function readArea(part: MemoryPart, nvm: Nvm, area: 0 | 1, draws: Draws) {
  const image = readImage(part, nvm, area, draws);
  const tail = programmedWords(nvm, image);
  const snapshot = readTransaction(part, nvm, image, 0, undefined);
  if (snapshot === undefined) return undefined;
  const salt = snapshot.body.slice(0, SALT_BYTES);
  const byPlace = new Map<number, Found>([[0, snapshot]]);
  for (let word = snapshot.end; word < tail; ) {
    const found = readTransaction(part, nvm, image, word, salt);
    if (found !== undefined) byPlace.set(word, found);
    word = found?.end ?? word + 1;
  }
  const path = [...byPlace.values()]
    .reverse()
    .map((found) => pathTo(found, byPlace))
    .find((one) => one !== undefined);
  const newest = path?.at(-1);
  if (path === undefined || newest === undefined) return undefined;
  const bodies = [snapshot.body.subarray(SALT_BYTES), ...path.slice(1, -1).map(({ body }) => body)];
  const items = itemsOf(bodies.map(decodeChanges));
  const memory: Memory = { area, generation: snapshot.generation, salt, tail, last: newest.previous, items };
  return { memory, newest: decodeChanges(newest.body) };
}

/** From the snapshot to a transaction, which is another one; undefined where a link is missing. */
function pathTo(end: Found, byPlace: ReadonlyMap<number, Found>): readonly Found[] | undefined {
  const path = [end];
  for (let found: Found | undefined = end; found.at !== 0; ) {
    const before: Found | undefined = found.previous < found.at ? byPlace.get(found.previous) : undefined;
    if (before === undefined || before.generation !== end.generation) return undefined;
    path.push(before);
    found = before;
  }
  return path.length > 1 ? path.reverse() : undefined;
}

/**
 * A transaction whose mark 1 holds. Where mark 2 is missing the last power ended before it, and the body is whole: it is taken
 * as SPEC LOG-3 takes an unconfirmed last slot.
 */
function readTransaction(
  part: MemoryPart,
  nvm: Nvm,
  { bytes, unreadable }: Image,
  at: number,
  salt: Uint8Array | undefined,
): Found | undefined {
  const { wordBytes } = nvm.profile;
  const from = at * wordBytes;
  if (from + HEADER_BYTES > bytes.length) return undefined;
  const length = readUint32(bytes, from);
  const generation = readUint32(bytes, from + 4);
  const previous = readUint32(bytes, from + 8);
  const said = words(nvm, HEADER_BYTES + length);
  const end = at + said + words(nvm, CHECK_BYTES);
  if (length > bytes.length || end * wordBytes > bytes.length || (previous === NO_PREVIOUS) !== (salt === undefined)) {
    return undefined;
  }
  for (let word = at; word < end; word++) if (unreadable.has(word)) return undefined;
  const transaction = bytes.subarray(from, from + HEADER_BYTES + length);
  const body = transaction.subarray(HEADER_BYTES);
  if (salt === undefined && body.length < SALT_BYTES) return undefined;
  const checkAt = (at + said) * wordBytes;
  const check = checkOf(part, concatBytes(salt ?? body.subarray(0, SALT_BYTES), transaction));
  if (!equalBytes(bytes.subarray(checkAt, checkAt + CHECK_BYTES), check)) return undefined;
  return { at, end, generation, previous, body };
}

/** Up to the last word with any programmed bit, or that cannot be read. */
function programmedWords({ profile }: Nvm, { bytes, unreadable }: Image): number {
  let last = bytes.length - 1;
  while (last >= 0 && bytes[last] === ERASED) last--;
  return Math.max(Math.floor(last / profile.wordBytes), ...unreadable) + 1;
}
