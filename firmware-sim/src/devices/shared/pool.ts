/** Random bytes for nonces: the entropy given at power-on, stretched. It dies with power (SPEC PER-13). */
import type { CryptoProvider } from "@nyckelfri/protocol";
import type { Draws } from "../../hardware/draws.ts";

export interface Pool {
  readonly entropy: Uint8Array;
  readonly drawn: number;
}

/** At most 32 bytes, and the pool after them. */
export function draw(
  provider: CryptoProvider,
  pool: Pool,
  length: number,
): { readonly bytes: Uint8Array; readonly pool: Pool } {
  const bytes = provider.hmacSha256(pool.entropy, uint32(pool.drawn)).slice(0, length);
  return { bytes, pool: { ...pool, drawn: pool.drawn + 1 } };
}

/** A session's number: 32 bits, not zero. */
export function drawSession(provider: CryptoProvider, pool: Pool): { readonly session: number; readonly pool: Pool } {
  const { bytes, pool: rest } = draw(provider, pool, 4);
  const session = (((bytes[0] ?? 0) << 24) | ((bytes[1] ?? 0) << 16) | ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0)) >>> 0;
  return { session: session === 0 ? 1 : session, pool: rest };
}

/** How doubtful words of the memory read at one power-on. */
export function readingDraws(provider: CryptoProvider, entropy: Uint8Array): Draws {
  let count = 0;
  return {
    below(bound) {
      const [a = 0, b = 0, c = 0] = provider.sha256(Uint8Array.of(...entropy, ...uint32(count++)));
      return ((a << 16) | (b << 8) | c) % bound;
    },
  };
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
