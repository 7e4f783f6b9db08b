/**
 * A CryptoProvider that recalls its verdicts: verification is a pure function, so a verdict is found by its inputs, all of them compared
 * byte for byte. Every door of a round is shown the same grant. A device pays for its operations by the meter above this one, whoever has
 * computed them. Hashes are not recalled: looking one up takes as long as computing it.
 */
import { type CryptoProvider, equalBytes } from "@nyckelfri/protocol";

/** What was asked, and how much of it was recalled instead of computed. */
export interface RecallCounts {
  readonly verifications: number;
  readonly recalled: number;
}

export interface RecallingProvider extends CryptoProvider {
  readonly counts: () => RecallCounts;
}

interface Verdict {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly isGood: boolean;
}

/** A power of two: a place for each, given by bytes of the signature, and a newer verdict takes the place of an older one. */
const PLACES = 1 << 12;

/** Of all worlds that a provider serves: the verdict is the same in each. */
const known = new WeakMap<CryptoProvider, (Verdict | undefined)[]>();

export function recalling(provider: CryptoProvider): RecallingProvider {
  const verdicts = known.get(provider) ?? new Array<Verdict | undefined>(PLACES).fill(undefined);
  known.set(provider, verdicts);
  let verifications = 0;
  let recalled = 0;
  return {
    ...provider,
    verify: (publicKey, message, signature) => {
      verifications += 1;
      const [a = 0, b = 0] = signature;
      const place = ((a << 8) | b) & (PLACES - 1);
      const before = verdicts[place];
      if (
        before !== undefined &&
        equalBytes(before.signature, signature) &&
        equalBytes(before.message, message) &&
        equalBytes(before.publicKey, publicKey)
      ) {
        recalled += 1;
        return before.isGood;
      }
      const isGood = provider.verify(publicKey, message, signature);
      // Copies: whoever has asked may change their bytes later.
      verdicts[place] = {
        publicKey: publicKey.slice(),
        message: message.slice(),
        signature: signature.slice(),
        isGood,
      };
      return isGood;
    },
    counts: () => ({ verifications, recalled }),
  };
}
