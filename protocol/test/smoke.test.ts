import { expect, test } from "vitest";

test("x", async () => {
  expect(await import("@nyckelfri/protocol")).toBeDefined();
});
