/** What happens, for any number of listeners and async iterators. A slow reader loses the oldest and is told how many. */
import type { Unsubscribe } from "@nyckelfri/protocol";
import { StationError } from "./errors.ts";
import type { AbortSignalLike } from "./surroundings.ts";

/** Most events that wait for one reader. */
export const WAITING_EVENTS = 256;

export interface FeedOptions<T> {
  /** Stands in the place of so many events that were not fetched in time. */
  readonly missed: (count: number) => T;
  readonly listenerFailed: () => void;
}

interface Reader<T> {
  waiting: T[];
  lost: number;
  wake: () => void;
  /** Gives back what it holds of others. */
  readonly leave: () => void;
}

export class Feed<T> {
  readonly #options: FeedOptions<T>;
  readonly #listeners: Set<(event: T) => void> = new Set();
  readonly #readers: Set<Reader<T>> = new Set();
  #phase: "open" | "ended" = "open";

  constructor(options: FeedOptions<T>) {
    this.#options = options;
  }

  emit(event: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch {
        this.#options.listenerFailed();
      }
    }
    for (const reader of this.#readers) {
      reader.waiting.push(event);
      if (reader.waiting.length > WAITING_EVENTS) {
        reader.waiting.shift();
        reader.lost += 1;
      }
      reader.wake();
    }
  }

  /** Nothing comes any more: iterators give what waits, and end. */
  end(): void {
    this.#phase = "ended";
    this.#listeners.clear();
    for (const reader of this.#readers) {
      reader.wake();
      reader.leave();
    }
  }

  on(listener: (event: T) => void): Unsubscribe {
    // A listener that is given twice is two.
    const own = (event: T): void => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** From this call on, until the feed ends or the reader leaves. Throws `station/aborted` when the signal is aborted. */
  iterate(signal?: AbortSignalLike): AsyncIterableIterator<T> {
    const wake = (): void => reader.wake();
    const leave = (): void => {
      this.#readers.delete(reader);
      signal?.removeEventListener("abort", wake);
    };
    const reader: Reader<T> = { waiting: [], lost: 0, wake: () => undefined, leave };
    if (this.#phase === "open") {
      this.#readers.add(reader);
      signal?.addEventListener("abort", wake);
    }
    const done = { done: true, value: undefined } as const;
    let isLeft = false;
    const next = async (): Promise<IteratorResult<T>> => {
      for (;;) {
        if (isLeft) return done;
        if (signal?.aborted === true) {
          leave();
          throw new StationError("station/aborted", {}, signal.reason);
        }
        if (reader.lost > 0) {
          const { lost } = reader;
          reader.lost = 0;
          return { done: false, value: this.#options.missed(lost) };
        }
        const [first, ...rest] = reader.waiting;
        if (first !== undefined) {
          reader.waiting = rest;
          return { done: false, value: first };
        }
        if (this.#phase === "ended") {
          leave();
          return done;
        }
        await new Promise<void>((resolve) => {
          reader.wake = resolve;
        });
      }
    };
    // Reads that overlap are answered one after the other, as an async generator does.
    let last: Promise<unknown> = Promise.resolve();
    return {
      next: () => {
        const result = last.then(next, next);
        last = result;
        return result;
      },
      return: () => {
        isLeft = true;
        leave();
        reader.wake();
        return Promise.resolve(done);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}
