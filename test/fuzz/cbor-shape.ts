/** Changes of CBOR that leave its heads right, so that what is deep inside is reached: items come, go, change places and values. */
import type { Draws, Shape } from "./target.ts";

/** One item, read leniently; of a string that holds one item, that as well. */
interface Item {
  readonly major: number;
  /** The number, the length or the count. */
  argument: bigint;
  content: Uint8Array;
  /** Of an array or map, keys and values one after the other; or what a string holds. */
  items: Item[];
  /** As many bytes as the head has behind its first one; the fewest where it is not here. */
  width?: number;
}

const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const DEEPEST = 24;
const NONE = new Uint8Array();

/** Changes one item in bytes that are items of CBOR; undefined where they are none. */
export const CBOR_SHAPE: Shape = (bytes, draws, words) => {
  const root = itemIn(bytes);
  if (root === undefined) return undefined;
  change(root, draws, words);
  return encoded(root);
};

/** The whole of `bytes` as one item. */
function itemIn(bytes: Uint8Array): Item | undefined {
  const read = readItem(bytes, 0, DEEPEST);
  return read?.end === bytes.length ? read.item : undefined;
}

function readItem(
  bytes: Uint8Array,
  from: number,
  depth: number,
): { readonly item: Item; readonly end: number } | undefined {
  const initial = bytes[from];
  if (initial === undefined || depth === 0) return undefined;
  const info = initial & 0x1f;
  if (info > 27) return undefined;
  const width = info < 24 ? 0 : 1 << (info - 24);
  let at = from + 1 + width;
  if (at > bytes.length) return undefined;
  let argument = info < 24 ? BigInt(info) : 0n;
  for (const byte of bytes.subarray(from + 1, at)) argument = (argument << 8n) | BigInt(byte);
  const item: Item = { major: initial >> 5, argument, content: NONE, items: [] };
  if (item.major === BYTES || item.major === TEXT) {
    const end = at + Number(argument);
    if (end > bytes.length) return undefined;
    item.content = bytes.slice(at, end);
    const inner = item.major === BYTES && item.content.length > 1 ? readItem(item.content, 0, depth - 1) : undefined;
    if (inner?.end === item.content.length && inner.item.major >= BYTES) item.items = [inner.item];
    return { item, end };
  }
  if (item.major === ARRAY || item.major === MAP) {
    if (argument > BigInt(bytes.length)) return undefined;
    for (let left = Number(argument) * (item.major === MAP ? 2 : 1); left > 0; left--) {
      const read = readItem(bytes, at, depth - 1);
      if (read === undefined) return undefined;
      item.items.push(read.item);
      at = read.end;
    }
  }
  return { item, end: at };
}

