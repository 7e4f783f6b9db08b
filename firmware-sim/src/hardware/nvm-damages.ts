/** What is wrong with the words of one page. A value, and a small one: an erase that was cut leaves dozens of hurt words. */
import { equalBytes } from "@nyckelfri/protocol";
import type { NvmDamage } from "./nvm-word.ts";

const TORN: NvmDamage = { state: "torn" };
const NO_VALUES = new Uint8Array(0);

export class NvmDamages {
  static readonly none: NvmDamages = new NvmDamages([], [], NO_VALUES);
  readonly torn: readonly number[];
  readonly marginal: readonly number[];
  /** Of each marginal word, in their order, what it may show: the former value and the new one. */
  readonly values: Uint8Array;

  private constructor(torn: readonly number[], marginal: readonly number[], values: Uint8Array) {
    this.torn = torn;
    this.marginal = marginal;
    this.values = values;
  }

  static of(damages: ReadonlyMap<number, NvmDamage>): NvmDamages {
    if (damages.size === 0) return NvmDamages.none;
    const torn: number[] = [];
    const marginal: number[] = [];
    const values: number[] = [];
    for (const [word, damage] of damages) {
      if (damage.state === "torn") torn.push(word);
      else {
        marginal.push(word);
        values.push(...damage.from, ...damage.to);
      }
    }
    return new NvmDamages(torn, marginal, Uint8Array.from(values));
  }

  get size(): number {
    return this.torn.length + this.marginal.length;
  }

  /** Of all hurt words, the last; -1 where none is hurt. */
  get last(): number {
    return Math.max(-1, ...this.torn, ...this.marginal);
  }

  has(word: number): boolean {
    return this.torn.includes(word) || this.marginal.includes(word);
  }

  /** What was hurt in the same order, too. */
  isSame({ torn, marginal, values }: NvmDamages): boolean {
    return isSameList(this.torn, torn) && isSameList(this.marginal, marginal) && equalBytes(this.values, values);
  }

  /** Undefined for a word that is sound. */
  get(word: number): NvmDamage | undefined {
    if (this.torn.includes(word)) return TORN;
    const place = this.marginal.indexOf(word);
    if (place < 0) return undefined;
    const size = this.values.length / this.marginal.length / 2;
    const from = 2 * place * size;
    return {
      state: "marginal",
      from: this.values.slice(from, from + size),
      to: this.values.slice(from + size, from + 2 * size),
    };
  }

  with(word: number, damage: NvmDamage | undefined): NvmDamages {
    if (damage === undefined && !this.has(word)) return this;
    const all = new Map(this);
    if (damage === undefined) all.delete(word);
    else all.set(word, damage);
    return NvmDamages.of(all);
  }

  *[Symbol.iterator](): IterableIterator<[number, NvmDamage]> {
    for (const word of [...this.torn, ...this.marginal]) yield [word, this.get(word) as NvmDamage];
  }
}

function isSameList(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((word, index) => word === other[index]);
}
