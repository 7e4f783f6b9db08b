/** What targets share whose input is bytes of the other side. */
import { CBOR_SHAPE } from "../cbor-shape.ts";
import type { Subject } from "../subject.ts";
import { must, type Outcome } from "../target.ts";

export type Protocol = Subject["protocol"];

export const MOST = 1_400;
export const USUAL = {
  words: [] as readonly Uint8Array[],
  shapes: [CBOR_SHAPE],
  work: { each: 60, fixed: 3_000 },
  output: { each: 40, fixed: 400 },
  most: MOST,
} as const;

/** What the library refuses with its own typed error is refused; anything else that is thrown is for the fuzzer. */
export function refusing({ NyckelfriError, PeerError }: Protocol, read: () => unknown): Outcome {
  try {
    return { kind: "built", value: read() };
  } catch (error) {
    if (!(error instanceof NyckelfriError)) throw error;
    must(error instanceof PeerError, `bytes of the peer are told as a fault of the caller: ${error.code}`);
    return { kind: "refused", why: error.code };
  }
}

export function same(one: Uint8Array, other: Uint8Array, what: string): void {
  must(Buffer.compare(one, other) === 0, what);
}
