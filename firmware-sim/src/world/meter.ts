/** Counts what devices ask of their CryptoProvider, so that the world can say how long a step took and what it cost. */
import type { CryptoProvider } from "@nyckelfri/protocol";
import type { OperationRates } from "../costs/rates.ts";

/** Since the meter was read last. */
export interface CryptoTally {
  verify: number;
  sign: number;
  /** Public keys that were made trusted: each certificate that was verified brings one (SPEC CRY-7). */
  publicKeyChecks: number;
  furtherSha512Blocks: number;
  sha256Blocks: number;
  hmac: number;
}

/** Of all who have counted nothing; never written to. */
const NOTHING: Readonly<CryptoTally> = {
  verify: 0,
  sign: 0,
  publicKeyChecks: 0,
  furtherSha512Blocks: 0,
  sha256Blocks: 0,
  hmac: 0,
};

/** For whoever keeps what a device has computed: what it cost can be counted again (devices/cylinder/page-memo.ts). */
export interface CostCounter {
  costOf<T>(compute: () => T): { readonly value: T; readonly cost: Readonly<CryptoTally> };
  add(cost: Readonly<CryptoTally>): void;
}

/** A provider whose operations are counted. */
interface CountedProvider extends CryptoProvider {
  readonly counter: CostCounter;
}

/** Of a provider that nobody counts, nothing costs anything. */
export function counterOf(provider: CryptoProvider | CountedProvider): CostCounter {
  return "counter" in provider ? provider.counter : UNCOUNTED;
}
const UNCOUNTED: CostCounter = { costOf: (compute) => ({ value: compute(), cost: NOTHING }), add: () => {} };

export class Meter implements CostCounter {
  #counted: Readonly<CryptoTally> = NOTHING;

  /** What was counted since the last call. */
  take(): Readonly<CryptoTally> {
    const counted = this.#counted;
    this.#counted = NOTHING;
    return counted;
  }

  costOf<T>(compute: () => T): { readonly value: T; readonly cost: Readonly<CryptoTally> } {
    const before = this.take();
    let cost = NOTHING;
    let value: T;
    try {
      value = compute();
    } finally {
      cost = this.#counted;
      this.#counted = before;
      this.add(cost);
    }
    return { value, cost };
  }

  add(cost: Readonly<CryptoTally>): void {
    if (cost === NOTHING) return;
    const tally = this.#tally();
    tally.verify += cost.verify;
    tally.sign += cost.sign;
    tally.publicKeyChecks += cost.publicKeyChecks;
    tally.furtherSha512Blocks += cost.furtherSha512Blocks;
    tally.sha256Blocks += cost.sha256Blocks;
    tally.hmac += cost.hmac;
  }

  /** The provider, counted. Its answers are the provider's own. */
  of(provider: CryptoProvider): CountedProvider {
    return {
      counter: this,
      name: provider.name,
      verify: (publicKey, message, signature) => {
        const tally = this.#tally();
        tally.verify += 1;
        tally.furtherSha512Blocks += furtherBlocks(message.length);
        if (isCertificate(message)) tally.publicKeyChecks += 1;
        return provider.verify(publicKey, message, signature);
      },
      sign: (seed, message) => {
        const tally = this.#tally();
        tally.sign += 1;
        tally.furtherSha512Blocks += furtherBlocks(message.length);
        return provider.sign(seed, message);
      },
      publicKeyOf: (seed) => provider.publicKeyOf(seed),
      sha256: (data) => {
        this.#tally().sha256Blocks += Math.ceil((data.length + 9) / 64);
        return provider.sha256(data);
      },
      hmacSha256: (key, data) => {
        this.#tally().hmac += 1;
        return provider.hmacSha256(key, data);
      },
    };
  }

  /** To count in: most steps compute nothing of the kind, and need none of their own. */
  #tally(): CryptoTally {
    const tally: CryptoTally = this.#counted === NOTHING ? { ...NOTHING } : this.#counted;
    this.#counted = tally;
    return tally;
  }
}

export interface Spent {
  readonly nanoseconds: number;
  readonly picojoules: number;
}

/** What a tally and the bytes of a frame cost on a hardware. */
export function spentOn(tally: Readonly<CryptoTally>, frameBytes: number, rates: OperationRates): Spent {
  let nanoseconds = 0;
  let picojoules = 0;
  const add = (count: number, rate: { readonly nanoseconds: number; readonly picojoules: number }): void => {
    nanoseconds += count * rate.nanoseconds;
    picojoules += count * rate.picojoules;
  };
  if (tally.verify > 0) add(tally.verify, rates.ed25519Verify);
  if (tally.sign > 0) add(tally.sign, rates.ed25519Sign);
  if (tally.publicKeyChecks > 0) add(tally.publicKeyChecks, rates.publicKeyChecks);
  if (tally.furtherSha512Blocks > 0) add(tally.furtherSha512Blocks, rates.furtherSha512Blocks);
  if (tally.sha256Blocks > 0) add(tally.sha256Blocks, rates.sha256Blocks);
  if (tally.hmac > 0) add(tally.hmac, rates.hmac);
  if (frameBytes > 0) {
    add(frameBytes, rates.cborBytesDecoded);
    add(frameBytes, rates.framedByte);
  }
  return { nanoseconds, picojoules };
}

/** SHA-512 takes R, A and the message with its padding; the first block is in the price of a signature. */
function furtherBlocks(messageBytes: number): number {
  return Math.ceil((64 + messageBytes + 17) / 128) - 1;
}

/** The typ of the Sig_structure's protected header, at its place: 84 6a "Signature1" 52 a3 01 32 04 48 kid 10 19 typ (SPEC Appendix A). */
function isCertificate(message: Uint8Array): boolean {
  return message[TYP_AT - 1] === 0x19 && message[TYP_AT] === 0xfd && message[TYP_AT + 1] === 0xe8;
}
const TYP_AT = 28;
