import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** What turns seconds into a place's hours; test/house/banned-calls.test.ts bans reading a clock besides. */
const LOCAL = /\b(?:Date|Intl|Temporal)\b|toLocale|[tT]imezone|getHours/;
const COMMENTS = /\/\*[\s\S]*?\*\/|\/\/.*/g;

test("SPEC TIM-14: the package knows UTC seconds and no local time", () => {
  const src = fileURLToPath(new URL("../../src/", import.meta.url));
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const local = files.filter((name) => LOCAL.test(readFileSync(src + name, "utf8").replace(COMMENTS, "")));
  expect(files.length).toBeGreaterThan(20);
  expect(local).toEqual([]);
  expect(LOCAL.test("new Date(0).getHours()")).toBe(true);
});
