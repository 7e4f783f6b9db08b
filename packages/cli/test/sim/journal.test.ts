import { appendFileSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Journal } from "#src/sim/journal.ts";
import { newFolder } from "../support/folder.ts";

const HEADER = { seed: 4, beginsAt: 1_795_413_600 };

test("what was added is there again, and a line that was not finished is as if it had never been", () => {
  const folder = newFolder()("state");
  const { journal, entries } = Journal.open(folder, HEADER);
  expect(entries).toEqual([]);
  journal.add({ at: 5, line: '{"do":"describe"}' });
  journal.add({ at: 7, said: "00" });
  journal.mark(7);
  journal.mark(9);
  const whole = [{ at: 5, line: '{"do":"describe"}' }, { at: 7, said: "00" }, { at: 9 }];
  expect(Journal.open(folder, HEADER).entries).toEqual(whole);
  appendFileSync(`${folder}/world.jsonl`, '{"at":11,"sa');
  const again = Journal.open(folder, HEADER);
  expect(again.entries).toEqual(whole);
  again.journal.add({ at: 12, said: "01" });
  expect(Journal.open(folder, HEADER).entries).toEqual([...whole, { at: 12, said: "01" }]);
  expect(readFileSync(`${folder}/world.jsonl`, "utf8")).not.toContain('"sa{');
});

test("a folder of another world is not taken for this one's", () => {
  const folder = newFolder()("state");
  Journal.open(folder, HEADER);
  for (const other of [
    { ...HEADER, seed: 5 },
    { ...HEADER, beginsAt: 1 },
  ]) {
    expect(() => Journal.open(folder, other)).toThrow(expect.objectContaining({ code: "cli/wrong-file" }));
  }
});

test("a folder that cannot be written is told as a file", () => {
  expect(() => Journal.open("/dev/null/state", HEADER)).toThrow(
    expect.objectContaining({ code: "cli/file-unwritable" }),
  );
});
