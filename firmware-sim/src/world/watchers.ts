/** Those who watch a world: checkers, and the list of visits. A part of the world, so that each fork has its own. */
import type { Breach, Checker, Truth } from "../checkers/checker.ts";
import type { Copyable } from "./entity.ts";
import type { Happening, HappeningKind } from "./happenings.ts";
import { VisitList } from "./visit-list.ts";

type Handler = (happening: Happening, truth: Truth) => void;

export class Watchers implements Copyable<Watchers> {
  readonly #checkers: readonly Checker[];
  readonly #handlers: Map<HappeningKind, Handler[]> = new Map();
  #visits: VisitList = new VisitList();

  constructor(checkers: readonly Checker[]) {
    this.#checkers = checkers;
    for (const { watch } of checkers) {
      for (const [kind, handler] of Object.entries(watch) as [HappeningKind, Handler][]) {
        const before = this.#handlers.get(kind);
        if (before === undefined) this.#handlers.set(kind, [handler]);
        else before.push(handler);
      }
    }
  }

  get checkers(): readonly Checker[] {
    return this.#checkers;
  }

  /** Whether anybody wants to know of such a thing, so that it need not be made for nothing. */
  wants(kind: HappeningKind): boolean {
    return this.#handlers.has(kind);
  }

  happen(happening: Happening, truth: Truth): void {
    if (happening.kind === "visit") this.#visits.add(happening.report);
    for (const handler of this.#handlers.get(happening.kind) ?? []) handler(happening, truth);
  }

  finish(truth: Truth): void {
    for (const checker of this.#checkers) checker.finish?.(truth);
  }

  /** Of all checkers, oldest first. */
  breaches(): readonly Breach[] {
    return this.#checkers.flatMap((checker) => checker.breaches).sort((one, other) => one.at - other.at);
  }

  get visits(): Pick<VisitList, "length" | "from"> {
    return this.#visits;
  }

  copy(): Watchers {
    const copy = new Watchers(this.#checkers.map((checker) => checker.copy()));
    copy.#visits = this.#visits.copy();
    return copy;
  }
}
