/** What is to happen, ordered by (time, sequence): of two events at one time the one that was scheduled first comes first. */
import { CallerError } from "@nyckelfri/protocol";

/** Never changed once made, so that copies of a heap share it. It is also the ticket by which it is cancelled. */
export interface ScheduledEvent<T> {
  /** Virtual microseconds. */
  readonly time: number;
  /** Rises by one with each event that is scheduled. */
  readonly sequence: number;
  readonly item: T;
}

/** A binary heap. */
export class EventHeap<T> {
  #events: ScheduledEvent<T>[] = [];
  /** Sequences of the events to come: what is in the heap and not here was cancelled. */
  #pending: Set<number> = new Set();
  #nextSequence = 0;
  #lastTime = 0;

  /** Events to come. */
  get size(): number {
    return this.#pending.size;
  }

  /** Events in memory, with cancelled ones that have not been swept out yet. */
  get held(): number {
    return this.#events.length;
  }

  /** Throws `caller/argument` for a time that is no integer, or before that of the last event taken. */
  schedule(time: number, item: T): ScheduledEvent<T> {
    if (!Number.isSafeInteger(time) || time < this.#lastTime) {
      throw new CallerError("caller/argument", { argument: "time", takes: "whole microseconds, now or later", time });
    }
    const event = { time, sequence: this.#nextSequence++, item };
    this.#pending.add(event.sequence);
    this.#events.push(event);
    this.#rise(this.#events.length - 1);
    return event;
  }

  /** False when the event has been taken or cancelled already. An event of this heap, or of the one it was copied from. */
  cancel(event: ScheduledEvent<T>): boolean {
    if (!this.#pending.delete(event.sequence)) return false;
    // Watchdogs are set and cancelled for ever: the heap stays in proportion to what is still to come.
    if (this.#events.length > 64 && this.#pending.size * 2 < this.#events.length) this.#sweep();
    return true;
  }

  /** The next event, which stays. */
  peek(): ScheduledEvent<T> | undefined {
    for (;;) {
      const [first] = this.#events;
      if (first === undefined || this.#pending.has(first.sequence)) return first;
      this.#removeFirst();
    }
  }

  /** The next event, taken out. */
  pop(): ScheduledEvent<T> | undefined {
    const first = this.peek();
    if (first === undefined) return undefined;
    this.#removeFirst();
    this.#pending.delete(first.sequence);
    this.#lastTime = first.time;
    return first;
  }

  /** A heap of the same events that goes on by itself. */
  copy(): EventHeap<T> {
    const copy = new EventHeap<T>();
    copy.#events = [...this.#events];
    copy.#pending = new Set(this.#pending);
    copy.#nextSequence = this.#nextSequence;
    copy.#lastTime = this.#lastTime;
    return copy;
  }

  #sweep(): void {
    this.#events = this.#events.filter(({ sequence }) => this.#pending.has(sequence));
    for (let index = (this.#events.length >> 1) - 1; index >= 0; index--) this.#sink(index);
  }

  #removeFirst(): void {
    const last = this.#events.pop();
    if (last === undefined || this.#events.length === 0) return;
    this.#events[0] = last;
    this.#sink(0);
  }

  #rise(from: number): void {
    const events = this.#events;
    const rising = events[from] as ScheduledEvent<T>;
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = events[above] as ScheduledEvent<T>;
      if (!isBefore(rising, parent)) break;
      events[index] = parent;
      index = above;
    }
    events[index] = rising;
  }

  #sink(from: number): void {
    const events = this.#events;
    const { length } = events;
    const sinking = events[from] as ScheduledEvent<T>;
    let index = from;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= length) break;
      let child = events[below] as ScheduledEvent<T>;
      if (below + 1 < length) {
        const right = events[below + 1] as ScheduledEvent<T>;
        if (isBefore(right, child)) {
          below += 1;
          child = right;
        }
      }
      if (!isBefore(child, sinking)) break;
      events[index] = child;
      index = below;
    }
    events[index] = sinking;
  }
}

function isBefore(a: ScheduledEvent<unknown>, b: ScheduledEvent<unknown>): boolean {
  return a.time !== b.time ? a.time < b.time : a.sequence < b.sequence;
}
