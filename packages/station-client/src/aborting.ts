/** Signals of our own, in the shape of the platform's, for what is handed in and may have to be given up. */
import type { AbortSignalLike } from "./surroundings.ts";

export class Aborter implements AbortSignalLike {
  readonly #listeners: Set<() => void> = new Set();
  aborted: boolean = false;
  reason: unknown = undefined;

  abort(reason?: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const listener of [...this.#listeners]) listener();
    this.#listeners.clear();
  }

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.delete(listener);
  }
}
