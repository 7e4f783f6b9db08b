/** Changes what is inside signed objects and signs them again, with keys that are at hand: so that what comes behind the signature is reached. */
import { defaultProvider, externalAad, sigStructure, toHex } from "@nyckelfri/protocol";
import { CBOR_SHAPE, signAgain } from "./cbor-shape.ts";
import type { Shape } from "./target.ts";

export interface Signers {
  readonly parties: readonly { readonly kid: Uint8Array; readonly seed: Uint8Array }[];
  readonly fleetId: Uint8Array;
}

/** Changes a body, and signs every object in it again whose signer is one of these. */
export function resigning({ parties, fleetId }: Signers): Shape {
  const seeds = new Map(parties.map(({ kid, seed }) => [toHex(kid), seed]));
  const aad = externalAad(fleetId);
  const sign = (kid: Uint8Array, protectedBytes: Uint8Array, payload: Uint8Array): Uint8Array | undefined => {
    const seed = seeds.get(toHex(kid));
    return seed === undefined ? undefined : defaultProvider.sign(seed, sigStructure(protectedBytes, aad, payload));
  };
  return (bytes, draws, words) => {
    const changed = CBOR_SHAPE(bytes, draws, words);
    return changed === undefined ? undefined : signAgain(changed, sign);
  };
}
