/**
 * Bytes that no caller can write afterwards: his buffer may be the one that the next frame is received into, and what was decided is not to
 * change with it.
 */

/** Made by `ownCopy` and `OwnStore` alone; who holds such bytes reads them and does not write them. */
export type OwnBytes = Uint8Array & { readonly "~own": true };

export function ownCopy(bytes: Uint8Array): OwnBytes {
  return new Uint8Array(bytes) as OwnBytes;
}

/**
 * Copies of what came together, in one piece of memory of just that size: an array of more than 64 bytes is allocated outside of V8's heap,
 * and that costs as much as hashing it. Not one piece for all that ever comes, which would be cheaper still: the longest-lived object would
 * keep the memory of all its neighbours, and whoever transfers one object's buffer would take all others' bytes away.
 */
export class OwnStore {
  readonly #memory: Uint8Array;
  #taken = 0;

  /** `size` is the sum of what is to be copied. */
  constructor(size: number) {
    this.#memory = new Uint8Array(size);
  }

  copy(bytes: Uint8Array): OwnBytes {
    const start = this.#taken;
    this.#taken += bytes.length;
    const own = this.#memory.subarray(start, this.#taken);
    own.set(bytes);
    return own as OwnBytes;
  }
}
