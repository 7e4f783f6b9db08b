// The closing line of .ci/run: `N passed, N failed`, from vitest's own JSON report plus one for each further check.
//   node scripts/ci-count.mjs <report.json> tests=<exit code> <check>=<exit code> …
// The report alone lies in three ways: a file that fails to import counts no failed test, an unhandled rejection or a
// killed worker leaves `success: true`, and a stale report survives a crash (so .ci/run deletes it first).
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * @param {unknown} report vitest's parsed report; undefined when there is none or it is no JSON
 * @param {number} exitCode of `npm test`
 * @param {readonly { name: string, exitCode: number }[]} checks
 * @returns {{ passed: number, failed: number }}
 */
export function count(report, exitCode, checks) {
  const tests = countTests(report);
  if (exitCode !== 0 && tests.failed === 0) tests.failed = 1;
  if (tests.passed === 0 && tests.failed === 0) tests.failed = 1; // nothing ran
  const broken = checks.filter((check) => check.exitCode !== 0).length;
  return { passed: tests.passed + checks.length - broken, failed: tests.failed + broken };
}

/** @param {unknown} report */
function countTests(report) {
  const { numPassedTests, numFailedTests, testResults } = /** @type {Record<string, unknown>} */ (report ?? {});
  if (!isCount(numPassedTests) || !isCount(numFailedTests) || !Array.isArray(testResults)) {
    return { passed: 0, failed: 0 };
  }
  const silent = testResults.filter(
    (file) =>
      file.status === "failed" && !file.assertionResults?.some((/** @type {any} */ one) => one.status === "failed"),
  );
  return { passed: numPassedTests, failed: numFailedTests + silent.length };
}

/**
 * @param {unknown} value
 * @returns {value is number}
 */
function isCount(value) {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** @param {string} path */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [path, ...results] = process.argv.slice(2);
  const [tests, ...checks] = results.map((result) => {
    const [name = "", exitCode] = result.split("=");
    return { name, exitCode: Number(exitCode ?? 1) };
  });
  if (path === undefined || tests === undefined)
    throw new Error("usage: ci-count <report.json> tests=<code> <check>=<code> …");
  for (const { name, exitCode } of [tests, ...checks])
    console.log(`  ${exitCode === 0 ? "passed" : "FAILED"}  ${name}`);
  const { passed, failed } = count(readReport(path), tests.exitCode, checks);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
