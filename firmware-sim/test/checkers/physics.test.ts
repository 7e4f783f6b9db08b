import { describe, expect, test } from "vitest";
import { clutchFallsWithPower } from "#src/checkers/clutch-falls-with-power.ts";
import { goodKeysOpen } from "#src/checkers/good-keys-open.ts";
import { mechanicalKeyTurns } from "#src/checkers/mechanical-key-turns.ts";
import type { Happening } from "#src/world/happenings.ts";
import { Stage } from "./stage.ts";

const turned = (keyway: "digital" | "mechanical", outcome: "turns-bolt" | "turns-freely"): Happening => {
  return { kind: "turned", cylinder: "lock", keyway, outcome };
};

test("P9: the resident's key turns the bolt", () => {
  const stage = new Stage(mechanicalKeyTurns());
  stage.tell(turned("mechanical", "turns-bolt"), turned("digital", "turns-freely"));
  expect(stage.broken).toEqual([]);
  expect(stage.tell(turned("mechanical", "turns-freely")).broken).toEqual(["P9"]);
});

describe("P11", () => {
  const off = { kind: "power", device: "lock", power: "off" } as const;
  const disengaged = (afterMicroseconds: number, why: "firmware" | "power" = "firmware") => {
    return { kind: "disengaged", cylinder: "lock", why, afterMicroseconds } as const;
  };

  test("the clutch falls with the power", () => {
    const stage = new Stage(clutchFallsWithPower());
    expect(stage.tell(stage.engaged(), off, disengaged(0, "power")).later(1).finish().broken).toEqual([]);
    expect(stage.tell(stage.engaged(), off).later(1).tell(disengaged(1, "power")).broken).toEqual(["P11"]);
    expect(stage.tell(stage.engaged(), off).finish().broken).toEqual(["P11"]);
    expect(stage.later(1).finish().broken).toEqual(["P11", "P11"]);
  });

  test("it holds for 10 s at most", () => {
    const stage = new Stage(clutchFallsWithPower());
    stage.tell(stage.engaged()).later(10_000_000).tell(disengaged(10_000_000));
    expect(stage.broken).toEqual([]);
    expect(stage.tell(stage.engaged()).later(11_000_001).tell(turned("digital", "turns-bolt")).broken).toContain("P11");
  });

  test("and is told by how long it held", () => {
    const stage = new Stage(clutchFallsWithPower());
    expect(stage.tell(stage.engaged(), disengaged(10_000_001)).broken).toEqual(["P11"]);
  });

  test("it must be engaged for the digital keyway to move the bolt", () => {
    const stage = new Stage(clutchFallsWithPower());
    expect(stage.tell(stage.engaged(), turned("digital", "turns-bolt")).broken).toEqual([]);
    expect(stage.tell(disengaged(1), turned("digital", "turns-bolt")).broken).toEqual(["P11"]);
  });

  test.each([
    ["cheap", 1_500_000, 8_000_000, []],
    ["slow", 1_500_001, 0, ["P11"]],
    ["dear", 0, 8_000_001, ["P11"]],
  ])("a refusal that is %s", (_, microseconds, cylinderNanojoules, broken) => {
    const nothing = { microseconds: 0, cylinderNanojoules: 0, keyNanojoules: 0 };
    // What is before the proof is the holder's time.
    const exchange = { microseconds: 90_000_000, cylinderNanojoules: 90_000_000, keyNanojoules: 0 };
    const phases = {
      "power-up": exchange,
      exchange,
      verify: { microseconds, cylinderNanojoules, keyNanojoules: 0 },
      commit: nothing,
      actuate: nothing,
      log: nothing,
    };
    const report = { key: "key", cylinder: "lock", phases } as never as Extract<Happening, { kind: "visit" }>["report"];
    const refused = { kind: "refused", result: "not-permitted-now", reason: "expired" } as const;
    const stage = new Stage(clutchFallsWithPower());
    stage.tell(
      { kind: "visit", report: { ...report, outcome: refused } },
      { kind: "visit", report: { ...report, outcome: { kind: "opened", record: 1 } } },
    );
    expect(stage.broken).toEqual(broken);
  });
});

test.each([
  [3, 10_000_000, "yes", []],
  [4, 1, "yes", ["P14"]],
  [1, 10_000_001, "yes", ["P14"]],
  [1, 1, "no", ["P14"]],
] as const)("P14: %i insertions and %i us, opened: %s", (insertions, microseconds, opened, broken) => {
  const stage = new Stage(goodKeysOpen());
  stage.tell({ kind: "liveness", key: "key", cylinder: "lock", insertions, microseconds, opened });
  expect(stage.broken).toEqual(broken);
});
