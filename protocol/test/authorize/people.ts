/** Who takes part in the generated visits: the same key pairs in every run, and ids that are hashes of names. */
import { toHex } from "#src/bytes.ts";
import { keyId, thumbprint } from "#src/cose/cose-key.ts";
import { sodium } from "#src/crypto/ed25519-sodium.ts";
import type { CryptoProvider } from "#src/crypto/provider.ts";
import type { Signer } from "#src/objects/signed-object.ts";

/** The fastest: these tests sign and verify tens of thousands of objects. */
export const provider: CryptoProvider = sodium;

export interface Person {
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly kid: Uint8Array;
  /** kid in hex, as the facts of oracle.ts say it. */
  readonly id: string;
}

function person(name: string): Person {
  const seed = named(name);
  const publicKey = provider.publicKeyOf(seed);
  const kid = keyId(provider, publicKey);
  return { seed, publicKey, kid, id: toHex(kid) };
}

function named(name: string): Uint8Array {
  return provider.sha256(Uint8Array.from(name, (character) => character.charCodeAt(0)));
}

/** 8 bytes in hex, the same in every run. */
export function idOf(name: string): string {
  return toHex(named(name).slice(0, 8));
}

export const root: Person = person("oracle's root");
export const fleetId: Uint8Array = thumbprint(provider, root.publicKey);
export const grantIssuer: Person = person("oracle's grant issuer");
export const anotherIssuer: Person = person("oracle's other grant issuer");
export const deviceIssuer: Person = person("oracle's device issuer");
export const box: Person = person("oracle's box");
export const anotherBox: Person = person("oracle's other box");
export const key: Person = person("oracle's key");
/** Certified for nothing. */
export const rogue: Person = person("oracle's rogue");

const everyone = new Map(
  [root, grantIssuer, anotherIssuer, deviceIssuer, box, anotherBox, key, rogue].map((one) => [one.id, one]),
);

export function personOf(id: string): Person {
  const found = everyone.get(id);
  if (found === undefined) throw new RangeError(`nobody has the kid ${id}`);
  return found;
}

export function signerOf({ seed, kid }: Person): Signer {
  return { provider, seed, kid, fleetId };
}
