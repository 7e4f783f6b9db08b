import { toHex } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import {
  beginWrite,
  continueWrite,
  formatOperations,
  type Memory,
  type WriteStep,
} from "#src/devices/shared/item-memory.ts";
import { readMemory } from "#src/devices/shared/item-memory-reading.ts";
import { applied, type Changes, type Items } from "#src/devices/shared/transactions.ts";
import type { Draws } from "#src/hardware/draws.ts";
import { erasedNvm, type Nvm, type NvmCut, type NvmProfile, nvmWord, runNvm, skipNvm } from "#src/hardware/nvm.ts";
import { formatNvmCuts, type NvmCutSchedule, planNvmCuts } from "#src/hardware/nvm-cuts.ts";
import { rootStream } from "#src/world/streams.ts";
import { provider } from "../key/rig.ts";

const PROFILE: NvmProfile = {
  wordBytes: 8,
  wordsPerPage: 8,
  pages: 8,
  cells: "ecc-once",
  refusedProgram: "not-erased",
  enduranceCycles: 1000,
  wearOut: "fails",
};
const part = { provider, layout: { firstPage: 0, pagesPerArea: 4 } };
const SALT = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const SURE: Draws = { below: () => 0 };

const text = (word: string): Uint8Array => Uint8Array.from(word, (character) => character.charCodeAt(0));
const shown = (items: Items): string =>
  [...items]
    .map(([name, bytes]) => `${name}=${toHex(bytes)}`)
    .sort()
    .join(" ");

function formatted(profile: NvmProfile = PROFILE): Nvm {
  const blank = erasedNvm(profile);
  return runNvm(blank, formatOperations(part, blank, new Map([["a", text("zero")]]), SALT), SURE).nvm;
}

/** Runs one commit to its end, or to the cut. */
function commit(nvm: Nvm, memory: Memory, changes: Changes, draws: Draws, cut?: NvmCut) {
  let now = nvm;
  let step: WriteStep = beginWrite(
    part,
    now,
    memory,
    changes,
    Uint8Array.from(SALT, (byte) => byte ^ memory.tail),
  );
  while (step.kind === "write") {
    const ran = runNvm(now, step.operations, draws, cut);
    now = ran.nvm;
    if (ran.outcomes.at(-1)?.kind === "cut") return { nvm: now, ended: "cut" as const, memory };
    step = continueWrite(part, now, step.writing);
  }
  return { nvm: now, ended: step.kind, memory: step.kind === "committed" ? step.memory : memory };
}

/** Power-on: reads, and writes the newest transaction again. Undefined where the power is cut before it is done. */
function boot(nvm: Nvm, draws: Draws, cut?: NvmCut) {
  const found = readMemory(part, nvm, draws);
  if (found === undefined) throw new Error("the memory is unreadable");
  const memory = { ...found.memory, items: applied(found.memory.items, found.newest) };
  const done = commit(nvm, memory, found.newest, draws, cut);
  return done.ended === "committed" ? ({ kind: "up", ...done } as const) : ({ kind: "down", nvm: done.nvm } as const);
}

/** What is written one after the other; long enough for the areas to change several times. */
const WRITES: readonly Changes[] = Array.from({ length: 9 }, (_, index) => {
  const changes: [string, Uint8Array | "deleted"][] = [
    ["a", text(`value ${index}`)],
    ["b", text(`${index}`.repeat(20 + index))],
  ];
  if (index % 3 === 1) changes.push(["b", "deleted"]);
  return new Map(changes);
});
const STATES: string[] = [];
let latest: Items = new Map([["a", text("zero")]]);
STATES.push(shown(latest));
for (const changes of WRITES) {
  latest = applied(latest, changes);
  STATES.push(shown(latest));
}

interface Run {
  readonly first: number;
  readonly end: number;
  /** What a device that acted on it saw, in order. */
  readonly acted: readonly string[];
}

/** Writes all, boots after each cut, and writes on from where it finds itself. */
function run(schedule: NvmCutSchedule, seed: string): Run {
  const draws = rootStream(seed);
  let nvm = formatted();
  const first = nvm.operations;
  const acted: string[] = [];
  const cuts = [...schedule];
  let up = boot(nvm, draws, cuts[0]);
  for (let guard = 0; guard < 100; guard++) {
    if (up.kind === "down") {
      cuts.shift();
      nvm = up.nvm;
      up = boot(nvm, draws, cuts[0]);
      continue;
    }
    const now = shown(up.memory.items);
    acted.push(now);
    const next = WRITES[STATES.indexOf(now)];
    if (next === undefined) return { first, end: up.nvm.operations, acted: [...acted, ...laterBoots(up.nvm, draws)] };
    const done = commit(up.nvm, up.memory, next, draws, cuts[0]);
    up = done.ended === "committed" ? { kind: "up", ...done } : { kind: "down", nvm: done.nvm };
  }
  throw new Error("it does not come to an end");
}

/** Doubtful words may read otherwise at each of them. */
function laterBoots(nvm: Nvm, draws: Draws): string[] {
  const seen: string[] = [];
  let now = nvm;
  for (let count = 0; count < 3; count++) {
    const up = boot(now, draws);
    now = up.nvm;
    seen.push(up.kind === "up" ? shown(up.memory.items) : "down");
  }
  return seen;
}

