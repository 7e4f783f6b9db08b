/** Importing a key costs 3 to 97 µs beside a verify of 100 (bench/): imported keys are kept, in bounded number. */
import { equalBytes, equalSecretBytes } from "../bytes.ts";

/**
 * Least-recently-used cache from 32-byte public keys to their imported form. The map's index is 30 bits of the key, so a
 * look-up builds no string; two keys that share them (an attacker can make such pairs) evict each other, which costs an
 * import and nothing else, since the whole key is compared.
 */
export class PublicKeyCache<Imported> {
  readonly #entries = new Map<number, { readonly publicKey: Uint8Array; readonly imported: Imported }>();
  readonly #capacity: number;
  #last: { readonly publicKey: Uint8Array; readonly imported: Imported } | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(publicKey: Uint8Array): Imported | undefined {
    if (this.#last !== undefined && equalBytes(this.#last.publicKey, publicKey)) return this.#last.imported;
    const index = indexOf(publicKey);
    const entry = this.#entries.get(index);
    if (entry === undefined || !equalBytes(entry.publicKey, publicKey)) return undefined;
    // A Map iterates in order of insertion: re-inserting moves the entry to the young end.
    this.#entries.delete(index);
    this.#entries.set(index, entry);
    this.#last = entry;
    return entry.imported;
  }

  set(publicKey: Uint8Array, imported: Imported): void {
    const index = indexOf(publicKey);
    const entry = { publicKey: new Uint8Array(publicKey), imported };
    this.#entries.delete(index);
    this.#entries.set(index, entry);
    this.#last = entry;
    if (this.#entries.size <= this.#capacity) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }
}

function indexOf(publicKey: Uint8Array): number {
  return (
    (publicKey[0] ?? 0) |
    ((publicKey[1] ?? 0) << 8) |
    ((publicKey[2] ?? 0) << 16) |
    (((publicKey[3] ?? 0) & 0x3f) << 24)
  );
}

/**
 * Expanded private keys, each for as long as the caller's own seed object lives and holds the same bytes (compared as
 * SPEC CRY-10 asks). Keyed by the object and not by its contents, so that no private key outlives its owner's.
 */
export class SeedCache<Expanded> {
  readonly #entries = new WeakMap<Uint8Array, { readonly seed: Uint8Array; readonly expanded: Expanded }>();
  readonly #expand: (seed: Uint8Array) => Expanded;

  constructor(expand: (seed: Uint8Array) => Expanded) {
    this.#expand = expand;
  }

  get(seed: Uint8Array): Expanded {
    const entry = this.#entries.get(seed);
    if (entry !== undefined && equalSecretBytes(entry.seed, seed)) return entry.expanded;
    const copy = new Uint8Array(seed);
    const expanded = this.#expand(copy);
    this.#entries.set(seed, { seed: copy, expanded });
    return expanded;
  }
}
