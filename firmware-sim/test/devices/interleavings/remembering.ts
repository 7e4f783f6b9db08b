/** The usual provider, which computes nothing twice: Ed25519 is what takes time where thousands of states see the same bytes. */
import { type CryptoProvider, defaultProvider, toHex } from "@nyckelfri/protocol";

export interface Remembering extends CryptoProvider {
  /** Digests of what was signed, in order. */
  readonly signed: string[];
}

export function remembering(): Remembering {
  const verified = new Map<string, boolean>();
  const signatures = new Map<string, Uint8Array>();
  const signed: string[] = [];
  const digest = (bytes: Uint8Array) => toHex(defaultProvider.sha256(bytes));
  return {
    ...defaultProvider,
    signed,
    verify(publicKey, message, signature) {
      const name = toHex(signature) + toHex(publicKey) + digest(message);
      const known = verified.get(name) ?? defaultProvider.verify(publicKey, message, signature);
      verified.set(name, known);
      return known;
    },
    sign(seed, message) {
      const name = toHex(seed) + digest(message);
      signed.push(name);
      const known = signatures.get(name) ?? defaultProvider.sign(seed, message);
      signatures.set(name, known);
      return known;
    },
  };
}
