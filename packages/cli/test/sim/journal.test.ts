import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Journal } from "#src/sim/journal.ts";
import { newFolder } from "../support/folder.ts";

const HEADER = { seed: 4, beginsAt: 1_795_413_600 };
const OPTIONS = { wanted: {}, otherwise: HEADER, program: "1.0.0" };

test("what was added is there again, and a line that was not finished is as if it had never been", () => {
  const folder = newFolder()("state");
  const { journal, entries } = Journal.open(folder, OPTIONS);
  expect(entries).toEqual([]);
  journal.add({ at: 5, line: '{"do":"describe"}' });
  journal.add({ at: 7, said: "00" });
  journal.mark(7);
  journal.mark(9);
  const whole = [{ at: 5, line: '{"do":"describe"}' }, { at: 7, said: "00" }, { at: 9 }];
  expect(Journal.open(folder, OPTIONS).entries).toEqual(whole);
  appendFileSync(`${folder}/world.jsonl`, '{"at":11,"sa');
  const torn = readFileSync(`${folder}/world.jsonl`, "utf8");
  const again = Journal.open(folder, OPTIONS);
  expect(again.entries).toEqual(whole);
  expect(readFileSync(`${folder}/world.jsonl`, "utf8")).toBe(torn);
  again.journal.add({ at: 12, said: "01" });
  expect(Journal.open(folder, OPTIONS).entries).toEqual([...whole, { at: 12, said: "01" }]);
});

test("seed and beginning are the folder's, and a folder of another world is not taken for this one's", () => {
  const folder = newFolder()("state");
  expect(Journal.open(folder, { ...OPTIONS, wanted: { seed: 9 } }).header).toEqual({ ...HEADER, seed: 9 });
  const later = Journal.open(folder, { wanted: {}, otherwise: { seed: 1, beginsAt: 1 }, program: "2.0.0" });
  expect({ header: later.header, begunBy: later.begunBy }).toEqual({
    header: { ...HEADER, seed: 9 },
    begunBy: "1.0.0",
  });
  for (const wanted of [{ seed: 5 }, { beginsAt: 1 }]) {
    expect(() => Journal.open(folder, { ...OPTIONS, wanted })).toThrow(
      expect.objectContaining({ code: "cli/wrong-file", remedy: expect.stringContaining("Leave --") }),
    );
  }
});

test("a line that somebody has changed is told with its number, as is another format", () => {
  const folder = newFolder()("state");
  const { journal } = Journal.open(folder, OPTIONS);
  journal.add({ at: 5, said: "00" });
  const path = `${folder}/world.jsonl`;
  const whole = readFileSync(path, "utf8");
  for (const wrong of ["x", "null", "[]", '{"at":-1}', '{"at":5,"said":"0"}']) {
    writeFileSync(path, whole.replace(/\{"at".*/, wrong));
    expect(() => Journal.open(folder, OPTIONS)).toThrow(
      expect.objectContaining({ code: "cli/wrong-file", message: expect.stringContaining(":2 ") }),
    );
  }
  writeFileSync(path, whole.replace('state":2', 'state":1'));
  expect(() => Journal.open(folder, OPTIONS)).toThrow(expect.objectContaining({ code: "cli/wrong-file" }));
});

test("a folder that cannot be written is told as a file", () => {
  expect(() => Journal.open("/dev/null/state", OPTIONS)).toThrow(
    expect.objectContaining({ code: "cli/file-unwritable" }),
  );
});
