import { describe, expect, test } from "vitest";
import { allCheckers } from "#src/checkers/index.ts";
import { cylinderMoved } from "./changes.ts";
import { EXP, NOW, Stage, visit, watchCylinder } from "./stage.ts";

test("each property has one checker, in order, and says itself in a sentence", () => {
  const checkers = allCheckers();
  expect(checkers.map(({ property }) => property)).toEqual(Array.from({ length: 23 }, (_, index) => `P${index + 1}`));
  expect(new Set(checkers.map(({ says }) => says)).size).toBe(23);
});

test("usual visits of an honest key at a real cylinder break nothing", () => {
  const stage = new Stage(...allCheckers());
  watchCylinder(stage);
  stage.tell(stage.activated());
  for (let visits = 0; visits < 4; visits++) {
    stage.later(60_000_000);
    visit(stage.town);
    stage.town.rig.give({ kind: "removed", tickMs: stage.town.rig.tickMs });
    stage.town.rig.pull();
  }
  // Refused: expired by the key's own word.
  visit(stage.town, { at: EXP });
  stage.town.rig.pull();
  expect(stage.town.rig.engagements).toHaveLength(4);
  expect(stage.finish().breaches).toEqual([]);
});

test("an opening with nobody in the door is no proven one, and stops no checker", () => {
  const stage = new Stage(...allCheckers());
  stage.tell(stage.activated(), stage.engaged({ by: "nobody" }));
  expect(stage.broken).toEqual(["P5"]);
});

describe("a copy", () => {
  test("goes on by itself, with all that was seen before", () => {
    const stage = new Stage(...allCheckers());
    cylinderMoved(stage, { mount: 9 });
    const originals = stage.checkers;
    stage.checkers = originals.map((checker) => checker.copy());
    cylinderMoved(stage, { mount: 8 });
    expect(stage.broken).toEqual(["P10"]);
    expect(originals.flatMap(({ breaches }) => breaches)).toEqual([]);
    // What the copy has learnt since then the original has not.
    cylinderMoved(stage, { mount: 30 });
    stage.checkers = originals;
    expect(cylinderMoved(stage, { mount: 20 }).broken).toEqual([]);
  });

  test("keeps the breaches that were found", () => {
    const stage = new Stage(...allCheckers());
    stage.tell({ kind: "turned", cylinder: "lock", keyway: "mechanical", outcome: "turns-freely" });
    const copies = stage.checkers.map((checker) => checker.copy());
    expect(copies.flatMap(({ breaches }) => breaches)).toEqual(stage.breaches);
    expect(stage.breaches).toMatchObject([{ property: "P9", at: stage.now, device: "lock" }]);
  });
});

test("the first breaches are kept, and no more than a report can hold", () => {
  const stage = new Stage(...allCheckers());
  for (let count = 0; count < 30; count++) {
    stage.at(NOW + count).tell({ kind: "turned", cylinder: "lock", keyway: "mechanical", outcome: "turns-freely" });
  }
  expect(stage.breaches).toHaveLength(20);
  expect(stage.breaches[0]?.at).toBeLessThan(stage.breaches[19]?.at ?? 0);
});
