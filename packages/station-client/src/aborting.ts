/** Signals of our own making, for what is handed in and may have to be given up. */
import { StationError } from "./errors.ts";
import type { AbortSignalLike } from "./surroundings.ts";

export interface Aborting {
  readonly signal: AbortSignalLike;
  abort(reason: unknown): void;
}

// Node and browsers have it, and what they offer besides (`fetch`) takes signals of this class and no others; an engine without
// it has nobody who would ask for one.
declare const AbortController: (new () => Aborting) | undefined;

export function newAborting(): Aborting {
  return typeof AbortController === "undefined" ? new OwnAborting() : new AbortController();
}

class OwnAborting implements Aborting {
  readonly #listeners: Set<() => void> = new Set();
  readonly signal: { aborted: boolean; reason: unknown } & AbortSignalLike = {
    aborted: false,
    reason: undefined,
    addEventListener: (_type, listener) => void this.#listeners.add(listener),
    removeEventListener: (_type, listener) => void this.#listeners.delete(listener),
  };

  abort(reason: unknown): void {
    if (this.signal.aborted) return;
    this.signal.aborted = true;
    this.signal.reason = reason;
    for (const listener of [...this.#listeners]) callListener(listener);
    this.#listeners.clear();
  }
}

/** One listener's exception is the program's to see (as an unhandled rejection), but nobody else's to suffer. */
export function callListener(call: () => void): void {
  try {
    call();
  } catch (error) {
    void Promise.reject(error);
  }
}

/**
 * What `promise` settles with, unless `signal` is aborted before: then `station/aborted`. For functions that were handed in and
 * may never end; what such a one does afterwards nobody waits for.
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignalLike | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      signal.removeEventListener("abort", onAbort);
      reject(new StationError("station/aborted", {}, signal.reason));
    };
    const settled = (settle: () => void): void => {
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    Promise.resolve(promise).then(
      (value) => settled(() => resolve(value)),
      (error: unknown) => settled(() => reject(error)),
    );
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
  });
}
