import fc from "fast-check";
import { expect, test } from "vitest";
import { EventHeap, type ScheduledEvent } from "#src/world/event-heap.ts";
import { codeOf } from "./code-of.ts";

const drain = <T>(heap: EventHeap<T>) => {
  const events: ScheduledEvent<T>[] = [];
  for (let event = heap.pop(); event !== undefined; event = heap.pop()) events.push(event);
  return events;
};
const byOrder = (a: ScheduledEvent<unknown>, b: ScheduledEvent<unknown>) => a.time - b.time || a.sequence - b.sequence;

/** Does to a heap and to a sorted array the same, and compares them after each step. */
type Act = { readonly do: "schedule"; readonly after: number } | { readonly do: "pop" | "copy" } | Cancel;
interface Cancel {
  readonly do: "cancel";
  readonly which: number;
}
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("schedule" as const), after: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.constant({ do: "pop" as const }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("cancel" as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.constant({ do: "copy" as const }) },
);

test("the heap is a sorted array, whatever is scheduled, taken, cancelled and copied", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 400, size: "max" }), (acts) => {
      let heap = new EventHeap<number>();
      let model: ScheduledEvent<number>[] = [];
      const ever: ScheduledEvent<number>[] = [];
      let now = 0;
      for (const [index, one] of acts.entries()) {
        if (one.do === "schedule") {
          const event = heap.schedule(now + one.after, index);
          ever.push(event);
          model = [...model, event].sort(byOrder);
        } else if (one.do === "pop") {
          expect(heap.peek()).toEqual(model[0]);
          const event = heap.pop();
          expect(event).toEqual(model[0]);
          now = event?.time ?? now;
          model = model.slice(1);
        } else if (one.do === "cancel") {
          const event = ever[one.which % Math.max(1, ever.length)];
          if (event === undefined) continue;
          expect(heap.cancel(event)).toBe(model.includes(event));
          model = model.filter((other) => other !== event);
        } else heap = heap.copy();
        expect(heap.size).toBe(model.length);
      }
      expect(drain(heap)).toEqual(model);
    }),
    { numRuns: 200 },
  );
});

test("events of one time come out in the order in which they were scheduled", () => {
  const heap = new EventHeap<string>();
  for (const item of ["a", "b", "c", "d", "e"]) heap.schedule(7, item);
  heap.schedule(3, "first");
  expect(drain(heap).map(({ item }) => item)).toEqual(["first", "a", "b", "c", "d", "e"]);
});

test("a copy and its original do not disturb each other", () => {
  const heap = new EventHeap<string>();
  const kept = heap.schedule(1, "kept");
  const copy = heap.copy();
  copy.cancel(kept);
  copy.schedule(2, "only in the copy");
  expect(drain(heap).map(({ item }) => item)).toEqual(["kept"]);
  expect(drain(copy).map(({ item }) => item)).toEqual(["only in the copy"]);
});

test("watchdogs that are set and cancelled for ever take no room", () => {
  const heap = new EventHeap<number>();
  for (let index = 0; index < 300; index++) heap.schedule(1_000_000 + index, index);
  for (let index = 0; index < 10_000; index++) heap.cancel(heap.schedule(500_000 + index, -1));
  expect(heap.size).toBe(300);
  expect(heap.held).toBeLessThan(700);
  expect(drain(heap).map(({ item }) => item)).toEqual(Array.from({ length: 300 }, (_, index) => index));
});

test("nothing is scheduled in the past, or between two milliseconds", () => {
  const heap = new EventHeap<string>();
  heap.schedule(10, "now");
  heap.pop();
  expect(codeOf(() => heap.schedule(9, "late"))).toBe("caller/argument");
  expect(codeOf(() => heap.schedule(10.5, "between"))).toBe("caller/argument");
  expect(codeOf(() => heap.schedule(10, "still now"))).toBe("accepted");
});
