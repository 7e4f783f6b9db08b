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

const NOTHING: Readonly<CryptoTally> = {
  verify: 0,
  sign: 0,
  publicKeyChecks: 0,
  furtherSha512Blocks: 0,
  sha256Blocks: 0,
  hmac: 0,
};
const COUNTED = Object.keys(NOTHING) as (keyof CryptoTally)[];

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
  #tally: CryptoTally = { ...NOTHING };

  /** What was counted since the last call. */
  take(): Readonly<CryptoTally> {
    const tally = this.#tally;
    this.#tally = { ...NOTHING };
    return tally;
  }

  costOf<T>(compute: () => T): { readonly value: T; readonly cost: Readonly<CryptoTally> } {
    const before = { ...this.#tally };
    const value = compute();
    const after = this.#tally;
    const cost = { ...NOTHING };
    let isFree = true;
    for (const name of COUNTED) {
      cost[name] = after[name] - before[name];
      if (cost[name] > 0) isFree = false;
    }
    return { value, cost: isFree ? NOTHING : cost };
  }

  add(cost: Readonly<CryptoTally>): void {
    if (cost === NOTHING) return;
    for (const name of COUNTED) this.#tally[name] += cost[name];
  }

  /** The provider, counted. Its answers are the provider's own. */
  of(provider: CryptoProvider): CountedProvider {
    return {
      counter: this,
      name: provider.name,
      verify: (publicKey, message, signature) => {
        this.#tally.verify += 1;
        this.#tally.furtherSha512Blocks += furtherBlocks(message.length);
        if (isCertificate(message)) this.#tally.publicKeyChecks += 1;
        return provider.verify(publicKey, message, signature);
      },
      sign: (seed, message) => {
        this.#tally.sign += 1;
        this.#tally.furtherSha512Blocks += furtherBlocks(message.length);
        return provider.sign(seed, message);
      },
      publicKeyOf: (seed) => provider.publicKeyOf(seed),
      sha256: (data) => {
        this.#tally.sha256Blocks += Math.ceil((data.length + 9) / 64);
        return provider.sha256(data);
      },
      hmacSha256: (key, data) => {
        this.#tally.hmac += 1;
        return provider.hmacSha256(key, data);
      },
    };
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
