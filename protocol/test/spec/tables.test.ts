import { expect, test } from "vitest";
import { byteCountsTable } from "./byte-counts.ts";
import { errorsTable, limitsTable, messagesTable, objectsTable } from "./registry-tables.ts";
import { generatedSections, writeSections } from "./sections.ts";
import { sigStructureByHand } from "./sig-structure.ts";

const texts = new Map([
  ["objects", objectsTable()],
  ["messages", messagesTable()],
  ["limits", limitsTable()],
  ["errors", errorsTable()],
  ["byte-counts", byteCountsTable()],
  ["sig-structure", sigStructureByHand()],
]);

// `UPDATE_SPEC=1 npm test -- protocol/test/spec` writes them; without it a stale table fails.
if (process.env["UPDATE_SPEC"] === "1") writeSections(texts);

test("SPEC.md has just the generated sections that are known here", () => {
  expect([...generatedSections().keys()].sort()).toEqual([...texts.keys()].sort());
});

test.each([...texts.keys()])(
  "SPEC.md's table %s is true (else: UPDATE_SPEC=1 npm test -- protocol/test/spec)",
  (name) => {
    expect(generatedSections().get(name)).toBe(texts.get(name));
  },
);
