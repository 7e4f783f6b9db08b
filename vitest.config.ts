import { defineConfig } from "vitest/config";

// Tests run from source: the condition list is written out because `vite` itself cannot be imported under pnpm.
const source = ["@nyckelfri/source", "module", "node", "development|production"];

export default defineConfig({
  test: {
    // By default vitest leaves a core idle, and there are two.
    maxWorkers: 2,
    expect: { requireAssertions: true },
    reporters: ["default", ["json", { outputFile: ".build/test-report.json" }]],
    projects: [
      {
        extends: true,
        resolve: { conditions: source },
        ssr: { resolve: { conditions: source, externalConditions: source } },
        test: {
          name: "source",
          include: [
            "{protocol,firmware-sim,bench}/test/**/*.test.ts",
            "packages/*/test/**/*.test.ts",
            "test/**/*.test.ts",
          ],
          exclude: ["test/wall-clock/**", "{bench,packages/*}/test/**/*.wall.test.ts", "**/node_modules/**"],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "wall-clock",
          include: ["test/wall-clock/**/*.test.ts", "{bench,packages/*}/test/**/*.wall.test.ts"],
          fileParallelism: false,
          testTimeout: 240_000,
        },
      },
    ],
  },
});
