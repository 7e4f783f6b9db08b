import { expect, test } from "vitest";
import { District } from "#src/world/district.ts";

const dayOf = (seed: string, clients: number, staff: number) =>
  new District({ seed, clients, staff, keeping: "last" }).run();

test("a day of a small district: everybody works, records come home, and no property is broken", () => {
  const report = dayOf("1", 40, 8);
  expect(report.breaches).toBe(0);
  expect(report.openings).toBeGreaterThan(250);
  expect(report.recordsDelivered).toBeGreaterThan(0.8 * report.recordsConfirmed);
  expect(report.slowestChallengeMilliseconds).toBeLessThanOrEqual(30);
  expect(Object.keys(report.verifications)).toEqual(expect.arrayContaining(["1", "3"]));
  // The same on every machine and Node version: `npm run district -- --clients 40 --staff 8`.
  expect(report.traceHash).toBe("ea3d89c14284c348");
});

test("the same seed gives the same day, another seed another", () => {
  const { traceHash, openings } = dayOf("2", 6, 2);
  expect(openings).toBeGreaterThan(50);
  expect(dayOf("2", 6, 2).traceHash).toBe(traceHash);
  expect(dayOf("3", 6, 2).traceHash).not.toBe(traceHash);
});
