/**
 * The items of a memory, by name. A value that is never changed: `applied` gives the one after it, which shares all but the last
 * few changes with the one before, so that a commit of three items does not copy four hundred.
 */

/** By name, in the order in which they came; a map is one. */
export interface Items extends Iterable<readonly [string, Uint8Array]> {
  get(name: string): Uint8Array | undefined;
  has(name: string): boolean;
  keys(): Iterable<string>;
}
/** By name; `deleted` takes one away. */
export type Changes = ReadonlyMap<string, Uint8Array | "deleted">;

/** Items after changes, made in their order, as a map would take them. */
export function applied(items: Items, changes: Changes): Items {
  const { base, recent } = items instanceof LayeredItems ? items : { base: new Map(items), recent: NONE };
  if (recent.size + changes.size > MOST_RECENT) return flattened(base, recent, changes);
  const next = new Map(recent);
  for (const [name, value] of changes) {
    // One that comes back takes its place at the end, which a layer cannot say.
    if (value !== "deleted" && next.get(name) === "deleted") return flattened(base, recent, changes);
    if (value === "deleted" && !base.has(name)) next.delete(name);
    else next.set(name, value);
  }
  return new LayeredItems(base, next);
}

/** Changes that are carried beside a map before it is copied. */
const MOST_RECENT = 32;
const NONE: Changes = new Map();

/** What changes make of nothing. */
export function itemsOf(layers: readonly Changes[]): Items {
  return flattened(new Map(), ...layers);
}

function flattened(base: ReadonlyMap<string, Uint8Array>, ...layers: readonly Changes[]): Items {
  const all = new Map(base);
  for (const changes of layers) {
    for (const [name, value] of changes) {
      if (value === "deleted") all.delete(name);
      else all.set(name, value);
    }
  }
  return new LayeredItems(all, NONE);
}

class LayeredItems implements Items {
  readonly base: ReadonlyMap<string, Uint8Array>;
  readonly recent: Changes;

  constructor(base: ReadonlyMap<string, Uint8Array>, recent: Changes) {
    this.base = base;
    this.recent = recent;
  }

  get(name: string): Uint8Array | undefined {
    const value = this.recent.get(name);
    return value === "deleted" ? undefined : (value ?? this.base.get(name));
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  *keys(): Iterable<string> {
    for (const [name] of this) yield name;
  }

  *[Symbol.iterator](): Iterator<readonly [string, Uint8Array]> {
    const { base, recent } = this;
    for (const item of base) {
      const value = recent.get(item[0]);
      if (value === undefined) yield item;
      else if (value !== "deleted") yield [item[0], value];
    }
    for (const [name, value] of recent) if (value !== "deleted" && !base.has(name)) yield [name, value];
  }
}
