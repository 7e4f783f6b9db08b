import { expect, test } from "vitest";
import { count } from "../../scripts/ci-count.mjs";

const passing = { name: "types", exitCode: 0 };
const failing = { name: "lint", exitCode: 1 };

function file(...statuses: ("passed" | "failed")[]) {
  return {
    status: statuses.includes("failed") ? "failed" : "passed",
    assertionResults: statuses.map((status) => ({ status })),
  };
}

function report(numPassedTests: number, numFailedTests: number, testResults: unknown[]) {
  return { success: numFailedTests === 0, numPassedTests, numFailedTests, testResults };
}

test("a clean run counts its tests and one for each check", () => {
  const clean = report(3, 0, [file("passed", "passed"), file("passed")]);
  expect(count(clean, 0, [passing, passing])).toEqual({ passed: 5, failed: 0 });
});

test("failed tests are counted once, not once more for their file", () => {
  const red = report(1, 2, [file("passed", "failed"), file("failed")]);
  expect(count(red, 1, [passing])).toEqual({ passed: 2, failed: 2 });
});

test("a file that fails to import is a failure although the report counts no failed test", () => {
  const broken = { status: "failed", assertionResults: [], message: "Cannot find module" };
  expect(count(report(4, 0, [file("passed"), broken]), 1, [])).toEqual({ passed: 4, failed: 1 });
  expect(count(report(4, 1, [file("failed"), broken]), 1, [])).toEqual({ passed: 4, failed: 2 });
});

test("a file whose hook failed after its tests passed is a failure", () => {
  const broken = { status: "failed", assertionResults: [{ status: "passed" }] };
  expect(count(report(1, 0, [broken]), 1, [])).toEqual({ passed: 1, failed: 1 });
});

test("an unhandled rejection or a killed worker is a failure although the report says success", () => {
  expect(count(report(7, 0, [file("passed")]), 1, [])).toEqual({ passed: 7, failed: 1 });
  expect(count(report(7, 0, [file("passed")]), 137, [passing])).toEqual({ passed: 8, failed: 1 });
});

test("no report, a torn report and a report of another shape are failures", () => {
  for (const none of [undefined, null, {}, [], "x", { numPassedTests: "3", numFailedTests: 0, testResults: [] }]) {
    expect(count(none, 0, [])).toEqual({ passed: 0, failed: 1 });
    expect(count(none, 1, [passing])).toEqual({ passed: 1, failed: 1 });
  }
});

test("nothing run is a failure, whatever else passed", () => {
  expect(count(report(0, 0, []), 0, [passing])).toEqual({ passed: 1, failed: 1 });
});

test("a failed check is a failure of its own", () => {
  expect(count(report(1, 0, [file("passed")]), 0, [failing, passing])).toEqual({ passed: 2, failed: 1 });
});
