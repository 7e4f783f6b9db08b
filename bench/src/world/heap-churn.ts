import { EventHeap } from "@nyckelfri/firmware-sim";

/**
 * The heap's work in a busy world, for measuring: `pending` events at all times; each that is taken schedules one more, and every
 * eighth sets a watchdog that is cancelled by the next. Returns what depends on the order of all of them.
 */
export function churnHeap(events: number, pending = 1_000): number {
  const heap = new EventHeap<number>();
  let word = 1;
  const next = (): number => {
    // xorshift32: cheap beside the heap.
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    return word >>> 0;
  };
  for (let index = 0; index < pending; index++) heap.schedule(next() % 10_000, index);
  let watchdog = heap.schedule(20_000, -1);
  let checksum = 0;
  for (let index = 0; index < events; index++) {
    const event = heap.pop();
    if (event === undefined) break;
    checksum = (Math.imul(checksum, 31) + event.time + event.item) | 0;
    heap.schedule(event.time + (next() % 10_000), event.item);
    if (index % 8 !== 0) continue;
    heap.cancel(watchdog);
    watchdog = heap.schedule(event.time + 20_000, -1);
  }
  return checksum;
}