function check(schedule: NvmCutSchedule, seed: string): void {
  const { acted } = run(schedule, seed);
  const places = acted.map((state) => STATES.indexOf(state));
  const label = formatNvmCuts(schedule);
  // Whole or not at all, and nothing that was acted on is ever undone (SPEC LOG-3).
  expect(
    places.every((place, index) => place >= 0 && place >= (places[index - 1] ?? 0)),
    label,
  ).toBe(true);
  expect(places.at(-1), label).toBe(STATES.length - 1);
}

test("what was written is there, over several changes of area", () => {
  const { acted } = run([], "none");
  expect(acted.slice(0, STATES.length)).toEqual(STATES);
});

test("a cut at any stage of any operation leaves the old or the new, and what was acted on stays", () => {
  const schedules = [...planNvmCuts((cuts) => run(cuts, "plan"), 1)];
  expect(schedules.length).toBeGreaterThan(400);
  for (const schedule of schedules) for (const seed of ["one", "two"]) check(schedule, seed);
});

test("a second cut while the first is made good changes nothing of that", () => {
  const schedules = [...planNvmCuts((cuts) => run(cuts, "plan"), 1)].filter((_, index) => index % 11 === 0);
  for (const [first] of schedules) {
    if (first === undefined) continue;
    const later = first.stage === "before" ? first.operation : first.operation + 1;
    for (let after = 0; after < 8; after++) {
      for (const stage of ["torn", "marginal"] as const) {
        check([first, { operation: later + after, stage }], `${first.operation}.${after}`);
      }
    }
  }
  expect(schedules.length).toBeGreaterThan(30);
});

test("a part that keeps nothing is found out by reading back", () => {
  const nvm = formatted({ ...PROFILE, enduranceCycles: 0, wearOut: "fails" });
  const up = boot(nvm, SURE);
  expect(up.kind).toBe("up");
  if (up.kind !== "up") return;
  const last = WRITES.reduce(
    (done, changes) => (done.ended === "committed" ? commit(done.nvm, done.memory, changes, SURE) : done),
    { nvm: up.nvm, memory: up.memory, ended: "committed" as "committed" | "cut" | "worn-out" },
  );
  expect(last.ended).toBe("worn-out");
});

test("a mark that the part has not written is no mark: the next place is taken", () => {
  const up = boot(formatted(), SURE);
  expect(up.kind).toBe("up");
  if (up.kind !== "up") return;
  let { nvm } = up;
  let step: WriteStep = beginWrite(part, nvm, up.memory, WRITES[0] as Changes, SALT);
  let skipped = 0;
  while (step.kind === "write") {
    const isMark = step.writing.stage === "mark" && skipped === 0;
    skipped += isMark ? 1 : 0;
    nvm = isMark
      ? step.operations.reduce((now, operation) => skipNvm(now, operation).nvm, nvm)
      : runNvm(nvm, step.operations, SURE).nvm;
    step = continueWrite(part, nvm, step.writing);
  }
  expect([skipped, step.kind]).toEqual([1, "committed"]);
  const found = readMemory(part, nvm, SURE);
  expect(found && shown(applied(found.memory.items, found.newest))).toBe(STATES[1]);
  if (step.kind !== "committed") return;
  const { area, tail } = step.memory;
  const page = area * part.layout.pagesPerArea + Math.floor((tail - 1) / PROFILE.wordsPerPage);
  expect(nvmWord(nvm, page, (tail - 1) % PROFILE.wordsPerPage).state).toBe("good");
});

test("P15: an operation that the part has not done, though it says so, breaks nothing", () => {
  const up = boot(formatted(), SURE);
  if (up.kind !== "up") throw new Error("it does not boot");
  const stages = new Set<string>();
  let skipped = 0;
  const run = (skips: number): boolean => {
    let operations = 0;
    let isReached = false;
    const done = WRITES.reduce(
      ({ nvm, memory }, changes) => {
        let now = nvm;
        const salt = Uint8Array.from(SALT, (byte) => byte ^ memory.generation);
        let step: WriteStep = beginWrite(part, now, memory, changes, salt);
        while (step.kind === "write") {
          for (const operation of step.operations) {
            const isSkipped = operations === skips;
            operations += 1;
            now = isSkipped ? skipNvm(now, operation).nvm : runNvm(now, [operation], SURE).nvm;
            if (!isSkipped) continue;
            isReached = true;
            skipped += 1;
            stages.add(`${step.writing.stage} ${operation.kind}`);
          }
          step = continueWrite(part, now, step.writing);
        }
        expect([skips, step.kind]).toEqual([skips, "committed"]);
        return { nvm: now, memory: step.kind === "committed" ? step.memory : memory };
      },
      { nvm: up.nvm, memory: up.memory },
    );
    const found = readMemory(part, done.nvm, SURE);
    expect(found && shown(applied(found.memory.items, found.newest))).toBe(STATES.at(-1));
    return isReached;
  };
  for (let operation = 0; run(operation); operation++);
  expect([...stages].sort()).toEqual([
    "body program",
    "erase erase",
    "mark program",
    "snapshot program",
    "snapshot-mark program",
  ]);
  expect(skipped).toBeGreaterThan(40);
});

test("an erased memory, and one of noise, are none", () => {
  expect(readMemory(part, erasedNvm(PROFILE), SURE)).toBeUndefined();
  const noise = erasedNvm(PROFILE);
  const bytes = rootStream("noise").bytes(64);
  const programmed = runNvm(noise, [{ kind: "program", page: 0, word: 0, bytes }], SURE).nvm;
  expect(readMemory(part, programmed, SURE)).toBeUndefined();
});
