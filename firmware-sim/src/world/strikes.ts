/** How often each fault has struck, and how often somebody has felt it: a fault that nobody notices has tested nothing. */
import type { Copyable } from "./entity.ts";
import type { OptionName } from "./options.ts";

export interface StrikeCount {
  readonly struck: number;
  /** Strikes after which the device lost power, asked again, or did not come to its end. */
  readonly felt: number;
}

export class Strikes implements Copyable<Strikes> {
  readonly #counts: Map<OptionName, StrikeCount> = new Map();
  /** By device: what has struck it in the contact, or session, of now. */
  readonly #pending: Map<string, readonly OptionName[]> = new Map();

  get counts(): ReadonlyMap<OptionName, StrikeCount> {
    return this.#counts;
  }

  strike(name: OptionName, device: string): void {
    const { struck, felt } = this.countOf(name);
    this.#counts.set(name, { struck: struck + 1, felt });
    this.#pending.set(device, [...(this.#pending.get(device) ?? []), name]);
  }

  /** The device shows that something was wrong. */
  feel(device: string): void {
    for (const name of this.#pending.get(device) ?? []) this.feelOf(name);
    this.#pending.delete(device);
  }

  /** As with `feel`, for a fault whose effect is known by itself; never more often than it has struck. */
  feelOf(name: OptionName): void {
    const { struck, felt } = this.countOf(name);
    if (felt < struck) this.#counts.set(name, { struck, felt: felt + 1 });
  }

  /** What has struck it until now will not be felt any more. */
  settle(device: string): void {
    this.#pending.delete(device);
  }

  countOf(name: OptionName): StrikeCount {
    return this.#counts.get(name) ?? NEVER;
  }

  copy(): Strikes {
    const copy = new Strikes();
    for (const [name, count] of this.#counts) copy.#counts.set(name, count);
    for (const [device, names] of this.#pending) copy.#pending.set(device, names);
    return copy;
  }
}

const NEVER: StrikeCount = { struck: 0, felt: 0 };