function encoded(item: Item): Uint8Array {
  const parts = item.items.map(encoded);
  const isString = item.major === BYTES || item.major === TEXT;
  const body = item.items.length === 0 && isString ? [item.content] : parts;
  const size = body.reduce((sum, { length }) => sum + length, 0);
  const count = item.major === MAP ? item.items.length >> 1 : item.items.length;
  const argument = isString ? BigInt(size) : item.major === ARRAY || item.major === MAP ? BigInt(count) : item.argument;
  const head = headOf(item.major, argument, item.width);
  const whole = new Uint8Array(head.length + size);
  whole.set(head);
  let at = head.length;
  for (const part of body) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function headOf(major: number, argument: bigint, width: number | undefined): Uint8Array {
  const least =
    argument < 24n ? 0 : argument < 0x100n ? 1 : argument < 0x1_0000n ? 2 : argument < 0x1_0000_0000n ? 4 : 8;
  const bytes = Math.max(least, width ?? 0);
  const info = bytes === 0 ? Number(argument) : 24 + Math.log2(bytes);
  const head = Uint8Array.of((major << 5) | info, ...new Uint8Array(bytes));
  for (let index = bytes; index > 0; index--) {
    head[index] = Number(argument & 0xffn);
    argument >>= 8n;
  }
  return head;
}

const RESIZES = [-1, 0, 0, 1, 24];
const EDGES = [
  0n,
  1n,
  23n,
  24n,
  255n,
  256n,
  0xffffn,
  0x1_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 64n - 1n,
];

/** One of the things that can be wrong with an item, somewhere in the tree. */
function change(root: Item, draws: Draws, words: readonly Uint8Array[]): void {
  const all = [root];
  for (const item of all) all.push(...item.items);
  const item = all[draws.below(all.length)] as Item;
  const others = all.filter(({ items }) => items.length > 0);
  const around = others[draws.below(Math.max(1, others.length))];
  const isMap = around?.major === MAP;
  const step = isMap ? 2 : 1;
  const place = around === undefined ? 0 : draws.below(Math.ceil(around.items.length / step)) * step;
  switch (draws.below(10)) {
    case 0:
      around?.items.splice(place, step);
      return;
    case 1:
      around?.items.splice(place, 0, ...around.items.slice(place, place + step).map(copied));
      return;
    case 2:
      if (around !== undefined) around.items.push(...around.items.splice(place, step));
      return;
    case 3:
      if (around !== undefined)
        around.items[draws.below(around.items.length)] = copied(all[draws.below(all.length)] as Item);
      return;
    case 4:
    case 5:
      changeNumber(item, draws);
      return;
    case 6:
      changeString(item, draws);
      return;
    case 7:
      item.width = 1 << draws.below(4);
      return;
    case 8: {
      const word = words.length === 0 ? undefined : itemIn(words[draws.below(words.length)] as Uint8Array);
      if (word !== undefined && around !== undefined) around.items[draws.below(around.items.length)] = word;
      return;
    }
    default: {
      const fresh: Item = { major: draws.below(8), argument: BigInt(draws.below(24)), content: NONE, items: [] };
      if (around !== undefined) around.items.splice(place, draws.below(2), fresh);
    }
  }
}

function changeNumber(item: Item, draws: Draws): void {
  if (item.major !== UNSIGNED && item.major !== NEGATIVE) return;
  const steps = BigInt(draws.below(5) - 2);
  const changed = draws.below(2) === 0 ? item.argument + steps : (EDGES[draws.below(EDGES.length)] ?? 0n);
  item.argument = changed < 0n ? 0n : changed;
}

function changeString(item: Item, draws: Draws): void {
  if (item.major !== BYTES && item.major !== TEXT) return;
  const content = new Uint8Array(Math.max(0, item.content.length + (RESIZES[draws.below(RESIZES.length)] ?? 0)));
  content.set(item.content.subarray(0, content.length));
  if (content.length > 0) content[draws.below(content.length)] = draws.below(256);
  item.content = content;
  item.items = [];
}

function copied(item: Item): Item {
  return { ...item, items: item.items.map(copied) };
}

const KID_LABEL = 4n;
const SIGNATURE_PLACE = 3;

/** Signs the envelopes in an item again whose kid `sign` knows, the inner ones first; undefined where the bytes are no item. */
export function signAgain(
  bytes: Uint8Array,
  sign: (kid: Uint8Array, protectedBytes: Uint8Array, payload: Uint8Array) => Uint8Array | undefined,
): Uint8Array | undefined {
  const root = itemIn(bytes);
  if (root === undefined) return undefined;
  const visit = (item: Item): void => {
    for (const inner of item.items) visit(inner);
    const [head, , payload, signature] = item.items;
    if (
      item.items.length !== SIGNATURE_PLACE + 1 ||
      head?.major !== BYTES ||
      payload?.major !== BYTES ||
      signature === undefined
    )
      return;
    const header = head.items[0]?.items ?? [];
    const at = header.findIndex(
      ({ major, argument }, index) => index % 2 === 0 && major === UNSIGNED && argument === KID_LABEL,
    );
    const made = sign(header[at + 1]?.content ?? NONE, contentOf(head), contentOf(payload));
    if (made !== undefined) item.items[SIGNATURE_PLACE] = { major: BYTES, argument: 0n, content: made, items: [] };
  };
  visit(root);
  return encoded(root);
}

/** What a string holds now. */
function contentOf({ items, content }: Item): Uint8Array {
  const [inner] = items;
  return inner === undefined ? content : encoded(inner);
}
