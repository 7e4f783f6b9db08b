// For the tests of ci-count.mjs, which are TypeScript.
export function count(
  report: unknown,
  exitCode: number,
  checks: readonly { name: string; exitCode: number }[],
): { passed: number; failed: number };
