/**
 * The items of a memory, by name. A value that is never changed: `applied` gives the one after it, which shares all but the last
 * few changes with the one before, so that a commit of three items does not copy four hundred.
 */

/** By name, in the order in which they came; a map is one. A short value may be another copy each time. */
export interface Items extends Iterable<readonly [string, Uint8Array]> {
  get(name: string): Uint8Array | undefined;
  has(name: string): boolean;
  keys(): Iterable<string>;
}
/** By name; `deleted` takes one away. */
export type Changes = ReadonlyMap<string, Uint8Array | "deleted">;

/** Items after changes, made in their order, as a map would take them. */
export function applied(items: Items, changes: Changes): Items {
  const before = items instanceof LayeredItems ? items : flattened(NOTHING, new Map(items));
  const { base, recent } = before;
  if (recent.size + changes.size > MOST_RECENT) return flattened(before, recent, changes);
  const next = new Map(recent);
  for (const [name, value] of changes) {
    // One that comes back takes its place at the end, which a layer cannot say.
    if (value !== "deleted" && next.get(name) === "deleted") return flattened(before, recent, changes);
    if (value === "deleted" && !base.has(name)) next.delete(name);
    else next.set(name, value);
  }
  return new LayeredItems(base, before.packed, next);
}

/** Changes that are carried beside a map before it is copied. */
const MOST_RECENT = 32;
const NONE: Changes = new Map();

/** What changes make of nothing. */
export function itemsOf(layers: readonly Changes[]): Items {
  return flattened(NOTHING, ...layers);
}

/** Where a value stands among those that are packed: its length, then its bytes. */
type Place = number;
/** Longer ones stand for themselves. A key has dozens of journal entries, and an array of its own takes five times as much as one of them. */
const MOST_PACKED = 64;

function flattened(
  { base, packed }: Pick<LayeredItems, "base" | "packed">,
  ...layers: readonly Changes[]
): LayeredItems {
  const all = new Map(base);
  for (const changes of layers) {
    for (const [name, value] of changes) {
      if (value === "deleted") all.delete(name);
      else all.set(name, value);
    }
  }
  const lengthOf = (value: Uint8Array | Place): number =>
    typeof value === "number" ? (packed[value] as number) : value.length;
  let length = 0;
  for (const value of all.values()) if (lengthOf(value) <= MOST_PACKED) length += 1 + lengthOf(value);
  const together = new Uint8Array(length);
  let place = 0;
  for (const [name, value] of all) {
    if (lengthOf(value) > MOST_PACKED) continue;
    together[place] = lengthOf(value);
    together.set(typeof value === "number" ? packedAt(packed, value) : value, place + 1);
    all.set(name, place);
    place += 1 + lengthOf(value);
  }
  return new LayeredItems(all, together, NONE);
}

function packedAt(packed: Uint8Array, place: Place): Uint8Array {
  return packed.slice(place + 1, place + 1 + (packed[place] as number));
}

class LayeredItems implements Items {
  readonly base: ReadonlyMap<string, Uint8Array | Place>;
  readonly packed: Uint8Array;
  readonly recent: Changes;

  constructor(base: ReadonlyMap<string, Uint8Array | Place>, packed: Uint8Array, recent: Changes) {
    this.base = base;
    this.packed = packed;
    this.recent = recent;
  }

  get(name: string): Uint8Array | undefined {
    const value = this.recent.get(name) ?? this.base.get(name);
    if (typeof value === "number") return packedAt(this.packed, value);
    return value === "deleted" ? undefined : value;
  }

  has(name: string): boolean {
    const value = this.recent.get(name);
    return value === undefined ? this.base.has(name) : value !== "deleted";
  }

  *keys(): Iterable<string> {
    const { base, recent } = this;
    for (const name of base.keys()) if (recent.get(name) !== "deleted") yield name;
    for (const [name, value] of recent) if (value !== "deleted" && !base.has(name)) yield name;
  }

  *[Symbol.iterator](): Iterator<readonly [string, Uint8Array]> {
    for (const name of this.keys()) yield [name, this.get(name) as Uint8Array];
  }
}

const NOTHING: Pick<LayeredItems, "base" | "packed"> = { base: new Map(), packed: new Uint8Array(0) };
