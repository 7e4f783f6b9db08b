import { noble } from "#src/crypto/ed25519-noble.ts";
import { nodeCrypto } from "#src/crypto/ed25519-node.ts";
import { sodium } from "#src/crypto/ed25519-sodium.ts";
import type { CryptoProvider } from "#src/crypto/provider.ts";

/** All three, for tests that hold them side by side. */
export const providers: readonly CryptoProvider[] = [nodeCrypto, noble, sodium];

/** The verdict that all three give; fails the test where they differ (SPEC CRY-6). */
export function commonVerdict(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const verdicts = new Map(providers.map((each) => [each.name, each.verify(publicKey, message, signature)]));
  const [first] = verdicts.values();
  for (const verdict of verdicts.values()) {
    if (verdict !== first) throw new Error(`the verdicts differ: ${JSON.stringify([...verdicts])}`);
  }
  return first === true;
}
