import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { outcomeOf } from "#src/messages/dock.ts";

const pair = fc.record({ epoch: fc.nat({ max: 3 }), value: fc.nat({ max: 5 }) });

describe("SPEC DCK-5: nothing replaces what is newer", () => {
  test.each([
    [undefined, [0, 0], "stored"],
    [[3, 7], [3, 8], "stored"],
    [[3, 7], [3, 7], "known"],
    [[3, 7], [3, 6], "older"],
    [[3, 7], [4, 0], "stored"],
    [[3, 7], [2, 9], "older"],
  ] as const)("held %j, offered %j: %s", (held, [epoch, value], expected) => {
    const present = held === undefined ? undefined : { epoch: held[0], value: held[1] };
    expect(outcomeOf(present, { epoch, value })).toBe(expected);
  });

  test("in whatever order they come, the newest is held in the end", () => {
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1 }), (offers) => {
        let held: (typeof offers)[number] | undefined;
        for (const offered of offers) if (outcomeOf(held, offered) === "stored") held = offered;
        const [newest] = offers.toSorted((a, b) => b.epoch - a.epoch || b.value - a.value);
        expect(held).toEqual(newest);
      }),
    );
  });
});
