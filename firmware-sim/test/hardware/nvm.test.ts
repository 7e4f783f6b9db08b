import fc from "fast-check";
import { expect, test } from "vitest";
import {
  applyNvm,
  erasedNvm,
  fadeNvm,
  NVM_CUT_STAGES,
  type Nvm,
  type NvmCut,
  type NvmOperation,
  type NvmProfile,
  nvmCycles,
  nvmWord,
  runNvm,
  skipNvm,
  wearNvm,
} from "#src/hardware/nvm.ts";
import { drawsListed, drawsOf, NO_DRAWS } from "./draws-of.ts";
import { ECC_FLASH, operations, profiles, touched } from "./nvm-memory.ts";

const ONES = [0xff, 0xff, 0xff, 0xff];
const VALUE = [0x12, 0x34, 0x56, 0x78];
const OTHER = [0xed, 0xcb, 0xa9, 0x87];

function program(word: number, ...values: readonly number[][]): NvmOperation {
  return { kind: "program", page: 0, word, bytes: Uint8Array.from(values.flat()) };
}
const readWord = (word: number, page = 0): NvmOperation => ({ kind: "read", page, word, words: 1 });
const ERASE: NvmOperation = { kind: "erase", page: 0 };
const memory = (change: Partial<NvmProfile> = {}) => erasedNvm({ ...ECC_FLASH, ...change });

function after(nvm: Nvm, ...list: readonly NvmOperation[]): Nvm {
  return runNvm(nvm, list, NO_DRAWS).nvm;
}
const cutAt = (nvm: Nvm, operation: NvmOperation, stage: NvmCut["stage"], seed = 1) =>
  applyNvm(nvm, operation, drawsOf(seed), { operation: nvm.operations, stage });

function outcomeOf(nvm: Nvm, operation: NvmOperation) {
  return applyNvm(nvm, operation, NO_DRAWS).outcome;
}

/** What readings of one word show, with many draws. */
function readings(nvm: Nvm, word: number): Set<string> {
  const shown = Array.from({ length: 60 }, (_, seed) => applyNvm(nvm, readWord(word), drawsOf(seed)).outcome);
  return new Set(shown.map((outcome) => (outcome.kind === "read" ? String([...outcome.bytes]) : outcome.kind)));
}

test("without cuts a memory reads what a plain array would hold, and takes no draw", () => {
  fc.assert(
    fc.property(profiles, operations, (profile, list) => {
      const size = profile.wordBytes;
      const model = Array.from({ length: profile.pages * profile.wordsPerPage }, () => ONES);
      let nvm = erasedNvm(profile);
      for (const operation of list) {
        const step = applyNvm(nvm, operation, NO_DRAWS);
        nvm = step.nvm;
        const first = operation.page * profile.wordsPerPage;
        if (operation.kind === "erase") model.fill(ONES, first, first + profile.wordsPerPage);
        if (operation.kind !== "program") continue;
        const words = operation.bytes.length / size;
        const stopped = step.outcome.kind === "not-erased" ? step.outcome.word - operation.word : words;
        for (let index = 0; index < stopped; index++) {
          model[first + operation.word + index] = [...operation.bytes.slice(index * size, (index + 1) * size)];
        }
        expect(["done", "not-erased"]).toContain(step.outcome.kind);
        if (profile.cells === "overwrite") expect(step.outcome.kind).toBe("done");
      }
      for (let page = 0; page < profile.pages; page++) {
        const read = applyNvm(nvm, { kind: "read", page, word: 0, words: profile.wordsPerPage }, NO_DRAWS).outcome;
        const first = page * profile.wordsPerPage;
        const bytes = Uint8Array.from(model.slice(first, first + profile.wordsPerPage).flat());
        expect(read).toEqual({ kind: "read", bytes });
      }
    }),
  );
});

