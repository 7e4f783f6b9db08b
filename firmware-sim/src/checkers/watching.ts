/** How a checker is made of its plan: what it remembers is a value with fields, so that a copy of it goes on by itself. */
import type { HappeningKind, HappeningOf } from "../world/happenings.ts";
import { BREACHES_KEPT, type Breach, type Checker, type PropertyId, type Truth, type Watch } from "./checker.ts";

/** What a plan's handlers work with, for one happening. */
export interface Scene<Memory> {
  readonly memory: Memory;
  readonly truth: Truth;
  breach(device: string, what: string): void;
}

/**
 * `begin` makes the memory: an object of maps, sets and plain values. What stands in maps and sets is never changed in place, so
 * that a copy of the maps is a copy of the memory.
 */
export interface Plan<Memory extends object> {
  readonly property: PropertyId;
  readonly says: string;
  readonly begin: () => Memory;
  readonly watch: { readonly [K in HappeningKind]?: (happening: HappeningOf<K>, scene: Scene<Memory>) => void };
  readonly finish?: (scene: Scene<Memory>) => void;
}

export function checkerOf<Memory extends object>(plan: Plan<Memory>): Checker {
  return new Watching(plan, plan.begin(), []);
}

class Watching<Memory extends object> implements Checker {
  readonly property: PropertyId;
  readonly says: string;
  readonly watch: Watch;
  readonly finish: (truth: Truth) => void;
  readonly #plan: Plan<Memory>;
  readonly #memory: Memory;
  readonly #breaches: Breach[];

  constructor(plan: Plan<Memory>, memory: Memory, breaches: readonly Breach[]) {
    this.property = plan.property;
    this.says = plan.says;
    this.#plan = plan;
    this.#memory = memory;
    this.#breaches = [...breaches];
    const watched = Object.entries(plan.watch) as [HappeningKind, (happening: never, scene: Scene<Memory>) => void][];
    this.watch = Object.fromEntries(
      watched.map(([kind, handle]) => [
        kind,
        (happening: never, truth: Truth): void => handle(happening, this.#scene(truth)),
      ]),
    );
    this.finish = (truth) => plan.finish?.(this.#scene(truth));
  }

  get breaches(): readonly Breach[] {
    return this.#breaches;
  }

  copy(): Checker {
    return new Watching(this.#plan, copyOf(this.#memory), this.#breaches);
  }

  #scene(truth: Truth): Scene<Memory> {
    const breach = (device: string, what: string): void => {
      if (this.#breaches.length >= BREACHES_KEPT) return;
      this.#breaches.push({ property: this.property, at: truth.now, device, what });
    };
    return { memory: this.#memory, truth, breach };
  }
}

function copyOf<Memory extends object>(memory: Memory): Memory {
  const fields = Object.entries(memory).map(([name, value]) => {
    if (value instanceof Map) return [name, new Map(value)];
    return [name, value instanceof Set ? new Set(value) : value];
  });
  return Object.fromEntries(fields) as Memory;
}
