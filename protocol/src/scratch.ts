/**
 * One buffer for bytes that live no longer than a call. A Uint8Array of more than 64 bytes is allocated outside of V8's heap, and that costs
 * as much as hashing it.
 */

/** Holds every Sig_structure of an object within limits.objectBytes; what is larger gets a buffer of its own. */
const SCRATCH_BYTES = 2048;
let scratch: Uint8Array | undefined = new Uint8Array(SCRATCH_BYTES);

/**
 * Calls `use` with `size` bytes, all of them 0, which are valid during the call only. `use` may come back here; then the buffer is taken,
 * and the inner call gets one of its own. The buffer is zeroed afterwards, so that no later view of it shows what was there.
 */
export function withScratch<Result>(size: number, use: (bytes: Uint8Array) => Result): Result {
  if (scratch === undefined || size > SCRATCH_BYTES) return use(new Uint8Array(size));
  const buffer = scratch;
  scratch = undefined;
  try {
    return use(buffer.subarray(0, size));
  } finally {
    buffer.fill(0, 0, size);
    scratch = buffer;
  }
}
