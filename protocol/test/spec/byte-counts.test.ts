import { expect, test } from "vitest";
import { objectSizes, openings, totalOf } from "./byte-counts.ts";

test("SPEC SIZ-1: from hello to result at most 600 framed bytes at a first visit, and 280 at a repeat", () => {
  expect(totalOf(openings["first visit"])).toBeLessThanOrEqual(600);
  expect(totalOf(openings.repeat)).toBeLessThanOrEqual(280);
});

test("SPEC OBJ-5: a grant of a usual shift is at most 200 bytes", () => {
  const usual = objectSizes().find(({ object }) => object === "Grant, 1 group");
  expect(usual?.bytes).toBeLessThanOrEqual(200);
});

test("every object fits an object's limit of 1,000 bytes at its largest here", () => {
  expect(objectSizes().filter(({ bytes }) => bytes > 1_000)).toEqual([]);
});
