/** Where a number stands in an ascending list, or would stand. Most come at the end. */
export function placeIn(ascending: readonly number[], number: number): number {
  let [from, to] = [0, ascending.length];
  if (to === 0 || (ascending[to - 1] as number) < number) return to;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((ascending[middle] as number) < number) from = middle + 1;
    else to = middle;
  }
  return from;
}
