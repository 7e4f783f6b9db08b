/** The simulated world: its heap, what a district's day is made of, and a city's day on one thread and on two. */

import { type CityDay, runCity, STOCKHOLM } from "./city-day.ts";
import { churnHeap } from "./heap-churn.ts";
import { type DayResult, measureDay } from "./profiled-day.ts";

export interface WorldReport {
  readonly heaps: readonly HeapResult[];
  readonly day: DayResult;
  /** The same small city on one worker, and on two. */
  readonly one: CityDay;
  readonly two: CityDay;
  /** Cities of one, two, four and eight times that size, on two workers; and the whole city where it was asked for. */
  readonly growth: readonly CityDay[];
}
export interface HeapResult {
  readonly pending: number;
  readonly eventsPerSecond: number;
}

export interface WorldSize {
  /** The small city: a part of Stockholm. */
  readonly part: number;
  readonly times: readonly number[];
  readonly clients: number;
  readonly staff: number;
  readonly heapEvents: number;
  /** The whole of Stockholm too, which takes minutes. */
  readonly whole?: boolean;
}
export const USUAL_SIZE: WorldSize = {
  part: 1 / 40,
  times: [1, 2, 4, 8],
  clients: 400,
  staff: 40,
  heapEvents: 2_000_000,
};
export const QUICK_SIZE: WorldSize = { part: 1 / 80, times: [1, 2], clients: 60, staff: 8, heapEvents: 500_000 };

export async function measureWorld(size: WorldSize, progress: (what: string) => void): Promise<WorldReport> {
  const heaps = [1_000, 10_000].map((pending) => {
    progress(`a heap of ${pending}`);
    churnHeap(size.heapEvents / 10, pending);
    const begin = process.hrtime.bigint();
    churnHeap(size.heapEvents, pending);
    return { pending, eventsPerSecond: size.heapEvents / (Number(process.hrtime.bigint() - begin) / 1e9) };
  });
  progress("a district's day, profiled");
  const day = await measureDay(size.clients, size.staff);
  const city = (times: number, workers: number): Promise<CityDay> => {
    progress(`${times} of ${1 / size.part} parts of Stockholm, ${workers} ${workers === 1 ? "worker" : "workers"}`);
    const clients = Math.round(STOCKHOLM.clients * size.part * times);
    const staff = Math.round(STOCKHOLM.staff * size.part * times);
    return runCity({ clients, staff }, { seed: "bench", workers, provider: "sodium-native" });
  };
  const one = await city(2, 1);
  const growth: CityDay[] = [];
  for (const times of size.times) growth.push(await city(times, 2));
  const two = growth[1] as CityDay;
  if (size.whole === true) growth.push(await city(1 / size.part, 2));
  return { heaps, day, one, two, growth };
}
