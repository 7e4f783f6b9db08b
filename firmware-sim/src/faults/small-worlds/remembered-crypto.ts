/**
 * A provider that remembers what it has computed. All branches of an exploration begin from the same few memories, so they verify the
 * same certificates, lists and grants again and again; Ed25519 is deterministic both ways (SPEC CRY-6, CRY-8), and so the answer is
 * the same whoever asks.
 */
import type { CryptoProvider } from "@nyckelfri/protocol";

const MOST_REMEMBERED = 100_000;

export function remembering(provider: CryptoProvider): CryptoProvider {
  const verified = new Map<string, boolean>();
  const signed = new Map<string, Uint8Array>();
  return {
    name: provider.name,
    verify: (publicKey, message, signature) =>
      recalled(verified, textOf(publicKey, signature, message), () => provider.verify(publicKey, message, signature)),
    sign: (seed, message) => recalled(signed, textOf(seed, message), () => provider.sign(seed, message)).slice(),
    publicKeyOf: (seed) => provider.publicKeyOf(seed),
    sha256: (data) => provider.sha256(data),
    hmacSha256: (key, data) => provider.hmacSha256(key, data),
  };
}

/** All but the last part have a fixed length where they are sound; the lengths keep others apart. */
function textOf(...parts: readonly Uint8Array[]): string {
  return parts.map((part) => `${part.length}:${String.fromCharCode(...part)}`).join("");
}

function recalled<T>(known: Map<string, T>, key: string, compute: () => T): T {
  const held = known.get(key);
  if (held !== undefined) return held;
  if (known.size >= MOST_REMEMBERED) known.clear();
  const value = compute();
  known.set(key, value);
  return value;
}