test("a cut hurts at most the word under operation, or the page under erasure", () => {
  const plan = fc.tuple(profiles, operations, fc.nat(), fc.constantFrom(...NVM_CUT_STAGES), fc.integer());
  fc.assert(
    fc.property(plan, ([profile, list, pick, stage, seed]) => {
      const before = runNvm(erasedNvm(profile), list.slice(0, -1), NO_DRAWS).nvm;
      const last = list.at(-1) ?? ERASE;
      const done = applyNvm(before, last, NO_DRAWS).nvm;
      const index = pick % (done.operations - before.operations);
      const operation = before.operations + index;
      const step = applyNvm(before, last, drawsOf(seed), { operation, stage });
      expect(step.outcome).toEqual({ kind: "cut", at: { operation, stage } });
      expect(step.nvm.operations).toBe(stage === "before" ? operation : operation + 1);
      const places = touched(last);
      const reached = (page: number, word: number) =>
        places.findIndex((place) => place.page === page && place.words.includes(word));
      for (let page = 0; page < profile.pages; page++) {
        for (let word = 0; word < profile.wordsPerPage; word++) {
          const now = nvmWord(step.nvm, page, word);
          const place = reached(page, word);
          const isUnder = place === index && (stage === "torn" || stage === "marginal");
          const isDone = place !== -1 && (place < index || (place === index && stage === "after"));
          if (!isUnder) expect(now).toEqual(nvmWord(isDone ? done : before, page, word));
        }
      }
    }),
  );
});

test("the same cut with the same draws gives the same memory", () => {
  fc.assert(
    fc.property(
      fc.tuple(profiles, operations, fc.nat(), fc.constantFrom(...NVM_CUT_STAGES), fc.integer()),
      ([profile, list, pick, stage, seed]) => {
        const end = runNvm(erasedNvm(profile), list, NO_DRAWS).nvm.operations;
        const run = () => runNvm(erasedNvm(profile), list, drawsOf(seed), { operation: pick % end, stage });
        expect(run()).toEqual(run());
      },
    ),
  );
});

test("a snapshot is untouched by what comes after it, and shares what was not changed", () => {
  fc.assert(
    fc.property(profiles, operations, operations, (profile, first, second) => {
      const snapshot = after(erasedNvm(profile), ...first);
      const kept = structuredClone(snapshot);
      const later = after(snapshot, ...second);
      expect(snapshot).toEqual(kept);
      const changed = new Set(second.map(({ page }) => page));
      for (let page = 0; page < profile.pages; page++) {
        if (!changed.has(page)) expect(later.pages.get(page)).toBe(snapshot.pages.get(page));
      }
    }),
  );
});

test("pages exist from their first write on, and what is read belongs to the reader", () => {
  const nvm = after(memory(), { ...ERASE, page: 1 });
  expect([nvm.pages.numbers, nvm.pages.get(0)]).toEqual([[1], undefined]);
  const outcome = outcomeOf(after(nvm, program(0, VALUE)), readWord(0));
  if (outcome.kind === "read") outcome.bytes.fill(0);
  expect(outcomeOf(after(nvm, program(0, VALUE)), readWord(0))).toEqual({
    kind: "read",
    bytes: Uint8Array.from(VALUE),
  });
});

test.each([
  ["ecc-once", VALUE, OTHER, "not-erased", VALUE],
  ["once", VALUE, OTHER, "not-erased", VALUE],
  ["clear-bits", VALUE, OTHER, "not-erased", VALUE],
  ["clear-bits", VALUE, [0x02, 0x30, 0x00, 0x78], "done", [0x02, 0x30, 0x00, 0x78]],
  ["overwrite", VALUE, OTHER, "done", OTHER],
] as const)("%s cells that hold %j are programmed with %j: %s", (cells, first, second, kind, holds) => {
  const nvm = after(memory({ cells }), program(0, [...first]));
  const step = applyNvm(nvm, program(0, [...second]), NO_DRAWS);
  expect(step.outcome.kind).toBe(kind);
  expect(outcomeOf(step.nvm, readWord(0))).toEqual({ kind: "read", bytes: Uint8Array.from(holds) });
});

test("a program that is refused says at which word, what was before it is written, and only a profile makes it silent", () => {
  const nvm = after(memory(), program(1, VALUE));
  const step = applyNvm(nvm, program(0, OTHER, OTHER, OTHER), NO_DRAWS);
  expect(step.outcome).toEqual({ kind: "not-erased", page: 0, word: 1 });
  expect([0, 1, 2].map((word) => nvmWord(step.nvm, 0, word).state)).toEqual(["good", "good", "erased"]);
  const silent = applyNvm(
    after(memory({ refusedProgram: "silent-no-op" }), program(1, VALUE)),
    program(1, OTHER),
    NO_DRAWS,
  );
  expect(silent.outcome).toEqual({ kind: "done" });
  expect(nvmWord(silent.nvm, 0, 1)).toEqual({ state: "good", bytes: Uint8Array.from(VALUE) });
});

