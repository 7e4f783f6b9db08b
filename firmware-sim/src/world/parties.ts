/** Who and what is in the city: parties with a key pair, care providers, people, homes and doors. */
import { type CryptoProvider, type DoorPolicy, keyId } from "@nyckelfri/protocol";
import type { Stream } from "./streams.ts";

/** What the city knows of a device. */
export interface PublicParty {
  readonly publicKey: Uint8Array;
  readonly kid: Uint8Array;
}

export interface Party extends PublicParty {
  readonly name: string;
  /** The private key; the same object for as long as the party lives, because providers remember its expansion. */
  readonly seed: Uint8Array;
}

/** The key pair that this name has in this stream: the same one each time. */
export function drawParty(provider: CryptoProvider, stream: Stream, name: string): Party {
  const seed = stream.fork(`key pair of ${name}`).bytes(32);
  const publicKey = provider.publicKeyOf(seed);
  return { name, seed, publicKey, kid: keyId(provider, publicKey) };
}

/** A municipal or private care provider, or a firm of technicians. */
export interface CareProvider {
  readonly name: string;
  /** Its revocation list. */
  readonly list: number;
  /** Its teams, by name: what grants name and doors serve. */
  readonly groups: Readonly<Record<string, number>>;
}

/** Somebody who gets shifts or work orders. */
export interface Holder {
  readonly name: string;
  /** 8 bytes: the only name of theirs that travels. */
  readonly pseudonym: Uint8Array;
  readonly provider: CareProvider;
}

export interface Door {
  readonly name: string;
  readonly id: Uint8Array;
  readonly kind: DoorPolicy["doorKind"];
}

/** A client's home: the doors on the way to it, some of which other homes share. */
export interface Home {
  readonly name: string;
  readonly doors: readonly Door[];
}
