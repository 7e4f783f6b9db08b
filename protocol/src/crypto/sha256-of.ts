/** SHA-256 over several byte strings, one after the other, without a copy of them that outlives the call. */
import { totalLength, writeAll } from "../bytes.ts";
import { withScratch } from "../scratch.ts";
import type { CryptoProvider } from "./provider.ts";

/** SHA-256 (32 bytes) of the concatenation of `parts`. */
export function sha256Of(provider: CryptoProvider, parts: readonly Uint8Array[]): Uint8Array {
  return withScratch(totalLength(parts), (joined) => {
    writeAll(joined, parts);
    return provider.sha256(joined);
  });
}
