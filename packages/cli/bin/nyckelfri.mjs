#!/usr/bin/env node
// Committed, because a bin inside dist/ is not linked when a clean clone is installed.
import { existsSync } from "node:fs";

const program = new URL("../dist/program/process.js", import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  console.error(
    "nyckelfri: not compiled yet: run `npm run build` (or `npm start`, `npm test`) in the repository first.",
  );
  process.exitCode = 70;
}
