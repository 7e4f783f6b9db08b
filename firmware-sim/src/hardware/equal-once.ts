/**
 * Equal values once: the devices of a city hold the same pages, grants and certificates by the hundred. A table of places that a value's
 * hash gives, in which a newer one takes the place of an older one: it never grows, and what it has forgotten is only kept twice.
 */
export class EqualOnce<T> {
  readonly #places: (T | undefined)[];

  /** `places`: a power of two. */
  constructor(places: number) {
    this.#places = new Array<T | undefined>(places).fill(undefined);
  }

  /** The value that is known, if `isSame` says that it is this one; else the one that is made now. */
  of(hash: number, isSame: (known: T) => boolean, make: () => T): T {
    const place = (hash ^ (hash >>> 15)) & (this.#places.length - 1);
    const known = this.#places[place];
    if (known !== undefined && isSame(known)) return known;
    const made = make();
    this.#places[place] = made;
    return made;
  }
}

/** FNV-1a, 32 bits; no more than a place to look at. */
export function hashOf(bytes: Uint8Array, seed = 0): number {
  let hash = 0x811c_9dc5 ^ seed;
  for (let index = 0; index < bytes.length; index++) hash = Math.imul(hash ^ (bytes[index] as number), 0x0100_0193);
  return hash;
}
