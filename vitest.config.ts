import { defineConfig } from "vitest/config";

// Tests run from source: the condition list is written out because `vite` itself cannot be imported under pnpm.
const source = ["@nyckelfri/source", "module", "node", "development|production"];
const fromSource = {
  resolve: { conditions: source },
  ssr: { resolve: { conditions: source, externalConditions: source } },
};

/** They wait for processes of their own and not for the clock, or work in a folder of their own, as no thread can. */
const processes = [
  "packages/cli/test/program/readme.test.ts",
  "packages/cli/test/**/*.wall.test.ts",
  "test/wall-clock/{packaging,second-program}.test.ts",
  "packages/links/test/lazy-loading.wall.test.ts",
];

export default defineConfig({
  test: {
    // By default vitest leaves a core idle, and there are two.
    maxWorkers: 2,
    expect: { requireAssertions: true },
    reporters: ["default", ["json", { outputFile: ".build/test-report.json" }]],
    projects: [
      {
        extends: true,
        ...fromSource,
        test: {
          name: "source",
          include: [
            "{protocol,firmware-sim,bench}/test/**/*.test.ts",
            "packages/*/test/**/*.test.ts",
            "test/**/*.test.ts",
          ],
          exclude: [
            ...processes,
            "**/*.mocked.test.ts",
            "test/wall-clock/**",
            "{bench,packages/*}/test/**/*.wall.test.ts",
            "**/node_modules/**",
          ],
          testTimeout: 60_000,
          // One thread for many files: modules are loaded, and compiled by what they do, once. No file leaves anything behind in them.
          pool: "threads",
          isolate: false,
        },
      },
      {
        extends: true,
        ...fromSource,
        test: {
          // They put something else in the place of a module, which no file beside them may get.
          name: "mocked",
          include: ["**/*.mocked.test.ts"],
          exclude: ["**/node_modules/**"],
          testTimeout: 60_000,
          pool: "threads",
        },
      },
      {
        // Programs as people start them. Nothing here is timed closely, so they share the cores with the tests from source.
        extends: true,
        test: {
          name: "processes",
          include: processes,
          testTimeout: 240_000,
        },
      },
      {
        // Time is measured, or has to run out: one file after the other, when all others have ended.
        extends: true,
        test: {
          name: "wall-clock",
          include: ["test/wall-clock/**/*.test.ts", "{bench,packages/*}/test/**/*.wall.test.ts"],
          exclude: [...processes, "**/node_modules/**"],
          fileParallelism: false,
          testTimeout: 240_000,
        },
      },
    ],
  },
});
