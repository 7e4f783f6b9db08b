/**
 * One buffer for bytes that live no longer than a call. A Uint8Array of more than 64 bytes is allocated outside of V8's heap, and that costs
 * as much as hashing it.
 */

/** Holds every Sig_structure of an object within limits.objectBytes with its external_aad; what is larger gets a buffer of its own. */
const SCRATCH_BYTES = 4096;
const scratch = new Uint8Array(SCRATCH_BYTES);
/** Bytes from the beginning that calls on their way have. */
let taken = 0;

/**
 * Calls `use` with `size` bytes, all of them 0, which are valid during the call only. `use` may come back here and gets others. The bytes are
 * zeroed afterwards, so that no later view of them shows what was there.
 */
export function withScratch<Result>(size: number, use: (bytes: Uint8Array) => Result): Result {
  if (taken + size > SCRATCH_BYTES) return use(new Uint8Array(size));
  const begin = taken;
  taken += size;
  try {
    return use(scratch.subarray(begin, taken));
  } finally {
    scratch.fill(0, begin, begin + size);
    taken = begin;
  }
}