test("what is outside the memory, or no whole number of words, changes nothing", () => {
  const nvm = memory();
  const nowhere: NvmOperation[] = [
    { ...ERASE, page: 3 },
    { ...ERASE, page: -1 },
    { ...ERASE, page: 0.5 },
    program(3, VALUE, VALUE),
    program(4, VALUE),
    program(0, [1, 2, 3]),
    program(0),
    { kind: "read", page: 0, word: 0, words: 5 },
    { kind: "read", page: 0, word: 0, words: 0 },
  ];
  for (const operation of nowhere)
    expect(applyNvm(nvm, operation, NO_DRAWS)).toEqual({ nvm, outcome: { kind: "outside" } });
});

test("a torn word traps with an ECC, and without one reads as the same garbage for ever", () => {
  const ecc = cutAt(memory(), program(0, VALUE), "torn").nvm;
  expect(nvmWord(ecc, 0, 0).state).toBe("torn");
  expect(readings(ecc, 0)).toEqual(new Set(["trap"]));
  expect(outcomeOf(ecc, readWord(1)).kind).toBe("read");
  const plain = cutAt(memory({ cells: "once" }), program(0, VALUE), "torn").nvm;
  expect(readings(plain, 0).size).toBe(1);
  expect(outcomeOf(ecc, program(0, VALUE))).toEqual({ kind: "not-erased", page: 0, word: 0 });
  expect(nvmWord(after(ecc, ERASE), 0, 0).state).toBe("erased");
});

test("a word whose ECC is torn takes no program, although its data look erased", () => {
  const cut = { operation: 0, stage: "torn" } as const;
  const ecc = applyNvm(memory(), program(0, VALUE), drawsListed(0, 0, 0, 0), cut).nvm;
  expect(nvmWord(ecc, 0, 0)).toEqual({ state: "torn", bytes: Uint8Array.from(ONES) });
  expect(outcomeOf(ecc, program(0, VALUE)).kind).toBe("not-erased");
  const plain = applyNvm(memory({ cells: "once" }), program(0, VALUE), drawsListed(0, 0, 0, 0), cut).nvm;
  expect(nvmWord(after(plain, program(0, VALUE)), 0, 0).state).toBe("good");
});

test("a marginal word may read right now and wrong later", () => {
  const shown = readings(cutAt(memory({ cells: "once" }), program(0, VALUE), "marginal").nvm, 0);
  expect([...shown]).toEqual(expect.arrayContaining([String(VALUE), String(ONES)]));
  expect(shown.size).toBeGreaterThan(2);
  const ecc = readings(cutAt(memory(), program(0, VALUE), "marginal").nvm, 0);
  expect(ecc).toEqual(new Set([String(VALUE), String(ONES), "trap"]));
});

test("clearing the same bits again, or overwriting, mends a marginal word; where a word goes once it stays as it is", () => {
  for (const cells of ["clear-bits", "overwrite"] as const) {
    const marginal = cutAt(memory({ cells }), program(0, VALUE), "marginal").nvm;
    expect(nvmWord(applyNvm(marginal, program(0, VALUE), drawsOf(1)).nvm, 0, 0).state).toBe("good");
  }
  const once = cutAt(memory(), program(0, VALUE), "marginal").nvm;
  const looksProgrammed = applyNvm(once, program(0, VALUE), drawsListed(1));
  expect(looksProgrammed.outcome.kind).toBe("not-erased");
  expect(nvmWord(looksProgrammed.nvm, 0, 0).state).toBe("marginal");
});

