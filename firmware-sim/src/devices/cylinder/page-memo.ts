/**
 * What was found in pages of which no word is hurt, kept by the value of these pages. They read the same each time and a
 * changed page is another value, so what is kept is what reading anew would find, and a simulated day reads nothing twice.
 * Firmware has nothing of this kind: it reads. No verification is kept, only what follows from bytes alone; and what is found
 * again costs the device what it cost when it was read, so that a world takes the same time whatever ran before it.
 */
import type { CryptoProvider } from "@nyckelfri/protocol";
import type { Nvm } from "../../hardware/nvm.ts";
import type { NvmPage, NvmPages } from "../../hardware/nvm-pages.ts";
import { type CostCounter, type CryptoTally, counterOf } from "../../world/meter.ts";

/** `nothing`: everything is read and parsed anew, for whoever holds the one against the other. */
export type Keeping = "by-page" | "nothing";

export interface Kept<T> {
  readonly value: T;
  /** What it cost to compute. */
  readonly cost: Readonly<CryptoTally>;
}
interface Found<T> extends Kept<T> {
  readonly page: NvmPage | undefined;
  /** Those after it. */
  readonly further: readonly (NvmPage | undefined)[];
}

/**
 * Of all worlds together, the memories whose findings are kept, by their first page, which is written once in its life (layout.ts);
 * read last, last. Each memo has its own of each.
 */
const memories = new Map<NvmPage, Map<PageMemo<unknown>, unknown[]>>();
/** A city's doors are visited by a few dozen people at a time, and a world that has come to its end by nobody. */
const MEMORIES = 64;

function findingsIn(first: NvmPage): Map<PageMemo<unknown>, unknown[]> {
  const findings = memories.get(first) ?? new Map<PageMemo<unknown>, unknown[]>();
  memories.delete(first);
  memories.set(first, findings);
  if (memories.size > MEMORIES) {
    const [oldest] = memories.keys();
    if (oldest !== undefined) memories.delete(oldest);
  }
  return findings;
}

/** One kind of finding, which depends on nothing but the bytes of its pages; of each memory the newest in each place. */
export class PageMemo<T> {
  #latest: { readonly first: NvmPage; readonly found: (Found<T> | undefined)[] } | undefined;
  readonly #keeping: Keeping;
  readonly #counter: CostCounter;

  constructor(keeping: Keeping, provider: CryptoProvider) {
    this.#keeping = keeping;
    this.#counter = counterOf(provider);
  }

  /**
   * What `read` finds in so many pages from a page on; the same number each time. It is given what was found there last,
   * in pages that have changed since: what of it has the same bytes need not be parsed again, and parsing costs nothing that is
   * counted.
   */
  of({ pages }: Nvm, page: number, count: number, read: (before?: T) => T): T {
    const first = pages.get(0);
    if (first === undefined || this.#keeping === "nothing") return read();
    const found = this.#foundIn(first);
    const known = found[page];
    const held = pages.get(page);
    if (known !== undefined && known.page === held && isSame(known.further, pages, page + 1)) {
      this.#counter.add(known.cost);
      return known.value;
    }
    const kept = this.#counter.costOf(() => read(known?.value));
    const further = count === 1 ? NONE : Array.from({ length: count - 1 }, (_, index) => pages.get(page + 1 + index));
    if (isSound(held) && further.every(isSound)) found[page] = { page: held, further, ...kept };
    return kept.value;
  }

  #foundIn(first: NvmPage): (Found<T> | undefined)[] {
    if (this.#latest?.first === first) return this.#latest.found;
    const findings = findingsIn(first);
    const found = (findings.get(this) ?? []) as (Found<T> | undefined)[];
    findings.set(this, found);
    this.#latest = { first, found };
    return found;
  }
}

const NONE: readonly NvmPage[] = [];

function isSound(page: NvmPage | undefined): boolean {
  return page === undefined || page.damage.size === 0;
}

function isSame(known: readonly (NvmPage | undefined)[], pages: NvmPages, page: number): boolean {
  for (let index = 0; index < known.length; index++) if (known[index] !== pages.get(page + index)) return false;
  return true;
}

/** One kind of finding that depends on nothing but one value that is never changed. */
export class ValueMemo<K extends object, T> {
  readonly #found: WeakMap<K, Kept<T>>;
  readonly #keeping: Keeping;
  readonly #counter: CostCounter;

  /** `found` may serve others too: whose value it is knows who asks for it. */
  constructor(keeping: Keeping, provider: CryptoProvider, found: WeakMap<K, Kept<T>>) {
    this.#found = found;
    this.#keeping = keeping;
    this.#counter = counterOf(provider);
  }

  /** `holds` asks whether what was found still answers the question. */
  of(key: K, read: () => T, holds: (value: T) => boolean = ALWAYS): T {
    if (this.#keeping === "nothing") return read();
    const known = this.#found.get(key);
    if (known !== undefined && holds(known.value)) {
      this.#counter.add(known.cost);
      return known.value;
    }
    const kept = this.#counter.costOf(read);
    this.#found.set(key, kept);
    return kept.value;
  }
}

const ALWAYS = (): boolean => true;
