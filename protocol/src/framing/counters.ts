/** Counters that stop at 2^32-1 instead of wrapping: a full one says "at least so many" (SPEC FRM-5). */

export const COUNTER_MOST = 0xffffffff;

/** `value + by`, at most 2^32-1. */
export function saturatingAdd(value: number, by: number): number {
  return by >= COUNTER_MOST - value ? COUNTER_MOST : value + by;
}

/** A copy of `counters` in which `name` is higher by `by`. */
export function counted<Name extends string>(
  counters: Readonly<Record<Name, number>>,
  name: NoInfer<Name>,
  by = 1,
): Readonly<Record<Name, number>> {
  return { ...counters, [name]: saturatingAdd(counters[name], by) };
}