test("an erase that is cut leaves bits that waver, and a program on them takes badly", () => {
  const full = after(memory(), program(0, VALUE, VALUE, VALUE, VALUE));
  const wavers = cutAt(full, ERASE, "marginal").nvm;
  expect([0, 1, 2, 3].map((word) => nvmWord(wavers, 0, word).state)).toEqual(Array(4).fill("marginal"));
  expect(nvmCycles(wavers, 0)).toBe(1);
  // The second of the three ways to read it (old, new, mixed): it looks erased.
  const programmed = applyNvm(wavers, program(0, OTHER), drawsListed(1));
  expect(programmed.outcome).toEqual({ kind: "done" });
  expect(nvmWord(programmed.nvm, 0, 0)).toMatchObject({ state: "marginal", to: Uint8Array.from(OTHER) });
  expect([0, 1, 2, 3].map((word) => nvmWord(after(wavers, ERASE), 0, word).state)).toEqual(Array(4).fill("erased"));
  const torn = cutAt(memory(), program(0, VALUE), "torn").nvm;
  const fates = Array.from({ length: 20 }, (_, seed) => nvmWord(cutAt(torn, ERASE, "torn", seed).nvm, 0, 0).state);
  expect(new Set(fates)).toEqual(new Set(["torn", "erased", "marginal"]));
  const states = Array.from({ length: 20 }, (_, seed) => nvmWord(cutAt(full, ERASE, "torn", seed).nvm, 0, 0).state);
  expect(new Set(states)).toEqual(new Set(["good", "erased", "marginal"]));
});

test.each([
  ["fails", "worn-out", "good", "good"],
  ["silent-no-op", "done", "good", "good"],
  ["programs-marginal", "done", "erased", "marginal"],
] as const)("a page past its endurance whose profile says %s", (wearOut, kind, erased, programmed) => {
  const worn = after(
    wearNvm(memory({ wearOut, enduranceCycles: 2 }), 0, 1),
    program(0, VALUE),
    ERASE,
    program(0, VALUE),
  );
  expect([nvmCycles(worn, 0), nvmWord(worn, 0, 0).state]).toEqual([2, "good"]);
  const step = applyNvm(worn, ERASE, NO_DRAWS);
  expect([step.outcome.kind, nvmWord(step.nvm, 0, 0).state, nvmCycles(step.nvm, 0)]).toEqual([kind, erased, 3]);
  expect(nvmWord(after(step.nvm, program(0, VALUE)), 0, 0).state).toBe(programmed);
});

test.each([
  ["fails", "worn-out", VALUE],
  ["silent-no-op", "done", VALUE],
] as const)("overwriting wears too, and past the endurance %s", (wearOut, kind, holds) => {
  const nvm = after(memory({ cells: "overwrite", wearOut, enduranceCycles: 2 }), program(0, OTHER), program(0, VALUE));
  const step = applyNvm(nvm, program(0, OTHER), NO_DRAWS);
  expect(step.outcome.kind).toBe(kind);
  expect(nvmWord(step.nvm, 0, 0)).toEqual({ state: "good", bytes: Uint8Array.from(holds) });
});

test("one faded bit is corrected by an ECC, two are a trap at times, and no ECC shows them", () => {
  const bit = Uint8Array.of(0, 0, 0, 4);
  const good = after(memory(), program(0, VALUE));
  expect(readings(fadeNvm(good, 0, 0, bit), 0)).toEqual(new Set([String(VALUE)]));
  expect(readings(fadeNvm(good, 0, 0, Uint8Array.of(0xff, 0, 0, 0xff)), 0)).toContain("trap");
  const plain = fadeNvm(after(memory({ cells: "once" }), program(0, VALUE)), 0, 0, bit);
  expect(readings(plain, 0)).toEqual(new Set([String(VALUE), String([0x12, 0x34, 0x56, 0x7c])]));
  expect(fadeNvm(good, 9, 0, bit)).toBe(good);
  expect(fadeNvm(plain, 0, 0, new Uint8Array(4))).toBe(plain);
});

test("an operation that a broken part skips counts, says done, and changes nothing", () => {
  const good = after(memory(), program(0, VALUE));
  for (const [operation, count] of [
    [ERASE, 1],
    [program(1, VALUE, VALUE), 2],
  ] as const) {
    const step = skipNvm(good, operation);
    expect(step).toEqual({ nvm: { ...good, operations: good.operations + count }, outcome: { kind: "done" } });
  }
});
