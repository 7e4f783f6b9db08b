/** HMAC (RFC 2104) out of a one-shot SHA-256: half the time of a library's HMAC object. */
import { withScratch } from "../scratch.ts";

const BLOCK_BYTES = 64;
const HASH_BYTES = 32;

/** HMAC-SHA256 (32 bytes) under a key of any length. */
export function hmacWith(sha256: (data: Uint8Array) => Uint8Array, key: Uint8Array, data: Uint8Array): Uint8Array {
  const block = key.length > BLOCK_BYTES ? sha256(key) : key;
  const inner = withScratch(BLOCK_BYTES + data.length, (bytes) => {
    padInto(bytes, block, 0x36);
    bytes.set(data, BLOCK_BYTES);
    return sha256(bytes);
  });
  return withScratch(BLOCK_BYTES + HASH_BYTES, (bytes) => {
    padInto(bytes, block, 0x5c);
    bytes.set(inner, BLOCK_BYTES);
    return sha256(bytes);
  });
}

function padInto(target: Uint8Array, block: Uint8Array, pad: number): void {
  for (let index = 0; index < BLOCK_BYTES; index++) target[index] = (block[index] ?? 0) ^ pad;
}
